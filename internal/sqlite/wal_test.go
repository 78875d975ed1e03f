package sqlite

import (
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
)

// smallBound is walBound for a test that shall not write hundreds of megabytes.
const smallBound = 1 << 20

// bounded is a store whose log is brought back from smallBound.
func bounded(t *testing.T) *DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "parry.db"))
	db.c.bound = smallBound // before the first write, which the committer takes after it
	_, err := db.w.Exec("PRAGMA journal_size_limit = 1048576")
	must(t, err)
	return db
}

// write1MB writes as much as the bound, and some more for the pages that go with it.
func write1MB(t *testing.T, db *DB, r *parry.Response) {
	t.Helper()
	r.ID = "r-1"
	for range 20 {
		r.Steps++
		r.Reason = strings.Repeat(string(rune('a'+r.Steps%26)), 50_000) // SQLite writes no page anew that stays as it is
		save(t, db, *r, parry.Record{Response: r.ID, Seq: r.Steps})
	}
}

// The log is brought back although there is a reader at every moment, as none of them reads for long.
func TestTheLogStaysSmallUnderReaders(t *testing.T) {
	db := bounded(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range readers { // they overlap
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					readFor(t, db, 15*time.Millisecond)
				}
			}
		})
	}
	var r parry.Response
	var largest int64
	for range 20 {
		write1MB(t, db, &r)
		largest = max(largest, fileSize(db.path+"-wal"))
	}
	close(stop)
	wg.Wait()
	if largest > 4*smallBound {
		t.Errorf("the log grew to %d kB", largest/1024)
	}
	isAt(t, db, r)
}

// readFor holds a view of the store open for some time.
func readFor(t *testing.T, db *DB, d time.Duration) {
	tx, err := db.r.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Error(err)
		return
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM responses").Scan(&n); err != nil {
		t.Error(err)
	}
	time.Sleep(d)
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

// A reader that goes on for long keeps its view, and the log while it does. Writers are hardly held up by it. When it ends, the log is
// brought back.
func TestALongReaderDoesNotStopWriters(t *testing.T) {
	db := bounded(t)
	var r parry.Response
	write1MB(t, db, &r)
	tx, err := db.r.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	view := func() (steps int) {
		t.Helper()
		must(t, tx.QueryRow("SELECT count(*) FROM records").Scan(&steps))
		return steps
	}
	before := view()
	start := time.Now()
	for range 5 {
		write1MB(t, db, &r)
	}
	if took := time.Since(start); took > patience {
		t.Errorf("the writers were held up for %s", took)
	}
	if size := fileSize(db.path + "-wal"); size < 4*smallBound {
		t.Errorf("the log has %d kB, so the reader held nothing up", size/1024)
	}
	if now := view(); now != before {
		t.Errorf("the reader saw %d records, and then %d", before, now)
	}
	must(t, tx.Rollback())
	write1MB(t, db, &r)
	write1MB(t, db, &r)
	if size := fileSize(db.path + "-wal"); size > 3*smallBound {
		t.Errorf("the log still has %d kB", size/1024)
	}
	isAt(t, db, r)
	must(t, db.Close())
	if size := fileSize(db.path + "-wal"); size != 0 {
		t.Errorf("the log outlives the last that has the store open: %d bytes", size)
	}
}

func isAt(t *testing.T, db *DB, want parry.Response) {
	t.Helper()
	got, err := db.Response(t.Context(), want.ID)
	must(t, err)
	recs, err := db.Records(t.Context(), want.ID)
	must(t, err)
	if got.Steps != want.Steps || len(recs) != want.Steps {
		t.Errorf("at step %d with %d records, not %d", got.Steps, len(recs), want.Steps)
	}
}
