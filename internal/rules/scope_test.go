package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/rules"
)

const scoped = `rules:
  - name: r
    match: {source: [aws.guardduty]}
    scope:
      accounts: ["111122223333", "4444*"]
      ous: [ou-ab12-x, r-ab12]
      regions: [eu-west-1, "us-*"]
      tags: {env: [dev, test], team: ["*"]}
      exempt:
        - {resources: ["arn:aws:s3:::public-*", i-0abc], owner: who@example.com, reason: a website, until: 2027-01-31}
        - {principals: break-glass, tags: {accounts: [x]}, owner: soc, reason: drills, until: "2027-01-31T18:00:00+01:00"}
    limits: {resources: 5, per_hour: 20, per_account_hour: 6, max_age: 24h}
    publish: securityhub
    respond:
      - {playbook: p, tier: auto}
      - {playbook: p, tier: approve, on: actor}
`

func TestScopeAndLimitsAreRead(t *testing.T) {
	b, err := book(t, scoped)
	if err != nil {
		t.Fatal(err)
	}
	scope := parry.Scope{
		Accounts: []string{"111122223333", "4444*"}, OUs: []string{"ou-ab12-x", "r-ab12"}, Regions: []string{"eu-west-1", "us-*"},
		Tags: map[string][]string{"env": {"dev", "test"}, "team": {"*"}},
		Exempt: []parry.Exemption{
			{Resources: []string{"arn:aws:s3:::public-*", "i-0abc"}, Owner: "who@example.com", Reason: "a website", Until: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)},
			{Principals: []string{"break-glass"}, Tags: map[string][]string{"accounts": {"x"}}, Owner: "soc", Reason: "drills", Until: time.Date(2027, 1, 31, 17, 0, 0, 0, time.UTC)},
		},
	}
	limits := parry.Limits{Resources: 5, PerHour: 20, PerAccountHour: 6, MaxAge: 24 * time.Hour}
	want := []parry.Answer{
		{Rule: "r", Playbook: "p", Tier: parry.TierAuto, Observe: true, Scope: scope, Limits: limits, Publish: "securityhub"},
		{Rule: "r", Playbook: "p", Tier: parry.TierApprove, Observe: true, On: parry.OnActor, Scope: scope, Limits: limits, Publish: "securityhub"},
	}
	if diff := cmp.Diff(want, b.Rules[0].Answers); diff != "" {
		t.Error(diff)
	}
	if got := b.Rules[0].Scope.Exempt[0].End(); got != "2027-01-31" {
		t.Errorf("a day ends as %s", got)
	}
}

func TestWhatIsWrongWithAScopeIsToldWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"field":            {"regions: [eu", "region: [eu", `r.yaml:7:7: a scope has no field "region": did you mean "regions"?`},
		"number":           {`"111122223333"`, "111122223333", "write it in quotation marks"},
		"account":          {`"111122223333"`, `"11112222333"`, `r.yaml:5:18: "11112222333" is not the twelve digits`},
		"unit":             {"ou-ab12-x", "Sandbox", "not the id of an organizational unit"},
		"region":           {"eu-west-1", "eu_west_1", `"eu_west_1" is not a Region's name`},
		"empty":            {"[eu-west-1, \"us-*\"]", "[]", "regions is an empty list"},
		"no field":         {"accounts: [\"111122223333\", \"4444*\"]\n      ous: [ou-ab12-x, r-ab12]\n      regions: [eu-west-1, \"us-*\"]\n      tags: {env: [dev, test], team: [\"*\"]}\n      exempt:", "exempt:", ""},
		"tags":             {"{env: [dev, test], team: [\"*\"]}", "[env]", "tags are keys, each with a list of values"},
		"tag value":        {"[dev, test]", "[dev, 1]", "write it in quotation marks"},
		"no owner":         {"owner: who@example.com, ", "", "an exemption needs an owner"},
		"no reason":        {"reason: a website, ", "", "an exemption needs a reason"},
		"no end":           {", until: 2027-01-31}", "}", "an exemption needs an end"},
		"end":              {"until: 2027-01-31}", "until: 31.01.2027}", "until is a day such as"},
		"no such day":      {"until: 2027-01-31}", "until: 2027-02-31}", "until is a day such as"},
		"everything":       {`resources: ["arn:aws:s3:::public-*", i-0abc], `, "", "r.yaml:10:12: an exemption names what is exempt"},
		"exemption field":  {"resources: [", "resource: [", `an exemption has no field "resource": did you mean "resources"?`},
		"limit":            {"per_hour: 20", "per_hour: 0", "per_hour is a whole number from 1 on"},
		"limit as text":    {"per_hour: 20", "per_hour: many", "per_hour is a whole number from 1 on"},
		"limit name":       {"per_hour: 20", "per_day: 20", `limits has no field "per_day"`},
		"age":              {"max_age: 24h", "max_age: yesterday", "max_age is a span"},
		"an age backwards": {"max_age: 24h", "max_age: -1h", "max_age is a span"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(scoped, tc.old, tc.new, 1)
			if text == scoped {
				t.Fatalf("nothing was changed: %q is not there", tc.old)
			}
			_, err := book(t, text)
			switch {
			case tc.want == "":
				if err != nil {
					t.Error(err)
				}
			case err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "r.yaml:"):
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestAllThatIsWrongIsTold(t *testing.T) {
	_, err := book(t, sound+`  - name: s
    match: {source: [aws.guardduty]}
    respond: [{playbook: nowhere, tier: auto}]
  - name: t
    match: {source: [aws.guardduty]}
    respond: [{playbook: p, tier: always}]
`)
	if err == nil || !strings.Contains(err.Error(), "nowhere") || !strings.Contains(err.Error(), "always") {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	text := `rules:
  - name: r
    match: {source: [a]}
    scope:
      regions: [eu-west-1]
      exempt:
        - {accounts: ["111122223333"], owner: ada, reason: why, until: 2027-01-31}
        - {accounts: ["111122223333"], owner: bob, reason: why, until: 2027-02-10}
        - {accounts: ["111122223333"], owner: eve, reason: why, until: 2030-01-01}
    respond:
      - {playbook: p, tier: approve}
  - name: s
    match: {source: [a]}
    respond:
      - {playbook: p, tier: auto}
      - {playbook: p, tier: auto, accept: high}
      - {playbook: p, tier: alert}
      - {tier: alert}
`
	b, err := book(t, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		target string
		risk   parry.Risk
		want   []string
	}{
		{"AWS::IAM::User", parry.RiskLow, []string{"r.yaml:7:12: rule r: the exemption by ada (why) ended 2027-01-31", "r.yaml:8:12: rule r: the exemption by bob (why) ends 2027-02-10, within 10 days", "r.yaml:11:10: rule r: p never acts: it works on IAM's User"}},
		{"AWS::EC2::Instance", parry.RiskMedium, []string{"ada", "bob", "r.yaml:15:10: rule s: p never acts by itself: it is of medium risk"}},
		{"AWS::EC2::Instance", parry.RiskHigh, []string{"ada", "bob", "r.yaml:11:10: rule r: p never acts: it is of high risk, so tier approve only tells", "r.yaml:15:10: rule s: p never acts"}},
		{"AWS::EC2::Instance", parry.RiskLow, []string{"ada", "bob"}},
	} {
		now := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
		got := b.Warnings(now, func(string) (string, parry.Risk) { return tc.target, tc.risk })
		if len(got) != len(tc.want) {
			t.Errorf("%s, %s: %v", tc.target, tc.risk, got)
			continue
		}
		for i, w := range got {
			if !strings.Contains(w.String(), tc.want[i]) {
				t.Errorf("%s, %s: %s, not %s", tc.target, tc.risk, w, tc.want[i])
			}
		}
	}
}

func TestVerdictsNameTheClosestFirst(t *testing.T) {
	b, err := book(t, `rules:
  - name: far
    match: {source: [aws.config], detail-type: [x]}
    respond: [{tier: alert}]
  - name: early
    match: {source: [aws.guardduty], detail-type: [x], detail: {a: [2], z: [2]}}
    respond: [{tier: alert}]
  - name: late
    match: {source: [aws.guardduty], detail-type: [x], detail: {a: [1], $or: [{z: [2]}, {z: [3]}]}}
    respond: [{tier: alert}]
  - name: when
    match: {source: [aws.guardduty]}
    when: ${finding.severity_id > 4}
    respond: [{tier: alert}]
  - name: match
    match: {source: [aws.guardduty], detail: {a: [1]}}
    respond: [{tier: alert}]
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Verdicts(parry.Event{Raw: []byte(`{"source":"aws.guardduty","detail-type":"x","detail":{"a":1,"z":1}}`)}, parry.Finding{SeverityID: 4})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Rule, Field  string
		Matched, Far bool
	}
	var lines []line
	for _, v := range got {
		lines = append(lines, line{v.Rule, v.Field, v.Matched, v.Far})
		if !v.Matched && v.Why == "" {
			t.Errorf("%s does not say why", v.Rule)
		}
	}
	want := []line{{"match", "", true, false}, {"when", "", false, false}, {"late", "detail.z", false, false}, {"early", "detail.a", false, false}, {"far", "source", false, true}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// FuzzAdd: whatever a rule file holds, it is read or refused with its place, and an exemption that is read has an owner, a reason and an end.
func FuzzAdd(f *testing.F) {
	for _, s := range []string{scoped, sound, "rules: []", "rules:\n  - {name: r, scope: {exempt: [{accounts: \"*\"}]}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := rules.NewBook()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add("r.yaml", []byte(text), known{}); err != nil && !strings.HasPrefix(err.Error(), "r.yaml:") {
			t.Errorf("an error without a place: %v", err)
		}
		for _, r := range b.Rules {
			for _, e := range r.Scope.Exempt {
				if e.Owner == "" || e.Reason == "" || e.Until.IsZero() || e.Summary() == "" {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}
