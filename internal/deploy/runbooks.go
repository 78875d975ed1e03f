package deploy

import (
	"maps"
	"slices"
	"strings"

	"parry"
	"parry/internal/playbook"
	"parry/internal/rules"
)

// runbookRole is the parameter by which a playbook is told what role a runbook runs with.
const runbookRole = "runbook_role"

// Automation is what Systems Manager must be able to do in every watched account: for AWS's runbooks that playbooks start, with a role of their own.
type Automation struct {
	Runbooks []string // of AWS, by their names
	Buckets  []string // in which they keep what was before, as the rules name them
	Across   bool     // a playbook has automations go from the hub to other accounts
}

// AutomationRole is the name of the role with which runbooks of AWS run in an account.
func (o *Org) AutomationRole() string { return o.Name + "-automation" }

// AutomationBoundary is the name of the managed policy that bounds what runs as an automation. It begins as the other one does, so that the same
// guardrail keeps it.
func (o *Org) AutomationBoundary() string { return o.Boundary() + "-automation" }

// automation gathers what the rules' playbooks have AWS's runbooks do. A rule whose playbook would name the role of another deployment is refused,
// as its runbook would fail only when it is wanted.
func automation(o *Org, set *playbook.Set, book *rules.Book) (*Automation, error) {
	a := &Automation{}
	for _, r := range book.Rules {
		for _, answer := range r.Answers {
			p, err := set.Get(answer.Playbook)
			if err != nil {
				continue // an answer may have none, and only tell
			}
			role, ok := p.Param(runbookRole)
			if !ok {
				continue
			}
			name, own := answer.Params[runbookRole].(string)
			if !own {
				name, _ = role.Default.(string)
			}
			if name != o.AutomationRole() {
				if own {
					continue // a role of the user's own
				}
				return nil, parry.Errorf(parry.Invalid, "rule %s has %s run with the role %s, and this deployment makes %s", r.Name, p.Name, name, o.AutomationRole()).
					WithHint("give the answer with: {%s: %s}, or the name of a role of your own", runbookRole, o.AutomationRole())
			}
			for _, runbook := range p.Runbooks() {
				if _, known := runbooks()[runbook]; !known {
					return nil, parry.Errorf(parry.Invalid, "rule %s has %s start %s, and what that runbook needs is not known here", r.Name, p.Name, runbook).
						WithHint("make a role for it and give the answer with: {%s: its name}", runbookRole)
				}
				a.Runbooks = append(a.Runbooks, runbook)
			}
			if b, _ := answer.Params["bucket"].(string); b != "" {
				a.Buckets = append(a.Buckets, b)
			}
		}
	}
	for _, list := range []*[]string{&a.Runbooks, &a.Buckets} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	var err error
	a.Across, err = goesAcross(o, set, book)
	return a, err
}

// grant is actions on resources. A resource is written as in a template; {bucket} stands for each of the buckets for backups.
type grant struct {
	actions   []string
	resources []string
}

// runbooks are AWS's own that the catalogue starts, with what they need. Sources: "Required IAM permissions" on the pages AWSSupport-ContainIAMPrincipal and
// AWSSupport-ContainS3Resource of the Systems Manager Automation Runbook Reference, whose misspelt names are as in their example policies; for
// AWSSupport-ContainEC2Instance the role AWSSecurityIncidentResponseContainmentExecution in "Containment with EC2 Triage", AWS Security Incident Response
// User Guide, which runs all three. The pages put all on every resource; here each action is on what it can name. Left out is what the playbooks never ask for: users of
// Identity Center, images of an instance, and directory buckets.
func runbooks() map[string][]grant {
	const account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
	ec2 := func(kinds ...string) (arns []string) {
		for _, k := range kinds {
			arns = append(arns, "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:"+k+"/*")
		}
		return arns
	}
	bucket, objects := []string{"arn:${AWS::Partition}:s3:::{bucket}"}, []string{"arn:${AWS::Partition}:s3:::{bucket}/*"}
	backup := []grant{
		{[]string{"s3:CreateBucket", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:ListBucket"}, bucket},
		{[]string{"s3:GetObject", "s3:PutObject"}, objects},
		{[]string{"s3:GetAccountPublicAccessBlock"}, []string{"*"}},
	}
	return map[string][]grant{
		"AWSSupport-ContainIAMPrincipal": append([]grant{
			{[]string{"iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:DeactivateMFADevice", "iam:DeleteAccessKey", "iam:DeleteLoginProfile", "iam:DeleteUserPolicy", "iam:GetLoginProfile", "iam:GetUser", "iam:GetUserPolicy",
				"iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:ListMFADevices", "iam:ListUserPolicies", "iam:PutUserPolicy", "iam:TagUser", "iam:UntagUser", "iam:UpdateAccessKey"}, []string{account + "user/*"}},
			{[]string{"iam:AttachRolePolicy", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"}, []string{account + "role/*"}},
			{[]string{"iam:TagPolicy"}, []string{account + "policy/*"}},
			{[]string{"iam:GetPolicy"}, []string{"arn:${AWS::Partition}:iam::*:policy/*"}}, // AWS's own, too
			{[]string{"iam:TagMFADevice"}, []string{account + "mfa/*"}},
			{[]string{"iam:ListPolicies", "iam:ListVirtualMFADevices"}, []string{"*"}},
			{[]string{"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret"}, []string{"arn:${AWS::Partition}:secretsmanager:*:${AWS::AccountId}:secret:*"}},
		}, backup...),
		"AWSSupport-ContainS3Resource": append([]grant{
			{[]string{"s3:DeleteBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging",
				"s3:GetEncryptionConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:PutBucketAcl", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging",
				"s3:PutBucketVersioning"}, []string{"arn:${AWS::Partition}:s3:::*"}},
			{[]string{"s3:DeleteObjectTagging", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:PutObjectAcl"}, []string{"arn:${AWS::Partition}:s3:::*/*"}},
			{[]string{"s3:PutAccountPublicAccessBlock"}, []string{"*"}},
			{[]string{"ssm:DescribeAutomationExecutions"}, []string{"*"}},
		}, backup...),
		"AWSSupport-ContainEC2Instance": append([]grant{
			{[]string{"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeTags", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots", "ec2:DescribeTags"}, []string{"*"}},
			{[]string{"autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags", "autoscaling:EnterStandby", "autoscaling:ExitStandby", "autoscaling:UpdateAutoScalingGroup"},
				[]string{"arn:${AWS::Partition}:autoscaling:*:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/*"}},
			{[]string{"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupEgress"}, ec2("security-group")},
			{[]string{"ec2:CreateSecurityGroup"}, ec2("security-group", "vpc")},
			{[]string{"ec2:ModifyNetworkInterfaceAttribute"}, ec2("instance", "network-interface", "security-group")},
			{[]string{"ec2:CreateTags", "ec2:DeleteTags"}, ec2("instance", "security-group")},
			{[]string{"ssm:DescribeAutomationExecutions"}, []string{"*"}},
		}, backup...),
	}
}

// statements are what the runbooks in use need, each action once for the same resources.
func (a *Automation) statements() []m {
	byResource := map[string][]string{}
	for _, name := range a.Runbooks {
		for _, g := range runbooks()[name] {
			var on []string
			for _, r := range g.resources {
				if !strings.Contains(r, "{bucket}") {
					on = append(on, r)
					continue
				}
				for _, b := range a.Buckets {
					on = append(on, strings.ReplaceAll(r, "{bucket}", b))
				}
			}
			if key := strings.Join(on, " "); key != "" { // without a bucket the playbook refuses, and there is nothing to give
				byResource[key] = append(byResource[key], g.actions...)
			}
		}
	}
	var all []m
	for _, key := range slices.Sorted(maps.Keys(byResource)) {
		actions := byResource[key]
		slices.Sort(actions)
		all = append(all, allow(m{"Action": slices.Compact(actions), "Resource": templated(strings.Split(key, " "))}))
	}
	return all
}

// templated are ARNs in which CloudFormation fills in account and partition.
func templated(arns []string) []any {
	var all []any
	for _, a := range arns {
		if strings.Contains(a, "${") {
			all = append(all, sub(a))
			continue
		}
		all = append(all, a)
	}
	return all
}

// runbookRoles adds the role with which AWS's runbooks run, and its boundary, where a rule uses one.
func (w *Wish) runbookRoles(t *template) error {
	if w.Automation == nil || len(w.Automation.Runbooks) == 0 {
		return nil
	}
	return w.automationRole(t, "AutomationRole", w.Org.AutomationRole(), "Runbooks of AWS run with it: "+strings.Join(w.Automation.Runbooks, ", ")+".", w.automationTrust(), w.Automation.statements())
}

// automationRole adds a role that Systems Manager takes. Its boundary is another one than that of playbooks' roles: what a runbook keeps in a bucket it has to read again.
func (w *Wish) automationRole(t *template, id, name, description string, trust m, statements []m) error {
	if len(name) > roleNameChars {
		return parry.Errorf(parry.Invalid, "the role %s would have a name of %d characters, and IAM takes %d", name, len(name), roleNameChars).WithHint("give the deployment a shorter name")
	}
	if _, there := t.Resources["AutomationBoundary"]; !there {
		t.add("AutomationBoundary", "AWS::IAM::ManagedPolicy", m{
			"ManagedPolicyName": w.Org.AutomationBoundary(), "Description": "What no automation of " + w.Org.Name + " ever does, whatever its role's own policy says.",
			"PolicyDocument": w.bounds(w.neverInRunbooks()),
		})
	}
	t.add(id, "AWS::IAM::Role", m{
		"RoleName": name, "Description": description, "MaxSessionDuration": 3600, "AssumeRolePolicyDocument": trust, "PermissionsBoundary": ref("AutomationBoundary"),
		"Policies": []m{{"PolicyName": "automation", "PolicyDocument": policy(statements...)}}, "Tags": w.Org.tags(),
	})
	return nil
}

// neverInRunbooks is what no automation does: what no response does, less what the runbooks in use hold.
func (w *Wish) neverInRunbooks() []string {
	held := map[string]bool{}
	if w.Automation != nil {
		for _, name := range w.Automation.Runbooks {
			for _, g := range runbooks()[name] {
				for _, action := range g.actions {
					held[strings.ToLower(action)] = true
				}
			}
		}
	}
	return neverBut(held)
}

// automationTrust lets Systems Manager take a role, for automations of the account itself. Source: "Create a service role for Automation", Systems Manager User Guide,
// which gives both conditions against the confused deputy.
func (w *Wish) automationTrust() m {
	return policy(allow(m{
		"Principal": m{"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole",
		"Condition": m{
			"StringEquals": m{"aws:SourceAccount": ref("AWS::AccountId")},
			"ArnLike":      m{"aws:SourceArn": sub("arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*")},
		},
	}))
}
