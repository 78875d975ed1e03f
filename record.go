package parry

import "time"

// Record is one line of a response's history. Records are only ever added.
type Record struct {
	Response string    `json:"response"`
	Seq      int       `json:"seq"` // from 1, without gaps
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // "planned", "decided", "approved", "intent", "call", "verified", "undo", ...
	Text     string    `json:"text"` // for a person, one line
	// Call is the outcome that the record is about; nil for other kinds.
	Call *Outcome `json:"call,omitempty"`
}
