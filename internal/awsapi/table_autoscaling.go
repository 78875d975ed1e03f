package awsapi

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

const asgGroup = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{AutoScalingGroupName}"

const launchConfiguration = "arn:{partition}:autoscaling:{region}:{account}:launchConfiguration:*:launchConfigurationName/{LaunchConfigurationName}"

func autoscalingEntries() []entry {
	configurations := op("autoscaling:DescribeLaunchConfigurations", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeLaunchConfigurations, pages("NextToken", "NextToken"))
	return []entry{
		op("autoscaling:DescribeAutoScalingInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingInstances, pages("NextToken", "NextToken")),
		op("autoscaling:DescribeAutoScalingGroups", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingGroups, pages("NextToken", "NextToken")),
		configurations,
		op("autoscaling:CreateLaunchConfiguration", autoscaling.NewFromConfig, (*autoscaling.Client).CreateLaunchConfiguration, writes, needs("autoscaling:CreateLaunchConfiguration", launchConfiguration),
			depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*"), completed(configurations, originalOf, ofOriginal)),
		op("autoscaling:DeleteLaunchConfiguration", autoscaling.NewFromConfig, (*autoscaling.Client).DeleteLaunchConfiguration, writes, needs("autoscaling:DeleteLaunchConfiguration", launchConfiguration)),
		op("autoscaling:CreateAutoScalingGroup", autoscaling.NewFromConfig, (*autoscaling.Client).CreateAutoScalingGroup, writes, needs("autoscaling:CreateAutoScalingGroup", asgGroup)),
		op("autoscaling:UpdateAutoScalingGroup", autoscaling.NewFromConfig, (*autoscaling.Client).UpdateAutoScalingGroup, writes, needs("autoscaling:UpdateAutoScalingGroup", asgGroup)),
		op("autoscaling:DetachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DetachInstances, writes, needs("autoscaling:DetachInstances", asgGroup)),
		op("autoscaling:EnterStandby", autoscaling.NewFromConfig, (*autoscaling.Client).EnterStandby, writes, needs("autoscaling:EnterStandby", asgGroup)),
		op("autoscaling:ExitStandby", autoscaling.NewFromConfig, (*autoscaling.Client).ExitStandby, writes, needs("autoscaling:ExitStandby", asgGroup)),
		op("autoscaling:AttachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).AttachInstances, writes, needs("autoscaling:AttachInstances", asgGroup)),
	}
}

// copyMark stands in the name of a launch configuration between its original's and what is another in it: "web.parry-imdsv2".
const copyMark = ".parry-"

// originalOf asks for the launch configuration that a copy is to be like. None can be changed, and what it gives its instances to run at their
// start often has secrets in it.
func originalOf(in map[string]any) (asked, part map[string]any) {
	name, _ := in["LaunchConfigurationName"].(string)
	end := strings.LastIndex(name, copyMark)
	if end < 1 {
		return nil, in
	}
	return map[string]any{"LaunchConfigurationNames": []any{name[:end]}}, in
}

// ofOriginal is what a launch configuration has and a new one is made with. Source: "CreateLaunchConfiguration", Amazon EC2 Auto Scaling API
// Reference, which also says that texts are not empty: AWS gives what is not set as one that is.
func ofOriginal(out map[string]any) map[string]any {
	all, _ := out["LaunchConfigurations"].([]any)
	if len(all) != 1 {
		return nil // there is none of the name, and without image and type AWS makes none
	}
	m := members(all[0].(map[string]any), "AssociatePublicIpAddress", "BlockDeviceMappings", "ClassicLinkVPCId", "ClassicLinkVPCSecurityGroups", "EbsOptimized", "IamInstanceProfile", "ImageId",
		"InstanceMonitoring", "InstanceType", "KernelId", "KeyName", "MetadataOptions", "PlacementTenancy", "RamdiskId", "SecurityGroups", "SpotPrice", "UserData")
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == "" })
	return m
}
