package policydoc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// limit is what a condition does to those whom its statement names.
type limit struct {
	reach  reach
	about  about
	why    string
	values []reading // one for each of the condition's values; nil where they do not matter
	cond   *Condition
}

// limits reads the conditions of an Allow statement, of which every one must hold. They stand in an order of their own, so
// that it does not matter in which they were written.
func limits(conditions []Condition) []limit {
	all := make([]limit, len(conditions))
	for i := range conditions {
		all[i] = readCondition(&conditions[i], present(conditions, conditions[i].Key))
	}
	slices.SortStableFunc(all, func(a, b limit) int {
		return cmp.Or(
			cmp.Compare(strings.ToLower(a.cond.Key), strings.ToLower(b.cond.Key)),
			cmp.Compare(strings.ToLower(a.cond.Operator), strings.ToLower(b.cond.Operator)))
	})
	return all
}

// present tells whether the conditions want the key to be there.
func present(conditions []Condition, key string) bool {
	for _, c := range conditions {
		if strings.EqualFold(c.Operator, "Null") && strings.EqualFold(c.Key, key) && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false") {
			return true
		}
	}
	return false
}

func readCondition(c *Condition, present bool) limit {
	op := readOperator(c.Operator)
	k, known := findKey(c.Key)
	l := limit{about: k.about, cond: c}
	switch {
	case op.family == unknownFamily:
		return l.doubtful("the condition operator %s is not known", c.Operator)
	case !known:
		return l.doubtful("whether %s keeps strangers out is not known", c.Key)
	case k.values == noMatter || op.negative && k.about != service:
		l.reach, l.why = open, fmt.Sprintf("%s %s keeps no stranger out", c.Operator, c.Key)
		return l
	case k.about == service && (op.negative || op.family == nullFamily):
		return l.doubtful("what %s %s leaves is not certain", c.Operator, c.Key)
	case op.family == nullFamily:
		l.reach, l.why = open, fmt.Sprintf("Null %s says nothing of the value", c.Key)
		return l
	case op.absent && !present:
		if k.always {
			return l.doubtful("%s %s lets pass a request that lacks the key", c.Operator, c.Key)
		}
		l.reach, l.why = open, fmt.Sprintf("%s %s lets pass a request that lacks the key", c.Operator, c.Key)
		return l
	case !fits(k.values, op.family):
		return l.doubtful("%s does not suit %s", c.Operator, c.Key)
	}
	return l.read(k)
}

func (l limit) doubtful(format string, args ...any) limit {
	l.reach, l.why = doubtful, fmt.Sprintf(format, args...)
	return l
}

// fits tells whether an operator can compare such values.
func fits(v values, f family) bool {
	switch v {
	case rangeValues:
		return f == ipFamily
	case trueValue:
		return f == boolFamily
	case arnValues, accessPointValues:
		return f == stringFamily || f == arnFamily
	default:
		return f == stringFamily
	}
}

// read reads the values, of which any one suffices: the condition reaches as far as the farthest.
func (l limit) read(k key) limit {
	if k.values == trueValue {
		if len(l.cond.Values) != 1 || !strings.EqualFold(l.cond.Values[0], "true") {
			return l.doubtful("%s is not simply true", l.cond.Key)
		}
		l.values = []reading{{}}
		return l
	}
	for _, v := range l.cond.Values {
		r := readValue(k.values, v)
		l.values = append(l.values, r)
		if r.reach > l.reach {
			l.reach, l.why = r.reach, r.why
		}
		if r.reach == open {
			l.why = fmt.Sprintf("%q of %s is no fixed value", v, l.cond.Key)
		}
	}
	if k.values == rangeValues && l.reach == fixed && broad(l.cond.Values) {
		return l.doubtful("the ranges of %s are very broad together", l.cond.Key)
	}
	return l
}
