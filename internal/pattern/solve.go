package pattern

import (
	"encoding/binary"
	"errors"
	"slices"
)

// maxSteps bounds the combinations of array elements that are followed for one
// branch and one event, so that an event cannot be made to take forever.
const maxSteps = 1 << 20

// errTooAmbiguous is for an event that exceeds maxSteps.
var errTooAmbiguous = errors.New("event has too many combinations of array elements to match")

// choice is a set of array elements, in order of number, that the fields
// matched so far have settled on: at most one of each array, and with every
// element the ones around it.
type choice []int

// key is the choice as a map key.
func (c choice) key() string {
	b := make([]byte, 0, 4*len(c))
	for _, id := range c {
		b = binary.BigEndian.AppendUint32(b, uint32(id))
	}
	return string(b)
}

// try matches one branch, field after field, following all choices of array
// elements at once. When no choice is left it returns the number of the field
// that failed.
func (e *event) try(b branch) (failed int, ok bool, err error) {
	e.steps = 0
	needed := e.neededAfter(b)
	choices := []choice{{}}
	for i, l := range b {
		choices, err = e.step(l, choices, needed[i])
		if err != nil {
			return i, false, err
		}
		if len(choices) == 0 {
			return i, false, nil
		}
	}
	return 0, true, nil
}

// neededAfter gives for every field of a branch the arrays that the fields
// after it touch. A choice forgets the others, so that arrays which have
// nothing to do with each other do not multiply.
func (e *event) neededAfter(b branch) []map[int]bool {
	needed := make([]map[int]bool, len(b))
	arrays := map[int]bool{}
	for i := len(b) - 1; i >= 0; i-- {
		needed[i] = arrays
		with := make(map[int]bool, len(arrays))
		for a := range arrays {
			with[a] = true
		}
		e.touch(b[i].path, with)
		arrays = with
	}
	return needed
}

// touch adds the arrays around the values at a field.
func (e *event) touch(path string, arrays map[int]bool) {
	for _, o := range e.values[path] {
		for in := o.in; in != root; in = e.elements[in].parent {
			arrays[e.elements[in].array] = true
		}
	}
}

// step matches one field: it extends the choices by the elements that hold an
// accepted value, and keeps those for which the field is absent where the
// pattern accepts that.
func (e *event) step(l leaf, choices []choice, needed map[int]bool) ([]choice, error) {
	index := e.index(choices)
	next := choiceSet{seen: map[string]bool{}}
	for _, in := range e.accepted(l) {
		chain := e.chain(in)
		for _, c := range e.consistent(index, choices, chain) {
			next.add(e.forget(merge(choices[c], chain), needed))
		}
		if e.steps > maxSteps {
			return nil, errTooAmbiguous
		}
	}
	if !l.absent {
		return next.list, nil
	}
	rest, err := e.without(l, index, choices)
	for _, c := range rest {
		next.add(e.forget(c, needed))
	}
	return next.list, err
}

// accepted lists the elements, each once, in which the field has an accepted
// value.
func (e *event) accepted(l leaf) []int {
	var list []int
	for _, o := range e.values[l.path] {
		if l.accepts(o.value) {
			list = append(list, o.in)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// accepts says whether the field accepts a value.
func (l leaf) accepts(s scalar) bool {
	return slices.ContainsFunc(l.conds, func(c condition) bool { return c.matches(s) })
}

// without lists the choices with which no value of the field is consistent.
func (e *event) without(l leaf, index choiceIndex, choices []choice) ([]choice, error) {
	present := make([]bool, len(choices))
	for _, in := range e.accepted(leaf{path: l.path, conds: []condition{exists{}}}) {
		for _, c := range e.consistent(index, choices, e.chain(in)) {
			present[c] = true
		}
		if e.steps > maxSteps {
			return nil, errTooAmbiguous
		}
	}
	var list []choice
	for i, c := range choices {
		if !present[i] {
			list = append(list, c)
		}
	}
	return list, nil
}

// merge adds the elements of a chain to a choice.
func merge(c choice, chain []int) choice {
	both := slices.Concat(c, choice(chain))
	slices.Sort(both)
	return slices.Compact(both)
}

// forget drops the elements of arrays that are not needed.
func (e *event) forget(c choice, needed map[int]bool) choice {
	return slices.DeleteFunc(slices.Clone(c), func(id int) bool { return !needed[e.elements[id].array] })
}

// choiceSet collects choices, each once.
type choiceSet struct {
	list []choice
	seen map[string]bool
}

// add puts a choice into the set.
func (s *choiceSet) add(c choice) {
	k := c.key()
	if !s.seen[k] {
		s.seen[k] = true
		s.list = append(s.list, c)
	}
}

// choiceIndex finds choices by an element that they hold. The choices at one
// element are grouped by the arrays directly in it of which they hold an
// element, so that those which cannot fit are passed over together.
type choiceIndex map[int]map[string]*choiceGroup

// choiceGroup is a group of choices, by number.
type choiceGroup struct {
	arrays  map[int]bool
	choices []int
}

// index makes the index of a list of choices.
func (e *event) index(choices []choice) choiceIndex {
	index := choiceIndex{}
	for i, c := range choices {
		held := map[int][]int{root: nil}
		for _, id := range c {
			parent := e.elements[id].parent
			held[parent] = append(held[parent], e.elements[id].array)
			if _, ok := held[id]; !ok {
				held[id] = nil // an element that holds no array is still one to look up by
			}
		}
		for id, arrays := range held {
			index.add(id, arrays, i)
		}
	}
	return index
}

// add puts a choice into the index under one element.
func (x choiceIndex) add(id int, arrays []int, number int) {
	slices.Sort(arrays)
	key := choice(arrays).key()
	if x[id] == nil {
		x[id] = map[string]*choiceGroup{}
	}
	g := x[id][key]
	if g == nil {
		g = &choiceGroup{arrays: map[int]bool{}}
		for _, a := range arrays {
			g.arrays[a] = true
		}
		x[id][key] = g
	}
	g.choices = append(g.choices, number)
}

// consistent lists the choices, by number, with which the elements of a chain
// fit: of every array on the chain a choice holds the same element or none.
//
// An array lies inside the elements before it on the chain, so a choice that
// holds an element of it holds those as well. It is enough to find, for each
// place on the chain, the choices that hold the element there and none of the
// array that follows. What is found is counted as steps.
func (e *event) consistent(index choiceIndex, choices []choice, chain []int) []int {
	if len(choices) == 1 && len(choices[0]) == 0 {
		return []int{0}
	}
	var list []int
	holder := root
	for i := 0; i <= len(chain); i++ {
		for _, g := range index[holder] {
			if i == len(chain) || !g.arrays[e.elements[chain[i]].array] {
				list = append(list, g.choices...)
			}
		}
		if i < len(chain) {
			holder = chain[i]
		}
	}
	e.steps += len(list)
	return list
}
