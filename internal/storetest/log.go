package storetest

import (
	"fmt"
	"testing"
	"time"

	"parry"
)

// logAll puts all that is not in the log yet into it, n at a time at the most, and gives the log's length.
func logAll(t *testing.T, s parry.Store, n int) int64 {
	t.Helper()
	length := int64(len(leaves(t, s)))
	for {
		some, err := s.Unlogged(t.Context(), n)
		ok(t, err)
		if len(some) > n {
			t.Fatalf("%d records, more than the %d asked for", len(some), n)
		}
		if len(some) == 0 {
			return length
		}
		ok(t, s.Log(t.Context(), length, some))
		length += int64(len(some))
	}
}

// leaves is the whole log.
func leaves(t *testing.T, s parry.Store) []parry.Leaf {
	t.Helper()
	all, err := s.Leaves(t.Context(), 0, 1_000_000)
	ok(t, err)
	return all
}

// isLogged wants every record of the responses in the log once, those of each in order, and nothing else.
func isLogged(t *testing.T, s parry.Store, responses ...string) {
	t.Helper()
	next, total := map[string]int{}, 0
	for i, l := range leaves(t, s) {
		if next[l.Response]++; l.Seq != next[l.Response] {
			t.Fatalf("leaf %d is record %d of %s, where %d should come", i, l.Seq, l.Response, next[l.Response])
		}
		total++
	}
	want := 0
	for _, id := range responses {
		for _, rec := range history(t, s, id) {
			want++
			if rec.Seq > next[id] {
				t.Errorf("record %d of %s is not in the log", rec.Seq, id)
			}
		}
	}
	same(t, want, total)
}

// unlogged is what is not in the log yet, as far as one answer gives it.
func unlogged(t *testing.T, s parry.Store, n int) []parry.Leaf {
	t.Helper()
	all, err := s.Unlogged(t.Context(), n)
	ok(t, err)
	return all
}

func logged(t *testing.T, s parry.Store) {
	same(t, nil, unlogged(t, s, 10))
	same(t, nil, leaves(t, s))
	same(t, int64(0), logAll(t, s, 10))
	a, b := at("r-a", "k", noon), at("r-b", "k", noon)
	var want []parry.Record
	for i := range 12 {
		a.Steps++
		rec := record(a.ID, a.Steps)
		rec.At = noon.Add(-time.Duration(i) * time.Minute) // a clock that goes back does not change the order
		rec.Seal("")
		save(t, s, a, rec)
		want = append(want, rec)
		step(t, s, &b)
	}
	same(t, 5, len(unlogged(t, s, 5)))
	same(t, nil, unlogged(t, s, 0))
	same(t, unlogged(t, s, 5), unlogged(t, s, 5)) // to look changes nothing
	same(t, int64(24), logAll(t, s, 5))
	isLogged(t, s, "r-a", "r-b")
	all := leaves(t, s)
	for _, l := range all {
		if l.Response == a.ID && l.Hash != want[l.Seq-1].Hash {
			t.Errorf("the leaf of record %d has the hash %q, not %q", l.Seq, l.Hash, want[l.Seq-1].Hash)
		}
	}
	same(t, nil, unlogged(t, s, 10))
	step(t, s, &a) // what comes later is logged later
	same(t, []parry.Leaf{{Response: "r-a", Seq: 13, Hash: history(t, s, "r-a")[12].Hash}}, unlogged(t, s, 10))
	same(t, int64(25), logAll(t, s, 10))
	all = leaves(t, s)
	for _, p := range []struct{ from, n int }{{0, 1}, {0, 7}, {4, 1}, {5, 10}, {7, 0}, {11, 3}, {24, 5}, {20, 5}, {25, 5}, {99, 5}} {
		got, err := s.Leaves(t.Context(), int64(p.from), p.n)
		ok(t, err)
		from := min(p.from, len(all))
		same(t, all[from:min(from+p.n, len(all))], got)
	}
}

func logRefuses(t *testing.T, s parry.Store) {
	a, b := at("r-a", "k", noon), at("r-b", "k", noon)
	for range 4 {
		step(t, s, &a)
		step(t, s, &b)
	}
	first := unlogged(t, s, 3)
	for _, wrong := range []int64{-1, 1, 3} {
		kind(t, parry.Conflict, s.Log(t.Context(), wrong, first), "a log of another length, ", wrong)
	}
	same(t, nil, leaves(t, s))
	ok(t, s.Log(t.Context(), 0, first))
	rest := unlogged(t, s, 100)
	same(t, 5, len(rest))
	before := leaves(t, s)
	for _, wrong := range []int64{0, 2, 4} {
		kind(t, parry.Conflict, s.Log(t.Context(), wrong, rest), "a log of another length, ", wrong)
	}
	for what, bad := range map[string][]parry.Leaf{
		"a leaf that is in the log":            {first[0]},
		"one of them is in the log":            {rest[0], rest[1], first[2]},
		"one of them twice":                    {rest[0], rest[1], rest[0]},
		"there is no such record":              {rest[0], {Response: "r-a", Seq: 5, Hash: "h"}},
		"there is no such response":            {rest[0], {Response: "r-none", Seq: 1, Hash: "h"}},
		"there is no record with this number":  {{Response: "r-a", Seq: 0, Hash: "h"}},
		"a record of no response, first of it": {{Seq: 1, Hash: "h"}, rest[0]},
	} {
		if s.Log(t.Context(), 3, bad) == nil {
			t.Errorf("%s: logged", what)
		}
		same(t, before, leaves(t, s))
		same(t, rest, unlogged(t, s, 100))
	}
	same(t, int64(8), logAll(t, s, 100))
	isLogged(t, s, "r-a", "r-b")
}

// logSkips logs what came later first. What was passed over is not forgotten.
func logSkips(t *testing.T, s parry.Store) {
	a, b := at("r-a", "k", noon), at("r-b", "k", noon)
	step(t, s, &a)
	step(t, s, &b)
	step(t, s, &a)
	for _, l := range unlogged(t, s, 10) {
		if l.Response == "r-b" {
			ok(t, s.Log(t.Context(), 0, []parry.Leaf{l}))
		}
	}
	same(t, 2, len(unlogged(t, s, 10)))
	step(t, s, &b)
	same(t, int64(4), logAll(t, s, 10))
	isLogged(t, s, "r-a", "r-b")
}

func logRace(t *testing.T, s parry.Store) { raceForLog(t, s) }

// raceForLog lets several workers log while others save. Nothing is lost, nothing doubled.
func raceForLog(t *testing.T, stores ...parry.Store) {
	const savers, loggers, steps = 4, 4, 15
	id := func(i int) string { return fmt.Sprint("r-", i) }
	errs := together(savers+loggers, func(i int) error {
		s := stores[i%len(stores)]
		if i >= savers {
			return logSome(t, s, steps)
		}
		r := at(id(i), "k", noon)
		for range steps {
			r.Steps++
			if err := s.Save(t.Context(), r, record(r.ID, r.Steps)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		ok(t, err)
	}
	for _, s := range stores {
		same(t, int64(savers*steps), logAll(t, s, 7))
		isLogged(t, s, id(0), id(1), id(2), id(3))
	}
}

// logSome logs for some rounds as a worker does: it follows the log, adds what is missing, and begins again where another was faster.
func logSome(t *testing.T, s parry.Store, rounds int) error {
	at := int64(0)
	for range rounds {
		for {
			some, err := s.Leaves(t.Context(), at, 50)
			if err != nil {
				return err
			}
			if len(some) == 0 {
				break
			}
			at += int64(len(some))
		}
		some, err := s.Unlogged(t.Context(), 5)
		if err != nil {
			return err
		}
		if err := s.Log(t.Context(), at, some); err != nil && parry.KindOf(err) != parry.Conflict {
			// Another may have logged them and this have met the log's new length, too; then it is told as a conflict.
			return err
		}
	}
	return nil
}

func checkpoints(t *testing.T, s parry.Store) {
	kept := func() (all []string) {
		t.Helper()
		texts, err := s.Checkpoints(t.Context())
		ok(t, err)
		for _, b := range texts {
			all = append(all, string(b))
		}
		return all
	}
	same(t, nil, kept())
	for _, length := range []int64{10, 2, 9, 1 << 40, 100} {
		ok(t, s.KeepCheckpoint(t.Context(), length, fmt.Appendf(nil, "parry\n%d\n\x00\xff", length)))
	}
	want := []string{"parry\n2\n\x00\xff", "parry\n9\n\x00\xff", "parry\n10\n\x00\xff", "parry\n100\n\x00\xff", "parry\n1099511627776\n\x00\xff"}
	same(t, want, kept())
	ok(t, s.KeepCheckpoint(t.Context(), 9, []byte("another, of the same length"))) // the first may have been given away
	same(t, want, kept())
}

func words(t *testing.T, s parry.Store) {
	is := func(name, want string) {
		t.Helper()
		got, err := s.Get(t.Context(), name)
		ok(t, err)
		same(t, want, got)
	}
	is("stop", "")
	ok(t, s.Set(t.Context(), "stop", "")) // there is nothing to forget
	ok(t, s.Set(t.Context(), "stop", "ada: \x00 a \u2028 '); DROP TABLE words; --"))
	is("stop", "ada: \x00 a \u2028 '); DROP TABLE words; --")
	is("Stop", "")
	why, err := s.Held(t.Context(), "stop") // a hold is something else
	ok(t, err)
	same(t, "", why)
	ok(t, s.Set(t.Context(), "stop", "bob"))
	ok(t, s.Set(t.Context(), "another", "eve"))
	is("stop", "bob")
	ok(t, s.Set(t.Context(), "stop", ""))
	is("stop", "")
	is("another", "eve")
}
