package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/cases"
)

// TestSessionsAreRevokedAsOfTheYes: a person may take an hour to say yes, and whoever has the role takes new sessions meanwhile. What
// counts is the moment of applying, though the plan that was approved is an hour old; and what is stored is what was sent.
func TestSessionsAreRevokedAsOfTheYes(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		if c.Playbook != "iam-revoke-role-sessions" || c.Name != "guardduty" {
			t.Skip("one playbook rests on the moment")
		}
		stage := cases.NewTwin()
		run(t, c, stage, cases.Probe{Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				if err := stage.Sleep(t.Context(), time.Hour); err != nil {
					t.Fatal(err)
				}
			case "applied":
				want := r.Times.Planned.Add(time.Hour + 30*time.Second).Format(time.RFC3339)
				for what, call := range map[string]parry.Call{"sent": r.Results[0].Call, "stored": r.Plan.Changes[0].Call} {
					if document, _ := call.Input["PolicyDocument"].(string); !strings.Contains(document, want) {
						t.Errorf("%s %s, want sessions up to %s", what, document, want)
					}
				}
			}
		}})
	})
}
