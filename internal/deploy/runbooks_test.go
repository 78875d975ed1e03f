package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry/internal/assemble"
	"parry/internal/cfnlint"
	"parry/internal/deploy"
	"parry/internal/judge"
)

// withRules is a wish with rules of its own, and lines more in org.yaml.
func withRules(t *testing.T, more, text string) *deploy.Wish {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := assemble.NewLibrary("", dir)
	if err != nil {
		t.Fatal(err)
	}
	return deploy.NewWish(org(t, strings.Replace(orgYAML, ", conformance_pack: true", "", 1)+more), lib.Playbooks, lib.Rules)
}

// answering is a rule that answers with a playbook.
func answering(answer string) string {
	return "rules:\n  - {name: r, match: {source: [aws.guardduty]}, respond: [" + answer + "]}\n"
}

func renderedOf(t *testing.T, w *deploy.Wish) map[string][]byte {
	t.Helper()
	files, err := w.Render()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		all[f.Name] = f.Body
	}
	return all
}

// lints holds templates against AWS's schemas.
func lints(t *testing.T, templates map[string][]byte) {
	t.Helper()
	l := cfnlint.Need(t)
	var paths []string
	dir := t.TempDir()
	for name, body := range templates {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	faults, err := l.Faults(t.Context(), []string{"eu-central-1", "us-east-1"}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// inAccount is a piece of a template with CloudFormation's account and partition filled in.
func inAccount(t *testing.T, v any) json.RawMessage {
	t.Helper()
	var fill func(v any) any
	fill = func(v any) any {
		switch v := v.(type) {
		case tree:
			if s, ok := v["Fn::Sub"].(string); ok && len(v) == 1 {
				return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", member).Replace(s)
			}
			if v["Ref"] == "AWS::AccountId" {
				return member
			}
			for k := range v {
				v[k] = fill(v[k])
			}
		case []any:
			for i := range v {
				v[i] = fill(v[i])
			}
		}
		return v
	}
	text, err := json.Marshal(fill(v))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What a runbook's role may do, as AWS's pages list it, less Identity Center (sso, sso-directory, identitystore, and the organization's accounts, which are for it), images of
// an instance, and directory buckets (s3express), none of which a playbook asks for. The page of S3 leaves out what its own check of the backup bucket reads.
const (
	checksBackup = "s3:CreateBucket s3:GetAccountPublicAccessBlock s3:GetBucketAcl s3:GetBucketLocation s3:GetBucketPolicyStatus s3:GetBucketPublicAccessBlock s3:GetObject s3:ListBucket s3:PutObject "
	ofPrincipals = checksBackup + `iam:GetUser iam:GetUserPolicy iam:GetRole iam:ListUserPolicies iam:ListAttachedUserPolicies iam:ListAccessKeys iam:ListMFADevices iam:ListVirtualMFADevices iam:GetLoginProfile
		iam:GetPolicy iam:GetRolePolicy iam:ListPolicies iam:ListAttachedRolePolicies iam:ListRolePolicies iam:UpdateAccessKey iam:CreateAccessKey iam:DeleteLoginProfile iam:DeleteAccessKey iam:PutUserPolicy iam:DeleteUserPolicy
		iam:DeactivateMFADevice iam:AttachRolePolicy iam:AttachUserPolicy iam:DeleteRolePolicy iam:TagMFADevice iam:PutRolePolicy iam:TagPolicy iam:TagRole iam:TagUser iam:UntagUser iam:UntagRole
		secretsmanager:CreateSecret secretsmanager:DeleteSecret`
	ofBuckets = checksBackup + `s3:DeleteBucketPolicy s3:DeleteObjectTagging s3:GetBucketOwnershipControls s3:GetBucketPolicy s3:GetBucketTagging s3:GetEncryptionConfiguration s3:GetObjectAcl s3:GetObjectTagging
		s3:GetReplicationConfiguration s3:PutAccountPublicAccessBlock s3:PutBucketAcl s3:PutBucketOwnershipControls s3:PutBucketPolicy s3:PutBucketPublicAccessBlock s3:PutBucketTagging s3:PutBucketVersioning s3:PutObjectAcl
		ssm:DescribeAutomationExecutions`
	ofInstances = checksBackup + `autoscaling:CreateOrUpdateTags autoscaling:DeleteTags autoscaling:DescribeAutoScalingGroups autoscaling:DescribeAutoScalingInstances autoscaling:DescribeTags autoscaling:EnterStandby
		autoscaling:ExitStandby autoscaling:UpdateAutoScalingGroup ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:CreateSecurityGroup ec2:CreateTags ec2:DeleteSecurityGroup ec2:DeleteTags ec2:DescribeImages
		ec2:DescribeInstances ec2:DescribeSecurityGroups ec2:DescribeSnapshots ec2:DescribeTags ec2:ModifyNetworkInterfaceAttribute ec2:RevokeSecurityGroupEgress ssm:DescribeAutomationExecutions`
)

// Where a rule has a runbook of AWS's run, each account gets the role that it runs with: what its page lists, for Systems Manager of that account only.
func TestARunbookHasARole(t *testing.T) {
	j, checker := judge.Need(t), judge.NeedChecker(t)
	for name, want := range map[string]string{
		"ssm-contain-user": ofPrincipals, "ssm-contain-role": ofPrincipals, "ssm-contain-bucket": ofBuckets, "ssm-contain-instance": ofInstances,
	} {
		t.Run(name, func(t *testing.T) {
			files := renderedOf(t, withRules(t, "", answering("{playbook: "+name+", tier: approve, accept: high, with: {bucket: kept-before}}")))
			lints(t, map[string][]byte{"roles.json": files["roles.json"], "guardrails.json": files["guardrails.json"]})
			role := of(t, files["roles.json"], "AWS::IAM::Role")["AutomationRole"]
			if role == nil || role["RoleName"] != "parry-automation" || role["PermissionsBoundary"].(tree)["Ref"] != "AutomationBoundary" {
				t.Fatalf("the role is %v", role)
			}
			policy := inAccount(t, role["Policies"].([]any)[0].(tree)["PolicyDocument"])
			if got, want := actionsOf(t, policy), words(want); !slices.Equal(got, want) {
				t.Errorf("it may do\n%s\nand the page lists\n%s", got, want)
			}
			faults, err := checker.Faults(t.Context(), []json.RawMessage{policy})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range faults[0] {
				t.Error(f)
			}
			if len(policy) > 10_240 {
				t.Errorf("the policy has %d characters", len(policy))
			}
			trust := string(inAccount(t, role["AssumeRolePolicyDocument"]))
			for _, part := range []string{`"Service":"ssm.amazonaws.com"`, `"aws:SourceAccount":"` + member + `"`, `"aws:SourceArn":"arn:aws:ssm:*:` + member + `:automation-execution/*"`} {
				if !strings.Contains(trust, part) {
					t.Errorf("the trust %s lacks %s", trust, part)
				}
			}
			boundary := inAccount(t, of(t, files["roles.json"], "AWS::IAM::ManagedPolicy")["AutomationBoundary"]["PolicyDocument"])
			if len(boundary) > 6_144 {
				t.Errorf("the boundary has %d characters", len(boundary))
			}
			mayUnder(t, j, policy, boundary, runbookCalls(name))
		})
	}
}

// asked is one call and whether it goes through.
type asked struct {
	action, resource string
	may              bool
}

// runbookCalls are what a runbook's role is asked for: its work, and what is nobody's.
func runbookCalls(playbook string) []asked {
	iam, ec2 := "arn:aws:iam::"+member+":", "arn:aws:ec2:us-east-1:"+member+":"
	return append(map[string][]asked{
		"ssm-contain-user":     {{"iam:PutUserPolicy", iam + "user/mallory", true}, {"iam:DeleteLoginProfile", iam + "user/mallory", true}},
		"ssm-contain-role":     {{"iam:PutRolePolicy", iam + "role/shop", true}, {"iam:PutRolePolicy", iam + "role/parry-ec2-quarantine", false}, {"iam:PutRolePolicy", iam + "role/parry-hub-step", false}},
		"ssm-contain-bucket":   {{"s3:PutBucketPolicy", "arn:aws:s3:::shop", true}, {"iam:PutUserPolicy", iam + "user/mallory", false}},
		"ssm-contain-instance": {{"ec2:ModifyNetworkInterfaceAttribute", ec2 + "network-interface/eni-1", true}, {"ec2:TerminateInstances", ec2 + "instance/i-1", false}},
	}[playbook], []asked{
		{"s3:GetObject", "arn:aws:s3:::kept-before/2026/01/01/00/00/x.json", true}, {"s3:PutObject", "arn:aws:s3:::kept-before/2026/01/01/00/00/x.json", true},
		{"s3:GetObject", "arn:aws:s3:::shop/customers.csv", false}, {"iam:CreatePolicyVersion", iam + "policy/parry-boundary-automation", false}, {"iam:CreateUser", iam + "user/x", false},
	}...)
}

// mayUnder asks an evaluator that was not written here what a role can do within its boundary.
func mayUnder(t *testing.T, j *judge.Judge, policy, boundary json.RawMessage, calls []asked) {
	t.Helper()
	var requests []judge.Request
	for _, c := range calls {
		requests = append(requests, judge.Request{
			Action: c.action, Resource: c.resource, ResourceAccount: member, Principal: "arn:aws:sts::" + member + ":assumed-role/parry-automation/x",
			Policies: []judge.Policy{{Name: "automation", Document: policy}}, Boundary: boundary,
		})
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if may := v.Result == judge.Allowed; may != calls[i].may {
			t.Errorf("%s on %s: %s %s", calls[i].action, calls[i].resource, v.Result, v.Why)
		}
	}
}

func words(text string) []string {
	all := strings.Fields(text)
	slices.Sort(all)
	return slices.Compact(all)
}

// actionsOf are the actions of a policy, each once.
func actionsOf(t *testing.T, policy json.RawMessage) []string {
	t.Helper()
	var doc struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal(policy, &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range doc.Statement {
		all = append(all, s.Action...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A role that no runbook needs is not made, and one that would have another name is refused before anything is written.
func TestWhichRoleARunbookRunsWith(t *testing.T) {
	const contain = "playbook: ssm-contain-user, tier: approve, accept: high"
	for name, tc := range map[string]struct{ more, answer, role, wrong string }{
		"no runbook":                 {answer: "{playbook: iam-quarantine-user, tier: approve}"},
		"the deployment's":           {answer: "{" + contain + ", with: {bucket: b}}", role: "parry-automation"},
		"one of the user's own":      {answer: "{" + contain + ", with: {bucket: b, runbook_role: security-runbooks}}"},
		"another deployment's name":  {more: "name: acme\n", answer: "{" + contain + ", with: {bucket: b}}", wrong: "rule r has ssm-contain-user run with the role parry-automation, and this deployment makes acme-automation"},
		"named as the deployment is": {more: "name: acme\n", answer: "{" + contain + ", with: {bucket: b, runbook_role: acme-automation}}", role: "acme-automation"},
	} {
		t.Run(name, func(t *testing.T) {
			files, err := withRules(t, tc.more, answering(tc.answer)).Render()
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) {
					t.Fatalf("%v, not %q", err, tc.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if f.Name != "roles.json" {
					continue
				}
				role := of(t, f.Body, "AWS::IAM::Role")["AutomationRole"]
				if got, _ := role["RoleName"].(string); got != tc.role {
					t.Errorf("the role is %q, not %q", got, tc.role)
				}
				if bound := of(t, f.Body, "AWS::IAM::ManagedPolicy")["AutomationBoundary"]; (bound != nil) != (tc.role != "") {
					t.Errorf("the boundary is %v", bound)
				}
			}
		})
	}
}
