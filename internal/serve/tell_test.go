package serve_test

import (
	"context"
	"testing"
	"time"

	"parry"
)

// silent is who is told and does not answer.
type silent struct{ asked chan struct{} }

func (silent) Tells(parry.Response, parry.Record) bool { return false }

func (s silent) Tell(ctx context.Context, responses []parry.Response) map[string]error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	errs := map[string]error{}
	for _, r := range responses {
		errs[r.ID] = ctx.Err()
	}
	return errs
}

// Where the source of findings does not answer, what is due is done all the same, and the server stops at once. What was to be told still is.
func TestNothingWaitsForWhoIsTold(t *testing.T) {
	s := newScene(t)
	db, o, past := s.store(), s.options(), time.Now().Add(-time.Minute)
	who := silent{make(chan struct{}, 1)}
	o.Engine.Teller, o.Tick, o.Box = who, 50*time.Millisecond, s.box(10)
	save := func(id string, change func(*parry.Response)) {
		resp := parry.Response{ID: id, Key: id, State: parry.Waiting, Stored: parry.Waiting, Steps: 1, Times: parry.Times{Received: past}}
		change(&resp)
		rec := parry.Record{Response: id, Seq: 1, At: past, Kind: parry.MoveAsked, State: parry.Waiting}
		rec.Seal("")
		resp.Chain = rec.Hash
		s.ok(db.Save(t.Context(), resp, rec))
	}
	save("pr-untold", func(r *parry.Response) { r.Untold = &parry.Untold{Seq: 1, Next: past} })
	_, stop := s.run(o)
	select {
	case <-who.asked:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
	}
	save("pr-asked", func(r *parry.Response) {
		r.Asked, r.Wake = &parry.Asking{At: past, Expires: past, Persons: 1}, past
	})
	s.until("the question expires", func() bool {
		r, err := db.Response(t.Context(), "pr-asked")
		s.ok(err)
		return r.State == parry.Expired
	})
	began := time.Now()
	stop()
	if took := time.Since(began); took > o.Grace/2 {
		t.Errorf("to stop took %s", took)
	}
	r, err := db.Response(t.Context(), "pr-untold")
	s.ok(err)
	if r.Untold == nil || r.Untold.Tries != 0 {
		t.Errorf("%+v", r.Untold)
	}
}
