package awsapi

import "github.com/aws/aws-sdk-go-v2/service/networkfirewall"

const firewallRules = "arn:{partition}:network-firewall:{region}:{account}:stateful-rulegroup/{RuleGroupName}"

func networkfirewallEntries() []entry {
	return []entry{
		op("network-firewall:CreateRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).CreateRuleGroup, writes, needs("network-firewall:CreateRuleGroup", firewallRules)),
		op("network-firewall:DescribeRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).DescribeRuleGroup, needs("network-firewall:DescribeRuleGroup", firewallRules)),
		op("network-firewall:UpdateRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).UpdateRuleGroup, writes, needs("network-firewall:UpdateRuleGroup", firewallRules)),
	}
}
