package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
)

// completion is the reading that an operation begins with which takes the whole of what it changes.
type completion struct {
	read entry
	ask  func(input map[string]any) (asked, part map[string]any) // the reading's input, nil where the call is whole as it is; and what is sent for certain
	rest func(output map[string]any) map[string]any              // what of the answer is sent again, under the names of the input
}

// completed marks an operation that takes the whole of what it changes, or makes the next of its kind. The call names only what is to be
// another; the rest is read at that moment and sent as it is. It never leaves the caller, as there may be secrets in it, which no plan and no
// record may hold: the headers that a distribution shows its origin, the environment of a build.
func completed(read entry, ask func(map[string]any) (asked, part map[string]any), rest func(map[string]any) map[string]any) func(*entry) {
	return func(e *entry) {
		e.completion = &completion{read, ask, rest}
		e.Completes = read.Name
		e.Permissions = append(e.Permissions, read.Permissions...)
	}
}

// complete gives the whole input.
func (c *completion) complete(ctx context.Context, cfg aws.Config, input map[string]any) (map[string]any, error) {
	asked, part := c.ask(input)
	if asked == nil {
		return input, nil
	}
	out, err := c.read.invoke(ctx, cfg, asked)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // an int64 is no float
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	dropNulls(m)
	whole, err := overlay(c.rest(m), part)
	if err != nil {
		return nil, parry.Errorf(parry.Conflict, "%s: %w", c.read.Name, err)
	}
	return whole.(map[string]any), nil
}

// overlay lays a part over a whole. Members of an object are laid over one another. Of a list of objects that have names, each is laid over the
// one of its name, which must be there, and a single one without a name over them all. Anything else takes the place of what was.
func overlay(whole, part any) (any, error) {
	switch p := part.(type) {
	case map[string]any:
		if w, ok := whole.(map[string]any); ok && w != nil {
			return overlayObject(w, p)
		}
	case []any:
		if w, ok := whole.([]any); ok && named(w) && objects(p) {
			return overlayList(w, p)
		}
	}
	return part, nil
}

func overlayObject(whole, part map[string]any) (any, error) {
	w := maps.Clone(whole)
	for k, v := range part {
		laid, err := overlay(w[k], v)
		if err != nil {
			return nil, err
		}
		w[k] = laid
	}
	return w, nil
}

func overlayList(whole, part []any) (any, error) {
	w := slices.Clone(whole)
	for i, v := range w {
		for _, p := range part {
			name, has := p.(map[string]any)["Name"]
			if has && name != v.(map[string]any)["Name"] || !has && len(part) > 1 {
				continue
			}
			laid, err := overlay(w[i], p)
			if err != nil {
				return nil, err
			}
			w[i] = laid
		}
	}
	for _, p := range part {
		if name, has := p.(map[string]any)["Name"]; has && indexOf(w, name) < 0 {
			return nil, parry.Errorf(parry.Conflict, "there is no %v any more", name)
		} else if !has && len(part) > 1 {
			return nil, parry.Errorf(parry.Invalid, "one of several has no name")
		}
	}
	return w, nil
}

func indexOf(list []any, name any) int {
	for i, v := range list {
		if v.(map[string]any)["Name"] == name {
			return i
		}
	}
	return -1
}

// named tells whether a list is one of objects with names.
func named(list []any) bool {
	return len(list) > 0 && objects(list) && !slices.ContainsFunc(list, func(v any) bool {
		_, ok := v.(map[string]any)["Name"].(string)
		return !ok
	})
}

// objects tells whether a list is one of objects.
func objects(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		_, ok := v.(map[string]any)
		return !ok
	})
}

// members are those of an object that have these names, as far as they are there.
func members(of map[string]any, names ...string) map[string]any {
	m := map[string]any{}
	for _, n := range names {
		if v, ok := of[n]; ok {
			m[n] = v
		}
	}
	return m
}
