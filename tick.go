package parry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The moments at which a response is looked at again.
const (
	haltPause = 30 * time.Second // is the stop taken back?
	stopPause = 10 * time.Minute // the same for what is not begun: a start wakes it, and this is for what that missed
	failPause = 5 * time.Minute  // does it go better now?
)

// wake is when a response has to be looked at again though nothing happens.
func (r *Response) wake(now time.Time, lease time.Duration) time.Time {
	switch {
	case r.State == Waiting && r.Asked != nil:
		return r.Asked.next()
	case r.Halted != "" && r.State.Begun():
		return now.Add(haltPause)
	case r.State.Begun() || r.State == Undoing:
		return now.Add(lease) // its worker may be dead by then
	case r.State == Done && r.Answer.For > 0 && r.Stays == "":
		return r.ends()
	}
	return time.Time{}
}

// ends is when what was done for a time is to be taken back.
func (r *Response) ends() time.Time { return r.Times.Closed.Add(r.Answer.For) }

// atOnce is how many responses one tick takes on.
const atOnce = 100

// Tick does what is due: it reminds, asks more people, lets questions expire, takes up what a worker left or a stop held, and takes back what
// was done for a time. It is called every few seconds, by as many workers as there are. One response that fails does not keep the others.
func (r *Responder) Tick(ctx context.Context) error {
	due, err := r.Store.Due(ctx, r.Now(), atOnce)
	if err != nil {
		return err
	}
	var failed []error
	for i := range due {
		resp := &due[i]
		err := r.due(ctx, resp)
		if err == nil {
			continue
		}
		failed = append(failed, Errorf(KindOf(err), "response %s: %w", resp.ID, err))
		if err := r.later(ctx, resp.ID, failPause); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// later puts off what is due, so that it does not keep others from their turn. No record is made.
func (r *Responder) later(ctx context.Context, id string, pause time.Duration) error {
	now, err := r.Store.Response(ctx, id)
	if err != nil || now.Wake.IsZero() || now.Wake.After(r.Now()) {
		return err
	}
	now.Wake = r.Now().Add(pause)
	err = r.Store.Save(ctx, now)
	if KindOf(err) == Conflict {
		return nil // somebody else went on with it
	}
	return err
}

// due does what is due for one response.
func (r *Responder) due(ctx context.Context, resp *Response) error {
	switch {
	case resp.State == Waiting && resp.Asked != nil:
		return raced(r.askOn(ctx, resp))
	case resp.State.Begun():
		return r.goOn(ctx, resp)
	case resp.State == Undoing && resp.Taking != nil:
		if alive, err := r.attended(ctx, resp); alive || err != nil {
			return errors.Join(err, r.later(ctx, resp.ID, haltPause))
		}
		_, err := r.takeBackAll(ctx, resp.ID, *resp.Taking)
		return err
	case resp.State == Done && resp.Answer.For > 0 && !r.Now().Before(resp.ends()):
		return r.timeIsOver(ctx, resp)
	}
	resp.Wake = resp.wake(r.Now(), r.lease())
	return raced(r.Store.Save(ctx, *resp))
}

// raced is the error of a step that another worker may have made at the same moment: then there is nothing left to do.
func raced(err error) error {
	if KindOf(err) == Conflict {
		return nil
	}
	return err
}

// askOn goes on asking: it lets the question expire, asks more people, or reminds.
func (r *Responder) askOn(ctx context.Context, resp *Response) error {
	now, q := r.Now(), *resp.Asked
	need := r.Guard.Approvals.For(resp.Answer, resp.Target)
	switch {
	case q.expired(now):
		return r.expire(ctx, resp)
	case !q.Anew.IsZero() && !now.Before(q.Anew):
		return r.anew(ctx, resp)
	case !q.Escalate.IsZero() && !now.Before(q.Escalate):
		q.Escalate = time.Time{}
		if need.Escalate == nil { // the policy has changed
			resp.Asked = &q
			return r.step(ctx, resp, Waiting, MoveNoted, "nobody else is asked: the policy has no escalation any more")
		}
		if q.Escalated = need.Escalate.To; len(q.Groups) > 0 {
			q.Groups = distinct(append(slices.Clone(q.Groups), need.Escalate.To...)...)
		}
		resp.Asked = &q
		return r.step(ctx, resp, Waiting, MoveEscalated, "nobody answered: "+strings.Join(need.Escalate.To, ", ")+" is asked, too")
	case !q.Remind.IsZero() && !now.Before(q.Remind):
		q.Reminded++
		q.Remind = time.Time{}
		if need.Remind > 0 {
			q.Remind = now.Add(need.Remind)
		}
		resp.Asked = &q
		return r.step(ctx, resp, Waiting, MoveReminded, fmt.Sprintf("%s asked again, %s", q, times(q.Reminded)))
	}
	resp.Wake = resp.wake(now, r.lease())
	return r.Store.Save(ctx, *resp)
}

// expire ends a question that nobody answered in time.
func (r *Responder) expire(ctx context.Context, resp *Response) error {
	q := r.asked(resp)
	resp.Reason = fmt.Sprintf("it took the yes of %s, and had %d", q, len(r.valid(resp)))
	return r.step(ctx, resp, Expired, MoveExpired, resp.Reason)
}

// goOn takes up what a worker left half-way, or what a stop held.
func (r *Responder) goOn(ctx context.Context, resp *Response) error {
	if alive, err := r.attended(ctx, resp); alive || err != nil {
		return errors.Join(err, r.later(ctx, resp.ID, haltPause))
	}
	err := r.Apply(ctx, resp, resp.By)
	if resp.Halted != "" {
		return r.later(ctx, resp.ID, haltPause)
	}
	return err
}

// attended tells whether somebody is at work on the response's resource, this process included.
func (r *Responder) attended(ctx context.Context, resp *Response) (bool, error) {
	probe := r.holder(resp) + "/tick"
	switch err := r.Store.Claim(ctx, resp.Resource(), probe, r.Now(), time.Second); {
	case err == nil:
		return false, r.Store.Release(ctx, resp.Resource(), probe)
	case KindOf(err) == Conflict:
		return true, nil
	default:
		return false, err
	}
}

// byTime is who takes back what was done for a time.
const byTime = "parry: its time is over"

// timeIsOver takes a response back that was to stay for a time. The finding is not put on hold: where the trouble goes on, it is answered anew.
// What somebody changed since stays, is told once, and is not tried again.
func (r *Responder) timeIsOver(ctx context.Context, resp *Response) error {
	switch why, err := r.Stopped(ctx, resp.Answer.Playbook); {
	case err != nil:
		return err
	case why != "":
		return r.later(ctx, resp.ID, haltPause)
	}
	if busy, err := r.attended(ctx, resp); busy || err != nil {
		return errors.Join(err, r.later(ctx, resp.ID, haltPause))
	}
	switch why, until, err := r.wanted(ctx, resp); {
	case err != nil:
		return err
	case why != "":
		return r.later(ctx, resp.ID, until.Sub(r.Now()))
	}
	rev, err := r.PlanUndo(ctx, resp.ID)
	if err != nil {
		return err
	}
	if now := rev.Response; len(rev.Conflicts) > 0 {
		now.Stays = "its time is over, and it was not undone: " + strings.Join(rev.Conflicts, "; ")
		return raced(r.step(ctx, &now, now.State, MoveNoted, now.Stays))
	}
	if _, err = r.takeBackAll(ctx, resp.ID, Taking{By: byTime}); err != nil {
		return raced(err)
	}
	return r.Store.Set(ctx, wantedWord(resp), "")
}

// askAgain stores the new plan of a response that waits, where the world is no longer as it was when it was asked about. Earlier votes were for another
// plan and do not count. The error of kind Conflict says what is different; where nothing is to be done any more, or nothing may be, it ends.
func (r *Responder) askAgain(ctx context.Context, resp *Response, fresh Plan) error {
	differs := strings.Join(Differs(resp.Plan, fresh), "; ")
	resp.Plan, resp.Times.Planned, resp.Votes, resp.By = fresh, r.Now(), nil, ""
	end := func(s State, why string) error {
		resp.Reason = why
		if err := r.step(ctx, resp, s, MoveTold, why); err != nil {
			return err
		}
		return Errorf(Conflict, "%s is not as it was when the plan was made: %s", resp.Target, why)
	}
	switch {
	case fresh.Gone != "":
		return end(Nothing, fresh.Gone)
	case len(fresh.Refusals) > 0:
		return end(Alerted, strings.Join(fresh.Refusals, "; "))
	case fresh.Empty():
		return end(Nothing, "everything is as the playbook wants it")
	}
	var err error
	if resp.Decided, err = r.decideAgain(ctx, *resp, resp.Times.Received); err != nil {
		return err
	}
	if resp.Decided.Tier == TierAlert {
		return end(Alerted, strings.Join(resp.Decided.Reasons, "; "))
	}
	resp.Asked = r.asking(resp, r.Now())
	if err := r.step(ctx, resp, Waiting, MoveReplanned, "the world is not as it was: "+differs); err != nil {
		return err
	}
	return Errorf(Conflict, "%s is not as it was when the plan was made: %s", resp.Target, differs).WithHint("read the new plan and decide again: 'parry show %s'", resp.ID)
}

// Refresh plans a response that waits anew, and says what is different by now from what was asked about. Where anything is, the new plan is stored and asked about.
func (r *Responder) Refresh(ctx context.Context, id string) (Response, []string, error) {
	resp, err := r.Store.Response(ctx, id)
	if err != nil || resp.State != Waiting {
		return resp, nil, err
	}
	job := resp.job()
	job.Source = ""
	fresh, err := r.Planner.Plan(ctx, job)
	if err != nil || fresh.Digest == resp.Plan.Digest {
		return resp, nil, err
	}
	differs := Differs(resp.Plan, fresh)
	steps := resp.Steps
	if err := r.askAgain(ctx, &resp, fresh); resp.Steps == steps {
		return resp, nil, err
	}
	return resp, differs, nil
}
