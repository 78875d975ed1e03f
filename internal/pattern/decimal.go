package pattern

import (
	"strconv"
	"strings"
)

// maxExponent bounds the exponent of a decimal, so that arithmetic on it
// cannot overflow.
const maxExponent = 1 << 40

// decimal is an exact decimal number: 0.digits * 10^exp, with no zero at
// either end of digits. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exp      int
}

// parseDecimal reads a JSON number. It fails on an exponent beyond
// maxExponent.
func parseDecimal(s string) (decimal, bool) {
	s, negative := strings.CutPrefix(s, "-")
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > maxExponent || n < -maxExponent {
			return decimal{}, false
		}
		s, exp = s[:i], n
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	exp += len(whole)
	trimmed := strings.TrimLeft(digits, "0")
	exp -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return decimal{}, true
	}
	return decimal{negative: negative, digits: trimmed, exp: exp}, true
}

// sign is -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// compare is negative, zero or positive as d is less than, equal to or greater
// than e.
func (d decimal) compare(e decimal) int {
	if d.sign() != e.sign() {
		return d.sign() - e.sign()
	}
	return d.sign() * d.compareSize(e)
}

// compareSize compares the absolute values of two numbers that are both zero
// or both not.
func (d decimal) compareSize(e decimal) int {
	if d.exp != e.exp {
		if d.exp < e.exp {
			return -1
		}
		return 1
	}
	return strings.Compare(d.digits, e.digits)
}

// comparable says whether EventBridge compares the number: it lies within
// -5e9 to 5e9 and has at most six fractional digits.
func (d decimal) comparable() bool {
	limit := decimal{digits: "5", exp: 10}
	return d.sign() == 0 || d.compareSize(limit) <= 0 && len(d.digits)-d.exp <= 6
}
