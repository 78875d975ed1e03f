package source

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// aRecord is a record of a call such as "iam:CreateUser", made by the IAM user root-of-evil.
func aRecord(call string, more ...string) string {
	service, name, _ := strings.Cut(call, ":")
	return merged(`{"eventVersion":"1.11","eventID":"c-1","eventTime":"2026-03-01T10:00:00Z","eventType":"AwsApiCall","eventCategory":"Management",
		"eventSource":"`+service+`.amazonaws.com","eventName":"`+name+`","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.1","userAgent":"aws-cli/2",
		"readOnly":false,"requestID":"r-1","recipientAccountId":"`+member+`","requestParameters":{},"responseElements":{},
		"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::`+member+`:user/team/mallory","accountId":"`+member+`",
		"accessKeyId":"AKIAMALLORY","userName":"mallory"}}`, more...)
}

// call is the event of a call, with its parameters and its answer.
func call(name, request, response string, more ...string) string {
	service, _, _ := strings.Cut(name, ":")
	return enveloped("aws."+service, trailCall, aRecord(name, append([]string{`{"requestParameters":` + request + `,"responseElements":` + response + `}`}, more...)...))
}

// mallory is who calls in these records: the key and the user.
func mallory() []parry.Target {
	user := iamUser(member, "mallory")
	user.ARN = "arn:aws:iam::" + member + ":user/team/mallory"
	return []parry.Target{as("ACTOR", iamKey(member, "AKIAMALLORY", "mallory")), as("ACTOR", user)}
}

func TestCloudTrailCallInOCSF(t *testing.T) {
	f := decoded(t, call("iam:CreateAccessKey", `{"userName":"alice"}`, `{"accessKey":{"accessKeyId":"AKIANEW","userName":"alice","status":"Active"}}`))
	targets := append([]parry.Target{iamKey(member, "AKIANEW", "alice"), iamUser(member, "alice")}, mallory()...)
	want := parry.Finding{
		ActivityID: 1, CategoryUID: 6, ClassUID: 6003, TypeUID: 600301, SeverityID: 1, Severity: "Informational", StatusID: 1, Status: "Success",
		Time:     1772359200000,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "CloudTrail", VendorName: "AWS"}},
		Info: parry.FindingInfo{UID: "c-1", Title: "CreateAccessKey by arn:aws:iam::" + member + ":user/team/mallory from 203.0.113.1",
			Types: []string{"iam:CreateAccessKey"}, CreatedTime: 1772359200000, FirstSeenTime: 1772359200000, LastSeenTime: 1772359200000},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		API:   &parry.API{Operation: "CreateAccessKey", Service: &parry.APIService{Name: "iam.amazonaws.com"}, Request: &parry.APIRequest{UID: "r-1"}},
		Actor: &parry.Initiator{User: &parry.User{Type: "IAMUser", Name: "mallory", UID: "AIDAEXAMPLE", UIDAlt: "arn:aws:iam::" + member + ":user/team/mallory",
			Credential: "AKIAMALLORY", Account: &parry.CloudAccount{UID: member}}},
		Src: &parry.Endpoint{IP: "203.0.113.1"},
		Unmapped: map[string]string{"event_name": "CreateAccessKey", "event_source": "iam.amazonaws.com", "read_only": "false", "event_type": "AwsApiCall",
			"event_category": "Management", "user_agent": "aws-cli/2"},
		Targets:   targets,
		Resources: asResources(targets),
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if key := f.Key(); key != "cloudtrail/"+member+"/c-1" {
		t.Errorf("key is %s", key)
	}
}

func TestCloudTrailSessionInOCSF(t *testing.T) {
	f := decoded(t, call("lambda:AddPermission20150331v2", `{"functionName":"f"}`, `{}`, `{"sourceIPAddress":"cloudformation.amazonaws.com","readOnly":true,
		"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:cli","arn":"arn:aws:sts::`+member+`:assumed-role/deploy/cli","accountId":"`+member+`",
		"accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::`+member+`:role/deploy",
		"accountId":"`+member+`","userName":"deploy"},"sourceIdentity":"alice","attributes":{"creationDate":"2026-03-01T09:00:00Z","mfaAuthenticated":"true"}}}}`))
	want := &parry.Initiator{
		User: &parry.User{Type: "AssumedRole", Name: "deploy", UID: "AROAEXAMPLE:cli", UIDAlt: "arn:aws:sts::" + member + ":assumed-role/deploy/cli",
			Credential: "ASIAEXAMPLE", Account: &parry.CloudAccount{UID: member}},
		Session: &parry.LoginSession{UID: "cli", Issuer: "arn:aws:iam::" + member + ":role/deploy", MFA: true, CreatedTime: 1772355600000},
	}
	if diff := cmp.Diff(want, f.Actor); diff != "" {
		t.Error(diff)
	}
	got := []any{f.Info.Types, *f.Src, f.Unmapped["mfa_used"], f.Unmapped["event_name"], f.Unmapped["source_identity"], f.Quiet}
	if diff := cmp.Diff([]any{[]string{"lambda:AddPermission20150331v2", "lambda:AddPermission"}, parry.Endpoint{Domain: "cloudformation.amazonaws.com"},
		"true", "AddPermission20150331v2", "alice", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCloudTrailActivity(t *testing.T) {
	for name, want := range map[string]int{
		"CreateUser": 1, "RunInstances": 1, "GetSecretValue": 2, "DescribeInstances": 2, "UpdateTrail": 3, "PutBucketPolicy": 3, "AttachRolePolicy": 3,
		"StopLogging": 3, "DeleteTrail": 4, "TerminateInstances": 4, "LeaveOrganization": 99, "Settle": 99, "Disable": 3,
	} {
		if f := decoded(t, call("x:"+name, `{}`, `{}`)); f.ActivityID != want || f.TypeUID != 600300+int64(want) {
			t.Errorf("%s is activity %d, type %d, want %d", name, f.ActivityID, f.TypeUID, want)
		}
	}
	if f := decoded(t, call("sts:AssumeRole", `{}`, `{}`, `{"readOnly":true}`)); f.ActivityID != 2 {
		t.Errorf("a call that only reads is activity %d", f.ActivityID)
	}
}

// Where each service names what a call changes.
func TestCloudTrailTargets(t *testing.T) {
	regional := func(rest string) string { return "arn:aws:" + rest }
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	global := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "us-east-1", Partition: "aws"}}
	}
	group := func(name string) parry.Target {
		return global("AWS::IAM::Group", name, "arn:aws:iam::"+member+":group/"+name)[0]
	}
	account := at("AWS::::Account", member, "")
	alice := []parry.Target{iamUser(member, "alice")}
	deploy := []parry.Target{iamRole(member, "deploy")}
	detector := at("AWS::GuardDuty::Detector", "d-1", "")
	trail := at("AWS::CloudTrail::Trail", "t", regional("cloudtrail:eu-west-1:"+member+":trail/t"))
	function := at("AWS::Lambda::Function", "f", regional("lambda:eu-west-1:"+member+":function:f"))
	key := at("AWS::KMS::Key", "k-1", regional("kms:eu-west-1:"+member+":key/k-1"))
	secret := regional("secretsmanager:eu-west-1:" + member + ":secret:s-AbCdEf")
	logs := []parry.Target{bucket("logs")}
	for _, c := range []struct {
		call, request, response string
		want                    []parry.Target
		reasons                 []string
	}{
		{"iam:CreateUser", `{"userName":"alice"}`, `{}`, alice, nil},
		{"iam:CreateLoginProfile", `{"userName":"alice"}`, `{}`, alice, nil},
		{"iam:UpdateLoginProfile", `{"userName":"alice"}`, `null`, alice, nil},
		{"iam:AttachUserPolicy", `{"userName":"alice","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, `null`, alice, nil},
		{"iam:AddUserToGroup", `{"userName":"alice","groupName":"admins"}`, `null`, append(alice, group("admins")), nil},
		{"iam:DeactivateMFADevice", `{"userName":"alice","serialNumber":"x"}`, `null`, alice, nil},
		{"iam:UpdateAccessKey", `{"userName":"alice","accessKeyId":"AKIAOLD","status":"Active"}`, `null`, append([]parry.Target{iamKey(member, "AKIAOLD", "alice")}, alice...), nil},
		{"iam:CreateRole", `{"roleName":"deploy"}`, `{}`, deploy, nil},
		{"iam:UpdateAssumeRolePolicy", `{"roleName":"deploy"}`, `null`, deploy, nil},
		{"iam:AttachRolePolicy", `{"roleName":"AWSServiceRoleForX"}`, `null`, nil, []string{"belongs to AWS"}},
		{"iam:CreatePolicyVersion", `{"policyArn":"arn:aws:iam::` + member + `:policy/p"}`, `{}`, global("AWS::IAM::Policy", "arn:aws:iam::"+member+":policy/p", "arn:aws:iam::"+member+":policy/p"), nil},
		{"iam:DeleteVirtualMFADevice", `{"serialNumber":"arn:aws:iam::` + member + `:mfa/alice"}`, `null`,
			global("AWS::IAM::VirtualMFADevice", "arn:aws:iam::"+member+":mfa/alice", "arn:aws:iam::"+member+":mfa/alice"), nil},
		{"iam:UpdateAccountPasswordPolicy", `{}`, `null`, account, nil},
		{"iam:ChangePassword", `null`, `null`, nil, nil},
		{"s3:PutBucketPolicy", `{"bucketName":"logs","bucketPolicy":{}}`, `null`, logs, nil},
		{"s3:PutBucketAcl", `{"bucketName":"logs"}`, `null`, logs, nil},
		{"s3:DeleteBucketPublicAccessBlock", `{"bucketName":"logs"}`, `null`, logs, nil},
		{"s3:DeleteBucketEncryption", `{"bucketName":"logs"}`, `null`, logs, nil},
		{"s3:PutAccountPublicAccessBlock", `{"PublicAccessBlockConfiguration":{}}`, `null`, account, nil},
		{"s3:CreateBucket", `{"bucketName":"logs"}`, `null`, logs, nil},
		{"s3:CreateBucket", `{"bucketName":"logs","CreateBucketConfiguration":{"LocationConstraint":"eu-north-1"}}`, `null`,
			[]parry.Target{{Type: "AWS::S3::Bucket", ID: "logs", ARN: "arn:aws:s3:::logs", Account: member, Region: "eu-north-1", Partition: "aws"}}, nil},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-0abc","ipPermissions":{"items":[]}}`, `{}`,
			at("AWS::EC2::SecurityGroup", "sg-0abc", regional("ec2:eu-west-1:"+member+":security-group/sg-0abc")), nil},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupName":"web"}`, `{}`, nil, []string{"names no AWS::EC2::SecurityGroup"}},
		{"ec2:ModifySecurityGroupRules", `{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-0abc"}}`, `{}`,
			at("AWS::EC2::SecurityGroup", "sg-0abc", regional("ec2:eu-west-1:"+member+":security-group/sg-0abc")), nil},
		{"ec2:RunInstances", `{"instancesSet":{"items":[{"imageId":"ami-1"}]}}`, `{"instancesSet":{"items":[{"instanceId":"i-0aa"},{"instanceId":"i-0bb"}]}}`,
			[]parry.Target{instance("i-0aa"), instance("i-0bb")}, nil},
		{"ec2:StopInstances", `{"instancesSet":{"items":[{"instanceId":"i-0aa"}]}}`, `{}`, []parry.Target{instance("i-0aa")}, nil},
		{"ec2:ModifyInstanceAttribute", `{"instanceId":"i-0aa","userData":"<sensitiveDataRemoved>"}`, `{}`, []parry.Target{instance("i-0aa")}, nil},
		{"ec2:GetPasswordData", `{"instanceId":"i-0aa"}`, `null`, []parry.Target{instance("i-0aa")}, nil},
		{"ec2-instance-connect:SendSSHPublicKey", `{"instanceId":"i-0aa"}`, `{}`, []parry.Target{instance("i-0aa")}, nil},
		{"ec2-instance-connect:SendSerialConsoleSSHPublicKey", `{"instanceId":"i-0aa"}`, `{}`, []parry.Target{instance("i-0aa")}, nil},
		{"ec2:ModifySnapshotAttribute", `{"snapshotId":"snap-1"}`, `{}`, at("AWS::EC2::Snapshot", "snap-1", ""), nil},
		{"ec2:ModifyImageAttribute", `{"imageId":"ami-1"}`, `{}`, at("AWS::EC2::Image", "ami-1", ""), nil},
		{"ec2:DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-1"}}}`, `{}`, at("AWS::EC2::FlowLog", "fl-1", ""), nil},
		{"ec2:DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":[{"tag":1,"content":"fl-1"},{"tag":2,"content":"fl-2"}]}}`, `{}`,
			append(at("AWS::EC2::FlowLog", "fl-1", ""), at("AWS::EC2::FlowLog", "fl-2", "")...), nil},
		{"ec2:CreateInternetGateway", `{}`, `{"internetGateway":{"internetGatewayId":"igw-1"}}`, at("AWS::EC2::InternetGateway", "igw-1", ""), nil},
		{"ec2:DisableEbsEncryptionByDefault", `{}`, `{}`, account, nil},
		{"cloudtrail:StopLogging", `{"name":"t"}`, `null`, trail, nil},
		{"cloudtrail:DeleteTrail", `{"name":"` + trail[0].ARN + `"}`, `null`, trail, nil},
		{"cloudtrail:UpdateTrail", `{"name":"t"}`, `{"trailARN":"` + trail[0].ARN + `"}`, trail, nil},
		{"cloudtrail:PutEventSelectors", `{"trailName":"t"}`, `{"trailARN":"` + trail[0].ARN + `"}`, trail, nil},
		{"guardduty:DeleteDetector", `{"detectorId":"d-1"}`, `null`, append(detector, account...), nil},
		{"guardduty:UpdateDetector", `{"detectorId":"d-1","enable":false}`, `null`, append(detector, account...), nil},
		{"guardduty:StopMonitoringMembers", `{"detectorId":"d-1","accountIds":["444455556666"]}`, `{}`, detector, nil},
		{"guardduty:DisassociateFromAdministratorAccount", `{"detectorId":"d-1"}`, `null`, detector, nil},
		{"config:StopConfigurationRecorder", `{"configurationRecorderName":"default"}`, `null`, at("AWS::Config::ConfigurationRecorder", "default", ""), nil},
		{"config:DeleteDeliveryChannel", `{"deliveryChannelName":"default"}`, `null`, at("AWS::Config::DeliveryChannel", "default", ""), nil},
		{"securityhub:DisableSecurityHub", `null`, `null`, account, nil},
		{"events:DisableRule", `{"name":"r"}`, `null`, at("AWS::Events::Rule", "r", ""), nil},
		{"events:DisableRule", `{"name":"r","eventBusName":"default"}`, `null`, at("AWS::Events::Rule", "r", ""), nil},
		{"events:RemoveTargets", `{"rule":"r","eventBusName":"own","ids":["1"]}`, `{}`,
			at("AWS::Events::Rule", "own/r", regional("events:eu-west-1:"+member+":rule/own/r")), nil},
		{"events:DeleteRule", `{"name":"r","eventBusName":"arn:aws:events:eu-west-1:` + member + `:event-bus/own"}`, `null`,
			at("AWS::Events::Rule", "own/r", regional("events:eu-west-1:"+member+":rule/own/r")), nil},
		{"lambda:UpdateFunctionCode20150331v2", `{"functionName":"f"}`, `{}`, function, nil},
		{"lambda:AddPermission20150331v2", `{"functionName":"f:live"}`, `{}`, function, nil},
		{"lambda:UpdateFunctionConfiguration20150331v2", `{"functionName":"` + member + `:function:f"}`, `{}`, function, nil},
		{"lambda:UpdateFunctionConfiguration20150331v2", `{"functionName":"` + hub + `:function:f"}`, `{}`, nil, []string{"names no AWS::Lambda::Function"}},
		{"lambda:AddPermission20150331v2", `{"functionName":"` + function[0].ARN + `:7"}`, `{}`, at("AWS::Lambda::Function", "f", function[0].ARN+":7"), nil},
		{"lambda:AddLayerVersionPermission20181031", `{"layerName":"l","versionNumber":3}`, `{}`,
			at("AWS::Lambda::LayerVersion", regional("lambda:eu-west-1:"+member+":layer:l:3"), regional("lambda:eu-west-1:"+member+":layer:l:3")), nil},
		{"lambda:AddLayerVersionPermission20181031", `{"layerName":"l"}`, `{}`, nil, []string{"names no version of a layer"}},
		{"kms:DisableKey", `{"keyId":"k-1"}`, `null`, key, nil},
		{"kms:ScheduleKeyDeletion", `{"keyId":"` + key[0].ARN + `"}`, `{}`, key, nil},
		{"kms:PutKeyPolicy", `{"keyId":"alias/own"}`, `null`, nil, []string{`names no AWS::KMS::Key: "alias/own" is no id`}},
		{"rds:ModifyDBSnapshotAttribute", `{"dBSnapshotIdentifier":"s"}`, `{}`,
			at("AWS::RDS::DBSnapshot", "s", regional("rds:eu-west-1:"+member+":snapshot:s")), nil},
		{"rds:ModifyDBInstance", `{"dBInstanceIdentifier":"d"}`, `{}`, at("AWS::RDS::DBInstance", "d", regional("rds:eu-west-1:"+member+":db:d")), nil},
		{"secretsmanager:GetSecretValue", `{"secretId":"` + secret + `"}`, `null`, at("AWS::SecretsManager::Secret", secret, secret), nil},
		{"secretsmanager:GetSecretValue", `{"secretId":"s"}`, `null`, nil, []string{"names no AWS::SecretsManager::Secret"}},
		{"secretsmanager:DeleteSecret", `{"secretId":"s"}`, `{"aRN":"` + secret + `"}`, at("AWS::SecretsManager::Secret", secret, secret), nil},
		{"ssm:StartSession", `{"target":"i-0aa"}`, `{}`, []parry.Target{instance("i-0aa")}, nil},
		{"ssm:StartSession", `{"target":"mi-0aa"}`, `{}`, nil, []string{"is not formed like an id of this type"}},
		{"ssm:SendCommand", `{"instanceIds":["i-0aa","i-0bb"]}`, `{}`, []parry.Target{instance("i-0aa"), instance("i-0bb")}, nil},
		{"ssm:SendCommand", `{"targets":[{"key":"tag:x"}]}`, `{}`, nil, []string{"names no AWS::EC2::Instance"}},
		{"route53resolver:DeleteResolverQueryLogConfig", `{"resolverQueryLogConfigId":"rqlc-1"}`, `{}`,
			at("AWS::Route53Resolver::ResolverQueryLoggingConfig", "rqlc-1", ""), nil},
		{"rolesanywhere:CreateTrustAnchor", `{"name":"x"}`, `{"trustAnchor":{"trustAnchorArn":"` + regional("rolesanywhere:eu-west-1:"+member+":trust-anchor/ta-1") + `"}}`,
			at("AWS::RolesAnywhere::TrustAnchor", "ta-1", regional("rolesanywhere:eu-west-1:"+member+":trust-anchor/ta-1")), nil},
		{"organizations:LeaveOrganization", `null`, `null`, account, nil},
		{"sts:AssumeRole", `{"roleArn":"arn:aws:iam::` + hub + `:role/x"}`, `{}`, nil, nil},
		{"glue:PutResourcePolicy", `{}`, `{}`, nil, []string{"glue:PutResourcePolicy: what it changes is not known here"}},
	} {
		t.Run(c.call, func(t *testing.T) {
			expect(t, decoded(t, call(c.call, c.request, c.response)), append(c.want[:len(c.want):len(c.want)], mallory()...), c.reasons...)
		})
	}
}

// What the table lacks is taken from the record's own list, and so is who owns a resource that is another account's.
func TestCloudTrailListedResources(t *testing.T) {
	table := "arn:aws:dynamodb:eu-west-1:" + member + ":table/t"
	listed := func(fields string) string { return `{"resources":[{` + fields + `}]}` }
	theirs := bucket("logs")
	theirs.Account = "444455556666"
	for _, c := range []struct {
		name, call, request, more string
		want                      []parry.Target
		reasons                   []string
	}{
		{"a table", "dynamodb:PutResourcePolicy", `{}`, listed(`"type":"AWS::DynamoDB::Table","ARN":"` + table + `","accountId":"` + member + `"`),
			[]parry.Target{{Type: "AWS::DynamoDB::Table", ID: "t", ARN: table, Account: member, Region: "eu-west-1", Partition: "aws"}}, nil},
		{"no type", "dynamodb:PutResourcePolicy", `{}`, listed(`"ARN":"` + table + `"`), nil, []string{"does not say what type of resource"}},
		{"a type that is not known", "x:Do", `{}`, listed(`"type":"AWS::Future::Thing","ARN":"arn:aws:x:::y"`), nil, []string{"AWS::Future::Thing"}},
		{"a bucket of another account", "s3:PutBucketPolicy", `{"bucketName":"logs"}`,
			listed(`"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs","accountId":"444455556666"`), []parry.Target{theirs}, nil},
		{"another bucket's owner says nothing", "s3:PutBucketPolicy", `{"bucketName":"logs"}`,
			listed(`"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::other","accountId":"444455556666"`), []parry.Target{bucket("logs")}, nil},
		{"the key behind an alias", "kms:DisableKey", `{"keyId":"alias/own"}`,
			listed(`"type":"AWS::KMS::Key","ARN":"arn:aws:kms:eu-west-1:` + member + `:key/k-1","accountId":"` + member + `"`),
			[]parry.Target{{Type: "AWS::KMS::Key", ID: "k-1", ARN: "arn:aws:kms:eu-west-1:" + member + ":key/k-1", Account: member, Region: "eu-west-1", Partition: "aws"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := decoded(t, call(c.call, c.request, `{}`, c.more))
			expect(t, f, append(c.want, mallory()...), c.reasons...)
		})
	}
	f := decoded(t, call("x:Do", `{}`, `{}`, listed(`"type":"AWS::Future::Thing","ARN":"arn:aws:x:eu-west-1::y"`)))
	if diff := cmp.Diff(parry.Resource{UID: "arn:aws:x:eu-west-1::y", Type: "AWS::Future::Thing", Region: "eu-west-1"}, f.Resources[len(f.Resources)-1]); diff != "" {
		t.Error(diff)
	}
}

func TestCloudTrailKeyOfNobodyNamed(t *testing.T) {
	made := `{"accessKey":{"accessKeyId":"AKIANEW","status":"Active"}}`
	own := mallory()
	own[1].Role = ""
	newKey := iamKey(member, "AKIANEW", "mallory")
	expect(t, decoded(t, call("iam:CreateAccessKey", `null`, made)), []parry.Target{newKey, own[1], own[0]})

	root := `{"userIdentity":{"type":"Root","principalId":"` + member + `","arn":"arn:aws:iam::` + member + `:root","accountId":"` + member + `"}}`
	expect(t, decoded(t, call("iam:CreateAccessKey", `null`, made, root)), nil, "root user: cannot be disabled through IAM")

	role := `{"userIdentity":{"type":"AssumedRole","accountId":"` + member + `","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::` + member + `:role/deploy"}}}}`
	expect(t, decoded(t, call("iam:UpdateAccessKey", `{"accessKeyId":"AKIAOLD"}`, `null`, role)), []parry.Target{as("ACTOR", iamRole(member, "deploy"))},
		"the record does not name its user")
}

func TestCloudTrailCallers(t *testing.T) {
	role := func(more ...string) string {
		return merged(`{"type":"AssumedRole","principalId":"AROAEXAMPLE:s","arn":"arn:aws:sts::`+member+`:assumed-role/deploy/s","accountId":"`+member+`",
			"accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::`+member+`:role/deploy","userName":"deploy"}}}`, more...)
	}
	deploy := []parry.Target{as("ACTOR", iamRole(member, "deploy")), as("ACTOR", session(member, "deploy", "AROAEXAMPLE:s"))}
	user := func(fields string) string {
		return merged(`{"type":"IAMUser","arn":"arn:aws:iam::`+member+`:user/alice","accountId":"`+member+`","accessKeyId":"AKIAEXAMPLE1","userName":"alice"}`, fields)
	}
	alice := []parry.Target{as("ACTOR", iamKey(member, "AKIAEXAMPLE1", "alice")), as("ACTOR", iamUser(member, "alice"))}
	for _, c := range []struct {
		name, who string
		want      []parry.Target
		reasons   []string
	}{
		{"a user", user(`{}`), alice, nil},
		{"a user in the console", user(`{"invokedBy":"signin.amazonaws.com"}`), alice, nil},
		{"a user of another account", user(`{"arn":"arn:aws:iam::` + hub + `:user/alice","accountId":"` + hub + `"}`),
			[]parry.Target{as("ACTOR", iamKey(hub, "AKIAEXAMPLE1", "alice")), as("ACTOR", iamUser(hub, "alice"))}, nil},
		{"a user with another's ARN", user(`{"userName":"bob"}`), nil, []string{`the caller is named "bob", its ARN is`}},
		{"an account with another's ARN", user(`{"accountId":"` + hub + `"}`), nil, []string{"its ARN"}},
		{"a user for whom a service calls", user(`{"invokedBy":"cloudformation.amazonaws.com"}`), nil, []string{`the AWS service "cloudformation.amazonaws.com"`}},
		{"a service", `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, nil, []string{`the AWS service "ec2.amazonaws.com"`}},
		{"a service without a name", `{"type":"AWSService"}`, nil, []string{`the AWS service "unnamed"`}},
		{"the inside of AWS", `{"accountId":"` + member + `","invokedBy":"AWS Internal"}`, nil, []string{`the AWS service "AWS Internal"`}},
		{"a role", role(), deploy, []string{"a temporary credential of the role"}},
		{"a role by the ARN of its session", role(`{"sessionContext":null}`), deploy, []string{"a temporary credential of the role"}},
		{"a role of another account", role(`{"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::` + hub + `:role/deploy"}}}`), nil,
			[]string{"a temporary credential of the role", "gives the ARN"}},
		{"a role of IAM Identity Center", role(`{"sessionContext":{"sessionIssuer":{"userName":"AWSReservedSSO_Admin_0","arn":"arn:aws:iam::` + member +
			`:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0"}}}`), nil, []string{"a temporary credential of the role", "belongs to AWS"}},
		{"root", `{"type":"Root","arn":"arn:aws:iam::` + member + `:root","accountId":"` + member + `"}`, nil, []string{"root user: cannot be disabled through IAM"}},
		{"another account", `{"type":"AWSAccount","principalId":"AIDAX","accountId":"` + hub + `"}`, nil, []string{`its principal "AIDAX" is of type "AWSAccount"`}},
		{"an anonymous caller", `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`, nil, []string{"AWSAccount"}},
		{"a federated user", `{"type":"FederatedUser","arn":"arn:aws:sts::` + member + `:federated-user/alice","accountId":"` + member + `","accessKeyId":"ASIAX"}`,
			nil, []string{"federated user"}},
		{"SAML", `{"type":"SAMLUser","principalId":"x","userName":"alice"}`, nil, []string{`of type "SAMLUser", which is no IAM user`}},
		{"an identity of the web", `{"type":"WebIdentityUser","userName":"alice"}`, nil, []string{`of type "WebIdentityUser"`}},
		{"IAM Identity Center", `{"type":"IdentityCenterUser","accountId":"` + member + `","onBehalfOf":{"userId":"u-1"}}`, nil, []string{`"u-1" is of type "IdentityCenterUser"`}},
		{"nobody", `null`, nil, []string{"detail.userIdentity is missing"}},
		{"no word of who", `{"accountId":"` + member + `"}`, nil, []string{"does not say what kind of principal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := decoded(t, call("sts:GetCallerIdentity", `null`, `null`, `{"userIdentity":`+c.who+`}`))
			expect(t, f, c.want, c.reasons...)
		})
	}
}

func TestCloudTrailSignIn(t *testing.T) {
	signIn := func(detailType string, more ...string) string {
		return enveloped("aws.signin", detailType, aRecord("signin:ConsoleLogin", append([]string{`{"eventType":"AwsConsoleSignIn","requestParameters":null,
			"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No","LoginTo":"https://console.aws.amazon.com/"},
			"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::` + member + `:user/alice","accountId":"` + member + `","userName":"alice"}}`}, more...)...))
	}
	alice := []parry.Target{as("ACTOR", iamUser(member, "alice"))}
	for _, spelling := range []string{trailSignIn, trailSignin} {
		f := decoded(t, signIn(spelling))
		expect(t, f, alice)
		got := []any{f.ClassUID, f.CategoryUID, f.TypeUID, f.StatusID, f.Status, f.Quiet, f.Type(), f.Unmapped["mfa_used"]}
		if diff := cmp.Diff([]any{3002, 3, int64(300201), parry.StatusSuccess, "Success", "", "signin:ConsoleLogin", "false"}, got); diff != "" {
			t.Errorf("%s: %s", spelling, diff)
		}
	}
	if f := decoded(t, signIn(trailSignIn, `{"additionalEventData":{"MFAUsed":"Yes"}}`)); f.Unmapped["mfa_used"] != "true" || !f.Actor.Session.MFA {
		t.Errorf("with a second factor: %v, %+v", f.Unmapped, f.Actor.Session)
	}
	t.Run("one that failed stays live", func(t *testing.T) {
		for _, more := range []string{`{"responseElements":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}`, `{"errorCode":"AccessDenied"}`} {
			if f := decoded(t, signIn(trailSignIn, more)); f.StatusID != parry.StatusFailure || f.Status != "Failure" || f.Quiet != "" {
				t.Errorf("%s: %s, quiet %q", more, f.Status, f.Quiet)
			}
		}
	})
	t.Run("what else happens at the door", func(t *testing.T) {
		for name, want := range map[string]int{"SwitchRole": 1, "ExitRole": 2, "CheckMfa": 99} {
			if f := decoded(t, signIn(trailSignIn, `{"eventName":"`+name+`"}`)); f.ActivityID != want || f.ClassUID != parry.ClassAuthentication {
				t.Errorf("%s is activity %d of class %d", name, f.ActivityID, f.ClassUID)
			}
		}
	})
	t.Run("a name that CloudTrail hides is no user", func(t *testing.T) {
		expect(t, decoded(t, signIn(trailSignIn, `{"userIdentity":{"type":"IAMUser","accountId":"`+member+`","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}}`)),
			nil, "does not name its user")
	})
	t.Run("root", func(t *testing.T) {
		f := decoded(t, signIn(trailSignIn, `{"userIdentity":{"type":"Root","accountId":"`+member+`","arn":"arn:aws:iam::`+member+`:root"}}`))
		expect(t, f, nil, "root user")
		if f.Actor.User.Type != "Root" {
			t.Errorf("got %+v", f.Actor.User)
		}
	})
}

func TestCloudTrailServiceEvent(t *testing.T) {
	key := "arn:aws:kms:eu-west-1:" + member + ":key/k-1"
	f := decoded(t, enveloped("aws.kms", trailServiceEvent, aRecord("kms:RotateKey", `{"eventType":"AwsServiceEvent","requestParameters":null,"responseElements":null,
		"userIdentity":{"accountId":"`+member+`","invokedBy":"AWS Internal"},"sourceIPAddress":"AWS Internal",
		"resources":[{"type":"AWS::KMS::Key","ARN":"`+key+`","accountId":"`+member+`"}]}`)))
	expect(t, f, []parry.Target{{Type: "AWS::KMS::Key", ID: "k-1", ARN: key, Account: member, Region: "eu-west-1", Partition: "aws"}}, "the AWS service")
	if f.ClassUID != parry.ClassAPIActivity || f.Actor.InvokedBy != "AWS Internal" || f.Src.Domain != "AWS Internal" {
		t.Errorf("got class %d, actor %+v, source %+v", f.ClassUID, f.Actor, f.Src)
	}
}

// aTrailInsight is a record of an unusual rate of calls.
func aTrailInsight(state, id string) string {
	return `{"eventVersion":"1.09","eventTime":"2026-03-01T10:00:00Z","awsRegion":"eu-west-1","eventID":"` + id + `","eventType":"AwsCloudTrailInsight",
		"recipientAccountId":"` + member + `","sharedEventID":"shared-1","insightDetails":{"state":"` + state + `","eventSource":"ec2.amazonaws.com",
		"eventName":"RunInstances","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":2.5},"insight":{"average":150}},
		"attributions":[{"attribute":"userIdentityArn","insight":[{"value":"arn:aws:iam::` + member + `:user/alice","average":148}]}]}},"eventCategory":"Insight"}`
}

func TestCloudTrailInsight(t *testing.T) {
	begin, end := decoded(t, aTrailInsight("Start", "i-1")), decoded(t, aTrailInsight("End", "i-2"))
	got := []any{begin.ClassUID, begin.ActivityID, begin.Status, begin.Info.Types, begin.Quiet, begin.Unmapped["insight_average"], begin.Unmapped["callers"]}
	if diff := cmp.Diff([]any{parry.ClassDetection, 1, "New", []string{"ApiCallRateInsight", "ec2:RunInstances"}, "", "150", "arn:aws:iam::" + member + ":user/alice"}, got); diff != "" {
		t.Error(diff)
	}
	expect(t, begin, nil, "does not say what they changed", "does not make it the cause")
	if end.Quiet != "the unusual activity is over" || end.Status != "Resolved" || end.Key() != begin.Key() {
		t.Errorf("the end: %q, %s, %s and %s", end.Quiet, end.Status, end.Key(), begin.Key())
	}
}

func TestCloudTrailRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no id", call("iam:CreateUser", `{}`, `{}`, `{"eventID":null}`), "detail.eventID is missing"},
		{"no name", call("iam:CreateUser", `{}`, `{}`, `{"eventName":null}`), "detail.eventName is missing"},
		{"no source", call("iam:CreateUser", `{}`, `{}`, `{"eventSource":null}`), "detail.eventSource is missing"},
		{"no Region", call("iam:CreateUser", `{}`, `{}`, `{"awsRegion":null}`), "detail.awsRegion is missing"},
		{"no account", call("iam:CreateUser", `{}`, `{}`, `{"recipientAccountId":null,"userIdentity":null}`), "detail.userIdentity.accountId is missing"},
		{"odd account", call("iam:CreateUser", `{}`, `{}`, `{"recipientAccountId":"12"}`), `detail.recipientAccountId is "12"`},
		{"no type of insight", enveloped("aws.cloudtrail", trailInsight, aRecord("iam:CreateUser")), "detail.insightDetails.insightType is missing"},
		{"an event that anyone can put", enveloped("evil.iam", trailCall, aRecord("iam:CreateUser")), "not a finding that Parry reads yet: evil.iam"},
		{"an action in the console", enveloped("aws.signin", "AWS Console Action via CloudTrail", aRecord("signin:X")), "not a finding that Parry reads yet: aws.signin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
				t.Errorf("got %v and %v, want %s", found, err, c.want)
			}
		})
	}
}

// The types of the table are types that a resource can be found by.
func TestCloudTrailTable(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range callTable() {
		for _, c := range strings.Fields(row.calls) {
			if seen[row.service+":"+c] {
				t.Errorf("%s:%s is there twice", row.service, c)
			}
			seen[row.service+":"+c] = true
		}
		for _, s := range row.spots {
			if _, known := cfnKind(s.cfn); !known && s.cfn != "AWS::::Account" {
				t.Errorf("%s: %s is not known", row.service, s.cfn)
			}
			if len(s.at) == 0 && s.cfn != "AWS::::Account" {
				t.Errorf("%s: %s stands nowhere", row.service, s.cfn)
			}
		}
	}
}

// TestCorpusCallsNameWhatTheyChange: in the recorded attacks, every call that writes leads to what it changed. Their
// recorders made up Regions that are none ("eu-west-2r"), and ids of instances with capitals: those are mended here.
func TestCorpusCallsNameWhatTheyChange(t *testing.T) {
	corpus := os.Getenv("PARRY_CORPUS")
	if corpus == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of public sample events")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "events", "stratus-red-team", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded attacks in %s: %v", corpus, err)
	}
	region, id := regexp.MustCompile(`\b[a-z]+-[a-z]+-\dr\b`), regexp.MustCompile(`\bi-[0-9A-Za-z]{17}\b`)
	calls := 0
	for _, path := range files {
		data := region.ReplaceAll(must(os.ReadFile(path)), []byte("eu-west-1"))
		data = id.ReplaceAllFunc(data, func(b []byte) []byte { return []byte(strings.ToLower(string(b))) })
		items, err := Read(filepath.Base(path), strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if i.Err != nil {
				t.Error(i.Err)
				continue
			}
			for _, f := range must(Decode(i.Event)) {
				writes := f.Unmapped["read_only"] == "false" && f.ClassUID == parry.ClassAPIActivity && f.API.Service.Name != "bedrock.amazonaws.com"
				if spots, known := spotsOf(f.Type()); !writes || known && spots == nil {
					continue
				}
				calls++
				if len(f.Targets) == 0 || f.Targets[0].Role != "" {
					t.Errorf("%s: %s: targets %v, unresolved %q", i.Event.Place, f.Type(), f.Targets, f.Unresolved)
				}
			}
		}
	}
	if calls < 30 {
		t.Errorf("only %d calls were looked at", calls)
	}
}

func FuzzCloudTrail(f *testing.F) {
	for _, in := range []string{
		aRecord("iam:CreateAccessKey", `{"requestParameters":{"userName":"alice"},"responseElements":{"accessKey":{"accessKeyId":"AKIANEW","userName":"alice"}}}`),
		aRecord("ec2:RunInstances", `{"responseElements":{"instancesSet":{"items":[{"instanceId":"i-0aa"},{"instanceId":7}]}}}`),
		aRecord("s3:PutBucketPolicy", `{"requestParameters":{"bucketName":"logs"},"resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs","accountId":"444455556666"}]}`),
		aRecord("events:DisableRule", `{"requestParameters":{"name":"r","eventBusName":"arn:aws:events:eu-west-1:444455556666:event-bus/own"}}`),
		aRecord("lambda:AddLayerVersionPermission20181031", `{"requestParameters":{"layerName":"l","versionNumber":3}}`),
		aRecord("x:Do", `{"errorCode":"AccessDenied","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::444455556666:assumed-role/deploy/s","accountId":"444455556666"}}`),
	} {
		f.Add([]byte(in))
	}
	fuzzDetail(f, "aws.iam", trailCall)
}

// FuzzCloudTrailRead: records without an envelope, in any of the forms that they come in.
func FuzzCloudTrailRead(f *testing.F) {
	f.Add([]byte(`{"Records":[` + aRecord("iam:CreateUser") + `]}`))
	f.Add([]byte(`{"Events":[{"CloudTrailEvent":"{\"eventVersion\":\"1.11\",\"eventID\":\"x\"}"}]}`))
	f.Add([]byte(aTrailInsight("Start", "i-1")))
	f.Add([]byte(aRecord("signin:ConsoleLogin", `{"eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Failure"}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := Read("f", strings.NewReader(string(data)))
		if err != nil && parry.KindOf(err) != parry.Invalid {
			t.Errorf("kind of %v", err)
		}
		for _, i := range items {
			checkItem(t, i)
		}
	})
}
