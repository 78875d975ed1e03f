package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
)

// saveMany saves so many responses at once and tells which were saved. All others must have failed for want of room.
func saveMany(t *testing.T, db *DB, prefix string, n, size int) (saved map[string]bool) {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = saveOne(t, db, fmt.Sprint(prefix, i), size*(1+i%5)) })
	}
	wg.Wait()
	saved = map[string]bool{}
	for i, err := range errs {
		id := fmt.Sprint(prefix, i)
		if saved[id] = err == nil; err != nil {
			isError(t, err, parry.Fault, "no room")
			isError(t, err, parry.Fault, db.path)
		}
	}
	return saved
}

func saveOne(t *testing.T, db *DB, id string, size int) error {
	return db.Save(t.Context(), parry.Response{ID: id, Steps: 1, Reason: strings.Repeat("x", size)}, parry.Record{Response: id, Seq: 1, Text: id})
}

// areThere wants the responses that were saved whole, and nothing of the others.
func areThere(t *testing.T, db *DB, saved map[string]bool) {
	t.Helper()
	for id, is := range saved {
		if is {
			isWhole(t, db, id, 1)
			continue
		}
		if _, err := db.Response(t.Context(), id); parry.KindOf(err) != parry.NotFound {
			t.Errorf("%s could not be saved, and reading it gives %v", id, err)
		}
		if recs, err := db.Records(t.Context(), id); err != nil || len(recs) > 0 {
			t.Errorf("%s could not be saved, and has the records %v, %v", id, recs, err)
		}
	}
}

// A store without room says so to those whose writes do not fit, keeps the others, and goes on when there is room again.
func TestNoRoom(t *testing.T) {
	both(t, func(t *testing.T, db *DB) {
		must(t, saveOne(t, db, "r-first", 100))
		var pages int
		must(t, db.w.QueryRow("PRAGMA page_count").Scan(&pages))
		must(t, db.w.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages+40)).Scan(new(int)))
		saved := saveMany(t, db, "r-", 60, 4000)
		areThere(t, db, saved)
		count := 0
		for _, is := range saved {
			if is {
				count++
			}
		}
		if count == 0 || count == len(saved) {
			t.Errorf("%d of %d were saved", count, len(saved))
		}
		must(t, db.w.QueryRow("PRAGMA max_page_count = 1000000").Scan(new(int)))
		for id, is := range saved {
			if !is {
				must(t, saveOne(t, db, id, 100))
			}
			isWhole(t, db, id, 1)
		}
	})
}

const envLock = "PARRY_TEST_LOCK"

// While another process has the store locked, writers wait. If it lasts, they are told; one that gives up leaves at once.
func TestLockedByAnotherProcess(t *testing.T) {
	if path := os.Getenv(envLock); path != "" {
		lockUntilInput(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "parry.db")
	db := open(t, path)
	must(t, db.Set(t.Context(), "before", "x"))
	unlock := lockedBy(t, path)

	_, err := db.w.Exec("PRAGMA busy_timeout = 300") // patience is longer than a test's
	must(t, err)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := db.Set(t.Context(), fmt.Sprint("locked ", i), "x")
			isError(t, err, parry.Fault, "another process kept the store "+path+" locked")
		})
	}
	wg.Wait()
	if word, err := db.Get(t.Context(), "before"); word != "x" || err != nil {
		t.Errorf("reading while it is locked gives %q, %v", word, err)
	}

	_, err = db.w.Exec("PRAGMA busy_timeout = 60000")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Set(ctx, "given up", "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, not that the time is over", err)
	}
	for i := range 5 {
		wg.Go(func() {
			if err := db.Set(t.Context(), fmt.Sprint("waited ", i), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	unlock()
	wg.Wait()
	has(t, db, "before", "waited 0", "waited 1", "waited 2", "waited 3", "waited 4")
}

// lockedBy lets another process lock the store until unlock is called.
func lockedBy(t *testing.T, path string) (unlock func()) {
	t.Helper()
	cmd := child(t, "^TestLockedByAnotherProcess$", envLock+"="+path)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	if answer := nextAnswer(lines); answer != "locked" {
		t.Fatalf("the other process says %q", answer)
	}
	unlock = sync.OnceFunc(func() {
		must(t, in.Close())
		for lines.Scan() { // to the end, which Wait needs
		}
		must(t, cmd.Wait())
	})
	t.Cleanup(unlock)
	return unlock
}

// lockUntilInput is the other process: it has the lock until its input ends.
func lockUntilInput(t *testing.T, path string) {
	db, err := sql.Open("sqlite", path)
	must(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("BEGIN IMMEDIATE")
	must(t, err)
	fmt.Println("\nanswer locked")
	_, err = io.Copy(io.Discard, os.Stdin)
	must(t, err)
	_, err = db.Exec("ROLLBACK")
	must(t, err)
	must(t, db.Close())
}
