package dynamo

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/dynamotest"
	"parry/internal/moto"
	"parry/internal/storetest"
)

// listener notes the operations of the requests that go through it.
type listener struct {
	next http.RoundTripper
	mu   sync.Mutex
	ops  map[string]bool
}

// RoundTrip implements http.RoundTripper.
func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	l.mu.Lock()
	l.ops[op] = true
	l.mu.Unlock()
	return l.next.RoundTrip(r)
}

func (l *listener) heard(without ...string) []string {
	var all []string
	for op := range l.ops {
		if !slices.Contains(without, op) {
			all = append(all, op)
		}
	}
	slices.Sort(all)
	return all
}

// The table of permissions in the documentation names what is called, no more and no less.
func TestPermissionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	columns := [3][]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| .dynamodb:(\w+). \|([^|]*)\|([^|]*)\|([^|]*)\|$`).FindAllStringSubmatch(string(page), -1) {
		for i := range columns {
			if strings.TrimSpace(row[2+i]) == "yes" {
				columns[i] = append(columns[i], row[1])
			}
		}
	}
	for i := range columns {
		slices.Sort(columns[i])
	}

	cfg := dynamotest.Need(t).Config()
	table := newTable(t, cfg).table
	l := &listener{next: transport(cfg), ops: map[string]bool{}}
	cfg.HTTPClient = &http.Client{Transport: l}
	everyMethod(t, open(t, cfg, table))
	if got := l.heard("TransactWriteItems"); !slices.Equal(got, columns[0]) {
		t.Errorf("workers call %q, and the page says %q", got, columns[0])
	}

	cfg = moto.Need(t).Config(moto.Account(), "us-east-1")
	for i, f := range []func() error{
		func() error { return Create(t.Context(), cfg, "parry") },
		func() error { _, err := Check(t.Context(), cfg, "parry"); return err },
	} {
		l := &listener{next: transport(cfg), ops: map[string]bool{}}
		outer := cfg.HTTPClient
		cfg.HTTPClient = &http.Client{Transport: l}
		if err := f(); err != nil {
			t.Fatal(err)
		}
		cfg.HTTPClient = outer
		if got := l.heard("AssumeRole"); !slices.Equal(got, columns[1+i]) {
			t.Errorf("%d: called are %q, and the page says %q", i, got, columns[1+i])
		}
	}
}

// everyMethod calls each method of a store once at least, with a result.
func everyMethod(t *testing.T, d *DB) {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	r := storetest.Full("r-1", "k", now)
	r.Steps = 1
	_, resolveErr := d.Resolve(ctx, "r-1-and-more")
	for what, err := range map[string]error{
		"Save":           d.Save(ctx, r, parry.Record{Response: "r-1", Seq: 1, At: now, Hash: "h"}),
		"Response":       second(d.Response(ctx, "r-1")),
		"Latest":         second(d.Latest(ctx, "k")),
		"List":           third(d.List(ctx, parry.Query{})),
		"Count":          second(d.Count(ctx, parry.Tally{})),
		"Due":            second(d.Due(ctx, now.Add(24*time.Hour), 5)),
		"Untold":         second(d.Untold(ctx, now.Add(24*time.Hour), 5)),
		"Records":        second(d.Records(ctx, "r-1")),
		"Unlogged":       second(d.Unlogged(ctx, 5)),
		"Log":            d.Log(ctx, 0, []parry.Leaf{{Response: "r-1", Seq: 1, Hash: "h"}}),
		"Leaves":         second(d.Leaves(ctx, 0, 5)),
		"KeepCheckpoint": d.KeepCheckpoint(ctx, 1, []byte("text")),
		"Checkpoints":    second(d.Checkpoints(ctx)),
		"Set":            d.Set(ctx, "n", "w"),
		"Get":            second(d.Get(ctx, "n")),
		"Claim":          d.Claim(ctx, "door", "ada", now, time.Minute),
		"Release":        d.Release(ctx, "door", "ada"),
		"Hold":           d.Hold(ctx, "k", "why"),
		"Held":           second(d.Held(ctx, "k")),
		"KeepSource":     d.KeepSource(ctx, "sha256:1", []byte("text")),
		"Source":         second(d.Source(ctx, "sha256:1")),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if parry.KindOf(resolveErr) != parry.NotFound {
		t.Errorf("Resolve: %v", resolveErr)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }
