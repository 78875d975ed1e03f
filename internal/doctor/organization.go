package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"parry/internal/orgs"
)

// The services that an organization is watched with, by their principals. Source: "AWS services that you can use with AWS Organizations", AWS
// Organizations User Guide; for StackSets "Register a delegated administrator", CloudFormation User Guide.
const stackSets = "member.org.stacksets.cloudformation.amazonaws.com"

func services() []struct{ principal, name string } {
	return []struct{ principal, name string }{
		{stackSets, "CloudFormation StackSets"}, {"guardduty.amazonaws.com", "GuardDuty"}, {"securityhub.amazonaws.com", "Security Hub"},
		{"config.amazonaws.com", "AWS Config"}, {"access-analyzer.amazonaws.com", "IAM Access Analyzer"},
	}
}

// accounts are those that are looked at: the watched ones, and the hub. Where the units cannot be listed it is what is known without.
func (r *run) accounts(ctx context.Context, management *place) []string {
	var all []string
	listed := true
	if len(r.Org.OUs) == 0 {
		all = slices.Clone(r.Org.Accounts)
	} else {
		c := organizations.NewFromConfig(management.cfg)
		for _, unit := range r.Org.OUs {
			more, err := orgs.Accounts(ctx, c, unit)
			all = append(all, more...)
			if err != nil {
				f := unread(err, []string{"organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"})
				f.What = "the accounts of " + unit + " " + f.What + "; of them only those are looked at that are known otherwise"
				r.add("accounts", "", "", f)
				listed = false
				if r.self != r.Org.Hub.Account { // which is looked at in any case, and may not be watched
					all = append(all, r.self)
				}
			}
		}
		// A StackSet with service-managed permissions makes nothing in the management account. Source: "StackSets concepts", CloudFormation User Guide.
		all = slices.DeleteFunc(all, func(a string) bool { return slices.Contains(r.Org.Except, a) || a == r.Org.Management })
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(r.Org.OUs) > 0 && listed {
		r.add("accounts", "", "", ok("%d accounts are watched", len(all)))
	}
	r.watched = slices.Clone(all)
	if !slices.Contains(all, r.Org.Hub.Account) {
		all = append(all, r.Org.Hub.Account)
	}
	return all
}

// watches tells whether an account is watched, or only looked at because it is the hub.
func (r *run) watches(account string) bool {
	return r.Org == nil || slices.Contains(r.watched, account)
}

func lookAtTrustedAccess(ctx context.Context, p *place) ([]Finding, error) {
	c, has := organizations.NewFromConfig(p.cfg), map[string]bool{}
	err := pages(ctx, func(ctx context.Context, at *string) (*organizations.ListAWSServiceAccessForOrganizationOutput, error) {
		return c.ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{NextToken: at})
	}, func(o *organizations.ListAWSServiceAccessForOrganizationOutput) *string { return o.NextToken }, func(o *organizations.ListAWSServiceAccessForOrganizationOutput) {
		for _, s := range o.EnabledServicePrincipals {
			has[aws.ToString(s.ServicePrincipal)] = true
		}
	})
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, s := range services() {
		switch {
		case has[s.principal]:
			found = append(found, ok("%s is trusted", s.name))
		case s.principal == stackSets:
			found = append(found, missing("in the management account: aws cloudformation activate-organizations-access", "%s is not trusted: a StackSet cannot deploy to accounts of the organization", s.name))
		default:
			found = append(found, missing("in the management account: aws organizations enable-aws-service-access --service-principal "+s.principal, "%s is not trusted: it has to be set up in each account by itself", s.name))
		}
	}
	return found, nil
}

// lookAtDelegated tells who administers what. It need not be the hub: every account sends its own events.
func lookAtDelegated(ctx context.Context, p *place) ([]Finding, error) {
	c := organizations.NewFromConfig(p.cfg)
	var found []Finding
	for _, s := range services() {
		var who []string
		err := pages(ctx, func(ctx context.Context, at *string) (*organizations.ListDelegatedAdministratorsOutput, error) {
			return c.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(s.principal), NextToken: at})
		}, func(o *organizations.ListDelegatedAdministratorsOutput) *string { return o.NextToken }, func(o *organizations.ListDelegatedAdministratorsOutput) {
			for _, a := range o.DelegatedAdministrators {
				who = append(who, aws.ToString(a.Id))
			}
		})
		switch {
		case err != nil:
			return found, err
		case slices.Contains(who, p.Org.Hub.Account):
			found = append(found, ok("the hub administers %s", s.name))
		case len(who) > 0:
			found = append(found, ok("not the hub, but %s administers %s: what it is told to do there is told to that account", strings.Join(who, ", "), s.name))
		default:
			found = append(found, missing(fmt.Sprintf("in the management account: aws organizations register-delegated-administrator --account-id %s --service-principal %s (GuardDuty and Security Hub have a command of their own for it: enable-organization-admin-account)", p.Org.Hub.Account, s.principal),
				"no account administers %s for the organization: only the management account can, which should not be worked in", s.name))
		}
	}
	return found, nil
}

// lookAtGuardrails holds what is attached against what was rendered.
func lookAtGuardrails(ctx context.Context, p *place) ([]Finding, error) {
	if len(p.Org.Guard.Attach) == 0 {
		return []Finding{risk("name units under guardrails: attach in org.yaml, render, and update the stack of guardrails.json", "no guardrail is attached anywhere: an administrator of an account can change Parry's roles and rules")}, nil
	}
	c := organizations.NewFromConfig(p.cfg)
	fix := "update the stack of guardrails.json in the management account"
	ids, compared := map[string]string{}, map[string]bool{} // ids by name
	var found []Finding
	for _, target := range p.Org.Guard.Attach {
		names := map[string]string{}
		for _, kind := range p.want.kinds() {
			err := pages(ctx, func(ctx context.Context, at *string) (*organizations.ListPoliciesForTargetOutput, error) {
				return c.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: aws.String(target), Filter: types.PolicyType(kind), NextToken: at})
			}, func(o *organizations.ListPoliciesForTargetOutput) *string { return o.NextToken }, func(o *organizations.ListPoliciesForTargetOutput) {
				for _, s := range o.Policies {
					names[aws.ToString(s.Name)] = aws.ToString(s.Id)
				}
			})
			if err != nil {
				return found, err
			}
		}
		for _, g := range p.want.guards {
			if id, is := names[g.name]; is {
				ids[g.name] = id
				continue
			}
			found = append(found, missing(fix, "the guardrail %s is not attached to %s", g.name, target))
		}
	}
	for _, g := range p.want.guards {
		id, is := ids[g.name]
		if !is || compared[id] {
			continue
		}
		compared[id] = true
		out, err := c.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &id})
		if err != nil {
			return found, err
		}
		var document any
		if out.Policy == nil || json.Unmarshal([]byte(aws.ToString(out.Policy.Content)), &document) != nil {
			found = append(found, Finding{Status: Unknown, What: "the guardrail " + g.name + " has no document that can be read", Fix: fix})
			continue
		}
		if d := drifted(grains(document), grains(p.filled(g.content, p.Org.Management))); !d.none() {
			found = append(found, risk(fix+"; see in CloudTrail who changed it", "the guardrail %s is not as it was rendered; %s", g.name, d))
		}
	}
	if len(found) == 0 {
		found = []Finding{ok("%d guardrails are attached to %s, and as they were rendered", len(p.want.guards), strings.Join(p.Org.Guard.Attach, ", "))}
	}
	return found, nil
}

// kinds are the kinds of policies that were rendered.
func (w *wanted) kinds() []string {
	var all []string
	for _, g := range w.guards {
		if !slices.Contains(all, g.kind) {
			all = append(all, g.kind)
		}
	}
	return all
}
