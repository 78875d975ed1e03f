package parry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Scope says where a rule may act: allow lists, and exemptions that end. What it leaves out allows everything. In every
// list * stands for any run of characters, and nothing else is special.
type Scope struct {
	Accounts []string `json:"accounts,omitempty"`
	// OUs are ids of organizational units and roots: the account lies below any of these, at any depth.
	OUs []string `json:"ous,omitempty"`
	// Regions are the target's. Of what has none, an IAM user for instance, it is the partition's home Region: us-east-1.
	Regions []string `json:"regions,omitempty"`
	// Tags are what the target carries: each key, with one of its values.
	Tags   map[string][]string `json:"tags,omitempty"`
	Exempt []Exemption         `json:"exempt,omitempty"`
}

// Exemption takes targets out of a rule's scope until a day, by someone and for a reason. All that it names must fit.
type Exemption struct {
	Accounts []string            `json:"accounts,omitempty"`
	OUs      []string            `json:"ous,omitempty"`
	Regions  []string            `json:"regions,omitempty"`
	Tags     map[string][]string `json:"tags,omitempty"`
	// Resources are ids, names or ARNs of targets.
	Resources []string `json:"resources,omitempty"`
	// Principals are names, ids or ARNs of who did it, or of the target where that is a principal.
	Principals []string `json:"principals,omitempty"`

	Owner  string    `json:"owner"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"` // the first moment at which it counts no more
}

// Place is where one target is and what is known of it. What is not known is not there: see the fields that say so.
type Place struct {
	Account string
	Region  string
	// OUs are every ancestor of the account, up to the root. NoOUs says why they are not known, Failed that asking went wrong.
	OUs    []string
	NoOUs  string
	Failed bool
	// Tags are the target's. Nil where the finding gives none for it: that does not mean that it has none.
	Tags []Tag
	// Names are the target's id, name and ARN; Principals those of who did it. None where the finding does not say.
	Names      []string
	Principals []string
}

// Stand says whether a target is in a rule's scope. The zero value is not known.
type Stand string

// How a target can stand.
const (
	ScopeUnknown Stand = ""
	InScope      Stand = "in"
	OutOfScope   Stand = "out"
)

// Standing is how a target stands to a rule's scope, and why.
type Standing struct {
	Is     Stand  `json:"is"`
	Reason string `json:"reason,omitempty"` // in words; empty for what is in scope
	// Failed says that it is unknown because asking went wrong, not because there is no answer.
	Failed bool `json:"failed,omitempty"`
	Exempt bool `json:"exempt,omitempty"` // out of scope by an exemption
	// Notes are exemptions that fit and have ended.
	Notes []string `json:"notes,omitempty"`
}

// String is the standing in words.
func (s Standing) String() string {
	switch s.Is {
	case InScope:
		return "in scope"
	case OutOfScope:
		return s.Reason
	default:
		return "not known to be in scope: " + cmp.Or(s.Reason, "it was not looked at")
	}
}

// outOf is why a rule leaves the target alone.
func (s Standing) outOf(rule string) string {
	if s.Exempt {
		return s.Reason
	}
	return fmt.Sprintf("out of scope of rule %s: %s", rule, s.Reason)
}

// IsZero tells whether the scope allows everything.
func (s Scope) IsZero() bool {
	return len(s.Accounts)+len(s.OUs)+len(s.Regions)+len(s.Tags)+len(s.Exempt) == 0
}

// NeedsOUs tells whether the account's organizational units must be known to judge.
func (s Scope) NeedsOUs(now time.Time) bool {
	return len(s.OUs) > 0 || slices.ContainsFunc(s.Exempt, func(e Exemption) bool { return len(e.OUs) > 0 && !e.Ended(now) })
}

// Standing judges one target. A target is in scope only where that is certain: what is not known about it makes its standing unknown.
func (s Scope) Standing(p Place, now time.Time) Standing {
	var st Standing
	allowed := s.allows().judge(p)
	if allowed.fits == no {
		return Standing{Is: OutOfScope, Reason: allowed.why}
	}
	unsure := allowed
	for _, e := range s.Exempt {
		fit := e.names().judge(p)
		switch {
		case fit.fits == no:
		case e.Ended(now):
			if fit.fits == yes {
				st.Notes = append(st.Notes, fmt.Sprintf("the exemption by %s (%s) ended %s and counts no more", e.Owner, e.Reason, e.End()))
			}
		case fit.fits == yes:
			return Standing{Is: OutOfScope, Exempt: true, Reason: fmt.Sprintf("exempt until %s by %s: %s", e.End(), e.Owner, e.Reason)}
		case unsure.fits == yes || fit.failed && !unsure.failed:
			unsure = fit
			unsure.why = fmt.Sprintf("the exemption by %s (%s) may fit: %s", e.Owner, e.Reason, fit.why)
		}
	}
	if st.Is = InScope; unsure.fits == maybe {
		st.Is, st.Reason, st.Failed = ScopeUnknown, unsure.why, unsure.failed
	}
	return st
}

// Ended tells whether an exemption counts no more.
func (e Exemption) Ended(now time.Time) bool { return !now.Before(e.Until) }

// End is when an exemption ends, as a rule file says it: a day is there to its end.
func (e Exemption) End() string {
	if u := e.Until.UTC(); u.Equal(u.Truncate(24 * time.Hour)) {
		return u.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return e.Until.Format(time.RFC3339)
}

// EndOfDay is the end of an exemption that a rule file gives as a day: midnight after it, in UTC.
func EndOfDay(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, time.UTC)
}

// selector is what both an allow list and an exemption name.
type selector struct {
	accounts, ous, regions []string
	tags                   map[string][]string
	resources, principals  []string
}

func (s Scope) allows() selector {
	return selector{accounts: s.Accounts, ous: s.OUs, regions: s.Regions, tags: s.Tags}
}

func (e Exemption) names() selector {
	return selector{e.Accounts, e.OUs, e.Regions, e.Tags, e.Resources, e.Principals}
}

// answer is yes, no, or that nobody can say.
type answer int

const (
	maybe answer = iota
	yes
	no
)

// verdict is whether a place fits, and why not or why that is not known.
type verdict struct {
	fits   answer
	why    string
	failed bool
}

// judge holds a place against everything that is named: one no is a no, and else one doubt is a doubt.
func (s selector) judge(p Place) verdict {
	all := []verdict{
		s.account(p), s.region(p), s.unit(p),
		named("resource", s.resources, p.Names), named("principal", s.principals, p.Principals),
	}
	for _, k := range slices.Sorted(maps.Keys(s.tags)) {
		all = append(all, tagged(k, s.tags[k], p.Tags))
	}
	result := verdict{fits: yes}
	for _, v := range all {
		switch {
		case v.fits == no:
			return v
		case v.fits == maybe && (result.fits == yes || v.failed):
			result = v
		}
	}
	return result
}

func (s selector) account(p Place) verdict {
	if len(s.accounts) == 0 || anyOf(s.accounts, p.Account) {
		return verdict{fits: yes}
	}
	return verdict{fits: no, why: fmt.Sprintf("account %s is not one of %s", p.Account, strings.Join(s.accounts, ", "))}
}

func (s selector) region(p Place) verdict {
	if len(s.regions) == 0 || anyOf(s.regions, p.Region) {
		return verdict{fits: yes}
	}
	return verdict{fits: no, why: fmt.Sprintf("Region %s is not one of %s", p.Region, strings.Join(s.regions, ", "))}
}

func (s selector) unit(p Place) verdict {
	switch {
	case len(s.ous) == 0 || slices.ContainsFunc(p.OUs, func(id string) bool { return anyOf(s.ous, id) }):
		return verdict{fits: yes}
	case p.NoOUs != "" || len(p.OUs) == 0: // even the account of a root has that one ancestor
		return verdict{why: fmt.Sprintf("the organizational units of account %s are not known: %s", p.Account, cmp.Or(p.NoOUs, "nobody was asked")), failed: p.Failed}
	}
	return verdict{fits: no, why: fmt.Sprintf("account %s is not below %s", p.Account, strings.Join(s.ous, ", "))}
}

// tagged holds one key of a tag list against the target's tags.
func tagged(key string, values []string, tags []Tag) verdict {
	if len(tags) == 0 {
		return verdict{why: "the finding does not give the target's tags"}
	}
	i := slices.IndexFunc(tags, func(t Tag) bool { return t.Name == key })
	switch {
	case i < 0:
		return verdict{fits: no, why: "the target has no tag " + key}
	case anyOf(values, tags[i].Value):
		return verdict{fits: yes}
	}
	return verdict{fits: no, why: fmt.Sprintf("tag %s of the target is %q, not one of %s", key, tags[i].Value, strings.Join(values, ", "))}
}

// named holds ids, names and ARNs against those that are known. Not to know the ARN is not to know whether an ARN fits.
func named(what string, patterns, names []string) verdict {
	if len(patterns) == 0 {
		return verdict{fits: yes}
	}
	if len(names) == 0 {
		return verdict{why: fmt.Sprintf("the finding names no %s", what)}
	}
	doubt := ""
	for _, pattern := range patterns {
		if slices.ContainsFunc(names, func(n string) bool { return Glob(pattern, n) }) {
			return verdict{fits: yes}
		}
		if strings.HasPrefix(pattern, "arn:") && unclearARN(pattern, names) {
			doubt = fmt.Sprintf("whether %s is the %s cannot be told: its ARN is not known", pattern, what)
		}
	}
	if doubt != "" {
		return verdict{why: doubt}
	}
	return verdict{fits: no, why: fmt.Sprintf("%s %s is not one of %s", what, names[0], strings.Join(patterns, ", "))}
}

// unclearARN tells whether the names leave open that a pattern for ARNs fits: none of them is an ARN, or the pattern has the
// path of an IAM user or role, which sources often leave out, and the name itself would fit.
func unclearARN(pattern string, names []string) bool {
	arns := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, "arn:") })
	if len(arns) == 0 {
		return true
	}
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	return strings.Contains(pattern, ":iam:") && strings.Count(pattern, "/") > 1 && slices.ContainsFunc(arns, func(n string) bool {
		return strings.Contains(n, ":iam:") && strings.Count(n, "/") == 1 && Glob(last(pattern), last(n))
	})
}

func anyOf(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Glob(p, s) })
}

// Glob tells whether a text fits a pattern in which * stands for any run of characters, none included, and everything else for itself.
func Glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

// Summary is the scope in a few words; empty where it allows everything.
func (s Scope) Summary() string {
	parts := s.allows().words()
	if n := len(s.Exempt); n > 0 {
		parts = append(parts, fmt.Sprintf("%d exempt", n))
	}
	return strings.Join(parts, "; ")
}

// Summary is what an exemption names, in a few words.
func (e Exemption) Summary() string { return strings.Join(e.names().words(), "; ") }

func (s selector) words() []string {
	var parts []string
	add := func(what string, list []string) {
		if len(list) > 0 {
			parts = append(parts, what+" "+strings.Join(list, ", "))
		}
	}
	add("accounts", s.accounts)
	add("below", s.ous)
	add("Regions", s.regions)
	for _, k := range slices.Sorted(maps.Keys(s.tags)) {
		add("tag "+k, s.tags[k])
	}
	add("resources", s.resources)
	add("principals", s.principals)
	return parts
}
