// Package sqlite is the store for one machine: a single SQLite file, without cgo and without a server.
//
// Several processes may have the file open at once: a worker and the commands of a person. What a method has written is on
// the disk when it returns.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"modernc.org/sqlite"

	"parry"
)

// Memory is the path of a store that lives in memory and dies with its DB.
const Memory = ":memory:"

// patience is how long a statement waits for another process that is writing.
const patience = 10 * time.Second

// smallest is the size of the smallest page that a database can have. SQLite takes a file of a byte or two for an empty
// one, and would write over it.
const smallest = 512

// readers is how many reads run at once. Reads never wait for the writer.
const readers = 4

// DB is an open store. It is safe for concurrent use.
type DB struct {
	path string
	// SQLite has one writer at a time. Writers of this process queue up for the committer, where SQLite would let them poll for the
	// lock. Its connection is the only one of w.
	c *committer
	w *sql.DB
	r *sql.DB // cannot write; for a store in memory it is w, as each connection would be a store of its own
}

var _ parry.Store = (*DB)(nil)

// Open opens the store in a file, which is made where there is none, and brings its schema up to date. A file that is not a
// store of Parry's is left untouched. Only the user may read the file, as responses tell where the doors are.
func Open(ctx context.Context, path string) (*DB, error) {
	if path == Memory {
		return openMemory(ctx)
	}
	if err := prepare(path); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	d := &DB{path: path}
	if d.w, err = pool(fileDSN(abs), 1); err != nil {
		return nil, err
	}
	if d.r, err = pool(fileDSN(abs, "query_only(1)"), readers); err != nil {
		return nil, errors.Join(err, d.w.Close())
	}
	if err := d.setUp(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := d.keepPrivate(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.c = startCommitter(ctx, d.w, abs+"-wal")
	return d, nil
}

func openMemory(ctx context.Context) (*DB, error) {
	db, err := pool(Memory+"?"+options().Encode(), 1)
	if err != nil {
		return nil, err
	}
	d := &DB{path: Memory, w: db, r: db}
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.c = startCommitter(ctx, d.w, "")
	return d, nil
}

// Close gives the file back. It waits for what is running.
func (d *DB) Close() error {
	if d.c != nil { // it was opened
		d.c.stop()
	}
	return errors.Join(d.r.Close(), d.w.Close())
}

// prepare makes the folder and the file, or says clearly why they cannot be had: SQLite's own message names neither.
func prepare(path string) error {
	if path == "" {
		return parry.Errorf(parry.Invalid, "the store has no path").WithHint("give the path of a file, such as parry.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unusable(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unusable(path, err)
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return unusable(path, err)
	}
	if n := info.Size(); n > 0 && n < smallest {
		return parry.Errorf(parry.Invalid, "%s is not a store of Parry's: it has %d bytes", path, n).WithHint(hintForeign)
	}
	return nil
}

// keepPrivate takes the rights of others away from a file that was made by other means, a copy for instance. SQLite gives
// the files beside it the rights of the file itself, when it makes them.
func (d *DB) keepPrivate() error {
	for _, path := range []string{d.path, d.path + "-wal", d.path + "-shm"} {
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err == nil {
			err = os.Chmod(path, 0o600)
		}
		if err != nil {
			return unusable(path, err)
		}
	}
	return nil
}

// pool is a set of at most n connections, none of which is given up for being idle.
func pool(dsn string, n int) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "open the store: %w", err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// fileDSN escapes the path, so that no character of it is taken for an option.
func fileDSN(abs string, pragmas ...string) string {
	q := options()
	q["_pragma"] = append(q["_pragma"], pragmas...)
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return u.String()
}

// options are what each connection is opened with. journal_mode is not among them: it is written into the file, and a file that
// is not ours stays as it is.
func options() url.Values {
	return url.Values{
		"_pragma": {
			"busy_timeout(" + millis(patience) + ")",
			"synchronous(FULL)", // a commit is on the disk: intent is stored before a call is made
			"fullfsync(1)",      // on macOS as well, where fsync alone does not reach the disk
			"foreign_keys(1)",
			"temp_store(MEMORY)", // what SQLite keeps to go back to a savepoint; else it is written to a file, page by page
			"trusted_schema(0)",  // the file may have been given to us
			// Pages that are written again and again are copied into the store once for as many commits as fill 16 MB; by SQLite's own 4 MB
			// a fifth of the time went into it.
			"wal_autocheckpoint(4000)",
			"journal_size_limit(" + strconv.Itoa(walBound) + ")",
		},
		// A transaction that starts as a reader and writes later fails where another wrote in between.
		"_txlock":    {"immediate"},
		"_defensive": {"1"},
		"_dqs":       {"0"},
		"_error_rc":  {"1"},
	}
}
