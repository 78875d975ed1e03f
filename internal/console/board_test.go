package console

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
)

var pastEverything = parry.Query{Limit: 10}

// waits is a response that waits, and its record.
func waits(n int, at time.Time) (parry.Response, []parry.Record) {
	id := fmt.Sprintf("pr-%08d", n)
	target := parry.Target{Type: "AWS::EC2::Instance", ID: fmt.Sprintf("i-%017d", n), Account: fmt.Sprintf("%012d", 111100000000+n%100), Region: "eu-west-1", Partition: "aws"}
	call := parry.Call{Account: target.Account, Region: target.Region, Op: "ec2:ModifyInstanceAttribute", Input: map[string]any{"InstanceId": target.ID, "Groups": []any{"sg-1"}}}
	r := parry.Response{
		ID: id, Key: "key-" + id, State: parry.Waiting, Stored: parry.Waiting, Target: target,
		Finding: parry.Finding{Severity: "High", SeverityID: 3 + n%3, Info: parry.FindingInfo{UID: id, Title: "EC2 instance talks to a command server", Types: []string{"Backdoor:EC2/C&CActivity.B"}},
			Resources: []parry.Resource{{UID: target.ID, Type: "Instance"}}, Cloud: parry.Cloud{Account: parry.CloudAccount{UID: target.Account}}},
		Answer:  parry.Answer{Rule: fmt.Sprintf("rule-%d", n%4), Playbook: "ec2-quarantine", Tier: parry.TierApprove},
		Decided: parry.Decision{Tier: parry.TierApprove, Reasons: []string{"the rule asks for it"}},
		Plan:    parry.Plan{Playbook: "ec2-quarantine", Summary: "Isolates the instance.", Target: target, Changes: []parry.Change{{Name: "isolate", Call: call, State: "sg-2", After: "sg-1", Undo: []parry.Call{call}}}},
		Asked:   &parry.Asking{Persons: 1, At: at, Expires: at.Add(24 * time.Hour)},
		Times:   parry.Times{Received: at, FirstSeen: at.Add(-time.Minute)}, Steps: 1,
	}
	r.Plan.Seal()
	rec := parry.Record{Response: id, Seq: 1, At: at, Kind: parry.MoveAsked, State: parry.Waiting, Text: "asked"}
	rec.Seal("")
	r.Chain = rec.Hash
	return r, []parry.Record{rec}
}

// decided is the same after somebody said no.
func decided(r parry.Response) (parry.Response, []parry.Record) {
	r.State, r.Stored, r.Steps, r.Reason = parry.Rejected, parry.Rejected, r.Steps+1, "no"
	rec := parry.Record{Response: r.ID, Seq: r.Steps, At: r.Times.Received.Add(time.Second), Kind: parry.MoveRejected, State: parry.Rejected, Text: "no"}
	rec.Seal(r.Chain)
	r.Chain = rec.Hash
	return r, []parry.Record{rec}
}

// What another worker does is known at the next look, also to what is old, and a look reads no more than it has to.
func TestTheBoardFollowsTheStore(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	begin := time.Now().Add(-time.Hour)
	save := func(r parry.Response, recs []parry.Record) {
		t.Helper()
		if err := store.Save(ctx, r, recs...); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 30 {
		save(waits(n, begin.Add(time.Duration(n)*time.Second)))
	}
	counting := &counted{store: store}
	b := NewBoard(counting, time.Minute, time.Now, slog.New(slog.DiscardHandler))
	look := func() {
		t.Helper()
		if err := b.Look(ctx); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if n := len(b.Waiting()); n != 30 {
		t.Fatalf("%d wait", n)
	}
	for i, r := range b.Waiting() {
		if i > 0 && urgent(b.Waiting()[i-1], r) > 0 {
			t.Errorf("%s is before %s", b.Waiting()[i-1].ID, r.ID)
		}
	}
	was := b.Revision()
	look()
	if b.Revision() != was {
		t.Error("a look without news is news")
	}
	// The oldest of all is decided elsewhere: it is in no list of what waits any more, and not among the newest.
	old, err := store.Response(ctx, "pr-00000000")
	if err != nil {
		t.Fatal(err)
	}
	save(decided(old))
	look()
	if n := len(b.Waiting()); n != 29 || b.Revision() == was {
		t.Errorf("%d wait", n)
	}
	counting.gets = 0
	look()
	if counting.gets != 0 {
		t.Errorf("%d were read one by one that were in a list", counting.gets)
	}
	// News that come late do not take the place of newer ones.
	b.Fresh(ctx) // somebody looks
	b.Moved(old, parry.Record{})
	if n := len(b.Waiting()); n != 29 {
		t.Errorf("an old state came back: %d wait", n)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Look(ctx); err == nil || b.Failing() == "" || len(b.Waiting()) != 29 {
		t.Errorf("%v %q %d", err, b.Failing(), len(b.Waiting()))
	}
}

type counted struct {
	store *sqlite.DB
	gets  int
}

func (c *counted) List(ctx context.Context, q parry.Query) ([]parry.Response, string, error) {
	return c.store.List(ctx, q)
}

func (c *counted) Response(ctx context.Context, id string) (parry.Response, error) {
	c.gets++
	return c.store.Response(ctx, id)
}

// Filters narrow, each by itself and together.
func TestFilter(t *testing.T) {
	var rows []row
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for n := range 8 {
		r, _ := waits(n, begin.AddDate(0, 0, n))
		if n%2 == 1 {
			r, _ = decided(r)
		}
		rows = append(rows, rowOf(r))
	}
	for name, c := range map[string]struct {
		f    filter
		want string
	}{
		"nothing": {filter{}, "01234567"}, "state": {filter{State: "rejected"}, "1357"}, "open": {filter{State: "open"}, "0246"}, "rule": {filter{Rule: "rule-2"}, "26"},
		"account": {filter{Account: "111100000003"}, "3"}, "words": {filter{Words: "  TALKS server i-00000000000000005 "}, "5"}, "no words": {filter{Words: "talks nowhere"}, ""},
		"since": {filter{Since: "2026-03-07"}, "67"}, "until": {filter{Until: "2026-03-02"}, "01"}, "both": {filter{Since: "2026-03-03", Until: "2026-03-04", State: "open"}, "2"},
		"tier": {filter{Tier: "auto"}, ""}, "playbook": {filter{Playbook: "ec2-quarantine", Rule: "rule-0"}, "04"},
	} {
		got, err := c.f.of(rows)
		var b strings.Builder
		for _, r := range got {
			b.WriteByte(r.ID[len(r.ID)-1])
		}
		if err != nil || b.String() != c.want {
			t.Errorf("%s: %q, want %q, %v", name, b.String(), c.want, err)
		}
	}
	if _, err := (filter{Since: "yesterday"}).of(rows); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
}

// Nobody pays for looks that nobody wants: without a page the board rests, and the next page has it look first.
func TestTheBoardRests(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	defer cancel()
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(1_800_000_000, clock.Load()) }
	b := NewBoard(store, time.Millisecond, now, slog.New(slog.DiscardHandler))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	for b.Seen().IsZero() {
		time.Sleep(time.Millisecond)
	}
	clock.Add(int64(time.Hour)) // nobody asked since
	time.Sleep(50 * time.Millisecond)
	r, recs := waits(1, now())
	if err := store.Save(ctx, r, recs...); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if n := len(b.Waiting()); n != 0 {
		t.Errorf("it looked though nobody wanted it: %d wait", n)
	}
	b.Fresh(ctx)
	if n := len(b.Waiting()); n != 1 {
		t.Errorf("a page after a rest is old: %d wait", n)
	}
	// What comes while nobody looks is passed over, and not lost, though so much comes at once that the newest are known when it looks again.
	clock.Add(int64(time.Hour))
	time.Sleep(20 * time.Millisecond)
	for n := 2; n < 100; n++ {
		r, recs := waits(n, now().Add(time.Duration(n)*time.Second))
		if err := store.Save(ctx, r, recs...); err != nil {
			t.Fatal(err)
		}
		if n == 60 {
			b.mu.Lock()
			b.wanted = now()
			b.mu.Unlock()
		}
		b.Moved(r, recs[0])
	}
	for end := time.Now().Add(20 * time.Second); len(b.Waiting()) != 99; time.Sleep(time.Millisecond) {
		if b.Fresh(ctx); time.Now().After(end) {
			t.Fatalf("%d wait", len(b.Waiting()))
		}
	}
	cancel()
	<-ended
}

// A table may give a page without responses before one that has some.
func TestAnEmptyPageIsNotTheLast(t *testing.T) {
	r, _ := waits(1, time.Now())
	b := NewBoard(halting{r}, time.Minute, time.Now, slog.New(slog.DiscardHandler))
	for range 2 { // also where something was passed over
		if err := b.Look(t.Context()); err != nil || len(b.Waiting()) != 1 {
			t.Fatal(len(b.Waiting()), err)
		}
		b.pass(time.Now())
	}
}

// halting gives one response, on the second page.
type halting struct{ r parry.Response }

func (h halting) List(_ context.Context, q parry.Query) ([]parry.Response, string, error) {
	if q.After == "" {
		return nil, "more", nil
	}
	return []parry.Response{h.r}, "", nil
}

func (h halting) Response(context.Context, string) (parry.Response, error) { return h.r, nil }
