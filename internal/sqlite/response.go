package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"parry"
)

// hintList is the next step where a response is not there.
const hintList = "'parry list' shows the responses"

// The statements of a save.
const (
	sqlLastRecord  = "SELECT coalesce(max(seq), 0) FROM records WHERE response = ?"
	sqlPutResponse = `INSERT INTO responses (id, key, state, created, updated, account, rule, playbook, target, applied, wake, resource, body, planned, untold)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET key = excluded.key, state = excluded.state, created = excluded.created,
			updated = max(updated, excluded.updated), account = excluded.account, rule = excluded.rule,
			playbook = excluded.playbook, target = excluded.target, applied = excluded.applied, wake = excluded.wake,
			resource = excluded.resource, body = excluded.body, planned = excluded.planned, untold = excluded.untold`
	sqlPutPlan = "INSERT INTO plans (response, body) VALUES (?, ?) ON CONFLICT (response) DO UPDATE SET body = excluded.body"
	// Most steps leave most columns as they are. SQLite writes the indexes of those that a statement names, changed or not, so this
	// one, which names few, writes far fewer pages. It finds nothing where another column is to change.
	sqlStepResponse = `UPDATE responses SET state = ?3, updated = max(updated, ?5), wake = ?11, body = ?13, untold = ?15
		WHERE id = ?1 AND key = ?2 AND created = ?4 AND account = ?6 AND rule = ?7 AND playbook = ?8 AND target = ?9
			AND applied IS ?10 AND resource = ?12 AND planned = ?14`
	sqlAddRecord = "INSERT INTO records (response, seq, at, kind, text, body) VALUES (?, ?, ?, ?, ?, ?)"
)

// Save writes a response together with the records of the step that changed it, all or nothing.
//
// The records carry on where the stored history ends, and the response's Steps is the number of the last one. Where that is not so,
// another worker went on with the response, and the Error is of kind Conflict.
func (d *DB) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	if r.ID == "" {
		return parry.Errorf(parry.Invalid, "a response without an id cannot be stored")
	}
	rows, err := rowsOf(r, records) // here, as others need not wait for it
	if err != nil {
		return d.tell(err, "store response %s", r.ID)
	}
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		var last int
		if err := t.row(ctx, sqlLastRecord, r.ID).Scan(&last); err != nil {
			return err
		}
		if err := r.Follows(last, records); err != nil {
			return err
		}
		if err := rows.putResponse(ctx, t, r.Steps > len(records)); err != nil {
			return err
		}
		for _, row := range rows.records {
			if _, err := t.exec(ctx, sqlAddRecord, row...); err != nil {
				return err
			}
		}
		return nil
	}, "store response %s", r.ID)
}

// rows are the values of the statements of a save.
type rows struct {
	response []any   // of sqlPutResponse and sqlStepResponse
	plan     []any   // of sqlPutPlan
	records  [][]any // of one sqlAddRecord each
}

// putResponse writes the response's rows. known is that it has been stored before.
func (w rows) putResponse(ctx context.Context, t *tx, known bool) error {
	if known {
		res, err := t.exec(ctx, sqlStepResponse, w.response...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n > 0 || err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, sqlPutResponse, w.response...); err != nil {
		return err
	}
	_, err := t.exec(ctx, sqlPutPlan, w.plan...)
	return err
}

func rowsOf(r parry.Response, records []parry.Record) (w rows, err error) {
	plan, digest, rest, err := bodies(r)
	if err != nil {
		return w, err
	}
	created := stamp(r.Times.Received)
	updated := created
	if n := len(records); n > 0 {
		updated = stamp(records[n-1].At)
	}
	w.response = []any{
		r.ID, r.Key, string(r.State), created, updated, cmp.Or(r.Target.Account, r.Finding.Cloud.Account.UID), r.Answer.Rule,
		r.Answer.Playbook, strings.TrimSpace(r.Target.String()), maybe(r.Times.Applied), maybe(r.Wake), r.Resource(), rest, digest,
		maybe(r.Untold.Due()),
	}
	w.plan = []any{r.ID, plan}
	for _, rec := range records {
		body, err := json.Marshal(rec)
		if err != nil {
			return w, err
		}
		w.records = append(w.records, []any{rec.Response, rec.Seq, stamp(rec.At), string(rec.Kind), rec.Text, string(body)})
	}
	return w, nil
}

const sqlOne = "SELECT " + sqlResponse + " FROM responses WHERE id = ?"

// Response reads one back; an Error of kind NotFound where there is none.
func (d *DB) Response(ctx context.Context, id string) (parry.Response, error) {
	all, err := d.responses(ctx, sqlOne, id)
	switch {
	case err != nil:
		return parry.Response{}, d.fail(ctx, err, "read response %s", id)
	case len(all) == 0:
		return parry.Response{}, unknown(id)
	}
	return all[0], nil
}

const sqlLatest = "SELECT " + sqlResponse + " FROM responses WHERE key = ? ORDER BY created DESC, id DESC LIMIT 1"

// Latest is the newest response of a key; NotFound where there is none.
func (d *DB) Latest(ctx context.Context, key string) (parry.Response, error) {
	all, err := d.responses(ctx, sqlLatest, key)
	switch {
	case err != nil:
		return parry.Response{}, d.fail(ctx, err, "look for a response to %s", key)
	case len(all) == 0:
		return parry.Response{}, parry.Errorf(parry.NotFound, "there is no response to %s", key).WithHint(hintList)
	}
	return all[0], nil
}

// Records are a response's history, in order; none where the response is not known.
func (d *DB) Records(ctx context.Context, id string) ([]parry.Record, error) {
	all, err := read(ctx, d, func(text string) (rec parry.Record, err error) {
		err = json.Unmarshal([]byte(text), &rec)
		return rec, err
	}, "SELECT body FROM records WHERE response = ? ORDER BY seq", id)
	if err != nil {
		return nil, d.fail(ctx, err, "read the records of response %s", id)
	}
	return all, nil
}

// shortest is how many characters of an id a person must give at least.
const shortest = 4

// Resolve finds the id of a response by its first characters, at least four, as a person gives them.
func (d *DB) Resolve(ctx context.Context, prefix string) (string, error) {
	if utf8.RuneCountInString(prefix) < shortest {
		return "", parry.Errorf(parry.Invalid, "%q is too short for the id of a response", prefix).
			WithHint("give at least %d characters; %s", shortest, hintList)
	}
	var ids []string
	err := d.rows(ctx, func(text string) error { ids = append(ids, text); return nil },
		"SELECT id FROM responses WHERE id >= ?1 AND id <= ?1 || char(0x10ffff) ORDER BY id LIMIT 4", prefix)
	switch {
	case err != nil:
		return "", d.fail(ctx, err, "look for response %s", prefix)
	case len(ids) == 0:
		return "", unknown(prefix)
	case len(ids) > 1 && ids[0] != prefix: // a whole id is meant, even where another one begins with it
		return "", parry.Errorf(parry.Invalid, "several responses begin with %s: %s", prefix, strings.Join(ids, ", ")).
			WithHint("give more of the id; %s", hintList)
	}
	return ids[0], nil
}

func unknown(id string) error {
	return parry.Errorf(parry.NotFound, "there is no response %s", id).WithHint(hintList)
}

// responses reads those of a query whose one column is sqlResponse.
func (d *DB) responses(ctx context.Context, query string, args ...any) ([]parry.Response, error) {
	return read(ctx, d, decodeResponse, query, args...)
}

// read decodes the one text column of a query.
func read[T any](ctx context.Context, d *DB, decode func(text string) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := d.rows(ctx, func(text string) error {
		v, err := decode(text)
		if err != nil {
			return err
		}
		all = append(all, v)
		return nil
	}, query, args...)
	return all, err
}

// rows gives the one text column of a query to f, row by row.
func (d *DB) rows(ctx context.Context, f func(text string) error, query string, args ...any) (err error) {
	rows, err := d.r.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := f(text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stamp is a time as text that sorts.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// maybe is a time that may not be there: NULL for the zero time.
func maybe(t time.Time) sql.NullString {
	return sql.NullString{String: stamp(t), Valid: !t.IsZero()}
}
