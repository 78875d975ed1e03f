package serve

import (
	"context"
	"errors"
	"time"

	"parry"
)

// Listing is the one thing that is polled: services whose events are delivered at best effort are asked from time to time what they have
// open.
type Listing struct {
	Every time.Duration
	// List gives each item that is new as the text of an event. What handle fails on is to be listed again.
	List func(ctx context.Context, handle func(ctx context.Context, name string, text []byte) error) error
}

// claimListing is the lease of the server that lists: of several on one store, one does.
const claimListing = "listing"

// listOn lists at the start, and then again and again.
func (s *Server) listOn(ctx, work context.Context) {
	for l := s.o.Listing; l != nil; {
		s.list(ctx, work, l)
		if wait(ctx, l.Every) != nil {
			return
		}
	}
}

// list lists once, unless a server did within the time.
func (s *Server) list(ctx, work context.Context, l *Listing) {
	defer s.survive("the listing")
	err := s.sweeper.Store.Claim(ctx, claimListing, s.o.Engine.Worker, s.o.Engine.Now(), l.Every)
	if err == nil {
		err = l.List(ctx, func(ctx context.Context, name string, text []byte) error { return s.listed(ctx, work, name, text) })
	}
	switch {
	case err == nil:
		s.o.Log.Info("services were listed")
	case parry.KindOf(err) == parry.Conflict || ctx.Err() != nil:
	default:
		s.o.Log.Error("services could not be listed whole", "error", clean(err.Error()), "next", parry.HintOf(err))
	}
}

// listed answers one item as it would an event. What cannot be read is told and counted, as it will not be better another time; what
// somebody else works on is answered.
func (s *Server) listed(ctx, work context.Context, name string, text []byte) error {
	var e *parry.Responder
	select {
	case e = <-s.slots:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.counts.InHand.Add(1)
	defer func() { s.counts.InHand.Add(-1); s.slots <- e }()
	all, malformed := readEvents(name, text)
	if len(malformed) > 0 {
		s.counts.Malformed.Add(1)
		s.o.Log.Error("an item of a listing cannot be read", "item", clean(name), "reason", clean(reasons(malformed)))
	}
	var r result
	for _, x := range all {
		for _, f := range x.findings {
			_, err := s.finding(work, e, x.event, f)
			r.note(err)
		}
	}
	return errors.Join(r.failed...)
}
