package policydoc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Canonical is the document in one spelling of all that say the same, to compare by. Services give back another spelling
// than they were given: a string for a list of one, a root ARN for an account id, other case in actions and condition keys.
// It is not to be written anywhere.
func (d *Document) Canonical() string {
	statements := make([]any, len(d.Statements))
	for i, s := range d.Statements {
		statements[i] = s.canonical()
	}
	return write(map[string]any{"Version": d.Version, "Id": d.ID, "Statement": statements})
}

// same tells whether two statements say the same.
func same(a, b Statement) bool { return write(a.canonical()) == write(b.canonical()) }

func write(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings, lists and maps of them cannot fail
	return strings.TrimSpace(b.String())
}

func (s Statement) canonical() map[string]any {
	m := map[string]any{"Sid": s.Sid, "Allow": s.Allow}
	put := func(name string, not bool, v any) {
		if not {
			name = "Not" + name
		}
		m[name] = v
	}
	put("Action", s.Actions.Not, set(s.Actions.Values, strings.ToLower))
	if s.Resources.node != nil {
		put("Resource", s.Resources.Not, set(s.Resources.Values, nil))
	}
	if s.Principals.Given {
		var all []string
		for _, p := range s.Principals.List {
			all = append(all, p.canonical())
		}
		put("Principal", s.Principals.Not, set(all, nil))
	}
	var conditions []string
	for _, c := range s.Conditions {
		conditions = append(conditions, write([]any{strings.ToLower(c.Operator), strings.ToLower(c.Key), set(c.Values, nil)}))
	}
	m["Condition"] = set(conditions, nil)
	return m
}

func (p Principal) canonical() string {
	if anyone(p) {
		return "AWS *"
	}
	if m := accountRoot.FindStringSubmatch(p.Value); m != nil && p.Type == "AWS" {
		return "AWS " + m[1]
	}
	return p.Type + " " + p.Value
}

// set is a list without order and repetition.
func set(values []string, spell func(string) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = v
		if spell != nil {
			all[i] = spell(v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
