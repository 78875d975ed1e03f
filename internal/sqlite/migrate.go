package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"parry"
)

// schema holds one file for each version, named for its number. A file that was released is never changed.
//
//go:embed schema/*.sql
var schema embed.FS

// application is "Prry" in the header of every store, by which it is told from another program's database.
const application = 0x50727279

// header is what a database file says about itself.
type header struct {
	application, version, objects int
}

// setUp makes sure that the file is a store of Parry's or empty, and only then writes to it.
func (d *DB) setUp(ctx context.Context) error {
	h, err := readHeader(ctx, d.w)
	if err != nil {
		return d.fail(ctx, err, "open the store %s", d.path)
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	if err := d.check(h, len(steps)); err != nil {
		return err
	}
	if err := d.writeAhead(ctx); err != nil {
		return err
	}
	if h.version == len(steps) {
		return nil // reading needs no lock, so a list never waits for the worker
	}
	return d.migrate(ctx)
}

// check tells whether the file may be written to.
func (d *DB) check(h header, newest int) error {
	switch {
	case h.application == 0 && h.version == 0 && h.objects == 0:
		return nil // new and empty
	case h.application != application:
		return parry.Errorf(parry.Invalid, "%s is the database of another program", d.path).
			WithHint(hintForeign)
	case h.version > newest:
		return parry.Errorf(parry.Invalid, "%s was written by a newer parry: its schema is version %d, this one knows %d", d.path, h.version, newest).
			WithHint("use the newer parry, or restore the file from before it was installed")
	}
	return nil
}

// writeAhead turns on the write-ahead log, in which readers and the writer do not wait for each other. SQLite does not wait
// for another process that does the same at this moment, so we do.
func (d *DB) writeAhead(ctx context.Context) error {
	var mode string
	for end := time.Now().Add(patience); ; {
		err := d.w.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		if err == nil {
			break
		}
		if code(err) != sqlite3.SQLITE_BUSY || time.Now().After(end) || ctx.Err() != nil {
			return d.fail(ctx, err, "open the store %s", d.path)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if mode != "wal" {
		return parry.Errorf(parry.Invalid, "%s is on a file system that SQLite cannot share between processes", d.path).
			WithHint("put the store on a local disk")
	}
	return nil
}

// migrate runs what is missing of the schema, all or nothing.
func (d *DB) migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	return d.alone(ctx, func(tx *sql.Tx) error {
		h, err := readHeader(ctx, tx) // again, as another process may have been first
		if err != nil {
			return err
		}
		if err := d.check(h, len(steps)); err != nil {
			return err
		}
		for v := h.version; v < len(steps); v++ {
			stamp := fmt.Sprintf("\nPRAGMA application_id = %d; PRAGMA user_version = %d;", application, v+1)
			if _, err := tx.ExecContext(ctx, steps[v]+stamp); err != nil {
				return fmt.Errorf("schema version %d: %w", v+1, err)
			}
		}
		return nil
	}, "set up the store %s", d.path)
}

// alone runs f in a transaction that has the write lock from its start, before there is a committer. An Error of f's is handed on as it
// is; any other gets the words for what was tried.
func (d *DB) alone(ctx context.Context, f func(*sql.Tx) error, format string, args ...any) error {
	tx, err := d.w.BeginTx(ctx, nil)
	if err != nil {
		return d.fail(ctx, err, format, args...)
	}
	if err = f(tx); err == nil {
		err = tx.Commit()
	}
	if err == nil {
		return nil
	}
	_ = tx.Rollback() // the first error says more; what is not committed is gone in any case
	if e := (*parry.Error)(nil); errors.As(err, &e) {
		return err
	}
	return d.fail(ctx, err, format, args...)
}

// migrations are the texts of the schema's versions, from the first on.
func migrations() ([]string, error) {
	names, err := fs.Glob(schema, "schema/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var steps []string
	for i, name := range names {
		if want := fmt.Sprintf("schema/%03d.sql", i+1); name != want {
			return nil, parry.Errorf(parry.Fault, "the schema has %s in the place of %s", name, want)
		}
		text, err := schema.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, strings.TrimSpace(string(text)))
	}
	return steps, nil
}

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readHeader reads it in one statement, so that a migration by another process is seen whole or not at all.
func readHeader(ctx context.Context, q querier) (h header, err error) {
	err = q.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&h.application, &h.version, &h.objects)
	return h, err
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
