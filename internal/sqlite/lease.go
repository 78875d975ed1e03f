package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"parry"
)

// The statements of leases, holds and sources.
const (
	sqlClaim = `INSERT INTO leases (resource, holder, expires) VALUES (?1, ?2, ?3)
		ON CONFLICT (resource) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
		WHERE leases.holder = excluded.holder OR leases.expires <= ?4`
	sqlLease      = "SELECT holder, expires FROM leases WHERE resource = ?"
	sqlRelease    = "DELETE FROM leases WHERE resource = ? AND holder = ?"
	sqlHold       = "INSERT INTO holds (key, why) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET why = excluded.why"
	sqlUnhold     = "DELETE FROM holds WHERE key = ?"
	sqlKeepSource = "INSERT INTO sources (digest, text) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
)

// Claim takes the lease on a resource for a holder until now+lease, or says who has it with an Error of kind Conflict. One
// statement decides, so of several processes one wins.
func (d *DB) Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		res, err := t.exec(ctx, sqlClaim, resource, holder, stamp(now.Add(lease)), stamp(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n > 0 || err != nil {
			return err
		}
		var other, until string
		if err := t.row(ctx, sqlLease, resource).Scan(&other, &until); err != nil {
			return err
		}
		return parry.Errorf(parry.Conflict, "%s is claimed by %s until %s", resource, other, until).
			WithHint("try again when %s is through with it, or after that time", other)
	}, "claim %s for %s", resource, holder)
}

// Release gives a lease back. To release what one does not hold does nothing.
func (d *DB) Release(ctx context.Context, resource, holder string) error {
	return d.exec(ctx, sqlRelease, []any{resource, holder}, "release %s for %s", resource, holder)
}

// Hold stops automatic responses of a key until it is released, with the reason; an empty reason releases it.
func (d *DB) Hold(ctx context.Context, key, why string) error {
	if why == "" {
		return d.exec(ctx, sqlUnhold, []any{key}, "release the hold on %s", key)
	}
	return d.exec(ctx, sqlHold, []any{key, why}, "put %s on hold", key)
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
	return d.exec(ctx, sqlKeepSource, []any{digest, text}, "keep the playbook text %s", digest)
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
