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
		"both":      {"    when:", "    controls: [EC2.13]\n    when:", "leave \"match\" out"},
		"control":   {"match: {source: [aws.guardduty]}", "controls: [PCI.EC2.5.1]", "the id of a control, such as EC2.13"},
		"no name":   {"match: {source: [aws.guardduty]}", "controls: []", "an empty list"},
		"formerly":  {"    when:", "    formerly: [cis-aws-foundations-benchmark/v/1.2.0/rule/4.1]\n    when:", "goes with \"controls\""},
		"older":     {"match: {source: [aws.guardduty]}", "controls: [EC2.13]\n    formerly: [EC2.13]", "how the id of a standard's own rule ends"},
		"operator":  {"[aws.guardduty]", "[{begins: aws}]", "match:"},
		"when":      {"severity_id >= 4", "severty_id >= 4", `did you mean "severity_id"?`},
		"no bool":   {"severity_id >= 4", "severity_id", "when is true or false"},
		"tier":      {"tier: auto", "tier: automatic", "auto, approve or alert"},
		"playbook":  {"playbook: p", "playbook: q", "there is no playbook q"},
		"parameter": {"tier: auto", "tier: auto, with: {x: 1}", "there is no parameter"},
		"accept":    {"tier: auto", "tier: auto, accept: everything", "accept is medium or high"},
		"only tell": {"playbook: p, tier: auto", "tier: auto", "can only tell"},
		"otherwise": {"    when:", "    otherwise: perhaps\n    when:", "otherwise is true or false"},
		"why":       {"tier: auto", "tier: auto, why: [because]", "why is a text"},
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

// A rule for what is left over answers where no other rule does, wherever it stands in the files.
func TestOtherwise(t *testing.T) {
	b, err := book(t, `rules:
  - name: rest
    otherwise: true
    match: {source: [aws.guardduty]}
    respond: [{tier: alert, why: nothing is known of it}]
  - name: second-rest
    otherwise: true
    match: {source: [aws.guardduty]}
    respond: [{tier: alert}]
`+strings.TrimPrefix(sound, "rules:\n"))
	if err != nil {
		t.Fatal(err)
	}
	event := parry.Event{Raw: []byte(`{"source":"aws.guardduty","detail-type":"x","detail":{}}`)}
	for severity, want := range map[int]string{parry.SeverityHigh: "r", parry.SeverityLow: "rest"} {
		answers, _, err := b.Match(t.Context(), event, parry.Finding{SeverityID: severity})
		if err != nil || len(answers) != 1 || answers[0].Rule != want {
			t.Errorf("severity %d: %+v %v, want %s", severity, answers, err, want)
		}
		if want == "rest" && answers[0].Why != "nothing is known of it" {
			t.Errorf("%+v", answers[0])
		}
	}
}
