package pattern

import (
	"encoding/json"
	"strconv"
	"strings"
)

// kind is the type of a leaf value.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
)

// scalar is a leaf value of an event or of a pattern.
type scalar struct {
	kind  kind
	text  string  // the string itself; the JSON of every other kind
	value decimal // of a number, when exact is true
	exact bool
}

// newScalar makes a scalar from a decoded JSON value other than an array or
// an object.
func newScalar(v any) scalar {
	switch t := v.(type) {
	case string:
		return scalar{kind: kindString, text: t}
	case bool:
		return scalar{kind: kindBool, text: strconv.FormatBool(t)}
	case json.Number:
		d, ok := parseDecimal(string(t))
		return scalar{kind: kindNumber, text: string(t), value: d, exact: ok}
	}
	return scalar{kind: kindNull, text: "null"}
}

// equal says whether two scalars are the same value.
func (s scalar) equal(t scalar) bool {
	if s.kind == kindNumber && t.kind == kindNumber && s.exact && t.exact {
		return s.value.compare(t.value) == 0
	}
	return s.kind == t.kind && s.text == t.text
}

// String writes the scalar as JSON-like text, shortened.
func (s scalar) String() string {
	if s.kind == kindString {
		return strconv.Quote(clip(s.text))
	}
	return clip(s.text)
}

// clip shortens a text that goes into a message.
func clip(s string) string {
	const most = 80
	for i := range s {
		if i >= most {
			return s[:i] + "..."
		}
	}
	return s
}

// condition is one accepted value of a field.
type condition interface {
	// matches says whether a leaf value is accepted.
	matches(s scalar) bool
	// String names what is accepted, to follow "the pattern wants".
	String() string
}

// exact accepts one plain value.
type exact struct{ value scalar }

func (c exact) matches(s scalar) bool { return s.equal(c.value) }
func (c exact) String() string        { return c.value.String() }

// prefix accepts strings that begin with a text.
type prefix struct{ text string }

func (c prefix) matches(s scalar) bool {
	return s.kind == kindString && strings.HasPrefix(s.text, c.text)
}
func (c prefix) String() string { return "text that begins with " + strconv.Quote(clip(c.text)) }

// suffix accepts strings that end with a text.
type suffix struct{ text string }

func (c suffix) matches(s scalar) bool {
	return s.kind == kindString && strings.HasSuffix(s.text, c.text)
}
func (c suffix) String() string { return "text that ends with " + strconv.Quote(clip(c.text)) }

// ignoreCase accepts strings that differ from a text in case only.
type ignoreCase struct{ text folded }

func (c ignoreCase) matches(s scalar) bool {
	rest, ok := c.text.cutPrefix(s.text)
	return s.kind == kindString && ok && rest == ""
}
func (c ignoreCase) String() string { return c.text.String() + " in any case" }

// prefixIgnoreCase accepts strings that begin with a text in any case.
type prefixIgnoreCase struct{ text folded }

func (c prefixIgnoreCase) matches(s scalar) bool {
	_, ok := c.text.cutPrefix(s.text)
	return s.kind == kindString && ok
}
func (c prefixIgnoreCase) String() string {
	return "text that begins with " + c.text.String() + " in any case"
}

// suffixIgnoreCase accepts strings that end with a text in any case.
type suffixIgnoreCase struct{ text folded }

func (c suffixIgnoreCase) matches(s scalar) bool {
	return s.kind == kindString && c.text.isSuffixOf(s.text)
}
func (c suffixIgnoreCase) String() string {
	return "text that ends with " + c.text.String() + " in any case"
}

// anythingBut accepts every value that none of its conditions accepts.
type anythingBut struct{ values []condition }

func (c anythingBut) matches(s scalar) bool {
	for _, v := range c.values {
		if v.matches(s) {
			return false
		}
	}
	return true
}
func (c anythingBut) String() string { return "anything but " + orList(c.values) }

// exists accepts every value.
type exists struct{}

func (exists) matches(scalar) bool { return true }
func (exists) String() string      { return "any value" }

// bound is one comparison of numeric.
type bound struct {
	op    string
	text  string
	value decimal
}

// holds says whether a number satisfies the comparison.
func (b bound) holds(d decimal) bool {
	order := d.compare(b.value)
	switch b.op {
	case "=":
		return order == 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// numeric accepts numbers that satisfy all its comparisons.
type numeric []bound

func (c numeric) matches(s scalar) bool {
	if s.kind != kindNumber || !s.exact || !s.value.comparable() {
		return false
	}
	for _, b := range c {
		if !b.holds(s.value) {
			return false
		}
	}
	return true
}

func (c numeric) String() string {
	parts := make([]string, len(c))
	for i, b := range c {
		parts[i] = b.op + " " + clip(b.text)
	}
	return "a number " + strings.Join(parts, " and ")
}

// orList joins the descriptions of conditions for a person, the first few of
// them.
func orList[T condition](list []T) string {
	const most = 5
	var parts []string
	for _, c := range list[:min(most, len(list))] {
		parts = append(parts, c.String())
	}
	if more := len(list) - most; more > 0 {
		parts = append(parts, strconv.Itoa(more)+" more")
	}
	return strings.Join(parts, " or ")
}
