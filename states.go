package parry

import (
	"fmt"
	"slices"
)

// State is where a response stands.
type State string

// The states of a response.
const (
	Planned    State = "planned"              // a plan is made, nothing is decided or asked yet; such a response is not stored
	Nothing    State = "nothing to do"        // the state that the playbook wants holds already, or the target is gone
	Alerted    State = "alerted"              // told, and left to people
	Held       State = "held"                 // told only, as a person put the finding on hold
	Unreadable State = "no plan"              // the plan could not be made: what could not be read is in the reason
	Waiting    State = "waiting for approval" // a person is asked
	Approved   State = "approved"             // somebody, or a rule, said yes; no call is made yet
	Rejected   State = "rejected"             // a person said no
	Expired    State = "expired"              // nobody said yes in time
	Applying   State = "applying"             // calls are being made; found so after a crash, it is taken up again
	Verifying  State = "verifying"            // every call is made; whether AWS shows it is being looked at
	Done       State = "done"                 // applied and verified
	Failed     State = "failed"               // stopped half-way, or not verified; what was done is in the outcomes
	Undoing    State = "undoing"              // calls are being taken back
	Undone     State = "undone"               // taken back and verified; the finding is on hold
)

// Open tells whether more is to come without a new event.
func (s State) Open() bool {
	return s == Planned || s == Waiting || s == Undoing || s.Begun()
}

// Begun tells whether a yes was given and the work is not at its end: after a crash it is taken up again.
func (s State) Begun() bool { return s == Approved || s == Applying || s == Verifying }

// Move is what happens to a response. Each has a record of that kind.
type Move string

// The moves of a response.
const (
	MoveTold      Move = "told"      // it ends without a change, and says why
	MoveAsked     Move = "asked"     // a person is to say yes
	MoveVoted     Move = "voted"     // one of several people that it takes said yes
	MoveReminded  Move = "reminded"  // those who are asked were told again
	MoveEscalated Move = "escalated" // others are asked, too
	MoveReplanned Move = "replanned" // the world is not as it was: the new plan is asked about
	MoveApproved  Move = "approved"
	MoveRejected  Move = "rejected"
	MoveExpired   Move = "expired"
	MoveResumed   Move = "resumed" // a worker takes it up where another stopped
	MoveIntent    Move = "intent"  // a call is about to be made
	MoveCall      Move = "call"    // a call was made, or was not needed, or failed
	MoveReverted  Move = "reverted"
	MoveApplied   Move = "applied" // every call is made
	MoveVerified  Move = "verified"
	MoveFailed    Move = "failed"
	MoveUndo      Move = "undo"
	MoveUndone    Move = "undone"

	MoveSeen         Move = "seen" // the finding came again
	MovePublished    Move = "published"
	MoveNotPublished Move = "not published"
	MoveNoted        Move = "noted" // anything else that is worth keeping: a notification, a write-back

	// These are of no response, but of what holds for many: see SwitchLog.
	MoveStopped  Move = "stopped"
	MoveStarted  Move = "started"
	MoveReleased Move = "released" // a finding's hold was taken off
	MoveSignIn   Move = "sign-in"  // somebody came to the console, or left it: see SignInLog
)

// Transition is one line of the table of moves. An empty From is a response that is not stored yet.
type Transition struct {
	From State
	Move Move
	To   State
}

// Transitions is the whole life of a response, in one table. What is not in it cannot happen.
func Transitions() []Transition {
	var all []Transition
	add := func(from []State, m Move, to ...State) {
		for _, f := range from {
			for _, t := range to {
				all = append(all, Transition{f, m, t})
			}
		}
	}
	const fresh State = ""
	add([]State{fresh}, MoveTold, Nothing, Alerted, Held, Unreadable)
	add([]State{fresh, Nothing}, MoveStopped, Nothing)
	add([]State{fresh, Nothing}, MoveStarted, Nothing)
	add([]State{fresh, Nothing}, MoveReleased, Nothing)
	add([]State{fresh, Nothing}, MoveSignIn, Nothing)
	add([]State{fresh}, MoveAsked, Waiting)
	add([]State{fresh, Waiting}, MoveApproved, Approved)
	add([]State{Waiting}, MoveVoted, Waiting)
	add([]State{Waiting}, MoveReminded, Waiting)
	add([]State{Waiting}, MoveEscalated, Waiting)
	add([]State{Waiting, Approved}, MoveReplanned, Waiting)
	add([]State{Waiting}, MoveRejected, Rejected)
	add([]State{Waiting}, MoveExpired, Expired)
	add([]State{Waiting}, MoveTold, Nothing, Alerted, Held) // what was asked about is not needed, or not allowed, any more
	add([]State{Approved, Applying, Verifying}, MoveResumed, Applying)
	add([]State{Approved, Applying}, MoveIntent, Applying)
	add([]State{Applying}, MoveCall, Applying)
	add([]State{Approved, Applying}, MoveReverted, Applying)
	add([]State{Approved, Applying}, MoveApplied, Verifying)
	add([]State{Verifying}, MoveVerified, Done)
	add([]State{Approved, Applying, Verifying, Undoing}, MoveFailed, Failed)
	add([]State{Done, Failed, Undoing}, MoveUndo, Undoing)
	add([]State{Undoing}, MoveIntent, Undoing)
	add([]State{Undoing}, MoveCall, Undoing)
	add([]State{Undoing}, MoveUndone, Undone, Done, Failed) // where only a part was taken back it is what it was before, done or failed
	for _, s := range States() {
		for _, m := range []Move{MoveSeen, MovePublished, MoveNotPublished, MoveNoted} {
			all = append(all, Transition{s, m, s})
		}
	}
	return all
}

// States are all states in which a response can be stored.
func States() []State {
	return []State{Nothing, Alerted, Held, Unreadable, Waiting, Approved, Rejected, Expired, Applying, Verifying, Done, Failed, Undoing, Undone}
}

// Next says whether a response may go from one state to another by a move. The error says what may happen instead.
func Next(from State, m Move, to State) error {
	var may []string
	for _, t := range Transitions() {
		if t.From == from && t.Move == m && t.To == to {
			return nil
		}
		if t.From == from && !slices.Contains(may, string(t.Move)) {
			may = append(may, string(t.Move))
		}
	}
	return Errorf(Fault, "a response that is %q does not become %q by being %s; it may be %v", fmt.Sprint(or(string(from), "new")), to, m, may)
}
