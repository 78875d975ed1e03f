package signin

import (
	"context"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"parry"
)

// Options say how people and programs are let in.
type Options struct {
	OIDC    *OIDC   // nil for no provider: one-time links and tokens only
	Tokens  []Token // of the API
	Key     []byte  // seals cookies and links: at least 32 bytes, the same on all servers of one address
	Secure  bool    // people come over https; false on this machine only
	Base    url.URL // where people reach it, such as https://parry.example.com
	Proxies int     // how many stand in front and write X-Forwarded-For
	Words   WordStore
	Now     func() time.Time
	Log     *slog.Logger
	Audit   func(ctx context.Context, e Event)                      // may be nil
	Render  func(w http.ResponseWriter, r *http.Request, page Page) // draws pages, the status with them; nil for plain ones
}

// How much is let through. Signing in is rare, though a whole office may do it from one address, each with two requests; pages ask for several
// things at once.
const (
	addressEvery, addressBurst = 20 * time.Millisecond, 200
	sessionEvery, sessionBurst = 50 * time.Millisecond, 100
	signinEvery, signinBurst   = 2 * time.Second, 20
	mostCounted                = 4096
	maxBody                    = 1 << 20
)

// Gate stands in front of the console's pages and its API.
type Gate struct {
	o        Options
	base     string // scheme and host
	host     string
	sessions seal
	begins   seal
	links    seal
	csrf     []byte
	gone     gone
	provider *provider
	origin   *http.CrossOriginProtection
	own      http.Handler
	template *template.Template

	byAddress, bySession, signins *limiter
}

// New makes a gate. The provider is asked when somebody first signs in, not now: a server starts without it.
func New(o Options) (*Gate, error) {
	if len(o.Key) < minKey {
		return nil, parry.Errorf(parry.Invalid, "the key of sessions has %d bytes, and needs %d", len(o.Key), minKey).WithHint("make one: openssl rand -hex 32")
	}
	if err := checkBase(o.Base, o.Secure); err != nil {
		return nil, err
	}
	if o.Words == nil || o.Now == nil || o.Log == nil || o.Proxies < 0 {
		return nil, parry.Errorf(parry.Invalid, "a gate needs a store, a clock and a log")
	}
	g := &Gate{o: o, base: o.Base.Scheme + "://" + o.Base.Host, host: canonical(o.Base.Host, o.Base.Scheme), gone: gone{o.Words, o.Now},
		origin: http.NewCrossOriginProtection(), template: newTemplate(),
		byAddress: newLimiter(addressEvery, addressBurst, mostCounted), bySession: newLimiter(sessionEvery, sessionBurst, mostCounted), signins: newLimiter(signinEvery, signinBurst, mostCounted)}
	for purpose, s := range map[string]*seal{"session": &g.sessions, "begin": &g.begins, "link": &g.links} {
		var err error
		if *s, err = newSeal(o.Key, purpose); err != nil {
			return nil, err
		}
	}
	var err error
	if g.csrf, err = derive(o.Key, "csrf"); err != nil {
		return nil, err
	}
	if o.OIDC != nil {
		if g.provider, err = newProvider(*o.OIDC, g.base+"/signin/callback", o.Now); err != nil {
			return nil, err
		}
	}
	if err := g.origin.AddTrustedOrigin(g.base); err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	g.own = g.pages()
	return g, nil
}

// checkBase holds the address to what cookies need: https, or plain http that does not leave this machine.
func checkBase(u url.URL, secure bool) error {
	const hint = "such as https://parry.example.com; plain http is for 127.0.0.1 and localhost only"
	if u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return parry.Errorf(parry.Invalid, "the console's address %.100q is not a scheme and a host alone", u.Redacted()).WithHint(hint)
	}
	if secure != (u.Scheme == "https") || u.Scheme == "http" && !isLoopback(u.Hostname()) || u.Scheme != "http" && u.Scheme != "https" {
		return parry.Errorf(parry.Invalid, "the console's address %.100q would send cookies in the open", u.Redacted()).WithHint(hint)
	}
	return nil
}

// isLoopback tells whether a host is this machine.
func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.IsLoopback()
}

// canonical is a host as it is compared: in lower case, without a scheme's usual port.
func canonical(host, scheme string) string {
	host = strings.ToLower(host)
	usual := map[string]string{"http": "80", "https": "443"}[scheme]
	if h, port, err := net.SplitHostPort(host); err == nil && port == usual {
		if strings.Contains(h, ":") {
			return "[" + h + "]"
		}
		return h
	}
	return host
}

// pages are the sign-in's own.
func (g *Gate) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signin", g.signin)
	mux.HandleFunc("GET /signin/oidc", g.strict(g.beginOIDC))
	mux.HandleFunc("GET /signin/callback", g.strict(g.callback))
	mux.HandleFunc("GET /signin/link", g.strict(g.showLink))
	mux.HandleFunc("POST /signin/link", g.strict(g.useLink))
	mux.HandleFunc("POST /signout", g.signout)
	return mux
}

// Wrap lets requests through to a handler, with who asks in their context: somebody whose role is Nobody where it is not known. Who may do what is
// asked by Need.
func (g *Gate) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.secure(w.Header())
		if canonical(r.Host, g.o.Base.Scheme) != g.host {
			// Another name for this address may be a web page's that leads browsers here (DNS rebinding).
			g.say(w, r, Page{Status: http.StatusMisdirectedRequest, Title: "Not this address", Text: "The console is not known by the name that was asked for.", Next: "Open " + g.base + "/"})
			return
		}
		now, address := g.o.Now(), remote(r, g.o.Proxies)
		if wait, ok := g.byAddress.take(neighbourhood(address), now); !ok {
			g.tooMany(w, r, wait)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if token, ok := bearer(r); ok && isAPI(r.URL.Path) {
			g.program(w, r, token, next)
			return
		}
		if !isSafe(r.Method) {
			if err := g.origin.Check(r); err != nil {
				g.foreign(w, r, Person{}, "it came from another site's page")
				return
			}
		}
		if isOwn(r.URL.Path) && r.URL.Path != "/signout" && r.URL.Path != "/signin" {
			g.own.ServeHTTP(w, r)
			return
		}
		s, err := g.session(r)
		if err != nil {
			g.failed(w, r, err)
			return
		}
		if s != nil {
			if wait, ok := g.bySession.take(s.ID, now); !ok {
				g.tooMany(w, r, wait)
				return
			}
			if !isSafe(r.Method) && !g.marked(s.ID, given(r)) {
				g.foreign(w, r, s.Person, "the form's token is missing or wrong")
				return
			}
			ctx := context.WithValue(With(r.Context(), s.Person), csrfKey{}, g.mark(s.ID))
			r = r.WithContext(context.WithValue(ctx, sessionKey{}, *s))
		}
		if isOwn(r.URL.Path) {
			g.own.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// program lets a program through with its token. Cookies do not count here, so that nothing a browser sends by itself does.
func (g *Gate) program(w http.ResponseWriter, r *http.Request, token string, next http.Handler) {
	p, ok := owner(g.o.Tokens, token)
	if !ok {
		if wait, ok := g.signins.take(neighbourhood(remote(r, g.o.Proxies)), g.o.Now()); !ok {
			g.tooMany(w, r, wait)
			return
		}
		g.refused(r, Person{}, "no such token")
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		g.say(w, r, Page{Status: http.StatusUnauthorized, Text: "the token is not known", Next: "make one with 'parry token new', and put its line into the file api_tokens"})
		return
	}
	next.ServeHTTP(w, r.WithContext(With(r.Context(), p)))
}

// strict counts what signs in more strictly.
func (g *Gate) strict(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if wait, ok := g.signins.take(neighbourhood(remote(r, g.o.Proxies)), g.o.Now()); !ok {
			g.tooMany(w, r, wait)
			return
		}
		next(w, r)
	}
}

func (g *Gate) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	retryAfter(w, wait)
	g.say(w, r, Page{Status: http.StatusTooManyRequests, Title: "Too much at once", Text: "More was asked for than is let through.", Next: "Wait a little, and try again."})
}

// foreign refuses what may not have been the person's wish.
func (g *Gate) foreign(w http.ResponseWriter, r *http.Request, p Person, why string) {
	g.refused(r, p, why)
	g.say(w, r, Page{Status: http.StatusForbidden, Title: "Not done", Text: "Nothing was done: " + why + ".", Next: "Go back, load the page anew, and try again."})
}

// Need lets through who has a role, and shows others the way.
func (g *Gate) Need(role Role, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := From(r.Context())
		switch {
		case p.May(role):
			if err := g.seen(w, r); err != nil {
				g.failed(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		case p.Role > Nobody:
			g.refused(r, p, "it needs the role "+role.String())
			g.say(w, r, Page{Status: http.StatusForbidden, Title: "Not for your role", Text: "This needs the role " + role.String() + ", and yours is " + p.Role.String() + ".",
				Next: "Ask who runs Parry; roles come from your provider's groups, and a change counts when you sign in again."})
		case isAPI(r.URL.Path):
			w.Header().Set("WWW-Authenticate", "Bearer")
			g.say(w, r, Page{Status: http.StatusUnauthorized, Text: "nobody is signed in", Next: "send Authorization: Bearer with a token of 'parry token new', or sign in"})
		case r.Header.Get("HX-Request") != "":
			// A part of a page cannot be a sign-in. Source: htmx, "HX-Redirect Response Header".
			w.Header().Set("HX-Redirect", "/signin")
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			see(w, "/signin?"+url.Values{"to": {back(r.URL.RequestURI())}}.Encode())
		default:
			g.page(w, r, Page{Status: http.StatusUnauthorized, Title: "You are not signed in", Text: "Nothing was done.", Next: "Sign in, and do it again.", Kind: PageSignIn, Begin: g.beginPath("/")})
		}
	})
}

// signin is the page that shows the ways in.
func (g *Gate) signin(w http.ResponseWriter, r *http.Request) {
	to := back(r.URL.Query().Get("to"))
	p := Page{Status: http.StatusOK, Kind: PageSignIn, Title: "Sign in to Parry", Begin: g.beginPath(to)}
	switch {
	case From(r.Context()).Role > Nobody:
		p.Text = "You are signed in as " + plain(From(r.Context()).ID, 200) + "."
	case g.provider == nil:
		p.Text, p.Next = "There is no provider to sign in with.", "Open the one-time link that 'parry serve' prints on its terminal."
	}
	g.page(w, r, p)
}

// beginPath is where signing in with the provider begins; empty where there is none.
func (g *Gate) beginPath(to string) string {
	if g.provider == nil {
		return ""
	}
	return "/signin/oidc?" + url.Values{"to": {to}}.Encode()
}

// signout ends the session, here and on all other servers.
func (g *Gate) signout(w http.ResponseWriter, r *http.Request) {
	g.cookie(w, g.sessionName(), "", 0)
	p := From(r.Context())
	if err := g.leave(r.Context(), r); err != nil {
		g.failed(w, r, err)
		return
	}
	if p.Role > Nobody {
		g.audit(r.Context(), Event{What: SignedOut, Person: p, Remote: remote(r, g.o.Proxies), Path: r.URL.Path})
	}
	g.page(w, r.WithContext(With(r.Context(), Person{})), Page{Status: http.StatusOK, Kind: PageSignIn, Title: "You are signed out", Text: "You may still be signed in at your provider.", Begin: g.beginPath("/")})
}
