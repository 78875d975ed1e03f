package rules_test

import (
	"testing"

	"parry"
)

func TestWantsWhatSomeRuleMatches(t *testing.T) {
	b, err := book(t, sound)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add("more.yaml", []byte("rules:\n  - name: s\n    match: {detail: {a: [1]}}\n    when: ${false}\n    respond: [{playbook: p, tier: auto}]\n"), known{}); err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{
		`{"source":"aws.guardduty","detail":{}}`:     true,
		`{"source":"aws.config","detail":{"a":1}}`:   true, // though its condition is not met: that is for Match to say
		`{"source":"aws.config","detail":{"a":[2]}}`: false,
	} {
		got, err := b.Wants([]byte(raw))
		if err != nil || got != want {
			t.Errorf("%s: %v %v", raw, got, err)
		}
		answers, misses, err := b.Match(t.Context(), parry.Event{Raw: []byte(raw)}, parry.Finding{SeverityID: 5})
		if err != nil || (len(answers)+len(misses) > 0) != want {
			t.Errorf("%s: and Match says %v %v %v", raw, answers, misses, err)
		}
	}
	if _, err := b.Wants([]byte(`{"source":`)); err == nil {
		t.Error("what is no event is wanted or not, and nobody is told")
	}
	empty, err := book(t, sound)
	if err != nil {
		t.Fatal(err)
	}
	empty.Rules = nil
	if got, err := empty.Wants([]byte(`{}`)); got || err != nil {
		t.Errorf("no rule wants it: %v %v", got, err)
	}
}
