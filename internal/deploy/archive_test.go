package deploy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parry/internal/audit"
	"parry/internal/judge"
)

// Who writes the record, judged by an evaluator of IAM that was not written here: the clock adds to it, and nobody else does, whatever IAM gives
// him; nobody writes over what is there.
func TestWhoWritesTheRecord(t *testing.T) {
	j := judge.Need(t)
	template := rendered(t)["hub.json"]
	everything := judge.Policy{Name: "everything", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
	text := func(v any) json.RawMessage {
		b, err := json.Marshal(attributes(unsubstituted(v)))
		if err != nil {
			t.Fatal(err)
		}
		return json.RawMessage(strings.ReplaceAll(filled(string(b)), member, hub))
	}
	own := map[string]judge.Policy{"Admin": everything}
	for id, p := range of(t, template, "AWS::IAM::Role") {
		if id == "ClockRole" || id == "WorkerRole" {
			own[p["RoleName"].(string)] = judge.Policy{Name: id, Document: text(p["Policies"].([]any)[0].(tree)["PolicyDocument"])}
		}
	}
	bucketPolicy := text(of(t, template, "AWS::S3::BucketPolicy")["AuditBucketPolicy"]["PolicyDocument"])
	const bucket = "arn:aws:s3:::parry-audit-111111111111-eu-central-1"
	part, head := bucket+"/"+audit.ArchiveFolders()[0]+"000000000000-000000000009.jsonl", bucket+"/"+audit.ArchiveFolders()[1]+"000000000010.json"
	once := map[string][]string{"s3:if-none-match": {"*"}}
	list := func(prefix string) map[string][]string { return map[string][]string{"s3:prefix": {prefix}} }
	key := "arn:aws:kms:eu-central-1:" + hub + ":key/0a1b2c3d-0000-4000-8000-000000000001"
	var requests []judge.Request
	var want []bool
	for _, c := range []struct {
		role, action, resource string
		context                map[string][]string
		may                    bool
	}{
		{"parry-hub-clock", "s3:PutObject", part, once, true},
		{"parry-hub-clock", "s3:PutObject", head, once, true},
		{"parry-hub-clock", "s3:PutObject", part, nil, false},
		{"parry-hub-clock", "s3:PutObject", bucket + "/AWSLogs/111111111111/x", once, false},
		{"parry-hub-clock", "s3:GetObject", part, nil, true},
		{"parry-hub-clock", "s3:GetObject", bucket + "/AWSLogs/111111111111/x", nil, false},
		{"parry-hub-clock", "s3:DeleteObject", part, nil, false},
		{"parry-hub-clock", "s3:ListBucket", bucket, list(audit.ArchiveFolders()[0]), true},
		{"parry-hub-clock", "s3:ListBucket", bucket, list(audit.ArchiveFolders()[1]), true},
		{"parry-hub-clock", "s3:ListBucket", bucket, list("AWSLogs/"), false},
		{"parry-hub-clock", "s3:ListBucket", bucket, nil, false},
		{"parry-hub-clock", "kms:GenerateDataKey", key, nil, true},
		{"parry-hub-clock", "kms:Decrypt", key, nil, true},
		{"parry-hub-clock", "kms:ScheduleKeyDeletion", key, nil, false},
		{"parry-hub-worker", "s3:PutObject", part, once, false},
		{"Admin", "s3:PutObject", part, once, false},
		{"Admin", "s3:PutObject", head, nil, false},
		{"Admin", "s3:GetObject", part, nil, true},
	} {
		context := map[string][]string{"aws:PrincipalArn": {"arn:aws:iam::" + hub + ":role/" + c.role}, "aws:SecureTransport": {"true"}}
		for k, v := range c.context {
			context[k] = v
		}
		r := judge.Request{
			Action: c.action, Resource: c.resource, ResourceAccount: hub, Principal: "arn:aws:sts::" + hub + ":assumed-role/" + c.role + "/x",
			Policies: []judge.Policy{own[c.role]}, Context: context,
		}
		if strings.HasPrefix(c.action, "s3:") {
			r.ResourcePolicy = bucketPolicy
		} else { // the key's own policy gives all to the account, and so to what its roles' policies say
			r.ResourcePolicy = text(of(t, template, "AWS::KMS::Key")["AuditKey"]["KeyPolicy"])
		}
		requests, want = append(requests, r), append(want, c.may)
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if got := v.Result == judge.Allowed; got != want[i] {
			t.Errorf("%s, %s on %s %v: %v (%s), want %v", requests[i].Principal, requests[i].Action, requests[i].Resource, requests[i].Context, v.Result, v.Why, want[i])
		}
	}
}

// The clock is told where the record goes, and it alone.
func TestTheClockKnowsTheBucket(t *testing.T) {
	var told []string
	for id, p := range of(t, rendered(t)["hub.json"], "AWS::Lambda::Function") {
		variables := p["Environment"].(tree)["Variables"].(tree)
		if at, ok := variables["PARRY_AUDIT_BUCKET"]; ok {
			told = append(told, id+" "+at.(string))
		}
	}
	if !slices.Equal(told, []string{"ClockFunction s3://parry-audit-111111111111-eu-central-1"}) {
		t.Errorf("%q", told)
	}
}
