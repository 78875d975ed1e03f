package pattern_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
)

// random makes questions of few names and few values, so that patterns and
// events meet often. It writes JSON as text, to spell a number in many ways.
type random struct{ *rand.Rand }

// pick takes one of a list.
func (r random) pick(list ...string) string { return list[r.Intn(len(list))] }

// some calls f between least and most times and joins what it gives.
func (r random) some(least, most int, f func() string) string {
	list := make([]string, least+r.Intn(most-least+1))
	for i := range list {
		list[i] = f()
	}
	return strings.Join(list, ",")
}

// question makes a pattern, and an event that is either made after it, so that
// it nearly matches, or without a look at it.
func (r random) question() question {
	p := r.pattern(2)
	if r.Intn(4) == 0 {
		return question{p, r.event(3)}
	}
	var parsed map[string]any
	if err := json.Unmarshal([]byte(p), &parsed); err != nil {
		panic(err) // the generator itself is wrong
	}
	return question{p, object(r.membersLike(parsed))}
}

// membersLike makes the members of an object that a pattern may accept, each
// name once.
func (r random) membersLike(p map[string]any) map[string]string {
	members := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		switch v := p[name].(type) {
		case map[string]any:
			members[name] = r.objectsLike(v)
		case []any:
			if name == "$or" {
				maps.Copy(members, r.membersLike(v[r.Intn(len(v))].(map[string]any)))
			} else if r.Intn(6) > 0 {
				members[name] = r.valueLike(v[r.Intn(len(v))])
			}
		}
	}
	return members
}

// object writes an object.
func object(members map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		list = append(list, fmt.Sprintf("%q:%s", name, members[name]))
	}
	return `{` + strings.Join(list, ",") + `}`
}

// objectsLike makes an object that a pattern may accept, or an array of some.
func (r random) objectsLike(p map[string]any) string {
	one := func() string { return object(r.membersLike(p)) }
	switch r.Intn(4) {
	case 0:
		return `[` + r.some(0, 3, one) + `]`
	case 1:
		return `[` + r.some(1, 2, func() string { return `[` + r.some(1, 2, one) + `]` }) + `]`
	}
	return one()
}

// valueLike makes a value with what stands in one accepted value.
func (r random) valueLike(accepted any) string {
	value := r.scalar()
	if r.Intn(3) > 0 {
		value = r.within(accepted, value)
	}
	switch r.Intn(4) {
	case 0:
		return `[` + value + `,` + r.scalar() + `]`
	case 1:
		return `[` + r.scalar() + `,[` + value + `]]`
	}
	return value
}

// within looks for a plain value in an accepted value.
func (r random) within(accepted any, other string) string {
	switch v := accepted.(type) {
	case []any:
		return r.within(v[r.Intn(len(v))], other)
	case map[string]any:
		for name, operand := range v { // there is one
			if name == "cidr" {
				return r.pick(`"10.0.0.1"`, `"10.1.2.3"`, `"2001:db8::1"`, `"::1"`)
			}
			return r.within(operand, other)
		}
	case string:
		return fmt.Sprintf("%q", r.pick("", "b")+v+r.pick("", "", "a"))
	case float64:
		return r.pick(fmt.Sprintf("%f", v), fmt.Sprintf("%e", v), r.number())
	}
	return other
}

// names takes between one and most of the names, each once.
func (r random) names(most int) []string {
	list := []string{"a", "b", "c"}
	if r.Intn(12) == 0 {
		list[r.Intn(3)] = r.pick("a.b", "b.a")
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:1+r.Intn(most)]
}

// pattern makes an object of a pattern.
func (r random) pattern(depth int) string {
	var members []string
	for _, name := range r.names(2) {
		value := r.accepted()
		if depth > 0 && r.Intn(2) == 0 {
			value = r.pattern(depth - 1)
		}
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	if depth > 0 && r.Intn(5) == 0 {
		alternatives := `"$or":[` + r.some(2, 3, func() string { return r.pattern(depth - 1) }) + `]`
		if r.Intn(2) == 0 {
			members = nil
		}
		members = append(members, alternatives)
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return `{` + strings.Join(members, ",") + `}`
}

// accepted makes the array of accepted values of a field.
func (r random) accepted() string {
	return `[` + r.some(1, 2, func() string {
		if r.Intn(5) < 2 {
			return r.scalar()
		}
		return r.operator()
	}) + `]`
}

// operator makes an object with an operator. Networks that hold half
// of all addresses are left out: see rulerExceptions.
func (r random) operator() string {
	text := func() string { return fmt.Sprintf("%q", r.pick("a", "b", "ab", "ba", "A", "aB")) }
	switch r.Intn(12) {
	case 0:
		return `{"prefix":` + text() + `}`
	case 1:
		return `{"suffix":` + text() + `}`
	case 2:
		return `{"` + r.pick("prefix", "suffix") + `":{"equals-ignore-case":` + text() + `}}`
	case 3:
		return `{"equals-ignore-case":` + text() + `}`
	case 4:
		return `{"wildcard":` + r.wild() + `}`
	case 5:
		return `{"anything-but":` + r.oneOrList(text) + `}`
	case 6:
		return `{"anything-but":` + r.oneOrList(r.number) + `}`
	case 7:
		return `{"anything-but":{"` + r.pick("prefix", "suffix", "equals-ignore-case") + `":` + r.oneOrList(text) + `}}`
	case 8:
		return `{"numeric":[` + r.pick(`"=",`+r.number(), `"<",`+r.number(), `"<=",`+r.number(), `">",`+r.number(), `">=",`+r.number(), `">",-1.0,"<=",1e0`, `">=",0,"<",0.20e1`) + `]}`
	case 9:
		return `{"anything-but":{"wildcard":` + r.oneOrList(r.wild) + `}}`
	case 10:
		return `{"cidr":"` + r.pick("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/31", "2001:db8::/32", "2001:db8::1/127") + `"}`
	}
	return `{"exists":` + r.pick("true", "false", "false") + `}`
}

// oneOrList is an operand, or a list of some.
func (r random) oneOrList(operand func() string) string {
	if r.Intn(2) == 0 {
		return operand()
	}
	return `[` + r.some(1, 3, operand) + `]`
}

// wild makes the operand of wildcard.
func (r random) wild() string {
	return r.pick(`"a*"`, `"*b"`, `"a*b"`, `"*a*"`, `"\\*"`, `"b*\\\\"`, `"*"`)
}

// number makes a number: few of them, in many spellings.
func (r random) number() string {
	return r.pick("0", "-0", "0.0", "1", "1.0", "1e0", "10e-1", "0.1E+1", "-1", "-1.00", "2", "0.5", "5e-1", "0.50", "100", "1e2", "0.000001", "123456.789", "5e9", "-5000000000")
}

// scalar makes a value that is no array and no object. It is never an address:
// see rulerExceptions.
func (r random) scalar() string {
	switch r.Intn(5) {
	case 0:
		return r.number()
	case 1:
		return r.pick("true", "false", "null")
	}
	return r.pick(`"a"`, `"b"`, `"ab"`, `"ba"`, `"A"`, `"aB"`, `""`, `"*"`, `"b\\"`, `"1"`, `"\u0061"`)
}

// event makes an object of an event.
func (r random) event(depth int) string {
	members := map[string]string{}
	for _, name := range r.names(3) {
		members[name] = r.value(depth)
	}
	return object(members)
}

// value makes a value of an event.
func (r random) value(depth int) string {
	switch n := r.Intn(10); {
	case depth > 0 && n < 3:
		return r.event(depth - 1)
	case depth > 0 && n < 6:
		return `[` + r.some(0, 3, func() string { return r.value(depth - 1) }) + `]`
	case n == 6:
		return r.pick("{}", "[]", `"10.0.0.1"`, `"10.1.2.3"`, `"2001:db8::1"`, `"::1"`)
	}
	return r.scalar()
}
