package pattern

import (
	"hash/maphash"
	"math/bits"
)

// treeNode is a place in the decision tree: it asks for a field, and the field's values lead on. An end of the tree has no
// field and a list of combinations.
type treeNode struct {
	field       int32 // -1 for an end
	from, to    int32 // of an end: its combinations, in lists
	rest        int32 // where the combinations are that the field's value does not lead to; -1 for none
	short, long int32 // the lengths of the beginnings that it looks up, in lengths
	wanted      int32 // the set of what is asked for from here on; -1 above the frontier, where the envelope still decides
}

// edgeKind says how an edge's text is compared: as a whole value of a kind, or as the beginning of a string.
type edgeKind uint8

// edgeBeginning is the kind of an edge for all strings that begin with its text. Smaller ones are kinds of values.
const edgeBeginning edgeKind = 255

// edge leads from a place in the tree to the next one.
type edge struct {
	text     string
	from, to int32
	kind     edgeKind
}

// edgeTable finds edges by the hash of all that they are known by.
type edgeTable struct {
	edges []edge
	slots []edgeSlot // by hash
}

// edgeSlot is a place in the table: an edge's number plus one, 0 for none, and a part of its hash, which spares a look at most of the
// edges that are not meant.
type edgeSlot struct{ edge, hash uint32 }

// edgeHash mixes the hash of a text with what else an edge is known by.
func edgeHash(text uint64, from int32, k edgeKind) uint64 {
	h := (text ^ uint64(from)<<8 ^ uint64(k)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// makeTable makes the table of a list of edges.
func makeTable(edges []edge, seed maphash.Seed) edgeTable {
	t := edgeTable{edges: edges, slots: make([]edgeSlot, 1<<bits.Len(uint(2*len(edges))))}
	for i, e := range edges {
		h := edgeHash(maphash.String(seed, e.text), e.from, e.kind)
		at := h & uint64(len(t.slots)-1)
		for t.slots[at].edge != 0 {
			at = (at + 1) & uint64(len(t.slots)-1)
		}
		t.slots[at] = edgeSlot{uint32(i + 1), uint32(h >> 32)}
	}
	return t
}

// find is where an edge leads to; -1 where there is none.
func (t *edgeTable) find(from int32, k edgeKind, hash uint64, text []byte) int32 {
	h := edgeHash(hash, from, k)
	for at := h & uint64(len(t.slots)-1); ; at = (at + 1) & uint64(len(t.slots)-1) {
		slot := t.slots[at]
		if slot.edge == 0 {
			return -1
		}
		if slot.hash != uint32(h>>32) {
			continue
		}
		if e := &t.edges[slot.edge-1]; e.from == from && e.kind == k && e.text == string(text) {
			return e.to
		}
	}
}

// canChoose says whether the values are known that the top of the tree asks for.
func (r *run) canChoose() bool {
	for _, field := range r.x.envelope {
		if r.first(field) < 0 {
			return false
		}
	}
	return true
}

// choose finds the places in the tree that the event's envelope leads to, and with them what to look for in the event.
func (r *run) choose() {
	if r.chosen {
		return
	}
	r.chosen = true
	clear(r.wanted)
	_ = r.walk(0, true) // nothing is compared on the way, so nothing can fail
}

// walk follows the tree from a place to all the ends that the event's values lead to, and compares the combinations there.
// At the top it goes only as far as the tree asks for the envelope.
func (r *run) walk(n int32, top bool) error {
	node := &r.x.tree[n]
	if top && node.wanted >= 0 {
		r.frontier = append(r.frontier, n)
		for i, set := range r.x.wanted[node.wanted] {
			r.wanted[i] |= set
		}
		return nil
	}
	if node.field < 0 {
		return r.compareAll(r.x.lists[node.from:node.to])
	}
	for at := r.first(node.field); at >= 0; at = r.values[at].next {
		if err := r.walkValue(n, node, &r.values[at], top); err != nil {
			return err
		}
	}
	if node.rest >= 0 {
		return r.walk(node.rest, top)
	}
	return nil
}

// walkValue follows the edges that fit one value.
func (r *run) walkValue(n int32, node *treeNode, v *value, top bool) error {
	key := r.key(v)
	if next := r.x.edges.find(n, edgeKind(v.kind), r.hashOf(v), key); next >= 0 {
		if err := r.walk(next, top); err != nil {
			return err
		}
	}
	if v.kind != kindString {
		return nil
	}
	for _, length := range r.x.lengths[node.short:node.long] {
		if int(length) > len(key) {
			break
		}
		beginning := key[:length]
		if next := r.x.edges.find(n, edgeBeginning, maphash.Bytes(r.x.seed, beginning), beginning); next >= 0 {
			if err := r.walk(next, top); err != nil {
				return err
			}
		}
	}
	return nil
}
