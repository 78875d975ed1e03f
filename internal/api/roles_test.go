package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/signin"
)

// document is what of the OpenAPI document the tests read.
type document struct {
	Paths      map[string]map[string]described
	Components struct{ Schemas map[string]schema }
}

type described struct {
	OperationID string
	Description string
	Role        string `json:"x-parry-role"`
	Security    []map[string][]string
	Parameters  []struct{ Name, In, Description string }
	Responses   map[string]json.RawMessage
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format, Description  string
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any
	Enum                 []string
}

func (s *scene) document() (d document) {
	s.t.Helper()
	got := s.ask(signin.Viewer, http.MethodGet, "/api/v1/openapi.json", nil)
	s.ok(json.Unmarshal([]byte(got.text), &d))
	return d
}

// each goes through the operations of the document.
func (d document) each(f func(method, path string, op described)) {
	for path, methods := range d.Paths {
		for method, op := range methods {
			f(strings.ToUpper(method), path, op)
		}
	}
}

// requests are one that can be read for each operation, with the role that it is to take. An operation that is not here is not tested, and the
// test says so.
func requests() map[string]struct {
	role signin.Role
	body any
} {
	type r = struct {
		role signin.Role
		body any
	}
	return map[string]r{
		"list-responses": {signin.Viewer, nil}, "show-response": {signin.Viewer, nil}, "plan-undo": {signin.Viewer, nil}, "show-switches": {signin.Viewer, nil},
		"show-me": {signin.Viewer, nil}, "list-rules": {signin.Viewer, nil}, "list-playbooks": {signin.Viewer, nil}, "show-stats": {signin.Viewer, nil}, "show-document": {signin.Viewer, nil},
		"approve-response": {signin.Approver, object{"digest": "sha256:0"}}, "reject-response": {signin.Approver, object{"comment": "no", "digest": "sha256:0"}},
		"undo-response": {signin.Approver, object{}}, "refresh-response": {signin.Approver, nil}, "remark-response": {signin.Approver, object{"text": "a remark"}},
		"hold-finding": {signin.Approver, object{"why": "a test"}}, "unhold-finding": {signin.Admin, nil},
		"stop": {signin.Admin, object{"why": "a test"}}, "start": {signin.Admin, object{}},
	}
}

// Every operation is for exactly whom the document says, and who has not the role changes nothing.
func TestRoles(t *testing.T) {
	s := newScene(t)
	id := s.seed()["waiting"].ID
	before := s.everything()
	known := requests()
	for _, allowed := range []bool{false, true} {
		s.document().each(func(method, path string, op described) {
			want, ok := known[op.OperationID]
			if !ok {
				t.Fatalf("there is no request for the operation %s: add one, with the role that it is to take", op.OperationID)
			}
			if op.Role != want.role.String() || len(op.Security) != 1 || !strings.Contains(op.Description, "Role: "+op.Role+".") {
				t.Errorf("%s: the document says %q, %v", op.OperationID, op.Role, op.Security)
			}
			for _, role := range []signin.Role{signin.Nobody, signin.Viewer, signin.Approver, signin.Admin} {
				if role >= want.role != allowed {
					continue
				}
				got := s.ask(role, method, "/api"+strings.ReplaceAll(path, "{id}", id), want.body)
				refused := got.status == http.StatusUnauthorized || got.status == http.StatusForbidden && strings.Contains(got.problem().Error, "takes the role")
				if refused == allowed || role == signin.Nobody && (got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer") {
					t.Errorf("%s as %s: %d %s", op.OperationID, role, got.status, got.text)
				}
				if _, said := op.Responses[strconv.Itoa(got.status)]; !said {
					t.Errorf("%s: %d is not in the document", op.OperationID, got.status)
				}
				if got.status >= 500 {
					t.Errorf("%s as %s: %d %s", op.OperationID, role, got.status, got.text)
				}
			}
		})
		if d := cmp.Diff(before, s.everything()); !allowed && d != "" {
			t.Errorf("somebody without the role changed something:\n%s", d)
		}
	}
	for _, path := range []string{"/api/v1/nothing", "/api/v1/stop"} {
		if got := s.ask(signin.Nobody, http.MethodGet, path, nil); got.status != http.StatusUnauthorized {
			t.Errorf("%s: nobody is told %d %s", path, got.status, got.text)
		}
	}
}

// everything is what the store has of responses and switches.
func (s *scene) everything() string {
	s.t.Helper()
	all, _, err := s.store.List(s.t.Context(), parry.Query{Limit: 1000})
	s.ok(err)
	b, err := json.Marshal(all)
	s.ok(err)
	for _, name := range []string{"stop", "breaker"} {
		word, err := s.store.Get(s.t.Context(), name)
		s.ok(err)
		b = append(b, word...)
	}
	return string(b)
}

// The document that is kept is the one that is served, and it is whole: each field says what it is, each placeholder has its parameter, each
// refusal its form; what is asked for is closed, and what is sent may grow.
func TestTheDocumentIsWhole(t *testing.T) {
	s := newScene(t)
	d := s.document()
	var kept, served any
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api", "openapi.json"))
	s.ok(err)
	s.ok(json.Unmarshal(text, &kept))
	s.ok(json.Unmarshal([]byte(s.ask(signin.Viewer, http.MethodGet, "/api/v1/openapi.json", nil).text), &served))
	if diff := cmp.Diff(kept, served); diff != "" {
		t.Errorf("docs/api/openapi.json is not what is served: run 'make docs'\n%s", diff)
	}
	requested := map[string]bool{}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	s.ok(err)
	d.each(func(method, path string, op described) {
		if line := "| `" + method + " /api" + path + "` | " + op.Role + " |"; !strings.Contains(string(page), line) {
			t.Errorf("docs/api.md has no %s", line)
		}
		for _, p := range op.Parameters {
			if p.Description == "" {
				t.Errorf("%s: %s is not described", op.OperationID, p.Name)
			}
		}
		if strings.Contains(path, "{id}") != slices.ContainsFunc(op.Parameters, func(p struct{ Name, In, Description string }) bool { return p.Name == "id" && p.In == "path" }) {
			t.Errorf("%s: its path is %s, its parameters %v", op.OperationID, path, op.Parameters)
		}
		need := []string{"200", "401", "403", "500"}
		if op.RequestBody != nil {
			need = append(need, "400", "413", "415")
			requested[strings.TrimPrefix(op.RequestBody.Content["application/json"].Schema.Ref, "#/components/schemas/")] = op.RequestBody.Required
		}
		for _, status := range need {
			if op.Responses[status] == nil {
				t.Errorf("%s has no %s", op.OperationID, status)
			}
		}
	})
	for name, c := range d.Components.Schemas {
		if requested[name] != (c.AdditionalProperties == false) {
			t.Errorf("%s: other fields: %v", name, c.AdditionalProperties)
		}
		for field, f := range c.Properties {
			if f.Type == "array" && f.AdditionalProperties == false {
				t.Errorf("%s.%s", name, field)
			}
			if c.Description == "" && f.Description == "" {
				t.Errorf("neither %s nor its field %s is described", name, field)
			}
		}
	}
	for field, want := range map[string]schema{
		"Answer.for": {Type: "integer", Format: "int64"}, "Outcome.took": {Type: "integer", Format: "int64"}, "Spread.p95": {Type: "integer", Format: "int64"},
		"Answer.tier": {Type: "string", Enum: []string{"alert", "approve", "auto"}}, "Whole.records": {Type: "array"}, "Response.results": {Type: "array"}, "Plan.changes": {Type: []any{"array", "null"}},
	} {
		name, prop, _ := strings.Cut(field, ".")
		got := d.Components.Schemas[name].Properties[prop]
		if !cmp.Equal(got.Type, want.Type) || got.Format != want.Format || want.Enum != nil && !cmp.Equal(got.Enum, want.Enum) || want.Format == "int64" && !strings.Contains(got.Description, "nanoseconds") {
			t.Errorf("%s: %+v", field, got)
		}
	}
	if c := d.Components.Schemas["Response"]; slices.Contains(c.Required, "votes") || !slices.Contains(c.Required, "digest") && !slices.Contains(c.Required, "plan") {
		t.Errorf("required: %v", c.Required)
	}
}
