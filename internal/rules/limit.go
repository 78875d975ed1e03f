package rules

import (
	"slices"
	"strings"

	"parry"
)

// Limit says from outside of the rule files which rules may act: those whose names fit one of the patterns, with *, and no other, whatever the files
// say of their mode. No pattern leaves it to the files. A pattern that fits no rule is an error: it would let nothing act, and say nothing.
func (b *Book) Limit(act []string) error {
	if len(act) == 0 {
		return nil
	}
	for _, p := range act {
		if !slices.ContainsFunc(b.Rules, func(r Rule) bool { return parry.Glob(p, r.Name) }) {
			return parry.Errorf(parry.Invalid, "act: no rule is named like %q", p).WithHint("'parry rule list' has their names; the packs' begin with %s", "guardduty-, securityhub-, accessanalyzer-, cloudtrail- and the like")
		}
	}
	for i := range b.Rules {
		r := &b.Rules[i]
		r.Observe = !slices.ContainsFunc(act, func(p string) bool { return parry.Glob(p, r.Name) })
		for n := range r.Answers {
			r.Answers[n].Observe = r.Observe
		}
	}
	return nil
}

// Lower holds every answer to a highest tier.
func (b *Book) Lower(highest parry.Tier) {
	for i := range b.Rules {
		for n := range b.Rules[i].Answers {
			b.Rules[i].Answers[n].Tier = min(b.Rules[i].Answers[n].Tier, highest)
		}
	}
}

// TierOf is a tier by its name; false where there is none of that name.
func TierOf(name string) (parry.Tier, bool) {
	for _, t := range []parry.Tier{parry.TierAlert, parry.TierApprove, parry.TierAuto} {
		if t.String() == strings.TrimSpace(name) {
			return t, true
		}
	}
	return 0, false
}
