package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parry"
	"parry/internal/signin"
)

func TestTokensAreForTheAPI(t *testing.T) {
	plain, tok, err := signin.NewToken("ci", signin.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	boss, bossTok, err := signin.NewToken("boss", signin.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(tok.Line(), plain) || len(plain) < 43 {
		t.Errorf("%s %s", plain, tok.Line())
	}
	all, err := signin.ReadTokens("tokens", "# of programs\n\n"+tok.Line()+"  # a comment\n"+bossTok.Line()+"\n")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(o *signin.Options) { o.Tokens = all })
	b := browser(t)
	s.enter(b, "ada@example.com", signin.Admin)
	for name, c := range map[string]struct {
		browser      *http.Client
		method, path string
		auth         string
		status       int
		body         string
	}{
		"reads":                                 {browser(t), "GET", "/api/list", plain, 200, "person=token:ci role=viewer via=token csrf=;"},
		"may not for its role":                  {browser(t), "POST", "/api/approve", plain, 403, "needs the role approver"},
		"changes without a form's token":        {browser(t), "POST", "/api/approve", boss, 200, "person=token:boss"},
		"wrong":                                 {browser(t), "GET", "/api/list", "parry_wrong", 401, "the token is not known"},
		"cut":                                   {browser(t), "GET", "/api/list", plain[:len(plain)-1], 401, "the token is not known"},
		"its hash":                              {browser(t), "GET", "/api/list", strings.Fields(tok.Line())[2], 401, "the token is not known"},
		"empty":                                 {browser(t), "GET", "/api/list", "", 401, ""},
		"wrong, beside a session":               {b, "GET", "/api/list", "parry_wrong", 401, "the token is not known"},
		"weaker than the session beside it":     {b, "POST", "/api/approve", plain, 403, "needs the role approver"},
		"not for pages":                         {browser(t), "GET", "/open", boss, 200, nobody},
		"not for pages, beside a session":       {b, "POST", "/approve", boss, 403, "token is missing"},
		"not for what begins with api in pages": {browser(t), "GET", "/apifoo", boss, 200, "Sign in to Parry"},
	} {
		a := s.ask(c.browser, c.method, c.path, nil, "Authorization: Bearer "+c.auth)
		if a.status != c.status || !strings.Contains(a.body, c.body) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if isJSON := a.header.Get("Content-Type") == "application/json"; a.status >= 400 && strings.HasPrefix(c.path, "/api/") && !isJSON {
			t.Errorf("%s: a refusal that programs cannot read", name)
		}
	}
	if a := s.ask(browser(t), "POST", "/api/approve", url.Values{}, "Authorization: Bearer "+boss, "Origin: https://elsewhere.example"); a.status != 200 {
		t.Errorf("a token needs no origin: %d %s", a.status, a.body)
	}
	if a := s.ask(browser(t), "GET", "/api/list", nil); a.status != 401 || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestFilesOfTokens(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		"ci viewer":                                "f:1: 2 words",
		"# x\nci viewer " + hash + " more":         "f:2: 4 words",
		"ci boss " + hash:                          `f:1: "boss" is no role`,
		"ci nobody " + hash:                        `f:1: "nobody" is no role`,
		"CI viewer " + hash:                        `f:1: "CI" is no name`,
		"a@b viewer " + hash:                       "is no name",
		"ci viewer " + hash[2:]:                    "is no SHA-256",
		"ci viewer parry_" + hash:                  "is no SHA-256",
		"ci viewer " + hash + "\nci admin " + hash: "f:2: ci is there twice",
		"ci viewer " + hash + "\ncd admin " + hash: "f:2: cd is the same token as another",
	} {
		_, err := signin.ReadTokens("f", text)
		if err == nil || !strings.Contains(err.Error(), want) || parry.KindOf(err) != parry.Invalid || parry.HintOf(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
	for name, role := range map[string]signin.Role{"": signin.Viewer, "a b": signin.Viewer, "ci": signin.Nobody, "-x": signin.Admin} {
		if _, _, err := signin.NewToken(name, role); err == nil {
			t.Errorf("a token %q with role %s", name, role)
		}
	}
}
