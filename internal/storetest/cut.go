package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"parry"
)

// cuts breaks the connection to the store at every request of a save, of a log and of a source, before the request arrives and after it
// was carried out. What was to be written is there then, or is not, and is never there by half.
func cuts(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, lost := range []bool{false, true} {
		everyCut(t, "a save", func(n int) error {
			r := waiting(fmt.Sprintf("r-%d-%v", n, lost))
			step(t, s, &r)
			next := r
			next.Untold = &parry.Untold{Seq: 2, Next: noon.Add(2 * time.Minute)}
			next.State, next.Wake, next.Times.Applied, next.Reason = parry.Applying, noon.Add(time.Minute), noon, noise(1<<20, uint64(n))
			next.Steps += 2
			err := o.Cut(t, s, n, lost).Save(t.Context(), next, record(r.ID, 2), fullRecord(r.ID, 3))
			got := whole(t, s, r.ID)
			switch got.State {
			case r.State:
				same(t, r, got)
			default:
				same(t, next, got)
			}
			if err == nil {
				same(t, next, got)
			}
			if got.State == r.State { // a worker that tries again
				save(t, s, next, record(r.ID, 2), fullRecord(r.ID, 3))
			}
			got.State, got.Steps, got.Reason = parry.Done, 4, "and on"
			save(t, s, got, record(r.ID, 4))
			whole(t, s, r.ID)
			return err
		})
		everyCut(t, "a first save", func(n int) error {
			r := waiting(fmt.Sprintf("f-%d-%v", n, lost))
			r.Steps = 1
			err := o.Cut(t, s, n, lost).Save(t.Context(), r, record(r.ID, 1))
			if _, missing := s.Response(t.Context(), r.ID); missing == nil {
				same(t, r, whole(t, s, r.ID))
			} else {
				kind(t, parry.NotFound, missing, "a response that was not saved")
				same(t, nil, history(t, s, r.ID))
				if err == nil {
					t.Error("saved, and not there")
				}
			}
			return err
		})
		everyCut(t, "a log", func(n int) error {
			length := logAll(t, s, 50)
			r := waiting(fmt.Sprintf("l-%d-%v", n, lost))
			for range 3 {
				step(t, s, &r)
			}
			some := unlogged(t, s, 50)
			err := o.Cut(t, s, n, lost).Log(t.Context(), length, some)
			got, readErr := s.Leaves(t.Context(), length, 50)
			ok(t, readErr)
			rest := unlogged(t, s, 50)
			if len(got) == 0 && err != nil {
				same(t, some, rest)
			} else {
				same(t, some, got)
				same(t, nil, rest)
			}
			return err
		})
		everyCut(t, "a source", func(n int) error {
			digest, text := fmt.Sprintf("sha256:%d-%v", n, lost), noise(1<<20, uint64(n))
			err := o.Cut(t, s, n, lost).KeepSource(t.Context(), digest, []byte(text))
			got, missing := s.Source(t.Context(), digest)
			if missing != nil {
				kind(t, parry.NotFound, missing, "a source that was not kept")
				if err == nil {
					t.Error("kept, and not there")
				}
			} else {
				same(t, text, string(got))
			}
			return err
		})
	}
}

func waiting(id string) parry.Response {
	r := at(id, "k-"+id, noon)
	r.State, r.Wake, r.Answer.Rule = parry.Waiting, noon.Add(time.Hour), "rule of "+id
	r.Untold = &parry.Untold{Seq: 1, Next: noon.Add(time.Hour)}
	return r
}

// everyCut calls f with 1, 2 and so on until the cut comes too late to matter.
func everyCut(t *testing.T, what string, f func(n int) error) {
	t.Helper()
	for n := 1; n < 50; n++ {
		if err := f(n); err == nil {
			if n == 1 {
				t.Errorf("%s did not meet the first cut", what)
			}
			return
		}
	}
	t.Errorf("%s needs more than 50 requests", what)
}

// whole wants that everything the store tells of a response agrees, and gives the response.
func whole(t *testing.T, s parry.Store, id string) parry.Response {
	t.Helper()
	r := get(t, s, id)
	same(t, r.Steps, len(history(t, s, id)))
	isLatest(t, s, r.Key, id)
	for _, state := range parry.States() {
		all, _, err := s.List(t.Context(), parry.Query{State: state, Rule: r.Answer.Rule})
		ok(t, err)
		if has := slices.Contains(ids(all), id); has != (state == r.State) {
			t.Errorf("%s is %q, and listed as %q: %v", id, r.State, state, has)
		}
	}
	want := 0
	if !r.Times.Applied.IsZero() {
		want = 1
	}
	n, err := s.Count(t.Context(), parry.Tally{Rule: r.Answer.Rule})
	ok(t, err)
	same(t, want, n)
	listed := func(what string, list func(context.Context, time.Time, int) ([]parry.Response, error), at time.Time) {
		t.Helper()
		early, err := list(t.Context(), at.Add(-1), 1000)
		ok(t, err)
		late, err := list(t.Context(), at, 1000)
		ok(t, err)
		if slices.Contains(ids(early), id) || slices.Contains(ids(late), id) == at.IsZero() {
			t.Errorf("%s %s at %s, and is listed at another time", id, what, at)
		}
	}
	listed("wakes", s.Due, r.Wake)
	listed("is to be told of", s.Untold, r.Untold.Due())
	return r
}
