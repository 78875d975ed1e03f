package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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
	var probe json.RawMessage
	if err := json.Unmarshal(data, &probe); err != nil {
		return nil, notJSON(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return parseValue(dec, rootPath, 0)
}

// notJSON words a syntax error of encoding/json.
func notJSON(err error) *Error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return errorAt(rootPath, "a pattern must be JSON: %v (byte %d)", err, syntax.Offset)
	}
	return errorAt(rootPath, "a pattern must be JSON: %v", err)
}

// parseValue reads the next value of the decoder.
func parseValue(dec *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, tooDeep(path)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return parseObject(dec, path, depth)
		}
		return parseArray(dec, path, depth)
	case json.Number:
		return checkNumber(t, path)
	}
	return token, nil
}

// parseObject reads the members of an object and its closing brace.
func parseObject(dec *json.Decoder, path string, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, notJSON(err)
		}
		key, _ := token.(string)
		at := childPath(path, key)
		if _, ok := object[key]; ok {
			return nil, errorAt(at, "the key %q must not be repeated in one object", key)
		}
		if object[key], err = parseValue(dec, at, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, asNotJSON(err)
}

// parseArray reads the elements of an array and its closing bracket.
func parseArray(dec *json.Decoder, path string, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := parseValue(dec, indexPath(path, len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, asNotJSON(err)
}

// asNotJSON wraps an error of the decoder and leaves nil alone.
func asNotJSON(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return notJSON(err)
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
