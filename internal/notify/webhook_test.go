package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parry"
)

// hookOf opens a webhook to an address.
func hookOf(t *testing.T, address string) (Channel, error) {
	t.Helper()
	f, err := Read("c.yaml", []byte(`channels: [{name: hook, type: webhook, url: "env:U", secret: "env:S"}]`))
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), f, Options{Store: memory{}, Now: (&clock{at: noon}).now, Secrets: Secrets{Env: func(name string) string {
		return map[string]string{"U": address, "S": "a secret of some length"}[name]
	}}})
	if err != nil {
		return nil, err
	}
	return n.outs[0].channel, nil
}

// A receiver can tell who sent it, when, and whether it had it before, with nothing but the secret and the documentation.
func TestAWebhookIsSigned(t *testing.T) {
	var ids []string
	var bodies []posted
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		stamp := r.Header.Get("X-Parry-Timestamp")
		mac := hmac.New(sha256.New, []byte("a secret of some length"))
		mac.Write([]byte(stamp + "." + string(body)))
		if want := "v1=" + hex.EncodeToString(mac.Sum(nil)); r.Header.Get("X-Parry-Signature") != want || stamp != "1772452800" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v", r.Header)
		}
		var p posted
		if err := json.Unmarshal(body, &p); err != nil || p.ID != r.Header.Get("X-Parry-Id") {
			t.Errorf("%v, %s", err, body)
		}
		ids, bodies = append(ids, p.ID), append(bodies, p)
	}))
	defer srv.Close()
	ch, err := hookOf(t, srv.URL+"/in?key=1")
	if err != nil {
		t.Fatal(err)
	}
	r := waiting("pr-1")
	r.State = parry.Waiting
	other := *r
	other.Plan.Digest = "sha256:2"
	for _, n := range []News{{Kind: Asked, Response: *r, Link: "https://parry.example/responses/pr-1"}, {Kind: Asked, Response: *r}, {Kind: Asked, Response: other}} {
		if _, err := ch.Tell(t.Context(), n, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ch.TellStorm(t.Context(), Storm{Rule: "open-bucket", Kind: Asked, Count: 9, Sample: []News{{Response: *r}}}, ""); err != nil {
		t.Fatal(err)
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || !strings.HasPrefix(ids[3], "storm-") {
		t.Errorf("%v", ids)
	}
	p := bodies[0]
	if p.Version != 1 || p.Kind != Asked || p.Link == "" || p.Response.State != parry.Waiting || p.Response.Severity != "high" || p.Response.Plan.Digest != "sha256:1" ||
		p.Response.Plan.Changes[0].After != `{"blocked":true}` || p.Response.Asked.Groups[0] != "oncall" || p.Response.Target.ID != "bucket-pr-1" {
		t.Errorf("%+v", p.Response)
	}
	if s := bodies[3].Storm; bodies[3].Kind != "storm" || s.Count != 9 || len(s.Sample) != 1 {
		t.Errorf("%+v", bodies[3])
	}
}

func TestWebhookErrors(t *testing.T) {
	reached := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer other.Close()
	for name, tc := range map[string]struct {
		status int
		header http.Header
		kind   parry.Kind
		after  time.Duration
	}{
		"ok":           {204, nil, parry.Fault, 0},
		"redirect":     {307, http.Header{"Location": {other.URL}}, parry.Refused, 0},
		"unknown":      {404, nil, parry.Refused, 0},
		"gone":         {410, nil, parry.Refused, 0},
		"signature":    {401, nil, parry.Refused, 0},
		"bad":          {400, nil, parry.Invalid, 0},
		"wait":         {429, http.Header{"Retry-After": {"90"}}, parry.Fault, 90 * time.Second},
		"wait until":   {503, http.Header{"Retry-After": {noon.Add(2 * time.Minute).Format(http.TimeFormat)}}, parry.Fault, 2 * time.Minute},
		"wait for all": {503, http.Header{"Retry-After": {"99999999999999"}}, parry.Fault, 24 * time.Hour},
		"wait long":    {503, http.Header{"Retry-After": {"9999999"}}, parry.Fault, 24 * time.Hour},
		"trouble":      {500, nil, parry.Fault, 0},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range tc.header {
				w.Header()[k] = v
			}
			w.WriteHeader(tc.status)
		}))
		ch, err := hookOf(t, srv.URL+"/hidden")
		if err != nil {
			t.Fatal(err)
		}
		_, err = ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, "")
		var says interface{ RetryAfter() time.Duration }
		after := time.Duration(0)
		if errors.As(err, &says) {
			after = says.RetryAfter()
		}
		if (err == nil) != (tc.status == 204) || err != nil && (parry.KindOf(err) != tc.kind || after != tc.after || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("%s: %v, kind %d, after %s", name, err, parry.KindOf(err), after)
		}
		srv.Close()
		if _, err = ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || parry.KindOf(err) != parry.Fault || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if reached != 0 {
		t.Error("a redirect was followed")
	}
	for _, address := range []string{"http://example.com/", "ftp://example.com/", "https://user:pass@example.com/", "http://127.0.0.1.evil.example/", "https:///x", "::"} {
		if _, err := hookOf(t, address); err == nil || strings.Contains(err.Error(), "pass") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A test message is marked as one, and leaves nothing behind.
func TestATestMessage(t *testing.T) {
	ch := &heardOf{}
	s := withChannels(t, twoHooks, map[string]Channel{"first": ch})
	if err := s.n.Test(t.Context(), "first"); err != nil || len(ch.told) != 1 || ch.told[0] != "pr-test told alerted" {
		t.Errorf("%v, %v", err, ch.told)
	}
	if err := s.n.Test(t.Context(), "third"); parry.KindOf(err) != parry.NotFound {
		t.Error(err)
	}
	if m := messageOf(s.n.sample(), noon); !strings.Contains(m.title, "test of Parry") || !strings.Contains(m.reason, "nothing is wrong") {
		t.Errorf("%+v", m)
	}
}
