package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"parry"
)

// maxFaults is how many broken elements are told one by one: a file with more of them is another kind of file.
const maxFaults = 1000

// Item is one element of what was read: an event, or the reason why it is none.
type Item struct {
	Event parry.Event
	Err   error
}

// Read splits a file or standard input into events. It takes one JSON object, an array, JSON lines, JSON values one
// after the other, and in place of each event the list that an API answers ({"Findings": [...]}) or that Lambda gets
// from SQS and SNS ({"Records": [...]}). A finding without an envelope gets the one that AWS would have put round it.
//
// What is wrong with one element is that Item's Err, and the rest is still read. The error of Read itself says why
// reading ended early, or that there was nothing; the items before it are good. What is too long to be held is for Stream.
func Read(name string, r io.Reader) ([]Item, error) {
	var items []Item
	faults := 0
	err := stream(name, r, maxFile, func(i Item) error {
		if items = append(items, i); i.Err != nil {
			faults++
		}
		if faults >= maxFaults {
			return parry.Errorf(parry.Invalid, "%s: %d broken elements; the rest is not read", name, maxFaults)
		}
		return nil
	})
	if err == nil && len(items) == 0 {
		err = parry.Errorf(parry.Invalid, "%s holds no event", name).WithHint("%s", accepted)
	}
	return items, err
}

// reader gives the items of one file.
type reader struct {
	name string
	cut  *cutter
	skim skimmer
	each func(Item) error
	stop error // what each said; nothing is read after it
}

// stream reads the values of the file one after the other.
func (r *reader) stream() {
	for n := 1; r.stop == nil; n++ {
		b, ok := r.cut.skip()
		if !ok {
			return
		}
		complete := false
		if b == '[' {
			complete = r.list(number{n}, true)
		} else {
			complete = r.element(number{n}, true)
		}
		if !complete && r.stop == nil {
			r.cut.resync()
		}
	}
}

// list reads the elements of an array. It reports whether the array's end was found.
func (r *reader) list(in number, inner bool) bool {
	r.cut.byte()
	before := byte('[')
	for n := 1; r.stop == nil; {
		b, ok := r.cut.skip()
		switch {
		case !ok:
			r.fault(r.cut.next, in, "the array ends before it is complete")
			return false
		case b == ',' || b == ']':
			if before == ',' || b == ',' && before == '[' {
				r.fault(r.cut.next, in.of(n), "there is no element beside this comma")
			}
			r.cut.byte()
			if b == ']' {
				return true
			}
			before = b
			continue
		case before == 'v':
			r.fault(r.cut.next, in.of(n), "there is no comma before this element")
		}
		if !r.element(in.of(n), inner) {
			return false
		}
		before = 'v'
		n++
	}
	return false
}

// element reads one value: an event, or an object with a list of them. It reports whether the value's end was found.
func (r *reader) element(n number, inner bool) bool {
	v, how := r.cut.cut(inner)
	if how != list {
		r.emit(v, n)
		return how == whole
	}
	for how == list {
		if !r.list(n, false) {
			return false
		}
		v, how = r.cut.rest()
	}
	if how == torn {
		r.fault(v.end, n, v.fault)
	}
	return how == whole
}

// emit makes an item of a value.
func (r *reader) emit(v chunk, n number) {
	if v.fault != "" {
		fault := v.fault
		if v.end.line != v.at.line {
			fault += " (it begins in line " + strconv.Itoa(v.at.line) + ")"
		}
		r.fault(v.end, n, fault)
		return
	}
	line := r.name + ", line " + strconv.Itoa(v.at.line)
	e, ok := r.skim.event(v.bytes)
	if !ok {
		if err := json.Unmarshal(v.bytes, new(json.RawMessage)); err != nil {
			r.fault(v.where(err), n, "is not JSON: "+err.Error())
			return
		}
		var err error
		if e, err = toEvent(bytes.Clone(v.bytes)); err != nil {
			r.give(Item{Err: parry.Errorf(parry.Invalid, "%s, element %s: %w", line, n, err)})
			return
		}
	}
	if e.Place = line; !n.isFirst() {
		e.Place = line + ", element " + n.String()
	}
	r.give(Item{Event: e})
}

// give hands an item over.
func (r *reader) give(i Item) {
	if r.stop == nil {
		r.stop = r.each(i)
	}
}

// fault makes an item of something that cannot be read.
func (r *reader) fault(at place, n number, msg string) {
	r.give(Item{Err: parry.Errorf(parry.Invalid, "%s, line %d, column %d, element %s: %s", r.name, at.line, at.col, n, msg)})
}

// where is the place at which a JSON error was met.
func (v chunk) where(err error) place {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return v.at
	}
	at := v.at
	for _, b := range v.bytes[:min(max(int(syntax.Offset)-1, 0), len(v.bytes))] {
		at.col++
		if b == '\n' {
			at = place{at.line + 1, 1}
		}
	}
	return at
}

// number is an element's number in the file; in a list within the file one more for each level. Where the file
// begins with a list, and mostly is one, its elements are simply counted.
type number []int

func (n number) of(i int) number {
	return append(n[:len(n):len(n)], i)
}

// isFirst says whether it is the file's first element, whose number nobody needs to be told.
func (n number) isFirst() bool {
	return n[len(n)-1] == 1 && (len(n) == 1 || len(n) == 2 && n[0] == 1)
}

func (n number) String() string {
	if len(n) > 1 && n[0] == 1 {
		n = n[1:]
	}
	b := make([]byte, 0, 24)
	for i, k := range n {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, int64(k), 10)
	}
	return string(b)
}
