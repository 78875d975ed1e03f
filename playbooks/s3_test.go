package playbooks_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"parry"
	"parry/internal/playbook"
)

// told answers reads with what AWS would say, by operation.
type told map[string]string

func (o told) Read(_ context.Context, c parry.Call) (parry.Reply, error) {
	var out map[string]any
	err := json.Unmarshal([]byte(o[c.Op]), &out)
	return parry.Reply{Output: out}, err
}

// planOn is the plan for a bucket in such a world.
func planOn(t *testing.T, world told, name string, params map[string]any) parry.Plan {
	t.Helper()
	planner := playbook.Planner{Set: library(t).Playbooks, Observe: func(context.Context, string, parry.Target, []string) (parry.Observer, error) { return world, nil }}
	plan, err := planner.Plan(t.Context(), parry.Job{
		Playbook: name, Params: params, Target: parry.Target{Type: "AWS::S3::Bucket", ID: "reports", Account: "111122223333", Region: "us-east-1", Partition: "aws"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// PutBucketEncryption takes the place of the whole rule: the kinds of encryption that the owner does not take from writers stay in it. moto
// does not keep them, and the twin has no keys. An alias ends up as the key that it stands for, as S3 would look for it in each caller's account.
func TestBlockedEncryptionTypesStay(t *testing.T) {
	rule := `{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BlockedEncryptionTypes":{"EncryptionType":["SSE-C"]},"BucketKeyEnabled":false}`
	world := told{
		"s3:GetBucketEncryption": `{"ServerSideEncryptionConfiguration":{"Rules":[` + rule + `]}}`,
		"kms:DescribeKey":        `{"KeyMetadata":{"Arn":"arn:aws:kms:us-east-1:111122223333:key/k","KeyId":"k","KeyManager":"CUSTOMER","KeyState":"Enabled","KeySpec":"SYMMETRIC_DEFAULT","KeyUsage":"ENCRYPT_DECRYPT"}}`,
	}
	plan := planOn(t, world, "s3-encrypt-by-default", map[string]any{"key": "alias/reports"})
	if len(plan.Changes) != 1 || len(plan.Refusals) > 0 {
		t.Fatalf("%+v", plan)
	}
	asked, _ := json.Marshal(plan.Changes[0].Call.Input["ServerSideEncryptionConfiguration"])
	want := `{"Rules":[{"ApplyServerSideEncryptionByDefault":{"KMSMasterKeyID":"arn:aws:kms:us-east-1:111122223333:key/k","SSEAlgorithm":"aws:kms"},"BlockedEncryptionTypes":{"EncryptionType":["SSE-C"]},"BucketKeyEnabled":true}]}`
	if string(asked) != want {
		t.Errorf("asked for %s, want %s", asked, want)
	}
	back, _ := json.Marshal(plan.Changes[0].Undo[0].Input["ServerSideEncryptionConfiguration"])
	if want := `{"Rules":[` + rule + `]}`; string(back) != want {
		t.Errorf("undone by %s, want %s", back, want)
	}
}

// What no emulator's S3 would take or answer is refused all the same.
func TestBucketsThatAreRefused(t *testing.T) {
	policy := func(document string) string {
		b, _ := json.Marshal(map[string]string{"Policy": document})
		return string(b)
	}
	statement := func(sid string) string {
		return `{"Sid":"` + sid + `","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::reports"}`
	}
	twice := policy(`{"Version":"2012-10-17","Statement":[` + statement("A") + `],"Statement":[` + statement("B") + `]}`)
	long := policy(`{"Version":"2012-10-17","Statement":[` + statement(strings.Repeat("A", 20300)) + `]}`)
	const key = `{"KeyMetadata":{"Arn":"arn:aws:kms:us-east-1:111122223333:key/k","KeyManager":"AWS","KeyState":"Enabled","KeySpec":"SYMMETRIC_DEFAULT","KeyUsage":"ENCRYPT_DECRYPT"}}`
	for _, c := range []struct{ playbook, document, me, want string }{
		{"s3-remove-public-policy", twice, "", "the policy cannot be read"},
		{"s3-require-tls", twice, "", "the bucket's policy cannot be read"},
		{"s3-require-tls", long, "", "larger than the 20 KB"},
		{"s3-contain", twice, "user/admin", "the bucket's policy cannot be read"},
		{"s3-contain", long, "user/admin", "larger than the 20 KB"},
		{"s3-contain", `{}`, "federated-user/someone", "it would lock itself out"},
		{"s3-encrypt-by-default", "", "", "is AWS's own"},
	} {
		world := told{
			"s3:GetBucketPolicy": c.document, "s3:GetBucketWebsite": `{"IndexDocument":{"Suffix":"index.html"}}`, "s3:GetPublicAccessBlock": `{"PublicAccessBlockConfiguration":{}}`,
			"s3:GetBucketEncryption": `{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}}`,
			"kms:DescribeKey":        key, "sts:GetCallerIdentity": `{"Arn":"arn:aws:iam::111122223333:` + c.me + `"}`,
		}
		params := map[string]any{}
		if c.playbook == "s3-encrypt-by-default" {
			params["key"] = "k"
		}
		if c.playbook == "s3-remove-public-policy" || c.playbook == "s3-require-tls" {
			params["website"] = map[string]string{"s3-remove-public-policy": "block", "s3-require-tls": "deny"}[c.playbook]
		}
		plan := planOn(t, world, c.playbook, params)
		if len(plan.Refusals) != 1 || !strings.Contains(plan.Refusals[0], c.want) {
			t.Errorf("%s: %q, want %q", c.playbook, plan.Refusals, c.want)
		}
	}
}
