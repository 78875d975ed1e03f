package twin

import (
	"net/netip"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type vpc struct {
	id   string
	cidr netip.Prefix
}

type subnet struct {
	id, vpc, zone string
	cidr          netip.Prefix
	taken         map[netip.Addr]bool
	last          netip.Addr // where the search for a free address goes on
	public        bool       // gives instances that are launched in it a public address
}

func createVpc(r *request, in *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) {
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeVpc)
	if err != nil {
		return nil, err
	}
	cidr, err := netip.ParsePrefix(aws.ToString(in.CidrBlock))
	if err != nil || !cidr.Addr().Is4() {
		return nil, reject("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", aws.ToString(in.CidrBlock))
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 {
		return nil, reject("InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	s := &r.reg.ec2
	v := &vpc{id: r.org.id("vpc"), cidr: cidr.Masked()}
	s.vpcs.put(v.id, v)
	s.tagAll(v.id, tags[types.ResourceTypeVpc])
	s.addDefaultGroup(r, v.id)
	view := s.vpcView(r, v)
	return &ec2.CreateVpcOutput{Vpc: &view}, nil
}

func (s *ec2State) vpcView(r *request, v *vpc) types.Vpc {
	return types.Vpc{
		VpcId:           aws.String(v.id),
		CidrBlock:       aws.String(v.cidr.String()),
		OwnerId:         aws.String(r.acct.id),
		State:           types.VpcStateAvailable,
		InstanceTenancy: types.TenancyDefault,
		IsDefault:       aws.Bool(false),
		Tags:            s.tagView(v.id),
	}
}

func describeVpcs(r *request, in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.vpcs, s.vpc, fields[vpc]{
		"vpc-id":     func(v *vpc) []string { return []string{v.id} },
		"cidr":       func(v *vpc) []string { return []string{v.cidr.String()} },
		"cidr-block": func(v *vpc) []string { return []string{v.cidr.String()} },
		"state":      func(*vpc) []string { return []string{"available"} },
		"is-default": func(*vpc) []string { return []string{"false"} },
		"isDefault":  func(*vpc) []string { return []string{"false"} },
		"owner-id":   func(*vpc) []string { return []string{r.acct.id} },
	}, func(v *vpc) map[string]string { return s.tags[v.id] }, query{in.VpcIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcsOutput{NextToken: next}
	for _, v := range found {
		out.Vpcs = append(out.Vpcs, s.vpcView(r, v))
	}
	return out, nil
}

func createSubnet(r *request, in *ec2.CreateSubnetInput) (*ec2.CreateSubnetOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeSubnet)
	if err != nil {
		return nil, err
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	zone := aws.ToString(in.AvailabilityZone)
	if zone == "" {
		zone = r.region + "a"
	}
	if !strings.HasPrefix(zone, r.region) || len(zone) != len(r.region)+1 {
		return nil, reject("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid.", zone)
	}
	cidr, err := s.freeRange(v, aws.ToString(in.CidrBlock))
	if err != nil {
		return nil, err
	}
	n := &subnet{id: r.org.id("subnet"), vpc: v.id, zone: zone, cidr: cidr, taken: map[netip.Addr]bool{}}
	s.subnets.put(n.id, n)
	s.tagAll(n.id, tags[types.ResourceTypeSubnet])
	view := s.subnetView(r, n)
	return &ec2.CreateSubnetOutput{Subnet: &view}, nil
}

// freeRange reads the range of a new subnet, and refuses one that is outside its VPC or already in use.
func (s *ec2State) freeRange(v *vpc, text string) (netip.Prefix, error) {
	cidr, err := netip.ParsePrefix(text)
	if err != nil || !cidr.Addr().Is4() {
		return cidr, reject("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	cidr = cidr.Masked()
	if cidr.Bits() < v.cidr.Bits() || cidr.Bits() > 28 || !v.cidr.Contains(cidr.Addr()) {
		return cidr, reject("InvalidSubnet.Range", "The CIDR '%s' is invalid.", text)
	}
	for _, n := range s.subnets.all() {
		if n.vpc == v.id && n.cidr.Overlaps(cidr) {
			return cidr, reject("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", text)
		}
	}
	return cidr, nil
}

// reserved is how many addresses of each subnet AWS keeps: the first four and the last.
const reserved = 5

func (n *subnet) free() int { return 1<<(32-n.cidr.Bits()) - reserved - len(n.taken) }

// usable says whether AWS lets an address of the subnet be given out.
func (n *subnet) usable(a netip.Addr) bool {
	first := n.cidr.Addr()
	for range 4 {
		if a == first {
			return false
		}
		first = first.Next()
	}
	return n.cidr.Contains(a) && n.cidr.Contains(a.Next())
}

// take gives out an address of the subnet: the one named, or the next free one.
func (n *subnet) take(named string) (netip.Addr, error) {
	if named != "" {
		a, err := n.canTake(named)
		if err == nil {
			n.taken[a] = true
		}
		return a, err
	}
	if n.free() <= 0 {
		return netip.Addr{}, noAddresses()
	}
	a := n.last
	for {
		a = a.Next()
		if !n.cidr.Contains(a) {
			a = n.cidr.Addr()
		}
		if n.usable(a) && !n.taken[a] {
			n.taken[a], n.last = true, a
			return a, nil
		}
	}
}

func (n *subnet) canTake(named string) (netip.Addr, error) {
	a, err := netip.ParseAddr(named)
	if err != nil {
		return a, reject("InvalidParameterValue", "Invalid value '%s' for privateIpAddress", named)
	}
	if !n.usable(a) {
		return a, reject("InvalidParameterValue", "Address does not fall within the subnet's address range")
	}
	if n.taken[a] {
		return a, reject("InvalidIPAddress.InUse", "Address %s is in use.", named)
	}
	return a, nil
}

func noAddresses() error {
	return reject("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in the subnet to satisfy the requested number of instances.")
}

func (s *ec2State) subnetView(r *request, n *subnet) types.Subnet {
	return types.Subnet{
		SubnetId:                aws.String(n.id),
		SubnetArn:               aws.String(r.arn("ec2", "subnet/"+n.id)),
		VpcId:                   aws.String(n.vpc),
		CidrBlock:               aws.String(n.cidr.String()),
		AvailabilityZone:        aws.String(n.zone),
		AvailableIpAddressCount: aws.Int32(int32(n.free())),
		OwnerId:                 aws.String(r.acct.id),
		State:                   types.SubnetStateAvailable,
		DefaultForAz:            aws.Bool(false),
		MapPublicIpOnLaunch:     aws.Bool(n.public),
		Tags:                    s.tagView(n.id),
	}
}

// arn names a resource of the caller's account in the region of the call.
func (r *request) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + r.region + ":" + r.acct.id + ":" + resource
}

func describeSubnets(r *request, in *ec2.DescribeSubnetsInput) (*ec2.DescribeSubnetsOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.subnets, s.subnet, fields[subnet]{
		"subnet-id":         func(n *subnet) []string { return []string{n.id} },
		"vpc-id":            func(n *subnet) []string { return []string{n.vpc} },
		"availability-zone": func(n *subnet) []string { return []string{n.zone} },
		"cidr-block":        func(n *subnet) []string { return []string{n.cidr.String()} },
		"state":             func(*subnet) []string { return []string{"available"} },
		"default-for-az":    func(*subnet) []string { return []string{"false"} },
		"owner-id":          func(*subnet) []string { return []string{r.acct.id} },
	}, func(n *subnet) map[string]string { return s.tags[n.id] }, query{in.SubnetIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSubnetsOutput{NextToken: next}
	for _, n := range found {
		out.Subnets = append(out.Subnets, s.subnetView(r, n))
	}
	return out, nil
}

// modifySubnetAttribute knows the one attribute that decides on public addresses. The twin does not give any out.
func modifySubnetAttribute(r *request, in *ec2.ModifySubnetAttributeInput) (*ec2.ModifySubnetAttributeOutput, error) {
	n, err := r.reg.ec2.subnet(aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	if in.MapPublicIpOnLaunch == nil {
		return nil, reject("NotImplemented", "the twin changes MapPublicIpOnLaunch alone")
	}
	n.public = aws.ToBool(in.MapPublicIpOnLaunch.Value)
	return &ec2.ModifySubnetAttributeOutput{}, nil
}
