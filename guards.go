package parry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// GuardPolicy is what holds for every rule: who says yes, what is never touched, how much is done by itself, and when. It is read
// from the policy file. Its zero value guards nothing; see DefaultGuardPolicy.
type GuardPolicy struct {
	Approvals Approvals    `json:"approvals,omitzero"`
	Protected []Protection `json:"protected,omitempty"`
	Escalate  []Escalation `json:"escalate,omitempty"`
	Budgets   Budgets      `json:"budgets,omitzero"`
	Breaker   Breaker      `json:"breaker,omitzero"`
	Freeze    []Freeze     `json:"freeze,omitempty"`
	Flap      Flap         `json:"flap,omitzero"`
}

// DefaultGuardPolicy is what holds where no policy file says otherwise: one yes, by whoever can write the store, within a day, with a
// reminder an hour after the question; five failures of a playbook within an hour stop it, and what was put right three times in a day is asked about.
func DefaultGuardPolicy() GuardPolicy {
	return GuardPolicy{
		Approvals: Approvals{Default: Approval{Persons: 1, Expires: 24 * time.Hour, Remind: time.Hour}},
		Breaker:   Breaker{Failures: 5, Within: time.Hour},
		Flap:      Flap{Times: 3, Within: 24 * time.Hour},
	}
}

// Cap is what a guard says: at most this tier, and why. Guards have no other say, so they can only lower.
type Cap struct {
	Tier Tier   `json:"tier"`
	Why  string `json:"why"`
	// Until is when to ask the guard anew, where what it guards against passes by itself or is taken back, as a freeze and a stop are.
	Until time.Time `json:"until,omitzero"`
}

// capAt is one cap.
func capAt(t Tier, format string, args ...any) []Cap {
	return []Cap{{Tier: t, Why: fmt.Sprintf(format, args...)}}
}

// capUntil is one cap of a guard that is to be asked anew at a time.
func capUntil(until time.Time, t Tier, format string, args ...any) []Cap {
	caps := capAt(t, format, args...)
	caps[0].Until = until
	return caps
}

// Protection is something that is never changed by itself: it is at most told. An entry names one thing.
type Protection struct {
	Accounts   []string            `json:"accounts,omitempty"`
	Resources  []string            `json:"resources,omitempty"`  // ids, names or ARNs of targets
	Principals []string            `json:"principals,omitempty"` // of the target where that is a principal, or of who did it
	Tags       map[string][]string `json:"tags,omitempty"`       // of the target: each key, with one of its values
	Why        string              `json:"why"`
}

// guard tells where the target is protected. Where that cannot be told, because its tags are not known for instance, a person is asked. A
// finding that names no principal is about none.
func (p Protection) guard(at Place) []Cap {
	if len(p.Principals) > 0 && len(at.Principals) == 0 {
		return nil
	}
	switch v := (selector{accounts: p.Accounts, resources: p.Resources, principals: p.Principals, tags: p.Tags}).judge(at); v.fits {
	case yes:
		return capAt(TierAlert, "protected: %s", p.Why)
	case maybe:
		return capAt(TierApprove, "it may be protected (%s): %s", p.Why, v.why)
	}
	return nil
}

// Escalation lowers what a rule would do by itself. All that it names must fit; what is not known counts as fitting.
type Escalation struct {
	Rules           []string            `json:"rules,omitempty"`
	Accounts        []string            `json:"accounts,omitempty"`
	Tags            map[string][]string `json:"tags,omitempty"`             // of the target
	Resources       int                 `json:"resources,omitempty"`        // the finding has more targets than that
	Irreversible    bool                `json:"irreversible,omitempty"`     // the plan has a change that cannot be undone
	ConfidenceBelow int                 `json:"confidence_below,omitempty"` // of the source, 1 to 100; what it does not say is below
	FirstInAccount  bool                `json:"first_in_account,omitempty"` // the playbook was never applied in the account
	Tier            Tier                `json:"tier"`
	Why             string              `json:"why,omitempty"`
}

// facts are what guards look at beside the plan.
type facts struct {
	place      Place
	targets    int
	confidence int
	applied    int // how often the playbook was applied in the account, ever
}

// guard tells what is escalated.
func (e Escalation) guard(p Plan, rule string, f facts) []Cap {
	if len(e.Rules) > 0 && !anyOf(e.Rules, rule) {
		return nil
	}
	var why []string
	v := selector{accounts: e.Accounts, tags: e.Tags}.judge(f.place)
	if v.fits == no {
		return nil
	}
	if v.why != "" {
		why = append(why, v.why)
	}
	for _, c := range []struct {
		named, fits bool
		why         string
	}{
		{e.Resources > 0, f.targets > e.Resources, fmt.Sprintf("the finding has %d targets, more than %d", f.targets, e.Resources)},
		{e.Irreversible, len(p.Irreversible()) > 0, strings.Join(p.Irreversible(), ", ") + " cannot be undone"},
		{e.ConfidenceBelow > 0, f.confidence < e.ConfidenceBelow, e.confidence(f.confidence)},
		{e.FirstInAccount, f.applied == 0, fmt.Sprintf("%s is applied in account %s for the first time", p.Playbook, p.Target.Account)},
	} {
		switch {
		case c.named && !c.fits:
			return nil
		case c.named:
			why = append(why, c.why)
		}
	}
	for key := range e.Tags {
		why = append(why, "tag "+key)
	}
	if len(why) > 1 {
		slices.Sort(why)
	}
	return capAt(e.Tier, "escalated: %s", strings.Join(append(slices.DeleteFunc([]string{e.Why}, func(s string) bool { return s == "" }), why...), "; "))
}

func (e Escalation) confidence(is int) string {
	if is == 0 {
		return fmt.Sprintf("the source does not say how sure it is, and %d of 100 is wanted", e.ConfidenceBelow)
	}
	return fmt.Sprintf("the source is sure by %d of 100, and %d is wanted", is, e.ConfidenceBelow)
}

// Budgets are how much all rules together do by themselves in an hour. Zero is no limit.
type Budgets struct {
	PerHour         int            `json:"per_hour,omitempty"`
	PerAccountHour  int            `json:"per_account_hour,omitempty"`
	PerPlaybookHour map[string]int `json:"per_playbook_hour,omitempty"`
}

// done is how much was applied in the last hour.
type done struct{ all, account, playbook int }

// guard tells which budgets are used up.
func (b Budgets) guard(d done, playbook, account string) (caps []Cap) {
	if b.PerHour > 0 && d.all >= b.PerHour {
		caps = append(caps, capAt(TierApprove, "%d responses were applied within an hour, and the budget is %d", d.all, b.PerHour)...)
	}
	if b.PerAccountHour > 0 && d.account >= b.PerAccountHour {
		caps = append(caps, capAt(TierApprove, "%d responses were applied within an hour in account %s, and its budget is %d", d.account, account, b.PerAccountHour)...)
	}
	if n := b.PerPlaybookHour[playbook]; n > 0 && d.playbook >= n {
		caps = append(caps, capAt(TierApprove, "%s was applied %d times within an hour, and its budget is %d", playbook, d.playbook, n)...)
	}
	return caps
}

// Breaker stops a playbook that fails again and again: while so many of its responses failed within the span, it is at most told.
type Breaker struct {
	Failures int           `json:"failures,omitempty"` // 0 is no breaker
	Within   time.Duration `json:"within,omitempty"`
	All      bool          `json:"all,omitempty"` // the failures of all playbooks count together, and stop all
}

// guard tells whether the breaker is open.
func (b Breaker) guard(failed int, playbook string) []Cap {
	if b.Failures == 0 || failed < b.Failures {
		return nil
	}
	if b.All {
		return capAt(TierAlert, "the breaker is open: %d responses failed within %s; 'parry start' closes it", failed, inWords(b.Within))
	}
	return capAt(TierAlert, "the breaker of %s is open: %d responses failed within %s; 'parry start --playbook %[1]s' closes it", playbook, failed, inWords(b.Within))
}

// Flap is how often a playbook may be applied to the same resource within a span: whatever reverts it is not fought, but asked about.
type Flap struct {
	Times  int           `json:"times,omitempty"` // 0 is no limit
	Within time.Duration `json:"within,omitempty"`
}

// reached tells whether it was applied so often.
func (f Flap) reached(applied int) bool { return f.Times > 0 && applied >= f.Times }

// guard tells whether something is put right again and again. failed is how many of those that were applied failed.
func (f Flap) guard(applied, failed int, playbook string, t Target) []Cap {
	switch {
	case !f.reached(applied):
		return nil
	case failed > 0:
		return capAt(TierApprove, "%s was tried on %s %d times within %s, and failed %d times: it is not tried again by itself", playbook, t, applied, inWords(f.Within), failed)
	}
	return capAt(TierApprove, "%s was applied to %s %d times within %s: somebody or something reverts it, such as a tool that keeps resources as its code says", playbook, t, applied, inWords(f.Within))
}

// guards asks everything beside the plan that can lower its tier. A store that cannot be asked is an error, and then nothing is decided.
// planned is what the same finding is about to have applied already.
func (r *Responder) guards(ctx context.Context, resp Response, targets int, planned tally) ([]Cap, error) {
	a, t, g, now := resp.Answer, resp.Target, r.Guard, r.Now()
	var caps []Cap
	stopped, err := r.Stopped(ctx, a.Playbook)
	if err != nil {
		return nil, err
	}
	if stopped != "" {
		caps = capUntil(now.Add(stopPause), TierApprove, "%s", stopped)
	}
	f := facts{place: r.place(ctx, Scope{}, resp.Finding, t, now), targets: targets, confidence: resp.Finding.Confidence}
	for _, p := range g.Protected {
		caps = append(caps, p.guard(f.place)...)
	}
	if slices.ContainsFunc(g.Escalate, func(e Escalation) bool { return e.FirstInAccount }) {
		if f.applied, err = r.Store.Count(ctx, Tally{Account: t.Account, Playbook: a.Playbook}); err != nil {
			return nil, err
		}
	}
	for _, e := range g.Escalate {
		caps = append(caps, e.guard(resp.Plan, a.Rule, f)...)
	}
	for _, z := range g.Freeze {
		caps = append(caps, z.guard(now)...)
	}
	counted, err := r.counted(ctx, resp, planned)
	return append(caps, counted...), err
}

// counted are the guards that count what was applied before.
func (r *Responder) counted(ctx context.Context, resp Response, planned tally) ([]Cap, error) {
	a, t, g, now := resp.Answer, resp.Target, r.Guard, r.Now()
	var d done
	var failed, applied int
	since, err := r.failuresSince(ctx, a.Playbook, now)
	if err != nil {
		return nil, err
	}
	breaker := Tally{Playbook: a.Playbook, State: Failed, Since: since}
	if g.Breaker.All {
		breaker.Playbook = ""
	}
	flap := Tally{Playbook: a.Playbook, Resource: resp.Resource(), Since: now.Add(-g.Flap.Within)}
	lastHour := now.Add(-hour)
	for _, c := range []struct {
		wanted bool
		of     Tally
		into   *int
	}{
		{g.Budgets.PerHour > 0, Tally{Since: lastHour}, &d.all},
		{g.Budgets.PerAccountHour > 0, Tally{Account: t.Account, Since: lastHour}, &d.account},
		{g.Budgets.PerPlaybookHour[a.Playbook] > 0, Tally{Playbook: a.Playbook, Since: lastHour}, &d.playbook},
		{g.Breaker.Failures > 0, breaker, &failed},
		{g.Flap.Times > 0, flap, &applied},
	} {
		if !c.wanted {
			continue
		}
		if *c.into, err = r.Store.Count(ctx, c.of); err != nil {
			return nil, err
		}
	}
	failures := 0
	if g.Flap.reached(applied) { // only then it matters why it was tried so often
		flap.State = Failed
		if failures, err = r.Store.Count(ctx, flap); err != nil {
			return nil, err
		}
	}
	caps := g.Budgets.guard(planned.done(d, a.Playbook, t.Account), a.Playbook, t.Account)
	caps = append(caps, g.Breaker.guard(failed, a.Playbook)...)
	return append(caps, g.Flap.guard(applied, failures, a.Playbook, t)...), nil
}

// OpenBreakers says of some playbooks which breakers are open, and why.
func (r *Responder) OpenBreakers(ctx context.Context, playbooks []string) (open []string, err error) {
	b := r.Guard.Breaker
	if b.Failures == 0 || len(playbooks) == 0 {
		return nil, nil
	}
	if b.All {
		playbooks = []string{""}
	}
	for _, name := range playbooks {
		since, err := r.failuresSince(ctx, name, r.Now())
		if err != nil {
			return nil, err
		}
		failed, err := r.Store.Count(ctx, Tally{Playbook: name, State: Failed, Since: since})
		if err != nil {
			return nil, err
		}
		for _, c := range b.guard(failed, name) {
			open = append(open, c.Why)
		}
	}
	return open, nil
}

// failuresSince is from when on failures count: the breaker's span, or a shorter one where somebody closed it.
func (r *Responder) failuresSince(ctx context.Context, playbook string, now time.Time) (time.Time, error) {
	since := now.Add(-r.Guard.Breaker.Within)
	if r.Guard.Breaker.Failures == 0 {
		return since, nil
	}
	for _, name := range []string{wordBreaker, wordOf(wordBreaker, playbook)} {
		word, err := r.Store.Get(ctx, name)
		if err != nil {
			return since, err
		}
		if word == "" {
			continue
		}
		closed, err := time.Parse(time.RFC3339Nano, word)
		if err != nil {
			return since, Errorf(Fault, "the store says of %s %q, which is no time: %w", name, word, err)
		}
		if closed = closed.Add(1); closed.After(since) { // not what was applied at that moment
			since = closed
		}
	}
	return since, nil
}
