package source

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// merged is an object with fields replaced by those of others; null takes a field away.
func merged(object string, more ...string) string {
	fields := map[string]json.RawMessage{}
	for _, text := range append([]string{object}, more...) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(text + ": " + err.Error())
		}
	}
	for k, v := range fields {
		if string(v) == "null" {
			delete(fields, k)
		}
	}
	return string(must(json.Marshal(fields)))
}

// enveloped is an event around a detail. Its envelope is the administrator's, in another Region.
func enveloped(source, detailType, detail string) string {
	return `{"version":"0","id":"e-1","detail-type":"` + detailType + `","source":"` + source + `","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":[],"detail":` + detail + `}`
}

// change is a change of compliance of a resource as Config tells it.
func change(typ, id, verdict string, more ...string) string {
	return merged(`{"messageType":"ComplianceChangeNotification","recordVersion":"1.0","awsAccountId":"`+member+`","awsRegion":"eu-west-1",
		"configRuleName":"s3-is-private","configRuleARN":"arn:aws:config:eu-west-1:`+member+`:config-rule/config-rule-abc123",
		"resourceType":"`+typ+`","resourceId":`+strconv.Quote(id)+`,"notificationCreationTime":"2026-03-01T10:00:01.000Z",
		"newEvaluationResult":{"evaluationResultIdentifier":{"evaluationResultQualifier":{"configRuleName":"s3-is-private","resourceType":"`+typ+`",
		"resourceId":`+strconv.Quote(id)+`},"orderingTimestamp":"2026-03-01T09:00:00.000Z"},"complianceType":"`+verdict+`",
		"resultRecordedTime":"2026-03-01T10:00:00.000Z","annotation":"open to all"}}`, more...)
}

func changed(typ, id string, more ...string) string {
	return enveloped(awsConfig, configChange, change(typ, id, "NON_COMPLIANT", more...))
}

func TestConfigInOCSF(t *testing.T) {
	f := decoded(t, changed("AWS::S3::Bucket", "logs", `{"oldEvaluationResult":{"complianceType":"COMPLIANT"}}`))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2003, TypeUID: 200302, Severity: "Unknown", StatusID: 1, Status: "New", Time: 1772359200000,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "Config", VendorName: "AWS", Feature: "s3-is-private"}},
		Info: parry.FindingInfo{UID: "arn:aws:config:eu-west-1:" + member + ":config-rule/config-rule-abc123|AWS::S3::Bucket|logs",
			Title: "s3-is-private: AWS::S3::Bucket logs is NON_COMPLIANT", Desc: "open to all", Types: []string{"s3-is-private"},
			ModifiedTime: 1772359200000, FirstSeenTime: 1772359200000, LastSeenTime: 1772359200000},
		Cloud:      parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources:  []parry.Resource{{UID: "logs", Type: "AWS::S3::Bucket", Name: "logs", Region: "eu-west-1"}},
		Compliance: &parry.Compliance{Control: "s3-is-private", Status: "Fail", StatusID: 3},
		Unmapped:   map[string]string{"compliance_type": "NON_COMPLIANT", "previous_compliance_type": "COMPLIANT"},
		Targets:    []parry.Target{bucket("logs")},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if first := decoded(t, changed("AWS::S3::Bucket", "logs")); first.ActivityID != activityCreate {
		t.Errorf("the first evaluation is activity %d", first.ActivityID)
	}
}

func TestConfigThroughATopicIsTheSame(t *testing.T) {
	bare := change("AWS::S3::Bucket", "logs", "NON_COMPLIANT")
	want := decoded(t, enveloped(awsConfig, configChange, bare))
	notified := `{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":` + strconv.Quote(bare) + `}}]}`
	for name, in := range map[string]string{"bare": bare, "in SNS": notified} {
		got := must(Decode(one(t, in)))
		if len(got) != 1 || got[0].Key() != want.Key() {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		got[0].Metadata.UID = want.Metadata.UID
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestConfigTargets(t *testing.T) {
	group := group()
	key := "arn:aws:kms:eu-west-1:" + member + ":key/k-1"
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	for _, c := range []struct {
		name, typ, id, more string
		want                []parry.Target
		reasons             []string
	}{
		{"a security group", "AWS::EC2::SecurityGroup", "sg-0abc", `{}`, []parry.Target{group}, nil},
		{"an instance", "AWS::EC2::Instance", "i-0abc1234", `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"a function", "AWS::Lambda::Function", "f", `{}`, at("AWS::Lambda::Function", "f", "arn:aws:lambda:eu-west-1:"+member+":function:f"), nil},
		{"a key of KMS", "AWS::KMS::Key", "k-1", `{}`, at("AWS::KMS::Key", "k-1", key), nil},
		{"a secret, by its ARN", "AWS::SecretsManager::Secret", "arn:aws:secretsmanager:eu-west-1:" + member + ":secret:s-AbCdEf", `{}`,
			at("AWS::SecretsManager::Secret", "arn:aws:secretsmanager:eu-west-1:"+member+":secret:s-AbCdEf", "arn:aws:secretsmanager:eu-west-1:"+member+":secret:s-AbCdEf"), nil},
		{"a second name of a type stays", "AWS::OpenSearch::Domain", "d", `{}`, at("AWS::OpenSearch::Domain", "d", ""), nil},
		{"the account", "AWS::::Account", member, `{}`, at("AWS::::Account", member, ""), nil},
		{"another account", "AWS::::Account", hub, `{}`, nil, []string{`account "` + hub + `": the finding is about "` + member + `"`}},
		{"a user by its id, which is no name", "AWS::IAM::User", "AIDAEXAMPLE", `{}`, nil, []string{`"AIDAEXAMPLE": this is the id that Config keeps it under`}},
		{"a role by its id", "AWS::IAM::Role", "AROAEXAMPLE", `{}`, nil, []string{"has to be resolved to a name"}},
		{"a policy by its id", "AWS::IAM::Policy", "ANPAEXAMPLE", `{}`, nil, []string{"has to be resolved to a name"}},
		{"a role by its ARN", "AWS::IAM::Role", "arn:aws:iam::" + member + ":role/deploy", `{}`, []parry.Target{iamRole(member, "deploy")}, nil},
		{"a database by its resource id", "AWS::RDS::DBInstance", "db-ABCDEFGHIJKLMNOPQRSTUVWXY2", `{}`, nil, []string{"has to be resolved to a name"}},
		{"a database by its name", "AWS::RDS::DBInstance", "db-1", `{}`, at("AWS::RDS::DBInstance", "db-1", "arn:aws:rds:eu-west-1:"+member+":db:db-1"), nil},
		{"a type that is not known", "AWS::Future::Thing", "x", `{}`, nil, []string{`resource type "AWS::Future::Thing" of "x"`}},
		{"two resources", "AWS::S3::Bucket", "logs", `{"resourceId":"other"}`, nil, []string{"name two resources"}},
		{"a rule of another account", "AWS::S3::Bucket", "logs", `{"configRuleARN":"arn:aws:config:eu-west-1:` + hub + `:config-rule/r"}`, nil, []string{"is in account"}},
		{"a resource that only the evaluation names", "AWS::S3::Bucket", "logs", `{"resourceId":null,"resourceType":null}`, []parry.Target{bucket("logs")}, nil},
		{"an object is no bucket", "AWS::S3::Bucket", "arn:aws:s3:::logs/key", `{}`, nil, []string{"is no id of a resource"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := decoded(t, changed(c.typ, c.id, c.more))
			expect(t, f, c.want, c.reasons...)
			if len(f.Resources) != 1 || f.Resources[0].UID == "" {
				t.Errorf("resources: %+v", f.Resources)
			}
		})
	}
}

func TestConfigRefused(t *testing.T) {
	for _, c := range []struct{ name, more, want string }{
		{"another message", `{"messageType":"ConfigurationItemChangeNotification"}`, "only a ComplianceChangeNotification is about the compliance"},
		{"no account", `{"awsAccountId":null}`, "detail.awsAccountId is missing"},
		{"odd account", `{"awsAccountId":"12"}`, `detail.awsAccountId is "12": an AWS account has 12 digits`},
		{"no rule", `{"configRuleARN":null}`, "detail.configRuleARN is missing"},
		{"odd rule", `{"configRuleARN":"arn:aws:s3:::logs"}`, "is no ARN of a rule"},
		{"no Region", `{"awsRegion":null}`, "detail.awsRegion is missing"},
		{"a Region of another partition", `{"awsRegion":"cn-north-1"}`, "is not in the rule's partition aws"},
		{"no resource", `{"resourceId":null,"newEvaluationResult":{"complianceType":"NON_COMPLIANT"}}`, "detail.resourceId is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, changed("AWS::S3::Bucket", "logs", c.more)))
			if err == nil || !strings.Contains(err.Error(), c.want) || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
				t.Errorf("got %v and %v, want %s", found, err, c.want)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	for _, in := range []string{
		change("AWS::S3::Bucket", "logs", "NON_COMPLIANT"),
		change("AWS::IAM::Role", "AROAEXAMPLE", "COMPLIANT", `{"awsRegion":"global"}`),
		change("AWS::::Account", member, "NOT_APPLICABLE", `{"newEvaluationResult":null}`),
		change("AWS::Lambda::Function", "arn:aws-cn:lambda:cn-north-1:444455556666:function:f:7", "NON_COMPLIANT"),
	} {
		f.Add([]byte(in))
	}
	fuzzDetail(f, awsConfig, configChange)
}
