package parry

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Teller tells what became of a finding: its source, such as Security Hub, or people.
type Teller interface {
	// Tells says whether a record is about something that they are to know.
	Tells(r Response, rec Record) bool
	// Tell tells how far responses have come, each of which has an Untold. It has an error, by the response's id, for each that could not be
	// told: of kind Refused or Invalid where that is for ever, a Later where something is known of when it may go well.
	Tell(ctx context.Context, responses []Response) map[string]error
}

// Untold is what is still to be told of a response. It is stored in the step that it is about, so that no crash loses it.
type Untold struct {
	Seq   int       `json:"seq"` // of the last record that is to be known
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next"` // when it is tried
	// To is what each of several tellers is still to tell, by its name; where there is one without a name it is nil, and the fields above are its own.
	To map[string]Untold `json:"to,omitempty"`
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
	// MostTries is how often somebody who does not take it is told, in some nine hours.
	MostTries = 12
	// toldAtOnce is how many are told in one go.
	toldAtOnce = 100
	// telling is the lease of the one worker that tells. So no two of them tell of one finding at once, where the older word could come last, and
	// the limits of who is told hold for all workers together.
	telling = "telling"
	// tellSpan is how long it tells at the most, and tellLease leaves it the time to store what came of it.
	tellSpan  = time.Minute
	tellLease = 90 * time.Second
)

// TellDue tells what is due at a time, unless another worker is doing so. It is called every few seconds, beside all
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
		all, err := r.Store.Untold(ctx, at, toldAtOnce)
		if err != nil {
			return failed, err
		}
		due := r.dueBy(all, at)
		errs := r.Teller.Tell(ctx, due)
		over := ctx.Err() != nil
		for i := range due {
			worth, err := r.toldOf(ctx, &due[i], errs[due[i].ID], over)
			if err != nil {
				return failed, err
			}
			failed = append(failed, worth...)
		}
		if len(due) < toldAtOnce {
			break
		}
	}
	return failed, nil
}

// toldOf stores what came of telling, and gives the failures that are worth a word. The response is read again: much may have been stored on it
// since it was listed, and a step that was made meanwhile has an Untold of its own. What fails as the time is over may have failed for no other
// reason: it stays due.
func (r *Responder) toldOf(ctx context.Context, resp *Response, why error, over bool) (worth []error, err error) {
	asked := resp.Untold
	if several, ok := why.(unsaid); over && why != nil && (!ok || len(several) == len(asked.To)) {
		return nil, nil
	}
	err = r.amend(context.WithoutCancel(ctx), resp, func(now *Response) (Move, string) {
		c := r.after(now.Untold, asked, why, over)
		now.Untold, worth = c.rest, c.worth
		if len(c.notes) > 0 {
			return MoveNoted, strings.Join(c.notes, "; ")
		}
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
