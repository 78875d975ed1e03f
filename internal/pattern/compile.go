package pattern

import (
	"slices"
	"strings"
)

const (
	orKey = "$or"
	// maxBranches is the most combinations that the alternatives of a pattern
	// may unfold into.
	maxBranches = 1000
)

// place is a position in a pattern: in the pattern's JSON, and as the
// dot-joined name of the event field.
type place struct {
	json  string
	field string
	inner bool // field holds a name already
}

// key descends into an object.
func (p place) key(name string) place {
	field := name
	if p.inner {
		field = p.field + "." + name
	}
	return place{json: childPath(p.json, name), field: field, inner: true}
}

// or is the place of one alternative of $or, which names no field.
func (p place) or(i int) place {
	p.json = indexPath(childPath(p.json, orKey), i)
	return p
}

// sorted gives the leaves in the order of their names.
func (b branch) sorted() branch {
	slices.SortFunc(b, func(x, y leaf) int { return strings.Compare(x.path, y.path) })
	return b
}

// compileObject compiles an object of a pattern into its combinations.
// inOr says that it lies inside $or.
func compileObject(at place, object map[string]any, inOr bool) ([]branch, error) {
	if len(object) == 0 {
		return nil, errorAt(at.json, "an object must not be empty")
	}
	all := []branch{nil}
	for _, name := range sortedKeys(object) {
		more, err := compileMember(at, name, object[name], inOr)
		if err != nil {
			return nil, err
		}
		if all, err = combine(at, all, more); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// compileMember compiles one member of an object of a pattern.
func compileMember(at place, name string, v any, inOr bool) ([]branch, error) {
	if name == orKey {
		return compileOr(at, v)
	}
	here := at.key(name)
	if inOr && reservedInOr(name) {
		return nil, errorAt(here.json, "%q is reserved and must not be a field name inside $or", name)
	}
	switch t := v.(type) {
	case map[string]any:
		return compileObject(here, t, inOr)
	case []any:
		l, err := compileLeaf(here, t)
		if err != nil {
			return nil, err
		}
		return []branch{{l}}, nil
	}
	return nil, errorAt(here.json, "%q must be an object or an array; put the value in brackets", name)
}

// reservedInOr says whether a name means an operator, now or in EventBridge's
// plans, so that it cannot be a field name inside $or.
func reservedInOr(name string) bool {
	switch name {
	case "exactly", "prefix", "suffix", "equals-ignore-case", "anything-but", "exists",
		"wildcard", "numeric", "cidr", "html", "=", "<", "<=", ">", ">=",
		"regex", "not-wildcard", "not-equals-ignore-case", "date-after",
		"date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
		"ip-address-in-range", "ip-address-not-in-range":
		return true
	}
	return false
}

// compileOr compiles the value of $or.
func compileOr(at place, v any) ([]branch, error) {
	where := childPath(at.json, orKey)
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, errorAt(where, "$or must be an array of at least two objects")
	}
	var all []branch
	for i, alternative := range list {
		here := at.or(i)
		object, ok := alternative.(map[string]any)
		if !ok {
			return nil, errorAt(here.json, "an alternative of $or must be an object")
		}
		more, err := compileObject(here, object, true)
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > maxBranches {
			return nil, tooManyBranches(where)
		}
	}
	return all, nil
}

// tooManyBranches is the error for a pattern that unfolds beyond maxBranches.
func tooManyBranches(path string) *Error {
	return errorAt(path, "a pattern must not have more than %d combinations of its $or alternatives", maxBranches)
}

// combine joins every branch on the left with every one on the right.
func combine(at place, left, right []branch) ([]branch, error) {
	if len(left)*len(right) > maxBranches {
		return nil, tooManyBranches(at.json)
	}
	if len(left) == 1 && len(left[0]) == 0 {
		return right, nil
	}
	all := make([]branch, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			both, err := join(at, l, r)
			if err != nil {
				return nil, err
			}
			all = append(all, both)
		}
	}
	return all, nil
}

// join puts the fields of two branches together.
func join(at place, left, right branch) (branch, error) {
	both := make(branch, len(left), len(left)+len(right))
	copy(both, left)
	for _, l := range right {
		if slices.ContainsFunc(left, func(has leaf) bool { return has.path == l.path }) {
			return nil, errorAt(at.json, "the field %q must be constrained once; "+
				"given both outside and inside $or, EventBridge keeps only the last", l.path)
		}
		both = append(both, l)
	}
	return both, nil
}

// compileLeaf compiles the array of accepted values of a field.
func compileLeaf(at place, list []any) (leaf, error) {
	if len(list) == 0 {
		return leaf{}, errorAt(at.json, "an array must not be empty")
	}
	l := leaf{path: at.field}
	for i, v := range list {
		path := indexPath(at.json, i)
		if isAbsent(v) {
			l.absent = true
			continue
		}
		c, err := compileCondition(path, v)
		if err != nil {
			return leaf{}, err
		}
		l.conds = append(l.conds, c)
	}
	return l, nil
}

// isAbsent recognizes {"exists": false}, which is about the field and not
// about a value.
func isAbsent(v any) bool {
	object, ok := v.(map[string]any)
	return ok && len(object) == 1 && object["exists"] == false
}
