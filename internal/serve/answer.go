package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"parry"
	"parry/internal/source"
)

// patient is how much longer something may wait for somebody else than it may fail.
const patient = 10

// settling is how long giving a delivery back may take, also when all else has to stop.
const settling = 20 * time.Second

// takeIn takes deliveries from one intake for as long as the context lives, never more than there are free workers: what cannot be
// begun at once is better left to other servers.
func (s *Server) takeIn(ctx, work context.Context, i *intake) {
	for fails := 0; s.free(ctx); {
		got, err := i.take(ctx, max(len(s.slots), 1))
		if err != nil && ctx.Err() == nil {
			fails++
			if now := s.o.Engine.Now(); fails == 1 {
				i.failing.Store(&now)
			}
			s.o.Log.Error("nothing can be taken in", "intake", i.name, "fails", fails, "error", clean(err.Error()), "next", parry.HintOf(err))
		} else if err == nil {
			fails = 0
			i.failing.Store(nil)
		}
		s.begin(ctx, work, i, got)
		if fails > 0 {
			_ = wait(ctx, min(time.Second<<min(fails-1, 5), 30*time.Second)) // it ends with the context, as the loop does
		}
	}
}

// free waits for a free worker; false where the context ends first.
func (s *Server) free(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case e := <-s.slots:
		s.slots <- e
		return true
	case <-ctx.Done():
		return false
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin gives each delivery to a worker. All are kept from the start, also those that wait for one.
func (s *Server) begin(ctx, work context.Context, i *intake, got []delivery) {
	held := make([]func(), len(got))
	for n, d := range got {
		s.counts.InHand.Add(1)
		held[n] = s.keep(work, i, d)
	}
	for n, d := range got {
		let := func() { held[n](); s.counts.InHand.Add(-1) }
		select {
		case e := <-s.slots:
			s.running.Go(func() {
				defer func() { s.slots <- e }()
				defer let()
				s.settle(work, i, d, s.answer(work, e, d))
			})
		case <-ctx.Done():
			s.settle(work, i, d, result{stopped: true})
			let()
		}
	}
}

// keep extends a delivery's hiding at half of its time until it is let go.
func (s *Server) keep(work context.Context, i *intake, d delivery) (let func()) {
	if i.keep <= 0 {
		return func() {}
	}
	return s.every(work, i.keep, func(ctx context.Context) {
		if err := d.Keep(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("a delivery may be given to somebody else too", "delivery", d.Name(), "error", clean(err.Error()))
		}
	})
}

// every calls f again and again in a goroutine of its own until it is let go, which waits for the last call.
func (s *Server) every(ctx context.Context, d time.Duration, f func(context.Context)) (let func()) {
	ctx, cancel := context.WithCancel(ctx)
	var w sync.WaitGroup
	w.Go(func() {
		for wait(ctx, d) == nil {
			f(ctx)
		}
	})
	return func() { cancel(); w.Wait() }
}

// result is what came of a delivery.
type result struct {
	responses []parry.Response
	malformed []error // no event, or none that can be read
	failed    []error // may go well another time
	busy      []error // somebody else works on it
	stopped   bool    // the server has to stop
}

// note puts an error where it belongs, each of several by itself.
func (r *result) note(err error) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			r.note(one)
		}
		return
	}
	switch {
	case err == nil:
	case parry.KindOf(err) == parry.Conflict:
		r.busy = append(r.busy, err)
	default:
		r.failed = append(r.failed, err)
	}
}

// answer answers every finding of a delivery, in order; what goes wrong with one keeps no other from being answered. An event that
// makes the program panic is one that fails: the others are answered.
func (s *Server) answer(work context.Context, e *parry.Responder, d named) (r result) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("a panic", "delivery", d.Name(), "panic", clean(fmt.Sprint(p)), "stack", string(debug.Stack()))
			r.failed = append(r.failed, parry.Errorf(parry.Fault, "panic: %v", p))
		}
		r.stopped = r.stopped || work.Err() != nil
	}()
	all, malformed := readEvents(d.Name(), d.Body())
	r.malformed = malformed
	for _, x := range all {
		for _, f := range x.findings {
			if work.Err() != nil {
				return r
			}
			responses, err := s.finding(work, e, x.event, f)
			r.responses = append(r.responses, responses...)
			r.note(err)
		}
	}
	return r
}

// longestLease is how long a finding stays this worker's without a sign of life: short, as another one waits for it after a crash.
const longestLease = 20 * time.Second

// finding answers one finding. Until it is through no other worker answers the same one: of two deliveries that come at the same moment
// one would ask a person what the other asks already.
func (s *Server) finding(ctx context.Context, e *parry.Responder, ev parry.Event, f parry.Finding) ([]parry.Response, error) {
	name, lease := "finding "+f.Key(), longestLease
	if e.Lease > 0 {
		lease = min(lease, e.Lease)
	}
	if err := e.Store.Claim(ctx, name, e.Worker, e.Now(), lease); err != nil {
		return nil, err
	}
	let := s.every(ctx, lease/3, func(ctx context.Context) {
		if err := e.Store.Claim(ctx, name, e.Worker, e.Now(), lease); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("a finding may be answered by somebody else too", "finding", clean(f.Key()), "error", clean(err.Error()))
		}
	})
	defer func() {
		let()
		_ = e.Store.Release(context.WithoutCancel(ctx), name, e.Worker) // it ends by itself where it cannot be given back
	}()
	responses, err := e.Respond(ctx, ev, f)
	if err != nil {
		return responses, err
	}
	var unplanned []error
	for _, resp := range responses {
		if resp.State == parry.Unreadable {
			unplanned = append(unplanned, parry.Errorf(parry.Fault, "response %s: there is no plan: %s", resp.ID, resp.Reason))
		}
	}
	return responses, errors.Join(unplanned...)
}

// decoded is an event with its findings.
type decoded struct {
	event    parry.Event
	findings []parry.Finding
}

// readEvents reads a text into events and findings, and says what of it is neither.
func readEvents(name string, text []byte) (all []decoded, malformed []error) {
	if bytes.HasPrefix(text, []byte("\x1f\x8b")) { // a small text may be a very long one when it is unpacked
		return nil, []error{parry.Errorf(parry.Invalid, "%s is compressed", name).WithHint("send it as it is")}
	}
	items, err := source.Read(name, bytes.NewReader(text))
	if err != nil {
		malformed = append(malformed, err)
	}
	for _, i := range items {
		if i.Err != nil {
			malformed = append(malformed, i.Err)
			continue
		}
		findings, err := source.Decode(i.Event)
		if err != nil {
			malformed = append(malformed, parry.Errorf(parry.KindOf(err), "%s: %w", i.Event.Place, err))
		}
		if len(findings) > 0 {
			all = append(all, decoded{i.Event, findings})
		}
	}
	return all, malformed
}

// settle gives a delivery back by what came of it. It is done only when nothing of it is left to do.
func (s *Server) settle(work context.Context, i *intake, d delivery, r result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), settling)
	defer cancel()
	tries := d.Tries()
	var err error
	switch {
	case r.stopped:
		err = d.Again(ctx, 0)
	case len(r.failed) > 0 && tries < i.maxTries:
		err = s.again(ctx, s.o.Log.Warn, d, s.o.Pause(tries, false), r.failed)
	case len(r.failed) == 0 && len(r.busy) > 0 && tries < patient*i.maxTries:
		err = s.again(ctx, s.o.Log.Info, d, s.o.Pause(tries, true), r.busy)
	case len(r.failed)+len(r.busy)+len(r.malformed) > 0:
		s.counts.Aside.Add(1)
		if len(r.malformed) > 0 {
			s.counts.Malformed.Add(1)
		}
		why := reasons(append(append(r.failed, r.busy...), r.malformed...))
		s.o.Log.Error("put aside", "delivery", d.Name(), "tries", tries, "reason", clean(why))
		err = d.Aside(ctx, why)
	default:
		s.counts.Answered.Add(1)
		err = d.Done(ctx)
	}
	if err != nil { // it comes again, and is known to be answered
		s.o.Log.Error("a delivery could not be given back", "delivery", d.Name(), "error", clean(err.Error()), "next", parry.HintOf(err))
	}
}

func (s *Server) again(ctx context.Context, log func(string, ...any), d delivery, after time.Duration, why []error) error {
	s.counts.Again.Add(1)
	log("comes again", "delivery", d.Name(), "tries", d.Tries(), "after", after.String(), "reason", clean(reasons(why)))
	return d.Again(ctx, after)
}

func reasons(all []error) string {
	var b strings.Builder
	for n, err := range all {
		if n > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}
