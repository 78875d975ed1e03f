package twin

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver/types"
)

// resolverState is what DNS Firewall has in one Region of one account. moto has none of its operations, so that the twin rests on the API Reference
// of Route 53 Resolver alone.
type resolverState struct {
	lists        shelf[domainList]
	groups       shelf[dnsRuleGroup]
	associations []types.FirewallRuleGroupAssociation
}

type domainList struct {
	id, name string
	domains  []string
	busy     time.Time // until when it is being updated
}

type dnsRuleGroup struct {
	id, name string
	rules    []types.FirewallRule
}

// resolverDelay is how long an update takes by the organization's clock.
const resolverDelay = 5 * time.Second

func route53Handlers(t table) {
	const service = "Route53Resolver"
	on(t, service, "CreateFirewallDomainList", createDomainList)
	on(t, service, "GetFirewallDomainList", getDomainList)
	on(t, service, "ListFirewallDomainLists", listDomainLists)
	on(t, service, "ListFirewallDomains", listDomains)
	on(t, service, "UpdateFirewallDomains", updateDomains)
	on(t, service, "CreateFirewallRuleGroup", createDNSRuleGroup)
	on(t, service, "CreateFirewallRule", createDNSRule)
	on(t, service, "ListFirewallRuleGroups", listDNSRuleGroups)
	on(t, service, "ListFirewallRules", listDNSRules)
	on(t, service, "AssociateFirewallRuleGroup", associateDNSRuleGroup)
	on(t, service, "ListFirewallRuleGroupAssociations", listDNSAssociations)
	on(t, "Route 53", "CreateHostedZone", createHostedZone)
	on(t, "Route 53", "ListHostedZones", listHostedZones)
}

func noResolverThing(what, id string) error {
	return &types.ResourceNotFoundException{Message: aws.String("[RSLVR-02014] Cannot find the " + what + " with ID " + id + ".")}
}

func (r *request) domainList(id *string) (*domainList, error) {
	if l, ok := r.reg.resolver.lists.byID[aws.ToString(id)]; ok {
		return l, nil
	}
	return nil, noResolverThing("firewall domain list", aws.ToString(id))
}

func createDomainList(r *request, in *route53resolver.CreateFirewallDomainListInput) (*route53resolver.CreateFirewallDomainListOutput, error) {
	l := &domainList{id: strings.Replace(r.org.id("rslvr-fdl"), "-0", "-", 1), name: *in.Name}
	r.reg.resolver.lists.put(l.id, l)
	return &route53resolver.CreateFirewallDomainListOutput{FirewallDomainList: l.view(r)}, nil
}

func (l *domainList) view(r *request) *types.FirewallDomainList {
	status := types.FirewallDomainListStatusComplete
	if r.now.Before(l.busy) {
		status = types.FirewallDomainListStatusUpdating
	}
	return &types.FirewallDomainList{Id: aws.String(l.id), Name: aws.String(l.name), DomainCount: aws.Int32(int32(len(l.domains))), Status: status,
		Arn: aws.String("arn:aws:route53resolver:" + r.region + ":" + r.acct.id + ":firewall-domain-list/" + l.id)}
}

func getDomainList(r *request, in *route53resolver.GetFirewallDomainListInput) (*route53resolver.GetFirewallDomainListOutput, error) {
	l, err := r.domainList(in.FirewallDomainListId)
	if err != nil {
		return nil, err
	}
	return &route53resolver.GetFirewallDomainListOutput{FirewallDomainList: l.view(r)}, nil
}

func listDomainLists(r *request, _ *route53resolver.ListFirewallDomainListsInput) (*route53resolver.ListFirewallDomainListsOutput, error) {
	out := &route53resolver.ListFirewallDomainListsOutput{FirewallDomainLists: []types.FirewallDomainListMetadata{
		{Id: aws.String("rslvr-fdl-aws0"), Name: aws.String("AWSManagedDomainsMalwareDomainList"), ManagedOwnerName: aws.String("Route 53 Resolver DNS Firewall")},
	}}
	for _, l := range r.reg.resolver.lists.all() {
		out.FirewallDomainLists = append(out.FirewallDomainLists, types.FirewallDomainListMetadata{Id: aws.String(l.id), Name: aws.String(l.name)})
	}
	return out, nil
}

func listDomains(r *request, in *route53resolver.ListFirewallDomainsInput) (*route53resolver.ListFirewallDomainsOutput, error) {
	l, err := r.domainList(in.FirewallDomainListId)
	if err != nil {
		return nil, err
	}
	return &route53resolver.ListFirewallDomainsOutput{Domains: slices.Clone(l.domains)}, nil
}

// updateDomains is done in the background: until then the list is UPDATING, and another update is a conflict. The list gives names back with their
// last dot, as the examples of the command line have it.
func updateDomains(r *request, in *route53resolver.UpdateFirewallDomainsInput) (*route53resolver.UpdateFirewallDomainsOutput, error) {
	l, err := r.domainList(in.FirewallDomainListId)
	if err != nil {
		return nil, err
	}
	if r.now.Before(l.busy) {
		return nil, &types.ConflictException{Message: aws.String("[RSLVR-02025] The firewall domain list " + l.id + " is being updated.")}
	}
	var given []string
	for _, d := range in.Domains {
		if rest := strings.TrimPrefix(d, "*."); strings.Contains(rest, "*") || strings.TrimSuffix(rest, ".") == "" {
			return nil, &types.ValidationException{Message: aws.String("[RSLVR-02018] The domain name " + d + " is invalid.")}
		}
		given = append(given, strings.ToLower(strings.TrimSuffix(d, "."))+".")
	}
	switch in.Operation {
	case types.FirewallDomainUpdateOperationAdd:
		for _, d := range given {
			if !slices.Contains(l.domains, d) {
				l.domains = append(l.domains, d)
			}
		}
	case types.FirewallDomainUpdateOperationRemove:
		l.domains = slices.DeleteFunc(l.domains, func(d string) bool { return slices.Contains(given, d) })
	default:
		l.domains = given
	}
	l.busy = r.now.Add(resolverDelay)
	return &route53resolver.UpdateFirewallDomainsOutput{Id: aws.String(l.id), Name: aws.String(l.name), Status: types.FirewallDomainListStatusUpdating}, nil
}

func createDNSRuleGroup(r *request, in *route53resolver.CreateFirewallRuleGroupInput) (*route53resolver.CreateFirewallRuleGroupOutput, error) {
	g := &dnsRuleGroup{id: strings.Replace(r.org.id("rslvr-frg"), "-0", "-", 1), name: *in.Name}
	r.reg.resolver.groups.put(g.id, g)
	return &route53resolver.CreateFirewallRuleGroupOutput{FirewallRuleGroup: &types.FirewallRuleGroup{Id: aws.String(g.id), Name: in.Name}}, nil
}

func (r *request) dnsRuleGroup(id *string) (*dnsRuleGroup, error) {
	if g, ok := r.reg.resolver.groups.byID[aws.ToString(id)]; ok {
		return g, nil
	}
	return nil, noResolverThing("firewall rule group", aws.ToString(id))
}

func createDNSRule(r *request, in *route53resolver.CreateFirewallRuleInput) (*route53resolver.CreateFirewallRuleOutput, error) {
	g, err := r.dnsRuleGroup(in.FirewallRuleGroupId)
	if err != nil {
		return nil, err
	}
	if _, err := r.domainList(in.FirewallDomainListId); err != nil {
		return nil, err
	}
	rule := types.FirewallRule{Name: in.Name, Action: in.Action, BlockResponse: in.BlockResponse, Priority: in.Priority, FirewallDomainListId: in.FirewallDomainListId, FirewallRuleGroupId: in.FirewallRuleGroupId}
	g.rules = append(g.rules, rule)
	return &route53resolver.CreateFirewallRuleOutput{FirewallRule: &rule}, nil
}

func listDNSRuleGroups(r *request, _ *route53resolver.ListFirewallRuleGroupsInput) (*route53resolver.ListFirewallRuleGroupsOutput, error) {
	out := &route53resolver.ListFirewallRuleGroupsOutput{FirewallRuleGroups: []types.FirewallRuleGroupMetadata{}}
	for _, g := range r.reg.resolver.groups.all() {
		out.FirewallRuleGroups = append(out.FirewallRuleGroups, types.FirewallRuleGroupMetadata{Id: aws.String(g.id), Name: aws.String(g.name)})
	}
	return out, nil
}

func listDNSRules(r *request, in *route53resolver.ListFirewallRulesInput) (*route53resolver.ListFirewallRulesOutput, error) {
	g, err := r.dnsRuleGroup(in.FirewallRuleGroupId)
	if err != nil {
		return nil, err
	}
	return &route53resolver.ListFirewallRulesOutput{FirewallRules: slices.Clone(g.rules)}, nil
}

func associateDNSRuleGroup(r *request, in *route53resolver.AssociateFirewallRuleGroupInput) (*route53resolver.AssociateFirewallRuleGroupOutput, error) {
	if _, err := r.dnsRuleGroup(in.FirewallRuleGroupId); err != nil {
		return nil, err
	}
	if p := *in.Priority; p <= 100 || p >= 9900 {
		return nil, &types.ValidationException{Message: aws.String("[RSLVR-02009] The priority must be greater than 100 and less than 9900.")}
	}
	a := types.FirewallRuleGroupAssociation{Id: aws.String(r.org.id("rslvr-frgassoc")), FirewallRuleGroupId: in.FirewallRuleGroupId, VpcId: in.VpcId, Priority: in.Priority, Name: in.Name, Status: types.FirewallRuleGroupAssociationStatusComplete}
	r.reg.resolver.associations = append(r.reg.resolver.associations, a)
	return &route53resolver.AssociateFirewallRuleGroupOutput{FirewallRuleGroupAssociation: &a}, nil
}

func listDNSAssociations(r *request, _ *route53resolver.ListFirewallRuleGroupAssociationsInput) (*route53resolver.ListFirewallRuleGroupAssociationsOutput, error) {
	return &route53resolver.ListFirewallRuleGroupAssociationsOutput{FirewallRuleGroupAssociations: slices.Clone(r.reg.resolver.associations)}, nil
}

func createHostedZone(r *request, in *route53.CreateHostedZoneInput) (*route53.CreateHostedZoneOutput, error) {
	z := r53types.HostedZone{Id: aws.String("/hostedzone/Z" + r.org.keyID("")[:13]), Name: aws.String(strings.TrimSuffix(*in.Name, ".") + "."), CallerReference: in.CallerReference, Config: in.HostedZoneConfig}
	r.acct.zones = append(r.acct.zones, z)
	return &route53.CreateHostedZoneOutput{HostedZone: &z}, nil
}

func listHostedZones(r *request, _ *route53.ListHostedZonesInput) (*route53.ListHostedZonesOutput, error) {
	return &route53.ListHostedZonesOutput{HostedZones: slices.Clone(r.acct.zones), IsTruncated: false, MaxItems: aws.Int32(100)}, nil
}
