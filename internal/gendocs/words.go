package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parry"
)

// maxWords is how many choices a sentence names; the pattern itself stands below it, whole.
const maxWords = 12

// inWords says what an event pattern asks of an event, as a nested list: all entries of a list must hold.
func inWords(pattern json.RawMessage) (string, error) {
	d := json.NewDecoder(bytes.NewReader(pattern))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return "", parry.Errorf(parry.Invalid, "the pattern cannot be read: %w", err)
	}
	var b strings.Builder
	if err := fields(&b, v, "", 0); err != nil {
		return "", err
	}
	return b.String(), nil
}

// order has what everybody asks first at the front: where the event is from.
func order(m map[string]any) []string {
	first := []string{"source", "detail-type"}
	var all []string
	for _, name := range first {
		if _, ok := m[name]; ok {
			all = append(all, name)
		}
	}
	var rest []string
	for name := range m {
		if !slices.Contains(first, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(all, rest...)
}

func fields(b *strings.Builder, m map[string]any, path string, depth int) error {
	indent := strings.Repeat("  ", depth)
	for _, name := range order(m) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		switch v := m[name].(type) {
		case map[string]any:
			if err := fields(b, v, at, depth); err != nil {
				return err
			}
		case []any:
			if name == "$or" {
				if err := either(b, v, path, depth); err != nil {
					return err
				}
				continue
			}
			text, err := values(v)
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			fmt.Fprintf(b, "%s- `%s` %s\n", indent, at, text)
		default:
			return parry.Errorf(parry.Invalid, "%s: neither fields nor values", at)
		}
	}
	return nil
}

// either lists the branches of "$or".
func either(b *strings.Builder, branches []any, path string, depth int) error {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(b, "%s- one of these holds:\n", indent)
	for i, branch := range branches {
		m, ok := branch.(map[string]any)
		if !ok {
			return parry.Errorf(parry.Invalid, "$or: a branch has no fields")
		}
		word := "or"
		if i == 0 {
			word = "either"
		}
		fmt.Fprintf(b, "%s  - %s\n", indent, word)
		if err := fields(b, m, path, depth+2); err != nil {
			return err
		}
	}
	return nil
}

// values says what a field may be: one of the values is enough.
func values(all []any) (string, error) {
	var words []string
	var plain []string
	for _, v := range all {
		m, ok := v.(map[string]any)
		if !ok {
			plain = append(plain, literal(v))
			continue
		}
		text, err := condition(m)
		if err != nil {
			return "", err
		}
		words = append(words, text)
	}
	if len(plain) > 0 {
		words = append([]string{"is " + some(plain, " or ")}, words...)
	}
	return some(words, ", or "), nil
}

// some names the first of many.
func some(all []string, or string) string {
	if len(all) > maxWords {
		return strings.Join(all[:maxWords], or) + fmt.Sprintf("%sone of %d more", or, len(all)-maxWords)
	}
	return strings.Join(all, or)
}

func literal(v any) string {
	if v == nil {
		return "null"
	}
	return "`" + fmt.Sprint(v) + "`"
}

// condition says an operator of EventBridge's patterns in words: "Comparison operators for use in event patterns", EventBridge User Guide.
func condition(m map[string]any) (string, error) {
	for op, v := range m {
		switch op {
		case "prefix", "suffix":
			verb := map[string]string{"prefix": "begins", "suffix": "ends"}[op]
			if inner, ok := v.(map[string]any); ok {
				return fmt.Sprintf("%s with %s in capitals or not", verb, literal(inner["equals-ignore-case"])), nil
			}
			return verb + " with " + literal(v), nil
		case "equals-ignore-case":
			return "is " + literal(v) + " in capitals or not", nil
		case "wildcard":
			return "looks like " + literal(v), nil
		case "cidr":
			return "is an address in " + literal(v), nil
		case "exists":
			if v == true {
				return "is there", nil
			}
			return "is not there", nil
		case "numeric":
			return numeric(v)
		case "anything-but":
			return butNot(v)
		}
		return "", parry.Errorf(parry.Invalid, "there are no words for %q", op)
	}
	return "", parry.Errorf(parry.Invalid, "an operator without a name")
}

func numeric(v any) (string, error) {
	parts, ok := v.([]any)
	if !ok || len(parts)%2 != 0 {
		return "", parry.Errorf(parry.Invalid, "numeric: %v", v)
	}
	var all []string
	for i := 0; i < len(parts); i += 2 {
		all = append(all, fmt.Sprintf("`%v %v`", parts[i], parts[i+1]))
	}
	return "is a number " + strings.Join(all, " and "), nil
}

func butNot(v any) (string, error) {
	switch v := v.(type) {
	case map[string]any:
		for op, inner := range v {
			list, ok := inner.([]any)
			if !ok {
				list = []any{inner}
			}
			var all []string
			for _, one := range list {
				text, err := condition(map[string]any{op: one})
				if err != nil {
					return "", err
				}
				all = append(all, text)
			}
			return "is there, and is not one that " + some(all, " or "), nil
		}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, literal(one))
		}
		return "is anything but " + some(all, " or "), nil
	}
	return "is anything but " + literal(v), nil
}
