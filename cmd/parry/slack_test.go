package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
)

// A no that somebody says in Slack reaches the server's engine, and Slack is told how it ended, at the latest as the server stops.
func TestANoInSlackReachesTheServer(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var calls []string
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = r.ParseForm()
		calls = append(calls, r.URL.Path+" "+r.PostForm.Get("text"))
		_, _ = w.Write([]byte(`{"ok":true,"channel":"C1","ts":"1.1"}`))
	}))
	defer slack.Close()
	dir := t.TempDir()
	db, channels := filepath.Join(dir, "parry.db"), filepath.Join(dir, "channels.yaml")
	must(os.WriteFile(channels, []byte(`channels: [{name: chat, type: slack, token: env:SLACK_TOKEN, channel: C1, signing_secret: env:SLACK_SECRET, team: T1, users: {U1: ada}, api: "`+slack.URL+`/api/"}]`), 0o600))
	store, err := sqlite.Open(t.Context(), db)
	must(err)
	defer store.Close()
	asked := parry.Response{ID: "pr-1", Key: "k", State: parry.Waiting, Stored: parry.Waiting, Steps: 1, Answer: parry.Answer{Rule: "open-bucket"}, Plan: parry.Plan{Digest: "sha256:1"},
		Asked: &parry.Asking{Persons: 1, At: time.Now()}, Times: parry.Times{Received: time.Now()}, Finding: parry.Finding{Info: parry.FindingInfo{Title: "A bucket is open"}}}
	rec := parry.Record{Response: "pr-1", Seq: 1, At: time.Now(), Kind: parry.MoveAsked, State: parry.Waiting}
	rec.Seal("")
	asked.Chain = rec.Hash
	must(store.Save(t.Context(), asked, rec))

	var free net.ListenConfig
	l, err := free.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(err)
	address := l.Addr().String()
	must(l.Close())
	env := map[string]string{"HOME": dir, "PARRY_DB": db, "PARRY_CHANNELS": channels, "PARRY_LISTEN": address, "PARRY_TOKEN": "a-token-of-those-who-send-events", "PARRY_SPOOL": filepath.Join(dir, "spool"),
		"SLACK_TOKEN": "xoxb-1", "SLACK_SECRET": "the signing secret"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running sync.WaitGroup
	code := -1
	running.Go(func() {
		code = run(ctx, []string{"serve"}, func(name string) string { return env[name] }, strings.NewReader(""), t.Output(), t.Output())
	})
	until := func(what string, f func() bool) {
		t.Helper()
		for end := time.Now().Add(40 * time.Second); !f(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("it did not come to this: %s", what)
			}
		}
	}
	until("the server answers", func() bool {
		resp, err := http.Get("http://" + address + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil
	})
	click := func(secret string) int {
		t.Helper()
		meta, _ := json.Marshal(map[string]string{"r": "pr-1", "d": "sha256:1", "a": slack.URL + "/answer", "c": "chat"})
		payload, _ := json.Marshal(map[string]any{"type": "view_submission", "team": map[string]any{"id": "T1"}, "user": map[string]any{"id": "U1"},
			"view": map[string]any{"id": "V1", "callback_id": "parry_reject", "private_metadata": string(meta),
				"state": map[string]any{"values": map[string]any{"parry_reason": map[string]any{"parry_reason": map[string]any{"type": "plain_text_input", "value": "not today"}}}}}})
		body, stamp := url.Values{"payload": {string(payload)}}.Encode(), fmt.Sprint(time.Now().Unix())
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":" + body))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/slack/actions", strings.NewReader(body))
		must(err)
		req.Header.Set("X-Slack-Request-Timestamp", stamp)
		req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(req)
		must(err)
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if status := click("another secret"); status != http.StatusUnauthorized {
		t.Errorf("%d", status)
	}
	if status := click("the signing secret"); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	until("it is rejected", func() bool {
		r, err := store.Response(t.Context(), "pr-1")
		must(err)
		return r.State == parry.Rejected && r.Reason == "ada says no: not today"
	})
	stop()
	running.Wait()
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	mu.Lock()
	defer mu.Unlock()
	if all := strings.Join(calls, "; "); !strings.Contains(all, "/answer") || strings.Count(all, "chat.postMessage Rejected: nothing is changed: A bucket is open") != 1 {
		t.Errorf("%s", all)
	}
}
