package parry

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A call that lost a race is made so often at most, with a pause that doubles: WAF takes one update a second.
const (
	raceTries = 6
	racePause = time.Second
)

// lost tells whether an error of the change's call, or of its undo, says that somebody else was faster.
func (c Change) lost(err error) bool {
	var said interface{ ErrorCode() string }
	return errors.As(err, &said) && slices.Contains(c.Races, said.ErrorCode())
}

// callAnew is a change's call as it is to be made now. It differs in what is volatile, and in nothing that somebody said yes to.
func (r *Responder) callAnew(ctx context.Context, resp *Response, c Change) (Call, error) {
	plan, err := r.Planner.Plan(ctx, resp.job())
	if err != nil {
		return Call{}, err
	}
	i := slices.IndexFunc(plan.Changes, func(n Change) bool { return n.Name == c.Name })
	if i < 0 || len(plan.Refusals) > 0 {
		return Call{}, Errorf(Conflict, "%s: somebody else changed the same at this moment, and it is not to be made any more", c.Name).WithHint("'parry show %s'", resp.ID)
	}
	was, _ := c.Call.Resolve(resp.outputs())
	now, _ := plan.Changes[i].Call.Resolve(resp.outputs())
	if !without(was, c.Volatile).Same(without(now, c.Volatile)) {
		return Call{}, Errorf(Conflict, "%s: somebody else changed the same at this moment, and it would be another call now", c.Name).WithHint("'parry show %s'", resp.ID)
	}
	return plan.Changes[i].Call, nil
}

// undoAnew are the calls that take changes back, by change name. Where others write to the same, the plan's words of what is volatile are worth
// nothing by now.
func (r *Responder) undoAnew(ctx context.Context, resp *Response, changes []Change) (map[string][]Call, error) {
	all := map[string][]Call{}
	var again []Change
	for _, c := range changes {
		if all[c.Name] = c.Undo; c.anew() {
			again = append(again, c)
		}
	}
	if len(again) == 0 {
		return all, nil
	}
	now, err := r.Planner.Undo(ctx, resp.job(), again)
	if err != nil {
		return nil, err
	}
	for _, c := range again {
		fresh := Change{Volatile: c.Volatile, UndoVolatile: c.UndoVolatile, Races: c.Races, Undo: now[c.Name]}
		if !equal(fresh.steadyUndo(), c.steadyUndo()) {
			return nil, Errorf(Conflict, "%s would be taken back by another call than was planned: %s, not %s", c.Name, canonical(fresh.steadyUndo()), canonical(c.steadyUndo())).
				WithHint("put it right by hand")
		}
		all[c.Name] = now[c.Name]
	}
	return all, nil
}
