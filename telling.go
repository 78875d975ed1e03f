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

// Due is when it is tried; the zero time where there is nothing to tell.
func (u *Untold) Due() time.Time {
	if u == nil {
		return time.Time{}
	}
	return u.Next
}

const (
	// tellPause lets a response come as far as it does by itself, so that one call tells all of it.
	tellPause = 3 * time.Second
	// mostTries is how often somebody who does not take it is told, in some nine hours.
	mostTries = 12
	// toldAtOnce is how many are told in one go.
	toldAtOnce = 100
	// telling is the lease of the one worker that tells. So no two of them tell of one finding at once, where the older word could come last, and
	// the limits of who is told hold for all workers together.
	telling = "telling"
	// tellSpan is how long it tells at the most, and tellLease leaves it the time to store what came of it.
	tellSpan  = time.Minute
	tellLease = 90 * time.Second
)

// TellDue tells the sources of findings what is due at a time, unless another worker is doing so. It is called every few seconds, beside all
// else: no response and nothing that is due waits for it.
//
// The error tells of what failed for the first time, and of what will not be tried again.
func (r *Responder) TellDue(ctx context.Context, at time.Time) error {
	if r.Teller == nil {
		return nil
	}
	if some, err := r.Store.Untold(ctx, at, 1); err != nil || len(some) == 0 {
		return err
	}
	if err := r.Store.Claim(ctx, telling, r.Worker, r.Now(), tellLease); err != nil {
		return raced(err)
	}
	span, cancel := context.WithTimeout(ctx, tellSpan)
	defer cancel()
	failed, err := r.tellAll(span, at)
	return errors.Join(summary(failed), err, r.Store.Release(context.WithoutCancel(ctx), telling, r.Worker))
}

// tellAll tells until there is nothing more, or its time is over.
func (r *Responder) tellAll(ctx context.Context, at time.Time) (failed []error, err error) {
	for ctx.Err() == nil {
		due, err := r.Store.Untold(ctx, at, toldAtOnce)
		if err != nil {
			return failed, err
		}
		errs := r.Teller.Tell(ctx, due)
		over := ctx.Err() != nil
		for i := range due {
			why := errs[due[i].ID]
			if why != nil && over {
				continue // it may have failed for no other reason: it stays due
			}
			worth, err := r.toldOf(ctx, &due[i], why)
			if err != nil {
				return failed, err
			}
			if worth {
				failed = append(failed, why)
			}
		}
		if len(due) < toldAtOnce {
			break
		}
	}
	return failed, nil
}

// toldOf stores what came of telling, and says whether a failure is worth a word. The response is read again: much may have been stored on it
// since it was listed, and a step that was made meanwhile has an Untold of its own.
func (r *Responder) toldOf(ctx context.Context, resp *Response, why error) (worth bool, err error) {
	was := resp.Untold.Seq
	err = r.amend(context.WithoutCancel(ctx), resp, func(now *Response) (Move, string) {
		worth = false
		if now.Untold == nil || now.Untold.Seq != was {
			return "", ""
		}
		tries := now.Untold.Tries + 1
		final := KindOf(why) == Refused || KindOf(why) == Invalid || tries >= mostTries
		worth = why != nil && (final || tries == 1)
		switch {
		case why == nil:
			now.Untold = nil
			return "", ""
		case final:
			now.Untold = nil
			return MoveNoted, fmt.Sprintf("its source is not told: %v", why)
		}
		now.Untold = &Untold{Seq: was, Tries: tries, Next: r.Now().Add(min(failPause<<(tries-1), time.Hour))}
		return "", ""
	})
	return worth, raced(err)
}

// summary is one error for all that failed: most often they fail for the same reason.
func summary(failed []error) error {
	switch len(failed) {
	case 0:
		return nil
	case 1:
		return failed[0]
	}
	return Errorf(KindOf(failed[0]), "%d responses could not be told of, the first: %w", len(failed), failed[0])
}
