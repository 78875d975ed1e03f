package storetest

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parry"
)

// noise is text that cannot be made shorter than half its length.
func noise(n int, seed uint64) string {
	b := make([]byte, n/2)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(b)
}

// large saves responses and records that are larger than a backend takes or gives at once.
func large(t *testing.T, s parry.Store) {
	r := at("r-large", "k-large", noon)
	for i, size := range []int{1 << 20, 2 << 20, 1 << 20, 100, 3 << 20, 0} { // it grows and shrinks
		r.Reason = noise(size, uint64(i))
		r.Left = map[string]any{"plain": string(slices.Repeat([]byte("<&>"), size))}
		step(t, s, &r)
		same(t, r, get(t, s, r.ID))
		got, err := s.Latest(t.Context(), r.Key)
		ok(t, err)
		same(t, r, got)
	}
	var want []parry.Record
	for i := range 8 {
		rec := fullRecord(r.ID, r.Steps+1)
		rec.Text = noise(900_000, uint64(i))
		r.Steps++
		save(t, s, r, rec)
		want = append(want, rec)
	}
	same(t, want, history(t, s, r.ID)[r.Steps-len(want):])
	var ids_ []string
	for i := range 40 { // some 4 MB
		one := at(fmt.Sprintf("r-%02d", i), "k", noon.Add(-time.Duration(i)*time.Second))
		one.Reason, one.Wake = noise(200_000, uint64(i)), noon
		step(t, s, &one)
		ids_ = append(ids_, one.ID)
	}
	same(t, append([]string{r.ID}, ids_...), ids(listed(t, s, 100)))
	same(t, append([]string{r.ID}, ids_...), ids(walk(t, s, parry.Query{Limit: 17}, func(int) {})))
	all, err := s.Due(t.Context(), noon, 100)
	ok(t, err)
	same(t, ids_, ids(all))
	text := []byte(noise(2<<20, 7))
	ok(t, s.KeepSource(t.Context(), "sha256:large", text))
	ok(t, s.KeepSource(t.Context(), "sha256:large", text[:10]))
	got, err := s.Source(t.Context(), "sha256:large")
	ok(t, err)
	if string(got) != string(text) {
		t.Error("a large playbook is not what was kept")
	}
}

// longNames uses names that are longer than a backend's keys may be, and differ at their end only.
func longNames(t *testing.T, s parry.Store) {
	long := noise(3000, 1)
	for _, end := range []string{"a", "b"} {
		r := applying("r-"+end, long+"rule"+end, long+end, noon)
		r.Key, r.Target.ID, r.Answer.Playbook = long+end, long+end, long+end
		step(t, s, &r)
		ok(t, s.Hold(t.Context(), r.Key, "held "+end))
		ok(t, s.Set(t.Context(), r.Key, "word "+end))
		ok(t, s.Claim(t.Context(), r.Resource(), end, noon, time.Minute))
		ok(t, s.KeepSource(t.Context(), r.Key, []byte("source "+end)))
	}
	for _, end := range []string{"a", "b"} {
		key := long + end
		isLatest(t, s, key, "r-"+end)
		why, err := s.Held(t.Context(), key)
		ok(t, err)
		same(t, "held "+end, why)
		word, err := s.Get(t.Context(), key)
		ok(t, err)
		same(t, "word "+end, word)
		text, err := s.Source(t.Context(), key)
		ok(t, err)
		same(t, "source "+end, string(text))
		r := get(t, s, "r-"+end)
		kind(t, parry.Conflict, s.Claim(t.Context(), r.Resource(), "eve", noon, time.Minute), end)
		counted(t, s, r.Answer.Rule, "", noon, 1)
		counted(t, s, "", r.Target.Account, noon, 1)
		n, err := s.Count(t.Context(), parry.Tally{Resource: r.Resource(), Playbook: r.Answer.Playbook})
		ok(t, err)
		same(t, 1, n)
	}
}

// many fills a store and asks it everything that is asked while it works.
func many(t *testing.T, s parry.Store, n int) {
	const workers = 16
	started := time.Now()
	errs := together(workers, func(w int) error {
		for i := w; i < n; i += workers {
			if err := saveOneOfMany(t, s, i); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		ok(t, err)
	}
	t.Logf("%d responses saved, %.0f a second", n, float64(n)/time.Since(started).Seconds())

	ask := func(what string, f func() error) {
		t.Helper()
		began := time.Now()
		ok(t, f())
		took := time.Since(began)
		t.Logf("%-34s %s", what, took.Round(time.Millisecond/10))
	}
	page := func(q parry.Query, want int) func() error {
		return func() error {
			got, _, err := s.List(t.Context(), q)
			same(t, want, len(got))
			return err
		}
	}
	count := func(q parry.Tally, want int) func() error {
		return func() error {
			got, err := s.Count(t.Context(), q)
			same(t, want, got)
			return err
		}
	}
	ask("the newest page", page(parry.Query{Limit: 50}, 50))
	ask("the newest page in a state", page(parry.Query{Limit: 50, State: parry.Waiting}, min(50, n/100)))
	ask("the newest page of a rule", page(parry.Query{Limit: 20, Rule: "rule 3"}, min(20, n/10)))
	ask("one by its id", func() error { return second(s.Response(t.Context(), manyID(n/2))) })
	ask("the latest of a key", func() error { return second(s.Latest(t.Context(), fmt.Sprint("key ", n/3))) })
	ask("what a rule did lately", count(parry.Tally{Rule: "rule 5", Since: manyTime(n - n/10)}, n/100))
	ask("what was done in an account", count(parry.Tally{Account: "000000000005", Since: manyTime(0)}, n/100))
	ask("all that was done", count(parry.Tally{}, n/10))
	ask("what is due", func() error {
		got, err := s.Due(t.Context(), noon.Add(time.Minute), 20)
		same(t, min(20, n/100), len(got))
		return err
	})
	ask("what is to be told", func() error {
		got, err := s.Untold(t.Context(), noon.Add(time.Minute), 20)
		same(t, min(20, n/100), len(got))
		return err
	})
	ask("what is not logged", func() error {
		got, err := s.Unlogged(t.Context(), 50)
		same(t, 50, len(got))
		return err
	})
	at := int64(0)
	ask("ten times fifty logged", func() error {
		for range 10 {
			some, err := s.Unlogged(t.Context(), min(50, n/20))
			if err == nil {
				err = s.Log(t.Context(), at, some)
			}
			if err != nil {
				return err
			}
			at += int64(len(some))
		}
		return nil
	})
	same(t, int(at), len(leaves(t, s)))

	began := time.Now()
	left := n // from the newest on, none twice and none missing
	walkMany(t, s, func(r parry.Response) {
		left--
		if want := manyID(left); r.ID != want {
			t.Fatalf("%s comes where %s should", r.ID, want)
		}
	})
	same(t, 0, left)
	t.Logf("all of them, page by page, %.0f a second", float64(n)/time.Since(began).Seconds())
}

func manyID(i int) string      { return fmt.Sprintf("pr-%07d", i) }
func manyTime(i int) time.Time { return noon.Add(time.Duration(i) * time.Second) }
func walkMany(t *testing.T, s parry.Store, f func(parry.Response)) {
	t.Helper()
	q := parry.Query{Limit: 500}
	for {
		page, next, err := s.List(t.Context(), q)
		ok(t, err)
		for _, r := range page {
			f(r)
		}
		if q.After = next; next == "" {
			return
		}
	}
}

// saveOneOfMany saves the ith response: one in ten was applied, one in a hundred waits.
func saveOneOfMany(t *testing.T, s parry.Store, i int) error {
	r := at(manyID(i), fmt.Sprint("key ", i), manyTime(i))
	r.State, r.Answer.Rule, r.Target.Account = parry.Alerted, fmt.Sprint("rule ", i%10), fmt.Sprintf("%012d", i%100)
	if i%10 == 5 {
		r.State, r.Times.Applied = parry.Done, manyTime(i)
	}
	if i%100 == 7 {
		r.State, r.Wake = parry.Waiting, noon.Add(time.Duration(i%60)*time.Second)
		r.Untold = &parry.Untold{Seq: 1, Next: r.Wake}
	}
	r.Steps = 1
	return s.Save(t.Context(), r, record(r.ID, 1))
}
