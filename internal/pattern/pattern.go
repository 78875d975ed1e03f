package pattern

import "fmt"

// Pattern is a compiled event pattern. It does not change after it is made, so
// it may be used by several goroutines at once.
type Pattern struct {
	branches []branch
}

// branch is one combination of the alternatives of a pattern: a list of fields
// which must all match, in the order of their names.
type branch []leaf

// leaf is one field of a pattern with the values that are accepted there.
type leaf struct {
	path   string
	conds  []condition
	absent bool // {"exists": false} is among the accepted values
}

// Error says what is wrong with a pattern and where.
type Error struct {
	// Path is the place in the pattern as a JSON path, such as
	// $.detail.severity[0].numeric.
	Path string
	// Msg says what EventBridge wants there.
	Msg string
}

// Error words the problem as EventBridge's InvalidEventPatternException does,
// with the place.
func (e *Error) Error() string {
	return fmt.Sprintf("event pattern is not valid at %s: %s", e.Path, e.Msg)
}

// errorAt makes an *Error.
func errorAt(path, format string, args ...any) *Error {
	return &Error{Path: path, Msg: fmt.Sprintf(format, args...)}
}

// Compile reads a pattern from its JSON. A pattern that EventBridge would not
// take is refused with an *Error.
func Compile(pattern []byte) (*Pattern, error) {
	v, err := parse(pattern)
	if err != nil {
		return nil, err
	}
	return fromValue(v)
}

// FromValue makes a pattern from decoded JSON or YAML: map[string]any, []any,
// string, float64, int, int64, uint64, json.Number, bool and nil. It refuses
// what Compile refuses, with the same *Error.
func FromValue(v any) (*Pattern, error) {
	n, err := normalize(v, rootPath, 0)
	if err != nil {
		return nil, err
	}
	return fromValue(n)
}

// fromValue compiles a value that parse or normalize has made.
func fromValue(v any) (*Pattern, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errorAt(rootPath, "a pattern must be a JSON object")
	}
	branches, err := compileObject(place{json: rootPath}, object, false)
	if err != nil {
		return nil, err
	}
	for _, b := range branches {
		b.sorted()
	}
	return &Pattern{branches: branches}, nil
}

// wanted are the fields that the pattern asks for.
func (p *Pattern) wanted() map[string]bool {
	names := map[string]bool{}
	for _, b := range p.branches {
		for _, l := range b {
			names[l.path] = true
		}
	}
	return names
}

// Match says whether the event, the JSON of one EventBridge envelope, matches.
// The error is for bytes that are not one JSON object, and for an event whose
// arrays allow too many combinations to decide.
func (p *Pattern) Match(event []byte) (bool, error) {
	e, err := p.read(event)
	if err != nil {
		return false, err
	}
	for _, b := range p.branches {
		_, ok, err := e.try(b)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
