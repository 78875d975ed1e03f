// Package api is the JSON interface of the console's server, for programs and for the command line. Its operations stand in one table, from which
// the routes, the check of every request and the OpenAPI document are made, so that the document cannot tell anything else than the server does.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parry"
	"parry/internal/desk"
)

// Prefix is where the interface is mounted. The paths behind it are those of the door of a deployment on AWS, as far as that one has them.
const Prefix = "/api"

// version is that of the interface, not of the program: the second number grows with what is added, the first stands in the path.
const version = "1.0"

// Store is what is read of the store.
type Store interface {
	Response(ctx context.Context, id string) (parry.Response, error)
	List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error)
	Records(ctx context.Context, id string) ([]parry.Record, error)
	Held(ctx context.Context, key string) (string, error)
}

// Options are what the interface stands on.
type Options struct {
	Desk      *desk.Desk // does what people ask for, and holds them to their roles
	Store     Store
	Rules     func() []Rule     // those that are in force, in their order
	Playbooks func() []Playbook // by name
	// Stats makes the figures of what was received at or after a time.
	Stats func(ctx context.Context, since time.Time) ([]Figures, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// server answers.
type server struct {
	o    Options
	huma huma.API
	doc  []byte
	// counting is held by whoever makes figures.
	counting chan struct{}
}

// New makes the handler of everything below Prefix. Who asks is in the request's context already, see package signin; where nobody is, nothing is
// told and nothing done.
func New(o Options) (http.Handler, error) {
	mux := http.NewServeMux()
	s, err := newServer(o, mux, fields)
	if err != nil {
		return nil, err
	}
	return s.around(mux), nil
}

// newServer registers every operation with a mux. texts are what the fields of the domain mean.
func newServer(o Options, mux *http.ServeMux, texts []byte) (*server, error) {
	s := &server{o: o, counting: make(chan struct{}, 1)}
	s.huma = humago.NewWithPrefix(mux, Prefix, configuration())
	s.huma.UseMiddleware(s.admit)
	s.responses()
	s.switches()
	s.library()
	if err := describe(s.huma.OpenAPI(), texts); err != nil {
		return nil, err
	}
	var err error
	s.doc, err = written(s.huma.OpenAPI())
	return s, err
}

// configuration has nothing but JSON: no page that draws scripts in, no other formats, no links in answers.
func configuration() huma.Config {
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: read}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Parry", Version: version, Description: about},
			Components: &huma.Components{
				Schemas: registry(),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					security: {Type: "http", Scheme: "bearer", Description: "A token of the server's, in the header Authorization: Bearer TOKEN"},
				},
			},
		},
		Formats:                      map[string]huma.Format{jsonType: format, "json": format},
		DefaultFormat:                jsonType,
		Transformers:                 []huma.Transformer{ours},
		RejectUnknownQueryParameters: true,
	}
}

const (
	jsonType = "application/json"
	security = "token"
)

// about is what the document says of all operations.
const about = "Responses of Parry to security findings: what waits, what was done, and a person's word on it.\n\n" +
	"Every operation names the role that it takes in x-parry-role; each role may do what the one before it may: viewer, approver, admin. " +
	"Texts of findings, names and tags come from outside: they are data, to be shown as such.\n\n" +
	"A span of time is a number of nanoseconds. A time that is not known is 0001-01-01T00:00:00Z where the field is always sent. " +
	"Fields, states and kinds of records may be added; see docs/api.md for what does not change."

// around is what every request goes through, whichever operation it is for.
func (s *server) around(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guardHeaders(w.Header())
		defer s.survive(w, r)
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, mostBytes+1) // an operation reads less: this is for those that read nothing
		}
		if _, pattern := mux.Handler(r); pattern == "" || path.Clean(r.URL.Path) != r.URL.Path {
			noOperation(w, r, mux)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// guardHeaders say that an answer is data and nothing else, and kept nowhere.
func guardHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
}

// survive keeps the server up where an answer cannot be made. An answer that was begun is broken off, so that nobody takes it for a whole one.
func (s *server) survive(w http.ResponseWriter, r *http.Request) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler || w.Header().Get("Content-Type") != "":
		s.o.Log.Error("an answer of the API broke off", "method", r.Method, "path", strconv.QuoteToASCII(r.URL.Path), "cause", p)
		panic(http.ErrAbortHandler)
	}
	s.o.Log.Error("an answer of the API could not be made", "method", r.Method, "path", strconv.QuoteToASCII(r.URL.Path), "cause", p)
	write(w, problem(parry.Errorf(parry.Fault, "the answer could not be made").WithHint("the server's log says why")))
}
