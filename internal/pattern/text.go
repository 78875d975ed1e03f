package pattern

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped adds the text of a JSON string, given without its quotation marks, as encoding/json reads it: bytes that
// are no UTF-8 and halves of surrogate pairs become U+FFFD. The string's escapes are valid.
func appendUnescaped(to, s []byte) []byte {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\' && s[i+1] == 'u':
			r, size := unescapeRune(s[i:])
			to = utf8.AppendRune(to, r)
			i += size
		case c == '\\':
			to = append(to, unescapeByte(s[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			to = append(to, c)
			i++
		default:
			r, size := utf8.DecodeRune(s[i:])
			to = utf8.AppendRune(to, r)
			i += size
		}
	}
	return to
}

// unescapeRune reads a \u escape, or the two of a surrogate pair, at the start of s.
func unescapeRune(s []byte) (rune, int) {
	r := hexRune(s[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if both := utf16.DecodeRune(r, hexRune(s[8:12])); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

func hexRune(s []byte) rune {
	var r rune
	for _, c := range s {
		switch {
		case isDigit(c):
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

func unescapeByte(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quotation mark, a slash or a backslash
}

// key is the text by which an exact value is looked up, the same for every spelling of a number.
func (s scalar) key() string {
	switch {
	case s.kind != kindNumber:
		return s.text
	case !s.exact:
		return "~" + s.text
	case s.value.digits == "":
		return "0"
	}
	sign := ""
	if s.value.negative {
		sign = "-"
	}
	return sign + s.value.digits + "e" + strconv.Itoa(s.value.exp)
}

// number is a number of an event, in text as the key of a scalar.
type number struct {
	from, to int32 // its digits
	exp      int
	negative bool
	exact    bool
}

// appendNumber adds the key of a JSON number, without making strings on the way, and says where in it the digits are.
func appendNumber(to, s []byte) ([]byte, number) {
	n := number{exact: true}
	whole := s
	if n.negative = s[0] == '-'; n.negative {
		s = s[1:]
	}
	for i, c := range s {
		if c|0x20 == 'e' {
			if n.exp, n.exact = exponent(s[i+1:]); !n.exact {
				n.negative = false
				return append(append(to, '~'), whole...), n
			}
			s = s[:i]
			break
		}
	}
	start := len(to)
	if n.negative {
		to = append(to, '-')
	}
	n.from = int32(len(to))
	point := len(s)
	for i, c := range s {
		switch {
		case c == '.':
			point = i
		case c == '0' && len(to) == int(n.from):
			n.exp-- // a zero in front
		default:
			to = append(to, c)
		}
	}
	for n.exp += point; len(to) > int(n.from) && to[len(to)-1] == '0'; {
		to = to[:len(to)-1]
	}
	if n.to = int32(len(to)); n.to == n.from {
		return append(to[:start], '0'), number{from: int32(start), to: int32(start), exact: true}
	}
	return strconv.AppendInt(append(to, 'e'), int64(n.exp), 10), n
}

// exponent reads the exponent of a number; ok is false beyond maxExponent.
func exponent(s []byte) (n int, ok bool) {
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	for _, c := range s {
		if n = n*10 + int(c-'0'); n > maxExponent {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, true
}
