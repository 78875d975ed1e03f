package twin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// wafv2State is what WAF has in one Region of one account; what is CLOUDFRONT's is in us-east-1.
type wafv2State struct {
	ipSets  shelf[ipSet]
	webACLs shelf[webACL]
}

type ipSet struct {
	id, name, arn, lock string
	scope               types.Scope
	version             types.IPAddressVersion
	description         *string
	addresses           []string
}

type webACL struct {
	id, name, arn, lock string
	scope               types.Scope
	rules               []types.Rule
	action              *types.DefaultAction
	visibility          *types.VisibilityConfig
	resources           []string
}

// maxAddresses is how many an IP set holds. Source: "IP set match rule statement", AWS WAF Developer Guide.
const maxAddresses = 10_000

func wafv2Handlers(t table) {
	const service = "WAFV2"
	on(t, service, "CreateIPSet", createIPSet)
	on(t, service, "GetIPSet", getIPSet)
	on(t, service, "ListIPSets", listIPSets)
	on(t, service, "UpdateIPSet", updateIPSet)
	on(t, service, "CreateWebACL", createWebACL)
	on(t, service, "GetWebACL", getWebACL)
	on(t, service, "ListWebACLs", listWebACLs)
	on(t, service, "AssociateWebACL", associateWebACL)
	on(t, service, "ListResourcesForWebACL", listResourcesForWebACL)
}

// wafScope refuses CLOUDFRONT outside of us-east-1: "The scope is not valid.".
func (r *request) wafScope(s types.Scope) error {
	if s == types.ScopeRegional || s == types.ScopeCloudfront && r.region == "us-east-1" {
		return nil
	}
	return wafInvalid("SCOPE_VALUE", "The scope is not valid., field: SCOPE_VALUE, parameter: %s", s)
}

func wafInvalid(field, format string, args ...any) error {
	return &types.WAFInvalidParameterException{Message: aws.String("Error reason: " + fmt.Sprintf(format, args...)), Field: types.ParameterExceptionField(field)}
}

func wafMissing() error {
	return &types.WAFNonexistentItemException{Message: aws.String("AWS WAF couldn’t perform the operation because your resource doesn’t exist.")}
}

func wafWord(s types.Scope) string {
	if s == types.ScopeCloudfront {
		return "global"
	}
	return "regional"
}

// wafAddresses reads the addresses of a set. WAF keeps IPv6 in full: 2001:db8::/32 comes back as 2001:0db8:0000:...; [K] of the provider for Terraform,
// which has to compare them by value for that reason. moto takes and gives back anything.
func wafAddresses(version types.IPAddressVersion, given []string) ([]string, error) {
	all := []string{}
	for _, s := range given {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Bits() == 0 || p.Addr().Is4() != (version == types.IPAddressVersionIpv4) {
			return nil, wafInvalid("IP_ADDRESS", "The parameter contains formatting that is not valid., field: IP_ADDRESS, parameter: %s", s)
		}
		if p = p.Masked(); p.Addr().Is6() {
			s = fmt.Sprintf("%s/%d", p.Addr().StringExpanded(), p.Bits())
		} else {
			s = p.String()
		}
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) > maxAddresses {
		return nil, &types.WAFLimitsExceededException{Message: aws.String("AWS WAF couldn’t perform the operation because you exceeded your resource limit.")}
	}
	return all, nil
}

func createIPSet(r *request, in *wafv2.CreateIPSetInput) (*wafv2.CreateIPSetOutput, error) {
	if err := r.wafScope(in.Scope); err != nil {
		return nil, err
	}
	addresses, err := wafAddresses(in.IPAddressVersion, in.Addresses)
	if err != nil {
		return nil, err
	}
	for _, s := range r.reg.wafv2.ipSets.all() {
		if s.name == *in.Name && s.scope == in.Scope {
			return nil, &types.WAFDuplicateItemException{Message: aws.String("AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing one.")}
		}
	}
	s := &ipSet{id: r.wafID(), name: *in.Name, scope: in.Scope, version: in.IPAddressVersion, description: in.Description, addresses: addresses, lock: r.wafID()}
	s.arn = fmt.Sprintf("arn:aws:wafv2:%s:%s:%s/ipset/%s/%s", r.region, r.acct.id, wafWord(s.scope), s.name, s.id)
	r.reg.wafv2.ipSets.put(s.id, s)
	return &wafv2.CreateIPSetOutput{Summary: s.summary()}, nil
}

// wafID makes the next id or lock token, in the form of a UUID.
func (r *request) wafID() string {
	r.org.serial++
	n := r.org.serial * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(n), uint16(n>>32), r.org.serial)
}

func (s *ipSet) summary() *types.IPSetSummary {
	return &types.IPSetSummary{ARN: &s.arn, Description: s.description, Id: &s.id, LockToken: aws.String(s.lock), Name: &s.name}
}

// ipSet finds a set; all three words must fit.
func (r *request) ipSet(id, name *string, scope types.Scope) (*ipSet, error) {
	if err := r.wafScope(scope); err != nil {
		return nil, err
	}
	s, ok := r.reg.wafv2.ipSets.byID[aws.ToString(id)]
	if !ok || s.name != aws.ToString(name) || s.scope != scope {
		return nil, wafMissing()
	}
	return s, nil
}

func getIPSet(r *request, in *wafv2.GetIPSetInput) (*wafv2.GetIPSetOutput, error) {
	s, err := r.ipSet(in.Id, in.Name, in.Scope)
	if err != nil {
		return nil, err
	}
	return &wafv2.GetIPSetOutput{LockToken: aws.String(s.lock), IPSet: &types.IPSet{
		ARN: &s.arn, Id: &s.id, Name: &s.name, Description: s.description, IPAddressVersion: s.version, Addresses: slices.Clone(s.addresses),
	}}, nil
}

func listIPSets(r *request, in *wafv2.ListIPSetsInput) (*wafv2.ListIPSetsOutput, error) {
	if err := r.wafScope(in.Scope); err != nil {
		return nil, err
	}
	out := &wafv2.ListIPSetsOutput{IPSets: []types.IPSetSummary{}}
	for _, s := range r.reg.wafv2.ipSets.all() {
		if s.scope == in.Scope {
			out.IPSets = append(out.IPSets, *s.summary())
		}
	}
	return out, nil
}

// updateIPSet takes the place of the whole list.
func updateIPSet(r *request, in *wafv2.UpdateIPSetInput) (*wafv2.UpdateIPSetOutput, error) {
	s, err := r.ipSet(in.Id, in.Name, in.Scope)
	if err != nil {
		return nil, err
	}
	if s.lock != aws.ToString(in.LockToken) {
		return nil, &types.WAFOptimisticLockException{Message: aws.String("AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply your changes.")}
	}
	if s.addresses, err = wafAddresses(s.version, in.Addresses); err != nil {
		return nil, err
	}
	s.description, s.lock = in.Description, r.wafID()
	return &wafv2.UpdateIPSetOutput{NextLockToken: aws.String(s.lock)}, nil
}

func createWebACL(r *request, in *wafv2.CreateWebACLInput) (*wafv2.CreateWebACLOutput, error) {
	if err := r.wafScope(in.Scope); err != nil {
		return nil, err
	}
	w := &webACL{id: r.wafID(), name: *in.Name, scope: in.Scope, rules: in.Rules, action: in.DefaultAction, visibility: in.VisibilityConfig, lock: r.wafID()}
	w.arn = fmt.Sprintf("arn:aws:wafv2:%s:%s:%s/webacl/%s/%s", r.region, r.acct.id, wafWord(w.scope), w.name, w.id)
	r.reg.wafv2.webACLs.put(w.id, w)
	return &wafv2.CreateWebACLOutput{Summary: w.summary()}, nil
}

func (w *webACL) summary() *types.WebACLSummary {
	return &types.WebACLSummary{ARN: &w.arn, Id: &w.id, Name: &w.name, LockToken: aws.String(w.lock)}
}

func getWebACL(r *request, in *wafv2.GetWebACLInput) (*wafv2.GetWebACLOutput, error) {
	if err := r.wafScope(in.Scope); err != nil {
		return nil, err
	}
	w, ok := r.reg.wafv2.webACLs.byID[aws.ToString(in.Id)]
	if !ok || w.scope != in.Scope {
		return nil, wafMissing()
	}
	return &wafv2.GetWebACLOutput{LockToken: aws.String(w.lock), WebACL: &types.WebACL{ARN: &w.arn, Id: &w.id, Name: &w.name, DefaultAction: w.action, VisibilityConfig: w.visibility, Rules: w.rules}}, nil
}

func listWebACLs(r *request, in *wafv2.ListWebACLsInput) (*wafv2.ListWebACLsOutput, error) {
	if err := r.wafScope(in.Scope); err != nil {
		return nil, err
	}
	out := &wafv2.ListWebACLsOutput{WebACLs: []types.WebACLSummary{}}
	for _, w := range r.reg.wafv2.webACLs.all() {
		if w.scope == in.Scope {
			out.WebACLs = append(out.WebACLs, *w.summary())
		}
	}
	return out, nil
}

func (r *request) webACL(arn string) *webACL {
	for _, w := range r.reg.wafv2.webACLs.all() {
		if w.arn == arn {
			return w
		}
	}
	return nil
}

func associateWebACL(r *request, in *wafv2.AssociateWebACLInput) (*wafv2.AssociateWebACLOutput, error) {
	w := r.webACL(*in.WebACLArn)
	if w == nil {
		return nil, wafMissing()
	}
	if w.scope == types.ScopeCloudfront {
		return nil, wafInvalid("RESOURCE_ARN", "The ARN isn't valid. A distribution names its web ACL itself., field: RESOURCE_ARN, parameter: %s", *in.ResourceArn)
	}
	for _, o := range r.reg.wafv2.webACLs.all() {
		o.resources = slices.DeleteFunc(o.resources, func(a string) bool { return a == *in.ResourceArn })
	}
	w.resources = append(w.resources, *in.ResourceArn)
	return &wafv2.AssociateWebACLOutput{}, nil
}

// listResourcesForWebACL answers for one type of resource, load balancers where none is named. moto does not know the call.
func listResourcesForWebACL(r *request, in *wafv2.ListResourcesForWebACLInput) (*wafv2.ListResourcesForWebACLOutput, error) {
	w := r.webACL(*in.WebACLArn)
	if w == nil {
		return nil, wafMissing()
	}
	if w.scope == types.ScopeCloudfront {
		return nil, wafInvalid("WEB_ACL", "The ARN isn't valid. Use ListDistributionsByWebACLId., field: WEB_ACL, parameter: %s", *in.WebACLArn)
	}
	service, ok := map[types.ResourceType]string{
		"": ":elasticloadbalancing:", types.ResourceTypeApplicationLoadBalancer: ":elasticloadbalancing:", types.ResourceTypeApiGateway: ":apigateway:", types.ResourceTypeAppsync: ":appsync:",
		types.ResourceTypeCognitioUserPool: ":cognito-idp:", types.ResourceTypeAppRunnerService: ":apprunner:", types.ResourceTypeVerifiedAccessInstance: ":ec2:", types.ResourceTypeAmplify: ":amplify:",
	}[in.ResourceType]
	if !ok {
		return nil, wafInvalid("RESOURCE_TYPE", "The resource type is not valid., field: RESOURCE_TYPE, parameter: %s", in.ResourceType)
	}
	out := &wafv2.ListResourcesForWebACLOutput{ResourceArns: []string{}}
	for _, a := range w.resources {
		if strings.Contains(a, service) {
			out.ResourceArns = append(out.ResourceArns, a)
		}
	}
	return out, nil
}
