package pattern

import (
	"encoding/json"
	"slices"
	"strings"
)

// compileCondition compiles one accepted value of a field.
func compileCondition(path string, v any) (condition, error) {
	switch t := v.(type) {
	case map[string]any:
		return compileOperator(path, t)
	case []any:
		return nil, errorAt(path, "an accepted value must be a string, number, true, false, null or an object with an operator")
	}
	return exact{newScalar(v)}, nil
}

// single takes the only member of an operator object.
func single(path string, object map[string]any) (name string, v any, err error) {
	if len(object) != 1 {
		return "", nil, errorAt(path, "an operator object must have exactly one key")
	}
	for name, v = range object {
	}
	return name, v, nil
}

// compileOperator compiles an object with an operator.
func compileOperator(path string, object map[string]any) (condition, error) {
	name, v, err := single(path, object)
	if err != nil {
		return nil, err
	}
	here := childPath(path, name)
	switch name {
	case "exactly", "equals-ignore-case", "wildcard", "cidr":
		return compileText(here, name, v)
	case "prefix", "suffix":
		return compileAffix(here, name, v)
	case "anything-but":
		return compileAnythingBut(here, v)
	case "numeric":
		return compileNumeric(here, v)
	case "exists":
		return compileExists(here, v)
	}
	return nil, errorAt(here, "%q is not an operator; EventBridge has prefix, suffix, equals-ignore-case, "+
		"anything-but, numeric, exists, cidr and wildcard", name)
}

// compileText compiles an operator whose operand is a string.
func compileText(path, name string, v any) (condition, error) {
	s, ok := v.(string)
	if !ok {
		return nil, errorAt(path, "the value of %s must be a string", name)
	}
	switch name {
	case "exactly":
		return exact{newScalar(s)}, nil
	case "equals-ignore-case":
		return ignoreCase{newFolded(s)}, nil
	case "wildcard":
		return compileWildcard(path, s)
	case "cidr":
		return compileCIDR(path, s)
	case "prefix":
		return prefix{s}, nil
	}
	return suffix{s}, nil
}

// compileAffix compiles prefix or suffix, with a string or with
// equals-ignore-case inside.
func compileAffix(path, name string, v any) (condition, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return compileText(path, name, v)
	}
	inner, operand, err := single(path, object)
	if err != nil {
		return nil, err
	}
	here := childPath(path, inner)
	if inner != "equals-ignore-case" {
		return nil, errorAt(here, "%s takes a string or equals-ignore-case, not %q", name, inner)
	}
	s, ok := operand.(string)
	if !ok {
		return nil, errorAt(here, "the value of equals-ignore-case must be a string")
	}
	if name == "prefix" {
		return prefixIgnoreCase{newFolded(s)}, nil
	}
	return suffixIgnoreCase{newFolded(s)}, nil
}

// compileExists compiles {"exists": true}; false is a matter of the field and
// is taken out before.
func compileExists(path string, v any) (condition, error) {
	if v != true {
		return nil, errorAt(path, "the value of exists must be true or false")
	}
	return exists{}, nil
}

// compileAnythingBut compiles the operand of anything-but.
func compileAnythingBut(path string, v any) (condition, error) {
	switch t := v.(type) {
	case string, json.Number:
		return compileNone(path, []any{t}, false)
	case []any:
		return compileNone(path, t, true)
	case map[string]any:
		return compileNoneOf(path, t)
	}
	return nil, errorAt(path, "the value of anything-but must be a string, a number, a list or an object with an operator")
}

// compileNone compiles anything-but with plain values.
func compileNone(path string, list []any, indexed bool) (condition, error) {
	if len(list) == 0 {
		return nil, errorAt(path, "the list of anything-but must not be empty")
	}
	_, numbers := list[0].(json.Number)
	var but anythingBut
	for i, v := range list {
		at := path
		if indexed {
			at = indexPath(path, i)
		}
		if err := checkButValue(at, v, numbers); err != nil {
			return nil, err
		}
		but.values = append(but.values, exact{newScalar(v)})
	}
	return but, nil
}

// checkButValue checks one plain value of anything-but.
func checkButValue(path string, v any, numbers bool) error {
	n, isNumber := v.(json.Number)
	_, isString := v.(string)
	switch {
	case !isNumber && !isString:
		return errorAt(path, "anything-but takes only strings and numbers, not null, true, false or arrays")
	case isNumber != numbers:
		return errorAt(path, "the list of anything-but must be all strings or all numbers")
	case isNumber:
		_, err := comparable6(path, n)
		return err
	}
	return nil
}

// compileNoneOf compiles anything-but with an operator inside.
func compileNoneOf(path string, object map[string]any) (condition, error) {
	name, v, err := single(path, object)
	if err != nil {
		return nil, err
	}
	here := childPath(path, name)
	switch name {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
	default:
		return nil, errorAt(here, "anything-but takes prefix, suffix, equals-ignore-case or wildcard, not %q", name)
	}
	list, indexed := v.([]any)
	if !indexed {
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, errorAt(here, "the list of %s must not be empty", name)
	}
	var but anythingBut
	for i, operand := range list {
		at := here
		if indexed {
			at = indexPath(here, i)
		}
		c, err := compileButText(at, name, operand)
		if err != nil {
			return nil, err
		}
		but.values = append(but.values, c)
	}
	return but, nil
}

// compileButText compiles one operand of an operator inside anything-but.
func compileButText(path, name string, v any) (condition, error) {
	if v == "" && (name == "prefix" || name == "suffix") {
		return nil, errorAt(path, "an empty %s inside anything-but is not allowed", name)
	}
	return compileText(path, name, v)
}

// compileNumeric compiles the operand of numeric: one comparison, or a range
// of a lower bound and an upper bound.
func compileNumeric(path string, v any) (condition, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, errorAt(path, "the value of numeric must be an array of operators, each followed by a number")
	}
	var r numeric
	for i := 0; i < len(list); i += 2 {
		b, err := compileBound(path, list, i)
		if err != nil {
			return nil, err
		}
		r = append(r, b)
	}
	if len(r) == 1 {
		return r, nil
	}
	return r, checkRange(path, r)
}

// compileBound compiles the operator at index i of numeric and its number.
func compileBound(path string, list []any, i int) (bound, error) {
	at := indexPath(path, i)
	op, ok := list[i].(string)
	if !ok || !slices.Contains([]string{"=", "<", "<=", ">", ">="}, op) {
		return bound{}, errorAt(at, "a numeric operator must be one of =, <, <=, > and >=")
	}
	n, ok := list[i+1].(json.Number)
	if !ok {
		return bound{}, errorAt(indexPath(path, i+1), "the value of %s must be a number", op)
	}
	d, err := comparable6(indexPath(path, i+1), n)
	return bound{op: op, text: string(n), value: d}, err
}

// checkRange checks the two bounds of a range.
func checkRange(path string, r numeric) error {
	if len(r) != 2 || !strings.HasPrefix(r[0].op, ">") || !strings.HasPrefix(r[1].op, "<") {
		return errorAt(path, "a numeric range must be > or >= with the bottom, then < or <= with the top")
	}
	if r[0].value.compare(r[1].value) >= 0 {
		return errorAt(path, "the bottom of a numeric range must be less than its top")
	}
	return nil
}

// comparable6 reads a number and checks the range and the precision that
// EventBridge compares.
func comparable6(path string, n json.Number) (decimal, error) {
	d, ok := parseDecimal(string(n))
	if !ok || !d.comparable() {
		return decimal{}, errorAt(path, "EventBridge compares numbers from -5e9 to 5e9 with at most six fractional digits; %s is not one", clip(string(n)))
	}
	return d, nil
}
