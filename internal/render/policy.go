package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"parry"
)

// Policy writes what holds for every rule.
func (s Style) Policy(w io.Writer, g parry.GuardPolicy) {
	line := func(format string, args ...any) { fmt.Fprintf(w, "  "+format+"\n", args...) }
	fmt.Fprintln(w, s.bold("approvals"))
	for _, name := range slices.Sorted(maps.Keys(g.Approvals.Groups)) {
		line("%s: %s", Clean(name), Clean(strings.Join(g.Approvals.Groups[name], ", ")))
	}
	for _, r := range g.Approvals.Rules {
		line("%s: %s", Clean(forWhat(r)), Clean(approval(r.Approval)))
	}
	line("else: %s", Clean(approval(g.Approvals.Default)))
	if g.Approvals.TrustSessionNames {
		line("two sessions of one role are two people")
	}
	fmt.Fprintln(w, s.bold("guards"))
	for _, p := range g.Protected {
		e := parry.Exemption{Accounts: p.Accounts, Resources: p.Resources, Principals: p.Principals, Tags: p.Tags}
		line("at most told: %s (%s)", Clean(e.Summary()), Clean(p.Why))
	}
	for _, e := range g.Escalate {
		line("at most %s: %s", e.Tier, Clean(when(e)))
	}
	for _, b := range []struct {
		n    int
		what string
	}{{g.Budgets.PerHour, "an hour"}, {g.Budgets.PerAccountHour, "an hour and account"}} {
		if b.n > 0 {
			line("budget: %d %s", b.n, b.what)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Budgets.PerPlaybookHour)) {
		line("budget: %s %d an hour", Clean(name), g.Budgets.PerPlaybookHour[name])
	}
	of := "of a playbook stop it"
	if g.Breaker.All {
		of = "stop everything"
	}
	line("breaker: %d failures within %s %s", g.Breaker.Failures, g.Breaker.Within, of)
	for _, f := range g.Freeze {
		line("freeze: %s", Clean(f.String()))
	}
	line("flap: what was put right %d times within %s is asked about", g.Flap.Times, g.Flap.Within)
}

// approval says what it takes to say yes.
func approval(a parry.Approval) string {
	who := "anyone who can write the store"
	if len(a.Approvers) > 0 {
		who = strings.Join(a.Approvers, ", ")
	}
	text := fmt.Sprintf("%d of %s within %s", a.Persons, who, a.Expires)
	if a.Remind > 0 {
		text += fmt.Sprintf(", told again every %s", a.Remind)
	}
	if a.Escalate != nil {
		text += fmt.Sprintf(", after %s %s too", a.Escalate.After, strings.Join(a.Escalate.To, ", "))
	}
	return text
}

// forWhat says what a rule of approvals is for.
func forWhat(r parry.ApprovalRule) string {
	var parts []string
	for _, t := range r.Tiers {
		parts = append(parts, "tier "+t.String())
	}
	for _, l := range []struct {
		what string
		list []string
	}{{"accounts", r.Accounts}, {"rules", r.Rules}, {"playbooks", r.Playbooks}} {
		if len(l.list) > 0 {
			parts = append(parts, l.what+" "+strings.Join(l.list, ", "))
		}
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, "; ")
}

// when says what an escalation wants to be so.
func when(e parry.Escalation) string {
	parts := []string{}
	if len(e.Rules) > 0 {
		parts = append(parts, "rules "+strings.Join(e.Rules, ", "))
	}
	if what := (parry.Exemption{Accounts: e.Accounts, Tags: e.Tags}).Summary(); what != "" {
		parts = append(parts, what)
	}
	if e.Resources > 0 {
		parts = append(parts, fmt.Sprintf("more than %d targets", e.Resources))
	}
	if e.Irreversible {
		parts = append(parts, "what cannot be undone")
	}
	if e.ConfidenceBelow > 0 {
		parts = append(parts, fmt.Sprintf("confidence below %d", e.ConfidenceBelow))
	}
	if e.FirstInAccount {
		parts = append(parts, "a playbook's first time in an account")
	}
	if text := strings.Join(parts, " and "); e.Why == "" {
		return text
	} else {
		return text + " (" + e.Why + ")"
	}
}
