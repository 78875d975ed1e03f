package twin

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// scalingGroup makes a group named fleet, and gives its target group.
func (n *network) scalingGroup(low, high, desired int32) string {
	n.Helper()
	got(n.scaling.CreateLaunchConfiguration(n.ctx, &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: aws.String("fleet"), ImageId: aws.String(testImage), InstanceType: aws.String("m5.large"), IamInstanceProfile: aws.String("web"),
	}))(n.T)
	arn := n.targetGroup("fleet")
	got(n.scaling.CreateAutoScalingGroup(n.ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("fleet"), LaunchConfigurationName: aws.String("fleet"), VPCZoneIdentifier: aws.String(n.subnet),
		MinSize: aws.Int32(low), MaxSize: aws.Int32(high), DesiredCapacity: aws.Int32(desired), TargetGroupARNs: []string{arn},
		Tags: []astypes.Tag{{Key: aws.String("app"), Value: aws.String("shop"), PropagateAtLaunch: aws.Bool(true)}},
	}))(n.T)
	return arn
}

func (n *network) fleet() astypes.AutoScalingGroup {
	n.Helper()
	return got(n.scaling.DescribeAutoScalingGroups(n.ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"fleet"}}))(n.T).AutoScalingGroups[0]
}

// members gives the group's instances as "id state".
func (n *network) members() (ids, states []string) {
	n.Helper()
	for _, i := range n.fleet().Instances {
		ids, states = append(ids, *i.InstanceId), append(states, string(i.LifecycleState))
	}
	return ids, states
}

func (n *network) detach(decrement bool, ids ...string) (*autoscaling.DetachInstancesOutput, error) {
	return n.scaling.DetachInstances(n.ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("fleet"), InstanceIds: ids, ShouldDecrementDesiredCapacity: aws.Bool(decrement)})
}

func (n *network) sizes() string {
	n.Helper()
	g := n.fleet()
	return fmt.Sprint(*g.MinSize, *g.MaxSize, *g.DesiredCapacity, len(g.Instances))
}

func (n *network) wantSizes(want string) {
	n.Helper()
	if have := n.sizes(); have != want {
		n.Errorf("min, max, desired and instances are %s, want %s", have, want)
	}
}

func TestScalingGroupLaunches(t *testing.T) {
	n := newNetwork(t)
	arn := n.scalingGroup(1, 4, 2)
	ids, states := n.members()
	equal(t, "states", states, []string{"InService", "InService"})
	for _, id := range ids {
		i := n.instance(id)
		equal(t, "tags", tagText(i.Tags), []string{"app=shop", groupTag + "=fleet"})
		if *i.SubnetId != n.subnet || i.IamInstanceProfile == nil {
			t.Errorf("instance is %+v", i)
		}
	}
	equal(t, "targets", n.health(arn), []string{ids[0] + ":80 healthy", ids[1] + ":80 healthy"})
	out := got(n.scaling.DescribeAutoScalingInstances(n.ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{ids[1], "i-0123456789abcdef0"}}))(t)
	if len(out.AutoScalingInstances) != 1 || *out.AutoScalingInstances[0].AutoScalingGroupName != "fleet" || *out.AutoScalingInstances[0].LifecycleState != "InService" {
		t.Errorf("instances are %+v", out.AutoScalingInstances)
	}
	if by := got(n.scaling.DescribeAutoScalingGroups(n.ctx, &autoscaling.DescribeAutoScalingGroupsInput{Filters: []astypes.Filter{{Name: aws.String("tag:app"), Values: []string{"shop"}}}}))(t); len(by.AutoScalingGroups) != 1 {
		t.Errorf("%d groups by tag", len(by.AutoScalingGroups))
	}
	refused(n.scaling.DescribeAutoScalingGroups(n.ctx, &autoscaling.DescribeAutoScalingGroupsInput{Filters: []astypes.Filter{{Name: aws.String("x"), Values: []string{"y"}}}}))(t, "ValidationError")

	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: ids[:1]}))(t)
	after, _ := n.members()
	if len(after) != 2 || slices.Contains(after, ids[0]) {
		t.Errorf("after a termination the group has %v, before %v", after, ids)
	}
}

func TestScalingGroupFromTemplate(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	made := got(n.ec2.CreateLaunchTemplate(n.ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("t"), LaunchTemplateData: &types.RequestLaunchTemplateData{
		ImageId: aws.String(testImage), InstanceType: types.InstanceTypeT3Small,
		NetworkInterfaces:   []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0), Groups: []string{g}}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/sdb"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(5)}}},
		MetadataOptions:     &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: types.LaunchTemplateHttpTokensStateRequired},
	}}))(t).LaunchTemplate
	create := func(spec astypes.LaunchTemplateSpecification) (*autoscaling.CreateAutoScalingGroupOutput, error) {
		return n.scaling.CreateAutoScalingGroup(n.ctx, &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String("fleet"), LaunchTemplate: &spec, VPCZoneIdentifier: aws.String(n.subnet), MinSize: aws.Int32(1), MaxSize: aws.Int32(1),
		})
	}
	refused(create(astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("none")}))(t, "ValidationError")
	refused(create(astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("t"), Version: aws.String("2")}))(t, "ValidationError")
	got(create(astypes.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplateId, Version: aws.String("$Latest")}))(t)
	refused(create(astypes.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplateId}))(t, "AlreadyExists")
	ids, _ := n.members()
	i := n.instance(ids[0])
	equal(t, "groups", groupIDs(i.SecurityGroups), []string{g})
	if i.InstanceType != types.InstanceTypeT3Small || len(i.BlockDeviceMappings) != 2 || i.MetadataOptions.HttpTokens != types.HttpTokensStateRequired {
		t.Errorf("instance is %+v", i)
	}
	if l := n.fleet().Instances[0].LaunchTemplate; *l.LaunchTemplateName != "t" || *l.Version != "$Latest" {
		t.Errorf("template is %+v", l)
	}
}

func TestDetachInstances(t *testing.T) {
	for _, c := range []struct {
		decrement bool
		want      string
		replaced  bool
	}{{false, "1 4 2 2", true}, {true, "1 4 1 1", false}} {
		t.Run(fmt.Sprint("decrement ", c.decrement), func(t *testing.T) {
			n := newNetwork(t)
			arn := n.scalingGroup(1, 4, 2)
			ids, _ := n.members()
			out := got(n.detach(c.decrement, ids[0]))(t)
			if len(out.Activities) != 1 || out.Activities[0].StatusCode != astypes.ScalingActivityStatusCodeInProgress {
				t.Errorf("activities are %+v", out.Activities)
			}
			n.wantSizes(c.want)
			after, _ := n.members()
			if slices.Contains(after, ids[0]) || !slices.Contains(after, ids[1]) {
				t.Errorf("members are %v, before %v", after, ids)
			}
			i := n.instance(ids[0])
			equal(t, "tags of the detached one", tagText(i.Tags), []string{"app=shop"})
			if i.State.Name != types.InstanceStateNameRunning {
				t.Errorf("the detached instance is %s", i.State.Name)
			}
			health := n.health(arn)
			if !slices.Contains(health, ids[0]+":80 draining") {
				t.Errorf("targets are %v", health)
			}
			if c.replaced && (len(health) != 3 || !slices.Contains(health, after[1]+":80 healthy")) {
				t.Errorf("the replacement is not among the targets: %v", health)
			}
			if listed := got(n.scaling.DescribeAutoScalingInstances(n.ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: ids[:1]}))(t); len(listed.AutoScalingInstances) != 0 {
				t.Errorf("the detached instance is still listed")
			}
		})
	}
}

func TestDetachRefusals(t *testing.T) {
	n := newNetwork(t)
	n.scalingGroup(2, 2, 2)
	ids, _ := n.members()
	refused(n.detach(true, ids[0]))(t, "ValidationError")
	refused(n.detach(false, ids[0], *n.launch(nil).InstanceId))(t, "ValidationError")
	refused(n.detach(false))(t, "ValidationError")
	refused(n.scaling.DetachInstances(n.ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("none"), InstanceIds: ids, ShouldDecrementDesiredCapacity: aws.Bool(true)}))(t, "ValidationError")
	n.wantSizes("2 2 2 2")
	after, _ := n.members()
	equal(t, "members", after, ids)
}

func TestAttachInstances(t *testing.T) {
	n := newNetwork(t)
	arn := n.scalingGroup(1, 2, 1)
	ids, _ := n.members()
	attach := func(id string) (*autoscaling.AttachInstancesOutput, error) {
		return n.scaling.AttachInstances(n.ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("fleet"), InstanceIds: []string{id}})
	}
	refused(attach(ids[0]))(t, "ValidationError")
	refused(attach("i-0123456789abcdef0"))(t, "ValidationError")
	other := *n.launch(nil).InstanceId
	got(attach(other))(t)
	n.wantSizes("1 2 2 2")
	equal(t, "targets", n.health(arn), []string{ids[0] + ":80 healthy", other + ":80 healthy"})
	refused(attach(*n.launch(nil).InstanceId))(t, "ValidationError")

	got(n.detach(true, other))(t)
	got(attach(other))(t)
	n.wantSizes("1 2 2 2")
	equal(t, "targets after coming back", n.health(arn), []string{ids[0] + ":80 healthy", other + ":80 healthy"})
}

func TestStandby(t *testing.T) {
	n := newNetwork(t)
	arn := n.scalingGroup(1, 2, 2)
	ids, _ := n.members()
	enter := func(decrement bool, ids ...string) (*autoscaling.EnterStandbyOutput, error) {
		return n.scaling.EnterStandby(n.ctx, &autoscaling.EnterStandbyInput{AutoScalingGroupName: aws.String("fleet"), InstanceIds: ids, ShouldDecrementDesiredCapacity: aws.Bool(decrement)})
	}
	leave := func(ids ...string) (*autoscaling.ExitStandbyOutput, error) {
		return n.scaling.ExitStandby(n.ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: aws.String("fleet"), InstanceIds: ids})
	}
	refused(leave(ids[0]))(t, "ValidationError")
	refused(enter(true, ids...))(t, "ValidationError")
	got(enter(true, ids[0]))(t)
	n.wantSizes("1 2 1 2")
	_, states := n.members()
	equal(t, "states", states, []string{"Standby", "InService"})
	equal(t, "targets", n.health(arn), []string{ids[0] + ":80 draining", ids[1] + ":80 healthy"})
	refused(enter(true, ids[0]))(t, "ValidationError")
	got(leave(ids[0]))(t)
	n.wantSizes("1 2 2 2")
	equal(t, "targets", n.health(arn), []string{ids[0] + ":80 healthy", ids[1] + ":80 healthy"})

	got(enter(false, ids[0]))(t)
	n.wantSizes("1 2 2 3")
	refused(leave(ids[0]))(t, "ValidationError")
}

// moto says the same of what is right, and takes any health check.
func TestUpdateOfAGroupsHealthCheck(t *testing.T) {
	n := newNetwork(t)
	n.scalingGroup(1, 2, 1)
	update := func(name, check string, grace *int32) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
		return n.scaling.UpdateAutoScalingGroup(n.ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(name), HealthCheckType: aws.String(check), HealthCheckGracePeriod: grace})
	}
	got(update("fleet", "ELB", aws.Int32(90)))(t)
	got(update("fleet", "ELB", nil))(t)
	if g := n.fleet(); *g.HealthCheckType != "ELB" || *g.HealthCheckGracePeriod != 90 {
		t.Errorf("checked by %s after %d s", *g.HealthCheckType, *g.HealthCheckGracePeriod)
	}
	n.wantSizes("1 2 1 1")
	refused(update("fleet", "LUCK", nil))(t, "ValidationError")
	refused(update("none", "ELB", nil))(t, "ValidationError")
}
