package serve

import (
	"context"
	"fmt"
	"runtime/debug"

	"parry"
)

// tickOn does by the clock what is due: it reminds, lets expire, and takes back what was only for a time.
func (s *Server) tickOn(ctx, work context.Context) {
	for ok := true; ok; ok = wait(ctx, s.o.Tick) == nil {
		s.tick(work)
	}
}

func (s *Server) tick(work context.Context) {
	defer s.survive("what is due")
	if err := s.sweeper.Tick(work); err != nil && work.Err() == nil {
		s.o.Log.Error("what is due could not be done", "error", clean(err.Error()))
	}
}

// resumeOn looks at the start, and then again and again, for what a worker left half-way.
func (s *Server) resumeOn(ctx, work context.Context) {
	for {
		for _, state := range []parry.State{parry.Approved, parry.Applying, parry.Verifying} {
			if err := s.resumeAll(ctx, work, state); err != nil && ctx.Err() == nil {
				s.o.Log.Error("what was left half-way could not be listed", "state", string(state), "error", clean(err.Error()))
			}
		}
		if wait(ctx, s.o.Every) != nil {
			return
		}
	}
}

// resumeAll takes up the responses in a state whose worker is gone. Who works on one holds the lease on its target, so the others are
// found by trying.
func (s *Server) resumeAll(ctx, work context.Context, state parry.State) error {
	q := parry.Query{State: state}
	for ctx.Err() == nil {
		page, next, err := s.sweeper.Store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, resp := range page {
			select {
			case e := <-s.slots:
				s.counts.InHand.Add(1)
				s.running.Go(func() {
					defer func() { s.counts.InHand.Add(-1); s.slots <- e }()
					defer s.survive(resp.ID)
					s.resume(work, e, resp)
				})
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if next == "" {
			return nil
		}
		q.After = next
	}
	return ctx.Err()
}

// survive keeps a panic to the response that it is about: it is taken up again at the next look.
func (s *Server) survive(what string) {
	if p := recover(); p != nil {
		s.o.Log.Error("a panic", "about", what, "panic", clean(fmt.Sprint(p)), "stack", string(debug.Stack()))
	}
}

// resume takes one response up. Somebody else may have it, or have brought it to its end since it was listed: both are a Conflict. A
// guard may not let it go on now: that is Refused, and stands on the response.
func (s *Server) resume(work context.Context, e *parry.Responder, resp parry.Response) {
	err := e.Apply(work, &resp, resp.By)
	kind := parry.KindOf(err)
	switch {
	case err == nil:
		s.counts.Resumed.Add(1)
	case kind == parry.Conflict || kind == parry.Refused || work.Err() != nil:
	default:
		s.o.Log.Error("a response that was left half-way could not be finished", "response", resp.ID, "state", string(resp.State), "error", clean(err.Error()))
	}
}
