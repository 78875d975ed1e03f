package assemble_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parry"
)

// origin is who is told what became of a finding. It keeps what it is told, and fails where it is to.
type origin struct {
	told []string
	fail error
	meet func() // while it is told
}

func (*origin) Tells(_ parry.Response, rec parry.Record) bool {
	return strings.Contains("told asked verified failed undone rejected", string(rec.Kind))
}

func (s *origin) Tell(_ context.Context, responses []parry.Response) map[string]error {
	errs := map[string]error{}
	for _, r := range responses {
		if s.meet != nil {
			s.meet()
		}
		if s.fail != nil {
			errs[r.ID] = s.fail
			continue
		}
		s.told = append(s.told, fmt.Sprintf("%s/%d", r.State, r.Untold.Seq))
	}
	return errs
}

// tell tells what is due by now.
func (s *scene) tell() {
	s.t.Helper()
	s.ok(s.engine.TellDue(s.t.Context(), s.Now()))
}

func (s *origin) is(t *testing.T, want ...string) {
	t.Helper()
	if fmt.Sprint(s.told) != fmt.Sprint(want) {
		t.Errorf("told %v, not %v", s.told, want)
	}
}

// A response never waits for its source: it is told by the clock, once, how far the response has come by then.
func TestASourceIsToldByTheClock(t *testing.T) {
	s, src := newScene(t, theRule), &origin{}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	s.isState(done, parry.Done, "")
	s.tell()
	src.is(t) // not yet: more may come
	s.pass(3 * time.Second)
	for range 3 {
		s.tell()
		s.pass(time.Hour)
	}
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
	if now := s.stored(done.ID); now.Untold != nil || !now.Wake.IsZero() || now.Steps != done.Steps {
		t.Errorf("%+v, woken at %s, %d steps", now.Untold, now.Wake, now.Steps)
	}

	// Several steps within the pause are told at once.
	s, src = guarded(t, asks(), twoOfOncall), &origin{}
	s.engine.Teller = src
	asked := s.deliver(s.event(s.Now(), ""))
	no, err := s.engine.Reject(t.Context(), asked.ID, parry.Vote{By: ada})
	s.ok(err)
	s.pass(3 * time.Second)
	s.tell()
	src.is(t, fmt.Sprintf("rejected/%d", no.Steps))
}

// What was recorded and not told when the process died is told by the next one.
func TestACrashLosesNoWordForTheSource(t *testing.T) {
	s, src := newScene(t, theRule), &origin{}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Hour)
	heir := *s.engine
	heir.Worker = "heir"
	s.ok(heir.TellDue(t.Context(), s.Now()))
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
	s.ok(heir.TellDue(t.Context(), s.Now()))
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
}

// A question is told of and goes on: it is reminded of and expires in its time, also while its source does not answer.
func TestAQuestionIsToldAndGoesOn(t *testing.T) {
	for name, fail := range map[string]error{"told": nil, "not told": parry.Errorf(parry.Fault, "throttled")} {
		t.Run(name, func(t *testing.T) {
			s, src := guarded(t, asks(), twoOfOncall), &origin{fail: fail}
			s.engine.Teller = src
			asked := s.deliver(s.event(s.Now(), ""))
			for range 5 * 60 {
				s.pass(time.Minute)
				s.tick()
				_ = s.engine.TellDue(t.Context(), s.Now())
			}
			if got := s.moves(asked.ID); got != "asked escalated reminded reminded expired" {
				t.Errorf("%s", got)
			}
		})
	}
}

// Where the source fails it is told again, less and less often; where it never will be, or has failed for long, that is recorded.
func TestASourceThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		kind  parry.Kind
		tries int
	}{"for now": {parry.Fault, 12}, "taken": {parry.Conflict, 12}, "gone": {parry.Refused, 1}, "never": {parry.Invalid, 1}} {
		t.Run(name, func(t *testing.T) {
			tries, said := 0, 0
			s, src := newScene(t, theRule), &origin{fail: parry.Errorf(tc.kind, "no answer"), meet: func() { tries++ }}
			s.engine.Teller = src
			done := s.deliver(s.event(s.Now(), ""))
			for range 24 * 60 {
				s.pass(time.Minute)
				s.tick()
				if err := s.engine.TellDue(t.Context(), s.Now()); err != nil {
					if said++; !strings.Contains(err.Error(), "no answer") {
						t.Fatal(err)
					}
				}
			}
			now := s.stored(done.ID)
			records, err := s.store.Records(t.Context(), done.ID)
			s.ok(err)
			last := records[len(records)-1]
			if tries != tc.tries || now.Untold != nil || last.Kind != parry.MoveNoted || !strings.Contains(last.Text, "its source is not told: no answer") {
				t.Errorf("%d tries, %+v, %s: %s", tries, now.Untold, last.Kind, last.Text)
			}
			if want := min(tc.tries, 2); said != want { // the first time, and at the end
				t.Errorf("said %d times, not %d", said, want)
			}
		})
	}
}

// A step that is made while the source is told is told of next.
func TestAStepWhileItIsTold(t *testing.T) {
	s, src := guarded(t, asks(), twoOfOncall), &origin{}
	s.engine.Teller = src
	asked := s.deliver(s.event(s.Now(), ""))
	src.meet = func() {
		src.meet = nil
		_, err := s.engine.Reject(t.Context(), asked.ID, parry.Vote{By: ada})
		s.ok(err)
	}
	for range 3 {
		s.pass(3 * time.Second)
		s.tell()
	}
	src.is(t, "waiting for approval/1", "rejected/2")
}

// A worker that tells nobody leaves it to one that does.
func TestAWorkerThatTellsNobody(t *testing.T) {
	s, src := newScene(t, theRule), &origin{}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	s.engine.Teller = nil
	s.tell()
	s.tick()
	if now := s.stored(done.ID); now.Untold == nil || !now.Wake.IsZero() {
		t.Errorf("%+v, woken at %s", now.Untold, now.Wake)
	}
	s.engine.Teller = src
	s.tell()
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
}

// What is done for a time is not taken back before that, because its source is told of it; also where it was stored to be woken for both.
func TestWhatIsForATimeIsToldAndStays(t *testing.T) {
	s, src := newScene(t, strings.Replace(theRule, "tier: auto", "tier: auto, for: 24h", 1)), &origin{}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	if want := done.Times.Closed.Add(24 * time.Hour); !done.Wake.Equal(want) {
		t.Errorf("it is said to be taken back at %s, not %s", done.Wake, want)
	}
	early := s.stored(done.ID)
	early.Wake = early.Untold.Next
	s.ok(s.store.Save(t.Context(), early))
	for range 3 {
		s.pass(time.Hour)
		s.tick()
		s.tell()
	}
	s.isState(s.stored(done.ID), parry.Done, "")
	s.pass(24 * time.Hour)
	s.tick()
	s.isState(s.stored(done.ID), parry.Undone, "")
	s.pass(time.Minute)
	s.tell()
	src.is(t, fmt.Sprintf("done/%d", done.Steps), fmt.Sprintf("undone/%d", s.stored(done.ID).Steps))
}

// What others store on the response while its source is told, without a step, stays.
func TestTellingOverwritesNothing(t *testing.T) {
	for name, fail := range map[string]error{"told": nil, "not told": parry.Errorf(parry.Fault, "throttled"), "never": parry.Errorf(parry.Refused, "gone")} {
		s, src := newScene(t, theRule), &origin{fail: fail}
		s.engine.Teller = src
		done := s.deliver(s.event(s.Now(), ""))
		src.meet = func() {
			s.ok(s.engine.SeenAgain(t.Context(), &done))
			s.ok(s.engine.SeenAgain(t.Context(), &done))
			s.ok(s.engine.SeenAgain(t.Context(), &done))
		}
		s.pass(time.Minute)
		_ = s.engine.TellDue(t.Context(), s.Now())
		if now := s.stored(done.ID); now.Seen != 3 || (now.Untold == nil) != (name != "not told") {
			t.Errorf("%s: seen %d times, %+v", name, now.Seen, now.Untold)
		}
	}
}

// One worker tells at a time. Where it dies, another takes its place when its lease is over.
func TestOneWorkerTellsAtATime(t *testing.T) {
	s, src := newScene(t, theRule), &origin{}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	heir := *s.engine
	heir.Worker = "heir"
	src.meet = func() { s.ok(heir.TellDue(t.Context(), s.Now())) }
	s.tell()
	src.is(t, fmt.Sprintf("done/%d", done.Steps))

	src.meet = nil
	again := s.stored(done.ID)
	again.Untold = &parry.Untold{Seq: done.Steps, Next: s.Now()}
	s.ok(s.store.Save(t.Context(), again))
	s.ok(s.store.Claim(t.Context(), "telling", "dead", s.Now(), 90*time.Second))
	s.tell()
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
	s.pass(90 * time.Second)
	s.tell()
	src.is(t, fmt.Sprintf("done/%[1]d", done.Steps), fmt.Sprintf("done/%[1]d", done.Steps))
}

// What fails as its time is over, or as the server stops, has not failed: it stays due as it was.
func TestTellingIsBrokenOff(t *testing.T) {
	s := newScene(t, theRule)
	ctx, stop := context.WithCancel(t.Context())
	src := &origin{fail: context.Canceled, meet: stop}
	s.engine.Teller = src
	done := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	s.ok(s.engine.TellDue(ctx, s.Now()))
	if u := s.stored(done.ID).Untold; u == nil || u.Tries != 0 {
		t.Errorf("%+v", u)
	}
	src.fail, src.meet = nil, nil
	s.tell()
	src.is(t, fmt.Sprintf("done/%d", done.Steps))
}
