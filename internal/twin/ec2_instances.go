package twin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The states that an instance rests in. The ones between are in the answers of the calls that start them.
const (
	running    = types.InstanceStateNameRunning
	stopped    = types.InstanceStateNameStopped
	terminated = types.InstanceStateNameTerminated
)

type instance struct {
	id, reservation    string
	image, key, zone   string
	subnet, vpc        string // empty once terminated
	is                 types.InstanceType
	state              types.InstanceStateName
	launched           time.Time
	index              int32
	reason             string // why the state changed last, as the API words it
	token, userData    string
	disableStop        bool
	disableTermination bool
	ebsOptimized       bool
	shutdown           types.ShutdownBehavior
	metadata           metadataOptions
	interfaces         []string // ids in the order of their device index
	devices            []*blockDevice
	profile            *profileAssociation // nil without one
}

type metadataOptions struct {
	tokens   types.HttpTokensState
	endpoint types.InstanceMetadataEndpointState
	ipv6     types.InstanceMetadataProtocolState
	tags     types.InstanceMetadataTagsState
	hops     int32
}

// blockDevice is a volume at its place on an instance.
type blockDevice struct {
	name, volume        string
	at                  time.Time
	deleteOnTermination bool
}

func stateView(name types.InstanceStateName) *types.InstanceState {
	code := map[types.InstanceStateName]int32{
		types.InstanceStateNamePending: 0, running: 16, types.InstanceStateNameShuttingDown: 32,
		terminated: 48, types.InstanceStateNameStopping: 64, stopped: 80,
	}[name]
	return &types.InstanceState{Name: name, Code: aws.Int32(code)}
}

func (m metadataOptions) view(state types.InstanceMetadataOptionsState) *types.InstanceMetadataOptionsResponse {
	return &types.InstanceMetadataOptionsResponse{
		HttpTokens: m.tokens, HttpEndpoint: m.endpoint, HttpProtocolIpv6: m.ipv6, InstanceMetadataTags: m.tags,
		HttpPutResponseHopLimit: aws.Int32(m.hops), State: state,
	}
}

// primary is the interface at device index 0; there is none after termination.
func (s *ec2State) primary(i *instance) *networkInterface {
	if len(i.interfaces) == 0 {
		return nil
	}
	return s.interfaces.byID[i.interfaces[0]]
}

func (s *ec2State) instanceView(r *request, i *instance) types.Instance {
	v := types.Instance{
		InstanceId:            aws.String(i.id),
		ImageId:               aws.String(i.image),
		InstanceType:          i.is,
		KeyName:               text(i.key),
		AmiLaunchIndex:        aws.Int32(i.index),
		ClientToken:           aws.String(i.token),
		LaunchTime:            aws.Time(i.launched),
		State:                 stateView(i.state),
		StateTransitionReason: aws.String(i.reason),
		Placement:             &types.Placement{AvailabilityZone: aws.String(i.zone), Tenancy: types.TenancyDefault, GroupName: aws.String("")},
		Monitoring:            &types.Monitoring{State: types.MonitoringStateDisabled},
		Architecture:          types.ArchitectureValuesX8664,
		Hypervisor:            types.HypervisorTypeXen,
		VirtualizationType:    types.VirtualizationTypeHvm,
		EbsOptimized:          aws.Bool(i.ebsOptimized),
		EnaSupport:            aws.Bool(true),
		RootDeviceName:        aws.String(rootDevice),
		RootDeviceType:        types.DeviceTypeEbs,
		MetadataOptions:       i.metadata.view(types.InstanceMetadataOptionsStateApplied),
		SubnetId:              text(i.subnet),
		VpcId:                 text(i.vpc),
		PublicDnsName:         aws.String(""),
		PrivateDnsName:        aws.String(""),
		IamInstanceProfile:    i.profileView(),
		SecurityGroups:        []types.GroupIdentifier{},
		NetworkInterfaces:     []types.InstanceNetworkInterface{},
		BlockDeviceMappings:   deviceView(i),
		Tags:                  s.tagView(i.id),
	}
	if i.state == stopped || i.state == terminated {
		v.StateReason = &types.StateReason{Code: aws.String("Client.UserInitiatedShutdown"), Message: aws.String("Client.UserInitiatedShutdown: User initiated shutdown")}
	}
	if n := s.primary(i); n != nil {
		v.PrivateIpAddress, v.PrivateDnsName = aws.String(n.address.String()), aws.String(n.dnsName(r.region))
		v.SecurityGroups, v.SourceDestCheck = s.identify(n.groups), aws.Bool(n.sourceDestCheck)
	}
	for _, id := range i.interfaces {
		v.NetworkInterfaces = append(v.NetworkInterfaces, s.onInstance(r, s.interfaces.byID[id]))
	}
	return v
}

func deviceView(i *instance) []types.InstanceBlockDeviceMapping {
	out := make([]types.InstanceBlockDeviceMapping, 0, len(i.devices))
	for _, d := range i.devices {
		out = append(out, types.InstanceBlockDeviceMapping{DeviceName: aws.String(d.name), Ebs: &types.EbsInstanceBlockDevice{
			VolumeId: aws.String(d.volume), DeleteOnTermination: aws.Bool(d.deleteOnTermination),
			AttachTime: aws.Time(d.at), Status: types.AttachmentStatusAttached,
		}})
	}
	return out
}

func describeInstances(r *request, in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
	s := &r.reg.ec2
	if err := notWithIDs("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	if _, err := s.chosenInstances(in.InstanceIds); err != nil {
		return nil, err
	}
	found, next, err := list(&s.instances, s.instance, s.instanceFields(r), func(i *instance) map[string]string { return s.tags[i.id] },
		query{in.InstanceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeInstancesOutput{NextToken: next, Reservations: s.reservations(r, found)}, nil
}

// reservations groups instances that were launched by one call.
func (s *ec2State) reservations(r *request, found []*instance) []types.Reservation {
	at := map[string]int{}
	out := []types.Reservation{}
	for _, i := range found {
		n, ok := at[i.reservation]
		if !ok {
			n = len(out)
			at[i.reservation] = n
			out = append(out, types.Reservation{ReservationId: aws.String(i.reservation), OwnerId: aws.String(r.acct.id), Groups: []types.GroupIdentifier{}})
		}
		out[n].Instances = append(out[n].Instances, s.instanceView(r, i))
	}
	return out
}

// chosenInstances finds instances by their ids. EC2 names all the missing ones in one error.
func (s *ec2State) chosenInstances(ids []string) ([]*instance, error) {
	var out []*instance
	var missing []string
	for _, id := range ids {
		if !wellFormed("i-", id) {
			return nil, reject("InvalidInstanceID.Malformed", "Invalid id: %q", id)
		}
		i, ok := s.instances.byID[id]
		switch {
		case !ok:
			missing = append(missing, id)
		case !slices.Contains(out, i):
			out = append(out, i)
		}
	}
	switch len(missing) {
	case 0:
		return out, nil
	case 1:
		return nil, reject("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", missing[0])
	}
	return nil, reject("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(missing, ", "))
}

func (s *ec2State) instanceFields(r *request) fields[instance] {
	f := fields[instance]{
		"instance-id":                    func(i *instance) []string { return []string{i.id} },
		"instance-state-name":            func(i *instance) []string { return []string{string(i.state)} },
		"instance-state-code":            func(i *instance) []string { return []string{fmt.Sprint(*stateView(i.state).Code)} },
		"instance-type":                  func(i *instance) []string { return []string{string(i.is)} },
		"image-id":                       func(i *instance) []string { return []string{i.image} },
		"key-name":                       func(i *instance) []string { return one(i.key) },
		"client-token":                   func(i *instance) []string { return one(i.token) },
		"reservation-id":                 func(i *instance) []string { return []string{i.reservation} },
		"owner-id":                       func(*instance) []string { return []string{r.acct.id} },
		"vpc-id":                         func(i *instance) []string { return one(i.vpc) },
		"subnet-id":                      func(i *instance) []string { return one(i.subnet) },
		"availability-zone":              func(i *instance) []string { return []string{i.zone} },
		"root-device-name":               func(*instance) []string { return []string{rootDevice} },
		"root-device-type":               func(*instance) []string { return []string{"ebs"} },
		"architecture":                   func(*instance) []string { return []string{"x86_64"} },
		"metadata-options.http-tokens":   func(i *instance) []string { return []string{string(i.metadata.tokens)} },
		"metadata-options.http-endpoint": func(i *instance) []string { return []string{string(i.metadata.endpoint)} },
		"iam-instance-profile.arn": func(i *instance) []string {
			if i.profile == nil {
				return nil
			}
			return []string{i.profile.arn}
		},
		"iam-instance-profile.id": func(i *instance) []string {
			if i.profile == nil {
				return nil
			}
			return []string{i.profile.profile}
		},
	}
	s.addDeviceFields(f)
	s.addInterfaceFields(r, f)
	return f
}

func (s *ec2State) addDeviceFields(f fields[instance]) {
	for name, get := range map[string]func(*blockDevice) []string{
		"volume-id":             func(d *blockDevice) []string { return []string{d.volume} },
		"device-name":           func(d *blockDevice) []string { return []string{d.name} },
		"delete-on-termination": func(d *blockDevice) []string { return yesNo(d.deleteOnTermination) },
		"status":                func(*blockDevice) []string { return []string{"attached"} },
	} {
		f["block-device-mapping."+name] = func(i *instance) []string {
			var out []string
			for _, d := range i.devices {
				out = append(out, get(d)...)
			}
			return out
		}
	}
}

// addInterfaceFields adds the filters on an instance's interfaces, and those that look at the primary one alone.
func (s *ec2State) addInterfaceFields(r *request, f fields[instance]) {
	all := s.interfaceFields(r)
	for name, get := range all {
		f["network-interface."+strings.TrimPrefix(name, "network-interface.")] = func(i *instance) []string {
			var out []string
			for _, id := range i.interfaces {
				out = append(out, get(s.interfaces.byID[id])...)
			}
			return out
		}
	}
	for name, of := range map[string]string{
		"instance.group-id": "group-id", "instance.group-name": "group-name",
		"private-ip-address": "private-ip-address", "private-dns-name": "private-dns-name", "source-dest-check": "source-dest-check",
	} {
		get := all[of]
		f[name] = func(i *instance) []string {
			if n := s.primary(i); n != nil {
				return get(n)
			}
			return nil
		}
	}
}

func startInstances(r *request, in *ec2.StartInstancesInput) (*ec2.StartInstancesOutput, error) {
	found, err := r.reg.ec2.chosenInstances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if i.state == terminated {
			return nil, reject("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.id)
		}
	}
	out := &ec2.StartInstancesOutput{}
	for _, i := range found {
		out.StartingInstances = append(out.StartingInstances, i.become(running, types.InstanceStateNamePending, ""))
	}
	return out, nil
}

func stopInstances(r *request, in *ec2.StopInstancesInput) (*ec2.StopInstancesOutput, error) {
	found, err := r.reg.ec2.chosenInstances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if i.state == terminated {
			return nil, reject("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", i.id)
		}
		if i.disableStop {
			return nil, reject("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.id)
		}
	}
	out := &ec2.StopInstancesOutput{}
	for _, i := range found {
		out.StoppingInstances = append(out.StoppingInstances, i.become(stopped, types.InstanceStateNameStopping, userInitiated(r)))
	}
	return out, nil
}

func userInitiated(r *request) string {
	return "User initiated (" + r.now.UTC().Format("2006-01-02 15:04:05") + " GMT)"
}

// become changes an instance's state, and says so as the API does: with the state in between, where there is a change.
func (i *instance) become(state, through types.InstanceStateName, reason string) types.InstanceStateChange {
	change := types.InstanceStateChange{InstanceId: aws.String(i.id), PreviousState: stateView(i.state), CurrentState: stateView(state)}
	if i.state != state {
		change.CurrentState = stateView(through)
		i.state, i.reason = state, reason
	}
	return change
}

func terminateInstances(r *request, in *ec2.TerminateInstancesInput) (*ec2.TerminateInstancesOutput, error) {
	s := &r.reg.ec2
	found, err := s.chosenInstances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if i.disableTermination && i.state != terminated {
			return nil, reject("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id)
		}
	}
	out := &ec2.TerminateInstancesOutput{}
	for _, i := range found {
		out.TerminatingInstances = append(out.TerminatingInstances, i.become(terminated, types.InstanceStateNameShuttingDown, userInitiated(r)))
		s.release(i)
		r.reg.elb.forget(i.id)
	}
	for _, i := range found {
		r.reg.autoscaling.replaceLost(r, i.id)
	}
	return out, nil
}

// release gives back what a terminated instance held, each thing as its DeleteOnTermination says.
func (s *ec2State) release(i *instance) {
	for _, id := range slices.Clone(i.interfaces) {
		n := s.interfaces.byID[id]
		gone := n.attached.deleteOnTermination
		s.detach(n)
		if gone {
			s.deleteInterface(n)
		}
	}
	for _, d := range i.devices {
		v := s.volumes.byID[d.volume]
		v.instance, v.device = nil, nil
		if d.deleteOnTermination {
			s.volumes.drop(v.id)
			delete(s.tags, v.id)
		}
	}
	if i.profile != nil {
		s.associations.drop(i.profile.id)
	}
	i.devices, i.profile, i.subnet, i.vpc = nil, nil, "", ""
}
