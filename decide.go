package parry

import (
	"fmt"
	"strings"
)

// History is what is known of earlier responses to the same finding on the same target.
type History struct {
	Hold string // why a person put the finding on hold, for instance an undo; empty for none
}

// Decision is what will be done with a plan, and every reason for it.
type Decision struct {
	Tier    Tier     `json:"tier"`
	Observe bool     `json:"observe,omitempty"` // the rule only watches: nothing is done on any tier
	Reasons []string `json:"reasons"`
}

// Decide says what to do with a plan. It is a pure function, and it can only lower the tier that the rule asks for.
func Decide(p Plan, a Answer, h History) Decision {
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
		d.lower(TierAlert, "on hold: %s", h.Hold)
	}
	return d
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
