package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parry"
)

// OIDC is an OpenID provider, and what its groups may do.
type OIDC struct {
	Issuer, ClientID, ClientSecret string // without a secret it is a public client, which PKCE is for
	Claim                          string // who somebody is: email (as by default), sub, or another claim that nobody can choose for oneself
	GroupsClaim                    string // groups by default
	Scopes                         []string
	Viewers, Approvers, Admins     []string // groups
	Client                         *http.Client
}

// skew is by how much the provider's clock may differ.
const skew = time.Minute

// What a provider is waited for, and how much of its answers is read.
const (
	providerTimeout = 10 * time.Second
	providerPause   = 5 * time.Second
	maxAnswer       = 1 << 20
)

// provider is the provider with what it says of itself, once it was asked.
type provider struct {
	OIDC
	callback string
	now      func() time.Time

	mu     sync.Mutex
	found  *oidc.Provider
	failed error     // why it was not found the last time
	again  time.Time // when it is asked again after that
}

// newProvider checks what can be checked without asking anybody.
func newProvider(o OIDC, callback string, now func() time.Time) (*provider, error) {
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, parry.Errorf(parry.Invalid, "%.100q is no issuer", o.Issuer).WithHint("it is an https address, and what the provider's documents call issuer")
	}
	if o.ClientID == "" {
		return nil, parry.Errorf(parry.Invalid, "there is an issuer, and no client id: set oidc.client_id").WithHint("the provider gives one to each application that is registered with it")
	}
	if len(o.Viewers)+len(o.Approvers)+len(o.Admins) == 0 {
		return nil, parry.Errorf(parry.Invalid, "no group has a role, so nobody could sign in").WithHint("set oidc.viewers, oidc.approvers or oidc.admins")
	}
	if o.Claim == "" {
		o.Claim = "email"
	}
	if o.GroupsClaim == "" {
		o.GroupsClaim = "groups"
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{oidc.ScopeOpenID, "email", "profile"}
	}
	if !slices.Contains(o.Scopes, oidc.ScopeOpenID) {
		o.Scopes = append([]string{oidc.ScopeOpenID}, o.Scopes...)
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	c := *o.Client
	if c.Timeout == 0 {
		c.Timeout = providerTimeout
	}
	c.Transport = bounded{c.Transport}
	o.Client = &c
	return &provider{OIDC: o, callback: callback, now: now}, nil
}

// bounded reads so much of an answer and no more.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// discover asks the provider what it is, once. Where it does not say, people who come just then are told so at once, and do not wait one after
// the other. Source: OpenID Connect Discovery 1.0, section 4.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil && p.failed != nil && p.now().Before(p.again) {
		return nil, nil, p.failed
	}
	if p.found == nil {
		found, err := oidc.NewProvider(ctx, p.Issuer)
		if err != nil {
			err = parry.Errorf(parry.Fault, "the provider %s does not say what it is: %w", p.Issuer, err).WithHint("look at %s/.well-known/openid-configuration, whose issuer must be the same to the letter", p.Issuer)
			if ctx.Err() == nil { // or else who asked went away, which says nothing of the provider
				p.failed, p.again = err, p.now().Add(providerPause)
			}
			return nil, nil, err
		}
		p.found = found
	}
	c := &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: p.found.Endpoint(), RedirectURL: p.callback, Scopes: p.Scopes}
	if p.ClientSecret == "" {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return p.found, c, nil
}

// begin is what the browser keeps, sealed, while it is away at the provider, or looks at the page of a link. It binds what comes back to the
// browser that went.
type begin struct {
	ID       string `json:"i"` // the state
	Nonce    string `json:"n,omitempty"`
	Verifier string `json:"v,omitempty"`
	To       string `json:"t,omitempty"`
	Ends     int64  `json:"e"`
}

// beginOIDC sends the browser to the provider.
func (g *Gate) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if g.provider == nil {
		g.page(w, r, Page{Status: http.StatusNotFound, Title: "No provider", Text: "There is no provider to sign in with.", Next: "Open the one-time link that 'parry serve' prints on its terminal."})
		return
	}
	ctx := oidc.ClientContext(r.Context(), g.provider.Client)
	_, config, err := g.provider.discover(ctx)
	if err != nil {
		g.down(w, r, err)
		return
	}
	b := begin{ID: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), To: back(r.URL.Query().Get("to")), Ends: g.o.Now().Add(beginLife).Unix()}
	text, err := g.begins.close(b)
	if err != nil {
		g.failed(w, r, err)
		return
	}
	g.cookie(w, g.beginName(), text, beginLife)
	see(w, config.AuthCodeURL(b.ID, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)))
}

// down says that the provider is.
func (g *Gate) down(w http.ResponseWriter, r *http.Request, err error) {
	g.o.Log.ErrorContext(r.Context(), "the sign-in provider fails", "error", plain(err.Error(), 500), "next", parry.HintOf(err))
	w.Header().Set("Retry-After", "30")
	g.page(w, r, Page{Status: http.StatusBadGateway, Title: "Your provider does not answer", Text: "Parry asked " + g.provider.Issuer + " and had no answer that counts. Responses go on meanwhile.",
		Next: "Try again in a minute; the server's log says what was wrong."})
}

// errorCode is the grammar of the provider's word for what is wrong; anything else is not repeated. Source: RFC 6749, section 4.1.2.1.
var errorCode = regexp.MustCompile(`^[a-z_]{1,60}$`)

// denied refuses a sign-in that came back.
func (g *Gate) denied(w http.ResponseWriter, r *http.Request, p Person, why, next string) {
	g.refused(r, p, why)
	g.page(w, r, Page{Status: http.StatusForbidden, Title: "You are not signed in", Text: why, Next: next, Kind: PageSignIn, Begin: g.beginPath("/")})
}

// callback takes who comes back from the provider.
func (g *Gate) callback(w http.ResponseWriter, r *http.Request) {
	if g.provider == nil {
		http.NotFound(w, r)
		return
	}
	const again = "Begin again."
	var b begin
	known := sealedCookie(r, g.beginName(), g.begins, &b) && b.Nonce != "" && g.o.Now().Unix() < b.Ends
	g.cookie(w, g.beginName(), "", 0)
	q := r.URL.Query()
	if !known {
		g.denied(w, r, Person{}, "This browser did not begin to sign in, or did so more than "+beginLife.String()+" ago.", again)
		return
	}
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(b.ID)) != 1 {
		g.denied(w, r, Person{}, "What came back is not of the sign-in that this browser began last.", again)
		return
	}
	if code := q.Get("error"); code != "" {
		if !errorCode.MatchString(code) {
			code = "an error that it did not name"
		}
		g.o.Log.WarnContext(r.Context(), "the provider refused a sign-in", "error", code, "description", plain(q.Get("error_description"), 300))
		g.denied(w, r, Person{}, "The provider said no: "+code+".", "Ask who runs the provider; its log says more.")
		return
	}
	ctx := oidc.ClientContext(r.Context(), g.provider.Client)
	found, config, err := g.provider.discover(ctx)
	if err != nil {
		g.down(w, r, err)
		return
	}
	if why := wrongIssuer(found, g.provider.Issuer, q); why != "" {
		g.denied(w, r, Person{}, why, again)
		return
	}
	tokens, err := config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(b.Verifier))
	if err != nil {
		if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) && refusal.Response != nil && refusal.Response.StatusCode < 500 {
			g.o.Log.WarnContext(r.Context(), "the provider did not take a code", "error", plain(err.Error(), 500))
			g.denied(w, r, Person{}, "The provider did not take the code that it gave: it was used, its time is over, or the client's secret is wrong.", again)
			return
		}
		g.down(w, r, err)
		return
	}
	claims, err := g.provider.verify(ctx, found, config, tokens, b.Nonce)
	if err != nil {
		if parry.KindOf(err) != parry.Refused {
			g.down(w, r, err)
			return
		}
		g.o.Log.WarnContext(r.Context(), "an ID token does not count", "error", plain(err.Error(), 500))
		g.denied(w, r, Person{}, "What the provider says does not hold: "+plain(err.Error(), 300)+".", again)
		return
	}
	p, err := g.provider.person(claims)
	if err != nil {
		g.denied(w, r, p, err.Error(), parry.HintOf(err))
		return
	}
	first, err := g.gone.use(r.Context(), b.ID, time.Unix(b.Ends, 0))
	if err != nil {
		g.failed(w, r, err)
		return
	}
	if !first {
		g.denied(w, r, p, "This sign-in was used before.", again)
		return
	}
	if err := g.enter(w, r, p); err != nil {
		g.failed(w, r, err)
		return
	}
	see(w, back(b.To))
}

// wrongIssuer holds an answer to the provider that was asked, where it says whose it is. Source: RFC 9207, section 2.4.
func wrongIssuer(found *oidc.Provider, issuer string, q url.Values) string {
	var meta struct {
		Says bool `json:"authorization_response_iss_parameter_supported"`
	}
	_ = found.Claims(&meta) // it was read as JSON when it was found
	if iss := q.Get("iss"); iss != issuer && (iss != "" || meta.Says) {
		return "What came back is not from the provider that was asked."
	}
	return ""
}

// verify reads what the provider says of the person. Signatures count that need the provider's own key: go-oidc leaves out HS256 and none
// whatever a provider says that it supports. Source: OpenID Connect Core 1.0, section 3.1.3.7.
func (p *provider) verify(ctx context.Context, found *oidc.Provider, config *oauth2.Config, tokens *oauth2.Token, nonce string) (map[string]any, error) {
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return nil, parry.Errorf(parry.Refused, "there is no ID token")
	}
	t, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: func() time.Time { return p.now().Add(-skew) }}).Verify(ctx, raw)
	if err != nil {
		return nil, parry.Errorf(parry.Refused, "%w", err)
	}
	if subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1 {
		return nil, parry.Errorf(parry.Refused, "the ID token is of another sign-in: its nonce differs")
	}
	claims := map[string]any{}
	if err := t.Claims(&claims); err != nil {
		return nil, parry.Errorf(parry.Refused, "%w", err)
	}
	if azp, ok := claims["azp"].(string); len(t.Audience) > 1 && azp != p.ClientID || ok && azp != p.ClientID {
		return nil, parry.Errorf(parry.Refused, "the ID token was given to another client")
	}
	if t.IssuedAt.After(p.now().Add(5 * skew)) {
		return nil, parry.Errorf(parry.Refused, "the ID token is from the future: compare the clocks")
	}
	_, hasWho := claims[p.Claim]
	_, hasGroups := claims[p.GroupsClaim]
	if hasWho && hasGroups || found.UserInfoEndpoint() == "" {
		return claims, nil
	}
	// Some providers keep ID tokens small, and tell the rest when they are asked for it.
	info, err := found.UserInfo(ctx, config.TokenSource(ctx, tokens))
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "the provider does not say more of the person: %w", err)
	}
	if info.Subject != t.Subject {
		return nil, parry.Errorf(parry.Refused, "the provider speaks of two different people")
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return nil, parry.Errorf(parry.Refused, "%w", err)
	}
	return merge(claims, more), nil
}
