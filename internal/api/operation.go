package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parry"
	"parry/internal/signin"
)

const (
	// mostBytes is how long the body of a request may be.
	mostBytes = 64 << 10
	// roleKey is where an operation keeps its role, and roleField where the document tells it.
	roleKey   = "role"
	roleField = "x-parry-role"
)

// operation is one line of the table of operations.
type operation struct {
	id, method, path string
	role             signin.Role
	summary, text    string
	// may are the statuses that it can refuse with beside those that follow from its form.
	may []int
	tag string
}

// out is an answer.
type out[T any] struct{ Body T }

// add registers an operation: what it takes is I, what it gives T.
func add[I, T any](s *server, op operation, do func(context.Context, *I) (T, error)) {
	huma.Register(s.huma, op.huma(s.huma.OpenAPI(), hasBody[I]()), func(ctx context.Context, in *I) (*out[T], error) {
		body, err := do(ctx, in)
		if err != nil {
			return nil, s.failed(ctx, op, err)
		}
		return &out[T]{body}, nil
	})
}

// hasBody tells whether a request's form has a body.
func hasBody[I any]() bool {
	var in I
	_, has := any(in).(interface{ body() })
	return has
}

// failed is an error as it is told. What is the server's own trouble is logged, too.
func (s *server) failed(ctx context.Context, op operation, err error) *Problem {
	p := problem(err)
	if p.status >= http.StatusInternalServerError {
		s.o.Log.ErrorContext(ctx, "an operation of the API failed", "operation", op.id, "error", strconv.QuoteToASCII(err.Error()), "next", parry.HintOf(err))
	}
	return p
}

// huma is the operation in the library's form. Its refusals are ours, so they are described here.
func (o operation) huma(doc *huma.OpenAPI, body bool) huma.Operation {
	problems := doc.Components.Schemas.Schema(problemType, true, "")
	all := append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError}, o.may...)
	if body {
		all = append(all, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	answers := map[string]*huma.Response{}
	for _, status := range all {
		answers[strconv.Itoa(status)] = &huma.Response{Description: reason(status), Content: map[string]*huma.MediaType{jsonType: {Schema: problems}}}
	}
	answers["401"].Headers = map[string]*huma.Param{"WWW-Authenticate": {Description: "Bearer", Schema: &huma.Schema{Type: huma.TypeString}}}
	return huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary, Description: o.text + "\n\nRole: " + o.role.String() + ".",
		Tags: []string{o.tag}, Responses: answers, MaxBodyBytes: mostBytes + 1, // the library refuses what is as long as the limit
		Metadata: map[string]any{roleKey: o.role}, Extensions: map[string]any{roleField: o.role.String()},
		Security: []map[string][]string{{security: {}}},
	}
}

// reason says when an operation answers with a status.
func reason(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request cannot be read, or asks for what cannot be"
	case http.StatusUnauthorized:
		return "Nobody is signed in: the token is missing or not known"
	case http.StatusForbidden:
		return "The role is not enough, or a guard says no"
	case http.StatusNotFound:
		return "There is no such thing"
	case http.StatusConflict:
		return "The world is not as it was: read it again"
	case http.StatusRequestEntityTooLarge:
		return "The body is longer than 64 KB"
	case http.StatusUnsupportedMediaType:
		return "The body is not sent as JSON"
	}
	return "Trouble of the server's: its log says more"
}
