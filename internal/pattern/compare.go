package pattern

import (
	"bytes"
	"encoding/json"
)

// leafState says what an event's values make of a leaf, each looked at by itself.
type leafState uint8

const (
	leafFails   leafState = iota // whatever elements are chosen, the leaf does not hold
	leafHolds                    // whatever elements are chosen, it holds
	leafDepends                  // it depends on the elements
)

// compareAll compares combinations, and keeps the patterns that match.
func (r *run) compareAll(list []int32) error {
	for _, number := range list {
		c := &r.x.combos[number]
		if r.done[c.pattern] == r.turn {
			continue // another of its combinations matched
		}
		ok, err := r.compare(c)
		if err != nil {
			return err
		}
		if ok {
			r.done[c.pattern] = r.turn
			r.found = append(r.found, int(c.pattern))
		}
	}
	return nil
}

// compare says whether the event matches a combination.
func (r *run) compare(c *combo) (bool, error) {
	leaves := r.x.leafIDs[c.from:c.to]
	together := false
	for _, id := range leaves {
		switch r.leaf(id) {
		case leafFails:
			return false, nil
		case leafDepends:
			together = true
		}
	}
	// Where every array has one element that could be chosen, all values fit together.
	if !together || !r.several && !r.odd {
		return true, nil
	}
	if r.odd || len(leaves) > 64 {
		return r.solve(leaves)
	}
	fits, absent := r.fits(leaves)
	if !fits || !absent {
		return fits, nil
	}
	// Whether a field is absent depends on the order in which the elements are settled on.
	return r.solve(leaves)
}

// leaf is what the event's values make of a leaf. It is found out once for an event.
func (r *run) leaf(id int32) leafState {
	m := &r.memos[id]
	if m.turn != r.turn {
		*m = memo{r.turn, r.judge(&r.x.leaves[id])}
	}
	return m.how
}

func (r *run) judge(l *indexLeaf) leafState {
	how, inside := leafFails, false
	at := r.first(l.field)
	if at < 0 && l.absent {
		return leafHolds
	}
	for ; at >= 0; at = r.values[at].next {
		v := &r.values[at]
		inside = inside || v.in != root
		if !r.accepts(l, v) {
			continue
		}
		if v.in == root {
			return leafHolds
		}
		how = leafDepends
	}
	if l.absent && inside && r.several {
		return leafDepends // it may be absent from the elements that count
	}
	return how
}

// accepts says whether a leaf accepts a value.
func (r *run) accepts(l *indexLeaf, v *value) bool {
	if l.from < l.to {
		hash := uint32(r.hashOf(v))
		for i := l.from; i < l.to; i++ {
			if e := &r.x.exacts[i]; e.hash == hash && e.kind == v.kind && e.key == string(r.key(v)) {
				return true
			}
		}
	}
	if len(l.others) == 0 {
		return false
	}
	s := r.scalar(v)
	for _, c := range l.others {
		if c.matches(s) {
			return true
		}
	}
	return false
}

// fits says whether elements can be chosen, one of each array, so that all the leaves find their values in them. It takes time
// in proportion to the elements: those further in come first, and an array's element counts for the one around it when it has
// all that is asked for below the array. absent says that a leaf was taken to hold because its field may be absent.
func (r *run) fits(leaves []int32) (ok, absent bool) {
	if cap(r.masks) < len(r.elements) {
		r.masks = make([]uint64, len(r.elements)+len(r.elements)/2)
	}
	masks := r.masks[:len(r.elements)]
	clear(masks)
	all := ^uint64(0) >> (64 - len(leaves))
	given := uint64(0)
	for j, id := range leaves {
		l := &r.x.leaves[id]
		if r.leaf(id) == leafHolds {
			given |= 1 << j
			continue
		}
		if l.absent {
			given |= 1 << j
			absent = true
			continue
		}
		for at := r.first(l.field); at >= 0; at = r.values[at].next {
			if v := &r.values[at]; r.accepts(l, v) {
				masks[v.in] |= 1 << j
			}
		}
	}
	node, below := int32(-1), uint64(0)
	for e := len(r.elements) - 1; e > root; e-- {
		element := &r.elements[e]
		if element.node != node {
			node, below = element.node, r.below(leaves, element.node)
		}
		if below&^(masks[e]|given) == 0 {
			masks[element.parent] |= below
		}
	}
	return all&^(masks[root]|given) == 0, absent
}

// below is the set of leaves whose fields lie below a node of the trie.
func (r *run) below(leaves []int32, node int32) uint64 {
	set := uint64(0)
	for j, id := range leaves {
		if r.x.trie.below(node, r.x.fieldNodes[r.x.leaves[id].field]) {
			set |= 1 << j
		}
	}
	return set
}

// solve decides on a combination as Pattern.Match does.
func (r *run) solve(leaves []int32) (bool, error) {
	p := Pattern{branches: []branch{r.x.branch(leaves)}}
	return p.Match(r.event)
}

// branch writes a combination as Pattern has it.
func (x *Index) branch(leaves []int32) branch {
	b := make(branch, len(leaves))
	for i, id := range leaves {
		l := &x.leaves[id]
		b[i] = leaf{path: x.fields[l.field], conds: append([]condition{}, l.others...), absent: l.absent}
		for _, e := range x.exacts[l.from:l.to] {
			b[i].conds = append(b[i].conds, exactKey(e))
		}
	}
	return b.sorted()
}

// exactKey is a plain value as a condition.
type exactKey exactValue

func (e exactKey) matches(s scalar) bool { return s.kind == e.kind && s.key() == e.key }
func (e exactKey) String() string        { return scalar{kind: e.kind, text: e.key}.String() }

// rewrite writes an event as encoding/json reads it, in which no name stands twice.
func rewrite(event []byte) ([]byte, error) {
	object, err := decodeEvent(event)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
