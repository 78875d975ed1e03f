package serve

import (
	"context"
	"errors"
	"log/slog"

	"parry"
)

// Outcome is what came of one delivery that was answered outside of a server.
type Outcome struct {
	Responses []parry.Response
	// Malformed says what of it is no event, or none that can be read: it is no better another time.
	Malformed []error
	// Failed may go well another time; Busy waits for somebody else who works on the same.
	Failed, Busy []error
	// Stopped says that the time was over before all was answered.
	Stopped bool
}

// Through tells whether nothing of it is left to do.
func (o Outcome) Through() bool { return !o.Stopped && len(o.Failed)+len(o.Busy) == 0 }

// Err is all that went wrong; nil where nothing did.
func (o Outcome) Err() error {
	err := errors.Join(append(append(append([]error{}, o.Failed...), o.Busy...), o.Malformed...)...)
	if o.Stopped {
		err = errors.Join(err, parry.Errorf(parry.Fault, "the time was over"))
	}
	return err
}

// Once answers every finding of one text as a server does with one delivery, for as long as the context lives. What is half-way when that ends
// stays where it is, if the engine's store is one of Stoppable.
func Once(ctx context.Context, engine *parry.Responder, log *slog.Logger, name string, body []byte) Outcome {
	s := &Server{o: Options{Engine: engine, Log: log}}
	ctx = stopping(ctx)
	r := s.answer(ctx, engine, text{name, body})
	return Outcome{r.responses, r.malformed, r.failed, r.busy, r.stopped}
}

// Ending is a context whose end a store of Stoppable knows: work that is half-way then has not failed.
func Ending(ctx context.Context) context.Context { return stopping(ctx) }

// text is a delivery that nobody has to give back.
type text struct {
	name string
	body []byte
}

// Name implements named.
func (t text) Name() string { return t.name }

// Body implements named.
func (t text) Body() []byte { return t.body }
