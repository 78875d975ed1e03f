package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry/internal/schemathesis"
	"parry/internal/signin"
)

// Requests made from the document, good ones and bad ones, are answered as it says: with the statuses and the form that it has, never with a
// failure of the server, and what does not fit is refused. The engine stands on the twin, so what is approved is done, and what is undone taken back.
func TestTheDocumentHolds(t *testing.T) {
	tester := schemathesis.Need(t)
	s := newScene(t)
	all := s.seed()
	const token = "a-token-of-the-test"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p signin.Person
		if r.Header.Get("Authorization") == "Bearer "+token {
			p = person(signin.Admin)
		}
		s.api.ServeHTTP(w, r.WithContext(signin.With(r.Context(), p)))
	}))
	t.Cleanup(server.Close)

	var ids []any
	var digests []any
	for name, r := range all {
		ids = append(ids, r.ID)
		if name == "waiting" || name == "waiting too" || name == "hostile" {
			digests = append(digests, r.Plan.Digest)
		}
	}
	path := filepath.Join(t.TempDir(), "openapi.json")
	s.ok(os.WriteFile(path, s.strict(append(ids, "pr-none"), digests), 0o600))
	config, err := filepath.Abs(filepath.Join("..", "..", "test", "api", "schemathesis.toml"))
	s.ok(err)
	said, well, err := tester.Try(t.Context(), schemathesis.Run{
		Document: path, URL: server.URL + "/api", Token: token, Config: config, Examples: 12, Seed: 1,
	})
	if tested := fmt.Sprintf("Tested: %d\n", len(requests())); err != nil || !well || !strings.Contains(said, tested) {
		t.Errorf("%v\n%s", err, said)
	}
}

// strict is the document with what is true of this scene alone: the ids and digests that there are, and no field that is not described.
func (s *scene) strict(ids, digests []any) []byte {
	s.t.Helper()
	var doc object
	s.ok(json.Unmarshal([]byte(s.ask(signin.Viewer, http.MethodGet, "/api/v1/openapi.json", nil).text), &doc))
	schemas := doc["components"].(object)["schemas"].(object)
	for _, v := range schemas {
		if v := v.(object); v["properties"] != nil {
			v["additionalProperties"] = false
		}
	}
	schemas["ApproveRequest"].(object)["properties"].(object)["digest"].(object)["examples"] = digests
	for _, methods := range doc["paths"].(object) {
		for _, op := range methods.(object) {
			params, _ := op.(object)["parameters"].([]any)
			for _, p := range params {
				if p := p.(object); p["name"] == "id" {
					p["schema"].(object)["enum"] = ids
					p["schema"].(object)["examples"] = ids
					delete(p, "example")
				}
			}
		}
	}
	b, err := json.Marshal(doc)
	s.ok(err)
	return b
}
