package signin

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"parry"
)

// maxLink is how long a one-time link may count.
const maxLink = 15 * time.Minute

// link is what a one-time link holds, sealed.
type link struct {
	ID     string `json:"i"`
	Person Person `json:"p"`
	Ends   int64  `json:"e"`
}

// Link makes an address that signs a person in once, on whichever server is asked, within the time. To open it shows a button and uses nothing
// up, so that who fetches links ahead, as mail and chat programs do, does not take it away.
func (g *Gate) Link(ctx context.Context, p Person, valid time.Duration) (string, error) {
	if p.ID == "" || p.Role <= Nobody || valid <= 0 || valid > maxLink {
		return "", parry.Errorf(parry.Invalid, "a one-time link is for a person with a role, for at most %s", maxLink)
	}
	p.Via = "link"
	text, err := g.links.close(link{random(), p, g.o.Now().Add(valid).Unix()})
	if err != nil {
		return "", err
	}
	g.audit(ctx, Event{What: LinkMade, Person: p})
	return g.base + "/signin/link?" + url.Values{"token": {text}}.Encode(), nil
}

// showLink is the page with the button. It says who one will be.
func (g *Gate) showLink(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	l, why := g.readLink(token)
	if why != "" {
		g.refused(r, Person{}, why)
		g.page(w, r, Page{Status: http.StatusForbidden, Title: "This link does not sign you in", Text: why, Next: nextLink})
		return
	}
	b := begin{ID: random(), Ends: g.o.Now().Add(beginLife).Unix()}
	text, err := g.begins.close(b)
	if err != nil {
		g.failed(w, r, err)
		return
	}
	g.cookie(w, g.beginName(), text, beginLife)
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is the secret
	g.page(w, r, Page{Status: http.StatusOK, Kind: PageLink, Title: "Sign in to Parry", Text: "This link signs you in once, as " + plain(l.Person.ID, 200) + " (" + l.Person.Role.String() + ").",
		Action: "/signin/link", Token: token, CSRF: g.mark(b.ID)})
}

const nextLink = "Restart 'parry serve' to have it print another, or sign in with your provider."

// readLink reads a link's text, and says what is wrong with it.
func (g *Gate) readLink(token string) (l link, why string) {
	switch {
	case g.links.open(token, &l) != nil:
		return l, "It was not made here, or it is not whole."
	case g.o.Now().Unix() >= l.Ends:
		return l, "Its time is over."
	}
	return l, ""
}

// useLink signs in, once.
func (g *Gate) useLink(w http.ResponseWriter, r *http.Request) {
	var b begin
	if !sealedCookie(r, g.beginName(), g.begins, &b) || g.o.Now().Unix() >= b.Ends || !g.marked(b.ID, given(r)) {
		g.refused(r, Person{}, "the button was not pressed on the page of the link")
		g.page(w, r, Page{Status: http.StatusForbidden, Title: "Not signed in", Text: "The button has to be pressed in the browser that opened the link.", Next: "Open the link again."})
		return
	}
	l, why := g.readLink(r.PostFormValue("token"))
	if why == "" {
		first, err := g.gone.use(r.Context(), l.ID, time.Unix(l.Ends, 0))
		if err != nil {
			g.failed(w, r, err)
			return
		}
		if !first {
			why = "It was used before."
		}
	}
	if why != "" {
		g.refused(r, l.Person, why)
		g.page(w, r, Page{Status: http.StatusForbidden, Title: "This link does not sign you in", Text: why, Next: nextLink})
		return
	}
	g.cookie(w, g.beginName(), "", 0)
	if err := g.enter(w, r, l.Person); err != nil {
		g.failed(w, r, err)
		return
	}
	see(w, "/")
}
