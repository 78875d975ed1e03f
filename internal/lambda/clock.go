package lambda

import (
	"context"
	"errors"
	"time"
)

// tick does what is due without an event: it reminds, lets questions expire, goes on with what nobody attends to and takes back what was for a
// time, where the state machine did not; tells sources of findings; signs the log; and archives what is signed. One of them that fails keeps no other.
func (h *Handler) tick(ctx context.Context) (any, error) {
	e := h.engine(ctx, afar)
	failed := []error{e.Tick(ctx), e.TellDue(ctx, e.Now())}
	if h.o.Seal != nil {
		failed = append(failed, h.o.Seal(context.WithoutCancel(ctx)))
	}
	if h.o.Archive != nil {
		failed = append(failed, h.o.Archive(ctx))
	}
	return map[string]string{"done": e.Now().UTC().Format(time.RFC3339)}, errors.Join(failed...)
}
