package backtest

import (
	"slices"
	"time"
)

// hour is the span that rules have their budgets for.
const hour = 3600

// window keeps when things were done, by key, and counts them within any hour of the events' own time. The times may come in any
// order, as the files of many accounts and Regions do. It keeps so many times in all and no more.
type window struct {
	size  int
	kept  int
	lists map[string][]int64 // in seconds, sorted
	full  bool               // something was left out
}

func newWindow(size int) *window { return &window{size: size, lists: map[string][]int64{}} }

// add notes that something was done.
func (w *window) add(key string, at time.Time) {
	if w.kept >= w.size {
		w.full = true
		return
	}
	w.kept++
	t, list := at.Unix(), w.lists[key]
	i := len(list)
	if i > 0 && list[i-1] > t {
		i, _ = slices.BinarySearch(list, t)
	}
	w.lists[key] = slices.Insert(list, i, t)
}

// before counts what was done in the hour before a moment, and at it.
func (w *window) before(key string, at time.Time) int {
	list, t := w.lists[key], at.Unix()
	from, _ := slices.BinarySearch(list, t-hour)
	to, _ := slices.BinarySearch(list, t+1)
	return to - from
}

// Peak is the busiest hour.
type Peak struct {
	N       int       `json:"n"`
	From    time.Time `json:"from,omitzero"`
	Account string    `json:"account,omitempty"`  // in which, where it is one account's
	AtLeast bool      `json:"at_least,omitempty"` // there was more than could be remembered
}

// peak is the hour in which most was done of a key; the first of equals.
func (w *window) peak(key string) Peak {
	list := w.lists[key]
	p := Peak{AtLeast: w.full}
	for from, to := 0, 0; to < len(list); to++ {
		for list[to]-list[from] > hour {
			from++
		}
		if n := to - from + 1; n > p.N {
			p.N, p.From = n, time.Unix(list[from], 0).UTC()
		}
	}
	return p
}
