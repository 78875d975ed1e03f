package numbers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parry/internal/audit"
	"parry/internal/coverage"
	"parry/internal/rules"
)

// soon is how long before its end an exemption is told of, as 'parry rule check' warns.
const soon = 14 * 24 * time.Hour

// exemptions lists the exemptions of all rules, those that need a look first.
func exemptions(book *rules.Book, now time.Time) []Exemption {
	all := []Exemption{}
	if book == nil {
		return all
	}
	for _, r := range book.Rules {
		for _, e := range r.Scope.Exempt {
			one := Exemption{Rule: r.Name, What: e.Summary(), Owner: e.Owner, Reason: e.Reason, Until: e.Until, State: Running}
			switch {
			case e.Until.IsZero():
				one.State = Endless
			case e.Ended(now):
				one.State = Ended
			case e.Ended(now.Add(soon)):
				one.State = EndsSoon
			}
			if !e.Until.IsZero() {
				one.End = e.End()
			}
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b Exemption) int { return a.Until.Compare(b.Until) })
	return all
}

// firstFaults is how many faults of the record are told in words.
const firstFaults = 10

// proved says how far the record is proved.
func proved(ctx context.Context, store Store, verify func(context.Context) (audit.Report, error)) (Audit, error) {
	kept, err := store.Checkpoints(ctx)
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Checkpoints: len(kept)}
	for _, text := range kept {
		if size, err := audit.SizeOf(text); err == nil {
			a.Length = max(a.Length, size)
		}
	}
	switch {
	case verify == nil && len(kept) == 0:
		a.Note = "There is no checkpoint: nothing signs the record yet."
		return a, nil
	case verify == nil:
		a.Note = fmt.Sprintf("There are %d checkpoints, the longest over %d records. They were not verified, as no key was given.", a.Checkpoints, a.Length)
		return a, nil
	}
	rep, err := verify(ctx)
	if err != nil {
		return a, err
	}
	a.Verified, a.OK, a.Covered, a.At = true, rep.OK() && rep.Checkpoints > 0, rep.Covered, rep.At
	a.Records, a.Unlogged, a.Faults = rep.Records, rep.Unlogged, len(rep.Faults)+rep.More
	for _, f := range rep.Faults[:min(len(rep.Faults), firstFaults)] {
		a.First = append(a.First, f.String())
	}
	switch {
	case a.Faults > 0:
		a.Note = fmt.Sprintf("The record is not as it was written: %d faults. Look at them with 'parry audit verify'.", a.Faults)
	case rep.Checkpoints == 0:
		a.Note = fmt.Sprintf("The chains of %d records are whole, and no checkpoint signs them.", a.Records)
	default:
		a.Note = fmt.Sprintf("Verified up to the checkpoint of %s, over %d records: nothing was changed. %d came later.",
			a.At.UTC().Format(time.RFC3339), a.Covered, a.Unlogged+int(rep.Logged-rep.Covered))
	}
	return a, nil
}

// covered sums what has a response by area and group, in the order of the report.
func covered(r *coverage.Report) []Covered {
	all := []Covered{}
	if r == nil {
		return all
	}
	for _, area := range r.Areas {
		sum, groups := len(all), map[string]int{}
		all = append(all, Covered{Area: area.Name})
		for _, item := range area.Items {
			at, ok := groups[item.Group]
			if !ok {
				at = len(all)
				groups[item.Group] = at
				all = append(all, Covered{Area: area.Name, Group: item.Group})
			}
			all[sum].count(item.Level)
			all[at].count(item.Level)
		}
	}
	return all
}

func (c *Covered) count(l coverage.Level) {
	c.Items++
	switch l {
	case coverage.Auto:
		c.Auto++
	case coverage.Approve:
		c.Approve++
	case coverage.Alert:
		c.Alert++
	default:
		c.None++
	}
}
