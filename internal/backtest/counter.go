package backtest

import (
	"cmp"
	"container/heap"
	"slices"
	"unicode/utf8"
)

// Count is how often something came.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
	// Over is by how much N may be too high, where there was more to count than there is room for.
	Over int `json:"over,omitempty"`
}

// Counts are the most frequent of some things, and how many there were of all of them together.
type Counts struct {
	N    int     `json:"n"`
	Most []Count `json:"most,omitempty"`
}

// counter counts in bounded memory. Up to its size it is exact. Beyond, what came least makes room for what is new, which takes
// over its count as an error: so what came most is never missed. Source: Metwally, Agrawal, El Abbadi, "Efficient Computation of
// Frequent and Top-k Elements in Data Streams" (Space-Saving).
type counter struct {
	size  int
	n     int
	slots slots
	at    map[string]*slot
}

type slot struct {
	Count
	index int
}

func newCounter(size int) *counter { return &counter{size: size, at: map[string]*slot{}} }

// longestName is how much is kept of a text that is counted.
const longestName = 300

// add counts one.
func (c *counter) add(what string) {
	c.n++
	if len(what) > longestName {
		end := longestName
		for !utf8.RuneStart(what[end]) {
			end--
		}
		what = what[:end] + "..."
	}
	if s, ok := c.at[what]; ok {
		s.N++
		heap.Fix(&c.slots, s.index)
		return
	}
	if len(c.slots) < c.size {
		s := &slot{Count: Count{What: what, N: 1}}
		c.at[what] = s
		heap.Push(&c.slots, s)
		return
	}
	s := c.slots[0]
	delete(c.at, s.What)
	s.Count = Count{What: what, N: s.N + 1, Over: s.N}
	c.at[what] = s
	heap.Fix(&c.slots, 0)
}

// most are the most frequent things, the most frequent first; of equals in the order of their names.
func (c *counter) most(n int) Counts {
	if c == nil {
		return Counts{}
	}
	all := make([]Count, len(c.slots))
	for i, s := range c.slots {
		all[i] = s.Count
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.What, b.What)) })
	return Counts{N: c.n, Most: all[:min(n, len(all))]}
}

// slots is a heap, the rarest first.
type slots []*slot

func (s slots) Len() int           { return len(s) }
func (s slots) Less(i, j int) bool { return s[i].N < s[j].N }
func (s slots) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements heap.Interface.
func (s *slots) Push(x any) {
	v := x.(*slot)
	v.index = len(*s)
	*s = append(*s, v)
}

// Pop implements heap.Interface; nothing is ever taken out but to be replaced.
func (s *slots) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
