package twin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func describeInstanceAttribute(r *request, in *ec2.DescribeInstanceAttributeInput) (*ec2.DescribeInstanceAttributeOutput, error) {
	s := &r.reg.ec2
	i, err := s.instance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceAttributeOutput{InstanceId: aws.String(i.id)}
	switch in.Attribute {
	case types.InstanceAttributeNameDisableApiTermination:
		out.DisableApiTermination = boolValue(i.disableTermination)
	case types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = boolValue(i.disableStop)
	case types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		out.InstanceInitiatedShutdownBehavior = &types.AttributeValue{Value: aws.String(string(i.shutdown))}
	case types.InstanceAttributeNameGroupSet:
		return s.describeGroupSet(i, out)
	case types.InstanceAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = deviceView(i)
	case types.InstanceAttributeNameInstanceType:
		out.InstanceType = &types.AttributeValue{Value: aws.String(string(i.is))}
	case types.InstanceAttributeNameUserData:
		out.UserData = &types.AttributeValue{Value: text(i.userData)}
	case types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = &types.AttributeValue{Value: aws.String(rootDevice)}
	case types.InstanceAttributeNameEbsOptimized:
		out.EbsOptimized = boolValue(i.ebsOptimized)
	case types.InstanceAttributeNameEnaSupport:
		out.EnaSupport = boolValue(true)
	case types.InstanceAttributeNameSourceDestCheck:
		return s.describeSourceDestCheck(i, out)
	default:
		return nil, reject("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
	}
	return out, nil
}

func boolValue(b bool) *types.AttributeBooleanValue {
	return &types.AttributeBooleanValue{Value: aws.Bool(b)}
}

func (s *ec2State) describeGroupSet(i *instance, out *ec2.DescribeInstanceAttributeOutput) (*ec2.DescribeInstanceAttributeOutput, error) {
	n, err := s.onlyInterface(i)
	if err != nil {
		return nil, err
	}
	out.Groups = s.identify(n.groups)
	return out, nil
}

func (s *ec2State) describeSourceDestCheck(i *instance, out *ec2.DescribeInstanceAttributeOutput) (*ec2.DescribeInstanceAttributeOutput, error) {
	n, err := s.onlyInterface(i)
	if err != nil {
		return nil, err
	}
	out.SourceDestCheck = boolValue(n.sourceDestCheck)
	return out, nil
}

// onlyInterface is the interface that an instance's network attributes mean; with several, EC2 wants one named.
func (s *ec2State) onlyInterface(i *instance) (*networkInterface, error) {
	switch len(i.interfaces) {
	case 0:
		return nil, notInState(i)
	case 1:
		return s.primary(i), nil
	}
	return nil, reject("InvalidInstanceID", "There are multiple interfaces attached to instance '%s'. Please specify an interface ID for the operation instead.", i.id)
}

func notInState(i *instance) error {
	return reject("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be modified.", i.id)
}

// change is one attribute that a ModifyInstanceAttribute call sets.
type change struct {
	name string
	do   func(*ec2State, *instance) error
}

func modifyInstanceAttribute(r *request, in *ec2.ModifyInstanceAttributeInput) (*ec2.ModifyInstanceAttributeOutput, error) {
	s := &r.reg.ec2
	i, err := s.instance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	changes, err := attributeChanges(in)
	if err != nil {
		return nil, err
	}
	switch {
	case len(changes) == 0:
		return nil, reject("InvalidParameterCombination", "No attributes specified.")
	case len(changes) > 1:
		var names []string
		for _, c := range changes {
			names = append(names, c.name)
		}
		return nil, reject("InvalidParameterCombination", "Fields for multiple attribute types specified: %s", strings.Join(names, ", "))
	case i.state == terminated:
		return nil, notInState(i)
	}
	return &ec2.ModifyInstanceAttributeOutput{}, changes[0].do(s, i)
}

func attributeChanges(in *ec2.ModifyInstanceAttributeInput) ([]change, error) {
	var out []change
	if v := in.DisableApiTermination; v != nil {
		out = append(out, change{"disableApiTermination", setFlag(v.Value, func(i *instance) *bool { return &i.disableTermination })})
	}
	if v := in.DisableApiStop; v != nil {
		out = append(out, change{"disableApiStop", setFlag(v.Value, func(i *instance) *bool { return &i.disableStop })})
	}
	if v := in.InstanceInitiatedShutdownBehavior; v != nil {
		out = append(out, change{"instanceInitiatedShutdownBehavior", setShutdown(v.Value)})
	}
	if v := in.InstanceType; v != nil {
		out = append(out, change{"instanceType", setType(v.Value)})
	}
	if v := in.EbsOptimized; v != nil {
		out = append(out, change{"ebsOptimized", whileStopped(setFlag(v.Value, func(i *instance) *bool { return &i.ebsOptimized }))})
	}
	if v := in.UserData; v != nil {
		data := string(v.Value)
		out = append(out, change{"userData", whileStopped(func(_ *ec2State, i *instance) error { i.userData = data; return nil })})
	}
	if v := in.SourceDestCheck; v != nil {
		out = append(out, change{"sourceDestCheck", setSourceDestCheck(aws.ToBool(v.Value))})
	}
	if len(in.BlockDeviceMappings) > 0 {
		out = append(out, change{"blockDeviceMapping", setDevices(in.BlockDeviceMappings)})
	}
	if len(in.Groups) > 0 {
		out = append(out, change{"groupSet", setInstanceGroups(in.Groups)})
	}
	if in.Attribute != "" && in.Value != nil {
		c, err := namedChange(in.Attribute, *in.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// namedChange reads the older form of the call, with the attribute's name and its value as text.
func namedChange(name types.InstanceAttributeName, value string) (change, error) {
	c := change{name: string(name)}
	switch name {
	case types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		c.do = setShutdown(&value)
		return c, nil
	case types.InstanceAttributeNameInstanceType:
		c.do = setType(&value)
		return c, nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return c, reject("InvalidParameterValue", "Value (%s) for parameter value is invalid.", value)
	}
	switch name {
	case types.InstanceAttributeNameDisableApiTermination:
		c.do = setFlag(&on, func(i *instance) *bool { return &i.disableTermination })
	case types.InstanceAttributeNameDisableApiStop:
		c.do = setFlag(&on, func(i *instance) *bool { return &i.disableStop })
	case types.InstanceAttributeNameSourceDestCheck:
		c.do = setSourceDestCheck(on)
	default:
		return c, reject("InvalidParameterValue", "Value (%s) for parameter attribute is invalid.", name)
	}
	return c, nil
}

func setFlag(value *bool, of func(*instance) *bool) func(*ec2State, *instance) error {
	v := aws.ToBool(value)
	return func(_ *ec2State, i *instance) error {
		*of(i) = v
		return nil
	}
}

func setShutdown(value *string) func(*ec2State, *instance) error {
	v := types.ShutdownBehavior(aws.ToString(value))
	return func(_ *ec2State, i *instance) error {
		if !slices.Contains(v.Values(), v) {
			return reject("InvalidParameterValue", "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid.", v)
		}
		i.shutdown = v
		return nil
	}
}

func setType(value *string) func(*ec2State, *instance) error {
	v := types.InstanceType(aws.ToString(value))
	return whileStopped(func(_ *ec2State, i *instance) error {
		i.is = v
		return nil
	})
}

// whileStopped refuses a change to an instance that is not stopped.
func whileStopped(do func(*ec2State, *instance) error) func(*ec2State, *instance) error {
	return func(s *ec2State, i *instance) error {
		if i.state != stopped {
			return reject("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.id)
		}
		return do(s, i)
	}
}

func setSourceDestCheck(on bool) func(*ec2State, *instance) error {
	return func(s *ec2State, i *instance) error {
		n, err := s.onlyInterface(i)
		if err != nil {
			return err
		}
		n.sourceDestCheck = on
		return nil
	}
}

func setInstanceGroups(ids []string) func(*ec2State, *instance) error {
	return func(s *ec2State, i *instance) error {
		n, err := s.onlyInterface(i)
		if err != nil {
			return err
		}
		return s.setGroups(n, ids)
	}
}

// setDevices sets whether volumes outlive the instance. It changes nothing where one of the devices is not there.
func setDevices(mappings []types.InstanceBlockDeviceMappingSpecification) func(*ec2State, *instance) error {
	return func(_ *ec2State, i *instance) error {
		var found []*blockDevice
		for _, m := range mappings {
			name := aws.ToString(m.DeviceName)
			n := slices.IndexFunc(i.devices, func(d *blockDevice) bool { return d.name == name })
			if n < 0 {
				return reject("InvalidInstanceAttributeValue", "No device is currently mapped at %s", name)
			}
			found = append(found, i.devices[n])
		}
		for n, m := range mappings {
			if m.Ebs != nil && m.Ebs.DeleteOnTermination != nil {
				found[n].deleteOnTermination = *m.Ebs.DeleteOnTermination
			}
		}
		return nil
	}
}

func modifyInstanceMetadataOptions(r *request, in *ec2.ModifyInstanceMetadataOptionsInput) (*ec2.ModifyInstanceMetadataOptionsOutput, error) {
	i, err := r.reg.ec2.instance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if i.state == terminated {
		return nil, notInState(i)
	}
	m, err := i.metadata.with(in.HttpTokens, in.HttpEndpoint, in.HttpProtocolIpv6, in.InstanceMetadataTags, in.HttpPutResponseHopLimit)
	if err != nil {
		return nil, err
	}
	i.metadata = m
	return &ec2.ModifyInstanceMetadataOptionsOutput{
		InstanceId: aws.String(i.id), InstanceMetadataOptions: m.view(types.InstanceMetadataOptionsStatePending),
	}, nil
}
