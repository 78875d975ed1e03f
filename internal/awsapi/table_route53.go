package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
)

const (
	resolverPrefix = "arn:{partition}:route53resolver:{region}:{account}:"
	resolverList   = resolverPrefix + "firewall-domain-list/{FirewallDomainListId}"
	resolverGroup  = resolverPrefix + "firewall-rule-group/{FirewallRuleGroupId}"
)

// route53Entries are Route 53 and its Resolver, whose DNS Firewall blocks names.
func route53Entries() []entry {
	return []entry{
		op("route53:ListHostedZones", route53.NewFromConfig, (*route53.Client).ListHostedZones, pages("Marker", "NextMarker")),
		op("route53:CreateHostedZone", route53.NewFromConfig, (*route53.Client).CreateHostedZone, writes),
		op("route53resolver:ListFirewallDomainLists", route53resolver.NewFromConfig, (*route53resolver.Client).ListFirewallDomainLists, pages("NextToken", "NextToken")),
		op("route53resolver:GetFirewallDomainList", route53resolver.NewFromConfig, (*route53resolver.Client).GetFirewallDomainList, needs("route53resolver:GetFirewallDomainList", resolverList)),
		op("route53resolver:ListFirewallDomains", route53resolver.NewFromConfig, (*route53resolver.Client).ListFirewallDomains, pages("NextToken", "NextToken"), needs("route53resolver:ListFirewallDomains", resolverList)),
		op("route53resolver:CreateFirewallDomainList", route53resolver.NewFromConfig, (*route53resolver.Client).CreateFirewallDomainList, writes, needs("route53resolver:CreateFirewallDomainList", resolverPrefix+"firewall-domain-list/*")),
		op("route53resolver:UpdateFirewallDomains", route53resolver.NewFromConfig, (*route53resolver.Client).UpdateFirewallDomains, writes, needs("route53resolver:UpdateFirewallDomains", resolverList)),
		op("route53resolver:ListFirewallRuleGroups", route53resolver.NewFromConfig, (*route53resolver.Client).ListFirewallRuleGroups, pages("NextToken", "NextToken")),
		op("route53resolver:ListFirewallRules", route53resolver.NewFromConfig, (*route53resolver.Client).ListFirewallRules, pages("NextToken", "NextToken"), needs("route53resolver:ListFirewallRules", resolverGroup)),
		op("route53resolver:CreateFirewallRuleGroup", route53resolver.NewFromConfig, (*route53resolver.Client).CreateFirewallRuleGroup, writes, needs("route53resolver:CreateFirewallRuleGroup", resolverPrefix+"firewall-rule-group/*")),
		op("route53resolver:CreateFirewallRule", route53resolver.NewFromConfig, (*route53resolver.Client).CreateFirewallRule, writes, needs("route53resolver:CreateFirewallRule", resolverGroup, resolverList)),
		op("route53resolver:ListFirewallRuleGroupAssociations", route53resolver.NewFromConfig, (*route53resolver.Client).ListFirewallRuleGroupAssociations, pages("NextToken", "NextToken")),
		op("route53resolver:AssociateFirewallRuleGroup", route53resolver.NewFromConfig, (*route53resolver.Client).AssociateFirewallRuleGroup, writes, needs("route53resolver:AssociateFirewallRuleGroup", resolverPrefix+"firewall-rule-group-association/*")),
	}
}
