package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"parry"
)

// fail says what was tried, why it did not work, and the next step where there is one. It never repeats a body.
func (d *DB) fail(ctx context.Context, err error, format string, args ...any) error {
	if ctx.Err() != nil {
		err = ctx.Err() // SQLite only says that it was interrupted
	}
	return d.tell(err, format, args...)
}

// tell is fail for what no context could interrupt.
func (d *DB) tell(err error, format string, args ...any) error {
	tried := fmt.Sprintf(format, args...)
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return parry.Errorf(parry.Invalid, "%s: %s is not a store of Parry's: %w", tried, d.path, err).
			WithHint(hintForeign)
	case sqlite3.SQLITE_CORRUPT:
		return parry.Errorf(parry.Invalid, "%s: the store %s is damaged: %w", tried, d.path, err).
			WithHint("stop parry, move the file and those named like it away, and restore a backup; 'sqlite3 FILE .recover' saves what can be read")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return parry.Errorf(parry.Invalid, "%s: the store %s cannot be written: %w", tried, d.path, err).WithHint(hintWritable)
	case sqlite3.SQLITE_BUSY:
		return parry.Errorf(parry.Fault, "%s: another process kept the store %s locked for %s: %w", tried, d.path, patience, err).
			WithHint("try again; if it stays so, look which process has the file open")
	case sqlite3.SQLITE_FULL:
		return parry.Errorf(parry.Fault, "%s: no room for the store %s: %w", tried, d.path, err).WithHint("free space on its disk")
	case sqlite3.SQLITE_IOERR:
		return parry.Errorf(parry.Fault, "%s: the system could not read or write the store %s: %w", tried, d.path, err).
			WithHint("look at its disk: whether it is broken, or has no room for what lies beside the store, or a limit or quota is reached")
	}
	return parry.Errorf(parry.Fault, "%s: %w", tried, err)
}

const (
	hintWritable = "make the file and its folder writable for this user, or give another path"
	hintForeign  = "give another path: the store is made there; if this was one, restore it from a backup"
)

// unusable is a path that the operating system refuses.
func unusable(path string, err error) error {
	return parry.Errorf(parry.Invalid, "the store %s cannot be used: %w", path, err).WithHint(hintWritable)
}

// code is SQLite's primary result code; 0 for an error that is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
