package twin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// elbState is what load balancing, in both its versions, has in one region of one account.
type elbState struct {
	targetGroups shelf[targetGroup]     // by ARN
	balancers    shelf[classicBalancer] // by name
}

func elbHandlers(t table) {
	const v2, classic = "Elastic Load Balancing v2", "Elastic Load Balancing"
	on(t, v2, "CreateTargetGroup", createTargetGroup)
	on(t, v2, "DescribeTargetGroups", describeTargetGroups)
	on(t, v2, "RegisterTargets", registerTargets)
	on(t, v2, "DeregisterTargets", deregisterTargets)
	on(t, v2, "DescribeTargetHealth", describeTargetHealth)
	on(t, classic, "CreateLoadBalancer", createClassicBalancer)
	on(t, classic, "DescribeLoadBalancers", describeClassicBalancers)
	on(t, classic, "RegisterInstancesWithLoadBalancer", registerWithClassic)
	on(t, classic, "DeregisterInstancesFromLoadBalancer", deregisterFromClassic)
}

// deregistrationDelay is how long a target drains: the default of a target group.
const deregistrationDelay = 300 * time.Second

type targetGroup struct {
	arn, name, vpc string
	protocol       elbv2types.ProtocolEnum
	port           int32
	is             elbv2types.TargetTypeEnum
	targets        []*target
}

type target struct {
	id   string
	port int32
	zone string
	gone time.Time // end of draining; zero while registered
}

func elbPages() pages {
	return pages{least: 1, most: 400, usual: 400,
		badSize:  func(int32) error { return reject("ValidationError", "Page size must be between 1 and 400") },
		badToken: func() error { return reject("ValidationError", "Invalid marker") },
	}
}

func createTargetGroup(r *request, in *elbv2.CreateTargetGroupInput) (*elbv2.CreateTargetGroupOutput, error) {
	s := &r.reg.elb
	g := &targetGroup{name: aws.ToString(in.Name), vpc: aws.ToString(in.VpcId), protocol: in.Protocol, port: aws.ToInt32(in.Port), is: in.TargetType}
	if g.is == "" {
		g.is = elbv2types.TargetTypeEnumInstance
	}
	if err := g.check(r); err != nil {
		return nil, err
	}
	for _, o := range s.targetGroups.all() {
		if o.name != g.name {
			continue
		}
		if o.vpc != g.vpc || o.protocol != g.protocol || o.port != g.port || o.is != g.is {
			return nil, &elbv2types.DuplicateTargetGroupNameException{Message: aws.String("A target group with the same name '" + g.name + "' exists, but with different settings")}
		}
		return &elbv2.CreateTargetGroupOutput{TargetGroups: []elbv2types.TargetGroup{o.view()}}, nil
	}
	g.arn = r.arn("elasticloadbalancing", "targetgroup/"+g.name+"/"+strings.TrimPrefix(r.org.id("tg"), "tg-0"))
	s.targetGroups.put(g.arn, g)
	return &elbv2.CreateTargetGroupOutput{TargetGroups: []elbv2types.TargetGroup{g.view()}}, nil
}

func (g *targetGroup) check(r *request) error {
	switch {
	case g.name == "" || len(g.name) > 32:
		return reject("ValidationError", "Target group name '%s' cannot be longer than '32' characters", g.name)
	case g.is != elbv2types.TargetTypeEnumInstance && g.is != elbv2types.TargetTypeEnumIp:
		return reject("ValidationError", "Target type '%s' is not one of instance, ip", g.is)
	case g.vpc == "":
		return reject("ValidationError", "A VPC ID must be specified")
	case g.protocol == "":
		return reject("ValidationError", "A protocol must be specified")
	case g.port < 1 || g.port > 65535:
		return reject("ValidationError", "A port must be specified")
	}
	if _, err := r.reg.ec2.vpc(g.vpc); err != nil {
		return reject("ValidationError", "The VPC ID '%s' is not found", g.vpc)
	}
	return nil
}

func (g *targetGroup) view() elbv2types.TargetGroup {
	return elbv2types.TargetGroup{
		TargetGroupArn: aws.String(g.arn), TargetGroupName: aws.String(g.name), VpcId: aws.String(g.vpc),
		Protocol: g.protocol, Port: aws.Int32(g.port), TargetType: g.is,
		HealthCheckEnabled: aws.Bool(true), HealthCheckPort: aws.String("traffic-port"), HealthCheckProtocol: g.protocol,
		HealthCheckIntervalSeconds: aws.Int32(30), IpAddressType: elbv2types.TargetGroupIpAddressTypeEnumIpv4,
		LoadBalancerArns: []string{},
	}
}

func (s *elbState) targetGroup(arn *string) (*targetGroup, error) {
	if g, ok := s.targetGroups.byID[aws.ToString(arn)]; ok {
		return g, nil
	}
	return nil, targetGroupMissing()
}

func targetGroupMissing() error {
	return &elbv2types.TargetGroupNotFoundException{Message: aws.String("One or more target groups not found")}
}

func describeTargetGroups(r *request, in *elbv2.DescribeTargetGroupsInput) (*elbv2.DescribeTargetGroupsOutput, error) {
	s := &r.reg.elb
	found, err := pick(&s.targetGroups, func(arn string) (*targetGroup, error) { return s.targetGroup(&arn) }, in.TargetGroupArns)
	if err != nil {
		return nil, err
	}
	if in.LoadBalancerArn != nil {
		return nil, &elbv2types.LoadBalancerNotFoundException{Message: aws.String("One or more load balancers not found")}
	}
	if len(in.Names) > 0 {
		found = slices.DeleteFunc(found, func(g *targetGroup) bool { return !slices.Contains(in.Names, g.name) })
		if len(found) < len(in.Names) {
			return nil, targetGroupMissing()
		}
	}
	found, next, err := page(found, in.PageSize, in.Marker, elbPages())
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeTargetGroupsOutput{NextMarker: next}
	for _, g := range found {
		out.TargetGroups = append(out.TargetGroups, g.view())
	}
	return out, nil
}

func registerTargets(r *request, in *elbv2.RegisterTargetsInput) (*elbv2.RegisterTargetsOutput, error) {
	g, err := r.reg.elb.targetGroup(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		if err := g.canRegister(r, aws.ToString(t.Id)); err != nil {
			return nil, err
		}
	}
	for _, t := range in.Targets {
		g.register(aws.ToString(t.Id), g.portOr(t.Port), aws.ToString(t.AvailabilityZone))
	}
	return &elbv2.RegisterTargetsOutput{}, nil
}

func (g *targetGroup) portOr(p *int32) int32 {
	if p != nil {
		return *p
	}
	return g.port
}

func (g *targetGroup) canRegister(r *request, id string) error {
	if g.is == elbv2types.TargetTypeEnumIp {
		if _, err := netip.ParseAddr(id); err != nil {
			return reject("ValidationError", "The IP address '%s' is not a valid IPv4 or IPv6 address", id)
		}
		return nil
	}
	i, err := r.reg.ec2.instance(id)
	switch {
	case err != nil:
		return invalidTarget("The following targets are not valid instances: '%s'", id)
	case i.state != running:
		return invalidTarget("The following targets are not in a running state and cannot be registered: '%s'", id)
	case i.vpc != g.vpc:
		return invalidTarget("The following targets are not in the target group VPC '%s': '%s'", g.vpc, id)
	}
	return nil
}

func invalidTarget(format string, args ...any) error {
	return &elbv2types.InvalidTargetException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func (g *targetGroup) find(id string, port int32) *target {
	for _, t := range g.targets {
		if t.id == id && t.port == port {
			return t
		}
	}
	return nil
}

// register adds a target; one that drains comes back.
func (g *targetGroup) register(id string, port int32, zone string) {
	if t := g.find(id, port); t != nil {
		t.gone = time.Time{}
		return
	}
	g.targets = append(g.targets, &target{id: id, port: port, zone: zone})
}

func deregisterTargets(r *request, in *elbv2.DeregisterTargetsInput) (*elbv2.DeregisterTargetsOutput, error) {
	g, err := r.reg.elb.targetGroup(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, d := range in.Targets {
		if t := g.find(aws.ToString(d.Id), g.portOr(d.Port)); t != nil {
			t.drain(r.now)
		}
	}
	return &elbv2.DeregisterTargetsOutput{}, nil
}

// drain starts a target's way out; one that drains already goes on as it was.
func (t *target) drain(now time.Time) {
	if t.gone.IsZero() {
		t.gone = now.Add(deregistrationDelay)
	}
}

// settle drops the targets that have drained.
func (g *targetGroup) settle(now time.Time) {
	g.targets = slices.DeleteFunc(g.targets, func(t *target) bool { return !t.gone.IsZero() && !now.Before(t.gone) })
}

func describeTargetHealth(r *request, in *elbv2.DescribeTargetHealthInput) (*elbv2.DescribeTargetHealthOutput, error) {
	g, err := r.reg.elb.targetGroup(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	g.settle(r.now)
	out := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []elbv2types.TargetHealthDescription{}}
	if len(in.Targets) == 0 {
		for _, t := range g.targets {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.view(g.health(r, t)))
		}
		return out, nil
	}
	for _, d := range in.Targets {
		id, port := aws.ToString(d.Id), g.portOr(d.Port)
		t := g.find(id, port)
		if t == nil {
			health := unused(elbv2types.TargetHealthReasonEnumNotRegistered, "Target is not registered to the target group")
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, (&target{id: id, port: port}).view(health))
			continue
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.view(g.health(r, t)))
	}
	return out, nil
}

func unused(reason elbv2types.TargetHealthReasonEnum, why string) *elbv2types.TargetHealth {
	return &elbv2types.TargetHealth{State: elbv2types.TargetHealthStateEnumUnused, Reason: reason, Description: aws.String(why)}
}

// health takes every running target for a healthy one behind a listener: there are no listeners here to be without.
func (g *targetGroup) health(r *request, t *target) *elbv2types.TargetHealth {
	if !t.gone.IsZero() {
		return &elbv2types.TargetHealth{State: elbv2types.TargetHealthStateEnumDraining, Reason: elbv2types.TargetHealthReasonEnumDeregistrationInProgress, Description: aws.String("Target deregistration is in progress")}
	}
	if i, ok := r.reg.ec2.instances.byID[t.id]; ok && i.state != running {
		return unused(elbv2types.TargetHealthReasonEnumInvalidState, "Target is in the "+string(i.state)+" state")
	}
	return &elbv2types.TargetHealth{State: elbv2types.TargetHealthStateEnumHealthy}
}

func (t *target) view(health *elbv2types.TargetHealth) elbv2types.TargetHealthDescription {
	return elbv2types.TargetHealthDescription{
		Target:          &elbv2types.TargetDescription{Id: aws.String(t.id), Port: aws.Int32(t.port), AvailabilityZone: text(t.zone)},
		HealthCheckPort: aws.String(fmt.Sprint(t.port)),
		TargetHealth:    health,
	}
}

// join registers an instance with the target groups and classic load balancers of its scaling group.
func (s *elbState) join(id string, targetGroups, balancers []string) {
	for _, arn := range targetGroups {
		if g, ok := s.targetGroups.byID[arn]; ok {
			g.register(id, g.port, "")
		}
	}
	for _, name := range balancers {
		if b, ok := s.balancers.byID[name]; ok {
			b.add(id)
		}
	}
}

// leave deregisters an instance from the target groups and classic load balancers of its scaling group.
func (s *elbState) leave(now time.Time, id string, targetGroups, balancers []string) {
	for _, arn := range targetGroups {
		g, ok := s.targetGroups.byID[arn]
		if !ok {
			continue
		}
		for _, t := range g.targets {
			if t.id == id {
				t.drain(now)
			}
		}
	}
	for _, name := range balancers {
		if b, ok := s.balancers.byID[name]; ok {
			b.remove(id)
		}
	}
}

// forget drops a terminated instance from everything.
func (s *elbState) forget(id string) {
	for _, g := range s.targetGroups.byID {
		g.targets = slices.DeleteFunc(g.targets, func(t *target) bool { return t.id == id })
	}
	for _, b := range s.balancers.byID {
		b.remove(id)
	}
}

type classicBalancer struct {
	name, dns, vpc, scheme string
	made                   time.Time
	subnets, groups, zones []string
	listeners              []elbtypes.Listener // their pointers are the organization's own
	instances              []string
}

func (b *classicBalancer) add(id string) {
	if !slices.Contains(b.instances, id) {
		b.instances = append(b.instances, id)
	}
}

func (b *classicBalancer) remove(id string) {
	b.instances = slices.DeleteFunc(b.instances, func(o string) bool { return o == id })
}

func createClassicBalancer(r *request, in *elb.CreateLoadBalancerInput) (*elb.CreateLoadBalancerOutput, error) {
	s := &r.reg.elb
	name := aws.ToString(in.LoadBalancerName)
	if _, dup := s.balancers.byID[name]; dup {
		return nil, &elbtypes.DuplicateAccessPointNameException{Message: aws.String("Load Balancer named " + name + " already exists and it is configured with different parameters.")}
	}
	b := &classicBalancer{name: name, made: r.now, scheme: "internet-facing", subnets: slices.Clone(in.Subnets), groups: slices.Clone(in.SecurityGroups), zones: slices.Clone(in.AvailabilityZones), listeners: copyListeners(in.Listeners)}
	if in.Scheme != nil {
		b.scheme = *in.Scheme
	}
	for _, id := range in.Subnets {
		n, err := r.reg.ec2.subnet(id)
		if err != nil {
			return nil, &elbtypes.SubnetNotFoundException{Message: aws.String("The requested subnet '" + id + "' does not exist")}
		}
		b.vpc, b.zones = n.vpc, append(b.zones, n.zone)
	}
	for _, id := range in.SecurityGroups {
		if g, err := r.reg.ec2.group(id); err != nil || g.vpc != b.vpc {
			return nil, &elbtypes.InvalidSecurityGroupException{Message: aws.String("One or more of the specified security groups do not exist.")}
		}
	}
	b.dns = fmt.Sprintf("%s-%d.%s.elb.amazonaws.com", name, r.org.serial, r.region)
	s.balancers.put(name, b)
	return &elb.CreateLoadBalancerOutput{DNSName: aws.String(b.dns)}, nil
}

func copyListeners(in []elbtypes.Listener) []elbtypes.Listener {
	out := make([]elbtypes.Listener, 0, len(in))
	for _, l := range in {
		instance := l.InstanceProtocol
		if instance == nil {
			instance = l.Protocol
		}
		out = append(out, elbtypes.Listener{
			LoadBalancerPort: l.LoadBalancerPort, InstancePort: aws.Int32(aws.ToInt32(l.InstancePort)),
			Protocol: aws.String(aws.ToString(l.Protocol)), InstanceProtocol: aws.String(aws.ToString(instance)), SSLCertificateId: text(aws.ToString(l.SSLCertificateId)),
		})
	}
	return out
}

func (b *classicBalancer) view() elbtypes.LoadBalancerDescription {
	out := elbtypes.LoadBalancerDescription{
		LoadBalancerName: aws.String(b.name), DNSName: aws.String(b.dns), VPCId: text(b.vpc), Scheme: aws.String(b.scheme), CreatedTime: aws.Time(b.made),
		Subnets: slices.Clone(b.subnets), SecurityGroups: slices.Clone(b.groups), AvailabilityZones: slices.Clone(b.zones), Instances: b.instanceView(),
	}
	for _, l := range copyListeners(b.listeners) {
		out.ListenerDescriptions = append(out.ListenerDescriptions, elbtypes.ListenerDescription{Listener: &l, PolicyNames: []string{}})
	}
	return out
}

func (b *classicBalancer) instanceView() []elbtypes.Instance {
	out := make([]elbtypes.Instance, 0, len(b.instances))
	for _, id := range b.instances {
		out = append(out, elbtypes.Instance{InstanceId: aws.String(id)})
	}
	return out
}

func (s *elbState) balancer(name string) (*classicBalancer, error) {
	if b, ok := s.balancers.byID[name]; ok {
		return b, nil
	}
	return nil, &elbtypes.AccessPointNotFoundException{Message: aws.String("There is no ACTIVE Load Balancer named '" + name + "'")}
}

func describeClassicBalancers(r *request, in *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	s := &r.reg.elb
	found, err := pick(&s.balancers, s.balancer, in.LoadBalancerNames)
	if err != nil {
		return nil, err
	}
	found, next, err := page(found, in.PageSize, in.Marker, elbPages())
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeLoadBalancersOutput{NextMarker: next}
	for _, b := range found {
		out.LoadBalancerDescriptions = append(out.LoadBalancerDescriptions, b.view())
	}
	return out, nil
}

// classicCall finds the load balancer and the instances that a call names.
func (s *elbState) classicCall(r *request, name *string, instances []elbtypes.Instance) (*classicBalancer, []string, error) {
	b, err := s.balancer(aws.ToString(name))
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, in := range instances {
		id := aws.ToString(in.InstanceId)
		if _, err := r.reg.ec2.instance(id); err != nil {
			return nil, nil, &elbtypes.InvalidEndPointException{Message: aws.String("Could not find EC2 instance " + id + ".")}
		}
		ids = append(ids, id)
	}
	return b, ids, nil
}

func registerWithClassic(r *request, in *elb.RegisterInstancesWithLoadBalancerInput) (*elb.RegisterInstancesWithLoadBalancerOutput, error) {
	b, ids, err := r.reg.elb.classicCall(r, in.LoadBalancerName, in.Instances)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if i := r.reg.ec2.instances.byID[id]; i.state == terminated || b.vpc != "" && i.vpc != b.vpc {
			return nil, &elbtypes.InvalidEndPointException{Message: aws.String("EC2 instance " + id + " is not in the same VPC as the load balancer.")}
		}
	}
	for _, id := range ids {
		b.add(id)
	}
	return &elb.RegisterInstancesWithLoadBalancerOutput{Instances: b.instanceView()}, nil
}

func deregisterFromClassic(r *request, in *elb.DeregisterInstancesFromLoadBalancerInput) (*elb.DeregisterInstancesFromLoadBalancerOutput, error) {
	b, ids, err := r.reg.elb.classicCall(r, in.LoadBalancerName, in.Instances)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		b.remove(id)
	}
	return &elb.DeregisterInstancesFromLoadBalancerOutput{Instances: b.instanceView()}, nil
}
