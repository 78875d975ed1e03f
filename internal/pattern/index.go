package pattern

import (
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
)

// Index matches an event against many patterns in one pass over its bytes. It gives for each the verdict of Pattern.Match.
//
// An event is scanned once. The trie of the names that patterns ask for guides the scan; everything else is passed over, though
// not taken on trust: what encoding/json would refuse is refused. The values found lead through a decision tree to the few
// combinations that could match, and only these are compared whole. source and detail-type stand at the top of the tree, so
// that an event whose kind no pattern wants is not looked into at all.
//
// An Index does not change after it is made, and may be used by several goroutines at once.
type Index struct {
	size       int // the number of patterns
	fields     []string
	fieldNodes []int32 // of the trie, by field
	trie       trie
	leaves     []indexLeaf
	exacts     []exactValue // of all leaves, one after the other

	combos  []combo // every combination of every pattern
	leafIDs []int32 // of all combinations, one after the other

	tree    []treeNode
	lists   []int32 // the combinations at the ends of the tree, one list after the other
	lengths []int32 // of the beginnings that the tree looks up, one list after the other
	edges   edgeTable
	seed    maphash.Seed
	wanted  [][]uint64 // the trie's nodes that a subtree of the tree asks for, as sets
	// envelope are the fields that the top of the tree asks for: source and detail-type, where some pattern does.
	envelope []int32
	runs     sync.Pool
}

// indexLeaf is what one field of a combination accepts. Equal ones are kept once.
type indexLeaf struct {
	field    int32
	from, to int32       // its plain values, in exacts
	others   []condition // what else it accepts
	absent   bool
}

// exactValue is a plain value that is accepted, by its key. A part of the key's hash spares a look at most of those that are not meant.
type exactValue struct {
	key  string
	hash uint32
	kind kind
}

// combo is one combination of the alternatives of one pattern.
type combo struct {
	pattern  int32
	from, to int32 // its leaves, in leafIDs
}

// NewIndex makes an index. A pattern's number is its place in the list. The patterns are not kept.
func NewIndex(patterns []*Pattern) *Index {
	b := newIndexBuilder()
	for i, p := range patterns {
		b.add(i, p)
	}
	return b.index(len(patterns))
}

// Len is the number of patterns.
func (x *Index) Len() int { return x.size }

// Match appends the numbers of the patterns that the event matches, in order, and gives the longer list. The error is for
// bytes that are not one JSON object, and for an event whose arrays allow too many combinations to decide. It allocates only
// for what it appends, for an event with a repeated name, and for a few odd arrays beside {"exists": false}.
func (x *Index) Match(event []byte, to []int) ([]int, error) {
	r, _ := x.runs.Get().(*run)
	if r == nil {
		r = newRun(x)
	}
	to, err := r.match(event, to)
	r.event = nil
	x.runs.Put(r)
	return to, err
}

// match is Match for one event after the other.
func (r *run) match(event []byte, to []int) ([]int, error) {
	if r.x.trie.replaced {
		return r.matchPlain(event, to) // a name could be spelt with bytes that are no UTF-8
	}
	r.begin(event)
	if r.scan() && !r.again {
		return r.verdict(to)
	}
	return r.matchPlain(event, to)
}

// matchPlain is match for an event that the scan cannot decide on as it is: it is written anew by encoding/json, which
// settles what counts of a repeated name. What is no event ends here.
func (r *run) matchPlain(event []byte, to []int) ([]int, error) {
	plain, err := rewrite(event)
	if err != nil {
		return to, err
	}
	if r.begin(plain); !r.scan() {
		return to, fmt.Errorf("event of %d bytes cannot be read, though encoding/json reads it", len(event))
	}
	return r.verdict(to)
}

// verdict compares the combinations that the values lead to.
func (r *run) verdict(to []int) ([]int, error) {
	r.found = to
	from := len(to)
	for _, n := range r.frontier {
		if err := r.walk(n, false); err != nil {
			return r.found[:from], err
		}
	}
	to, r.found = r.found, nil
	slices.Sort(to[from:])
	return to, nil
}
