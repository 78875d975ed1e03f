package parry

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Reversal is what undoing a response would do.
type Reversal struct {
	Response Response `json:"-"`
	Steps    []Step   `json:"steps"`
	// Conflicts are states that are neither what was left nor what was before: someone else changed them. With one of these
	// nothing is undone.
	Conflicts []string `json:"conflicts,omitempty"`
	Kept      []string `json:"kept,omitempty"` // what stays, and why
	// Left are changes that could be taken back and were not named.
	Left []string `json:"left,omitempty"`
	// Wanted says that another finding asks for the same on the same target.
	Wanted string `json:"wanted,omitempty"`

	undo map[string][]Call // by change name, as it is to be made now
}

// Step is the undo of one change.
type Step struct {
	Change string `json:"change"`
	Calls  []Call `json:"calls"`
	From   any    `json:"from,omitempty"` // the state now
	To     any    `json:"to,omitempty"`   // the state before the response
}

// PlanUndo compares the present state with what the response left, change by change, newest first; where changes are named, only those. It
// only reads.
func (r *Responder) PlanUndo(ctx context.Context, id string, only ...string) (Reversal, error) {
	resp, err := r.Store.Response(ctx, id)
	if err != nil {
		return Reversal{}, err
	}
	switch resp.State {
	case Done, Failed, Undoing:
	case Undone:
		return Reversal{}, Errorf(Refused, "response %s is undone already, and an undo is not taken back", id).
			WithHint("the finding is on hold; 'parry respond --apply --ignore-hold' answers it again")
	default:
		return Reversal{}, Errorf(Refused, "response %s is %q: there is nothing to undo", id, resp.State)
	}
	var made []Change
	for _, c := range resp.Plan.Changes {
		if o := resp.result(c.Name); o != nil && (o.State == Made || o.State == Intended || o.State == CallFail) {
			made = append(made, c)
		}
	}
	if err := whole(resp, made, only); err != nil {
		return Reversal{}, err
	}
	now, err := r.Planner.States(ctx, resp.job(), made)
	if err != nil {
		return Reversal{}, err
	}
	rev := Reversal{Response: resp}
	switch rev.undo, err = r.undoOf(ctx, &resp, made, now); {
	case KindOf(err) == Conflict:
		rev.Conflicts = append(rev.Conflicts, err.Error())
		return rev, nil
	case err != nil:
		return Reversal{}, err
	}
	if rev.Wanted, _, err = r.wanted(ctx, &resp); err != nil {
		return Reversal{}, err
	}
	for _, c := range slices.Backward(made) {
		if len(only) == 0 || slices.Contains(only, c.Name) {
			rev.add(c, now[c.Name])
			continue
		}
		other := Reversal{Response: resp, undo: rev.undo}
		if other.add(c, now[c.Name]); len(other.Steps)+len(other.Conflicts) > 0 {
			rev.Left = append(rev.Left, c.Name)
		}
	}
	return rev, nil
}

// undoOf are the calls that take changes back whose state is as they left it: what somebody changed since is not to be taken back.
func (r *Responder) undoOf(ctx context.Context, resp *Response, made []Change, now map[string]any) (map[string][]Call, error) {
	var as []Change
	for _, c := range made {
		if equal(now[c.Name], resp.Left[c.Name]) && !equal(now[c.Name], c.State) {
			as = append(as, c)
		}
	}
	return r.undoAnew(ctx, resp, as)
}

// whole refuses a choice of changes that cannot be taken back by themselves: what was not made, and what another one's undo restores. A change
// that another one must follow at once has no undo of its own, so that no choice leaves it half-open.
func whole(resp Response, made []Change, only []string) error {
	if len(only) == 0 {
		return nil
	}
	var names []string
	for _, c := range made {
		names = append(names, c.Name)
	}
	for _, n := range only {
		i := slices.Index(names, n)
		if i < 0 {
			return Errorf(Invalid, "response %s made no change %q", resp.ID, n).WithHint("it made: %s", strings.Join(names, ", "))
		}
		if by := made[i].RestoredBy; by != "" && !slices.Contains(only, by) {
			return Errorf(Invalid, "%s is taken back by the undo of %s", n, by).WithHint("name that one")
		}
	}
	return nil
}

// add puts one change into the reversal: undone, restored already, kept, or in conflict.
func (v *Reversal) add(c Change, now any) {
	left := v.Response.Left[c.Name]
	switch why := or(c.Irreversible, c.Kept); {
	case why != "":
		if equal(now, c.State) && c.State != nil {
			return
		}
		v.Kept = append(v.Kept, c.Name+": "+why)
	case c.RestoredBy != "" || equal(now, c.State):
		return
	case !equal(now, left):
		v.Conflicts = append(v.Conflicts, fmt.Sprintf("%s: it was left as %s and is now %s", c.Name, canonical(left), canonical(now)))
	default:
		step := Step{Change: c.Name, From: now, To: c.State}
		for _, call := range v.undo[c.Name] {
			resolved, open := call.Resolve(v.Response.outputs())
			if len(open) > 0 {
				v.Conflicts = append(v.Conflicts, fmt.Sprintf("%s: %s is not known, as the answer of the call was lost", c.Name, strings.Join(open, ", ")))
				return
			}
			step.Calls = append(step.Calls, resolved)
		}
		v.Steps = append(v.Steps, step)
	}
}

// Undo takes a response back, or only the changes that are named, and puts its finding on hold, so that the next delivery does not contain
// again. Where anything of it was changed by someone else since, it changes nothing and returns an Error of kind Conflict.
func (r *Responder) Undo(ctx context.Context, id, by string, only ...string) (Response, error) {
	return r.takeBackAll(ctx, id, Taking{By: by, Changes: only, Hold: true})
}

// takeBackAll makes an undo. One that is under way already goes on as it was begun.
func (r *Responder) takeBackAll(ctx context.Context, id string, t Taking) (Response, error) {
	now, err := r.Store.Response(ctx, id)
	if err != nil {
		return now, err
	}
	if t.From = now.State; now.State == Undoing && now.Taking != nil {
		t = *now.Taking
	}
	rev, err := r.PlanUndo(ctx, id, t.Changes...)
	if err != nil {
		return rev.Response, err
	}
	resp := rev.Response
	if len(rev.Conflicts) > 0 {
		return resp, Errorf(Conflict, "not undone: %s", strings.Join(rev.Conflicts, "; ")).WithHint("put it right by hand, or restore what the response left and undo again")
	}
	release, err := r.claim(ctx, &resp)
	if err != nil {
		return resp, err
	}
	defer release()
	if t.Hold {
		if err := r.Store.Hold(ctx, resp.Key, fmt.Sprintf("%s undid response %s", t.By, id)); err != nil {
			return resp, err
		}
	}
	resp.Taking = &t
	if err := r.step(ctx, &resp, Undoing, MoveUndo, fmt.Sprintf("%s takes back: %d of %d changes", t.By, len(rev.Steps), len(resp.Plan.Changes))); err != nil {
		return resp, err
	}
	if r.leave(&resp, 0) != nil {
		return resp, nil
	}
	for _, s := range rev.Steps {
		i := slices.IndexFunc(resp.Plan.Changes, func(c Change) bool { return c.Name == s.Change })
		if err := r.takeBack(ctx, &resp, resp.Plan.Changes[i], s.Calls); err != nil {
			return resp, r.fail(ctx, &resp, err)
		}
	}
	return resp, r.verifyUndo(ctx, &resp, rev)
}

// verifyUndo reads every restored state again, with patience.
func (r *Responder) verifyUndo(ctx context.Context, resp *Response, rev Reversal) error {
	var back []Change
	span, since := r.Patience, r.Now()
	for _, s := range rev.Steps {
		i := slices.IndexFunc(resp.Plan.Changes, func(c Change) bool { return c.Name == s.Change })
		back = append(back, resp.Plan.Changes[i])
		span = max(span, resp.Plan.Changes[i].Wait) // what takes AWS time takes it to take back, too
	}
	err := r.until(ctx, resp, patience{since: since, span: span}, func() (bool, error) {
		now, err := r.Planner.States(ctx, resp.job(), back)
		if err != nil {
			return false, err
		}
		for _, c := range back {
			if !equal(now[c.Name], c.State) {
				return false, Errorf(Fault, "%s is %s, not %s", c.Name, canonical(now[c.Name]), canonical(c.State))
			}
		}
		return true, nil
	}, "AWS does not show the earlier state after %s", span)
	if err != nil {
		return r.fail(ctx, resp, err)
	}
	to, text := Undone, "read again: everything is as it was before"
	if len(rev.Left) > 0 {
		to, text = resp.Taking.From, "read again: what was named is as it was before; this stays: "+strings.Join(rev.Left, ", ")
		if to == Undoing { // stored before it was remembered
			to = Done
		}
	}
	if resp.Taking.Hold {
		text += "; the finding is on hold"
	}
	resp.Taking = nil
	return r.step(ctx, resp, to, MoveUndone, text)
}

// undoOne takes one change back.
func (r *Responder) undoOne(ctx context.Context, resp *Response, c Change) error {
	anew, err := r.undoAnew(ctx, resp, []Change{c})
	if err != nil {
		return err
	}
	calls, err := resolveAll(anew[c.Name], resp)
	if err != nil {
		return err
	}
	return r.takeBack(ctx, resp, c, calls)
}

func resolveAll(calls []Call, resp *Response) ([]Call, error) {
	var all []Call
	for _, call := range calls {
		resolved, open := call.Resolve(resp.outputs())
		if len(open) > 0 {
			return nil, Errorf(Fault, "%s is not known", strings.Join(open, ", "))
		}
		all = append(all, resolved)
	}
	return all, nil
}

// takeBack makes the calls of one undo. Where somebody else was faster, what is volatile in them is read again, and they are made again:
// that goes for the undo of one call, as the earlier of several would be made twice.
func (r *Responder) takeBack(ctx context.Context, resp *Response, c Change, calls []Call) error {
	err := r.takeBackOnce(ctx, resp, c.Name, calls)
	for try := 1; c.lost(err) && len(calls) == 1 && try < raceTries; try++ {
		if err := r.Sleep(ctx, racePause<<(try-1)); err != nil {
			return err
		}
		now, err2 := r.Planner.States(ctx, resp.job(), []Change{c})
		if err2 != nil {
			return err2
		}
		if equal(now[c.Name], c.State) {
			return nil // whoever was faster took it back
		}
		anew, err2 := r.undoAnew(ctx, resp, []Change{c})
		if err2 != nil {
			return err2
		}
		if calls, err2 = resolveAll(anew[c.Name], resp); err2 != nil {
			return err2
		}
		err = r.takeBackOnce(ctx, resp, c.Name, calls)
	}
	return err
}

// takeBackOnce makes the calls of one undo, with intent and outcome stored as for any other call.
func (r *Responder) takeBackOnce(ctx context.Context, resp *Response, change string, calls []Call) error {
	for len(calls) > 0 {
		actor, n, err := r.Actors.Act(ctx, Session{Response: resp.ID, Playbook: resp.Answer.Playbook, Target: resp.Target, Calls: calls})
		if err != nil {
			return err
		}
		for _, call := range calls[:n] {
			o := Outcome{Change: change, Call: call, State: Intended, At: r.Now()}
			if err := r.step(ctx, resp, resp.State, MoveIntent, call.Op+" to undo "+change, o); err != nil {
				return err
			}
			reply, err := actor.Do(ctx, call)
			o.fill(reply, err)
			resp.Undone = append(resp.Undone, o)
			if serr := r.step(context.WithoutCancel(ctx), resp, resp.State, MoveCall, o.line(), o); serr != nil {
				return serr
			}
			if err != nil {
				return Errorf(KindOf(err), "undo of %s: %w", change, err)
			}
		}
		calls = calls[n:]
	}
	return nil
}
