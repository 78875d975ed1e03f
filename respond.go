package parry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Responder takes a finding the whole way. Its parts are given to it; it has no other knowledge of AWS, files or stores.
type Responder struct {
	Matcher Matcher
	Targets func(playbook string) (targetType string, err error)
	Planner Planner
	Actors  Actors
	Store   Store
	Org     Org // where accounts stand; nil where nobody can be asked
	// Publisher writes findings where rules want them; nil where nobody can.
	Publisher Publisher
	// Guard is what holds for every rule: who says yes, what is never touched, how much is done by itself, and when.
	Guard GuardPolicy
	// Teller tells the sources of findings, and people; Tellers where they are several, nil where nobody is to be told.
	Teller Teller
	// Acts tells whether a role is one that Parry acts with: it never says yes. It may know fewer roles than Own, among which is every role
	// that is named like one of Parry's. Nil is as Own.
	Acts func(role string) bool
	Own  func(role string) bool // whether a role is Parry's own, by its name; nil where it has none

	Worker string // names this process: two workers never hold the same lease
	// Lease is how long a worker may be silent before another takes its response up; 0 is five minutes. It must be longer than the longest
	// pause between two looks at AWS, which is 15 seconds.
	Lease time.Duration
	Now   func() time.Time
	NewID func() string
	Sleep func(ctx context.Context, d time.Duration) error
	// Patience is how long verifying waits for AWS to show what was changed. IAM takes seconds to minutes.
	Patience time.Duration
	// Leave, where given, is asked before each call, and before each pause while AWS is waited for, whether the response is to be left as it is, for
	// another process to take up with Advance: then it keeps its state, its resource is free, and nothing has failed. The pause is 0 before a call.
	Leave func(resp Response, pause time.Duration) bool
	// Watch, where given, is told of each step as it is recorded.
	Watch func(Response, Record)
}

// Actors gives the hands that change things.
type Actors interface {
	// Act opens a session for the first n of the calls, with credentials that can make those and nothing else. n is less than
	// all where their permissions do not fit in one session: the rest takes another. n is never 0 without an error.
	Act(ctx context.Context, s Session) (a Actor, n int, err error)
}

// Session is what credentials are asked for.
type Session struct {
	Response string // becomes session name and source identity, so that CloudTrail carries it
	Playbook string
	Target   Target
	Calls    []Call
}

// Respond is the way of the data: match, plan, decide, then do it, ask, or tell. There is one response for each playbook
// and target, also where nothing is to be done: its state and reason say why. One that fails keeps no other from being carried out; the
// error tells of all that failed.
func (r *Responder) Respond(ctx context.Context, e Event, f Finding) ([]Response, error) {
	responses, err := r.Prepare(ctx, e, f)
	if err != nil {
		return nil, err
	}
	var failed []error
	for i := range responses {
		if err := r.carryOut(ctx, &responses[i]); err != nil {
			if failed = append(failed, err); ctx.Err() != nil {
				return responses, errors.Join(failed...)
			}
		}
	}
	return responses, errors.Join(append(failed, r.Publish(ctx, f, responses))...)
}

// carryOut does what was decided.
func (r *Responder) carryOut(ctx context.Context, resp *Response) error {
	switch {
	case resp.Again != "":
		if err := r.want(ctx, resp); err != nil {
			return err
		}
		return r.SeenAgain(ctx, resp)
	case resp.State.Begun():
		if err := r.Apply(ctx, resp, resp.By); resp.Halted == "" { // a worker died half-way: the yes that it had still stands
			return err
		}
		return nil
	case resp.State != Planned:
		if err := r.want(ctx, resp); err != nil {
			return err
		}
		return r.Tell(ctx, resp)
	case resp.Decided.Tier == TierAuto && !resp.Decided.Observe:
		return r.auto(ctx, resp)
	case resp.Decided.Tier == TierApprove && !resp.Decided.Observe:
		return r.Ask(ctx, resp)
	default:
		resp.Reason = strings.Join(resp.Decided.Reasons, "; ")
		return r.Tell(ctx, resp)
	}
}

// auto does what a rule does by itself, unless a limit or a guard says otherwise by now: others were at work since it was decided.
func (r *Responder) auto(ctx context.Context, resp *Response) error {
	spent, err := r.spent(ctx, resp.Answer, resp.Target)
	if err != nil {
		return err
	}
	if why := resp.Answer.Limits.over(spent, resp.Answer.Rule, resp.Target.Account); why != "" {
		resp.Decided.lower(TierApprove, "%s", why)
	}
	caps, err := r.guards(ctx, *resp, len(resp.Answer.TargetsOf(resp.Finding, resp.Target.Type)), tally{})
	if err != nil {
		return err
	}
	for _, c := range caps {
		resp.Decided.lower(c.Tier, "%s", c.Why)
	}
	if resp.Decided.Tier < TierAuto {
		return r.carryOut(ctx, resp)
	}
	err = r.Apply(ctx, resp, "rule "+resp.Answer.Rule)
	switch {
	case resp.Halted != "":
		return nil // it is stored, and goes on when the stop is taken back
	case KindOf(err) == Refused && resp.Stored == "":
		resp.Decided.lower(TierApprove, "%v", err) // stopped a moment ago
		return r.Ask(ctx, resp)
	}
	return err
}

// The last parts of the keys of responses that have no plan.
const (
	keyQuiet    = "closed"
	keyNoRule   = "no rule"
	keyTold     = "told"
	keyNoTarget = "no target"
)

// Prepare goes as far as the decision. It reads, and neither changes nor stores anything. Where a delivery asks for nothing new, it
// gets the response that was made earlier, with the reason in Again.
func (r *Responder) Prepare(ctx context.Context, e Event, f Finding) ([]Response, error) {
	received := r.Now()
	blank := Response{EventID: e.ID, Finding: f, Ordered: f.Ordered, Times: Times{Received: received, FirstSeen: msec(f.FirstSeen())}}
	if f.Quiet != "" {
		return one(r.again(ctx, blank.ended(Nothing, f.Quiet), keyQuiet))
	}
	if was, late, err := r.closed(ctx, f); late || err != nil {
		return one(was, err)
	}
	own, err := r.ownCall(ctx, f)
	if err != nil {
		return nil, err
	}
	if own != "" {
		return one(r.again(ctx, blank.ended(Nothing, own), keyQuiet))
	}
	answers, misses, err := r.Matcher.Match(ctx, e, f)
	if err != nil {
		return nil, err
	}
	if len(answers) == 0 {
		return one(r.again(ctx, blank.ended(Alerted, whyNone(f, misses)), keyNoRule))
	}
	var all []Response
	planned := tally{}
	for _, a := range answers {
		resp := blank
		resp.Answer = a
		more, err := r.answer(ctx, e, resp, planned)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// answer prepares one answer of a rule: a response for each of its targets.
func (r *Responder) answer(ctx context.Context, e Event, resp Response, planned tally) ([]Response, error) {
	a, f := resp.Answer, resp.Finding
	if a.Playbook == "" {
		return one(r.again(ctx, resp.ended(Alerted, a.onlyTells(f)), keyTold, a.Rule))
	}
	targetType, err := r.Targets(a.Playbook)
	if err != nil {
		return nil, err
	}
	targets := a.TargetsOf(f, targetType)
	if len(targets) == 0 {
		return one(r.again(ctx, resp.ended(Alerted, noTarget(f, a, targetType)), keyNoTarget, a.Rule, a.Playbook))
	}
	h := History{Targets: len(targets)}
	h.Age, h.Undated = f.age(e, resp.Times.Received)
	var all []Response
	for _, t := range targets {
		resp, err := r.prepareOne(ctx, resp, t, h, planned)
		if err != nil {
			return nil, err
		}
		if resp.State == Planned && resp.Decided.Tier == TierAuto && !resp.Decided.Observe {
			planned.add(a, t.Account)
		}
		all = append(all, resp)
	}
	return all, nil
}

// one is the responses of a delivery that gets one.
func one(resp Response, err error) ([]Response, error) {
	if err != nil {
		return nil, err
	}
	return []Response{resp}, nil
}

// prepareOne plans and decides for one target, or finds the response that was made for it already.
func (r *Responder) prepareOne(ctx context.Context, resp Response, t Target, h History, planned tally) (Response, error) {
	resp.Target = t
	resp.Key = resp.Finding.keyFor(resp.Answer.Playbook, t.Account, t.Region, t.ID)
	was, found, err := r.latest(ctx, resp.Key)
	switch {
	case err != nil:
		return resp, err
	case found && was.State.Begun():
		return was, nil // a second delivery takes up what a worker left
	case found && was.State == Waiting:
		return was.attach(resp.Finding, "a person is asked already"), nil
	case found && was.overtakes(resp.Finding) != "":
		return was.attach(resp.Finding, was.overtakes(resp.Finding)), nil
	}
	resp.ID = r.NewID()
	if resp, err = r.planAndDecide(ctx, resp, h, planned); err != nil || !found {
		return resp, err
	}
	if why := was.endsAs(resp); why != "" {
		return was.attach(resp.Finding, why), nil
	}
	return resp, nil
}

// planAndDecide makes the plan of a target that is in scope, and says what is to be done with it.
func (r *Responder) planAndDecide(ctx context.Context, resp Response, h History, planned tally) (Response, error) {
	a, t := resp.Answer, resp.Target
	if h.Standing = r.Standing(ctx, a, resp.Finding, t); h.Standing.Is == OutOfScope {
		return resp.ended(Nothing, h.Standing.outOf(a.Rule)), nil
	}
	plan, err := r.Planner.Plan(ctx, resp.job())
	if err != nil {
		return resp.ended(Unreadable, err.Error()), nil
	}
	resp.Plan, resp.Times.Planned = plan, r.Now()
	if h.Hold, err = r.Store.Held(ctx, resp.Key); err != nil {
		return resp, err
	}
	if h.Spent, err = r.spent(ctx, a, t); err != nil {
		return resp, err
	}
	h.Spent = planned.with(h.Spent, a.Rule, t.Account)
	h.Protected = r.protected(t)
	if h.Caps, err = r.guards(ctx, resp, h.Targets, planned); err != nil {
		return resp, err
	}
	resp.Decided = Decide(plan, a, h)
	switch {
	case plan.Gone != "":
		return resp.ended(Nothing, plan.Gone), nil
	case len(plan.Refusals) > 0:
		return resp.ended(Alerted, strings.Join(plan.Refusals, "; ")), nil
	case plan.Empty():
		return resp.ended(Nothing, "everything is as the playbook wants it"), nil
	}
	resp.State = Planned
	return resp, nil
}

// spent counts what the answer's rule did in the last hour, as far as it has limits: a count is read from the store, and grows with a storm.
func (r *Responder) spent(ctx context.Context, a Answer, t Target) (s Spent, err error) {
	since := r.Now().Add(-hour)
	if a.Limits.PerHour > 0 {
		if s.Rule, err = r.Store.Count(ctx, Tally{Rule: a.Rule, Since: since}); err != nil {
			return s, err
		}
	}
	if a.Limits.PerAccountHour > 0 {
		s.Account, err = r.Store.Count(ctx, Tally{Rule: a.Rule, Account: t.Account, Since: since})
	}
	return s, err
}

// Ask stores a response that waits for a person's yes.
func (r *Responder) Ask(ctx context.Context, resp *Response) error {
	resp.Asked, resp.Votes = r.asking(resp, r.Now()), nil
	return r.step(ctx, resp, Waiting, MoveAsked, fmt.Sprintf("waits for the yes of %s to %s", resp.Asked, resp.Plan.Digest)+r.why(resp))
}

// Tell stores a response that ends without a change, so that it can be listed and shown.
func (r *Responder) Tell(ctx context.Context, resp *Response) error {
	if resp.ID == "" {
		resp.ID = r.NewID()
	}
	if resp.State == Planned {
		resp.State = Alerted
		if resp.Decided.Held {
			resp.State = Held
		}
	}
	return r.step(ctx, resp, resp.State, MoveTold, resp.Reason)
}

// step stores a response in its next state together with the record of the move that brought it there. A move that the table of
// transitions does not have is refused.
func (r *Responder) step(ctx context.Context, resp *Response, to State, move Move, text string, outcome ...Outcome) error {
	if err := Next(resp.Stored, move, to); err != nil {
		return Errorf(Fault, "response %s: %w", resp.ID, err)
	}
	next := *resp
	next.State, next.Stored = to, to
	next.Steps++
	rec := Record{Response: resp.ID, Seq: next.Steps, At: r.Now(), Kind: move, State: to, Text: text}
	if len(outcome) > 0 {
		rec.Call = &outcome[0]
	}
	next.Untold = r.untold(next, rec)
	next.Wake = next.wake(r.Now(), r.lease())
	rec.Seal(resp.Chain)
	next.Chain = rec.Hash
	if err := r.Store.Save(ctx, next, rec); err != nil {
		return err
	}
	*resp = next
	if r.Watch != nil {
		r.Watch(*resp, rec)
	}
	return nil
}

// job is what the response's plan is made for.
func (resp Response) job() Job {
	at := resp.Times.Received
	if !resp.Times.Applied.IsZero() {
		at = resp.Times.Applied
	}
	return Job{At: at, Response: resp.ID, Playbook: resp.Answer.Playbook, Source: resp.Plan.Source, Params: resp.Answer.Params, Target: resp.Target, Finding: resp.Finding}
}

func (resp Response) ended(s State, why string) Response {
	resp.State, resp.Reason = s, why
	return resp
}

func whyNone(f Finding, misses []Miss) string {
	why := "no rule answers " + f.Type()
	if len(f.Unresolved) > 0 {
		why += "; " + strings.Join(f.Unresolved, "; ")
	}
	for _, m := range misses {
		if m.Why != "" {
			why += fmt.Sprintf("; %s: %s", m.Rule, m.Why)
		}
	}
	return why
}

func noTarget(f Finding, a Answer, targetType string) string {
	why := fmt.Sprintf("%s works on %s, and the finding names none", a.Playbook, targetType)
	if len(f.Unresolved) > 0 {
		why += ": " + strings.Join(f.Unresolved, "; ")
	}
	return why
}

// msec is a time of OCSF, in epoch milliseconds; 0 is the zero time.
func msec(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t).UTC()
}
