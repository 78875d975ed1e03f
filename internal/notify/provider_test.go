package notify

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
)

// provider is a server on loopback that answers as a provider's API does, and keeps what it was sent.
type provider struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	calls []sent
	// faults are answered in the place of the next calls, one each.
	faults []fault
	// lose is how many of the next calls that write are carried out without an answer coming back.
	lose int
}

// sent is one call as it came.
type sent struct {
	method, path string
	query        map[string][]string
	header       http.Header
	body         map[string]any
	raw          string
}

// fault is an answer that says no.
type fault struct {
	code   int
	header map[string]string
	body   string
}

// newProvider serves handle, which says what comes back: a status and a JSON value.
func newProvider(t *testing.T, handle func(c sent) (int, any)) *provider {
	t.Helper()
	p := &provider{t: t}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c := sent{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header, nil, string(raw)}
		if len(raw) > 0 {
			if r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: Content-Type %q", c.method, c.path, r.Header.Get("Content-Type"))
			}
			if err := json.Unmarshal(raw, &c.body); err != nil {
				t.Errorf("%s %s: %v in %s", c.method, c.path, err, raw)
			}
		}
		p.calls = append(p.calls, c)
		if len(p.faults) > 0 {
			f := p.faults[0]
			p.faults = p.faults[1:]
			for k, v := range f.header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(f.code)
			io.WriteString(w, f.body)
			return
		}
		code, out := handle(c)
		if p.lose > 0 && c.method != http.MethodGet && !strings.Contains(c.path, "search") {
			p.lose--
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if out != nil {
			json.NewEncoder(w).Encode(out)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// fail makes the next call be answered so.
func (p *provider) fail(f ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f...)
}

// loseNext makes the next n calls that write take effect without an answer.
func (p *provider) loseNext(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = n
}

// got are the calls so far that write, or all with any.
func (p *provider) got(method string) []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []sent
	for _, c := range p.calls {
		if method == "" || c.method == method {
			all = append(all, c)
		}
	}
	return all
}

// last is the last call of a method.
func (p *provider) last(method string) sent {
	p.t.Helper()
	all := p.got(method)
	if len(all) == 0 {
		p.t.Fatalf("no %s was made", method)
	}
	return all[len(all)-1]
}

// at is a value in JSON by its path.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// hostile is a title as a stranger might give it to a resource: markup of every kind, controls, marks that turn text round.
const hostile = "<b>x</b> [click](https://evil.example) *bold* {html}<script>alert(1)</script> [code]<i>[/code] <at>all</at> \x1b[31m\u202eright to left\u202c\x00\u2066\nSecond: line \xff ^ORactive=true \" OR project = SECRET {{DATE(2017-02-14T06:00:00Z)}}"

// aResponse is a response that waits for a yes.
func aResponse() parry.Response {
	return parry.Response{
		ID: "20261126T034000Z-7f3a", State: parry.Waiting,
		Finding: parry.Finding{
			SeverityID: parry.SeverityHigh,
			Info:       parry.FindingInfo{UID: "f-1", Title: "Bucket is public", Types: []string{"S3.2"}},
			Cloud:      parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: "111122223333"}, Region: "eu-central-1"},
		},
		Answer: parry.Answer{Rule: "public-buckets", Playbook: "s3-block-public-access", Tier: parry.TierApprove},
		Target: parry.Target{Type: "AWS::S3::Bucket", ID: "invoices", ARN: "arn:aws:s3:::invoices", Account: "111122223333", Region: "eu-central-1", Partition: "aws"},
		Plan: parry.Plan{
			Summary: "Block public access to the bucket", Breaks: "Anonymous readers are refused.", Digest: "sha256:aa",
			Changes: []parry.Change{{Name: "block", Call: parry.Call{Op: "s3:PutPublicAccessBlock"}}},
		},
		Asked: &parry.Asking{Groups: []string{"secops"}, Persons: 1, At: time.Date(2026, 11, 26, 3, 40, 0, 0, time.UTC)},
	}
}

// news is a piece of news about aResponse, as it is after some changes.
func news(k Kind, changes ...func(*parry.Response)) News {
	r := aResponse()
	switch k {
	case Reminded:
		r.Asked.Reminded = 1
	case Escalated:
		r.Asked.Escalated = []string{"managers"}
	case Begun:
		r.State = parry.Applying
	case Ended:
		r.State = parry.Done
	case Told:
		r.State = parry.Alerted
	}
	for _, c := range changes {
		c(&r)
	}
	return News{Kind: k, Response: r, Link: "https://parry.example/responses/" + r.ID}
}

func in(s parry.State) func(*parry.Response) { return func(r *parry.Response) { r.State = s } }

func titled(t string) func(*parry.Response) {
	return func(r *parry.Response) { r.Finding.Info.Title, r.Target.ID, r.Reason = t, t, t }
}

// aStorm is a storm of so many.
func aStorm(k Kind, count int, states map[string]int) Storm {
	return Storm{
		Rule: "public-buckets", Kind: k, Count: count, States: states, Account: map[string]int{"111122223333": count},
		Sample: []News{news(k), news(k, titled(hostile))}, Link: "https://parry.example/waiting",
	}
}

// noTricks holds a text that people see against what no text of a stranger may do to it.
func noTricks(t *testing.T, where, s string) {
	t.Helper()
	if i := strings.IndexFunc(s, func(r rune) bool {
		return r < ' ' && r != '\n' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}); i >= 0 {
		t.Errorf("%s: a character that moves or turns text: %q", where, s[i:min(len(s), i+10)])
	}
}

// strs are all texts in a JSON value.
func strs(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, strs(e)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, e := range v {
			all = append(all, strs(e)...)
		}
		return all
	}
	return nil
}

func must(t *testing.T) func(ref string, err error) string {
	return func(ref string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, parry.HintOf(err))
		}
		if ref == "" {
			t.Fatal("no ref")
		}
		return ref
	}
}

// after is when an error says that it is worth another try.
func after(err error) time.Duration {
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		return r.RetryAfter()
	}
	return 0
}

// early is when these tests take place.
func early() time.Time { return time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC) }

func calling() Calls { return Calls{Now: early} }
