package console

import (
	"context"
	"html"
	"io"
	"log/slog"
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
	"parry/internal/assemble"
	"parry/internal/demo"
	"parry/internal/desk"
	"parry/internal/signin"
	"parry/internal/source"
	"parry/internal/sqlite"
)

// scene is the demo's organization with a console in front of it.
type scene struct {
	t      testing.TB
	store  *sqlite.DB
	engine *parry.Responder
	board  *Board
	gate   *signin.Gate
	con    *Console
	server *httptest.Server
	ended  chan struct{}
	work   sync.WaitGroup
}

// library is read once: nobody changes it.
var library = sync.OnceValues(func() (*assemble.Library, error) {
	lib, err := assemble.NewLibrary("", "")
	if err == nil {
		lib.Rules.Act = true
	}
	return lib, err
})

type sceneOptions struct {
	guard  *parry.GuardPolicy
	silent bool // no event comes in
	oidc   func(callback string) *signin.OIDC
}

func newScene(t testing.TB, o sceneOptions) *scene {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	org, err := demo.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lib, err := library()
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, ended: make(chan struct{})}
	if s.store, err = sqlite.Open(ctx, ":memory:"); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.board = NewBoard(s.store, time.Minute, time.Now, log)
	s.engine, _ = lib.Responder(org.Org.Config(demo.Hub, "us-east-1"), s.store, assemble.Options{Role: "parry-{playbook}", Patience: 10 * time.Second, Guard: o.guard, Watch: s.board.Moved})
	s.server = httptest.NewUnstartedServer(nil)
	base := url.URL{Scheme: "http", Host: s.server.Listener.Addr().String()}
	var provider *signin.OIDC
	if o.oidc != nil {
		provider = o.oidc(base.String() + "/signin/callback")
	}
	if s.gate, err = signin.New(signin.Options{
		OIDC: provider, Key: []byte(strings.Repeat("k", 32)), Base: base, Words: s.store, Now: time.Now, Log: log,
		Render: func(w http.ResponseWriter, r *http.Request, p signin.Page) { s.con.GatePage(w, r, p) },
	}); err != nil {
		t.Fatal(err)
	}
	d := desk.New(s.engine, func(work func(context.Context)) { s.work.Go(func() { work(ctx) }) }, log)
	if s.con, err = New(Options{Desk: d, Store: s.store, Board: s.board, Library: lib, Guard: s.engine.Guard, Gate: s.gate, CSRF: signin.CSRF, Ended: s.ended, Now: time.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	if s.server.Config.Handler, err = s.con.Handler(); err != nil {
		t.Fatal(err)
	}
	s.server.Start()
	t.Cleanup(func() {
		close(s.ended)
		s.server.Close()
		s.work.Wait()
		_ = s.store.Close()
	})
	if !o.silent {
		for _, e := range org.Events {
			s.event(e.JSON)
		}
	}
	s.look()
	return s
}

// event answers an event as the server does.
func (s *scene) event(text string) []parry.Response {
	s.t.Helper()
	items, err := source.Read("event", strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	var all []parry.Response
	for _, i := range items {
		findings, err := source.Decode(i.Event)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, f := range findings {
			got, err := s.engine.Respond(context.WithoutCancel(s.t.Context()), i.Event, f)
			if err != nil {
				s.t.Fatal(err)
			}
			all = append(all, got...)
		}
	}
	return all
}

func (s *scene) look() {
	s.t.Helper()
	if err := s.board.Look(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// waiting is a response of the demo that waits: one that can be undone.
func (s *scene) waiting() parry.Response {
	s.t.Helper()
	for _, r := range s.board.Waiting() {
		if r.Playbook == "iam-quarantine-user" {
			resp, err := s.store.Response(s.t.Context(), r.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			return resp
		}
	}
	s.t.Fatal("nothing waits")
	return parry.Response{}
}

// browser is somebody's, without JavaScript.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
	csrf string
}

var (
	tokenField = regexp.MustCompile(`name="token" value="([^"]*)"`)
	csrfField  = regexp.MustCompile(`name="csrf" value="([^"]*)"`)
)

// as signs somebody in by a one-time link; nobody is somebody who is not signed in.
func (s *scene) as(id string, role signin.Role) *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{t: s.t, base: s.server.URL, http: &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if role == signin.Nobody {
		return b
	}
	link, err := s.gate.Link(s.t.Context(), signin.Person{ID: id, Name: id, Role: role}, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	_, page := b.get(strings.TrimPrefix(link, s.server.URL))
	form := url.Values{"csrf": {b.csrf}, "token": {html.UnescapeString(tokenField.FindStringSubmatch(page)[1])}}
	if status, page := b.send("/signin/link", form); status != http.StatusSeeOther {
		s.t.Fatalf("%d %s", status, page)
	}
	b.get("/inbox")
	return b
}

func (b *browser) do(req *http.Request) (int, string, http.Header) {
	b.t.Helper()
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if m := csrfField.FindSubmatch(text); m != nil {
		b.csrf = string(m[1])
	}
	return resp.StatusCode, string(text), resp.Header
}

// ask makes a request. Where it is led elsewhere, the text is where to.
func (b *browser) ask(method, path string) (int, string, http.Header) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	status, text, head := b.do(req)
	if to := head.Get("Location"); to != "" {
		text = to
	}
	return status, text, head
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	status, text, _ := b.ask(http.MethodGet, path)
	return status, text
}

// send posts a form as it is; post adds what the page's forms carry.
func (b *browser) send(path string, form url.Values) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.base)
	status, text, head := b.do(req)
	if to := head.Get("Location"); to != "" {
		text = to
	}
	return status, text
}

func (b *browser) post(path string, pairs ...string) (int, string) {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(path, form)
}

// until waits for a response to be as it should.
func (s *scene) until(id string, state parry.State) parry.Response {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := s.store.Response(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if r.State == state {
			return r
		}
		if time.Now().After(end) {
			s.t.Fatalf("it is %q: %s", r.State, r.Reason)
		}
	}
}

// like says what of a page is not as it should be.
func like(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not have %q:\n%s", w, short(page))
		}
	}
}

func short(page string) string {
	if i := strings.Index(page, "<main"); i >= 0 {
		page = page[i:]
	}
	return page[:min(len(page), 3000)]
}
