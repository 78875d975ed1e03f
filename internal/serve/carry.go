package serve

import (
	"context"
	"sync"
)

// Carry has work done that somebody began through a page, as part of what the server has in hand: a stop waits for it. What comes while the server
// stops, or before it runs, is left: it is stored where it stands, and taken up as after a crash.
func (s *Server) Carry(work func(context.Context)) {
	if !s.ready.Load() {
		return
	}
	select {
	case s.carry <- work:
	case <-s.ended:
	}
}

// carryOn begins what is to be carried on, each beside the others, until the server stops.
func (s *Server) carryOn(ctx, work context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	defer close(s.ended)
	for {
		select {
		case f := <-s.carry:
			under.Go(func() {
				defer s.survive("what a person began")
				s.counts.InHand.Add(1)
				defer s.counts.InHand.Add(-1)
				f(work)
			})
		case <-ctx.Done():
			return
		}
	}
}
