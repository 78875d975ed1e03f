package twin

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// networkACL is a network ACL: the default one of its VPC, in which all subnets are.
type networkACL struct {
	id, vpc string
	entries []types.NetworkAclEntry
}

// maxACLEntries are the rules of one direction, IPv4's and IPv6's and the last ones together. Source: "Amazon VPC quotas". moto knows no limit.
const maxACLEntries = 20

// lastEntry is the number of the rule that denies what no other matched; one's own are below it.
const lastEntry = 32767

// acls gives each VPC its default network ACL, when it is first asked for.
func (r *request) acls() *shelf[networkACL] {
	s := &r.reg.ec2
	for _, v := range s.vpcs.all() {
		if slices.ContainsFunc(s.acls.all(), func(a *networkACL) bool { return a.vpc == v.id }) {
			continue
		}
		a := &networkACL{id: r.org.id("acl"), vpc: v.id}
		for _, egress := range []bool{true, false} {
			for number, action := range map[int32]types.RuleAction{100: types.RuleActionAllow, lastEntry: types.RuleActionDeny} {
				a.put(types.NetworkAclEntry{CidrBlock: aws.String("0.0.0.0/0"), Egress: aws.Bool(egress), Protocol: aws.String("-1"), RuleAction: action, RuleNumber: aws.Int32(number)})
			}
		}
		s.acls.put(a.id, a)
	}
	return &s.acls
}

func (a *networkACL) put(e types.NetworkAclEntry) {
	a.entries = append(a.entries, e)
	slices.SortFunc(a.entries, func(x, y types.NetworkAclEntry) int {
		if *x.Egress != *y.Egress {
			if *x.Egress {
				return -1
			}
			return 1
		}
		return int(*x.RuleNumber - *y.RuleNumber)
	})
}

func (a *networkACL) at(number int32, egress bool) int {
	return slices.IndexFunc(a.entries, func(e types.NetworkAclEntry) bool { return *e.RuleNumber == number && *e.Egress == egress })
}

func (r *request) networkACL(id string) (*networkACL, error) {
	return find(r.acls(), kind{"acl-", "InvalidNetworkAclID", "The networkAcl ID '%s' does not exist"}, id)
}

func describeNetworkACLs(r *request, in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
	s := &r.reg.ec2
	subnets := func(a *networkACL) (ids []string) {
		for _, n := range s.subnets.all() {
			if n.vpc == a.vpc {
				ids = append(ids, n.id)
			}
		}
		return ids
	}
	found, next, err := list(r.acls(), r.networkACL, fields[networkACL]{
		"vpc-id":                     func(a *networkACL) []string { return []string{a.vpc} },
		"network-acl-id":             func(a *networkACL) []string { return []string{a.id} },
		"default":                    func(*networkACL) []string { return []string{"true"} },
		"association.subnet-id":      subnets,
		"association.network-acl-id": func(a *networkACL) []string { return []string{a.id} },
	}, func(a *networkACL) map[string]string { return s.tags[a.id] }, query{in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkAclsOutput{NextToken: next}
	for _, a := range found {
		view := types.NetworkAcl{NetworkAclId: aws.String(a.id), VpcId: aws.String(a.vpc), IsDefault: aws.Bool(true), OwnerId: aws.String(r.acct.id), Entries: slices.Clone(a.entries), Tags: s.tagView(a.id)}
		for _, id := range subnets(a) {
			view.Associations = append(view.Associations, types.NetworkAclAssociation{NetworkAclId: aws.String(a.id), SubnetId: aws.String(id), NetworkAclAssociationId: aws.String("aclassoc-" + strings.TrimPrefix(id, "subnet-"))})
		}
		out.NetworkAcls = append(out.NetworkAcls, view)
	}
	return out, nil
}

func createNetworkACLEntry(r *request, in *ec2.CreateNetworkAclEntryInput) (*ec2.CreateNetworkAclEntryOutput, error) {
	a, err := r.networkACL(aws.ToString(in.NetworkAclId))
	if err != nil {
		return nil, err
	}
	e := types.NetworkAclEntry{Egress: in.Egress, Protocol: in.Protocol, RuleAction: in.RuleAction, RuleNumber: in.RuleNumber, PortRange: in.PortRange, IcmpTypeCode: in.IcmpTypeCode}
	if *e.RuleNumber < 1 || *e.RuleNumber >= lastEntry {
		return nil, reject("InvalidParameterValue", "Value (%d) for parameter ruleNumber is invalid. Rule numbers are from 1 to 32766.", *e.RuleNumber)
	}
	if (in.CidrBlock == nil) == (in.Ipv6CidrBlock == nil) {
		return nil, reject("MissingParameter", "Either cidrBlock or ipv6CidrBlock must be specified")
	}
	cidr, err := netip.ParsePrefix(aws.ToString(in.CidrBlock) + aws.ToString(in.Ipv6CidrBlock))
	if err != nil || cidr.Addr().Is4() != (in.CidrBlock != nil) {
		return nil, reject("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", aws.ToString(in.CidrBlock)+aws.ToString(in.Ipv6CidrBlock))
	}
	if in.CidrBlock != nil {
		e.CidrBlock = aws.String(cidr.Masked().String())
	} else {
		e.Ipv6CidrBlock = aws.String(cidr.Masked().String())
	}
	if a.at(*e.RuleNumber, *e.Egress) >= 0 {
		return nil, reject("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", *e.RuleNumber)
	}
	n := 0
	for _, o := range a.entries {
		if *o.Egress == *e.Egress {
			n++
		}
	}
	if n >= maxACLEntries {
		return nil, reject("NetworkAclEntryLimitExceeded", "The maximum number of network ACL entries has been reached.")
	}
	a.put(e)
	return &ec2.CreateNetworkAclEntryOutput{}, nil
}

func deleteNetworkACLEntry(r *request, in *ec2.DeleteNetworkAclEntryInput) (*ec2.DeleteNetworkAclEntryOutput, error) {
	a, err := r.networkACL(aws.ToString(in.NetworkAclId))
	if err != nil {
		return nil, err
	}
	i := a.at(*in.RuleNumber, *in.Egress)
	if i < 0 || *in.RuleNumber >= lastEntry {
		return nil, reject("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by rule number %d does not exist", *in.RuleNumber)
	}
	a.entries = slices.Delete(a.entries, i, i+1)
	return &ec2.DeleteNetworkAclEntryOutput{}, nil
}
