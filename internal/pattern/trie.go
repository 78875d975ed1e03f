package pattern

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// trie holds the names of the fields that patterns ask for, split at their dots. What is not in it is passed over in an event.
type trie struct {
	nodes []trieNode
	kids  []kid // the tables of all nodes, one after the other
	// replaced says that a name holds U+FFFD, which bytes that are no UTF-8 are read as.
	replaced bool
}

// trieNode is a field's name, or the beginning of one.
type trieNode struct {
	field       int32     // the number of the field, -1 where no pattern asks for a value here
	table, mask uint32    // where in kids its table begins, and its size less one; an empty table has no size
	size        uint32    // of the table: 0, or a power of two
	first       [4]uint64 // the bytes that the names of its children begin with, as a set
	rank, end   int32     // its number in depth-first order, and that of the last node below it
	parent      int32
	slot        uint8 // among its brothers, modulo 256
}

// kid is an entry of a node's hash table. An empty one has no node: the root, 0, is nobody's child.
type kid struct {
	name string
	hash uint32
	node int32
}

// newTrie makes the trie of some names; the field's number is its place in the list.
func newTrie(fields []string) trie {
	t := trie{nodes: []trieNode{{field: -1}}}
	children := []map[string]int32{{}}
	for number, field := range fields {
		at := int32(0)
		for name := range strings.SplitSeq(field, ".") {
			next, ok := children[at][name]
			if !ok {
				next = int32(len(t.nodes))
				t.nodes = append(t.nodes, trieNode{field: -1, parent: at})
				children = append(children, map[string]int32{})
				children[at][name] = next
				t.replaced = t.replaced || strings.ContainsRune(name, utf8.RuneError)
			}
			at = next
		}
		t.nodes[at].field = int32(number)
	}
	for n := range t.nodes {
		t.addTable(int32(n), children[n])
	}
	rank := int32(0)
	t.number(0, children, &rank)
	return t
}

// addTable makes the hash table of a node's children.
func (t *trie) addTable(n int32, children map[string]int32) {
	if len(children) == 0 {
		return
	}
	node := &t.nodes[n]
	node.size = uint32(1) << bits.Len(uint(2*len(children)-1))
	node.table, node.mask = uint32(len(t.kids)), node.size-1
	t.kids = append(t.kids, make([]kid, node.size)...)
	slot := 0
	for _, name := range sortedKeys(children) {
		child := children[name]
		t.nodes[child].slot = uint8(slot)
		slot++
		if name != "" {
			node.first[name[0]>>6] |= 1 << (name[0] & 63)
		}
		hash := nameHash([]byte(name))
		at := hash & node.mask
		for t.kids[node.table+at].node != 0 {
			at = (at + 1) & node.mask
		}
		t.kids[node.table+at] = kid{name: name, hash: hash, node: child}
	}
}

// number gives a node and those below it their depth-first numbers.
func (t *trie) number(n int32, children []map[string]int32, rank *int32) {
	t.nodes[n].rank = *rank
	*rank++
	below := make([]int32, 0, len(children[n]))
	for _, child := range children[n] {
		below = append(below, child)
	}
	slices.SortFunc(below, func(a, b int32) int { return cmp.Compare(a, b) })
	for _, child := range below {
		t.number(child, children, rank)
	}
	t.nodes[n].end = *rank - 1
}

// child finds a node's child by its name; 0 where there is none.
func (t *trie) child(n *trieNode, name []byte) int32 {
	if n.size == 0 {
		return 0
	}
	hash := nameHash(name)
	for at := hash & n.mask; ; at = (at + 1) & n.mask {
		k := &t.kids[n.table+at]
		if k.node == 0 {
			return 0
		}
		if k.hash == hash && k.name == string(name) {
			return k.node
		}
	}
}

// descend is child for a name that may hold dots, which stand for more than one level.
func (t *trie) descend(n int32, name []byte) int32 {
	for {
		first, rest, more := bytes.Cut(name, []byte{'.'})
		if n = t.child(&t.nodes[n], first); n == 0 || !more {
			return n
		}
		name = rest
	}
}

// mayHold says whether a name could be a child's, or begin with one and a dot, by the byte that it begins with.
func (n *trieNode) mayHold(name []byte) bool {
	if len(name) == 0 || name[0] == '.' {
		return true
	}
	return n.first[name[0]>>6]>>(name[0]&63)&1 != 0
}

// below says whether node b lies below node a.
func (t *trie) below(a, b int32) bool {
	return t.nodes[b].rank > t.nodes[a].rank && t.nodes[b].rank <= t.nodes[a].end
}

// nameHash is a hash of a field's name. Names come from rules, not from strangers, so it need not withstand anybody.
func nameHash(b []byte) uint32 {
	var x, y uint64
	switch n := len(b); {
	case n >= 8:
		x, y = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		x, y = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		x = uint64(b[0]) | uint64(b[n>>1])<<8 | uint64(b[n-1])<<16
	}
	h := (x ^ bits.RotateLeft64(y, 23) ^ uint64(len(b))<<56) * 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}
