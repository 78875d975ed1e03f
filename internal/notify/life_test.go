package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"parry"
)

// Every channel goes through the same life. What is tested here holds for each of them; what is one provider's own stands beside its channel.

// eachFake runs a test against every channel and its provider.
func eachFake(t *testing.T, f func(t *testing.T, api *fakeAPI)) {
	for name := range fakes(t) {
		t.Run(name, func(t *testing.T) { f(t, fakes(t)[name]) })
	}
}

// eachFakeThat is eachFake for those that can do what a test is about. That there is none is no success.
func eachFakeThat(t *testing.T, can func(*fakeAPI) bool, f func(t *testing.T, api *fakeAPI)) {
	some := 0
	for name, api := range fakes(t) {
		if can(api) {
			some++
			t.Run(name, func(t *testing.T) { f(t, fakes(t)[name]) })
		}
	}
	if some < 2 {
		t.Errorf("only %d channels can do that", some)
	}
}

func knows(api *fakeAPI) bool { return !api.lossy }

func TestALifeIsOneIncident(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		ctx, ref := context.Background(), ""
		want := 0 // messages, where they cannot be changed
		for _, step := range []struct {
			news            News
			closed, working bool
			posts           int
		}{
			{news(Asked), false, false, 1},
			{news(Reminded), false, false, 1},
			{news(Escalated), false, false, 1},
			{news(Begun), false, true, 0},
			{news(Ended), true, true, 1},
		} {
			ref = must(t)(api.channel.Tell(ctx, step.news, ref))
			before := len(api.got("")) // again with the ref that was remembered: nothing at all is sent
			if got := must(t)(api.channel.Tell(ctx, step.news, ref)); got != ref {
				t.Errorf("%s again: ref %q, not %q", step.news.Kind, got, ref)
			}
			all := api.showing()
			if !api.edits {
				if want += step.posts; len(all) != want {
					t.Fatalf("%s: %d messages, not %d", step.news.Kind, len(all), want)
				}
				continue
			}
			if len(all) != 1 || all[0].closed != step.closed {
				t.Fatalf("%s: %d, the first %+v", step.news.Kind, len(all), all[0])
			}
			if n := len(api.got("")) - before; n != 0 {
				t.Errorf("%s again: %d calls", step.news.Kind, n)
			}
		}
		for _, s := range api.showing() {
			if len(s.notes) != api.notes {
				t.Errorf("%d notes, not %d: %q", len(s.notes), api.notes, s.notes)
			}
		}
	})
}

func TestALostAnswerMakesNoSecondOne(t *testing.T) {
	eachFakeThat(t, knows, func(t *testing.T, api *fakeAPI) {
		ctx, ref := context.Background(), ""
		for _, n := range []News{news(Asked), news(Reminded), news(Begun), news(Ended)} {
			api.loseNext(1)
			got, err := api.channel.Tell(ctx, n, ref)
			if parry.KindOf(err) != parry.Fault {
				t.Fatalf("%s without an answer: ref %q, %v", n.Kind, got, err)
			}
			ref = must(t)(api.channel.Tell(ctx, n, ref))
		}
		all := api.showing()
		if len(all) != 1 || !all[0].closed {
			t.Fatalf("%d, the first %+v", len(all), all[0])
		}
		seen := map[string]bool{}
		for _, n := range all[0].notes {
			if strings.Contains(n, "news ") && seen[n] {
				t.Errorf("noted twice: %s", n)
			}
			seen[n] = true
		}
	})
}

func TestANoteIsNotWrittenAgainThoughTheRefIsOld(t *testing.T) {
	eachFakeThat(t, knows, func(t *testing.T, api *fakeAPI) {
		ctx := context.Background()
		first := must(t)(api.channel.Tell(ctx, news(Asked), ""))
		must(t)(api.channel.Tell(ctx, news(Ended), first))
		notes := len(api.showing()[0].notes)
		must(t)(api.channel.Tell(ctx, news(Ended), first))
		if got := api.showing(); len(got) != 1 || len(got[0].notes) != notes {
			t.Errorf("%d shown, notes %q", len(got), got[0].notes)
		}
	})
}

func TestWhatIsNotSettledStaysOpen(t *testing.T) {
	eachFakeThat(t, func(api *fakeAPI) bool { return api.edits }, func(t *testing.T, api *fakeAPI) {
		ctx := context.Background()
		ref := must(t)(api.channel.Tell(ctx, news(Asked), ""))
		for _, s := range []parry.State{parry.Failed, parry.Expired, parry.Alerted} {
			ref = must(t)(api.channel.Tell(ctx, news(Ended, in(s)), ref))
			if all := api.showing(); len(all) != 1 || all[0].closed {
				t.Fatalf("%s: %+v", s, all[0])
			}
		}
		must(t)(api.channel.Tell(ctx, news(Ended, in(parry.Undone)), ref))
		if all := api.showing(); len(all) != 1 || !all[0].closed {
			t.Fatalf("undone: %+v", all[0])
		}
	})
}

func TestAStormIsOneIncident(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		ctx := context.Background()
		ref := must(t)(api.channel.TellStorm(ctx, aStorm(Asked, 40, map[string]int{"waiting for approval": 40}), ""))
		ref = must(t)(api.channel.TellStorm(ctx, aStorm(Asked, 90, map[string]int{"waiting for approval": 80, "done": 10}), ref))
		if got := must(t)(api.channel.TellStorm(ctx, aStorm(Asked, 90, map[string]int{"waiting for approval": 80, "done": 10}), ref)); got != ref {
			t.Errorf("ref %q, not %q", got, ref)
		}
		all := api.showing()
		if !api.edits {
			if len(all) != 2 {
				t.Fatalf("%d messages", len(all))
			}
			return
		}
		if len(all) != 1 || all[0].closed || !strings.Contains(all[0].title, "public-buckets") {
			t.Fatalf("%d, the first %+v", len(all), all[0])
		}
		must(t)(api.channel.TellStorm(ctx, aStorm(Ended, 90, map[string]int{"done": 90}), ref))
		if all := api.showing(); len(all) != 1 || !all[0].closed {
			t.Fatalf("%d, the first %+v", len(all), all[0])
		}
		next := aStorm(Asked, 30, map[string]int{"waiting for approval": 29, "begun": 1})
		next.Sample[0].Response.ID = "another"
		must(t)(api.channel.TellStorm(ctx, next, ""))
		if all := api.showing(); len(all) != 2 || all[1].closed {
			t.Fatalf("the next storm: %d, the last %+v", len(all), all[len(all)-1])
		}
	})
}

func TestDownThenUp(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		ctx := context.Background()
		for _, f := range []fault{
			{code: http.StatusServiceUnavailable, body: "<html>maintenance</html>"},
			{code: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "30"}},
			{code: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "Thu, 26 Nov 2026 03:00:30 GMT"}},
			{code: http.StatusBadGateway},
		} {
			api.fail(f)
			ref, err := api.channel.Tell(ctx, news(Asked), "")
			if parry.KindOf(err) != parry.Fault || err == nil || ref != "" {
				t.Fatalf("%d: ref %q, kind %v: %v", f.code, ref, parry.KindOf(err), err)
			}
			if f.code == http.StatusTooManyRequests && after(err) != 30*time.Second {
				t.Errorf("Retry-After: %v", after(err))
			}
		}
		ref := must(t)(api.channel.Tell(ctx, news(Asked), ""))
		api.fail(fault{code: http.StatusInternalServerError})
		if got, err := api.channel.Tell(ctx, news(Ended), ref); err == nil || got != ref {
			t.Fatalf("ref %q, not %q: %v", got, ref, err)
		}
		must(t)(api.channel.Tell(ctx, news(Ended), ref))
		if all := api.showing(); api.edits && (len(all) != 1 || !all[0].closed) {
			t.Errorf("%d, the first %+v", len(all), all[0])
		}
		api.Close()
		if _, err := api.channel.Tell(ctx, news(Told), ""); parry.KindOf(err) != parry.Fault || err == nil || strings.Contains(err.Error(), "127.0.0.1/") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("nobody there: %v", err)
		}
	})
}

func TestWhatIsForEver(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		for code, kind := range map[int]parry.Kind{401: parry.Refused, 403: parry.Refused, 410: parry.Refused, 422: parry.Invalid, 302: parry.Refused} {
			n := len(api.got(""))
			api.fail(fault{code: code, header: map[string]string{"Location": api.URL + "/elsewhere"}, body: `{"message":"no` + "\u202e" + `"}`})
			_, err := api.channel.Tell(context.Background(), news(Asked), "")
			if parry.KindOf(err) != kind || parry.HintOf(err) == "" && code != 422 {
				t.Errorf("%d: kind %v, hint %q: %v", code, parry.KindOf(err), parry.HintOf(err), err)
			}
			if err != nil {
				noTricks(t, "error", err.Error())
			}
			if got := len(api.got("")) - n; got != 1 {
				t.Errorf("%d: %d calls: a redirect is followed, or a refusal asked again", code, got)
			}
		}
	})
}

func TestForeignTextIsOnlyText(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		ctx := context.Background()
		for _, title := range []string{hostile, strings.Repeat("🪣<&\u202e\x07[code] ", 4000), strings.Repeat("x", 100000)} {
			change := func(r *parry.Response) {
				titled(title)(r)
				r.ID = "r-" + digest(title)
				r.Plan.Summary, r.Plan.Breaks, r.Answer.Rule = title, title, title
			}
			ref := must(t)(api.channel.Tell(ctx, news(Asked, change), ""))
			must(t)(api.channel.Tell(ctx, news(Ended, change, in(parry.Failed)), ref))
		}
		must(t)(api.channel.TellStorm(ctx, aStorm(Asked, 40, map[string]int{hostile: 1}), ""))
		for _, c := range api.got(http.MethodPost) {
			for _, s := range strs(c.body) {
				noTricks(t, c.path, s)
			}
		}
	})
}

func TestAnEndWithoutABeginning(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		must(t)(api.channel.Tell(context.Background(), news(Ended), ""))
		for _, s := range api.showing() {
			if api.edits && !s.closed {
				t.Errorf("%+v is left open", s)
			}
		}
	})
}

func TestOnlyHTTPSButForLoopback(t *testing.T) {
	build := map[string]func(url string) error{
		"teams": func(u string) error { _, err := NewTeams(TeamsConfig{URL: u}, calling()); return err },
		"pagerduty": func(u string) error {
			_, err := NewPagerDuty(PagerDutyConfig{RoutingKey: "k", URL: u}, calling())
			return err
		},
		"opsgenie": func(u string) error {
			_, err := NewOpsgenie(OpsgenieConfig{APIKey: "k", URL: u}, calling())
			return err
		},
		"jira": func(u string) error {
			_, err := NewJira(JiraConfig{URL: u, Token: "k", Project: "SEC"}, calling())
			return err
		},
		"servicenow": func(u string) error {
			_, err := NewServiceNow(ServiceNowConfig{URL: u, Token: "k"}, calling())
			return err
		},
	}
	for name, f := range build {
		for _, u := range []string{"https://example.com/x", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"} {
			if err := f(u); err != nil {
				t.Errorf("%s %s: %v", name, u, err)
			}
		}
		for _, u := range []string{"http://example.com/s3cret", "http://127.0.0.1.example.com/s3cret", "http://10.0.0.1", "ftp://example.com", "example.com", "https://u:s3cret@example.com", "https://%zz/s3cret"} {
			if err := f(u); parry.KindOf(err) != parry.Invalid || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s %s: %v", name, u, err)
			}
		}
	}
}
