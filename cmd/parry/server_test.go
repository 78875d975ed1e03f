package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parry"
)

// The commands that people decide with speak to a deployment's door where --server names one: they show what it has, and send the person's word for
// the plan that was shown, signed.
func TestCommandsAtTheDoor(t *testing.T) {
	resp := parry.Response{ID: "pr-1", State: parry.Waiting, Plan: parry.Plan{Playbook: "iam-deactivate-access-key", Digest: "sha256:1"}, Asked: &parry.Asking{Persons: 1}}
	var said []string
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said = append(said, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/") {
			http.Error(w, `{"Message":"Forbidden"}`, http.StatusForbidden)
			return
		}
		out := any(resp)
		switch {
		case r.URL.Path == "/v1/responses":
			out = map[string]any{"responses": []parry.Response{resp}}
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/undo"):
			out = parry.Reversal{Kept: []string{"a snapshot"}}
		case strings.HasSuffix(r.URL.Path, "pr-2"):
			w.WriteHeader(http.StatusNotFound)
			out = map[string]string{"error": "there is no response pr-2", "next": "'parry list' shows the ids"}
		case r.Method == http.MethodPost:
			out = parry.Response{ID: "pr-1", State: parry.Approved}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(door.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	env := func(name string) string { return map[string]string{"PARRY_SERVER": door.URL}[name] }
	for name, c := range map[string]struct {
		args []string
		code int
		said string
		out  string
	}{
		"list":            {[]string{"list", "--state", "waiting"}, exitOK, "GET /v1/responses?state=waiting%20for%20approval", "pr-1"},
		"show":            {[]string{"show", "pr-1"}, exitOK, "GET /v1/responses/pr-1", "sha256:1"},
		"what is not":     {[]string{"show", "pr-2"}, exitUsage, "GET /v1/responses/pr-2", "there is no response pr-2\n       'parry list' shows the ids"},
		"approve":         {[]string{"approve", "pr-1", "--yes", "--digest", "sha256:1", "--comment", "go on"}, exitOK, `POST /v1/responses/pr-1/approve {"comment":"go on","digest":"sha256:1"}`, "approved: your word is kept"},
		"nobody to ask":   {[]string{"approve", "pr-1"}, exitPerson, "GET /v1/responses/pr-1", "nobody can be asked here"},
		"reject":          {[]string{"reject", "pr-1", "--yes", "--comment", "a drill"}, exitOK, `POST /v1/responses/pr-1/reject {"comment":"a drill","digest":"sha256:1"}`, "your word is kept"},
		"undo, planned":   {[]string{"undo", "pr-1", "--plan"}, exitOK, "GET /v1/responses/pr-1/undo", "a snapshot"},
		"a part, planned": {[]string{"undo", "pr-1", "--plan", "--change", "one[a b]"}, exitOK, "GET /v1/responses/pr-1/undo?change=one%5Ba%20b%5D", "a snapshot"},
		"undo":            {[]string{"undo", "pr-1", "--yes", "--change", "one"}, exitOK, `POST /v1/responses/pr-1/undo {"changes":["one"]}`, "it is being taken back"},
		"another address": {[]string{"--server", "http://example.com", "list"}, exitUsage, "", "is no address of a door"},
	} {
		t.Run(name, func(t *testing.T) {
			said = nil
			var out bytes.Buffer
			code := run(t.Context(), c.args, env, strings.NewReader(""), &out, &out)
			last := ""
			if len(said) > 0 {
				last = said[len(said)-1]
			}
			if code != c.code || last != c.said || !strings.Contains(out.String(), c.out) {
				t.Errorf("code %d, said %q:\n%s", code, said, out.String())
			}
		})
	}
}
