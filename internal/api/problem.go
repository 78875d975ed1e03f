package api

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"parry"
	"parry/internal/desk"
	"parry/internal/signin"
)

// Problem is what every refusal and every failure is told as.
type Problem struct {
	Message string `json:"error" doc:"what is wrong, for a person"`
	Next    string `json:"next" doc:"what to do next; empty where the error says it all"`
	Kind    string `json:"kind" enum:"invalid,refused,not found,conflict,fault" doc:"what a program can branch on: invalid is of no use to try again, refused is a guard's or a role's no, conflict says that the world is not as it was, fault is trouble of the server's"`

	status int
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.status }

// kindOf is the word for what a status says.
func kindOf(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "refused"
	case http.StatusNotFound:
		return "not found"
	case http.StatusConflict:
		return "conflict"
	}
	if status >= http.StatusInternalServerError {
		return "fault"
	}
	return "invalid"
}

// problem is an error as it is told.
func problem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return told(desk.Status(err), err.Error(), parry.HintOf(err))
}

func told(status int, text, next string) *Problem {
	return &Problem{Message: text, Next: next, Kind: kindOf(status), status: status}
}

// mostWrong is how many faults of one request are told, and longestWrong how much of each: a request may hold thousands, and names of its own.
const (
	mostWrong    = 5
	longestWrong = 300
)

// ours tells what the library finds wrong with a request as everything else is told. Values are not sent back.
func ours(_ huma.Context, _ string, v any) (any, error) {
	m, is := v.(*huma.ErrorModel)
	if !is {
		return v, nil
	}
	var wrong []string
	for i, d := range m.Errors {
		if i == mostWrong {
			wrong = append(wrong, "and more")
			break
		}
		wrong = append(wrong, cut(strings.TrimPrefix(d.Location+": "+d.Message, ": ")))
	}
	text := strings.Join(wrong, "; ")
	if text == "" {
		text = m.Detail
	}
	return told(plainStatus(m.Status), text, "/api/v1/openapi.json says what is asked for"), nil
}

func cut(s string) string {
	if len(s) <= longestWrong {
		return s
	}
	n := longestWrong
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// plainStatus gives one status to whatever is wrong with a request, whether it is found before its JSON is read or after.
func plainStatus(status int) int {
	if status == http.StatusUnprocessableEntity {
		return http.StatusBadRequest
	}
	return status
}

// write tells a problem.
func write(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(p.status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(p) // whoever asked may be gone
}

// noOperation answers what no operation is for. The mux knows which methods a path has.
func noOperation(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	if p := signin.From(r.Context()); p.Role == signin.Nobody {
		write(w, stranger(w.Header(), p))
		return
	}
	var status statusOnly
	h, _ := mux.Handler(r)
	h.ServeHTTP(&status, r)
	if allow := status.Header().Get("Allow"); allow != "" && status.code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allow)
		write(w, told(http.StatusMethodNotAllowed, "there is no such method here", "there is "+allow))
		return
	}
	write(w, told(http.StatusNotFound, "there is nothing at this address", "/api/v1/openapi.json has what there is"))
}

// statusOnly is a writer that keeps no body.
type statusOnly struct {
	header http.Header
	code   int
}

// Header implements http.ResponseWriter.
func (s *statusOnly) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}

// Write implements http.ResponseWriter.
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (s *statusOnly) WriteHeader(code int) { s.code = code }

// stranger refuses who is not signed in, or has no role.
func stranger(h http.Header, p signin.Person) *Problem {
	if p.ID != "" {
		return told(http.StatusForbidden, p.ID+" has no role here", "docs/console-signin.md: the groups of your sign-in, or your token, decide the role")
	}
	h.Set("WWW-Authenticate", "Bearer")
	return told(http.StatusUnauthorized, "nobody is signed in", "send a token in the header Authorization: Bearer TOKEN; docs/api.md says where it comes from")
}

// answer is a request's context whose answer is JSON and has one status for what is wrong with a request.
type answer struct{ humaContext }

// humaContext is huma.Context by a name that its method Context does not have, too.
type humaContext huma.Context

// SetStatus implements huma.Context.
func (a answer) SetStatus(status int) { a.humaContext.SetStatus(plainStatus(status)) }

// SetHeader implements huma.Context.
func (a answer) SetHeader(name, value string) {
	if name == "Content-Type" {
		value = jsonType
	}
	a.humaContext.SetHeader(name, value)
}

// admit lets through who has the role of the operation, with a body that is JSON.
func (s *server) admit(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	role, _ := op.Metadata[roleKey].(signin.Role)
	p := signin.From(ctx.Context())
	if !p.May(role) {
		refuse(ctx, op, p, role)
		return
	}
	if op.RequestBody != nil && !isJSON(ctx.Header("Content-Type")) {
		say(ctx, told(http.StatusUnsupportedMediaType, "the request's body is not JSON", "send it with Content-Type: application/json"))
		return
	}
	if p := badQuery(ctx, op); p != nil {
		say(ctx, p)
		return
	}
	next(answer{ctx})
}

// badQuery refuses parameters that are there and say nothing, which the library takes for ones that are not there, and all but lists that are
// there twice: a filter that was meant must not be left out.
func badQuery(ctx huma.Context, op *huma.Operation) *Problem {
	u := ctx.URL()
	given, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return told(http.StatusBadRequest, cut("query: "+err.Error()), "write it as form values are")
	}
	for _, p := range op.Parameters {
		switch values := given[p.Name]; {
		case p.In != "query" || len(values) == 0:
		case slices.Contains(values, ""):
			return told(http.StatusBadRequest, "query."+p.Name+": it is empty", "leave it out where nothing is meant")
		case len(values) > 1 && p.Schema.Type != huma.TypeArray:
			return told(http.StatusBadRequest, "query."+p.Name+": it is given twice", "say one")
		}
	}
	return nil
}

// read reads the JSON of a request. A null is refused: it says nothing, and where a field narrows what is done, nothing is everything. So is a
// name in capitals, which encoding/json takes for the one in small letters, and the last of both counts.
func read(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	body, _ := v.(*any)
	if body == nil {
		return nil
	}
	fields, _ := (*body).(map[string]any)
	for name, value := range fields {
		if name != strings.ToLower(name) {
			return parry.Errorf(parry.Invalid, "%s: names are in small letters", cut(name))
		}
		if value == nil {
			return parry.Errorf(parry.Invalid, "%s is null: leave it out where nothing is meant", cut(name))
		}
	}
	return nil
}

func refuse(ctx huma.Context, op *huma.Operation, p signin.Person, role signin.Role) {
	h := http.Header{}
	why := stranger(h, p)
	if p.Role > signin.Nobody {
		why = told(http.StatusForbidden, op.OperationID+" takes the role "+role.String()+", and "+p.ID+" has the role "+p.Role.String(),
			"docs/console-signin.md: the groups of your sign-in, or your token, decide the role")
	}
	for name := range h {
		ctx.SetHeader(name, h.Get(name))
	}
	say(ctx, why)
}

// say tells a problem before an operation is asked.
func say(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", jsonType)
	ctx.SetStatus(p.status)
	_ = huma.DefaultJSONFormat.Marshal(ctx.BodyWriter(), p) // whoever asked may be gone
}

func isJSON(header string) bool {
	kind, _, err := mime.ParseMediaType(header)
	return err == nil && kind == jsonType
}
