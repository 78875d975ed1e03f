package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parry/internal/coverage"
)

// Every control that a playbook declares is answered with that playbook, in each of the forms that a control has.
func TestEveryControlOfAPlaybookIsAnswered(t *testing.T) {
	lib := library(t)
	for _, p := range lib.Playbooks.All() {
		for _, id := range p.Controls {
			c := coverage.Control{ID: id, Resource: p.Target}
			for name, make := range map[string]func() ([]byte, error){
				"consolidated": func() ([]byte, error) { return c.Event(coverage.ASFF) },
				"OCSF":         func() ([]byte, error) { return c.Event(coverage.OCSF) },
				"by standard": func() ([]byte, error) {
					return c.EventOf("aws-foundational-security-best-practices/v/1.0.0/" + id)
				},
				"by another standard": func() ([]byte, error) { return c.EventOf("nist-800-53/v/5.0.0/" + id) },
			} {
				event, err := make()
				if err != nil {
					t.Fatal(err)
				}
				answers, finding := match(t, lib, event)
				if len(answers) != 1 || answers[0].Playbook != p.Name {
					t.Errorf("%s, %s: %+v, want %s", id, name, answers, p.Name)
					continue
				}
				if name != "OCSF" || len(finding.Targets) > 0 {
					checkAnswer(t, lib, id+", "+name, answers[0], finding)
				}
			}
		}
	}
}

// A control that no playbook answers is told, once, by every road; one that passed is not.
func TestOtherControlsAreTold(t *testing.T) {
	lib := library(t)
	for _, id := range []string{"Athena.1", "S3.7", "New.99"} {
		c := coverage.Control{ID: id, Resource: "AWS::S3::Bucket"}
		for _, road := range []coverage.Road{coverage.ASFF, coverage.OCSF} {
			event, err := c.Event(road)
			if err != nil {
				t.Fatal(err)
			}
			if answers, _ := match(t, lib, event); !slices.Equal(rulesOf(answers), []string{"securityhub-control-other"}) || answers[0].Why == "" {
				t.Errorf("%s through %s: %+v", id, road, answers)
			}
			for bad, good := range map[string]string{`"FAILED"`: `"PASSED"`, `"Fail"`: `"Pass"`, `"ACTIVE"`: `"ARCHIVED"`} {
				passed := strings.Replace(string(event), bad, good, 1)
				if answers, _ := match(t, lib, []byte(passed)); passed != string(event) && len(answers) > 0 {
					t.Errorf("%s through %s with %s: %+v", id, road, good, answers)
				}
			}
		}
	}
}

// Another product cannot pass for Security Hub by writing the name of a control into its finding.
func TestAControlIsSecurityHubsOwn(t *testing.T) {
	lib := library(t)
	for _, road := range []coverage.Road{coverage.ASFF, coverage.OCSF} {
		event, err := coverage.Control{ID: "EC2.13", Resource: "AWS::EC2::SecurityGroup"}.Event(road)
		if err != nil {
			t.Fatal(err)
		}
		for own, other := range map[string]string{"::product/aws/securityhub": ":111122223333:product/111122223333/default", "::productv2/aws/securityhub": "::productv2/acme/scanner"} {
			forged := strings.Replace(string(event), own, other, 1)
			if answers, _ := match(t, lib, []byte(forged)); forged != string(event) && !slices.Equal(rulesOf(answers), []string{"securityhub-finding-other"}) {
				t.Errorf("%s: %+v", other, answers)
			}
		}
	}
}

// Every control that a rule names is one that its playbook declares, or the rule says why there is none.
func TestEveryControlOfARuleIsDeclared(t *testing.T) {
	lib := library(t)
	seen := 0
	for _, r := range lib.Rules.Rules {
		var pattern any
		if err := json.Unmarshal(r.Pattern, &pattern); err != nil {
			t.Fatal(err)
		}
		for _, id := range controlsIn(pattern) {
			seen++
			for _, a := range r.Answers {
				if a.Playbook == "" && a.Why != "" {
					continue
				}
				p, err := lib.Playbooks.Get(a.Playbook)
				if err != nil {
					t.Errorf("%s names the control %s and answers with %q", r.Name, id, a.Playbook)
				} else if !slices.Contains(p.Controls, id) {
					t.Errorf("%s names the control %s, which %s does not declare", r.Name, id, p.Name)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no rule names a control")
	}
}

// controlsIn are the controls that a pattern names in either form.
func controlsIn(v any) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		for _, i := range v {
			all = append(all, controlsIn(i)...)
		}
	case map[string]any:
		for k, inner := range v {
			values, isList := inner.([]any)
			if isList && (k == "SecurityControlId" || k == "control") {
				for _, i := range values {
					if id, ok := i.(string); ok {
						all = append(all, id)
					}
				}
				continue
			}
			all = append(all, controlsIn(inner)...)
		}
	}
	return all
}
