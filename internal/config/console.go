package config

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"parry"
	"parry/internal/signin"
)

// shortKey is the least length of the key of sessions, in bytes.
const shortKey = 32

// completeConsole checks what is said of the console together, and reads its files.
func (c *Config) completeConsole(add func(hint, format string, args ...any)) {
	if !c.Console.On {
		for _, name := range []string{"api_tokens", "session_key_file", "oidc.issuer", "oidc.client_id"} {
			if c.Text(name) != "" {
				add("set console to on", "%s: %s is for the console, which is off", c.From(name), name)
			}
		}
		return
	}
	c.completeURL(add)
	read := func(name string) string {
		file := c.Text(name)
		if file == "" {
			return ""
		}
		text, err := os.ReadFile(file)
		if err != nil {
			add("", "%s: %s: %w", c.From(name), name, err)
		} else if strings.TrimSpace(string(text)) == "" {
			add("", "%s: %s: %s is empty", c.From(name), name, file)
		}
		return strings.TrimSpace(string(text))
	}
	if text := read("api_tokens"); text != "" {
		var err error
		if c.Console.Tokens, err = signin.ReadTokens(c.Text("api_tokens"), text); err != nil {
			add("each line is NAME ROLE SHA256, as 'parry token new' prints it", "%w", err)
		}
	}
	if text := read("session_key_file"); text != "" {
		if c.Console.Key = []byte(text); len(text) < shortKey {
			add("make one: openssl rand -hex 32", "%s: the key in session_key_file has %d characters, and needs %d", c.From("session_key_file"), len(text), shortKey)
		}
	}
	switch secret := read("oidc.client_secret_file"); {
	case secret != "" && c.OIDC.ClientSecret != "":
		add("", "the client's secret is given twice: by %s and by %s", c.From("oidc.client_secret_file"), c.From("oidc.client_secret"))
	case secret != "":
		c.OIDC.ClientSecret = secret
	}
	switch o := c.OIDC; {
	case (o.Issuer == "") != (o.ClientID == ""):
		add("", "oidc.issuer and oidc.client_id go together: one is set and the other is not")
	case o.Issuer == "" && len(slices.Concat(o.Viewers, o.Approvers, o.Admins)) > 0:
		add("", "groups have roles, and there is no provider that names groups: set oidc.issuer")
	case o.Issuer != "" && len(slices.Concat(o.Viewers, o.Approvers, o.Admins)) == 0:
		add("set oidc.viewers, oidc.approvers or oidc.admins", "no group has a role, so nobody could sign in")
	}
}

// completeURL says where people reach the console, where they did not say it themselves.
func (c *Config) completeURL(add func(hint, format string, args ...any)) {
	host, port, err := net.SplitHostPort(c.Listen)
	switch {
	case c.Listen == "":
		add("set listen, such as 127.0.0.1:8080", "there is a console, and no address to listen on")
	case err != nil: // said already
	case c.Console.URL != "":
		if c.TLSCert != "" && !strings.HasPrefix(c.Console.URL, "https://") {
			add("", "%s: console_url is plain http, and the server has a certificate: begin it with https://", c.From("console_url"))
		}
	case !loopback(host) || port == "0":
		add("such as https://parry.example.com", "the console needs console_url: people cannot be sent to %s", c.Listen)
	case c.TLSCert != "":
		c.Console.URL = fmt.Sprintf("https://%s", c.Listen)
	default:
		c.Console.URL = fmt.Sprintf("http://%s", c.Listen)
	}
}

// Gate is what the settings say of who gets in. The key is empty where each start makes one; the store, the clock and the log are the caller's.
func (c *Config) Gate() (signin.Options, error) {
	base, err := url.Parse(c.Console.URL)
	if err != nil {
		return signin.Options{}, parry.Errorf(parry.Invalid, "console_url: %w", err).WithHint(hintTable)
	}
	o := signin.Options{Tokens: c.Console.Tokens, Key: c.Console.Key, Secure: base.Scheme == "https", Base: *base, Proxies: c.Console.Proxies}
	if c.OIDC.Issuer != "" {
		o.OIDC = &signin.OIDC{Issuer: c.OIDC.Issuer, ClientID: c.OIDC.ClientID, ClientSecret: c.OIDC.ClientSecret, Claim: c.OIDC.Claim, GroupsClaim: c.OIDC.GroupsClaim,
			Scopes: c.OIDC.Scopes, Viewers: c.OIDC.Viewers, Approvers: c.OIDC.Approvers, Admins: c.OIDC.Admins}
	}
	return o, nil
}
