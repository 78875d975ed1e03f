package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// threePorts launches an instance with three interfaces, each in two groups of its own.
func (n *network) threePorts() (types.Instance, [][]string) {
	n.Helper()
	var groups [][]string
	for _, name := range []string{"a", "b", "c"} {
		groups = append(groups, []string{n.group(name + "1"), n.group(name + "2")})
	}
	i := n.launch(func(in *ec2.RunInstancesInput) {
		in.SubnetId = nil
		for _, device := range []int32{2, 0, 1} {
			in.NetworkInterfaces = append(in.NetworkInterfaces, types.InstanceNetworkInterfaceSpecification{
				DeviceIndex: aws.Int32(device), SubnetId: aws.String(n.subnet), Groups: groups[device],
			})
		}
	})
	return i, groups
}

func (n *network) setGroups(eni string, groups ...string) error {
	_, err := n.ec2.ModifyNetworkInterfaceAttribute(n.ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: aws.String(eni), Groups: groups})
	return err
}

func TestThreeInterfaces(t *testing.T) {
	n := newNetwork(t)
	i, groups := n.threePorts()
	if len(i.NetworkInterfaces) != 3 {
		t.Fatalf("%d interfaces", len(i.NetworkInterfaces))
	}
	for k, p := range i.NetworkInterfaces {
		if *p.Attachment.DeviceIndex != int32(k) || !*p.Attachment.DeleteOnTermination {
			t.Errorf("attachment %d is %+v", k, p.Attachment)
		}
		equal(t, "groups", groupIDs(p.Groups), groups[k])
	}
	equal(t, "instance groups", groupIDs(i.SecurityGroups), groups[0])
	if name := *i.SecurityGroups[1].GroupName; name != "a2" || *i.PrivateIpAddress != *i.NetworkInterfaces[0].PrivateIpAddress {
		t.Errorf("second group is %s, address %s", name, *i.PrivateIpAddress)
	}
	for _, c := range []struct {
		filters []types.Filter
		want    int
	}{
		{filter("attachment.instance-id", *i.InstanceId), 3},
		{filter("group-id", groups[1][1]), 1},
		{filter("vpc-id", n.vpc), 3},
		{filter("subnet-id", n.subnet), 3},
		{filter("network-interface-id", *i.NetworkInterfaces[2].NetworkInterfaceId), 1},
		{append(filter("group-id", groups[0][0]), filter("attachment.device-index", "1")...), 0},
	} {
		out := got(n.ec2.DescribeNetworkInterfaces(n.ctx, &ec2.DescribeNetworkInterfacesInput{Filters: c.filters}))(t)
		if len(out.NetworkInterfaces) != c.want {
			t.Errorf("%s gives %d interfaces, want %d", *c.filters[0].Name, len(out.NetworkInterfaces), c.want)
		}
	}

	quarantine := n.group("quarantine")
	for _, p := range i.NetworkInterfaces {
		if err := n.setGroups(*p.NetworkInterfaceId, quarantine); err != nil {
			t.Fatal(err)
		}
	}
	i = n.instance(*i.InstanceId)
	for _, p := range i.NetworkInterfaces {
		equal(t, "groups in quarantine", groupIDs(p.Groups), []string{quarantine})
	}
	equal(t, "instance groups in quarantine", groupIDs(i.SecurityGroups), []string{quarantine})
}

func TestModifyInterfaceRefusals(t *testing.T) {
	n := newNetwork(t)
	i, groups := n.threePorts()
	eni := *i.NetworkInterfaces[1].NetworkInterfaceId
	vpc, _ := n.addVpc(n.ec2)
	elsewhere := *got(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("x"), Description: aws.String("x"), VpcId: aws.String(vpc)}))(t).GroupId
	for _, c := range []struct {
		name, code, eni string
		groups          []string
	}{
		{"unknown group", "InvalidGroup.NotFound", eni, []string{groups[0][0], "sg-0123456789abcdef0"}},
		{"group of another VPC", "InvalidGroup.NotFound", eni, []string{elsewhere}},
		{"unknown interface", "InvalidNetworkInterfaceID.NotFound", "eni-0123456789abcdef0", groups[0]},
		{"malformed interface", "InvalidNetworkInterfaceID.Malformed", "eth0", groups[0]},
		{"too many groups", "SecurityGroupsPerInterfaceLimitExceeded", eni, append(append(append([]string{}, groups[0]...), groups[1]...), groups[2]...)},
		{"no attribute", "MissingParameter", eni, nil},
	} {
		t.Run(c.name, func(t *testing.T) { refused(0, n.setGroups(c.eni, c.groups...))(t, c.code) })
	}
	refused(n.ec2.ModifyNetworkInterfaceAttribute(n.ctx, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: aws.String(eni), Groups: groups[0], Description: &types.AttributeValue{Value: aws.String("x")},
	}))(t, "InvalidParameterCombination")

	n.org.SetRequesterManaged(testAccount, testRegion, eni)
	refused(0, n.setGroups(eni, groups[0]...))(t, "OperationNotPermitted")
	out := got(n.ec2.DescribeNetworkInterfaces(n.ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("requester-managed", "true")}))(t)
	if len(out.NetworkInterfaces) != 1 || !*out.NetworkInterfaces[0].RequesterManaged {
		t.Errorf("requester-managed interfaces are %+v", out.NetworkInterfaces)
	}
	equal(t, "groups after refusals", groupIDs(out.NetworkInterfaces[0].Groups), groups[1])

	refused(n.ec2.ModifyInstanceAttribute(n.ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId, Groups: groups[0]}))(t, "InvalidInstanceID")
	refused(n.ec2.DescribeInstanceAttribute(n.ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameGroupSet}))(t, "InvalidInstanceID")
}

func TestAttachAndDetach(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	i := n.launch(nil)
	made := got(n.ec2.CreateNetworkInterface(n.ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: aws.String(n.subnet), Groups: []string{g}, ClientToken: aws.String("once"), TagSpecifications: tagSpec(types.ResourceTypeNetworkInterface, "a", "b"),
	}))(t).NetworkInterface
	equal(t, "tags", tagText(made.TagSet), []string{"a=b"})
	again := got(n.ec2.CreateNetworkInterface(n.ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: aws.String(n.subnet), Groups: []string{g}, ClientToken: aws.String("once"), TagSpecifications: tagSpec(types.ResourceTypeNetworkInterface, "a", "b"),
	}))(t).NetworkInterface
	if *again.NetworkInterfaceId != *made.NetworkInterfaceId || made.Status != types.NetworkInterfaceStatusAvailable || made.Attachment != nil {
		t.Errorf("made %+v, again %s", made, *again.NetworkInterfaceId)
	}
	attach := func(device int32) (*ec2.AttachNetworkInterfaceOutput, error) {
		return n.ec2.AttachNetworkInterface(n.ctx, &ec2.AttachNetworkInterfaceInput{InstanceId: i.InstanceId, NetworkInterfaceId: made.NetworkInterfaceId, DeviceIndex: aws.Int32(device)})
	}
	refused(attach(0))(t, "InvalidParameterValue")
	out := got(attach(1))(t)
	refused(attach(2))(t, "InvalidNetworkInterface.InUse")
	if ports := n.instance(*i.InstanceId).NetworkInterfaces; len(ports) != 2 || *ports[1].Attachment.AttachmentId != *out.AttachmentId || *ports[1].Attachment.DeleteOnTermination {
		t.Errorf("interfaces are %+v", ports)
	}
	detach := func(id *string) (*ec2.DetachNetworkInterfaceOutput, error) {
		return n.ec2.DetachNetworkInterface(n.ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: id})
	}
	refused(detach(i.NetworkInterfaces[0].Attachment.AttachmentId))(t, "OperationNotPermitted")
	refused(detach(aws.String("eni-attach-0123456789abcdef0")))(t, "InvalidAttachmentID.NotFound")
	got(detach(out.AttachmentId))(t)
	if ports := n.instance(*i.InstanceId).NetworkInterfaces; len(ports) != 1 {
		t.Errorf("%d interfaces after detaching", len(ports))
	}
	got(attach(1))(t)
	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))(t)
	left := got(n.ec2.DescribeNetworkInterfaces(n.ctx, nil))(t).NetworkInterfaces
	if len(left) != 1 || *left[0].NetworkInterfaceId != *made.NetworkInterfaceId || left[0].Status != types.NetworkInterfaceStatusAvailable {
		t.Errorf("interfaces left are %+v", left)
	}
}

func TestInterfaceAttributes(t *testing.T) {
	n := newNetwork(t)
	port := n.launch(nil).NetworkInterfaces[0]
	modify := func(in ec2.ModifyNetworkInterfaceAttributeInput) (*ec2.ModifyNetworkInterfaceAttributeOutput, error) {
		in.NetworkInterfaceId = port.NetworkInterfaceId
		return n.ec2.ModifyNetworkInterfaceAttribute(n.ctx, &in)
	}
	got(modify(ec2.ModifyNetworkInterfaceAttributeInput{Description: &types.AttributeValue{Value: aws.String("web")}}))(t)
	got(modify(ec2.ModifyNetworkInterfaceAttributeInput{SourceDestCheck: boolValue(false)}))(t)
	keep := &types.NetworkInterfaceAttachmentChanges{AttachmentId: port.Attachment.AttachmentId, DeleteOnTermination: aws.Bool(false)}
	got(modify(ec2.ModifyNetworkInterfaceAttributeInput{Attachment: keep}))(t)
	keep.AttachmentId = aws.String("eni-attach-0123456789abcdef0")
	refused(modify(ec2.ModifyNetworkInterfaceAttributeInput{Attachment: keep}))(t, "InvalidAttachmentID.NotFound")
	now := got(n.ec2.DescribeNetworkInterfaces(n.ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("source-dest-check", "false")}))(t).NetworkInterfaces
	if len(now) != 1 || *now[0].Description != "web" || *now[0].Attachment.DeleteOnTermination {
		t.Errorf("interface is %+v", now)
	}
}
