package signin

import (
	"encoding/json"
	"html/template"
	"net/http"

	"parry"
)

// Page is one that the gate shows. Its texts are plain, not markup.
type Page struct {
	Status            int
	Kind              string // PageSignIn, PageLink, or empty for one that only says something
	Title, Text, Next string // Next is the next step
	Begin             string // of PageSignIn: where signing in with the provider begins; empty where there is none
	Action            string // of PageLink: where the button posts to, with these two in the fields token and csrf
	Token, CSRF       string
	Person            Person // who is signed in, if anybody
}

// The kinds of pages that hold more than text.
const (
	PageSignIn = "sign in"
	PageLink   = "link"
)

// plainPage draws a page where nobody else does.
const plainPage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
{{with .Text}}<p>{{.}}</p>{{end}}
{{with .Next}}<p>{{.}}</p>{{end}}
{{with .Begin}}<p><a href="{{.}}">Sign in with your provider</a></p>{{end}}
{{with .Action}}<form method="post" action="{{.}}"><input type="hidden" name="csrf" value="{{$.CSRF}}"><input type="hidden" name="token" value="{{$.Token}}"><button>Sign in</button></form>{{end}}
</main>
</body>
</html>
`

// page shows one.
func (g *Gate) page(w http.ResponseWriter, r *http.Request, p Page) {
	p.Person = From(r.Context())
	if g.o.Render != nil {
		g.o.Render(w, r, p)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = g.template.Execute(w, p) // who asked may be gone; nothing can be done about it
}

// say answers in the form of who asks: JSON for programs, a page for people.
func (g *Gate) say(w http.ResponseWriter, r *http.Request, p Page) {
	if !isAPI(r.URL.Path) {
		g.page(w, r, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": p.Text, "next": p.Next, "kind": kindOf(p.Status)}) // as above
}

// kindOf is a status in the words of the API; docs/api.md has them.
func kindOf(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "refused"
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return "fault"
	}
	return "invalid"
}

// failed says that the fault is here.
func (g *Gate) failed(w http.ResponseWriter, r *http.Request, err error) {
	g.o.Log.ErrorContext(r.Context(), "sign-in failed", "error", plain(err.Error(), 500), "next", parry.HintOf(err))
	w.Header().Set("Retry-After", "5")
	g.say(w, r, Page{Status: http.StatusServiceUnavailable, Title: "Parry cannot tell who you are", Text: "The store does not answer.", Next: "Try again; the server's log says more."})
}

// see sends a browser on to a path of this console, with GET.
func see(w http.ResponseWriter, path string) {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
}

func newTemplate() *template.Template { return template.Must(template.New("page").Parse(plainPage)) }
