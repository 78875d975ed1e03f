package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"parry"
	"parry/internal/sqlite"
)

// clicks is a handler of clicks with a fake Slack behind it.
type clicks struct {
	t     *testing.T
	slack *fakeSlack
	clock *clock
	jury  *jury
	a     *Actions
}

func newClicks(t *testing.T) *clicks {
	t.Helper()
	c := &clicks{t: t, slack: newFakeSlack(t), clock: &clock{at: noon}, jury: &jury{state: parry.Done}}
	db, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	n, _ := slackOf(t, c.slack, c.clock, withVotes)
	c.a = n.Actions(t.Context(), c.jury, db)
	return c
}

// request is one of Slack's, signed with a secret at a moment.
func (c *clicks) request(payload, secret string, at time.Time) *http.Request {
	body := url.Values{"payload": {payload}}.Encode()
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	r := httptest.NewRequest(http.MethodPost, "/slack/actions", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

// send has a request answered, and waits for the work.
func (c *clicks) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.a.ServeHTTP(w, r)
	c.a.Wait()
	return w
}

// click is the payload of a click on a button.
func (c *clicks) click(action, user, team, stamp string) string {
	return fmt.Sprintf(`{"type":"block_actions","team":{"id":%q},"user":{"id":%q,"team_id":%q},"trigger_id":"t.1","response_url":%q,`+
		`"actions":[{"type":"button","block_id":"parry","action_id":%q,"action_ts":%q,"value":"{\"r\":\"pr-1\",\"d\":\"sha256:1\"}"}]}`,
		team, user, team, c.slack.URL+"/answer", action, stamp)
}

// said is what the person who clicked was told last.
func (c *clicks) said() string {
	calls, forms := c.slack.asked()
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i] == "/answer" {
			var m struct {
				Text string `json:"text"`
				Type string `json:"response_type"`
			}
			_ = json.Unmarshal([]byte(forms[i].Get("json")), &m)
			return m.Type + ": " + m.Text
		}
	}
	return ""
}

func (c *clicks) words(want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.jury.words); diff != "" {
		c.t.Error(diff)
	}
}

const theSecret = "the signing secret"

func TestAYesInSlack(t *testing.T) {
	c := newClicks(t)
	if w := c.send(c.request(c.click(actApprove, "U1", "T1", "1.1"), theSecret, noon)); w.Code != 200 || w.Body.Len() != 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	c.words("yes pr-1 ada@example.com sha256:1")
	if got := c.said(); got != "ephemeral: Approved: the response is done." {
		t.Error(got)
	}
	// By the confirmed address of the workspace's account.
	c.jury.state = parry.Waiting
	c.send(c.request(c.click(actApprove, "U2", "T1", "1.2"), theSecret, noon))
	c.words("yes pr-1 ada@example.com sha256:1", "yes pr-1 mo@example.com sha256:1")
	if got := c.said(); !strings.Contains(got, "it takes another person's") {
		t.Error(got)
	}
	c.jury.err = parry.Errorf(parry.Conflict, "the plan of response pr-1 is sha256:2 now, not sha256:1")
	c.send(c.request(c.click(actApprove, "U1", "T1", "1.3"), theSecret, noon))
	if got := c.said(); !strings.Contains(got, "the plan has changed") {
		t.Error(got)
	}
	c.jury.err = parry.Errorf(parry.Refused, "ada@example.com is not among those who may say yes: <oncall>")
	c.send(c.request(c.click(actApprove, "U1", "T1", "1.4"), theSecret, noon))
	if got := c.said(); !strings.Contains(got, "Nothing was done: ada@example.com is not among") || !strings.Contains(got, "&lt;oncall&gt;") {
		t.Error(got)
	}
}

// A no asks for its reason, and is said with it.
func TestANoInSlack(t *testing.T) {
	c := newClicks(t)
	c.send(c.request(c.click(actReject, "U1", "T1", "1.1"), theSecret, noon))
	calls, forms := c.slack.asked()
	if strings.Join(calls, " ") != "views.open" {
		t.Fatalf("%v", calls)
	}
	var open struct {
		Trigger string `json:"trigger_id"`
		View    struct {
			Meta string `json:"private_metadata"`
			ID   string `json:"callback_id"`
		} `json:"view"`
	}
	if err := json.Unmarshal([]byte(forms[0].Get("json")), &open); err != nil || open.Trigger != "t.1" || open.View.ID != actReject {
		t.Fatalf("%v, %s", err, forms[0].Get("json"))
	}
	submit := func(why string) string {
		b, _ := json.Marshal(map[string]any{
			"type": "view_submission", "team": map[string]any{"id": "T1"}, "user": map[string]any{"id": "U1"},
			"view": map[string]any{"id": "V1", "callback_id": actReject, "private_metadata": open.View.Meta, "state": map[string]any{"values": map[string]any{
				actReason: map[string]any{actReason: map[string]any{"type": "plain_text_input", "value": why}}}}},
		})
		return string(b)
	}
	if w := c.send(c.request(submit("  "), theSecret, noon)); !strings.Contains(w.Body.String(), `"response_action":"errors"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.words()
	if w := c.send(c.request(submit("not during the fair"), theSecret, noon)); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.words("no pr-1 ada@example.com sha256:1 not during the fair")
	if got := c.said(); got != "ephemeral: Rejected." {
		t.Error(got)
	}
	c.send(c.request(submit("not during the fair"), theSecret, noon.Add(time.Second))) // Slack sends it again
	c.words("no pr-1 ada@example.com sha256:1 not during the fair")
}

// What is not signed, signed with another secret, old, from the future, of another workspace, too long, or recorded, does nothing.
func TestClicksThatAreNotTaken(t *testing.T) {
	c := newClicks(t)
	yes := c.click(actApprove, "U1", "T1", "1.1")
	without := func(header string) *http.Request {
		r := c.request(yes, theSecret, noon)
		r.Header.Del(header)
		return r
	}
	changed := c.request(yes, theSecret, noon)
	changed.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(noon.Unix()+1))
	other := c.request(strings.Replace(yes, "U1", "U2", 1), theSecret, noon)
	other.Header.Set("X-Slack-Signature", c.request(yes, theSecret, noon).Header.Get("X-Slack-Signature"))
	for name, tc := range map[string]struct {
		r    *http.Request
		want int
	}{
		"another secret":   {c.request(yes, "another secret", noon), 401},
		"no secret":        {c.request(yes, "", noon), 401},
		"no signature":     {without("X-Slack-Signature"), 401},
		"no moment":        {without("X-Slack-Request-Timestamp"), 401},
		"old":              {c.request(yes, theSecret, noon.Add(-301*time.Second)), 401},
		"of the future":    {c.request(yes, theSecret, noon.Add(301*time.Second)), 401},
		"another moment":   {changed, 401},
		"another body":     {other, 401},
		"another team":     {c.request(c.click(actApprove, "U1", "T2", "1.1"), theSecret, noon), 403},
		"no team":          {c.request(c.click(actApprove, "U1", "", "1.1"), theSecret, noon), 403},
		"too long":         {c.request(strings.Repeat("x", slackBody), theSecret, noon), 413},
		"no JSON":          {c.request("x", theSecret, noon), 400},
		"another button":   {c.request(c.click("delete_all", "U1", "T1", "1.1"), theSecret, noon), 400},
		"a link":           {c.request(c.click(actOpen, "U1", "T1", "1.1"), theSecret, noon), 200},
		"another dialog":   {c.request(`{"type":"view_submission","team":{"id":"T1"},"view":{"callback_id":"x"}}`, theSecret, noon), 200},
		"a dialog of none": {c.request(`{"type":"view_submission","team":{"id":"T1"},"view":{"callback_id":"parry_reject"}}`, theSecret, noon), 400},
	} {
		if w := c.send(tc.r); w.Code != tc.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	c.words()
	if w := c.send(c.request(yes, theSecret, noon)); w.Code != 200 {
		t.Fatal(w.Code)
	}
	// The same request once more, also with its signature in other letters, and the same click in a new one.
	loud := c.request(yes, theSecret, noon)
	loud.Header.Set("X-Slack-Signature", "v0="+strings.ToUpper(strings.TrimPrefix(loud.Header.Get("X-Slack-Signature"), "v0=")))
	for name, r := range map[string]*http.Request{"again": c.request(yes, theSecret, noon), "in capitals": loud} {
		if w := c.send(r); w.Code != 409 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := c.send(c.request(yes, theSecret, noon.Add(time.Second))); w.Code != 200 {
		t.Errorf("a retry: %d", w.Code)
	}
	c.words("yes pr-1 ada@example.com sha256:1")
}

// Who is not known says nothing: not by an account of another workspace, a guest, a bot, or one whose address is not confirmed.
func TestWhoIsNotKnownInSlack(t *testing.T) {
	c := newClicks(t)
	for name, user := range map[string]string{
		"another workspace": `{"id":"U9","team_id":"T9","is_email_confirmed":true,"profile":{"email":"eve@example.com"}}`,
		"a guest":           `{"id":"U9","team_id":"T1","is_email_confirmed":true,"is_restricted":true,"profile":{"email":"eve@example.com"}}`,
		"a stranger":        `{"id":"U9","team_id":"T1","is_email_confirmed":true,"is_stranger":true,"profile":{"email":"eve@example.com"}}`,
		"a bot":             `{"id":"U9","team_id":"T1","is_email_confirmed":true,"is_bot":true,"profile":{"email":"eve@example.com"}}`,
		"left":              `{"id":"U9","team_id":"T1","is_email_confirmed":true,"deleted":true,"profile":{"email":"eve@example.com"}}`,
		"not confirmed":     `{"id":"U9","team_id":"T1","profile":{"email":"eve@example.com"}}`,
		"no address":        `{"id":"U9","team_id":"T1","is_email_confirmed":true,"profile":{}}`,
		"another":           `{"id":"U1","team_id":"T1","is_email_confirmed":true,"profile":{"email":"eve@example.com"}}`,
	} {
		c.slack.mu.Lock()
		c.slack.answer = func(method string, _ url.Values) (int, http.Header, string) {
			if method == "users.info" {
				return 200, nil, `{"ok":true,"user":` + user + `}`
			}
			return 0, nil, ""
		}
		c.slack.mu.Unlock()
		c.send(c.request(c.click(actApprove, "U9", "T1", name), theSecret, noon))
		if got := c.said(); !strings.Contains(got, "Nothing was done") {
			t.Errorf("%s: %s", name, got)
		}
	}
	c.words()
}

// A result goes to Slack, or to where the API is called, and nowhere else.
func TestWhereAnAnswerGoes(t *testing.T) {
	c := newClicks(t)
	ch := c.a.channels[0]
	for address, want := range map[string]bool{
		"https://hooks.slack.com/actions/T1/2/3": true, c.slack.URL + "/answer": true, "https://hooks.slack-gov.com/actions/1": true,
		"http://hooks.slack.com/actions/1": false, "https://hooks.slack.com.evil.example/": false, "https://hooks.slack.com@evil.example/": false,
		"https://hooks.slack.com:8443/x": false, "http://169.254.169.254/latest/": false, "file:///etc/passwd": false, "": false, "https://evil.example/?hooks.slack.com": false,
	} {
		if got := ch.mayAnswer(address); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	elsewhere := 0
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer evil.Close()
	c.send(c.request(strings.ReplaceAll(c.click(actApprove, "U1", "T1", "1.1"), c.slack.URL, evil.URL), theSecret, noon))
	c.words("yes pr-1 ada@example.com sha256:1")
	if elsewhere != 0 {
		t.Error("a result was sent elsewhere")
	}
}

func TestNoActionsWithoutASecret(t *testing.T) {
	n, _ := slackOf(t, newFakeSlack(t), &clock{at: noon}, "")
	if n.Actions(t.Context(), &jury{}, nil) != nil {
		t.Error("there is a handler, and no secret to know Slack by")
	}
}

// Of two channels of one workspace a click belongs to that of its message, and who people are is said there; the dialog's belongs to the same.
func TestAClickBelongsToItsChannel(t *testing.T) {
	f, at := newFakeSlack(t), &clock{at: noon}
	base := `type: slack, token: "env:T", signing_secret: "env:S", team: T1, api: "` + f.URL + `/api/"`
	file, err := Read("c.yaml", []byte("channels:\n  - {name: one, channel: C1, users: {U1: ada}, "+base+"}\n  - {name: two, channel: C2, users: {U1: bob}, "+base+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), file, Options{Store: memory{}, Now: at.now, Secrets: Secrets{Env: func(string) string { return "xoxb-1" }}})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := &clicks{t: t, slack: f, clock: at, jury: &jury{state: parry.Approved}}
	c.a = n.Actions(t.Context(), c.jury, db)
	for i, channel := range []string{"C1", "C2", "C3"} {
		c.send(c.request(strings.Replace(c.click(actApprove, "U1", "T1", fmt.Sprint(i)), `"trigger_id"`, `"channel":{"id":"`+channel+`"},"trigger_id"`, 1), "xoxb-1", noon))
	}
	c.words("yes pr-1 ada sha256:1", "yes pr-1 bob sha256:1", "yes pr-1 ada sha256:1")
	if got := c.said(); got != "ephemeral: Approved: it is being carried out, and the message says how it ends." {
		t.Error(got)
	}
	c.send(c.request(strings.Replace(c.click(actReject, "U1", "T1", "9"), `"trigger_id"`, `"channel":{"id":"C2"},"trigger_id"`, 1), "xoxb-1", noon))
	_, forms := f.asked()
	if open := forms[len(forms)-1].Get("json"); !strings.Contains(open, `\"c\":\"two\"`) {
		t.Errorf("%s", open)
	}
}

// free are leases that everybody gets.
type free struct{}

func (free) Claim(context.Context, string, string, time.Time, time.Duration) error { return nil }

// Whatever Slack sends, nothing breaks, and nobody's word is taken but by a button of Parry with a response and a plan in it.
func FuzzClicks(f *testing.F) {
	f.Add(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"actions":[{"block_id":"parry","action_id":"parry_approve","action_ts":"1","value":"{\"r\":\"pr-1\",\"d\":\"x\"}"}]}`)
	f.Add(`{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1"},"view":{"id":"V","callback_id":"parry_reject","private_metadata":"{\"r\":\"pr-1\"}","state":{"values":{"parry_reason":{"parry_reason":{"value":"no"}}}}}}`)
	f.Add(`{"type":"block_actions","actions":[{}]}`)
	f.Add(`null`)
	f.Add(`{"actions":null,"view":{"state":null}}`)
	nowhere := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	f.Fuzz(func(t *testing.T, payload string) {
		c := &clicks{t: t, jury: &jury{state: parry.Done}}
		ch := &slackChannel{name: "chat", team: "T1", secret: []byte(theSecret), users: map[string]string{"U1": "ada@example.com"}, base: nowhere,
			client: http.DefaultClient, api: slack.New("xoxb-1", slack.OptionAPIURL(nowhere.String()+"/"))}
		n := &Notifier{o: Options{Now: (&clock{at: noon}).now, Log: slog.New(slog.DiscardHandler)}, outs: []*outlet{{name: "chat", channel: ch}}}
		c.a = n.Actions(t.Context(), c.jury, free{})
		w := c.send(c.request(payload, theSecret, noon))
		for _, word := range c.jury.words {
			part := strings.SplitN(word, " ", 4)
			if w.Code != http.StatusOK || len(part) < 3 || part[1] == "" || !strings.Contains(part[2], "@") {
				t.Errorf("%d, %q of %q", w.Code, word, payload)
			}
		}
	})
}
