package notify

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
)

// noon is when scenes begin.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// clock is a clock that goes when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// heardOf is a channel that keeps what it is told.
type heardOf struct {
	mu     sync.Mutex
	told   []string
	storms []Storm
	calls  int
	fail   error
	slow   bool // it does not answer
	edits  bool
}

func (h *heardOf) Tell(ctx context.Context, n News, ref string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if h.slow {
		<-ctx.Done()
		return "", ctx.Err()
	}
	if h.fail != nil {
		return "", h.fail
	}
	h.told = append(h.told, strings.TrimSuffix(fmt.Sprintf("%s %s %s %s", n.Response.ID, n.Kind, n.Response.State, ref), " "))
	return "ref-" + n.Response.ID, nil
}

func (h *heardOf) TellStorm(_ context.Context, s Storm, _ string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if h.fail != nil {
		return "", h.fail
	}
	h.storms = append(h.storms, s)
	return "storm", nil
}

func (h *heardOf) Updates() bool { return h.edits }

// memory is the words of a store.
type memory map[string]string

func (m memory) Set(_ context.Context, name, word string) error     { m[name] = word; return nil }
func (m memory) Get(_ context.Context, name string) (string, error) { return m[name], nil }

// scene is channels with an engine that tells by them.
type scene struct {
	t     *testing.T
	clock *clock
	store *sqlite.DB
	n     *Notifier
	r     *parry.Responder
	seen  map[string]int // counts, by channel and what
}

// withChannels is a scene of a file's routes and channels, which are made anew for another worker on the same store.
func withChannels(t *testing.T, text string, channels map[string]Channel) *scene {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &scene{t: t, clock: &clock{at: noon}, store: db, seen: map[string]int{}}
	s.worker("one", text, channels)
	return s
}

// worker takes over the work.
func (s *scene) worker(name, text string, channels map[string]Channel) {
	s.t.Helper()
	f, err := Read("channels.yaml", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	env := func(string) string { return "a secret of some length" }
	var mu sync.Mutex // channels are told side by side
	s.n, err = New(s.t.Context(), f, Options{
		Store: s.store, Now: s.clock.now, Secrets: Secrets{Env: env}, Link: func(id string) string { return "https://parry.example/responses/" + id },
		Count: func(channel, what string) {
			mu.Lock()
			defer mu.Unlock()
			s.seen[channel+" "+what]++
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range s.n.outs {
		if c, ok := channels[o.name]; ok {
			o.channel = c
		}
	}
	s.r = &parry.Responder{Store: s.store, Teller: s.n.Tellers(), Worker: name, Now: s.clock.now}
}

// tell tells what is due.
func (s *scene) tell() error {
	s.t.Helper()
	return s.r.TellDue(s.t.Context(), s.clock.now())
}

// save stores a response with the record of a move, as a step does.
func (s *scene) save(resp *parry.Response, m parry.Move, to parry.State) {
	s.t.Helper()
	resp.State, resp.Stored = to, to
	resp.Steps++
	rec := parry.Record{Response: resp.ID, Seq: resp.Steps, At: s.clock.now(), Kind: m, State: to, Text: string(m)}
	to2 := map[string]parry.Untold{}
	if resp.Untold != nil {
		for name, u := range resp.Untold.To {
			to2[name] = u
		}
	}
	for _, named := range s.n.Tellers() {
		if named.Tells(*resp, rec) {
			to2[named.Name] = parry.Untold{Seq: rec.Seq, Next: s.clock.now()}
		}
	}
	if resp.Untold = nil; len(to2) > 0 {
		resp.Untold = &parry.Untold{Seq: rec.Seq, Next: s.clock.now(), To: to2}
	}
	rec.Seal(resp.Chain)
	resp.Chain = rec.Hash
	if err := s.store.Save(s.t.Context(), *resp, rec); err != nil {
		s.t.Fatal(err)
	}
}

// again is the response as it is stored.
func (s *scene) again(id string) *parry.Response {
	s.t.Helper()
	r, err := s.store.Response(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return &r
}

// waiting is a response that asks.
func waiting(id string) *parry.Response {
	return &parry.Response{
		ID: id, Key: id, Answer: parry.Answer{Rule: "open-bucket", Playbook: "s3-block-public-access", Tier: parry.TierApprove},
		Decided: parry.Decision{Tier: parry.TierApprove},
		Finding: parry.Finding{SeverityID: parry.SeverityHigh, Severity: "High", Info: parry.FindingInfo{Title: "A bucket is open", Types: []string{"S3.8"}}},
		Target:  parry.Target{Type: "AWS::S3::Bucket", ID: "bucket-" + id, Account: "111122223333", Region: "eu-west-1", Partition: "aws"},
		Plan: parry.Plan{Playbook: "s3-block-public-access", Summary: "Blocks public access", Risk: parry.RiskMedium, Breaks: "what reads it without signing in", Digest: "sha256:1",
			Changes: []parry.Change{{Name: "block", Call: parry.Call{Op: "s3:PutPublicAccessBlock"}, State: map[string]any{"blocked": false}, After: map[string]any{"blocked": true}, Undo: []parry.Call{{Op: "s3:DeletePublicAccessBlock"}}}}},
		Asked: &parry.Asking{Groups: []string{"oncall"}, Persons: 1, At: noon, Expires: noon.Add(4 * time.Hour)},
		Times: parry.Times{Received: noon},
	}
}

// twoHooks is a file with two channels.
const twoHooks = `
channels:
  - {name: first, type: webhook, url: "https://one.example/", secret: env:ONE}
  - {name: second, type: webhook, url: "https://two.example/", secret: env:TWO}
`
