package serve

import (
	"context"

	"parry"
)

// sealOn has the log of all records signed again and again.
func (s *Server) sealOn(ctx context.Context) {
	for s.o.Seal != nil && wait(ctx, s.o.Every) == nil {
		s.seal(ctx)
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
