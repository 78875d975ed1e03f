package twin

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// rootDevice is where every image of the organization has its root volume.
const rootDevice = "/dev/xvda"

// issued is what a call with a client token made, and what the call said.
type issued struct {
	print [sha256.Size]byte
	ids   []string
}

// made gives what an earlier call with the same client token made, and refuses one that said something else.
func (s *ec2State) made(operation string, token *string, in any) ([]string, error) {
	was, ok := s.tokens[operation+"/"+aws.ToString(token)]
	if !ok || aws.ToString(token) == "" {
		return nil, nil
	}
	if was.print != fingerprint(in) {
		return nil, reject("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	return was.ids, nil
}

func (s *ec2State) remember(operation string, token *string, in any, ids []string) {
	if aws.ToString(token) == "" {
		return
	}
	if s.tokens == nil {
		s.tokens = map[string]issued{}
	}
	s.tokens[operation+"/"+*token] = issued{print: fingerprint(in), ids: ids}
}

func fingerprint(in any) [sha256.Size]byte {
	b, err := json.Marshal(in)
	if err != nil {
		panic("twin: an input that is not plain data: " + err.Error())
	}
	return sha256.Sum256(b)
}

// port is one interface that a launch gives to each instance.
type port struct {
	interfaceSpec
	device   int32
	keep     bool // outlives the instance
	existing *networkInterface
}

// launch is a checked RunInstances call, so that what fails does so before anything is made.
type launch struct {
	in      *ec2.RunInstancesInput
	tags    map[types.ResourceType]map[string]string
	ports   []port
	profile string // ARN; empty is none
	meta    metadataOptions
}

func runInstances(r *request, in *ec2.RunInstancesInput) (*ec2.RunInstancesOutput, error) {
	s := &r.reg.ec2
	made, err := s.made("RunInstances", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		found, err := s.chosenInstances(made)
		if err != nil {
			return nil, err
		}
		return s.launched(r, found), nil
	}
	filled, err := s.fillFromTemplate(in)
	if err != nil {
		return nil, err
	}
	l, err := s.plan(r, filled)
	if err != nil {
		return nil, err
	}
	found, err := s.start(r, l)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, i := range found {
		ids = append(ids, i.id)
	}
	s.remember("RunInstances", in.ClientToken, in, ids)
	out := s.launched(r, found)
	for n := range out.Instances {
		out.Instances[n].State = stateView(types.InstanceStateNamePending)
	}
	return out, nil
}

func (s *ec2State) launched(r *request, found []*instance) *ec2.RunInstancesOutput {
	out := &ec2.RunInstancesOutput{ReservationId: aws.String(found[0].reservation), OwnerId: aws.String(r.acct.id), Groups: []types.GroupIdentifier{}}
	for _, i := range found {
		out.Instances = append(out.Instances, s.instanceView(r, i))
	}
	return out
}

func (s *ec2State) plan(r *request, in *ec2.RunInstancesInput) (*launch, error) {
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface)
	if err != nil {
		return nil, err
	}
	switch image := aws.ToString(in.ImageId); {
	case image == "":
		return nil, reject("MissingParameter", "The request must contain the parameter ImageId")
	case !wellFormed("ami-", image):
		return nil, reject("InvalidAMIID.Malformed", "Invalid id: %q (expecting \"ami-...\")", image)
	case aws.ToInt32(in.MinCount) < 1 || aws.ToInt32(in.MaxCount) < aws.ToInt32(in.MinCount):
		return nil, reject("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid.", aws.ToInt32(in.MaxCount))
	}
	l := &launch{in: in, tags: tags}
	if l.meta, err = newMetadata(in.MetadataOptions); err != nil {
		return nil, err
	}
	if in.IamInstanceProfile != nil {
		if l.profile, err = profileARN(r, in.IamInstanceProfile); err != nil {
			return nil, err
		}
	}
	if err := checkDevices(in.BlockDeviceMappings); err != nil {
		return nil, err
	}
	if l.ports, err = s.planPorts(in); err != nil {
		return nil, err
	}
	return l, s.enoughAddresses(l)
}

func newMetadata(in *types.InstanceMetadataOptionsRequest) (metadataOptions, error) {
	m := metadataOptions{
		tokens: types.HttpTokensStateOptional, endpoint: types.InstanceMetadataEndpointStateEnabled,
		ipv6: types.InstanceMetadataProtocolStateDisabled, tags: types.InstanceMetadataTagsStateDisabled, hops: 1,
	}
	if in == nil {
		return m, nil
	}
	return m.with(in.HttpTokens, in.HttpEndpoint, in.HttpProtocolIpv6, in.InstanceMetadataTags, in.HttpPutResponseHopLimit)
}

// with changes the options that are given and keeps the others.
func (m metadataOptions) with(tokens types.HttpTokensState, endpoint types.InstanceMetadataEndpointState, ipv6 types.InstanceMetadataProtocolState, tags types.InstanceMetadataTagsState, hops *int32) (metadataOptions, error) {
	m.tokens, m.endpoint = cmp.Or(tokens, m.tokens), cmp.Or(endpoint, m.endpoint)
	m.ipv6, m.tags = cmp.Or(ipv6, m.ipv6), cmp.Or(tags, m.tags)
	if hops != nil {
		m.hops = *hops
	}
	switch {
	case m.hops < 1 || m.hops > 64:
		return m, reject("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. Expecting a value between 1 and 64.", m.hops)
	case !slices.Contains(m.tokens.Values(), m.tokens):
		return m, reject("InvalidParameterValue", "Value (%s) for parameter HttpTokens is invalid.", m.tokens)
	case !slices.Contains(m.endpoint.Values(), m.endpoint):
		return m, reject("InvalidParameterValue", "Value (%s) for parameter HttpEndpoint is invalid.", m.endpoint)
	}
	return m, nil
}

func checkDevices(mappings []types.BlockDeviceMapping) error {
	var seen []string
	for _, m := range mappings {
		name := aws.ToString(m.DeviceName)
		if name == "" {
			return reject("MissingParameter", "The request must contain the parameter deviceName")
		}
		if slices.Contains(seen, name) {
			return reject("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", name)
		}
		seen = append(seen, name)
	}
	return nil
}

func (s *ec2State) planPorts(in *ec2.RunInstancesInput) ([]port, error) {
	if len(in.NetworkInterfaces) == 0 {
		net, err := s.launchSubnet(in.SubnetId)
		if err != nil {
			return nil, err
		}
		groups, err := s.groupsFor(net, in.SecurityGroupIds)
		if err != nil {
			return nil, err
		}
		return []port{{interfaceSpec: interfaceSpec{subnet: net, groups: groups, address: aws.ToString(in.PrivateIpAddress)}}}, nil
	}
	switch {
	case in.SubnetId != nil:
		return nil, reject("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
	case len(in.SecurityGroupIds) > 0 || len(in.SecurityGroups) > 0:
		return nil, reject("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
	}
	var out []port
	for _, n := range in.NetworkInterfaces {
		p, err := s.planPort(n)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b port) int { return int(a.device - b.device) })
	return out, checkPorts(out, aws.ToInt32(in.MaxCount))
}

func (s *ec2State) launchSubnet(id *string) (*subnet, error) {
	if id == nil {
		return nil, reject("VPCIdNotSpecified", "No default VPC for this user")
	}
	return s.subnet(*id)
}

func (s *ec2State) planPort(in types.InstanceNetworkInterfaceSpecification) (port, error) {
	p := port{device: aws.ToInt32(in.DeviceIndex), keep: in.DeleteOnTermination != nil && !*in.DeleteOnTermination}
	if in.DeviceIndex == nil {
		return p, reject("InvalidParameterValue", "Each network interface requires a device index.")
	}
	if in.NetworkInterfaceId != nil {
		n, err := s.networkInterface(*in.NetworkInterfaceId)
		if err != nil {
			return p, err
		}
		if n.attached != nil {
			return p, reject("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", n.id)
		}
		p.existing, p.subnet = n, s.subnets.byID[n.subnet]
		p.keep = in.DeleteOnTermination == nil || !*in.DeleteOnTermination
		return p, nil
	}
	net, err := s.launchSubnet(in.SubnetId)
	if err != nil {
		return p, err
	}
	groups, err := s.groupsFor(net, in.Groups)
	if err != nil {
		return p, err
	}
	p.interfaceSpec = interfaceSpec{subnet: net, groups: groups, description: aws.ToString(in.Description), kind: aws.ToString(in.InterfaceType), address: aws.ToString(in.PrivateIpAddress)}
	return p, nil
}

// checkPorts looks at a launch's interfaces together, in the order of their device index.
func checkPorts(ports []port, count int32) error {
	if ports[0].device != 0 {
		return reject("InvalidParameterCombination", "A network interface at device index 0 is required.")
	}
	for n, p := range ports {
		twice := p.existing != nil && slices.ContainsFunc(ports[:n], func(o port) bool { return o.existing == p.existing })
		switch {
		case twice:
			return reject("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", p.existing.id)
		case n > 0 && p.device == ports[n-1].device:
			return reject("InvalidParameterValue", "Device index '%d' is used for more than one network interface.", p.device)
		case p.subnet.zone != ports[0].subnet.zone:
			return reject("InvalidParameterCombination", "All network interfaces of an instance must be in the same availability zone.")
		case count > 1 && (p.existing != nil || p.address != ""):
			return reject("InvalidParameterCombination", "A network interface ID or private IP address may not be specified when launching more than one instance.")
		}
	}
	return nil
}

func (s *ec2State) enoughAddresses(l *launch) error {
	need := map[*subnet]int{}
	named := map[string]bool{}
	for _, p := range l.ports {
		if p.existing != nil {
			continue
		}
		need[p.subnet] += int(aws.ToInt32(l.in.MaxCount))
		if p.address != "" {
			if _, err := p.subnet.canTake(p.address); err != nil {
				return err
			}
			if named[p.subnet.id+p.address] {
				return reject("InvalidIPAddress.InUse", "Address %s is in use.", p.address)
			}
			named[p.subnet.id+p.address] = true
		}
	}
	for net, n := range need {
		if net.free() < n {
			return noAddresses()
		}
	}
	return nil
}

func (s *ec2State) start(r *request, l *launch) ([]*instance, error) {
	reservation := r.org.id("r")
	var out []*instance
	for index := range aws.ToInt32(l.in.MaxCount) {
		net := l.ports[0].subnet
		i := &instance{
			id: r.org.id("i"), reservation: reservation, index: index,
			image: *l.in.ImageId, key: aws.ToString(l.in.KeyName), is: cmp.Or(l.in.InstanceType, types.InstanceTypeM1Small),
			state: running, launched: r.now, token: aws.ToString(l.in.ClientToken), userData: aws.ToString(l.in.UserData),
			subnet: net.id, vpc: net.vpc, zone: net.zone,
			disableTermination: aws.ToBool(l.in.DisableApiTermination), disableStop: aws.ToBool(l.in.DisableApiStop), ebsOptimized: aws.ToBool(l.in.EbsOptimized),
			shutdown: cmp.Or(l.in.InstanceInitiatedShutdownBehavior, types.ShutdownBehaviorStop), metadata: l.meta,
		}
		s.instances.put(i.id, i)
		s.tagAll(i.id, l.tags[types.ResourceTypeInstance])
		if err := s.plug(r, i, l); err != nil {
			return nil, err
		}
		s.addDevices(r, i, l)
		if l.profile != "" {
			s.associate(r, i, l.profile)
		}
		out = append(out, i)
	}
	return out, nil
}

func (s *ec2State) plug(r *request, i *instance, l *launch) error {
	for _, p := range l.ports {
		n := p.existing
		if n == nil {
			var err error
			p.groups = slices.Clone(p.groups)
			if n, err = s.addInterface(r, p.interfaceSpec); err != nil {
				return err
			}
			s.tagAll(n.id, l.tags[types.ResourceTypeNetworkInterface])
		}
		s.attach(r, n, i, p.device, !p.keep)
	}
	return nil
}

// addDevices makes the root volume, which a mapping may change, and the further ones that mappings ask for.
func (s *ec2State) addDevices(r *request, i *instance, l *launch) {
	root := types.BlockDeviceMapping{DeviceName: aws.String(rootDevice), Ebs: &types.EbsBlockDevice{}}
	var more []types.BlockDeviceMapping
	for _, m := range l.in.BlockDeviceMappings {
		switch {
		case m.Ebs == nil || m.NoDevice != nil || strings.HasPrefix(aws.ToString(m.VirtualName), "ephemeral"):
		case *m.DeviceName == rootDevice:
			root = m
		default:
			more = append(more, m)
		}
	}
	for n, m := range append([]types.BlockDeviceMapping{root}, more...) {
		d := &blockDevice{name: *m.DeviceName, at: r.now, deleteOnTermination: n == 0}
		if m.Ebs.DeleteOnTermination != nil {
			d.deleteOnTermination = *m.Ebs.DeleteOnTermination
		}
		v := s.addVolume(r, i.zone, m.Ebs)
		v.instance, v.device, d.volume = i, d, v.id
		s.tagAll(v.id, l.tags[types.ResourceTypeVolume])
		i.devices = append(i.devices, d)
	}
}
