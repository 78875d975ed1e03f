package deploy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parry/internal/judge"
)

const (
	hub    = "111111111111"
	member = "444444444444"
)

// Who may do what, judged by an evaluator of IAM that was not written here. Everybody but the responders has every right that IAM can give.
func TestWhoMayDoWhat(t *testing.T) {
	j := judge.Need(t)
	files := rendered(t)
	scps := guards(t, files["guardrails.json"], "SERVICE_CONTROL_POLICY")
	everything := judge.Policy{Name: "everything", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
	scps = append(scps, everything)
	role := func(account, name string) string { return "arn:aws:sts::" + account + ":assumed-role/" + name + "/x" }
	who := map[string]string{
		"deployer": role(member, "platform-deployer"), "stack sets": role(member, "stacksets-exec-0123"), "break-glass": role(member, "break-glass"),
		"admin": role(member, "Admin"), "attacker": role(member, "OrganizationAccountAccessRole"), "responder": role(member, "parry-guardduty-enable"),
		"hub admin": role(hub, "Admin"), "step": role(hub, "parry-hub-step"), "root": "arn:aws:iam::" + member + ":root",
	}
	in := func(account, service, rest string) string {
		return fmt.Sprintf("arn:aws:%s:eu-central-1:%s:%s", service, account, rest)
	}
	deployers := "deployer, stack sets, break-glass"
	type call struct{ action, resource, account, may string }
	calls := []call{
		{"iam:PutRolePolicy", "arn:aws:iam::" + member + ":role/parry-ec2-quarantine", member, deployers},
		{"iam:UpdateAssumeRolePolicy", "arn:aws:iam::" + member + ":role/parry-ec2-quarantine", member, deployers},
		{"iam:DeleteRole", "arn:aws:iam::" + member + ":role/parry-forward", member, deployers},
		{"iam:CreatePolicyVersion", "arn:aws:iam::" + member + ":policy/parry-boundary", member, deployers},
		{"iam:PutRolePolicy", "arn:aws:iam::" + member + ":role/shop", member, "deployer, stack sets, break-glass, admin, attacker, responder, root"},
		{"events:DisableRule", in(member, "events", "rule/parry-01"), member, deployers},
		{"events:RemoveTargets", in(member, "events", "rule/parry-07"), member, deployers},
		{"events:DisableRule", in(member, "events", "rule/shop"), member, "deployer, stack sets, break-glass, admin, attacker, responder, root"},
		{"guardduty:DeleteDetector", in(member, "guardduty", "detector/12abc34d567e8fa901bc2d34e56789f0"), member, deployers + ", responder"},
		{"guardduty:UpdateDetector", in(member, "guardduty", "detector/12abc34d567e8fa901bc2d34e56789f0"), member, deployers + ", responder"},
		{"guardduty:GetDetector", in(member, "guardduty", "detector/12abc34d567e8fa901bc2d34e56789f0"), member, "deployer, stack sets, break-glass, admin, attacker, responder, root"},
		{"securityhub:DisableSecurityHub", in(member, "securityhub", "hub/default"), member, deployers + ", responder"},
		{"config:StopConfigurationRecorder", "*", member, deployers + ", responder"},
		{"cloudtrail:StopLogging", in(member, "cloudtrail", "trail/shop"), member, deployers + ", responder"},
		{"organizations:LeaveOrganization", "*", member, ""},
		{"sqs:PurgeQueue", in(hub, "sqs", "parry-findings"), hub, ""},
		{"lambda:UpdateFunctionCode", in(hub, "lambda", "function:parry-worker"), hub, ""},
		{"states:StopExecution", in(hub, "states", "execution:parry-response:pr-1"), hub, "step"},
		{"dynamodb:DeleteItem", in(hub, "dynamodb", "table/parry"), hub, "step"},
		{"cloudtrail:StopLogging", in(hub, "cloudtrail", "trail/parry-trail"), hub, ""},
		{"s3:DeleteObjectVersion", "arn:aws:s3:::parry-audit-111111111111-eu-central-1/AWSLogs/x", hub, ""},
		{"s3:BypassGovernanceRetention", "arn:aws:s3:::parry-audit-111111111111-eu-central-1/AWSLogs/x", hub, ""},
		{"s3:DeleteObject", "arn:aws:s3:::shop/x", hub, "hub admin, step"},
		{"logs:DeleteLogGroup", in(hub, "logs", "log-group:/aws/lambda/parry-worker"), hub, ""},
	}
	var requests []judge.Request
	var asked []string
	for _, c := range calls {
		for name, principal := range who {
			if !strings.Contains(principal, "::"+c.account+":") {
				continue
			}
			arn := strings.Replace(strings.TrimSuffix(strings.Replace(principal, ":sts:", ":iam:", 1), "/x"), ":assumed-role/", ":role/", 1)
			requests = append(requests, judge.Request{
				Action: c.action, Resource: c.resource, ResourceAccount: c.account, Principal: principal, Policies: []judge.Policy{everything}, SCPs: scps,
				Context: map[string][]string{"aws:PrincipalArn": {arn}},
			})
			asked = append(asked, name+" "+c.action+" on "+c.resource)
			if may := ", " + c.may + ","; strings.Contains(may, ", "+name+",") {
				asked[len(asked)-1] = "yes " + asked[len(asked)-1]
			}
		}
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		want, what := strings.HasPrefix(asked[i], "yes "), strings.TrimPrefix(asked[i], "yes ")
		if got := v.Result == judge.Allowed; got != want {
			t.Errorf("%s: %v (%s), want %v", what, v.Result, v.Why, want)
		}
	}
	t.Logf("%d questions", len(requests))
}

// guards are the policies of a type in the template for the management account.
func guards(t *testing.T, template []byte, kind string) []judge.Policy {
	t.Helper()
	var all []judge.Policy
	for id, p := range of(t, template, "AWS::Organizations::Policy") {
		if p["Type"] != kind {
			continue
		}
		text, err := json.Marshal(p["Content"])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, judge.Policy{Name: id, Document: text})
	}
	// AWS's own is the fifth that a unit or an account takes of each type.
	if len(all) == 0 || len(all) > 4 {
		t.Errorf("there are %d policies of the type %s", len(all), kind)
	}
	return all
}

// The boundary lets each playbook do what it does, and keeps every role from the program's own.
func TestTheBoundaryLetsPlaybooksWork(t *testing.T) {
	j := judge.Need(t)
	files := rendered(t)
	var boundary json.RawMessage
	for _, p := range of(t, files["roles.json"], "AWS::IAM::ManagedPolicy") {
		text, err := json.Marshal(unsubstituted(p["PolicyDocument"]))
		if err != nil {
			t.Fatal(err)
		}
		boundary = json.RawMessage(filled(string(text)))
	}
	everything := judge.Policy{Name: "everything", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
	var requests []judge.Request
	var want []bool
	ask := func(action, resource string, may bool) {
		requests = append(requests, judge.Request{Action: action, Resource: resource, ResourceAccount: member, Principal: "arn:aws:sts::" + member + ":assumed-role/parry-x/pr-1",
			Policies: []judge.Policy{everything}, Boundary: boundary})
		want = append(want, may)
	}
	seen := map[string]bool{}
	for _, p := range wish(t).Playbooks {
		for _, perm := range p.Permissions {
			if seen[perm.Action] {
				continue
			}
			seen[perm.Action] = true
			// A resource that an action is made for, with its wildcards filled in: those of the program's own names are asked about below.
			resource := "*"
			if len(perm.Resources) > 0 {
				resource = strings.ReplaceAll(filled(perm.Resources[0]), "*", "some-0123")
			}
			if resource == "some-0123" {
				resource = "*"
			}
			ask(perm.Action, resource, true)
		}
	}
	ask("iam:PutRolePolicy", "arn:aws:iam::"+member+":role/parry-ec2-quarantine", false)
	ask("sts:AssumeRole", "arn:aws:iam::"+member+":role/parry-ec2-quarantine", false)
	ask("iam:CreateUser", "arn:aws:iam::"+member+":user/x", false)
	ask("organizations:LeaveOrganization", "*", false)
	ask("s3:GetObject", "arn:aws:s3:::shop/x", false)
	ask("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:"+member+":secret:x-a1b2c3", false)
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		// The boundary allows everything that it does not deny. A key asks its own policy besides, which is not asked here, and some resources are
		// not in the judge's list of forms: what counts is whether it is denied.
		if got := v.Result != judge.ExplicitlyDenied; got != want[i] {
			t.Errorf("%s on %s: %s (%s), want %v", requests[i].Action, requests[i].Resource, v.Result, v.Why, want[i])
		}
	}
	t.Logf("%d questions", len(requests))
}

// filled is a text with what CloudFormation fills in.
func filled(s string) string {
	return strings.NewReplacer("${AWS::AccountId}", member, "${AWS::Partition}", "aws", "${AWS::Region}", "eu-central-1").Replace(s)
}

// The policies of the functions' roles, of the machine's and of what is taken in accounts beside playbooks name actions, resources and conditions that
// there are, as two lists know them that were not made here. (Those of the playbooks are held to it where they are made.)
func TestHubRolesAreKnownToOthers(t *testing.T) {
	checker := judge.NeedChecker(t)
	files := rendered(t)
	var names []string
	var policies []json.RawMessage
	for _, file := range []string{"hub.json", "roles.json"} {
		for id, p := range of(t, files[file], "AWS::IAM::Role") {
			if file == "roles.json" && id != "RolePublish" && id != "RoleWriteback" && id != "ForwardRole" {
				continue
			}
			for _, inline := range p["Policies"].([]any) {
				text, err := json.Marshal(statements(attributes(unsubstituted(inline.(tree)["PolicyDocument"]))))
				if err != nil {
					t.Fatal(err)
				}
				// policy_sentry takes the slashes in a log group's name for parts of the ARN.
				plain := strings.ReplaceAll(filled(string(text)), "log-group:/aws/lambda/", "log-group:")
				names, policies = append(names, file+" "+id), append(policies, json.RawMessage(plain))
			}
		}
	}
	faults, err := checker.Faults(t.Context(), policies)
	if err != nil {
		t.Fatal(err)
	}
	for i, all := range faults {
		for _, f := range all {
			t.Errorf("%s: %s\n%s", names[i], f, policies[i])
		}
	}
	if len(policies) < 8 {
		t.Errorf("there are %d policies", len(policies))
	}
}

// statements writes each action and each resource as a list: the checker reads no single ones.
func statements(v any) any {
	doc := v.(tree)
	for _, s := range doc["Statement"].([]any) {
		for _, k := range []string{"Action", "Resource"} {
			if one, ok := s.(tree)[k].(string); ok {
				s.(tree)[k] = []any{one}
			}
		}
	}
	return doc
}

// attributes puts ARNs in the place of what CloudFormation knows only when a resource is made.
func attributes(v any) any {
	arns := map[string]string{"Table": "arn:aws:dynamodb:eu-central-1:" + hub + ":table/parry", "SigningKey": "arn:aws:kms:eu-central-1:" + hub + ":key/0a1b2c3d-0000-4000-8000-000000000000",
		"AuditKey": "arn:aws:kms:eu-central-1:" + hub + ":key/0a1b2c3d-0000-4000-8000-000000000001"}
	switch v := v.(type) {
	case tree:
		if at, ok := v["Fn::GetAtt"].([]any); ok && len(v) == 1 {
			if arn, known := arns[at[0].(string)]; known {
				return arn
			}
		}
		for k := range v {
			v[k] = attributes(v[k])
		}
	case []any:
		for i := range v {
			v[i] = attributes(v[i])
		}
	}
	return v
}
