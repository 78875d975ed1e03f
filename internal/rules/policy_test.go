package rules_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/rules"
)

const policy = `approvals:
  groups: {oncall: ["arn:aws:iam::*:role/oncall", ada@example.com], leads: lea@example.com}
  rules:
    - {tier: approve, accounts: ["1111*"], rules: ["guardduty-*"], playbooks: [ec2-*], approvers: [oncall], persons: 2, expires: 4h, remind: 30m, escalate: {after: 1h, to: [leads]}}
  default: {approvers: [oncall, leads]}
  trust_session_names: true
protected:
  - {resources: ["arn:aws:s3:::site"], why: the website}
  - {tags: {protected: ["*"]}, why: its owner says so}
escalate:
  - {tags: {env: [prod]}, tier: alert, why: production}
  - {rules: [r], resources: 5}
  - {irreversible: true}
  - {confidence_below: 50}
  - {first_in_account: true}
budgets: {per_hour: 50, per_account_hour: 10, per_playbook_hour: {p: 5}}
breaker: {failures: 3, within: 2h, playbook: all}
freeze:
  - {days: [fri, sat], from: "18:00", to: "08:00", zone: Europe/Berlin, why: nobody is there}
  - {dates: 2026-12-24..2026-12-26, tier: alert, why: Christmas}
  - {dates: 2026-12-31, why: the last day}
flap: {times: 4, within: 7d}
`

func TestAPolicyIsRead(t *testing.T) {
	got, err := rules.ReadPolicy("p.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	want := parry.GuardPolicy{
		Approvals: parry.Approvals{
			Groups: map[string][]string{"oncall": {"arn:aws:iam::*:role/oncall", "ada@example.com"}, "leads": {"lea@example.com"}},
			Rules: []parry.ApprovalRule{{Tiers: []parry.Tier{parry.TierApprove}, Accounts: []string{"1111*"}, Rules: []string{"guardduty-*"}, Playbooks: []string{"ec2-*"}, Approval: parry.Approval{
				Approvers: []string{"oncall"}, Persons: 2, Expires: 4 * time.Hour, Remind: 30 * time.Minute, Escalate: &parry.Widen{After: time.Hour, To: []string{"leads"}},
			}}},
			Default:           parry.Approval{Approvers: []string{"oncall", "leads"}, Persons: 1, Expires: 24 * time.Hour},
			TrustSessionNames: true,
		},
		Protected: []parry.Protection{{Resources: []string{"arn:aws:s3:::site"}, Why: "the website"}, {Tags: map[string][]string{"protected": {"*"}}, Why: "its owner says so"}},
		Escalate: []parry.Escalation{
			{Tags: map[string][]string{"env": {"prod"}}, Why: "production"}, {Rules: []string{"r"}, Resources: 5, Tier: parry.TierApprove},
			{Irreversible: true, Tier: parry.TierApprove}, {ConfidenceBelow: 50, Tier: parry.TierApprove}, {FirstInAccount: true, Tier: parry.TierApprove},
		},
		Budgets: parry.Budgets{PerHour: 50, PerAccountHour: 10, PerPlaybookHour: map[string]int{"p": 5}},
		Breaker: parry.Breaker{Failures: 3, Within: 2 * time.Hour, All: true},
		Flap:    parry.Flap{Times: 4, Within: 7 * 24 * time.Hour},
	}
	var frozen []string
	for _, f := range got.Freeze {
		frozen = append(frozen, f.String())
	}
	got.Freeze = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"Friday, Saturday from 18:00 to 08:00 (Europe/Berlin): at most approve, nobody is there",
		"2026-12-24 to 2026-12-26 (UTC): at most alert, Christmas",
		"2026-12-31 to 2026-12-31 (UTC): at most approve, the last day",
	}, frozen); diff != "" {
		t.Error(diff)
	}
	// What is left out is as without a file.
	little, err := rules.ReadPolicy("p.yaml", []byte("budgets: {per_hour: 1}"))
	if err != nil {
		t.Fatal(err)
	}
	def := parry.DefaultGuardPolicy()
	def.Budgets.PerHour = 1
	if diff := cmp.Diff(def, little); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrongWithAPolicyIsToldWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"a field":                  {"budget: {}", `p.yaml:1:1: a policy file has no field "budget": did you mean "budgets"?`},
		"no default":               {"approvals: {groups: {a: [b]}}", `need a "default"`},
		"no approvers":             {"approvals: {default: {persons: 1}}", "who may say yes is missing"},
		"an unknown group":         {"approvals: {groups: {oncall: [a]}, default: {approvers: [oncal]}}", `there is no group "oncal": did you mean "oncall"?`},
		"anybody":                  {"approvals: {groups: {all: [\"*\"]}, default: {approvers: [all]}}", "is not a person"},
		"three people":             {"approvals: {groups: {a: [b]}, default: {approvers: [a], persons: 3}}", "persons is 1 or 2"},
		"escalated too late":       {"approvals: {groups: {a: [b]}, default: {approvers: [a], expires: 1h, escalate: {after: 1h, to: [a]}}}", "escalate before"},
		"protected without reason": {"protected: [{resources: [a]}]", "needs a reason"},
		"two kinds in one":         {"protected: [{resources: [a], principals: [b], why: c}]", "names one of accounts, resources, principals or tags"},
		"an escalation of nothing": {"escalate: [{why: x}]", "an escalation says when"},
		"raising":                  {"escalate: [{resources: 1, tier: auto}]", "tier is one of approve alert"},
		"a false condition":        {"escalate: [{irreversible: false}]", "irreversible is true, or left out"},
		"more than sure":           {"escalate: [{confidence_below: 101}]", "1 to 100"},
		"no budget":                {"budgets: {per_hour: 0}", "a whole number from 1 on"},
		"half a breaker":           {"breaker: {failures: 3}", "within how long"},
		"a breaker of some":        {"breaker: {failures: 3, within: 1h, playbook: some}", "playbook is each"},
		"half a flap":              {"flap: {times: 3}", "within how long"},
		"a day":                    {"freeze: [{days: [friday], why: x}]", "is not one of sun, mon"},
		"a time that is a number":  {"freeze: [{from: 18, to: \"08:00\", why: x}]", "in quotation marks"},
		"half a span":              {"freeze: [{from: \"18:00\", why: x}]", "both from and to"},
		"always":                   {"freeze: [{why: x}]", "'parry stop'"},
		"a zone":                   {"freeze: [{days: [fri], zone: Middle/Earth, why: x}]", "no place of the time zone database"},
		"the machine's own zone":   {"freeze: [{days: [fri], zone: Local, why: x}]", "every worker has the same"},
		"dates the wrong way":      {"freeze: [{dates: 2026-12-26..2026-12-24, why: x}]", "the first and the last"},
		"frozen without reason":    {"freeze: [{days: [fri]}]", "a freeze needs a reason"},
	} {
		if _, err := rules.ReadPolicy("p.yaml", []byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "p.yaml:1:") {
			t.Errorf("%s: %v, not: %s", name, err, tc.want)
		}
	}
}

func FuzzReadPolicy(f *testing.F) {
	f.Add([]byte(policy))
	f.Add([]byte("freeze: [{dates: 2026-12-24.., why: x}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := rules.ReadPolicy("p.yaml", text)
		if err != nil {
			return
		}
		for _, f := range g.Freeze { // whatever is read can be asked
			_ = f.String()
		}
		if _, err := json.Marshal(g); err != nil {
			t.Error(err)
		}
		if g.Breaker.Failures < 1 || g.Flap.Times < 1 {
			t.Errorf("%+v", g)
		}
	})
}

// Every field that the reader knows is in the schema for editors, and no other.
func TestPolicySchemaHasTheFields(t *testing.T) {
	b, err := os.ReadFile("../../schema/policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	for field := range schema.Properties {
		if _, err := rules.ReadPolicy("p.yaml", []byte(field+": 7")); err == nil || strings.Contains(err.Error(), "has no field") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if len(schema.Properties) != 7 {
		t.Errorf("%d fields", len(schema.Properties))
	}
}

func TestAnAnswerForATime(t *testing.T) {
	b, err := book(t, strings.Replace(scoped, "{playbook: p, tier: auto}", "{playbook: p, tier: auto, for: 24h}", 1))
	if err != nil || b.Rules[0].Answers[0].For != 24*time.Hour {
		t.Errorf("%v", err)
	}
	for text, want := range map[string]string{"{playbook: p, tier: alert, for: 24h}": "leave \"for\" out", "{playbook: p, tier: auto, for: soon}": "for is a span"} {
		if _, err := book(t, strings.Replace(scoped, "{playbook: p, tier: auto}", text, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
