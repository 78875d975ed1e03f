package schemathesis_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry/internal/schemathesis"
)

const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/count":{"get":{
"parameters":[{"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":9}}],
"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}}}},
"400":{"description":"no"}}}}}}`

// An answer that is not as the document says is found: if nothing was found ever, it would prove nothing.
func TestAFaultIsFound(t *testing.T) {
	s := schemathesis.Need(t)
	path := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"n":"many"}`)
	}))
	t.Cleanup(server.Close)
	said, well, err := s.Try(t.Context(), schemathesis.Run{Document: path, URL: server.URL, Examples: 3, Seed: 1})
	if err != nil || well || !strings.Contains(said, `"many" is not of type "integer"`) || !strings.Contains(said, "Invalid data should have been rejected") {
		t.Errorf("%t, %v\n%s", well, err, said)
	}
}
