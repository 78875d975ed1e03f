package notify

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parry"
)

func TestJiraIssue(t *testing.T) {
	api := fakeJira(t, false)
	ref := must(t)(api.channel.Tell(context.Background(), news(Asked), ""))
	if !strings.HasPrefix(ref, "SEC-1 ") {
		t.Errorf("ref %q", ref)
	}
	var paths []string
	for _, c := range api.got("") {
		paths = append(paths, c.method+" "+c.path)
	}
	if want := []string{"POST /rest/api/3/search/jql", "POST /rest/api/3/issue"}; !slices.Equal(paths, want) {
		t.Errorf("calls %v, not %v", paths, want)
	}
	f := api.last(http.MethodPost).body["fields"]
	for _, want := range []struct {
		path []any
		want any
	}{
		{[]any{"project", "key"}, "SEC"}, {[]any{"issuetype", "name"}, "Task"},
		{[]any{"labels", 0}, "parry"}, {[]any{"labels", 1}, "parry-" + aResponse().ID}, {[]any{"labels", 2}, "aws"},
		{[]any{"description", "type"}, "doc"}, {[]any{"description", "version"}, 1.0},
	} {
		if got := at(f, want.path...); got != want.want {
			t.Errorf("%v is %v, not %v", want.path, got, want.want)
		}
	}
	if s := text(at(f, "summary")); strings.Contains(s, "Approval") || !strings.Contains(s, "Bucket is public") {
		t.Errorf("summary %q: it is to hold whatever becomes of it", s)
	}
	if s := jsonOf(at(f, "description")); !strings.Contains(s, `"href":"https://parry.example/responses/`) {
		t.Errorf("no link in %s", s)
	}
}

func TestJiraTransitionsByNameOrStatus(t *testing.T) {
	for done, works := range map[string]bool{"": true, "done": true, "Resolve it": true, "Fixed": false} {
		api := fakeJira(t, false)
		j, err := NewJira(JiraConfig{URL: api.URL, User: "bot@example.com", Password: "t0ken", Project: "SEC", Done: done}, calling())
		if err != nil {
			t.Fatal(err)
		}
		ref := must(t)(j.Tell(context.Background(), news(Asked), ""))
		now, err := j.Tell(context.Background(), news(Ended), ref)
		switch {
		case works && (err != nil || !api.showing()[0].closed):
			t.Errorf("%q: %v, %+v", done, err, api.showing()[0])
		case !works && (parry.KindOf(err) != parry.Invalid || !strings.Contains(parry.HintOf(err), "Resolve it")):
			t.Errorf("%q: %v, hint %q", done, err, parry.HintOf(err))
		case !works:
			if _, err := j.Tell(context.Background(), news(Ended), now); err == nil || len(api.showing()[0].notes) != 1 {
				t.Errorf("%q again: %v, notes %q", done, err, api.showing()[0].notes)
			}
		}
	}
}

func TestJiraIssueThatPeopleClosedOrDeleted(t *testing.T) {
	api := fakeJira(t, false)
	ctx := context.Background()
	ref := must(t)(api.channel.Tell(ctx, news(Asked), ""))
	api.showing()[0].closed = true
	must(t)(api.channel.Tell(ctx, news(Ended), ref)) // the provider here minds a second transition
	if n := len(api.showing()[0].notes); n != 1 {
		t.Errorf("%d comments", n)
	}
	if _, err := api.channel.Tell(ctx, news(Ended), "SEC-99 x"); parry.KindOf(err) != parry.Refused || !strings.Contains(parry.HintOf(err), "SEC-99") {
		t.Errorf("deleted: %v", err)
	}
}

func TestJiraTakesNoOtherIssue(t *testing.T) {
	p := newProvider(t, func(c sent) (int, any) {
		if strings.HasSuffix(c.path, "/search/jql") {
			return http.StatusOK, map[string]any{"issues": []any{map[string]any{"key": "SEC-1", "fields": map[string]any{"labels": []string{"parry"}}}}}
		}
		return http.StatusCreated, map[string]any{"key": "SEC-2"}
	})
	j, err := NewJira(JiraConfig{URL: p.URL, User: "u", Password: "p", Project: "SEC"}, calling())
	if err != nil {
		t.Fatal(err)
	}
	if ref := must(t)(j.Tell(context.Background(), news(Asked), "")); !strings.HasPrefix(ref, "SEC-2 ") {
		t.Errorf("ref %q", ref)
	}
}

func TestJiraEscapes(t *testing.T) {
	if got, want := jqlText(`a" OR project = "X\`), `"a\" OR project = \"X\\"`; got != want {
		t.Errorf("JQL %s, not %s", got, want)
	}
	if got, want := wiki("[~admin] {html} a|b !x.png! *b*"), `\[\~admin\] \{html\} a\|b \!x.png\! \*b\*`; got != want {
		t.Errorf("wiki %s, not %s", got, want)
	}
	for id, safe := range map[string]bool{"20261126T034000Z-7f3a": true, "": false, `x" OR key = "A-1`: false, "a^active=true": false, "a b": false, "../x": false, strings.Repeat("x", 81): false} {
		if got := keyOf("parry-", id); (got == "parry-"+id) != safe || strings.ContainsAny(got, `" ^/`) || len(got) > 90 {
			t.Errorf("key of %q: %q", id, got)
		}
	}
}

func TestJiraDataCenterText(t *testing.T) {
	api := fakeJira(t, true)
	must(t)(api.channel.Tell(context.Background(), news(Asked, titled(hostile)), ""))
	d := text(at(api.last(http.MethodPost).body, "fields", "description"))
	for _, bare := range []string{" {html}", " [click]", " *bold*"} {
		if strings.Contains(d, bare) {
			t.Errorf("%q is markup in %q", bare, d)
		}
	}
}

func TestJiraConfig(t *testing.T) {
	for _, c := range []JiraConfig{
		{}, {URL: "https://x.example", Project: "SEC"}, {URL: "https://x.example", User: "u", Project: "SEC"}, {URL: "https://x.example", Token: "t"},
		{URL: "https://x.example", Token: "t", User: "u", Password: "p", Project: "SEC"}, {URL: "https://x.example", Token: "t", Project: "SEC", Labels: []string{"a b"}},
	} {
		if _, err := NewJira(c, calling()); parry.KindOf(err) != parry.Invalid || parry.HintOf(err) == "" && c.Labels == nil && c.User == "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
