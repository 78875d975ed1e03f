package audit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parry"
)

// reads counts the leaves that are read of a log, and ends a context after so many.
type reads struct {
	parry.Store
	n     int64
	limit int64
	stop  context.CancelFunc
}

func (r *reads) Leaves(ctx context.Context, from int64, n int) ([]parry.Leaf, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page, err := r.Store.Leaves(ctx, from, n)
	if n > 1 { // the search for the log's length reads one at a time
		r.n += int64(len(page))
	}
	if r.stop != nil && r.n >= r.limit {
		r.stop()
	}
	return page, err
}

func sealer(store parry.Store, key Key) *Sealer {
	return NewSealer(store, key, func() time.Time { return noon })
}

func addStory(t *testing.T, store parry.Store, id string, steps int) {
	t.Helper()
	r, recs := story(id, noon, steps)
	if err := store.Save(t.Context(), r, recs...); err != nil {
		t.Fatal(err)
	}
}

// A sealer reads each leaf once, and every head that it signs is the log's.
func TestASealerReadsWhatIsNew(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	seen := &reads{Store: store}
	s := sealer(seen, key)
	for i := range 7 {
		addStory(t, store, fmt.Sprintf("pr-%05d", i), 5)
		for range 2 { // the second time there is nothing to sign
			if err := s.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if seen.n != 35 {
		t.Errorf("%d leaves were read of a log of 35", seen.n)
	}
	if rep := verify(t, store, key); !rep.OK() || rep.Covered != 35 || rep.Checkpoints != 7 {
		t.Errorf("%+v", rep)
	}
}

// A log that cannot be read in the time that there is for it is read in several goes.
func TestASealerGoesOnWhereItsTimeEnded(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	for i := range 50 {
		addStory(t, store, fmt.Sprintf("pr-%05d", i), 60)
	}
	if _, err := Append(t.Context(), store, 0); err != nil {
		t.Fatal(err)
	}
	seen := &reads{Store: store, limit: pageSize}
	s, goes := sealer(seen, key), 0
	for {
		ctx, stop := context.WithCancel(t.Context())
		seen.n, seen.stop = 0, stop
		err := s.Seal(ctx)
		stop()
		if goes++; err == nil || goes > 10 {
			break
		}
	}
	if rep := verify(t, store, key); !rep.OK() || rep.Covered != 3000 || goes < 3 || goes > 5 {
		t.Errorf("%d goes, %+v", goes, rep)
	}
}

// What somebody changes in the log of a store does not get into what a sealer signs: the next head goes on from what it read, and so the change
// is found.
func TestASealerDoesNotSignAChangedPast(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	s := sealer(store, key)
	addStory(t, store, "pr-00001", 5)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, raw, "UPDATE log SET hash = '00' WHERE n = 2")
	run(t, raw, "DELETE FROM checkpoints")
	addStory(t, store, "pr-00002", 5)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rep := verify(t, store, key); rep.OK() {
		t.Error("the change is not found")
	}
}

// Two workers seal one log: what both sign is true.
func TestTwoSealers(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	a, b := sealer(store, key), sealer(store, key)
	for i := range 6 {
		addStory(t, store, fmt.Sprintf("pr-%05d", i), 5)
		for _, s := range []*Sealer{a, b}[:1+i%2] {
			if err := s.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if rep := verify(t, store, key); !rep.OK() || rep.Covered != 30 {
		t.Errorf("%+v", rep)
	}
}
