package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// The events and rules of the measurement are made up, in the shapes and sizes that AWS's have: the same seed gives the same.

// scene draws accounts, Regions and names.
type scene struct{ *rand.Rand }

func newScene(seed uint64) scene { return scene{rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](s scene, list ...T) T { return list[s.IntN(len(list))] }

func (s scene) account() string { return fmt.Sprintf("%012d", 100000000000+s.IntN(400)*7919) }

func (s scene) region() string {
	return pick(s, "us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1")
}

func (s scene) id(prefix string) string { return fmt.Sprintf("%s%016x", prefix, s.Uint64()) }

func (s scene) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.Uint32(), s.IntN(1<<16), s.IntN(1<<12), s.IntN(1<<12), s.Int64N(1<<48))
}

func (s scene) address() string {
	return fmt.Sprintf("%d.%d.%d.%d", 1+s.IntN(223), s.IntN(256), s.IntN(256), s.IntN(256))
}

func (s scene) time() string {
	return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02dZ", 1+s.IntN(12), 1+s.IntN(28), s.IntN(24), s.IntN(60), s.IntN(60))
}

func (s scene) words(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = pick(s, "the", "instance", "is", "calling", "a", "remote", "host", "on", "an", "unusual", "port", "with", "credentials", "of", "role", "from", "bucket", "policy", "that", "allows", "access")
	}
	return strings.Join(list, " ")
}

type object = map[string]any

// events makes n events: GuardDuty, CloudTrail, Security Hub in both formats and Config, as an organization sees them.
func (s scene) events(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		var e object
		switch d := s.IntN(100); {
		case d < 45:
			e = s.cloudTrail()
		case d < 65:
			e = s.hub()
		case d < 80:
			e = s.guardDuty()
		case d < 92:
			e = s.hubV2()
		default:
			e = s.config()
		}
		all[i] = write(e)
	}
	return all
}

// write writes an event in the order in which EventBridge does.
func write(e object) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range []string{"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"} {
		v, err := json.Marshal(e[k])
		if err != nil {
			panic(err) // it is made of maps and texts
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", k, v)
	}
	b.WriteByte('}')
	return []byte(b.String())
}

func (s scene) envelope(source, detailType string, resources []any, detail object) object {
	return object{
		"version": "0", "id": s.uuid(), "detail-type": detailType, "source": source, "account": s.account(), "time": s.time(),
		"region": s.region(), "resources": resources, "detail": detail,
	}
}

var services = []string{"iam", "ec2", "s3", "sts", "kms", "lambda", "cloudtrail", "guardduty", "config", "rds", "secretsmanager", "organizations"}

// calls are names of calls, common ones and ones that rules look for.
var calls = []string{
	"CreateUser", "CreateAccessKey", "DeleteTrail", "StopLogging", "PutBucketPolicy", "DeleteBucketPolicy", "AuthorizeSecurityGroupIngress",
	"RunInstances", "TerminateInstances", "AttachRolePolicy", "PutRolePolicy", "CreateLoginProfile", "UpdateFunctionCode20150331v2", "DisableKey",
	"ScheduleKeyDeletion", "ModifySnapshotAttribute", "ModifyDBSnapshotAttribute", "DeleteDetector", "StopConfigurationRecorder", "LeaveOrganization",
	"CreateTags", "DescribeInstances", "AssumeRole", "PutObject", "GetSecretValue", "PutParameter", "CreateNetworkInterface", "DeleteNetworkInterface",
	"UpdateService", "RegisterTaskDefinition", "CreateLogStream", "SharedSnapshotVolumeCreated", "Decrypt", "GenerateDataKey", "PutMetricAlarm",
}

func (s scene) cloudTrail() object {
	service, account, region := pick(s, services...), s.account(), s.region()
	user := object{
		"type": "AssumedRole", "principalId": s.id("AROA") + ":" + s.words(1), "accountId": account, "accessKeyId": s.id("ASIA"),
		"arn": "arn:aws:sts::" + account + ":assumed-role/deployment-" + s.words(1) + "/session-" + s.words(1),
		"sessionContext": object{
			"sessionIssuer": object{"type": "Role", "principalId": s.id("AROA"), "accountId": account, "userName": "deployment-" + s.words(1),
				"arn": "arn:aws:iam::" + account + ":role/deployment-" + s.words(1)},
			"webIdFederationData": object{}, "attributes": object{"creationDate": s.time(), "mfaAuthenticated": "false"},
		},
	}
	if s.IntN(8) == 0 {
		user = object{"type": pick(s, "Root", "IAMUser"), "principalId": account, "accountId": account, "arn": "arn:aws:iam::" + account + ":root"}
	}
	d := object{
		"eventVersion": "1.11", "userIdentity": user, "eventTime": s.time(), "eventSource": service + ".amazonaws.com", "eventName": pick(s, calls...),
		"awsRegion": region, "sourceIPAddress": s.address(), "userAgent": "aws-sdk-go-v2/1.47.8 os/linux lang/go#1.26.8 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.344.2",
		"requestParameters": object{"description": s.words(8), "bucketName": s.id("bucket-"), "groupId": s.id("sg-"), "userName": s.words(1), "roleName": s.words(1), "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
			"ipPermissions": object{"items": []any{object{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": object{"items": []any{object{"cidrIp": s.address() + "/32"}}}}}}},
		"responseElements": object{"requestId": s.uuid(), "_return": true}, "requestID": s.uuid(), "eventID": s.uuid(), "readOnly": false,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
		"tlsDetails": object{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": service + "." + region + ".amazonaws.com"},
	}
	if s.IntN(6) == 0 {
		d["errorCode"], d["errorMessage"] = "AccessDenied", s.words(12)
	}
	return s.envelope("aws."+service, "AWS API Call via CloudTrail", []any{}, d)
}

var types = []string{
	"Backdoor:EC2/C&CActivity.B!DNS", "CryptoCurrency:EC2/BitcoinTool.B!DNS", "UnauthorizedAccess:EC2/SSHBruteForce", "Recon:EC2/Portscan",
	"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", "Persistence:IAMUser/AnomalousBehavior", "Discovery:IAMUser/AnomalousBehavior",
	"Policy:S3/BucketBlockPublicAccessDisabled", "Exfiltration:S3/AnomalousBehavior", "Execution:Runtime/NewBinaryExecuted", "Trojan:EC2/DropPoint",
	"Impact:EC2/WinRMBruteForce", "Stealth:IAMUser/CloudTrailLoggingDisabled", "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
}

func (s scene) guardDuty() object {
	account, region, instance := s.account(), s.region(), s.id("i-")
	geo := object{"country": object{"countryName": "Nowhere"}, "city": object{"cityName": s.words(1)}, "geoLocation": object{"lat": 12.5, "lon": -3.25}}
	remote := object{"ipAddressV4": s.address(), "organization": object{"asn": "64512", "asnOrg": s.words(2), "isp": s.words(2), "org": s.words(2)}}
	for k, v := range geo {
		remote[k] = v
	}
	d := object{
		"schemaVersion": "2.0", "accountId": account, "region": region, "partition": "aws", "id": s.id(s.id("")), "type": pick(s, types...),
		"arn":      "arn:aws:guardduty:" + region + ":" + account + ":detector/" + s.id("") + "/finding/" + s.id(""),
		"severity": pick(s, 2, 5, 5.5, 8, 9), "createdAt": s.time(), "updatedAt": s.time(), "title": s.words(12), "description": s.words(24),
		"resource": object{"resourceType": pick(s, "Instance", "AccessKey"), "instanceDetails": object{
			"instanceId": instance, "instanceType": "m5.large", "launchTime": s.time(), "platform": nil, "productCodes": []any{}, "imageId": s.id("ami-"), "imageDescription": s.words(8),
			"iamInstanceProfile": object{"arn": "arn:aws:iam::" + account + ":instance-profile/web", "id": s.id("AIPA")}, "availabilityZone": region + "a", "instanceState": "running",
			"tags": []any{object{"key": "env", "value": pick(s, "prod", "dev")}, object{"key": "Name", "value": s.words(2)}, object{"key": "team", "value": s.words(1)}},
			"networkInterfaces": []any{object{"networkInterfaceId": s.id("eni-"), "privateIpAddress": "10.0.0.7", "subnetId": s.id("subnet-"), "vpcId": s.id("vpc-"),
				"publicIp": s.address(), "publicDnsName": "", "ipv6Addresses": []any{}, "securityGroups": []any{object{"groupName": "web", "groupId": s.id("sg-")}},
				"privateIpAddresses": []any{object{"privateDnsName": "ip-10-0-0-7.internal", "privateIpAddress": "10.0.0.7"}}}},
		}},
		"service": object{"serviceName": "guardduty", "detectorId": s.id(""), "archived": false, "count": 1 + s.IntN(50), "resourceRole": pick(s, "ACTOR", "TARGET"),
			"eventFirstSeen": s.time(), "eventLastSeen": s.time(), "additionalInfo": object{"value": "{}", "type": "default"},
			"action": object{"actionType": "NETWORK_CONNECTION", "networkConnectionAction": object{"connectionDirection": pick(s, "INBOUND", "OUTBOUND"), "protocol": "TCP", "blocked": false,
				"localPortDetails": object{"port": 39677, "portName": "Unknown"}, "remotePortDetails": object{"port": 22, "portName": "SSH"}, "localIpDetails": object{"ipAddressV4": "10.0.0.7"}, "remoteIpDetails": remote}}},
	}
	return s.envelope("aws.guardduty", "GuardDuty Finding", []any{}, d)
}

func (s scene) control() string {
	return pick(s, "S3", "EC2", "IAM", "RDS", "Lambda", "KMS", "CloudTrail", "ECS") + "." + fmt.Sprint(1+s.IntN(24))
}

func (s scene) hub() object {
	account, region, control := s.account(), s.region(), s.control()
	product := object{}
	for i := range 12 + s.IntN(20) {
		product[fmt.Sprintf("aws/securityhub/Field%d", i)] = s.words(5)
	}
	kind := pick(s, "AwsEc2SecurityGroup", "AwsS3Bucket", "AwsIamUser", "AwsRdsDbInstance", "AwsLambdaFunction")
	resources := []any{}
	for range 1 + s.IntN(2) {
		resources = append(resources, object{"Type": kind, "Id": "arn:aws:ec2:" + region + ":" + account + ":security-group/" + s.id("sg-"), "Partition": "aws", "Region": region,
			"Tags": object{"env": pick(s, "prod", "dev"), "team": s.words(1)}, "Details": object{kind: object{"GroupName": s.words(2), "OwnerId": account, "VpcId": s.id("vpc-"), "Description": s.words(16)}}})
	}
	id := "arn:aws:securityhub:" + region + ":" + account + ":security-control/" + control + "/finding/" + s.uuid()
	f := object{
		"SchemaVersion": "2018-10-08", "Id": id, "ProductArn": "arn:aws:securityhub:" + region + "::product/aws/securityhub", "ProductName": "Security Hub", "CompanyName": "AWS",
		"Region": region, "GeneratorId": "security-control/" + control, "AwsAccountId": account, "Types": []any{"Software and Configuration Checks/Industry and Regulatory Standards"},
		"FirstObservedAt": s.time(), "LastObservedAt": s.time(), "CreatedAt": s.time(), "UpdatedAt": s.time(),
		"Severity": object{"Label": pick(s, "LOW", "MEDIUM", "HIGH", "CRITICAL"), "Normalized": pick(s, 1, 40, 70, 90), "Original": "HIGH"}, "Title": s.words(14), "Description": s.words(40),
		"Remediation": object{"Recommendation": object{"Text": s.words(16), "Url": "https://docs.aws.amazon.com/console/securityhub/" + control + "/remediation"}}, "ProductFields": product,
		"Resources": resources, "WorkflowState": "NEW", "Workflow": object{"Status": pick(s, "NEW", "NEW", "NOTIFIED", "SUPPRESSED", "RESOLVED")}, "RecordState": pick(s, "ACTIVE", "ACTIVE", "ACTIVE", "ARCHIVED"),
		"Compliance": object{"Status": pick(s, "FAILED", "FAILED", "PASSED", "WARNING"), "SecurityControlId": control, "RelatedRequirements": []any{"NIST.800-53.r5 AC-3", "NIST.800-53.r5 AC-4", "PCI DSS v3.2.1/1.2.1"},
			"AssociatedStandards": []any{object{"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"}, object{"StandardsId": "standards/nist-800-53/v/5.0.0"}}},
		"FindingProviderFields": object{"Types": []any{"Software and Configuration Checks/Industry and Regulatory Standards"}, "Severity": object{"Label": "HIGH", "Normalized": 70, "Original": "HIGH"}},
		"ProcessedAt":           s.time(),
	}
	return s.envelope("aws.securityhub", "Security Hub Findings - Imported", []any{id}, object{"findings": []any{f}})
}

func (s scene) hubV2() object {
	account, region := s.account(), s.region()
	id := "arn:aws:guardduty:" + region + ":" + account + ":detector/" + s.id("") + "/finding/" + s.id("")
	f := object{
		"activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2, "class_name": "Detection Finding", "class_uid": 2004, "type_uid": 200401, "type_name": "Detection Finding: Create",
		"cloud": object{"account": object{"type": "AWS Account", "type_id": 10, "uid": account}, "cloud_partition": "aws", "provider": "AWS", "region": region}, "count": 1 + s.IntN(20),
		"finding_info": object{"uid": id, "title": s.words(12), "desc": s.words(30), "types": []any{"Threats", pick(s, types...)}, "created_time": 1759524561464, "modified_time": 1759524561464, "first_seen_time": 1759523833911,
			"last_seen_time": 1759523833911, "analytic": object{"type": "Rule", "type_id": 1, "uid": s.id("")}},
		"metadata": object{"product": object{"name": pick(s, "GuardDuty", "Inspector", "Security Hub"), "uid": "arn:aws:securityhub:" + region + "::productv2/aws/guardduty", "vendor_name": "AWS", "feature": object{"name": "RuntimeMonitoring"}},
			"profiles": []any{"cloud", "datetime"}, "uid": s.id(s.id("")), "version": "1.6.0"},
		"remediation": object{"desc": s.words(16), "references": []any{"https://docs.aws.amazon.com/guardduty/latest/ug/findings-runtime-monitoring.html"}},
		"resources": []any{object{"uid": s.id("i-"), "name": s.words(1), "type": "AWS::EC2::Instance", "region": region, "cloud_partition": "aws", "owner": object{"account": object{"uid": account, "type_id": 10}},
			"tags": []any{object{"name": "env", "value": pick(s, "prod", "dev")}, object{"name": "team", "value": s.words(1)}},
			"data": object{"instance_id": s.id("i-"), "instance_type": "c5d.2xlarge", "image_description": s.words(10), "network_interfaces": []any{object{"public_ip": s.address(), "subnet_id": s.id("subnet-"), "vpc_id": s.id("vpc-")}}}}},
		"severity": pick(s, "Low", "Medium", "High", "Critical"), "severity_id": 2 + s.IntN(4), "status": pick(s, "New", "New", "Suppressed", "Resolved"), "status_id": 1, "time": 1759524561464,
		"vendor_attributes": object{"severity": "Medium", "severity_id": 3},
	}
	ancestry := list{}
	for range s.IntN(8) {
		ancestry = append(ancestry, object{"name": s.words(1), "path": "/usr/bin/" + s.words(1), "pid": 1000 + s.IntN(30000), "uid": "0", "created_time": 1759523833119, "created_time_dt": s.time()})
	}
	f["evidences"] = list{object{"actor": object{"process": object{"name": s.words(1), "pid": 4711, "ancestry": ancestry, "working_directory": "/srv/" + s.words(2),
		"file": object{"path": "/opt/" + s.words(2), "hashes": list{object{"algorithm": "SHA-256", "algorithm_id": 3, "value": s.id(s.id(s.id(s.id(""))))}}}}}}}
	return s.envelope("aws.securityhub", "Findings Imported V2", []any{id}, object{"findings": []any{f}})
}

func (s scene) rule() string { return fmt.Sprintf("%s-check-%d", pick(s, services...), s.IntN(40)) }

func (s scene) config() object {
	account, region, rule := s.account(), s.region(), s.rule()
	kind, resource := pick(s, "AWS::EC2::SecurityGroup", "AWS::S3::Bucket", "AWS::IAM::User"), s.id("sg-")
	result := func(t string) object {
		return object{"evaluationResultIdentifier": object{"evaluationResultQualifier": object{"configRuleName": rule, "resourceType": kind, "resourceId": resource, "evaluationMode": "DETECTIVE"}, "orderingTimestamp": s.time()},
			"complianceType": t, "resultRecordedTime": s.time(), "configRuleInvokedTime": s.time(), "annotation": s.words(10)}
	}
	d := object{
		"resourceId": resource, "awsRegion": region, "awsAccountId": account, "configRuleName": rule, "recordVersion": "1.0", "resourceType": kind,
		"configRuleARN": "arn:aws:config:" + region + ":" + account + ":config-rule/config-rule-" + s.id("")[:6], "messageType": "ComplianceChangeNotification",
		"newEvaluationResult": result(pick(s, "NON_COMPLIANT", "COMPLIANT")), "oldEvaluationResult": result("COMPLIANT"), "notificationCreationTime": s.time(),
	}
	return s.envelope("aws.config", "Config Rules Compliance Change", []any{}, d)
}
