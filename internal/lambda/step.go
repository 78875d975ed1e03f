package lambda

import (
	"context"
	"encoding/json"
	"time"

	"parry"
)

// input is what a task of the state machine gets.
type input struct {
	Do       string `json:"do,omitempty"`
	Response string `json:"response"`
	Token    string `json:"token,omitempty"`
}

// The tasks of the state machine.
const (
	DoLook    = "look"    // says where a response stands
	DoAsk     = "ask"     // waits for people with a token
	DoAdvance = "advance" // takes it as far as it can be taken in one go: one call, or a look at what AWS is at
	DoPause   = "pause"   // waits for AWS with a token
	DoClose   = "close"   // tells what became of it, and forgets what was remembered
)

// Standing is where a response stands, for the state machine: which state is next, and how long it may wait. Times are in whole seconds, as
// Step Functions takes them.
type Standing struct {
	Response string `json:"response"`
	State    string `json:"state"`
	// Pause is how long AWS is waited for before it is looked at again; 0 where it is not.
	Pause int64 `json:"pause"`
	// Next is when something is due without a word of anybody: a reminder, more people, the end of a containment that is for a time.
	// Expires is when nobody can say yes any more; it is later than Next by at least a second.
	Next    int64 `json:"next"`
	Expires int64 `json:"expires"`
}

// longestStay is how long the state machine waits at most: an execution ends after a year. Source: "Step Functions service quotas".
const longestStay = 300 * 24 * time.Hour

// step does one task of the state machine.
func (h *Handler) step(ctx context.Context, payload []byte) (any, error) {
	var in input
	if err := json.Unmarshal(payload, &in); err != nil || in.Response == "" {
		return nil, parry.Errorf(parry.Invalid, "a task names what is to be done and the response: %s", clean(string(payload)))
	}
	store := h.o.Engine.Store
	switch in.Do {
	case DoLook:
		resp, err := store.Response(ctx, in.Response)
		return h.standing(resp, 0), err
	case DoAdvance:
		return h.advance(ctx, in.Response)
	case DoAsk, DoPause:
		resp, err := store.Response(ctx, in.Response)
		if err != nil {
			return nil, err
		}
		if err := h.remember(ctx, resp, in.Token); err != nil {
			return nil, err
		}
		// The word may have come between the look and the token: then nobody is to wait for it.
		now, err := store.Response(ctx, in.Response)
		if err == nil && (now.State != resp.State || in.Do == DoAsk && now.State != parry.Waiting) {
			err = h.o.Machine.Answer(ctx, in.Token, input{Response: in.Response})
		}
		return h.standing(now, 0), err
	case DoClose:
		return h.closeUp(ctx, in.Response)
	}
	return nil, parry.Errorf(parry.Invalid, "there is no task %q", in.Do)
}

// advance takes a response on by one call, or by one look at what AWS is at. Verifying is a step of its own.
func (h *Handler) advance(ctx context.Context, id string) (any, error) {
	begun, away := 0, time.Duration(0)
	e := h.engine(ctx, func(resp parry.Response, pause time.Duration) bool {
		if pause > 0 {
			if afar(resp, pause) {
				away = pause
			}
			return away > 0
		}
		if resp.State != parry.Verifying {
			begun++
			return begun > 1
		}
		return begun > 0
	})
	resp, err := e.Advance(ctx, id)
	switch {
	case err != nil && resp.ID == "":
		return nil, err // it cannot even be read
	case resp.Halted != "" && resp.State.Begun():
		away = haltPause
	case err != nil && resp.State.Open():
		return nil, err
	case err != nil: // the response says why it failed; the task has not
		h.o.Log.Warn("it is at its end, and not as it should be", "response", id, "state", string(resp.State), "error", clean(err.Error()))
	}
	return h.standing(resp, away), nil
}

// haltPause is how long a response that is stopped rests before it is looked at again.
const haltPause = 30 * time.Second

// closeUp tells what became of a response.
func (h *Handler) closeUp(ctx context.Context, id string) (any, error) {
	resp, err := h.o.Engine.Store.Response(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := h.forget(ctx, resp); err != nil {
		return nil, err
	}
	if err := h.engine(ctx, nil).TellDue(ctx, h.o.Engine.Now()); err != nil { // the clock tells it again
		h.o.Log.Warn("somebody was not told", "response", id, "error", clean(err.Error()), "next", parry.HintOf(err))
	}
	return h.standing(resp, 0), nil
}

// standing says where a response stands.
func (h *Handler) standing(r parry.Response, pause time.Duration) Standing {
	s := Standing{Response: r.ID, State: string(r.State), Pause: seconds(pause)}
	now := h.o.Engine.Now()
	if q := r.Asked; r.State == parry.Waiting && q != nil {
		expires := longestStay
		if !q.Expires.IsZero() {
			expires = q.Expires.Sub(now)
		}
		s.Next = max(seconds(min(expires, longestStay)), 1)
		if !r.Wake.IsZero() {
			s.Next = min(s.Next, max(seconds(r.Wake.Sub(now)), 1))
		}
		s.Expires = max(seconds(min(expires, longestStay)), s.Next+1) // a heartbeat is shorter than its task's time
	}
	if r.State == parry.Done && r.Answer.For > 0 && r.Stays == "" && !r.Wake.IsZero() {
		s.Next = max(seconds(min(r.Wake.Sub(now), longestStay)), 1)
	}
	return s
}

// seconds is a time in whole seconds, rounded up.
func seconds(d time.Duration) int64 { return int64((max(d, 0) + time.Second - 1) / time.Second) }
