package twin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ecsState is the clusters, task definitions and tasks of one account in one region. There are no services and no container instances
// here: tasks run on Fargate, and nothing starts one again.
type ecsState struct {
	clusters    map[string]bool
	definitions map[string][]ecstypes.TaskDefinition // by family, in the order of their revisions
	tags        map[string][]ecstypes.Tag            // of task definitions, by ARN
	tasks       shelf[ecstypes.Task]                 // by ARN
}

func ecsHandlers(t table) {
	const service = "ECS"
	on(t, service, "CreateCluster", createCluster)
	on(t, service, "RegisterTaskDefinition", registerTaskDefinition)
	on(t, service, "DescribeTaskDefinition", describeTaskDefinition)
	on(t, service, "DeregisterTaskDefinition", deregisterTaskDefinition)
	on(t, service, "RunTask", runTask)
	on(t, service, "DescribeTasks", describeTasks)
	on(t, service, "StopTask", stopTask)
}

func createCluster(r *request, in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
	name := cmp.Or(aws.ToString(in.ClusterName), "default")
	if r.reg.ecs.clusters == nil {
		r.reg.ecs.clusters = map[string]bool{}
	}
	r.reg.ecs.clusters[name] = true
	return &ecs.CreateClusterOutput{Cluster: &ecstypes.Cluster{ClusterName: aws.String(name), ClusterArn: aws.String(r.arn("ecs", "cluster/"+name)), Status: aws.String("ACTIVE")}}, nil
}

// cluster finds the name of a cluster by its name or ARN.
func (r *request) cluster(id *string) (string, error) {
	name := cmp.Or(aws.ToString(id), "default")
	name = strings.TrimPrefix(name, r.arn("ecs", "cluster/"))
	if !r.reg.ecs.clusters[name] {
		return "", &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
	}
	return name, nil
}

func badECS(format string, args ...any) error {
	return &ecstypes.ClientException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func registerTaskDefinition(r *request, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	if len(in.ContainerDefinitions) == 0 {
		return nil, badECS("Container list cannot be empty.")
	}
	s := &r.reg.ecs
	if s.definitions == nil {
		s.definitions = map[string][]ecstypes.TaskDefinition{}
	}
	n := len(s.definitions[*in.Family]) + 1
	d := ecstypes.TaskDefinition{
		Family: in.Family, Revision: int32(n), TaskDefinitionArn: aws.String(r.arn("ecs", fmt.Sprintf("task-definition/%s:%d", *in.Family, n))), Status: ecstypes.TaskDefinitionStatusActive,
		ContainerDefinitions: in.ContainerDefinitions, TaskRoleArn: in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn, NetworkMode: in.NetworkMode,
		Cpu: in.Cpu, Memory: in.Memory, RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform, Volumes: in.Volumes,
	}
	s.definitions[*in.Family] = append(s.definitions[*in.Family], copied(d))
	if s.tags == nil {
		s.tags = map[string][]ecstypes.Tag{}
	}
	s.tags[*d.TaskDefinitionArn] = in.Tags
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: &d}, nil
}

// definition finds one by its ARN, by family and revision, or the newest of a family that is active.
func (r *request) definition(id string) (*ecstypes.TaskDefinition, error) {
	family, revision, _ := strings.Cut(strings.TrimPrefix(id, r.arn("ecs", "task-definition/")), ":")
	all := r.reg.ecs.definitions[family]
	for i := len(all) - 1; i >= 0; i-- {
		if revision == "" && all[i].Status == ecstypes.TaskDefinitionStatusActive || revision == fmt.Sprint(all[i].Revision) {
			return &all[i], nil
		}
	}
	return nil, badECS("Unable to describe task definition.")
}

func describeTaskDefinition(r *request, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	d, err := r.definition(*in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: new(copied(*d))}
	if slices.Contains(in.Include, ecstypes.TaskDefinitionFieldTags) {
		out.Tags = r.reg.ecs.tags[*d.TaskDefinitionArn]
	}
	return out, nil
}

// deregisterTaskDefinition leaves a revision to be seen, and no longer to be run.
func deregisterTaskDefinition(r *request, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	d, err := r.definition(*in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	d.Status, d.DeregisteredAt = ecstypes.TaskDefinitionStatusInactive, aws.Time(r.now)
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: new(copied(*d))}, nil
}

func runTask(r *request, in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	cluster, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	d, err := r.definition(*in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if in.LaunchType != ecstypes.LaunchTypeFargate {
		return nil, &ecstypes.InvalidParameterException{Message: aws.String("No Container Instances were found in your cluster.")}
	}
	out := &ecs.RunTaskOutput{Tasks: []ecstypes.Task{}, Failures: []ecstypes.Failure{}}
	for range cmp.Or(aws.ToInt32(in.Count), 1) {
		id := strings.ReplaceAll(r.org.uuid(), "-", "")
		t := ecstypes.Task{
			TaskArn: aws.String(r.arn("ecs", "task/"+cluster+"/"+id)), ClusterArn: aws.String(r.arn("ecs", "cluster/"+cluster)), TaskDefinitionArn: d.TaskDefinitionArn,
			Group: aws.String(cmp.Or(aws.ToString(in.Group), "family:"+*d.Family)), StartedBy: in.StartedBy, LaunchType: in.LaunchType,
			LastStatus: aws.String("RUNNING"), DesiredStatus: aws.String("RUNNING"), CreatedAt: aws.Time(r.now), StartedAt: aws.Time(r.now), Overrides: in.Overrides, Version: 1,
		}
		for _, c := range d.ContainerDefinitions {
			t.Containers = append(t.Containers, ecstypes.Container{
				Name: c.Name, Image: c.Image, ContainerArn: aws.String(r.arn("ecs", "container/"+cluster+"/"+id+"/"+r.org.uuid())), LastStatus: aws.String("RUNNING"), RuntimeId: aws.String(id + "-" + *c.Name),
			})
		}
		r.reg.ecs.tasks.put(*t.TaskArn, new(copied(t)))
		out.Tasks = append(out.Tasks, t)
	}
	return out, nil
}

// task finds one of a cluster by its id or ARN.
func (r *request) task(cluster, id string) *ecstypes.Task {
	prefix := r.arn("ecs", "task/"+cluster+"/")
	return r.reg.ecs.tasks.byID[prefix+strings.TrimPrefix(id, prefix)]
}

func describeTasks(r *request, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	cluster, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Tasks) == 0 {
		return nil, &ecstypes.InvalidParameterException{Message: aws.String("Tasks cannot be empty.")}
	}
	out := &ecs.DescribeTasksOutput{Tasks: []ecstypes.Task{}, Failures: []ecstypes.Failure{}}
	for _, id := range in.Tasks {
		if t := r.task(cluster, id); t != nil {
			out.Tasks = append(out.Tasks, copied(*t))
			continue
		}
		out.Failures = append(out.Failures, ecstypes.Failure{Arn: aws.String(id), Reason: aws.String("MISSING")})
	}
	return out, nil
}

// stopTask ends a task at once, where AWS gives its containers 30 seconds.
func stopTask(r *request, in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	cluster, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	t := r.task(cluster, *in.Task)
	if t == nil {
		return nil, &ecstypes.InvalidParameterException{Message: aws.String("The referenced task was not found.")}
	}
	if aws.ToString(t.LastStatus) != "STOPPED" {
		t.LastStatus, t.DesiredStatus, t.StoppedReason, t.StoppedAt = aws.String("STOPPED"), aws.String("STOPPED"), in.Reason, aws.Time(r.now)
		t.StopCode = ecstypes.TaskStopCodeUserInitiated
		t.Version++
		for i := range t.Containers {
			t.Containers[i].LastStatus = aws.String("STOPPED")
		}
	}
	return &ecs.StopTaskOutput{Task: new(copied(*t))}, nil
}
