package backtest

import (
	"context"
	"slices"
	"time"

	"parry"
	"parry/internal/playbook"
	"parry/internal/rules"
)

// matches is the rule book, with an eye on what it answers. Limits per hour are taken out of the answers: they are counted here, on the
// events' own time.
type matches struct {
	book    *rules.Book
	answers []parry.Answer
	misses  []parry.Miss
}

func (m *matches) forget() { m.answers, m.misses = nil, nil }

// Match implements parry.Matcher.
func (m *matches) Match(ctx context.Context, e parry.Event, f parry.Finding) (_ []parry.Answer, _ []parry.Miss, err error) {
	m.answers, m.misses, err = m.book.Match(ctx, e, f)
	for i := range m.answers {
		m.answers[i].Limits.PerHour, m.answers[i].Limits.PerAccountHour = 0, 0
	}
	return m.answers, m.misses, err
}

// rules are the names of the rules that answer, each once.
func (m *matches) rules() []string {
	var names []string
	for _, a := range m.answers {
		if !slices.Contains(names, a.Rule) {
			names = append(names, a.Rule)
		}
	}
	return names
}

// riskOnly stands for a planner where there is no state to plan on: it knows how risky a playbook is, and no more.
type riskOnly struct {
	parry.Planner // of which only Plan is asked: nothing is applied here
	set           *playbook.Set
}

// Plan implements parry.Planner.
func (p riskOnly) Plan(_ context.Context, j parry.Job) (parry.Plan, error) {
	pb, err := p.set.Get(j.Playbook)
	if err != nil {
		return parry.Plan{}, err
	}
	return parry.Plan{Playbook: pb.Name, Risk: pb.Risk, Target: j.Target}, nil
}

// nothing is a store in which nothing is: every finding is met as if for the first time, since what is the same is counted here. What
// would write is never asked.
type nothing struct{ parry.Store }

// Latest implements parry.Store.
func (nothing) Latest(context.Context, string) (parry.Response, error) {
	return parry.Response{}, parry.Errorf(parry.NotFound, "there is no response")
}

// Response implements parry.Store.
func (nothing) Response(context.Context, string) (parry.Response, error) {
	return parry.Response{}, parry.Errorf(parry.NotFound, "there is no response")
}

// Held implements parry.Store.
func (nothing) Held(context.Context, string) (string, error) { return "", nil }

// Get implements parry.Store: nothing is stopped.
func (nothing) Get(context.Context, string) (string, error) { return "", nil }

// Count implements parry.Store.
func (nothing) Count(context.Context, parry.Tally) (int, error) { return 0, nil }

// hours counts by rule and hour of the clock, up to a number of hours of all rules.
type hours struct {
	size  int
	kept  int
	rules map[string]map[int64]int
	full  bool
}

func newHours(size int) *hours { return &hours{size: size, rules: map[string]map[int64]int{}} }

func (h *hours) add(rule string, at time.Time) {
	counts, ok := h.rules[rule]
	if !ok {
		counts = map[int64]int{}
		h.rules[rule] = counts
	}
	n := at.Unix() / hour
	if _, ok := counts[n]; !ok {
		if h.kept >= h.size {
			h.full = true
			return
		}
		h.kept++
	}
	counts[n]++
}

// busiest is the hour with the most of a rule; the first of equals.
func (h *hours) busiest(rule string) Peak {
	best, at := 0, int64(0)
	for n, count := range h.rules[rule] {
		if count > best || count == best && n < at {
			best, at = count, n
		}
	}
	p := Peak{N: best, AtLeast: h.full}
	if best > 0 {
		p.From = time.Unix(at*hour, 0).UTC()
	}
	return p
}
