package serve

import (
	"context"

	"parry"
)

// tellOn has the sources of findings, and people, told by the clock, beside all else: who is told may take its time. When the server stops it is broken off:
// what was not told is stored.
func (s *Server) tellOn(ctx context.Context) {
	for ok := true; ok; ok = wait(ctx, s.o.Tick) == nil {
		s.tell(ctx)
	}
}

func (s *Server) tell(ctx context.Context) {
	defer s.survive("what is to be told")
	if err := s.sweeper.TellDue(ctx, s.sweeper.Now()); err != nil && ctx.Err() == nil {
		s.o.Log.Warn("somebody was not told", "error", clean(err.Error()), "next", parry.HintOf(err))
	}
}
