package pattern

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

const (
	// endSize is how many combinations are compared one by one rather than told apart further.
	endSize = 4
	// mostEdges is how many values a leaf may accept and still be told apart by them: each makes a copy of the combination.
	mostEdges = 64
)

// indexBuilder puts an index together.
type indexBuilder struct {
	x          *Index
	fieldIDs   map[string]int32
	leafIDs    map[string]int32
	valueIDs   map[edgeKey]int32
	values     []edgeKey // by value id
	leafValues [][]int32 // by leaf: the values that can lead to it; nil where it accepts more than such values
	key        []byte

	edges []edge
	// What the search for the best field to tell combinations apart by counts, by leaf, by value and by field.
	leafCount, valueCount []int32
	fieldCost             []splitCost
}

// edgeKey is a value at a field, as an edge of the tree knows it.
type edgeKey struct {
	text  string
	field int32
	kind  edgeKind
}

// splitCost is what asking for a field costs: how many combinations have values there that can be looked up, over how many
// edges they spread, and the sum of the squares of the edges' sizes.
type splitCost struct {
	told, spread int32
	squares      int64
}

func newIndexBuilder() *indexBuilder {
	return &indexBuilder{
		x: &Index{seed: maphash.MakeSeed()}, fieldIDs: map[string]int32{}, leafIDs: map[string]int32{}, valueIDs: map[edgeKey]int32{},
	}
}

// add takes the combinations of a pattern in.
func (b *indexBuilder) add(number int, p *Pattern) {
	for _, br := range p.branches {
		from := int32(len(b.x.leafIDs))
		for _, l := range br {
			b.x.leafIDs = append(b.x.leafIDs, b.leaf(l))
		}
		b.x.combos = append(b.x.combos, combo{pattern: int32(number), from: from, to: int32(len(b.x.leafIDs))})
	}
}

// leaf gives the number of a leaf, the same for equal ones.
func (b *indexBuilder) leaf(l leaf) int32 {
	b.key = append(binary.AppendUvarint(b.key[:0], uint64(len(l.path))), l.path...)
	if l.absent {
		b.key = append(b.key, '-')
	}
	for _, c := range l.conds {
		b.key = appendIdentity(b.key, c)
	}
	if id, ok := b.leafIDs[string(b.key)]; ok {
		return id
	}
	id := int32(len(b.x.leaves))
	b.leafIDs[string(b.key)] = id
	field := b.field(l.path)
	made := indexLeaf{field: field, from: int32(len(b.x.exacts)), absent: l.absent}
	for _, c := range l.conds {
		if e, ok := c.(exact); ok {
			key := e.value.key()
			b.x.exacts = append(b.x.exacts, exactValue{key: key, hash: uint32(maphash.String(b.x.seed, key)), kind: e.value.kind})
		} else {
			made.others = append(made.others, c)
		}
	}
	made.to = int32(len(b.x.exacts))
	made.others = slices.Clip(made.others)
	b.x.leaves = append(b.x.leaves, made)
	b.leafValues = append(b.leafValues, b.valuesOf(field, l))
	return id
}

func (b *indexBuilder) field(path string) int32 {
	id, ok := b.fieldIDs[path]
	if !ok {
		id = int32(len(b.x.fields))
		b.fieldIDs[path] = id
		b.x.fields = append(b.x.fields, path)
	}
	return id
}

// valuesOf are the edges that lead to a leaf; nil where it accepts what cannot be looked up.
func (b *indexBuilder) valuesOf(field int32, l leaf) []int32 {
	if l.absent || len(l.conds) > mostEdges {
		return nil
	}
	list := make([]int32, 0, len(l.conds))
	for _, c := range l.conds {
		k := edgeKey{field: field, kind: edgeBeginning}
		switch t := c.(type) {
		case exact:
			k.text, k.kind = t.value.key(), edgeKind(t.value.kind)
		case prefix:
			k.text = t.text
		case wildcard:
			k.text = t.parts[0]
		default:
			return nil
		}
		if k.text == "" && k.kind == edgeBeginning {
			return nil
		}
		id, ok := b.valueIDs[k]
		if !ok {
			id = int32(len(b.values))
			b.valueIDs[k] = id
			b.values = append(b.values, k)
		}
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// index finishes the work.
func (b *indexBuilder) index(size int) *Index {
	x := b.x
	x.size = size
	x.trie = newTrie(x.fields)
	x.fieldNodes = make([]int32, len(x.fields))
	for n, node := range x.trie.nodes {
		if node.field >= 0 {
			x.fieldNodes[node.field] = int32(n)
		}
	}
	b.leafCount, b.valueCount = make([]int32, len(x.leaves)), make([]int32, len(b.values))
	b.fieldCost = make([]splitCost, len(x.fields))
	all := make([]int32, len(x.combos))
	for i := range all {
		all[i] = int32(i)
	}
	b.grow(all, nil, []string{"source", "detail-type"}, true)
	b.rareFirst()
	x.edges = makeTable(b.edges, x.seed)
	x.leaves, x.exacts, x.combos, x.leafIDs = slices.Clip(x.leaves), slices.Clip(x.exacts), slices.Clip(x.combos), slices.Clip(x.leafIDs)
	x.tree, x.lists, x.lengths = slices.Clip(x.tree), slices.Clip(x.lists), slices.Clip(x.lengths)
	return x
}

// rareFirst puts the leaves of each combination that few have in front: they are the likeliest to fail.
func (b *indexBuilder) rareFirst() {
	for _, id := range b.x.leafIDs {
		b.leafCount[id]++
	}
	for _, c := range b.x.combos {
		slices.SortStableFunc(b.x.leafIDs[c.from:c.to], func(i, j int32) int { return cmp.Compare(b.leafCount[i], b.leafCount[j]) })
	}
}

// grow makes the subtree for some combinations and gives its place. used are the fields that were asked for on the way; top
// holds the fields of the envelope that are still to be asked for; above says that they are.
func (b *indexBuilder) grow(list, used []int32, top []string, above bool) int32 {
	for above && len(top) > 0 {
		field, ok := b.fieldIDs[top[0]]
		if top = top[1:]; ok && b.tells(list, field) {
			if !slices.Contains(b.x.envelope, field) {
				b.x.envelope = append(b.x.envelope, field)
			}
			return b.split(list, append(slices.Clip(used), field), top, field, true)
		}
	}
	if above {
		n := b.grow(list, used, nil, false)
		b.x.tree[n].wanted = int32(len(b.x.wanted))
		b.x.wanted = append(b.x.wanted, b.asked(list))
		return n
	}
	if len(list) > endSize {
		if field, ok := b.best(list, used); ok {
			return b.split(list, append(slices.Clip(used), field), nil, field, false)
		}
	}
	from := int32(len(b.x.lists))
	b.x.lists = append(b.x.lists, list...)
	return b.place(treeNode{field: -1, from: from, to: int32(len(b.x.lists)), rest: -1, wanted: -1})
}

func (b *indexBuilder) place(n treeNode) int32 {
	b.x.tree = append(b.x.tree, n)
	return int32(len(b.x.tree) - 1)
}

// tells says whether some combination of a list can be looked up by a field.
func (b *indexBuilder) tells(list []int32, field int32) bool {
	return slices.ContainsFunc(list, func(c int32) bool { return b.leafAt(c, field) >= 0 })
}

// leafAt is the leaf by which a combination can be looked up at a field; -1 where it has none.
func (b *indexBuilder) leafAt(c, field int32) int32 {
	co := b.x.combos[c]
	for _, id := range b.x.leafIDs[co.from:co.to] {
		if b.x.leaves[id].field == field && b.leafValues[id] != nil {
			return id
		}
	}
	return -1
}

// split makes a place that asks for a field, and what is below it.
func (b *indexBuilder) split(list, used []int32, top []string, field int32, above bool) int32 {
	n := b.place(treeNode{field: field, rest: -1, wanted: -1})
	groups := map[int32][]int32{}
	var order, rest []int32
	for _, c := range list {
		id := b.leafAt(c, field)
		if id < 0 {
			rest = append(rest, c)
			continue
		}
		for _, v := range b.leafValues[id] {
			if groups[v] == nil {
				order = append(order, v)
			}
			groups[v] = append(groups[v], c)
		}
	}
	var lengths []int32
	for _, v := range order {
		k := b.values[v]
		if k.kind == edgeBeginning && !slices.Contains(lengths, int32(len(k.text))) {
			lengths = append(lengths, int32(len(k.text)))
		}
	}
	slices.Sort(lengths)
	b.x.tree[n].short = int32(len(b.x.lengths))
	b.x.lengths = append(b.x.lengths, lengths...)
	b.x.tree[n].long = int32(len(b.x.lengths))
	for _, v := range order {
		to := b.grow(groups[v], used, top, above)
		b.edges = append(b.edges, edge{text: b.values[v].text, kind: b.values[v].kind, from: n, to: to})
	}
	if len(rest) > 0 {
		to := b.grow(rest, used, top, above)
		b.x.tree[n].rest = to
	}
	return n
}

// best is the field that leaves the fewest combinations to look at when its value is known; ok is false where none leaves much
// fewer than there are.
func (b *indexBuilder) best(list, used []int32) (field int32, ok bool) {
	var leaves, values, fields []int32
	for _, c := range list {
		co := b.x.combos[c]
		for _, id := range b.x.leafIDs[co.from:co.to] {
			if b.leafValues[id] == nil {
				continue
			}
			if b.leafCount[id]++; b.leafCount[id] == 1 {
				leaves = append(leaves, id)
			}
		}
	}
	for _, id := range leaves {
		f := b.x.leaves[id].field
		if b.fieldCost[f].told += b.leafCount[id]; b.fieldCost[f].told == b.leafCount[id] {
			fields = append(fields, f)
		}
		for _, v := range b.leafValues[id] {
			if b.valueCount[v] += b.leafCount[id]; b.valueCount[v] == b.leafCount[id] {
				values = append(values, v)
			}
		}
		b.leafCount[id] = 0
	}
	for _, v := range values {
		cost, n := &b.fieldCost[b.values[v].field], int64(b.valueCount[v])
		cost.spread += b.valueCount[v]
		cost.squares += n * n
		b.valueCount[v] = 0
	}
	slices.SortFunc(fields, func(a, c int32) int { return cmp.Compare(a, c) })
	least := float64(len(list)) * 0.8
	for _, f := range fields {
		cost := b.fieldCost[f]
		b.fieldCost[f] = splitCost{}
		left := float64(len(list)-int(cost.told)) + float64(cost.squares)/float64(cost.spread)
		if !slices.Contains(used, f) && left < least {
			field, ok, least = f, true, left
		}
	}
	return field, ok
}

// asked is the set of the trie's nodes that lead to the fields of some combinations.
func (b *indexBuilder) asked(list []int32) []uint64 {
	set := make([]uint64, (len(b.x.trie.nodes)+63)/64)
	for _, c := range list {
		co := b.x.combos[c]
		for _, id := range b.x.leafIDs[co.from:co.to] {
			for n := b.x.fieldNodes[b.x.leaves[id].field]; n != 0 && set[n>>6]>>(n&63)&1 == 0; n = b.x.trie.nodes[n].parent {
				set[n>>6] |= 1 << (n & 63)
			}
		}
	}
	return set
}
