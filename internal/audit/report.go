package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Report is what Verify found.
type Report struct {
	Responses   int       `json:"responses"`
	Records     int       `json:"records"`
	Logged      int64     `json:"logged"`      // leaves of the log
	Unlogged    int       `json:"unlogged"`    // records that are not in the log yet, which is no fault while they are new
	Checkpoints int       `json:"checkpoints"` // that are as they must be
	Covered     int64     `json:"covered"`     // leaves under the newest of them
	At          time.Time `json:"at,omitzero"` // its time
	Faults      []Fault   `json:"faults"`
	More        int       `json:"more,omitempty"` // faults that are not told one by one
}

// OK tells whether nothing was found.
func (r *Report) OK() bool { return len(r.Faults) == 0 }

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	Changed    Kind = "changed"    // it is not what it was when it was written
	Dropped    Kind = "dropped"    // a record is missing between others
	Reordered  Kind = "reordered"  // it stands in another place
	Truncated  Kind = "truncated"  // the last records are missing
	Removed    Kind = "removed"    // a whole response is missing
	NotLogged  Kind = "not logged" // a record is missing in the log
	Rewritten  Kind = "rewritten"  // the log is not what was signed
	Forged     Kind = "forged"     // a checkpoint is not signed by the key, or says what cannot be
	Unsigned   Kind = "unsigned"   // no checkpoint is over it
	Unreadable Kind = "unreadable"
)

// Fault is one thing that is not as it must be.
type Fault struct {
	Kind     Kind   `json:"kind"`
	Response string `json:"response,omitempty"`
	Seq      int    `json:"seq,omitempty"`  // of the record; 0 where it is about the whole response
	Size     int64  `json:"size,omitempty"` // of the checkpoint
	What     string `json:"what"`
}

// String is the fault in one line.
func (f Fault) String() string {
	switch {
	case f.Response != "" && f.Seq > 0:
		return fmt.Sprintf("%s: response %s, record %d: %s", f.Kind, f.Response, f.Seq, f.What)
	case f.Response != "":
		return fmt.Sprintf("%s: response %s: %s", f.Kind, f.Response, f.What)
	case f.Size > 0:
		return fmt.Sprintf("%s: checkpoint at %d: %s", f.Kind, f.Size, f.What)
	}
	return fmt.Sprintf("%s: %s", f.Kind, f.What)
}

// mostFaults bounds the report: behind so many it is plain that the store is lost.
const mostFaults = 1000

// add notes a fault, once.
func (r *Report) add(f Fault) {
	switch {
	case slices.Contains(r.Faults, f):
	case len(r.Faults) >= mostFaults:
		r.More++
	default:
		r.Faults = append(r.Faults, f)
	}
}

// sort puts the faults in an order that is the same each time.
func (r *Report) sort() {
	slices.SortStableFunc(r.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Response, b.Response), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Size, b.Size))
	})
}
