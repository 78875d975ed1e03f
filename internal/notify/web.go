package notify

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parry"
)

// mostRead is how much of an answer is read.
const mostRead = 64 << 10

// addressOf is an address that secrets and findings may be sent to: encrypted, but on this machine, as in tests. What is wrong is told without
// the address, which may hold a secret.
func addressOf(field, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, parry.Errorf(parry.Invalid, "%s is no address such as https://host/path", field)
	case u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Hostname())):
		return nil, parry.Errorf(parry.Invalid, "%s is not encrypted: it begins with https://", field)
	}
	return u, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// unreached is the failure of a call that had no answer, without the address.
func unreached(who string, err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return parry.Errorf(parry.Fault, "%s cannot be reached: %w", who, err)
}

// slower is a failure of which the provider says when it may go well.
type slower struct {
	error
	after time.Duration
}

// RetryAfter is when; zero where the provider does not say.
func (s *slower) RetryAfter() time.Duration { return s.after }

// Unwrap gives the failure.
func (s *slower) Unwrap() error { return s.error }

// answerOf is the error of an HTTP answer; nil where it says that it went well. Source: RFC 9110, section 15, and RFC 6585 for 429.
func answerOf(who string, resp *http.Response, now time.Time) error {
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, mostRead)) // a part of it says enough
	code := resp.StatusCode
	said := cut(clean(string(body)), 200)
	if said != "" {
		said = ": " + said
	}
	switch {
	case code/100 == 2:
		return nil
	case code/100 == 3:
		return parry.Errorf(parry.Refused, "%s answers %d, and a redirect is not followed", who, code).WithHint("say the address that it leads to")
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound, code == http.StatusGone:
		return parry.Errorf(parry.Refused, "%s answers %d%s", who, code, said).WithHint("look at the channel's address and secret: 'parry notify test CHANNEL' tries it")
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code/100 == 5:
		return &slower{parry.Errorf(parry.Fault, "%s answers %d%s", who, code, said), waitOf(resp.Header.Get("Retry-After"), now)}
	}
	return parry.Errorf(parry.Invalid, "%s answers %d%s", who, code, said)
}

// waitOf reads Retry-After: seconds, or a date. At most a day is waited. Source: RFC 9110, section 10.2.3.
func waitOf(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		wait = time.Duration(min(max(n, 0), 86400)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
