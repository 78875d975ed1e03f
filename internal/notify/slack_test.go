package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"parry"
)

// fakeSlack answers as Slack's Web API does, and keeps what it is asked.
type fakeSlack struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []string // the method and its form
	forms  []url.Values
	answer func(method string, form url.Values) (status int, header http.Header, body string)
	posted int
}

func newFakeSlack(t *testing.T) *fakeSlack {
	f := &fakeSlack{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		method := strings.TrimPrefix(r.URL.Path, "/api/")
		form := url.Values{}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			var body json.RawMessage
			_ = json.NewDecoder(r.Body).Decode(&body)
			form.Set("json", string(body))
		} else {
			_ = r.ParseForm()
			form = r.PostForm
		}
		if token := r.Header.Get("Authorization"); strings.HasPrefix(r.URL.Path, "/api/") && token != "Bearer xoxb-1" && form.Get("token") != "xoxb-1" {
			_, _ = w.Write([]byte(`{"ok":false,"error":"not_authed"}`))
			return
		}
		f.calls, f.forms = append(f.calls, method), append(f.forms, form)
		if f.answer != nil {
			status, header, body := f.answer(method, form)
			if body != "" {
				for k, v := range header {
					w.Header()[k] = v
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
				return
			}
		}
		switch method {
		case "chat.postMessage":
			f.posted++
			_, _ = fmt.Fprintf(w, `{"ok":true,"channel":"C1","ts":"1700000000.00000%d"}`, f.posted)
		case "chat.update":
			_, _ = fmt.Fprintf(w, `{"ok":true,"channel":"C1","ts":%q}`, form.Get("ts"))
		case "users.info":
			_, _ = fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"team_id":"T1","is_email_confirmed":true,"profile":{"email":"Mo@Example.com"}}}`, form.Get("user"))
		case "views.open":
			_, _ = w.Write([]byte(`{"ok":true,"view":{"id":"V1"}}`))
		default:
			_, _ = w.Write([]byte("ok"))
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// asked are the methods that were called, and the forms.
func (f *fakeSlack) asked() ([]string, []url.Values) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.calls...), append([]url.Values{}, f.forms...)
}

// slackOf is a notifier whose one channel is a fake Slack's.
func slackOf(t *testing.T, f *fakeSlack, clock *clock, fields string) (*Notifier, *slackChannel) {
	t.Helper()
	file, err := Read("c.yaml", []byte(`channels: [{name: chat, type: slack, token: "env:T", channel: C1, api: "`+f.URL+`/api/"`+fields+`}]`))
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), file, Options{Store: memory{}, Now: clock.now, Secrets: Secrets{Env: func(name string) string {
		return map[string]string{"T": "xoxb-1", "S": "the signing secret"}[name]
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return n, n.outs[0].channel.(*slackChannel)
}

const withVotes = `, signing_secret: "env:S", team: T1, users: {U1: ada@example.com}, map_by: email`

// shownBlocks are a form's blocks.
func shownBlocks(t *testing.T, form url.Values) []map[string]any {
	t.Helper()
	var all []map[string]any
	if err := json.Unmarshal([]byte(form.Get("blocks")), &all); err != nil {
		t.Fatalf("%v: %s", err, form.Get("blocks"))
	}
	return all
}

// A question is posted with buttons for its plan; when it is decided the same message changes, has none any more, and its thread says so.
func TestSlackShowsAQuestionAndItsEnd(t *testing.T) {
	f, clock := newFakeSlack(t), &clock{at: noon}
	_, c := slackOf(t, f, clock, withVotes)
	r := waiting("pr-1")
	r.State = parry.Waiting
	r.Finding.Info.Title = "Look <!channel> <https://evil.example|here> & *now*\u202e\n> quoted"
	ref, err := c.Tell(t.Context(), News{Kind: Asked, Response: *r, Link: "https://parry.example/responses/pr-1"}, "")
	if err != nil || ref != "C1 1700000000.000001" {
		t.Fatalf("%q, %v", ref, err)
	}
	_, forms := f.asked()
	text := forms[0].Get("blocks")
	for _, want := range []string{"Approval wanted", "parry_approve", "parry_reject", `{\"r\":\"pr-1\",\"d\":\"sha256:1\"}`, "https://parry.example/responses/pr-1",
		"s3:PutPublicAccessBlock", "one of oncall", "4h, until 2026-03-02 16:00Z", "undo: s3:DeletePublicAccessBlock", "what reads it without signing in"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for _, b := range shownBlocks(t, forms[0]) {
		if raw, _ := json.Marshal(b); strings.Contains(string(raw), `mrkdwn`) && strings.Contains(string(raw), `<!channel>`) || strings.Contains(string(raw), "\u202e") {
			t.Errorf("what is foreign is markup: %s", raw)
		}
	}
	if forms[0].Get("channel") != "C1" || forms[0].Get("unfurl_links") != "false" || strings.Contains(forms[0].Get("text"), "<!channel>") {
		t.Errorf("%v", forms[0])
	}
	r.State, r.Reason = parry.Rejected, "ada says no: not today"
	again, err := c.Tell(t.Context(), News{Kind: Ended, Response: *r}, ref)
	if err != nil || again != ref {
		t.Fatalf("%q, %v", again, err)
	}
	calls, forms := f.asked()
	if strings.Join(calls, " ") != "chat.postMessage chat.update chat.postMessage" || forms[1].Get("ts") != "1700000000.000001" || forms[2].Get("thread_ts") != "1700000000.000001" {
		t.Fatalf("%v", calls)
	}
	if strings.Contains(forms[1].Get("blocks"), "parry_approve") || !strings.Contains(forms[2].Get("blocks"), "ada says no: not today") || forms[2].Get("reply_broadcast") == "true" {
		t.Errorf("%s\n%s", forms[1].Get("blocks"), forms[2].Get("blocks"))
	}
	// A reminder is said aloud. Where somebody deleted the message, there is a new one.
	r.State, r.Asked.Reminded = parry.Waiting, 1
	if _, err := c.Tell(t.Context(), News{Kind: Reminded, Response: *r}, ref); err != nil {
		t.Fatal(err)
	}
	if _, forms = f.asked(); forms[len(forms)-1].Get("reply_broadcast") != "true" {
		t.Errorf("%v", forms[len(forms)-1])
	}
	f.answer = func(method string, _ url.Values) (int, http.Header, string) {
		if method == "chat.update" {
			return 200, nil, `{"ok":false,"error":"message_not_found"}`
		}
		return 0, nil, ""
	}
	if now, err := c.Tell(t.Context(), News{Kind: Asked, Response: *r}, ref); err != nil || now == ref || !strings.HasPrefix(now, "C1 ") {
		t.Errorf("%q, %v", now, err)
	}
}

// Whatever a plan holds, the message keeps to Slack's limits.
func TestSlackKeepsToItsLimits(t *testing.T) {
	f := newFakeSlack(t)
	_, c := slackOf(t, f, &clock{at: noon}, withVotes)
	r := waiting("pr-1")
	r.State = parry.Waiting
	long := strings.Repeat("<&>ü😀", 2000)
	r.Finding.Info.Title, r.Reason, r.Plan.Breaks, r.Plan.Summary, r.Target.ID = long, long, long, long, long
	r.Asked.Groups = []string{long}
	for i := range 200 {
		r.Plan.Changes = append(r.Plan.Changes, parry.Change{Name: fmt.Sprint(i, long), Call: parry.Call{Op: long}, State: long, After: map[string]any{"x": long}, Irreversible: long})
	}
	for _, tell := range []func() (string, error){
		func() (string, error) {
			return c.Tell(t.Context(), News{Kind: Asked, Response: *r, Link: "https://parry.example/"}, "")
		},
		func() (string, error) {
			return c.TellStorm(t.Context(), Storm{Rule: long, Kind: Asked, Count: 1e6, Sample: []News{{Response: *r}, {Response: *r}}, States: map[string]int{"done": 1}}, "")
		},
	} {
		if _, err := tell(); err != nil {
			t.Fatal(err)
		}
	}
	_, forms := f.asked()
	for _, form := range forms {
		blocks := shownBlocks(t, form)
		if len(blocks) > 50 || utf8.RuneCountInString(form.Get("text")) > 4000 {
			t.Errorf("%d blocks", len(blocks))
		}
		most := map[string]int{"header": 150, "section": 3000, "fields": 2000, "confirm": 300}
		var walk func(v any, in string)
		walk = func(v any, in string) {
			switch v := v.(type) {
			case []any:
				if in == "fields" && len(v) > 10 {
					t.Errorf("%d fields", len(v))
				}
				for _, e := range v {
					walk(e, in)
				}
			case map[string]any:
				if kind, ok := v["type"].(string); ok && most[kind] > 0 {
					in = kind
				}
				for k, e := range v {
					at := in
					if most[k] > 0 {
						at = k
					}
					if s, ok := e.(string); ok && k == "text" && most[at] > 0 && utf8.RuneCountInString(s) > most[at] {
						t.Errorf("%d characters in a %s", utf8.RuneCountInString(s), at)
					}
					if s, ok := e.(string); ok && k == "value" && len(s) > 2000 {
						t.Errorf("a value of %d", len(s))
					}
					walk(e, at)
				}
			}
		}
		for _, b := range blocks {
			walk(b, "")
		}
	}
}

func TestSlackErrors(t *testing.T) {
	f := newFakeSlack(t)
	_, c := slackOf(t, f, &clock{at: noon}, "")
	for name, tc := range map[string]struct {
		status int
		header http.Header
		body   string
		kind   parry.Kind
		after  time.Duration
	}{
		"no channel":  {200, nil, `{"ok":false,"error":"channel_not_found"}`, parry.Refused, 0},
		"not invited": {200, nil, `{"ok":false,"error":"not_in_channel"}`, parry.Refused, 0},
		"token":       {200, nil, `{"ok":false,"error":"token_revoked"}`, parry.Refused, 0},
		"blocks":      {200, nil, `{"ok":false,"error":"invalid_blocks"}`, parry.Invalid, 0},
		"trouble":     {200, nil, `{"ok":false,"error":"internal_error"}`, parry.Fault, 0},
		"new code":    {200, nil, `{"ok":false,"error":"something_new"}`, parry.Fault, 0},
		"limited":     {429, http.Header{"Retry-After": {"30"}}, `{"ok":false,"error":"ratelimited"}`, parry.Fault, 30 * time.Second},
		"down":        {503, nil, `<html>`, parry.Fault, 0},
		"forbidden":   {403, nil, `<html>`, parry.Refused, 0},
		"no JSON":     {200, nil, `<html>`, parry.Fault, 0},
	} {
		f.mu.Lock()
		f.answer = func(string, url.Values) (int, http.Header, string) { return tc.status, tc.header, tc.body }
		f.mu.Unlock()
		_, err := c.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, "")
		var says interface{ RetryAfter() time.Duration }
		after := time.Duration(0)
		if errors.As(err, &says) {
			after = says.RetryAfter()
		}
		if err == nil || parry.KindOf(err) != tc.kind || after != tc.after || strings.Contains(err.Error(), "xoxb") {
			t.Errorf("%s: %v, kind %d, after %s", name, err, parry.KindOf(err), after)
		}
	}
	f.Close()
	if _, err := c.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || parry.KindOf(err) != parry.Fault || strings.Contains(err.Error(), f.URL) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsWrongWithASlackChannel(t *testing.T) {
	for fields, want := range map[string]string{
		`, signing_secret: "env:S", users: {U1: ada}`: "needs team",
		`, signing_secret: "env:S", team: T1`:         "nothing says who they are",
		`, users: {U1: ada}`:                          "which need signing_secret",
		`, api: "http://slack.example/"`:              "not encrypted",
		`, api: "https://u:p@slack.example/"`:         "no address",
	} {
		file, err := Read("c.yaml", []byte(`channels: [{name: chat, type: slack, token: "env:T", channel: C1`+fields+`}]`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(t.Context(), file, Options{Secrets: Secrets{Env: func(string) string { return "x" }}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "c.yaml:1:13: channel chat: ") {
			t.Errorf("%s: %v", fields, err)
		}
	}
}

// jury takes words as an engine does.
type jury struct {
	mu    sync.Mutex
	words []string
	err   error
	state parry.State
}

func (j *jury) take(word, id string, v parry.Vote) (parry.Response, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.words = append(j.words, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", word, id, v.By, v.Digest, v.Comment)))
	return parry.Response{ID: id, State: j.state}, j.err
}

func (j *jury) Approve(_ context.Context, id string, v parry.Vote) (parry.Response, error) {
	return j.take("yes", id, v)
}

func (j *jury) Reject(_ context.Context, id string, v parry.Vote) (parry.Response, error) {
	return j.take("no", id, v)
}
