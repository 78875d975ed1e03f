package source

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// shared is a finding on external access to a resource.
func shared(typ, resource string, more ...string) string {
	return merged(`{"id":"f-1","accountId":"`+member+`","region":"eu-west-1","resourceType":"`+typ+`","resource":"`+resource+`","status":"ACTIVE",
		"isPublic":true,"principal":{"AWS":"*"},"action":["s3:GetObject","s3:ListBucket"],"condition":{"aws:SourceIp":"198.51.100.0/24"},
		"createdAt":"2026-03-01T09:00:00Z","updatedAt":"2026-03-01T10:00:00Z","analyzedAt":"2026-03-01T09:59:00Z","isDeleted":false,"version":"1.0"}`, more...)
}

// unused is a finding on a role that nobody uses: it has an id of another name, and no Region.
func unused(typ, resource, kind string, more ...string) string {
	return merged(`{"findingId":"u-1","accountId":"`+member+`","resourceType":"`+typ+`","resource":"`+resource+`","status":"ACTIVE","previousStatus":"",
		"findingType":"`+kind+`","createdAt":"2026-03-01T10:00:00Z","updatedAt":"2026-03-01T10:00:00Z","analyzedAt":"2026-03-01T10:00:00Z",
		"isDeleted":false,"numberOfUnusedServices":2,"numberOfUnusedActions":0}`, more...)
}

func external(typ, resource string, more ...string) string {
	return enveloped(accessAnalyzer, analyzerExternal, shared(typ, resource, more...))
}

func TestAccessAnalyzerInOCSF(t *testing.T) {
	f := decoded(t, external("AWS::S3::Bucket", "arn:aws:s3:::logs"))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2008, TypeUID: 200802, Severity: "Unknown", StatusID: 1, Status: "New", Time: 1772359200000,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "IAM Access Analyzer", VendorName: "AWS"}},
		Info: parry.FindingInfo{UID: "f-1", Title: "ExternalAccess: arn:aws:s3:::logs", Types: []string{"ExternalAccess"},
			CreatedTime: 1772355600000, ModifiedTime: 1772359200000, FirstSeenTime: 1772355600000, LastSeenTime: 1772359140000},
		Cloud:     parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:s3:::logs", Type: "AWS::S3::Bucket", Name: "logs", Region: "eu-west-1"}},
		Unmapped: map[string]string{"is_public": "true", "principal": "AWS:*", "actions": "s3:GetObject,s3:ListBucket",
			"condition_keys": "aws:SourceIp", "resource_type": "AWS::S3::Bucket"},
		Targets: []parry.Target{bucket("logs")},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestAccessAnalyzerPrincipals(t *testing.T) {
	for principal, want := range map[string]string{
		`{"AWS":"999988887777"}`: "AWS:999988887777", `{"AWS":["a","b"]}`: "AWS:a,AWS:b", `{"Federated":"x","CanonicalUser":"y"}`: "CanonicalUser:y,Federated:x",
		`{"Service":"ec2.amazonaws.com"}`: "Service:ec2.amazonaws.com", `{}`: "", `null`: "",
	} {
		f := decoded(t, external("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"principal":`+principal+`}`))
		if got := f.Unmapped["principal"]; got != want {
			t.Errorf("%s: %q, want %q", principal, got, want)
		}
	}
}

func TestAccessAnalyzerTargets(t *testing.T) {
	regional := func(rest string) string { return "arn:aws:" + rest }
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	byARN := func(typ, own string) []parry.Target { return at(typ, own, own) }
	deploy := iamRole(member, "deploy")
	deploy.ARN = "arn:aws:iam::" + member + ":role/team/deploy"
	snapshot, layer := regional("ec2:eu-west-1::snapshot/snap-1"), regional("lambda:eu-west-1:"+member+":layer:l:3")
	stream := regional("dynamodb:eu-west-1:" + member + ":table/t/stream/2026-03-01T00:00:00.000")
	express := regional("s3express:eu-west-1:" + member + ":bucket/b--euw1-az1--x-s3")
	for _, c := range []struct {
		name, typ, resource, more string
		want                      []parry.Target
		reasons                   []string
	}{
		{"a role with a path", "AWS::IAM::Role", deploy.ARN, `{}`, []parry.Target{deploy}, nil},
		{"a role of AWS", "AWS::IAM::Role", "arn:aws:iam::" + member + ":role/aws-service-role/x/AWSServiceRoleForX", `{}`, nil, []string{"belongs to AWS"}},
		{"a version of a function", "AWS::Lambda::Function", regional("lambda:eu-west-1:" + member + ":function:f:7"), `{}`,
			at("AWS::Lambda::Function", "f", regional("lambda:eu-west-1:"+member+":function:f:7")), nil},
		{"a layer", "AWS::Lambda::LayerVersion", layer, `{}`, byARN("AWS::Lambda::LayerVersion", layer), nil},
		{"a snapshot", "AWS::EC2::Snapshot", snapshot, `{}`, at("AWS::EC2::Snapshot", "snap-1", snapshot), nil},
		{"a table", "AWS::DynamoDB::Table", regional("dynamodb:eu-west-1:" + member + ":table/t"), `{}`,
			at("AWS::DynamoDB::Table", "t", regional("dynamodb:eu-west-1:"+member+":table/t")), nil},
		{"a stream", "AWS::DynamoDB::Stream", stream, `{}`, byARN("AWS::DynamoDB::Stream", stream), nil},
		{"a stream is no table", "AWS::DynamoDB::Table", stream, `{}`, nil, []string{"is no id of a resource"}},
		{"a directory bucket", "AWS::S3Express::DirectoryBucket", express, `{}`, at("AWS::S3Express::DirectoryBucket", "b--euw1-az1--x-s3", express), nil},
		{"a repository", "AWS::ECR::Repository", regional("ecr:eu-west-1:" + member + ":repository/team/app"), `{}`,
			at("AWS::ECR::Repository", "team/app", regional("ecr:eu-west-1:"+member+":repository/team/app")), nil},
		{"a queue", "AWS::SQS::Queue", regional("sqs:eu-west-1:" + member + ":q"), `{}`, at("AWS::SQS::Queue", "q", regional("sqs:eu-west-1:"+member+":q")), nil},
		{"the owner goes before the analyzer's account", "AWS::S3::Bucket", "arn:aws:s3:::logs", `{"accountId":"` + hub + `","resourceOwnerAccount":"` + member + `"}`,
			[]parry.Target{bucket("logs")}, nil},
		{"the ARN goes before the account", "AWS::IAM::Role", "arn:aws:iam::444455556666:role/x", `{}`,
			[]parry.Target{iamRole("444455556666", "x")}, []string{"in account 444455556666 by its ARN"}},
		{"the ARN goes before the Region", "AWS::SQS::Queue", regional("sqs:eu-north-1:" + member + ":q"), `{"region":null}`,
			[]parry.Target{{Type: "AWS::SQS::Queue", ID: "q", ARN: regional("sqs:eu-north-1:" + member + ":q"), Account: member, Region: "eu-north-1", Partition: "aws"}}, nil},
		{"a type that is not known", "AWS::Future::Thing", "arn:aws:future:eu-west-1:" + member + ":thing/x", `{}`, nil, []string{"AWS::Future::Thing"}},
		{"an ARN of another type", "AWS::IAM::User", "arn:aws:iam::" + member + ":role/alice", `{}`, nil, []string{"is no id of a resource"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, external(c.typ, c.resource, c.more)), c.want, c.reasons...) })
	}
}

func TestAccessAnalyzerUnusedAccess(t *testing.T) {
	f := decoded(t, enveloped(accessAnalyzer, analyzerUnused, unused("AWS::IAM::Role", "arn:aws:iam::"+member+":role/deploy", "UnusedPermission")))
	expect(t, f, []parry.Target{iamRole(member, "deploy")})
	got := []any{f.Info.UID, f.Type(), f.ClassUID, f.Cloud.Region, f.Resources[0].Region, f.Unmapped["unused_services"], f.ActivityID}
	if diff := cmp.Diff([]any{"u-1", "UnusedPermission", parry.ClassIAMAnalysis, "us-west-2", "global", "2", 1}, got); diff != "" {
		t.Error(diff)
	}
	alice := unused("AWS::IAM::User", "arn:aws:iam::"+member+":user/alice", "UnusedIAMUserAccessKey", `{"accessKeyId":"AKIAEXAMPLE1"}`)
	expect(t, decoded(t, enveloped(accessAnalyzer, analyzerUnused, alice)), []parry.Target{iamUser(member, "alice"), iamKey(member, "AKIAEXAMPLE1", "alice")})
}

func TestAccessAnalyzerInternalAccess(t *testing.T) {
	f := decoded(t, enveloped(accessAnalyzer, analyzerInternal, shared("AWS::DynamoDB::Table", "arn:aws:dynamodb:eu-central-1:"+member+":table/t",
		`{"region":null,"findingType":"InternalAccess","accessType":"INTRA_ACCOUNT","principalOwnerAccount":"`+member+`","isPublic":null}`)))
	got := []any{f.Type(), f.Cloud.Region, f.Unmapped["access_type"], f.Unmapped["principal_owner_account"], f.Unmapped["is_public"]}
	if diff := cmp.Diff([]any{"InternalAccess", "eu-central-1", "INTRA_ACCOUNT", member, ""}, got); diff != "" {
		t.Error(diff)
	}
}

// A role is global, so every Region's analyzer has a finding of its own about it; and Security Hub has another.
func TestAccessAnalyzerHasOneKeyByEveryRoad(t *testing.T) {
	role := "arn:aws:iam::" + member + ":role/deploy"
	here := decoded(t, external("AWS::IAM::Role", role))
	there := decoded(t, external("AWS::IAM::Role", role, `{"id":"f-2","region":"eu-north-1"}`))
	api := decoded(t, merged(shared("AWS::IAM::Role", role), `{"region":null,"accountId":null,"resourceOwnerAccount":"`+member+`"}`))
	inHub := decoded(t, imported(asff(resource("AwsIamRole", role), `{"Compliance":null,"Id":"arn:aws:access-analyzer:eu-west-1:`+hub+`:analyzer/a/`+role+`",
		"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/access-analyzer","ProductName":"IAM Access Analyzer","AwsAccountId":"`+hub+`",
		"ProductFields":{"ResourceOwnerAccount":"`+member+`"},"Types":["Software and Configuration Checks/AWS Security Best Practices/External Access Granted"]}`)))
	for name, f := range map[string]parry.Finding{"another Region": there, "the API": api, "Security Hub": inHub} {
		if f.Key() != here.Key() {
			t.Errorf("%s: %s and %s", name, here.Key(), f.Key())
		}
	}
	unused := decoded(t, enveloped(accessAnalyzer, analyzerUnused, unused("AWS::IAM::Role", role, "UnusedIAMRole")))
	if unused.Key() == here.Key() {
		t.Errorf("unused and external access are one finding: %s", here.Key())
	}
}

func TestAccessAnalyzerRefused(t *testing.T) {
	for _, c := range []struct{ name, detailType, more, want string }{
		{"no id", analyzerExternal, `{"id":null}`, "detail.id is missing"},
		{"no account", analyzerExternal, `{"accountId":null}`, "detail.accountId is missing"},
		{"odd owner", analyzerExternal, `{"resourceOwnerAccount":"x"}`, `detail.resourceOwnerAccount is "x"`},
		{"no resource", analyzerExternal, `{"resource":null}`, "detail.resource is missing"},
		{"a preview is no finding", "Access Preview State Change", `{}`, "not a finding that Parry reads yet: aws.access-analyzer Access Preview State Change"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, enveloped(accessAnalyzer, c.detailType, shared("AWS::S3::Bucket", "arn:aws:s3:::logs", c.more))))
			if err == nil || !strings.Contains(err.Error(), c.want) || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
				t.Errorf("got %v and %v, want %s", found, err, c.want)
			}
		})
	}
}

func FuzzAccessAnalyzer(f *testing.F) {
	for _, in := range []string{
		shared("AWS::S3::Bucket", "arn:aws:s3:::logs"),
		shared("AWS::IAM::Role", "arn:aws:iam::444455556666:role/x", `{"error":"ACCESS_DENIED","resourceOwnerAccount":"444455556666"}`),
		unused("AWS::IAM::User", "arn:aws:iam::"+member+":user/alice", "UnusedIAMUserAccessKey", `{"accessKeyId":"AKIAEXAMPLE1"}`),
		shared("AWS::Lambda::Function", "arn:aws-cn:lambda:cn-north-1:"+member+":function:f:7", `{"principal":{"AWS":["a",{"b":"c"}]}}`),
	} {
		f.Add([]byte(in))
	}
	fuzzDetail(f, accessAnalyzer, analyzerExternal)
}
