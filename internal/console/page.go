package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parry"
	"parry/internal/chart"
	"parry/internal/signin"
)

//go:embed templates
var templates embed.FS

// pages are the templates by the page's name, each with the layout round it.
type pages map[string]*template.Template

// readPages reads the templates once. Static files are named with what is in them, so that a browser never keeps an old one.
func readPages() (pages, error) {
	tags := map[string]string{}
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	for _, n := range names {
		text, err := static.ReadFile(n)
		if err != nil {
			return nil, parry.Errorf(parry.Fault, "%w", err)
		}
		tags[strings.TrimPrefix(n, "static/")] = fmt.Sprintf("/%s?v=%.8x", n, sha256.Sum256(text))
	}
	tags[chartSheet] = fmt.Sprintf("/static/%s?v=%.8x", chartSheet, sha256.Sum256([]byte(chart.CSS)))
	funcs := helpers()
	funcs["static"] = func(name string) (string, error) {
		if tags[name] == "" {
			return "", parry.Errorf(parry.Fault, "there is no static file %s", name)
		}
		return tags[name], nil
	}
	all := pages{}
	names, err = fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	for _, n := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(n, "templates/"), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t, err := template.New("layout.html").Funcs(funcs).ParseFS(templates, "templates/layout.html", "templates/parts.html", n)
		if err != nil {
			return nil, parry.Errorf(parry.Fault, "%w", err)
		}
		all[name] = t
	}
	return all, nil
}

// chartSheet is the style sheet of pictures, which whoever draws them has.
const chartSheet = "chart.css"

// layout is what stands round every page.
type layout struct {
	Title, Page string
	Person      signin.Person
	CSRF        string
	Waiting     int
	Stopped     string // why nothing may be changed; empty where it may
	StopFailed  bool   // it is not known whether it may
	Loading     bool   // the store was not read through yet
	Failing     string // why the store cannot be read
	Revision    int
	Now         time.Time
	Said        string
	Outside     bool // nobody is signed in: there is nothing to go to
	V           any
}

// said are the words that a page may begin with after something was done. A link can name one of these, and no other.
func said(word string) string {
	return map[string]string{
		"approved": "Your yes is kept. What follows is shown below as it happens.",
		"one-yes":  "Your yes is kept, and it takes another person's.",
		"rejected": "Your no is kept. Nothing was changed.",
		"remarked": "Your comment is kept.",
		"held":     "The finding is on hold: nobody can say yes to it, and it is not answered by itself, until an administrator takes that off.",
		"released": "The hold is taken off.",
		"same":     "It was planned again: everything is as it was when it was asked about.",
		"differs":  "It was planned again, and the world is not as it was. Read the new plan; earlier votes were for the old one.",
		"undoing":  "It is being taken back. What follows is shown below as it happens.",
		"stopped":  "It is stopped. No worker makes a call that changes anything until it is started again.",
		"started":  "It is started again. What stood still goes on.",
	}[word]
}

// show writes a page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, page string, status int, title string, v any) {
	l := layout{
		Title: title, Page: page, Person: signin.From(r.Context()), CSRF: c.o.CSRF(r.Context()), Waiting: len(c.o.Board.Waiting()),
		Loading: c.o.Board.Seen().IsZero(), Failing: c.o.Board.Failing(), Revision: c.o.Board.Revision(), Now: c.o.Now(), Said: said(r.URL.Query().Get("said")), V: v,
	}
	why, err := c.o.Desk.Engine.Stopped(r.Context(), "")
	l.Stopped, l.StopFailed = why, err != nil
	c.write(w, page, status, l)
}

// write writes a page with its layout.
func (c *Console) write(w http.ResponseWriter, page string, status int, l layout) {
	var b bytes.Buffer
	if err := c.pages[page].ExecuteTemplate(&b, "layout.html", l); err != nil {
		c.o.Log.Error("a page could not be made", "page", page, "error", err.Error())
		http.Error(w, "this page could not be made; the server's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(visible(b.Bytes())) // who asked may be gone
}

// visible shows in a page what cannot be seen: control characters, those that turn the direction of text, those without a width, and bytes that are no
// text. It is the last thing that is done to a page, so that nothing that a page holds is forgotten. The replacements are no markup.
func visible(page []byte) []byte {
	out := make([]byte, 0, len(page)+len(page)/16)
	for len(page) > 0 {
		r, n := utf8.DecodeRune(page)
		switch {
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, page[0])
		case r == '\n' || r == '\t':
			out = append(out, byte(r))
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, page[:n]...)
		}
		page = page[n:]
	}
	return out
}
