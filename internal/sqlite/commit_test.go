package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parry"
)

// both runs a test with a store in a file and with one in memory.
func both(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Run("file", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "parry.db"))) })
	t.Run("memory", func(t *testing.T) { test(t, open(t, Memory)) })
}

// busy keeps the committer at a work until the function that it gives is called. What is put meanwhile becomes one group.
func busy(t *testing.T, db *DB) (end func()) {
	t.Helper()
	begun, over := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() {
		ended <- db.c.do(t.Context(), func(context.Context, *tx) error { close(begun); <-over; return nil })
	}()
	<-begun
	return sync.OnceFunc(func() {
		close(over)
		must(t, <-ended)
	})
}

// waiting waits until so many works are in the queue.
func waiting(t *testing.T, db *DB, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		db.c.queue.mu.Lock()
		have := len(db.c.queue.works)
		db.c.queue.mu.Unlock()
		if have == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d works are in the queue, not %d", have, n)
		}
	}
}

// inTurn puts works into the queue in their order, while the committer is busy, and gives what each of their callers got.
func inTurn(t *testing.T, db *DB, works ...func(ctx context.Context, t *tx) error) []error {
	t.Helper()
	end := busy(t, db)
	errs := make([]error, len(works))
	var wg sync.WaitGroup
	for i, do := range works {
		wg.Go(func() { errs[i] = db.c.do(t.Context(), do) })
		waiting(t, db, i+1)
	}
	end()
	wg.Wait()
	return errs
}

// putting is a work that remembers a word under its name.
func putting(name string) func(ctx context.Context, t *tx) error {
	return func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, sqlSet, name, name)
		return err
	}
}

// has wants just these words to be remembered.
func has(t *testing.T, db *DB, want ...string) {
	t.Helper()
	var got []string
	must(t, db.rows(t.Context(), func(name string) error { got = append(got, name); return nil }, "SELECT name FROM words ORDER BY name"))
	if !slices.Equal(got, want) {
		t.Errorf("%q are remembered, not %q", got, want)
	}
}

// What comes while the committer is busy is committed together, in the order in which it came, and no more at once than most.
func TestWhatWaitsIsCommittedTogether(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		var order []int
		groups := map[*tx]int{}
		var works []func(context.Context, *tx) error
		for i := range most + 10 {
			works = append(works, func(_ context.Context, t *tx) error {
				order = append(order, i)
				groups[t]++
				return nil
			})
		}
		for i, err := range inTurn(t, db, works...) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if !slices.IsSorted(order) || len(order) != len(works) {
			t.Errorf("the order was %v", order)
		}
		var sizes []int
		for _, n := range groups {
			sizes = append(sizes, n)
		}
		slices.Sort(sizes)
		if !slices.Equal(sizes, []int{10, most}) {
			t.Errorf("the groups had %v", sizes)
		}
	})
}

// One that fails, whether it wrote before or not, leaves nothing and takes nothing from the others.
func TestOneOfAGroupFailsAlone(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		bad := errors.New("bad")
		errs := inTurn(t, db, putting("a"),
			func(context.Context, *tx) error { return bad },
			func(ctx context.Context, t *tx) error { return errors.Join(putting("b")(ctx, t), bad) },
			putting("c"),
			func(ctx context.Context, t *tx) error {
				_, err := t.exec(ctx, sqlAddRecord, "r-none", 1, "", "", "", "{}") // of no response
				return errors.Join(putting("d")(ctx, t), err)
			},
			putting("e"))
		for i, err := range errs {
			if fails := i == 1 || i == 2 || i == 4; fails != (err != nil) {
				t.Errorf("%d: %v", i, err)
			}
		}
		has(t, db, "a", "c", "e")
	})
}

// Saves of a group see each other, as if one had been after the other.
func TestSavesOfAGroupFollowEachOther(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		end := busy(t, db)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i, step := range []int{1, 1, 2, 4} {
			r := parry.Response{ID: "r-1", Steps: step, Reason: fmt.Sprint("save ", i)}
			wg.Go(func() { errs[i] = db.Save(t.Context(), r, parry.Record{Response: "r-1", Seq: step}) })
			waiting(t, db, i+1)
		}
		end()
		wg.Wait()
		must(t, errs[0])
		isError(t, errs[1], parry.Conflict, "the next record is 2, not 1")
		must(t, errs[2])
		isError(t, errs[3], parry.Conflict, "the next record is 3, not 4")
		r, err := db.Response(t.Context(), "r-1")
		if err != nil || r.Steps != 2 || r.Reason != "save 2" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// Where the commit fails, nobody is told that he wrote, nor that another was before him.
func TestACommitThatFailsIsEveryonesFailure(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		errs := inTurn(t, db, putting("a"),
			func(ctx context.Context, t *tx) error { // a record of no response, which SQLite is to find out at the end
				if _, err := t.tx.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
					return err
				}
				_, err := t.exec(ctx, sqlAddRecord, "r-none", 1, "", "", "", "{}")
				return err
			},
			func(context.Context, *tx) error { return parry.Errorf(parry.Conflict, "a was first") },
			putting("b"))
		for i, err := range errs {
			if err == nil || parry.KindOf(err) == parry.Conflict {
				t.Errorf("%d: %v, not that the commit failed", i, err)
			}
		}
		has(t, db)
		must(t, db.Set(t.Context(), "c", "c")) // and the store goes on
		has(t, db, "c")
	})
}

// Where one takes the whole transaction with it, as a disk does that is full, the others are written nevertheless.
func TestALostTransactionIsDoneAgain(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		bad := errors.New("bad")
		errs := inTurn(t, db, putting("a"),
			func(ctx context.Context, t *tx) error {
				_, err := t.tx.ExecContext(ctx, "ROLLBACK")
				return errors.Join(bad, err)
			},
			putting("b"))
		if errs[0] != nil || !errors.Is(errs[1], bad) || errs[2] != nil {
			t.Errorf("the errors are %v", errs)
		}
		has(t, db, "a", "b")
	})
}

// A caller that gives up while its work is in the queue leaves at once, and nothing of it is written.
func TestGivingUpInTheQueue(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		end := busy(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error)
		go func() { got <- db.Set(ctx, "a", "a") }()
		waiting(t, db, 1)
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) { // though the committer is busy
			t.Errorf("%v, not that the context was cancelled", err)
		}
		end()
		must(t, db.Set(t.Context(), "b", "b"))
		has(t, db, "b")
	})
}

// A caller whose context ends when its work is begun waits, and is told what came of it.
func TestGivingUpTooLate(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		for _, want := range []error{nil, errors.New("bad")} {
			ctx, cancel := context.WithCancel(t.Context())
			begun, over, got := make(chan struct{}), make(chan struct{}), make(chan error)
			go func() {
				got <- db.c.do(ctx, func(ctx context.Context, t *tx) error {
					close(begun)
					<-over
					if ctx.Err() != nil {
						return ctx.Err()
					}
					return errors.Join(want, putting("a")(ctx, t))
				})
			}()
			<-begun
			cancel()
			select {
			case err := <-got:
				t.Fatalf("it left with %v while it was being written", err)
			case <-time.After(20 * time.Millisecond):
			}
			close(over)
			if err := <-got; !errors.Is(err, want) {
				t.Errorf("%v, not %v", err, want)
			}
			has(t, db, "a")
		}
	})
}

// Close serves who is in the queue. Who comes later is told.
func TestCloseServesWhoWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	db := open(t, path)
	end := busy(t, db)
	var wg sync.WaitGroup
	for i, name := range []string{"a", "b", "c"} {
		wg.Go(func() {
			if err := db.Set(t.Context(), name, name); err != nil {
				t.Error(err)
			}
		})
		waiting(t, db, i+1)
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	for refused := false; !refused; time.Sleep(time.Millisecond) {
		db.c.queue.mu.Lock()
		refused = db.c.queue.closed
		db.c.queue.mu.Unlock()
	}
	if err := db.Set(t.Context(), "d", "d"); !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("after Close: %v", err)
	}
	end()
	wg.Wait()
	must(t, <-closed)
	has(t, open(t, path), "a", "b", "c")
}

// Many do everything at once, some of them in vain, and each is told the truth.
func TestManyWritersAtOnce(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		const writers, each = 32, 12
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%4*i%4)*10*time.Millisecond)
					name := fmt.Sprintf("%02d-%02d", w, i)
					wrote(t, "word "+name, db.Set(ctx, name, name), func() bool { got, err := db.Get(t.Context(), name); return err == nil && got == name })
					wrote(t, "hold "+name, db.Hold(ctx, name, "why"), func() bool { got, err := db.Held(t.Context(), name); return err == nil && got == "why" })
					r := parry.Response{ID: name, Steps: 1}
					wrote(t, "response "+name, db.Save(ctx, r, parry.Record{Response: name, Seq: 1}), func() bool {
						recs, err := db.Records(t.Context(), name)
						return err == nil && len(recs) == 1
					})
					cancel()
				}
			})
		}
		wg.Wait()
	})
}

// wrote holds what a write said against what is there: an error of its context, or of nothing.
func wrote(t *testing.T, what string, err error, there func() bool) {
	t.Helper()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v", what, err)
	}
	if is := there(); is != (err == nil) {
		t.Errorf("%s: it is there: %t, and its error is %v", what, is, err)
	}
}

// The queue alone, in a bubble where it shows if anybody waits for ever.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		var works []*work
		for range 5 {
			w := &work{ctx: t.Context(), done: make(chan error, 1)}
			must(t, q.put(w))
			works = append(works, w)
		}
		for _, want := range [][]*work{works[:2], works[2:4], works[4:], nil} {
			if got, open := q.take(2); !slices.Equal(got, want) || !open {
				t.Errorf("took %v, %t; want %v", got, open, want)
			}
		}
		<-q.more // it was woken
		go q.close()
		<-q.more
		if got, open := q.take(2); len(got) > 0 || open {
			t.Errorf("took %v, %t from a closed queue", got, open)
		}
		if q.put(works[0]) == nil {
			t.Error("a closed queue took a work")
		}
	})
}
