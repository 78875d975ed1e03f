package signin

import (
	"context"
	"net/http"
	"time"
)

// Event is something that is kept for whoever looks into it later.
type Event struct {
	At     time.Time
	What   string // "signed in", "signed out", "link made", "refused"
	Person Person // as far as it is known
	Remote string // the address it came from; empty for what was done here
	Path   string // what was asked for
	Why    string // of a refusal
}

// The words of events.
const (
	SignedIn  = "signed in"
	SignedOut = "signed out"
	LinkMade  = "link made"
	Refused   = "refused"
)

// audit hands an event on, and logs it.
func (g *Gate) audit(ctx context.Context, e Event) {
	e.At = g.o.Now()
	e.Path = plain(e.Path, 200)
	e.Why = plain(e.Why, 500)
	g.o.Log.InfoContext(ctx, "sign-in: "+e.What, "person", e.Person.ID, "role", e.Person.Role.String(), "via", e.Person.Via, "remote", e.Remote, "path", e.Path, "why", e.Why)
	if g.o.Audit != nil {
		g.o.Audit(ctx, e)
	}
}

// refused is the event of a request that was not let through.
func (g *Gate) refused(r *http.Request, p Person, why string) {
	g.audit(r.Context(), Event{What: Refused, Person: p, Remote: remote(r, g.o.Proxies), Path: r.URL.Path, Why: why})
}
