package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// That a log group which is not there is found out by the first delivery, and a bucket at once, is so on moto, too.
func TestFlowLogs(t *testing.T) {
	n := newNetwork(t)
	role := aws.String("arn:aws:iam::" + testAccount + ":role/flow-logs")
	create := func(change func(*ec2.CreateFlowLogsInput)) (*ec2.CreateFlowLogsOutput, error) {
		in := &ec2.CreateFlowLogsInput{ResourceIds: []string{n.vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll, LogGroupName: aws.String("/flows"), DeliverLogsPermissionArn: role}
		change(in)
		return n.ec2.CreateFlowLogs(n.ctx, in)
	}
	refused(create(func(in *ec2.CreateFlowLogsInput) { in.LogGroupName = nil }))(t, "InvalidParameter")
	refused(create(func(in *ec2.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = nil }))(t, "InvalidParameter")
	refused(create(func(in *ec2.CreateFlowLogsInput) { in.LogDestinationType = types.LogDestinationTypeS3 }))(t, "InvalidParameter")
	refused(create(func(in *ec2.CreateFlowLogsInput) { in.ResourceIds = []string{"vpc-0a1b2c3d4e5f60718"} }))(t, "InvalidVpcID.NotFound")
	out := got(create(func(in *ec2.CreateFlowLogsInput) {
		in.LogGroupName, in.DeliverLogsPermissionArn, in.LogDestinationType, in.LogDestination = nil, nil, types.LogDestinationTypeS3, aws.String("arn:aws:s3:::nowhere")
	}))(t)
	if len(out.FlowLogIds) != 0 || len(out.Unsuccessful) != 1 {
		t.Errorf("into a bucket that is not there: %+v", out)
	}
	id := got(create(func(in *ec2.CreateFlowLogsInput) {
		in.TagSpecifications = tagSpec(types.ResourceTypeVpcFlowLog, "k", "v")
	}))(t).FlowLogIds[0]
	refused(create(func(*ec2.CreateFlowLogsInput) {}))(t, "FlowLogAlreadyExists")
	found := got(n.ec2.DescribeFlowLogs(n.ctx, &ec2.DescribeFlowLogsInput{Filter: filter("resource-id", n.vpc)}))(t).FlowLogs
	if len(found) != 1 || *found[0].FlowLogId != id || *found[0].DeliverLogsStatus != "FAILED" || len(found[0].Tags) != 1 {
		t.Errorf("flow logs are %+v", found)
	}
	got(n.ec2.DeleteFlowLogs(n.ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{id}}))(t)
	refused(n.ec2.DeleteFlowLogs(n.ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{id}}))(t, "InvalidFlowLogId.NotFound")
	logs := cloudwatchlogs.NewFromConfig(n.org.Config(testAccount, testRegion))
	got(logs.CreateLogGroup(n.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/flows")}))(t)
	refused(logs.CreateLogGroup(n.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/flows")}))(t, "ResourceAlreadyExistsException")
	got(create(func(*ec2.CreateFlowLogsInput) {}))(t)
	if f := got(n.ec2.DescribeFlowLogs(n.ctx, &ec2.DescribeFlowLogsInput{}))(t).FlowLogs[0]; *f.DeliverLogsStatus != "SUCCESS" {
		t.Errorf("flow log is %+v", f)
	}
}
