package rules_test

import (
	"errors"
	"strings"
	"testing"

	"parry"
	"parry/internal/rules"
)

// known is a set of playbooks with one in it.
type known struct{}

func (known) TargetOf(string) (string, error) { return "AWS::IAM::User", nil }

func (known) Check(name string, params map[string]any) error {
	if name != "p" {
		return errors.New("there is no playbook " + name)
	}
	if len(params) > 0 {
		return errors.New("there is no parameter")
	}
	return nil
}

const sound = `rules:
  - name: r
    match: {source: [aws.guardduty]}
    when: ${finding.severity_id >= 4}
    respond: [{playbook: p, tier: auto}]
`

func book(t *testing.T, text string) (*rules.Book, error) {
	t.Helper()
	b, err := rules.NewBook()
	if err != nil {
		t.Fatal(err)
	}
	return b, b.Add("r.yaml", []byte(text), known{})
}

func TestWhatIsWrongWithARuleIsToldWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"field":     {"when:", "wen:", `a rule has no field "wen": did you mean "when"?`},
		"no match":  {"    match: {source: [aws.guardduty]}\n", "", `needs "match"`},
		"pattern":   {"[aws.guardduty]", "aws.guardduty", "match:"},
		"operator":  {"[aws.guardduty]", "[{begins: aws}]", "match:"},
		"when":      {"severity_id >= 4", "severty_id >= 4", `did you mean "severity_id"?`},
		"no bool":   {"severity_id >= 4", "severity_id", "when is true or false"},
		"tier":      {"tier: auto", "tier: automatic", "auto, approve or alert"},
		"playbook":  {"playbook: p", "playbook: q", "there is no playbook q"},
		"parameter": {"tier: auto", "tier: auto, with: {x: 1}", "there is no parameter"},
		"accept":    {"tier: auto", "tier: auto, accept: everything", "accept is medium or high"},
		"only tell": {"playbook: p, tier: auto", "tier: auto", "can only tell"},
		"mode":      {"    when:", "    mode: on\n    when:", "mode is observe or act"},
		"on":        {"tier: auto", "tier: auto, on: caller", "on is resource"},
		"publish":   {"    when:", "    publish: everywhere\n    when:", "publish is securityhub"},
		"twice":     {"rules:\n", "rules:\n" + strings.TrimPrefix(sound, "rules:\n"), "already"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := book(t, strings.Replace(sound, tc.old, tc.new, 1))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "r.yaml:") {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	event := parry.Event{Raw: []byte(`{"source":"aws.guardduty","detail-type":"x","detail":{}}`)}
	other := parry.Event{Raw: []byte(`{"source":"aws.config","detail-type":"x","detail":{}}`)}
	b, err := book(t, sound)
	if err != nil {
		t.Fatal(err)
	}
	high := parry.Finding{SeverityID: parry.SeverityHigh}
	answers, _, err := b.Match(t.Context(), event, high)
	if err != nil || len(answers) != 1 || !answers[0].Observe {
		t.Errorf("a rule observes unless it says otherwise: %+v %v", answers, err)
	}
	answers, misses, err := b.Match(t.Context(), event, parry.Finding{SeverityID: parry.SeverityLow})
	if err != nil || len(answers) != 0 || len(misses) != 1 || !strings.Contains(misses[0].Why, "severity_id >= 4") {
		t.Errorf("%+v %+v %v", answers, misses, err)
	}
	if answers, _, _ = b.Match(t.Context(), other, high); len(answers) != 0 {
		t.Errorf("%+v", answers)
	}
	b.Act = true
	if answers, _, _ = b.Match(t.Context(), event, high); answers[0].Observe {
		t.Error("turned on and still observing")
	}
	b, err = book(t, strings.Replace(sound, "    when:", "    mode: act\n    when:", 1))
	if err != nil {
		t.Fatal(err)
	}
	if answers, _, _ = b.Match(t.Context(), event, high); answers[0].Observe {
		t.Error("mode act observes")
	}
}
