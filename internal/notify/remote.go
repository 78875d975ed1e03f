package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parry"
)

const (
	// remoteWithin is how long one call to a provider may take.
	remoteWithin = 20 * time.Second
	// mostAnswer is how much of an answer is read, in bytes.
	mostAnswer = 4 << 20
)

// remote is one provider's HTTP API that speaks JSON.
type remote struct {
	name   string // of the provider, for errors
	base   *url.URL
	auth   func(*http.Request) // nil for none
	client *http.Client
}

// newRemote is the API at an address. Its secrets go to no other: redirects are answers, not followed.
func newRemote(name, address string, auth func(*http.Request)) (*remote, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil { // the error would hold the address, which may be the secret itself
		return nil, parry.Errorf(parry.Invalid, "%s: the url cannot be read", name).WithHint("copy it again from %s", name)
	}
	switch {
	case u.Host == "" || u.User != nil:
		return nil, parry.Errorf(parry.Invalid, "%s: the url must be https://host/..., without a user in it", name)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, parry.Errorf(parry.Invalid, "%s: the url must begin with https://", name).WithHint("what is sent holds secrets and findings: http:// is for this machine's own loopback only")
	}
	return &remote{name, u, auth, &http.Client{
		Timeout:       remoteWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
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
		return parry.Errorf(parry.Fault, "%s cannot be reached: %v", r.name, withoutURL(err))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return parry.Errorf(parry.Fault, "%s: its answer breaks off: %v", r.name, withoutURL(err))
	}
	if resp.StatusCode/100 != 2 {
		return answered(r.name, resp, b)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return parry.Errorf(parry.Fault, "%s: its answer is not the JSON that its API documents", r.name).WithHint("the url may be a sign-in page or a sleeping instance")
	}
	return nil
}

// withoutURL is the error without the address that was called: a webhook's is a secret.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// status is an answer that says no.
type status struct {
	code  int
	after time.Duration
	err   *parry.Error
}

func (s *status) Error() string { return s.err.Error() }
func (s *status) Unwrap() error { return s.err }

// RetryAfter is when the provider wants to be asked again; zero where it does not say.
func (s *status) RetryAfter() time.Duration { return s.after }

// answered tells what an answer means that does not say 2xx: for ever, or to be tried again. RFC 9110, section 15, and RFC 6585 for 429; the
// providers' pages that the channels name say the same of theirs.
func answered(name string, resp *http.Response, body []byte) error {
	code := resp.StatusCode
	e := parry.Errorf(parry.Invalid, "%s answers %d: %s", name, code, shorten(oneLine(string(body)), 300))
	switch {
	case code == http.StatusUnauthorized:
		e.Kind = parry.Refused
		e = e.WithHint("the secret is wrong or has expired: put a new one where the channels file points to")
	case code == http.StatusForbidden:
		e.Kind = parry.Refused
		e = e.WithHint("the account or key lacks a permission: docs/channels.md says which it needs")
	case code == http.StatusNotFound, code == http.StatusGone:
		e.Kind = parry.Refused
		e = e.WithHint("what the channels file names is not there, or may not be seen with this secret")
	case code/100 == 3:
		e = e.WithHint("a redirect is not followed, so that no secret goes elsewhere: write the final address into the channels file")
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		e.Kind = parry.Fault
	}
	return &status{code, retryAfter(resp.Header), e}
}

// retryAfter reads Retry-After: seconds, or a date, which is taken against the answer's own Date so that no clock has to be right. Source: RFC
// 9110, section 10.2.3.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(max(0, min(n, 24*60*60))) * time.Second
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, min(until.Sub(from), 24*time.Hour))
}

// isStatus tells whether an error is an answer with that code.
func isStatus(err error, code int) bool {
	var s *status
	return errors.As(err, &s) && s.code == code
}

// required says which of some fields of a channel are empty; pairs of name and value.
func required(name string, fields ...string) error {
	for i := 0; i+1 < len(fields); i += 2 {
		if strings.TrimSpace(fields[i+1]) == "" {
			return parry.Errorf(parry.Invalid, "%s: %s is missing", name, fields[i]).WithHint("docs/channels.md has the fields of the channel")
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
