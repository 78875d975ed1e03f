package policydoc

import (
	"fmt"
	"slices"
	"strings"
)

// cut is what a Deny leaves of whom an Allow lets in.
type cut struct {
	nobody bool
	doubt  string
	within []limit // those whom it leaves: any one of these suffices
}

// lessDenied takes the Deny statements into account. Each action on each resource that the statement allows is looked at:
// a Deny counts where it covers that pair wholly; where it covers a part, the rest is as it was.
func (d *Document) lessDenied(v Viewer, s Statement, a Access) Access {
	if a.Verdict == None || a.Verdict == Own || a.Verdict == Unsure {
		return a
	}
	var worst *Access
	for _, action := range s.Actions.pairs() {
		for _, resource := range s.Resources.pairs() {
			b := d.denied(v, a, action, resource)
			if b.Verdict == a.Verdict && b.narrow == a.narrow {
				return a
			}
			if worst == nil || worse(worst.Verdict, b.Verdict) != worst.Verdict {
				worst = &b
			}
		}
	}
	return *worst
}

// pairs are the patterns to look at; of "everything but", and of none, everything.
func (p Patterns) pairs() []string {
	if p.Not || len(p.Values) == 0 {
		return []string{"*"}
	}
	return p.Values
}

// covers tells whether a Deny's patterns cover all that one pattern matches.
func (p Patterns) covers(inner string, fold bool) bool {
	lower := func(s string) string {
		if fold {
			return strings.ToLower(s)
		}
		return s
	}
	if len(p.Values) == 0 {
		return true
	}
	if p.Not {
		return !slices.ContainsFunc(p.Values, func(o string) bool { return overlap(lower(o), lower(inner)) })
	}
	return slices.ContainsFunc(p.Values, func(o string) bool { return covers(lower(o), lower(inner)) })
}

// denied is what is left of an access for one action on one resource.
func (d *Document) denied(v Viewer, a Access, action, resource string) Access {
	doubt := ""
	best := a
	for _, s := range d.Statements {
		if s.Allow || !s.Actions.covers(action, true) || !s.Resources.covers(resource, false) {
			continue
		}
		c, applies := denies(s, a)
		switch {
		case !applies:
		case c.nobody:
			return Access{Principal: a.Principal, Verdict: None, Why: fmt.Sprintf("statement %d denies it", s.Index)}
		case c.doubt != "" && (a.Verdict == Public || a.Verdict == Foreign):
			doubt = fmt.Sprintf("statement %d denies a part that cannot be told: %s", s.Index, c.doubt)
		case a.Verdict == Public:
			best = narrower(v, best, c, s.Index)
		}
	}
	if doubt != "" && best.Verdict == a.Verdict {
		best = Access{Principal: a.Principal, Verdict: Unsure, Why: doubt}
	}
	return best
}

// narrower takes the narrower of what is left so far and what a Deny leaves.
func narrower(v Viewer, best Access, c cut, index int) Access {
	b := Access{Principal: best.Principal, Verdict: Own, Why: fmt.Sprintf("statement %d denies everyone else", index)}
	for _, l := range c.within {
		verdict, accounts := v.standings(l)
		if l.about == service {
			verdict, b.Deputy = Service, true
		}
		b.Verdict = worse(b.Verdict, verdict)
		b.Accounts = append(b.Accounts, accounts...)
	}
	if best.Verdict == Public || before(b.Verdict, best.Verdict) {
		return b
	}
	return best
}

// denies tells whether a Deny is about a principal at all, and what it leaves.
func denies(s Statement, a Access) (c cut, applies bool) {
	everyone := slices.ContainsFunc(s.Principals.List, anyone)
	switch {
	case !s.Principals.Given:
		return cut{doubt: "it names no principal"}, true
	case s.Principals.Not:
		return cut{doubt: "it has NotPrincipal"}, true
	case !everyone && a.Verdict == Public:
		return cut{}, false // others than those that it names stay
	case !everyone:
		if account := accountOf(a.Principal); account != "" && slices.ContainsFunc(s.Principals.List, func(p Principal) bool { return accountOf(p) == account }) {
			return cut{doubt: "it names principals of the same account"}, true
		}
		return cut{}, false
	}
	if len(s.Conditions) == 0 {
		return cut{nobody: true}, true
	}
	// All conditions must hold for a Deny, so who escapes one of them is left.
	for i := range s.Conditions {
		l := complement(&s.Conditions[i])
		switch {
		case l.reach == open:
			return cut{}, false
		case l.reach == doubtful && c.doubt == "":
			c.doubt = l.why
		}
		c.within = append(c.within, l)
	}
	// The rest of the possibilities has been looked at for "*" only.
	if a.Verdict != Public && c.doubt == "" {
		return cut{doubt: "its conditions may hold for " + string(a.Verdict) + " principals"}, a.Verdict == Foreign
	}
	return c, a.Verdict == Public || a.Verdict == Foreign
}

// complement reads a condition of a Deny for those whom it leaves.
func complement(c *Condition) limit {
	op := readOperator(c.Operator)
	k, known := findKey(c.Key)
	l := limit{about: k.about, cond: c}
	unless := *c
	switch {
	case !known || op.family == unknownFamily || op.set:
		return l.doubtful("%s %s", c.Operator, c.Key)
	case k.free && !secure(c):
		return l.doubtful("%s %s", c.Operator, c.Key)
	case k.free:
		l.reach = open
		return l
	case k.values == noMatter || op.family == nullFamily:
		return l.doubtful("%s %s", c.Operator, c.Key)
	case k.values == trueValue:
		if op.family != boolFamily || len(c.Values) != 1 || !strings.EqualFold(c.Values[0], "false") {
			return l.doubtful("%s %s", c.Operator, c.Key)
		}
		unless.Operator, unless.Values = "Bool", []string{"true"}
	case op.negative:
		// A request without the key is denied, with IfExists and without: what is left has one of the values.
		unless.Operator = map[family]string{stringFamily: "StringLike", arnFamily: "ArnLike", ipFamily: "IpAddress"}[op.family]
	default:
		// Who is named is denied, and all others stay, unless the name is a pattern.
		l = readCondition(&Condition{Operator: plain(op.family), Key: c.Key, Values: c.Values}, true)
		if l.reach == fixed {
			l.reach = open
			return l
		}
		return l.doubtful("%s %s", c.Operator, c.Key)
	}
	l = readCondition(&unless, true)
	l.cond = c
	return l
}

func plain(f family) string {
	return map[family]string{stringFamily: "StringEquals", arnFamily: "ArnEquals", ipFamily: "IpAddress", boolFamily: "Bool"}[f]
}

// secure tells whether a Deny on a key that the caller is free to choose can be escaped by choosing well: it cannot where
// it denies TLS itself.
func secure(c *Condition) bool {
	return !strings.EqualFold(c.Key, "aws:SecureTransport") || len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false")
}
