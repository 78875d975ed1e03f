// Package lambda runs Parry as functions of AWS Lambda: the worker takes findings from the queue, the step does the tasks of the state machine,
// the clock does what is due without an event, and the door takes people's words. They are one binary with the same engine, store and library
// as the server; each has a role of its own and answers only what is for it.
//
// A function's time is short. Before it is over the handler leaves a response where it stands, stored, and the state machine goes on with it;
// what is cut off all the same is taken up as after a crash.
package lambda

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"parry"
	"parry/internal/serve"
)

// The functions. Source of their names: package deploy.
const (
	Worker = "worker"
	Step   = "step"
	Clock  = "clock"
	Door   = "door"
)

// Functions are the functions that there are.
func Functions() []string { return []string{Worker, Step, Clock, Door} }

// Machine is the state machine that responses wait in.
type Machine interface {
	// Start begins an execution for a response. One that was begun under the same name before is no error.
	Start(ctx context.Context, name string, input any) error
	// Answer ends a task that waits with a token. A token that nobody waits with any more is no error.
	Answer(ctx context.Context, token string, output any) error
	// Beat tells a task that waits with a token that it is still of use.
	Beat(ctx context.Context, token string) error
}

// Aside is where a message is put that nobody can answer.
type Aside interface {
	PutAside(ctx context.Context, body, why string) error
}

// Options are the parts of a function.
type Options struct {
	Function string
	// Engine answers findings. Its store should be one of serve.Stoppable.
	Engine  *parry.Responder
	Log     *slog.Logger
	Machine Machine
	Aside   Aside                       // of the worker; nil leaves what is malformed to the queue's redrive policy
	Seal    func(context.Context) error // of the clock; nil where nobody signs the log
	// Archive is of the clock: it brings what is signed out of the store's reach, as far as its time allows; nil where nobody does.
	Archive func(context.Context) error
	// Margin is what of a function's time is kept for storing and giving back; 10 seconds where it is not set.
	Margin time.Duration
}

// Handler answers invocations. It implements aws-lambda-go's lambda.Handler.
type Handler struct{ o Options }

// New makes a handler.
func New(o Options) (*Handler, error) {
	known := map[string]bool{Worker: true, Step: true, Clock: true, Door: true}
	if !known[o.Function] {
		return nil, parry.Errorf(parry.Invalid, "there is no function %q", o.Function).WithHint("set PARRY_FUNCTION to one of %v", Functions())
	}
	if o.Margin == 0 {
		o.Margin = 10 * time.Second
	}
	return &Handler{o}, nil
}

// Invoke answers one invocation. What is not for this function is refused: each has the permissions for its own work only.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := h.within(ctx)
	defer cancel()
	var out any
	var err error
	switch h.o.Function {
	case Worker:
		out, err = h.work(ctx, payload)
	case Step:
		out, err = h.step(ctx, payload)
	case Clock:
		out, err = h.tick(ctx)
	case Door:
		out = h.door(ctx, payload)
	}
	if err != nil {
		h.o.Log.Error("an invocation failed", "function", h.o.Function, "error", clean(err.Error()), "next", parry.HintOf(err))
		return nil, named(err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	return text, nil
}

// within is a context that ends a margin before the function's time does, so that what is in hand is stored and given back.
func (h *Handler) within(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		ctx, cancel := context.WithCancel(ctx)
		return serve.Ending(ctx), cancel
	}
	ctx, cancel := context.WithDeadline(ctx, end.Add(-h.o.Margin))
	return serve.Ending(ctx), cancel
}

// engine is the function's engine under the name of this invocation, which leaves what leave says.
func (h *Handler) engine(ctx context.Context, leave func(resp parry.Response, pause time.Duration) bool) *parry.Responder {
	e := *h.o.Engine
	e.Leave = func(resp parry.Response, pause time.Duration) bool {
		return h.short(ctx, pause) || leave != nil && leave(resp, pause)
	}
	watch := e.Watch
	e.Watch = func(resp parry.Response, rec parry.Record) {
		h.o.Log.Info(string(rec.Kind), "response", resp.ID, "state", string(resp.State), "record", rec.Seq, "account", resp.Target.Account,
			"rule", resp.Answer.Rule, "playbook", resp.Answer.Playbook, "text", clean(rec.Text))
		if watch != nil {
			watch(resp, rec)
		}
	}
	return &e
}

// callTime is how long a call with its retries may take: less than that is no time to begin one.
const callTime = 20 * time.Second

// short tells whether the time that is left does not do for a pause and another call.
func (h *Handler) short(ctx context.Context, pause time.Duration) bool {
	end, ok := ctx.Deadline()
	return ok && time.Until(end) < pause+callTime
}

// An error is known to Step Functions by the name of its type. Source: "AWS Lambda function errors in Go", AWS Lambda Developer Guide.
type (
	// Busy is what somebody else is at work on: it is worth another try soon.
	Busy struct{ error }
	// Failed is everything else.
	Failed struct{ error }
)

// named gives an error the name by which the state machine catches it.
func named(err error) error {
	if parry.KindOf(err) == parry.Conflict {
		return Busy{err}
	}
	return Failed{err}
}

func clean(s string) string { return serve.Clean(s) }
