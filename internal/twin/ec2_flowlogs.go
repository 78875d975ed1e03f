package twin

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// flowLog is a subscription to the traffic of a VPC. Those of subnets and interfaces are not known here.
type flowLog struct {
	id, resource, bucket, group, role string
	kind                              types.LogDestinationType
	traffic                           types.TrafficType
	made                              time.Time
	failed                            bool
}

func flowLogHandlers(t table) {
	ec2On(t, "CreateFlowLogs", createFlowLogs)
	ec2On(t, "DescribeFlowLogs", describeFlowLogs)
	ec2On(t, "DeleteFlowLogs", deleteFlowLogs)
	on(t, "CloudWatch Logs", "CreateLogGroup", createLogGroup)
}

// createLogGroup makes a log group that only has a name: that there is one is what delivery asks for.
func createLogGroup(r *request, in *cloudwatchlogs.CreateLogGroupInput) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	if r.reg.logGroups[*in.LogGroupName] {
		return nil, &logstypes.ResourceAlreadyExistsException{Message: aws.String("The specified log group already exists")}
	}
	if r.reg.logGroups == nil {
		r.reg.logGroups = map[string]bool{}
	}
	r.reg.logGroups[*in.LogGroupName] = true
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

func createFlowLogs(r *request, in *ec2.CreateFlowLogsInput) (*ec2.CreateFlowLogsOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeVpcFlowLog)
	if err != nil {
		return nil, err
	}
	f := flowLog{
		bucket: aws.ToString(in.LogDestination), group: aws.ToString(in.LogGroupName), role: aws.ToString(in.DeliverLogsPermissionArn),
		kind: cmp.Or(in.LogDestinationType, types.LogDestinationTypeCloudWatchLogs), traffic: in.TrafficType, made: r.now,
	}
	switch {
	case in.ResourceType != types.FlowLogsResourceTypeVpc:
		return nil, reject("InvalidParameterValue", "the twin knows flow logs of VPCs only, not of %s", in.ResourceType)
	case f.bucket == "" && f.group == "":
		return nil, reject("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
	case f.kind == types.LogDestinationTypeCloudWatchLogs && f.role == "":
		return nil, reject("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	case f.kind == types.LogDestinationTypeS3 && f.group != "":
		return nil, reject("InvalidParameter", "LogGroupName can't be specified if LogDestinationType is s3.")
	}
	out := &ec2.CreateFlowLogsOutput{FlowLogIds: []string{}, Unsuccessful: []types.UnsuccessfulItem{}}
	for _, id := range in.ResourceIds {
		if _, err := s.vpc(id); err != nil {
			return nil, err
		}
		one := f
		one.resource, one.failed = id, f.kind == types.LogDestinationTypeCloudWatchLogs && !r.reg.logGroups[f.group]
		if name, _, _ := strings.Cut(strings.TrimPrefix(f.bucket, "arn:aws:s3:::"), "/"); f.kind == types.LogDestinationTypeS3 && r.org.s3.buckets[name] == nil {
			out.Unsuccessful = append(out.Unsuccessful, types.UnsuccessfulItem{ResourceId: aws.String(id), Error: &types.UnsuccessfulItemError{Code: aws.String("400"), Message: aws.String(fmt.Sprintf("LogDestination: %s does not exist.", name))}})
			continue
		}
		for _, has := range s.flowLogs.all() {
			if has.resource == id && has.bucket == f.bucket && has.group == f.group {
				return nil, reject("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
			}
		}
		one.id = r.org.id("fl")
		s.flowLogs.put(one.id, &one)
		s.tagAll(one.id, tags[types.ResourceTypeVpcFlowLog])
		out.FlowLogIds = append(out.FlowLogIds, one.id)
	}
	return out, nil
}

func (s *ec2State) flowLog(id string) (*flowLog, error) {
	return find(&s.flowLogs, kind{"fl-", "InvalidFlowLogId", "The flow log ID '%s' does not exist"}, id)
}

func describeFlowLogs(r *request, in *ec2.DescribeFlowLogsInput) (*ec2.DescribeFlowLogsOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.flowLogs, s.flowLog, fields[flowLog]{
		"resource-id":          func(f *flowLog) []string { return []string{f.resource} },
		"traffic-type":         func(f *flowLog) []string { return []string{string(f.traffic)} },
		"log-group-name":       func(f *flowLog) []string { return []string{f.group} },
		"log-destination-type": func(f *flowLog) []string { return []string{string(f.kind)} },
	}, func(f *flowLog) map[string]string { return s.tags[f.id] }, query{in.FlowLogIds, in.Filter, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeFlowLogsOutput{NextToken: next, FlowLogs: []types.FlowLog{}}
	for _, f := range found {
		v := types.FlowLog{
			FlowLogId: aws.String(f.id), ResourceId: aws.String(f.resource), TrafficType: f.traffic, LogDestinationType: f.kind, CreationTime: aws.Time(f.made),
			FlowLogStatus: aws.String("ACTIVE"), DeliverLogsStatus: aws.String("SUCCESS"), MaxAggregationInterval: aws.Int32(600), Tags: s.tagView(f.id),
		}
		for field, text := range map[**string]string{&v.LogDestination: f.bucket, &v.LogGroupName: f.group, &v.DeliverLogsPermissionArn: f.role} {
			if text != "" {
				*field = aws.String(text)
			}
		}
		if f.failed {
			v.DeliverLogsStatus, v.DeliverLogsErrorMessage = aws.String("FAILED"), aws.String("Access error")
		}
		out.FlowLogs = append(out.FlowLogs, v)
	}
	return out, nil
}

func deleteFlowLogs(r *request, in *ec2.DeleteFlowLogsInput) (*ec2.DeleteFlowLogsOutput, error) {
	s := &r.reg.ec2
	for _, id := range in.FlowLogIds {
		if _, err := s.flowLog(id); err != nil {
			return nil, err
		}
	}
	for _, id := range in.FlowLogIds {
		s.flowLogs.drop(id)
		delete(s.tags, id)
	}
	return &ec2.DeleteFlowLogsOutput{Unsuccessful: []types.UnsuccessfulItem{}}, nil
}
