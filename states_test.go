package parry_test

import (
	"slices"
	"testing"

	"parry"
)

func TestTransitions(t *testing.T) {
	seen := map[parry.Transition]bool{}
	reached := map[parry.State]bool{"": true}
	for _, tr := range parry.Transitions() {
		if seen[tr] {
			t.Errorf("%v stands twice", tr)
		}
		seen[tr] = true
		if !slices.Contains(parry.States(), tr.To) || tr.From != "" && !slices.Contains(parry.States(), tr.From) {
			t.Errorf("%v is about a state that is none", tr)
		}
		if err := parry.Next(tr.From, tr.Move, tr.To); err != nil {
			t.Error(err)
		}
	}
	for grew := true; grew; {
		grew = false
		for tr := range seen {
			if reached[tr.From] && !reached[tr.To] {
				reached[tr.To], grew = true, true
			}
		}
	}
	for _, s := range parry.States() {
		if !reached[s] {
			t.Errorf("nothing leads to %q", s)
		}
	}
	// Nothing is applied without a yes, and what is at its end stays there but for an undo.
	for tr := range seen {
		switch {
		case tr.To == parry.Applying && !tr.From.Begun():
			t.Errorf("%v: a call without a yes", tr)
		case tr.To == parry.Approved && tr.From != tr.To && tr.From != "" && tr.From != parry.Waiting:
			t.Errorf("%v: a yes to what was not asked", tr)
		case tr.To != tr.From && slices.Contains([]parry.State{parry.Rejected, parry.Expired, parry.Nothing, parry.Alerted, parry.Held, parry.Undone}, tr.From):
			t.Errorf("%v: it was at its end", tr)
		}
	}
	if err := parry.Next(parry.Rejected, parry.MoveApproved, parry.Approved); err == nil {
		t.Error("what was rejected can be approved")
	}
}

func TestARecordThatIsChangedHasAnotherSum(t *testing.T) {
	rec := parry.Record{Response: "r", Seq: 1, Kind: parry.MoveCall, State: parry.Applying, Text: "t", Call: &parry.Outcome{Change: "c"}}
	rec.Seal("before")
	if rec.Hash == "" || rec.Sum() != rec.Hash {
		t.Fatalf("%q", rec.Hash)
	}
	for name, change := range map[string]func(*parry.Record){
		"response": func(r *parry.Record) { r.Response = "s" }, "number": func(r *parry.Record) { r.Seq++ }, "time": func(r *parry.Record) { r.At = r.At.Add(1) },
		"kind": func(r *parry.Record) { r.Kind = parry.MoveIntent }, "state": func(r *parry.Record) { r.State = parry.Done }, "text": func(r *parry.Record) { r.Text += "." },
		"call": func(r *parry.Record) { r.Call = &parry.Outcome{Change: "d"} }, "the one before": func(r *parry.Record) { r.Prev = "another" },
	} {
		changed := rec
		if change(&changed); changed.Sum() == rec.Hash {
			t.Errorf("another %s has the same sum", name)
		}
	}
}
