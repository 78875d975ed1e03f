package twin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// autoscalingState is what Auto Scaling has in one region of one account.
type autoscalingState struct {
	configurations shelf[launchConfiguration] // by name
	groups         shelf[scalingGroup]        // by name
}

func autoscalingHandlers(t table) {
	const service = "Auto Scaling"
	on(t, service, "CreateLaunchConfiguration", createLaunchConfiguration)
	on(t, service, "CreateAutoScalingGroup", createAutoScalingGroup)
	on(t, service, "DescribeAutoScalingGroups", describeAutoScalingGroups)
	on(t, service, "DescribeAutoScalingInstances", describeAutoScalingInstances)
	on(t, service, "UpdateAutoScalingGroup", updateAutoScalingGroup)
	on(t, service, "DetachInstances", detachInstances)
	on(t, service, "AttachInstances", attachInstances)
	on(t, service, "EnterStandby", enterStandby)
	on(t, service, "ExitStandby", exitStandby)
}

// groupTag is the tag that tells on an instance which group it is in.
const groupTag = "aws:autoscaling:groupName"

type launchConfiguration struct {
	name string
	call *ec2.RunInstancesInput
}

type scalingGroup struct {
	name, arn, health       string
	made                    time.Time
	min, max, desired       int32
	cooldown, grace         int32
	configuration           string // name; empty where there is a template
	template                *launchTemplate
	version                 string // of the template, as the group was given it
	subnets, zones          []string
	targetGroups, balancers []string
	tags                    []scalingTag
	members                 []*member
}

type scalingTag struct {
	key, value string
	propagate  bool
}

type member struct {
	id, zone string
	state    astypes.LifecycleState
}

func validation(format string, args ...any) error { return reject("ValidationError", format, args...) }

// asValidation words an error of EC2 the way Auto Scaling passes it on.
func asValidation(prefix string, err error) error {
	if api, ok := err.(smithy.APIError); ok {
		return validation("%s%s", prefix, api.ErrorMessage())
	}
	return err
}

func createLaunchConfiguration(r *request, in *autoscaling.CreateLaunchConfigurationInput) (*autoscaling.CreateLaunchConfigurationOutput, error) {
	s := &r.reg.autoscaling
	name := aws.ToString(in.LaunchConfigurationName)
	if _, dup := s.configurations.byID[name]; dup {
		return nil, &astypes.AlreadyExistsFault{Message: aws.String("Launch Configuration by this name already exists - A launch configuration already exists with the name " + name)}
	}
	if in.ImageId == nil || in.InstanceType == nil {
		return nil, validation("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
	}
	call := &ec2.RunInstancesInput{
		ImageId: in.ImageId, InstanceType: types.InstanceType(*in.InstanceType), KeyName: in.KeyName, UserData: in.UserData,
		SecurityGroupIds: slices.Clone(in.SecurityGroups), EbsOptimized: in.EbsOptimized,
	}
	if p := aws.ToString(in.IamInstanceProfile); strings.HasPrefix(p, "arn:") {
		call.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: aws.String(p)}
	} else if p != "" {
		call.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String(p)}
	}
	if m := in.MetadataOptions; m != nil {
		call.MetadataOptions = &types.InstanceMetadataOptionsRequest{
			HttpTokens: types.HttpTokensState(m.HttpTokens), HttpEndpoint: types.InstanceMetadataEndpointState(m.HttpEndpoint), HttpPutResponseHopLimit: m.HttpPutResponseHopLimit,
		}
	}
	for _, m := range in.BlockDeviceMappings {
		call.BlockDeviceMappings = append(call.BlockDeviceMappings, asMapping(m))
	}
	s.configurations.put(name, &launchConfiguration{name: name, call: asLaunch(call)})
	return &autoscaling.CreateLaunchConfigurationOutput{}, nil
}

func asMapping(m astypes.BlockDeviceMapping) types.BlockDeviceMapping {
	out := types.BlockDeviceMapping{DeviceName: m.DeviceName, VirtualName: m.VirtualName}
	if aws.ToBool(m.NoDevice) {
		out.NoDevice = aws.String("")
	}
	if e := m.Ebs; e != nil {
		out.Ebs = &types.EbsBlockDevice{
			DeleteOnTermination: e.DeleteOnTermination, Encrypted: e.Encrypted, SnapshotId: e.SnapshotId,
			VolumeSize: e.VolumeSize, VolumeType: types.VolumeType(aws.ToString(e.VolumeType)),
		}
	}
	return out
}

func createAutoScalingGroup(r *request, in *autoscaling.CreateAutoScalingGroupInput) (*autoscaling.CreateAutoScalingGroupOutput, error) {
	s := &r.reg.autoscaling
	g := &scalingGroup{
		name: aws.ToString(in.AutoScalingGroupName), made: r.now, health: "EC2", cooldown: 300,
		min: aws.ToInt32(in.MinSize), max: aws.ToInt32(in.MaxSize), grace: aws.ToInt32(in.HealthCheckGracePeriod),
		targetGroups: slices.Clone(in.TargetGroupARNs), balancers: slices.Clone(in.LoadBalancerNames),
	}
	g.desired = g.min
	if in.DesiredCapacity != nil {
		g.desired = *in.DesiredCapacity
	}
	if in.HealthCheckType != nil {
		g.health = *in.HealthCheckType
	}
	if in.DefaultCooldown != nil {
		g.cooldown = *in.DefaultCooldown
	}
	for _, t := range in.Tags {
		g.tags = append(g.tags, scalingTag{key: aws.ToString(t.Key), value: aws.ToString(t.Value), propagate: aws.ToBool(t.PropagateAtLaunch)})
	}
	if err := g.check(r); err != nil {
		return nil, err
	}
	if err := g.place(r, aws.ToString(in.VPCZoneIdentifier)); err != nil {
		return nil, err
	}
	if err := g.useLaunch(r, in); err != nil {
		return nil, err
	}
	g.arn = r.arn("autoscaling", fmt.Sprintf("autoScalingGroup:%s:autoScalingGroupName/%s", r.org.uuid(), g.name))
	s.groups.put(g.name, g)
	g.refill(r)
	return &autoscaling.CreateAutoScalingGroupOutput{}, nil
}

// uuid makes the next identifier in the form of a UUID.
func (o *Org) uuid() string {
	o.serial++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(o.serial*0x9e3779b1), o.serial)
}

func (g *scalingGroup) check(r *request) error {
	if _, dup := r.reg.autoscaling.groups.byID[g.name]; dup {
		return &astypes.AlreadyExistsFault{Message: aws.String("AutoScalingGroup by this name already exists - A group with the name " + g.name + " already exists")}
	}
	if g.min < 0 || g.min > g.max {
		return validation("Max bound, %d, must be greater than or equal to min bound, %d", g.max, g.min)
	}
	if g.desired < g.min || g.desired > g.max {
		return validation("Desired capacity:%d must be between the specified min size:%d and max size:%d", g.desired, g.min, g.max)
	}
	for _, arn := range g.targetGroups {
		if r.reg.elb.targetGroups.byID[arn] == nil {
			return validation("Provided Target Groups may not be valid. Please ensure they exist and try again.")
		}
	}
	for _, name := range g.balancers {
		if r.reg.elb.balancers.byID[name] == nil {
			return validation("Provided Load Balancers may not be valid. Please ensure they exist and try again.")
		}
	}
	return nil
}

func (g *scalingGroup) place(r *request, subnets string) error {
	if subnets == "" {
		return validation("At least one Availability Zone or VPC Subnet is required.")
	}
	for id := range strings.SplitSeq(subnets, ",") {
		n, err := r.reg.ec2.subnet(strings.TrimSpace(id))
		if err != nil {
			return asValidation("", err)
		}
		g.subnets = append(g.subnets, n.id)
		if !slices.Contains(g.zones, n.zone) {
			g.zones = append(g.zones, n.zone)
		}
	}
	return nil
}

// useLaunch takes the group's launch configuration or template, and refuses one that EC2 could not launch from.
func (g *scalingGroup) useLaunch(r *request, in *autoscaling.CreateAutoScalingGroupInput) error {
	if (in.LaunchConfigurationName == nil) == (in.LaunchTemplate == nil) {
		return validation("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	}
	if name := in.LaunchConfigurationName; name != nil {
		if r.reg.autoscaling.configurations.byID[*name] == nil {
			return validation("Launch configuration name not found - Launch configuration %s not found", *name)
		}
		g.configuration = *name
	}
	if t := in.LaunchTemplate; t != nil {
		found, err := r.reg.ec2.chosenTemplate(t.LaunchTemplateId, t.LaunchTemplateName, t.Version)
		if err != nil {
			return asValidation("You must use a valid fully-formed launch template. ", err)
		}
		g.template, g.version = found, aws.ToString(t.Version)
	}
	if _, err := r.reg.ec2.plan(r, g.call(r)); err != nil {
		return asValidation("You must use a valid fully-formed launch template. ", err)
	}
	return nil
}

// call is the launch of one instance of the group.
func (g *scalingGroup) call(r *request) *ec2.RunInstancesInput {
	var in *ec2.RunInstancesInput
	if g.template != nil {
		in = asLaunch(g.template.call)
	} else {
		in = asLaunch(r.reg.autoscaling.configurations.byID[g.configuration].call)
	}
	in.MinCount, in.MaxCount = aws.Int32(1), aws.Int32(1)
	net := g.nextSubnet(r)
	if len(in.NetworkInterfaces) == 0 {
		in.SubnetId = aws.String(net)
	}
	for n := range in.NetworkInterfaces {
		if in.NetworkInterfaces[n].SubnetId == nil {
			in.NetworkInterfaces[n].SubnetId = aws.String(net)
		}
	}
	return in
}

// nextSubnet is the one where the fewest of the group's instances are.
func (g *scalingGroup) nextSubnet(r *request) string {
	in := map[string]int{}
	for _, m := range g.members {
		if i, ok := r.reg.ec2.instances.byID[m.id]; ok {
			in[i.subnet]++
		}
	}
	return slices.MinFunc(g.subnets, func(a, b string) int { return in[a] - in[b] })
}

// active counts the members that make up the desired capacity: those in standby do not.
func (g *scalingGroup) active() int32 {
	var n int32
	for _, m := range g.members {
		if m.state == astypes.LifecycleStateInService {
			n++
		}
	}
	return n
}

// refill launches what is missing. Where EC2 refuses, the group stays short, as it would with AWS, where launches are tried later.
func (g *scalingGroup) refill(r *request) {
	for g.active() < g.desired {
		out, err := runInstances(r, g.call(r))
		if err != nil {
			return
		}
		id := aws.ToString(out.Instances[0].InstanceId)
		for _, t := range g.tags {
			if t.propagate {
				r.reg.ec2.setTag(id, t.key, t.value)
			}
		}
		g.admit(r, id)
	}
}

// admit puts an instance into service.
func (g *scalingGroup) admit(r *request, id string) {
	g.members = append(g.members, &member{id: id, zone: r.reg.ec2.instances.byID[id].zone, state: astypes.LifecycleStateInService})
	r.reg.ec2.setTag(id, groupTag, g.name)
	r.reg.elb.join(id, g.targetGroups, g.balancers)
}

// dismiss lets an instance go, and leaves it running.
func (g *scalingGroup) dismiss(r *request, id string) {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool { return m.id == id })
	delete(r.reg.ec2.tags[id], groupTag)
	r.reg.elb.leave(r.now, id, g.targetGroups, g.balancers)
}

// replaceLost makes good for an instance that was terminated from outside, as the health check of a group does.
func (s *autoscalingState) replaceLost(r *request, id string) {
	if g, m := s.memberOf(id); m != nil {
		g.members = slices.DeleteFunc(g.members, func(o *member) bool { return o == m })
		g.refill(r)
	}
}

func (s *autoscalingState) memberOf(id string) (*scalingGroup, *member) {
	for _, g := range s.groups.byID {
		if m := g.member(id); m != nil {
			return g, m
		}
	}
	return nil, nil
}

func (g *scalingGroup) member(id string) *member {
	for _, m := range g.members {
		if m.id == id {
			return m
		}
	}
	return nil
}

// chosenMembers finds the group and those of its instances that a call names.
func (s *autoscalingState) chosenMembers(name *string, ids []string) (*scalingGroup, []*member, error) {
	g, err := s.group(name, ids)
	if err != nil {
		return nil, nil, err
	}
	var out []*member
	for _, id := range ids {
		m := g.member(id)
		if m == nil {
			return nil, nil, validation("The instance %s is not part of Auto Scaling group %s.", id, g.name)
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return g, out, nil
}

func (s *autoscalingState) group(name *string, ids []string) (*scalingGroup, error) {
	if len(ids) == 0 || len(ids) > 20 {
		return nil, validation("The number of instance IDs must be between 1 and 20.")
	}
	g, ok := s.groups.byID[aws.ToString(name)]
	if !ok {
		return nil, validation("AutoScalingGroup name not found - AutoScalingGroup '%s' not found", aws.ToString(name))
	}
	return g, nil
}

// sizes is the error of a change that would leave the bounds of a group.
func (g *scalingGroup) sizes(doing string) error {
	return validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To %s, please update the AutoScalingGroup sizes appropriately.", g.name, g.min, g.max, g.desired, doing)
}

// countOf words a number of instances.
func countOf(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// shrink lowers the desired capacity by the members that count towards it.
func (g *scalingGroup) shrink(members []*member, doing string) error {
	var n int32
	for _, m := range members {
		if m.state == astypes.LifecycleStateInService {
			n++
		}
	}
	if g.desired-n < g.min {
		return g.sizes(doing)
	}
	g.desired -= n
	return nil
}

// grow raises the desired capacity.
func (g *scalingGroup) grow(n int, doing string) error {
	if g.desired+int32(n) > g.max {
		return g.sizes(doing)
	}
	g.desired += int32(n)
	return nil
}

func (g *scalingGroup) activity(r *request, description string) astypes.Activity {
	return astypes.Activity{
		ActivityId: aws.String(r.org.uuid()), AutoScalingGroupName: aws.String(g.name), AutoScalingGroupARN: aws.String(g.arn),
		Description: aws.String(description), StartTime: aws.Time(r.now), Progress: aws.Int32(50), StatusCode: astypes.ScalingActivityStatusCodeInProgress,
		Cause: aws.String("At " + r.now.UTC().Format("2006-01-02T15:04:05Z") + " in response to a user request."),
	}
}

func detachInstances(r *request, in *autoscaling.DetachInstancesInput) (*autoscaling.DetachInstancesOutput, error) {
	g, members, err := r.reg.autoscaling.chosenMembers(in.AutoScalingGroupName, in.InstanceIds)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
		if err := g.shrink(members, "detach "+countOf(len(members))); err != nil {
			return nil, err
		}
	}
	out := &autoscaling.DetachInstancesOutput{}
	for _, m := range members {
		g.dismiss(r, m.id)
		out.Activities = append(out.Activities, g.activity(r, "Detaching EC2 instance: "+m.id))
	}
	g.refill(r)
	return out, nil
}

func attachInstances(r *request, in *autoscaling.AttachInstancesInput) (*autoscaling.AttachInstancesOutput, error) {
	s := &r.reg.autoscaling
	g, err := s.group(in.AutoScalingGroupName, in.InstanceIds)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range in.InstanceIds {
		if err := s.canAttach(r, g, id); err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if err := g.grow(len(ids), "attach "+countOf(len(ids))); err != nil {
		return nil, err
	}
	for _, id := range ids {
		g.admit(r, id)
	}
	return &autoscaling.AttachInstancesOutput{}, nil
}

func (s *autoscalingState) canAttach(r *request, g *scalingGroup, id string) error {
	i, ok := r.reg.ec2.instances.byID[id]
	if !ok {
		return validation("Invalid Instance ID(s): [%s]. EC2 instance(s) not found.", id)
	}
	if i.state != running {
		return validation("Instance %s is not in correct state. Instance(s) must be in the running state.", id)
	}
	if other, m := s.memberOf(id); m != nil {
		return validation("Instance %s is already part of AutoScalingGroup:%s", id, other.name)
	}
	if !slices.Contains(g.zones, i.zone) {
		return validation("The availability zone %s of instance %s is not part of AutoScalingGroup %s.", i.zone, id, g.name)
	}
	return nil
}

func enterStandby(r *request, in *autoscaling.EnterStandbyInput) (*autoscaling.EnterStandbyOutput, error) {
	g, members, err := r.reg.autoscaling.chosenMembers(in.AutoScalingGroupName, in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.state != astypes.LifecycleStateInService {
			return nil, validation("The instance %s is not in InService.", m.id)
		}
	}
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
		if err := g.shrink(members, "place into standby "+countOf(len(members))); err != nil {
			return nil, err
		}
	}
	out := &autoscaling.EnterStandbyOutput{}
	for _, m := range members {
		m.state = astypes.LifecycleStateStandby
		r.reg.elb.leave(r.now, m.id, g.targetGroups, g.balancers)
		out.Activities = append(out.Activities, g.activity(r, "Moving EC2 instance to Standby: "+m.id))
	}
	g.refill(r)
	return out, nil
}

func exitStandby(r *request, in *autoscaling.ExitStandbyInput) (*autoscaling.ExitStandbyOutput, error) {
	g, members, err := r.reg.autoscaling.chosenMembers(in.AutoScalingGroupName, in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.state != astypes.LifecycleStateStandby {
			return nil, validation("The instance %s is not in Standby.", m.id)
		}
	}
	if err := g.grow(len(members), "move out of standby "+countOf(len(members))); err != nil {
		return nil, err
	}
	out := &autoscaling.ExitStandbyOutput{}
	for _, m := range members {
		m.state = astypes.LifecycleStateInService
		r.reg.elb.join(m.id, g.targetGroups, g.balancers)
		out.Activities = append(out.Activities, g.activity(r, "Moving EC2 instance out of Standby: "+m.id))
	}
	return out, nil
}

func scalingPages(most int32) pages {
	return pages{least: 1, most: most, usual: 50,
		badSize: func(size int32) error {
			return validation("Value '%d' at 'maxRecords' must be between 1 and %d", size, most)
		},
		badToken: func() error { return &astypes.InvalidNextToken{Message: aws.String("The token is not valid")} },
	}
}

func describeAutoScalingGroups(r *request, in *autoscaling.DescribeAutoScalingGroupsInput) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	found := r.reg.autoscaling.groups.all()
	if len(in.AutoScalingGroupNames) > 0 {
		found = slices.DeleteFunc(found, func(g *scalingGroup) bool { return !slices.Contains(in.AutoScalingGroupNames, g.name) })
	}
	var conds []condition
	for _, f := range in.Filters {
		conds = append(conds, condition{name: aws.ToString(f.Name), values: f.Values})
	}
	found, err := fields[scalingGroup]{
		"tag-value": func(g *scalingGroup) []string {
			tags := g.tagMap()
			var out []string
			for _, k := range sortedKeys(tags) {
				out = append(out, tags[k])
			}
			return out
		},
	}.keep(found, (*scalingGroup).tagMap, conds)
	if err != nil {
		return nil, asValidation("", err)
	}
	found, next, err := page(found, in.MaxRecords, in.NextToken, scalingPages(100))
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeAutoScalingGroupsOutput{NextToken: next}
	for _, g := range found {
		out.AutoScalingGroups = append(out.AutoScalingGroups, g.view(r))
	}
	return out, nil
}

func (g *scalingGroup) tagMap() map[string]string {
	out := map[string]string{}
	for _, t := range g.tags {
		out[t.key] = t.value
	}
	return out
}

func (g *scalingGroup) view(r *request) astypes.AutoScalingGroup {
	out := astypes.AutoScalingGroup{
		AutoScalingGroupName: aws.String(g.name), AutoScalingGroupARN: aws.String(g.arn), CreatedTime: aws.Time(g.made),
		MinSize: aws.Int32(g.min), MaxSize: aws.Int32(g.max), DesiredCapacity: aws.Int32(g.desired),
		DefaultCooldown: aws.Int32(g.cooldown), HealthCheckType: aws.String(g.health), HealthCheckGracePeriod: aws.Int32(g.grace),
		AvailabilityZones: slices.Clone(g.zones), VPCZoneIdentifier: aws.String(strings.Join(g.subnets, ",")),
		TargetGroupARNs: slices.Clone(g.targetGroups), LoadBalancerNames: slices.Clone(g.balancers),
		LaunchConfigurationName: text(g.configuration), LaunchTemplate: g.templateView(),
		TerminationPolicies: []string{"Default"}, NewInstancesProtectedFromScaleIn: aws.Bool(false),
	}
	for _, t := range g.tags {
		out.Tags = append(out.Tags, astypes.TagDescription{
			Key: aws.String(t.key), Value: aws.String(t.value), PropagateAtLaunch: aws.Bool(t.propagate),
			ResourceId: aws.String(g.name), ResourceType: aws.String("auto-scaling-group"),
		})
	}
	for _, m := range g.members {
		i := r.reg.ec2.instances.byID[m.id]
		out.Instances = append(out.Instances, astypes.Instance{
			InstanceId: aws.String(m.id), AvailabilityZone: aws.String(m.zone), LifecycleState: m.state, HealthStatus: aws.String("Healthy"),
			ProtectedFromScaleIn: aws.Bool(false), InstanceType: aws.String(string(i.is)),
			LaunchConfigurationName: text(g.configuration), LaunchTemplate: g.templateView(),
		})
	}
	return out
}

func (g *scalingGroup) templateView() *astypes.LaunchTemplateSpecification {
	if g.template == nil {
		return nil
	}
	return &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String(g.template.id), LaunchTemplateName: aws.String(g.template.name), Version: text(g.version)}
}

func describeAutoScalingInstances(r *request, in *autoscaling.DescribeAutoScalingInstancesInput) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	if len(in.InstanceIds) > 50 {
		return nil, validation("The number of instance IDs must be at most 50.")
	}
	var found []astypes.AutoScalingInstanceDetails
	for _, g := range r.reg.autoscaling.groups.all() {
		for _, m := range g.members {
			if len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, m.id) {
				found = append(found, g.details(r, m))
			}
		}
	}
	found, next, err := page(found, in.MaxRecords, in.NextToken, scalingPages(50))
	if err != nil {
		return nil, err
	}
	return &autoscaling.DescribeAutoScalingInstancesOutput{AutoScalingInstances: found, NextToken: next}, nil
}

func (g *scalingGroup) details(r *request, m *member) astypes.AutoScalingInstanceDetails {
	i := r.reg.ec2.instances.byID[m.id]
	return astypes.AutoScalingInstanceDetails{
		InstanceId: aws.String(m.id), AutoScalingGroupName: aws.String(g.name), AvailabilityZone: aws.String(m.zone),
		LifecycleState: aws.String(string(m.state)), HealthStatus: aws.String("HEALTHY"), ProtectedFromScaleIn: aws.Bool(false),
		InstanceType: aws.String(string(i.is)), ImageId: aws.String(i.image),
		LaunchConfigurationName: text(g.configuration), LaunchTemplate: g.templateView(),
	}
}
