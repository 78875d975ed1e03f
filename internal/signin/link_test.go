package signin_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry/internal/signin"
	"parry/internal/sqlite"
)

func TestALinkSignsInOnce(t *testing.T) {
	s := open(t, nil)
	link, err := s.gate.Link(t.Context(), signin.Person{ID: "arn:aws:iam::111122223333:user/ada", Role: signin.Admin}, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if e := s.last(); e.What != signin.LinkMade {
		t.Errorf("%+v", e)
	}
	// Whatever fetches links ahead uses nothing up.
	for range 3 {
		if a := s.ask(browser(t), "GET", link, nil, "Sec-Purpose: prefetch"); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		s.ask(browser(t), "HEAD", link, nil)
	}
	b, other := browser(t), browser(t)
	page, second := s.ask(b, "GET", link, nil), s.ask(other, "GET", link, nil)
	if !strings.Contains(page.body, "once, as arn:aws:iam::111122223333:user/ada (admin)") || page.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%s", page.body)
	}
	if a := s.ask(other, "POST", "/signin/link", fields(page.body)); a.status != 403 {
		t.Errorf("the form of another browser: %d %s", a.status, a.body)
	}
	if a := s.ask(b, "POST", "/signin/link", fields(page.body), "Origin: https://evil.example"); a.status != 403 {
		t.Errorf("from another site: %d %s", a.status, a.body)
	}
	if a := s.ask(b, "POST", "/signin/link", fields(page.body)); a.status != 200 || !strings.Contains(a.body, "person=arn:aws:iam::111122223333:user/ada role=admin via=link") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := s.ask(other, "POST", "/signin/link", fields(second.body)); a.status != 403 || !strings.Contains(a.body, "It was used before") {
		t.Errorf("a second time: %d %s", a.status, a.body)
	}
}

func TestLinksThatDoNotSignIn(t *testing.T) {
	s := open(t, nil)
	make := func(s *scene) string {
		link, err := s.gate.Link(t.Context(), signin.Person{ID: "ada@example.com", Role: signin.Viewer}, 15*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return link
	}
	good := make(s)
	foreign := make(open(t, func(o *signin.Options) { o.Key = []byte("another key of thirty-two bytes!") }))
	_, query, _ := strings.Cut(foreign, "?")
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Viewer)
	for name, link := range map[string]string{
		"of another key":     "/signin/link?" + query,
		"cut":                good[:len(good)-1],
		"none":               "/signin/link",
		"a session's cookie": "/signin/link?token=" + s.cookieOf(b),
	} {
		if a := s.ask(browser(t), "GET", link, nil); a.status != 403 || !strings.Contains(a.body, "not whole") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	late := browser(t)
	page := s.ask(late, "GET", good, nil)
	s.clock.pass(15 * time.Minute)
	if a := s.ask(late, "GET", good, nil); a.status != 403 || !strings.Contains(a.body, "Its time is over") {
		t.Errorf("late: %d %s", a.status, a.body)
	}
	if a := s.ask(late, "POST", "/signin/link", fields(page.body)); a.status != 403 {
		t.Errorf("a late press: %d %s", a.status, a.body)
	}
	for name, p := range map[string]signin.Person{"nobody": {Role: signin.Admin}, "no role": {ID: "ada@example.com"}} {
		if _, err := s.gate.Link(t.Context(), p, time.Minute); err == nil {
			t.Errorf("a link for %s", name)
		}
	}
	if _, err := s.gate.Link(t.Context(), signin.Person{ID: "ada@example.com", Role: signin.Viewer}, time.Hour); err == nil {
		t.Error("a link for an hour")
	}
}

// Several servers on one store, asked at once: one of them lets in.
func TestALinkSignsInOnceOfManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	first := &clock{at: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)}
	var servers []*scene
	for range 3 {
		db, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		servers = append(servers, open(t, func(o *signin.Options) { o.Words, o.Now = db, first.now }))
	}
	link, err := servers[0].gate.Link(t.Context(), signin.Person{ID: "ada@example.com", Role: signin.Viewer}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(link, "?")
	type try struct {
		s    *scene
		form url.Values
		ask  func(url.Values) answer
	}
	var tries []try
	for i := range 9 {
		s, b := servers[i%3], browser(t)
		page := s.ask(b, "GET", "/signin/link?"+query, nil)
		tries = append(tries, try{s, fields(page.body), func(v url.Values) answer { return s.ask(still(b), "POST", "/signin/link", v) }})
	}
	var wait sync.WaitGroup
	status := make([]int, len(tries))
	for i, x := range tries {
		wait.Go(func() { status[i] = x.ask(x.form).status })
	}
	wait.Wait()
	in := 0
	for _, n := range status {
		switch n {
		case 303:
			in++
		case 403:
		default:
			t.Errorf("answered %d", n)
		}
	}
	if in != 1 {
		t.Errorf("%d came in: %v", in, status)
	}
}
