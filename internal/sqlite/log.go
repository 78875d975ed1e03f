package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"parry"
)

// The statements of the log, its checkpoints and the words.
const (
	sqlLogLength = "SELECT count(*) FROM log"
	sqlAddLeaf   = `INSERT INTO log (n, record, response, seq, hash)
		SELECT ?, rowid, response, seq, ? FROM records WHERE response = ? AND seq = ?`
	sqlUnlogged = `SELECT response, seq, coalesce(json_extract(body, '$.hash'), '') FROM records
		WHERE rowid > (SELECT coalesce(max(record), 0) FROM log) ORDER BY rowid LIMIT ?`
	sqlLeaves         = "SELECT response, seq, hash FROM log WHERE n >= ? ORDER BY n LIMIT ?"
	sqlKeepCheckpoint = "INSERT INTO checkpoints (length, text) VALUES (?, ?) ON CONFLICT (length) DO NOTHING"
	sqlSet            = "INSERT INTO words (name, word) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET word = excluded.word"
	sqlForget         = "DELETE FROM words WHERE name = ?"
)

// Unlogged gives records that are not in the log of all records yet, in the order in which they were written, at most n.
func (d *DB) Unlogged(ctx context.Context, n int) ([]parry.Leaf, error) {
	return d.leaves(ctx, sqlUnlogged, max(n, 0))
}

// Log puts leaves at the end of the log, all or nothing. Where the log has another length by now, the Error is of kind Conflict.
func (d *DB) Log(ctx context.Context, at int64, leaves []parry.Leaf) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		var length int64
		if err := t.row(ctx, sqlLogLength).Scan(&length); err != nil {
			return err
		}
		if length != at {
			return parry.Errorf(parry.Conflict, "the log has %d records, not %d: somebody else adds to it", length, at)
		}
		for i, l := range leaves {
			res, err := t.exec(ctx, sqlAddLeaf, at+int64(i), l.Hash, l.Response, l.Seq)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n != 1 {
				return errors.Join(err, parry.Errorf(parry.Invalid, "there is no record %d of response %s to put into the log", l.Seq, l.Response))
			}
		}
		return nil
	}, "add %d records to the log", len(leaves))
}

// Leaves gives the log from a place on, at most n.
func (d *DB) Leaves(ctx context.Context, from int64, n int) ([]parry.Leaf, error) {
	return d.leaves(ctx, sqlLeaves, from, max(n, 0))
}

func (d *DB) leaves(ctx context.Context, query string, args ...any) (all []parry.Leaf, err error) {
	rows, err := d.r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, d.fail(ctx, err, "read the log")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l parry.Leaf
		if err := rows.Scan(&l.Response, &l.Seq, &l.Hash); err != nil {
			return nil, d.fail(ctx, err, "read the log")
		}
		all = append(all, l)
	}
	if err := rows.Err(); err != nil {
		return nil, d.fail(ctx, err, "read the log")
	}
	return all, nil
}

// KeepCheckpoint remembers a signed checkpoint of the log at a length. The first one of a length stays.
func (d *DB) KeepCheckpoint(ctx context.Context, length int64, text []byte) error {
	return d.exec(ctx, sqlKeepCheckpoint, []any{length, text}, "keep the checkpoint at %d", length)
}

// Checkpoints gives all checkpoints, the shortest first.
func (d *DB) Checkpoints(ctx context.Context) (all [][]byte, err error) {
	rows, err := d.r.QueryContext(ctx, "SELECT text FROM checkpoints ORDER BY length")
	if err != nil {
		return nil, d.fail(ctx, err, "read the checkpoints")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, d.fail(ctx, err, "read the checkpoints")
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// Set remembers a word under a name for all workers; an empty word forgets it.
func (d *DB) Set(ctx context.Context, name, word string) error {
	if word == "" {
		return d.exec(ctx, sqlForget, []any{name}, "forget %s", name)
	}
	return d.exec(ctx, sqlSet, []any{name, word}, "remember %s", name)
}

// Get gives a word back; empty where there is none.
func (d *DB) Get(ctx context.Context, name string) (string, error) {
	var word string
	err := d.r.QueryRowContext(ctx, "SELECT word FROM words WHERE name = ?", name).Scan(&word)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", d.fail(ctx, err, "read %s", name)
	}
	return word, nil
}
