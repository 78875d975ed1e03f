package source

import (
	"testing"

	"parry"
)

const (
	aTrail    = "arn:aws:cloudtrail:eu-west-1:" + member + ":trail/all"
	byKey     = `{"type":"` + trailDisabled + `"}`
	byAccount = `{"type":"` + accountUnblocked + `"}`
)

// called is the service of a finding about a call that affected a trail.
func called(trail string) string {
	return `{"archived":false,"resourceRole":"TARGET","action":{"actionType":"AWS_API_CALL","awsApiCallAction":{"api":"StopLogging",
		"serviceName":"cloudtrail.amazonaws.com","callerType":"Remote IP","affectedResources":{"AWS::CloudTrail::Trail":"` + trail + `"}}}}`
}

func theTrail() parry.Target {
	return parry.Target{Type: "AWS::CloudTrail::Trail", ID: "all", ARN: aTrail, Account: member, Region: "eu-west-1", Partition: "aws"}
}

func theAccount() parry.Target {
	return parry.Target{Type: "AWS::::Account", ID: member, Account: member, Region: "eu-west-1", Partition: "aws"}
}

func TestGuardDutyNamesWhatWasChanged(t *testing.T) {
	who := []parry.Target{as("TARGET", iamKey(member, "AKIAEXAMPLE1", "alice")), as("TARGET", iamUser(member, "alice"))}
	alice := key("AKIAEXAMPLE1", "AIDAEXAMPLE", "alice", "IAMUser")
	for _, c := range []struct {
		name, in string
		want     []parry.Target
		reasons  []string
	}{
		{"a trail that was stopped", duty(alice, called(aTrail), byKey), append(who[:2:2], theTrail()), nil},
		{"a trail that another type names", duty(alice, called(aTrail), `{"type":"Recon:IAMUser/TorIPCaller"}`), who, nil},
		{"a trail of another account", duty(alice, called("arn:aws:cloudtrail:eu-west-1:"+hub+":trail/all"), byKey), who, []string{"in another account"}},
		{"a trail of another Region", duty(alice, called("arn:aws:cloudtrail:us-east-1:"+member+":trail/all"), byKey), who, []string{"in another account, Region"}},
		{"a trail in a sample", duty(alice, called("GeneratedFindingCloudTrailName"), byKey), who, []string{"no trail's ARN"}},
		{"something else than a trail", duty(alice, called("arn:aws:cloudtrail:eu-west-1:"+member+":eventdatastore/all"), byKey), who, []string{"no trail's ARN"}},
		{"no trail", duty(alice, live, byKey), []parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"an account, by a key", duty(alice, live, byAccount),
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice"), theAccount()}, nil},
		{"an account, by a bucket", duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs"}]}`, live, byAccount),
			[]parry.Target{bucket("logs"), theAccount()}, nil},
		{"a bucket alone", duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs"}]}`, live, `{"type":"Policy:S3/BucketBlockPublicAccessDisabled"}`),
			[]parry.Target{bucket("logs")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, c.in), c.want, c.reasons...) })
	}
}

func TestSecurityHubNamesWhatWasChanged(t *testing.T) {
	of := func(product, typ, fields string) string {
		return imported(asff(resource("AwsIamUser", "arn:aws:iam::"+member+":user/alice"), `{"Compliance":null,"ProductName":"GuardDuty",
			"ProductArn":"arn:aws:securityhub:eu-west-1::product/`+product+`","Types":["`+typ+`"],"ProductFields":`+fields+`}`))
	}
	const path = `action/awsApiCallAction/affectedResources/AWS::CloudTrail::Trail":"` + aTrail + `"}`
	const stopped, opened = "TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled", "TTPs/Policy/Policy:S3-AccountBlockPublicAccessDisabled"
	alice := iamUser(member, "alice")
	for _, c := range []struct {
		name, in string
		want     []parry.Target
	}{
		{"a trail", of("aws/guardduty", stopped, `{"aws/guardduty/service/`+path), []parry.Target{alice, theTrail()}},
		{"a trail, as it was written once", of("aws/guardduty", stopped, `{"`+path), []parry.Target{alice, theTrail()}},
		{"a trail that somebody else names", of(hub+"/default", stopped, `{"aws/guardduty/service/`+path), []parry.Target{alice}},
		{"an account", of("aws/guardduty", opened, `{}`), []parry.Target{alice, theAccount()}},
		{"an account that somebody else names", of(hub+"/default", opened, `{}`), []parry.Target{alice}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, c.in), c.want) })
	}
}

func TestOCSFNamesTheAccount(t *testing.T) {
	of := func(more string) string {
		return importedV2(ocsf(`[`+part("AWS::S3::Bucket", "arn:aws:s3:::logs")+`]`, `{"finding_info":{"uid":"f-1","types":["`+accountUnblocked+`"]}}`, more))
	}
	expect(t, decoded(t, of(`{}`)), []parry.Target{bucket("logs"), theAccount()})
	expect(t, decoded(t, of(`{"metadata":{"product":{"name":"Another"}}}`)), []parry.Target{bucket("logs")})
}
