package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/api"
	"parry/internal/signin"
)

type object = map[string]any

// Each act does what it says to the store and to AWS, in the name of whoever asks.
func TestActs(t *testing.T) {
	s := newScene(t)
	all := s.seed()
	path := func(name, verb string) string { return "/api/v1/responses/" + all[name].ID + verb }
	var r parry.Response
	read := func(got reply, status int) {
		t.Helper()
		if got.status != status {
			t.Fatalf("%d: %s", got.status, got.text)
		}
		r = parry.Response{}
		s.ok(json.Unmarshal([]byte(got.text), &r))
	}
	// What somebody else's yes is for counts no more.
	if got := s.ask(signin.Approver, "POST", path("waiting", "/approve"), object{"digest": "sha256:0"}); got.status != http.StatusConflict || got.problem().Kind != "conflict" {
		t.Errorf("%d: %s", got.status, got.text)
	}
	read(s.ask(signin.Approver, "POST", path("waiting", "/approve"), object{"digest": all["waiting"].Plan.Digest, "comment": "as discussed"}), 200)
	if r.State != parry.Approved || r.By != "approver@example.com" {
		t.Errorf("%s by %s", r.State, r.By)
	}
	read(s.ask(signin.Viewer, "GET", path("waiting", ""), nil), 200)
	if r.State != parry.Done {
		t.Errorf("it went on to %q", r.State)
	}
	read(s.ask(signin.Approver, "POST", path("waiting", "/remark"), object{"text": hostile}), 200)
	read(s.ask(signin.Approver, "POST", path("waiting", "/hold"), object{"why": "it is a test"}), 200)
	whole := s.ask(signin.Viewer, "GET", path("waiting", ""), nil)
	for _, want := range []string{`"held":"approver@example.com: it is a test"`, "remarks: </script><script>", `"kind":"verified"`} {
		if !strings.Contains(whole.text, want) {
			t.Errorf("there is no %s in %s", want, whole.text)
		}
	}
	read(s.ask(signin.Admin, "DELETE", path("waiting", "/hold"), nil), 200)
	if held, err := s.store.Held(t.Context(), r.Key); err != nil || held != "" {
		t.Errorf("held %q, %v", held, err)
	}
	if got := s.ask(signin.Viewer, "GET", path("waiting", "/undo?change=deactivate"), nil); got.status != 200 || !strings.Contains(got.text, `"steps":[{`) {
		t.Errorf("%d: %s", got.status, got.text)
	}
	read(s.ask(signin.Approver, "POST", path("waiting", "/undo"), object{}), 200)
	read(s.ask(signin.Viewer, "GET", path("waiting", ""), nil), 200)
	if r.State != parry.Undone {
		t.Errorf("it is %q", r.State)
	}
	read(s.ask(signin.Approver, "POST", path("hostile", "/reject"), object{"comment": "no"}), 200)
	if r.State != parry.Rejected || r.Finding.Info.Title != all["hostile"].Finding.Info.Title || !strings.Contains(r.Finding.Info.Title, "<script>") {
		t.Errorf("%q: %q", r.State, r.Finding.Info.Title)
	}
	read(s.ask(signin.Approver, "POST", path("waiting too", "/refresh"), nil), 200)
	if r.State != parry.Waiting {
		t.Errorf("it is %q", r.State)
	}
}

func TestSwitches(t *testing.T) {
	s := newScene(t)
	s.seed()
	ask := func(role signin.Role, method, path string, body any) (sw struct {
		Everything string
		Playbooks  []struct{ Playbook, Why string }
		History    []parry.Record
	}) {
		t.Helper()
		got := s.ask(role, method, path, body)
		if got.status != 200 {
			t.Fatalf("%d: %s", got.status, got.text)
		}
		s.ok(json.Unmarshal([]byte(got.text), &sw))
		return sw
	}
	if sw := ask(signin.Viewer, "GET", "/api/v1/switches", nil); sw.Everything != "" || len(sw.Playbooks) != 0 || len(sw.History) != 2 || sw.History[0].Kind != parry.MoveStarted {
		t.Errorf("%+v", sw)
	}
	ask(signin.Admin, "POST", "/api/v1/stop", object{"playbook": "iam-deactivate-access-key", "why": "a drill"})
	sw := ask(signin.Admin, "POST", "/api/v1/stop", object{"why": "another drill"})
	if !strings.Contains(sw.Everything, "admin@example.com stopped it") || len(sw.Playbooks) != 1 || !strings.Contains(sw.Playbooks[0].Why, "a drill") || len(sw.History) != 4 {
		t.Errorf("%+v", sw)
	}
	if why, err := s.engine.Stopped(t.Context(), "s3-block-public-access"); err != nil || why == "" {
		t.Errorf("nothing is stopped: %v", err)
	}
	ask(signin.Admin, "POST", "/api/v1/start", object{})
	if sw := ask(signin.Admin, "POST", "/api/v1/start", object{"playbook": "iam-deactivate-access-key"}); sw.Everything != "" || len(sw.Playbooks) != 0 {
		t.Errorf("%+v", sw)
	}
	if got := s.ask(signin.Admin, "POST", "/api/v1/stop", object{"playbook": "no-such", "why": "a drill"}); got.status != 404 || !strings.Contains(got.problem().Error, "there is no playbook") {
		t.Errorf("%d: %s", got.status, got.text)
	}
}

// The histories that are of no response are shown as none, and nothing is done to them.
func TestOwnHistoriesAreNoResponses(t *testing.T) {
	s := newScene(t)
	s.seed()
	if got := s.ask(signin.Viewer, "GET", "/api/v1/responses?limit=100", nil); strings.Contains(got.text, parry.SignInLog) || strings.Contains(got.text, `"id":"switches"`) || !strings.Contains(got.text, `"id":"pr-`) {
		t.Error(got.text)
	}
	for _, id := range []string{parry.SwitchLog, parry.SignInLog, "pr-none"} {
		for _, q := range []struct {
			method, verb string
			body         any
		}{
			{"GET", "", nil}, {"GET", "/undo", nil}, {"POST", "/undo", object{}}, {"POST", "/refresh", nil}, {"POST", "/approve", object{"digest": "x"}}, {"POST", "/reject", object{"comment": "x"}},
			{"POST", "/remark", object{"text": "x"}}, {"POST", "/hold", object{"why": "x"}}, {"DELETE", "/hold", nil},
		} {
			if got := s.ask(signin.Admin, q.method, "/api/v1/responses/"+id+q.verb, q.body); got.status != 404 || got.problem().Kind != "not found" {
				t.Errorf("%s %s%s: %d %s", q.method, id, q.verb, got.status, got.text)
			}
		}
	}
}

// Whatever is wrong with a request is told in one form, with the place and the next step, and with the headers that every answer has.
func TestRefusals(t *testing.T) {
	s := newScene(t)
	id := s.seed()["waiting"].ID
	yes := "/api/v1/responses/" + id + "/approve"
	for name, q := range map[string]struct {
		method, path, kind, body string
		status                   int
		text                     string
	}{
		"unknown field":     {"POST", yes, "application/json", `{"digest":"x","by":"root"}`, 400, "body.by: unexpected property"},
		"no digest":         {"POST", yes, "application/json", `{}`, 400, "body: expected required property digest to be present"},
		"a number":          {"POST", yes, "application/json", `{"digest":1}`, 400, "body.digest: expected string"},
		"no JSON":           {"POST", yes, "application/json", `digest=1`, 400, "body: invalid character"},
		"two values":        {"POST", yes, "application/json", `{"digest":"x"}{"digest":"y"}`, 400, "body: invalid character"},
		"a list":            {"POST", yes, "application/json", `[]`, 400, "body: expected object"},
		"nothing":           {"POST", yes, "application/json", ``, 400, "request body is required"},
		"a form":            {"POST", yes, "application/x-www-form-urlencoded", `digest=1`, 415, "not JSON"},
		"no type":           {"POST", yes, "", `{"digest":"x"}`, 415, "not JSON"},
		"something like it": {"POST", yes, "application/problem+json", `{"digest":"x"}`, 415, "not JSON"},
		"too long":          {"POST", yes, "application/json", `{"digest":"` + strings.Repeat("x", 65<<10) + `"}`, 413, "too large"},
		"a blank reason":    {"POST", "/api/v1/responses/" + id + "/reject", "application/json", `{"comment":"  "}`, 400, "body.comment"},
		"a null":            {"POST", "/api/v1/stop", "application/json", `{"why":"a drill","playbook":null}`, 400, "playbook is null"},
		"in capitals":       {"POST", "/api/v1/stop", "application/json", `{"why":"a drill","playbook":"ec2-quarantine","PLAYBOOK":""}`, 400, "small letters"},
		"no playbook":       {"POST", "/api/v1/stop", "application/json", `{"why":"a drill","playbook":""}`, 400, "body.playbook: expected length >= 1"},
		"an empty filter":   {"GET", "/api/v1/responses?account=", "", "", 400, "query.account: it is empty"},
		"two filters":       {"GET", "/api/v1/responses?rule=a&rule=b", "", "", 400, "query.rule: it is given twice"},
		"no query":          {"GET", "/api/v1/responses?rule=%zz", "", "", 400, "query: invalid URL escape"},
		"a limit":           {"GET", "/api/v1/responses?limit=101", "", "", 400, "query.limit: expected number <= 100"},
		"a state":           {"GET", "/api/v1/responses?state=open", "", "", 400, "query.state"},
		"a parameter":       {"GET", "/api/v1/responses?limt=1", "", "", 400, "query.limt: unknown query parameter"},
		"a page":            {"GET", "/api/v1/responses?after=x", "", "", 400, "is not where a page of the list ended"},
		"a span":            {"GET", "/api/v1/stats?since=soon", "", "", 400, "query.since"},
		"no path":           {"GET", "/api/v1/nothing", "", "", 404, "nothing at this address"},
		"a path outside":    {"GET", "/api/v1/responses/%2e%2e/stop", "", "", 404, "nothing at this address"},
		"no method":         {"PUT", "/api/v1/stop", "application/json", "{}", 405, "no such method"},
		"a guard":           {"GET", "/api/v1/responses/" + id + "/undo", "", "", 403, "there is nothing to undo"},
	} {
		r := httptest.NewRequestWithContext(signin.With(t.Context(), person(signin.Admin)), q.method, q.path, strings.NewReader(q.body))
		if q.kind != "" {
			r.Header.Set("Content-Type", q.kind)
		}
		got := s.do(r)
		p := got.problem()
		if got.status != q.status || !strings.Contains(p.Error, q.text) || p.Kind == "" || strings.Contains(got.text, "$schema") {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
		if h := got.header; h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", name, h)
		}
		if q.status == 405 && got.header.Get("Allow") != "POST" {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	if resp, err := s.store.Response(t.Context(), id); err != nil || resp.State != parry.Waiting || len(resp.Votes) != 0 {
		t.Errorf("%v: %+v", err, resp.Votes)
	}
}

// A list of very many is gone through page by page, each response once, and no page is longer than was asked for.
func TestThousandsAreReadByPages(t *testing.T) {
	s := newScene(t)
	first, err := s.finding(asked, "a key")
	s.ok(err)
	const many = 1500
	for n := range many {
		r := first
		r.ID, r.Key, r.Steps = fmt.Sprintf("pr-%05d", n), fmt.Sprintf("key-%d", n), 0
		r.Times.Received = s.Now().Add(time.Duration(n/7) * time.Second)
		s.ok(s.store.Save(t.Context(), r))
	}
	var ids []string
	for path := "/api/v1/responses?state=waiting&limit=100&rule=asks&account=" + account; ; {
		got := s.ask(signin.Viewer, "GET", path, nil)
		var page struct {
			Responses []struct{ ID string }
			Next      string
		}
		s.ok(json.Unmarshal([]byte(got.text), &page))
		if len(page.Responses) > 100 || got.status != 200 {
			t.Fatalf("%d: %d on a page", got.status, len(page.Responses))
		}
		for _, r := range page.Responses {
			ids = append(ids, r.ID)
		}
		if page.Next == "" {
			break
		}
		path, _, _ = strings.Cut(path, "&after=")
		path += "&after=" + url.QueryEscape(page.Next)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != many+1 {
		t.Errorf("%d of %d", len(ids), many+1)
	}
}

func TestWhatThereIsToKnow(t *testing.T) {
	s := newScene(t)
	s.seed()
	for path, want := range map[string][]string{
		"/api/v1/me":           {`"id":"viewer@example.com"`, `"role":"viewer"`, `"via":"token"`},
		"/api/v1/rules":        {`"name":"asks"`, `"tier":"approve"`, `"for":86400000000000`, `"match":{`},
		"/api/v1/playbooks":    {`"name":"iam-deactivate-access-key"`, `"risk":"low"`},
		"/api/v1/stats":        {`"rule":"does"`, `"done":1`, `"failed":1`, `"undone":1`},
		"/api/v1/openapi.json": {`"openapi":"3.1.0"`, `"x-parry-role":"approver"`},
	} {
		got := s.ask(signin.Viewer, "GET", path, nil)
		for _, w := range want {
			if got.status != 200 || !strings.Contains(got.text, w) {
				t.Errorf("%s: %d, no %s in %s", path, got.status, w, got.text)
			}
		}
	}
}

// A fault of the server's own is told as one, without what it was, and ends nothing else.
func TestAFaultIsSurvived(t *testing.T) {
	var log strings.Builder
	h, err := api.New(api.Options{
		Rules: func() []api.Rule { panic("the secret of the house") },
		Stats: func(context.Context, time.Time) ([]api.Figures, error) {
			return nil, parry.Errorf(parry.Fault, "the store is full").WithHint("make room")
		},
		Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/api/v1/rules": "the answer could not be made", "/api/v1/stats": "the store is full"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(signin.With(t.Context(), person(signin.Viewer)), "GET", path, nil))
		got := reply{w.Code, w.Header(), w.Body.String()}
		if got.status != 500 || got.problem().Kind != "fault" || got.problem().Error != want || strings.Contains(got.text, "secret") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if !strings.Contains(log.String(), "the secret of the house") || !strings.Contains(log.String(), "the store is full") {
		t.Error(log.String())
	}
}
