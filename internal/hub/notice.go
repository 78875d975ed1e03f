package hub

import (
	"fmt"
	"net/url"
	"strings"
)

const (
	// fewUpdates are made with one call each: a second's worth.
	fewUpdates = 10
	// perCall is how many findings share a call where there are more: their responses' ids fit into the note.
	perCall = 8
)

// notice is what one call tells.
type notice struct {
	place    Place
	findings []*finding
	update   update
}

func (b notice) failed(errs map[string]error, err error) {
	for _, f := range b.findings {
		f.failed(errs, err)
	}
}

// apart are calls of its findings, each by itself.
func (b notice) apart(link string) (all []notice) {
	for _, f := range b.findings {
		some := []*finding{f}
		all = append(all, notice{b.place, some, updateOf(some, link)})
	}
	return all
}

// notices makes calls of findings, in their order.
func notices(open []*finding, link string) []notice {
	type kind struct {
		place  Place
		v2     bool
		common string
	}
	var order []kind
	like := map[kind][]*finding{}
	for _, f := range open {
		u := newUpdate(f.newest, f.said, link)
		k := kind{f.place, f.at.v2, fmt.Sprintf("%s\n%s\n%s\n%s\n%s", u.workflow, f.newest.State, f.newest.Answer.Rule, f.newest.Answer.Playbook, f.newest.Reason)}
		if like[k] == nil {
			order = append(order, k)
		}
		like[k] = append(like[k], f)
	}
	var all []notice
	for _, k := range order {
		group := like[k]
		size := 1
		if len(group) > fewUpdates {
			size = perCall
		}
		for ; len(group) > 0; group = group[min(size, len(group)):] {
			some := group[:min(size, len(group))]
			all = append(all, notice{k.place, some, updateOf(some, link)})
		}
	}
	return all
}

// updateOf is what all of some findings are to say.
func updateOf(some []*finding, link string) update {
	first := some[0].newest
	u := newUpdate(first, some[0].said, link)
	if len(some) == 1 {
		return u
	}
	ids := make([]string, len(some))
	for i, f := range some {
		ids[i] = f.newest.ID
	}
	u.response = strings.Join(ids, " ")
	parts := []string{fmt.Sprintf("%s: %s: %s on this and %d other findings", ourMark, first.State, what(first), len(some)-1), "responses " + strings.Join(ids, ", ")}
	if at, err := url.JoinPath(link, "responses"); err == nil && link != "" {
		parts = append(parts, at)
	}
	if first.Reason != "" {
		parts = append(parts, first.Reason)
	}
	u.note = cut(strings.Join(parts, "; "), maxNote)
	return u
}
