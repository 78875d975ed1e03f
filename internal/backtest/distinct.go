package backtest

import "hash/maphash"

// distinct knows what it has seen, by hashes of 64 bits and so in bounded memory. That two of two million things have the same is
// less likely than one in four million.
type distinct struct {
	size int
	seed maphash.Seed
	seen map[uint64]struct{}
}

func newDistinct(size int) *distinct {
	return &distinct{size: size, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
}

// sight is what is known of a thing.
type sight int

const (
	again   sight = iota // it was seen
	first                // it was not
	unknown              // there is no room to remember more, and it is not among what is remembered
)

// see remembers a thing, known by some texts, and tells whether it was seen before.
func (d *distinct) see(parts ...string) sight {
	var h maphash.Hash
	h.SetSeed(d.seed)
	for _, p := range parts {
		h.WriteString(p)
		h.WriteByte(0)
	}
	sum := h.Sum64()
	if _, ok := d.seen[sum]; ok {
		return again
	}
	if len(d.seen) >= d.size {
		return unknown
	}
	d.seen[sum] = struct{}{}
	return first
}

// Distinct is how many different things there were.
type Distinct struct {
	N       int  `json:"n"`
	AtLeast bool `json:"at_least,omitempty"` // there were more than could be remembered
}

// note counts what was seen.
func (d *Distinct) note(s sight) {
	if s == first {
		d.N++
	}
	d.AtLeast = d.AtLeast || s == unknown
}
