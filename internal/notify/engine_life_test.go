package notify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parry"
)

// oneChannel is a file with one channel, whose place a test's own takes.
const oneChannel = `
channels:
  - {name: it, type: webhook, url: "https://one.example/", secret: env:ONE}
`

// What the engine stores arrives at each provider as one alert or ticket, though it is down half-way and another worker takes over.
func TestTheEngineKeepsOneIncident(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		all := map[string]Channel{"it": api.channel}
		s := withChannels(t, oneChannel, all)
		tell := func() {
			for range 8 {
				_ = s.tell() // what fails is tried again, each time after a longer while
				s.clock.pass(5 * time.Minute)
			}
		}
		r := waiting("pr-1")
		s.save(r, parry.MoveAsked, parry.Waiting)
		tell()
		r = s.again("pr-1")
		r.Asked.Reminded = 1
		s.save(r, parry.MoveReminded, parry.Waiting)
		api.fail(fault{code: http.StatusServiceUnavailable}, fault{code: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "60"}})
		tell()
		s.worker("two", oneChannel, all)
		r = s.again("pr-1")
		s.save(r, parry.MoveApproved, parry.Approved)
		tell()
		r = s.again("pr-1")
		s.save(r, parry.MoveIntent, parry.Applying)
		s.save(r, parry.MoveApplied, parry.Verifying)
		s.save(r, parry.MoveVerified, parry.Done)
		tell()
		if r = s.again("pr-1"); r.Untold != nil {
			t.Fatalf("still due: %+v", r.Untold)
		}
		got := api.showing()
		if api.edits && (len(got) != 1 || !got[0].closed) || !api.edits && len(got) != 3 {
			for _, g := range got {
				t.Errorf("%d: %+v", len(got), *g)
			}
		}
	})
}

func TestTheEngineKeepsOneIncidentOfAStorm(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		const many, alone = 40, 5
		s := withChannels(t, oneChannel, map[string]Channel{"it": api.channel})
		tell := func() {
			for range 12 {
				_ = s.tell()
				s.clock.pass(2 * time.Minute)
			}
		}
		s.stormOf(many)
		tell()
		for i := range many {
			s.save(s.again(fmt.Sprintf("pr-%05d", i)), parry.MoveRejected, parry.Rejected)
		}
		tell()
		got := api.showing()
		if !api.edits {
			if len(got) != 2*alone+2 {
				t.Errorf("%d messages", len(got))
			}
			return
		}
		if len(got) != alone+1 {
			t.Fatalf("%d alerts or tickets", len(got))
		}
		for _, g := range got {
			if !g.closed {
				t.Errorf("%+v is left open", g)
			}
		}
	})
}

// The file of channels opens each type, with its secrets from where it says, and a test of the channel arrives.
func TestTheFileOpensThem(t *testing.T) {
	all := fakes(t)
	text := fmt.Sprintf(`
channels:
  - {name: teams, type: teams, url: env:TEAMS}
  - {name: pagerduty, type: pagerduty, routing_key: env:PD, url: %q}
  - {name: opsgenie, type: opsgenie, api_key: env:OG, url: %q, teams: [secops], tags: [aws]}
  - {name: jira-service-management, type: opsgenie, api_key: env:OG, url: %q}
  - {name: jira, type: jira, url: %q, user: bot@example.com, password: env:JIRA, project: SEC, labels: [aws], fields: {priority: '{"name": "High"}', customfield_1: text}}
  - {name: jira-data-center, type: jira, url: %q, token: env:PAT, data_center: true, project: SEC}
  - {name: servicenow, type: servicenow, url: %q, user: bot, password: env:SN, fields: {assignment_group: SecOps}}
`, all["pagerduty"].URL, all["opsgenie"].URL, all["jira service management"].URL+"/jsm/ops/integration", all["jira"].URL, all["jira data center"].URL, all["servicenow"].URL)
	f, err := Read("channels.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"TEAMS": all["teams"].URL + "/workflows/abc/triggers/manual/paths/invoke?sig=s3cret", "PD": "R0UT1NG", "OG": "k3y", "JIRA": "t0ken", "PAT": "p4t", "SN": "pa55",
	}
	n, err := New(t.Context(), f, Options{Store: memory{}, Now: early, Secrets: Secrets{Env: func(name string) string { return secrets[name] }}})
	if err != nil {
		t.Fatal(err)
	}
	for name, api := range all {
		if err := n.Test(context.Background(), strings.ReplaceAll(name, " ", "-")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := api.showing(); len(got) != 1 || !strings.Contains(got[0].title, "This is a test of Parry") {
			t.Errorf("%s: %d", name, len(got))
		}
	}
	fields := all["jira"].last(http.MethodPost).body["fields"]
	if at(fields, "priority", "name") != "High" || at(fields, "customfield_1") != "text" {
		t.Errorf("fields %v", fields)
	}
}

func TestTheFileNamesWhatIsWrongWithThem(t *testing.T) {
	for text, want := range map[string]string{
		`{name: a, type: teams}`:                                                                      "needs url",
		`{name: a, type: teams, url: "https://x.example/s3cret"}`:                                     "secret",
		`{name: a, type: pagerduty, routing_key: env:K, url: "http://x.example"}`:                     "https",
		`{name: a, type: opsgenie, api_key: env:K, tag: [a]}`:                                         "tag",
		`{name: a, type: jira, url: "https://x.example", token: env:K}`:                               "project",
		`{name: a, type: jira, url: "https://x.example", project: SEC}`:                               "user",
		`{name: a, type: jira, url: "https://x.example", token: env:K, project: S, fields: {x: "{"}}`: "JSON",
		`{name: a, type: servicenow, url: "https://x.example", token: env:K, table: "../x"}`:          "table",
	} {
		f, err := Read("channels.yaml", []byte("channels:\n  - "+text+"\n"))
		if err == nil {
			_, err = New(t.Context(), f, Options{Store: memory{}, Now: early, Secrets: Secrets{Env: func(string) string { return "k" }}})
		}
		if parry.KindOf(err) != parry.Invalid || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, without %q", text, err, want)
		}
	}
}
