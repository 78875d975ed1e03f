package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

const asgGroup = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{AutoScalingGroupName}"

func autoscalingEntries() []entry {
	return []entry{
		op("autoscaling:DescribeAutoScalingInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingInstances, pages("NextToken", "NextToken")),
		op("autoscaling:DescribeAutoScalingGroups", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingGroups, pages("NextToken", "NextToken")),
		op("autoscaling:CreateLaunchConfiguration", autoscaling.NewFromConfig, (*autoscaling.Client).CreateLaunchConfiguration, writes, needs("autoscaling:CreateLaunchConfiguration", "arn:{partition}:autoscaling:{region}:{account}:launchConfiguration:*:launchConfigurationName/{LaunchConfigurationName}")),
		op("autoscaling:CreateAutoScalingGroup", autoscaling.NewFromConfig, (*autoscaling.Client).CreateAutoScalingGroup, writes, needs("autoscaling:CreateAutoScalingGroup", asgGroup)),
		op("autoscaling:UpdateAutoScalingGroup", autoscaling.NewFromConfig, (*autoscaling.Client).UpdateAutoScalingGroup, writes, needs("autoscaling:UpdateAutoScalingGroup", asgGroup)),
		op("autoscaling:DetachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DetachInstances, writes, needs("autoscaling:DetachInstances", asgGroup)),
		op("autoscaling:EnterStandby", autoscaling.NewFromConfig, (*autoscaling.Client).EnterStandby, writes, needs("autoscaling:EnterStandby", asgGroup)),
		op("autoscaling:ExitStandby", autoscaling.NewFromConfig, (*autoscaling.Client).ExitStandby, writes, needs("autoscaling:ExitStandby", asgGroup)),
		op("autoscaling:AttachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).AttachInstances, writes, needs("autoscaling:AttachInstances", asgGroup)),
	}
}
