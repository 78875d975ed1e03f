package awsapi

import "github.com/aws/aws-sdk-go-v2/service/networkfirewall"

const (
	firewallPrefix = "arn:{partition}:network-firewall:{region}:{account}:"
	firewallPolicy = firewallPrefix + "firewall-policy/{FirewallPolicyName}"
	firewallRules  = firewallPrefix + "stateful-rulegroup/{RuleGroupName}"
)

func networkfirewallEntries() []entry {
	return []entry{
		op("network-firewall:CreateFirewall", networkfirewall.NewFromConfig, (*networkfirewall.Client).CreateFirewall, writes, needs("network-firewall:CreateFirewall", firewallPrefix+"firewall/{FirewallName}", "{FirewallPolicyArn}")),
		op("network-firewall:CreateFirewallPolicy", networkfirewall.NewFromConfig, (*networkfirewall.Client).CreateFirewallPolicy, writes,
			needs("network-firewall:CreateFirewallPolicy", firewallPolicy, firewallPrefix+"stateful-rulegroup/*", firewallPrefix+"stateless-rulegroup/*")),
		op("network-firewall:CreateRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).CreateRuleGroup, writes, needs("network-firewall:CreateRuleGroup", firewallRules)),
		op("network-firewall:DescribeFirewallPolicy", networkfirewall.NewFromConfig, (*networkfirewall.Client).DescribeFirewallPolicy, needs("network-firewall:DescribeFirewallPolicy", firewallPolicy)),
		op("network-firewall:DescribeRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).DescribeRuleGroup, needs("network-firewall:DescribeRuleGroup", firewallRules)),
		op("network-firewall:ListFirewallPolicies", networkfirewall.NewFromConfig, (*networkfirewall.Client).ListFirewallPolicies, needs("network-firewall:ListFirewallPolicies", firewallPrefix+"firewall-policy/*"), pages("NextToken", "NextToken")),
		op("network-firewall:UpdateRuleGroup", networkfirewall.NewFromConfig, (*networkfirewall.Client).UpdateRuleGroup, writes, needs("network-firewall:UpdateRuleGroup", firewallRules)),
	}
}
