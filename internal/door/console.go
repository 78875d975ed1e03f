package door

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parry"
)

// IsDoor tells whether an address is that of a door: a function's URL.
func IsDoor(address string) bool {
	u, err := url.Parse(address)
	return err == nil && regionOf.MatchString(u.Hostname())
}

// IsHere tells whether an address is on this machine.
func IsHere(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// NewConsole makes a client for the address of a console's server, with a token of its API. A token goes to no URL that is not encrypted, but on this
// machine.
func NewConsole(token, address string) (*Client, error) {
	const hint = "it is the address of the console: https://parry.example.com"
	u, err := url.Parse(strings.TrimRight(address, "/"))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "":
		return nil, parry.Errorf(parry.Invalid, "%q is no address of a server", address).WithHint(hint)
	case u.User != nil:
		return nil, parry.Errorf(parry.Invalid, "the server's address has a password in it").WithHint("the token alone says who asks")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, parry.Errorf(parry.Invalid, "%q is not encrypted, and the token would be read on its way", address).WithHint(hint)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, parry.Errorf(parry.Invalid, "the server's token has characters that no token has").WithHint("its file holds one token and nothing else")
	}
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/v1"), "/api") + "/api"
	return &Client{base: u, http: client(), name: "the server", console: true, strange: "is it Parry's? --server is the address of the console, such as https://parry.example.com",
		sign: func(_ context.Context, req *http.Request, _ []byte) error {
			req.Header.Set("Authorization", "Bearer "+token)
			return nil
		}}, nil
}

// Refresh has a response that waits planned anew, and gives what is not as it was.
func (c *Client) Refresh(ctx context.Context, id string) (parry.Response, []string, error) {
	var a struct {
		parry.Response
		Differs []string `json:"differs"`
	}
	err := c.ask(ctx, http.MethodPost, "/v1/responses/"+url.PathEscape(id)+"/refresh", nil, &a)
	return a.Response, a.Differs, err
}

// Switches are what is stopped, and what was, the newest first.
type Switches struct {
	Everything string
	Playbooks  []struct{ Playbook, Why string }
	History    []parry.Record
}

// Switches gives what is stopped.
func (c *Client) Switches(ctx context.Context) (s Switches, err error) {
	err = c.ask(ctx, http.MethodGet, "/v1/switches", nil, &s)
	return s, err
}

// Stop stops everything, or one playbook.
func (c *Client) Stop(ctx context.Context, playbook, why string) (s Switches, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/stop", only(map[string]string{"why": why}, playbook), &s)
	return s, err
}

// Start takes a stop back.
func (c *Client) Start(ctx context.Context, playbook string) (s Switches, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/start", only(map[string]string{}, playbook), &s)
	return s, err
}

// only names the playbook, where it is not everything.
func only(body map[string]string, playbook string) map[string]string {
	if playbook != "" {
		body["playbook"] = playbook
	}
	return body
}

// Stats reads the figures of a time into rows.
func (c *Client) Stats(ctx context.Context, since time.Duration, rows any) error {
	var told struct{ Rows json.RawMessage }
	if err := c.ask(ctx, http.MethodGet, "/v1/stats?since="+span(since), nil, &told); err != nil {
		return err
	}
	if err := json.Unmarshal(told.Rows, rows); err != nil {
		return parry.Errorf(parry.Fault, "the answer of %s cannot be read: %w", c.name, err)
	}
	return nil
}

// span is a time in whole hours, or in seconds.
func span(d time.Duration) string {
	if d%time.Hour == 0 {
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	}
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10) + "s"
}
