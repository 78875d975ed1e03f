package pattern

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"
	"unsafe"
)

// run is the state of matching one event after the other.
type run struct {
	x *Index
	quoteMap
	event []byte
	turn  uint32 // numbers the events, so that what is left from the one before counts for nothing

	text    []byte // strings without their escapes, and keys of numbers
	values  []value
	numbers []number
	heads   []head // by field: its values in this event
	memos   []memo // by leaf: what became of it in this event
	done    []uint32

	elements []indexElement
	arrays   int32
	several  bool // some array of the event has more than one element that could be chosen
	odd      bool // an array within an array, or a name with a dot: elements have to be chosen with more care
	dotted   int  // how many names with dots were met
	again    bool // a name stands twice in one object

	wanted   []uint64 // the trie's nodes that are looked for below the top of the event
	chosen   bool     // wanted and frontier are known
	frontier []int32
	later    []postponed

	masks []uint64
	found []int
}

// value is one value of an event at a field that some pattern asks for.
type value struct {
	from, to int32 // its key, in text where inText, else in the event
	next     int32 // the field's value before this one, -1 for none
	in       int32 // the element that it lies in
	number   int32 // its number, where it is one
	hash     uint64
	kind     kind
	inText   bool
	hashed   bool
}

// head is the beginning of a field's list of values.
type head struct {
	turn uint32
	last int32
}

// memo is what became of a leaf.
type memo struct {
	turn uint32
	how  leafState
}

// indexElement is one element of an array of objects or arrays, as in event.
type indexElement struct {
	parent int32
	node   int32 // of the trie, at which the array stands
	array  int32
}

// postponed is a value at the top of the event that was met before it was known what to look for in it.
type postponed struct {
	at   int
	node int32
}

func newRun(x *Index) *run {
	return &run{
		x: x, heads: make([]head, len(x.fields)), memos: make([]memo, len(x.leaves)), done: make([]uint32, x.size),
		wanted: make([]uint64, (len(x.trie.nodes)+63)/64),
	}
}

// begin forgets the event before.
func (r *run) begin(event []byte) {
	r.event = event
	if r.turn++; r.turn == 0 { // after four thousand million events
		clear(r.heads)
		clear(r.memos)
		clear(r.done)
		r.turn = 1
	}
	r.text, r.values, r.numbers, r.later, r.frontier = r.text[:0], r.values[:0], r.numbers[:0], r.later[:0], r.frontier[:0]
	r.elements = append(r.elements[:0], indexElement{parent: -1, array: -1})
	r.arrays, r.dotted = 0, 0
	r.several, r.odd, r.again, r.chosen = false, false, false, false
}

// scan reads the event; false where it is not one JSON object.
func (r *run) scan() bool {
	r.mark(r.event)
	i := skipSpace(r.event, 0)
	if i >= len(r.event) || r.event[i] != '{' {
		return false
	}
	if i = r.top(i + 1); i < 0 {
		return false
	}
	if skipSpace(r.event, i) != len(r.event) {
		return false
	}
	r.choose()
	for _, p := range r.later {
		if r.isWanted(p.node) {
			r.value(p.at, p.node, root, 1)
		}
	}
	return true
}

// top reads the members of the event itself. Where source and detail-type stand before what has members of its own, as in
// every event of EventBridge, it is known by then what to look for there.
func (r *run) top(i int) int {
	b, t := r.event, &r.x.trie
	if i = skipSpace(b, i); i < len(b) && b[i] == '}' {
		return i + 1
	}
	var seen [4]uint64
	for {
		child, next := r.name(i, 0, &seen)
		if i = next; i < 0 {
			return -1
		}
		switch {
		case child == 0:
			i = r.skipValue(b, i, 1)
		case b[i] != '{' && b[i] != '[':
			i = r.value(i, child, root, 1)
		case t.nodes[child].size == 0 && b[i] == '{':
			i = r.skipValue(b, i, 1)
		case !r.chosen && !r.canChoose():
			r.later = append(r.later, postponed{i, child})
			i = r.skipValue(b, i, 1)
		default:
			if r.choose(); r.isWanted(child) {
				i = r.value(i, child, root, 1)
			} else {
				i = r.skipValue(b, i, 1)
			}
		}
		if i < 0 {
			return -1
		}
		var more bool
		if i, more = skipComma(b, i, '}'); !more {
			return i
		}
	}
}

// name reads a member's name and its colon, and gives the trie's node for it, 0 for none, and the index of its value.
func (r *run) name(i int, n int32, seen *[4]uint64) (child int32, next int) {
	b, t := r.event, &r.x.trie
	if i >= len(b) || b[i] != '"' {
		return 0, -1
	}
	from := i + 1
	end, escaped := r.skipString(b, from)
	if end < 0 {
		return 0, -1
	}
	name := b[from : end-1]
	if end+1 < len(b) && b[end] == ':' && b[end+1] > ' ' {
		next = end + 1
	} else if next = skipColon(b, end); next < 0 {
		return 0, -1
	}
	node := &t.nodes[n]
	if escaped {
		start := len(r.text)
		r.text = appendUnescaped(r.text, name)
		name = r.text[start:]
	}
	if !node.mayHold(name) {
		return 0, next
	}
	if child = t.child(node, name); child != 0 {
		slot := t.nodes[child].slot
		if bit := uint64(1) << (slot & 63); seen[slot>>6]&bit != 0 {
			r.again = true // or there are more than 256 of them; then the names are compared whole
		} else {
			seen[slot>>6] |= bit
		}
		return child, next
	}
	if bytes.IndexByte(name, '.') >= 0 {
		if child = t.descend(n, name); child != 0 {
			r.odd = true
			r.dotted++
			r.again = r.again || r.dotted > 1 // it could be the same name
		}
	}
	return child, next
}

func (r *run) isWanted(node int32) bool { return r.wanted[node>>6]>>(node&63)&1 != 0 }

// value reads a value at a node of the trie. i must be within the event.
func (r *run) value(i int, n, in int32, depth int) int {
	b, node := r.event, &r.x.trie.nodes[n]
	switch b[i] {
	case '{':
		if node.size == 0 {
			return r.skipObject(b, i+1, depth+1)
		}
		return r.object(i+1, n, in, depth+1)
	case '[':
		return r.array(i+1, n, in, depth+1)
	case '"':
		end, escaped := r.skipString(b, i+1)
		if end > 0 && node.field >= 0 {
			r.addString(node.field, i+1, end-1, escaped, in)
		}
		return end
	case 't', 'f', 'n':
		end := skipWord(b, i)
		if end > 0 && node.field >= 0 {
			k := kindBool
			if b[i] == 'n' {
				k = kindNull
			}
			r.add(node.field, value{from: int32(i), to: int32(end), in: in, kind: k})
		}
		return end
	}
	end := skipNumber(b, i)
	if end > 0 && node.field >= 0 {
		from := len(r.text)
		var n number
		r.text, n = appendNumber(r.text, b[i:end])
		r.numbers = append(r.numbers, n)
		r.add(node.field, value{from: int32(from), to: int32(len(r.text)), inText: true, in: in, kind: kindNumber, number: int32(len(r.numbers) - 1)})
	}
	return end
}

// object reads an object behind its opening brace.
func (r *run) object(i int, n, in int32, depth int) int {
	b := r.event
	if depth > maxNesting {
		return -1
	}
	if i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	var seen [4]uint64
	for {
		child, next := r.name(i, n, &seen)
		if i = next; i < 0 {
			return -1
		}
		if child != 0 && r.isWanted(child) {
			i = r.value(i, child, in, depth)
		} else if b[i] != '"' {
			i = r.skipValue(b, i, depth)
		} else {
			i, _ = r.skipString(b, i+1)
		}
		if i < 0 {
			return -1
		}
		if i+1 < len(b) && b[i] == ',' && b[i+1] > ' ' {
			i++
			continue
		}
		var more bool
		if i, more = skipComma(b, i, '}'); !more {
			return i
		}
	}
}

// array reads an array behind its opening bracket. Its plain values belong to the element around it; each object or array in
// it is an element of its own.
func (r *run) array(i int, n, in int32, depth int) int {
	b := r.event
	if depth > maxNesting {
		return -1
	}
	if i = skipSpace(b, i); i < len(b) && b[i] == ']' {
		return i + 1
	}
	number := r.arrays
	r.arrays++
	for elements := 0; ; {
		if i >= len(b) {
			return -1
		}
		inner := in
		if b[i] == '{' || b[i] == '[' {
			if elements++; elements > 1 {
				r.several = true
			}
			r.odd = r.odd || b[i] == '['
			inner = int32(len(r.elements))
			r.elements = append(r.elements, indexElement{parent: in, node: n, array: number})
		}
		if i = r.value(i, n, inner, depth); i < 0 {
			return -1
		}
		var more bool
		if i, more = skipComma(b, i, ']'); !more {
			return i
		}
	}
}

// addString keeps a string, without escapes and in UTF-8.
func (r *run) addString(field int32, from, to int, escaped bool, in int32) {
	v := value{from: int32(from), to: int32(to), in: in, kind: kindString}
	if escaped || !r.ascii && !utf8.Valid(r.event[from:to]) {
		v.from, v.inText = int32(len(r.text)), true
		r.text = appendUnescaped(r.text, r.event[from:to])
		v.to = int32(len(r.text))
	}
	r.add(field, v)
}

// add keeps a value.
func (r *run) add(field int32, v value) {
	h := &r.heads[field]
	if v.next = h.last; h.turn != r.turn {
		v.next = -1
	}
	*h = head{r.turn, int32(len(r.values))}
	r.values = append(r.values, v)
}

// first is the number of a field's last value, from which next leads to the others; -1 where it has none.
func (r *run) first(field int32) int32 {
	if h := r.heads[field]; h.turn == r.turn {
		return h.last
	}
	return -1
}

// key is the text by which a value is looked up.
func (r *run) key(v *value) []byte {
	if v.inText {
		return r.text[v.from:v.to]
	}
	return r.event[v.from:v.to]
}

// hashOf is the hash of a value's key.
func (r *run) hashOf(v *value) uint64 {
	if !v.hashed {
		v.hash, v.hashed = maphash.Bytes(r.x.seed, r.key(v)), true
	}
	return v.hash
}

// scalar is the value as conditions take it. It is good until the next event.
func (r *run) scalar(v *value) scalar {
	s := scalar{kind: v.kind, text: view(r.key(v))}
	if v.kind != kindNumber {
		return s
	}
	n := r.numbers[v.number]
	if s.exact = n.exact; !n.exact {
		s.text = s.text[1:] // the mark of an exponent that cannot be reckoned with
		return s
	}
	s.value = decimal{negative: n.negative, digits: view(r.text[n.from:n.to]), exp: n.exp}
	if s.value.digits == "" {
		s.value = decimal{}
	}
	return s
}

// view reads bytes as a string without a copy. The bytes must not change while the string is used, and conditions keep none.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
