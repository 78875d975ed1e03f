package source

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// The traps of real events that concern reading, each under its name: findings of GuardDuty, Security Hub (ASFF and V2),
// others in OCSF, Inspector and Macie. Those of Config, Access Analyzer and CloudTrail stand in a file of their own.

// asffOf is a finding of a product of AWS in ASFF, by the ARN that Security Hub gives it.
func asffOf(product, id, resources string) string {
	return asff(resources, `{"Compliance":null,"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/`+product+`","ProductName":"`+product+`","Id":"`+id+`"}`)
}

// v2Of is the same in OCSF.
func v2Of(product, id, resources string) string {
	return ocsf(resources, `{"metadata":{"product":{"name":"`+product+`","uid":"arn:aws:securityhub:us-east-1::productv2/aws/`+product+`"}},"finding_info":{"uid":"`+id+`"}}`)
}

// seenFrom moves an event's envelope to where somebody else listens.
func seenFrom(account, region, event string) string {
	return strings.Replace(strings.Replace(event, `"account":"`+hub+`"`, `"account":"`+account+`"`, 1), `"region":"us-west-2"`, `"region":"`+region+`"`, 1)
}

func TestTrap02OneFindingByManyRoads(t *testing.T) {
	const gd, in, mc = "arn:aws:guardduty:eu-west-1:" + member + ":detector/d/finding/f-1", "arn:aws:inspector2:eu-west-1:" + member + ":finding/f-1",
		"arn:aws:macie2:eu-west-1:" + member + ":finding/f-1"
	asffInstance := resource("AwsEc2Instance", "arn:aws:ec2:eu-west-1:"+member+":instance/i-0abc1234")
	asffBucket := resource("AwsS3Bucket", "arn:aws:s3:::logs")
	roads := func(direct, inASFF, inOCSF string) map[string]string {
		return map[string]string{
			"direct": direct, "in the member's account": seenFrom(member, "eu-west-1", direct), "Security Hub CSPM": imported(inASFF), "by hand": ordered(inASFF),
			"CSPM in the member's account": seenFrom(member, "eu-west-1", imported(inASFF)), "CSPM in the aggregation Region": seenFrom(hub, "us-east-1", imported(inASFF)),
			"Security Hub V2": importedV2(inOCSF), "V2 in the aggregation Region": seenFrom(hub, "us-east-1", importedV2(inOCSF)), "bare": inOCSF,
		}
	}
	for _, c := range []struct {
		key   string
		roads map[string]string
		want  parry.Target
	}{
		{"guardduty/" + member + "/f-1", roads(duty(anInstance, live), asffOf("guardduty", gd, asffInstance), v2Of("guardduty", gd, "["+part("AWS::EC2::Instance", "i-0abc1234")+"]")),
			instance("i-0abc1234")},
		{"inspector/" + member + "/f-1", roads(scan(aScannedInstance), asffOf("inspector", in, asffInstance), v2Of("inspector", in, "["+part("AWS::EC2::Instance", "i-0abc1234")+"]")),
			instance("i-0abc1234")},
		{"macie/" + member + "/f-1", roads(privacy(), asffOf("macie", mc, asffBucket), v2Of("macie", mc, "["+part("AWS::S3::Bucket", "logs")+"]")), bucket("logs")},
	} {
		for name, in := range c.roads {
			f := decoded(t, in)
			if f.Key() != c.key {
				t.Errorf("%s: key %s, want %s", name, f.Key(), c.key)
			}
			if diff := cmp.Diff([]parry.Target{c.want}, f.Targets); diff != "" {
				t.Errorf("%s of %s: %s", name, c.key, diff)
			}
		}
	}
	if f := decoded(t, importedV2(v2Of("securityhub", "parry:guardduty/"+member+"/f-1", `[]`))); f.Key() != "guardduty/"+member+"/f-1" {
		t.Errorf("what Parry published itself has the key %s", f.Key())
	}
}

func TestTrap04OwnUpdateWithUnchangedTimestamps(t *testing.T) {
	for name, pair := range map[string][2]string{
		"CSPM, by the note":    {imported(asff(aGroup)), imported(asff(aGroup, `{"Workflow":{"Status":"RESOLVED"},"Note":{"Text":"done","UpdatedBy":"parry"}}`))},
		"CSPM, by the field":   {imported(asff(aGroup)), imported(asff(aGroup, `{"Workflow":{"Status":"NOTIFIED"},"UserDefinedFields":{"parry":"r-1"}}`))},
		"V2, when done":        {importedV2(ocsf(anOCSFInstance)), importedV2(ocsf(anOCSFInstance, `{"comment":"parry: done: r-1","status_id":4,"status":"Resolved"}`))},
		"V2, with a new state": {importedV2(ocsf(anOCSFInstance)), importedV2(ocsf(anOCSFInstance, `{"comment":"parry: r-1","status_id":2,"status":"In Progress"}`))},
	} {
		before, after := decoded(t, pair[0]), decoded(t, pair[1])
		if before.Quiet != "" || after.Quiet != "an update that Parry made itself" {
			t.Errorf("%s: quiet %q, then %q", name, before.Quiet, after.Quiet)
		}
		if before.Time != after.Time || before.Info.ModifiedTime != after.Info.ModifiedTime || before.Key() != after.Key() {
			t.Errorf("%s: time %d, then %d", name, before.Time, after.Time)
		}
	}
}

func TestTrap06StatesThatDoNotTrigger(t *testing.T) {
	control := func(status string) string {
		return `{"class_uid":2003,"compliance":{"control":"EC2.19",` + status + `}}`
	}
	for name, c := range map[string]struct {
		in, want         string
		status, activity int
	}{
		"GuardDuty archived, and goes on sending": {duty(anInstance, `{"archived":true}`), "archived in GuardDuty", parry.StatusArchived, activityClose},
		"ASFF archived": {imported(asff(aGroup, `{"RecordState":"ARCHIVED"}`)), "archived in Security Hub", parry.StatusArchived, activityClose},
		"ASFF resolved": {imported(asff(aGroup, `{"Workflow":{"Status":"RESOLVED"}}`)), "resolved in Security Hub", parry.StatusResolved, activityUpdate},
		"ASFF resolved, older form": {imported(asff(aGroup, `{"Workflow":null,"WorkflowState":"RESOLVED"}`)), "resolved in Security Hub",
			parry.StatusResolved, activityUpdate},
		"ASFF suppressed": {imported(asff(aGroup, `{"Workflow":{"Status":"SUPPRESSED"}}`)), "suppressed in Security Hub", parry.StatusSuppressed, activityUpdate},
		"ASFF passed":     {imported(asff(aGroup, `{"Compliance":{"Status":"PASSED"}}`)), "the control passed", parry.StatusNew, activityUpdate},
		"ASFF archived in GuardDuty": {imported(asff(aGroup, `{"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty",
			"ProductFields":{"aws/guardduty/service/archived":"true"}}`)), "archived in GuardDuty", parry.StatusNew, activityUpdate},
		"V2 closed":           {importedV2(ocsf(anOCSFInstance, `{"activity_id":3}`)), "closed at its source (activity Close)", parry.StatusNew, activityClose},
		"V2 closed, by name":  {importedV2(ocsf(anOCSFInstance, `{"activity_id":null,"activity_name":"Close"}`)), "closed at its source (activity Close)", parry.StatusNew, 0},
		"V2 suppressed":       {importedV2(ocsf(anOCSFInstance, `{"status_id":3,"status":"Suppressed"}`)), "suppressed at its source", parry.StatusSuppressed, activityUpdate},
		"V2 resolved":         {importedV2(ocsf(anOCSFInstance, `{"status_id":4,"status":"Resolved"}`)), "resolved at its source", parry.StatusResolved, activityUpdate},
		"V2 archived, id":     {importedV2(ocsf(anOCSFInstance, `{"status_id":5,"status":null}`)), "archived at its source", parry.StatusArchived, activityUpdate},
		"V2 deleted, by word": {importedV2(ocsf(anOCSFInstance, `{"status_id":null,"status":"deleted"}`)), "deleted at its source", parry.StatusDeleted, activityUpdate},
		"V2 passed":           {importedV2(ocsf(anOCSFInstance, control(`"status":"Pass","status_id":1`))), "the control passed", parry.StatusNew, activityUpdate},
		"V2 warned":           {importedV2(ocsf(anOCSFInstance, control(`"status":"Warning"`))), "the control could not be decided (Warning)", parry.StatusNew, activityUpdate},
		"a check that passed": {custom(ocsf(anOCSFInstance, `{"status_code":"PASS"}`)), "the check passed (status code PASS)", parry.StatusNew, activityUpdate},
		"Macie archived":      {privacy(`{"archived":true}`), "archived in Macie", parry.StatusArchived, activityClose},
		"Inspector closed":    {scan(aScannedInstance, `{"status":"CLOSED"}`), "closed in Inspector", parry.StatusResolved, activityClose},
		"Inspector suppressed": {scan(aScannedInstance, `{"status":"SUPPRESSED"}`), "suppressed in Inspector", parry.StatusSuppressed,
			activityUpdate},
	} {
		f := decoded(t, c.in)
		if f.Quiet != c.want || f.StatusID != c.status || f.ActivityID != c.activity {
			t.Errorf("%s: %q, status %d, activity %d", name, f.Quiet, f.StatusID, f.ActivityID)
		}
	}
}

func TestTrap07SampleFindings(t *testing.T) {
	const title = `"title":"[SAMPLE] A title"`
	for name, in := range map[string]string{
		"GuardDuty, by the title":                     duty(anInstance, live, `{`+title+`}`),
		"GuardDuty, by its mark":                      duty(anInstance, `{"additionalInfo":{"sample":true}}`),
		"GuardDuty, by the mark of the API":           duty(anInstance, `{"additionalInfo":{"type":"default","value":"{\"sample\":true}"}}`),
		"GuardDuty, with an odd account":              duty(anInstance, `{"additionalInfo":{"sample":true}}`, `{"accountId":"1234567891234"}`),
		"ASFF":                                        imported(asff(aGroup, `{"Sample":true}`)),
		"ASFF, by the title":                          imported(asff(aGroup, `{"Title":"[SAMPLE] A title"}`)),
		"ASFF of GuardDuty":                           imported(asff(aGroup, `{"ProductFields":{"aws/guardduty/service/additionalInfo/sample":"true"}}`)),
		"ASFF of GuardDuty, with a point":             imported(asff(aGroup, `{"ProductFields":{"aws/guardduty/service/additionalInfo.sample":"true"}}`)),
		"ASFF of GuardDuty, in text":                  imported(asff(aGroup, `{"ProductFields":{"aws/guardduty/service/additionalInfo/value":"{\"sample\":true}"}}`)),
		"ASFF, with an odd account":                   imported(asff(aGroup, `{"Sample":true,"AwsAccountId":"ACCOUNT"}`)),
		"V2, by the title":                            importedV2(ocsf(anOCSFInstance, `{"finding_info":{"uid":"f",`+title+`}}`)),
		"V2, by the title, even where it is also new": importedV2(ocsf(anOCSFInstance, `{"finding_info":{"uid":"f",`+title+`},"activity_id":1}`)),
		"V2, with an odd account":                     importedV2(ocsf(`[]`, `{"finding_info":{"uid":"f",`+title+`},"cloud":{"provider":"AWS","account":{"uid":"ACCOUNT"}}}`)),
		"Macie":                                       privacy(`{"sample":true}`),
		"Macie, by the title":                         privacy(`{` + title + `}`),
		"Inspector, by the title":                     scan(aScannedInstance, `{`+title+`}`),
	} {
		if f := decoded(t, in); f.Quiet != "sample finding" {
			t.Errorf("%s: quiet is %q", name, f.Quiet)
		}
	}
	t.Run("placeholders are no targets", func(t *testing.T) {
		f := decoded(t, duty(key("GeneratedFindingAccessKeyId", "GeneratedFindingPrincipalId", "GeneratedFindingUserName", "IAMUser"), live))
		expect(t, f, nil, "does not name its user")
	})
	t.Run("a sample describes all kinds of resources", func(t *testing.T) {
		f := decoded(t, duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs","arn":"arn:aws:s3:::logs"}],
			"instanceDetails":{"instanceId":"i-0abc1234"},"accessKeyDetails":{"accessKeyId":"AKIAEXAMPLE","userName":"alice","userType":"IAMUser"}}`, live))
		expect(t, f, []parry.Target{bucket("logs")})
	})
}

func TestTrap09PascalCaseGuardDuty(t *testing.T) {
	camel := duty(anInstance, live)
	pascal := strings.NewReplacer(`"accountId"`, `"AccountId"`, `"region":"eu`, `"Region":"eu`, `"type"`, `"Type"`, `"resource":`, `"Resource":`,
		`"resourceType"`, `"ResourceType"`, `"instanceDetails"`, `"InstanceDetails"`, `"instanceId"`, `"InstanceId"`, `"service"`, `"Service"`,
		`"count"`, `"Count"`, `"key"`, `"Key"`, `"value"`, `"Value"`).Replace(camel)
	if diff := cmp.Diff(decoded(t, camel), decoded(t, pascal)); diff != "" {
		t.Error(diff)
	}
}

func TestTrap10AttackSequenceWithoutResourceDetails(t *testing.T) {
	f := decoded(t, duty(`{"resourceType":"AttackSequence"}`, `{"detection":{"sequence":{
		"actors":[
			{"id":"a","user":{"name":"alice","uid":"AIDAEXAMPLE","type":"IAMUser","credentialUid":"AKIAEXAMPLE1","account":{"uid":"444455556666"}}},
			{"id":"b","user":{"name":"session","uid":"AROAEXAMPLE","type":"AssumedRole","credentialUid":"ASIAEXAMPLE","account":{"uid":"444455556666"}},
				"session":{"issuer":"arn:aws:iam::444455556666:role/team/deploy"}},
			{"id":"c","process":{"name":"miner"}}],
		"resources":[
			{"uid":"arn:aws:ec2:us-east-2:`+member+`:instance/i-0abc1234","resourceType":"EC2_INSTANCE","accountId":"`+member+`","region":"us-east-2"},
			{"uid":"arn:aws:s3:::logs","name":"logs","resourceType":"S3_BUCKET","accountId":"777788889999","region":"eu-north-1"},
			{"uid":"AKIAEXAMPLE1","resourceType":"ACCESS_KEY","accountId":"444455556666","region":"us-east-1",
				"data":{"accessKey":{"userName":"alice","userType":"IAMUser"}}},
			{"uid":"arn:aws:s3:::logs/key","resourceType":"S3_OBJECT","accountId":"777788889999","region":"eu-north-1"},
			{"uid":"x","resourceType":"CONTAINER","accountId":"`+member+`","region":"us-east-2"},
			{"uid":"i-0def","resourceType":"EC2_INSTANCE","region":"us-east-2"}],
		"endpoints":[{"id":"e","ip":"198.51.100.7"},{"id":"f","ip":"2001:db8::1"}]}}}`, `{"type":"AttackSequence:IAM/CompromisedCredentials","severity":9}`))
	deploy := iamRole("444455556666", "deploy")
	deploy.ARN = "arn:aws:iam::444455556666:role/team/deploy"
	ec2, s3 := instance("i-0abc1234"), bucket("logs")
	ec2.Region, ec2.ARN = "us-east-2", strings.Replace(ec2.ARN, "eu-west-1", "us-east-2", 1)
	s3.Region, s3.Account = "eu-north-1", "777788889999"
	expect(t, f, []parry.Target{
		as("ACTOR", iamKey("444455556666", "AKIAEXAMPLE1", "alice")), as("ACTOR", iamUser("444455556666", "alice")), as("ACTOR", deploy), ec2, s3,
	}, "a temporary credential of the role", "is no principal of IAM", `"CONTAINER"`, "resources[5].accountId is missing")
	if f.Severity != "Critical" || f.Unmapped["remote_ips"] != "198.51.100.7,2001:db8::1" || f.Unmapped["remote_ip"] != "" {
		t.Errorf("severity %s, unmapped %v", f.Severity, f.Unmapped)
	}
	t.Run("that names nothing", func(t *testing.T) {
		expect(t, decoded(t, duty(`{"resourceType":"AttackSequence"}`, live)), nil, "detail.service.detection.sequence names no actors")
	})
	t.Run("through Security Hub", func(t *testing.T) {
		in := importedV2(ocsf(`[`+part("AWS::IAM::AccessKey", "AKIAEXAMPLE1", `"data":{"user_name":"alice","user_type":"IAMUser"}`)+`,`+part("AWS::EC2::Instance", "i-0abc1234")+`]`,
			`{"severity_id":5,"severity":"Critical","finding_info":{"uid":"f","types":["Threats","AttackSequence:IAM/CompromisedCredentials"]}}`))
		f := decoded(t, in)
		expect(t, f, []parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice"), instance("i-0abc1234")})
		if f.Type() != "AttackSequence:IAM/CompromisedCredentials" || f.Severity != "Critical" {
			t.Errorf("%s, %s", f.Type(), f.Severity)
		}
	})
}

func TestTrap11TemporaryCredentialOfAFindingWithNoUser(t *testing.T) {
	asffKey := func(details string) string {
		return imported(asff(resource("AwsIamAccessKey", "AWS::IAM::AccessKey:ASIAEXAMPLE", `"Details":{"AwsIamAccessKey":{`+details+`}}`)))
	}
	v2Key := func(data string) string {
		return importedV2(ocsf("[" + part("AWS::IAM::AccessKey", "ASIAEXAMPLE", `"data":{"access_key_id":"ASIAEXAMPLE",`+data+`}`) + "]"))
	}
	for kind, want := range map[string]string{
		"FederatedUser": "federated user", "Root": "root user: cannot be disabled through IAM", "AWSService": "is no IAM user",
		"AWSAccount": "is no IAM user", "Directory": "is no IAM user", "": "does not say what kind of principal",
	} {
		expect(t, decoded(t, duty(key("ASIAEXAMPLE", "p", "alice", kind), live)), nil, want)
		expect(t, decoded(t, asffKey(`"PrincipalName":"alice","PrincipalType":"`+kind+`"`)), nil, want)
		expect(t, decoded(t, v2Key(`"principal_id":"p","user_name":"alice","user_type":"`+kind+`"`)), nil, want)
	}
	deploy := []parry.Target{iamRole(member, "deploy"), session(member, "deploy", "AROAEXAMPLE:s")}
	for name, in := range map[string]string{
		"GuardDuty":           duty(key("ASIAEXAMPLE", "AROAEXAMPLE:s", "deploy", "AssumedRole"), live),
		"ASFF":                asffKey(`"PrincipalId":"AROAEXAMPLE:s","PrincipalName":"deploy","PrincipalType":"AssumedRole"`),
		"ASFF, by its issuer": asffKey(`"PrincipalId":"AROAEXAMPLE:s","PrincipalName":"s","PrincipalType":"AssumedRole","SessionContext":{"SessionIssuer":{"Type":"Role","Arn":"arn:aws:iam::` + member + `:role/deploy"}}`),
		"V2":                  v2Key(`"principal_id":"AROAEXAMPLE:s","user_name":"deploy","user_type":"AssumedRole"`),
	} {
		t.Run(name, func(t *testing.T) { expect(t, decoded(t, in), deploy, "a temporary credential of the role") })
	}
	t.Run("of a user", func(t *testing.T) {
		expect(t, decoded(t, asffKey(`"PrincipalName":"alice","PrincipalType":"IAMUser"`)), nil, "a temporary credential of the user")
		expect(t, decoded(t, v2Key(`"principal_id":"AIDAEXAMPLE","user_name":"alice","user_type":"IAMUser"`)), []parry.Target{iamUser(member, "alice")},
			"a temporary credential of the user")
	})
}

func TestTrap12AccountAndRegionOfAFindingDifferFromTheEnvelope(t *testing.T) {
	for name, in := range map[string]string{
		"GuardDuty": duty(anInstance, live), "ASFF": imported(asff(aGroup)), "V2": importedV2(ocsf(anOCSFInstance)), "somebody's own": custom(ocsf(anOCSFInstance)),
		"Inspector": scan(aScannedInstance), "Macie": privacy(),
	} {
		f := decoded(t, in)
		if f.Cloud.Account.UID != member || f.Cloud.Region != "eu-west-1" || len(f.Targets) != 1 || f.Targets[0].Account != member || f.Targets[0].Region != "eu-west-1" {
			t.Errorf("%s: %+v, %+v", name, f.Cloud, f.Targets)
		}
	}
}

func TestTrap13RegionGlobalOfAFinding(t *testing.T) {
	account := []parry.Target{{Type: "AWS::::Account", ID: member, Account: member, Region: "us-east-1", Partition: "aws"}}
	const global = `"region":"global"`
	everywhere := `{"cloud":{"provider":"AWS","region":"global","account":{"uid":"` + member + `"}}}`
	for _, c := range []struct {
		name, in string
		want     []parry.Target
		reasons  []string
	}{
		{"ASFF, a user", imported(asff(resource("AwsIamUser", "arn:aws:iam::"+member+":user/alice", `"Region":"global"`), `{"Region":"global"}`)),
			[]parry.Target{iamUser(member, "alice")}, nil},
		{"ASFF, a bucket", imported(asff(resource("AwsS3Bucket", "arn:aws:s3:::logs", `"Region":"global"`), `{"Region":"global"}`)), nil, []string{`its Region is "global"`}},
		{"ASFF, an account", imported(asff(resource("AwsAccount", "AWS::::Account:"+member), `{"Region":"global"}`)), account, nil},
		{"V2, a user", importedV2(ocsf("["+part("AWS::IAM::User", "alice", global)+"]", everywhere)), []parry.Target{iamUser(member, "alice")}, nil},
		{"V2, a user of a product that says no partition", importedV2(ocsf(`[{"type":"AWS::IAM::User","uid":"arn:aws:iam::`+member+`:user/alice","region":"global"}]`, everywhere,
			`{"metadata":{"product":{"name":"P"}}}`)), []parry.Target{iamUser(member, "alice")}, nil},
		{"V2, nothing says the partition", importedV2(ocsf(`[{"type":"AWS::IAM::User","uid":"alice","region":"global"}]`, everywhere, `{"metadata":{"product":{"name":"P"}}}`)),
			nil, []string{`its partition "" is not known`}},
		{"V2, a bucket", importedV2(ocsf("["+part("AWS::S3::Bucket", "logs", global)+"]", everywhere)), nil, []string{`its Region is "global"`}},
		{"V2, a bucket whose Region the finding knows", importedV2(ocsf("[" + part("AWS::S3::Bucket", "logs", global) + "]")), []parry.Target{bucket("logs")}, nil},
		{"V2, an account", importedV2(ocsf("["+part("AWS::::Account", member, global)+"]", everywhere)), account, nil},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, c.in), c.want, c.reasons...) })
	}
}

func TestTrap15Partitions(t *testing.T) {
	user := func(partition, region string) parry.Target {
		return parry.Target{Type: "AWS::IAM::User", ID: "alice", User: "alice", ARN: "arn:" + partition + ":iam::" + member + ":user/alice",
			Account: member, Region: region, Partition: partition}
	}
	for region, want := range map[string][2]string{
		"cn-northwest-1": {"aws-cn", "cn-north-1"}, "us-gov-east-1": {"aws-us-gov", "us-gov-west-1"}, "eusc-de-east-1": {"aws-eusc", "eusc-de-east-1"},
	} {
		partition, home := want[0], want[1]
		for name, in := range map[string]string{
			"GuardDuty": duty(key("AKIAEXAMPLE", "AIDAEXAMPLE", "alice", "IAMUser"), live, `{"partition":null,"arn":null,"region":"`+region+`"}`),
			"ASFF": imported(asff(resource("AwsIamUser", user(partition, home).ARN), `{"Region":"`+region+`",
				"ProductArn":"arn:`+partition+`:securityhub:`+region+`::product/aws/securityhub"}`)),
			"V2": importedV2(ocsf(`[{"type":"AWS::IAM::User","uid":"alice"}]`, `{"cloud":{"provider":"AWS","region":"`+region+`","account":{"uid":"`+member+`"}}}`)),
			"V2, by the resource": importedV2(ocsf(`[{"type":"AWS::IAM::User","uid":"alice","region":"global","cloud_partition":"`+partition+`"}]`,
				`{"cloud":{"provider":"AWS","region":"`+region+`","account":{"uid":"`+member+`"}}}`)),
		} {
			f := decoded(t, in)
			if diff := cmp.Diff([]parry.Target{user(partition, home)}, f.TargetsOf("AWS::IAM::User")); diff != "" {
				t.Errorf("%s in %s: %s", name, region, diff)
			}
		}
		for name, in := range map[string]string{
			"Inspector": scan(`[{"type":"AWS_EC2_INSTANCE","id":"i-0abc1234"}]`, `{"findingArn":"arn:`+partition+`:inspector2:`+region+`:`+member+`:finding/f-1"}`),
			"Macie":     privacy(`{"partition":null,"region":"` + region + `","resourcesAffected":{"s3Bucket":{"name":"logs"}}}`),
		} {
			f := decoded(t, in)
			if len(f.Targets) != 1 || f.Targets[0].Partition != partition || f.Targets[0].Region != region || !strings.HasPrefix(f.Targets[0].ARN, "arn:"+partition+":") {
				t.Errorf("%s in %s: %+v, %q", name, region, f.Targets, f.Unresolved)
			}
		}
	}
	for name, in := range map[string]string{
		"ASFF": imported(asff(resource("AwsSqsQueue", "arn:aws-cn:sqs:eu-west-1:"+member+":q"))),
		"V2":   importedV2(ocsf("[" + part("AWS::SQS::Queue", "arn:aws-cn:sqs:eu-west-1:"+member+":q") + "]")),
	} {
		t.Run("a Region of another partition, "+name, func(t *testing.T) { expect(t, decoded(t, in), nil, "is not in the partition aws-cn") })
	}
}

func TestTrap16ManyResources(t *testing.T) {
	var names, parts, asffs []string
	var want []parry.Target
	for i := range 40 {
		name := fmt.Sprintf("bucket-%d", i)
		names = append(names, `{"name":"`+name+`"}`)
		parts = append(parts, part("AWS::S3::Bucket", name))
		asffs = append(asffs, strings.Trim(resource("AwsS3Bucket", "arn:aws:s3:::"+name, `"Region":"eu-west-1"`), "[]"))
		want = append(want, bucket(name))
	}
	list := func(all []string, more ...string) string { return "[" + strings.Join(append(all, more...), ",") + "]" }
	for name, in := range map[string]string{
		"GuardDuty": duty(`{"resourceType":"S3Bucket","s3BucketDetails":`+list(names)+`}`, live),
		"ASFF":      imported(asff(list(asffs, asffs[7]))),
		"V2":        importedV2(ocsf(list(parts, parts[7]))),
	} {
		t.Run(name, func(t *testing.T) { expect(t, decoded(t, in), want) })
	}
	t.Run("one that is not known does not hide the others", func(t *testing.T) {
		f := decoded(t, importedV2(ocsf(list(parts[:1], part("Other", "x"), parts[1]))))
		expect(t, f, want[:2], `"Other"`)
		if len(f.Resources) != 3 {
			t.Errorf("resources: %+v", f.Resources)
		}
	})
}

func TestTrap17UntrustedText(t *testing.T) {
	for _, name := range []string{"a; rm -rf /", "${x}", "a\u202eb", "a\x00", strings.Repeat("a", 3000), "../admin", "alice\n", "a\x1b[2J", "$(id)", "{{.}}", "<script>"} {
		text := string(must(json.Marshal(name)))
		for road, in := range map[string]string{
			"GuardDuty":       duty(`{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"AKIAEXAMPLE","userType":"IAMUser","userName":`+text+`}}`, live),
			"ASFF, a type":    imported(asff(`[{"Type":` + text + `,"Id":` + text + `}]`)),
			"ASFF, a bucket":  imported(asff(`[{"Type":"AwsS3Bucket","Id":` + text + `}]`)),
			"V2, a user":      importedV2(ocsf(`[{"type":"AWS::IAM::User","uid":` + text + `}]`)),
			"V2, a key":       importedV2(ocsf(`[{"type":"AWS::IAM::AccessKey","uid":"AKIAEXAMPLE","data":{"user_type":"IAMUser","user_name":` + text + `}}]`)),
			"V2, a type":      importedV2(ocsf(`[{"type":` + text + `,"uid":` + text + `}]`)),
			"V2, a bucket":    importedV2(ocsf(`[{"type":"AWS::S3::Bucket","uid":` + text + `}]`)),
			"another cloud":   custom(`{"class_uid":2004,"metadata":{"product":{"name":` + text + `}},"finding_info":{"uid":"f"},"cloud":{"provider":` + text + `}}`),
			"an odd status":   importedV2(ocsf(`[{"type":"AWS::S3::Bucket","uid":"<x>"}]`, `{"status_id":99,"status":`+text+`,"comment":`+text+`}`)),
			"Inspector":       scan(`[{"type":"AWS_EC2_INSTANCE","id":` + text + `,"region":"eu-west-1"}]`),
			"Inspector, type": scan(`[{"type":`+text+`,"id":`+text+`,"provider":`+text+`}]`, `{"status":`+text+`}`),
			"Macie":           privacy(`{"resourcesAffected":{"s3Bucket":{"name":` + text + `}}}`),
			"an insight":      insightEvent(`{"insightArn":` + text + `,"insightName":` + text + `,"resultType":` + text + `,"insightResults":[{` + text + `:1}]}`),
		} {
			f := decoded(t, in)
			if len(f.Targets) > 0 || len(f.Unresolved) == 0 {
				t.Errorf("%s, %.40q: targets %v", road, name, f.Targets)
			}
			for _, reason := range append(f.Unresolved, f.Quiet) {
				if strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r == '\u202e' }) || len(reason) > 1000 {
					t.Errorf("%s: a message holds control characters or is long: %.200q", road, reason)
				}
			}
		}
	}
}

func TestTrap20OurOwnRoleAsThePrincipal(t *testing.T) {
	expect(t, decoded(t, duty(key("ASIAEXAMPLE", "AROAEXAMPLE:parry", "parry-responder", "AssumedRole"), live)),
		[]parry.Target{iamRole(member, "parry-responder"), session(member, "parry-responder", "AROAEXAMPLE:parry")}, "a temporary credential of the role")
}
