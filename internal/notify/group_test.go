package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parry"
)

// stormOf stores many responses that ask at once.
func (s *scene) stormOf(n int) {
	s.t.Helper()
	for i := range n {
		s.save(waiting(fmt.Sprintf("pr-%05d", i)), parry.MoveAsked, parry.Waiting)
	}
}

// Ten thousand questions at once are a handful of messages, with all of them counted; so are their ends.
func TestAStormIsOneMessage(t *testing.T) {
	const many = 10_000
	edits, sends := &heardOf{edits: true}, &heardOf{}
	all := map[string]Channel{"first": edits, "second": sends}
	s := withChannels(t, twoHooks, all)
	s.stormOf(many)
	began := time.Now()
	tellOn := func(minutes int) {
		t.Helper()
		for range minutes * 4 {
			if err := s.tell(); err != nil {
				t.Fatal(err)
			}
			s.clock.pass(15 * time.Second)
		}
	}
	tellOn(15)
	t.Logf("%d questions: %d calls to a channel that changes messages, %d to one that sends", many, edits.calls, sends.calls)
	for name, ch := range map[string]*heardOf{"edits": edits, "sends": sends} {
		if len(ch.told) != 5 || ch.calls > 10 || len(ch.storms) == 0 {
			t.Fatalf("%s: %d told alone, %d calls", name, len(ch.told), ch.calls)
		}
		last := ch.storms[len(ch.storms)-1]
		if last.Count != many-5 || last.States["waiting for approval"] != many-5 || last.Account["111122223333"] != many-5 || len(last.Sample) != stormShown || last.Rule != "open-bucket" {
			t.Fatalf("%s: %+v", name, last)
		}
	}
	// Another worker goes on; half of them end, each of which is counted.
	s.worker("two", twoHooks, all)
	before := edits.calls + sends.calls
	for i := range many / 2 {
		r := s.again(fmt.Sprintf("pr-%05d", i+5))
		s.save(r, parry.MoveExpired, parry.Expired)
	}
	tellOn(25)
	t.Logf("%d ends: %d further calls, %s in all", many/2, edits.calls+sends.calls-before, time.Since(began).Round(time.Second))
	for name, ch := range map[string]*heardOf{"edits": edits, "sends": sends} {
		last := ch.storms[len(ch.storms)-1]
		if len(ch.told) != 5 || ch.calls > 20 || last.States["expired"] != many/2 || last.States["waiting for approval"] != many-5-many/2 {
			t.Fatalf("%s: %d told alone, %d calls, %+v", name, len(ch.told), ch.calls, last.States)
		}
	}
	due, err := s.store.Untold(t.Context(), s.clock.now().Add(24*time.Hour), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("%d still due, %v", len(due), err)
	}
}

// Where the provider is down while a storm comes, the storm is told when it is up again, and all of it is counted.
func TestAStormOnAChannelThatIsDown(t *testing.T) {
	ch := &heardOf{fail: parry.Errorf(parry.Fault, "down")}
	s := withChannels(t, twoHooks, map[string]Channel{"first": ch, "second": &heardOf{}})
	s.stormOf(300)
	for range 10 {
		_ = s.tell()
		s.clock.pass(20 * time.Second)
	}
	down := ch.calls
	ch.fail = nil
	for range 60 {
		_ = s.tell()
		s.clock.pass(time.Minute)
	}
	if down > 10 || len(ch.told) != 5 || len(ch.storms) == 0 || ch.storms[len(ch.storms)-1].Count != 295 {
		t.Errorf("%d calls while down, %d told, %d storms: %+v", down, len(ch.told), len(ch.storms), ch.storms)
	}
}

// What comes slowly is told one by one, another rule's and another kind's storm is another one, and a storm that is over is not gone on with.
func TestWhatIsNoStorm(t *testing.T) {
	ch := &heardOf{}
	s := withChannels(t, twoHooks, map[string]Channel{"first": ch, "second": &heardOf{}})
	for i := range 12 {
		s.save(waiting(fmt.Sprintf("pr-slow-%d", i)), parry.MoveAsked, parry.Waiting)
		_ = s.tell()
		s.clock.pass(150 * time.Second) // five in a window
	}
	if len(ch.told) != 12 || len(ch.storms) != 0 {
		t.Fatalf("%d alone, %d storms", len(ch.told), len(ch.storms))
	}
	s.clock.pass(time.Hour)
	for i := range 20 {
		r := waiting(fmt.Sprintf("pr-fast-%d", i))
		r.Answer.Rule = []string{"one", "two"}[i%2]
		s.save(r, parry.MoveAsked, parry.Waiting)
	}
	_ = s.tell()
	if len(ch.told) != 22 || len(ch.storms) != 2 {
		t.Fatalf("%d alone, %d storms", len(ch.told), len(ch.storms))
	}
	s.clock.pass(time.Hour)
	r := waiting("pr-late")
	r.Answer.Rule = "one"
	s.save(r, parry.MoveAsked, parry.Waiting)
	_ = s.tell()
	if last := ch.told[len(ch.told)-1]; !strings.HasPrefix(last, "pr-late asked") {
		t.Errorf("told last: %s", last)
	}
}
