package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// root is the element that stands for the whole event.
const root = 0

// element is one element of an array of objects or of arrays; the values under
// it belong together.
type element struct {
	array  int // a number for each array of the event
	parent int // the element that the array lies in
}

// occurrence is one leaf value at a field, and the innermost element it is in.
type occurrence struct {
	value scalar
	in    int
}

// event is an event flattened to the fields that a pattern asks for.
type event struct {
	elements []element
	values   map[string][]occurrence
	objects  map[string]bool // fields at which there is an object
	empty    map[string]bool // fields at which there is an empty array
	arrays   int             // the number of arrays so far
	steps    int             // the work done for the branch at hand, see maxSteps
	wanted   map[string]bool
}

// decodeEvent decodes the bytes of an event.
func decodeEvent(data []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("event is not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("event is not JSON: there is text after its end")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("event is not a JSON object")
	}
	return object, nil
}

// read decodes and flattens the bytes of an event.
func (p *Pattern) read(data []byte) (*event, error) {
	object, err := decodeEvent(data)
	if err != nil {
		return nil, err
	}
	e := &event{
		elements: []element{{}},
		values:   map[string][]occurrence{},
		objects:  map[string]bool{},
		empty:    map[string]bool{},
		wanted:   p.wanted(),
	}
	e.addObject("", object, root)
	return e, nil
}

// addObject flattens an object; before is the name that its fields' names
// follow, with the dot.
func (e *event) addObject(before string, object map[string]any, in int) {
	for _, key := range sortedKeys(object) {
		e.add(before+key, object[key], in)
	}
}

// add flattens a value at a field.
func (e *event) add(path string, v any, in int) {
	switch t := v.(type) {
	case map[string]any:
		e.objects[path] = e.objects[path] || e.wanted[path]
		e.addObject(path+".", t, in)
	case []any:
		e.empty[path] = e.empty[path] || e.wanted[path] && len(t) == 0
		e.addArray(path, t, in)
	default:
		if e.wanted[path] {
			e.values[path] = append(e.values[path], occurrence{value: newScalar(v), in: in})
		}
	}
}

// addArray flattens an array. Its plain values belong to the element around
// the array; every object or array in it is an element of its own.
func (e *event) addArray(path string, list []any, in int) {
	array := e.arrays
	e.arrays++
	for _, v := range list {
		inner := in
		switch v.(type) {
		case map[string]any, []any:
			e.elements = append(e.elements, element{array: array, parent: in})
			inner = len(e.elements) - 1
		}
		e.add(path, v, inner)
	}
}

// chain lists the elements around one element, outermost first, itself last
// and the root left out.
func (e *event) chain(in int) []int {
	var up []int
	for ; in != root; in = e.elements[in].parent {
		up = append(up, in)
	}
	for i, j := 0, len(up)-1; i < j; i, j = i+1, j-1 {
		up[i], up[j] = up[j], up[i]
	}
	return up
}
