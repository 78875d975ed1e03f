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
	}
}
