package parry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Teller tells the source of a finding what became of it, such as Security Hub.
type Teller interface {
	// Tells says whether a record is about something that the source is to know.
	Tells(r Response, rec Record) bool
	// Tell tells how far responses have come, each of which has an Untold. It has an error, by the response's id, for each that could not be
	// told: of kind Refused or Invalid where that is for ever.
	Tell(ctx context.Context, responses []Response) map[string]error
}

// Untold is what the source of a finding is still to be told. It is stored in the step that it is about, so that no crash loses it.
type Untold struct {
	Seq   int       `json:"seq"` // of the last record that it is to know
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next"` // when it is tried
}

const (
	// tellPause lets a response come as far as it does by itself, so that one call tells all of it.
	tellPause = 3 * time.Second
	// mostTries is how often somebody who does not take it is told, in some nine hours.
	mostTries = 12
	// toldAtOnce is how many are told in one go.
	toldAtOnce = 1000
)

// TellDue tells the sources of findings what is due at a time.
func (r *Responder) TellDue(ctx context.Context, at time.Time) error {
	if r.Teller == nil {
		return nil
	}
	due, err := r.Store.Due(ctx, at, toldAtOnce)
	if err != nil {
		return err
	}
	return r.tellAll(ctx, due, at)
}

// tellAll tells what is due of some responses.
func (r *Responder) tellAll(ctx context.Context, due []Response, at time.Time) error {
	var untold []Response
	for _, resp := range due {
		if resp.Untold.due(at) {
			untold = append(untold, resp)
		}
	}
	if len(untold) == 0 {
		return nil
	}
	var failed []error
	if r.Teller == nil { // another worker may have one
		for i := range untold {
			failed = append(failed, r.putOff(ctx, &untold[i], time.Hour))
		}
		return errors.Join(failed...)
	}
	errs := r.Teller.Tell(ctx, untold)
	for i := range untold {
		failed = append(failed, r.toldOf(ctx, &untold[i], errs[untold[i].ID]))
	}
	return errors.Join(failed...)
}

// toldOf stores what came of telling. Where a step was made meanwhile, that has an Untold of its own, and nothing is stored.
func (r *Responder) toldOf(ctx context.Context, resp *Response, err error) error {
	ctx = context.WithoutCancel(ctx)
	tries := resp.Untold.Tries + 1
	switch final := KindOf(err) == Refused || KindOf(err) == Invalid || tries >= mostTries; {
	case err == nil:
		resp.Untold = nil
		resp.Wake = resp.wake(r.Now(), r.lease())
		return raced(r.Store.Save(ctx, *resp))
	case final:
		resp.Untold = nil
		return errors.Join(err, raced(r.record(ctx, resp, resp.State, MoveNoted, fmt.Sprintf("its source is not told: %v", err))))
	}
	resp.Untold = &Untold{Seq: resp.Untold.Seq, Tries: tries}
	return errors.Join(err, r.putOff(ctx, resp, min(failPause<<(tries-1), time.Hour)))
}

// putOff has the source told later.
func (r *Responder) putOff(ctx context.Context, resp *Response, pause time.Duration) error {
	u := *resp.Untold
	u.Next = r.Now().Add(pause)
	resp.Untold = &u
	resp.Wake = resp.wake(r.Now(), r.lease())
	return raced(r.Store.Save(ctx, *resp))
}

// due tells whether the source is to be told by now.
func (u *Untold) due(now time.Time) bool { return u != nil && !now.Before(u.Next) }

// soonest is the earlier of two times, of which a zero one is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
