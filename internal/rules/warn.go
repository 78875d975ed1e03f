package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/strictyaml"
)

// soon is how long before its end an exemption is warned about.
const soon = 14 * day

const day = 24 * time.Hour

// Warning is what is odd about a rule that can be read: it does not do what it seems to do.
type Warning struct {
	Rule string `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Why  string `json:"why"`
}

func (w Warning) String() string {
	return fmt.Sprintf("%s:%d:%d: rule %s: %s", w.File, w.Line, w.Col, w.Rule, w.Why)
}

// Facts are what warnings must know of a playbook.
type Facts func(playbook string) (target string, risk parry.Risk)

// Warnings tells of exemptions that have ended or end soon, and of answers that can never act.
func (b *Book) Warnings(now time.Time, facts Facts) []Warning {
	var all []Warning
	for _, r := range b.Rules {
		warn := func(n *strictyaml.Node, format string, args ...any) {
			all = append(all, Warning{r.Name, n.File, n.Line, n.Col, fmt.Sprintf(format, args...)})
		}
		for i, e := range r.Scope.Exempt {
			switch {
			case e.Ended(now):
				warn(r.place.exempts[i], "the exemption by %s (%s) ended %s and counts no more: take it out, or give it a new end", e.Owner, e.Reason, e.End())
			case e.Ended(now.Add(soon)):
				warn(r.place.exempts[i], "the exemption by %s (%s) ends %s, within %d days", e.Owner, e.Reason, e.End(), int((e.Until.Sub(now)+day-1)/day))
			}
		}
		for i, a := range r.Answers {
			if why := never(a, facts); why != "" {
				warn(r.place.answers[i], "%s", why)
			}
		}
	}
	return all
}

// Ceiling is the boldest that an answer can be, all going well, and why it is not bolder.
func Ceiling(a parry.Answer, risk parry.Risk) parry.Decision {
	a.Observe = false
	return parry.Decide(parry.Plan{Playbook: a.Playbook, Risk: risk}, a, parry.History{Standing: parry.Standing{Is: parry.InScope}})
}

// never says why an answer will not do what its tier says, whatever comes.
func never(a parry.Answer, facts Facts) string {
	if a.Playbook == "" {
		return ""
	}
	target, risk := facts(a.Playbook)
	if at, ok := strings.CutPrefix(target, "AWS::IAM::"); ok && len(a.Scope.Regions) > 0 && !slices.ContainsFunc(a.Scope.Regions, atHome) {
		return fmt.Sprintf("%s never acts: it works on IAM's %s, which are in no Region and stand for us-east-1, and the scope leaves that out", a.Playbook, at)
	}
	switch most := Ceiling(a, risk).Tier; {
	case most >= a.Tier:
		return ""
	case most == parry.TierAlert:
		return fmt.Sprintf("%s never acts: it is of %s risk, so tier %s only tells; \"accept: %s\" takes that on, \"tier: alert\" says what happens", a.Playbook, risk, a.Tier, risk)
	default:
		return fmt.Sprintf("%s never acts by itself: it is of %s risk, so tier %s asks; \"accept: %s\" takes that on, \"tier: %s\" says what happens", a.Playbook, risk, a.Tier, risk, most)
	}
}

// atHome tells whether a list's entry lets in a Region that global resources stand in.
func atHome(pattern string) bool {
	return slices.ContainsFunc([]string{"us-east-1", "cn-north-1", "us-gov-west-1"}, func(home string) bool { return parry.Glob(pattern, home) })
}
