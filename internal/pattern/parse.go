package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	rootPath = "$"
	// maxDepth is the deepest nesting of a pattern that is accepted.
	maxDepth = 100
	// maxNumberLength is the longest number literal in a pattern, as in the
	// JSON reader that Event Ruler uses.
	maxNumberLength = 1000
)

// childPath extends a JSON path by a key.
func childPath(path, key string) string {
	plain := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !strings.ContainsRune("_$-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if plain {
		return path + "." + key
	}
	return path + "[" + strconv.Quote(key) + "]"
}

// indexPath extends a JSON path by an array index.
func indexPath(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// sortedKeys lists the keys of an object in order, so that a pattern with two
// faults always reports the same one.
func sortedKeys[V any](object map[string]V) []string {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// parse reads the JSON of a pattern into map[string]any, []any, string,
// json.Number, bool and nil. Unlike encoding/json it refuses a repeated key.
func parse(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errorAt(rootPath, "a pattern must be a JSON object, and this is empty")
	}
	if !utf8.Valid(data) {
		return nil, errorAt(rootPath, "a pattern must be JSON in UTF-8")
	}
	r := reader{b: data}
	r.mark(data)
	i := skipSpace(data, 0)
	if end := r.skipRoot(i); end < 0 {
		return nil, notJSON(json.Unmarshal(data, new(json.RawMessage)))
	}
	v, _, err := r.value(i, rootPath, 0)
	return v, err
}

// notJSON words a syntax error of encoding/json.
func notJSON(err error) *Error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return errorAt(rootPath, "a pattern must be JSON: %v (byte %d)", err, syntax.Offset)
	}
	return errorAt(rootPath, "a pattern must be JSON: %v", err)
}

// reader makes values of JSON that is known to be valid.
type reader struct {
	quoteMap
	b []byte
}

// skipRoot passes the value that the text consists of; -1 where it is not one value of JSON.
func (r *reader) skipRoot(i int) int {
	end := r.skipValue(r.b, i, 0)
	if end < 0 || skipSpace(r.b, end) != len(r.b) {
		return -1
	}
	return end
}

// value reads a value and gives the index behind it.
func (r *reader) value(i int, path string, depth int) (v any, end int, err error) {
	if depth > maxDepth {
		return nil, 0, tooDeep(path)
	}
	switch r.b[i] {
	case '{':
		return r.object(i+1, path, depth)
	case '[':
		return r.array(i+1, path, depth)
	case '"':
		s, end := r.text(i)
		return s, end, nil
	case 't':
		return true, i + len("true"), nil
	case 'f':
		return false, i + len("false"), nil
	case 'n':
		return nil, i + len("null"), nil
	}
	end = skipNumber(r.b, i)
	v, err = checkNumber(json.Number(r.b[i:end]), path)
	return v, end, err
}

// text reads a string at its opening quotation mark.
func (r *reader) text(i int) (s string, end int) {
	end, escaped := r.skipString(r.b, i+1)
	if escaped {
		return string(appendUnescaped(nil, r.b[i+1:end-1])), end
	}
	return string(r.b[i+1 : end-1]), end
}

// object reads an object behind its opening brace.
func (r *reader) object(i int, path string, depth int) (v any, end int, err error) {
	object := map[string]any{}
	if i = skipSpace(r.b, i); r.b[i] == '}' {
		return object, i + 1, nil
	}
	for more := true; more; {
		var key string
		key, i = r.text(i)
		at := childPath(path, key)
		if _, ok := object[key]; ok {
			return nil, 0, errorAt(at, "the key %q must not be repeated in one object", key)
		}
		if object[key], i, err = r.value(skipColon(r.b, i), at, depth+1); err != nil {
			return nil, 0, err
		}
		i, more = skipComma(r.b, i, '}')
	}
	return object, i, nil
}

// array reads an array behind its opening bracket.
func (r *reader) array(i int, path string, depth int) (v any, end int, err error) {
	list := []any{}
	if i = skipSpace(r.b, i); r.b[i] == ']' {
		return list, i + 1, nil
	}
	for more := true; more; {
		if v, i, err = r.value(i, indexPath(path, len(list)), depth+1); err != nil {
			return nil, 0, err
		}
		list = append(list, v)
		i, more = skipComma(r.b, i, ']')
	}
	return list, i, nil
}

// tooDeep is the error for a pattern that nests beyond maxDepth.
func tooDeep(path string) *Error {
	return errorAt(path, "a pattern must not be nested more than %d levels deep", maxDepth)
}

// normalize turns decoded JSON or YAML into the values that parse makes.
func normalize(v any, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, tooDeep(path)
	}
	switch t := v.(type) {
	case nil, bool:
		return t, nil
	case string:
		return t, checkString(t, path)
	case map[string]any:
		return normalizeObject(t, path, depth)
	case []any:
		return normalizeArray(t, path, depth)
	}
	return normalizeNumber(v, path)
}

// normalizeObject is normalize for an object.
func normalizeObject(object map[string]any, path string, depth int) (any, error) {
	out := make(map[string]any, len(object))
	for _, key := range sortedKeys(object) {
		at := childPath(path, key)
		if err := checkString(key, at); err != nil {
			return nil, err
		}
		v, err := normalize(object[key], at, depth+1)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// normalizeArray is normalize for an array.
func normalizeArray(list []any, path string, depth int) (any, error) {
	out := make([]any, len(list))
	for i, element := range list {
		v, err := normalize(element, indexPath(path, i), depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// normalizeNumber is normalize for a number; every other type is refused.
func normalizeNumber(v any, path string) (any, error) {
	switch t := v.(type) {
	case int:
		return json.Number(strconv.Itoa(t)), nil
	case int64:
		return json.Number(strconv.FormatInt(t, 10)), nil
	case uint64:
		return json.Number(strconv.FormatUint(t, 10)), nil
	case float64:
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return nil, errorAt(path, "a number must be finite")
		}
		return json.Number(strconv.FormatFloat(t, 'g', -1, 64)), nil
	case json.Number:
		return checkNumber(t, path)
	}
	return nil, errorAt(path, "a value must be a JSON string, number, boolean, null, array or object; %T is none of these", v)
}

// checkString refuses a string that JSON cannot hold.
func checkString(s, path string) error {
	if !utf8.ValidString(s) {
		return errorAt(path, "a string must be UTF-8")
	}
	return nil
}

// checkNumber refuses what is not a JSON number, or a very long one.
func checkNumber(n json.Number, path string) (any, error) {
	s := string(n)
	if s == "" || !strings.ContainsRune("-0123456789", rune(s[0])) || !json.Valid([]byte(s)) || strings.TrimSpace(s) != s {
		return nil, errorAt(path, "%q is not a JSON number", clip(s))
	}
	if len(s) > maxNumberLength {
		return nil, errorAt(path, "a number must not be written with more than %d characters", maxNumberLength)
	}
	return n, nil
}
