package pattern

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Explain says why an event does not match: the name of the first field that
// failed, joined with dots, and a sentence for a person. The fields of the
// envelope (source, detail-type and so on) come before those of detail. With
// several alternatives of $or it speaks of the one that the event came closest
// to. ok is false when the event matches and there is nothing to explain. For
// bytes that Match gives an error for, path is empty and why is the error.
func (p *Pattern) Explain(event []byte) (path string, why string, ok bool) {
	e, err := p.read(event)
	if err != nil {
		return "", err.Error(), true
	}
	best := failure{passed: -1}
	for _, b := range p.branches {
		f, matched, err := e.explain(b)
		if err != nil {
			return "", err.Error(), true
		}
		if matched {
			return "", "", false
		}
		if f.passed > best.passed {
			best = f
		}
	}
	if n := len(p.branches); n > 1 {
		best.why += fmt.Sprintf(" This is the closest of the %d combinations of $or.", n)
	}
	return best.path, best.why, true
}

// failure is the first field of a branch that failed, and how many fields
// before it did not.
type failure struct {
	path   string
	why    string
	passed int
}

// explain finds the first field of a branch that failed.
func (e *event) explain(b branch) (failure, bool, error) {
	failed, ok, err := e.try(b)
	if ok || err != nil {
		return failure{}, ok, err
	}
	for i, l := range envelopeFirst(b) {
		if why := e.whyNot(l); why != "" {
			return failure{path: l.path, why: why, passed: i}, false, nil
		}
	}
	l := b[failed]
	return failure{path: l.path, why: e.whyNotTogether(l), passed: len(b)}, false, nil
}

// whyNotTogether says why a field fails that does not fail by itself: because
// of the array elements that the fields before it have settled on.
func (e *event) whyNotTogether(l leaf) string {
	if len(e.accepted(l)) == 0 {
		return fmt.Sprintf("%s has a value in the array elements that count here; the pattern wants it to be absent.", name(l.path))
	}
	return fmt.Sprintf("Each field has a value that fits, but %s has none in the same array element as the fields before it.", name(l.path))
}

// envelopeFirst orders the fields of a branch as a person reads an event.
func envelopeFirst(b branch) []leaf {
	inDetail := func(l leaf) int {
		if strings.HasPrefix(l.path, "detail.") {
			return 1
		}
		return 0
	}
	list := slices.Clone(b)
	slices.SortStableFunc(list, func(x, y leaf) int { return inDetail(x) - inDetail(y) })
	return list
}

// whyNot says why a field fails by itself; it is empty when the field does not.
func (e *event) whyNot(l leaf) string {
	values := e.values[l.path]
	switch {
	case len(e.accepted(l)) > 0:
		return ""
	case l.absent && len(values) == 0:
		return ""
	case l.absent && len(l.conds) == 0:
		return e.whyPresent(l)
	case len(values) == 0:
		return fmt.Sprintf("%s; the pattern wants %s.", e.missing(l.path), l.wants())
	}
	return fmt.Sprintf("%s is %s; the pattern wants %s.%s", name(l.path), listValues(values), l.wants(), l.note(values))
}

// whyPresent is whyNot for a field that must be absent. One that is absent
// from some array elements only may still pass with others.
func (e *event) whyPresent(l leaf) string {
	for _, o := range e.values[l.path] {
		if o.in != root {
			return ""
		}
	}
	return fmt.Sprintf("%s is %s; the pattern wants it to be absent.", name(l.path), listValues(e.values[l.path]))
}

// wants lists what a field accepts.
func (l leaf) wants() string {
	switch {
	case !l.absent:
		return orList(l.conds)
	case len(l.conds) == 0:
		return "it to be absent"
	}
	return orList(l.conds) + " or it to be absent"
}

// missing says how a field comes to have no value.
func (e *event) missing(path string) string {
	switch {
	case e.objects[path]:
		return name(path) + " is an object, and a pattern compares only plain values"
	case e.empty[path]:
		return name(path) + " is an empty array, which counts as absent"
	}
	return "The event has no " + name(path)
}

// name writes the name of a field in a sentence, in quotation marks where it
// would not be seen to be a name.
func name(path string) string {
	if path == "" || strings.ContainsFunc(path, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) {
		return strconv.Quote(clip(path))
	}
	return clip(path)
}

// listValues writes the values at a field, the first few of them.
func listValues(values []occurrence) string {
	list := make([]exact, len(values))
	for i, o := range values {
		list[i] = exact{o.value}
	}
	if len(list) == 1 {
		return list[0].String()
	}
	return "one of " + orList(list)
}

// note adds what a person would overlook: a number in quotation marks, or one
// that EventBridge does not compare.
func (l leaf) note(values []occurrence) string {
	hasNumeric := slices.ContainsFunc(l.conds, func(c condition) bool { _, ok := c.(numeric); return ok })
	if !hasNumeric {
		return ""
	}
	for _, o := range values {
		_, number := parseDecimal(o.value.text)
		switch {
		case o.value.kind == kindNumber && !(o.value.exact && o.value.value.comparable()):
			return " EventBridge compares numbers from -5e9 to 5e9 with at most six fractional digits."
		case o.value.kind == kindString && number && looksNumeric(o.value.text):
			return " A number in quotation marks is text."
		}
	}
	return ""
}

// looksNumeric says whether a text is written like a number.
func looksNumeric(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.-+eE") == "" && strings.ContainsAny(s, "0123456789")
}
