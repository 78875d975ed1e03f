package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
// reading ended early, or that there was nothing; the items before it are good.
func Read(name string, r io.Reader) ([]Item, error) {
	in := bufio.NewReader(r)
	if err := skipMark(name, in); err != nil {
		return nil, err
	}
	rd := &reader{name: name, cut: newCutter(in)}
	rd.stream()
	if err := rd.ended(); err != nil {
		return rd.items, err
	}
	if len(rd.items) == 0 {
		return nil, parry.Errorf(parry.Invalid, "%s holds no event", name).WithHint("%s", accepted)
	}
	return rd.items, nil
}

// skipMark passes a UTF-8 byte order mark, and refuses what is certainly no JSON text with the reason.
func skipMark(name string, in *bufio.Reader) error {
	head, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return parry.Errorf(parry.Invalid, "%s is UTF-16 text", name).WithHint("save it as UTF-8")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return parry.Errorf(parry.Invalid, "%s is compressed with gzip", name).WithHint("unpack it first: gunzip")
	}
	return nil
}

// reader gathers the items of one file.
type reader struct {
	name   string
	cut    *cutter
	items  []Item
	faults int
}

// ended is the error that ended the reading before the end of the file.
func (r *reader) ended() error {
	switch {
	case r.faults >= maxFaults:
		return parry.Errorf(parry.Invalid, "%s: %d broken elements; the rest is not read", r.name, maxFaults)
	case errors.Is(r.cut.err, errTooLong):
		return parry.Errorf(parry.Invalid, "%s is longer than 256 MiB; the rest is not read", r.name).
			WithHint("split it into smaller files")
	case !errors.Is(r.cut.err, io.EOF):
		return fmt.Errorf("read %s: %w", r.name, r.cut.err)
	}
	return nil
}

// stream reads the values of the file one after the other.
func (r *reader) stream() {
	for n := 1; r.faults < maxFaults; n++ {
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
		if !complete {
			r.cut.resync()
		}
	}
}

// list reads the elements of an array. It reports whether the array's end was found.
func (r *reader) list(in number, inner bool) bool {
	r.cut.byte()
	before := byte('[')
	for n := 1; r.faults < maxFaults; {
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
	v, how := r.cut.value(inner)
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
	if err := json.Unmarshal(v.bytes, new(json.RawMessage)); err != nil {
		r.fault(v.where(err), n, "is not JSON: "+err.Error())
		return
	}
	line := fmt.Sprintf("%s, line %d", r.name, v.at.line)
	e, err := toEvent(v.bytes)
	if err != nil {
		r.faults++
		r.items = append(r.items, Item{Err: parry.Errorf(parry.Invalid, "%s, element %s: %w", line, n, err)})
		return
	}
	if e.Place = line; n.String() != "1" {
		e.Place = line + ", element " + n.String()
	}
	r.items = append(r.items, Item{Event: e})
}

// fault makes an item of something that cannot be read.
func (r *reader) fault(at place, n number, msg string) {
	r.faults++
	r.items = append(r.items, Item{Err: parry.Errorf(parry.Invalid, "%s, line %d, column %d, element %s: %s",
		r.name, at.line, at.col, n, msg)})
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

func (n number) String() string {
	if len(n) > 1 && n[0] == 1 {
		n = n[1:]
	}
	s := make([]string, len(n))
	for i, k := range n {
		s[i] = strconv.Itoa(k)
	}
	return strings.Join(s, ".")
}
