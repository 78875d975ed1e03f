package twin

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// groupRule is one rule of a security group: one protocol, one range of ports, one peer.
type groupRule struct {
	id, group   string
	egress      bool
	description string
	flow
}

// flow is what makes two rules of one direction the same: a description does not.
type flow struct {
	protocol   string
	from, to   int32 // -1 where the protocol has no ports
	v4, v6     string
	prefixList string
	peer       string // a group's id
	peerOwner  string
}

func (s *ec2State) addRule(r *request, g *securityGroup, rule groupRule) *groupRule {
	rule.id, rule.group = r.org.id("sgr"), g.id
	s.rules.put(rule.id, &rule)
	g.rules = append(g.rules, rule.id)
	return &rule
}

// dropRule leaves the group's own list alone: its caller holds that one.
func (s *ec2State) dropRule(id string) {
	s.rules.drop(id)
	delete(s.tags, id)
}

func (s *ec2State) rulesOf(g *securityGroup, egress bool) []*groupRule {
	var out []*groupRule
	for _, id := range g.rules {
		if rule := s.rules.byID[id]; rule.egress == egress {
			out = append(out, rule)
		}
	}
	return out
}

func flowFields() map[string]func(flow) []string {
	return map[string]func(flow) []string{
		"cidr":           func(f flow) []string { return one(f.v4) },
		"ipv6-cidr":      func(f flow) []string { return one(f.v6) },
		"prefix-list-id": func(f flow) []string { return one(f.prefixList) },
		"group-id":       func(f flow) []string { return one(f.peer) },
		"user-id":        func(f flow) []string { return one(f.peerOwner) },
		"protocol":       func(f flow) []string { return one(f.protocol) },
		"from-port":      func(f flow) []string { return one(strconv.Itoa(int(f.from))) },
		"to-port":        func(f flow) []string { return one(strconv.Itoa(int(f.to))) },
	}
}

// ruleChange is an Authorize or Revoke call in either direction.
type ruleChange struct {
	group, name *string
	egress      bool
	perms       []types.IpPermission
	ruleIDs     []string
	tags        []types.TagSpecification
}

func authorizeIngress(r *request, in *ec2.AuthorizeSecurityGroupIngressInput) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	perms := in.IpPermissions
	if in.IpProtocol != nil || in.CidrIp != nil {
		perms = append(slices.Clone(perms), shortPermission(in.IpProtocol, in.FromPort, in.ToPort, in.CidrIp))
	}
	rules, err := authorize(r, ruleChange{group: in.GroupId, name: in.GroupName, perms: perms, tags: in.TagSpecifications})
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupIngressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

func authorizeEgress(r *request, in *ec2.AuthorizeSecurityGroupEgressInput) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	rules, err := authorize(r, ruleChange{group: in.GroupId, egress: true, perms: in.IpPermissions, tags: in.TagSpecifications})
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupEgressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

func revokeIngress(r *request, in *ec2.RevokeSecurityGroupIngressInput) (*ec2.RevokeSecurityGroupIngressOutput, error) {
	perms := in.IpPermissions
	if in.IpProtocol != nil || in.CidrIp != nil {
		perms = append(slices.Clone(perms), shortPermission(in.IpProtocol, in.FromPort, in.ToPort, in.CidrIp))
	}
	revoked, err := revoke(r, ruleChange{group: in.GroupId, name: in.GroupName, perms: perms, ruleIDs: in.SecurityGroupRuleIds})
	if err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupIngressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked}, nil
}

func revokeEgress(r *request, in *ec2.RevokeSecurityGroupEgressInput) (*ec2.RevokeSecurityGroupEgressOutput, error) {
	revoked, err := revoke(r, ruleChange{group: in.GroupId, egress: true, perms: in.IpPermissions, ruleIDs: in.SecurityGroupRuleIds})
	if err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupEgressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked}, nil
}

// shortPermission is the older form of an ingress call, with one range in the call itself.
func shortPermission(protocol *string, from, to *int32, cidr *string) types.IpPermission {
	return types.IpPermission{IpProtocol: protocol, FromPort: from, ToPort: to, IpRanges: []types.IpRange{{CidrIp: cidr}}}
}

func authorize(r *request, c ruleChange) ([]types.SecurityGroupRule, error) {
	s := &r.reg.ec2
	tags, err := specTags(c.tags, types.ResourceTypeSecurityGroupRule)
	if err != nil {
		return nil, err
	}
	g, err := s.chosenGroup(c.group, c.name)
	if err != nil {
		return nil, err
	}
	wanted, err := s.expand(r, g, c.perms, c.egress)
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		return nil, reject("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	present := s.rulesOf(g, c.egress)
	for i, w := range wanted {
		if hasFlow(present, w.flow) {
			return nil, reject("InvalidPermission.Duplicate", "the specified rule %q already exists", w.peerText())
		}
		if slices.ContainsFunc(wanted[:i], func(o groupRule) bool { return o.flow == w.flow }) {
			return nil, reject("InvalidParameterValue", "The same permission must not appear multiple times")
		}
	}
	var out []types.SecurityGroupRule
	for _, w := range wanted {
		rule := s.addRule(r, g, w)
		s.tagAll(rule.id, tags[types.ResourceTypeSecurityGroupRule])
		out = append(out, s.ruleView(r, rule))
	}
	return out, nil
}

func hasFlow(rules []*groupRule, f flow) bool {
	return slices.ContainsFunc(rules, func(rule *groupRule) bool { return rule.flow == f })
}

// peerText is how AWS words a rule in its errors.
func (f flow) peerText() string {
	peer := f.v4 + f.v6 + f.prefixList + f.peer
	if f.protocol == "-1" {
		return fmt.Sprintf("peer: %s, ALL, ALLOW", peer)
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(f.protocol), f.from, f.to)
}

// expand makes the rules that permissions stand for: one for each peer of each permission.
func (s *ec2State) expand(r *request, g *securityGroup, perms []types.IpPermission, egress bool) ([]groupRule, error) {
	var out []groupRule
	for _, p := range perms {
		base, err := ports(p)
		if err != nil {
			return nil, err
		}
		peers, err := s.peers(r, g, p)
		if err != nil {
			return nil, err
		}
		for _, peer := range peers {
			peer.egress = egress
			peer.protocol, peer.from, peer.to = base.protocol, base.from, base.to
			out = append(out, peer)
		}
	}
	return out, nil
}

func ports(p types.IpPermission) (flow, error) {
	f := flow{protocol: strings.ToLower(aws.ToString(p.IpProtocol)), from: -1, to: -1}
	switch f.protocol {
	case "":
		return f, reject("MissingParameter", "The request must contain the parameter ipProtocol")
	case "all":
		f.protocol = "-1"
	case "6":
		f.protocol = "tcp"
	case "17":
		f.protocol = "udp"
	case "1":
		f.protocol = "icmp"
	case "58":
		f.protocol = "icmpv6"
	}
	if n, err := strconv.Atoi(f.protocol); err == nil && (n < -1 || n > 255) || err != nil && !slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, f.protocol) {
		return f, reject("InvalidPermission.Malformed", "Invalid IP protocol '%s'", f.protocol)
	}
	switch f.protocol {
	case "tcp", "udp":
		if p.FromPort == nil || p.ToPort == nil {
			return f, reject("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		f.from, f.to = *p.FromPort, *p.ToPort
		if f.from < 0 || f.to > 65535 || f.from > f.to {
			return f, reject("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", f.from, f.to)
		}
	case "icmp", "icmpv6":
		if p.FromPort != nil {
			f.from = *p.FromPort
		}
		if p.ToPort != nil {
			f.to = *p.ToPort
		}
	}
	return f, nil
}

func (s *ec2State) peers(r *request, g *securityGroup, p types.IpPermission) ([]groupRule, error) {
	var out []groupRule
	for _, c := range p.IpRanges {
		cidr, err := cidrText(aws.ToString(c.CidrIp), true)
		if err != nil {
			return nil, err
		}
		out = append(out, groupRule{description: aws.ToString(c.Description), flow: flow{v4: cidr}})
	}
	for _, c := range p.Ipv6Ranges {
		cidr, err := cidrText(aws.ToString(c.CidrIpv6), false)
		if err != nil {
			return nil, err
		}
		out = append(out, groupRule{description: aws.ToString(c.Description), flow: flow{v6: cidr}})
	}
	for _, l := range p.PrefixListIds {
		if !wellFormed("pl-", aws.ToString(l.PrefixListId)) {
			return nil, reject("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", aws.ToString(l.PrefixListId))
		}
		out = append(out, groupRule{description: aws.ToString(l.Description), flow: flow{prefixList: *l.PrefixListId}})
	}
	for _, pair := range p.UserIdGroupPairs {
		peer, owner, err := s.peerGroup(r, g, pair)
		if err != nil {
			return nil, err
		}
		out = append(out, groupRule{description: aws.ToString(pair.Description), flow: flow{peer: peer, peerOwner: owner}})
	}
	return out, nil
}

// cidrText brings a range into the form in which AWS keeps it, without the bits after the mask.
func cidrText(text string, v4 bool) (string, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4() != v4 {
		return "", reject("InvalidParameterValue", "CIDR block %s is malformed", text)
	}
	return p.Masked().String(), nil
}

// peerGroup finds the group that a rule names. Another account's group cannot be looked up from here.
func (s *ec2State) peerGroup(r *request, g *securityGroup, pair types.UserIdGroupPair) (id, owner string, err error) {
	owner = aws.ToString(pair.UserId)
	if owner == "" {
		owner = r.acct.id
	}
	id = aws.ToString(pair.GroupId)
	if id == "" {
		named, ok := s.groupNamed(g.vpc, aws.ToString(pair.GroupName))
		if !ok {
			return "", "", reject("InvalidGroup.NotFound", "The security group '%s' does not exist", aws.ToString(pair.GroupName))
		}
		id = named.id
	}
	if owner != r.acct.id {
		return id, owner, nil
	}
	peer, err := s.group(id)
	if err != nil {
		return "", "", err
	}
	if peer.vpc != g.vpc {
		return "", "", reject("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	}
	return id, owner, nil
}

func revoke(r *request, c ruleChange) ([]types.RevokedSecurityGroupRule, error) {
	s := &r.reg.ec2
	g, err := s.chosenGroup(c.group, c.name)
	if err != nil {
		return nil, err
	}
	var doomed []*groupRule
	switch {
	case len(c.ruleIDs) > 0 && len(c.perms) > 0:
		return nil, reject("InvalidParameterCombination", "The parameters ipPermissions and securityGroupRuleIds may not be used together.")
	case len(c.ruleIDs) > 0:
		doomed, err = s.rulesByID(g, c.ruleIDs, c.egress)
	case len(c.perms) > 0:
		doomed, err = s.rulesByFlow(r, g, c.perms, c.egress)
	default:
		return nil, reject("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
	}
	if err != nil {
		return nil, err
	}
	var out []types.RevokedSecurityGroupRule
	for _, rule := range doomed {
		out = append(out, revokedView(rule))
		s.dropRule(rule.id)
	}
	g.rules = slices.DeleteFunc(g.rules, func(id string) bool { return s.rules.byID[id] == nil })
	return out, nil
}

func (s *ec2State) rulesByID(g *securityGroup, ids []string, egress bool) ([]*groupRule, error) {
	var out []*groupRule
	for _, id := range ids {
		rule, err := s.rule(id)
		if err != nil {
			return nil, err
		}
		if rule.group != g.id || rule.egress != egress {
			return nil, reject("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
		}
		if !slices.Contains(out, rule) {
			out = append(out, rule)
		}
	}
	return out, nil
}

func (s *ec2State) rulesByFlow(r *request, g *securityGroup, perms []types.IpPermission, egress bool) ([]*groupRule, error) {
	wanted, err := s.expand(r, g, perms, egress)
	if err != nil {
		return nil, err
	}
	present := s.rulesOf(g, egress)
	var out []*groupRule
	for _, w := range wanted {
		i := slices.IndexFunc(present, func(rule *groupRule) bool { return rule.flow == w.flow })
		if i < 0 {
			return nil, reject("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		if !slices.Contains(out, present[i]) {
			out = append(out, present[i])
		}
	}
	return out, nil
}

// text gives a pointer to a text, nil where it is empty: so the SDK shows what AWS left out of its answer.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s *ec2State) ruleView(r *request, rule *groupRule) types.SecurityGroupRule {
	v := types.SecurityGroupRule{
		SecurityGroupRuleId:  aws.String(rule.id),
		SecurityGroupRuleArn: aws.String(r.arn("ec2", "security-group-rule/"+rule.id)),
		GroupId:              aws.String(rule.group),
		GroupOwnerId:         aws.String(r.acct.id),
		IsEgress:             aws.Bool(rule.egress),
		IpProtocol:           aws.String(rule.protocol),
		FromPort:             aws.Int32(rule.from),
		ToPort:               aws.Int32(rule.to),
		CidrIpv4:             text(rule.v4),
		CidrIpv6:             text(rule.v6),
		PrefixListId:         text(rule.prefixList),
		Description:          text(rule.description),
		Tags:                 s.tagView(rule.id),
	}
	if rule.peer != "" {
		v.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: aws.String(rule.peer), UserId: aws.String(rule.peerOwner)}
	}
	return v
}

func revokedView(rule *groupRule) types.RevokedSecurityGroupRule {
	return types.RevokedSecurityGroupRule{
		SecurityGroupRuleId: aws.String(rule.id),
		GroupId:             aws.String(rule.group),
		IsEgress:            aws.Bool(rule.egress),
		IpProtocol:          aws.String(rule.protocol),
		FromPort:            aws.Int32(rule.from),
		ToPort:              aws.Int32(rule.to),
		CidrIpv4:            text(rule.v4),
		CidrIpv6:            text(rule.v6),
		PrefixListId:        text(rule.prefixList),
		ReferencedGroupId:   text(rule.peer),
		Description:         text(rule.description),
	}
}

// permissionView gathers rules the way DescribeSecurityGroups shows them: one permission for each range of ports.
func permissionView(rules []*groupRule) []types.IpPermission {
	type span struct {
		protocol string
		from, to int32
	}
	var order []span
	by := map[span]*types.IpPermission{}
	for _, rule := range rules {
		k := span{rule.protocol, rule.from, rule.to}
		if by[k] == nil {
			by[k] = newPermission(rule)
			order = append(order, k)
		}
		addPeer(by[k], rule)
	}
	out := make([]types.IpPermission, 0, len(order))
	for _, k := range order {
		out = append(out, *by[k])
	}
	return out
}

func newPermission(rule *groupRule) *types.IpPermission {
	p := &types.IpPermission{
		IpProtocol: aws.String(rule.protocol),
		IpRanges:   []types.IpRange{}, Ipv6Ranges: []types.Ipv6Range{},
		PrefixListIds: []types.PrefixListId{}, UserIdGroupPairs: []types.UserIdGroupPair{},
	}
	switch rule.protocol {
	case "tcp", "udp", "icmp", "icmpv6": // the other protocols have no ports in this view
		p.FromPort, p.ToPort = aws.Int32(rule.from), aws.Int32(rule.to)
	}
	return p
}

func addPeer(p *types.IpPermission, rule *groupRule) {
	switch {
	case rule.v4 != "":
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(rule.v4), Description: text(rule.description)})
	case rule.v6 != "":
		p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: aws.String(rule.v6), Description: text(rule.description)})
	case rule.prefixList != "":
		p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: aws.String(rule.prefixList), Description: text(rule.description)})
	default:
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{GroupId: aws.String(rule.peer), UserId: aws.String(rule.peerOwner), Description: text(rule.description)})
	}
}

func describeSecurityGroupRules(r *request, in *ec2.DescribeSecurityGroupRulesInput) (*ec2.DescribeSecurityGroupRulesOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.rules, s.rule, fields[groupRule]{
		"group-id":               func(rule *groupRule) []string { return []string{rule.group} },
		"security-group-rule-id": func(rule *groupRule) []string { return []string{rule.id} },
	}, func(rule *groupRule) map[string]string { return s.tags[rule.id] }, query{in.SecurityGroupRuleIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSecurityGroupRulesOutput{NextToken: next}
	for _, rule := range found {
		out.SecurityGroupRules = append(out.SecurityGroupRules, s.ruleView(r, rule))
	}
	return out, nil
}
