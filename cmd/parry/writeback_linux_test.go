package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
)

// counter is as much of AWS as telling Security Hub needs: who one is, and BatchUpdateFindings, which no emulator has. It keeps the notes by the
// finding. Beside, it is a webhook, and keeps the ids of news.
type counter struct {
	mu    sync.Mutex
	notes map[string][]string
	news  []string
}

// ServeHTTP implements http.Handler.
func (d *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/hook" {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.news = append(d.news, r.Header.Get("X-Parry-Id"))
		return
	}
	if r.URL.Path != "/findings/batchupdate" {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/p</Arn><UserId>p</UserId>`+
			`<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	var in struct {
		FindingIdentifiers []map[string]string
		Note               struct{ Text string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range in.FindingIdentifiers {
		d.notes[f["Id"]] = append(d.notes[f["Id"]], in.Note.Text)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"ProcessedFindings":[],"UnprocessedFindings":[]}`)
}

func (d *counter) of(id string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.notes[id]
}

// hooked is how much the webhook was told, and how much of it twice.
func (d *counter) hooked() (all, twice int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[string]bool{}
	for _, id := range d.news {
		if seen[id] {
			twice++
		}
		seen[id] = true
	}
	return len(d.news), twice
}

const tellRules = `rules:
  - name: tells
    mode: act
    match: {source: [aws.securityhub]}
    respond: [{tier: alert, why: "a person looks"}]
`

// hubEvent is Security Hub's of a finding.
func hubEvent(id string) string {
	return fmt.Sprintf(`{"version":"0","id":"e-%[1]s","source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","account":"111122223333","region":"eu-west-1",
"time":%[2]q,"resources":[],"detail":{"findings":[{"SchemaVersion":"2018-10-08","Id":%[1]q,"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/securityhub",
"GeneratorId":"g","AwsAccountId":"111122223333","Region":"eu-west-1","Types":["Software and Configuration Checks"],"CreatedAt":%[2]q,"UpdatedAt":%[2]q,
"Severity":{"Label":"HIGH"},"Title":"t","Description":"d","Compliance":{"Status":"FAILED","SecurityControlId":"EC2.19"},"Workflow":{"Status":"NEW"},
"RecordState":"ACTIVE","Resources":[{"Id":"arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1","Type":"AwsEc2SecurityGroup"}]}]}}`,
		id, time.Now().UTC().Format(time.RFC3339))
}

// A server that is killed after a step, and before it told Security Hub and a channel of it, tells them when it is started again, each once; a command tells
// before it ends, and one that has not the channel's secret leaves that to one that has.
func TestSecurityHubIsToldAfterAKill(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	rules, db, bin := filepath.Join(dir, "rules"), filepath.Join(dir, "parry.db"), filepath.Join(dir, "parry")
	must(os.Mkdir(rules, 0o700))
	must(os.WriteFile(filepath.Join(rules, "rules.yaml"), []byte(tellRules), 0o600))
	self, err := os.Executable()
	must(err)
	must(os.Symlink(self, bin)) // the test binary is parry where it is called so
	hub := &counter{notes: map[string][]string{}}
	front := httptest.NewServer(hub)
	t.Cleanup(front.Close)
	channels := filepath.Join(dir, "channels.yaml")
	must(os.WriteFile(channels, []byte(`channels: [{name: hook, type: webhook, url: "`+front.URL+`/hook", secret: env:HOOK}]`), 0o600))
	var free net.ListenConfig
	l, err := free.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(err)
	address := l.Addr().String()
	must(l.Close())
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AWS_ENDPOINT_URL=" + front.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_DISABLED=true", "PARRY_DB=" + db, "PARRY_RULES=" + rules, "PARRY_WRITEBACK=own",
		"PARRY_CHANNELS=" + channels, "PARRY_LISTEN=" + address, "PARRY_TOKEN=" + killToken, "PARRY_SPOOL=" + filepath.Join(dir, "spool")}
	until := func(what string, f func() bool) {
		t.Helper()
		for end := time.Now().Add(40 * time.Second); !f(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("it did not come to this: %s", what)
			}
		}
	}
	withSecret := append([]string{"HOOK=" + killToken + killToken}, env...)
	start := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), bin, "serve")
		c.Env, c.Stderr = withSecret, t.Output()
		must(c.Start())
		return c
	}
	post := func(event string) bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/events", strings.NewReader(event))
		must(err)
		req.Header.Set("X-Parry-Token", killToken)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusAccepted
	}

	server := start()
	until("the event is taken", func() bool { return post(hubEvent("f-1")) })
	store, err := sqlite.Open(t.Context(), db)
	must(err)
	defer store.Close()
	untold := func() int {
		all, err := store.Untold(context.WithoutCancel(t.Context()), time.Now().Add(time.Hour), 10)
		must(err)
		return len(all)
	}
	until("the step is stored", func() bool { return untold() == 1 })
	must(server.Process.Kill())
	_ = server.Wait() // it says that it was killed
	if n, _ := hub.hooked(); len(hub.of("f-1")) > 0 || n > 0 {
		t.Fatalf("told before it was killed: %v, %d", hub.of("f-1"), n)
	}

	server = start()
	until("it is told of", func() bool { return len(hub.of("f-1")) > 0 })
	until("that is stored", func() bool { return untold() == 0 })
	if n := hub.of("f-1"); len(n) != 1 || !strings.HasPrefix(n[0], "parry: "+string(parry.Alerted)+": rule tells") {
		t.Errorf("%v", n)
	}
	if n, twice := hub.hooked(); n != 1 || twice > 0 {
		t.Errorf("the channel is told %d times", n)
	}
	must(server.Process.Signal(os.Interrupt))
	must(server.Wait())

	file := filepath.Join(dir, "event.json")
	respond := func(finding string, env []string, told, left int) {
		t.Helper()
		must(os.WriteFile(file, []byte(hubEvent(finding)), 0o600))
		c := exec.CommandContext(t.Context(), bin, "respond", "--apply", "--yes", file)
		c.Env = env
		out, _ := c.CombinedOutput() // it ends with 3: a person is needed
		n, twice := hub.hooked()
		if c.ProcessState.ExitCode() != exitPerson || len(hub.of(finding)) != 1 || n != told || twice > 0 || untold() != left {
			t.Errorf("exit code %d, told %v and %d, %d twice, %d left\n%s", c.ProcessState.ExitCode(), hub.of(finding), n, twice, untold(), out)
		}
		if says := strings.Contains(string(out), "the server is left to tell people"); says != (left > 0) {
			t.Errorf("%s", out)
		}
	}
	respond("f-2", withSecret, 2, 0)
	respond("f-3", env, 2, 1)
	respond("f-4", withSecret, 4, 0)
}
