package awsapi

import "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

// scalableTarget is every scalable target of the account: its ARN ends in an id that no call names. The namespace narrows it.
const scalableTarget = "arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*"

func applicationautoscalingEntries() []entry {
	namespace := only("StringEquals", "application-autoscaling:service-namespace", "{ServiceNamespace}")
	// Whoever sets up scaling must be allowed what it does: to look at the resource, to change its capacity and to watch it. Source: "Permissions
	// required for API actions on target services and CloudWatch", Application Auto Scaling User Guide.
	scales := func(e *entry) {
		for _, action := range []string{"dynamodb:DescribeTable", "dynamodb:UpdateTable"} {
			depends(action, table)(e)
		}
		for _, action := range []string{"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"} {
			depends(action, "arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking-table/*")(e)
		}
	}
	return []entry{
		op("applicationautoscaling:DescribeScalableTargets", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).DescribeScalableTargets, needs("application-autoscaling:DescribeScalableTargets"), pages("NextToken", "NextToken")),
		op("applicationautoscaling:DescribeScalingPolicies", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).DescribeScalingPolicies, needs("application-autoscaling:DescribeScalingPolicies"), pages("NextToken", "NextToken")),
		op("applicationautoscaling:RegisterScalableTarget", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).RegisterScalableTarget, writes, needs("application-autoscaling:RegisterScalableTarget", scalableTarget), namespace, scales,
			depends("iam:CreateServiceLinkedRole"), only("StringEquals", "iam:AWSServiceName", "dynamodb.application-autoscaling.amazonaws.com")),
		op("applicationautoscaling:DeregisterScalableTarget", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).DeregisterScalableTarget, writes, needs("application-autoscaling:DeregisterScalableTarget", scalableTarget), namespace, scales),
		op("applicationautoscaling:PutScalingPolicy", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).PutScalingPolicy, writes, needs("application-autoscaling:PutScalingPolicy", scalableTarget), namespace, scales),
		op("applicationautoscaling:DeleteScalingPolicy", applicationautoscaling.NewFromConfig, (*applicationautoscaling.Client).DeleteScalingPolicy, writes, needs("application-autoscaling:DeleteScalingPolicy", scalableTarget), namespace, scales),
	}
}
