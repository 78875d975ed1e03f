package parry

import (
	"fmt"
	"strings"
	"time"
)

// Limits are how much a rule does by itself. What goes beyond is asked. Zero is no limit, but for MaxAge.
//
// The counts are taken when a plan is made and again right before it is applied. Several workers at once can go beyond by as
// many as they are.
type Limits struct {
	Resources      int `json:"resources,omitempty"`        // targets in one finding
	PerHour        int `json:"per_hour,omitempty"`         // responses applied in an hour
	PerAccountHour int `json:"per_account_hour,omitempty"` // the same in one account
	// MaxAge is how old the finding's last word may be when it comes. What comes late, from a dead-letter queue for instance,
	// speaks of a world that is gone. Zero is DefaultMaxAge for what acts by itself.
	MaxAge time.Duration `json:"max_age,omitempty"`
}

// DefaultMaxAge is the greatest age of a finding that is answered without asking, where its rule does not say another. Security
// Hub checks controls again within 24 hours. Source: "Schedule for running security checks", AWS Security Hub User Guide.
const DefaultMaxAge = 24 * time.Hour

// hour is the span of the limits per hour.
const hour = time.Hour

// Spent is how many responses of a rule were applied in the last hour: of all, and of those in the target's account; each where the rule has a limit for it.
type Spent struct {
	Rule    int
	Account int
}

// over says which limit is used up; empty where none is.
func (l Limits) over(s Spent, rule, account string) string {
	switch {
	case l.PerHour > 0 && s.Rule >= l.PerHour:
		return fmt.Sprintf("rule %s was applied %d times within an hour, and its limit is %d", rule, s.Rule, l.PerHour)
	case l.PerAccountHour > 0 && s.Account >= l.PerAccountHour:
		return fmt.Sprintf("rule %s was applied %d times within an hour in account %s, and its limit is %d", rule, s.Account, account, l.PerAccountHour)
	}
	return ""
}

// tally counts what one finding is about to have applied: the store does not know of it yet.
type tally map[string]int

func (t tally) add(a Answer, account string) {
	for _, of := range []string{a.Rule, a.Rule + "|" + account, "||all", "||account|" + account, "||playbook|" + a.Playbook} {
		t[of]++
	}
}

// done adds what is about to be applied to what was, for the budgets of all rules.
func (t tally) done(d done, playbook, account string) done {
	return done{d.all + t["||all"], d.account + t["||account|"+account], d.playbook + t["||playbook|"+playbook]}
}

// with adds what is about to be applied to what was.
func (t tally) with(s Spent, rule, account string) Spent {
	return Spent{Rule: s.Rule + t[rule], Account: s.Account + t[rule+"|"+account]}
}

// Summary is the limits in a few words; empty where there are none.
func (l Limits) Summary() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{l.Resources, "targets in a finding"}, {l.PerHour, "an hour"}, {l.PerAccountHour, "an hour and account"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if l.MaxAge > 0 {
		parts = append(parts, "no older than "+inWords(l.MaxAge))
	}
	return strings.Join(parts, "; ")
}

// inWords is a span for people, in the largest unit that leaves at least two of it.
func inWords(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if d >= 2*u.of {
			return fmt.Sprintf("%d %s", d/u.of, u.name)
		}
	}
	return fmt.Sprintf("%d seconds", d/time.Second)
}
