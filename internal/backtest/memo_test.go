package backtest

import (
	"context"
	"errors"
	"testing"

	"parry"
)

// asked is a planner that counts what it is asked.
type asked struct {
	parry.Planner
	n   int
	err error
}

func (a *asked) Plan(_ context.Context, j parry.Job) (parry.Plan, error) {
	a.n++
	return parry.Plan{Playbook: j.Playbook, Risk: parry.RiskLow, Reads: []parry.Read{{Name: "large"}}, Refusals: []string{"no"},
		Changes: []parry.Change{{Name: "c", Call: parry.Call{Op: "iam:X", Input: map[string]any{"large": 1}}, State: "large", Irreversible: "why"}}}, a.err
}

func job(id string) parry.Job {
	return parry.Job{Playbook: "p", Target: parry.Target{ID: id}, Finding: parry.Finding{Info: parry.FindingInfo{UID: "f"}}}
}

func TestMemoAsksOnceForTheSame(t *testing.T) {
	a := &asked{}
	m := newMemo(a, 2)
	plan := func(j parry.Job, want int) {
		t.Helper()
		p, err := m.Plan(t.Context(), j)
		if err != nil || p.Playbook != "p" || len(p.Changes) != 1 || p.Changes[0].Call.Op != "iam:X" || p.Changes[0].Irreversible == "" || len(p.Refusals) != 1 {
			t.Errorf("%+v %v", p, err)
		}
		if p.Reads != nil || p.Changes[0].Call.Input != nil || p.Changes[0].State != nil {
			t.Errorf("more is kept than is needed: %+v", p)
		}
		if a.n != want {
			t.Errorf("asked %d times, want %d", a.n, want)
		}
	}
	again := job("a")
	again.Finding.Count = 7 // the same finding, told again
	other := job("a")
	other.Params = map[string]any{"x": 1}
	plan(job("a"), 1)
	plan(again, 1)
	plan(other, 2)
	plan(job("a"), 2)
	plan(job("b"), 3) // which takes the place of the one with a parameter
	plan(job("a"), 3)
	plan(other, 4)
	if len(m.known) != 2 || m.order.Len() != 2 {
		t.Errorf("%d, %d are kept", len(m.known), m.order.Len())
	}
}

func TestMemoRemembersWhatFailedButNotAnInterruption(t *testing.T) {
	a := &asked{err: errors.New("denied")}
	m := newMemo(a, 2)
	for range 3 {
		if _, err := m.Plan(t.Context(), job("a")); err == nil || a.n != 1 {
			t.Errorf("%v, asked %d times", err, a.n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Plan(ctx, job("b")); err == nil || len(m.known) != 1 {
		t.Errorf("%v, %d are kept", err, len(m.known))
	}
}
