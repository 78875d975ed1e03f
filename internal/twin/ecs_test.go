package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// moto gives no failures for a task that is not there, and an error of its own for stopping one; AWS's are from the ECS API Reference.
func TestTasks(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := ecs.NewFromConfig(org.Config(testAccount, testRegion))
	run := func(definition string) (*ecs.RunTaskOutput, error) {
		return c.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("shop"), TaskDefinition: aws.String(definition), LaunchType: ecstypes.LaunchTypeFargate, Count: aws.Int32(2)})
	}
	refused(run("web"))(t, "ClusterNotFoundException")
	got(c.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("shop")}))(t)
	refused(run("web"))(t, "ClientException")
	refused(c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("web"), ContainerDefinitions: []ecstypes.ContainerDefinition{}}))(t, "ClientException")
	for range 2 {
		got(c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("web"), ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("web:1")}}}))(t)
	}
	tasks := got(run("web"))(t).Tasks
	if len(tasks) != 2 || *tasks[0].TaskDefinitionArn != "arn:aws:ecs:eu-west-1:111111111111:task-definition/web:2" || *tasks[0].Group != "family:web" || len(tasks[0].Containers) != 1 {
		t.Fatalf("tasks are %+v", tasks)
	}
	if d := got(c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web:1")}))(t).TaskDefinition; d.Revision != 1 {
		t.Errorf("definition is %+v", d)
	}
	stop := func(id string) (*ecs.StopTaskOutput, error) {
		return c.StopTask(ctx, &ecs.StopTaskInput{Cluster: aws.String("shop"), Task: aws.String(id), Reason: aws.String("why")})
	}
	refused(stop("none"))(t, "InvalidParameterException")
	got(stop(*tasks[0].TaskArn))(t)
	out := got(c.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: []string{*tasks[0].TaskArn, *tasks[1].TaskArn, "none"}}))(t)
	if len(out.Tasks) != 2 || *out.Tasks[0].LastStatus != "STOPPED" || *out.Tasks[0].StoppedReason != "why" || *out.Tasks[1].LastStatus != "RUNNING" || len(out.Failures) != 1 {
		t.Errorf("tasks are %+v, failures %+v", out.Tasks, out.Failures)
	}
}
