package source

import (
	"errors"
	"io"
)

// The limits of what is read. An event of EventBridge is at most 1 MiB ("Amazon EventBridge quotas", PutEvents entry).
const (
	maxElement = 1 << 20
	maxFile    = 256 << 20
	maxDepth   = 200
)

// place is where something stands in a file, both from 1.
type place struct{ line, col int }

// chunk is one JSON value cut out of a stream. Bytes are complete only where fault is empty.
type chunk struct {
	bytes []byte
	at    place
	end   place  // where the fault was met
	fault string // why it cannot be used
}

var errTooLong = errors.New("file too long")

// cutter cuts JSON values out of a stream without holding more than one of them. It looks only at quotes and
// brackets; whether a value is JSON is for the caller to check.
type cutter struct {
	in   io.Reader
	buf  []byte
	left []byte // of buf
	read int64  // bytes taken from left so far
	next place  // of the byte that comes next
	last place  // of the byte read last
	err  error  // what ended the stream
}

func newCutter(r io.Reader) *cutter {
	return &cutter{in: r, buf: make([]byte, 64<<10), next: place{1, 1}}
}

// byte reads one byte; false at the end of the stream.
func (c *cutter) byte() (byte, bool) {
	b, ok := c.peek()
	if !ok {
		return 0, false
	}
	c.left = c.left[1:]
	c.read++
	c.last = c.next
	c.next.col++
	if b == '\n' {
		c.next = place{c.next.line + 1, 1}
	}
	return b, true
}

// peek looks at the next byte; false at the end of the stream.
func (c *cutter) peek() (byte, bool) {
	if len(c.left) == 0 && !c.fill() {
		return 0, false
	}
	if c.read >= maxFile {
		c.err = errTooLong
		return 0, false
	}
	return c.left[0], true
}

// fill reads on; false at the end of the stream.
func (c *cutter) fill() bool {
	for tries := 0; c.err == nil && tries < 100; tries++ {
		n, err := c.in.Read(c.buf)
		c.left, c.err = c.buf[:n], err
		if n > 0 {
			return true
		}
	}
	if c.err == nil {
		c.err = io.ErrNoProgress
	}
	return false
}

// skip passes white space and gives the byte that follows it, unread.
func (c *cutter) skip() (byte, bool) {
	for {
		b, ok := c.peek()
		if !ok || !isSpace(b) {
			return b, ok
		}
		c.byte()
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// outcome is how the cutting of a value ended.
type outcome int

const (
	whole outcome = iota // its end was found
	torn                 // it breaks off: what follows belongs to something else
	list                 // the next byte opens a list of events inside it, see isListKey
)

// value cuts the value that begins at the next byte. With lists, it stops in front of a list of events inside an
// object; rest goes on from behind the list.
func (c *cutter) value(lists bool) (chunk, outcome) {
	v := chunk{at: c.next}
	b, _ := c.peek()
	switch b {
	case '{', '[':
		return v, c.nested(&v, nil, lists)
	case '"':
		if !c.text(&v) {
			return v, torn
		}
	default:
		c.bare(&v)
	}
	return v, whole
}

// rest cuts what is left of an object behind a list of events in it.
func (c *cutter) rest() (chunk, outcome) {
	v := chunk{at: c.next}
	return v, c.nested(&v, []byte{'}'}, true)
}

// isListKey says whether a key, with its quotes, holds a list of events in an answer of an API, in a log file of
// CloudTrail, or in what Lambda hands over for SQS and SNS.
func isListKey(key []byte) bool {
	switch string(key) {
	case `"Findings"`, `"findings"`, `"Records"`, `"Events"`:
		return true
	}
	return false
}

// keep adds a byte to the value, up to the limit.
func (c *cutter) keep(v *chunk, b byte) {
	if len(v.bytes) < maxElement {
		v.bytes = append(v.bytes, b)
		return
	}
	c.blame(v, "is larger than 1 MiB, EventBridge's limit for one event")
}

// blame says what is wrong with the value; the first fault counts.
func (c *cutter) blame(v *chunk, fault string) {
	if v.fault == "" {
		v.fault, v.end = fault, c.last
	}
}

// bare cuts a number, a word, or whatever stands there instead.
func (c *cutter) bare(v *chunk) {
	for {
		b, ok := c.peek()
		ends := isSpace(b) || b == ',' || b == '{' || b == '[' || b == ']' || b == '}'
		if !ok || ends && len(v.bytes) > 0 {
			return
		}
		c.byte()
		c.keep(v, b)
		if ends {
			return
		}
	}
}

// text cuts a string; it reports whether the string has an end.
func (c *cutter) text(v *chunk) bool {
	quote, _ := c.byte()
	c.keep(v, quote)
	for {
		b, ok := c.peek()
		if !ok || b == '\n' {
			c.blame(v, "ends inside a string")
			return false
		}
		c.byte()
		c.keep(v, b)
		switch b {
		case '"':
			return true
		case '\\':
			if e, ok := c.peek(); ok && e != '\n' {
				c.byte()
				c.keep(v, e)
			}
		}
	}
}

// nested cuts an object or an array, of which the brackets in open are read already. Where the value breaks off and
// the next one begins, as in JSON lines with a torn line, it stops before the next one.
func (c *cutter) nested(v *chunk, open []byte, lists bool) outcome {
	depth := len(open)
	var before byte // the last byte that is no white space; a quote for a string
	var key []byte  // the last string, while it may be a key of the outermost object
	for {
		b, ok := c.skipInto(v)
		switch {
		case !ok, b == '{' && c.next.col == 1 && !mayPrecede(before):
			c.blame(v, "ends before it is complete")
			return torn
		case b == '"':
			start := len(v.bytes)
			if !c.text(v) {
				return torn
			}
			key, before = v.bytes[start:], b
			continue
		case b == '[' && lists && depth == 1 && open[0] == '}' && before == ':' && isListKey(key):
			return list
		}
		c.byte()
		c.keep(v, b)
		before = b
		switch b {
		case '{', '[':
			if depth++; depth <= maxDepth {
				open = append(open, b+2) // in ASCII: '{' + 2 == '}', '[' + 2 == ']'
				continue
			}
			c.blame(v, "is nested deeper than 200 levels")
		case '}', ']':
			if depth <= maxDepth {
				if open[depth-1] != b {
					c.blame(v, "closes a bracket that is not open")
					return torn
				}
				open = open[:depth-1]
			}
			if depth--; depth == 0 {
				return whole
			}
		}
	}
}

// mayPrecede says whether an object may stand behind this byte.
func mayPrecede(b byte) bool { return b == 0 || b == ',' || b == ':' || b == '[' }

// skipInto is skip for white space inside a value, which belongs to it.
func (c *cutter) skipInto(v *chunk) (byte, bool) {
	for {
		b, ok := c.peek()
		if !ok || !isSpace(b) {
			return b, ok
		}
		c.byte()
		c.keep(v, b)
	}
}

// resync goes to the next line that begins with a bracket: where the next value of a torn file may begin.
func (c *cutter) resync() {
	for {
		b, ok := c.peek()
		if !ok || c.next.col == 1 && (b == '{' || b == '[') {
			return
		}
		c.byte()
	}
}
