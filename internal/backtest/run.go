// Package backtest runs rules over events that have happened, and tells what would have come of them: which rules match, what would
// be planned and decided, how much would be done within an hour, and what is noise.
//
// Nothing is written anywhere. Events are read one by one and forgotten; all that is kept is counts, and these have sizes that no
// input can exceed. Time is the events' own, so that a year can be judged in a minute.
package backtest

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/assemble"
	"parry/internal/playbook"
	"parry/internal/rules"
	"parry/internal/source"
)

// The sizes of what is remembered. Together they are some 100 MB, if all are full.
const (
	mostDistinct = 2_000_000
	mostTimes    = 200_000
	mostHours    = 200_000
	mostPlans    = 4096
	mostKinds    = 10_000 // of events, targets
	mostReasons  = 100    // of one rule and one sort
	mostFaults   = 20
	mostTold     = 20
	mostNoisy    = 10
)

// Options say what is run over what.
type Options struct {
	Library *assemble.Library
	Rules   *rules.Book
	// Inputs are the files, see Files.
	Inputs iter.Seq2[Input, error]
	// Observe reads the state that plans are made on, and State is its name; nil where there is none, and no plans are made.
	Observe playbook.Observe
	State   string
	// Role is the template of Parry's own roles, Org where accounts stand.
	Role string
	Org  parry.Org
	// Progress, where given, is told now and then how far it is.
	Progress func(bytes int64, events int)
	// At, where given, is told the time of the event at hand.
	At func(time.Time)
}

// run is one run.
type run struct {
	o         Options
	rep       Report
	now       time.Time
	responder *parry.Responder
	matches   *matches
	seen      *distinct
	hours     *hours
	applied   *window
	demand    *window
	rules     map[string]*tally

	unwanted, notFindings, quiet, unanswered, targets *counter
}

// Run reads all inputs and tells what would have happened. What cannot be read is counted, and the rest is still read. Where the context
// ends, the report is of what was read so far, and says so.
func Run(ctx context.Context, o Options) (Report, error) {
	r := &run{
		o: o, matches: &matches{book: o.Rules}, seen: newDistinct(mostDistinct), hours: newHours(mostHours),
		applied: newWindow(mostTimes), demand: newWindow(mostTimes), rules: map[string]*tally{},
		unwanted: newCounter(mostKinds), notFindings: newCounter(mostKinds), quiet: newCounter(mostKinds), unanswered: newCounter(mostKinds),
		targets: newCounter(mostKinds),
	}
	for _, rule := range o.Rules.Rules {
		r.rules[rule.Name] = newTally(rule)
	}
	r.rep.State = o.State
	r.responder, _ = o.Library.Responder(aws.Config{}, nothing{}, assemble.Options{Role: o.Role, Org: o.Org, Now: func() time.Time { return r.now }})
	r.responder.Matcher = r.matches
	r.responder.Planner = riskOnly{set: o.Library.Playbooks}
	if o.Observe != nil {
		r.responder.Planner = newMemo(&playbook.Planner{Set: o.Library.Playbooks, Observe: o.Observe}, mostPlans)
	} else {
		r.rep.State = "none"
	}
	err := r.inputs(ctx)
	if cause := ctx.Err(); cause != nil {
		r.rep.Partial, err = "interrupted", nil
	}
	r.finish()
	return r.rep, err
}

// inputs reads one file after the other.
func (r *run) inputs(ctx context.Context) error {
	for in, err := range r.o.Inputs {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.unreadable("", err)
			continue
		case in.Open == nil:
			r.rep.PassedOver++
			continue
		}
		r.rep.Files++
		if err := r.input(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// stopped is an error that ends the run, in contrast to one that ends the reading of one file.
type stopped struct{ error }

// input reads one file.
func (r *run) input(ctx context.Context, in Input) error {
	f, err := in.Open()
	if err != nil {
		r.unreadable("", parry.Errorf(parry.Invalid, "%w", err))
		return nil
	}
	defer f.Close()
	counted := &counting{r: f, n: &r.rep.Bytes}
	err = source.Stream(in.Name, counted, func(i source.Item) error {
		if ctx.Err() != nil {
			return stopped{ctx.Err()}
		}
		if r.rep.Events&1023 == 0 {
			r.progress()
		}
		if i.Err != nil {
			r.unreadable("", i.Err)
			return nil
		}
		if err := r.event(ctx, i.Event); err != nil {
			return stopped{err}
		}
		return nil
	})
	r.progress()
	var stop stopped
	switch {
	case errors.As(err, &stop):
		return stop.error
	case err != nil:
		r.unreadable("", err)
	}
	return nil
}

func (r *run) progress() {
	if r.o.Progress != nil {
		r.o.Progress(r.rep.Bytes, r.rep.Events)
	}
}

// counting counts what is read.
type counting struct {
	r io.Reader
	n *int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

// unreadable notes what cannot be read.
func (r *run) unreadable(place string, err error) {
	u := &r.rep.Unreadable
	if u.N++; len(u.First) < mostFaults {
		u.First = append(u.First, Fault{place, err.Error()})
	}
}

// event takes one event the way that it would go, as far as a decision. The error is one that ends the run.
func (r *run) event(ctx context.Context, e parry.Event) error {
	r.rep.Events++
	r.period(e.Time)
	wanted, err := r.o.Rules.Wants(e.Raw)
	switch {
	case err != nil:
		r.unreadable(e.Place, err)
		return nil
	case !wanted:
		r.unwanted.add(kindOf(e))
		return nil
	}
	findings, err := source.Decode(e)
	switch {
	case errors.Is(err, source.ErrNoFinding):
		r.notFindings.add(kindOf(e))
	case err != nil:
		r.unreadable("", err) // what could be read of it goes on
	}
	for _, f := range findings {
		r.rep.Findings++
		if r.now = timeOf(e, f); r.o.At != nil {
			r.o.At(r.now)
		}
		if err := r.finding(ctx, e, f); err != nil {
			return err
		}
	}
	return nil
}

func kindOf(e parry.Event) string { return e.Source + " " + e.DetailType }

// period widens the time that the events are from.
func (r *run) period(t time.Time) {
	if t.IsZero() {
		return
	}
	if r.rep.From.IsZero() || t.Before(r.rep.From) {
		r.rep.From = t
	}
	if t.After(r.rep.To) {
		r.rep.To = t
	}
}

// timeOf is when an event came: as its envelope says, or, where that says nothing, the finding's last word.
func timeOf(e parry.Event, f parry.Finding) time.Time {
	if e.Time.IsZero() && f.LastWord() > 0 {
		return time.UnixMilli(f.LastWord()).UTC()
	}
	return e.Time
}

// finding counts what would come of one finding.
func (r *run) finding(ctx context.Context, e parry.Event, f parry.Finding) error {
	r.matches.forget()
	responses, err := r.responder.Prepare(ctx, e, f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.unreadable(e.Place, err)
		return nil
	}
	key := f.Key()
	for _, name := range r.matches.rules() {
		r.matched(r.rules[name], f, key)
	}
	for _, m := range r.matches.misses {
		r.rules[m.Rule].misses.add(m.Why)
	}
	for _, resp := range responses {
		switch {
		case resp.Answer.Rule != "":
			r.answer(r.rules[resp.Answer.Rule], resp, key)
		case resp.State == parry.Nothing:
			r.quiet.add(resp.Reason)
		default:
			r.unanswered.add(f.Type())
		}
	}
	return nil
}

// matched counts a finding that a rule answers.
func (r *run) matched(t *tally, f parry.Finding, key string) {
	t.Matched++
	t.Findings.note(r.seen.see(t.Name, "finding", key))
	r.hours.add(t.Name, r.now)
	if last := f.LastWord(); last > 0 {
		t.Oldest = max(t.Oldest, r.now.Unix()-last/1000)
	}
}

// answer counts one answer. What came before in the same way counts as a match and as noise, and not as an answer.
func (r *run) answer(t *tally, resp parry.Response, key string) {
	target := resp.Target
	if target.ID != "" {
		r.targets.add(target.String() + " in account " + target.Account)
		t.Targets.note(r.seen.see(t.Name, "target", target.Type, target.Account, target.Region, target.ID))
	}
	if r.seen.see(t.Name, "answer", resp.Answer.Playbook, key, target.Account, target.Region, target.ID) != first {
		return
	}
	t.Answers++
	switch {
	case resp.Answer.Playbook == "":
		t.Tiers.add(parry.TierAlert)
	case target.ID == "":
		t.noTarget.add(resp.Reason)
	case resp.State == parry.Nothing && resp.Decided.Reasons == nil:
		t.outOfScope.add(resp.Reason)
	case resp.State == parry.Unreadable:
		t.notMade.add(resp.Reason)
	default:
		r.decided(t, resp)
	}
}

// decided counts what was planned and decided. Where nothing is to be done, nothing is decided.
func (r *run) decided(t *tally, resp parry.Response) {
	if r.o.Observe == nil {
		t.notMade.add("no state is given")
	} else if t.planned(resp.Plan); resp.State == parry.Nothing {
		return
	}
	for _, why := range resp.Decided.Reasons {
		if why, ok := strings.CutPrefix(why, "lowered to "); ok {
			t.lowered.add(why)
		}
	}
	tier := resp.Decided.Tier
	if tier == parry.TierAuto {
		tier = r.budget(t, resp.Target.Account)
	}
	t.Tiers.add(tier)
}

// budget counts what a rule does by itself, and gives the tier that its limits per hour leave.
func (r *run) budget(t *tally, account string) parry.Tier {
	own := t.Name + "\x00" + account
	r.demand.add(t.Name, r.now)
	r.demand.add(own, r.now)
	switch l := t.Budget.Limits; {
	case l.PerHour > 0 && r.applied.before(t.Name, r.now) >= l.PerHour:
		t.lowered.add(parry.TierApprove.String() + ": the limit of its applications within an hour is reached")
	case l.PerAccountHour > 0 && r.applied.before(own, r.now) >= l.PerAccountHour:
		t.lowered.add(parry.TierApprove.String() + ": the limit of its applications within an hour and account is reached")
	default:
		r.applied.add(t.Name, r.now)
		r.applied.add(own, r.now)
		t.Budget.Applied++
		return parry.TierAuto
	}
	t.Budget.Hits++
	return parry.TierApprove
}

// tally is what is counted of one rule.
type tally struct {
	Rule
	misses, noTarget, outOfScope, lowered, notMade *counter
}

func newTally(r rules.Rule) *tally {
	c := func() *counter { return newCounter(mostReasons) }
	return &tally{Rule: Rule{Name: r.Name, Observes: r.Observe, Budget: Budget{Limits: r.Limits}}, misses: c(), noTarget: c(), outOfScope: c(), lowered: c(), notMade: c()}
}

// planned counts a plan.
func (t *tally) planned(p parry.Plan) {
	switch {
	case p.Gone != "":
		t.Plans.Gone++
	case len(p.Refusals) > 0:
		t.Plans.Refused++
	case p.Empty():
		t.Plans.Nothing++
	default:
		t.Plans.Changes++
		for _, c := range p.Changes {
			if t.Operations == nil {
				t.Operations = map[string]int{}
			}
			t.Operations[c.Call.Op]++
		}
	}
}

// finish makes the report of what was counted.
func (r *run) finish() {
	r.rep.Unwanted, r.rep.NotFindings = r.unwanted.most(mostTold), r.notFindings.most(mostTold)
	r.rep.Quiet, r.rep.Unanswered = r.quiet.most(mostTold), r.unanswered.most(mostTold)
	r.rep.Noise.Targets = r.targets.most(mostNoisy).Most
	days := max(1, r.rep.To.Sub(r.rep.From).Hours()/24)
	r.rep.Rules = []Rule{}
	for _, rule := range r.o.Rules.Rules {
		t := r.rules[rule.Name]
		t.Again = t.Matched - t.Findings.N
		t.PerDay = float64(t.Matched) / days
		t.Busiest = r.hours.busiest(t.Name)
		t.Misses, t.NoTarget, t.OutOfScope = t.misses.most(mostTold), t.noTarget.most(mostTold), t.outOfScope.most(mostTold)
		t.Lowered, t.Plans.NotMade = t.lowered.most(mostTold), t.notMade.most(mostTold)
		t.Budget.Most = r.demand.peak(t.Name)
		t.Budget.MostInAccount = r.mostInAccount(t.Name)
		r.rep.Rules = append(r.rep.Rules, t.Rule)
	}
	slices.SortStableFunc(r.rep.Rules, func(a, b Rule) int { return b.Matched - a.Matched })
	r.rep.Noise.Rules = noisy(r.rep.Rules)
}

// mostInAccount is a rule's busiest hour in one account.
func (r *run) mostInAccount(rule string) Peak {
	best := Peak{AtLeast: r.demand.full}
	for key := range r.demand.lists {
		account, own := strings.CutPrefix(key, rule+"\x00")
		if !own {
			continue
		}
		p := r.demand.peak(key)
		p.Account = account
		if p.N > best.N || p.N == best.N && p.Account < best.Account {
			best = p
		}
	}
	return best
}

// noisy are the rules that match most often for each of their targets. What matches once for each is no noise.
func noisy(all []Rule) []NoisyRule {
	var list []NoisyRule
	for _, r := range all {
		if r.Targets.N > 0 && r.Matched > r.Targets.N {
			list = append(list, NoisyRule{r.Name, float64(r.Matched) / float64(r.Targets.N)})
		}
	}
	slices.SortStableFunc(list, func(a, b NoisyRule) int {
		switch {
		case a.PerTarget > b.PerTarget:
			return -1
		case a.PerTarget < b.PerTarget:
			return 1
		}
		return 0
	})
	return list[:min(mostNoisy, len(list))]
}
