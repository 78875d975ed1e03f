package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

func athenaHandlers(t table) {
	const service = "Athena"
	on(t, service, "CreateWorkGroup", createWorkGroup)
	on(t, service, "GetWorkGroup", getWorkGroup)
	on(t, service, "UpdateWorkGroup", updateWorkGroup)
}

func createWorkGroup(r *request, in *athena.CreateWorkGroupInput) (*athena.CreateWorkGroupOutput, error) {
	c := types.WorkGroupConfiguration{}
	if in.Configuration != nil {
		c = copied(*in.Configuration)
	}
	if c.PublishCloudWatchMetricsEnabled == nil {
		c.PublishCloudWatchMetricsEnabled = aws.Bool(false)
	}
	r.reg.workGroups.put(*in.Name, &types.WorkGroup{Name: in.Name, State: types.WorkGroupStateEnabled, Configuration: &c})
	return &athena.CreateWorkGroupOutput{}, nil
}

func (r *request) workGroup(name *string) (*types.WorkGroup, error) {
	if g, ok := r.reg.workGroups.byID[aws.ToString(name)]; ok {
		return g, nil
	}
	return nil, &types.InvalidRequestException{Message: aws.String("WorkGroup " + aws.ToString(name) + " is not found."), AthenaErrorCode: aws.String("INVALID_INPUT")}
}

func getWorkGroup(r *request, in *athena.GetWorkGroupInput) (*athena.GetWorkGroupOutput, error) {
	g, err := r.workGroup(in.WorkGroup)
	if err != nil {
		return nil, err
	}
	return &athena.GetWorkGroupOutput{WorkGroup: new(copied(*g))}, nil
}

// updateWorkGroup changes what of the configuration is given, and nothing else. Only what playbooks change is known here.
func updateWorkGroup(r *request, in *athena.UpdateWorkGroupInput) (*athena.UpdateWorkGroupOutput, error) {
	g, err := r.workGroup(in.WorkGroup)
	if err != nil {
		return nil, err
	}
	if u := in.ConfigurationUpdates; u != nil && u.PublishCloudWatchMetricsEnabled != nil {
		g.Configuration.PublishCloudWatchMetricsEnabled = u.PublishCloudWatchMetricsEnabled
	}
	return &athena.UpdateWorkGroupOutput{}, nil
}
