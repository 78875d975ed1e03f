package assemble_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"parry"
)

// switches is the history of stops and starts, a line each.
func (s *scene) switches() []string {
	s.t.Helper()
	records, err := s.store.Records(s.t.Context(), parry.SwitchLog)
	s.ok(err)
	var lines []string
	prev := ""
	for _, rec := range records {
		if rec.Prev != prev || rec.Sum() != rec.Hash {
			s.t.Errorf("record %d is not chained", rec.Seq)
		}
		prev = rec.Hash
		lines = append(lines, string(rec.Kind)+": "+rec.Text)
	}
	return lines
}

func (s *scene) isHistory(want ...string) {
	s.t.Helper()
	got := s.switches()
	if len(got) != len(want) {
		s.t.Fatalf("%q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			s.t.Errorf("%q, not %q", got[i], want[i])
		}
	}
}

func nobody() string { return "" }

// Who stopped and started what, when and why, is recorded, also where nobody knows who.
func TestSwitchesAreRecorded(t *testing.T) {
	s := newScene(t, theRule)
	s.ok(s.engine.Stop(t.Context(), "", "a drill", func() string { return ada }))
	s.ok(s.engine.Stop(t.Context(), "ec2-quarantine", "wrong", nobody))
	s.ok(s.engine.Start(t.Context(), "", bob))
	s.ok(s.engine.Start(t.Context(), "ec2-quarantine", ""))
	s.isHistory("stopped: everything is stopped: "+ada+" stopped it at 2026-03-04T05:06:07Z: a drill",
		"stopped: ec2-quarantine is stopped: somebody stopped it at 2026-03-04T05:06:07Z: wrong",
		"started: "+bob+" starts everything, and closes its breaker", "started: somebody starts ec2-quarantine, and closes its breaker")
	// It is stopped before anybody is asked who it was.
	s.ok(s.engine.Stop(t.Context(), "", "now", func() string {
		why, err := s.engine.Stopped(t.Context(), "any")
		s.ok(err)
		if !strings.HasSuffix(why, ": now") {
			t.Errorf("not stopped yet: %q", why)
		}
		return ada
	}))
	// A hold that is taken off is recorded; one that is not there is none.
	s.ok(s.store.Hold(t.Context(), "k", ada+" undid response r"))
	s.ok(s.engine.Unhold(t.Context(), "k", bob))
	s.ok(s.engine.Unhold(t.Context(), "k", bob))
	if held, err := s.store.Held(t.Context(), "k"); held != "" || err != nil {
		t.Errorf("%q, %v", held, err)
	}
	if got := s.switches(); len(got) != 6 || got[5] != "released: "+bob+" takes the hold off k: "+ada+" undid response r" {
		t.Errorf("%q", got)
	}
}

// A stop holds though it cannot be recorded, and that is told; who starts it again records it. A start that cannot be recorded starts nothing.
func TestAStopNeedsNoRecord(t *testing.T) {
	s := newScene(t, theRule)
	whole := s.engine.Store
	s.engine.Store = unwritable{whole}
	err := s.engine.Stop(t.Context(), "", "a drill", func() string { return ada })
	s.refused(err, parry.Fault, "it is stopped, but that could not be recorded")
	s.isHistory()
	s.refused(s.engine.Start(t.Context(), "", bob), parry.Fault, "full")
	s.engine.Store = whole
	if why, err := s.engine.Stopped(t.Context(), ""); err != nil || !strings.Contains(why, ada+" stopped it") {
		t.Errorf("%q, %v", why, err)
	}
	s.ok(s.engine.Start(t.Context(), "", bob))
	s.isHistory("stopped: everything is stopped: "+ada, "started: "+bob)
	s.ok(s.engine.Start(t.Context(), "", bob)) // nothing is stopped: only the breaker is closed
	s.isHistory("stopped: everything", "started: "+bob, "started: "+bob)
}

// Who starts it while another stops it does not take that stop back unread.
func TestAStopDuringAStartHolds(t *testing.T) {
	s := newScene(t, theRule)
	s.ok(s.engine.Stop(t.Context(), "", "a drill", nobody))
	starter := *s.engine
	starter.Store = &meeting{Store: s.engine.Store, meet: func() {
		s.ok(s.engine.Stop(t.Context(), "", "it goes wrong again", func() string { return ada }))
	}}
	s.refused(starter.Start(t.Context(), "", bob), parry.Conflict, "it goes wrong again")
	if why, err := s.engine.Stopped(t.Context(), ""); err != nil || !strings.Contains(why, "it goes wrong again") {
		t.Errorf("%q, %v", why, err)
	}
}

// meeting is a store where something happens right before the first save.
type meeting struct {
	parry.Store
	meet func()
}

func (m *meeting) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	if meet := m.meet; meet != nil {
		m.meet = nil
		meet()
	}
	return m.Store.Save(ctx, r, records...)
}

// Many who stop at once all have their record.
func TestManyStopAtOnce(t *testing.T) {
	s := newScene(t, theRule)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := s.engine.Stop(t.Context(), "", "a drill", nobody); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := s.switches(); len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// unwritable is a store that takes words and no records.
type unwritable struct{ parry.Store }

func (unwritable) Save(context.Context, parry.Response, ...parry.Record) error {
	return parry.Errorf(parry.Fault, "the disk is full")
}
