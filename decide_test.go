package parry_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parry"
)

// Decide can only lower the tier that a rule asks for, and says why wherever it does.
func TestDecideOnlyLowers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		risks := rapid.SampledFrom([]parry.Risk{"", "low", "medium", "high", "unheard-of"})
		a := parry.Answer{Rule: "r", Tier: parry.Tier(rapid.IntRange(0, 2).Draw(t, "tier")), Accept: risks.Draw(t, "accept")}
		p := parry.Plan{Playbook: "p", Risk: risks.Draw(t, "risk")}
		if rapid.Bool().Draw(t, "irreversible") {
			p.Changes = []parry.Change{{Name: "c", Irreversible: "because"}}
		}
		if rapid.Bool().Draw(t, "refused") {
			p.Refusals = []string{"the playbook says no"}
		}
		if rapid.Bool().Draw(t, "scoped") {
			a.Scope.Accounts = []string{"1"}
		}
		count := rapid.IntRange(0, 3)
		a.Limits = parry.Limits{Resources: count.Draw(t, "resources"), PerHour: count.Draw(t, "per hour"), PerAccountHour: count.Draw(t, "per account"), MaxAge: time.Duration(count.Draw(t, "max age")) * time.Hour}
		words := rapid.SampledFrom([]string{"", "a reason"})
		h := parry.History{
			Hold: words.Draw(t, "hold"), Protected: words.Draw(t, "protected"), Undated: words.Draw(t, "undated"), Targets: count.Draw(t, "targets"),
			Standing: parry.Standing{Is: rapid.SampledFrom([]parry.Stand{"", "in", "out"}).Draw(t, "stand"), Failed: rapid.Bool().Draw(t, "failed"), Reason: words.Draw(t, "why")},
			Spent:    parry.Spent{Rule: count.Draw(t, "spent"), Account: count.Draw(t, "spent there")}, Age: time.Duration(count.Draw(t, "age")) * 10 * time.Hour,
		}
		for range rapid.IntRange(0, 2).Draw(t, "caps") {
			h.Caps = append(h.Caps, parry.Cap{Tier: parry.Tier(rapid.IntRange(0, 2).Draw(t, "cap")), Why: "a guard"})
		}
		d := parry.Decide(p, a, h)
		for _, c := range h.Caps {
			if d.Tier > c.Tier {
				t.Fatalf("tier %s, and a guard allows %s", d.Tier, c.Tier)
			}
		}
		if d.Tier > a.Tier {
			t.Fatalf("raised from %s to %s", a.Tier, d.Tier)
		}
		if d.Tier < a.Tier && !strings.Contains(strings.Join(d.Reasons, "\n"), "lowered to "+d.Tier.String()) {
			t.Fatalf("lowered without a reason: %v", d.Reasons)
		}
		if (h.Hold != "" || h.Protected != "" || len(p.Refusals) > 0) && d.Tier != parry.TierAlert {
			t.Fatalf("tier %s in spite of a hold or a refusal", d.Tier)
		}
		if !a.Scope.IsZero() && h.Standing.Is != parry.InScope && d.Tier == parry.TierAuto {
			t.Fatal("what is not certain to be in scope is changed without a person")
		}
		if len(p.Changes) > 0 && d.Tier == parry.TierAuto {
			t.Fatal("an irreversible change is made without a person")
		}
	})
}

func TestDecideByRisk(t *testing.T) {
	for _, tc := range []struct {
		risk, accept parry.Risk
		want         parry.Tier
	}{
		{"low", "", parry.TierAuto}, {"medium", "", parry.TierApprove}, {"high", "", parry.TierAlert}, {"", "", parry.TierAlert},
		{"medium", "medium", parry.TierAuto}, {"high", "medium", parry.TierAlert}, {"high", "high", parry.TierAuto},
		{"unheard-of", "high", parry.TierAlert},
	} {
		if got := parry.Decide(parry.Plan{Risk: tc.risk}, parry.Answer{Tier: parry.TierAuto, Accept: tc.accept}, parry.History{}).Tier; got != tc.want {
			t.Errorf("risk %q accepted %q: %s, not %s", tc.risk, tc.accept, got, tc.want)
		}
	}
}

func TestDecideByHistory(t *testing.T) {
	scoped := parry.Scope{Accounts: []string{"111122223333"}}
	in := parry.Standing{Is: parry.InScope}
	for name, tc := range map[string]struct {
		scope  parry.Scope
		limits parry.Limits
		h      parry.History
		want   parry.Tier
		reason string
	}{
		"nothing speaks against it":  {h: parry.History{Targets: 1}, want: parry.TierAuto},
		"in scope":                   {scope: scoped, h: parry.History{Standing: in}, want: parry.TierAuto},
		"not looked at":              {scope: scoped, want: parry.TierApprove, reason: "not known to be in scope: it was not looked at"},
		"unknown":                    {scope: scoped, h: parry.History{Standing: parry.Standing{Reason: "no tags"}}, want: parry.TierApprove, reason: "lowered to approve: not known to be in scope: no tags"},
		"the lookup failed":          {scope: scoped, h: parry.History{Standing: parry.Standing{Reason: "AccessDenied", Failed: true}}, want: parry.TierAlert, reason: "lowered to alert: not known to be in scope: AccessDenied"},
		"out of scope":               {scope: scoped, h: parry.History{Standing: parry.Standing{Is: parry.OutOfScope, Reason: "another account"}}, want: parry.TierAlert, reason: "another account"},
		"an exemption is over":       {scope: scoped, h: parry.History{Standing: parry.Standing{Is: parry.InScope, Notes: []string{"the exemption ended"}}}, want: parry.TierAuto, reason: "the exemption ended"},
		"as many targets as allowed": {limits: parry.Limits{Resources: 5}, h: parry.History{Targets: 5}, want: parry.TierAuto},
		"more targets":               {limits: parry.Limits{Resources: 5}, h: parry.History{Targets: 6}, want: parry.TierApprove, reason: "the finding has 6 targets, and rule r takes on at most 5"},
		"one is left of the hour":    {limits: parry.Limits{PerHour: 20}, h: parry.History{Spent: parry.Spent{Rule: 19}}, want: parry.TierAuto},
		"the hour is used up":        {limits: parry.Limits{PerHour: 20}, h: parry.History{Spent: parry.Spent{Rule: 20}}, want: parry.TierApprove, reason: "applied 20 times within an hour"},
		"the account's hour":         {limits: parry.Limits{PerHour: 20, PerAccountHour: 5}, h: parry.History{Spent: parry.Spent{Rule: 7, Account: 5}}, want: parry.TierApprove, reason: "5 times within an hour in account 111122223333"},
		"a day old":                  {h: parry.History{Age: 24 * time.Hour}, want: parry.TierAuto},
		"older than a day":           {h: parry.History{Age: 72 * time.Hour}, want: parry.TierApprove, reason: "the finding came late: its last word is 3 days old, and rule r takes it for at most 24 hours"},
		"older than the rule takes":  {limits: parry.Limits{MaxAge: time.Hour}, h: parry.History{Age: 2 * time.Hour}, want: parry.TierApprove, reason: "2 hours old"},
		"the rule takes it older":    {limits: parry.Limits{MaxAge: 100 * time.Hour}, h: parry.History{Age: 72 * time.Hour}, want: parry.TierAuto},
		"of no known age":            {h: parry.History{Undated: "the finding does not say how old it is"}, want: parry.TierApprove, reason: "does not say how old"},
		"Parry's own role":           {h: parry.History{Protected: "parry-x is Parry's own role"}, want: parry.TierAlert, reason: "lowered to alert: parry-x is Parry's own role"},
	} {
		a := parry.Answer{Rule: "r", Tier: parry.TierAuto, Scope: tc.scope, Limits: tc.limits}
		d := parry.Decide(parry.Plan{Playbook: "p", Risk: parry.RiskLow, Target: parry.Target{Account: "111122223333"}}, a, tc.h)
		if d.Tier != tc.want || !strings.Contains(strings.Join(d.Reasons, "\n"), tc.reason) {
			t.Errorf("%s: %s, not %s: %q", name, d.Tier, tc.want, d.Reasons)
		}
	}
	// What asks anyway has no age of its own: a person sees the dates.
	if d := parry.Decide(parry.Plan{Risk: parry.RiskLow}, parry.Answer{Tier: parry.TierApprove}, parry.History{Age: 1000 * time.Hour}); d.Tier != parry.TierApprove {
		t.Error(d)
	}
}

func TestTheZeroTierIsAlert(t *testing.T) {
	var tier parry.Tier
	if tier != parry.TierAlert {
		t.Errorf("the zero tier is %s", tier)
	}
	if err := tier.UnmarshalText([]byte("automatic")); err == nil || tier != parry.TierAlert {
		t.Errorf("an unknown word is %s, %v", tier, err)
	}
}
