package awsapi

import (
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

const (
	elbTargets = "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{TargetGroupArn}"
	elbName    = "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}"
)

func elbEntries() []entry {
	return []entry{
		op("elbv2:DescribeTargetGroups", elbv2.NewFromConfig, (*elbv2.Client).DescribeTargetGroups, needs("elasticloadbalancing:DescribeTargetGroups"), pages("Marker", "NextMarker")),
		op("elbv2:DescribeTargetHealth", elbv2.NewFromConfig, (*elbv2.Client).DescribeTargetHealth, needs("elasticloadbalancing:DescribeTargetHealth")),
		op("elbv2:CreateTargetGroup", elbv2.NewFromConfig, (*elbv2.Client).CreateTargetGroup, writes, needs("elasticloadbalancing:CreateTargetGroup", "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{Name}/*")),
		op("elbv2:RegisterTargets", elbv2.NewFromConfig, (*elbv2.Client).RegisterTargets, writes, needs("elasticloadbalancing:RegisterTargets", elbTargets)),
		op("elbv2:DeregisterTargets", elbv2.NewFromConfig, (*elbv2.Client).DeregisterTargets, writes, needs("elasticloadbalancing:DeregisterTargets", elbTargets)),
		op("elb:DescribeLoadBalancers", elb.NewFromConfig, (*elb.Client).DescribeLoadBalancers, needs("elasticloadbalancing:DescribeLoadBalancers"), pages("Marker", "NextMarker")),
		op("elb:CreateLoadBalancer", elb.NewFromConfig, (*elb.Client).CreateLoadBalancer, writes, needs("elasticloadbalancing:CreateLoadBalancer", elbName)),
		op("elb:RegisterInstancesWithLoadBalancer", elb.NewFromConfig, (*elb.Client).RegisterInstancesWithLoadBalancer, writes, needs("elasticloadbalancing:RegisterInstancesWithLoadBalancer", elbName)),
		op("elb:DeregisterInstancesFromLoadBalancer", elb.NewFromConfig, (*elb.Client).DeregisterInstancesFromLoadBalancer, writes, needs("elasticloadbalancing:DeregisterInstancesFromLoadBalancer", elbName)),
		op("elbv2:CreateLoadBalancer", elbv2.NewFromConfig, (*elbv2.Client).CreateLoadBalancer, writes, needs("elasticloadbalancing:CreateLoadBalancer", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{Name}/*")),
		op("elbv2:DescribeLoadBalancers", elbv2.NewFromConfig, (*elbv2.Client).DescribeLoadBalancers, needs("elasticloadbalancing:DescribeLoadBalancers"), pages("Marker", "NextMarker")),
		op("elbv2:CreateListener", elbv2.NewFromConfig, (*elbv2.Client).CreateListener, writes, needs("elasticloadbalancing:CreateListener", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerArn}")),
		op("elbv2:DescribeListeners", elbv2.NewFromConfig, (*elbv2.Client).DescribeListeners, needs("elasticloadbalancing:DescribeListeners"), pages("Marker", "NextMarker")),
		op("elbv2:ModifyListener", elbv2.NewFromConfig, (*elbv2.Client).ModifyListener, writes, needs("elasticloadbalancing:ModifyListener", "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/app/*/*/{ListenerArn}")),
	}
}
