package policydoc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Verdict is whom a statement, or one of its principals, lets in.
type Verdict string

// The verdicts. None is also that of every Deny.
const (
	Public  Verdict = "public"  // anyone, or anyone with an AWS account, by AWS's definition
	Foreign Verdict = "foreign" // an account or organization that is neither the owner's nor trusted
	Unsure  Verdict = "unsure"  // it cannot be told: neither public nor safe
	Limited Verdict = "limited" // not public, but the document does not say whose it is: a VPC, an address, a canonical user
	Service Verdict = "service" // an AWS service
	Own     Verdict = "own"     // the owner's account, or who is trusted
	None    Verdict = "none"    // nobody
)

var ranking = []Verdict{None, Own, Service, Limited, Unsure, Foreign, Public}

func worse(a, b Verdict) Verdict {
	if slices.Index(ranking, b) > slices.Index(ranking, a) {
		return b
	}
	return a
}

// Access is what one principal of a statement comes to.
type Access struct {
	Principal Principal
	Verdict   Verdict
	Accounts  []string // that are foreign
	Why       string
	Deputy    bool // an AWS service that may act on anyone's behalf

	// narrow is the condition of which some values make the verdict, and keep those that do not.
	narrow *Condition
	keep   []bool
}

// Judgement is what one statement comes to: the worst of its principals.
type Judgement struct {
	Index    int
	Sid      string
	Verdict  Verdict
	Accounts []string
	Why      string
	Deputy   bool
	Access   []Access
}

// Has tells whether any principal of the statement has the verdict.
func (f Judgement) Has(v Verdict) bool {
	return slices.ContainsFunc(f.Access, func(a Access) bool { return a.Verdict == v })
}

// Judge tells of every statement whom it lets in.
func (d *Document) Judge(v Viewer) []Judgement {
	all := make([]Judgement, len(d.Statements))
	for i, s := range d.Statements {
		all[i] = d.judge(v, s)
	}
	return all
}

func (d *Document) judge(v Viewer, s Statement) Judgement {
	f := Judgement{Index: s.Index, Sid: s.Sid, Verdict: None}
	if !s.Allow {
		f.Why = "it denies"
		return f
	}
	f.Access = access(v, s)
	for i := range f.Access {
		f.Access[i] = d.lessDenied(v, s, f.Access[i])
	}
	for _, a := range f.Access {
		if worse(f.Verdict, a.Verdict) != f.Verdict || f.Why == "" {
			f.Verdict, f.Why = a.Verdict, a.Why
		}
		for _, id := range a.Accounts {
			if !slices.Contains(f.Accounts, id) {
				f.Accounts = append(f.Accounts, id)
			}
		}
		f.Deputy = f.Deputy || a.Deputy
	}
	return f
}

// access judges each principal of an Allow statement by itself.
func access(v Viewer, s Statement) []Access {
	ls := limits(s.Conditions)
	switch {
	case !s.Principals.Given:
		return []Access{{Verdict: Unsure, Why: "the statement names no principal: it is no resource policy's"}}
	case s.Principals.Not:
		a := everyone(v, ls)
		if a.Verdict == Public {
			a.Why = "NotPrincipal with Allow lets in everyone else"
		}
		return []Access{a}
	}
	all := make([]Access, len(s.Principals.List))
	for i, p := range s.Principals.List {
		all[i] = one(v, p, ls)
		all[i].Principal = p
	}
	return all
}

func one(v Viewer, p Principal, ls []limit) Access {
	switch {
	case anyone(p):
		return everyone(v, ls)
	case p.Type == "Service":
		return ofService(v, p, ls)
	case p.Type == "Federated":
		return federated(v, p, ls)
	case p.Type == "CanonicalUser":
		if v.standing(p.Value) == Own {
			return Access{Verdict: Own, Why: "a trusted canonical user"}
		}
		return Access{Verdict: Limited, Why: "a canonical user id does not say whose account it is"}
	case uniqueID.MatchString(p.Value):
		return Access{Verdict: None, Why: fmt.Sprintf("%s was deleted", p.Value)}
	case originAccess.MatchString(p.Value):
		return Access{Verdict: Limited, Why: "an origin access identity does not say whose distribution it is"}
	}
	return ofAccount(v, p, ls)
}

func ofAccount(v Viewer, p Principal, ls []limit) Access {
	account := accountOf(p)
	if account == "" {
		return Access{Verdict: Unsure, Why: fmt.Sprintf("%q is no principal that is known", p.Value)}
	}
	if v.standing(account) == Own {
		return Access{Verdict: Own, Why: "account " + account}
	}
	// A foreign account is let in only so far as it is one of ours after all: a member of a trusted organization.
	for _, l := range ls {
		if s, _ := v.standings(l); l.reach == fixed && l.about == caller && s == Own {
			return Access{Verdict: Own, Why: fmt.Sprintf("%s lets in only who is trusted", l.cond.Key)}
		}
	}
	return Access{Verdict: Foreign, Accounts: []string{account}, Why: "account " + account}
}

// everyone judges "*" under conditions: the narrowest of those that restrict counts.
func everyone(v Viewer, ls []limit) Access {
	best, found := Access{}, false
	for i := range ls {
		l := &ls[i]
		if l.reach != fixed {
			continue
		}
		verdict, accounts := v.standings(*l)
		a := Access{Verdict: verdict, Accounts: accounts, Why: fmt.Sprintf("%s names %s", l.cond.Key, strings.Join(l.cond.Values, ", "))}
		if l.about == service {
			a = deputy(Access{Verdict: Service, Why: "only AWS services"})
		}
		if !found || before(a.Verdict, best.Verdict) {
			best, found = a, true
		}
	}
	if best.Verdict == Foreign {
		best.narrow, best.keep = v.narrowed(ls, func(about) bool { return true })
	}
	if found {
		return sourced(v, best, ls)
	}
	for _, l := range ls {
		if l.reach == doubtful {
			return Access{Verdict: Unsure, Why: l.why}
		}
	}
	return wideOpen(ls)
}

// before ranks what restricts: who is named counts before where from.
func before(a, b Verdict) bool {
	order := []Verdict{Own, Foreign, Service, Limited}
	return slices.Index(order, a) < slices.Index(order, b)
}

// sourced takes the note of a deputy back where the source is named.
func sourced(v Viewer, a Access, ls []limit) Access {
	if a.Verdict == Service {
		b := bySource(v, ls)
		b.Why = a.Why + ": " + b.Why
		return b
	}
	return a
}

// wideOpen is public; where a condition is open only for some of its values, the others could stay.
func wideOpen(ls []limit) Access {
	a := Access{Verdict: Public, Why: "anyone, without a condition"}
	for i := range ls {
		l := &ls[i]
		a.Why = "anyone: " + l.why
		if l.values == nil {
			continue
		}
		if k := keep(l.values, func(r reading) bool { return r.reach != open }); k != nil {
			a.narrow, a.keep = l.cond, k
			return a
		}
	}
	return a
}

// keep marks the values that may stay; nil where none may.
func keep(values []reading, stays func(reading) bool) []bool {
	marks := make([]bool, len(values))
	for i, r := range values {
		marks[i] = stays(r)
	}
	if !slices.Contains(marks, true) {
		return nil
	}
	return marks
}

func deputy(a Access) Access {
	a.Deputy = true
	a.Why += "; aws:SourceArn, aws:SourceAccount or aws:SourceOrgID does not say on whose behalf (confused deputy)"
	return a
}

// ofService judges an AWS service, which acts on behalf of whoever uses it unless a condition says of whom.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func ofService(v Viewer, p Principal, ls []limit) Access {
	if wild(p.Value) || !strings.Contains(p.Value, ".") {
		return Access{Verdict: Unsure, Why: fmt.Sprintf("%q is not the name of one service", p.Value)}
	}
	a := bySource(v, ls)
	a.Why = p.Value + ": " + a.Why
	return a
}

func bySource(v Viewer, ls []limit) Access {
	best := deputy(Access{Verdict: Service, Why: "a service"})
	for i := range ls {
		l := &ls[i]
		if l.reach != fixed || l.about != source {
			continue
		}
		why := fmt.Sprintf("%s names %s", l.cond.Key, strings.Join(l.cond.Values, ", "))
		switch s, accounts := v.standings(*l); s {
		case Own:
			return Access{Verdict: Service, Why: why}
		case Foreign:
			best = Access{Verdict: Foreign, Accounts: accounts, Why: why}
			best.narrow, best.keep = v.narrowed(ls, func(a about) bool { return a == source })
		}
	}
	return best
}

// narrowed finds the condition without whose foreign values no stranger is let in any more. If another condition names
// strangers too, only values of the owner's or of who is trusted may stay: anything else would still be theirs.
func (v Viewer) narrowed(ls []limit, counts func(about) bool) (*Condition, []bool) {
	var foreign []limit
	for _, l := range ls {
		if s, _ := v.standings(l); l.reach == fixed && counts(l.about) && s == Foreign {
			foreign = append(foreign, l)
		}
	}
	for _, l := range foreign {
		stays := func(r reading) bool {
			s := v.standing(r.party)
			return s == Own || s == Limited && len(foreign) == 1
		}
		if k := keep(l.values, stays); k != nil {
			return l.cond, k
		}
	}
	return nil, nil
}

// federated judges who comes from an identity provider. Of what the provider's own keys say, only that they are there
// can be told, not who is behind them.
func federated(v Viewer, p Principal, ls []limit) Access {
	account := accountOf(p)
	if account != "" && v.standing(account) == Foreign {
		return Access{Verdict: Foreign, Accounts: []string{account}, Why: "an identity provider of account " + account}
	}
	host := oidcHost(p)
	switch {
	case account != "" && host == "":
		return Access{Verdict: Own, Why: "an identity provider of account " + account}
	case host == "":
		return Access{Verdict: Unsure, Why: fmt.Sprintf("%q is no identity provider that is known", p.Value)}
	case claimed(host, account != "", ls):
		return Access{Verdict: Limited, Why: "users of " + host + " whom a condition names"}
	case account != "":
		return Access{Verdict: Unsure, Why: fmt.Sprintf("no condition on %s:sub says which users of the provider may come", host)}
	}
	a := Access{Verdict: Public, Why: "any user of " + host}
	for _, l := range ls {
		if l.reach == doubtful {
			return Access{Verdict: Unsure, Why: l.why}
		}
		if s, accounts := v.standings(l); l.reach == fixed && l.about == network {
			a = Access{Verdict: worse(Limited, s), Accounts: accounts, Why: fmt.Sprintf("users of %s, and %s restricts", host, l.cond.Key)}
		}
	}
	return a
}

// claimed tells whether a condition names users of a provider: for a provider in the account its subject, for the public
// ones the application, with which alone users of others are kept out.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func claimed(host string, provider bool, ls []limit) bool {
	names := []string{"aud", "app_id", "sub", "oaud", "id", "user_id"}
	if provider {
		names = []string{"sub"}
	}
	for _, l := range ls {
		op := readOperator(l.cond.Operator)
		if op.family != stringFamily || op.negative || op.absent || slices.ContainsFunc(l.cond.Values, func(v string) bool { return !named(host, v) }) {
			continue
		}
		for _, n := range names {
			if strings.EqualFold(l.cond.Key, host+":"+n) {
				return true
			}
		}
	}
	return false
}

var (
	// gitHubSubject begins with the owner of the repository: "repo:*" is everyone's.
	gitHubSubject = regexp.MustCompile(`^repo:[^*?/:]+/`)
	// subject has something fixed behind the kind of subject that it begins with.
	subject = regexp.MustCompile(`^[^*?]*[:/][^*?]+`)
)

// named tells whether a claim's value names somebody.
func named(host, v string) bool {
	switch {
	case strings.Contains(v, "${"):
		return false
	case !wild(v):
		return true
	case host == "token.actions.githubusercontent.com":
		return gitHubSubject.MatchString(v)
	}
	return subject.MatchString(v)
}
