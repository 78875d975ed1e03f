package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

const ecsPrefix = "arn:{partition}:ecs:{region}:{account}:"

func ecsEntries() []entry {
	return []entry{
		op("ecs:CreateCluster", ecs.NewFromConfig, (*ecs.Client).CreateCluster, writes, needs("ecs:CreateCluster", ecsPrefix+"cluster/{ClusterName}")),
		op("ecs:RegisterTaskDefinition", ecs.NewFromConfig, (*ecs.Client).RegisterTaskDefinition, writes, needs("ecs:RegisterTaskDefinition", ecsPrefix+"task-definition/{Family}:*"), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("ecs:RunTask", ecs.NewFromConfig, (*ecs.Client).RunTask, writes, needs("ecs:RunTask", ecsPrefix+"task-definition/{TaskDefinition}"), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("ecs:DescribeTasks", ecs.NewFromConfig, (*ecs.Client).DescribeTasks, needs("ecs:DescribeTasks", ecsPrefix+"task/{Cluster}/{Tasks}")),
		op("ecs:DescribeTaskDefinition", ecs.NewFromConfig, (*ecs.Client).DescribeTaskDefinition),
		op("ecs:StopTask", ecs.NewFromConfig, (*ecs.Client).StopTask, writes, needs("ecs:StopTask", ecsPrefix+"task/{Cluster}/{Task}")),
	}
}
