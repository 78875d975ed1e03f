package serve

import (
	"context"

	"parry"
)

// sealOn has the log of all records signed and archived again and again.
func (s *Server) sealOn(ctx context.Context) {
	for s.o.Seal != nil && wait(ctx, s.o.Every) == nil {
		s.seal(ctx)
		s.archive(ctx)
	}
}

// seal has the log signed, also when the server stops: what is recorded by then is under the last checkpoint.
func (s *Server) seal(ctx context.Context) {
	if s.o.Seal == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	if err := s.o.Seal(ctx); err != nil {
		s.o.Log.Error("the log of records is not sealed", "error", clean(err.Error()), "next", parry.HintOf(err))
	}
}

// archive has what is signed archived. When the server stops, what is left waits for the next start.
func (s *Server) archive(ctx context.Context) {
	if s.o.Archive == nil {
		return
	}
	if err := s.o.Archive(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.Error("the record is not archived", "error", clean(err.Error()), "next", parry.HintOf(err))
	}
}

// lastly is both once more, when all else has stopped.
func (s *Server) lastly(ctx context.Context) {
	s.seal(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	s.archive(ctx)
}
