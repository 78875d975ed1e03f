package rollout

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"parry"
)

// template is a template as it is compared: with its resources apart.
type template map[string]any

func parse(text []byte) (template, error) {
	var t template
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, parry.Errorf(parry.Invalid, "a template is no JSON: %w", err)
	}
	return t, nil
}

// compact is a template without white space: CloudFormation counts bytes.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

func (t template) resources() map[string]any {
	r, _ := t["Resources"].(map[string]any)
	return r
}

// same tells whether two templates say the same.
func same(a, b template) bool { return reflect.DeepEqual(a, b) }

// differences are the resources in which a template differs from that which is deployed. What else of it differs - parameters, conditions,
// outputs - changes resources only by way of them.
func differences(was, is template) []Resource {
	var all []Resource
	old, now := was.resources(), is.resources()
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if o, there := old[id]; !there {
			all = append(all, Resource{Do: "add", ID: id, Type: kind(now[id])})
		} else if what := differing(o, now[id]); len(what) > 0 {
			all = append(all, Resource{Do: "change", ID: id, Type: kind(now[id]), What: what})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		if _, there := now[id]; !there {
			all = append(all, Resource{Do: "remove", ID: id, Type: kind(old[id])})
		}
	}
	return all
}

func kind(resource any) string {
	r, _ := resource.(map[string]any)
	s, _ := r["Type"].(string)
	return s
}

// differing names what differs of a resource: its properties, and its attributes beside them.
func differing(was, is any) []string {
	a, _ := was.(map[string]any)
	b, _ := is.(map[string]any)
	pa, _ := a["Properties"].(map[string]any)
	pb, _ := b["Properties"].(map[string]any)
	all := keys(pa, pb)
	for _, k := range keys(a, b) {
		if k != "Properties" {
			all = append(all, k)
		}
	}
	return all
}

// keys are those under which two maps differ, in order.
func keys(a, b map[string]any) []string {
	var all []string
	for k, v := range a {
		if w, there := b[k]; !there || !reflect.DeepEqual(v, w) {
			all = append(all, k)
		}
	}
	for k := range b {
		if _, there := a[k]; !there {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// kept are the resources of a template that outlive its stack, each as "id (type)".
func (t template) kept() []string {
	var all []string
	for id, r := range t.resources() {
		if m, _ := r.(map[string]any); m["DeletionPolicy"] == "Retain" {
			all = append(all, id+" ("+kind(r)+")")
		}
	}
	slices.Sort(all)
	return all
}
