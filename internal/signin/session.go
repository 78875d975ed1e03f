package signin

import (
	"context"
	"net/http"
	"time"
)

// How long a session lives: at all, and without being used. Seen is written anew at most so often.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = time.Hour
	seenEvery   = time.Minute
	beginLife   = 10 * time.Minute
)

// session is what the cookie holds, sealed: no server needs to remember who is signed in, and what was signed out stands in the store.
type session struct {
	ID     string `json:"i"`
	Person Person `json:"p"`
	Began  int64  `json:"b"`
	Seen   int64  `json:"s"`
}

// ends is when the session is over whatever happens.
func (s session) ends() time.Time { return time.Unix(s.Began, 0).Add(sessionLife) }

// live tells whether a session still counts at a time, by its own dates.
func (s session) live(now time.Time) bool {
	began, seen := time.Unix(s.Began, 0), time.Unix(s.Seen, 0)
	return s.ID != "" && s.Person.Role > Nobody && !now.Before(began.Add(-time.Minute)) && now.Before(s.ends()) && now.Before(seen.Add(sessionIdle))
}

// sessionName and beginName are the cookies. With __Host- a browser takes them over https from this host alone, and no neighbouring host can set
// them. Source: RFC 6265bis, "The __Host- Prefix".
func (g *Gate) sessionName() string { return g.cookieName("parry") }
func (g *Gate) beginName() string   { return g.cookieName("parry-begin") }

func (g *Gate) cookieName(name string) string {
	if g.o.Secure {
		return "__Host-" + name
	}
	return name
}

// cookie sets one. SameSite is Lax: with Strict, who comes back from the provider, or follows a link from a channel, would be somebody unknown.
func (g *Gate) cookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: g.o.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// sealedCookie reads a cookie. Where a browser sends several of a name, none is taken: one of them is somebody else's.
func sealedCookie(r *http.Request, name string, s seal, v any) bool {
	all := r.CookiesNamed(name)
	return len(all) == 1 && s.open(all[0].Value, v) == nil
}

// session finds the session that a request belongs to; nil where there is none that counts.
func (g *Gate) session(r *http.Request) (*session, error) {
	var s session
	if !sealedCookie(r, g.sessionName(), g.sessions, &s) || !s.live(g.o.Now()) {
		return nil, nil
	}
	out, err := g.gone.is(r.Context(), s.ID)
	if err != nil || out {
		return nil, err
	}
	return &s, nil
}

// enter signs a person in: always a new session, and the one before it is over.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request, p Person) error {
	if err := g.leave(r.Context(), r); err != nil {
		return err
	}
	now := g.o.Now()
	if err := g.keep(w, session{ID: random(), Person: p, Began: now.Unix(), Seen: now.Unix()}); err != nil {
		return err
	}
	g.audit(r.Context(), Event{What: SignedIn, Person: p, Remote: remote(r, g.o.Proxies), Path: r.URL.Path})
	return nil
}

// leave ends the session of a request on all servers, if there is one.
func (g *Gate) leave(ctx context.Context, r *http.Request) error {
	s, err := g.session(r)
	if err != nil || s == nil {
		return err
	}
	_, err = g.gone.use(ctx, s.ID, s.ends())
	return err
}

// keep writes a session's cookie.
func (g *Gate) keep(w http.ResponseWriter, s session) error {
	text, err := g.sessions.close(s)
	if err != nil {
		return err
	}
	g.cookie(w, g.sessionName(), text, s.ends().Sub(g.o.Now()))
	return nil
}

type sessionKey struct{}

// seen moves the idle time of a request's session on, where a person did something: went to a page, or sent a form. What a page asks for by
// itself while it stands open does not count, nor what needs no role, which proxies may keep for others, the cookie with it. Browsers say what they
// are about. Source: "Fetch Metadata Request Headers" of W3C, Sec-Fetch-Mode.
func (g *Gate) seen(w http.ResponseWriter, r *http.Request) error {
	s, ok := r.Context().Value(sessionKey{}).(session)
	if mode := r.Header.Get("Sec-Fetch-Mode"); !ok || isSafe(r.Method) && mode != "" && mode != "navigate" {
		return nil
	}
	now := g.o.Now()
	if now.Sub(time.Unix(s.Seen, 0)) < seenEvery {
		return nil
	}
	s.Seen = now.Unix()
	return g.keep(w, s)
}
