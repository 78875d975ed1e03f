package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"parry"
)

// mixed saves n responses of several states, rules and accounts, many of them received at the same time, and gives them newest first.
func mixed(t *testing.T, s parry.Store, n int) []parry.Response {
	t.Helper()
	states := []parry.State{parry.Done, parry.Waiting, parry.Failed}
	var all []parry.Response
	for i := range n {
		r := at(fmt.Sprintf("r-%03d", i*37%n), fmt.Sprint("k-", i), noon.Add(time.Duration(i/3)*time.Second))
		r.State, r.Answer.Rule, r.Target.Account = states[i%len(states)], fmt.Sprint("rule ", i%4), fmt.Sprintf("%012d", i%5)
		save(t, s, r)
		all = append(all, r)
	}
	slices.SortFunc(all, newer)
	return all
}

// newer is the order of a list.
func newer(a, b parry.Response) int {
	return cmp.Or(b.Times.Received.Compare(a.Times.Received), cmp.Compare(b.ID, a.ID))
}

// asks tells whether a query is about a response.
func asks(q parry.Query, r parry.Response) bool {
	return (q.State == "" || q.State == r.State) && (q.Rule == "" || q.Rule == r.Answer.Rule) && (q.Account == "" || q.Account == r.Target.Account)
}

// walk reads a list to its end, and lets between do something after each page.
func walk(t *testing.T, s parry.Store, q parry.Query, between func(page int)) (all []parry.Response) {
	t.Helper()
	for page := 0; ; page++ {
		got, next, err := s.List(t.Context(), q)
		ok(t, err)
		if len(got) > q.Limit && q.Limit > 0 {
			t.Fatalf("a page has %d responses, more than the %d asked for", len(got), q.Limit)
		}
		all = append(all, got...)
		if next == "" {
			return all
		}
		if next == q.After {
			t.Fatal("a page ends where it began")
		}
		q.After = next
		between(page)
	}
}

func pages(t *testing.T, s parry.Store) {
	all := mixed(t, s, 60)
	for _, state := range []parry.State{"", parry.Waiting, parry.Undone} {
		for _, rule := range []string{"", "rule 1", "rule", "RULE 1"} {
			for _, account := range []string{"", "000000000002"} {
				q := parry.Query{State: state, Rule: rule, Account: account}
				var want []string
				for _, r := range all {
					if asks(q, r) {
						want = append(want, r.ID)
					}
				}
				for _, q.Limit = range []int{0, 1, 7, len(want), 1000} {
					if q.Limit == 1 && len(want) > 20 {
						continue
					}
					same(t, want, ids(walk(t, s, q, func(int) {})))
				}
			}
		}
	}
	got, next, err := s.List(t.Context(), parry.Query{Limit: len(all)})
	ok(t, err)
	same(t, all, got)
	same(t, "", next) // nothing comes after the last one
	kind(t, parry.Invalid, listing(s.List(t.Context(), parry.Query{After: "yesterday"})), "a page after nothing that a page ended with")
}

// pagesHold reads pages while responses are added before, at and after the place, and while others go on.
func pagesHold(t *testing.T, s parry.Store) {
	all := mixed(t, s, 40)
	older := 0
	got := walk(t, s, parry.Query{Limit: 7}, func(page int) {
		save(t, s, at(fmt.Sprint("new-", page), "k", noon.Add(time.Hour)))
		save(t, s, at(fmt.Sprint("old-", page), "k", noon.Add(-time.Duration(page+1)*time.Hour)))
		older++
		r := all[page*5]
		r.State = parry.Undone
		step(t, s, &r)
	})
	seen := map[string]int{}
	for _, id := range ids(got) {
		seen[id]++
	}
	for _, r := range all {
		same(t, 1, seen[r.ID])
	}
	same(t, len(all)+older, len(got)) // of those added, the ones that belong behind the place
	if !slices.IsSortedFunc(got, newer) {
		t.Error("the pages are not in order")
	}
}

// pagesRace reads pages again and again while others save.
func pagesRace(t *testing.T, s parry.Store) {
	all := mixed(t, s, 30)
	errs := together(4, func(i int) error {
		if i > 0 {
			for n := range 15 {
				r := at(fmt.Sprintf("new-%d-%02d", i, n), "k", noon.Add(time.Duration(n)*time.Second))
				r.Steps = 1
				if err := s.Save(t.Context(), r, record(r.ID, 1)); err != nil {
					return err
				}
			}
			return nil
		}
		for range 4 {
			seen, q := map[string]int{}, parry.Query{Limit: 6}
			for {
				page, next, err := s.List(t.Context(), q)
				if err != nil {
					return err
				}
				for _, r := range page {
					if seen[r.ID]++; seen[r.ID] > 1 {
						return fmt.Errorf("%s is there twice", r.ID)
					}
				}
				if q.After = next; next == "" {
					break
				}
			}
			for _, r := range all {
				if seen[r.ID] != 1 {
					return fmt.Errorf("%s is not there", r.ID)
				}
			}
		}
		return nil
	})
	for _, err := range errs {
		ok(t, err)
	}
	same(t, 30+3*15, len(listed(t, s, 1000)))
}

// tallies counts with every combination of fields, and compares with counting by hand.
func tallies(t *testing.T, s parry.Store) {
	var all []parry.Response
	pick := func(i int, of ...string) string { return of[i%len(of)] }
	for i := range 48 {
		r := applying(fmt.Sprintf("r-%02d", i), pick(i, "one", "two", ""), pick(i/2, "111122223333", "444455556666"), noon.Add(time.Duration(i%12)*time.Minute))
		if i%8 == 7 {
			r.Times.Applied = time.Time{}
		}
		r.Answer.Playbook, r.State = pick(i/3, "close", "isolate"), parry.State(pick(i/5, string(parry.Done), string(parry.Failed)))
		r.Target.Type, r.Target.ID, r.Target.Region = "AWS::EC2::Instance", pick(i/4, "i-1", "i-2", ""), "eu-west-1"
		r.Steps = 1
		save(t, s, r, record(r.ID, 1))
		if i%6 == 5 { // it goes on, and is counted as what it has become
			r.State = parry.Undone
			step(t, s, &r)
		}
		all = append(all, r)
	}
	for _, rule := range []string{"", "one"} {
		for _, account := range []string{"", "111122223333"} {
			for _, playbook := range []string{"", "close"} {
				for _, resource := range []string{"", "111122223333/eu-west-1/AWS::EC2::Instance/i-2"} {
					for _, state := range []parry.State{"", parry.Failed, parry.Undone, parry.Held} {
						for _, since := range []time.Time{{}, noon.Add(5 * time.Minute), noon.Add(time.Hour)} {
							tally := parry.Tally{Rule: rule, Account: account, Playbook: playbook, Resource: resource, State: state, Since: since}
							want := 0
							for _, r := range all {
								if counts(tally, r) {
									want++
								}
							}
							got, err := s.Count(t.Context(), tally)
							ok(t, err)
							if got != want {
								t.Errorf("%+v: %d are counted, not %d", tally, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// counts tells whether a tally is about a response.
func counts(t parry.Tally, r parry.Response) bool {
	return !r.Times.Applied.IsZero() && !r.Times.Applied.Before(t.Since) &&
		(t.Rule == "" || t.Rule == r.Answer.Rule) && (t.Account == "" || t.Account == r.Target.Account) &&
		(t.Playbook == "" || t.Playbook == r.Answer.Playbook) && (t.Resource == "" || t.Resource == r.Resource()) &&
		(t.State == "" || t.State == r.State)
}

func due(t *testing.T, s parry.Store) {
	byTime(t, s, s.Due, func(r *parry.Response, at time.Time) { r.Wake = at })
}

// untold is of those that wake never: who has to be told of them and who wakes are two lists.
func untold(t *testing.T, s parry.Store) {
	byTime(t, s, s.Untold, func(r *parry.Response, at time.Time) {
		if r.Untold = nil; !at.IsZero() {
			r.Untold = &parry.Untold{Seq: 1, Next: at}
		}
	})
	all, err := s.Due(t.Context(), noon.Add(24*time.Hour), 100)
	ok(t, err)
	same(t, nil, ids(all))
	both := at("r-both", "k-both", noon)
	both.Wake, both.Untold = noon.Add(-2*time.Hour), &parry.Untold{Seq: 1, Next: noon.Add(-time.Hour)}
	step(t, s, &both)
	both.Untold = nil // told, which is no step
	save(t, s, both)
	all, err = s.Due(t.Context(), noon.Add(-2*time.Hour), 100)
	ok(t, err)
	same(t, []parry.Response{both}, all)
	all, err = s.Untold(t.Context(), noon.Add(-time.Hour), 100)
	ok(t, err)
	same(t, nil, ids(all))
}

// byTime holds a list of responses by a time that is set on them.
func byTime(t *testing.T, s parry.Store, list func(context.Context, time.Time, int) ([]parry.Response, error), set func(*parry.Response, time.Time)) {
	isDue := func(now time.Time, n int, want ...string) {
		t.Helper()
		all, err := list(t.Context(), now, n)
		ok(t, err)
		same(t, want, ids(all))
	}
	isDue(noon, 10)
	wakes := func(id string, at_ time.Time) parry.Response {
		r := at(id, "k-"+id, noon)
		set(&r, at_)
		step(t, s, &r)
		return r
	}
	east := time.FixedZone("east", 10*3600)
	wakes("r-never", time.Time{})
	c := wakes("r-c", noon.Add(time.Minute))
	wakes("r-a", noon.Add(time.Minute))
	wakes("r-b", noon.Add(time.Minute-time.Nanosecond).In(east))
	wakes("r-d", noon.Add(time.Hour))
	isDue(noon, 10)
	isDue(noon.Add(time.Minute-2), 10)
	isDue(noon.Add(time.Minute-1), 10, "r-b")
	isDue(noon.Add(time.Minute).In(east), 10, "r-b", "r-a", "r-c")
	isDue(noon.Add(time.Minute), 2, "r-b", "r-a")
	isDue(noon.Add(time.Minute), 0)
	isDue(noon.Add(24*time.Hour), 10, "r-b", "r-a", "r-c", "r-d")
	got, err := list(t.Context(), noon.Add(24*time.Hour), 3)
	ok(t, err)
	same(t, c, got[2]) // the whole response
	set(&c, noon.Add(30*time.Minute))
	step(t, s, &c)
	isDue(noon.Add(time.Minute), 10, "r-b", "r-a")
	set(&c, time.Time{})
	step(t, s, &c)
	isDue(noon.Add(24*time.Hour), 10, "r-b", "r-a", "r-d")
	for i := range 30 { // more than come in one answer
		wakes(fmt.Sprintf("s-%02d", i), noon.Add(-time.Duration(i)*time.Second))
	}
	isDue(noon, 3, "s-29", "s-28", "s-27")
	all, err := list(t.Context(), noon, 100)
	ok(t, err)
	same(t, 30, len(all))
}
