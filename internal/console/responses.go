package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"parry"
)

// filter is what a list of responses is narrowed by. Empty fields take all.
type filter struct {
	Words, State, Tier, Account, Rule, Playbook, Since, Until string
}

func filterOf(r *http.Request) filter {
	q := r.URL.Query()
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return filter{get("q"), get("state"), get("tier"), get("account"), get("rule"), get("playbook"), get("since"), get("until")}
}

// day reads a date of the form of an input field; ok is false where there is one that is none.
func day(text string) (t time.Time, ok bool) {
	if text == "" {
		return t, true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

// of narrows a list.
func (f filter) of(all []row) ([]row, error) {
	since, ok1 := day(f.Since)
	until, ok2 := day(f.Until)
	if !ok1 || !ok2 {
		return nil, parry.Errorf(parry.Invalid, "%q is no day", cmp.Or(map[bool]string{false: f.Since}[ok1], f.Until)).WithHint("a day looks like 2026-03-01, and is that of UTC")
	}
	words := strings.Fields(strings.ToLower(f.Words))
	some := []row{}
	for _, r := range all {
		switch {
		case f.State == "open" && !r.State.Open(), f.State != "" && f.State != "open" && string(r.State) != f.State:
		case f.Tier != "" && r.Tier.String() != f.Tier, f.Account != "" && r.Account != f.Account:
		case f.Rule != "" && r.Rule != f.Rule, f.Playbook != "" && r.Playbook != f.Playbook:
		case !since.IsZero() && r.Received.Before(since), !until.IsZero() && !r.Received.Before(until.AddDate(0, 0, 1)):
		case !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(r.words, w) }):
			some = append(some, r)
		}
	}
	return some, nil
}

type responsesView struct {
	Rows                       []row
	Pager                      pager
	Filter                     filter
	Any                        bool // it is narrowed
	More                       bool // there are older ones than are gone through
	States                     []parry.State
	Accounts, Rules, Playbooks []string
}

// responses lists responses, the newest first.
func (c *Console) responses(w http.ResponseWriter, r *http.Request) error {
	all, more := c.o.Board.All()
	v := responsesView{Filter: filterOf(r), More: more, States: parry.States()}
	accounts, rules, playbooks := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, x := range all {
		accounts[x.Account], rules[x.Rule], playbooks[x.Playbook] = true, true, true
	}
	names := func(m map[string]bool) []string { delete(m, ""); return slices.Sorted(maps.Keys(m)) }
	v.Accounts, v.Rules, v.Playbooks = names(accounts), names(rules), names(playbooks)
	v.Any = v.Filter != filter{}
	some, err := v.Filter.of(all)
	if err != nil {
		return err
	}
	v.Rows, v.Pager = paged(some, r)
	c.show(w, r, "responses", http.StatusOK, "Responses", v)
	return nil
}

// groups counts a list by rule, the largest first.
func groups(all []row) []group {
	n := map[string]int{}
	for _, r := range all {
		n[r.Rule]++
	}
	var gs []group
	for rule, k := range n {
		gs = append(gs, group{rule, k})
	}
	slices.SortFunc(gs, func(a, b group) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Rule, b.Rule)) })
	return gs
}
