package signin_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/signin"
)

// words is a store of words, with leases as parry.Store has them.
type words struct {
	mu     sync.Mutex
	word   map[string]string
	holder map[string]string
	broken error
}

func newWords() *words { return &words{word: map[string]string{}, holder: map[string]string{}} }

func (w *words) Set(_ context.Context, name, word string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word[name] = word
	return w.broken
}

func (w *words) Get(_ context.Context, name string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.word[name], w.broken
}

func (w *words) Claim(_ context.Context, resource, holder string, _ time.Time, _ time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := w.holder[resource]; other != "" && other != holder {
		return parry.Errorf(parry.Conflict, "%s has it", other)
	}
	w.holder[resource] = holder
	return w.broken
}

func (w *words) Release(_ context.Context, resource, holder string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holder[resource] == holder {
		delete(w.holder, resource)
	}
	return nil
}

// clock is a time that a test moves on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// scene is a gate with a console behind it, and what it told.
type scene struct {
	t      testing.TB
	gate   *signin.Gate
	server *httptest.Server
	words  *words
	clock  *clock
	mu     sync.Mutex
	events []signin.Event
	did    []string // what the console was asked to do, and by whom
}

var key = bytes.Repeat([]byte{7}, 32)

// open makes a scene; change may say more than the usual options.
func open(t testing.TB, change func(*signin.Options)) *scene {
	t.Helper()
	s := &scene{t: t, words: newWords(), clock: &clock{at: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)}}
	s.server = httptest.NewUnstartedServer(nil)
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.gate.Wrap(s.console()).ServeHTTP(w, r) })
	base := url.URL{Scheme: "http", Host: s.server.Listener.Addr().String()}
	o := signin.Options{Key: key, Base: base, Words: s.words, Now: s.clock.now, Log: slog.New(slog.DiscardHandler), Audit: func(_ context.Context, e signin.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}}
	if change != nil {
		change(&o)
	}
	var err error
	if s.gate, err = signin.New(o); err != nil {
		t.Fatal(err)
	}
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// console is what stands behind the gate: it says who asks.
func (s *scene) console() http.Handler {
	mux := http.NewServeMux()
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := signin.From(r.Context())
		if r.Method != http.MethodGet {
			s.mu.Lock()
			s.did = append(s.did, p.ID)
			s.mu.Unlock()
		}
		fmt.Fprintf(w, "person=%s role=%s via=%s csrf=%s;", p.ID, p.Role, p.Via, signin.CSRF(r.Context()))
	})
	mux.Handle("/", s.gate.Need(signin.Viewer, who))
	mux.Handle("/approve", s.gate.Need(signin.Approver, who))
	mux.Handle("/api/approve", s.gate.Need(signin.Approver, who))
	mux.Handle("/open", who)
	return mux
}

// last is the newest event.
func (s *scene) last() signin.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) == 0 {
		return signin.Event{}
	}
	return s.events[len(s.events)-1]
}

// browser keeps cookies and follows redirects, unless told not to.
func browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// still is the same browser, which shows redirects instead of following them.
func still(b *http.Client) *http.Client {
	c := *b
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	url    *url.URL
}

// ask makes a request; header lines are "Name: value".
func (s *scene) ask(b *http.Client, method, path string, form url.Values, header ...string) answer {
	s.t.Helper()
	to := path
	if strings.HasPrefix(path, "/") {
		to = s.server.URL + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, to, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range header {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Add(k, v)
	}
	resp, err := b.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, html.UnescapeString(string(text)), resp.Request.URL}
}

var hidden = regexp.MustCompile(`name="(csrf|token)" value="([^"]+)"`)

// fields are the hidden fields of a page's form.
func fields(body string) url.Values {
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		v.Set(m[1], m[2])
	}
	return v
}

// csrf is the token that the console shows.
func csrf(body string) string {
	_, rest, _ := strings.Cut(body, "csrf=")
	token, _, _ := strings.Cut(rest, ";")
	return token
}

// enter signs a browser in with a one-time link.
func (s *scene) enter(b *http.Client, id string, role signin.Role) answer {
	s.t.Helper()
	link, err := s.gate.Link(s.t.Context(), signin.Person{ID: id, Role: role}, 15*time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	page := s.ask(b, "GET", link, nil)
	a := s.ask(b, "POST", "/signin/link", fields(page.body))
	if a.status != 200 || !strings.Contains(a.body, "person="+id) {
		s.t.Fatalf("not signed in: %d %s", a.status, a.body)
	}
	return a
}

// liar is an OpenID provider that says whatever a test wants.
type liar struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	clock  *clock

	mu     sync.Mutex
	nonce  string // of the last request
	claims map[string]any
	drop   []string // claims that are left out
	user   map[string]any
	sign   string // RS256, HS256, none, or stranger: RS256 by another key
	down   bool
	says   map[string]any // more of its discovery document
	query  url.Values     // of the last request
	used   map[string]bool
	sends  map[string]string // more in what it sends back
}

// itsKey is the provider's key; to make one takes long.
var itsKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newLiar(t *testing.T, c *clock) *liar {
	t.Helper()
	k, err := itsKey()
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{t: t, key: k, clock: c, sign: "RS256", claims: map[string]any{}, used: map[string]bool{}, says: map[string]any{}, sends: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", l.discovery)
	mux.HandleFunc("GET /authorize", l.authorize)
	mux.HandleFunc("POST /token", l.token)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		n := base64.RawURLEncoding.EncodeToString(k.N.Bytes())
		e := base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())
		fmt.Fprintf(w, `{"keys":[{"kty":"RSA","alg":"RS256","use":"sig","kid":"1","n":%q,"e":%q}]}`, n, e)
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = json.NewEncoder(w).Encode(l.user)
	})
	l.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		down := l.down
		l.mu.Unlock()
		if down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(l.server.Close)
	return l
}

func (l *liar) discovery(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.server.URL
	doc := map[string]any{"issuer": u, "authorization_endpoint": u + "/authorize", "token_endpoint": u + "/token", "jwks_uri": u + "/keys",
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"}}
	if l.user != nil {
		doc["userinfo_endpoint"] = u + "/userinfo"
	}
	maps.Copy(doc, l.says)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(doc)
}

func (l *liar) authorize(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.query = r.URL.Query()
	l.nonce = l.query.Get("nonce")
	back := url.Values{"state": {l.query.Get("state")}, "code": {fmt.Sprint("code-", len(l.used))}}
	for k, v := range l.sends {
		back.Set(k, v)
	}
	http.Redirect(w, r, l.query.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (l *liar) token(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	code := r.PostFormValue("code")
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if l.used[code] || base64.RawURLEncoding.EncodeToString(sum[:]) != l.query.Get("code_challenge") || l.query.Get("code_challenge_method") != "S256" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	l.used[code] = true
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": l.idToken()})
}

// idToken says what the test wants in the place of the truth.
func (l *liar) idToken() string {
	now := l.clock.now()
	c := map[string]any{"iss": l.server.URL, "aud": "parry", "sub": "0001", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": l.nonce,
		"email": "ada@example.com", "email_verified": true, "groups": []string{"admins"}}
	maps.Copy(c, l.claims)
	for _, k := range l.drop {
		delete(c, k)
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			l.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	alg := l.sign
	if alg == "stranger" {
		alg = "RS256"
	}
	text := part(map[string]any{"alg": alg, "kid": "1"}) + "." + part(c)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	switch k := l.key; l.sign {
	case "HS256":
		m := hmac.New(sha256.New, []byte("secret"))
		m.Write([]byte(text))
		sig = m.Sum(nil)
	case "stranger":
		k, _ = rsa.GenerateKey(rand.Reader, 2048)
		sig, _ = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	case "RS256":
		sig, _ = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// withLiar is a scene with that provider.
func withLiar(t *testing.T, change func(*signin.Options)) (*scene, *liar) {
	t.Helper()
	var l *liar
	c := &clock{at: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)}
	l = newLiar(t, c)
	s := open(t, func(o *signin.Options) {
		o.Now = c.now
		o.OIDC = &signin.OIDC{Issuer: l.server.URL, ClientID: "parry", ClientSecret: "secret", Viewers: []string{"viewers"}, Approvers: []string{"approvers"}, Admins: []string{"admins"}}
		if change != nil {
			change(o)
		}
	})
	s.clock = c
	return s, l
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
