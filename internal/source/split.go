package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// The limits of what is read. An event of EventBridge is at most 1 MiB ("Amazon EventBridge quotas", PutEvents entry).
const (
	maxElement = 1 << 20
	maxFile    = 256 << 20
	maxDepth   = 200
)

// bufferSize is how much of a file is read at a time.
const bufferSize = 64 << 10

// place is where something stands in a file, both from 1.
type place struct{ line, col int }

// chunk is one JSON value cut out of a stream. Bytes are complete only where fault is empty, and good until the next value
// is cut.
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
	in    io.Reader
	buf   []byte
	left  []byte // of buf
	limit int64  // how many bytes may be read; 0 for any number
	read  int64  // bytes read so far
	value []byte // where values are put together, one after the other
	open  []byte // where nested notes the brackets that are open
	next  place  // of the byte that comes next
	last  place  // of the byte read last
	err   error  // what ended the stream
}

func newCutter(r io.Reader) *cutter {
	return &cutter{in: r, buf: make([]byte, bufferSize), next: place{1, 1}}
}

// newTextCutter cuts values out of what is in memory.
func newTextCutter(text []byte) *cutter {
	return &cutter{in: strings.NewReader(""), left: text, next: place{1, 1}}
}

// byte reads one byte; false at the end of the stream.
func (c *cutter) byte() (byte, bool) {
	b, ok := c.peek()
	if !ok {
		return 0, false
	}
	c.left = c.left[1:]
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
	return c.left[0], true
}

// pass passes some bytes of one line, which must be in left.
func (c *cutter) pass(n int) {
	if n == 0 {
		return
	}
	c.left = c.left[n:]
	c.last = place{c.next.line, c.next.col + n - 1}
	c.next.col += n
}

// fill reads on; false at the end of the stream.
func (c *cutter) fill() bool {
	for tries := 0; c.err == nil && tries < 100; tries++ {
		n, err := c.in.Read(c.buf)
		if room := c.limit - c.read; c.limit > 0 && int64(n) > room {
			n, err = int(room), errTooLong
		}
		c.read += int64(n)
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
		if b == '\n' {
			c.byte()
		}
		c.pass(plainSpace(c.left))
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

// cut cuts the value that begins at the next byte. With lists, it stops in front of a list of events inside an
// object; rest goes on from behind the list.
func (c *cutter) cut(lists bool) (v chunk, how outcome) {
	b, _ := c.peek()
	if v, ok := c.near(lists); ok {
		return v, whole
	}
	v = chunk{at: c.next, bytes: c.value[:0]}
	switch b {
	case '{', '[':
		how = c.nested(&v, nil, lists)
	case '"':
		if !c.text(&v) {
			how = torn
		}
	default:
		c.bare(&v)
	}
	c.value = v.bytes
	return v, how
}

// rest cuts what is left of an object behind a list of events in it.
func (c *cutter) rest() (chunk, outcome) {
	v := chunk{at: c.next, bytes: c.value[:0]}
	how := c.nested(&v, []byte{'}'}, true)
	c.value = v.bytes
	return v, how
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

// take reads some bytes of one line, which must be in left, and adds them to the value.
func (c *cutter) take(v *chunk, n int) {
	for ; n > 0 && len(v.bytes)+n > maxElement; n-- {
		if v.fault != "" && len(v.bytes) == maxElement {
			c.pass(n)
			return
		}
		b, _ := c.byte()
		c.keep(v, b)
	}
	v.bytes = append(v.bytes, c.left[:n]...)
	c.pass(n)
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
		switch {
		case !ok || b == '\n':
			c.blame(v, "ends inside a string")
			return false
		case b == '"':
			c.take(v, 1)
			return true
		case b == '\\':
			c.take(v, 1)
			if e, ok := c.peek(); ok && e != '\n' {
				c.take(v, 1)
			}
		default:
			c.take(v, plainText(c.left))
		}
	}
}

// plainText is how many bytes at the beginning of a text neither end a string nor escape anything. It looks at some of them
// at a time: what one search finds far away another may find near.
func plainText(b []byte) int {
	b = b[:min(len(b), 256)]
	for _, special := range [...]byte{'"', '\\', '\n'} {
		if i := bytes.IndexByte(b, special); i >= 0 {
			b = b[:i]
		}
	}
	return len(b)
}

// plainStructure is how many bytes at the beginning of a text are no white space, no bracket and no string's quote.
func plainStructure(b []byte) int {
	for i, x := range b {
		if x <= ' ' && isSpace(x) || x == '"' || x|0x20 == '{' || x|0x20 == '}' { // '[' | 0x20 == '{', ']' | 0x20 == '}'
			return i
		}
	}
	return len(b)
}

// nested cuts an object or an array, of which the brackets in open are read already. Where the value breaks off and
// the next one begins, as in JSON lines with a torn line, it stops before the next one.
func (c *cutter) nested(v *chunk, open []byte, lists bool) outcome {
	open = append(c.open[:0], open...)
	defer func() { c.open = open }()
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
		if n := plainStructure(c.left); n > 0 {
			before = c.left[n-1]
			c.take(v, n)
			continue
		}
		c.take(v, 1)
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
		if b == '\n' {
			c.byte()
			c.keep(v, b)
		}
		c.take(v, plainSpace(c.left))
	}
}

// plainSpace is how many bytes at the beginning of a text are white space in the same line.
func plainSpace(b []byte) int {
	for i, x := range b {
		if !isSpace(x) || x == '\n' {
			return i
		}
	}
	return len(b)
}

// resync goes to the next line that begins with a bracket: where the next value of a torn file may begin.
func (c *cutter) resync() {
	for {
		b, ok := c.peek()
		switch {
		case !ok || c.next.col == 1 && (b == '{' || b == '['):
			return
		case b == '\n':
			c.byte()
		default:
			n := bytes.IndexByte(c.left, '\n')
			if n < 0 {
				n = len(c.left)
			}
			c.pass(n)
		}
	}
}
