package policydoc

import (
	"fmt"
	"slices"
	"strings"
)

// rest is what a Deny leaves of whom an Allow lets in.
type rest struct {
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
			b := d.denied(v, a, on(action, resource), resource)
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

// on is an action on a resource: every action, on a bucket, is every action of S3.
func on(action, resource string) string {
	parts := strings.SplitN(resource, ":", 4)
	if strings.Trim(action, "*") == "" && len(parts) == 4 && parts[0] == "arn" && parts[2] != "" && !wild(parts[2]) {
		return parts[2] + ":*"
	}
	return action
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

// mayCover tells whether a Deny's resources that do not cover a pattern may yet be all that there is of it: a policy is on
// one resource, and a pattern such as "*" holds many that it is not on. Of a bucket that is named, a part is a part.
func (p Patterns) mayCover(resource string) bool {
	if bucket, ok := strings.CutPrefix(resource, "arn:aws:s3:::"); ok {
		bucket, _, _ = strings.Cut(bucket, "/")
		if !wild(bucket) {
			return false
		}
	}
	return p.Not || slices.ContainsFunc(p.Values, func(o string) bool { return overlap(o, resource) })
}

// denied is what is left of an access for one action on one resource.
func (d *Document) denied(v Viewer, a Access, action, resource string) Access {
	doubt := ""
	best := a
	for _, s := range d.Statements {
		if s.Allow || !s.Actions.covers(action, true) {
			continue
		}
		whole := s.Resources.covers(resource, false)
		if !whole && !s.Resources.mayCover(resource) {
			continue
		}
		r, applies := denies(s, a)
		if !whole && applies && r.doubt == "" {
			r = rest{doubt: "its resources may be all that the policy is on"}
		}
		switch {
		case !applies:
		case r.nobody:
			return Access{Principal: a.Principal, Verdict: None, Why: fmt.Sprintf("statement %d denies it", s.Index)}
		case r.doubt != "" && (a.Verdict == Public || a.Verdict == Foreign):
			doubt = fmt.Sprintf("statement %d denies a part that cannot be told: %s", s.Index, r.doubt)
		case a.Verdict == Public:
			best = narrower(v, best, r, s.Index)
		}
	}
	if doubt != "" && best.Verdict == a.Verdict {
		best = Access{Principal: a.Principal, Verdict: Unsure, Why: doubt}
	}
	return best
}

// narrower takes the narrower of what is left so far and what a Deny leaves.
func narrower(v Viewer, best Access, r rest, index int) Access {
	b := Access{Principal: best.Principal, Verdict: Own, Why: fmt.Sprintf("statement %d denies everyone else", index)}
	for _, l := range r.within {
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
func denies(s Statement, a Access) (r rest, applies bool) {
	all := slices.ContainsFunc(s.Principals.List, anyone)
	switch {
	case !s.Principals.Given:
		return rest{doubt: "it names no principal"}, true
	case s.Principals.Not:
		return rest{doubt: "it has NotPrincipal"}, true
	case !all && a.Verdict == Public:
		return rest{}, false // others than those that it names stay
	case !all:
		if account := accountOf(a.Principal); account != "" && slices.ContainsFunc(s.Principals.List, func(p Principal) bool { return accountOf(p) == account }) {
			return rest{doubt: "it names principals of the same account"}, true
		}
		return rest{}, false
	}
	if len(s.Conditions) == 0 {
		return rest{nobody: true}, true
	}
	// All conditions must hold for a Deny, so who escapes one of them is left.
	for i := range s.Conditions {
		l := complement(&s.Conditions[i])
		switch {
		case l.reach == open:
			return rest{}, false
		case l.reach == doubtful && r.doubt == "":
			r.doubt = l.why
		}
		r.within = append(r.within, l)
	}
	// The rest of the possibilities has been looked at for "*" only.
	if a.Verdict != Public && r.doubt == "" {
		return rest{doubt: "its conditions may hold for " + string(a.Verdict) + " principals"}, a.Verdict == Foreign
	}
	return r, a.Verdict == Public || a.Verdict == Foreign
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
