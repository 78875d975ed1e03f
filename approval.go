package parry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Approvals say who may say yes to what.
type Approvals struct {
	// Groups are people by the group's name: ARNs as STS tells them, ARNs of IAM users and roles, or the names that people have
	// elsewhere, such as an address. * stands for any characters.
	Groups  map[string][]string `json:"groups,omitempty"`
	Rules   []ApprovalRule      `json:"rules,omitempty"` // the first that fits decides
	Default Approval            `json:"default"`
	// TrustSessionNames takes two sessions of one role for two people. Whoever takes a role chooses the session's name, unless the role's
	// trust policy ties it to the person (sts:RoleSessionName). Sessions of IAM Identity Center are named by it and need no trust.
	// Source: "IAM and AWS STS condition context keys", IAM User Guide.
	TrustSessionNames bool `json:"trust_session_names,omitempty"`
}

// Approval is what it takes to say yes.
type Approval struct {
	Approvers []string      `json:"approvers,omitempty"` // groups; none is anyone who can write the store
	Persons   int           `json:"persons,omitempty"`   // how many different ones, 1 or 2
	Expires   time.Duration `json:"expires,omitempty"`   // then nobody can say yes any more; 0 is never
	Remind    time.Duration `json:"remind,omitempty"`    // they are told again so often; 0 is never
	Escalate  *Widen        `json:"escalate,omitempty"`
}

// Widen asks more groups after a while.
type Widen struct {
	After time.Duration `json:"after"`
	To    []string      `json:"to"`
}

// ApprovalRule is an approval for some responses. All that it names must fit.
type ApprovalRule struct {
	Tiers     []Tier   `json:"tiers,omitempty"` // that the rule asked for
	Accounts  []string `json:"accounts,omitempty"`
	Rules     []string `json:"rules,omitempty"`
	Playbooks []string `json:"playbooks,omitempty"`
	Approval
}

// fits tells whether the rule is about a response.
func (ar ApprovalRule) fits(a Answer, t Target) bool {
	in := func(list []string, s string) bool { return len(list) == 0 || anyOf(list, s) }
	return (len(ar.Tiers) == 0 || slices.Contains(ar.Tiers, a.Tier)) && in(ar.Accounts, t.Account) && in(ar.Rules, a.Rule) && in(ar.Playbooks, a.Playbook)
}

// For is what it takes to say yes to an answer on a target.
func (as Approvals) For(a Answer, t Target) Approval {
	for _, r := range as.Rules {
		if r.fits(a, t) {
			return r.Approval
		}
	}
	return as.Default
}

// Known tells whether anything says who may say yes.
func (as Approvals) Known() bool { return len(as.Groups) > 0 }

// member tells whether somebody is in one of the groups. Without groups everybody is.
func (as Approvals) member(groups []string, by string) bool {
	if len(groups) == 0 {
		return true
	}
	for _, g := range groups {
		for _, p := range as.Groups[g] {
			if Glob(p, by) || isRole(p, by) {
				return true
			}
		}
	}
	return false
}

// isRole tells whether a session, as STS tells it, is one of the role. The ARN of a session leaves the role's path out, and a role's name
// is unique in its account without it. Source: "IAM identifiers", IAM User Guide.
func isRole(pattern, by string) bool {
	p, s := strings.SplitN(pattern, ":", 6), strings.SplitN(by, ":", 6)
	if len(p) != 6 || len(s) != 6 || p[2] != "iam" || s[2] != "sts" {
		return false
	}
	role, ok := strings.CutPrefix(p[5], "role/")
	session, is := strings.CutPrefix(s[5], "assumed-role/")
	name, _, _ := strings.Cut(session, "/")
	return ok && is && Glob(p[1], s[1]) && Glob(p[4], s[4]) && Glob(role[strings.LastIndexByte(role, '/')+1:], name)
}

// ssoRoles begins the names of the roles that IAM Identity Center makes. Only it can take them, and it names the session after the person.
// Source: "Referencing permission sets in resource policies", IAM Identity Center User Guide.
const ssoRoles = "AWSReservedSSO_"

// person is who somebody is, so that one person is not taken for two.
func (as Approvals) person(by string) string {
	s := strings.SplitN(by, ":", 6)
	if len(s) != 6 || s[2] != "sts" {
		return strings.ToLower(by)
	}
	kind, rest, _ := strings.Cut(s[5], "/")
	role, session, ok := strings.Cut(rest, "/")
	switch {
	case kind != "assumed-role" || !ok:
		return strings.ToLower(by)
	case strings.HasPrefix(role, ssoRoles):
		return strings.ToLower(session)
	case as.TrustSessionNames:
		return strings.ToLower(session)
	}
	return strings.ToLower("role " + s[4] + "/" + role)
}

// Asking is a question that waits for a person's yes.
type Asking struct {
	Groups   []string  `json:"groups,omitempty"` // who may answer; none is anyone
	Persons  int       `json:"persons"`
	At       time.Time `json:"at"`
	Expires  time.Time `json:"expires,omitzero"`
	Remind   time.Time `json:"remind,omitzero"` // when they are told again
	Reminded int       `json:"reminded,omitempty"`
	Escalate time.Time `json:"escalate,omitzero"` // when more are asked
	// Anew is when it is decided anew whether it has to be asked at all; see Decision.Anew.
	Anew      time.Time `json:"anew,omitzero"`
	Escalated []string  `json:"escalated,omitempty"`
}

// next is when something has to be done about the question.
func (q Asking) next() time.Time {
	var first time.Time
	for _, t := range []time.Time{q.Expires, q.Remind, q.Escalate, q.Anew} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// expired tells whether nobody can say yes any more.
func (q Asking) expired(now time.Time) bool { return !q.Expires.IsZero() && !now.Before(q.Expires) }

// String says who is asked.
func (q Asking) String() string {
	who := "anyone"
	if len(q.Groups) > 0 {
		who = strings.Join(q.Groups, ", ")
	}
	text := "one of " + who
	if q.Persons > 1 {
		text = fmt.Sprintf("%d of %s", q.Persons, who)
	}
	if !q.Expires.IsZero() {
		text += " until " + q.Expires.UTC().Format("2006-01-02 15:04Z")
	}
	return text
}

// Vote is one person's word on one plan.
type Vote struct {
	By      string    `json:"by"` // as STS tells it, or the name that a channel vouches for
	At      time.Time `json:"at"`
	Yes     bool      `json:"yes"`
	Comment string    `json:"comment,omitempty"`
	Digest  string    `json:"digest"` // of the plan that was shown
}

// line is the vote for a record.
func (v Vote) line() string {
	text := "says no"
	if v.Yes {
		text = "says yes to " + v.Digest
	}
	if v.Comment != "" {
		text += ": " + v.Comment
	}
	return v.By + " " + text
}

// asking is the question that a response puts now.
func (r *Responder) asking(resp *Response, now time.Time) *Asking {
	need := r.Guard.Approvals.For(resp.Answer, resp.Target)
	q := &Asking{Groups: need.Approvers, Persons: max(need.Persons, 1), At: now, Anew: resp.Decided.Anew}
	if r.why(resp) != "" {
		q.Persons = max(q.Persons, 2)
	}
	if need.Expires > 0 {
		q.Expires = now.Add(need.Expires)
	}
	if need.Remind > 0 {
		q.Remind = now.Add(need.Remind)
	}
	if need.Escalate != nil {
		q.Escalate = now.Add(need.Escalate.After)
	}
	return q
}

// why says why a question takes two people whatever the policy says of it: one of them may be who asked, and nobody knows who that is. Where
// anyone may say yes there is nothing to keep apart.
func (r *Responder) why(resp *Response) string {
	if resp.Ordered == "" || !r.Guard.Approvals.Known() {
		return ""
	}
	return fmt.Sprintf("; Security Hub does not say who used the custom action %q, so it takes two people", resp.Ordered)
}

// asked is the question that a response waits with.
func (r *Responder) asked(resp *Response) Asking {
	if resp.Asked == nil { // stored before questions were
		return *r.asking(resp, resp.Times.Received)
	}
	return *resp.Asked
}

// mayVote says why somebody cannot say yes to a response; nil where they can.
func (r *Responder) mayVote(resp *Response, by string) error {
	as, q := r.Guard.Approvals, r.asked(resp)
	switch {
	case by == "":
		return Errorf(Refused, "who says yes is not known")
	case r.ownSession(by):
		return Errorf(Refused, "%s is Parry's own role: it cannot say yes to itself", by)
	case resp.AskedBy != "" && as.person(resp.AskedBy) == as.person(by):
		return Errorf(Refused, "%s asked for response %s: another person must say yes", by, resp.ID)
	case !as.member(q.Groups, by):
		return Errorf(Refused, "%s is not among those who may say yes: %s", by, q).WithHint("the policy file has the groups: 'parry policy show'")
	}
	return nil
}

// MayVote says why somebody cannot say yes to a response; nil where they can, as far as who they are goes.
func (r *Responder) MayVote(resp Response, by string) error { return r.mayVote(&resp, by) }

// ownSession tells whether somebody is a session of a role that Parry acts with.
func (r *Responder) ownSession(by string) bool {
	s, acts := strings.SplitN(by, ":", 6), r.Acts
	if acts == nil {
		acts = r.Own
	}
	if acts == nil || len(s) != 6 {
		return false
	}
	kind, rest, _ := strings.Cut(s[5], "/")
	name, _, _ := strings.Cut(rest, "/")
	if kind == "role" {
		name = rest[strings.LastIndexByte(rest, '/')+1:]
	}
	return (kind == "assumed-role" || kind == "role") && acts(name)
}

// waits says why nobody can answer to a response (any more); nil where it can be.
func (r *Responder) waits(resp *Response, v Vote) error {
	switch {
	case resp.State != Waiting:
		return Errorf(Refused, "response %s is %q: it does not wait for a yes", resp.ID, resp.State)
	case v.Digest != resp.Plan.Digest:
		return Errorf(Conflict, "the plan of response %s is %s now, not %s", resp.ID, resp.Plan.Digest, or(v.Digest, "one without a digest")).WithHint("read it anew: 'parry show %s'", resp.ID)
	}
	return r.mayVote(resp, v.By)
}

// Approve takes one person's yes to the plan that was shown to them. Where it is the last one that is needed, the plan is applied. A yes counts once, for
// that plan, in its time; where anything about it is doubtful, nothing is done and the error says why.
func (r *Responder) Approve(ctx context.Context, id string, v Vote) (Response, error) {
	for tries := 5; ; tries-- {
		resp, err := r.Store.Response(ctx, id)
		if err != nil {
			return resp, err
		}
		steps, digest := resp.Steps, resp.Plan.Digest
		if err = r.approve(ctx, &resp, v); KindOf(err) != Conflict || tries == 0 {
			return resp, err
		}
		// Somebody else voted, or was reminded, at the same moment: the yes still counts where the question is the same.
		now, rerr := r.Store.Response(ctx, id)
		if rerr != nil || now.Steps == steps || now.State != Waiting || now.Plan.Digest != digest {
			return resp, err
		}
	}
}

// approve takes a yes to a response as it was just read.
func (r *Responder) approve(ctx context.Context, resp *Response, v Vote) error {
	if err := r.waits(resp, v); err != nil {
		return err
	}
	q, now := r.asked(resp), r.Now()
	if q.expired(now) {
		if err := r.expire(ctx, resp); err != nil {
			return err
		}
		return Errorf(Refused, "the yes came too late: %s", resp.Reason)
	}
	if err := r.forbidden(ctx, resp); err != nil {
		return err
	}
	v.At, v.Yes = now, true
	if _, twice := r.valid(resp)[r.Guard.Approvals.person(v.By)]; twice {
		return Errorf(Refused, "%s said yes to response %s already, and it takes another person", v.By, resp.ID)
	}
	resp.Votes = append(resp.Votes, v)
	if n := len(r.valid(resp)); n < q.Persons {
		return r.step(ctx, resp, Waiting, MoveVoted, fmt.Sprintf("%s; %d of %d", v.line(), n, q.Persons))
	}
	return r.Apply(ctx, resp, r.voters(resp))
}

// valid are the votes that count, by person: a yes to this plan by somebody who still may say it.
func (r *Responder) valid(resp *Response) map[string]Vote {
	votes := map[string]Vote{}
	for _, v := range resp.Votes {
		if v.Yes && v.Digest == resp.Plan.Digest && r.mayVote(resp, v.By) == nil {
			votes[r.Guard.Approvals.person(v.By)] = v
		}
	}
	return votes
}

// voters names who said yes, the first one first.
func (r *Responder) voters(resp *Response) string {
	valid := r.valid(resp)
	var names []string
	for _, v := range resp.Votes {
		if valid[r.Guard.Approvals.person(v.By)] == v {
			names = append(names, v.By)
		}
	}
	return strings.Join(names, ", ")
}

// forbidden says why even a yes does not help: everything is stopped, or a guard allows no more than to tell.
func (r *Responder) forbidden(ctx context.Context, resp *Response) error {
	if why, err := r.Stopped(ctx, resp.Answer.Playbook); err != nil || why != "" {
		return stoppedError(why, err)
	}
	d, err := r.decideAgain(ctx, *resp, resp.Times.Received)
	if err != nil {
		return err
	}
	if d.Tier == TierAlert {
		return Errorf(Refused, "response %s must not be applied: %s", resp.ID, strings.Join(d.Reasons, "; "))
	}
	return nil
}

// decideAgain decides about the plan that a stored response has, as things are now; at is when it came, or now where it is to be as if it came
// now. The finding's targets are not stored: they were counted before.
func (r *Responder) decideAgain(ctx context.Context, resp Response, at time.Time) (Decision, error) {
	h := History{Standing: r.Standing(ctx, resp.Answer, resp.Finding, resp.Target), Targets: 1, Protected: r.protected(resp.Target)}
	h.Age, h.Undated = resp.Finding.age(Event{Time: resp.Times.Received}, at)
	var err error
	if h.Hold, err = r.Store.Held(ctx, resp.Key); err != nil {
		return Decision{}, err
	}
	if h.Spent, err = r.spent(ctx, resp.Answer, resp.Target); err != nil {
		return Decision{}, err
	}
	if h.Caps, err = r.guards(ctx, resp, h.Targets, tally{}); err != nil {
		return Decision{}, err
	}
	return Decide(resp.Plan, resp.Answer, h), nil
}

// Reject takes a person's no: one is enough. Who asked for it may take it back so.
func (r *Responder) Reject(ctx context.Context, id string, v Vote) (Response, error) {
	resp, err := r.Store.Response(ctx, id)
	if err != nil {
		return resp, err
	}
	v.Digest = or(v.Digest, resp.Plan.Digest)
	if err := r.waits(&resp, v); err != nil && (KindOf(err) != Refused || resp.State != Waiting || resp.AskedBy != v.By || v.By == "") {
		return resp, err
	}
	v.At, v.Yes = r.Now(), false
	resp.Votes = append(resp.Votes, v)
	resp.Reason = v.line()
	return resp, r.step(ctx, &resp, Rejected, MoveRejected, v.line())
}

// Yes is the word of a person who stands beside a response that was just prepared, as 'parry respond --apply' does. What a rule would do
// by itself needs no more; else the person's yes counts as one vote, and where others are needed, they are asked.
func (r *Responder) Yes(ctx context.Context, resp *Response, v Vote) (err error) {
	switch {
	case resp.State.Begun():
		return r.Apply(ctx, resp, or(resp.By, v.By))
	case resp.State == Waiting:
		*resp, err = r.Approve(ctx, resp.ID, v)
		return err
	case resp.State != Planned || resp.Decided.Tier == TierAlert:
		return Errorf(Refused, "response %s is %q, tier %s: a yes does not help", resp.ID, resp.State, resp.Decided.Tier)
	case v.Digest != resp.Plan.Digest:
		return Errorf(Conflict, "the plan is %s, not %s", resp.Plan.Digest, v.Digest)
	case resp.Decided.Tier == TierAuto:
		return r.Apply(ctx, resp, v.By)
	}
	resp.Asked = r.asking(resp, r.Now())
	if may := r.mayVote(resp, v.By); may == nil && resp.Asked.Persons == 1 {
		v.At, v.Yes = r.Now(), true
		resp.Votes = []Vote{v}
		return r.Apply(ctx, resp, v.By)
	} else if may != nil {
		if err := r.Ask(ctx, resp); err != nil {
			return err
		}
		return may
	}
	if err := r.Ask(ctx, resp); err != nil {
		return err
	}
	*resp, err = r.Approve(ctx, resp.ID, v)
	return err
}
