// Package storetest holds every store to the contract of parry.Store. A store's own tests call Run, and add only what is its own:
// files, rights, tables, crashes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parry"
)

// Opener gives the suite its stores. Each of its functions takes care with t.Cleanup that what it opened is closed.
type Opener struct {
	// Open opens an empty store that no other test uses.
	Open func(t *testing.T) parry.Store
	// Reopen closes a store and opens it again, as after a restart; nil where nothing outlives it.
	Reopen func(t *testing.T, s parry.Store) parry.Store
	// Beside opens a store that is open already once more, as another process does; nil where that cannot be.
	Beside func(t *testing.T, s parry.Store) parry.Store
	// Cut opens a store once more over a connection that breaks at its nth request and stays broken. That request does not arrive or,
	// with lost, is carried out and its answer lost. nil for a store that no connection leads to.
	Cut func(t *testing.T, s parry.Store, n int, lost bool) parry.Store
	// Many is how many responses a store is tried with, a multiple of 100. 0 leaves that out.
	Many int
}

// Run runs the suite, each of its tests with a store of its own.
func Run(t *testing.T, o Opener) {
	tests := []struct {
		name string
		test func(t *testing.T, s parry.Store)
	}{
		{"a full response comes back as it was", roundTrip},
		{"an empty response comes back as it was", emptyRoundTrip},
		{"a second save replaces the first", upsert},
		{"text is data", textIsData},
		{"latest is the newest of its key", latest},
		{"list is newest first and no longer than asked for", list},
		{"records come in order", records},
		{"a record that is not the next is a conflict", seqConflict},
		{"a response that missed a record is a conflict", stale},
		{"a bad record leaves everything as it was", allOrNothing},
		{"a response needs an id", needsID},
		{"what is not there is not found", notFound},
		{"a claim keeps others away", claim},
		{"a claim ends when its time is over", expiry},
		{"a claim can be extended", extend},
		{"only the holder releases", release},
		{"claims are per resource", claimsApart},
		{"of many claims one wins", claimRace},
		{"of many saves of one step one wins", saveRace},
		{"responses are saved side by side", saveApart},
		{"what was applied is counted by rule, account and time", applied},
		{"of what is applied at once all is counted", appliedRace},
		{"a hold stays until it is released", hold},
		{"a source is kept once", source},
		{"a cancelled context changes nothing", cancelled},
		{"a context that is cancelled half-way leaves no half", cancelledHalfWay},
		{"pages hold what is asked for, each response once", pages},
		{"pages hold while responses are added", pagesHold},
		{"pages hold while others save", pagesRace},
		{"what was applied is counted by every combination", tallies},
		{"who has to wake is due, the longest overdue first", due},
		{"what is to be told is found in its time, the longest overdue first", untold},
		{"every record is logged once, in order", logged},
		{"the log takes all or nothing, and nothing twice", logRefuses},
		{"what the log passed over is not forgotten", logSkips},
		{"of many who log nothing is lost", logRace},
		{"checkpoints stay, the shortest first", checkpoints},
		{"a word stays until it is forgotten", words},
		{"responses may be large", large},
		{"names may be long", longNames},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, o.Open(t)) })
	}
	if o.Reopen != nil {
		t.Run("everything is there after a restart", func(t *testing.T) { restart(t, o) })
	}
	if o.Beside != nil {
		t.Run("what one saves the other sees", func(t *testing.T) { seen(t, o) })
		t.Run("of many claims from two sides one wins", func(t *testing.T) {
			s := o.Open(t)
			raceForClaim(t, s, o.Beside(t, s))
		})
		t.Run("of many saves from two sides one wins", func(t *testing.T) {
			s := o.Open(t)
			raceForStep(t, s, o.Beside(t, s))
		})
		t.Run("of many who log from two sides nothing is lost", func(t *testing.T) {
			s := o.Open(t)
			raceForLog(t, s, o.Beside(t, s))
		})
	}
	if o.Cut != nil {
		t.Run("a connection that breaks leaves no half", func(t *testing.T) { cuts(t, o) })
	}
	if o.Many > 0 {
		t.Run("it holds very many", func(t *testing.T) { many(t, o.Open(t), o.Many) })
	}
}

func roundTrip(t *testing.T, s parry.Store) {
	want := Full("r-1", "k", noon)
	rec := fullRecord("r-1", 1)
	want.Steps = 1
	save(t, s, want, rec)
	same(t, want, get(t, s, "r-1"))
	got, err := s.Latest(t.Context(), "k")
	ok(t, err)
	same(t, want, got)
	same(t, []parry.Response{want}, listed(t, s, 10))
	same(t, []parry.Record{rec}, history(t, s, "r-1"))
}

func emptyRoundTrip(t *testing.T, s parry.Store) {
	want := parry.Response{ID: "r-1"}
	save(t, s, want)
	same(t, want, get(t, s, "r-1"))
	same(t, []parry.Response{want}, listed(t, s, 10))
	same(t, nil, history(t, s, "r-1"))
}

func upsert(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	r.State = parry.Waiting
	step(t, s, &r)
	r.State, r.Reason, r.By = parry.Done, "verified", "ada"
	step(t, s, &r)
	same(t, r, get(t, s, "r-1"))
	same(t, []parry.Response{r}, listed(t, s, 10))
	r.Reason = "a word more" // without a record
	save(t, s, r)
	same(t, r, get(t, s, "r-1"))
}

func textIsData(t *testing.T, s parry.Store) {
	nasty := "'); DROP TABLE responses; -- \"<b>&amp;</b> ${target.id} %s %_ \\ \x00 \u2028 \U0001F512 " + strings.Repeat("long ", 2000)
	r := at("r-'%_\"", nasty[:200], noon)
	r.Reason, r.Left = nasty, map[string]any{nasty[:40]: nasty}
	step(t, s, &r)
	same(t, r, get(t, s, r.ID))
	got, err := s.Latest(t.Context(), r.Key)
	ok(t, err)
	same(t, r, got)
	ok(t, s.Hold(t.Context(), r.Key, nasty))
	why, err := s.Held(t.Context(), r.Key)
	ok(t, err)
	same(t, nasty, why)
}

func latest(t *testing.T, s parry.Store) {
	save(t, s, at("r-b", "k", noon.Add(time.Second)))
	save(t, s, at("r-c", "k", noon))
	save(t, s, at("r-d", "another", noon.Add(time.Hour)))
	isLatest(t, s, "k", "r-b")
	old := at("r-c", "k", noon)
	old.Reason = "saved again, and no newer for it"
	save(t, s, old)
	isLatest(t, s, "k", "r-b")
	save(t, s, at("r-a", "k", noon.Add(time.Second+time.Nanosecond)))
	isLatest(t, s, "k", "r-a")
	east := time.FixedZone("east", 10*3600) // a clock that shows more, at a time that is earlier
	save(t, s, at("r-e", "k", noon.Add(-time.Hour).In(east)))
	isLatest(t, s, "k", "r-a")
	save(t, s, at("r-z", "k", noon.Add(time.Second+time.Nanosecond)))
	isLatest(t, s, "k", "r-z") // as new as r-a: the greater id
}

func list(t *testing.T, s parry.Store) {
	same(t, nil, ids(listed(t, s, 10)))
	for _, r := range []struct {
		id    string
		after time.Duration
	}{{"r-2", 2}, {"r-4", 1}, {"r-1", 1}, {"r-3", 1}, {"r-0", 3}} {
		save(t, s, at(r.id, "k-"+r.id, noon.Add(r.after*time.Minute)))
	}
	all := []string{"r-0", "r-2", "r-4", "r-3", "r-1"}
	same(t, all, ids(listed(t, s, 10)))
	same(t, all, ids(listed(t, s, 5)))
	same(t, all[:3], ids(listed(t, s, 3)))
	same(t, all, ids(listed(t, s, 0))) // a page of the usual size
}

func records(t *testing.T, s parry.Store) {
	a, b := at("r-a", "k", noon), at("r-b", "k", noon)
	var want []parry.Record
	for range 12 { // past 9, where text would no longer sort as numbers do
		a.Steps++
		rec := fullRecord(a.ID, a.Steps)
		rec.At = noon.Add(-time.Duration(a.Steps) * time.Minute) // a clock that goes back does not change the order
		save(t, s, a, rec)
		want = append(want, rec)
		step(t, s, &b)
	}
	a.Steps += 2
	more := []parry.Record{fullRecord(a.ID, 13), fullRecord(a.ID, 14)}
	save(t, s, a, more...)
	same(t, append(want, more...), history(t, s, "r-a"))
	same(t, 12, len(history(t, s, "r-b")))
	same(t, nil, history(t, s, "r-none"))
}

func seqConflict(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	step(t, s, &r)
	step(t, s, &r)
	before := history(t, s, "r-1")
	for _, seqs := range [][]int{{2}, {1}, {0}, {-1}, {4}, {3, 5}, {3, 3}, {4, 3}} {
		var recs []parry.Record
		for _, n := range seqs {
			recs = append(recs, record("r-1", n))
		}
		for _, steps := range []int{seqs[len(seqs)-1], r.Steps + len(seqs)} { // whatever the response says of them
			next := r
			next.Reason, next.Steps = "must not be stored", steps
			kind(t, parry.Conflict, s.Save(t.Context(), next, recs...), "records ", seqs, " at step ", steps)
		}
	}
	same(t, r, get(t, s, "r-1"))
	same(t, before, history(t, s, "r-1"))
	fresh := at("r-2", "k", noon)
	fresh.Steps = 2
	kind(t, parry.Conflict, s.Save(t.Context(), fresh, record("r-2", 2)), "a history that begins with 2")
	kind(t, parry.NotFound, second(s.Response(t.Context(), "r-2")), "its response")
}

func stale(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	step(t, s, &r)
	old := r
	step(t, s, &r)
	old.Reason = "must not be stored"
	kind(t, parry.Conflict, s.Save(t.Context(), old), "a save without a record, one step behind")
	ahead := r
	ahead.Steps++
	kind(t, parry.Conflict, s.Save(t.Context(), ahead), "a step without its record")
	same(t, r, get(t, s, "r-1"))
}

func allOrNothing(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	step(t, s, &r)
	before := history(t, s, "r-1")
	other := at("r-2", "k", noon)
	step(t, s, &other)
	step(t, s, &other)
	for name, recs := range map[string][]parry.Record{
		"the second has no place":           {record("r-1", 2), record("r-1", 2)},
		"the second is another response's":  {record("r-1", 2), record("r-2", 3)}, // where it would fit
		"the second is an unknown's":        {record("r-1", 2), record("r-3", 3)},
		"the first is of nobody's":          {record("", 2)},
		"it cannot be written as JSON":      {unwritable("r-1", 2)},
		"the last cannot be written either": {record("r-1", 2), unwritable("r-1", 3)},
	} {
		next := r
		next.State, next.Steps = parry.Failed, r.Steps+len(recs)
		if s.Save(t.Context(), next, recs...) == nil {
			t.Errorf("%s: saved", name)
		}
		same(t, r, get(t, s, "r-1"))
		same(t, before, history(t, s, "r-1"))
		same(t, other.Steps, len(history(t, s, "r-2")))
	}
	broken := r
	broken.Left = map[string]any{"x": make(chan int)}
	broken.Steps = 2
	if s.Save(t.Context(), broken, record("r-1", 2)) == nil {
		t.Error("a response that is not JSON is saved")
	}
	same(t, before, history(t, s, "r-1"))
	r.State = parry.Done
	step(t, s, &r) // the place is still free
	same(t, r, get(t, s, "r-1"))
}

func needsID(t *testing.T, s parry.Store) {
	kind(t, parry.Invalid, s.Save(t.Context(), parry.Response{Key: "k"}), "a response without an id")
	same(t, nil, ids(listed(t, s, 10)))
}

func notFound(t *testing.T, s parry.Store) {
	for range 2 { // in an empty store, and in one that holds others
		for what, err := range map[string]error{
			"response": second(s.Response(t.Context(), "r-none")),
			"latest":   second(s.Latest(t.Context(), "k-none")),
			"source":   second(s.Source(t.Context(), "sha256:none")),
		} {
			kind(t, parry.NotFound, err, what)
			if parry.HintOf(err) == "" {
				t.Errorf("%s: %v, without a next step", what, err)
			}
		}
		save(t, s, at("r-1", "k", noon))
		ok(t, s.KeepSource(t.Context(), "sha256:1", []byte("name: a")))
	}
}

func claim(t *testing.T, s parry.Store) {
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	err := s.Claim(t.Context(), "door", "bob", noon.Add(time.Second), time.Minute)
	kind(t, parry.Conflict, err, "a second holder")
	if err != nil && !strings.Contains(err.Error(), "ada") {
		t.Errorf("%v does not say who has it", err)
	}
	west := time.FixedZone("west", -10*3600)
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon.Add(time.Second).In(west), time.Minute), "from another time zone")
	east := time.FixedZone("east", 10*3600)
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon.Add(time.Second).In(east), time.Minute), "from another time zone")
}

func expiry(t *testing.T, s parry.Store) {
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon.Add(time.Minute-time.Millisecond), time.Minute), "just before the end")
	ok(t, s.Claim(t.Context(), "door", "bob", noon.Add(time.Minute), time.Minute))
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "ada", noon.Add(time.Minute), time.Minute), "the old holder")
	ok(t, s.Release(t.Context(), "door", "ada")) // it is no longer hers to give back
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "eve", noon.Add(time.Minute), time.Minute), "after the old holder's release")
}

func extend(t *testing.T, s parry.Store) {
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	ok(t, s.Claim(t.Context(), "door", "ada", noon.Add(50*time.Second), time.Minute))
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon.Add(90*time.Second), time.Minute), "within the extension")
	ok(t, s.Claim(t.Context(), "door", "ada", noon.Add(time.Hour), time.Minute)) // long over, and nobody came
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon.Add(time.Hour), time.Minute), "claimed anew")
}

func release(t *testing.T, s parry.Store) {
	ok(t, s.Release(t.Context(), "door", "ada"))
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	ok(t, s.Release(t.Context(), "door", "bob"))
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon, time.Minute), "after a stranger's release")
	ok(t, s.Release(t.Context(), "door", "ada"))
	ok(t, s.Release(t.Context(), "door", "ada"))
	ok(t, s.Claim(t.Context(), "door", "bob", noon, time.Minute))
}

func claimsApart(t *testing.T, s parry.Store) {
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	ok(t, s.Claim(t.Context(), "window", "bob", noon, time.Minute))
	ok(t, s.Claim(t.Context(), "gate", "ada", noon, time.Minute))
	ok(t, s.Release(t.Context(), "gate", "ada"))
	kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon, time.Minute), "door")
	kind(t, parry.Conflict, s.Claim(t.Context(), "window", "ada", noon, time.Minute), "window")
}

func claimRace(t *testing.T, s parry.Store) { raceForClaim(t, s) }

// raceForClaim lets fifty holders go for one lease, first for a free one, then for one that is over.
func raceForClaim(t *testing.T, stores ...parry.Store) {
	for _, now := range []time.Time{noon, noon.Add(time.Hour)} {
		errs := together(50, func(i int) error {
			return stores[i%len(stores)].Claim(t.Context(), "door", fmt.Sprintf("holder-%02d", i), now, time.Minute)
		})
		winner := oneWinner(t, errs)
		for _, s := range stores {
			kind(t, parry.Conflict, s.Claim(t.Context(), "door", "late", now, time.Minute), "after the race")
			ok(t, s.Claim(t.Context(), "door", fmt.Sprintf("holder-%02d", winner), now, time.Minute))
		}
	}
}

func saveRace(t *testing.T, s parry.Store) { raceForStep(t, s) }

// raceForStep lets twenty workers take the same response one step further, several times.
func raceForStep(t *testing.T, stores ...parry.Store) {
	r := at("r-1", "k", noon)
	for range 3 {
		r.Steps++
		errs := together(20, func(i int) error {
			mine := r
			mine.By = fmt.Sprint("worker ", i)
			return stores[i%len(stores)].Save(t.Context(), mine, record("r-1", r.Steps))
		})
		r.By = fmt.Sprint("worker ", oneWinner(t, errs))
		for _, s := range stores {
			same(t, r, get(t, s, "r-1"))
			same(t, r.Steps, len(history(t, s, "r-1")))
		}
	}
}

func saveApart(t *testing.T, s parry.Store) {
	const responses, steps = 20, 4
	errs := together(responses, func(i int) error {
		r := at(fmt.Sprintf("r-%02d", i), "k", noon)
		for range steps {
			r.Steps++
			if err := s.Save(t.Context(), r, record(r.ID, r.Steps)); err != nil {
				return err
			}
			if _, _, err := s.List(t.Context(), parry.Query{Limit: 5}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		ok(t, err)
	}
	same(t, responses, len(listed(t, s, 2*responses)))
	for i := range responses {
		id := fmt.Sprintf("r-%02d", i)
		same(t, steps, get(t, s, id).Steps)
		same(t, steps, len(history(t, s, id)))
	}
}

// applying is a response of a rule whose apply began at a time; a zero one never did.
func applying(id, rule, account string, began time.Time) parry.Response {
	r := at(id, "k-"+id, noon)
	r.Answer.Rule, r.Target.Account, r.Times.Applied = rule, account, began
	return r
}

func counted(t *testing.T, s parry.Store, rule, account string, since time.Time, want int) {
	t.Helper()
	n, err := s.Count(t.Context(), parry.Tally{Rule: rule, Account: account, Since: since})
	ok(t, err)
	same(t, want, n)
}

func applied(t *testing.T, s parry.Store) {
	const one, two = "111122223333", "444455556666"
	counted(t, s, "r", "", time.Time{}, 0)
	east := time.FixedZone("east", 10*3600) // a clock that shows more, at the same time
	for _, r := range []parry.Response{
		applying("r-1", "r", one, noon), applying("r-2", "r", one, noon.Add(time.Nanosecond)), applying("r-3", "r", two, noon.Add(-time.Nanosecond)),
		applying("r-4", "r", two, noon.Add(time.Hour).In(east)), applying("r-5", "r", one, time.Time{}), applying("r-6", "another", one, noon),
		applying("r-7", "r%", one, noon), applying("r-8", "R", one, noon),
	} {
		save(t, s, r)
	}
	counted(t, s, "r", "", noon, 3)
	counted(t, s, "r", one, noon, 2)
	counted(t, s, "r", two, noon, 1)
	counted(t, s, "r", "777788889999", noon, 0)
	counted(t, s, "r", "", noon.Add(-time.Nanosecond), 4)
	counted(t, s, "r", "", time.Time{}, 4) // what was never applied is not there, however long ago one asks for
	counted(t, s, "r", "", noon.Add(time.Nanosecond).In(east), 2)
	counted(t, s, "r", "", noon.Add(2*time.Hour), 0)
	counted(t, s, "", "", time.Time{}, 7)                 // of any rule
	r := applying("r-5", "r", one, noon.Add(time.Minute)) // it begins now, and goes on: it is one
	step(t, s, &r)
	step(t, s, &r)
	counted(t, s, "r", one, noon, 3)
}

func appliedRace(t *testing.T, s parry.Store) {
	const n = 40
	errs := together(n, func(i int) error {
		r := applying(fmt.Sprintf("r-%02d", i), "r", fmt.Sprintf("%012d", i%2), noon)
		r.Steps = 1
		if err := s.Save(t.Context(), r, record(r.ID, 1)); err != nil {
			return err
		}
		// Its own is counted from here on, whatever the others do.
		if got, err := s.Count(t.Context(), parry.Tally{Rule: "r", Account: r.Target.Account, Since: noon}); err != nil || got < 1 || got > n/2 {
			return fmt.Errorf("%d are counted, %w", got, err)
		}
		return nil
	})
	for _, err := range errs {
		ok(t, err)
	}
	counted(t, s, "r", "", noon, n)
	counted(t, s, "r", "000000000001", noon, n/2)
}

func hold(t *testing.T, s parry.Store) {
	isHeld := func(key, want string) {
		t.Helper()
		why, err := s.Held(t.Context(), key)
		ok(t, err)
		same(t, want, why)
	}
	isHeld("k", "")
	ok(t, s.Hold(t.Context(), "k", "")) // there is nothing to release
	ok(t, s.Hold(t.Context(), "k", "ada undid response r-1"))
	isHeld("k", "ada undid response r-1")
	isHeld("another", "")
	ok(t, s.Hold(t.Context(), "k", "bob undid it again"))
	isHeld("k", "bob undid it again")
	ok(t, s.Hold(t.Context(), "k", ""))
	isHeld("k", "")
}

func source(t *testing.T, s parry.Store) {
	texts := map[string][]byte{
		"sha256:plain":  []byte("name: a\n# \u00e9 <&>\n"),
		"sha256:binary": {0, 1, 0xff, 0xfe, '\r', '\n', 0},
		"sha256:large":  []byte(strings.Repeat("change:\n", 16_000)),
		"sha256:empty":  {},
		"sha256:nil":    nil,
	}
	for range 2 {
		for digest, text := range texts {
			ok(t, s.KeepSource(t.Context(), digest, text))
		}
	}
	for digest, text := range texts {
		got, err := s.Source(t.Context(), digest)
		ok(t, err)
		same(t, text, got)
	}
	ok(t, s.KeepSource(t.Context(), "sha256:plain", []byte("name: b\n"))) // a response was made with the first
	got, err := s.Source(t.Context(), "sha256:plain")
	ok(t, err)
	same(t, texts["sha256:plain"], got)
}

func cancelled(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	step(t, s, &r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	next := r
	next.State, next.Steps = parry.Done, 2
	for what, err := range map[string]error{
		"Save":       s.Save(ctx, next, record("r-1", 2)),
		"Response":   second(s.Response(ctx, "r-1")),
		"Latest":     second(s.Latest(ctx, "k")),
		"List":       listing(s.List(ctx, parry.Query{Limit: 1})),
		"Records":    second(s.Records(ctx, "r-1")),
		"Claim":      s.Claim(ctx, "door", "ada", noon, time.Minute),
		"Release":    s.Release(ctx, "door", "ada"),
		"Hold":       s.Hold(ctx, "k", "why"),
		"Held":       second(s.Held(ctx, "k")),
		"Count":      second(s.Count(ctx, parry.Tally{Rule: "r", Since: noon})),
		"KeepSource": s.KeepSource(ctx, "sha256:1", []byte("text")),
		"Source":     second(s.Source(ctx, "sha256:1")),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, not that the context was cancelled", what, err)
		}
	}
	same(t, r, get(t, s, "r-1"))
	same(t, 1, len(history(t, s, "r-1")))
	ok(t, s.Claim(t.Context(), "door", "bob", noon, time.Minute))
	kind(t, parry.NotFound, second(s.Source(t.Context(), "sha256:1")), "a source")
	why, err := s.Held(t.Context(), "k")
	ok(t, err)
	same(t, "", why)
	step(t, s, &r)
}

// cancelledHalfWay cancels saves at all sorts of moments. Each is then there with its record, or not at all.
func cancelledHalfWay(t *testing.T, s parry.Store) {
	r := at("r-1", "k", noon)
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
		next := r
		next.Steps++
		err := s.Save(ctx, next, record("r-1", next.Steps))
		timer.Stop()
		cancel()
		switch {
		case err == nil:
			same(t, next, get(t, s, "r-1"))
		case !errors.Is(err, context.Canceled) && parry.KindOf(err) != parry.Conflict: // the one before may have gone through in the meantime
			t.Fatalf("%v, not that the context was cancelled", err)
		}
		r = settled(t, s, r)
	}
	for range 10 {
		next := settled(t, s, r)
		next.Steps++
		if err := s.Save(t.Context(), next, record("r-1", next.Steps)); parry.KindOf(err) != parry.Conflict {
			ok(t, err)
			same(t, next, settled(t, s, next))
			return
		}
	}
	t.Error("what was cancelled still goes on")
}

// settled reads a response that a worker gave up to save: it may be saved in this very moment, when the store is not in this process.
// It is soon as it was or saved, with its records.
func settled(t *testing.T, s parry.Store, r parry.Response) parry.Response {
	t.Helper()
	for range 100 {
		got, err := s.Response(t.Context(), r.ID)
		if parry.KindOf(err) == parry.NotFound && err != nil {
			got = r
			got.Steps = 0
		} else {
			ok(t, err)
		}
		if got.Steps == len(history(t, s, r.ID)) {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the records are not those of the response")
	return r
}

func restart(t *testing.T, o Opener) {
	s := o.Open(t)
	r := Full("r-1", "k", noon)
	r.Steps = 2
	recs := []parry.Record{fullRecord("r-1", 1), fullRecord("r-1", 2)}
	save(t, s, r, recs...)
	save(t, s, at("r-2", "k", noon.Add(time.Minute)))
	ok(t, s.Claim(t.Context(), "door", "ada", noon, time.Minute))
	ok(t, s.Hold(t.Context(), "k", "why"))
	ok(t, s.KeepSource(t.Context(), "sha256:1", []byte("name: a")))
	for range 2 {
		s = o.Reopen(t, s)
		same(t, r, get(t, s, "r-1"))
		same(t, recs, history(t, s, "r-1"))
		same(t, []string{"r-2", "r-1"}, ids(listed(t, s, 10)))
		isLatest(t, s, "k", "r-2")
		kind(t, parry.Conflict, s.Claim(t.Context(), "door", "bob", noon, time.Minute), "after a restart")
		why, err := s.Held(t.Context(), "k")
		ok(t, err)
		same(t, "why", why)
		text, err := s.Source(t.Context(), "sha256:1")
		ok(t, err)
		same(t, "name: a", string(text))
	}
	step(t, s, &r)
	ok(t, s.Claim(t.Context(), "door", "bob", noon.Add(time.Minute), time.Minute))
}

func seen(t *testing.T, o Opener) {
	a := o.Open(t)
	b := o.Beside(t, a)
	r := at("r-1", "k", noon)
	for range 3 { // each goes on where the other was
		step(t, a, &r)
		same(t, r, get(t, b, "r-1"))
		step(t, b, &r)
		same(t, r, get(t, a, "r-1"))
	}
	same(t, history(t, a, "r-1"), history(t, b, "r-1"))
	ok(t, a.Claim(t.Context(), "door", "ada", noon, time.Minute))
	kind(t, parry.Conflict, b.Claim(t.Context(), "door", "bob", noon, time.Minute), "from the other side")
	ok(t, b.Hold(t.Context(), "k", "why"))
	why, err := a.Held(t.Context(), "k")
	ok(t, err)
	same(t, "why", why)
}

// together runs f n times at once and gives what each returned.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// oneWinner is the number of the only one that had no error; all others must have met a conflict.
func oneWinner(t *testing.T, errs []error) int {
	t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err != nil:
			kind(t, parry.Conflict, err, "loser", i)
		case winner >= 0:
			t.Errorf("%d and %d both won", winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		t.Fatalf("none of %d won", len(errs))
	}
	return winner
}

func save(t *testing.T, s parry.Store, r parry.Response, recs ...parry.Record) {
	t.Helper()
	ok(t, s.Save(t.Context(), r, recs...))
}

// step saves a response's next step with its record.
func step(t *testing.T, s parry.Store, r *parry.Response) {
	t.Helper()
	r.Steps++
	save(t, s, *r, record(r.ID, r.Steps))
}

func get(t *testing.T, s parry.Store, id string) parry.Response {
	t.Helper()
	r, err := s.Response(t.Context(), id)
	ok(t, err)
	return r
}

func listed(t *testing.T, s parry.Store, n int) []parry.Response {
	t.Helper()
	all, _, err := s.List(t.Context(), parry.Query{Limit: n})
	ok(t, err)
	return all
}

func history(t *testing.T, s parry.Store, id string) []parry.Record {
	t.Helper()
	all, err := s.Records(t.Context(), id)
	ok(t, err)
	return all
}

func isLatest(t *testing.T, s parry.Store, key, id string) {
	t.Helper()
	r, err := s.Latest(t.Context(), key)
	ok(t, err)
	same(t, id, r.ID)
}

func ids(all []parry.Response) []string {
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func kind(t *testing.T, want parry.Kind, err error, what ...any) {
	t.Helper()
	if err == nil || parry.KindOf(err) != want {
		t.Errorf("%v: the error is %v, of kind %d, not %d", fmt.Sprint(what...), err, parry.KindOf(err), want)
	}
}

// same compares what was stored; nil and empty are the same.
func same[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("not what was stored (-want +got):\n%s", diff)
	}
}

func listing(_ []parry.Response, _ string, err error) error { return err }

func second[T any](_ T, err error) error { return err }
