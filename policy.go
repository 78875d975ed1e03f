package parry

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// PolicyDocument is an IAM policy made of permissions. Statements are merged where that says exactly the same: actions with the
// same resources, resources with the same actions. It is never wider than what it was made from.
type PolicyDocument struct {
	Version   string
	Statement []Statement
}

// Statement is one Allow of a policy.
type Statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]string `json:",omitempty"`
}

// NewPolicy writes permissions as a policy, in an order that depends on nothing else.
func NewPolicy(perms []Permission) PolicyDocument {
	var st []Statement
	for _, p := range perms {
		st = append(st, Statement{Effect: "Allow", Action: []string{p.Action}, Resource: slices.Clone(p.Resources), Condition: p.Conditions})
	}
	st = merge(st, func(s Statement) string { return key(s.Action, s.Condition) }, func(into *Statement, s Statement) { into.Resource = union(into.Resource, s.Resource) })
	st = merge(st, func(s Statement) string { return key(s.Resource, s.Condition) }, func(into *Statement, s Statement) { into.Action = union(into.Action, s.Action) })
	for i := range st {
		slices.Sort(st[i].Action)
		slices.Sort(st[i].Resource)
		if slices.Contains(st[i].Resource, "*") {
			st[i].Resource = []string{"*"}
		}
	}
	slices.SortFunc(st, func(a, b Statement) int { return strings.Compare(a.Action[0]+a.Resource[0], b.Action[0]+b.Resource[0]) })
	return PolicyDocument{Version: "2012-10-17", Statement: st}
}

// Compact is the policy as JSON without white space, the form whose length STS limits.
func (d PolicyDocument) Compact() string { return string(canonical(d)) }

// Indent is the policy as JSON for people.
func (d PolicyDocument) Indent() string {
	var b bytes.Buffer
	_ = json.Indent(&b, canonical(d), "", "  ") // canonical makes JSON
	return b.String()
}

func merge(in []Statement, by func(Statement) string, add func(*Statement, Statement)) []Statement {
	at := map[string]int{}
	var out []Statement
	for _, s := range in {
		slices.Sort(s.Action)
		slices.Sort(s.Resource)
		k := by(s)
		if i, ok := at[k]; ok {
			add(&out[i], s)
			continue
		}
		at[k] = len(out)
		out = append(out, s)
	}
	return out
}

func key(list []string, cond map[string]map[string]string) string {
	return strings.Join(list, "\n") + "\n\n" + string(canonical(cond))
}

func union(a, b []string) []string {
	set := map[string]bool{}
	for _, s := range append(a, b...) {
		set[s] = true
	}
	return slices.Sorted(maps.Keys(set))
}
