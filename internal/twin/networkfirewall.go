package twin

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	nftypes "github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
)

// ruleGroup is one of Network Firewall. moto has none.
type ruleGroup struct {
	name, token string
	rules       nftypes.RuleGroup
	capacity    int32
	description *string
	encryption  *nftypes.EncryptionConfiguration
}

// firewallPolicy is one of Network Firewall, with how many firewalls have it.
type firewallPolicy struct {
	name      string
	policy    nftypes.FirewallPolicy
	firewalls int32
}

func firewallHandlers(t table) {
	const service = "Network Firewall"
	on(t, service, "CreateFirewall", createFirewall)
	on(t, service, "CreateFirewallPolicy", createFirewallPolicy)
	on(t, service, "CreateRuleGroup", createRuleGroup)
	on(t, service, "DescribeFirewallPolicy", describeFirewallPolicy)
	on(t, service, "DescribeRuleGroup", describeRuleGroup)
	on(t, service, "ListFirewallPolicies", listFirewallPolicies)
	on(t, service, "UpdateRuleGroup", updateRuleGroup)
}

// firewallARN is the ARN of something of Network Firewall.
func (r *request) firewallARN(resource string) string {
	return "arn:aws:network-firewall:" + r.region + ":" + r.acct.id + ":" + resource
}

func (p *firewallPolicy) arn(r *request) string { return r.firewallARN("firewall-policy/" + p.name) }

func (g *ruleGroup) arn(r *request) string { return r.firewallARN("stateful-rulegroup/" + g.name) }

// uses is how many policies name the group, of whichever account: a group can be shared.
func (g *ruleGroup) uses(r *request) int32 {
	n, own := int32(0), g.arn(r)
	for _, a := range r.org.accounts {
		there, ok := a.regions[r.region]
		if !ok {
			continue
		}
		for _, p := range there.fwPolicies {
			if slices.ContainsFunc(p.policy.StatefulRuleGroupReferences, func(ref nftypes.StatefulRuleGroupReference) bool { return aws.ToString(ref.ResourceArn) == own }) {
				n++
			}
		}
	}
	return n
}

// firewallPolicy finds a policy of the account by its name or its ARN.
func (r *request) firewallPolicy(name, arn *string) (*firewallPolicy, error) {
	i := slices.IndexFunc(r.reg.fwPolicies, func(p *firewallPolicy) bool { return p.name == aws.ToString(name) || p.arn(r) == aws.ToString(arn) })
	if i < 0 {
		return nil, &nftypes.ResourceNotFoundException{Message: aws.String("The resource name or arn doesn't exist")}
	}
	return r.reg.fwPolicies[i], nil
}

func createFirewallPolicy(r *request, in *networkfirewall.CreateFirewallPolicyInput) (*networkfirewall.CreateFirewallPolicyOutput, error) {
	p := &firewallPolicy{name: *in.FirewallPolicyName, policy: copied(*in.FirewallPolicy)}
	r.reg.fwPolicies = append(r.reg.fwPolicies, p)
	return &networkfirewall.CreateFirewallPolicyOutput{FirewallPolicyResponse: p.about(r), UpdateToken: aws.String(r.org.id("token"))}, nil
}

func (p *firewallPolicy) about(r *request) *nftypes.FirewallPolicyResponse {
	return &nftypes.FirewallPolicyResponse{
		FirewallPolicyArn: aws.String(p.arn(r)), FirewallPolicyId: aws.String(p.name), FirewallPolicyName: aws.String(p.name),
		FirewallPolicyStatus: nftypes.ResourceStatusActive, NumberOfAssociations: aws.Int32(p.firewalls),
	}
}

func describeFirewallPolicy(r *request, in *networkfirewall.DescribeFirewallPolicyInput) (*networkfirewall.DescribeFirewallPolicyOutput, error) {
	p, err := r.firewallPolicy(in.FirewallPolicyName, in.FirewallPolicyArn)
	if err != nil {
		return nil, err
	}
	return &networkfirewall.DescribeFirewallPolicyOutput{FirewallPolicy: new(copied(p.policy)), FirewallPolicyResponse: p.about(r), UpdateToken: aws.String(r.org.id("token"))}, nil
}

func listFirewallPolicies(r *request, _ *networkfirewall.ListFirewallPoliciesInput) (*networkfirewall.ListFirewallPoliciesOutput, error) {
	out := &networkfirewall.ListFirewallPoliciesOutput{}
	for _, p := range r.reg.fwPolicies {
		out.FirewallPolicies = append(out.FirewallPolicies, nftypes.FirewallPolicyMetadata{Arn: aws.String(p.arn(r)), Name: aws.String(p.name)})
	}
	return out, nil
}

// createFirewall makes a firewall, of which nothing is kept but that its policy is in use.
func createFirewall(r *request, in *networkfirewall.CreateFirewallInput) (*networkfirewall.CreateFirewallOutput, error) {
	p, err := r.firewallPolicy(nil, in.FirewallPolicyArn)
	if err != nil {
		return nil, err
	}
	p.firewalls++
	return &networkfirewall.CreateFirewallOutput{Firewall: &nftypes.Firewall{
		FirewallArn: aws.String(r.firewallARN("firewall/" + *in.FirewallName)), FirewallName: in.FirewallName, FirewallId: in.FirewallName, FirewallPolicyArn: in.FirewallPolicyArn,
	}}, nil
}

func (r *request) ruleGroup(name *string) (*ruleGroup, error) {
	i := slices.IndexFunc(r.reg.ruleGroups, func(g *ruleGroup) bool { return g.name == aws.ToString(name) })
	if i < 0 {
		return nil, &nftypes.ResourceNotFoundException{Message: aws.String("The resource name or arn doesn't exist")}
	}
	return r.reg.ruleGroups[i], nil
}

func createRuleGroup(r *request, in *networkfirewall.CreateRuleGroupInput) (*networkfirewall.CreateRuleGroupOutput, error) {
	g := &ruleGroup{name: *in.RuleGroupName, token: r.org.id("token"), capacity: *in.Capacity, description: in.Description, encryption: in.EncryptionConfiguration}
	if in.RuleGroup != nil {
		g.rules = copied(*in.RuleGroup)
	}
	r.reg.ruleGroups = append(r.reg.ruleGroups, g)
	return &networkfirewall.CreateRuleGroupOutput{UpdateToken: &g.token, RuleGroupResponse: g.about(r)}, nil
}

func (g *ruleGroup) about(r *request) *nftypes.RuleGroupResponse {
	used := int32(0)
	if s := g.rules.RulesSource; s != nil {
		used = int32(len(s.StatefulRules))
	}
	return &nftypes.RuleGroupResponse{
		RuleGroupName: aws.String(g.name), RuleGroupArn: aws.String(g.arn(r)), RuleGroupId: aws.String(g.name), Description: g.description, EncryptionConfiguration: g.encryption,
		Capacity: aws.Int32(g.capacity), ConsumedCapacity: aws.Int32(used), NumberOfAssociations: aws.Int32(g.uses(r)), RuleGroupStatus: nftypes.ResourceStatusActive, Type: nftypes.RuleGroupTypeStateful,
	}
}

func describeRuleGroup(r *request, in *networkfirewall.DescribeRuleGroupInput) (*networkfirewall.DescribeRuleGroupOutput, error) {
	g, err := r.ruleGroup(in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	return &networkfirewall.DescribeRuleGroupOutput{RuleGroup: new(copied(g.rules)), RuleGroupResponse: g.about(r), UpdateToken: aws.String(g.token)}, nil
}

// updateRuleGroup takes the whole of the group. What becomes of a description and a key that are not sent AWS does not say: here they go, so that
// whoever leaves them out is seen. Source: UpdateRuleGroup, Network Firewall API Reference.
func updateRuleGroup(r *request, in *networkfirewall.UpdateRuleGroupInput) (*networkfirewall.UpdateRuleGroupOutput, error) {
	g, err := r.ruleGroup(in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	if *in.UpdateToken != g.token {
		return nil, &nftypes.InvalidTokenException{Message: aws.String("Update token is invalid.")}
	}
	if s := in.RuleGroup.RulesSource; s != nil && int32(len(s.StatefulRules)) > g.capacity {
		return nil, &nftypes.InvalidRequestException{Message: aws.String("The rule group exceeds its capacity")}
	}
	g.rules, g.token = copied(*in.RuleGroup), r.org.id("token")
	g.description, g.encryption = in.Description, in.EncryptionConfiguration
	return &networkfirewall.UpdateRuleGroupOutput{UpdateToken: aws.String(g.token), RuleGroupResponse: g.about(r)}, nil
}
