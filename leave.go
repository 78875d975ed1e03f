package parry

import (
	"context"
	"errors"
	"time"
)

// leftToOthers is what stops work that somebody else goes on with. It is no failure.
type leftToOthers struct{}

func (leftToOthers) Error() string { return "it is left to be taken up elsewhere" }

func left(err error) bool { return errors.As(err, new(leftToOthers)) }

// leave asks whether the response is to be left as it stands: a process whose time is short leaves it to the next one. Between two calls of which
// the one must follow the other it is not asked.
func (r *Responder) leave(resp *Response, pause time.Duration) error {
	if r.Leave == nil || resp.halfOpen() || !r.Leave(*resp, pause) {
		return nil
	}
	return leftToOthers{}
}

// Advance takes a stored response as far as it can be taken now: it asks on, goes on with what was begun, or takes back what is to be taken back.
// What is at its end, and what nothing is due for, is given as it is. Where somebody else is at work on the same resource, the Error is of kind
// Conflict.
func (r *Responder) Advance(ctx context.Context, id string) (Response, error) {
	resp, err := r.Store.Response(ctx, id)
	if err != nil {
		return resp, err
	}
	switch {
	case resp.State == Waiting && resp.Asked != nil && !resp.Wake.IsZero() && !r.Now().Before(resp.Wake):
		err = raced(r.askOn(ctx, &resp))
	case resp.State.Begun():
		err = r.Apply(ctx, &resp, resp.By)
	case resp.State == Undoing && resp.Taking != nil:
		resp, err = r.takeBackAll(ctx, id, *resp.Taking)
	case resp.State == Done && resp.Answer.For > 0 && resp.Stays == "" && !r.Now().Before(resp.ends()):
		err = r.timeIsOver(ctx, &resp)
	}
	now, rerr := r.Store.Response(ctx, id) // what was tried may have been overtaken, or stored under another value
	return now, errors.Join(err, rerr)
}

// HandOver makes a response that was begun due at once, so that the next worker that looks takes it up: whoever began it does not go on with it.
func (r *Responder) HandOver(ctx context.Context, id string) error {
	now, err := r.Store.Response(ctx, id)
	if err != nil || !now.State.Begun() && now.State != Undoing {
		return err
	}
	now.Wake = r.Now()
	return raced(r.Store.Save(ctx, now)) // or somebody has it already
}
