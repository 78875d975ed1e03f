package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/config"
	"parry/internal/signin"
)

func TestTheConsole(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, token, err := signin.NewToken("ci", signin.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	tokens, badTokens, secret := write("tokens", token.Line()+"\n"), write("bad", "ci boss x\n"), write("secret", " of the client \n")
	key, short := write("key", strings.Repeat("k", 32)+"\n"), write("short", "k")
	local := []string{"PARRY_SQS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/q", "PARRY_CONSOLE", "on", "PARRY_LISTEN", "127.0.0.1:8080"}
	oidc := []string{"PARRY_OIDC_ISSUER", "https://idp.example.com/", "PARRY_OIDC_CLIENT_ID", "parry", "PARRY_OIDC_ADMINS", "a, b,,c"}
	for name, c := range map[string]struct {
		env  []string
		want string
		url  string
	}{
		"on this machine":          {local, "", "http://127.0.0.1:8080"},
		"with a certificate":       {append(slices.Clone(local), "PARRY_TLS_CERT", "c", "PARRY_TLS_KEY", "k"), "", "https://127.0.0.1:8080"},
		"by name":                  {[]string{"PARRY_CONSOLE", "on", "PARRY_LISTEN", ":8080", "PARRY_CONSOLE_URL", "https://parry.example.com/", "PARRY_TOKEN", "a-token-of-some-length"}, "", "https://parry.example.com"},
		"everything":               {slices.Concat(local, oidc, []string{"PARRY_OIDC_CLIENT_SECRET_FILE", secret, "PARRY_API_TOKENS", tokens, "PARRY_SESSION_KEY_FILE", key}), "", "http://127.0.0.1:8080"},
		"no address":               {[]string{"PARRY_CONSOLE", "on"}, "no address to listen on", ""},
		"an address nobody knows":  {[]string{"PARRY_CONSOLE", "on", "PARRY_LISTEN", ":8080", "PARRY_TOKEN", "a-token-of-some-length"}, "needs console_url", ""},
		"a free port":              {[]string{"PARRY_CONSOLE", "on", "PARRY_LISTEN", "127.0.0.1:0", "PARRY_TOKEN", "a-token-of-some-length"}, "needs console_url", ""},
		"a certificate, and http":  {append(slices.Clone(local), "PARRY_TLS_CERT", "c", "PARRY_TLS_KEY", "k", "PARRY_CONSOLE_URL", "http://localhost:8080"), "begin it with https://", ""},
		"tokens that are wrong":    {append(slices.Clone(local), "PARRY_API_TOKENS", badTokens), `:1: "boss" is no role`, ""},
		"no such file":             {append(slices.Clone(local), "PARRY_API_TOKENS", dir+"/none"), "no such file", ""},
		"a short key":              {append(slices.Clone(local), "PARRY_SESSION_KEY_FILE", short), "has 1 characters, and needs 32", ""},
		"half a provider":          {append(slices.Clone(local), "PARRY_OIDC_ISSUER", "https://idp.example.com"), "go together", ""},
		"groups and no provider":   {append(slices.Clone(local), "PARRY_OIDC_VIEWERS", "x"), "no provider that names groups", ""},
		"a provider and no groups": {slices.Concat(local, oidc[:4]), "nobody could sign in", ""},
		"two secrets":              {slices.Concat(local, oidc, []string{"PARRY_OIDC_CLIENT_SECRET_FILE", secret, "PARRY_OIDC_CLIENT_SECRET", "x"}), "given twice", ""},
		"off, and tokens":          {[]string{"PARRY_API_TOKENS", tokens}, "api_tokens is for the console, which is off", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(config.Input{Env: env(c.env...)})
			if err != nil {
				t.Fatal(err)
			}
			err = cfg.Complete()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || parry.HintOf(err) == "" && !strings.Contains(err.Error(), "\n")) {
				t.Errorf("%v", err)
			}
			if c.want == "" && cfg.Console.URL != c.url {
				t.Errorf("people reach it at %q", cfg.Console.URL)
			}
			if c.want == "" {
				o, err := cfg.Gate()
				if err != nil {
					t.Fatal(err)
				}
				if len(o.Key) == 0 {
					o.Key = make([]byte, 32)
				}
				o.Words, o.Now, o.Log = struct{ signin.WordStore }{}, time.Now, slog.New(slog.DiscardHandler)
				if _, err := signin.New(o); err != nil || (o.OIDC != nil) != (name == "everything") {
					t.Errorf("the gate: %v, %+v", err, o)
				}
			}
			if name == "everything" && (len(cfg.Console.Tokens) != 1 || len(cfg.Console.Key) != 32 || cfg.OIDC.ClientSecret != "of the client" || !slices.Equal(cfg.OIDC.Admins, []string{"a", "b", "c"}) ||
				cfg.OIDC.Claim != "email" || cfg.OIDC.GroupsClaim != "groups" || len(cfg.OIDC.Scopes) != 3) {
				t.Errorf("%+v %+v", cfg.Console, cfg.OIDC)
			}
		})
	}
	for text, want := range map[string]string{
		"console: maybe":                                "want off or on",
		"console_url: http://parry.example.com":         "want https://HOST",
		"console_url: https://parry.example.com/x":      "and no path",
		"console_url: ftp://localhost":                  "want https://HOST",
		"console_proxies: -1":                           "from 0 to 10",
		"oidc: {issuer: \"http://idp.example.com\"}":    "https address",
		"oidc: {issuer: \"https://idp.example.com?x\"}": "https address",
		"oidc: {client_secret: x}":                      `oidc has no field "client_secret"`,
	} {
		if _, err := config.Load(config.Input{File: "f.yaml", Text: []byte(text), Env: env()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
