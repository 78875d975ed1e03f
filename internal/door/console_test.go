package door_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/door"
)

// Every request to a console's server has the token, below /api, and nothing that is not meant.
func TestConsoleRequests(t *testing.T) {
	var got *http.Request
	var body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		_, _ = io.WriteString(w, `{"rows":[]}`)
	}))
	t.Cleanup(s.Close)
	for _, address := range []string{s.URL, s.URL + "/", s.URL + "/api", s.URL + "/api/v1/"} {
		c, err := door.NewConsole("secret-token", address)
		if err != nil {
			t.Fatal(err)
		}
		for name, q := range map[string]struct {
			do                 func() error
			method, path, body string
		}{
			"list":       {func() error { _, err := c.List(t.Context(), "", 5); return err }, "GET", "/api/v1/responses?limit=5", ""},
			"show":       {func() error { _, _, err := c.Whole(t.Context(), "pr-1/../x"); return err }, "GET", "/api/v1/responses/pr-1%2F..%2Fx", ""},
			"refresh":    {func() error { _, _, err := c.Refresh(t.Context(), "pr-1"); return err }, "POST", "/api/v1/responses/pr-1/refresh", ""},
			"undo":       {func() error { _, err := c.Undo(t.Context(), "pr-1", nil); return err }, "POST", "/api/v1/responses/pr-1/undo", `{}`},
			"undo one":   {func() error { _, err := c.Undo(t.Context(), "pr-1", []string{"a"}); return err }, "POST", "/api/v1/responses/pr-1/undo", `{"changes":["a"]}`},
			"stop":       {func() error { _, err := c.Stop(t.Context(), "", "a drill"); return err }, "POST", "/api/v1/stop", `{"why":"a drill"}`},
			"stop one":   {func() error { _, err := c.Stop(t.Context(), "p", "a drill"); return err }, "POST", "/api/v1/stop", `{"playbook":"p","why":"a drill"}`},
			"start":      {func() error { _, err := c.Start(t.Context(), ""); return err }, "POST", "/api/v1/start", `{}`},
			"switches":   {func() error { _, err := c.Switches(t.Context()); return err }, "GET", "/api/v1/switches", ""},
			"stats":      {func() error { return c.Stats(t.Context(), 168*time.Hour, &[]any{}) }, "GET", "/api/v1/stats?since=168h", ""},
			"short time": {func() error { return c.Stats(t.Context(), 90*time.Minute+time.Millisecond, &[]any{}) }, "GET", "/api/v1/stats?since=5401s", ""},
		} {
			if err := q.do(); err != nil || got.Method != q.method || got.URL.RequestURI() != q.path || body != q.body || got.Header.Get("Authorization") != "Bearer secret-token" {
				t.Errorf("%s: %v, %s %s %s, %v", name, err, got.Method, got.URL.RequestURI(), body, got.Header)
			}
		}
	}
}

// Whatever a server that is another one answers, the error says what it is and what to do, and the token goes nowhere else.
func TestConsoleRefusals(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("it was led elsewhere, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		status       int
		answer, text string
		kind         parry.Kind
	}{
		"no token":     {401, `{"error":"the token is not known","next":"make one"}`, "the token is not known", parry.Refused},
		"a proxy's no": {401, `<html>`, "the server answered 401", parry.Refused},
		"the role":     {403, `{"error":"stop takes the role admin","next":"","kind":"refused"}`, "takes the role admin", parry.Refused},
		"a firewall":   {403, `<html>`, "the server answered 403", parry.Refused},
		"none":         {404, `{"error":"there is no response pr-1","kind":"not found"}`, "there is no response", parry.NotFound},
		"another one":  {404, `<html>`, "the server answered 404", parry.NotFound},
		"a page":       {200, `<html>`, "cannot be read", parry.Fault},
		"another name": {421, `{"error":"not known by that name"}`, "not known by that name", parry.Invalid},
		"too much":     {429, `{"error":"more than is let through"}`, "more than", parry.Fault},
		"a sign-in":    {302, ``, "the server answered 302", parry.Invalid},
		"trouble":      {500, `{"error":"the store is full","kind":"fault"}`, "the store is full", parry.Fault},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		}))
		client, err := door.NewConsole("secret-token", s.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Response(context.WithoutCancel(t.Context()), "pr-1")
		if parry.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(c.answer, "{") && parry.HintOf(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, parry.HintOf(err))
		}
		s.Close()
	}
}

func TestConsoleAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://parry.example.com": true, "https://parry.example.com/console/": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:8080": true,
		"http://parry.example.com": false, "parry.example.com": false, "": false, "https://": false, "ftp://127.0.0.1": false, "https://a:b@parry.example.com": false,
		"https://parry.example.com/?a=b": false, "http://127.0.0.1.example.com": false, "http://localhost.example.com": false,
	} {
		if _, err := door.NewConsole("secret-token", address); (err == nil) != ok || err != nil && (parry.KindOf(err) != parry.Invalid || parry.HintOf(err) == "") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, token := range []string{"two\nlines", "a b", "\u00e4"} {
		if _, err := door.NewConsole(token, "https://parry.example.com"); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%q: %v", token, err)
		}
	}
	for address, is := range map[string]bool{
		"https://abc.lambda-url.eu-west-1.on.aws/": true, "https://parry.example.com": false, "https://lambda-url.eu-west-1.on.aws.example.com": false, "://": false,
	} {
		if door.IsDoor(address) != is {
			t.Errorf("%q: %t", address, !is)
		}
	}
}
