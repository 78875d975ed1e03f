package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"parry/internal/audit"
	"parry/internal/deploy"
	"parry/internal/dynamo"
	"parry/internal/lambda"
)

// units are what one response takes of what AWS charges for.
type units struct {
	WriteUnits  float64 // of DynamoDB, with those of the log
	ReadUnits   float64
	StoreCalls  int
	AWSCalls    int // that plan, change and verify, with those that take roles
	Invocations int // of functions
	Transitions int // of the state machine
}

// The ways that a response goes.
const (
	byItself = "done by itself"
	afterYes = "done after a yes"
	toldOnly = "told only"
)

// ways are all of them, in the order in which they are printed.
func ways() []string { return []string{byItself, afterYes, toldOnly} }

// approver is who says yes.
const approver = "arn:aws:iam::999999999999:user/ada"

// counting is the four functions with the state machine that deploy makes, on a store whose requests are counted.
type counting struct {
	*spread
	seam        *meter
	store       *dynamo.DB
	fns         map[string]*lambda.Handler
	waiting     string // the task's token that the execution waits with
	started     string // the response whose execution was started
	transitions int
	invocations int
}

// countUnits lets a response go one of the ways, with the functions, the state machine's definition and the store as they are, and counts. What warms up
// is counted nowhere: one goes before it.
func countUnits(ctx context.Context, cfg aws.Config, way string) (units, error) {
	seam := newMeter(0)
	cfg.HTTPClient = &http.Client{Transport: seam}
	table := fresh("units")
	made := dynamo.Create(ctx, cfg, table) // it fails at last: this emulator has no point-in-time recovery
	store, err := dynamo.Open(ctx, cfg, table)
	if err != nil {
		return units{}, errors.Join(made, err)
	}
	tier := map[string]string{byItself: "auto", afterYes: "approve", toldOnly: "alert"}[way]
	s, err := newSpread(store, tier)
	if err != nil {
		return units{}, err
	}
	s.engine.Lease = 6 * time.Minute
	c := &counting{spread: s, seam: seam, store: store, fns: map[string]*lambda.Handler{}}
	for _, f := range lambda.Functions() {
		if c.fns[f], err = lambda.New(lambda.Options{Function: f, Engine: s.engine, Log: slog.New(slog.DiscardHandler), Machine: c}); err != nil {
			return units{}, err
		}
	}
	var u units
	for i := range 2 {
		if u, err = c.one(ctx, i+1); err != nil {
			return u, fmt.Errorf("%s: %w", way, err)
		}
	}
	return u, nil
}

// one lets one response go its way to its end.
func (c *counting) one(ctx context.Context, i int) (units, error) {
	event, err := c.event(ctx, i)
	if err != nil {
		return units{}, err
	}
	c.seam.take()
	c.org.ResetLog()
	c.transitions, c.invocations, c.started = 0, 0, ""
	batch, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: event, EventSource: "aws:sqs"}}})
	if err != nil {
		return units{}, err
	}
	if _, err := c.invoke(ctx, lambda.Worker, batch); err != nil {
		return units{}, err
	}
	if c.started != "" {
		if err := c.execute(ctx); err != nil {
			return units{}, err
		}
	}
	path := c.seam.take()
	if _, err := audit.Append(ctx, c.store, 0); err != nil {
		return units{}, err
	}
	// The log is put together for many at once; of one alone a record's items are counted, and not what stands around them.
	records := 0
	for _, k := range c.seam.take().keys {
		if k.key != "LOG" {
			records += k.writes
		}
	}
	all := path.sum()
	return units{WriteUnits: all.wcu + 2*float64(records), ReadUnits: all.rcu + float64(records), StoreCalls: path.requests(), AWSCalls: len(c.org.Log()),
		Invocations: c.invocations, Transitions: c.transitions}, nil
}

func (c *counting) invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	c.invocations++
	return c.fns[function].Invoke(ctx, payload)
}

// Start implements lambda.Machine.
func (c *counting) Start(_ context.Context, name string, _ any) error {
	c.started = name
	return nil
}

// Answer implements lambda.Machine.
func (c *counting) Answer(context.Context, string, any) error {
	c.waiting = ""
	return nil
}

// Beat implements lambda.Machine.
func (c *counting) Beat(context.Context, string) error { return nil }

// execute goes through the state machine's states as Step Functions does, and counts each that is entered: that is what it charges for. A yes comes as
// soon as it is waited for.
func (c *counting) execute(ctx context.Context) error {
	text, err := json.Marshal(deploy.Machine("aws", "step"))
	if err != nil {
		return err
	}
	var m struct {
		StartAt string
		States  map[string]machineState
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	data := map[string]any{"response": c.started}
	for at := m.StartAt; ; {
		if c.transitions++; c.transitions > 100 {
			return errors.New("the machine goes round and round")
		}
		s := m.States[at]
		switch s.Type {
		case "Choice":
			at = s.Default
			for _, ch := range s.Choices {
				if ch.holds(data) {
					at = ch.Next
					break
				}
			}
			continue
		case "Succeed":
			return nil
		case "Task":
			if data, err = c.task(ctx, s, data); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		default:
			return fmt.Errorf("%s is a %s, which this response does not come to", at, s.Type)
		}
		at = s.Next
	}
}

// task does a task. One that waits for a word waits for a yes, which comes through the door.
func (c *counting) task(ctx context.Context, s machineState, data map[string]any) (map[string]any, error) {
	in := map[string]any{"do": s.Parameters.Payload["do"], "response": data["response"]}
	_, waits := s.Parameters.Payload["token.$"]
	if waits {
		c.waiting = "t"
		in["token"] = c.waiting
	}
	payload, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	out, err := c.invoke(ctx, lambda.Step, payload)
	if err != nil {
		return nil, err
	}
	if !waits {
		data = map[string]any{}
		return data, json.Unmarshal(out, &data)
	}
	r, err := c.engine.Store.Response(ctx, c.started)
	if err != nil {
		return nil, err
	}
	var q events.LambdaFunctionURLRequest
	q.RawPath, q.Body = "/v1/responses/"+r.ID+"/approve", fmt.Sprintf(`{"digest":%q}`, r.Plan.Digest)
	q.RequestContext.HTTP.Method = http.MethodPost
	q.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{UserARN: approver}}
	if payload, err = json.Marshal(q); err != nil {
		return nil, err
	}
	answer, err := c.invoke(ctx, lambda.Door, payload)
	if err == nil && c.waiting != "" {
		err = fmt.Errorf("the door did not take the yes: %s", answer)
	}
	return data, err
}

// machineState is what of a state of the machine is needed to go through it.
type machineState struct {
	Type, Next, Default string
	Choices             []choice
	Parameters          struct{ Payload map[string]any }
}

type choice struct {
	Next, Variable     string
	And, Or            []choice
	StringEquals       *string
	NumericGreaterThan *float64
}

func (c choice) holds(data map[string]any) bool {
	is := data[trim(c.Variable)]
	switch {
	case c.StringEquals != nil:
		return is == *c.StringEquals
	case c.NumericGreaterThan != nil:
		n, ok := is.(float64)
		return ok && n > *c.NumericGreaterThan
	case c.And != nil:
		for _, a := range c.And {
			if !a.holds(data) {
				return false
			}
		}
		return true
	}
	for _, o := range c.Or {
		if o.holds(data) {
			return true
		}
	}
	return false
}

// trim is a member's name, of a path such as $.state.
func trim(path string) string { return path[min(len(path), 2):] }
