package console

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parry"
	"parry/internal/oidctest"
	"parry/internal/signin"
)

// The console in a real browser: see test/browser/console.mjs. PARRY_SHOTS names a folder for pictures, which the documentation has.
func TestInABrowser(t *testing.T) {
	tools := os.Getenv("PARRY_TOOLS")
	script := filepath.Join(tools, "browser", "console.mjs")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set: make test sets it")
	}
	if _, err := os.Stat(script); err != nil {
		t.Skip("the browser's driver is not installed: make tools")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium here: install Debian's package")
	}
	s := newScene(t, sceneOptions{oidc: func(callback string) *signin.OIDC {
		p := oidctest.Start(t, callback, true)
		return &signin.OIDC{Issuer: p.Issuer, ClientID: p.Client, ClientSecret: p.Secret, Claim: "email", GroupsClaim: "groups", Scopes: []string{"openid", "email", "profile"}, Admins: []string{"parry-admins"}}
	}})
	links := map[string]string{}
	for name, role := range map[string]signin.Role{"admin-light": signin.Admin, "admin-dark": signin.Admin, "admin-phone": signin.Admin,
		"viewer": signin.Viewer, "watcher": signin.Approver, "writer": signin.Approver, "keys": signin.Approver} {
		if links[name], err = s.gate.Link(t.Context(), signin.Person{ID: name + "@example.com", Name: name, Role: role}, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	given := map[string]any{"base": s.server.URL, "links": links, "response": s.waiting().ID, "chromium": chromium, "shots": os.Getenv("PARRY_SHOTS")}
	all, _ := s.board.All()
	for _, r := range all {
		switch {
		case r.State == parry.Done && r.Changes > 0:
			given["done"] = r.ID
		case r.State == parry.Waiting && r.ID != s.waiting().ID:
			given["other"] = r.ID
		}
	}
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.Stdin = bytes.NewReader(text)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
