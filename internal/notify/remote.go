package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parry"
)

// mostAnswer is how much of an answer that is read as JSON is taken, in bytes.
const mostAnswer = 4 << 20

// remote is one provider's HTTP API that speaks JSON.
type remote struct {
	name   string // of the provider, for errors
	base   *url.URL
	auth   func(*http.Request) // nil for none
	client *http.Client
	now    func() time.Time
}

// Calls is what a channel makes its calls with.
type Calls struct {
	Client *http.Client // nil for one of its own
	Now    func() time.Time
}

// calls is what a channel of the file makes its calls with.
func (o opening) calls() Calls { return Calls{o.client, o.now} }

// opened gives a channel that could not be made as none at all.
func opened[C Channel](c C, err error) (Channel, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// remote is the API at an address. Its secrets go to no other: redirects are answers, not followed.
func (c Calls) remote(name, address string, auth func(*http.Request)) (*remote, error) {
	u, err := addressOf("url", strings.TrimSpace(address))
	if err != nil {
		return nil, err
	}
	own := http.Client{}
	if c.Client != nil {
		own = *c.Client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &remote{name, u, auth, &own, c.Now}, nil
}

// at is an address under the base; each part of the path is one segment, whatever is in it.
func (r *remote) at(query url.Values, path ...string) *url.URL {
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	u := r.base.JoinPath(path...)
	if len(query) > 0 {
		u.RawQuery = query.Encode()
	}
	return u
}

// call makes one call. in is sent as JSON unless it is nil, and the answer is read into out unless that is nil; an answer that does not
// say 2xx is an error.
func (r *remote) call(ctx context.Context, method string, u *url.URL, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return parry.Errorf(parry.Fault, "%s: %w", r.name, err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return parry.Errorf(parry.Fault, "%s: the request cannot be made", r.name)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Parry")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.auth != nil {
		r.auth(req)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return unreached(r.name, err)
	}
	if resp.StatusCode/100 != 2 {
		return &status{resp.StatusCode, answerOf(r.name, resp, r.now())}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return unreached(r.name, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return parry.Errorf(parry.Fault, "%s: its answer is not the JSON that its API documents", r.name).WithHint("the url may be a sign-in page or a sleeping instance")
	}
	return nil
}

// status is an answer that says no, by its code.
type status struct {
	code int
	error
}

// Unwrap gives what it means.
func (s *status) Unwrap() error { return s.error }

// isStatus tells whether an error is an answer with that code.
func isStatus(err error, code int) bool {
	var s *status
	return errors.As(err, &s) && s.code == code
}

// required says which of some fields of a channel are empty; pairs of name and value.
func required(name string, fields ...string) error {
	for i := 0; i+1 < len(fields); i += 2 {
		if strings.TrimSpace(fields[i+1]) == "" {
			return parry.Errorf(parry.Invalid, "%s: %s is missing", name, fields[i]).WithHint("docs/channels.md has the fields")
		}
		if strings.ContainsAny(fields[i+1], "\r\n") {
			return parry.Errorf(parry.Invalid, "%s: %s has a line break in it", name, fields[i]).WithHint("a secret often gets one at its end when it is stored: store it without")
		}
	}
	return nil
}

// bearer puts a token on a call.
func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// basic puts a user and a password on a call.
func basic(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

// either is the auth of a provider that takes a user with a password, or a token.
func either(name, user, password, token string) (func(*http.Request), error) {
	if token != "" && user == "" {
		return bearer(token), required(name, "token", token)
	}
	if token != "" {
		return nil, parry.Errorf(parry.Invalid, "%s: user and password, or token, not both", name)
	}
	return basic(user, password), required(name, "user", user, "password", password)
}

// told is what a channel remembers of a response or a storm: what the provider calls it, and which news it was told last.
type told struct{ id, mark string }

// readRef reads what String wrote.
func readRef(ref string) told {
	id, mark, _ := strings.Cut(ref, " ")
	return told{id, mark}
}

func (t told) String() string { return fmt.Sprintf("%s %s", t.id, t.mark) }
