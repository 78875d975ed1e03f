package parry_test

import (
	"strings"
	"testing"

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
		h := parry.History{Hold: rapid.SampledFrom([]string{"", "undone"}).Draw(t, "hold")}
		d := parry.Decide(p, a, h)
		if d.Tier > a.Tier {
			t.Fatalf("raised from %s to %s", a.Tier, d.Tier)
		}
		if d.Tier < a.Tier && !strings.Contains(strings.Join(d.Reasons, "\n"), "lowered to "+d.Tier.String()) {
			t.Fatalf("lowered without a reason: %v", d.Reasons)
		}
		if (h.Hold != "" || len(p.Refusals) > 0) && d.Tier != parry.TierAlert {
			t.Fatalf("tier %s in spite of a hold or a refusal", d.Tier)
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

func TestTheZeroTierIsAlert(t *testing.T) {
	var tier parry.Tier
	if tier != parry.TierAlert {
		t.Errorf("the zero tier is %s", tier)
	}
	if err := tier.UnmarshalText([]byte("automatic")); err == nil || tier != parry.TierAlert {
		t.Errorf("an unknown word is %s, %v", tier, err)
	}
}
