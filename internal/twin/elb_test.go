package twin

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (n *network) targetGroup(name string) string {
	n.Helper()
	return *got(n.elbv2.CreateTargetGroup(n.ctx, &elbv2.CreateTargetGroupInput{
		Name: aws.String(name), VpcId: aws.String(n.vpc), Port: aws.Int32(80), Protocol: elbv2types.ProtocolEnumHttp,
	}))(n.T).TargetGroups[0].TargetGroupArn
}

// health gives a target group's targets as "id:port state".
func (n *network) health(arn string, ask ...elbv2types.TargetDescription) []string {
	n.Helper()
	var out []string
	for _, d := range got(n.elbv2.DescribeTargetHealth(n.ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn), Targets: ask}))(n.T).TargetHealthDescriptions {
		out = append(out, fmt.Sprintf("%s:%d %s", *d.Target.Id, *d.Target.Port, d.TargetHealth.State))
	}
	return out
}

func TestTargets(t *testing.T) {
	n := newNetwork(t)
	arn := n.targetGroup("web")
	if again := n.targetGroup("web"); again != arn {
		t.Errorf("the same group again is %s", again)
	}
	id := *n.launch(nil).InstanceId
	at := func(port int32) elbv2types.TargetDescription {
		d := elbv2types.TargetDescription{Id: aws.String(id)}
		if port != 0 {
			d.Port = aws.Int32(port)
		}
		return d
	}
	register := func(d ...elbv2types.TargetDescription) (*elbv2.RegisterTargetsOutput, error) {
		return n.elbv2.RegisterTargets(n.ctx, &elbv2.RegisterTargetsInput{TargetGroupArn: aws.String(arn), Targets: d})
	}
	deregister := func(d ...elbv2types.TargetDescription) {
		t.Helper()
		got(n.elbv2.DeregisterTargets(n.ctx, &elbv2.DeregisterTargetsInput{TargetGroupArn: aws.String(arn), Targets: d}))(t)
	}
	got(register(at(0), at(8080)))(t)
	equal(t, "targets", n.health(arn), []string{id + ":80 healthy", id + ":8080 healthy"})

	deregister(at(8080), at(9999))
	equal(t, "after one is deregistered", n.health(arn), []string{id + ":80 healthy", id + ":8080 draining"})
	n.org.Advance(deregistrationDelay)
	equal(t, "after it drained", n.health(arn), []string{id + ":80 healthy"})
	equal(t, "asked for", n.health(arn, at(8080), at(0)), []string{id + ":8080 unused", id + ":80 healthy"})

	deregister(at(0))
	got(register(at(80)))(t)
	n.org.Advance(deregistrationDelay)
	equal(t, "registered again while draining", n.health(arn), []string{id + ":80 healthy"})

	got(n.ec2.StopInstances(n.ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	equal(t, "stopped", n.health(arn), []string{id + ":80 unused"})
	refused(register(at(81)))(t, "InvalidTarget")
	refused(register(elbv2types.TargetDescription{Id: aws.String("i-0123456789abcdef0")}))(t, "InvalidTarget")
	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	equal(t, "terminated", n.health(arn), nil)

	_, err := n.elbv2.DescribeTargetHealth(n.ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String("arn:none")})
	var missing *elbv2types.TargetGroupNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
}

func TestTargetGroupPages(t *testing.T) {
	n := newNetwork(t)
	var want, have []string
	for _, name := range []string{"a", "b", "c"} {
		want = append(want, n.targetGroup(name))
	}
	p := elbv2.NewDescribeTargetGroupsPaginator(n.elbv2, &elbv2.DescribeTargetGroupsInput{PageSize: aws.Int32(2)})
	for p.HasMorePages() {
		for _, g := range got(p.NextPage(n.ctx))(t).TargetGroups {
			have = append(have, *g.TargetGroupArn)
		}
	}
	equal(t, "target groups", have, want)
	if out := got(n.elbv2.DescribeTargetGroups(n.ctx, &elbv2.DescribeTargetGroupsInput{Names: []string{"b"}}))(t); len(out.TargetGroups) != 1 || *out.TargetGroups[0].TargetGroupArn != want[1] {
		t.Errorf("by name: %+v", out.TargetGroups)
	}
	refused(n.elbv2.DescribeTargetGroups(n.ctx, &elbv2.DescribeTargetGroupsInput{Names: []string{"z"}}))(t, "TargetGroupNotFound")
}

func TestClassicLoadBalancer(t *testing.T) {
	n := newNetwork(t)
	create := func() (*elb.CreateLoadBalancerOutput, error) {
		return n.elb.CreateLoadBalancer(n.ctx, &elb.CreateLoadBalancerInput{
			LoadBalancerName: aws.String("old"), Subnets: []string{n.subnet}, SecurityGroups: []string{n.group("lb" + fmt.Sprint(len(n.org.Log())))},
			Listeners: []elbtypes.Listener{{LoadBalancerPort: 80, InstancePort: aws.Int32(8080), Protocol: aws.String("HTTP")}},
		})
	}
	got(create())(t)
	refused(create())(t, "DuplicateLoadBalancerName")
	id := n.launch(nil).InstanceId
	in := []elbtypes.Instance{{InstanceId: id}}
	out := got(n.elb.RegisterInstancesWithLoadBalancer(n.ctx, &elb.RegisterInstancesWithLoadBalancerInput{LoadBalancerName: aws.String("old"), Instances: in}))(t)
	if len(out.Instances) != 1 {
		t.Errorf("instances are %+v", out.Instances)
	}
	b := got(n.elb.DescribeLoadBalancers(n.ctx, &elb.DescribeLoadBalancersInput{LoadBalancerNames: []string{"old"}}))(t).LoadBalancerDescriptions[0]
	if *b.VPCId != n.vpc || len(b.Instances) != 1 || *b.Instances[0].InstanceId != *id || *b.ListenerDescriptions[0].Listener.InstanceProtocol != "HTTP" {
		t.Errorf("load balancer is %+v", b)
	}
	left := got(n.elb.DeregisterInstancesFromLoadBalancer(n.ctx, &elb.DeregisterInstancesFromLoadBalancerInput{LoadBalancerName: aws.String("old"), Instances: in}))(t)
	if len(left.Instances) != 0 {
		t.Errorf("instances left are %+v", left.Instances)
	}
	refused(n.elb.DescribeLoadBalancers(n.ctx, &elb.DescribeLoadBalancersInput{LoadBalancerNames: []string{"none"}}))(t, "LoadBalancerNotFound")
	refused(n.elb.RegisterInstancesWithLoadBalancer(n.ctx, &elb.RegisterInstancesWithLoadBalancerInput{LoadBalancerName: aws.String("old"), Instances: []elbtypes.Instance{{InstanceId: aws.String("i-0123456789abcdef0")}}}))(t, "InvalidInstance")
}
