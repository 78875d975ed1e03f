package signin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parry/internal/signin"
)

func TestTheWayBackStaysHere(t *testing.T) {
	for asked, want := range map[string]string{
		"":                              "/",
		"/":                             "/",
		"/responses/r1?x=1#f":           "/",
		"/responses/r1?state=waiting":   "/responses/r1?state=waiting",
		"/a/":                           "/a/",
		"/a%20b?c=%2F%2Fevil.example":   "/a%20b?c=%2F%2Fevil.example",
		"https://evil.example/":         "/",
		"//evil.example":                "/",
		"///evil.example":               "/",
		"/\\evil.example":               "/",
		"/%5cevil.example":              "/",
		"/%2fevil.example":              "/",
		"/\t/evil.example":              "/",
		"/\n/evil.example":              "/",
		"/%09/evil.example":             "/",
		" //evil.example":               "/",
		"/./\\evil.example":             "/",
		"/../evil":                      "/",
		"/a/..//evil.example":           "/",
		"javascript:alert(1)":           "/",
		"evil.example":                  "/",
		"/signout":                      "/",
		"/signin":                       "/",
		"/signin/oidc?to=/":             "/",
		"/api/list":                     "/",
		"/" + strings.Repeat("a", 2000): "/",
		"/ü":                            "/",
		"/%zz":                          "/",
		"/@evil.example":                "/@evil.example",
	} {
		if got := signin.Back(asked); got != want {
			t.Errorf("%q leads to %q, not %q", asked, got, want)
		}
	}
}

func FuzzBack(f *testing.F) {
	for _, s := range []string{"/", "//e", "/\\e", "/a?b#c", "/%2f%2fe", "/a/../..//e", "/;//e", "http://e"} {
		f.Add(s)
	}
	base, err := url.Parse("https://parry.example.com/signin/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		got := signin.Back(asked)
		u, err := base.Parse(got)
		if err != nil || u.Host != "parry.example.com" || u.Scheme != "https" || u.User != nil {
			t.Fatalf("%q leads to %q: %v %v", asked, got, u, err)
		}
		if len(got) < 1 || got[0] != '/' || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t ") {
			t.Fatalf("%q leads to %q", asked, got)
		}
		if again := signin.Back(got); again != got {
			t.Fatalf("%q leads to %q, and that to %q", asked, got, again)
		}
	})
}

func TestWhoMayWhat(t *testing.T) {
	s := open(t, nil)
	b := browser(t)
	if a := s.ask(still(b), "GET", "/approve?x=1", nil); a.status != 303 || a.header.Get("Location") != "/signin?to=%2Fapprove%3Fx%3D1" {
		t.Errorf("%d %s", a.status, a.header.Get("Location"))
	}
	if a := s.ask(still(b), "POST", "/approve", url.Values{}); a.status != 401 || !strings.Contains(a.body, "You are not signed in") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := s.ask(still(b), "GET", "/approve", nil, "HX-Request: true"); a.status != 401 || a.header.Get("HX-Redirect") != "/signin" {
		t.Errorf("%d %v", a.status, a.header)
	}
	s.enter(b, "ada@example.com", signin.Viewer)
	if a := s.ask(b, "GET", "/approve", nil); a.status != 403 || !strings.Contains(a.body, "This needs the role approver, and yours is viewer") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if e := s.last(); e.What != signin.Refused || e.Person.ID != "ada@example.com" || e.Path != "/approve" {
		t.Errorf("%+v", e)
	}
	if a := s.ask(b, "GET", "/signin", nil); !strings.Contains(a.body, "You are signed in as ada@example.com") {
		t.Errorf("%s", a.body)
	}
	if a := s.ask(b, "GET", "/signin/oidc", nil); a.status != 404 || !strings.Contains(a.body, "no provider") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestTooMuchIsAskedToWait(t *testing.T) {
	s := open(t, func(o *signin.Options) { o.Proxies = 1 })
	tries := func(from string, n int) (status int, wait string) {
		for range n {
			a := s.ask(browser(t), "GET", "/signin/link?token=x", nil, "X-Forwarded-For: "+from)
			status, wait = a.status, a.header.Get("Retry-After")
		}
		return status, wait
	}
	if status, _ := tries("192.0.2.1", 20); status != 403 {
		t.Errorf("%d", status)
	}
	if status, wait := tries("192.0.2.1", 1); status != 429 || wait == "" || wait == "0" {
		t.Errorf("%d, wait %q", status, wait)
	}
	// What the client wrote itself stands before what the proxy wrote, and changes nothing.
	if status, _ := tries("198.51.100.7, 192.0.2.1", 1); status != 429 {
		t.Errorf("a made-up address: %d", status)
	}
	if status, _ := tries("192.0.2.2", 1); status != 403 {
		t.Errorf("another address: %d", status)
	}
	if status, _ := tries("2001:db8::1", 20); status != 403 {
		t.Errorf("%d", status)
	}
	if status, _ := tries("2001:db8::2", 1); status != 429 {
		t.Errorf("a neighbour of its network: %d", status)
	}
	s.clock.pass(2 * time.Second)
	if status, _ := tries("192.0.2.1", 1); status != 403 {
		t.Errorf("after the wait: %d", status)
	}
	// Pages have more room, and an end as well; tokens that are wrong have as little as signing in.
	plain, tok, err := signin.NewToken("ci", signin.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, func(o *signin.Options) { o.Tokens = []signin.Token{tok} })
	for i := range 21 {
		if a := s.ask(http.DefaultClient, "GET", "/api/list", nil, "Authorization: Bearer x"); (a.status == 429) != (i == 20) {
			t.Errorf("wrong token %d: %d", i, a.status)
		}
	}
	if a := s.ask(http.DefaultClient, "GET", "/api/list", nil, "Authorization: Bearer "+plain); a.status != 200 {
		t.Errorf("the right token: %d", a.status)
	}
	status := 0
	for range 200 {
		status = s.ask(http.DefaultClient, "GET", "/open", nil, "X-Forwarded-For: 203.0.113.9").status
	}
	if status != 429 {
		t.Errorf("pages without end: %d", status)
	}
}

func TestWhereRequestsComeFrom(t *testing.T) {
	for _, c := range []struct {
		proxies int
		header  []string
		want    string
	}{
		{0, nil, "127.0.0.1"},
		{0, []string{"192.0.2.1"}, "127.0.0.1"},
		{1, nil, "127.0.0.1"},
		{1, []string{"192.0.2.1"}, "192.0.2.1"},
		{1, []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{1, []string{"198.51.100.1", "192.0.2.1"}, "192.0.2.1"},
		{2, []string{"203.0.113.1, 198.51.100.1, 192.0.2.1"}, "198.51.100.1"},
		{2, []string{"192.0.2.1"}, "127.0.0.1"},
		{1, []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{1, []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{1, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{1, []string{"unknown"}, "127.0.0.1"},
		{1, []string{"192.0.2.1, \x01"}, "127.0.0.1"},
	} {
		s := open(t, func(o *signin.Options) { o.Proxies = c.proxies })
		r := httptest.NewRequest("GET", s.server.URL+"/signin/link?token=x", nil)
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header["X-Forwarded-For"] = c.header
		s.gate.Wrap(s.console()).ServeHTTP(httptest.NewRecorder(), r)
		if got := s.last().Remote; got != c.want {
			t.Errorf("%d proxies, %q: %s, not %s", c.proxies, c.header, got, c.want)
		}
	}
}

func TestWhatAGateNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signin.Options)
		want   string
	}{
		"a short key":       {func(o *signin.Options) { o.Key = key[1:] }, "has 31 bytes, and needs 32"},
		"http, far away":    {func(o *signin.Options) { o.Base = url.URL{Scheme: "http", Host: "parry.example.com"} }, "in the open"},
		"https, not secure": {func(o *signin.Options) { o.Base = url.URL{Scheme: "https", Host: "parry.example.com"} }, "in the open"},
		"http, secure":      {func(o *signin.Options) { o.Secure = true }, "in the open"},
		"a path":            {func(o *signin.Options) { o.Base.Path = "/parry" }, "not a scheme and a host alone"},
		"no store":          {func(o *signin.Options) { o.Words = nil }, "needs a store"},
		"an issuer over http": {func(o *signin.Options) {
			o.OIDC = &signin.OIDC{Issuer: "http://idp.example", ClientID: "x", Admins: []string{"a"}}
		}, "is no issuer"},
		"no client": {func(o *signin.Options) { o.OIDC = &signin.OIDC{Issuer: "https://idp.example", Admins: []string{"a"}} }, "no client id"},
		"no groups": {func(o *signin.Options) { o.OIDC = &signin.OIDC{Issuer: "https://idp.example", ClientID: "x"} }, "nobody could sign in"},
	} {
		o := signin.Options{Key: key, Base: url.URL{Scheme: "http", Host: "127.0.0.1:8080"}, Words: newWords(), Now: time.Now, Log: quiet()}
		c.change(&o)
		if _, err := signin.New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPagesShowWhatIsUntrustedAsText(t *testing.T) {
	s := open(t, nil)
	id := `<script>alert(1)</script>`
	link, err := s.gate.Link(t.Context(), signin.Person{ID: id, Role: signin.Viewer}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := fmt.Fprint(&b, readAll(t, resp)); err != nil || strings.Contains(b.String(), id) || !strings.Contains(b.String(), "&lt;script&gt;") {
		t.Errorf("%s", b.String())
	}
}

func TestAnotherMayDrawPages(t *testing.T) {
	s := open(t, func(o *signin.Options) {
		o.Render = func(w http.ResponseWriter, r *http.Request, p signin.Page) {
			w.WriteHeader(p.Status)
			fmt.Fprintf(w, "drawn: %s|%s", p.Kind, p.Title)
		}
	})
	if a := s.ask(browser(t), "GET", "/signin/link?token=x", nil); a.status != 403 || a.body != "drawn: |This link does not sign you in" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
