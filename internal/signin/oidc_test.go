package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parry/internal/oidctest"
	"parry/internal/signin"
)

func TestSigningInWithAProvider(t *testing.T) {
	s, l := withLiar(t, nil)
	b := browser(t)
	a := s.ask(b, "GET", "/signin/oidc?to="+url.QueryEscape("/approve?x=1&y=a%20b"), nil)
	if a.status != 200 || a.url.RequestURI() != "/approve?x=1&y=a%20b" || !strings.Contains(a.body, "person=ada@example.com role=admin via=oidc") {
		t.Fatalf("%d %s %s", a.status, a.url, a.body)
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": "parry", "scope": "openid email profile", "code_challenge_method": "S256", "redirect_uri": s.server.URL + "/signin/callback"} {
		if got := l.query.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(l.query.Get(name)) < 43 {
			t.Errorf("%s can be guessed: %q", name, l.query.Get(name))
		}
	}
	if e := s.last(); e.What != signin.SignedIn || e.Person.ID != "ada@example.com" || e.Person.Role != signin.Admin || e.Remote != "127.0.0.1" || !e.At.Equal(s.clock.now()) {
		t.Errorf("%+v", e)
	}
}

func TestWhatAProviderSaysMayNotHold(t *testing.T) {
	hour := func(d time.Duration) int64 { return time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC).Add(d).Unix() }
	for name, c := range map[string]struct {
		lie     func(*liar)
		options func(*signin.OIDC)
		want    string // on the page
		id      string // in the record, as far as it is known
	}{
		"alg none":                   {lie: func(l *liar) { l.sign = "none" }, want: "does not hold"},
		"alg HS256, client's secret": {lie: func(l *liar) { l.sign = "HS256" }, want: "does not hold"},
		"a stranger's key":           {lie: func(l *liar) { l.sign = "stranger" }, want: "does not hold"},
		"another nonce":              {lie: func(l *liar) { l.claims["nonce"] = "of another" }, want: "its nonce differs"},
		"no nonce":                   {lie: func(l *liar) { l.drop = []string{"nonce"} }, want: "its nonce differs"},
		"another issuer":             {lie: func(l *liar) { l.claims["iss"] = "https://evil.example" }, want: "different provider"},
		"another audience":           {lie: func(l *liar) { l.claims["aud"] = "other" }, want: "expected audience"},
		"two audiences, no party":    {lie: func(l *liar) { l.claims["aud"] = []string{"parry", "other"} }, want: "given to another client"},
		"another party":              {lie: func(l *liar) { l.claims["azp"] = "other" }, want: "given to another client"},
		"expired":                    {lie: func(l *liar) { l.claims["exp"] = hour(-2 * time.Minute) }, want: "expired"},
		"from the future":            {lie: func(l *liar) { l.claims["iat"] = hour(time.Hour) }, want: "from the future"},
		"not yet":                    {lie: func(l *liar) { l.claims["nbf"] = hour(time.Hour) }, want: "before the nbf"},
		"not verified":               {lie: func(l *liar) { l.claims["email_verified"] = false }, want: "does not vouch for your e-mail address"},
		"verified is a word":         {lie: func(l *liar) { l.claims["email_verified"] = "yes" }, want: "does not vouch"},
		"verified is not said":       {lie: func(l *liar) { l.drop = []string{"email_verified"} }, want: "does not vouch"},
		"no e-mail":                  {lie: func(l *liar) { l.drop = []string{"email"} }, want: `sent no claim "email"`},
		"an e-mail with a line":      {lie: func(l *liar) { l.claims["email"] = "a@b\nc" }, want: "cannot stand in a record"},
		"an e-mail turned round":     {lie: func(l *liar) { l.claims["email"] = "a\u202e@b" }, want: "cannot stand in a record"},
		"no e-mail at all":           {lie: func(l *liar) { l.claims["email"] = "ada" }, want: "is no e-mail address"},
		"sub as an ARN":              {lie: func(l *liar) { l.claims["sub"] = "arn:aws:iam::111122223333:user/x" }, options: func(o *signin.OIDC) { o.Claim = "sub" }, want: "cannot stand in a record"},
		"sub as a token":             {lie: func(l *liar) { l.claims["sub"] = "Token:ci" }, options: func(o *signin.OIDC) { o.Claim = "sub" }, want: "cannot stand in a record"},
		"no group that counts":       {lie: func(l *liar) { l.claims["groups"] = []any{"admin", "ADMINS", 7, "admins "} }, want: "none of the groups that may sign in: viewers, approvers, admins. It named 3 others", id: "ada@example.com"},
		"no groups":                  {lie: func(l *liar) { l.drop = []string{"groups"} }, want: `sent no claim "groups"`, id: "ada@example.com"},
		"groups are no texts":        {lie: func(l *liar) { l.claims["groups"] = map[string]any{"admins": true} }, want: `sent no claim "groups"`, id: "ada@example.com"},
		"another says userinfo": {lie: func(l *liar) {
			l.drop, l.user = []string{"groups"}, map[string]any{"sub": "0002", "groups": []string{"admins"}}
		}, want: "two different people"},
		"userinfo vouches for its own": {lie: func(l *liar) {
			l.drop, l.user = []string{"groups", "email_verified"}, map[string]any{"sub": "0001", "groups": []string{"admins"}, "email": "else@example.com", "email_verified": true}
		}, want: "does not vouch"},
		"the provider says no":   {lie: func(l *liar) { l.sends["error"] = "access_denied" }, want: "The provider said no: access_denied"},
		"it says no with markup": {lie: func(l *liar) { l.sends["error"] = "<script>" }, want: "an error that it did not name"},
		"another state":          {lie: func(l *liar) { l.sends["state"] = "of another" }, want: "not of the sign-in that this browser began last"},
		"another issuer answers": {lie: func(l *liar) { l.sends["iss"] = "https://evil.example" }, want: "not from the provider that was asked"},
		"it does not say whose":  {lie: func(l *liar) { l.says["authorization_response_iss_parameter_supported"] = true }, want: "not from the provider that was asked"},
		"a code that was used":   {lie: func(l *liar) { l.used["spent"], l.sends["code"] = true, "spent" }, want: "did not take the code"},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := withLiar(t, func(o *signin.Options) {
				if c.options != nil {
					c.options(o.OIDC)
				}
			})
			c.lie(l)
			b := browser(t)
			a := s.ask(b, "GET", "/signin/oidc", nil)
			if a.status != 403 || !strings.Contains(a.body, c.want) {
				t.Errorf("%d %s", a.status, a.body)
			}
			if e := s.last(); e.What != signin.Refused || e.Person.Role != signin.Nobody || e.Person.ID != c.id || e.Why == "" {
				t.Errorf("%+v", e)
			}
			if after := s.ask(b, "GET", "/open", nil); !strings.Contains(after.body, "person= role=nobody") {
				t.Errorf("somebody is signed in: %s", after.body)
			}
		})
	}
}

func TestWhatAProviderSaysHolds(t *testing.T) {
	for name, c := range map[string]struct {
		lie     func(*liar)
		options func(*signin.OIDC)
		want    string
	}{
		"the highest group counts":         {lie: func(l *liar) { l.claims["groups"] = []string{"viewers", "approvers", "x"} }, want: "person=ada@example.com role=approver"},
		"one group as a text":              {lie: func(l *liar) { l.claims["groups"] = "viewers" }, want: "role=viewer"},
		"verified as a text":               {lie: func(l *liar) { l.claims["email_verified"] = "true" }, want: "person=ada@example.com"},
		"an address in capitals is one":    {lie: func(l *liar) { l.claims["email"] = "Ada@Example.com" }, want: "person=ada@example.com"},
		"a clock that is a little behind":  {lie: func(l *liar) { l.claims["exp"] = time.Date(2026, 3, 4, 8, 59, 30, 0, time.UTC).Unix() }, want: "person=ada@example.com"},
		"two audiences, given to us":       {lie: func(l *liar) { l.claims["aud"], l.claims["azp"] = []string{"parry", "other"}, "parry" }, want: "person=ada@example.com"},
		"who somebody is, by another name": {lie: func(*liar) {}, options: func(o *signin.OIDC) { o.Claim = "sub" }, want: "person=0001"},
		"groups by another name": {lie: func(l *liar) { l.claims["roles"], l.drop = []string{"viewers"}, []string{"groups"} },
			options: func(o *signin.OIDC) { o.GroupsClaim = "roles" }, want: "role=viewer"},
		"groups told by userinfo": {lie: func(l *liar) {
			l.drop, l.user = []string{"groups"}, map[string]any{"sub": "0001", "groups": []string{"viewers"}, "email": "else@example.com", "email_verified": true}
		}, want: "person=ada@example.com role=viewer"},
		"the issuer answers by name": {lie: func(l *liar) {
			l.says["authorization_response_iss_parameter_supported"], l.sends["iss"] = true, l.server.URL
		}, want: "person=ada@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := withLiar(t, func(o *signin.Options) {
				if c.options != nil {
					c.options(o.OIDC)
				}
			})
			c.lie(l)
			if a := s.ask(browser(t), "GET", "/signin/oidc", nil); a.status != 200 || !strings.Contains(a.body, c.want) {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestAnAnswerCountsInTheBrowserThatBeganAndOnce(t *testing.T) {
	s, _ := withLiar(t, nil)
	b := browser(t)
	began := s.ask(still(b), "GET", "/signin/oidc", nil)
	sent := s.ask(still(b), "GET", began.header.Get("Location"), nil).header.Get("Location")
	if a := s.ask(browser(t), "GET", sent, nil); a.status != 403 || !strings.Contains(a.body, "This browser did not begin to sign in") {
		t.Errorf("in another browser: %d %s", a.status, a.body)
	}
	home, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	kept := b.Jar.Cookies(home)
	if a := s.ask(b, "GET", sent, nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := s.ask(b, "GET", sent, nil); a.status != 403 {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	// Even who kept the cookie, and has a new code of the provider for the old state, does not come in a second time.
	thief := browser(t)
	thief.Jar.SetCookies(home, kept)
	u, err := url.Parse(sent)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("code", "another")
	u.RawQuery = q.Encode()
	if a := s.ask(thief, "GET", u.String(), nil); a.status != 403 || !strings.Contains(a.body, "This sign-in was used before") {
		t.Errorf("the state again: %d %s", a.status, a.body)
	}

	late := browser(t)
	began = s.ask(still(late), "GET", "/signin/oidc", nil)
	s.clock.pass(11 * time.Minute)
	if a := s.ask(late, "GET", began.header.Get("Location"), nil); a.status != 403 || !strings.Contains(a.body, "more than 10m0s ago") {
		t.Errorf("late: %d %s", a.status, a.body)
	}
}

func TestAProviderThatIsDown(t *testing.T) {
	s, l := withLiar(t, nil)
	l.down = true
	b := browser(t)
	for range 2 {
		if a := s.ask(b, "GET", "/signin/oidc", nil); a.status != http.StatusBadGateway || !strings.Contains(a.body, "Your provider does not answer") || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	l.mu.Lock()
	l.down = false
	l.mu.Unlock()
	s.clock.pass(6 * time.Second)
	if a := s.ask(b, "GET", "/signin/oidc", nil); a.status != 200 {
		t.Errorf("after it is up again: %d %s", a.status, a.body)
	}
	began := s.ask(still(browser(t)), "GET", "/signin/oidc", nil)
	sent := s.ask(still(b), "GET", began.header.Get("Location"), nil).header.Get("Location")
	c := browser(t)
	home, _ := url.Parse(s.server.URL)
	c.Jar.SetCookies(home, (&http.Response{Header: began.header}).Cookies())
	l.mu.Lock()
	l.down = true
	l.mu.Unlock()
	if a := s.ask(c, "GET", sent, nil); a.status != http.StatusBadGateway {
		t.Errorf("at the callback: %d %s", a.status, a.body)
	}
}

func TestSigningInWithACertifiedProvider(t *testing.T) {
	for _, inToken := range []bool{false, true} {
		var p oidctest.Provider
		s := open(t, func(o *signin.Options) {
			p = oidctest.Start(t, o.Base.String()+"/signin/callback", inToken)
			o.Now = time.Now
			o.OIDC = &signin.OIDC{Issuer: p.Issuer, ClientID: p.Client, ClientSecret: p.Secret, Viewers: []string{"parry-viewers"}, Admins: []string{"parry-admins"}}
		})
		for who, want := range map[string]string{
			"alice": "person=alice@example.com role=admin via=oidc",
			"bob":   "does not vouch for your e-mail address",
			"carol": "You are carol@example.com, and the provider named none of the groups that may sign in: parry-viewers, parry-admins. It named 1 others",
			"dan":   `You are dan@example.com, and the provider sent no claim "groups"`,
		} {
			b := browser(t)
			resp, err := p.SignIn(b, s.server.URL+"/signin/oidc?to=/approve", who)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if who == "alice" && (resp.StatusCode != 200 || resp.Request.URL.Path != "/approve") {
				t.Errorf("%s: %d at %s", who, resp.StatusCode, resp.Request.URL)
			}
			// The page is shown once; what it said stands in the record.
			if who == "alice" {
				if a := s.ask(b, "GET", "/", nil); !strings.Contains(a.body, want) {
					t.Errorf("%s: %s", who, a.body)
				}
			} else if e := s.last(); resp.StatusCode != 403 || !strings.Contains(e.Why, want) {
				t.Errorf("%s: %d %+v", who, resp.StatusCode, e)
			}
		}
	}
}
