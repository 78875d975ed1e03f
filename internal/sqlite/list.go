package sqlite

import (
	"context"
	"strings"
	"time"

	"parry"
)

// usual is how many responses a page has where the query does not say.
const usual = 100

// List gives a page of responses, the last received first, and where the next page begins. Of those that came at the same time, the
// one with the greater id is first.
func (d *DB) List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error) {
	if q.Limit <= 0 {
		q.Limit = usual
	}
	query, args, err := listQuery(q)
	if err != nil {
		return nil, "", err
	}
	page, err = d.responses(ctx, query, args...)
	if err != nil {
		return nil, "", d.fail(ctx, err, "list the responses")
	}
	if len(page) > q.Limit {
		page = page[:q.Limit]
		last := page[q.Limit-1]
		next = stamp(last.Times.Received) + " " + last.ID
	}
	return page, next, nil
}

// listQuery asks for no more than the query does, so that an index gives the order.
func listQuery(q parry.Query) (query string, args []any, err error) {
	var where []string
	for _, c := range []struct{ column, value string }{{"state", string(q.State)}, {"rule", q.Rule}, {"account", q.Account}} {
		if c.value != "" {
			where, args = append(where, c.column+" = ?"), append(args, c.value)
		}
	}
	if q.After != "" {
		created, id, ok := strings.Cut(q.After, " ")
		if !ok {
			return "", nil, parry.Errorf(parry.Invalid, "%q is not where a page of the list ended", q.After)
		}
		where, args = append(where, "(created, id) < (?, ?)"), append(args, created, id)
	}
	query = "SELECT " + sqlResponse + " FROM responses"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	// One more than asked for tells whether there is another page.
	return query + " ORDER BY created DESC, id DESC LIMIT ?", append(args, q.Limit+1), nil
}

// Count counts the responses that began to be applied at or after a time and are as the tally says.
func (d *DB) Count(ctx context.Context, t parry.Tally) (int, error) {
	query, args := countQuery(t)
	var n int
	if err := d.r.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, d.fail(ctx, err, "count what was applied")
	}
	return n, nil
}

// countQuery asks for no more than the tally does, so that an index can answer.
func countQuery(t parry.Tally) (query string, args []any) {
	query, args = "SELECT count(*) FROM responses WHERE applied >= ?", []any{stamp(t.Since)}
	for _, c := range []struct{ column, value string }{
		{"rule", t.Rule}, {"account", t.Account}, {"playbook", t.Playbook}, {"resource", t.Resource}, {"state", string(t.State)},
	} {
		if c.value != "" {
			query, args = query+" AND "+c.column+" = ?", append(args, c.value)
		}
	}
	return query, args
}

const sqlDue = "SELECT " + sqlResponse + " FROM responses WHERE wake <= ? ORDER BY wake, id LIMIT ?"

const sqlUntold = "SELECT " + sqlResponse + " FROM responses WHERE untold <= ? ORDER BY untold, id LIMIT ?"

// Untold gives responses with something to tell whose time for it has come, the longest overdue first, at most n.
func (d *DB) Untold(ctx context.Context, now time.Time, n int) ([]parry.Response, error) {
	all, err := d.responses(ctx, sqlUntold, stamp(now), max(n, 0))
	if err != nil {
		return nil, d.fail(ctx, err, "look for responses of which something is to be told")
	}
	return all, nil
}

// Due gives responses whose Wake has come, the longest overdue first, at most n.
func (d *DB) Due(ctx context.Context, now time.Time, n int) ([]parry.Response, error) {
	all, err := d.responses(ctx, sqlDue, stamp(now), max(n, 0))
	if err != nil {
		return nil, d.fail(ctx, err, "look for responses that are due")
	}
	return all, nil
}
