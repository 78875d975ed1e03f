package parry

import "time"

// State is where a response stands.
type State string

// The states of a response.
const (
	Planned    State = "planned"              // a plan is made, nothing is decided or asked yet
	Nothing    State = "nothing to do"        // the state that the playbook wants holds already, or the target is gone
	Alerted    State = "alerted"              // told, and left to people
	Waiting    State = "waiting for approval" // a person is asked
	Applying   State = "applying"             // calls are being made; found so after a crash, it is taken up again
	Done       State = "done"                 // applied and verified
	Failed     State = "failed"               // stopped half-way, or not verified; what was done is in the outcomes
	Undoing    State = "undoing"              // calls are being taken back
	Undone     State = "undone"               // taken back and verified; the finding is on hold
	Unreadable State = "no plan"              // the plan could not be made: what could not be read is in the reason
)

// Open tells whether more is to come without a new event.
func (s State) Open() bool { return s == Planned || s == Waiting || s == Applying || s == Undoing }

// Response is one answer to one finding on one target, from the event to the close.
type Response struct {
	ID      string         `json:"id"`
	Key     string         `json:"key"` // finding, playbook and target: what makes a second delivery the same
	State   State          `json:"state"`
	Reason  string         `json:"reason,omitempty"` // of the state, for a person
	EventID string         `json:"event,omitempty"`
	Finding Finding        `json:"finding"`
	Answer  Answer         `json:"answer"`
	Target  Target         `json:"target"`
	Plan    Plan           `json:"plan"`
	Decided Decision       `json:"decision"`
	By      string         `json:"by,omitempty"` // who said yes
	Results []Outcome      `json:"results,omitempty"`
	Left    map[string]any `json:"left,omitempty"` // the state that each change left behind, by change name
	Undone  []Outcome      `json:"undone,omitempty"`
	Times   Times          `json:"times"`
	// Seen is how often the finding came again and asked for nothing new; SeenAt when it last did, and SeenTime what time the
	// newest of them had, in epoch milliseconds: an update that is older came late.
	Seen     int       `json:"seen,omitempty"`
	SeenAt   time.Time `json:"seen_at,omitzero"`
	SeenTime int64     `json:"seen_time,omitempty"`
	// Again says why a delivery got this response, made earlier, in place of one of its own. It is the delivery's: no step stores it.
	Again string `json:"again,omitempty"`
	// Published is the version of the finding that was written where its rule wants it, in epoch milliseconds; 0 for none.
	Published int64 `json:"published,omitempty"`
	Steps     int   `json:"steps"` // records made so far: the last one's number
}

// resource names the target for leases.
func (r *Response) resource() string {
	return r.Target.Account + "/" + r.Target.Region + "/" + r.Target.Type + "/" + r.Target.ID
}

// Times are when a response reached its stages; zero where it did not.
type Times struct {
	FirstSeen time.Time `json:"first_seen"` // by the source
	Received  time.Time `json:"received"`
	Planned   time.Time `json:"planned"`
	Applied   time.Time `json:"applied"` // the first call was about to be made
	Closed    time.Time `json:"closed"`  // done or failed; an undo does not change it
}

// TimeToDetect is how long the trouble was there before Parry heard of it; zero where unknown.
func (t Times) TimeToDetect() time.Duration { return span(t.FirstSeen, t.Received) }

// TimeToRespond is how long it took from hearing of it to the verified end; zero where there is none yet.
func (t Times) TimeToRespond() time.Duration { return span(t.Received, t.Closed) }

func span(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

// Outcome is what came of one change, or of taking it back. It is stored before the call, with State Intended, and after.
type Outcome struct {
	Change    string         `json:"change"`
	Call      Call           `json:"call"`
	State     OutcomeState   `json:"state"`
	RequestID string         `json:"request_id,omitempty"`
	Principal string         `json:"principal,omitempty"`
	Attempts  int            `json:"attempts,omitempty"`
	At        time.Time      `json:"at"`
	Took      time.Duration  `json:"took,omitempty"`
	Output    map[string]any `json:"output,omitempty"`
	Error     string         `json:"error,omitempty"`
}

// OutcomeState says how far a call came.
type OutcomeState string

// The states of a call. One that is found Intended after a crash may have taken effect or not: planning again tells.
const (
	Intended OutcomeState = "intended"
	Made     OutcomeState = "made"
	Already  OutcomeState = "already so" // it was not needed any more when its turn came
	CallFail OutcomeState = "failed"
	Reverted OutcomeState = "reverted" // taken back at once, as the change that had to follow failed
)

// outputs are what the made changes gave, by change name.
func (r *Response) outputs() map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, o := range r.Results {
		if o.Output != nil && (o.State == Made || o.State == Already) {
			out[o.Change] = o.Output
		}
	}
	return out
}

// result is the outcome of a change so far, nil where it was not tried.
func (r *Response) result(change string) *Outcome {
	for i := range r.Results {
		if r.Results[i].Change == change {
			return &r.Results[i]
		}
	}
	return nil
}

// resolved is a value with its marks filled in from what the changes gave.
func (r *Response) resolved(v any) any {
	c, _ := Call{Input: map[string]any{"v": v}}.Resolve(r.outputs())
	return c.Input["v"]
}
