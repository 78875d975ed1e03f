package lambda_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/lambda"
)

const (
	stolen  = "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
	forADay = "UnauthorizedAccess:IAMUser/TorIPCaller"
	asked   = "Recon:IAMUser/UserPermissions"
	byBook  = "Impact:IAMUser/AnomalousBehavior"
)

// What is fast is done by the worker alone: no execution is begun for it.
func TestWhatIsFastNeedsNoMachine(t *testing.T) {
	s := newScene(t, thePolicy)
	key := s.key("ci")
	if again := s.batch(s.event(stolen, "ci", key)); len(again) > 0 {
		t.Fatalf("comes again: %v", again)
	}
	if r := s.only(); r.State != parry.Done || s.active("ci") || len(s.runs) != 0 {
		t.Errorf("%s, active: %v, executions: %d", r.State, s.active("ci"), len(s.runs))
	}
}

// A yes at the door is carried out by the machine, change by change, and verified.
func TestAYesIsCarriedOutByTheMachine(t *testing.T) {
	s := newScene(t, thePolicy)
	s.batch(s.event(asked, "ci", s.key("ci")))
	s.goOn(0)
	if r := s.only(); r.State != parry.Waiting {
		t.Fatalf("it is %s: %s", r.State, r.Reason)
	}
	status, got := s.yes(ada)
	if status != 200 || got["state"] != string(parry.Approved) {
		t.Fatalf("the door said %d: %v", status, got)
	}
	if n := len(s.only().Results); n != 0 {
		t.Errorf("the door made %d calls: it only takes people's words", n)
	}
	s.goOn(time.Hour)
	r := s.only()
	if r.State != parry.Done || s.runs[0].ended != "Succeed" || r.By != ada {
		t.Fatalf("it is %s by %s, the execution %q: %s", r.State, r.By, s.runs[0].ended, r.Reason)
	}
	// Three changes, of which the second must follow the first at once.
	if want := "Approval, Apply, Apply, Verify, Close, Closed"; len(r.Results) != 3 || s.way(0) != want {
		t.Errorf("%d changes; the way was %s, want %s", len(r.Results), s.way(0), want)
	}
}

func TestANoEndsTheExecution(t *testing.T) {
	s := newScene(t, thePolicy)
	s.batch(s.event(asked, "ci", s.key("ci")))
	s.goOn(0)
	path := "/v1/responses/" + s.only().ID + "/reject"
	if status, got := s.knock(bob, "POST", path, `{}`); status != 400 || !strings.Contains(fmt.Sprint(got), "needs a reason") {
		t.Errorf("a no without a reason: %d %v", status, got)
	}
	if status, got := s.knock(bob, "POST", path, `{"comment":"a drill"}`); status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	s.goOn(time.Hour)
	if r := s.only(); r.State != parry.Rejected || s.way(0) != "Approval, Close, Closed" {
		t.Errorf("%s, %s", r.State, s.way(0))
	}
}

// Nobody answers: others are asked after an hour, all are reminded after an hour and a half, and after four it expires. The machine's heartbeat is
// what is due, and its timeout the expiry.
func TestNobodyAnswers(t *testing.T) {
	s := newScene(t, thePolicy)
	s.batch(s.event(asked, "ci", s.key("ci")))
	s.goOn(3 * time.Hour)
	r := s.only()
	if r.State != parry.Waiting || r.Asked.Reminded != 2 || len(r.Asked.Escalated) != 1 {
		t.Fatalf("after three hours it is %s, reminded %d times, and %v is asked too", r.State, r.Asked.Reminded, r.Asked.Escalated)
	}
	s.goOn(2 * time.Hour)
	if r := s.only(); r.State != parry.Expired || s.runs[0].ended != "Succeed" {
		t.Fatalf("%s, %q", r.State, s.runs[0].ended)
	}
	if want := "Approval, Ask on, Approval, Ask on, Approval, Ask on, Approval, Ask on, Close, Closed"; s.way(0) != want {
		t.Errorf("the way was %s", s.way(0))
	}
	if status, got := s.yes(ada); status != 403 {
		t.Errorf("a yes after that: %d %v", status, got)
	}
}

func TestTwoPeopleAtTheDoor(t *testing.T) {
	s := newScene(t, strings.Replace(thePolicy, "persons: 1", "persons: 2", 1))
	s.batch(s.event(asked, "ci", s.key("ci")))
	s.goOn(0)
	for _, step := range []struct {
		who    string
		status int
		state  parry.State
	}{
		{ada, 200, parry.Waiting},
		{ada, 403, parry.Waiting},
		{"arn:aws:sts::999999999999:assumed-role/parry-hub-step/x", 403, parry.Waiting},
		{"", 403, parry.Waiting},
		{bob, 200, parry.Done},
	} {
		status, got := s.yes(step.who)
		if s.goOn(time.Minute); status != step.status || s.only().State != step.state {
			t.Errorf("%s: %d, it is %s: %v", step.who, status, s.only().State, got)
		}
	}
}

// What AWS takes an hour for is waited for by the machine: the function is called to look now and then, and at once when Systems Manager says
// that the runbook has ended. It is started once.
func TestARunbookIsWaitedFor(t *testing.T) {
	for name, told := range map[string]bool{"by looking": false, "by the event": true} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, thePolicy)
			s.org.SetDelay(20 * time.Minute)
			s.batch(s.event(byBook, "ci", s.key("ci")))
			s.goOn(0)
			if status, got := s.yes(ada); status != 200 {
				t.Fatalf("%d %v: %s", status, got, s.only().Reason)
			}
			s.goOn(19*time.Minute + 50*time.Second)
			r := s.only()
			if r.State != parry.Applying || len(r.Results) != 1 {
				t.Fatalf("while the runbook is at it, it is %s with %d calls: %s", r.State, len(r.Results), r.Reason)
			}
			s.goOn(15 * time.Second)
			if told {
				run, _ := r.Results[0].Output["AutomationExecutionId"].(string)
				if again := s.batch(fmt.Sprintf(`{"version":"0","id":"e","source":"aws.ssm","detail-type":"EC2 Automation Execution Status-change Notification",
"account":%q,"region":"us-east-1","time":"2026-03-04T05:26:00Z","resources":[],"detail":{"ExecutionId":%q,"Status":"Success"}}`, account, run)); len(again) > 0 {
					t.Fatalf("comes again: %v", again)
				}
				s.goOn(15 * time.Second) // to verify
			} else {
				s.goOn(6 * time.Minute)
			}
			if r = s.only(); r.State != parry.Done || len(s.runs) != 1 || s.runs[0].ended != "Succeed" {
				t.Fatalf("it is %s, %s: %s", r.State, s.way(0), r.Reason)
			}
			if n := strings.Count(s.way(0), "Wait"); n < 3 || n > 20 {
				t.Errorf("it waited %d times: %s", n, s.way(0))
			}
			if word, err := s.store.Get(t.Context(), "task/"+r.ID); err != nil || word != "" {
				t.Errorf("the token %q is still kept: %v", word, err)
			}
		})
	}
}

// What is for a time is taken back by the machine when that is over; and a person's undo has an execution of its own.
func TestWhatIsForATimeAndWhatIsUndone(t *testing.T) {
	s := newScene(t, thePolicy)
	s.batch(s.event(forADay, "ci", s.key("ci")))
	if r := s.only(); r.State != parry.Done || s.active("ci") {
		t.Fatalf("%s", r.State)
	}
	s.goOn(23 * time.Hour)
	if s.active("ci") {
		t.Error("it was taken back too early")
	}
	s.goOn(2 * time.Hour)
	if r := s.only(); r.State != parry.Undone || !s.active("ci") || s.way(0) != "Stay, Undo, Close, Closed" {
		t.Errorf("%s, active: %v, %s", r.State, s.active("ci"), s.way(0))
	}

	s = newScene(t, thePolicy)
	s.batch(s.event(stolen, "ci", s.key("ci")))
	path := "/v1/responses/" + s.only().ID + "/undo"
	if status, got := s.knock(ada, "GET", path, ""); status != 200 || len(got["steps"].([]any)) != 1 {
		t.Fatalf("%d %v", status, got)
	}
	if status, got := s.knock(ada, "GET", path+"?change=no-such", ""); status != 400 || !strings.Contains(fmt.Sprint(got), "no-such") {
		t.Errorf("of a change that was not made: %d %v", status, got)
	}
	if status, got := s.knock(ada, "POST", path, `{}`); status != 200 || got["state"] != string(parry.Undoing) || s.active("ci") {
		t.Fatalf("%d %v", status, got["state"])
	}
	s.goOn(time.Hour)
	if r := s.only(); r.State != parry.Undone || !s.active("ci") || s.way(0) != "Undo, Close, Closed" {
		t.Errorf("%s, active: %v, %s", r.State, s.active("ci"), s.way(0))
	}
}

// A function is killed before one of its calls: what it held is free when its lease is over, and the machine goes on where it stopped.
func TestAKilledFunctionIsFollowedByAnother(t *testing.T) {
	for n := 1; n <= 3; n++ {
		s := newScene(t, thePolicy)
		s.batch(s.event(asked, "ci", s.key("ci")))
		s.goOn(0)
		if status, got := s.yes(ada); status != 200 {
			t.Fatalf("%d %v", status, got)
		}
		s.kill = n
		s.goOn(time.Hour)
		if r := s.only(); r.State != parry.Done || s.kill != 0 {
			t.Errorf("killed at call %d: it is %s: %s; %s", n, r.State, r.Reason, s.way(0))
		}
	}
}

// While everything is stopped the machine rests and looks again; it goes on when the stop is taken back.
func TestTheMachineHeedsTheStop(t *testing.T) {
	s := newScene(t, thePolicy)
	s.org.SetDelay(20 * time.Minute)
	s.batch(s.event(asked, "ci", s.key("ci")))
	s.goOn(0)
	if status, got := s.yes(ada); status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	s.ok(s.store.Set(t.Context(), "stop", `{"why":"a drill","by":"ada"}`))
	s.goOn(10 * time.Minute)
	r := s.only()
	if !r.State.Begun() || r.Halted == "" {
		t.Fatalf("while everything is stopped, it is %s (%q)", r.State, r.Halted)
	}
	s.ok(s.store.Set(t.Context(), "stop", ""))
	s.goOn(10 * time.Minute)
	if r := s.only(); r.State != parry.Done {
		t.Errorf("it is %s: %s", r.State, r.Reason)
	}
}

// The same event twice, and a worker that dies before it hands over: there is one response and one execution.
func TestAMessageThatComesTwiceIsHandedOverOnce(t *testing.T) {
	s := newScene(t, thePolicy)
	e := s.event(asked, "ci", s.key("ci"))
	s.batch(e)
	s.runs = nil // it died before
	s.batch(e, e)
	s.goOn(0)
	if len(s.runs) != 1 || s.runs[0].name != s.only().ID {
		t.Errorf("%d executions", len(s.runs))
	}
}

// What nobody can read is put aside with the reason at once, and keeps no other message of its batch.
func TestAPoisonedMessageIsPutAside(t *testing.T) {
	s := newScene(t, thePolicy)
	again := s.batch("{", s.event(stolen, "ci", s.key("ci")), `{"source":"aws.guardduty","detail-type":"GuardDuty Finding","detail":7}`)
	if len(again) != 0 || len(s.aside) != 2 || s.only().State != parry.Done {
		t.Errorf("again %v, aside %q, %s", again, s.aside, s.only().State)
	}
}

// What fails comes again by itself, and the rest of the batch does not.
func TestOnlyWhatFailedComesAgain(t *testing.T) {
	s := newScene(t, thePolicy)
	key, other := s.key("ci"), s.key("cd")
	first := s.event(stolen, "ci", key)
	s.batch(first)
	s.ok(s.store.Claim(t.Context(), "finding "+s.only().Finding.Key(), "another worker", s.clock, time.Minute))
	if again := s.batch(first, s.event(stolen, "cd", other)); len(again) != 1 || again[0] != "m0" || s.active("cd") {
		t.Errorf("comes again: %v", again)
	}
}

func TestAFunctionIsOneOfFour(t *testing.T) {
	if _, err := lambda.New(lambda.Options{Function: "other"}); err == nil || parry.HintOf(err) == "" {
		t.Errorf("the error is %v", err)
	}
}
