package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"parry/internal/signin"
)

func TestAFormOfAnotherSiteDoesNothing(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	page := s.enter(b, "ada@example.com", signin.Approver)
	mine := csrf(page.body)
	eve := browser(t)
	others := csrf(s.enter(eve, "eve@example.com", signin.Approver).body)
	again := csrf(s.ask(b, "GET", "/", nil).body)
	if again == mine {
		t.Error("two pages have the token under the same mask")
	}
	same := "Origin: " + s.server.URL
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		done   bool
	}{
		"its own form":                    {url.Values{"csrf": {mine}}, []string{same, "Sec-Fetch-Site: same-origin"}, true},
		"its own form, of a later page":   {url.Values{"csrf": {again}}, []string{same}, true},
		"a script's header":               {url.Values{}, []string{"X-CSRF-Token: " + mine, "Sec-Fetch-Site: same-origin"}, true},
		"no token":                        {url.Values{}, []string{same, "Sec-Fetch-Site: same-origin"}, false},
		"an empty token":                  {url.Values{"csrf": {""}}, []string{same}, false},
		"somebody else's token":           {url.Values{"csrf": {others}}, []string{same}, false},
		"a token that is cut":             {url.Values{"csrf": {mine[:len(mine)-1]}}, []string{same}, false},
		"a token of nothing":              {url.Values{"csrf": {strings.Repeat("A", len(mine))}}, []string{same}, false},
		"another site's, with the token":  {url.Values{"csrf": {mine}}, []string{"Origin: https://evil.example"}, false},
		"another site's, says the fetch":  {url.Values{"csrf": {mine}}, []string{"Sec-Fetch-Site: cross-site"}, false},
		"a neighbour's, says the fetch":   {url.Values{"csrf": {mine}}, []string{"Sec-Fetch-Site: same-site"}, false},
		"nobody's origin":                 {url.Values{"csrf": {mine}}, []string{"Origin: null"}, false},
		"a token as JSON in a plain body": {nil, []string{"Content-Type: text/plain"}, false},
	} {
		for _, path := range []string{"/approve", "/api/approve"} {
			before := len(s.did)
			a := s.ask(b, "POST", path, c.form, c.header...)
			if done := len(s.did) > before; done != c.done || done != (a.status == 200) {
				t.Errorf("%s at %s: done %v, %d %s", name, path, done, a.status, a.body)
			}
			if e := s.last(); !c.done && (e.What != signin.Refused || e.Why == "" || e.Path != path) {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH"} {
		if a := s.ask(b, method, "/approve", nil, same); a.status != 403 {
			t.Errorf("%s: %d", method, a.status)
		}
	}
}

func TestAnotherNameForTheAddressIsNotServed(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Viewer)
	for _, host := range []string{"evil.example", "localhost", s.server.Listener.Addr().String() + ".evil.example", "evil.example:80"} {
		if a := s.ask(b, "GET", "/open", nil, "Host: "+host, "Cookie: parry="+s.cookieOf(b)); a.status != 421 || strings.Contains(a.body, "ada") {
			t.Errorf("%s: %d %s", host, a.status, a.body)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := open(t, nil)
	for _, path := range []string{"/signin", "/open", "/api/approve", "/signin/callback", "/no-such-page"} {
		h := s.ask(still(browser(t)), "GET", path, nil).header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: %s is not in %s", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "same-origin" ||
			h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}
