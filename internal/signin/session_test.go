package signin_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"parry/internal/signin"
)

// cookieOf is a browser's cookie of the session.
func (s *scene) cookieOf(b *http.Client) string {
	s.t.Helper()
	home, err := url.Parse(s.server.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(home) {
		if c.Name == "parry" {
			return c.Value
		}
	}
	return ""
}

// with is a browser that has a cookie of another.
func (s *scene) with(cookie string) *http.Client {
	s.t.Helper()
	b := browser(s.t)
	home, err := url.Parse(s.server.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	b.Jar.SetCookies(home, []*http.Cookie{{Name: "parry", Value: cookie, Path: "/"}})
	return b
}

const nobody = "person= role=nobody via= csrf=;"

func TestASessionEndsByItsClock(t *testing.T) {
	for name, c := range map[string]struct {
		steps []time.Duration // between requests
		in    bool
	}{
		"used at once":                  {[]time.Duration{0}, true},
		"idle for less than an hour":    {[]time.Duration{59 * time.Minute}, true},
		"idle for an hour":              {[]time.Duration{time.Hour}, false},
		"used on and on":                {[]time.Duration{50 * time.Minute, 50 * time.Minute, 50 * time.Minute}, true},
		"used on and on, until the end": {append(make([]time.Duration, 0), 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute, 55*time.Minute), false},
		"the clock was set back":        {[]time.Duration{-2 * time.Hour}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			b := browser(t)
			s.enter(b, "ada@example.com", signin.Viewer)
			var a answer
			for _, d := range c.steps {
				s.clock.pass(d)
				a = s.ask(b, "GET", "/", nil)
			}
			if in := strings.Contains(a.body, "person=ada@example.com"); in != c.in {
				t.Errorf("signed in: %v, not %v", in, c.in)
			}
		})
	}
}

func TestAnOldCopyOfACookieIsIdle(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Viewer)
	copied := s.cookieOf(b)
	for range 3 {
		s.clock.pass(40 * time.Minute)
		s.ask(b, "GET", "/", nil)
	}
	if a := s.ask(s.with(copied), "GET", "/open", nil); !strings.Contains(a.body, nobody) {
		t.Errorf("%s", a.body)
	}
	if a := s.ask(b, "GET", "/open", nil); !strings.Contains(a.body, "person=ada") {
		t.Errorf("%s", a.body)
	}
}

func TestWhatAPageDoesByItselfIsNoUse(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, mode string
		use                bool
	}{
		"a page":                          {"GET", "/", "navigate", true},
		"a page, of an old browser":       {"GET", "/", "", true},
		"a form":                          {"POST", "/approve", "navigate", true},
		"a script that changes something": {"POST", "/approve", "cors", true},
		"news":                            {"GET", "/", "cors", false},
		"a style":                         {"GET", "/", "no-cors", false},
		"what anybody may have":           {"GET", "/open", "navigate", false}, // and proxies may keep
	} {
		s := open(t, nil)
		b := browser(t)
		token := csrf(s.enter(b, "ada@example.com", signin.Approver).body)
		s.clock.pass(30 * time.Minute)
		header := []string{"X-CSRF-Token: " + token}
		if c.mode != "" {
			header = append(header, "Sec-Fetch-Mode: "+c.mode)
		}
		a := s.ask(b, c.method, c.path, nil, header...)
		if a.status != 200 || (a.header.Get("Set-Cookie") != "") != c.use {
			t.Errorf("%s: %d %q", name, a.status, a.header.Get("Set-Cookie"))
		}
		s.clock.pass(40 * time.Minute)
		if in := strings.Contains(s.ask(b, "GET", "/open", nil).body, "person=ada"); in != c.use {
			t.Errorf("%s: still signed in: %v", name, in)
		}
	}
}

func TestALongWayBackFitsIntoACookie(t *testing.T) {
	s, _ := withLiar(t, nil)
	to := "/?" + strings.Repeat("&", 1000)
	if a := s.ask(browser(t), "GET", "/signin/oidc?to="+url.QueryEscape(to), nil); a.status != 200 || a.url.RequestURI() != to {
		t.Errorf("%d %s", a.status, a.url)
	}
	a := s.ask(still(browser(t)), "GET", "/signin/oidc?to="+url.QueryEscape(to), nil)
	if n := len(a.header.Get("Set-Cookie")); n > 4096 {
		t.Errorf("a cookie of %d bytes", n)
	}
}

func TestSigningInMakesANewSessionAndEndsTheOld(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Viewer)
	before := s.cookieOf(b)
	s.enter(b, "ada@example.com", signin.Admin)
	if after := s.cookieOf(b); after == before || after == "" {
		t.Error("the session is the same")
	}
	if a := s.ask(s.with(before), "GET", "/open", nil); !strings.Contains(a.body, nobody) {
		t.Errorf("the session before goes on: %s", a.body)
	}
	// What somebody planted in the browser is not taken over.
	planted := s.with("planted")
	s.enter(planted, "eve@example.com", signin.Viewer)
	if c := s.cookieOf(planted); c == "planted" {
		t.Error("a planted cookie stays")
	}
}

func TestSigningOutCountsOnAllServers(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	token := csrf(s.enter(b, "ada@example.com", signin.Viewer).body)
	copied := s.cookieOf(b)
	if a := s.ask(b, "POST", "/signout", url.Values{}); a.status != 403 {
		t.Errorf("without the token: %d", a.status)
	}
	if a := s.ask(b, "POST", "/signout", url.Values{"csrf": {token}}); a.status != 200 || !strings.Contains(a.body, "You are signed out") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if e := s.last(); e.What != signin.SignedOut || e.Person.ID != "ada@example.com" {
		t.Errorf("%+v", e)
	}
	if s.cookieOf(b) != "" {
		t.Error("the cookie stays")
	}
	// Another server on the same store, with the same key.
	other := open(t, func(o *signin.Options) { o.Words, o.Now = s.words, s.clock.now })
	for name, x := range map[string]*scene{"here": s, "there": other} {
		if a := x.ask(x.with(copied), "GET", "/open", nil); !strings.Contains(a.body, nobody) {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	if a := s.ask(browser(t), "GET", "/signout", nil); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
}

func TestASessionOfAnotherKeyDoesNotCount(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Admin)
	other := open(t, func(o *signin.Options) { o.Key = []byte("another key of thirty-two bytes!") })
	if a := other.ask(other.with(s.cookieOf(b)), "GET", "/open", nil); !strings.Contains(a.body, nobody) {
		t.Errorf("%s", a.body)
	}
}

func TestAStoreThatFailsLetsNobodyIn(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	token := csrf(s.enter(b, "ada@example.com", signin.Admin).body)
	s.words.broken = errors.New("no disk")
	for _, path := range []string{"/open", "/approve", "/api/approve"} {
		if a := s.ask(b, "GET", path, nil); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "no disk") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := s.ask(b, "POST", "/approve", url.Values{"csrf": {token}}); a.status != http.StatusServiceUnavailable || len(s.did) > 0 {
		t.Errorf("%d %v", a.status, s.did)
	}
}

func TestCookies(t *testing.T) {
	for secure, want := range map[bool]string{true: "__Host-parry-begin", false: "parry-begin"} {
		s := open(t, func(o *signin.Options) {
			if o.Secure = secure; secure {
				o.Base.Scheme = "https"
			}
		})
		link, err := s.gate.Link(t.Context(), signin.Person{ID: "ada@example.com", Role: signin.Viewer}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		a := s.ask(still(browser(t)), "GET", u.RequestURI(), nil)
		all := (&http.Response{Header: a.header}).Cookies()
		if len(all) != 1 || all[0].Name != want || !all[0].HttpOnly || all[0].Secure != secure || all[0].SameSite != http.SameSiteLaxMode || all[0].Path != "/" || all[0].Domain != "" || all[0].MaxAge != 600 {
			t.Errorf("%v", all)
		}
		hsts := a.header.Get("Strict-Transport-Security") != ""
		if hsts != secure {
			t.Errorf("secure %v, HSTS %v", secure, hsts)
		}
	}
	// Of two cookies of one name, one is somebody else's.
	s := open(t, nil)
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Viewer)
	c := s.cookieOf(b)
	if a := s.ask(http.DefaultClient, "GET", "/open", nil, "Cookie: parry="+c); !strings.Contains(a.body, "person=ada") {
		t.Errorf("%s", a.body)
	}
	if a := s.ask(http.DefaultClient, "GET", "/open", nil, "Cookie: parry="+c+"; parry=other"); !strings.Contains(a.body, nobody) {
		t.Errorf("%s", a.body)
	}
}

func FuzzCookie(f *testing.F) {
	f.Add("")
	f.Add("AAAA")
	f.Add(strings.Repeat("A", 5000))
	f.Add("__Host-parry=1; parry=\"\xff\"")
	s := open(f, func(o *signin.Options) { o.Now = time.Now })
	f.Fuzz(func(t *testing.T, value string) {
		r, err := http.NewRequest("GET", s.server.URL+"/open", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Cookie"] = []string{"parry=" + value + "; parry-begin=" + value}
		for _, path := range []string{"/open", "/signin/callback"} {
			r.URL.Path, r.RemoteAddr = path, random(t)
			w := &recorder{header: http.Header{}}
			s.gate.Wrap(s.console()).ServeHTTP(w, r)
			if strings.Contains(w.body.String(), "person=") && !strings.Contains(w.body.String(), nobody) {
				t.Errorf("%q signs in: %s", value, w.body.String())
			}
		}
	})
}

// recorder is a place for an answer.
type recorder struct {
	header http.Header
	body   strings.Builder
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// random is an address that was not counted yet.
func random(t *testing.T) string {
	t.Helper()
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return netip.AddrFrom4([4]byte(b)).String() + ":1"
}
