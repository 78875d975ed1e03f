package parry

import (
	"context"
	"errors"
	"time"
)

// anew decides anew about a question that was asked only because of what passes: a freeze that is over by now, a stop that was taken back. What
// keeps it from being done by itself now, such as a finding that has become too old or a budget that is used up, leaves it a question, and
// so does a vote. Nothing is done about a plan that nobody decided about: where the world is not as it was, the new plan is stored first.
func (r *Responder) anew(ctx context.Context, resp *Response) error {
	if busy, err := r.attended(ctx, resp); busy || err != nil {
		return errors.Join(err, r.later(ctx, resp.ID, haltPause))
	}
	d, err := r.decideAgain(ctx, *resp, r.Now())
	if err != nil {
		return err
	}
	voted := len(resp.Votes) > 0
	if d.Tier < TierAuto || d.Observe || voted {
		if voted {
			d.Anew = time.Time{} // it is people's from here on
		}
		return r.decideAt(ctx, resp, d.Anew)
	}
	job := resp.job()
	job.Source = ""
	fresh, err := r.Planner.Plan(ctx, job)
	if err != nil {
		return err
	}
	if fresh.Digest != resp.Plan.Digest {
		err := r.askAgain(ctx, resp, fresh)
		if KindOf(err) == Conflict && resp.State == Waiting && resp.Decided.Tier == TierAuto {
			return r.decideAt(ctx, resp, r.Now())
		}
		return raced(err)
	}
	by, q := "rule "+resp.Answer.Rule, *resp.Asked
	q.Anew = r.Now().Add(failPause) // where it comes to nothing, it is tried again
	resp.Asked = &q
	if err := r.step(ctx, resp, Waiting, MoveNoted, "what it was asked for is over, and it is decided anew: "+by+" does it by itself"); err != nil {
		return err
	}
	resp.Decided = d
	if err = r.Apply(ctx, resp, by); resp.Halted != "" {
		return nil // it goes on when the stop is taken back
	}
	return err
}

// decideAt stores when a question is looked at anew; the zero time is never. No record is made.
func (r *Responder) decideAt(ctx context.Context, resp *Response, at time.Time) error {
	q := *resp.Asked
	q.Anew = at
	resp.Asked = &q
	resp.Wake = resp.wake(r.Now(), r.lease())
	return r.Store.Save(ctx, *resp)
}

// wakeAtOnce is how many questions a start wakes: what is more is looked at within stopPause.
const wakeAtOnce = 1000

// wakeWaiting has what a stop made a question looked at now. One that somebody else goes on with at this moment is not disturbed.
func (r *Responder) wakeWaiting(ctx context.Context, playbook string) error {
	var failed []error
	for after, left := "", wakeAtOnce; left > 0; {
		page, next, err := r.Store.List(ctx, Query{State: Waiting, After: after})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for i := range page {
			resp := &page[i]
			if resp.Asked == nil || resp.Asked.Anew.IsZero() || playbook != "" && resp.Answer.Playbook != playbook {
				continue
			}
			failed = append(failed, raced(r.decideAt(ctx, resp, r.Now())))
			left--
		}
		if after = next; after == "" {
			break
		}
	}
	return errors.Join(failed...)
}
