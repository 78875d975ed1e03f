package assemble_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parry"
)

// only is an origin that wants to know of some kinds of records.
type only struct {
	origin
	kinds string
}

func (o *only) Tells(_ parry.Response, rec parry.Record) bool {
	return strings.Contains(o.kinds, string(rec.Kind))
}

// Of several that tell each is asked for what it wants to know, and where one fails the other is not asked again.
func TestEachOfSeveralIsToldOnce(t *testing.T) {
	s := guarded(t, asks(), twoOfOncall)
	hub, chat := &only{kinds: "asked rejected"}, &only{kinds: "asked escalated reminded rejected"}
	chat.fail = errors.New("down")
	s.engine.Teller = parry.Tellers{{Name: "Security Hub", Teller: hub}, {Name: "channel chat", Teller: chat}}
	asked := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	if err := s.engine.TellDue(t.Context(), s.Now()); err == nil || !strings.Contains(err.Error(), "down") {
		t.Fatal(err)
	}
	hub.is(t, "waiting for approval/1")
	u := s.stored(asked.ID).Untold
	if u == nil || len(u.To) != 1 || u.To["channel chat"].Tries != 1 || !u.Next.Equal(u.To["channel chat"].Next) {
		t.Fatalf("%+v", u)
	}
	s.pass(59 * time.Minute)
	s.tick() // more are asked, which is nothing to Security Hub
	chat.fail = nil
	s.pass(time.Minute)
	s.tell()
	hub.is(t, "waiting for approval/1")
	chat.is(t, "waiting for approval/2")
	if u := s.stored(asked.ID).Untold; u != nil {
		t.Errorf("%+v", u)
	}
}

// What one is refused for ever is noted and given up; the other, which fails for now, is told when it said that it would take it.
func TestOneOfSeveralIsRefused(t *testing.T) {
	s := newScene(t, theRule)
	hub, chat := &origin{fail: parry.Errorf(parry.Refused, "gone")}, &origin{}
	chat.fail = &parry.Later{Err: errors.New("slow down"), After: 2 * time.Hour}
	s.engine.Teller = parry.Tellers{{Name: "Security Hub", Teller: hub}, {Name: "channel chat", Teller: chat}}
	done := s.deliver(s.event(s.Now(), ""))
	tries := 0
	chat.meet = func() { tries++ }
	for range 119 {
		s.pass(time.Minute)
		_ = s.engine.TellDue(t.Context(), s.Now())
	}
	records, err := s.store.Records(t.Context(), done.ID)
	s.ok(err)
	if last := records[len(records)-1]; tries != 1 || last.Kind != parry.MoveNoted || last.Text != "Security Hub is not told: gone" {
		t.Errorf("%d tries, %s: %s", tries, last.Kind, last.Text)
	}
	chat.fail = nil
	s.pass(3 * time.Minute)
	s.tell()
	chat.is(t, fmt.Sprintf("done/%d", done.Steps))
}

// What was not even tried is no try; what another worker's settings name is left for it, and given up only after all tries.
func TestWhatSeveralDoNotKnow(t *testing.T) {
	s := newScene(t, theRule)
	chat := &origin{fail: &parry.Later{Err: errors.New("the one before failed"), Untried: true}}
	s.engine.Teller = parry.Tellers{{Name: "channel chat", Teller: chat}}
	done := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	for range 100 {
		s.tell()
		s.pass(time.Minute)
	}
	if u := s.stored(done.ID).Untold; u == nil || u.To["channel chat"].Tries != 0 {
		t.Fatalf("%+v", u)
	}
	s.engine.Teller = parry.Tellers{{Name: "channel mail", Teller: &origin{}}}
	_ = s.engine.TellDue(t.Context(), s.Now())
	if u := s.stored(done.ID).Untold; u == nil || u.To["channel chat"].Tries != 1 {
		t.Fatalf("%+v", u)
	}
	chat.fail = nil
	s.engine.Teller = parry.Tellers{{Name: "channel chat", Teller: chat}}
	s.pass(time.Hour)
	s.tell()
	chat.is(t, fmt.Sprintf("done/%d", done.Steps))
	// What was stored for one, before there were several, is for each of them.
	one := s.stored(done.ID)
	one.Untold = &parry.Untold{Seq: done.Steps, Next: s.Now()}
	s.ok(s.store.Save(t.Context(), one))
	mail := &origin{}
	s.engine.Teller = parry.Tellers{{Name: "channel chat", Teller: chat}, {Name: "channel mail", Teller: mail}}
	s.tell()
	mail.is(t, fmt.Sprintf("done/%d", done.Steps))
	if u := s.stored(done.ID).Untold; u != nil {
		t.Errorf("%+v", u)
	}
}
