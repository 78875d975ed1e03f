package deploy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parry/internal/judge"
)

// Who comes to what Parry has, where the resource's own policy lets everybody in and everybody may do everything: what is left is the resource
// control policy. Judged by an evaluator of IAM that was not written here.
func TestWhoComesToWhat(t *testing.T) {
	const (
		ours, theirs = "o-a1b2c3d4e5", "o-zzzzzzzzzz"
		management   = "222222222222"
		outside      = "999999999999"
		bucket       = "arn:aws:s3:::parry-audit-111111111111-eu-central-1"
		key          = "arn:aws:kms:eu-central-1:" + hub + ":key/0a1b2c3d-0000-4000-8000-0123456789ab"
	)
	rcps := guards(t, rendered(t)["guardrails.json"], "RESOURCE_CONTROL_POLICY")
	everything := judge.Policy{Name: "everything", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
	type keys = map[string][]string
	role := func(account, name, org string) (string, keys) {
		return "arn:aws:sts::" + account + ":assumed-role/" + name + "/x", keys{
			"aws:PrincipalArn": {"arn:aws:iam::" + account + ":role/" + name}, "aws:PrincipalOrgID": {org}, "aws:PrincipalAccount": {account}, "aws:PrincipalIsAWSService": {"false"},
		}
	}
	service := func(name, account, org string) (string, keys) {
		with := keys{"aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {name}}
		if account != "" {
			with["aws:SourceAccount"] = []string{account}
		}
		if org != "" {
			with["aws:SourceOrgID"] = []string{org}
		}
		return name, with
	}
	who := map[string]func() (string, keys){
		"deployer":   func() (string, keys) { return role(hub, "platform-deployer", ours) },
		"stack sets": func() (string, keys) { return role(hub, "stacksets-exec-0123", ours) },
		"admin":      func() (string, keys) { return role(hub, "Admin", ours) },
		"management": func() (string, keys) { return role(management, "Admin", ours) },
		"worker":     func() (string, keys) { return role(hub, "parry-hub-worker", ours) },
		"forward":    func() (string, keys) { return role(member, "parry-forward", ours) },
		"stranger":   func() (string, keys) { return role(outside, "Admin", theirs) },
		// Deployers are named with * for the account: the name alone must not be enough.
		"namesake":       func() (string, keys) { return role(outside, "platform-deployer", theirs) },
		"hub's namesake": func() (string, keys) { return role(outside, "parry-hub-worker", theirs) },
		"cloudtrail":     func() (string, keys) { return service("cloudtrail.amazonaws.com", hub, ours) },
		"lambda":         func() (string, keys) { return service("lambda.amazonaws.com", "", "") },
		"deputy":         func() (string, keys) { return service("cloudtrail.amazonaws.com", outside, theirs) },
	}
	insiders := "deployer, stack sets, admin, management, worker, forward"
	in := func(account, service, rest string) string {
		return fmt.Sprintf("arn:aws:%s:eu-central-1:%s:%s", service, account, rest)
	}
	var requests []judge.Request
	var asked []string
	for _, c := range []struct{ action, resource, account, may string }{
		{"s3:GetObject", bucket + "/AWSLogs/x", hub, insiders + ", cloudtrail, lambda"},
		{"s3:PutObject", bucket + "/AWSLogs/x", hub, insiders + ", cloudtrail, lambda"},
		{"s3:DeleteObjectVersion", bucket + "/AWSLogs/x", hub, "deployer, stack sets, cloudtrail, lambda"},
		{"s3:PutBucketPolicy", bucket, hub, "deployer, stack sets, cloudtrail, lambda"},
		{"s3:GetObject", "arn:aws:s3:::shop/x", hub, insiders + ", stranger, namesake, hub's namesake, cloudtrail, lambda, deputy"},
		{"sqs:SendMessage", in(hub, "sqs", "parry-findings"), hub, insiders + ", cloudtrail, lambda"},
		{"sqs:SendMessage", in(hub, "sqs", "shop"), hub, insiders + ", stranger, namesake, hub's namesake, cloudtrail, lambda, deputy"},
		{"events:PutEvents", in(hub, "events", "event-bus/parry"), hub, insiders + ", cloudtrail, lambda, deputy"},
		{"dynamodb:GetItem", in(hub, "dynamodb", "table/parry"), hub, insiders + ", cloudtrail, lambda, deputy"},
		{"logs:GetLogEvents", in(hub, "logs", "log-group:/aws/lambda/parry-worker:log-stream:x"), hub, insiders + ", cloudtrail, lambda, deputy"},
		{"kms:Decrypt", key, hub, insiders + ", cloudtrail, lambda"},
		{"kms:PutKeyPolicy", key, hub, "deployer, stack sets, cloudtrail, lambda"},
		{"sts:AssumeRole", "arn:aws:iam::" + member + ":role/parry-ec2-quarantine", member, "deployer, stack sets, worker, cloudtrail, lambda"},
		{"sts:AssumeRole", "arn:aws:iam::" + member + ":role/shop", member, insiders + ", stranger, namesake, hub's namesake, cloudtrail, lambda, deputy"},
	} {
		open, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": c.action, "Resource": c.resource}}})
		if err != nil {
			t.Fatal(err)
		}
		if c.action == "sts:AssumeRole" { // a trust names no resource
			open = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`)
		}
		for name, principal := range who {
			arn, with := principal()
			if c.resource == key {
				with["aws:ResourceTag/managed-by"] = []string{"parry"}
			}
			requests = append(requests, judge.Request{
				Action: c.action, Resource: c.resource, ResourceAccount: c.account, Principal: arn, Policies: []judge.Policy{everything}, ResourcePolicy: open, RCPs: rcps, Context: with,
			})
			asked = append(asked, fmt.Sprintf("%v %s %s on %s", strings.Contains(", "+c.may+",", ", "+name+","), name, c.action, c.resource))
		}
	}
	verdicts, err := judge.Need(t).Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		may, what, _ := strings.Cut(asked[i], " ")
		want := judge.ExplicitlyDenied
		if may == "true" {
			want = judge.Allowed
		}
		if v.Result != want || want == judge.ExplicitlyDenied && !strings.Contains(v.Why, "rcp") {
			t.Errorf("%s: %v (%s), want %v", what, v.Result, v.Why, want)
		}
		if len(v.IgnoredContext) > 0 { // a condition on such a key would never hold
			t.Errorf("%s: AWS does not send %v", what, v.IgnoredContext)
		}
	}
	t.Logf("%d questions", len(requests))
}

// Whoever does not ask for resource control policies gets none.
func TestResourcePoliciesAreAskedFor(t *testing.T) {
	w := wish(t)
	w.Org.Guard.ResourcePolicy = false
	files, err := w.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(string(f.Body), "RESOURCE_CONTROL_POLICY") {
			t.Errorf("%s holds one", f.Name)
		}
	}
}
