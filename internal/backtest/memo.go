package backtest

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/json"

	"parry"
)

// memo remembers plans, so that a finding that comes ten thousand times does not read ten thousand times. It keeps those that were
// asked for last, and of each only what a decision is made of.
type memo struct {
	parry.Planner // of which only Plan is asked: nothing is applied here
	size          int
	order         *list.List // of *planned, the one asked for last first
	known         map[[sha256.Size]byte]*list.Element
}

type planned struct {
	key  [sha256.Size]byte
	plan parry.Plan
	err  error
}

func newMemo(p parry.Planner, size int) *memo {
	return &memo{Planner: p, size: size, order: list.New(), known: map[[sha256.Size]byte]*list.Element{}}
}

// Plan implements parry.Planner. What could not be planned is remembered as well: it would hardly go better the next time.
func (m *memo) Plan(ctx context.Context, j parry.Job) (parry.Plan, error) {
	key, err := keyOf(j)
	if err != nil {
		return parry.Plan{}, err
	}
	if e, ok := m.known[key]; ok {
		m.order.MoveToFront(e)
		p := e.Value.(*planned)
		return p.plan, p.err
	}
	plan, err := m.Planner.Plan(ctx, j)
	if ctx.Err() != nil {
		return plan, err
	}
	p := &planned{key, slim(plan), err}
	m.known[key] = m.order.PushFront(p)
	if m.order.Len() > m.size {
		delete(m.known, m.order.Remove(m.order.Back()).(*planned).key)
	}
	return p.plan, err
}

// keyOf is what makes two jobs the same: playbook, target, parameters and finding.
func keyOf(j parry.Job) ([sha256.Size]byte, error) {
	b, err := json.Marshal([]any{j.Playbook, j.Target, j.Params, j.Finding.Key()})
	return sha256.Sum256(b), err
}

// slim is the plan without what it was read from and what it would write.
func slim(p parry.Plan) parry.Plan {
	s := parry.Plan{Playbook: p.Playbook, Risk: p.Risk, Target: p.Target, Gone: p.Gone, Refusals: p.Refusals, Changes: make([]parry.Change, len(p.Changes))}
	for i, c := range p.Changes {
		s.Changes[i] = parry.Change{Name: c.Name, Irreversible: c.Irreversible, Call: parry.Call{Op: c.Call.Op}}
	}
	return s
}
