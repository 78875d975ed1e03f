package source

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// Accounts of the tests: the one where events arrive, and the one that findings are about.
const (
	hub    = "999988887777"
	member = "111122223333"
)

// duty makes an event of GuardDuty around a resource and a service, both JSON. More replaces fields of the finding.
func duty(resource, service string, more ...string) string {
	fields := map[string]json.RawMessage{}
	put := func(text string) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(fmt.Sprintf("%s: %v", text, err))
		}
	}
	put(`{"schemaVersion":"2.0","accountId":"` + member + `","region":"eu-west-1","partition":"aws","id":"f-1",
		"arn":"arn:aws:guardduty:eu-west-1:` + member + `:detector/d/finding/f-1","type":"Recon:EC2/Portscan","severity":5,
		"createdAt":"2026-03-01T09:00:00.000Z","updatedAt":"2026-03-01T10:00:00.000Z","title":"A title","description":"Words"}`)
	put(`{"resource":` + resource + `,"service":` + service + `}`)
	for _, m := range more {
		put(m)
	}
	detail, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return `{"version":"0","id":"e-1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":[],"detail":` + string(detail) + `}`
}

// key is a resource of type AccessKey.
func key(id, principal, user, kind string) string {
	return fmt.Sprintf(`{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":%q,"userName":%q,"userType":%q}}`,
		id, principal, user, kind)
}

// live is the service of a finding that nothing is wrong with.
const live = `{"archived":false,"count":3,"eventFirstSeen":"2026-03-01T08:00:00.000Z","eventLastSeen":"2026-03-01T09:59:00.000Z"}`

// decoded reads an event that holds one finding.
func decoded(t *testing.T, in string) parry.Finding {
	t.Helper()
	found, err := Decode(one(t, in))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d findings, %v", len(found), err)
	}
	checkFinding(t, found[0], in)
	return found[0]
}

// expect compares what a finding can be acted on, and that the words are among the reasons for what is no target.
func expect(t *testing.T, f parry.Finding, want []parry.Target, reasons ...string) {
	t.Helper()
	if diff := cmp.Diff(want, f.Targets); diff != "" {
		t.Errorf("targets: %s", diff)
	}
	if len(reasons) != len(f.Unresolved) {
		t.Errorf("unresolved: %q, want %q", f.Unresolved, reasons)
		return
	}
	for i, r := range reasons {
		if !strings.Contains(f.Unresolved[i], r) {
			t.Errorf("unresolved: %q, want %q", f.Unresolved[i], r)
		}
	}
}

func iamUser(account, name string) parry.Target {
	return parry.Target{Type: "AWS::IAM::User", ID: name, User: name, ARN: "arn:aws:iam::" + account + ":user/" + name,
		Account: account, Region: "us-east-1", Partition: "aws"}
}

func iamKey(account, id, user string) parry.Target {
	return parry.Target{Type: "AWS::IAM::AccessKey", ID: id, User: user, Account: account, Region: "us-east-1", Partition: "aws"}
}

func iamRole(account, name string) parry.Target {
	return parry.Target{Type: "AWS::IAM::Role", ID: name, ARN: "arn:aws:iam::" + account + ":role/" + name,
		Account: account, Region: "us-east-1", Partition: "aws"}
}

// session is a session of a role, by what aws:userid says of it.
func session(account, role, id string) parry.Target {
	_, name, _ := strings.Cut(id, ":")
	return parry.Target{Type: parry.SessionType, ID: id, ARN: "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + name,
		Account: account, Region: "us-east-1", Partition: "aws"}
}

func instance(id string) parry.Target {
	return parry.Target{Type: "AWS::EC2::Instance", ID: id, ARN: "arn:aws:ec2:eu-west-1:" + member + ":instance/" + id,
		Account: member, Region: "eu-west-1", Partition: "aws"}
}

func bucket(name string) parry.Target {
	return parry.Target{Type: "AWS::S3::Bucket", ID: name, ARN: "arn:aws:s3:::" + name, Account: member, Region: "eu-west-1", Partition: "aws"}
}

// as gives a target a part in the attack.
func as(role string, t parry.Target) parry.Target {
	t.Role = role
	return t
}

const anInstance = `{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0abc1234","tags":[{"key":"Owner","value":"web"}]}}`

func TestGuardDutyInOCSF(t *testing.T) {
	f := decoded(t, duty(anInstance, `{"archived":false,"count":3,"resourceRole":"TARGET","detectorId":"d","featureName":"FlowLogs",
		"eventFirstSeen":"2026-03-01T08:00:00.000Z","eventLastSeen":"2026-03-01T09:59:00.000Z",
		"action":{"actionType":"NETWORK_CONNECTION","networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"198.51.100.7"}}}}`))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2004, TypeUID: 200402, SeverityID: 3, Severity: "Medium", StatusID: 1, Status: "New",
		Time: 1772359200000, Count: 3,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0",
			Product: parry.Product{Name: "GuardDuty", VendorName: "AWS", UID: "d", Feature: "FlowLogs"}},
		Info: parry.FindingInfo{UID: "f-1", Title: "A title", Desc: "Words", Types: []string{"Recon:EC2/Portscan"},
			CreatedTime: 1772355600000, ModifiedTime: 1772359200000, FirstSeenTime: 1772352000000, LastSeenTime: 1772359140000},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:ec2:eu-west-1:" + member + ":instance/i-0abc1234", Type: "AWS::EC2::Instance",
			Name: "i-0abc1234", Region: "eu-west-1", Role: "TARGET", Tags: []parry.Tag{{Name: "Owner", Value: "web"}}}},
		Unmapped: map[string]string{"action": "NETWORK_CONNECTION", "direction": "INBOUND", "remote_ip": "198.51.100.7", "role": "TARGET",
			"resource_type": "Instance", "severity": "5"},
		Targets: []parry.Target{as("TARGET", instance("i-0abc1234"))},
		Remote:  []parry.Target{{Type: parry.TypeAddress, ID: "198.51.100.7", Account: member, Region: "eu-west-1", Partition: "aws"}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestGuardDutySeverity(t *testing.T) {
	for severity, want := range map[string]int{
		"0": 0, "1": 2, "3.9": 2, "4": 3, "4.0": 3, "6.9": 3, "7": 4, "8.9": 4, "8.95": 4, "9": 5, "10.0": 5, `"8"`: 4, `"high"`: 0, "null": 0, "-1": 0,
	} {
		f := decoded(t, duty(anInstance, live, `{"severity":`+severity+`}`))
		if f.SeverityID != want {
			t.Errorf("severity %s is %d, want %d", severity, f.SeverityID, want)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestGuardDutyTargets(t *testing.T) {
	outOfInstance := `{"type":"UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"}`
	role := func(principal, instance string) string {
		return strings.TrimSuffix(key("ASIAEXAMPLE", principal, "web", "AssumedRole"), "}") + `,"instanceDetails":{"instanceId":"` + instance + `"}}`
	}
	for _, c := range []struct {
		name    string
		in      string
		want    []parry.Target
		reasons []string
	}{
		{"a finding about one key names that key only", duty(key("AKIAEXAMPLE1", "AIDAEXAMPLE", "alice", "IAMUser"), live),
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"a role finding never touches the user of that name", duty(key("ASIAEXAMPLE", "AROAEXAMPLE:s", "alice", "AssumedRole"), live),
			[]parry.Target{iamRole(member, "alice"), session(member, "alice", "AROAEXAMPLE:s")}, []string{"a temporary credential of the role"}},
		{"a role called an IAM user is neither", duty(key("AKIAEXAMPLE", "AROAEXAMPLE:s", "alice", "IAMUser"), live),
			nil, []string{"is none's id"}},
		{"a lasting key called a role's is neither", duty(key("AKIAEXAMPLE", "AROAEXAMPLE:s", "alice", "AssumedRole"), live),
			nil, []string{"not temporary"}},
		{"a member's finding never the hub's user", duty(key("AKIAEXAMPLE1", "", "admin", "IAMUser"), live),
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "admin"), iamUser(member, "admin")}, nil},
		{"a temporary credential is no user's key", duty(key("ASIAEXAMPLE", "AIDAEXAMPLE", "alice", "IAMUser"), live),
			[]parry.Target{iamUser(member, "alice")}, []string{"a temporary credential of the user"}},
		{"no key", duty(key("", "AIDAEXAMPLE", "alice", "IAMUser"), live),
			[]parry.Target{iamUser(member, "alice")}, []string{"names no access key"}},
		{"a role of AWS", duty(key("ASIAEXAMPLE", "AROAEXAMPLE:s", "AWSServiceRoleForSupport", "AssumedRole"), live),
			nil, []string{"a temporary credential", "belongs to AWS"}},
		{"a role without a name", duty(key("ASIAEXAMPLE", "AROAEXAMPLE:s", "", "Role"), live),
			nil, []string{"a temporary credential", "does not name the role"}},
		{"no details of the key", duty(`{"resourceType":"AccessKey"}`, live), nil, []string{"detail.resource.accessKeyDetails is missing"}},
		{"a credential taken from an instance", duty(role("AROAEXAMPLE:i-0abc1234", "i-0abc1234"), live, outOfInstance),
			[]parry.Target{iamRole(member, "web"), session(member, "web", "AROAEXAMPLE:i-0abc1234"), instance("i-0abc1234")}, []string{"a temporary credential of the role"}},
		{"a credential of another instance", duty(role("AROAEXAMPLE:i-0def", "i-0abc1234"), live, outOfInstance),
			[]parry.Target{iamRole(member, "web"), session(member, "web", "AROAEXAMPLE:i-0def")}, []string{"a temporary credential of the role", `the credential is that of "i-0def"`}},
		{"a credential beside an instance", duty(role("AROAEXAMPLE:i-0abc1234", "i-0abc1234"), live),
			[]parry.Target{iamRole(member, "web"), session(member, "web", "AROAEXAMPLE:i-0abc1234")}, []string{"a temporary credential of the role"}},
		{"a role without the name of its session", duty(key("ASIAEXAMPLE", "AROAEXAMPLE", "web", "AssumedRole"), live),
			[]parry.Target{iamRole(member, "web")}, []string{"a temporary credential of the role"}},
		{"a session that no role has", duty(key("ASIAEXAMPLE", "AROAEXAMPLE:a/../b", "web", "AssumedRole"), live),
			[]parry.Target{iamRole(member, "web")}, []string{"a temporary credential of the role", "is not formed"}},
		{"an instance", duty(anInstance, `{"resourceRole":"ACTOR"}`), []parry.Target{as("ACTOR", instance("i-0abc1234"))}, nil},
		{"an instance without an id", duty(`{"resourceType":"Instance"}`, live), nil, []string{"detail.resource.instanceDetails.instanceId is missing"}},
		{"no instance's id", duty(`{"resourceType":"Instance","instanceDetails":{"instanceId":"web-1"}}`, live), nil, []string{"is not formed"}},
		{"a bucket by its ARN", duty(`{"resourceType":"S3Object","s3BucketDetails":[{"arn":"arn:aws:s3:::logs"}]}`, live),
			[]parry.Target{bucket("logs")}, nil},
		{"a bucket with another's ARN", duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs","arn":"arn:aws:s3:::other"}]}`, live),
			nil, []string{"is another's"}},
		{"a bucket of another account", duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs","owner":{"id":"444455556666"}}]}`, live),
			nil, []string{"belongs to account 444455556666"}},
		{"a bucket whose owner has a canonical id", duty(`{"resourceType":"S3Bucket","s3BucketDetails":{"name":"logs","owner":{"id":"79a59df900b949e5"}}}`, live),
			[]parry.Target{bucket("logs")}, nil},
		{"no bucket", duty(`{"resourceType":"S3Bucket"}`, live), nil, []string{"names no bucket"}},
		{"a function", duty(`{"resourceType":"Lambda","lambdaDetails":{"functionArn":"arn:aws:lambda:eu-west-1:`+member+`:function:f","functionName":"f"}}`, live),
			[]parry.Target{{Type: "AWS::Lambda::Function", ID: "f", ARN: "arn:aws:lambda:eu-west-1:" + member + ":function:f",
				Account: member, Region: "eu-west-1", Partition: "aws"}}, nil},
		{"a function of another account", duty(`{"resourceType":"Lambda","lambdaDetails":{"functionArn":"arn:aws:lambda:eu-west-1:`+hub+`:function:f"}}`, live),
			nil, []string{"in another account"}},
		{"a cluster", duty(`{"resourceType":"EKSCluster","eksClusterDetails":{"name":"c","arn":"arn:aws:eks:eu-west-1:`+member+`:cluster/c"}}`, live),
			[]parry.Target{{Type: "AWS::EKS::Cluster", ID: "c", ARN: "arn:aws:eks:eu-west-1:" + member + ":cluster/c",
				Account: member, Region: "eu-west-1", Partition: "aws"}}, nil},
		{"a task", duty(`{"resourceType":"ECSCluster","ecsClusterDetails":{"name":"c","arn":"arn:aws:ecs:eu-west-1:`+member+`:cluster/c","taskDetails":{"arn":"arn:aws:ecs:eu-west-1:`+member+`:task/c/0f1e"}}}`, live),
			[]parry.Target{
				{Type: "AWS::ECS::Cluster", ID: "c", ARN: "arn:aws:ecs:eu-west-1:" + member + ":cluster/c", Account: member, Region: "eu-west-1", Partition: "aws"},
				{Type: "AWS::ECS::Task", ID: "c/0f1e", ARN: "arn:aws:ecs:eu-west-1:" + member + ":task/c/0f1e", Account: member, Region: "eu-west-1", Partition: "aws"},
			}, nil},
		{"a task whose cluster is not told", duty(`{"resourceType":"ECSCluster","ecsClusterDetails":{"name":"c","taskDetails":{"arn":"arn:aws:ecs:eu-west-1:`+member+`:task/0f1e"}}}`, live),
			[]parry.Target{{Type: "AWS::ECS::Cluster", ID: "c", Account: member, Region: "eu-west-1", Partition: "aws"}}, []string{"does not name a task and its cluster"}},
		{"a task of another account", duty(`{"resourceType":"ECSCluster","ecsClusterDetails":{"name":"c","taskDetails":{"arn":"arn:aws:ecs:eu-west-1:`+hub+`:task/c/0f1e"}}}`, live),
			[]parry.Target{{Type: "AWS::ECS::Cluster", ID: "c", Account: member, Region: "eu-west-1", Partition: "aws"}}, []string{"in another account"}},
		{"a database by its ARN", duty(`{"resourceType":"RDSDBInstance","rdsDbInstanceDetails":{"dbInstanceArn":"arn:aws:rds:eu-west-1:`+member+`:db:d"}}`, live),
			[]parry.Target{{Type: "AWS::RDS::DBInstance", ID: "d", ARN: "arn:aws:rds:eu-west-1:" + member + ":db:d",
				Account: member, Region: "eu-west-1", Partition: "aws"}}, nil},
		{"a database without a name", duty(`{"resourceType":"RDSDBInstance","rdsDbInstanceDetails":{}}`, live), nil, []string{"names no AWS::RDS::DBInstance"}},
		{"a container", duty(`{"resourceType":"Container","containerDetails":{"name":"c"}}`, live), nil, []string{`"Container": not one that can be acted on`}},
		{"a resource of no type", duty(`{}`, live), nil, []string{"detail.resource.resourceType is missing"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, c.in), c.want, c.reasons...) })
	}
}

func TestGuardDutyRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no account", duty(anInstance, live, `{"accountId":null}`), "f, line 1: detail.accountId is missing"},
		{"account is a number", duty(anInstance, live, `{"accountId":111122223333}`), "f, line 1: detail.accountId is a number, not a string"},
		{"account of 13 digits", duty(anInstance, live, `{"accountId":"1234567891234"}`), `f, line 1: detail.accountId is "1234567891234": an AWS account has 12 digits`},
		{"no id", duty(anInstance, live, `{"id":""}`), "f, line 1: detail.id is empty"},
		{"no type", duty(anInstance, live, `{"type":null}`), "f, line 1: detail.type is missing"},
		{"no Region", duty(anInstance, live, `{"region":null,"arn":null}`), "f, line 1: detail.region is missing"},
		{"Region of another partition", duty(anInstance, live, `{"region":"cn-north-1"}`), `f, line 1: detail.region is cn-north-1, which is not in the partition "aws"`},
		{"Config", strings.NewReplacer("aws.guardduty", "aws.config", "GuardDuty Finding", "Config Configuration Item Change").Replace(duty(anInstance, live)),
			"f, line 1: not a finding that Parry reads yet: aws.config Config Configuration Item Change"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, c.in))
			if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestGuardDutyRegionFromARN(t *testing.T) {
	f := decoded(t, duty(anInstance, live, `{"region":null,"partition":null}`))
	expect(t, f, []parry.Target{instance("i-0abc1234")})
}
