package source

import "bytes"

// near cuts an object that lies whole in what is read already, without putting it together anew: most do. It gives what cut
// gives, or has read nothing: whatever is odd, a fault or a list of events inside the object, is left to cut.
func (c *cutter) near(lists bool) (chunk, bool) {
	text := c.left[:min(len(c.left), maxElement)]
	if len(text) == 0 || text[0] != '{' {
		return chunk{}, false
	}
	var open [maxDepth]byte // as in nested
	depth := 0
	line, begin := c.next.line, 1-c.next.col // where the line of the byte at hand begins
	before := byte(0)
	var key []byte
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch b {
		case '"':
			end := nearText(text, i+1)
			if end < 0 {
				return chunk{}, false
			}
			key = text[i : end+1]
			i = end
		case '{', '[':
			if depth == maxDepth || b == '{' && i == begin && !mayPrecede(before) ||
				b == '[' && lists && depth == 1 && before == ':' && isListKey(key) {
				return chunk{}, false
			}
			open[depth] = b + 2
			depth++
		case '}', ']':
			if depth--; open[depth] != b {
				return chunk{}, false
			}
			if depth == 0 {
				return c.passed(i+1, line, begin), true
			}
		case ' ', '\t', '\r':
			continue
		case '\n':
			line, begin = line+1, i+1
			continue
		}
		before = b
	}
	return chunk{}, false
}

// passed is the chunk of the next n bytes, of which the last line has its number and its beginning given.
func (c *cutter) passed(n, line, begin int) chunk {
	v := chunk{at: c.next, bytes: c.left[:n]}
	c.left = c.left[n:]
	c.last = place{line, n - begin}
	c.next = place{line, n - begin + 1}
	return v
}

// nearText is where the string ends whose text begins at i; -1 where that is not to be seen.
func nearText(text []byte, i int) int {
	n := bytes.IndexByte(text[i:], '"')
	if n < 0 || bytes.IndexByte(text[i:i+n], '\n') >= 0 {
		return -1
	}
	escape := bytes.IndexByte(text[i:i+n], '\\')
	if escape < 0 {
		return i + n
	}
	// What is behind a backslash ends nothing, be it a quote or another backslash.
	for i += escape; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\n':
			return -1
		case '\\':
			if i++; i < len(text) && text[i] == '\n' {
				return -1
			}
		}
	}
	return -1
}
