package api_test

import (
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"parry/internal/signin"
)

// Behind the gate a token's owner is who votes, and what the gate refuses is told in the same form.
func TestBehindTheGate(t *testing.T) {
	s := newScene(t)
	waiting := s.seed()["waiting"]
	plain, token, err := signin.NewToken("ci", signin.Approver)
	s.ok(err)
	gate, err := signin.New(signin.Options{
		Tokens: []signin.Token{token}, Key: []byte(hex.EncodeToString(make([]byte, 16))), Base: url.URL{Scheme: "http", Host: "127.0.0.1:8080"}, Words: s.store, Now: s.Now, Log: slog.New(slog.DiscardHandler),
	})
	s.ok(err)
	s.api = gate.Wrap(s.api)
	for name, c := range map[string]struct {
		host, auth string
		status     int
		kind       string
	}{
		"no token":      {"127.0.0.1:8080", "", 401, "refused"},
		"another token": {"127.0.0.1:8080", "Bearer parry_no", 401, "refused"},
		"another host":  {"parry.example.com", "Bearer " + plain, 421, "invalid"},
		"the token":     {"127.0.0.1:8080", "Bearer " + plain, 200, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.host+"/api/v1/responses/"+waiting.ID+"/approve", strings.NewReader(`{"digest":"`+waiting.Plan.Digest+`"}`))
		r.Header.Set("Content-Type", "application/json")
		if c.auth != "" {
			r.Header.Set("Authorization", c.auth)
		}
		got := s.do(r)
		if p := got.problem(); got.status != c.status || p.Kind != c.kind || (p.Error == "") != (c.status == 200) || c.status == 200 && !strings.Contains(got.text, `"by":"token:ci"`) {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
		if p := got.header.Get("Cache-Control"); !strings.Contains(p, "no-store") {
			t.Errorf("%s: %v", name, got.header)
		}
	}
}
