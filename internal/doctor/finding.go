package doctor

import (
	"cmp"
	"slices"
	"strings"
)

// Status is how something stands.
type Status string

// The statuses, the worst first. What could not be read is never ok.
const (
	Missing Status = "missing" // it is not there
	Risk    Status = "risk"    // it is there, and not as it should be
	Unknown Status = "unknown" // it could not be read
	OK      Status = "ok"
)

func (s Status) rank() int { return slices.Index([]Status{Missing, Risk, Unknown, OK}, s) }

// Finding is what one check says of one place.
type Finding struct {
	ID      string `json:"id"`                // of the check; it stays the same from version to version
	Account string `json:"account,omitempty"` // empty where it is about the whole organization, or about the machine that this runs on
	Region  string `json:"region,omitempty"`  // empty where it is about an account in all Regions
	Status  Status `json:"status"`
	What    string `json:"what"`
	Fix     string `json:"fix,omitempty"` // a command or a sentence; always there where the status is not ok
}

// place is the heading that a finding stands under.
func (f Finding) place() string { return strings.TrimSpace(f.Account + " " + f.Region) }

// ordered puts findings of a place together, the places and what is in them with the worst first.
func ordered(all []Finding) []Finding {
	worst := map[string]int{}
	for _, f := range all {
		if w, seen := worst[f.place()]; !seen || f.Status.rank() < w {
			worst[f.place()] = f.Status.rank()
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(worst[a.place()], worst[b.place()]), cmp.Compare(a.place(), b.place()), cmp.Compare(a.Status.rank(), b.Status.rank()),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.What, b.What))
	})
	return all
}

// Count is how many findings have a status.
func Count(all []Finding, s Status) int {
	n := 0
	for _, f := range all {
		if f.Status == s {
			n++
		}
	}
	return n
}
