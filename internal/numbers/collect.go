package numbers

import (
	"context"
	"time"

	"parry"
	"parry/internal/audit"
	"parry/internal/coverage"
	"parry/internal/rules"
)

// Store is what is read of one.
type Store interface {
	List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error)
	Checkpoints(ctx context.Context) ([][]byte, error)
}

// Options say what is counted. Only Now is needed.
type Options struct {
	Since, Until time.Time // zero is from the beginning, and until now
	Now          func() time.Time
	Book         *rules.Book      // whose exemptions are told; nil for none
	Coverage     *coverage.Report // as coverage.Of makes it; nil for none
	// Verify proves the record, which reads all of it: audit.Verify of the store and the keys. Nil only counts its checkpoints.
	Verify func(ctx context.Context) (audit.Report, error)
}

// page is how many responses are held at a time.
const page = 500

// Collect counts. It reads every response that was received in the time once.
func Collect(ctx context.Context, store Store, o Options) (Numbers, error) {
	now := o.Now().UTC()
	n := Numbers{Since: o.Since.UTC(), Until: o.Until.UTC(), At: now}
	if o.Until.IsZero() {
		n.Until = now
	}
	if n.Until.Before(n.Since) {
		return n, parry.Errorf(parry.Invalid, "the time ends %s, before it begins, %s", n.Until.Format(time.RFC3339), n.Since.Format(time.RFC3339))
	}
	t := newTally()
	q := parry.Query{Limit: page}
	for {
		some, next, err := store.List(ctx, q)
		if err != nil {
			return n, err
		}
		for i := range some {
			r := &some[i]
			switch at := r.Times.Received; {
			case parry.OwnLog(r.ID):
			case at.Before(n.Since):
				next = "" // pages are newest first; the rest of this one may still hold some that are not older
			case o.Until.IsZero() || at.Before(n.Until):
				t.add(r)
			}
		}
		if q.After = next; next == "" {
			break
		}
	}
	t.into(&n)
	n.Exemptions = exemptions(o.Book, now)
	n.Coverage = covered(o.Coverage)
	var err error
	n.Audit, err = proved(ctx, store, o.Verify)
	return n, err
}
