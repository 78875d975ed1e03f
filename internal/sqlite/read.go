package sqlite

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"parry"
)

// OpenToRead opens a store that is there so that nothing can change it: no file is made, no schema is brought up to date, nothing is written.
func OpenToRead(ctx context.Context, path string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	if _, err := os.Stat(abs); err != nil {
		return nil, unusable(path, err)
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)", "busy_timeout(500)"}}
	// Where no other process has it open there is no log beside it, and SQLite would make one to read. "immutable" says that nobody writes
	// (sqlite.org/wal.html, "Read-Only Databases").
	if _, err := os.Stat(abs + "-wal"); errors.Is(err, os.ErrNotExist) {
		q.Set("immutable", "1")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	db, err := pool(u.String(), 1)
	if err != nil {
		return nil, err
	}
	d := &DB{path: path, w: db, r: db}
	h, err := readHeader(ctx, db)
	if err != nil {
		return nil, errors.Join(d.fail(ctx, err, "open the store %s", path), d.Close())
	}
	steps, err := migrations()
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if h.application != application || h.version != len(steps) {
		return nil, errors.Join(parry.Errorf(parry.Invalid, "%s is no store of this parry's version", path).WithHint("a command that opens it brings it up to date, or says what it is"), d.Close())
	}
	return d, nil
}
