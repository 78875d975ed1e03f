package parry

import "time"

// The guards, for their tests.

func FreezeGuard(f Freeze, now time.Time) []Cap       { return f.guard(now) }
func ProtectionGuard(p Protection, at Place) []Cap    { return p.guard(at) }
func BreakerGuard(b Breaker, failed int) []Cap        { return b.guard(failed, "p") }
func FlapGuard(f Flap, applied int) []Cap             { return f.guard(applied, 0, "p", Target{ID: "t"}) }
func Member(as Approvals, g []string, by string) bool { return as.member(g, by) }
func Person(as Approvals, by string) string           { return as.person(by) }
func BudgetGuard(b Budgets, all, account, playbook int, of string) []Cap {
	return b.guard(done{all, account, playbook}, of, "1")
}
func EscalationGuard(e Escalation, p Plan, rule string, at Place, targets, confidence, applied int) []Cap {
	return e.guard(p, rule, facts{place: at, targets: targets, confidence: confidence, applied: applied})
}

// Protected says why a target is never touched by itself.
func (r *Responder) Protected(t Target) string { return r.protected(t) }

// Makes is makes.
func (r *Response) Makes(api *API) bool { return r.makes(api) }
