package twin

import (
	"strings"
	"testing"
	"time"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

func TestRunInstances(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	i := n.launch(func(in *ec2.RunInstancesInput) {
		in.SecurityGroupIds = []string{g}
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
		in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired}
		in.BlockDeviceMappings = []types.BlockDeviceMapping{
			{DeviceName: aws.String("/dev/sdb"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(20), Encrypted: aws.Bool(true)}},
			{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(30)}},
			{DeviceName: aws.String("/dev/sdc"), VirtualName: aws.String("ephemeral0")},
		}
	})
	if i.State.Name != types.InstanceStateNameRunning || *i.State.Code != 16 || *i.PrivateIpAddress != "10.0.1.4" || *i.VpcId != n.vpc || *i.SubnetId != n.subnet || *i.Placement.AvailabilityZone != "eu-west-1a" {
		t.Errorf("instance is %+v", i)
	}
	if m := i.MetadataOptions; m.HttpTokens != types.HttpTokensStateRequired || m.HttpEndpoint != types.InstanceMetadataEndpointStateEnabled || *m.HttpPutResponseHopLimit != 1 {
		t.Errorf("metadata options are %+v", m)
	}
	if arn := *i.IamInstanceProfile.Arn; arn != "arn:aws:iam::111111111111:instance-profile/web" {
		t.Errorf("profile is %s", arn)
	}
	equal(t, "groups", groupIDs(i.SecurityGroups), []string{g})
	d := i.BlockDeviceMappings
	if len(d) != 2 || *d[0].DeviceName != "/dev/xvda" || !*d[0].Ebs.DeleteOnTermination || *d[1].DeviceName != "/dev/sdb" || *d[1].Ebs.DeleteOnTermination {
		t.Fatalf("devices are %+v", d)
	}
	v := got(n.ec2.DescribeVolumes(n.ctx, &ec2.DescribeVolumesInput{Filters: filter("attachment.instance-id", *i.InstanceId)}))(t).Volumes
	if len(v) != 2 || *v[0].Size != 30 || *v[1].Size != 20 || !*v[1].Encrypted || *v[1].Attachments[0].Device != "/dev/sdb" {
		t.Errorf("volumes are %+v", v)
	}
}

func TestRunInstancesOnceForAToken(t *testing.T) {
	n := newNetwork(t)
	run := func(image string) (*ec2.RunInstancesOutput, error) {
		return n.ec2.RunInstances(n.ctx, &ec2.RunInstancesInput{ImageId: aws.String(image), MinCount: aws.Int32(2), MaxCount: aws.Int32(2), SubnetId: aws.String(n.subnet), ClientToken: aws.String("once")})
	}
	first, again := got(run(testImage))(t), got(run(testImage))(t)
	if *first.ReservationId != *again.ReservationId || *first.Instances[1].InstanceId != *again.Instances[1].InstanceId {
		t.Errorf("a second call with the same token launched again")
	}
	refused(run("ami-00000000000000000"))(t, "IdempotentParameterMismatch")
	out := got(n.ec2.DescribeInstances(n.ctx, nil))(t)
	if len(out.Reservations) != 1 || len(out.Reservations[0].Instances) != 2 {
		t.Errorf("reservations are %+v", out.Reservations)
	}
	n.org.Inject(tap.Fault{Operation: "RunInstances", Err: &smithy.GenericAPIError{Code: "InternalError", Message: "lost"}, Times: 1, After: true})
	in := &ec2.RunInstancesInput{ImageId: aws.String(testImage), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(n.subnet)}
	got(n.ec2.RunInstances(n.ctx, in, func(o *ec2.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}))(t)
	out = got(n.ec2.DescribeInstances(n.ctx, nil))(t)
	if len(out.Reservations) != 2 || len(out.Reservations[1].Instances) != 1 {
		t.Errorf("the SDK's retry of a launch whose answer was lost launched again: %d reservations", len(out.Reservations))
	}
}

func TestRunInstancesRefusals(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	vpc, elsewhere := n.addVpc(n.ec2)
	foreign := *got(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("x"), Description: aws.String("x"), VpcId: aws.String(vpc)}))(t).GroupId
	device := func(k int32) types.InstanceNetworkInterfaceSpecification {
		return types.InstanceNetworkInterfaceSpecification{DeviceIndex: aws.Int32(k), SubnetId: aws.String(elsewhere)}
	}
	for _, c := range []struct {
		name, code string
		change     func(*ec2.RunInstancesInput)
	}{
		{"no image", "MissingParameter", func(in *ec2.RunInstancesInput) { in.ImageId = nil }},
		{"bad image", "InvalidAMIID.Malformed", func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("linux") }},
		{"count", "InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.MinCount = aws.Int32(2) }},
		{"subnet", "InvalidSubnetID.NotFound", func(in *ec2.RunInstancesInput) { in.SubnetId = aws.String("subnet-0123456789abcdef0") }},
		{"no default VPC", "VPCIdNotSpecified", func(in *ec2.RunInstancesInput) { in.SubnetId = nil }},
		{"unknown group", "InvalidGroup.NotFound", func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} }},
		{"group of another VPC", "InvalidParameter", func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{foreign} }},
		{"subnet and interfaces", "InvalidParameterCombination", func(in *ec2.RunInstancesInput) {
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{device(0)}
		}},
		{"groups and interfaces", "InvalidParameterCombination", func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.SecurityGroupIds, in.NetworkInterfaces = nil, []string{g}, []types.InstanceNetworkInterfaceSpecification{device(0)}
		}},
		{"no primary interface", "InvalidParameterCombination", func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.NetworkInterfaces = nil, []types.InstanceNetworkInterfaceSpecification{device(1)}
		}},
		{"index twice", "InvalidParameterValue", func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.NetworkInterfaces = nil, []types.InstanceNetworkInterfaceSpecification{device(0), device(0)}
		}},
		{"tags of something else", "InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.TagSpecifications = tagSpec(types.ResourceTypeVpc, "a", "b") }},
		{"profile of another account", "InvalidParameterValue", func(in *ec2.RunInstancesInput) {
			in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: aws.String("arn:aws:iam::222222222222:instance-profile/web")}
		}},
		{"hop limit", "InvalidParameterValue", func(in *ec2.RunInstancesInput) {
			in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpPutResponseHopLimit: aws.Int32(65)}
		}},
		{"address", "InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.PrivateIpAddress = aws.String("10.0.1.3") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &ec2.RunInstancesInput{ImageId: aws.String(testImage), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(n.subnet)}
			c.change(in)
			refused(n.ec2.RunInstances(n.ctx, in))(t, c.code)
		})
	}
	if out := got(n.ec2.DescribeNetworkInterfaces(n.ctx, nil))(t); len(out.NetworkInterfaces) != 0 {
		t.Errorf("refused launches left %d interfaces", len(out.NetworkInterfaces))
	}
}

func TestDescribeInstances(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	other := n.launch(func(in *ec2.RunInstancesInput) {
		in.TagSpecifications = tagSpec(types.ResourceTypeInstance, "env", "prod")
	})
	got(n.ec2.StopInstances(n.ctx, &ec2.StopInstancesInput{InstanceIds: []string{*other.InstanceId}}))(t)
	for _, c := range []struct {
		filters []types.Filter
		want    int
	}{
		{filter("instance-id", *i.InstanceId, *other.InstanceId), 2},
		{filter("instance-state-name", "running"), 1},
		{filter("instance-state-code", "80"), 1},
		{filter("tag:env", "p*"), 1},
		{filter("vpc-id", n.vpc), 2},
		{filter("instance.group-id", groupIDs(i.SecurityGroups)...), 2},
		{filter("network-interface.network-interface-id", *i.NetworkInterfaces[0].NetworkInterfaceId), 1},
		{filter("network-interface.group-name", "default"), 2},
		{filter("private-ip-address", *other.PrivateIpAddress), 1},
		{filter("block-device-mapping.volume-id", *i.BlockDeviceMappings[0].Ebs.VolumeId), 1},
		{filter("iam-instance-profile.arn", "*"), 0},
	} {
		out := got(n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{Filters: c.filters}))(t)
		if len(out.Reservations) != c.want {
			t.Errorf("%s gives %d instances, want %d", *c.filters[0].Name, len(out.Reservations), c.want)
		}
	}
	describe := func(ids ...string) (*ec2.DescribeInstancesOutput, error) {
		return n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{InstanceIds: ids})
	}
	refused(describe(*i.InstanceId, "i-0123456789abcdef0"))(t, "InvalidInstanceID.NotFound")
	refused(describe("i-xyz"))(t, "InvalidInstanceID.Malformed")
	_, err := describe("i-0123456789abcdef0", "i-01234567")
	if !strings.Contains(err.Error(), "The instance IDs 'i-0123456789abcdef0, i-01234567' do not exist") {
		t.Errorf("error is %v", err)
	}
}

func TestInstanceStates(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(func(in *ec2.RunInstancesInput) {
		in.DisableApiTermination = aws.Bool(true)
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/sdb"), Ebs: &types.EbsBlockDevice{}}}
	})
	ids := []string{*i.InstanceId}
	stop := got(n.ec2.StopInstances(n.ctx, &ec2.StopInstancesInput{InstanceIds: ids}))(t).StoppingInstances[0]
	if stop.PreviousState.Name != "running" || stop.CurrentState.Name != "stopping" || n.instance(ids[0]).State.Name != "stopped" {
		t.Errorf("stopping: %s, %s, then %s", stop.PreviousState.Name, stop.CurrentState.Name, n.instance(ids[0]).State.Name)
	}
	start := got(n.ec2.StartInstances(n.ctx, &ec2.StartInstancesInput{InstanceIds: ids}))(t).StartingInstances[0]
	if start.PreviousState.Name != "stopped" || start.CurrentState.Name != "pending" || n.instance(ids[0]).State.Name != "running" {
		t.Errorf("starting: %s, %s, then %s", start.PreviousState.Name, start.CurrentState.Name, n.instance(ids[0]).State.Name)
	}

	end := func() (*ec2.TerminateInstancesOutput, error) {
		return n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
	}
	refused(end())(t, "OperationNotPermitted")
	got(n.ec2.ModifyInstanceAttribute(n.ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId, DisableApiTermination: boolValue(false)}))(t)
	change := got(end())(t).TerminatingInstances[0]
	if change.CurrentState.Name != "shutting-down" {
		t.Errorf("terminating: %s", change.CurrentState.Name)
	}
	got(end())(t)
	gone := n.instance(ids[0])
	if gone.State.Name != "terminated" || gone.VpcId != nil || gone.PrivateIpAddress != nil || len(gone.NetworkInterfaces)+len(gone.SecurityGroups)+len(gone.BlockDeviceMappings) != 0 || gone.IamInstanceProfile != nil {
		t.Errorf("terminated instance is %+v", gone)
	}
	v := got(n.ec2.DescribeVolumes(n.ctx, nil))(t).Volumes
	if len(v) != 1 || *v[0].VolumeId != *i.BlockDeviceMappings[1].Ebs.VolumeId || v[0].State != types.VolumeStateAvailable || len(v[0].Attachments) != 0 {
		t.Errorf("volumes left are %+v", v)
	}
	refused(n.ec2.StopInstances(n.ctx, &ec2.StopInstancesInput{InstanceIds: ids}))(t, "IncorrectInstanceState")
	refused(n.ec2.StartInstances(n.ctx, &ec2.StartInstancesInput{InstanceIds: ids}))(t, "IncorrectInstanceState")
	refused(n.ec2.ModifyInstanceMetadataOptions(n.ctx, &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: i.InstanceId, HttpTokens: types.HttpTokensStateRequired}))(t, "IncorrectInstanceState")
}

func TestInstanceAttributes(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	g := n.group("g")
	modify := func(in ec2.ModifyInstanceAttributeInput) (*ec2.ModifyInstanceAttributeOutput, error) {
		in.InstanceId = i.InstanceId
		return n.ec2.ModifyInstanceAttribute(n.ctx, &in)
	}
	read := func(name types.InstanceAttributeName) *ec2.DescribeInstanceAttributeOutput {
		t.Helper()
		return got(n.ec2.DescribeInstanceAttribute(n.ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: name}))(t)
	}
	if *read(types.InstanceAttributeNameDisableApiTermination).DisableApiTermination.Value {
		t.Error("termination protection is on at first")
	}
	got(modify(ec2.ModifyInstanceAttributeInput{DisableApiTermination: boolValue(true)}))(t)
	if !*read(types.InstanceAttributeNameDisableApiTermination).DisableApiTermination.Value {
		t.Error("termination protection is not on")
	}
	got(modify(ec2.ModifyInstanceAttributeInput{Attribute: types.InstanceAttributeNameDisableApiTermination, Value: aws.String("false")}))(t)
	if *read(types.InstanceAttributeNameDisableApiTermination).DisableApiTermination.Value {
		t.Error("termination protection is not off")
	}
	got(modify(ec2.ModifyInstanceAttributeInput{InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: aws.String("terminate")}}))(t)
	if v := *read(types.InstanceAttributeNameInstanceInitiatedShutdownBehavior).InstanceInitiatedShutdownBehavior.Value; v != "terminate" {
		t.Errorf("shutdown behaviour is %s", v)
	}
	keep := []types.InstanceBlockDeviceMappingSpecification{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(false)}}}
	got(modify(ec2.ModifyInstanceAttributeInput{BlockDeviceMappings: keep}))(t)
	if *n.instance(*i.InstanceId).BlockDeviceMappings[0].Ebs.DeleteOnTermination {
		t.Error("the root volume would not outlive the instance")
	}
	got(modify(ec2.ModifyInstanceAttributeInput{Groups: []string{g}}))(t)
	equal(t, "groups", groupIDs(read(types.InstanceAttributeNameGroupSet).Groups), []string{g})

	for _, c := range []struct {
		name, code string
		in         ec2.ModifyInstanceAttributeInput
	}{
		{"nothing", "InvalidParameterCombination", ec2.ModifyInstanceAttributeInput{}},
		{"two at once", "InvalidParameterCombination", ec2.ModifyInstanceAttributeInput{DisableApiTermination: boolValue(true), InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: aws.String("stop")}}},
		{"unknown group", "InvalidGroup.NotFound", ec2.ModifyInstanceAttributeInput{Groups: []string{"sg-0123456789abcdef0"}}},
		{"unknown device", "InvalidInstanceAttributeValue", ec2.ModifyInstanceAttributeInput{BlockDeviceMappings: append(keep, types.InstanceBlockDeviceMappingSpecification{DeviceName: aws.String("/dev/sdz")})}},
		{"unknown behaviour", "InvalidParameterValue", ec2.ModifyInstanceAttributeInput{InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: aws.String("explode")}}},
		{"type while running", "IncorrectInstanceState", ec2.ModifyInstanceAttributeInput{InstanceType: &types.AttributeValue{Value: aws.String("t3.micro")}}},
	} {
		t.Run(c.name, func(t *testing.T) { refused(modify(c.in))(t, c.code) })
	}
	equal(t, "groups after refusals", groupIDs(n.instance(*i.InstanceId).SecurityGroups), []string{g})

	out := got(n.ec2.ModifyInstanceMetadataOptions(n.ctx, &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: i.InstanceId, HttpEndpoint: types.InstanceMetadataEndpointStateDisabled}))(t)
	if out.InstanceMetadataOptions.State != types.InstanceMetadataOptionsStatePending {
		t.Errorf("metadata options are %+v", out.InstanceMetadataOptions)
	}
	m := n.instance(*i.InstanceId).MetadataOptions
	if m.HttpEndpoint != types.InstanceMetadataEndpointStateDisabled || m.HttpTokens != types.HttpTokensStateOptional || m.State != types.InstanceMetadataOptionsStateApplied {
		t.Errorf("metadata options are %+v", m)
	}
}

func TestInstanceProfileAssociations(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	associate := func() (*ec2.AssociateIamInstanceProfileOutput, error) {
		return n.ec2.AssociateIamInstanceProfile(n.ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: i.InstanceId, IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: aws.String("web")}})
	}
	made := got(associate())(t).IamInstanceProfileAssociation
	if made.State != types.IamInstanceProfileAssociationStateAssociating {
		t.Errorf("state is %s", made.State)
	}
	refused(associate())(t, "IncorrectState")
	found := got(n.ec2.DescribeIamInstanceProfileAssociations(n.ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{Filters: filter("instance-id", *i.InstanceId)}))(t).IamInstanceProfileAssociations
	if len(found) != 1 || *found[0].AssociationId != *made.AssociationId || found[0].State != types.IamInstanceProfileAssociationStateAssociated || *found[0].IamInstanceProfile.Id != *n.instance(*i.InstanceId).IamInstanceProfile.Id {
		t.Errorf("associations are %+v", found)
	}
	remove := func() (*ec2.DisassociateIamInstanceProfileOutput, error) {
		return n.ec2.DisassociateIamInstanceProfile(n.ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: made.AssociationId})
	}
	got(remove())(t)
	refused(remove())(t, "InvalidAssociationID.NotFound")
	if p := n.instance(*i.InstanceId).IamInstanceProfile; p != nil {
		t.Errorf("profile is %+v", p)
	}
	if again := got(associate())(t).IamInstanceProfileAssociation; *again.IamInstanceProfile.Id != *made.IamInstanceProfile.Id || *again.AssociationId == *made.AssociationId {
		t.Errorf("again associated as %+v", again)
	}
}
