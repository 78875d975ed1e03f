package audit

import (
	"fmt"
	"slices"

	"parry"
)

// chain holds the records of one response, in the order in which the store gives them, against each other and against the response.
func chain(r parry.Response, records []parry.Record) (faults []Fault) {
	say := func(k Kind, seq int, format string, args ...any) {
		faults = append(faults, Fault{Kind: k, Response: r.ID, Seq: seq, What: fmt.Sprintf(format, args...)})
	}
	there := map[int]bool{}
	highest := 0
	for _, rec := range records {
		there[rec.Seq] = true
		highest = max(highest, rec.Seq)
	}
	for _, gap := range gaps(there, min(highest, len(records)+r.Steps)) {
		say(Dropped, gap, "it is missing between the others")
	}
	var before *parry.Record
	for i := range records {
		rec := &records[i]
		if rec.Response != r.ID {
			say(Changed, rec.Seq, "it says that it belongs to response %q", cut(rec.Response))
		}
		if sum := rec.Sum(); sum != rec.Hash {
			say(Changed, rec.Seq, "its hash is %s and must be %s", short(rec.Hash), short(sum))
		}
		switch {
		case rec.Seq < 1:
			say(Changed, rec.Seq, "%d is not the number of a record", rec.Seq)
		case before != nil && rec.Seq == before.Seq:
			say(Reordered, rec.Seq, "it is there twice")
		case before != nil && rec.Seq < before.Seq:
			say(Reordered, rec.Seq, "it stands behind record %d", before.Seq)
		case before == nil && rec.Seq == 1 && rec.Prev != "":
			say(Changed, 1, "it is the first and says that record %s is before it", short(rec.Prev))
		case before != nil && rec.Seq == before.Seq+1 && rec.Prev != before.Hash:
			say(Changed, before.Seq, "record %d was written behind another one, with the hash %s", rec.Seq, short(rec.Prev))
		}
		before = rec
	}
	return append(faults, against(r, records)...)
}

// against holds the response to its last record.
func against(r parry.Response, records []parry.Record) (faults []Fault) {
	say := func(k Kind, seq int, format string, args ...any) {
		faults = append(faults, Fault{Kind: k, Response: r.ID, Seq: seq, What: fmt.Sprintf(format, args...)})
	}
	if len(records) == 0 {
		if r.Steps > 0 {
			say(Truncated, 0, "it has no records, and says that it has %d", r.Steps)
		} else {
			say(Truncated, 0, "it has no records")
		}
		return faults
	}
	last := records[len(records)-1]
	switch {
	case r.Steps > last.Seq:
		say(Truncated, r.Steps, "the response has %d records by its own count, and the last one that is there is %d", r.Steps, last.Seq)
	case r.Steps != last.Seq:
		say(Changed, 0, "it says that it has %d records, and the last one is %d", r.Steps, last.Seq)
	case r.Chain != last.Hash:
		say(Changed, 0, "its chain ends with %s, and its last record is %s", short(r.Chain), short(last.Hash))
	}
	if r.Stored != last.State || r.State != r.Stored {
		say(Changed, 0, "it is %q (%q), and its last record left it %q", r.State, r.Stored, last.State)
	}
	if p := r.Plan; p.Digest != "" {
		if p.Seal(); p.Digest != r.Plan.Digest {
			say(Changed, 0, "its plan has not the digest that it says: %s", short(r.Plan.Digest))
		}
	}
	return faults
}

// gaps are the numbers from 1 that are not there, below the highest.
func gaps(there map[int]bool, highest int) (missing []int) {
	for n := 1; n < highest; n++ {
		if !there[n] {
			missing = append(missing, n)
		}
	}
	return slices.Clip(missing)
}

// short is the beginning of a hash, for people.
func short(hash string) string {
	if hash == "" {
		return "none"
	}
	return cut(hash)
}

// cut bounds a text that somebody may have put into the store, and keeps control characters out of the report.
func cut(s string) string {
	r := []rune(s)
	if len(r) > 19 {
		r = append(r[:18:18], '…')
	}
	for i, c := range r {
		if c < ' ' || c == 0x7f {
			r[i] = '?'
		}
	}
	return string(r)
}
