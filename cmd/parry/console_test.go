package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/console"
	"parry/internal/signin"
	"parry/internal/source"
	"parry/internal/sqlite"
)

const askRule = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty]}
    respond: [{playbook: iam-deactivate-access-key, tier: approve}]
`

// consoleScene is a console's server on the twin, with responses that wait, and the tokens of a viewer, an approver and an admin.
func consoleScene(t *testing.T) (url string, ids []string, tokens map[string]string) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	ok(os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(askRule), 0o600))
	lib, err := assemble.NewLibrary("", dir)
	ok(err)
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	ok(err)
	t.Cleanup(func() { _ = store.Close() })
	twin := cases.NewTwin()
	engine, _ := lib.Responder(twin.Config("999999999999", "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Now: twin.Now, Sleep: twin.Sleep, Patience: 30 * time.Second})
	users := iam.NewFromConfig(twin.Config("111122223333", "us-east-1"))
	for n := range 2 {
		user := aws.String(fmt.Sprintf("mallory%d", n))
		_, err = users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: user})
		ok(err)
		key, err := users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: user})
		ok(err)
		items, err := source.Read("event", strings.NewReader(fmt.Sprintf(`{"version":"0","id":"e%d","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"999999999999",
"time":"2026-03-04T05:00:00Z","region":"us-east-1","resources":[],"detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","partition":"aws","id":"f%d",
"arn":"arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/f%d","type":"UnauthorizedAccess:IAMUser/TorIPCaller","severity":5,"title":"a \u001b[31mred\u202e title",
"createdAt":"2026-03-04T05:00:00Z","updatedAt":"2026-03-04T05:00:00Z","resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE",
"userType":"IAMUser","userName":%q}},"service":{"archived":false}}}`, n, n, n, *key.AccessKey.AccessKeyId, *user)))
		ok(err)
		findings, err := source.Decode(items[0].Event)
		ok(err)
		all, err := engine.Respond(t.Context(), items[0].Event, findings[0])
		ok(err)
		ids = append(ids, all[0].ID)
	}
	log := slog.New(slog.DiscardHandler)
	s := httptest.NewUnstartedServer(nil)
	base, err := baseOf(s.Listener)
	ok(err)
	gate := signin.Options{Key: newSessionKey(), Base: base}
	tokens = map[string]string{}
	for _, role := range []signin.Role{signin.Viewer, signin.Approver, signin.Admin} {
		plain, token, err := signin.NewToken(role.String(), role)
		ok(err)
		gate.Tokens, tokens[role.String()] = append(gate.Tokens, token), plain
	}
	c, err := newConsole(consoleParts{engine: engine, store: store, lib: lib, gate: gate, carry: func(work func(context.Context)) { work(t.Context()) }, log: log}, console.NewBoard(store, time.Minute, twin.Now, log))
	ok(err)
	s.Config.Handler = c
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, ids, tokens
}

// The commands do at a console's server what they do beside the store, by the role of the token's owner.
func TestCommandsAtTheConsole(t *testing.T) {
	url, ids, tokens := consoleScene(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(tokens["approver"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for _, c := range []struct {
		token string
		args  []string
		code  int
		out   string
	}{
		{"viewer", []string{"list", "--state", "waiting"}, exitOK, ids[1]},
		{"viewer", []string{"list"}, exitOK, ids[0]},
		{"viewer", []string{"list", "-n", "1", "--json"}, exitOK, `"state":"waiting for approval"`},
		{"viewer", []string{"show", ids[0]}, exitOK, `red\u202e title`},
		{"viewer", []string{"show", ids[0], "--json"}, exitOK, `"records":[{`},
		{"viewer", []string{"show", "pr-none"}, exitUsage, "there is no response pr-none"},
		{"viewer", []string{"approve", ids[0], "--yes", "--digest", "sha256:0"}, exitPerson, "takes the role approver, and token:viewer has the role viewer"},
		{"viewer", []string{"stop", "--why", "a drill"}, exitPerson, "takes the role admin"},
		{"", []string{"--server-token-file", file, "approve", ids[0], "--yes", "--digest", "sha256:0"}, exitConflict, "not sha256:0"},
		{"approver", []string{"--server-token-file", file, "list"}, exitUsage, "given twice"},
		{"", []string{"--server-token-file", file + "2", "list"}, exitUsage, "no such file"},
		{"", []string{"list"}, exitUsage, "takes a token: --server-token-file FILE"},
		{"", []string{"--server-token-file", file, "reject", ids[1], "--yes", "--comment", "a drill"}, exitOK, "rejected: your word is kept"},
		{"admin", []string{"stop", "--why", "a drill"}, exitOK, "everything is stopped: token:admin stopped it at 2026-03-04"},
		{"admin", []string{"stop", "--why", "another", "--playbook", "ec2-quarantine"}, exitOK, "ec2-quarantine is stopped: token:admin"},
		{"admin", []string{"stop", "--why", "another", "--playbook", "none"}, exitUsage, "there is no playbook"},
		{"admin", []string{"start", "--playbook", "ec2-quarantine"}, exitOK, "everything is stopped"},
		{"admin", []string{"start"}, exitOK, "nothing is stopped as a whole"},
		{"viewer", []string{"stop", "--history"}, exitOK, "token:admin starts everything"},
		{"admin", []string{"--server", "http://console.example.com", "list"}, exitUsage, "is not encrypted"},
		{"", []string{"--server", "https://console.example.com", "list"}, exitUsage, "there is no token for the server https://console.example.com"},
	} {
		t.Run(c.token+" "+strings.Join(c.args, " "), func(t *testing.T) { atTheConsole(t, url, tokens[c.token], c.code, c.out, c.args...) })
	}
	atTheConsole(t, url, "parry-none", exitPerson, "the token is not known", "list")
	var waiting parry.Response
	for _, r := range strings.Split(atTheConsole(t, url, tokens["viewer"], exitOK, ids[0], "list", "--state", "waiting", "--json"), "\n") {
		if _, rest, ok := strings.Cut(r, `"digest":"sha256:`); ok {
			waiting.Plan.Digest = "sha256:" + rest[:64]
		}
	}
	atTheConsole(t, url, tokens["approver"], exitOK, "approved: your word is kept", "approve", ids[0], "--yes", "--digest", waiting.Plan.Digest, "--comment", "go on")
	atTheConsole(t, url, tokens["viewer"], exitOK, "says yes to sha256:", "show", ids[0])
	atTheConsole(t, url, tokens["viewer"], exitOK, "1 done", "stats", "--since", "1000h")
	atTheConsole(t, url, tokens["viewer"], exitOK, "deactivate", "undo", ids[0], "--plan")
	atTheConsole(t, url, tokens["approver"], exitOK, "it is being taken back", "undo", ids[0], "--yes")
	atTheConsole(t, url, tokens["viewer"], exitOK, "undone", "show", ids[0])
}

func atTheConsole(t *testing.T, url, token string, code int, want string, args ...string) string {
	t.Helper()
	env := map[string]string{"PARRY_SERVER": url, "PARRY_DB": filepath.Join(t.TempDir(), "none", "no.db")}
	env["PARRY_SERVER_TOKEN"] = token
	var out bytes.Buffer
	got := run(t.Context(), args, func(name string) string { return env[name] }, strings.NewReader(""), &out, &out)
	if got != code || !strings.Contains(out.String(), want) || !slices.Contains(args, "--json") && strings.ContainsAny(out.String(), "\x1b\u202e") || strings.Contains(out.String(), "parry_") {
		t.Errorf("code %d, not %d, no %q in:\n%s", got, code, want, out.String())
	}
	return out.String()
}
