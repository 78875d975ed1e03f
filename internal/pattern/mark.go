package pattern

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// quoteMap says where in a text the quotation marks stand that begin or end strings: bit by bit, for 64 bytes at a time, which
// spares a comparison for each piece of each string, and the processor a wrong guess at its length.
type quoteMap struct {
	quotes  []uint64
	special []uint64 // backslashes and control characters, which not every string may hold
	any     bool     // there is something in special
	ascii   bool     // no byte of the text stands for more than itself
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	// gather, multiplied with a word of which only the highest bits of bytes are set, brings these together in its highest byte.
	gather = 0x0002040810204081
)

// mark makes the map of a text.
func (m *quoteMap) mark(b []byte) {
	whole, size := len(b)/64, (len(b)+63)/64
	if cap(m.quotes) < size {
		m.quotes, m.special = make([]uint64, size+size/2), make([]uint64, size+size/2)
	}
	m.quotes, m.special = m.quotes[:size], m.special[:size]
	found := uint64(0)
	m.ascii = true
	if whole > 0 {
		found, m.ascii = markBlocks(&b[0], whole, &m.quotes[0], &m.special[0])
	}
	if whole < size {
		var last [64]byte
		for n := copy(last[:], b[whole*64:]); n < len(last); n++ {
			last[n] = ' '
		}
		more, ascii := markBlocks(&last[0], 1, &m.quotes[whole], &m.special[whole])
		found |= more
		m.ascii = m.ascii && ascii
	}
	if m.any = found != 0; m.any {
		m.unescape(b)
	}
}

// unescape takes the quotation marks out that stand behind a backslash and do not end a string. Outside of strings a backslash
// is no JSON, and a reader meets it before what it hides.
func (m *quoteMap) unescape(b []byte) {
	escaped := false
	for at, special := range m.special {
		if special == 0 && !escaped {
			continue
		}
		block := b[at*64 : min(at*64+64, len(b))]
		for i, c := range block {
			switch {
			case escaped:
				m.quotes[at] &^= 1 << i
				escaped = false
			case c == '\\':
				escaped = true
			}
		}
	}
}

// markBlocksGo finds the quotation marks, and the backslashes and control characters, of some blocks of 64 bytes. It gives the
// union of the latter, and whether all bytes are ASCII.
func markBlocksGo(b *byte, blocks int, quotes, special *uint64) (found uint64, ascii bool) {
	text := unsafe.Slice(b, blocks*64)
	q, s := unsafe.Slice(quotes, blocks), unsafe.Slice(special, blocks)
	bytes := uint64(0)
	for i := range blocks {
		block := (*[64]byte)(text[i*64:])
		var union uint64
		var odd bool
		q[i], union, odd = markQuotes(block)
		if s[i] = 0; odd {
			s[i] = markSpecial(block)
		}
		found |= s[i]
		bytes |= union
	}
	return found, bytes&highs == 0
}

// markQuotes finds the quotation marks of a block, the union of its words, and whether there is a backslash or a control
// character in it.
func markQuotes(b *[64]byte) (quotes, union uint64, special bool) {
	var found uint64
	for i := range 8 {
		w := binary.LittleEndian.Uint64(b[8*i:])
		union |= w
		// The highest bit of a byte of t is set where the byte of q is not zero, and no byte touches its neighbour.
		q := w ^ ones*'"'
		t := (q & ^uint64(highs)) + ^uint64(highs) | q
		quotes |= (^t & highs) * gather >> 56 << (8 * i)
		// Here a borrow may touch the neighbour above, but only where there is something to find.
		s := w ^ ones*'\\'
		found |= (s-ones)&^s | (w-ones*' ')&^w
	}
	return quotes, union, found&highs != 0
}

func markSpecial(b *[64]byte) (special uint64) {
	for i, c := range b {
		if c == '\\' || c < ' ' {
			special |= 1 << i
		}
	}
	return special
}

// end is the index behind the closing quotation mark of the string whose text begins at i; -1 where it has none.
func (m *quoteMap) end(i int) int {
	if at := i >> 6; at < len(m.quotes) {
		if w := m.quotes[at] >> (i & 63); w != 0 {
			return i + bits.TrailingZeros64(w) + 1
		}
	}
	return m.endBeyond(i>>6 + 1)
}

// endBeyond is end where the closing quotation mark is not in the text's first block.
func (m *quoteMap) endBeyond(at int) int {
	for ; at < len(m.quotes); at++ {
		if w := m.quotes[at]; w != 0 {
			return at<<6 + bits.TrailingZeros64(w) + 1
		}
	}
	return -1
}

// isPlain says whether there is no backslash and no control character from one index up to another.
func (m *quoteMap) isPlain(from, to int) bool {
	for at := from >> 6; from < to && at <= (to-1)>>6; at++ {
		w := m.special[at]
		if at == from>>6 {
			w = w >> (from & 63) << (from & 63)
		}
		if at == (to-1)>>6 {
			w <<= 63 - (to-1)&63
		}
		if w != 0 {
			return false
		}
	}
	return true
}
