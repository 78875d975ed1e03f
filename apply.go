package parry

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// usualLease is how long a worker may be silent before another takes its response up. Each step extends it.
const usualLease = 5 * time.Minute

func (r *Responder) lease() time.Duration {
	if r.Lease > 0 {
		return r.Lease
	}
	return usualLease
}

// Apply carries out what was approved, and nothing else, then verifies it. by is who said yes.
//
// It plans again first: where the world is no longer as it was, it changes nothing, puts the new plan in resp and returns an
// Error of kind Conflict. A response that is found half-way is taken up where it stopped.
func (r *Responder) Apply(ctx context.Context, resp *Response, by string) error {
	if resp.Plan.Empty() || len(resp.Plan.Refusals) > 0 {
		return Errorf(Refused, "there is no plan to apply: %s", resp.Reason)
	}
	release, err := r.claim(ctx, resp)
	if err != nil {
		return err
	}
	defer release()
	if err := r.mayGoOn(ctx, resp); err != nil {
		return err
	}

	if resp.State == Verifying { // every call is made: what AWS does not show yet is waited for, not made again
		return r.verify(ctx, resp)
	}
	job, resumed := resp.job(), resp.State.Begun()
	if !resumed {
		job.Source = "" // what is asked about is the playbook as it is now
		job.At = r.Now()
	}
	fresh, err := r.Planner.Plan(ctx, job)
	if err != nil {
		return err
	}
	todo := fresh.Changes
	if resumed {
		if todo, err = r.rest(ctx, resp, fresh); err != nil {
			return r.fail(ctx, resp, err)
		}
	} else if fresh.Digest != resp.Plan.Digest {
		if resp.Stored == Waiting {
			return r.askAgain(ctx, resp, fresh)
		}
		resp.Plan = fresh
		return Errorf(Conflict, "%s is not as it was when the plan was made", resp.Target).WithHint("read the new plan and decide again")
	}
	if n, q := len(r.valid(resp)), r.asked(resp); resp.Stored == Waiting && resp.Decided.Tier < TierAuto && n < q.Persons {
		return Errorf(Refused, "response %s takes the yes of %s, and has %d", resp.ID, q, n).WithHint("'parry approve %s'", resp.ID)
	}
	if err := r.Planner.Keep(ctx, resp.job()); err != nil {
		return err
	}
	if resp.By = by; !resumed {
		resp.Plan = fresh // the same but for what is volatile
	}
	if resp.Times.Applied.IsZero() {
		resp.Times.Applied = r.Now()
	}
	if resp.Halted = ""; resumed {
		err = r.step(ctx, resp, Applying, MoveResumed, fmt.Sprintf("%s takes it up: %d changes are left of what %s said yes to", r.Worker, len(todo), by))
	} else {
		err = r.step(ctx, resp, Approved, MoveApproved, fmt.Sprintf("%s says yes to %s", by, resp.Plan.Digest))
	}
	if err != nil {
		return err
	}
	switch err := r.carry(ctx, resp, todo); {
	case left(err):
		return nil
	case resp.Halted != "":
		return err
	case err != nil:
		return r.fail(ctx, resp, err)
	}
	if resp.Times.Made.IsZero() {
		resp.Times.Made = r.Now()
	}
	if err := r.step(ctx, resp, Verifying, MoveApplied, "every call is made"); err != nil {
		return err
	}
	if r.leave(resp, 0) != nil {
		return nil
	}
	return r.verify(ctx, resp)
}

// claim takes the lease on the target: one apply at a time per resource, by one worker.
func (r *Responder) claim(ctx context.Context, resp *Response) (release func(), err error) {
	if err := r.extend(ctx, resp); err != nil {
		return nil, err
	}
	release = func() {
		// The lease expires by itself where it cannot be given back.
		_ = r.Store.Release(context.WithoutCancel(ctx), resp.Resource(), r.holder(resp))
	}
	if err := r.current(ctx, resp); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// current holds a response against the store: between reading it and taking the lease, another worker may have finished it.
func (r *Responder) current(ctx context.Context, resp *Response) error {
	if resp.Stored == "" {
		return nil
	}
	now, err := r.Store.Response(ctx, resp.ID)
	if err == nil && now.Steps != resp.Steps {
		err = Errorf(Conflict, "another worker went on with response %s, which is %q now", resp.ID, now.State)
	}
	return err
}

// holder names this worker's hold on a response.
func (r *Responder) holder(resp *Response) string { return resp.ID + "/" + r.Worker }

// extend takes the lease, or keeps it while work goes on. To have lost it means that another worker took the response up: this one stops.
func (r *Responder) extend(ctx context.Context, resp *Response) error {
	return r.Store.Claim(ctx, resp.Resource(), r.holder(resp), r.Now(), r.lease())
}

// rest is what of an approved plan is still missing after a crash. What is missing now must have been part of it.
func (r *Responder) rest(ctx context.Context, resp *Response, fresh Plan) ([]Change, error) {
	approved := map[string]Change{}
	missing := map[string]bool{}
	for _, c := range fresh.Changes {
		missing[c.Name] = true
	}
	for _, c := range resp.Plan.Changes {
		approved[c.Name] = c
		o := resp.result(c.Name)
		if missing[c.Name] || o != nil && o.Output != nil {
			continue
		}
		// It took effect and its answer was lost, or someone else did it: later changes may need what it gives.
		found, err := r.Planner.Found(ctx, resp.job(), c)
		if err != nil {
			return nil, err
		}
		if o != nil && o.State == Made {
			o.Output = found
			continue
		}
		resp.Results = append(resp.Results, Outcome{Change: c.Name, Call: c.Call, State: Already, At: r.Now(), Output: found})
	}
	var todo []Change
	for _, c := range fresh.Changes {
		was, ok := approved[c.Name]
		if o := resp.result(c.Name); ok && o != nil && o.State == Made && r.Now().Before(o.At.Add(was.Wait)) {
			continue // AWS is still at it, so that it looks as if it were missing: it is waited for, and not begun anew
		}
		then, _ := was.Call.Resolve(resp.outputs())
		now, _ := c.Call.Resolve(resp.outputs())
		if !ok || !without(then, was.Volatile).Same(without(now, c.Volatile)) {
			return nil, Errorf(Conflict, "%s is missing now and was not part of the approved plan", c.Name)
		}
		if len(was.Volatile) > 0 { // what was read before the crash is worth nothing now
			was.Call = c.Call
		}
		todo = append(todo, was)
	}
	return todo, nil
}

// carry makes the calls, in order, in as many sessions as it takes: a new one where a call needs what an earlier one gave, so that
// no session is ever wider than the calls it is for.
func (r *Responder) carry(ctx context.Context, resp *Response, todo []Change) error {
	for _, c := range resp.Plan.Changes { // what a worker that died has begun may not be finished
		if slices.ContainsFunc(todo, func(t Change) bool { return t.Name == c.Name }) {
			continue
		}
		if err := r.await(ctx, resp, c); err != nil {
			return err
		}
	}
	for len(todo) > 0 {
		calls := ready(todo, resp.outputs())
		if len(calls) == 0 {
			_, open := todo[0].Call.Resolve(resp.outputs())
			return Errorf(Fault, "%s needs %v, which no earlier change gave", todo[0].Name, open)
		}
		actor, n, err := r.Actors.Act(ctx, Session{Response: resp.ID, Playbook: resp.Answer.Playbook, Target: resp.Target, Calls: calls})
		if err != nil {
			return r.revert(ctx, resp, err)
		}
		for _, c := range todo[:n] {
			if err := r.mayGoOn(ctx, resp); err != nil {
				return err
			}
			if err := r.leave(resp, 0); err != nil {
				return err
			}
			if err := r.make(ctx, resp, actor, c); err != nil {
				return r.revert(ctx, resp, err)
			}
			if err := r.await(ctx, resp, c); err != nil {
				return err
			}
		}
		todo = todo[n:]
	}
	return nil
}

// ready are the calls of the longest run of changes whose inputs are all known.
func ready(todo []Change, outputs map[string]map[string]any) []Call {
	var calls []Call
	for _, c := range todo {
		call, open := c.Call.Resolve(outputs)
		if len(open) > 0 {
			break
		}
		calls = append(calls, call)
	}
	return calls
}

// make makes one call. Where somebody else was faster, it is planned again and made again.
func (r *Responder) make(ctx context.Context, resp *Response, actor Actor, c Change) error {
	err := r.makeOnce(ctx, resp, actor, c)
	for try := 1; c.lost(err) && try < raceTries; try++ {
		if err := r.Sleep(ctx, racePause<<(try-1)); err != nil {
			return err
		}
		var call []Call
		if c.Call, err = r.callAnew(ctx, resp, c); err != nil {
			return err
		}
		if call = ready([]Change{c}, resp.outputs()); len(call) == 0 {
			return Errorf(Fault, "%s needs what no earlier change gave", c.Name)
		}
		if actor, _, err = r.Actors.Act(ctx, Session{Response: resp.ID, Playbook: resp.Answer.Playbook, Target: resp.Target, Calls: call}); err != nil {
			return err
		}
		err = r.makeOnce(ctx, resp, actor, c)
	}
	return err
}

// makeOnce makes one call, its intent stored before and its outcome after.
func (r *Responder) makeOnce(ctx context.Context, resp *Response, actor Actor, c Change) error {
	call, _ := c.Call.Resolve(resp.outputs())
	if err := r.extend(ctx, resp); err != nil {
		return err
	}
	o := Outcome{Change: c.Name, Call: call, State: Intended, At: r.Now()}
	resp.set(o)
	if err := r.step(ctx, resp, Applying, MoveIntent, call.Op+" for "+c.Name, o); err != nil {
		return err
	}
	reply, err := actor.Do(ctx, call)
	o.fill(reply, err)
	if err != nil && r.already(ctx, resp, c, &o) {
		err = nil
	}
	resp.set(o)
	if serr := r.step(context.WithoutCancel(ctx), resp, Applying, MoveCall, o.line(), o); serr != nil {
		return serr
	}
	if err != nil {
		return Errorf(KindOf(err), "%s: %w", c.Name, err)
	}
	return nil
}

// already tells whether a call that failed was not needed any more: someone closed the port a second before us.
func (r *Responder) already(ctx context.Context, resp *Response, change Change, o *Outcome) bool {
	plan, err := r.Planner.Plan(ctx, resp.job())
	if err != nil {
		return false
	}
	for _, c := range plan.Changes {
		if c.Name == o.Change {
			return false
		}
	}
	found, err := r.Planner.Found(ctx, resp.job(), change)
	if err != nil {
		return false
	}
	o.State, o.Output = Already, found
	return true
}

// await waits until AWS has finished a change that takes time, and no longer where it has failed at it.
func (r *Responder) await(ctx context.Context, resp *Response, c Change) error {
	if c.Wait == 0 {
		return nil
	}
	failed, since := "", r.Now()
	if o := resp.result(c.Name); o != nil {
		since = o.At
	}
	err := r.until(ctx, resp, patience{since, c.Wait, true}, func() (done bool, err error) {
		done, failed, err = r.Planner.Settled(ctx, resp.job(), c)
		return done || failed != "", err
	}, "%s was not finished within %s", c.Name, c.Wait)
	if err == nil && failed != "" {
		err = Errorf(Fault, "%s: %s", c.Name, failed)
	}
	return err
}

// revert takes a change back on the spot where the one that had to follow it could not be made: a half-open door is worse than
// either the open or the closed one. The failure stays what it was.
func (r *Responder) revert(ctx context.Context, resp *Response, cause error) error {
	ctx = context.WithoutCancel(ctx)
	for _, c := range slices.Backward(resp.Plan.Changes) {
		o := resp.result(c.Name)
		if c.Until == "" || o == nil || o.State != Made && o.State != Intended {
			continue
		}
		if next := resp.result(c.Until); next != nil && (next.State == Made || next.State == Already) {
			continue
		}
		if err := r.undoOne(ctx, resp, c); err != nil {
			return Errorf(KindOf(cause), "%w; and %s could not be taken back, look at it at once: %v", cause, c.Name, err)
		}
		o.State = Reverted
		if err := r.step(ctx, resp, Applying, MoveReverted, c.Name+" is taken back, as "+c.Until+" could not follow"); err != nil {
			return err
		}
	}
	return cause
}

// verify plans again, with patience, until nothing is missing, and keeps the state that was left for a later undo.
func (r *Responder) verify(ctx context.Context, resp *Response) error {
	gone := ""
	err := r.until(ctx, resp, patience{resp.Times.Made, r.Patience, true}, func() (bool, error) {
		plan, err := r.Planner.Plan(ctx, resp.job())
		if err != nil {
			return false, err
		}
		gone = plan.Gone
		return plan.Empty() && len(plan.Refusals) == 0, plan.missing()
	}, "AWS does not show the changes after %s", r.Patience)
	if left(err) {
		return nil
	}
	if err != nil {
		return r.fail(ctx, resp, err)
	}
	if resp.Left, err = r.Planner.States(ctx, resp.job(), resp.Plan.Changes); err != nil {
		return r.fail(ctx, resp, err)
	}
	for _, c := range resp.Plan.Changes {
		if want := resp.resolved(c.After); want != nil && c.Until == "" && gone == "" && !equal(resp.Left[c.Name], want) {
			return r.fail(ctx, resp, Errorf(Fault, "%s left %s, not %s", c.Name, canonical(resp.Left[c.Name]), canonical(want)))
		}
	}
	resp.Times.Closed = r.Now()
	if gone != "" { // somebody deleted it while it was put right
		return r.step(ctx, resp, Done, MoveVerified, "planned again: "+gone)
	}
	return r.step(ctx, resp, Done, MoveVerified, "planned again: nothing is missing")
}

// patience is how long something is waited for.
type patience struct {
	since time.Time     // when what is waited for was begun: a worker that takes it up does not begin to wait anew
	span  time.Duration // the longest wait
	leave bool          // whether the response can be left to others meanwhile
}

// The pauses between two looks at AWS. They grow with the time that was waited already.
const (
	shortestPause = 200 * time.Millisecond
	longestPause  = 15 * time.Second
	longestAway   = 5 * time.Minute // of a response that is left to others: nothing of it is held meanwhile
)

// until tries f with growing pauses for as long as patience lasts. An error of f counts as not yet, and is told if it stays.
func (r *Responder) until(ctx context.Context, resp *Response, p patience, f func() (bool, error), format string, args ...any) error {
	deadline := p.since.Add(p.span)
	for pause := min(max(shortestPause, r.Now().Sub(p.since)), longestPause); ; pause = min(2*pause, longestPause) {
		ok, err := f()
		if ok {
			return nil
		}
		if !r.Now().Add(pause).Before(deadline) {
			msg := fmt.Sprintf(format, args...)
			if err != nil {
				return Errorf(KindOf(err), "%s: %w", msg, err)
			}
			return Errorf(Fault, "%s", msg)
		}
		if p.leave {
			away := min(max(pause, r.Now().Sub(p.since)/3), longestAway, deadline.Sub(r.Now())-pause)
			if err := r.leave(resp, max(away, pause)); err != nil {
				return err
			}
		}
		if err := r.Sleep(ctx, pause); err != nil {
			return err
		}
		if err := r.extend(ctx, resp); err != nil {
			return err
		}
	}
}

// fail closes a response that stopped half-way. What was done stays recorded and can be undone.
func (r *Responder) fail(ctx context.Context, resp *Response, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if left, err := r.Planner.States(ctx, resp.job(), resp.Plan.Changes); err == nil {
		resp.Left = left
	}
	if resp.Reason = cause.Error(); resp.Times.Closed.IsZero() { // a failed undo does not change how long the response took
		resp.Times.Closed = r.Now()
	}
	if err := r.step(ctx, resp, Failed, MoveFailed, cause.Error()); err != nil {
		return Errorf(Fault, "%w; and it could not be stored: %v", cause, err)
	}
	return cause
}

// set puts an outcome in the place of the change's earlier one.
func (r *Response) set(o Outcome) {
	if old := r.result(o.Change); old != nil {
		*old = o
		return
	}
	r.Results = append(r.Results, o)
}

// fill takes over what came of the call.
func (o *Outcome) fill(reply Reply, err error) {
	o.State, o.Output = Made, reply.Output
	o.RequestID, o.Principal, o.Attempts, o.Took = reply.RequestID, reply.Principal, reply.Attempts, reply.Took
	if err != nil {
		o.State, o.Error = CallFail, err.Error()
	}
}

func (o Outcome) line() string {
	if o.Error != "" && o.State == CallFail {
		return o.Call.Op + " failed: " + o.Error
	}
	return fmt.Sprintf("%s %s (request %s)", o.Call.Op, o.State, or(o.RequestID, "without an id"))
}

// equal compares states as JSON, where a missing value and null are the same.
func equal(a, b any) bool {
	return reflect.DeepEqual(a, b) || string(canonical(a)) == string(canonical(b))
}
