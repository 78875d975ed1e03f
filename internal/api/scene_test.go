package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/desk"
	"parry/internal/signin"
	"parry/internal/source"
	"parry/internal/sqlite"
	"parry/internal/tap"
)

const (
	hub     = "999999999999"
	account = "111122223333"
)

// The kinds of findings that the rules below tell apart.
const (
	asked = "UnauthorizedAccess:IAMUser/TorIPCaller"
	auto  = "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
	told  = "Recon:IAMUser/TorIPCaller"
)

const ruleFile = `rules:
  - name: asks
    summary: A person is asked.
    mode: act
    match: {source: [aws.guardduty], detail: {type: ["` + asked + `"]}}
    respond: [{playbook: iam-deactivate-access-key, tier: approve, for: 24h}]
  - name: does
    mode: act
    match: {source: [aws.guardduty], detail: {type: ["` + auto + `"]}}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
  - name: tells
    match: {source: [aws.guardduty], detail: {type: ["` + told + `"]}}
    respond: [{tier: alert, why: it is looked at by people}]
`

// hostile is a text as somebody may put it into a finding.
const hostile = "</script><script>alert(1)</script> \u202egnp.exe \u0007 {{.}} ' OR 1=1 -- &amp; \u2028 \U0001F9E8"

// scene is the interface over an engine on the twin.
type scene struct {
	*cases.Twin
	t      *testing.T
	store  *sqlite.DB
	engine *parry.Responder
	iam    *iam.Client
	api    http.Handler
	n      int
}

func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(ruleFile), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := assemble.NewLibrary("", dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &scene{Twin: cases.NewTwin(), t: t, store: store}
	s.engine, _ = lib.Responder(s.Config(hub, "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Now: s.Now, Sleep: s.Sleep, Patience: 30 * time.Second})
	s.iam = iam.NewFromConfig(s.Config(account, "us-east-1"))
	log := slog.New(slog.DiscardHandler)
	d := desk.New(s.engine, func(work func(context.Context)) { work(t.Context()) }, log)
	s.api, err = lib.API(d, store, log)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// finding has the engine answer a finding of a type about the key of a new user. The error is of a response that fails.
func (s *scene) finding(kind, title string) (parry.Response, error) {
	s.t.Helper()
	s.n++
	user := fmt.Sprintf("mallory%d", s.n)
	_, err := s.iam.CreateUser(s.t.Context(), &iam.CreateUserInput{UserName: aws.String(user)})
	s.ok(err)
	made, err := s.iam.CreateAccessKey(s.t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String(user)})
	s.ok(err)
	at, text := s.Now().Format(time.RFC3339), quoted(title)
	event := fmt.Sprintf(`{"version":"0","id":"e%d","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"f%d","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/f%d",
"type":%q,"severity":5,"title":%s,"description":%s,"createdAt":%q,"updatedAt":%q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%q}},
"service":{"archived":false}}}`, s.n, hub, at, account, s.n, account, s.n, kind, text, text, at, at, aws.ToString(made.AccessKey.AccessKeyId), user)
	items, err := source.Read("event", strings.NewReader(event))
	s.ok(err)
	s.ok(items[0].Err)
	findings, err := source.Decode(items[0].Event)
	s.ok(err)
	all, err := s.engine.Respond(s.t.Context(), items[0].Event, findings[0])
	if len(all) != 1 {
		s.t.Fatalf("%d responses, %v", len(all), err)
	}
	s.ok(s.Sleep(s.t.Context(), time.Minute))
	return all[0], err
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// seed makes one response in each state that matters.
func (s *scene) seed() map[string]parry.Response {
	s.t.Helper()
	all := map[string]parry.Response{}
	for name, f := range map[string]struct{ kind, title string }{
		"waiting": {asked, "a key"}, "waiting too": {asked, "a key"}, "done": {auto, "a key"}, "undone": {auto, "a key"}, "told": {told, "a key"}, "hostile": {asked, hostile},
	} {
		r, err := s.finding(f.kind, f.title)
		s.ok(err)
		all[name] = r
	}
	s.Org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied(), Times: 1, Account: account})
	failed, err := s.finding(auto, "a key")
	if err == nil {
		s.t.Fatal("it should fail")
	}
	all["failed"] = failed
	all["undone"], err = s.engine.Undo(s.t.Context(), all["undone"].ID, "ada")
	s.ok(err)
	s.ok(s.engine.Stop(s.t.Context(), "ec2-quarantine", "a drill", func() string { return "ada" }))
	s.ok(s.engine.Start(s.t.Context(), "ec2-quarantine", "ada"))
	s.ok(s.engine.SignedIn(s.t.Context(), "ada signs in"))
	return all
}

func person(role signin.Role) signin.Person {
	if role == signin.Nobody {
		return signin.Person{}
	}
	return signin.Person{ID: role.String() + "@example.com", Role: role, Via: "token"}
}

// reply is what came of a request.
type reply struct {
	status int
	header http.Header
	text   string
}

func (r reply) problem() (p struct{ Error, Next, Kind string }) {
	_ = json.Unmarshal([]byte(r.text), &p)
	return p
}

// ask makes a request as somebody of a role. A body that is no text is sent as JSON.
func (s *scene) ask(role signin.Role, method, path string, body any) reply {
	s.t.Helper()
	var in io.Reader
	if text, is := body.(string); is {
		in = strings.NewReader(text)
	} else if body != nil {
		b, err := json.Marshal(body)
		s.ok(err)
		in = strings.NewReader(string(b))
	}
	r := httptest.NewRequestWithContext(signin.With(s.t.Context(), person(role)), method, path, in)
	if body != nil {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return s.do(r)
}

func (s *scene) do(r *http.Request) reply {
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}
