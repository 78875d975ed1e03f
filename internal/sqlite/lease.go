package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"parry"
)

// Claim takes the lease on a resource for a holder until now+lease, or says who has it with an Error of kind Conflict. One
// statement decides, so of several processes one wins.
func (d *DB) Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO leases (resource, holder, expires) VALUES (?1, ?2, ?3)
			ON CONFLICT (resource) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
			WHERE leases.holder = excluded.holder OR leases.expires <= ?4`,
			resource, holder, stamp(now.Add(lease)), stamp(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n > 0 || err != nil {
			return err
		}
		var other, until string
		if err := tx.QueryRowContext(ctx, "SELECT holder, expires FROM leases WHERE resource = ?", resource).Scan(&other, &until); err != nil {
			return err
		}
		return parry.Errorf(parry.Conflict, "%s is claimed by %s until %s", resource, other, until).
			WithHint("try again when %s is through with it, or after that time", other)
	}, "claim %s for %s", resource, holder)
}

// Release gives a lease back. To release what one does not hold does nothing.
func (d *DB) Release(ctx context.Context, resource, holder string) error {
	return d.exec(ctx, "DELETE FROM leases WHERE resource = ? AND holder = ?", []any{resource, holder}, "release %s for %s", resource, holder)
}

// Hold stops automatic responses of a key until it is released, with the reason; an empty reason releases it.
func (d *DB) Hold(ctx context.Context, key, why string) error {
	if why == "" {
		return d.exec(ctx, "DELETE FROM holds WHERE key = ?", []any{key}, "release the hold on %s", key)
	}
	return d.exec(ctx, "INSERT INTO holds (key, why) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET why = excluded.why",
		[]any{key, why}, "put %s on hold", key)
}

// Held is the reason of a key's hold; empty where there is none.
func (d *DB) Held(ctx context.Context, key string) (string, error) {
	var why string
	err := d.r.QueryRowContext(ctx, "SELECT why FROM holds WHERE key = ?", key).Scan(&why)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", d.fail(ctx, err, "look whether %s is on hold", key)
	}
	return why, nil
}

// KeepSource remembers a playbook's text under its digest. What is there already stays: a response was made with it.
func (d *DB) KeepSource(ctx context.Context, digest string, text []byte) error {
	if text == nil {
		text = []byte{} // nil would be NULL
	}
	return d.exec(ctx, "INSERT INTO sources (digest, text) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING",
		[]any{digest, text}, "keep the playbook text %s", digest)
}

// Source gives it back; NotFound where there is none.
func (d *DB) Source(ctx context.Context, digest string) ([]byte, error) {
	var text []byte
	err := d.r.QueryRowContext(ctx, "SELECT text FROM sources WHERE digest = ?", digest).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, parry.Errorf(parry.NotFound, "there is no playbook text %s", digest).WithHint(hintList)
	case err != nil:
		return nil, d.fail(ctx, err, "read the playbook text %s", digest)
	}
	return text, nil
}

// exec is one statement that writes; SQLite makes a transaction of it.
func (d *DB) exec(ctx context.Context, query string, args []any, format string, words ...any) error {
	if _, err := d.w.ExecContext(ctx, query, args...); err != nil {
		return d.fail(ctx, err, format, words...)
	}
	return nil
}
