package twin

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	nftypes "github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
)

// ruleGroup is one of Network Firewall. moto has none.
type ruleGroup struct {
	name, token string
	rules       nftypes.RuleGroup
	capacity    int32
	uses        int32
}

func firewallHandlers(t table) {
	const service = "Network Firewall"
	on(t, service, "CreateRuleGroup", createRuleGroup)
	on(t, service, "DescribeRuleGroup", describeRuleGroup)
	on(t, service, "UpdateRuleGroup", updateRuleGroup)
}

func (r *request) ruleGroup(name *string) (*ruleGroup, error) {
	i := slices.IndexFunc(r.reg.ruleGroups, func(g *ruleGroup) bool { return g.name == aws.ToString(name) })
	if i < 0 {
		return nil, &nftypes.ResourceNotFoundException{Message: aws.String("The resource name or arn doesn't exist")}
	}
	return r.reg.ruleGroups[i], nil
}

// createRuleGroup makes a group; one whose name begins with "unused" is in no policy.
func createRuleGroup(r *request, in *networkfirewall.CreateRuleGroupInput) (*networkfirewall.CreateRuleGroupOutput, error) {
	g := &ruleGroup{name: *in.RuleGroupName, token: r.org.id("token"), capacity: *in.Capacity, uses: 1}
	if in.RuleGroup != nil {
		g.rules = copied(*in.RuleGroup)
	}
	if strings.HasPrefix(g.name, "unused") {
		g.uses = 0
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
		RuleGroupName: aws.String(g.name), RuleGroupArn: aws.String("arn:aws:network-firewall:" + r.region + ":" + r.acct.id + ":stateful-rulegroup/" + g.name), RuleGroupId: aws.String(g.name),
		Capacity: aws.Int32(g.capacity), ConsumedCapacity: aws.Int32(used), NumberOfAssociations: aws.Int32(g.uses), RuleGroupStatus: nftypes.ResourceStatusActive, Type: nftypes.RuleGroupTypeStateful,
	}
}

func describeRuleGroup(r *request, in *networkfirewall.DescribeRuleGroupInput) (*networkfirewall.DescribeRuleGroupOutput, error) {
	g, err := r.ruleGroup(in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	return &networkfirewall.DescribeRuleGroupOutput{RuleGroup: new(copied(g.rules)), RuleGroupResponse: g.about(r), UpdateToken: aws.String(g.token)}, nil
}

// updateRuleGroup takes the whole of the group. Source: UpdateRuleGroup, Network Firewall API Reference.
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
	return &networkfirewall.UpdateRuleGroupOutput{UpdateToken: aws.String(g.token), RuleGroupResponse: g.about(r)}, nil
}
