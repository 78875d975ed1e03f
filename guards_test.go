package parry_test

import (
	"strings"
	"testing"
	"time"

	"parry"
)

// Freezes, by the clock of their zone: over midnight, on single dates, and where clocks are put forward or back.
func TestFreeze(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	clock := func(s string) parry.Clock {
		c, ok := parry.ParseClock(s)
		if !ok {
			t.Fatal(s)
		}
		return c
	}
	fri := []time.Weekday{time.Friday}
	weekend := parry.Freeze{Days: fri, From: clock("18:00"), To: clock("08:00"), Zone: parry.Zone{Location: berlin}, Tier: parry.TierApprove, Why: "weekend"}
	xmas := parry.Freeze{First: parry.Date{Year: 2026, Month: 12, Day: 24}, Last: parry.Date{Year: 2026, Month: 12, Day: 26}, Zone: parry.Zone{Location: berlin}, Tier: parry.TierAlert, Why: "Christmas"}
	night := parry.Freeze{From: clock("22:00"), To: clock("02:30"), Zone: parry.Zone{Location: berlin}, Tier: parry.TierApprove, Why: "night"}
	early := parry.Freeze{From: clock("02:30"), To: clock("04:00"), Zone: parry.Zone{Location: berlin}, Tier: parry.TierApprove, Why: "early"}
	whole := parry.Freeze{Days: fri, Tier: parry.TierApprove, Why: "Friday"}
	for _, tc := range []struct {
		name   string
		freeze parry.Freeze
		at     string
		want   bool
	}{
		{"before it begins", weekend, "2026-03-06T16:59:59Z", false},
		{"when it begins", weekend, "2026-03-06T17:00:00Z", true},
		{"after midnight", weekend, "2026-03-07T06:59:59Z", true},
		{"at its end", weekend, "2026-03-07T07:00:00Z", false},
		{"the night before", weekend, "2026-03-06T00:00:00Z", false},
		{"in summer it is an hour earlier", weekend, "2026-07-03T16:00:00Z", true},
		{"not before", weekend, "2026-07-03T15:59:00Z", false},
		{"the eve by its own clock", xmas, "2026-12-23T23:00:00Z", true},
		{"a moment before", xmas, "2026-12-23T22:59:59Z", false},
		{"the last day", xmas, "2026-12-26T22:59:59Z", true},
		{"the day after", xmas, "2026-12-26T23:00:00Z", false},
		{"clocks put forward over its end: until they are", night, "2026-03-29T00:59:00Z", true},
		{"and no longer", night, "2026-03-29T01:00:00Z", false},
		{"clocks put forward over its beginning: from when they are", early, "2026-03-29T01:00:00Z", true},
		{"and not before", early, "2026-03-29T00:59:00Z", false},
		{"clocks put back over its end: the first 02:15", night, "2026-10-25T00:15:00Z", true},
		{"between the two", night, "2026-10-25T00:45:00Z", true},
		{"the second 02:15", night, "2026-10-25T01:15:00Z", true},
		{"after the second 02:30", night, "2026-10-25T01:30:00Z", false},
		{"clocks put back over its beginning: from the first one on", early, "2026-10-25T00:30:00Z", true},
		{"through the hour that comes twice", early, "2026-10-25T01:00:00Z", true},
		{"a whole day in UTC", whole, "2026-03-06T00:00:00Z", true},
		{"to its end", whole, "2026-03-06T23:59:59Z", true},
		{"and the next", whole, "2026-03-07T00:00:00Z", false},
	} {
		now, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		caps := parry.FreezeGuard(tc.freeze, now)
		if got := len(caps) == 1; got != tc.want {
			t.Errorf("%s: at %s frozen is %v", tc.name, tc.at, got)
		} else if got && (caps[0].Tier != tc.freeze.Tier || !strings.Contains(caps[0].Why, tc.freeze.Why)) {
			t.Errorf("%s: %+v", tc.name, caps[0])
		}
	}
}

func TestProtection(t *testing.T) {
	role := parry.Place{Account: "1", Names: []string{"deploy", "arn:aws:iam::1:role/deploy"}, Principals: []string{"deploy", "arn:aws:iam::1:role/deploy"}}
	bucket := parry.Place{Account: "1", Names: []string{"site"}, Tags: []parry.Tag{{Name: "env", Value: "prod"}}}
	for name, tc := range map[string]struct {
		p    parry.Protection
		at   parry.Place
		want string
	}{
		"by name":                     {parry.Protection{Resources: []string{"site"}}, bucket, "alert"},
		"another name":                {parry.Protection{Resources: []string{"other"}}, bucket, ""},
		"by an ARN that is unknown":   {parry.Protection{Resources: []string{"arn:aws:s3:::site"}}, bucket, "approve"},
		"by tag":                      {parry.Protection{Tags: map[string][]string{"env": {"*"}}}, bucket, "alert"},
		"by another tag":              {parry.Protection{Tags: map[string][]string{"owner": {"*"}}}, bucket, ""},
		"tags that nobody knows":      {parry.Protection{Tags: map[string][]string{"env": {"*"}}}, role, "approve"},
		"a principal":                 {parry.Protection{Principals: []string{"arn:aws:iam::*:role/deploy"}}, role, "alert"},
		"where there is no principal": {parry.Protection{Principals: []string{"arn:aws:iam::*:role/deploy"}}, bucket, ""},
		"by account":                  {parry.Protection{Accounts: []string{"1"}}, bucket, "alert"},
	} {
		holds(t, name, parry.ProtectionGuard(tc.p, tc.at), tc.want)
	}
}

func TestEscalation(t *testing.T) {
	prod := []parry.Tag{{Name: "env", Value: "prod"}}
	sure := parry.Plan{Playbook: "p", Changes: []parry.Change{{Name: "c"}}}
	final := parry.Plan{Playbook: "p", Changes: []parry.Change{{Name: "c", Irreversible: "deleted"}}}
	for name, tc := range map[string]struct {
		e                            parry.Escalation
		p                            parry.Plan
		tags                         []parry.Tag
		targets, confidence, applied int
		want                         string
	}{
		"a tag":                      {parry.Escalation{Tags: map[string][]string{"env": {"prod"}}}, sure, prod, 1, 0, 1, "approve"},
		"another value":              {parry.Escalation{Tags: map[string][]string{"env": {"dev"}}}, sure, prod, 1, 0, 1, ""},
		"no tags are known":          {parry.Escalation{Tags: map[string][]string{"env": {"prod"}}}, sure, nil, 1, 0, 1, "approve"},
		"as many as allowed":         {parry.Escalation{Resources: 5}, sure, nil, 5, 0, 1, ""},
		"one more":                   {parry.Escalation{Resources: 5}, sure, nil, 6, 0, 1, "approve"},
		"reversible":                 {parry.Escalation{Irreversible: true}, sure, nil, 1, 0, 1, ""},
		"irreversible":               {parry.Escalation{Irreversible: true}, final, nil, 1, 0, 1, "approve"},
		"sure enough":                {parry.Escalation{ConfidenceBelow: 50}, sure, nil, 1, 50, 1, ""},
		"not sure enough":            {parry.Escalation{ConfidenceBelow: 50}, sure, nil, 1, 49, 1, "approve"},
		"how sure it is is not said": {parry.Escalation{ConfidenceBelow: 50}, sure, nil, 1, 0, 1, "approve"},
		"the first time":             {parry.Escalation{FirstInAccount: true}, sure, nil, 1, 0, 0, "approve"},
		"the second time":            {parry.Escalation{FirstInAccount: true}, sure, nil, 1, 0, 1, ""},
		"all that is named must fit": {parry.Escalation{FirstInAccount: true, Tags: map[string][]string{"env": {"prod"}}}, sure, prod, 1, 0, 1, ""},
		"of another rule":            {parry.Escalation{FirstInAccount: true, Rules: []string{"s*"}}, sure, nil, 1, 0, 0, ""},
		"of another account":         {parry.Escalation{FirstInAccount: true, Accounts: []string{"2"}}, sure, nil, 1, 0, 0, ""},
	} {
		tc.e.Tier = parry.TierApprove
		holds(t, name, parry.EscalationGuard(tc.e, tc.p, "r", parry.Place{Account: "1", Tags: tc.tags}, tc.targets, tc.confidence, tc.applied), tc.want)
	}
}

func TestCountingGuards(t *testing.T) {
	b := parry.Budgets{PerHour: 3, PerAccountHour: 2, PerPlaybookHour: map[string]int{"p": 1}}
	for name, tc := range map[string]struct {
		all, account, playbook int
		of                     string
		want                   string
	}{
		"nothing spent": {0, 0, 0, "p", ""}, "all": {3, 0, 0, "p", "approve"}, "account": {2, 2, 0, "p", "approve"},
		"playbook": {1, 1, 1, "p", "approve"}, "another playbook": {1, 1, 1, "q", ""},
	} {
		holds(t, "budget, "+name, parry.BudgetGuard(b, tc.all, tc.account, tc.playbook, tc.of), tc.want)
	}
	for failed, want := range []string{"", "", "alert", "alert"} {
		holds(t, "breaker", parry.BreakerGuard(parry.Breaker{Failures: 2, Within: time.Hour}, failed), want)
		holds(t, "breaker of all", parry.BreakerGuard(parry.Breaker{Failures: 2, Within: time.Hour, All: true}, failed), want)
		holds(t, "no breaker", parry.BreakerGuard(parry.Breaker{}, failed), "")
	}
	for applied, want := range []string{"", "", "", "approve"} {
		holds(t, "flap", parry.FlapGuard(parry.Flap{Times: 3, Within: time.Hour}, applied), want)
		holds(t, "no flap", parry.FlapGuard(parry.Flap{}, applied), "")
	}
}

// holds compares what guards say: the lowest tier, or nothing. Whatever they say has a reason.
func holds(t *testing.T, name string, caps []parry.Cap, want string) {
	t.Helper()
	got := ""
	for _, c := range caps {
		if c.Why == "" {
			t.Errorf("%s: no reason", name)
		}
		if got == "" || c.Tier.String() == "alert" {
			got = c.Tier.String()
		}
	}
	if got != want {
		t.Errorf("%s: %q, not %q: %v", name, got, want, caps)
	}
}

func TestWhoIsWho(t *testing.T) {
	as := parry.Approvals{Groups: map[string][]string{"oncall": {"arn:aws:iam::*:role/oncall", "ada@example.com", "arn:aws:sts::1:assumed-role/AWSReservedSSO_Sec_*/bob@example.com"}}}
	for by, want := range map[string]bool{
		"arn:aws:sts::1:assumed-role/oncall/x":                                  true,
		"arn:aws:sts::1:assumed-role/oncall2/x":                                 false,
		"arn:aws:sts::1:assumed-role/other/oncall":                              false,
		"arn:aws:iam::1:user/oncall":                                            false,
		"arn:aws:sts::1:federated-user/oncall":                                  false,
		"arn:aws-cn:sts::1:assumed-role/oncall/x":                               false,
		"ada@example.com":                                                       true,
		"arn:aws:sts::1:assumed-role/other/ada@example.com":                     false,
		"arn:aws:sts::1:assumed-role/AWSReservedSSO_Sec_0a/bob@example.com":     true,
		"arn:aws:sts::1:assumed-role/AWSReservedSSO_Sec_0a/mallory@example.com": false,
		"": false,
	} {
		if got := parry.Member(as, []string{"oncall"}, by); got != want {
			t.Errorf("%q is on call: %v", by, got)
		}
	}
	if parry.Member(as, []string{"gone"}, "ada@example.com") {
		t.Error("a group that is not there has members")
	}
	for _, tc := range []struct {
		a, b        string
		same, trust bool
	}{
		{"arn:aws:sts::1:assumed-role/oncall/ada", "arn:aws:sts::1:assumed-role/oncall/bob", true, false},
		{"arn:aws:sts::1:assumed-role/oncall/ada", "arn:aws:sts::1:assumed-role/oncall/bob", false, true},
		{"arn:aws:sts::1:assumed-role/oncall/ada", "arn:aws:sts::2:assumed-role/leads/ada", true, true},
		{"arn:aws:sts::1:assumed-role/AWSReservedSSO_A_1/ada@example.com", "arn:aws:sts::1:assumed-role/AWSReservedSSO_A_1/bob@example.com", false, false},
		{"arn:aws:sts::1:assumed-role/AWSReservedSSO_A_1/ada@example.com", "Ada@Example.com", true, false},
		{"arn:aws:iam::1:user/ada", "arn:aws:iam::1:user/bob", false, false},
	} {
		as.TrustSessionNames = tc.trust
		if same := parry.Person(as, tc.a) == parry.Person(as, tc.b); same != tc.same {
			t.Errorf("%s and %s are one person: %v", tc.a, tc.b, same)
		}
	}
}

func TestDiffers(t *testing.T) {
	was := parry.Plan{Source: "a", Changes: []parry.Change{{Name: "off", Call: parry.Call{Op: "x:A"}, State: true}, {Name: "mark", Call: parry.Call{Op: "x:B"}}}}
	is := parry.Plan{Source: "a", Changes: []parry.Change{{Name: "off", Call: parry.Call{Op: "x:A"}, State: false}, {Name: "new", Call: parry.Call{Op: "x:C"}}}}
	got := strings.Join(parry.Differs(was, is), "\n")
	if want := "off finds false, not true\nnew is new: x:C\nmark is not needed any more"; got != want {
		t.Errorf("%s", got)
	}
	if got := parry.Differs(was, was); len(got) != 0 {
		t.Errorf("%v", got)
	}
	is = was
	is.Changes = []parry.Change{{Name: "off", Call: parry.Call{Op: "x:A", Input: map[string]any{"k": 1}}, State: true, Irreversible: "gone"}}
	is.Source, is.Refusals = "b", []string{"no"}
	got = strings.Join(parry.Differs(was, is), "\n")
	for _, part := range []string{"another text", "refuses: no", "makes another call", "cannot be undone: gone", "mark is not needed"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in %s", part, got)
		}
	}
}
