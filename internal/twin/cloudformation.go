package twin

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stack is one of CloudFormation, as far as its own settings go: what it holds is not made. moto ignores NotificationARNs in UpdateStack.
type stack struct {
	view  cftypes.Stack
	ready time.Time // when its update is through
}

func cloudformationHandlers(t table) {
	const service = "CloudFormation"
	on(t, service, "CreateStack", createStack)
	on(t, service, "DescribeStacks", describeStacks)
	on(t, service, "UpdateStack", updateStack)
}

func (r *request) stack(name *string) (*stack, error) {
	for _, s := range r.reg.stacks {
		if aws.ToString(name) == *s.view.StackName || aws.ToString(name) == *s.view.StackId {
			if s.view.StackStatus == cftypes.StackStatusUpdateInProgress && !r.now.Before(s.ready) {
				s.view.StackStatus = cftypes.StackStatusUpdateComplete
			}
			return s, nil
		}
	}
	return nil, reject("ValidationError", "Stack with id %s does not exist", aws.ToString(name))
}

// createStack makes a stack that is ready at once; one whose name begins with "broken" is left as a failed update leaves it, and one that
// begins with "inner" is nested in another.
func createStack(r *request, in *cloudformation.CreateStackInput) (*cloudformation.CreateStackOutput, error) {
	id := "arn:aws:cloudformation:" + r.region + ":" + r.acct.id + ":stack/" + *in.StackName + "/" + strings.TrimPrefix(r.org.id("s"), "s-")
	s := &stack{view: cftypes.Stack{
		StackId: &id, StackName: in.StackName, StackStatus: cftypes.StackStatusCreateComplete, CreationTime: aws.Time(r.now), NotificationARNs: slices.Clone(in.NotificationARNs),
		Parameters: slices.Clone(in.Parameters), Capabilities: slices.Clone(in.Capabilities), Tags: slices.Clone(in.Tags), RoleARN: in.RoleARN,
	}}
	if strings.HasPrefix(*in.StackName, "broken") {
		s.view.StackStatus = cftypes.StackStatusUpdateRollbackFailed
	}
	if strings.HasPrefix(*in.StackName, "inner") {
		s.view.RootId, s.view.ParentId = aws.String(id+"-outer"), aws.String(id+"-outer")
	}
	r.reg.stacks = append(r.reg.stacks, s)
	return &cloudformation.CreateStackOutput{StackId: &id}, nil
}

func describeStacks(r *request, in *cloudformation.DescribeStacksInput) (*cloudformation.DescribeStacksOutput, error) {
	s, err := r.stack(in.StackName)
	if err != nil {
		return nil, err
	}
	return &cloudformation.DescribeStacksOutput{Stacks: []cftypes.Stack{copied(s.view)}}, nil
}

// updateStack keeps what the update leaves out, but for parameters, tags and capabilities: those are as it says. Source: UpdateStack,
// CloudFormation API Reference.
func updateStack(r *request, in *cloudformation.UpdateStackInput) (*cloudformation.UpdateStackOutput, error) {
	s, err := r.stack(in.StackName)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(string(s.view.StackStatus), "_COMPLETE") {
		return nil, reject("ValidationError", "Stack:%s is in %s state and can not be updated.", *s.view.StackId, s.view.StackStatus)
	}
	if !aws.ToBool(in.UsePreviousTemplate) && in.TemplateBody == nil && in.TemplateURL == nil {
		return nil, reject("ValidationError", "Either Template URL or Template Body must be specified.")
	}
	var params []cftypes.Parameter
	for _, had := range s.view.Parameters {
		i := slices.IndexFunc(in.Parameters, func(p cftypes.Parameter) bool { return aws.ToString(p.ParameterKey) == aws.ToString(had.ParameterKey) })
		if i < 0 {
			return nil, reject("ValidationError", "Parameters: [%s] must have values", *had.ParameterKey)
		}
		if p := in.Parameters[i]; aws.ToBool(p.UsePreviousValue) {
			params = append(params, had)
		} else {
			params = append(params, p)
		}
	}
	if in.NotificationARNs != nil {
		s.view.NotificationARNs = slices.Clone(in.NotificationARNs)
	}
	s.view.Parameters, s.view.Capabilities = params, slices.Clone(in.Capabilities)
	if in.Tags != nil {
		s.view.Tags = slices.Clone(in.Tags)
	}
	s.view.StackStatus, s.ready = cftypes.StackStatusUpdateInProgress, r.now.Add(r.org.delay)
	return &cloudformation.UpdateStackOutput{StackId: s.view.StackId}, nil
}
