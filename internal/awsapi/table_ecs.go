package awsapi

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

const ecsPrefix = "arn:{partition}:ecs:{region}:{account}:"

func ecsEntries() []entry {
	describe := op("ecs:DescribeTaskDefinition", ecs.NewFromConfig, (*ecs.Client).DescribeTaskDefinition)
	return []entry{
		op("ecs:CreateCluster", ecs.NewFromConfig, (*ecs.Client).CreateCluster, writes, needs("ecs:CreateCluster", ecsPrefix+"cluster/{ClusterName}")),
		op("ecs:RegisterTaskDefinition", ecs.NewFromConfig, (*ecs.Client).RegisterTaskDefinition, writes, needs("ecs:RegisterTaskDefinition", ecsPrefix+"task-definition/{Family}:*"),
			with("Tags", "ecs:TagResource", nil, ecsPrefix+"task-definition/{Family}:*"), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*"), completed(describe, revisionOf, ofRevision)),
		op("ecs:RunTask", ecs.NewFromConfig, (*ecs.Client).RunTask, writes, needs("ecs:RunTask", ecsPrefix+"task-definition/{TaskDefinition}"), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("ecs:DescribeTasks", ecs.NewFromConfig, (*ecs.Client).DescribeTasks, needs("ecs:DescribeTasks", ecsPrefix+"task/{Cluster}/{Tasks}")),
		describe,
		op("ecs:DeregisterTaskDefinition", ecs.NewFromConfig, (*ecs.Client).DeregisterTaskDefinition, writes),
		op("ecs:StopTask", ecs.NewFromConfig, (*ecs.Client).StopTask, writes, needs("ecs:StopTask", ecsPrefix+"task/{Cluster}/{Task}")),
	}
}

// revisionOf asks for the revision that a family is given with, as in "web:3": a new one is to be like it, but for what the call says. A family
// by itself, as AWS knows it, is registered as the call has it.
func revisionOf(in map[string]any) (asked, part map[string]any) {
	name, _ := in["Family"].(string)
	family, _, from := strings.Cut(name, ":")
	if !from {
		return nil, in
	}
	part = maps.Clone(in)
	part["Family"] = family
	return map[string]any{"TaskDefinition": name}, part
}

// ofRevision is what a revision has and a new one is registered with. Source: "RegisterTaskDefinition", Amazon ECS API Reference. The tags are no
// part of it.
func ofRevision(out map[string]any) map[string]any {
	d, _ := out["TaskDefinition"].(map[string]any)
	return members(d, "ContainerDefinitions", "Cpu", "EnableFaultInjection", "EphemeralStorage", "ExecutionRoleArn", "InferenceAccelerators", "IpcMode", "Memory", "NetworkMode", "PidMode",
		"PlacementConstraints", "ProxyConfiguration", "RequiresCompatibilities", "RuntimePlatform", "TaskRoleArn", "TrustedExecutionConfiguration", "Volumes")
}
