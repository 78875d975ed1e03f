package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parry"
)

func TestPagerDutyEvent(t *testing.T) {
	api := fakePagerDuty(t)
	must(t)(api.channel.Tell(context.Background(), news(Asked), ""))
	c := api.last(http.MethodPost)
	for _, want := range []struct {
		path []any
		want any
	}{
		{[]any{"routing_key"}, "R0UT1NG"},
		{[]any{"event_action"}, "trigger"},
		{[]any{"dedup_key"}, "parry-" + aResponse().ID},
		{[]any{"client_url"}, "https://parry.example/responses/" + aResponse().ID},
		{[]any{"links", 0, "href"}, "https://parry.example/responses/" + aResponse().ID},
		{[]any{"payload", "severity"}, "error"},
		{[]any{"payload", "source"}, "arn:aws:s3:::invoices"},
		{[]any{"payload", "component"}, "AWS::S3::Bucket"},
		{[]any{"payload", "group"}, "111122223333"},
		{[]any{"payload", "class"}, "S3.2"},
		{[]any{"payload", "custom_details", "Rule"}, "public-buckets"},
	} {
		if got := at(c.body, want.path...); got != want.want {
			t.Errorf("%v is %v, not %v", want.path, got, want.want)
		}
	}
	if s := text(at(c.body, "payload", "summary")); !strings.Contains(s, "Approval wanted") || !strings.Contains(s, "invoices") {
		t.Errorf("summary %q", s)
	}
}

func TestPagerDutyActions(t *testing.T) {
	for _, c := range []struct {
		news News
		want string
	}{
		{news(Asked), "trigger"}, {news(Reminded), "trigger"}, {news(Told), "trigger"}, {news(Begun), "acknowledge"}, {news(Ended), "resolve"},
		{news(Ended, in(parry.Rejected)), "resolve"}, {news(Ended, in(parry.Failed)), "trigger"}, {news(Ended, in(parry.Expired)), "trigger"},
		{news(Told, in(parry.Held)), "resolve"}, // a person put it on hold: nobody is paged
	} {
		api := fakePagerDuty(t)
		must(t)(api.channel.Tell(context.Background(), c.news, ""))
		if got := api.last(http.MethodPost).body["event_action"]; got != c.want {
			t.Errorf("%s, %s: %v, not %s", c.news.Kind, c.news.Response.State, got, c.want)
		}
	}
}

func TestPagerDutySeverity(t *testing.T) {
	for id, want := range map[int]string{0: "warning", 1: "info", 2: "info", 3: "warning", 4: "error", 5: "critical", 6: "critical", 99: "warning", -1: "warning"} {
		if got := pagerSeverity(id); got != want {
			t.Errorf("%d: %s, not %s", id, got, want)
		}
	}
}

func TestPagerDutyRefusesAnEvent(t *testing.T) {
	api := fakePagerDuty(t)
	api.fail(fault{code: 400, body: `{"status":"invalid event","message":"Event object is invalid","errors":["'routing_key' is invalid"]}`})
	if _, err := api.channel.Tell(context.Background(), news(Asked), ""); parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), "routing_key") {
		t.Errorf("%v", err)
	}
	if _, err := NewPagerDuty(PagerDutyConfig{}, calling()); parry.KindOf(err) != parry.Invalid {
		t.Errorf("without a key: %v", err)
	}
}
