package console

import (
	"net/http"
	"strconv"
)

// onPage is how many responses a page lists.
const onPage = 50

// pager says which part of a list a page shows.
type pager struct {
	From, To, Of int
	Page, Pages  int
	Before, Next string // addresses; empty where there is none
}

// paged takes a page out of a list. The page's number comes from the address, and one that is none is the first.
func paged(all []row, r *http.Request) ([]row, pager) {
	pages := max(1, (len(all)+onPage-1)/onPage)
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = min(max(n, 1), pages)
	from, to := (n-1)*onPage, min(n*onPage, len(all))
	p := pager{From: min(from+1, to), To: to, Of: len(all), Page: n, Pages: pages}
	at := func(n int) string {
		q := r.URL.Query()
		q.Del("said")
		q.Set("page", strconv.Itoa(n))
		return r.URL.Path + "?" + q.Encode()
	}
	if n > 1 {
		p.Before = at(n - 1)
	}
	if n < pages {
		p.Next = at(n + 1)
	}
	return all[from:to], p
}

type inboxView struct {
	Rows   []row
	Pager  pager
	Groups []group
	Only   string // the rule that is looked at alone
}

// group is how many of those that wait are of one rule.
type group struct {
	Rule string
	N    int
}

// inbox lists what waits for a person, the most urgent first. Where much waits it says of which rules, as a storm is most often of one.
func (c *Console) inbox(w http.ResponseWriter, r *http.Request) error {
	all := c.o.Board.Waiting()
	v := inboxView{Only: r.URL.Query().Get("rule")}
	if len(all) > onPage || v.Only != "" {
		v.Groups = groups(all)
	}
	if v.Only != "" {
		var some []row
		for _, x := range all {
			if x.Rule == v.Only {
				some = append(some, x)
			}
		}
		all = some
	}
	v.Rows, v.Pager = paged(all, r)
	c.show(w, r, "inbox", http.StatusOK, "Inbox", v)
	return nil
}
