// Package oidctest runs an OpenID provider for the tests, and signs people in there as a browser does. It is test support: nothing that is
// shipped imports it.
//
// The provider is the npm package oidc-provider (MIT), which the OpenID Foundation certified. It runs as a separate process and is never linked or
// shipped; `make tools` installs it.
package oidctest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Provider is a running provider. It knows four people: alice, whose groups are staff and parry-admins; bob, whose address is not verified, in
// parry-viewers; carol, in staff; and dan, of whom it tells no groups.
type Provider struct {
	Issuer string `json:"issuer"`
	Client string `json:"client"`
	Secret string `json:"secret"`
}

// Start starts a provider with one client, and stops it at the test's end. With inToken the ID token has all claims; else userinfo has them. The
// test is skipped where no tools are named, and fails where they are named but broken.
func Start(t testing.TB, redirect string, inToken bool) Provider {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	script := filepath.Join(tools, "oidc", "provider.mjs")
	if _, err := os.Stat(script); err != nil {
		t.Fatalf("the provider is not installed (make tools installs it): %v", err)
	}
	given := []string{script, redirect}
	if inToken {
		given = append(given, "in-token")
	}
	c := exec.CommandContext(t.Context(), "node", given...)
	var said strings.Builder
	c.Stderr = &said
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait() // it may have been killed with the test's context
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var p Provider
	if err == nil {
		err = json.Unmarshal(line, &p)
	}
	if err != nil {
		_ = in.Close()
		_ = c.Wait()
		t.Fatalf("the provider does not start: %v\n%s", err, said.String())
	}
	return p
}

// form finds where a page's form goes to, and which step it is.
var form = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)".*?name="prompt" value="(\w+)"`)

// SignIn goes through the provider's pages as somebody, from the address that begins, until the provider sends the browser back to a host that is not
// its own; that last answer is given. The client keeps cookies.
func (p Provider) SignIn(client *http.Client, begin, who string) (*http.Response, error) {
	home, err := url.Parse(p.Issuer)
	if err != nil {
		return nil, err
	}
	resp, err := client.Get(begin)
	for range 5 {
		if err != nil {
			return nil, err
		}
		if resp.Request.URL.Host != home.Host {
			return resp, nil
		}
		text, err2 := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err2 != nil {
			return nil, err2
		}
		m := form.FindSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("the provider answered %d, without a form: %s", resp.StatusCode, text)
		}
		to, err2 := resp.Request.URL.Parse(string(m[1]))
		if err2 != nil {
			return nil, err2
		}
		resp, err = client.PostForm(to.String(), url.Values{"prompt": {string(m[2])}, "login": {who}, "password": {"any"}})
	}
	return nil, fmt.Errorf("the provider asks on and on")
}
