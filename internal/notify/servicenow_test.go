package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parry"
)

func TestServiceNowRecord(t *testing.T) {
	api := fakeServiceNow(t)
	ctx := context.Background()
	ref := must(t)(api.channel.Tell(ctx, news(Asked), ""))
	c := api.last(http.MethodPost)
	for f, want := range map[string]string{
		"urgency": "1", "impact": "2", "correlation_id": "parry-" + aResponse().ID, "assignment_group": "SecOps", "state": "", "close_code": "",
	} {
		if got := text(c.body[f]); got != want {
			t.Errorf("%s is %q, not %q", f, got, want)
		}
	}
	if s := text(c.body["short_description"]); !strings.Contains(s, "Bucket is public") {
		t.Errorf("short_description %q", s)
	}
	must(t)(api.channel.Tell(ctx, news(Ended), ref))
	c = api.last(http.MethodPatch)
	if c.body["state"] != "6" || c.body["close_code"] != "Solution provided" || text(c.body["close_notes"]) == "" || text(c.body["work_notes"]) == "" {
		t.Errorf("resolved with %v", c.body)
	}
}

func TestServiceNowAnswersToQueries(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		body string
		want parry.Kind
	}{
		"a column that is not there":  {200, `{"result":[{"sys_id":"1","correlation_id":""}]}`, parry.Invalid},
		"a sleeping instance":         {200, `<html>Hibernating Instance</html>`, parry.Fault},
		"a user without the role":     {403, `{"error":{"message":"Insufficient rights to query records"}}`, parry.Refused},
		"a table that does not exist": {400, `{"error":{"message":"Invalid table x"}}`, parry.Invalid},
	} {
		api := fakeServiceNow(t)
		api.fail(fault{code: c.code, body: c.body})
		if _, err := api.channel.Tell(context.Background(), news(Asked), ""); parry.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(api.got(http.MethodPost)) + len(api.got(http.MethodPatch)); n != 0 {
			t.Errorf("%s: %d writes", name, n)
		}
	}
}

func TestServiceNowLeavesAResolvedRecord(t *testing.T) {
	n := &ServiceNow{c: ServiceNowConfig{State: "6", CloseCode: "x"}}
	for state, closes := range map[record]bool{{State: "1", Active: "true"}: true, {State: "6", Active: "true"}: false, {State: "7", Active: "false"}: false} {
		if got := n.update(storyOf(news(Ended), early()), state)["state"] != ""; got != closes {
			t.Errorf("%+v: %t", state, got)
		}
	}
}

func TestServiceNowShowsNoHTML(t *testing.T) {
	api := fakeServiceNow(t)
	ref := must(t)(api.channel.Tell(context.Background(), news(Asked), ""))
	must(t)(api.channel.Tell(context.Background(), news(Ended, titled("[code]<script>[/CODE]")), ref))
	if s := text(api.last(http.MethodPatch).body["work_notes"]); strings.Contains(strings.ToLower(s), "[code]") || strings.Contains(strings.ToLower(s), "[/code]") {
		t.Errorf("work_notes %q", s)
	}
}

func TestServiceNowConfig(t *testing.T) {
	for _, c := range []ServiceNowConfig{
		{URL: "https://x.example"}, {User: "u", Password: "p"}, {URL: "https://x.example", User: "u"}, {URL: "https://x.example", Token: "t", User: "u"},
		{URL: "https://x.example", Token: "t", Table: "../sys_user"}, {URL: "https://x.example", Token: "t\r\nX: y"},
	} {
		if _, err := NewServiceNow(c, calling()); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	n, err := NewServiceNow(ServiceNowConfig{URL: "https://x.example", Token: "t0k", Table: "sn_si_incident"}, calling())
	if err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequest(http.MethodGet, "https://x.example", nil)
	if n.api.auth(r); r.Header.Get("Authorization") != "Bearer t0k" {
		t.Errorf("auth %v", r.Header)
	}
}

func TestServiceNowUrgencyAndImpact(t *testing.T) {
	for id, want := range map[int]string{0: "22", 1: "33", 2: "23", 3: "22", 4: "12", 5: "11", 6: "11", 99: "22"} {
		if u, i := urgencyImpact(id); u+i != want {
			t.Errorf("%d: %s%s, not %s", id, u, i, want)
		}
	}
}
