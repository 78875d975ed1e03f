package pattern

import (
	"strconv"
	"strings"
	"unicode"
)

// folded is a text that is compared without regard to case. As in Event Ruler,
// each character of the pattern accepts its own lower case and upper case:
// "ß" accepts "ß" and "SS", and the Kelvin sign accepts "k" while "k" does not
// accept the Kelvin sign.
type folded struct {
	text  string
	chars []caseForms
}

// caseForms is one character in lower case and in upper case. Neither form
// begins or ends with the other unless they are equal, so no choice has to be
// taken back.
type caseForms struct{ lower, upper string }

// newFolded prepares a text.
func newFolded(s string) folded {
	f := folded{text: s}
	for _, r := range s {
		c := caseForms{lower: string(unicode.ToLower(r)), upper: string(unicode.ToUpper(r))}
		if full := fullUpper(r); full != "" {
			c.upper = full
		}
		if r == 'İ' {
			c.lower = "i\u0307" // the one full lower case of SpecialCasing.txt
		}
		f.chars = append(f.chars, c)
	}
	return f
}

// String quotes the text for a message.
func (f folded) String() string { return strconv.Quote(clip(f.text)) }

// cutPrefix takes the text off the front of s in any case.
func (f folded) cutPrefix(s string) (rest string, ok bool) {
	for _, c := range f.chars {
		after, ok := strings.CutPrefix(s, c.lower)
		if !ok {
			after, ok = strings.CutPrefix(s, c.upper)
		}
		if !ok {
			return s, false
		}
		s = after
	}
	return s, true
}

// isSuffixOf says whether s ends with the text in any case.
func (f folded) isSuffixOf(s string) bool {
	for i := len(f.chars) - 1; i >= 0; i-- {
		c := f.chars[i]
		before, ok := strings.CutSuffix(s, c.lower)
		if !ok {
			before, ok = strings.CutSuffix(s, c.upper)
		}
		if !ok {
			return false
		}
		s = before
	}
	return true
}
