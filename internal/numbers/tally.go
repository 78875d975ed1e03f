package numbers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/telemetry"
)

const (
	// mostKeys bounds a list: names come from outside, and nobody reads more.
	mostKeys = 5000
	// Others is the key of what came when a list was full.
	Others = "(others)"
	// None is the key of what has no rule, playbook or account.
	None = "none"
	// topFindings is how many types of findings are told.
	topFindings = 20
)

// counts counts by name.
type counts map[string]int

func (c counts) add(key string, n int) string {
	if key == "" {
		key = None
	}
	if _, ok := c[key]; !ok && len(c) >= mostKeys {
		key = Others
	}
	c[key] += n
	return key
}

// list is what was counted, the most first.
func (c counts) list() []Count {
	all := make([]Count, 0, len(c))
	for k, n := range c {
		all = append(all, Count{k, n})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Key, b.Key)) })
	return all
}

// names gives each name a number, so that a name is kept once.
type names struct {
	all []string
	at  map[string]uint16
}

func (n *names) of(name string) uint16 {
	i, ok := n.at[name]
	if !ok {
		i = uint16(len(n.all)) // counts has at most mostKeys of them, and one for the others
		n.all, n.at[name] = append(n.all, name), i
	}
	return i
}

// sample is all that is kept of one response: 24 bytes.
type sample struct {
	detect, respond time.Duration // 0 where it is not known
	day             int32         // since 1970, in UTC
	rule, account   uint16
}

type tally struct {
	total                                             int
	tier, state, outcome, rule, account, playbook     counts
	approvedBy, rejectedBy, findings, again, told, no counts
	days                                              map[int32]counts
	acted                                             Acted
	seen                                              int
	rules, accounts                                   names
	samples                                           []sample
}

func newTally() *tally {
	return &tally{
		tier: counts{}, state: counts{}, outcome: counts{}, rule: counts{}, account: counts{}, playbook: counts{},
		approvedBy: counts{}, rejectedBy: counts{}, findings: counts{}, again: counts{}, told: counts{}, no: counts{},
		days: map[int32]counts{}, rules: names{at: map[string]uint16{}}, accounts: names{at: map[string]uint16{}},
	}
}

// add counts one response. Nothing of it is kept but names and times; names are copied, as they may be parts of its whole text.
func (t *tally) add(r *parry.Response) {
	t.total++
	outcome := OutcomeOf(r)
	t.tier.add(r.Decided.Tier.String(), 1)
	t.state.add(string(r.State), 1)
	t.outcome.add(outcome, 1)
	t.playbook.add(strings.Clone(r.Answer.Playbook), 1)
	rule := t.rule.add(strings.Clone(r.Answer.Rule), 1)
	account := t.account.add(strings.Clone(cmp.Or(r.Target.Account, r.Finding.Cloud.Account.UID)), 1)
	t.findings.add(strings.Clone(r.Finding.Type()), 1)
	day := int32(r.Times.Received.Unix() / (24 * 60 * 60))
	if t.days[day] == nil {
		t.days[day] = counts{}
	}
	t.days[day][outcome]++
	t.who(r)
	t.seen += r.Seen
	t.again[rule] += r.Seen
	switch outcome {
	case Told:
		t.told[rule]++
	case Nothing:
		t.no[rule]++
	}
	s := sample{detect: r.Times.TimeToDetect(), respond: telemetry.RespondTime(*r), day: day, rule: t.rules.of(rule), account: t.accounts.of(account)}
	if s.detect > 0 || s.respond > 0 {
		t.samples = append(t.samples, s)
	}
}

// byRule tells whether a rule said yes, and no person.
func byRule(r *parry.Response) bool { return r.By != "" && r.By == "rule "+r.Answer.Rule }

// OutcomeOf is what became of a response, in one of the words of Outcomes.
func OutcomeOf(r *parry.Response) string {
	switch r.State {
	case parry.Done:
		if byRule(r) {
			return Automatic
		}
		return Approved
	case parry.Undone:
		return Undone
	case parry.Failed:
		return Failed
	case parry.Rejected:
		return Rejected
	case parry.Expired:
		return Expired
	case parry.Waiting:
		return Waiting
	case parry.Alerted, parry.Held:
		return Told
	case parry.Unreadable:
		return NoPlan
	case parry.Nothing:
		return Nothing
	}
	return UnderWay
}

// who counts who said yes and no.
func (t *tally) who(r *parry.Response) {
	a := &t.acted
	switch {
	case r.Times.Applied.IsZero():
	case byRule(r):
		a.Automatic++
	default:
		a.Approved++
		for _, by := range sayers(r, true) {
			t.approvedBy.add(by, 1)
		}
	}
	switch r.State {
	case parry.Rejected:
		a.Rejected++
		for _, by := range sayers(r, false) {
			t.rejectedBy.add(by, 1)
		}
	case parry.Expired:
		a.Expired++
	case parry.Undone:
		a.Undone++
	case parry.Failed:
		a.Failed++
	case parry.Waiting:
		a.Waiting++
	}
}

// sayers are the people who said yes, or no, each once. Where a yes was given without a vote, at the command line, it is who gave it.
func sayers(r *parry.Response, yes bool) []string {
	var all []string
	for _, v := range r.Votes {
		if v.Yes == yes && !slices.Contains(all, v.By) {
			all = append(all, strings.Clone(v.By))
		}
	}
	if len(all) == 0 && yes && r.By != "" {
		all = append(all, strings.Clone(r.By))
	}
	return all
}

// into writes what was counted.
func (t *tally) into(n *Numbers) {
	n.Responses = t.total
	n.ByTier, n.ByState, n.ByOutcome = t.tier.list(), t.state.list(), t.outcome.list()
	n.ByRule, n.ByAccount, n.ByPlaybook = t.rule.list(), t.account.list(), t.playbook.list()
	n.ByDay, n.ByMonth = t.byDay(), t.byMonth()
	n.Times = t.times()
	n.Acted = t.acted
	n.Acted.ApprovedBy, n.Acted.RejectedBy = t.approvedBy.list(), t.rejectedBy.list()
	n.Noise = t.noise()
	n.Findings = t.findings.list()
	n.Findings = n.Findings[:min(len(n.Findings), topFindings)]
}

func (t *tally) noise() Noise {
	n := Noise{SeenAgain: t.seen, ByRule: []RuleNoise{}}
	for rule, all := range t.rule {
		one := RuleNoise{Rule: rule, Responses: all, SeenAgain: t.again[rule], Told: t.told[rule], Nothing: t.no[rule]}
		one.Percent = (one.Told + one.Nothing) * 100 / all
		n.ByRule = append(n.ByRule, one)
	}
	slices.SortFunc(n.ByRule, func(a, b RuleNoise) int {
		return cmp.Or((b.SeenAgain+b.Told+b.Nothing)-(a.SeenAgain+a.Told+a.Nothing), cmp.Compare(a.Rule, b.Rule))
	})
	return n
}
