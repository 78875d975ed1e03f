package serve

import (
	"context"
	"slices"

	"parry"
)

// Stoppable is a store that does not take the end of the server for the failure of a response. A response that is half-way when the
// grace is over fails with "context canceled", and a failed response is at its end: the yes that it had would be lost. Where that is not
// stored it stays where it was, and is taken up by the next worker, as after a crash.
func Stoppable(store parry.Store) parry.Store { return stoppable{store} }

type stoppable struct{ parry.Store }

// Save implements parry.Store. The engine stores a failure in a context that cannot end; who began with one that did is known by a value.
func (s stoppable) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	work, ok := ctx.Value(workKey{}).(context.Context)
	failed := slices.ContainsFunc(records, func(rec parry.Record) bool { return rec.Kind == parry.MoveFailed })
	if ok && failed && work.Err() != nil {
		return parry.Errorf(parry.Conflict, "the server stops: response %s is taken up where it is", r.ID)
	}
	return s.Store.Save(ctx, r, records...)
}

type workKey struct{}

// stopping is a context that the store knows the end of, also where it is asked in one that does not end.
func stopping(work context.Context) context.Context { return context.WithValue(work, workKey{}, work) }
