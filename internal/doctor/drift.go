package doctor

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// grain is one action of a statement on one resource, with all that the statement says besides, in one form. Two documents with the same grains
// allow and deny the same; how they are put into statements does not matter.
type grain struct{ effect, action, resource, rest string }

// grains takes documents apart.
func grains(documents ...any) map[grain]bool {
	all := map[grain]bool{}
	for _, d := range documents {
		document, _ := d.(object)
		for _, s := range list(document["Statement"]) {
			statement, is := s.(object)
			if !is {
				all[grain{rest: canonical(s)}] = true // no statement at all: it is told as a difference
				continue
			}
			rest := object{}
			for k, v := range statement {
				if k != "Sid" && k != "Effect" && k != "Action" && k != "Resource" {
					rest[k] = v
				}
			}
			effect, _ := statement["Effect"].(string)
			actions, resources := list(statement["Action"]), list(statement["Resource"])
			if len(actions) == 0 {
				actions = []any{""} // NotAction is among the rest
			}
			if len(resources) == 0 {
				resources = []any{""} // a trust policy has none
			}
			for _, a := range actions {
				for _, on := range resources {
					// IAM does not look at the case of actions. Source: "IAM JSON policy elements: Action", IAM User Guide.
					all[grain{effect, strings.ToLower(fmt.Sprint(a)), fmt.Sprint(on), canonical(rest)}] = true
				}
			}
		}
	}
	return all
}

// canonical is a value in one form: lists are sorted, one value is a list of one, and everything is text.
func canonical(v any) string {
	text, err := json.Marshal(evened(v))
	if err != nil {
		return fmt.Sprint(v) // plain values always encode
	}
	return string(text)
}

func evened(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for k, e := range v {
			if inner, is := e.(object); is {
				out[k] = evened(inner)
				continue
			}
			var texts []string
			for _, one := range list(e) {
				if _, is := one.(object); is {
					texts = append(texts, canonical(one))
					continue
				}
				texts = append(texts, fmt.Sprint(one))
			}
			slices.Sort(texts)
			out[k] = slices.Compact(texts)
		}
		return out
	}
	return v
}

// drift is how a document differs from what it should be, by action.
type drift struct{ added, missing, changed []string }

func (d drift) none() bool { return len(d.added)+len(d.missing)+len(d.changed) == 0 }

func (d drift) String() string {
	var parts []string
	for _, p := range []struct {
		what string
		all  []string
	}{{"added: ", d.added}, {"missing: ", d.missing}, {"with other resources or conditions: ", d.changed}} {
		if len(p.all) > 0 {
			parts = append(parts, p.what+some(p.all))
		}
	}
	return strings.Join(parts, "; ")
}

// drifted compares what is with what should be.
func drifted(is, should map[grain]bool) drift {
	by := func(g grain) string {
		name := g.action
		if name == "" {
			name = "a statement without actions"
		}
		if g.effect != "Allow" {
			name += " (" + g.effect + ")"
		}
		return name
	}
	names := func(all map[grain]bool) map[string]bool {
		out := map[string]bool{}
		for g := range all {
			out[by(g)] = true
		}
		return out
	}
	has, wants := names(is), names(should)
	differs := map[string]bool{}
	for g := range is {
		differs[by(g)] = differs[by(g)] || !should[g]
	}
	for g := range should {
		differs[by(g)] = differs[by(g)] || !is[g]
	}
	var d drift
	for _, name := range slices.Sorted(maps.Keys(differs)) {
		switch {
		case !differs[name]:
		case !wants[name]:
			d.added = append(d.added, name)
		case !has[name]:
			d.missing = append(d.missing, name)
		default:
			d.changed = append(d.changed, name)
		}
	}
	return d
}
