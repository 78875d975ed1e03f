package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"parry"
)

// node is a value of a JSON document, with the path that leads to it. The zero value is "not there": what is asked
// of it is not there either.
type node struct {
	v    any
	path string
}

// parse reads a JSON document whose path is the one given.
func parse(path string, data []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return node{}, parry.Errorf(parry.Invalid, "%s is not JSON: %w", path, err)
	}
	return node{v, path}, nil
}

// get follows field names. GuardDuty's findings come in two spellings (EventBridge: camelCase, boto3 and the command
// line: PascalCase) and mixtures, so case does not count; but a field that is spelt exactly so goes first.
func (n node) get(names ...string) node {
	for _, name := range names {
		n = n.field(name)
	}
	return n
}

func (n node) field(name string) node {
	at := node{path: n.path + "." + name}
	object, ok := n.v.(map[string]any)
	if !ok {
		return at
	}
	if v, ok := object[name]; ok {
		at.v = v
		return at
	}
	var same []string
	for key := range object {
		if strings.EqualFold(key, name) {
			same = append(same, key)
		}
	}
	if len(same) > 0 {
		at.v = object[slices.Min(same)]
	}
	return at
}

// there says whether the value is given: null is not.
func (n node) there() bool { return n.v != nil }

// text is the value as text; empty where it is none.
func (n node) text() string {
	s, _ := n.v.(string)
	return s
}

// plain is a string, number or Boolean as text.
func (n node) plain() string {
	switch v := n.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// flag reads a Boolean, also where it is written as a string, as in Security Hub's ProductFields.
func (n node) flag() bool { return strings.EqualFold(n.plain(), "true") }

// number reads a number, also where it is written as a string.
func (n node) number() (float64, bool) {
	f, err := strconv.ParseFloat(n.plain(), 64)
	return f, err == nil && f-f == 0 // neither infinite nor NaN
}

// count reads a number of things; 0 where there is none that makes sense.
func (n node) count() int {
	f, ok := n.number()
	if !ok || f < 0 || f > 1<<31 {
		return 0
	}
	return int(f)
}

// items are the elements of an array. One that should be an array and is a single object counts as an array of one.
func (n node) items() []node {
	switch v := n.v.(type) {
	case []any:
		all := make([]node, len(v))
		for i := range v {
			all[i] = node{v[i], fmt.Sprintf("%s[%d]", n.path, i)}
		}
		return all
	case map[string]any:
		return []node{n}
	}
	return nil
}

// texts are the strings of an array.
func (n node) texts() []string {
	var all []string
	for _, i := range n.items() {
		if s := i.text(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// keys are the names of an object's fields, sorted.
func (n node) keys() []string {
	object, _ := n.v.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// need is the text of a field that must be there.
func (n node) need() (string, error) {
	switch s, ok := n.v.(string); {
	case n.v == nil:
		return "", parry.Errorf(parry.Invalid, "%s is missing", n.path)
	case !ok:
		return "", parry.Errorf(parry.Invalid, "%s is %s, not a string", n.path, kindOf(n.v))
	case s == "":
		return "", parry.Errorf(parry.Invalid, "%s is empty", n.path)
	default:
		return s, nil
	}
}

// kindOf is the JSON type of a value, for people.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a Boolean"
	case json.Number, float64:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	}
	return "an object"
}

// oneOf is the first of the texts that is not empty.
func oneOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
