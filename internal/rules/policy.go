package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones of freezes, also where the system has none

	"parry"
	"parry/internal/strictyaml"
)

// ReadPolicy reads a policy file: what holds for every rule. What it leaves out is as without a file. The first thing that is wrong is told,
// with its place.
func ReadPolicy(file string, text []byte) (parry.GuardPolicy, error) {
	g := parry.DefaultGuardPolicy()
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return g, err
	}
	if err := root.Only("a policy file", "approvals", "protected", "escalate", "budgets", "breaker", "freeze", "flap"); err != nil {
		return g, err
	}
	for _, part := range []struct {
		name string
		read func(*strictyaml.Node) error
	}{
		{"approvals", func(n *strictyaml.Node) (err error) { g.Approvals, err = approvals(n); return }},
		{"protected", func(n *strictyaml.Node) (err error) { g.Protected, err = each(n, "protected", protection); return }},
		{"escalate", func(n *strictyaml.Node) (err error) { g.Escalate, err = each(n, "escalate", escalation); return }},
		{"budgets", func(n *strictyaml.Node) (err error) { g.Budgets, err = budgets(n); return }},
		{"breaker", func(n *strictyaml.Node) error { return breaker(n, &g.Breaker) }},
		{"freeze", func(n *strictyaml.Node) (err error) { g.Freeze, err = each(n, "freeze", freeze); return }},
		{"flap", func(n *strictyaml.Node) error { return flap(n, &g.Flap) }},
	} {
		if n := root.Get(part.name); n != nil {
			if err := part.read(n); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

// each reads a list of things.
func each[T any](n *strictyaml.Node, what string, read func(*strictyaml.Node) (T, error)) ([]T, error) {
	if !n.IsList() {
		return nil, n.Errorf("%s is a list", what)
	}
	var all []T
	for _, i := range n.Items {
		v, err := read(i)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func approvals(n *strictyaml.Node) (as parry.Approvals, err error) {
	if err := n.Only("approvals", "groups", "rules", "default", "trust_session_names"); err != nil {
		return as, err
	}
	if g := n.Get("groups"); g != nil {
		if !g.IsMap() {
			return as, g.Errorf("groups are names, each with a list of people")
		}
		as.Groups = map[string][]string{}
		for _, f := range g.Fields {
			if as.Groups[f.Key], err = texts(g, f.Key, person); err != nil {
				return as, err
			}
		}
	}
	if as.TrustSessionNames, err = truth(n, "trust_session_names"); err != nil {
		return as, err
	}
	if rules := n.Get("rules"); rules != nil {
		if as.Rules, err = each(rules, "rules", func(i *strictyaml.Node) (parry.ApprovalRule, error) { return approvalRule(i, as.Groups) }); err != nil {
			return as, err
		}
	}
	d := n.Get("default")
	if d == nil {
		return as, n.Errorf("approvals need a \"default\": who is asked where no rule fits")
	}
	if err := d.Only("the default", approvalFields()...); err != nil {
		return as, err
	}
	as.Default, err = approval(d, as.Groups)
	return as, err
}

// person says how an entry of a group is formed where it is not. A lone star would be anybody.
func person(s string) string {
	if strings.Trim(s, "*") == "" {
		return "a person: an ARN, or a name that a channel vouches for, such as an address"
	}
	return ""
}

func approvalFields() []string {
	return []string{"approvers", "persons", "expires", "remind", "escalate"}
}

func approvalRule(n *strictyaml.Node, groups map[string][]string) (ar parry.ApprovalRule, err error) {
	if err := n.Only("a rule of approvals", append([]string{"tier", "accounts", "rules", "playbooks"}, approvalFields()...)...); err != nil {
		return ar, err
	}
	if t := n.Get("tier"); t != nil {
		tier, err := tierOf(n, parry.TierAlert, parry.TierApprove, parry.TierAuto)
		if err != nil {
			return ar, err
		}
		ar.Tiers = []parry.Tier{tier}
	}
	if ar.Accounts, err = list(n, "accounts"); err != nil {
		return ar, err
	}
	if ar.Rules, err = list(n, "rules"); err != nil {
		return ar, err
	}
	if ar.Playbooks, err = list(n, "playbooks"); err != nil {
		return ar, err
	}
	ar.Approval, err = approval(n, groups)
	return ar, err
}

func approval(n *strictyaml.Node, groups map[string][]string) (ap parry.Approval, err error) {
	if ap.Approvers, err = groupsOf(n, "approvers", groups); err != nil {
		return ap, err
	}
	if len(ap.Approvers) == 0 {
		return ap, n.Errorf("who may say yes is missing: approvers, a list of groups")
	}
	ap.Persons = 1
	if p := n.Get("persons"); p != nil {
		v, ok := p.Value.(int64)
		if !ok || v != 1 && v != 2 {
			return ap, p.Errorf("persons is 1 or 2, the number of different people who must say yes")
		}
		ap.Persons = int(v)
	}
	if ap.Expires, err = lasts(n, "expires"); err != nil {
		return ap, err
	}
	if ap.Expires == 0 {
		ap.Expires = parry.DefaultGuardPolicy().Approvals.Default.Expires
	}
	if ap.Remind, err = lasts(n, "remind"); err != nil {
		return ap, err
	}
	e := n.Get("escalate")
	if e == nil {
		return ap, nil
	}
	if err := e.Only("escalate", "after", "to"); err != nil {
		return ap, err
	}
	ap.Escalate = &parry.Widen{}
	if ap.Escalate.After, err = lasts(e, "after"); err != nil {
		return ap, err
	}
	if ap.Escalate.To, err = groupsOf(e, "to", groups); err != nil {
		return ap, err
	}
	if ap.Escalate.After == 0 || len(ap.Escalate.To) == 0 {
		return ap, e.Errorf("escalate says after how long, and to which groups: {after: 1h, to: [leads]}")
	}
	if ap.Escalate.After >= ap.Expires {
		return ap, e.Get("after").Errorf("nobody is asked any more after %s: escalate before", ap.Expires)
	}
	return ap, nil
}

// groupsOf reads names of groups that there are.
func groupsOf(n *strictyaml.Node, key string, groups map[string][]string) ([]string, error) {
	var known []string
	for g := range groups {
		known = append(known, g)
	}
	slices.Sort(known)
	v := n.Get(key)
	names, err := list(n, key)
	for at, name := range names {
		if !slices.Contains(known, name) {
			if v.IsList() {
				v = v.Items[at]
			}
			return nil, v.Errorf("there is no group %q%s", name, strictyaml.DidYouMean(name, known))
		}
	}
	return names, err
}

func protection(n *strictyaml.Node) (p parry.Protection, err error) {
	kinds := []string{"accounts", "resources", "principals", "tags"}
	if err := n.Only("what is protected", append(kinds, "why")...); err != nil {
		return p, err
	}
	named := 0
	for _, k := range kinds {
		if n.Get(k) != nil {
			named++
		}
	}
	if named != 1 {
		return p, n.Errorf("an entry names one of accounts, resources, principals or tags, and this one %d: each of them is an entry of its own", named)
	}
	if p.Accounts, err = list(n, "accounts"); err != nil {
		return p, err
	}
	if p.Resources, err = list(n, "resources"); err != nil {
		return p, err
	}
	if p.Principals, err = list(n, "principals"); err != nil {
		return p, err
	}
	if p.Tags, err = tagLists(n.Get("tags")); err != nil {
		return p, err
	}
	if p.Why, err = n.Text("why"); err == nil && p.Why == "" {
		err = n.Errorf("what is protected needs a reason, why: it is what people read when nothing was done")
	}
	return p, err
}

func escalation(n *strictyaml.Node) (e parry.Escalation, err error) {
	conditions := []string{"accounts", "tags", "resources", "irreversible", "confidence_below", "first_in_account"}
	if err := n.Only("an escalation", append([]string{"rules", "tier", "why"}, conditions...)...); err != nil {
		return e, err
	}
	if !slices.ContainsFunc(conditions, func(k string) bool { return n.Get(k) != nil }) {
		return e, n.Errorf("an escalation says when: %s", strings.Join(conditions, ", "))
	}
	if e.Rules, err = list(n, "rules"); err != nil {
		return e, err
	}
	if e.Accounts, err = list(n, "accounts"); err != nil {
		return e, err
	}
	if e.Tags, err = tagLists(n.Get("tags")); err != nil {
		return e, err
	}
	if e.Resources, err = count(n, "resources"); err != nil {
		return e, err
	}
	if e.Irreversible, err = truth(n, "irreversible"); err != nil {
		return e, err
	}
	if e.ConfidenceBelow, err = count(n, "confidence_below"); err != nil {
		return e, err
	}
	if e.ConfidenceBelow > 100 {
		return e, n.Get("confidence_below").Errorf("confidence goes from 1 to 100")
	}
	if e.FirstInAccount, err = truth(n, "first_in_account"); err != nil {
		return e, err
	}
	for _, k := range []string{"irreversible", "first_in_account"} {
		if v := n.Get(k); v != nil && v.Value == false {
			return e, v.Errorf("%s is true, or left out", k)
		}
	}
	if e.Why, err = n.Text("why"); err != nil {
		return e, err
	}
	e.Tier, err = tierOf(n, parry.TierApprove, parry.TierAlert)
	return e, err
}

func budgets(n *strictyaml.Node) (b parry.Budgets, err error) {
	if err := n.Only("budgets", "per_hour", "per_account_hour", "per_playbook_hour"); err != nil {
		return b, err
	}
	if b.PerHour, err = count(n, "per_hour"); err != nil {
		return b, err
	}
	if b.PerAccountHour, err = count(n, "per_account_hour"); err != nil {
		return b, err
	}
	p := n.Get("per_playbook_hour")
	if p == nil {
		return b, nil
	}
	if !p.IsMap() {
		return b, p.Errorf("per_playbook_hour is a mapping: {ec2-quarantine: 5}")
	}
	b.PerPlaybookHour = map[string]int{}
	for _, f := range p.Fields {
		if b.PerPlaybookHour[f.Key], err = count(p, f.Key); err != nil {
			return b, err
		}
	}
	return b, nil
}

func breaker(n *strictyaml.Node, b *parry.Breaker) error {
	if err := n.Only("the breaker", "failures", "within", "playbook"); err != nil {
		return err
	}
	failures, err := count(n, "failures")
	if err != nil {
		return err
	}
	within, err := lasts(n, "within")
	if err != nil {
		return err
	}
	of, err := n.Text("playbook")
	if err != nil {
		return err
	}
	if of != "" && of != "each" && of != "all" {
		return n.Get("playbook").Errorf("playbook is each, where every playbook has a breaker of its own, or all, where they have one together, not %q", of)
	}
	b.All = of == "all"
	b.Failures, b.Within = max(failures, 0), within
	if failures == 0 || within == 0 {
		return n.Errorf("the breaker says how many failures open it, and within how long: {failures: 3, within: 1h}")
	}
	return nil
}

func flap(n *strictyaml.Node, f *parry.Flap) (err error) {
	if err := n.Only("flap", "times", "within"); err != nil {
		return err
	}
	if f.Times, err = count(n, "times"); err != nil {
		return err
	}
	if f.Within, err = lasts(n, "within"); err != nil {
		return err
	}
	if f.Times == 0 || f.Within == 0 {
		return n.Errorf("flap says how often, and within how long: {times: 3, within: 24h}")
	}
	return nil
}

// weekdays are the days as a policy file names them.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func freeze(n *strictyaml.Node) (f parry.Freeze, err error) {
	if err := n.Only("a freeze", "days", "dates", "from", "to", "zone", "tier", "why"); err != nil {
		return f, err
	}
	days, err := texts(n, "days", func(s string) string {
		if slices.Contains(weekdays(), s) {
			return ""
		}
		return "one of " + strings.Join(weekdays(), ", ")
	})
	if err != nil {
		return f, err
	}
	for _, d := range days {
		f.Days = append(f.Days, time.Weekday(slices.Index(weekdays(), d)))
	}
	if f.First, f.Last, err = dates(n); err != nil {
		return f, err
	}
	from, to := n.Get("from") != nil, n.Get("to") != nil
	switch {
	case from != to:
		return f, n.Errorf("a freeze has both from and to, or neither: then it is the whole day")
	case !from && n.Get("days") == nil && n.Get("dates") == nil:
		return f, n.Errorf("a freeze says when: days, dates, or from and to; to stop everything there is 'parry stop'")
	}
	if f.From, err = clock(n, "from"); err != nil {
		return f, err
	}
	if f.To, err = clock(n, "to"); err != nil {
		return f, err
	}
	zone, err := n.Text("zone")
	if err != nil {
		return f, err
	}
	if zone == "Local" {
		return f, n.Get("zone").Errorf("the zone is a place of the time zone database, such as Europe/Berlin: every worker has the same")
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return f, n.Get("zone").Errorf("%q is no place of the time zone database, such as Europe/Berlin", zone)
	}
	f.Zone = parry.Zone{Location: loc}
	if f.Tier, err = tierOf(n, parry.TierApprove, parry.TierAlert); err != nil {
		return f, err
	}
	if f.Why, err = n.Text("why"); err == nil && f.Why == "" {
		err = n.Errorf("a freeze needs a reason, why")
	}
	return f, err
}

// dates reads a day, or the first and the last one.
func dates(n *strictyaml.Node) (first, last parry.Date, err error) {
	v := n.Get("dates")
	if v == nil {
		return first, last, nil
	}
	text, err := v.String("dates")
	if err != nil {
		return first, last, err
	}
	a, b, ranged := strings.Cut(text, "..")
	if !ranged {
		b = a
	}
	from, err1 := time.Parse(time.DateOnly, a)
	to, err2 := time.Parse(time.DateOnly, b)
	if err1 != nil || err2 != nil || to.Before(from) {
		return first, last, v.Errorf("dates are a day such as 2026-12-24, or the first and the last: 2026-12-24..2026-12-26, not %q", text)
	}
	return parry.DateOf(from), parry.DateOf(to), nil
}

// clockForm is how a time of day is written.
func clockForm() *regexp.Regexp { return regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$|^24:00$`) }

func clock(n *strictyaml.Node, key string) (parry.Clock, error) {
	v := n.Get(key)
	if v == nil {
		return 0, nil
	}
	text, ok := v.Value.(string)
	c, parsed := parry.ParseClock(text)
	if !ok || !parsed || !clockForm().MatchString(text) {
		return 0, v.Errorf("%s is a time of day in quotation marks, such as \"18:00\", not %s", key, v.Describe())
	}
	return c, nil
}

// tierOf reads "tier", one of some; the first of them where it is not said.
func tierOf(n *strictyaml.Node, may ...parry.Tier) (parry.Tier, error) {
	v := n.Get("tier")
	if v == nil {
		return may[0], nil
	}
	text, err := v.String("tier")
	if err != nil {
		return may[0], err
	}
	tier, ok := parry.ParseTier(text)
	if !ok || !slices.Contains(may, tier) {
		return may[0], v.Errorf("tier is one of %s, not %q", strings.Trim(fmt.Sprint(may), "[]"), text)
	}
	return tier, nil
}

// truth reads true or false; false where it is not said.
func truth(n *strictyaml.Node, key string) (bool, error) {
	v := n.Get(key)
	if v == nil {
		return false, nil
	}
	b, ok := v.Value.(bool)
	if !ok {
		return false, v.Errorf("%s is true or false, not %s", key, v.Describe())
	}
	return b, nil
}

// lasts reads a span; 0 where it is not said.
func lasts(n *strictyaml.Node, key string) (time.Duration, error) {
	v := n.Get(key)
	if v == nil {
		return 0, nil
	}
	text, err := v.String(key)
	if err != nil {
		return 0, err
	}
	d, err := age(text)
	if err != nil || d <= 0 {
		return 0, v.Errorf("%s is a span such as 90m, 24h or 7d, not %q", key, text)
	}
	return d, nil
}
