package parry

import "time"

// Response is one answer to one finding on one target, from the event to the close.
type Response struct {
	ID      string   `json:"id"`
	Key     string   `json:"key"` // finding, playbook and target: what makes a second delivery the same
	State   State    `json:"state"`
	Reason  string   `json:"reason,omitempty"` // of the state, for a person
	EventID string   `json:"event,omitempty"`
	Finding Finding  `json:"finding"`
	Answer  Answer   `json:"answer"`
	Target  Target   `json:"target"`
	Plan    Plan     `json:"plan"`
	Decided Decision `json:"decision"`
	By      string   `json:"by,omitempty"` // who said yes
	// AskedBy is the person who asked for the response, where it was no rule: somebody else has to say yes.
	AskedBy string `json:"asked_by,omitempty"`
	// Ordered is the custom action by which a person whom nobody knows asked for it; see Finding.Ordered.
	Ordered string         `json:"ordered,omitempty"`
	Asked   *Asking        `json:"asked,omitempty"` // the question, from when it waited for a yes
	Votes   []Vote         `json:"votes,omitempty"` // on the plan as it is
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
	// Stored is the state that the last record left, from which the next move starts; empty before the first.
	Stored State `json:"stored,omitempty"`
	// Chain is the hash of the last record, which holds that of the one before it; empty before the first.
	Chain string `json:"chain,omitempty"`
	// Untold is what is still to be told of it; nil for nothing.
	Untold *Untold `json:"untold,omitempty"`
	// Wake is when somebody has to look at the response again though nothing happens: to remind, to let it expire, to take a
	// containment back whose time is over. Zero for never.
	Wake time.Time `json:"wake,omitzero"`
	// Halted says why the work stands still half-way: a stop. It goes on when that is taken back.
	Halted string `json:"halted,omitempty"`
	// Taking is what is being taken back, while it is.
	Taking *Taking `json:"taking,omitempty"`
	// Stays says why a change whose time is over was not taken back by itself.
	Stays string `json:"stays,omitempty"`
}

// Taking is an undo that is under way.
type Taking struct {
	By      string   `json:"by"`
	Changes []string `json:"changes,omitempty"` // only these; none is all
	From    State    `json:"from"`              // where the response stood before
	Hold    bool     `json:"hold,omitempty"`    // the finding was put on hold
}

// Resource names the target for leases and counts; empty where there is none.
func (r *Response) Resource() string {
	if r.Target.ID == "" {
		return ""
	}
	return r.Target.Account + "/" + r.Target.Region + "/" + r.Target.Type + "/" + r.Target.ID
}

// Times are when a response reached its stages; zero where it did not.
type Times struct {
	FirstSeen time.Time `json:"first_seen"` // by the source
	Received  time.Time `json:"received"`
	Planned   time.Time `json:"planned"`
	Applied   time.Time `json:"applied"`       // the yes was given
	Made      time.Time `json:"made,omitzero"` // the last call was made, and verifying began
	Closed    time.Time `json:"closed"`        // done or failed; an undo does not change it
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
