package console

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/chart"
	"parry/internal/desk"
	"parry/internal/signin"
)

// Gate is who lets people in, as signin.Gate does.
type Gate interface {
	// Wrap stands before everything: it knows who asks, and answers what belongs to signing in.
	Wrap(next http.Handler) http.Handler
	// Need lets on only those whose role is enough.
	Need(role signin.Role, next http.Handler) http.Handler
}

// Options are the console's parts.
type Options struct {
	Desk    *desk.Desk
	Store   parry.Store
	Board   *Board
	Library *assemble.Library
	Guard   parry.GuardPolicy
	Gate    Gate
	// CSRF is the token that a page's forms carry.
	CSRF func(ctx context.Context) string
	// API answers what is below /api/; nil for none.
	API http.Handler
	// Oldest tells how long the oldest event waits that came in and is not answered; nil where nothing comes in here.
	Oldest func(ctx context.Context) (time.Duration, error)
	// Ended ends when the server stops: connections that stay open end with it.
	Ended <-chan struct{}
	Now   func() time.Time
	Log   *slog.Logger
}

// Console answers the console's pages.
type Console struct {
	o       Options
	pages   pages
	stage   chan struct{} // those who try an event
	streams chan struct{} // those whose page is live
	numbers figures
}

// The most that is done at once: a try plans on a simulated AWS of its own, a live page holds a connection.
const (
	mostTries   = 2
	mostStreams = 500
)

// New makes a console.
func New(o Options) (*Console, error) {
	p, err := readPages()
	if err != nil {
		return nil, err
	}
	return &Console{o: o, pages: p, stage: make(chan struct{}, mostTries), streams: make(chan struct{}, mostStreams)}, nil
}

// route is one way in, and the role that it takes.
type route struct {
	method, path string
	role         signin.Role
	serve        func(w http.ResponseWriter, r *http.Request) error
}

// routes is the table of all ways in. There is no other: what is not in it is not found.
func (c *Console) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/{$}", signin.Viewer, c.home},
		{get, "/inbox", signin.Viewer, c.inbox},
		{get, "/responses", signin.Viewer, c.responses},
		{get, "/responses/{id}", signin.Viewer, c.response},
		{get, "/responses/{id}/undo", signin.Viewer, c.undoPlan},
		{get, "/responses/{id}/proof", signin.Viewer, c.proof},
		{get, "/responses/{id}/export.json", signin.Viewer, c.export},
		{post, "/responses/{id}/approve", signin.Approver, c.approve},
		{post, "/responses/{id}/reject", signin.Approver, c.reject},
		{post, "/responses/{id}/remark", signin.Approver, c.remark},
		{post, "/responses/{id}/hold", signin.Approver, c.hold},
		{post, "/responses/{id}/unhold", signin.Admin, c.unhold},
		{post, "/responses/{id}/refresh", signin.Approver, c.refresh},
		{post, "/responses/{id}/undo", signin.Approver, c.undo},
		{get, "/overview", signin.Viewer, c.overview},
		{get, "/rules", signin.Viewer, c.rules},
		{get, "/rules/{name}", signin.Viewer, c.rule},
		{get, "/playbooks", signin.Viewer, c.playbooks},
		{get, "/playbooks/{name}", signin.Viewer, c.playbook},
		{get, "/try", signin.Viewer, c.try},
		{post, "/try", signin.Viewer, c.tried},
		{get, "/safety", signin.Viewer, c.safety},
		{post, "/safety/stop", signin.Admin, c.stop},
		{post, "/safety/start", signin.Admin, c.start},
		{get, "/live", signin.Viewer, c.live},
	}
}

//go:embed static
var static embed.FS

// Handler answers everything that the console has, with the gate before it.
func (c *Console) Handler() (http.Handler, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	mux := http.NewServeMux()
	for _, rt := range c.routes() {
		mux.Handle(rt.method+" "+rt.path, c.o.Gate.Need(rt.role, c.answer(rt)))
	}
	if c.o.API != nil {
		mux.Handle("/api/", c.o.API)
	}
	serve := http.StripPrefix("/static/", http.FileServerFS(files))
	// They change with the program only, and a page names them by what is in them.
	const keep = "public, max-age=31536000, immutable"
	mux.HandleFunc("GET /static/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", keep)
		serve.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /static/"+chartSheet, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", keep)
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = io.WriteString(w, chart.CSS) // who asked may be gone
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.o.Gate.Need(signin.Viewer, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.failed(w, r, parry.Errorf(parry.NotFound, "there is no page %s", r.URL.Path))
		})).ServeHTTP(w, r)
	})
	return c.o.Gate.Wrap(mux), nil
}

// longestForm is how much a form may send: an event that is tried is the longest.
const longestForm = 512 << 10

// answer serves a route, and shows what goes wrong as a page.
func (c *Console) answer(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt.method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, longestForm)
			if err := r.ParseForm(); err != nil {
				c.failed(w, r, parry.Errorf(parry.Invalid, "the form cannot be read: %w", err))
				return
			}
		}
		if rt.path != "/live" { // which is woken by what happens
			c.o.Board.Fresh(r.Context())
		}
		if err := rt.serve(w, r); err != nil {
			c.failed(w, r, err)
		}
	})
}

// failed shows an error as a page. What went wrong inside of Parry is for the log: a page does not tell it.
func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // whoever asked is gone
	}
	v := errorView{Status: desk.Status(err), What: err.Error(), Next: parry.HintOf(err), Back: "/inbox"}
	if id := r.PathValue("id"); id != "" && v.Status != http.StatusNotFound {
		v.Back = "/responses/" + id
	}
	if v.Status == http.StatusInternalServerError {
		c.o.Log.Error("a page could not be made", "path", r.URL.Path, "error", err.Error(), "next", v.Next)
		v.What, v.Next = "Something went wrong here. The server's log says what.", "Nothing was changed that the response's own history does not show. Try again; if it stays so, look at /readyz and the log."
	}
	c.show(w, r, "error", v.Status, http.StatusText(v.Status), v)
}

type errorView struct {
	Status           int
	What, Next, Back string
}

// home is where one comes in.
func (c *Console) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}
