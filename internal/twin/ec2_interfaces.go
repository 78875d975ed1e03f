package twin

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type networkInterface struct {
	id, description, kind string
	subnet, vpc, zone     string
	address               netip.Addr
	groups                []string
	sourceDestCheck       bool
	requesterManaged      bool
	attached              *attachment // nil while the interface is free
}

type attachment struct {
	id, instance        string
	device              int32
	at                  time.Time
	deleteOnTermination bool
}

// SetRequesterManaged makes an interface one that an AWS service manages, which its account cannot change.
func (o *Org) SetRequesterManaged(account, region, eni string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, ok := o.account(account).region(region).ec2.interfaces.byID[eni]; ok {
		n.requesterManaged = true
	}
}

// interfaceSpec is an interface that is still to be made.
type interfaceSpec struct {
	subnet                     *subnet
	groups                     []string
	description, kind, address string
}

func (s *ec2State) addInterface(r *request, spec interfaceSpec) (*networkInterface, error) {
	address, err := spec.subnet.take(spec.address)
	if err != nil {
		return nil, err
	}
	if spec.kind == "" {
		spec.kind = "interface"
	}
	n := &networkInterface{
		id: r.org.id("eni"), description: spec.description, kind: spec.kind,
		subnet: spec.subnet.id, vpc: spec.subnet.vpc, zone: spec.subnet.zone,
		address: address, groups: spec.groups, sourceDestCheck: true,
	}
	s.interfaces.put(n.id, n)
	return n, nil
}

// groupsFor gives the groups of a new interface: those named, or its VPC's default one.
func (s *ec2State) groupsFor(n *subnet, ids []string) ([]string, error) {
	if len(ids) == 0 {
		if g, ok := s.groupNamed(n.vpc, "default"); ok {
			ids = []string{g.id}
		}
	}
	return s.groupsIn(n.vpc, ids, func(group string) error {
		return reject("InvalidParameter", "Security group %s and subnet %s belong to different networks.", group, n.id)
	})
}

func createNetworkInterface(r *request, in *ec2.CreateNetworkInterfaceInput) (*ec2.CreateNetworkInterfaceOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeNetworkInterface)
	if err != nil {
		return nil, err
	}
	made, err := s.made("CreateNetworkInterface", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		return s.createdInterface(r, s.interfaces.byID[made[0]], in.ClientToken)
	}
	net, err := s.subnet(aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	groups, err := s.groupsFor(net, in.Groups)
	if err != nil {
		return nil, err
	}
	n, err := s.addInterface(r, interfaceSpec{subnet: net, groups: groups, description: aws.ToString(in.Description), kind: string(in.InterfaceType), address: aws.ToString(in.PrivateIpAddress)})
	if err != nil {
		return nil, err
	}
	s.tagAll(n.id, tags[types.ResourceTypeNetworkInterface])
	s.remember("CreateNetworkInterface", in.ClientToken, in, []string{n.id})
	return s.createdInterface(r, n, in.ClientToken)
}

func (s *ec2State) createdInterface(r *request, n *networkInterface, token *string) (*ec2.CreateNetworkInterfaceOutput, error) {
	if n == nil { // made by an earlier call with this token, and deleted since
		return nil, reject("InvalidNetworkInterfaceID.NotFound", "The network interface made with this client token does not exist")
	}
	view := s.interfaceView(r, n)
	return &ec2.CreateNetworkInterfaceOutput{ClientToken: text(aws.ToString(token)), NetworkInterface: &view}, nil
}

func (s *ec2State) attach(r *request, n *networkInterface, i *instance, device int32, deleteOnTermination bool) {
	n.attached = &attachment{id: r.org.id("eni-attach"), instance: i.id, device: device, at: r.now, deleteOnTermination: deleteOnTermination}
	i.interfaces = append(i.interfaces, n.id)
	slices.SortFunc(i.interfaces, func(a, b string) int {
		return int(s.interfaces.byID[a].attached.device - s.interfaces.byID[b].attached.device)
	})
}

func (s *ec2State) detach(n *networkInterface) {
	if i, ok := s.instances.byID[n.attached.instance]; ok {
		i.interfaces = slices.DeleteFunc(i.interfaces, func(id string) bool { return id == n.id })
	}
	n.attached = nil
}

func (s *ec2State) deleteInterface(n *networkInterface) {
	delete(s.subnets.byID[n.subnet].taken, n.address)
	s.interfaces.drop(n.id)
	delete(s.tags, n.id)
}

func attachNetworkInterface(r *request, in *ec2.AttachNetworkInterfaceInput) (*ec2.AttachNetworkInterfaceOutput, error) {
	s := &r.reg.ec2
	n, err := s.networkInterface(aws.ToString(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	i, err := s.instance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if err := s.canAttach(n, i, aws.ToInt32(in.DeviceIndex)); err != nil {
		return nil, err
	}
	s.attach(r, n, i, aws.ToInt32(in.DeviceIndex), false)
	return &ec2.AttachNetworkInterfaceOutput{AttachmentId: aws.String(n.attached.id), NetworkCardIndex: aws.Int32(0)}, nil
}

func (s *ec2State) canAttach(n *networkInterface, i *instance, device int32) error {
	switch {
	case n.requesterManaged:
		return requesterManaged(n.id)
	case n.attached != nil:
		return reject("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", n.id)
	case i.state != running && i.state != stopped:
		return reject("IncorrectState", "Instance '%s' is not 'running' or 'stopped'.", i.id)
	case n.zone != i.zone:
		return reject("InvalidParameterCombination", "You may not attach a network interface to an instance if they are not in the same availability zone")
	}
	for _, id := range i.interfaces {
		if s.interfaces.byID[id].attached.device == device {
			return reject("InvalidParameterValue", "Instance '%s' already has an interface attached at device index '%d'.", i.id, device)
		}
	}
	return nil
}

func requesterManaged(id string) error {
	return reject("OperationNotPermitted", "You do not have permission to manage the requester-managed network interface '%s'.", id)
}

func detachNetworkInterface(r *request, in *ec2.DetachNetworkInterfaceInput) (*ec2.DetachNetworkInterfaceOutput, error) {
	s := &r.reg.ec2
	id := aws.ToString(in.AttachmentId)
	for _, n := range s.interfaces.byID {
		if n.attached == nil || n.attached.id != id {
			continue
		}
		if n.requesterManaged {
			return nil, requesterManaged(n.id)
		}
		if n.attached.device == 0 {
			return nil, reject("OperationNotPermitted", "The network interface at device index 0 and networkCard index 0 cannot be detached.")
		}
		s.detach(n)
		return &ec2.DetachNetworkInterfaceOutput{}, nil
	}
	return nil, reject("InvalidAttachmentID.NotFound", "The networkInterface attachment ID '%s' does not exist", id)
}

func modifyNetworkInterfaceAttribute(r *request, in *ec2.ModifyNetworkInterfaceAttributeInput) (*ec2.ModifyNetworkInterfaceAttributeOutput, error) {
	s := &r.reg.ec2
	n, err := s.networkInterface(aws.ToString(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	if n.requesterManaged {
		return nil, requesterManaged(n.id)
	}
	given := 0
	for _, has := range []bool{len(in.Groups) > 0, in.Description != nil, in.SourceDestCheck != nil, in.Attachment != nil} {
		if has {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, reject("InvalidParameterCombination", "Only one attribute can be modified at a time")
	case given == 0:
		return nil, reject("MissingParameter", "The request must contain the parameter groupId, description, sourceDestCheck or attachment")
	}
	return &ec2.ModifyNetworkInterfaceAttributeOutput{}, s.modifyInterface(n, in)
}

func (s *ec2State) modifyInterface(n *networkInterface, in *ec2.ModifyNetworkInterfaceAttributeInput) error {
	switch {
	case in.Description != nil:
		n.description = aws.ToString(in.Description.Value)
	case in.SourceDestCheck != nil:
		n.sourceDestCheck = aws.ToBool(in.SourceDestCheck.Value)
	case in.Attachment != nil:
		if n.attached == nil || n.attached.id != aws.ToString(in.Attachment.AttachmentId) {
			return reject("InvalidAttachmentID.NotFound", "The networkInterface attachment ID '%s' does not exist", aws.ToString(in.Attachment.AttachmentId))
		}
		if in.Attachment.DeleteOnTermination != nil {
			n.attached.deleteOnTermination = *in.Attachment.DeleteOnTermination
		}
	default:
		return s.setGroups(n, in.Groups)
	}
	return nil
}

func (s *ec2State) setGroups(n *networkInterface, ids []string) error {
	groups, err := s.groupsIn(n.vpc, ids, func(string) error {
		return reject("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	})
	if err != nil {
		return err
	}
	n.groups = groups
	return nil
}

func (n *networkInterface) status() types.NetworkInterfaceStatus {
	if n.attached != nil {
		return types.NetworkInterfaceStatusInUse
	}
	return types.NetworkInterfaceStatusAvailable
}

// mac makes the interface's hardware address out of its id.
func (n *networkInterface) mac() string {
	d := n.id[len(n.id)-10:]
	return fmt.Sprintf("0e:%s:%s:%s:%s:%s", d[0:2], d[2:4], d[4:6], d[6:8], d[8:10])
}

func (n *networkInterface) dnsName(region string) string {
	domain := region + ".compute.internal"
	if region == "us-east-1" {
		domain = "ec2.internal"
	}
	return "ip-" + strings.ReplaceAll(n.address.String(), ".", "-") + "." + domain
}

func (s *ec2State) interfaceView(r *request, n *networkInterface) types.NetworkInterface {
	v := types.NetworkInterface{
		NetworkInterfaceId: aws.String(n.id),
		Description:        aws.String(n.description),
		InterfaceType:      types.NetworkInterfaceType(n.kind),
		SubnetId:           aws.String(n.subnet),
		VpcId:              aws.String(n.vpc),
		AvailabilityZone:   aws.String(n.zone),
		OwnerId:            aws.String(r.acct.id),
		MacAddress:         aws.String(n.mac()),
		PrivateIpAddress:   aws.String(n.address.String()),
		PrivateDnsName:     aws.String(n.dnsName(r.region)),
		PrivateIpAddresses: []types.NetworkInterfacePrivateIpAddress{{Primary: aws.Bool(true), PrivateIpAddress: aws.String(n.address.String()), PrivateDnsName: aws.String(n.dnsName(r.region))}},
		Groups:             s.identify(n.groups),
		SourceDestCheck:    aws.Bool(n.sourceDestCheck),
		RequesterManaged:   aws.Bool(n.requesterManaged),
		RequesterId:        aws.String(n.requester(r)),
		Status:             n.status(),
		TagSet:             s.tagView(n.id),
	}
	if a := n.attached; a != nil {
		v.Attachment = &types.NetworkInterfaceAttachment{
			AttachmentId:        aws.String(a.id),
			InstanceId:          aws.String(a.instance),
			InstanceOwnerId:     aws.String(r.acct.id),
			DeviceIndex:         aws.Int32(a.device),
			NetworkCardIndex:    aws.Int32(0),
			AttachTime:          aws.Time(a.at),
			DeleteOnTermination: aws.Bool(a.deleteOnTermination),
			Status:              types.AttachmentStatusAttached,
		}
	}
	return v
}

func (n *networkInterface) requester(r *request) string {
	if n.requesterManaged {
		return "amazon-aws"
	}
	return r.acct.id
}

// onInstance is the same interface as DescribeInstances shows it.
func (s *ec2State) onInstance(r *request, n *networkInterface) types.InstanceNetworkInterface {
	a := n.attached
	return types.InstanceNetworkInterface{
		NetworkInterfaceId: aws.String(n.id),
		Description:        aws.String(n.description),
		InterfaceType:      aws.String(n.kind),
		SubnetId:           aws.String(n.subnet),
		VpcId:              aws.String(n.vpc),
		OwnerId:            aws.String(r.acct.id),
		MacAddress:         aws.String(n.mac()),
		PrivateIpAddress:   aws.String(n.address.String()),
		PrivateDnsName:     aws.String(n.dnsName(r.region)),
		PrivateIpAddresses: []types.InstancePrivateIpAddress{{Primary: aws.Bool(true), PrivateIpAddress: aws.String(n.address.String()), PrivateDnsName: aws.String(n.dnsName(r.region))}},
		Groups:             s.identify(n.groups),
		SourceDestCheck:    aws.Bool(n.sourceDestCheck),
		Status:             n.status(),
		Attachment: &types.InstanceNetworkInterfaceAttachment{
			AttachmentId:        aws.String(a.id),
			DeviceIndex:         aws.Int32(a.device),
			NetworkCardIndex:    aws.Int32(0),
			AttachTime:          aws.Time(a.at),
			DeleteOnTermination: aws.Bool(a.deleteOnTermination),
			Status:              types.AttachmentStatusAttached,
		},
	}
}

func describeNetworkInterfaces(r *request, in *ec2.DescribeNetworkInterfacesInput) (*ec2.DescribeNetworkInterfacesOutput, error) {
	s := &r.reg.ec2
	if err := notWithIDs("networkInterfaceIdSet", in.NetworkInterfaceIds, in.MaxResults); err != nil {
		return nil, err
	}
	found, next, err := list(&s.interfaces, s.networkInterface, s.interfaceFields(r), func(n *networkInterface) map[string]string { return s.tags[n.id] },
		query{in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkInterfacesOutput{NextToken: next}
	for _, n := range found {
		out.NetworkInterfaces = append(out.NetworkInterfaces, s.interfaceView(r, n))
	}
	return out, nil
}

func (s *ec2State) interfaceFields(r *request) fields[networkInterface] {
	f := fields[networkInterface]{
		"network-interface-id":         func(n *networkInterface) []string { return []string{n.id} },
		"group-id":                     func(n *networkInterface) []string { return n.groups },
		"group-name":                   func(n *networkInterface) []string { return s.groupNames(n.groups) },
		"vpc-id":                       func(n *networkInterface) []string { return []string{n.vpc} },
		"subnet-id":                    func(n *networkInterface) []string { return []string{n.subnet} },
		"availability-zone":            func(n *networkInterface) []string { return []string{n.zone} },
		"description":                  func(n *networkInterface) []string { return []string{n.description} },
		"interface-type":               func(n *networkInterface) []string { return []string{n.kind} },
		"mac-address":                  func(n *networkInterface) []string { return []string{n.mac()} },
		"owner-id":                     func(*networkInterface) []string { return []string{r.acct.id} },
		"private-ip-address":           func(n *networkInterface) []string { return []string{n.address.String()} },
		"addresses.private-ip-address": func(n *networkInterface) []string { return []string{n.address.String()} },
		"private-dns-name":             func(n *networkInterface) []string { return []string{n.dnsName(r.region)} },
		"requester-managed":            func(n *networkInterface) []string { return yesNo(n.requesterManaged) },
		"requester-id":                 func(n *networkInterface) []string { return []string{n.requester(r)} },
		"source-dest-check":            func(n *networkInterface) []string { return yesNo(n.sourceDestCheck) },
		"status":                       func(n *networkInterface) []string { return []string{string(n.status())} },
	}
	for name, get := range attachmentFields(r.acct.id) {
		f["attachment."+name] = func(n *networkInterface) []string {
			if n.attached == nil {
				return nil
			}
			return get(n.attached)
		}
	}
	return f
}

func attachmentFields(owner string) map[string]func(*attachment) []string {
	return map[string]func(*attachment) []string{
		"instance-id":           func(a *attachment) []string { return []string{a.instance} },
		"attachment-id":         func(a *attachment) []string { return []string{a.id} },
		"device-index":          func(a *attachment) []string { return []string{strconv.Itoa(int(a.device))} },
		"delete-on-termination": func(a *attachment) []string { return yesNo(a.deleteOnTermination) },
		"instance-owner-id":     func(*attachment) []string { return []string{owner} },
		"status":                func(*attachment) []string { return []string{"attached"} },
	}
}
