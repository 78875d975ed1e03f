package lambda

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parry"
	"parry/internal/queue"
)

// States is a state machine of AWS Step Functions.
type States struct {
	api *sfn.Client
	arn string
}

// NewStates is the state machine with an ARN.
func NewStates(cfg aws.Config, arn string) *States { return &States{sfn.NewFromConfig(cfg), arn} }

// Start implements Machine. An execution's name is used once in 90 days. Source: StartExecution, Step Functions API Reference.
func (s *States) Start(ctx context.Context, name string, in any) error {
	text, err := json.Marshal(in)
	if err != nil {
		return parry.Errorf(parry.Fault, "%w", err)
	}
	_, err = s.api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &s.arn, Name: &name, Input: aws.String(string(text))})
	if there := (*types.ExecutionAlreadyExists)(nil); err != nil && !errors.As(err, &there) {
		return parry.Errorf(parry.Fault, "hand %s over to the state machine: %w", name, err).WithHint("the function's role needs states:StartExecution on %s", s.arn)
	}
	return nil
}

// Answer implements Machine.
func (s *States) Answer(ctx context.Context, token string, out any) error {
	text, err := json.Marshal(out)
	if err != nil {
		return parry.Errorf(parry.Fault, "%w", err)
	}
	_, err = s.api.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(string(text))})
	return over(err, "tell the state machine to go on")
}

// Beat implements Machine.
func (s *States) Beat(ctx context.Context, token string) error {
	_, err := s.api.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: &token})
	return over(err, "tell the state machine to wait on")
}

// over takes the end of a task that nobody waits for any more for what it is: the machine went on by itself.
func over(err error, doing string) error {
	var late *types.TaskTimedOut
	var gone *types.TaskDoesNotExist
	if err == nil || errors.As(err, &late) || errors.As(err, &gone) {
		return nil
	}
	return parry.Errorf(parry.Fault, "%s: %w", doing, err).WithHint("the function's role needs states:SendTaskSuccess and states:SendTaskHeartbeat on the state machine")
}

// DeadLetters is a queue for what nobody can answer.
type DeadLetters struct {
	api *sqs.Client
	url string
}

// NewDeadLetters is the queue with a URL.
func NewDeadLetters(cfg aws.Config, url string) *DeadLetters {
	return &DeadLetters{sqs.NewFromConfig(cfg), url}
}

// PutAside implements Aside.
func (d *DeadLetters) PutAside(ctx context.Context, body, why string) error {
	_, err := d.api.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &body, MessageAttributes: map[string]sqstypes.MessageAttributeValue{
		queue.ReasonAttribute: {DataType: aws.String("String"), StringValue: aws.String(queue.Reason(why))},
	}})
	if err != nil {
		return parry.Errorf(parry.Fault, "put a message aside: %w", err).WithHint("the function's role needs sqs:SendMessage on %s", d.url)
	}
	return nil
}
