package source

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parry"
)

// The traps of public events that concern reading Config, IAM Access Analyzer and CloudTrail, each under its number.

func TestTrap02TheSameFactThroughConfigAndSecurityHub(t *testing.T) {
	f := decoded(t, changed("AWS::S3::Bucket", "logs",
		`{"configRuleARN":"arn:aws:config:eu-west-1:`+member+`:config-rule/aws-service-rule/securityhub.amazonaws.com/config-rule-abc123"}`))
	if f.Quiet != "Security Hub evaluates this with a Config rule of its own and reports it as a finding" {
		t.Errorf("a rule of Security Hub's: %q", f.Quiet)
	}
	for _, like := range []string{"config-rule/config-rule-securityhub.amazonaws.com", "config-rule/aws-service-rule/other.amazonaws.com/config-rule-1"} {
		if f := decoded(t, changed("AWS::S3::Bucket", "logs", `{"configRuleARN":"arn:aws:config:eu-west-1:`+member+`:`+like+`"}`)); f.Quiet != "" {
			t.Errorf("%s: %q", like, f.Quiet)
		}
	}
}

func TestTrap06CloseStatesOfConfigAndAccessAnalyzer(t *testing.T) {
	for verdict, want := range map[string]string{
		"NON_COMPLIANT": "", "COMPLIANT": "the resource is compliant", "NOT_APPLICABLE": "does not apply", "INSUFFICIENT_DATA": "could not be evaluated",
		"": "there is no evaluation any more", "NEW_WORD": `its compliance type is "NEW_WORD", which is not known`,
	} {
		f := decoded(t, enveloped(awsConfig, configChange, change("AWS::S3::Bucket", "logs", verdict)))
		if !strings.Contains(f.Quiet, want) || (f.Quiet == "") != (want == "") || (f.ActivityID == activityClose) != (want != "") {
			t.Errorf("Config, %s: quiet %q, activity %d", verdict, f.Quiet, f.ActivityID)
		}
	}
	for more, want := range map[string]string{
		`{}`: "", `{"status":"ARCHIVED"}`: "archived in IAM Access Analyzer", `{"status":"RESOLVED"}`: "resolved in IAM Access Analyzer",
		`{"isDeleted":true}`: "deleted in IAM Access Analyzer", `{"status":"NEW_WORD"}`: `its status is "NEW_WORD"`, `{"status":null}`: `its status is ""`,
	} {
		for _, in := range []string{
			external("AWS::S3::Bucket", "arn:aws:s3:::logs", more),
			enveloped(accessAnalyzer, analyzerInternal, shared("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"findingType":"InternalAccess"}`, more)),
			enveloped(accessAnalyzer, analyzerUnused, unused("AWS::IAM::Role", "arn:aws:iam::"+member+":role/x", "UnusedIAMRole", more)),
		} {
			f := decoded(t, in)
			if !strings.Contains(f.Quiet, want) || (f.Quiet == "") != (want == "") || (f.ActivityID == activityClose) != (want != "") {
				t.Errorf("Access Analyzer, %s: quiet %q, activity %d", more, f.Quiet, f.ActivityID)
			}
		}
	}
}

func TestTrap08ErrorFindings(t *testing.T) {
	for _, code := range []string{"ACCESS_DENIED", "INTERNAL_ERROR"} {
		for _, in := range []string{
			external("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"error":"`+code+`","principal":null,"action":null,"isPublic":null}`),
			enveloped(accessAnalyzer, analyzerUnused, unused("AWS::IAM::Role", "arn:aws:iam::"+member+":role/x", "UnusedIAMRole", `{"error":"`+code+`"}`)),
		} {
			if f := decoded(t, in); f.Quiet != "IAM Access Analyzer could not analyze the resource: "+code || f.Unmapped["principal"] != "" {
				t.Errorf("%s: %q, %v", code, f.Quiet, f.Unmapped)
			}
		}
	}
}

func TestTrap11TemporaryCredentialWithNoUser(t *testing.T) {
	for kind, want := range map[string]string{
		"AssumedRole": "a temporary credential of the role", "FederatedUser": "federated user", "Root": "root user: cannot be disabled through IAM",
		"AWSAccount": "is no IAM user", "SAMLUser": "is no IAM user", "WebIdentityUser": "is no IAM user", "IdentityCenterUser": "is no IAM user",
		"IAMUser": "a temporary credential of the user", "AWSService": "the AWS service", "Directory": "is no IAM user", "Unknown": "is no IAM user",
	} {
		f := decoded(t, call("sts:GetCallerIdentity", `null`, `null`, `{"userIdentity":{"type":"`+kind+`","principalId":"x:s","accountId":"`+member+`",
			"accessKeyId":"ASIAEXAMPLE","userName":"alice","sessionContext":{"sessionIssuer":{"userName":"alice","arn":"arn:aws:iam::`+member+`:role/alice"}}}}`))
		for _, target := range f.Targets {
			if target.Type == "AWS::IAM::AccessKey" || target.Type == "AWS::IAM::User" && kind != "IAMUser" {
				t.Errorf("%s: %v", kind, target)
			}
		}
		if len(f.Unresolved) == 0 || !strings.Contains(f.Unresolved[0], want) {
			t.Errorf("%s: %q, want %q", kind, f.Unresolved, want)
		}
	}
}

func TestTrap12AccountAndRegionOfTheBodyDifferFromTheEnvelope(t *testing.T) {
	for name, in := range map[string]string{
		"Config":             changed("AWS::S3::Bucket", "logs"),
		"Access Analyzer":    external("AWS::S3::Bucket", "arn:aws:s3:::logs"),
		"an organization's":  external("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"accountId":"`+hub+`","resourceOwnerAccount":"`+member+`"}`),
		"CloudTrail":         call("s3:PutBucketAcl", `{"bucketName":"logs"}`, `null`),
		"CloudTrail, before": call("s3:PutBucketAcl", `{"bucketName":"logs"}`, `null`, `{"recipientAccountId":null}`),
		"a caller from afar": call("s3:PutBucketAcl", `{"bucketName":"logs"}`, `null`, `{"userIdentity":{"type":"AWSAccount","principalId":"AIDAX","accountId":"`+hub+`"}}`),
	} {
		f := decoded(t, in)
		if f.Cloud.Account.UID != member || f.Cloud.Region != "eu-west-1" {
			t.Errorf("%s: got %+v", name, f.Cloud)
		}
		if len(f.Targets) == 0 || f.Targets[0] != bucket("logs") {
			t.Errorf("%s: targets %v", name, f.Targets)
		}
	}
}

func TestTrap13RegionGlobal(t *testing.T) {
	role := "arn:aws:iam::" + member + ":role/deploy"
	for name, in := range map[string]string{
		"Config":          changed("AWS::IAM::Role", role, `{"awsRegion":"global"}`),
		"Access Analyzer": external("AWS::IAM::Role", role, `{"region":"global"}`),
		"CloudTrail":      call("iam:UpdateAssumeRolePolicy", `{"roleName":"deploy"}`, `null`, `{"awsRegion":"global"}`),
	} {
		if f := decoded(t, in); len(f.Targets) == 0 || f.Targets[0] != iamRole(member, "deploy") {
			t.Errorf("%s: targets %v, unresolved %q", name, f.Targets, f.Unresolved)
		}
	}
	account := decoded(t, changed("AWS::::Account", member, `{"awsRegion":"global"}`))
	expect(t, account, []parry.Target{{Type: "AWS::::Account", ID: member, Account: member, Region: "us-east-1", Partition: "aws"}})
	expect(t, decoded(t, changed("AWS::S3::Bucket", "logs", `{"awsRegion":"global"}`)), nil, `its Region is "global"`)
}

func TestTrap14ResourceDeletedMeanwhile(t *testing.T) {
	for name, more := range map[string]string{
		"the evaluation is gone":  `{"newEvaluationResult":null}`,
		"and stands there as nil": `{"newEvaluationResult":{"complianceType":null}}`,
		"it does not apply":       `{"newEvaluationResult":{"complianceType":"NOT_APPLICABLE"}}`,
	} {
		if f := decoded(t, changed("AWS::S3::Bucket", "logs", more)); !strings.Contains(f.Quiet, "was deleted") {
			t.Errorf("%s: %q", name, f.Quiet)
		}
	}
}

func TestTrap15OtherPartitions(t *testing.T) {
	for region, want := range map[string][2]string{"cn-northwest-1": {"aws-cn", "cn-north-1"}, "us-gov-east-1": {"aws-us-gov", "us-gov-west-1"}} {
		partition, home := want[0], want[1]
		there := func(in string) string {
			return strings.NewReplacer("arn:aws:", "arn:"+partition+":", "eu-west-1", region).Replace(in)
		}
		logs := parry.Target{Type: "AWS::S3::Bucket", ID: "logs", ARN: "arn:" + partition + ":s3:::logs", Account: member, Region: region, Partition: partition}
		deploy := parry.Target{Type: "AWS::IAM::Role", ID: "deploy", ARN: "arn:" + partition + ":iam::" + member + ":role/deploy",
			Account: member, Region: home, Partition: partition}
		for name, c := range map[string]struct {
			in   string
			want parry.Target
		}{
			"Config":                         {changed("AWS::S3::Bucket", "logs"), logs},
			"Access Analyzer, a bucket":      {external("AWS::S3::Bucket", "arn:aws:s3:::logs"), logs},
			"Access Analyzer, a role":        {external("AWS::IAM::Role", "arn:aws:iam::"+member+":role/deploy"), deploy},
			"Access Analyzer, with no place": {external("AWS::IAM::Role", "arn:aws:iam::"+member+":role/deploy", `{"region":null}`), deploy},
			"CloudTrail, a bucket":           {call("s3:PutBucketAcl", `{"bucketName":"logs"}`, `null`), logs},
			"CloudTrail, a role":             {call("iam:UpdateAssumeRolePolicy", `{"roleName":"deploy"}`, `null`), deploy},
		} {
			f := decoded(t, there(c.in))
			if len(f.Targets) == 0 || f.Targets[0] != c.want || f.Cloud.Partition != partition {
				t.Errorf("%s, %s: %v, %q, %+v", partition, name, f.Targets, f.Unresolved, f.Cloud)
			}
		}
	}
	t.Run("an ARN of another partition is no target", func(t *testing.T) {
		f := decoded(t, call("kms:DisableKey", `{"keyId":"arn:aws-cn:kms:cn-north-1:`+member+`:key/k-1"}`, `null`))
		expect(t, f, mallory(), "is in the partition aws-cn, though the finding is in aws")
	})
}

func TestTrap16CallWithManyResources(t *testing.T) {
	var items []string
	var want []parry.Target
	for i := range 40 {
		id := fmt.Sprintf("i-0%02x", i)
		items = append(items, `{"instanceId":"`+id+`"}`)
		want = append(want, instance(id))
	}
	f := decoded(t, call("ec2:RunInstances", `{}`, `{"instancesSet":{"items":[`+strings.Join(items, ",")+`]}}`))
	expect(t, f, append(want, mallory()...))
}

func TestTrap17UntrustedTextOfConfigAccessAnalyzerAndCloudTrail(t *testing.T) {
	for _, name := range []string{"a; rm -rf /", "${x}", "a\u202eb", "a\x00", strings.Repeat("a", 3000), "alice\n", "<script>"} {
		quoted := string(must(json.Marshal(name)))
		for _, in := range []string{
			changed("AWS::S3::Bucket", "logs", `{"resourceId":`+quoted+`,"newEvaluationResult":{"complianceType":"NON_COMPLIANT"}}`),
			external("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"resource":`+string(must(json.Marshal("arn:aws:s3:::"+name)))+`}`),
			call("iam:CreateUser", `{"userName":`+quoted+`}`, `null`, `{"userIdentity":{"type":"IAMUser","accountId":"`+member+`","userName":`+quoted+`},
				"sourceIPAddress":`+quoted+`,"errorCode":`+quoted+`}`),
		} {
			f := decoded(t, in)
			if len(f.Targets) > 0 || len(f.Unresolved) == 0 {
				t.Errorf("%q: targets %v", name, f.Targets)
			}
			for _, said := range append(f.Unresolved, f.Quiet, f.Info.Title) {
				if strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r == '\u202e' }) || len(said) > 600 {
					t.Errorf("a message is not fit to be shown: %q", said)
				}
			}
		}
	}
}

func TestTrap22CloudTrailEventWithErrorCode(t *testing.T) {
	f := decoded(t, call("s3:PutBucketPolicy", `{"bucketName":"logs"}`, `null`, `{"errorCode":"AccessDenied","errorMessage":"Access Denied"}`))
	if f.Quiet != "the call failed: AccessDenied" || f.StatusID != parry.StatusFailure || f.Status != "Failure" || f.Unmapped["error_code"] != "AccessDenied" {
		t.Errorf("quiet %q, status %s, %v", f.Quiet, f.Status, f.Unmapped)
	}
	if f.API.Response == nil || *f.API.Response != (parry.APIResponse{Error: "AccessDenied", Message: "Access Denied"}) {
		t.Errorf("response %+v", f.API.Response)
	}
	if dry := decoded(t, call("ec2:RunInstances", `{}`, `null`, `{"errorCode":"Client.DryRunOperation"}`)); dry.Quiet == "" {
		t.Error("a dry run is live")
	}
	if read := decoded(t, call("secretsmanager:GetSecretValue", `{}`, `null`, `{"readOnly":true}`)); read.Quiet != "" || read.Status != "Success" {
		t.Errorf("a call that only reads: quiet %q, %s", read.Quiet, read.Status)
	}
}
