package parry

import (
	"fmt"
	"strings"
	"time"
)

// History is what is known beside the plan: of earlier responses, of the target, of the finding. The zero value is a fresh
// finding of one target of which nothing speaks against acting, where the rule has no scope.
type History struct {
	Hold      string   // why a person put the finding on hold, for instance an undo; empty for none
	Standing  Standing // of the target to the rule's scope; one that was not looked at is unknown
	Spent     Spent    // what the rule did in the last hour
	Targets   int      // that the finding has for this answer
	Age       time.Duration
	Undated   string // why the finding's age is not known; empty where it is
	Protected string // why the target must never be touched by itself: it is Parry's own role
	Caps      []Cap  // what the guards that hold for every rule say
}

// Decision is what will be done with a plan, and every reason for it.
type Decision struct {
	Tier    Tier     `json:"tier"`
	Held    bool     `json:"held,omitempty"`    // a person put the finding on hold
	Observe bool     `json:"observe,omitempty"` // the rule only watches: nothing is done on any tier
	Reasons []string `json:"reasons"`
	// Anew is when to decide anew, where nothing keeps it from being done by itself but what passes: a freeze, a stop.
	Anew time.Time `json:"anew,omitzero"`
}

// Decide says what to do with a plan. It is a pure function, and it can only lower the tier that the rule asks for.
func Decide(p Plan, a Answer, h History) Decision {
	d := decide(p, a, h)
	if d.Tier != TierApprove || d.Observe {
		return d
	}
	var stays []Cap
	var last time.Time
	for _, c := range h.Caps {
		if c.Until.IsZero() {
			stays = append(stays, c)
		} else if c.Until.After(last) {
			last = c.Until
		}
	}
	if h.Caps = stays; !last.IsZero() && decide(p, a, h).Tier == TierAuto {
		d.Anew = last
	}
	return d
}

func decide(p Plan, a Answer, h History) Decision {
	d := Decision{Tier: a.Tier, Observe: a.Observe}
	d.say("rule %s asks for tier %s", a.Rule, a.Tier)
	if a.Observe {
		d.say("the rule observes: nothing is changed until a person turns it on")
	}
	ceiling, risk := p.Risk.Ceiling(), string(p.Risk)
	if p.Risk != RiskLow && a.Accept != "" && rank(a.Accept) >= rank(p.Risk) {
		ceiling = TierAuto
		d.say("the rule's owner accepts %s risk", p.Risk)
	}
	d.lower(ceiling, "playbook %s is of %s risk", p.Playbook, or(risk, "unknown"))
	if names := p.Irreversible(); len(names) > 0 {
		d.lower(TierApprove, "%s cannot be undone", strings.Join(names, ", "))
	}
	for _, r := range p.Refusals {
		d.lower(TierAlert, "%s", r)
	}
	if h.Hold != "" {
		d.Held = true
		d.lower(TierAlert, "on hold: %s", h.Hold)
	}
	if h.Protected != "" {
		d.lower(TierAlert, "%s", h.Protected)
	}
	d.scope(a, h.Standing)
	d.limits(p, a, h)
	for _, c := range h.Caps {
		d.lower(c.Tier, "%s", c.Why)
	}
	if a.For > 0 && d.Tier > TierAlert && !a.Observe {
		d.say("it is taken back by itself after %s", inWords(a.For))
	}
	return d
}

// scope lowers what is not certain to be in the rule's scope.
func (d *Decision) scope(a Answer, s Standing) {
	for _, n := range s.Notes {
		d.say("%s", n)
	}
	switch {
	case a.Scope.IsZero() || s.Is == InScope:
	case s.Is == OutOfScope || s.Failed:
		d.lower(TierAlert, "%s", s)
	default:
		d.lower(TierApprove, "%s", s)
	}
}

// limits lowers what is more, more often or later than the rule does by itself.
func (d *Decision) limits(p Plan, a Answer, h History) {
	if n := a.Limits.Resources; n > 0 && h.Targets > n {
		d.lower(TierApprove, "the finding has %d targets, and rule %s takes on at most %d by itself", h.Targets, a.Rule, n)
	}
	if why := a.Limits.over(h.Spent, a.Rule, p.Target.Account); why != "" {
		d.lower(TierApprove, "%s", why)
	}
	most := a.Limits.MaxAge
	if most == 0 && a.Tier == TierAuto {
		most = DefaultMaxAge
	}
	switch {
	case most == 0:
	case h.Undated != "":
		d.lower(TierApprove, "%s", h.Undated)
	case h.Age > most:
		d.lower(TierApprove, "the finding came late: its last word is %s old, and rule %s takes it for at most %s", inWords(h.Age), a.Rule, inWords(most))
	}
}

// lower brings the tier down to at most t, and says why where it does.
func (d *Decision) lower(t Tier, format string, args ...any) {
	if d.Tier > t {
		d.Tier = t
		d.say("lowered to "+t.String()+": "+format, args...)
	} else if t == TierAlert {
		d.say(format, args...) // a reason not to act stands even where the tier was low already
	}
}

func (d *Decision) say(format string, args ...any) {
	d.Reasons = append(d.Reasons, fmt.Sprintf(format, args...))
}

// rank orders risks; an unknown one is above all.
func rank(r Risk) int {
	switch r {
	case RiskLow:
		return 1
	case RiskMedium:
		return 2
	case RiskHigh:
		return 3
	default:
		return 4
	}
}
