package console

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/signin"
)

// samples are addresses for the routes' names.
func (s *scene) path(rt route) string {
	p := strings.ReplaceAll(rt.path, "{$}", "")
	p = strings.ReplaceAll(p, "{id}", s.waiting().ID)
	switch {
	case strings.HasPrefix(p, "/rules/"):
		return "/rules/guardduty-access-key-abused"
	case strings.HasPrefix(p, "/playbooks/"):
		return "/playbooks/ec2-quarantine"
	}
	return p
}

// Nobody is in where they do not belong: each way in, asked by each role. What is wrong with the request is another matter, and comes later.
func TestEveryRouteAsksForItsRole(t *testing.T) {
	s := newScene(t, sceneOptions{})
	people := map[signin.Role]*browser{}
	for _, role := range []signin.Role{signin.Nobody, signin.Viewer, signin.Approver, signin.Admin} {
		people[role] = s.as(role.String()+"@example.com", role)
	}
	for _, rt := range s.con.routes() {
		for role, b := range people {
			if rt.path == "/live" && role >= rt.role {
				continue // it does not end: TestLive
			}
			path := s.path(rt)
			var status int
			var text string
			if rt.method == http.MethodPost {
				status, text = b.post(path, "digest", "sha256:none", "playbook", "no-such", "event", "{")
			} else {
				status, text, _ = b.ask(http.MethodGet, path)
			}
			inside, shut := role >= rt.role, strings.Contains(text, "Not for your role")
			switch {
			case role == signin.Nobody && status != http.StatusUnauthorized && (status != http.StatusSeeOther || !strings.HasPrefix(text, "/signin")) && status != http.StatusForbidden:
				t.Errorf("%s %s lets nobody in: %d", rt.method, path, status)
			case role != signin.Nobody && !inside && (status != http.StatusForbidden || !shut):
				t.Errorf("%s %s as %s: %d, want 403", rt.method, path, role, status)
			case inside && (shut || status == http.StatusUnauthorized || strings.HasPrefix(text, "/signin")):
				t.Errorf("%s %s as %s: %d", rt.method, path, role, status)
			}
			// The one form that anybody could mean by mistake is not answered without the page's own token.
			if rt.method == http.MethodPost && inside {
				if status, _ := b.send(path, url.Values{"digest": {"x"}}); status != http.StatusForbidden {
					t.Errorf("POST %s without the form's token as %s: %d", path, role, status)
				}
			}
		}
	}
	s.look()
	s.waiting() // nobody decided it
	for role, b := range people {
		status, _ := b.get("/no/such/page")
		if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusNotFound}[role == signin.Nobody]; status != want {
			t.Errorf("a page that is not there, as %s: %d", role, status)
		}
		if status, _ := b.send("/no/such/page", nil); status < 400 {
			t.Errorf("POST to a page that is not there, as %s: %d", role, status)
		}
	}
}

// A person reads, says yes, sees it done, and takes it back: all without JavaScript.
func TestAResponseIsApprovedAndUndone(t *testing.T) {
	s := newScene(t, sceneOptions{})
	b := s.as("dana@example.com", signin.Approver)
	_, inbox := b.get("/inbox")
	resp := s.waiting()
	like(t, inbox, resp.ID, resp.Finding.Info.Title, resp.Plan.Playbook)
	_, page := b.get("/responses/" + resp.ID)
	like(t, page, resp.Plan.Digest, "Approve", "It breaks:", "How it is undone", "Permissions that it uses", "left")

	if status, text := b.post("/responses/"+resp.ID+"/approve", "digest", "sha256:other"); status != http.StatusConflict {
		t.Fatalf("a yes to another plan: %d %s", status, short(text))
	} else {
		like(t, text, "Not done.", "sha256:other", resp.Plan.Digest)
	}
	if status, _ := b.post("/responses/"+resp.ID+"/reject", "digest", resp.Plan.Digest, "comment", " "); status != http.StatusBadRequest {
		t.Errorf("a no without a reason: %d", status)
	}
	if status, to := b.post("/responses/"+resp.ID+"/remark", "comment", "I know <this> one"); status != http.StatusSeeOther || !strings.HasSuffix(to, "said=remarked") {
		t.Errorf("%d %s", status, to)
	}
	status, to := b.post("/responses/"+resp.ID+"/approve", "digest", resp.Plan.Digest, "comment", "looks right")
	if status != http.StatusSeeOther || !strings.HasSuffix(to, "said=approved") {
		t.Fatalf("%d %s", status, to)
	}
	got := s.until(resp.ID, parry.Done)
	if got.By != "dana@example.com" || len(got.Votes) != 1 || got.Votes[0].Comment != "looks right" {
		t.Errorf("%s %+v", got.By, got.Votes)
	}
	_, page = b.get(to)
	like(t, page, "Your yes is kept", "dana@example.com remarks: I know &lt;this&gt; one", got.Results[0].RequestID, "Undo…")
	_, page = b.get("/responses/" + resp.ID + "/undo")
	like(t, page, "What undoing would do", got.Plan.Changes[0].Undo[0].Op)
	if status, to := b.post("/responses/" + resp.ID + "/undo"); status != http.StatusSeeOther || !strings.HasSuffix(to, "said=undoing") {
		t.Fatalf("%d %s", status, to)
	}
	s.until(resp.ID, parry.Undone)
	_, page = b.get("/responses/" + resp.ID)
	like(t, page, "The finding is on hold")
	if status, _ := b.post("/responses/" + resp.ID + "/undo"); status != http.StatusForbidden {
		t.Errorf("undone twice: %d", status)
	}
}

// Where it takes two people, the page says so, and one cannot be both.
func TestTwoPeople(t *testing.T) {
	g := parry.DefaultGuardPolicy()
	g.Approvals.Groups = map[string][]string{"oncall": {"*@example.com"}}
	g.Approvals.Default = parry.Approval{Approvers: []string{"oncall"}, Persons: 2, Expires: time.Hour}
	s := newScene(t, sceneOptions{guard: &g})
	resp := s.waiting()
	dana, omar, else_ := s.as("dana@example.com", signin.Approver), s.as("omar@example.com", signin.Approver), s.as("eve@elsewhere.org", signin.Admin)
	at := "/responses/" + resp.ID
	if _, to := dana.post(at+"/approve", "digest", resp.Plan.Digest); !strings.HasSuffix(to, "said=one-yes") {
		t.Fatal(to)
	}
	_, page := dana.get(at)
	like(t, page, "1 of 2", "2 different people of oncall")
	if status, page := dana.post(at+"/approve", "digest", resp.Plan.Digest); status != http.StatusForbidden || !strings.Contains(page, "takes another person") {
		t.Errorf("%d %s", status, short(page))
	}
	_, page = else_.get(at)
	like(t, page, "You cannot answer", "not among those who may say yes")
	if status, _ := else_.post(at+"/approve", "digest", resp.Plan.Digest); status != http.StatusForbidden {
		t.Errorf("somebody of no group: %d", status)
	}
	if _, to := omar.post(at+"/approve", "digest", resp.Plan.Digest); !strings.HasSuffix(to, "said=approved") {
		t.Fatal(to)
	}
	if got := s.until(resp.ID, parry.Done); got.By != "dana@example.com, omar@example.com" {
		t.Error(got.By)
	}
}

// A hold keeps everybody from saying yes until an administrator takes it off.
func TestHold(t *testing.T) {
	s := newScene(t, sceneOptions{})
	dana, root := s.as("dana@example.com", signin.Approver), s.as("root@example.com", signin.Admin)
	resp := s.waiting()
	at := "/responses/" + resp.ID
	if status, _ := dana.post(at+"/hold", "comment", ""); status != http.StatusBadRequest {
		t.Errorf("a hold without a reason: %d", status)
	}
	if _, to := dana.post(at+"/hold", "comment", "the owner is asked"); !strings.HasSuffix(to, "said=held") {
		t.Fatal(to)
	}
	if status, page := root.post(at+"/approve", "digest", resp.Plan.Digest); status != http.StatusForbidden {
		t.Errorf("a yes in spite of a hold: %d %s", status, short(page))
	}
	_, page := dana.get(at)
	like(t, page, "dana@example.com: the owner is asked")
	if status, _ := dana.post(at + "/unhold"); status != http.StatusForbidden {
		t.Errorf("an approver takes a hold off: %d", status)
	}
	if _, to := root.post(at + "/unhold"); !strings.HasSuffix(to, "said=released") {
		t.Fatal(to)
	}
	if _, to := dana.post(at+"/approve", "digest", resp.Plan.Digest); !strings.HasSuffix(to, "said=approved") {
		t.Fatal(to)
	}
	s.until(resp.ID, parry.Done)
}

// The switch stops, is shown on every page, and is recorded.
func TestSwitch(t *testing.T) {
	s := newScene(t, sceneOptions{})
	root := s.as("root@example.com", signin.Admin)
	if status, _ := root.post("/safety/stop", "why", " "); status != http.StatusBadRequest {
		t.Errorf("a stop without a reason: %d", status)
	}
	if status, _ := root.post("/safety/stop", "why", "x", "playbook", "ec2-quarantin"); status < 400 {
		t.Errorf("a stop of a playbook that is not there: %d", status)
	}
	if _, to := root.post("/safety/stop", "why", "a <rule> is wrong"); to != "/safety?said=stopped" {
		t.Fatal(to)
	}
	_, page := root.get("/inbox")
	like(t, page, "Stopped.", "a &lt;rule&gt; is wrong", "root@example.com")
	resp := s.waiting()
	if status, _ := root.post("/responses/"+resp.ID+"/approve", "digest", resp.Plan.Digest); status != http.StatusForbidden {
		t.Errorf("a yes while it is stopped: %d", status)
	}
	if _, to := root.post("/safety/stop", "why", "breaks builds", "playbook", "ec2-quarantine"); to != "/safety?said=stopped" {
		t.Fatal(to)
	}
	_, page = root.get("/safety")
	like(t, page, "Start ec2-quarantine again", "Start everything again")
	for _, name := range []string{"", "ec2-quarantine"} {
		if _, to := root.post("/safety/start", "playbook", name); to != "/safety?said=started" {
			t.Fatal(to)
		}
	}
	_, page = root.get("/safety")
	like(t, page, "Nothing is stopped.", "starts everything")
	if records, err := s.store.Records(t.Context(), parry.SwitchLog); err != nil || len(records) != 4 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// A page that is open hears of what happens, and of the server's end.
func TestLive(t *testing.T) {
	s := newScene(t, sceneOptions{})
	b := s.as("vera@example.com", signin.Viewer)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/live?since=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Jar: b.http.Jar}).Do(req)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(resp, err)
	}
	defer resp.Body.Close()
	lines := make(chan string, 100)
	go func() { // ends with the body
		defer close(lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	heard := func() {
		t.Helper()
		for {
			select {
			case l, open := <-lines:
				if l == "event: changed" {
					return
				}
				if !open {
					t.Fatal("it ended")
				}
			case <-ctx.Done():
				t.Fatal("nothing was heard")
			}
		}
	}
	heard() // it was behind
	if _, err := s.engine.Remark(t.Context(), s.waiting().ID, "dana", "a word"); err != nil {
		t.Fatal(err)
	}
	heard()
}

// Each page says something where there is nothing, and before anything was read.
func TestEmptyAndLoading(t *testing.T) {
	s := newScene(t, sceneOptions{silent: true})
	b := s.as("vera@example.com", signin.Viewer)
	for path, want := range map[string]string{
		"/inbox": "Nothing waits.", "/responses": "There are no responses yet.", "/responses?q=x": "Nothing fits.", "/overview": "Nothing was received",
		"/rules/guardduty-access-key-abused": "None yet.", "/safety": "Nothing was ever stopped.", "/inbox?rule=x": "Nothing of this rule waits",
	} {
		if status, page := b.get(path); status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%s: %d, want %q:\n%s", path, status, want, short(page))
		}
	}
	s.con.o.Board = NewBoard(s.store, time.Minute, time.Now, s.con.o.Log)
	for _, path := range []string{"/inbox", "/responses"} {
		_, page := b.get(path)
		like(t, page, "The store is being read")
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if s.con.o.Board.Look(t.Context()) == nil {
		t.Fatal("a closed store is read")
	}
}

// A store that fails is said on every page, and nothing of how it fails is told to people.
func TestTheStoreFails(t *testing.T) {
	s := newScene(t, sceneOptions{})
	b := s.as("vera@example.com", signin.Viewer)
	id := s.waiting().ID
	s.con.o.Store = broken{s.con.o.Store}
	status, page := b.get("/responses/" + id)
	if status != http.StatusInternalServerError || strings.Contains(page, "disk on fire") {
		t.Errorf("%d %s", status, short(page))
	}
	like(t, page, "Something went wrong here")
}

type broken struct{ parry.Store }

func (broken) Response(context.Context, string) (parry.Response, error) {
	return parry.Response{}, parry.Errorf(parry.Fault, "disk on fire at /var/lib")
}

// What is written where browsers keep it is held short, and pages are kept nowhere.
func TestHeaders(t *testing.T) {
	s := newScene(t, sceneOptions{silent: true})
	b := s.as("vera@example.com", signin.Viewer)
	for _, path := range []string{"/inbox", "/overview", "/nope", "/static/style.css"} {
		_, _, h := b.ask(http.MethodGet, path)
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
		if !strings.HasPrefix(path, "/static/") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s is kept: %s", path, h.Get("Cache-Control"))
		}
	}
}
