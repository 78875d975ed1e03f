package deploy

import (
	"bytes"
	"encoding/json"
	"slices"

	"parry"
	"parry/internal/pattern"
)

// patternChars is how long an event pattern may be. Source: "Amazon EventBridge quotas", EventBridge User Guide (event pattern size).
const patternChars = 2048

// merged makes few event patterns of the rules' own that together match what those match, and nothing else: what another one covers is left out,
// and the rest goes into patterns with $or, as many as fit. An event that two of them match comes twice, which is one finding.
func merged(rules []Rule) ([]json.RawMessage, error) {
	var all []any
	for _, r := range rules {
		var v any
		if err := json.Unmarshal(r.Pattern, &v); err != nil {
			return nil, parry.Errorf(parry.Invalid, "rule %s: its pattern is no JSON: %w", r.Name, err)
		}
		all = append(all, alternatives(v)...)
	}
	all = uncovered(all)
	var out []json.RawMessage
	var batch []any
	for _, one := range all {
		next := append(batch[:len(batch):len(batch)], one)
		if len(batch) > 0 && !fits(next) {
			text, err := together(batch)
			if err != nil {
				return nil, err
			}
			out, next = append(out, text), []any{one}
		}
		if len(next) == 1 && !fits(next) {
			text, _ := together(next)
			return nil, parry.Errorf(parry.Invalid, "a pattern of %d characters is too long for EventBridge, which takes %d: %.120s...", len(text), patternChars, text).
				WithHint("split the rule that has it")
		}
		batch = next
	}
	if len(batch) > 0 {
		text, err := together(batch)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

// alternatives takes a pattern that is nothing but alternatives apart.
func alternatives(v any) []any {
	fields, ok := v.(map[string]any)
	list, or := fields["$or"].([]any)
	if !ok || !or || len(fields) != 1 {
		return []any{v}
	}
	var all []any
	for _, a := range list {
		all = append(all, alternatives(a)...)
	}
	return all
}

// uncovered leaves out patterns that another one covers.
func uncovered(all []any) []any {
	var out []any
	for i, v := range all {
		covered := false
		for j, other := range all {
			// Of two that are the same the first one stays.
			covered = covered || i != j && covers(other, v) && !(covers(v, other) && i < j)
		}
		if !covered {
			out = append(out, v)
		}
	}
	return out
}

// covers tells whether one pattern for certain matches all that another one matches: it asks for no field that the other does not ask for, and
// takes every value there that the other takes. Where alternatives are inside it is only known for equal ones.
func covers(wide, narrow any) bool {
	w, ok := wide.(map[string]any)
	n, ok2 := narrow.(map[string]any)
	if !ok || !ok2 {
		a, isList := wide.([]any)
		b, isList2 := narrow.([]any)
		return isList && isList2 && !slices.ContainsFunc(b, func(v any) bool { return !slices.ContainsFunc(a, func(o any) bool { return same(o, v) }) })
	}
	for k, v := range w {
		of, there := n[k]
		if !there || k == "$or" && !same(v, of) || k != "$or" && !covers(v, of) {
			return false
		}
	}
	return true
}

func same(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// together is one pattern of several.
func together(all []any) (json.RawMessage, error) {
	var v any = map[string]any{"$or": all}
	if len(all) == 1 {
		v = all[0]
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// fits tells whether EventBridge takes several as one: by its length, and by how many alternatives it unfolds into.
func fits(all []any) bool {
	text, err := together(all)
	if err != nil || len(text) > patternChars {
		return false
	}
	_, err = pattern.Compile(text)
	return err == nil
}
