package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parry"
)

// event is an event of a source around a detail, both as JSON has them.
func event(source, detailType, detail string) []byte {
	return fmt.Appendf(nil, `{"version":"0","id":"e-1","detail-type":%q,"source":%q,"account":"999988887777","time":"2026-03-01T10:00:05Z","region":"us-east-1","resources":[],"detail":%s}`,
		detailType, source, detail)
}

// with replaces fields of a JSON object; null takes one away.
func with(t *testing.T, detail string, more ...string) string {
	t.Helper()
	fields := map[string]json.RawMessage{}
	for _, text := range append([]string{detail}, more...) {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for k, v := range fields {
		if string(v) == "null" {
			delete(fields, k)
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// answered is a table's row: how the base is changed, and the rule that answers.
type answered struct{ name, change, want string }

func checkSource(t *testing.T, source, detailType, base string, rows []answered) {
	t.Helper()
	lib := library(t)
	for _, r := range rows {
		answers, _ := match(t, lib, event(source, detailType, with(t, base, r.change)))
		var want []string
		if r.want != "" {
			want = strings.Fields(r.want)
		}
		if got := rulesOf(answers); !slices.Equal(got, want) {
			t.Errorf("%s, %s: %v, want %v", detailType, r.name, got, want)
		}
	}
}

func TestAccessAnalyzer(t *testing.T) {
	base := `{"version":"1.0","id":"f-1","status":"ACTIVE","resourceType":"AWS::S3::Bucket","resource":"arn:aws:s3:::payroll-exports","accountId":"111122223333","region":"us-east-1",
		"createdAt":"2026-03-01T09:00:00Z","updatedAt":"2026-03-01T10:00:00Z","analyzedAt":"2026-03-01T10:00:00Z","principal":{"AWS":"*"},"action":["s3:GetObject"],"isPublic":true,"isDeleted":false}`
	checkSource(t, "aws.access-analyzer", "Access Analyzer Finding", base, []answered{
		{"a public bucket", "", "accessanalyzer-bucket-public"},
		{"no word of deletion", `{"isDeleted":null}`, "accessanalyzer-bucket-public"},
		{"a public queue", `{"resourceType":"AWS::SQS::Queue"}`, "accessanalyzer-queue-public"},
		{"a public function", `{"resourceType":"AWS::Lambda::Function"}`, "accessanalyzer-public"},
		{"a public role", `{"resourceType":"AWS::IAM::Role","resource":"arn:aws:iam::111122223333:role/deploy"}`, "accessanalyzer-role-public"},
		{"a public snapshot", `{"resourceType":"AWS::EC2::Snapshot","resource":"arn:aws:ec2:eu-west-1:111122223333:snapshot/snap-1"}`, "accessanalyzer-snapshot-public"},
		{"a public database snapshot", `{"resourceType":"AWS::RDS::DBSnapshot","resource":"arn:aws:rds:eu-west-1:111122223333:snapshot:s"}`, "accessanalyzer-database-snapshot-public"},
		{"a public cluster snapshot", `{"resourceType":"AWS::RDS::DBClusterSnapshot","resource":"arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:s"}`, "accessanalyzer-cluster-snapshot-public"},
		{"another account", `{"isPublic":false,"principal":{"AWS":"999988887777"}}`, "accessanalyzer-cross-account"},
		{"resolved", `{"status":"RESOLVED"}`, ""},
		{"archived", `{"status":"ARCHIVED"}`, ""},
		{"deleted", `{"isDeleted":true}`, ""},
		{"could not be read", `{"error":"ACCESS_DENIED"}`, ""},
	})
	unused := `{"findingId":"f-2","status":"ACTIVE","resourceType":"AWS::IAM::User","resource":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333","findingType":"UnusedIAMUserAccessKey","isDeleted":false}`
	checkSource(t, "aws.access-analyzer", "Unused Access Finding for IAM entities", unused, []answered{
		{"an unused key", "", "accessanalyzer-unused"}, {"used again", `{"status":"RESOLVED"}`, ""},
	})
	checkSource(t, "aws.access-analyzer", "Internal Access Finding", unused, []answered{{"internal", `{"findingType":"InternalAccess"}`, "accessanalyzer-internal"}})
}

func TestConfig(t *testing.T) {
	rule := func(name, resourceType string) string {
		return fmt.Sprintf(`{"configRuleName":%q,"configRuleARN":"arn:aws:config:us-east-1:111122223333:config-rule/config-rule-abc","resourceType":%q,"resourceId":"x","awsAccountId":"111122223333",
			"awsRegion":"us-east-1","recordVersion":"1.0","messageType":"ComplianceChangeNotification","newEvaluationResult":{"complianceType":"NON_COMPLIANT"}}`, name, resourceType)
	}
	bucket := rule("s3-bucket-public-read-prohibited", "AWS::S3::Bucket")
	checkSource(t, "aws.config", "Config Rules Compliance Change", bucket, []answered{
		{"public read", "", "config-bucket-public"},
		{"in a conformance pack", `{"configRuleName":"s3-bucket-public-write-prohibited-conformance-pack-1a2b"}`, "config-bucket-public"},
		{"bucket level", `{"configRuleName":"s3-bucket-level-public-access-prohibited"}`, "config-bucket-public"},
		{"complies", `{"newEvaluationResult":{"complianceType":"COMPLIANT"}}`, ""},
		{"deleted", `{"newEvaluationResult":{"complianceType":"NOT_APPLICABLE"}}`, ""},
		{"Security Hub's own rule", `{"configRuleARN":"arn:aws:config:us-east-1:111122223333:config-rule/aws-service-rule/securityhub.amazonaws.com/config-rule-x"}`, ""},
		{"another rule", `{"configRuleName":"s3-bucket-versioning-enabled"}`, "config-other"},
	})
	checkSource(t, "aws.config", "Config Rules Compliance Change", rule("restricted-ssh", "AWS::EC2::SecurityGroup"), []answered{
		{"ssh", "", "config-open-ssh"},
		{"common ports", `{"configRuleName":"restricted-common-ports"}`, "config-open-common-ports"},
		{"authorized ports", `{"configRuleName":"vpc-sg-open-only-to-authorized-ports"}`, "config-open-ports"},
		{"of something else", `{"resourceType":"AWS::EC2::Instance"}`, "config-other"},
	})
	checkSource(t, "aws.config", "Config Rules Compliance Change", rule("secretsmanager-secret-periodic-rotation", "AWS::SecretsManager::Secret"), []answered{
		{"not rotated", "", "config-secret-not-rotated"},
	})
}

func TestMacie(t *testing.T) {
	base := `{"schemaVersion":"1.0","id":"f-1","accountId":"111122223333","region":"us-east-1","type":"Policy:IAMUser/S3BucketPublic","category":"POLICY","archived":false,"count":1,
		"severity":{"score":3,"description":"High"},"resourcesAffected":{"s3Bucket":{"arn":"arn:aws:s3:::payroll-exports","name":"payroll-exports","publicAccess":{"effectivePermission":"PUBLIC"}}}}`
	private := `"resourcesAffected":{"s3Bucket":{"name":"payroll-exports","publicAccess":{"effectivePermission":"NOT_PUBLIC"}}}`
	checkSource(t, "aws.macie", "Macie Finding", base, []answered{
		{"public", "", "macie-bucket-public"},
		{"protection off", `{"type":"Policy:IAMUser/S3BlockPublicAccessDisabled"}`, "macie-bucket-public"},
		{"unencrypted", `{"type":"Policy:IAMUser/S3BucketEncryptionDisabled"}`, "macie-bucket-unencrypted"},
		{"shared", `{"type":"Policy:IAMUser/S3BucketSharedExternally"}`, "macie-bucket-shared"},
		{"copied", `{"type":"Policy:IAMUser/S3BucketReplicatedExternally"}`, "macie-bucket-shared"},
		{"sensitive and public", `{"type":"SensitiveData:S3Object/Credentials"}`, "macie-sensitive-data-public"},
		{"sensitive and private", `{"type":"SensitiveData:S3Object/Personal",` + private + `}`, "macie-sensitive-data"},
		{"archived", `{"archived":true}`, ""},
		{"new type", `{"type":"Policy:New/Thing"}`, "macie-other"},
	})
}

func TestInspectorAndThirdParties(t *testing.T) {
	base := `{"awsAccountId":"111122223333","findingArn":"arn:aws:inspector2:us-east-1:111122223333:finding/f-1","status":"ACTIVE","type":"PACKAGE_VULNERABILITY","severity":"HIGH","resources":[{"type":"AWS_EC2_INSTANCE","id":"i-0a1b2c3d4e5f60718"}]}`
	checkSource(t, "aws.inspector2", "Inspector2 Finding", base, []answered{
		{"package", "", "inspector-vulnerable"}, {"code", `{"type":"CODE_VULNERABILITY"}`, "inspector-vulnerable"},
		{"reachable", `{"type":"NETWORK_REACHABILITY"}`, "inspector-reachable"}, {"new type", `{"type":"NEW"}`, "inspector-other"},
		{"closed", `{"status":"CLOSED"}`, ""}, {"suppressed", `{"status":"SUPPRESSED"}`, ""},
	})
	ocsf := `{"class_uid":2004,"finding_info":{"uid":"f-1"},"status_id":1}`
	checkSource(t, "ocsf.scanner", "Detection Finding", ocsf, []answered{
		{"live", "", "thirdparty-finding"}, {"no status", `{"status_id":null}`, "thirdparty-finding"}, {"resolved", `{"status_id":4}`, ""},
	})
	checkSource(t, "scanner", "Detection Finding", ocsf, []answered{{"of nobody's", "", ""}})
}

// call is a record of CloudTrail of a user's call that went well.
const call = `{"eventVersion":"1.09","eventID":"e-1","eventTime":"2026-03-01T10:00:00Z","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventType":"AwsApiCall",
	"userIdentity":{"type":"IAMUser","userName":"mallory","accessKeyId":"AKIA2E0A8F3B4C5D6E7F","accountId":"111122223333"},"requestParameters":null,"responseElements":null,`

// byRole is the same by a role, whose session has no key that could be deactivated.
const byRole = `{"userIdentity":{"type":"AssumedRole","principalId":"AROA2E0A8F3B4C5D6E7F8:s","arn":"arn:aws:sts::111122223333:assumed-role/ops/s","accountId":"111122223333"}}`

func TestCalls(t *testing.T) {
	lib := library(t)
	for _, c := range []struct{ service, name, more, want string }{
		{"cloudtrail", "StopLogging", "", "cloudtrail-defences-stopped-by-user cloudtrail-trail-stopped"},
		{"cloudtrail", "StopLogging", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-trail-stopped"},
		{"cloudtrail", "DeleteTrail", "", "cloudtrail-defences-stopped-by-user cloudtrail-trail-changed"},
		{"cloudtrail", "DeleteTrail", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-trail-changed"},
		{"cloudtrail", "UpdateTrail", "", "cloudtrail-trail-changed"},
		{"cloudtrail", "PutEventSelectors", "", "cloudtrail-trail-changed"},
		{"cloudtrail", "PutEventSelectors", `{"requestParameters":{"trailName":"t","eventSelectors":[{"includeManagementEvents":true}]}}`, "cloudtrail-trail-changed"},
		{"cloudtrail", "PutEventSelectors", `{"requestParameters":{"trailName":"t","eventSelectors":[{"includeManagementEvents":false}]}}`, "cloudtrail-trail-blinded"},
		{"cloudtrail", "PutEventSelectors", `{"requestParameters":{"trailName":"t","advancedEventSelectors":[{"fieldSelectors":[]}]}}`, "cloudtrail-trail-changed"},
		{"cloudtrail", "StopLogging", `{"errorCode":"AccessDenied"}`, ""},
		{"cloudtrail", "StartLogging", "", ""},
		{"guardduty", "DeleteDetector", "", "cloudtrail-defences-stopped-by-user cloudtrail-guardduty-stopped"},
		{"guardduty", "DeleteDetector", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-guardduty-stopped"},
		{"guardduty", "DisassociateFromAdministratorAccount", "", "cloudtrail-defences-stopped-by-user cloudtrail-detector-stopped"},
		{"guardduty", "DisassociateFromAdministratorAccount", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-detector-stopped"},
		{"guardduty", "UpdateDetector", `{"requestParameters":{"detectorId":"d","enable":false}}`, "cloudtrail-guardduty-stopped"},
		{"guardduty", "UpdateDetector", `{"requestParameters":{"detectorId":"d","enable":true}}`, ""},
		{"securityhub", "DisableSecurityHub", "", "cloudtrail-defences-stopped-by-user cloudtrail-securityhub-stopped"},
		{"securityhub", "DisableSecurityHub", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-securityhub-stopped"},
		{"access-analyzer", "DeleteAnalyzer", "", "cloudtrail-detector-stopped"},
		{"guardduty", "CreateDetector", `{"requestParameters":{"enable":true}}`, ""},
		{"securityhub", "EnableSecurityHub", "", ""},
		{"config", "StartConfigurationRecorder", "", ""},
		{"config", "StopConfigurationRecorder", "", "cloudtrail-defences-stopped-by-user cloudtrail-recorder-stopped"},
		{"config", "StopConfigurationRecorder", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-recorder-stopped"},
		{"config", "DeleteConfigurationRecorder", "", "cloudtrail-defences-stopped-by-user cloudtrail-recorder-deleted"},
		{"config", "DeleteConfigurationRecorder", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-recorder-deleted"},
		{"config", "DeleteDeliveryChannel", "", "cloudtrail-defences-stopped-by-user cloudtrail-recorder-deleted"},
		{"config", "DeleteDeliveryChannel", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-recorder-deleted"},
		{"ec2", "DeleteFlowLogs", "", "cloudtrail-defences-stopped-by-user cloudtrail-logs-deleted"},
		{"ec2", "DeleteFlowLogs", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-logs-deleted"},
		{"route53resolver", "DeleteResolverQueryLogConfig", "", "cloudtrail-logs-deleted"},
		{"events", "DisableRule", "", "cloudtrail-event-rule-removed"},
		{"events", "DeleteRule", "", "cloudtrail-event-rule-removed"},
		{"elasticloadbalancing", "DeleteRule", "", ""},
		{"kms", "DisableKey", "", "cloudtrail-key-disabled"},
		{"kms", "ScheduleKeyDeletion", "", "cloudtrail-key-disabled"},
		{"organizations", "LeaveOrganization", "", "cloudtrail-defences-stopped-by-user cloudtrail-organization-left"},
		{"organizations", "LeaveOrganization", byRole, "cloudtrail-defences-stopped-by-role cloudtrail-organization-left"},
		{"iam", "DeactivateMFADevice", "", "cloudtrail-mfa-removed"},
		{"iam", "CreateAccessKey", `{"requestParameters":{"userName":"victim"}}`, "cloudtrail-credential-made"},
		{"iam", "CreateAccessKey", "", ""},
		{"iam", "CreateLoginProfile", `{"requestParameters":{"userName":"victim"}}`, "cloudtrail-credential-made"},
		{"iam", "AttachUserPolicy", `{"requestParameters":{"userName":"mallory","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}}`, "cloudtrail-admin-given-to-user"},
		{"iam", "AttachRolePolicy", `{"requestParameters":{"roleName":"r","policyArn":"arn:aws-us-gov:iam::aws:policy/AdministratorAccess"}}`, "cloudtrail-admin-given-to-role"},
		{"iam", "AttachGroupPolicy", `{"requestParameters":{"groupName":"g","policyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}}`, "cloudtrail-admin-given-to-group"},
		{"iam", "AttachRolePolicy", `{"requestParameters":{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}`, ""},
		{"iam", "UpdateAssumeRolePolicy", "", "cloudtrail-trust-changed"},
		{"ec2", "AuthorizeSecurityGroupIngress", `{"requestParameters":{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},
			{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}}`, "cloudtrail-ingress-opened"},
		{"ec2", "AuthorizeSecurityGroupIngress", `{"requestParameters":{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"-1","ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}}}`, "cloudtrail-ingress-opened"},
		{"ec2", "AuthorizeSecurityGroupIngress", `{"requestParameters":{"groupId":"sg-1","cidrIp":"0.0.0.0/0","fromPort":22,"toPort":22,"ipProtocol":"tcp","ipPermissions":{}}}`, "cloudtrail-ingress-opened"},
		{"ec2", "AuthorizeSecurityGroupIngress", `{"requestParameters":{"groupId":"sg-1","ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"192.0.2.0/24"}]}}]}}}`, ""},
		{"ec2", "ModifySnapshotAttribute", `{"requestParameters":{"createVolumePermission":{"add":{"items":[{"group":"all"}]}}}}`, "cloudtrail-snapshot-shared-with-all"},
		{"ec2", "ModifySnapshotAttribute", `{"requestParameters":{"createVolumePermission":{"add":{"items":[{"userId":"999988887777"}]}}}}`, "cloudtrail-shared-with-account"},
		{"ec2", "ModifySnapshotAttribute", `{"requestParameters":{"createVolumePermission":{"remove":{"items":[{"group":"all"}]}}}}`, ""},
		{"ec2", "ModifyImageAttribute", `{"requestParameters":{"launchPermission":{"add":{"items":[{"group":"all"}]}}}}`, "cloudtrail-image-shared-with-all"},
		{"rds", "ModifyDBSnapshotAttribute", `{"requestParameters":{"attributeName":"restore","valuesToAdd":["all"]}}`, "cloudtrail-database-snapshot-shared-with-all"},
		{"rds", "ModifyDBClusterSnapshotAttribute", `{"requestParameters":{"attributeName":"restore","valuesToAdd":["all"]}}`, "cloudtrail-cluster-snapshot-shared-with-all"},
		{"rds", "ModifyDBSnapshotAttribute", `{"requestParameters":{"attributeName":"restore","valuesToAdd":["999988887777"]}}`, "cloudtrail-shared-with-account"},
		{"lambda", "AddPermission20150331v2", `{"requestParameters":{"functionName":"f","principal":"*","action":"lambda:InvokeFunction"}}`, "cloudtrail-function-opened"},
		{"lambda", "AddPermission20150331v2", `{"requestParameters":{"functionName":"f","principal":"*","principalOrgID":"o-1"}}`, ""},
		{"s3", "DeleteBucketPublicAccessBlock", `{"requestParameters":{"bucketName":"payroll-exports"}}`, "cloudtrail-public-access-unblocked"},
		{"s3", "PutBucketPublicAccessBlock", `{"requestParameters":{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":false,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}}}`, "cloudtrail-public-access-unblocked"},
		{"s3", "PutBucketPublicAccessBlock", `{"requestParameters":{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}}}`, ""},
		{"s3", "PutBucketPolicy", `{"requestParameters":{"bucketName":"payroll-exports","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}}}`, "cloudtrail-bucket-policy-opened"},
		{"s3", "PutBucketPolicy", `{"requestParameters":{"bucketName":"payroll-exports","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":"s3:GetObject"}]}}}`, "cloudtrail-bucket-policy-opened"},
		{"s3", "PutBucketPolicy", `{"requestParameters":{"bucketName":"payroll-exports","bucketPolicy":{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*"}]}}}`, ""},
		{"s3", "PutBucketAcl", `{"requestParameters":{"bucketName":"payroll-exports","acl":[""],"x-amz-acl":["public-read"]}}`, "cloudtrail-bucket-list-opened"},
		{"s3", "PutBucketAcl", `{"requestParameters":{"bucketName":"payroll-exports","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"xsi:type":"Group","URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]}}}}`, "cloudtrail-bucket-list-opened"},
		{"s3", "PutBucketAcl", `{"requestParameters":{"bucketName":"payroll-exports","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"xsi:type":"Group","URI":"http://acs.amazonaws.com/groups/s3/LogDelivery"},"Permission":"WRITE"}]}}}}`, ""},
		{"s3", "DeleteAccountPublicAccessBlock", "", "cloudtrail-account-public-access-unblocked"},
		{"s3", "PutAccountPublicAccessBlock", `{"requestParameters":{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":false}}}`, "cloudtrail-account-public-access-unblocked"},
		{"s3", "PutAccountPublicAccessBlock", `{"requestParameters":{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}}}`, ""},
		{"ec2", "RunInstances", `{"userIdentity":{"type":"Root"}}`, "cloudtrail-root-used"},
		{"kms", "Decrypt", `{"userIdentity":{"type":"Root","invokedBy":"rds.amazonaws.com"}}`, ""},
		{"kms", "RotateKey", `{"userIdentity":{"type":"Root"},"eventType":"AwsServiceEvent"}`, ""},
	} {
		detail := with(t, call+fmt.Sprintf(`"eventSource":"%s.amazonaws.com","eventName":%q}`, c.service, c.name), c.more)
		answers, finding := match(t, lib, event("aws."+c.service, "AWS API Call via CloudTrail", detail))
		for _, a := range answers {
			of, err := lib.Playbooks.TargetOf(a.Playbook)
			if a.On == parry.OnActor && (err != nil || len(a.TargetsOf(finding, of)) != 1) {
				t.Errorf("%s %s: the caller is no target of %s: %+v", c.service, c.name, a.Playbook, finding.Targets)
			}
		}
		if got := strings.Join(rulesOf(answers), " "); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.service, c.name, c.more, got, c.want)
		}
	}
}

// AWS writes the type of sign-ins in two ways.
func TestSignIns(t *testing.T) {
	base := with(t, call+`"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin"}`,
		`{"eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No","LoginTo":"https://console.aws.amazon.com/"}}`)
	for _, detailType := range []string{"AWS Console Sign In via CloudTrail", "AWS Console Signin via CloudTrail"} {
		checkSource(t, "aws.signin", detailType, base, []answered{
			{"without a second factor", "", "cloudtrail-login-without-mfa"},
			{"with one", `{"additionalEventData":{"MFAUsed":"Yes"}}`, ""},
			{"failed", `{"responseElements":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}`, ""},
			{"an identity provider's", `{"userIdentity":{"type":"AssumedRole"},"additionalEventData":{"MFAUsed":"No","SamlProviderArn":"arn:aws:iam::111122223333:saml-provider/idp"}}`, ""},
			{"the root user's", `{"userIdentity":{"type":"Root"},"additionalEventData":{"MFAUsed":"Yes"}}`, "cloudtrail-root-used"},
			{"the root user's, failed", `{"userIdentity":{"type":"Root"},"responseElements":{"ConsoleLogin":"Failure"}}`, ""},
		})
	}
}
