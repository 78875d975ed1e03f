package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/spool"
)

// clock is a time that is set by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Microsecond)
	return c.t
}

func (c *clock) pass(d time.Duration) { c.mu.Lock(); c.t = c.t.Add(d); c.mu.Unlock() }

func open(t *testing.T, dir string, c *clock) *spool.Box {
	t.Helper()
	b, err := spool.Open(dir, spool.Options{Waiting: 5, Rejected: 2, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func put(t *testing.T, b *spool.Box, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := b.Put([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func take(t *testing.T, b *spool.Box, n int) (all []*spool.Item) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	all, err := b.Take(ctx, n)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return all
}

func texts(items []*spool.Item) (all []string) {
	for _, i := range items {
		all = append(all, fmt.Sprintf("%s:%d", i.Body(), i.Tries()))
	}
	return all
}

func want(t *testing.T, got []*spool.Item, want ...string) {
	t.Helper()
	if !slices.Equal(texts(got), want) {
		t.Fatalf("got %v, want %v", texts(got), want)
	}
}

func files(t *testing.T, dir, part string) (all []string) {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(dir, part))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		all = append(all, f.Name())
	}
	return all
}

// What was put in comes out in order; what is not done is there after a restart, with the number of its tries.
func TestSurvives(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	b := open(t, dir, c)
	put(t, b, "a", "b", "c")
	got := take(t, b, 2)
	want(t, got, "a:1", "b:1")
	if err := got[0].Done(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tmp", "half.0.json"), []byte("never accepted"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil { // as the end of the process does
		t.Fatal(err)
	}
	b = open(t, dir, c)
	if n := b.Waiting(); n != 2 {
		t.Errorf("%d wait", n)
	}
	if at, waits := b.Oldest(); !waits || !at.Equal(c.t.Truncate(time.Second)) {
		t.Errorf("the oldest is of %v, %v", at, waits)
	}
	want(t, take(t, b, 10), "b:2", "c:1")
	if left := files(t, dir, "tmp"); len(left) != 0 {
		t.Errorf("left half-written: %v", left)
	}
}

func TestNoMoreThanItHolds(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Now()}
	b := open(t, dir, c)
	put(t, b, "1", "2", "3", "4", "5")
	items := take(t, b, 5)
	if _, err := b.Put([]byte("6")); parry.KindOf(err) != parry.Refused {
		t.Errorf("a sixth: %v", err)
	}
	if err := items[2].Done(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, b, "6")
	if _, err := b.Put([]byte("7")); parry.KindOf(err) != parry.Refused {
		t.Errorf("a seventh: %v", err)
	}
}

func TestComesAgainLater(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Now()}
	b := open(t, dir, c)
	put(t, b, "a", "b")
	items := take(t, b, 2)
	for _, i := range items {
		if err := i.Again(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	want(t, take(t, b, 2))
	c.pass(time.Hour)
	want(t, take(t, b, 2), "a:2", "b:2")
}

func TestIsPutAside(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Now()}
	b := open(t, dir, c)
	put(t, b, "poison")
	if err := take(t, b, 1)[0].Aside(t.Context(), "because"); err != nil {
		t.Fatal(err)
	}
	dead := files(t, dir, "dead")
	if len(dead) != 2 || len(files(t, dir, "new")) != 0 || b.Waiting() != 0 {
		t.Fatalf("dead: %v", dead)
	}
	for n, text := range []string{"poison", "because\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, "dead", dead[n])); err != nil || string(got) != text {
			t.Errorf("%s holds %q, %v", dead[n], got, err)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := b.Reject([]byte(name), "no event"); err != nil {
			t.Fatal(err)
		}
	}
	kept := files(t, dir, "rejected")
	if len(kept) != 4 {
		t.Fatalf("rejected: %v", kept)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "rejected", kept[0])); err != nil || string(got) != "b" {
		t.Errorf("the oldest is %q, %v", got, err)
	}
}

func TestWakesWhoWaits(t *testing.T) {
	b := open(t, t.TempDir(), &clock{t: time.Now()})
	got := make(chan []*spool.Item, 1)
	go func() {
		items, _ := b.Take(t.Context(), 1)
		got <- items
	}()
	put(t, b, "a")
	select {
	case items := <-got:
		want(t, items, "a:1")
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was woken")
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Now()}
	b := open(t, dir, c)
	if _, err := spool.Open(dir, spool.Options{Waiting: 1, Now: c.now}); parry.KindOf(err) != parry.Conflict {
		t.Errorf("a second one: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, c)
}

func TestForeignFilesAreTold(t *testing.T) {
	dir, c := t.TempDir(), &clock{t: time.Now()}
	b := open(t, dir, c)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new", "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Open(dir, spool.Options{Waiting: 1, Now: c.now}); parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("%v", err)
	}
}

// Many put in and take out at once, and everything comes out once.
func TestConcurrent(t *testing.T) {
	b, err := spool.Open(t.TempDir(), spool.Options{Waiting: 1000, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	const senders, each = 8, 20
	var w sync.WaitGroup
	for n := range senders {
		w.Go(func() {
			for m := range each {
				if _, err := b.Put(fmt.Appendf(nil, "%d.%d", n, m)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	ctx, cancel := context.WithCancel(t.Context())
	var takers sync.WaitGroup
	for range 4 {
		takers.Go(func() {
			for {
				items, err := b.Take(ctx, 3)
				if err != nil {
					return
				}
				for _, i := range items {
					mu.Lock()
					seen[string(i.Body())]++
					mu.Unlock()
					if err := i.Done(ctx); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	w.Wait()
	for end := time.Now().Add(20 * time.Second); b.Waiting() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	takers.Wait()
	if len(seen) != senders*each {
		t.Errorf("%d came out", len(seen))
	}
	for text, n := range seen {
		if n != 1 {
			t.Errorf("%s came out %d times", text, n)
		}
	}
}
