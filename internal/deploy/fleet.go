package deploy

import (
	"parry"
	"parry/internal/playbook"
	"parry/internal/rules"
)

// The parameters by which a playbook is told with which roles Systems Manager goes from the hub to other accounts.
const (
	adminRole = "admin_role"
	fleetRole = "fleet_role"
)

// FleetAdminRole is the name of the hub's role with which Systems Manager goes to other accounts. The guardrails let roles of the hub take others, by this form of name.
func (o *Org) FleetAdminRole() string { return o.HubRole("fleet") }

// FleetRole is the name of the role that it takes in each of them.
func (o *Org) FleetRole() string { return o.Name + "-fleet" }

// goesAcross tells whether a rule's playbook goes from the hub to other accounts with the deployment's roles. A rule that would name those of another deployment is refused.
func goesAcross(o *Org, set *playbook.Set, book *rules.Book) (bool, error) {
	across := false
	for _, r := range book.Rules {
		for _, answer := range r.Answers {
			p, err := set.Get(answer.Playbook)
			if err != nil {
				continue // an answer may have none, and only tell
			}
			for param, made := range map[string]string{adminRole: o.FleetAdminRole(), fleetRole: o.FleetRole()} {
				pm, ok := p.Param(param)
				if !ok {
					continue
				}
				name, own := answer.Params[param].(string)
				if !own {
					name, _ = pm.Default.(string)
				}
				if name == made {
					across = true
				} else if !own {
					return false, parry.Errorf(parry.Invalid, "rule %s has %s go to other accounts with the roles %s and %s, and this deployment makes %s and %s", r.Name, p.Name,
						defaultOf(p, adminRole), defaultOf(p, fleetRole), o.FleetAdminRole(), o.FleetRole()).
						WithHint("give the answer with: {%s: %s, %s: %s}, or the names of roles of your own", adminRole, o.FleetAdminRole(), fleetRole, o.FleetRole())
				}
			}
		}
	}
	return across, nil
}

func defaultOf(p *playbook.Playbook, param string) any {
	pm, _ := p.Param(param)
	return pm.Default
}

// fleetRoles adds the two roles of an automation across accounts, where a rule uses one: the hub's, which Systems Manager takes there and which can do nothing but take the other, and the
// other, in every account, which trusts that one role of the hub and Systems Manager for automations of the account itself. The hub's is in the same template, on a condition, as a StackSet brings
// its own account the same. Source: "Running automations in multiple AWS Regions and accounts", Systems Manager User Guide, and its templates
// AWS-SystemsManager-AutomationAdministrationRole and -ExecutionRole, whose rights are far wider.
func (w *Wish) fleetRoles(t *template) error {
	if w.Automation == nil || !w.Automation.Across {
		return nil
	}
	o := w.Org
	admin := o.roleARN(o.Hub.Account, o.FleetAdminRole())
	trust := w.automationTrust()
	// A role that is named as a principal must be there first; named by a condition it need not be, and the order of stacks is free.
	trust["Statement"] = append(trust["Statement"].([]m), allow(m{
		"Principal": m{"AWS": "arn:" + o.Partition + ":iam::" + o.Hub.Account + ":root"}, "Action": "sts:AssumeRole",
		"Condition": m{"ArnEquals": m{"aws:PrincipalArn": admin}, "StringEquals": m{"aws:PrincipalOrgID": o.Organization}},
	}))
	if err := w.automationRole(t, "FleetRole", o.FleetRole(), "Automations across accounts run with it.", trust, w.fleetStatements()); err != nil {
		return err
	}
	t.Conditions["IsHub"] = m{"Fn::Equals": []any{ref("AWS::AccountId"), o.Hub.Account}}
	t.add("FleetAdminRole", "AWS::IAM::Role", m{
		"RoleName": o.FleetAdminRole(), "Description": "Systems Manager goes to other accounts with it.", "MaxSessionDuration": 3600, "AssumeRolePolicyDocument": w.automationTrust(), "Tags": o.tags(),
		"Policies": []m{{"PolicyName": "fleet", "PolicyDocument": policy(allow(m{
			"Action": []string{"sts:AssumeRole"}, "Resource": []string{"arn:" + o.Partition + ":iam::*:role/" + o.FleetRole()}, "Condition": m{"StringEquals": m{"aws:ResourceOrgID": o.Organization}},
		}))}},
	}, "Condition", "IsHub")
	return nil
}

// fleetStatements are what the documents of fleet-collect-evidence do in an account: run a document of Parry's on instances, look at what became of it, and take snapshots with a tag. The first four
// are what Systems Manager does itself to find instances by their tags and to begin an automation for each. A document of the hub is shared, and named by its ARN there.
func (w *Wish) fleetStatements() []m {
	own := func(service, rest string) m {
		return sub("arn:${AWS::Partition}:" + service + ":*:${AWS::AccountId}:" + rest)
	}
	o := w.Org
	executions := own("ssm", "automation-execution/*")
	begins := []any{executions}
	for _, kind := range []string{"document/Parry-*", "automation-definition/Parry-*:*"} {
		begins = append(begins, own("ssm", kind), "arn:"+o.Partition+":ssm:*:"+o.Hub.Account+":"+kind)
	}
	snapshot := sub("arn:${AWS::Partition}:ec2:*::snapshot/*")
	return []m{
		allow(m{"Sid": "Finds", "Action": []string{"ec2:DescribeInstances", "ec2:DescribeSnapshots", "ssm:DescribeInstanceInformation", "tag:GetResources"}, "Resource": []string{"*"}}),
		allow(m{"Sid": "Begins", "Action": []string{"ssm:StartAutomationExecution"}, "Resource": begins}),
		allow(m{"Sid": "Follows", "Action": []string{"ssm:GetAutomationExecution"}, "Resource": []any{executions}}),
		allow(m{"Sid": "Passes", "Action": []string{"iam:PassRole"}, "Resource": []any{sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + o.FleetRole())}, "Condition": m{"StringEquals": m{"iam:PassedToService": "ssm.amazonaws.com"}}}),
		allow(m{"Sid": "Runs", "Action": []string{"ssm:SendCommand"}, "Resource": []any{own("ssm", "document/Parry-*"), own("ec2", "instance/*")}}),
		// These know no resource.
		allow(m{"Sid": "Looks", "Action": []string{"ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands"}, "Resource": []string{"*"}}),
		allow(m{"Sid": "Takes", "Action": []string{"ec2:CreateSnapshots"}, "Resource": []any{own("ec2", "instance/*"), own("ec2", "volume/*"), snapshot}}),
		allow(m{"Sid": "Marks", "Action": []string{"ec2:CreateTags"}, "Resource": []any{snapshot}, "Condition": m{"StringEquals": m{"ec2:CreateAction": "CreateSnapshots"}}}),
	}
}
