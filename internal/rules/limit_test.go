package rules_test

import (
	"testing"

	"parry"
	"parry/internal/rules"
)

func TestLimit(t *testing.T) {
	const file = `rules:
  - {name: keys-one, mode: act, match: {source: [a]}, respond: [{playbook: p, tier: auto}]}
  - {name: keys-two, match: {source: [b]}, respond: [{playbook: p, tier: approve}]}
  - {name: other, mode: act, match: {source: [c]}, respond: [{playbook: p, tier: auto}]}
`
	book := func() *rules.Book {
		b, err := rules.NewBook()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add("rules.yaml", []byte(file), anyPlaybook{}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		act     []string
		observe []bool
		wrong   bool
	}{
		{nil, []bool{false, true, false}, false},
		{[]string{"keys-*"}, []bool{false, false, true}, false},
		{[]string{"other", "keys-two"}, []bool{true, false, false}, false},
		{[]string{"keys-*", "no-such"}, nil, true},
	} {
		b := book()
		err := b.Limit(c.act)
		if c.wrong {
			if parry.KindOf(err) != parry.Invalid || parry.HintOf(err) == "" {
				t.Errorf("%v: %v", c.act, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", c.act, err)
		}
		for i, r := range b.Rules {
			if r.Observe != c.observe[i] || r.Answers[0].Observe != c.observe[i] {
				t.Errorf("%v: rule %s observes: %v, its answer: %v", c.act, r.Name, r.Observe, r.Answers[0].Observe)
			}
		}
	}
	b := book()
	b.Lower(parry.TierApprove)
	for _, r := range b.Rules {
		if r.Answers[0].Tier != parry.TierApprove {
			t.Errorf("rule %s has tier %s", r.Name, r.Answers[0].Tier)
		}
	}
	if _, ok := rules.TierOf("every"); ok {
		t.Error("there is no such tier")
	}
}

// anyPlaybook knows every playbook.
type anyPlaybook struct{}

// TargetOf implements rules.Playbooks.
func (anyPlaybook) TargetOf(string) (string, error) { return "AWS::IAM::User", nil }

// Check implements rules.Playbooks.
func (anyPlaybook) Check(string, map[string]any) error { return nil }
