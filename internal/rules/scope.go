package rules

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"parry"
	"parry/internal/strictyaml"
)

// listed are the lists that an allow list and an exemption have in common.
func listed() []string { return []string{"accounts", "ous", "regions", "tags"} }

// form is how an entry of a list is formed, with * for any run of characters.
type form struct {
	is   *regexp.Regexp
	want string
}

// forms are of the lists that have one. Sources: Account, ParentId and RootId in the AWS Organizations API Reference, shortened ids
// as AWS's examples have them included; the Regions' names.
func forms() map[string]form {
	return map[string]form{
		"accounts": {regexp.MustCompile(`^(\d{12}|[\d*]*\*[\d*]*)$`), "the twelve digits of an account"},
		"ous":      {regexp.MustCompile(`^(ou-[0-9a-z*]+(-[0-9a-z*]+)?|r-[0-9a-z*]+)$`), "the id of an organizational unit or a root, such as ou-ab12-11111111 or r-ab12"},
		"regions":  {regexp.MustCompile(`^[a-z0-9*]+(-[a-z0-9*]+)*$`), "a Region's name, such as eu-west-1"},
	}
}

// readScope reads "scope".
func (r *Rule) readScope(n *strictyaml.Node) (err error) {
	s := n.Get("scope")
	if s == nil {
		return nil
	}
	if err := s.Only("a scope", append([]string{"exempt"}, listed()...)...); err != nil {
		return err
	}
	if len(s.Fields) == 0 {
		return s.Errorf("a scope without a field allows everything: leave it out")
	}
	if r.Scope.Accounts, r.Scope.OUs, r.Scope.Regions, r.Scope.Tags, err = lists(s); err != nil {
		return err
	}
	exempt := s.Get("exempt")
	if exempt == nil {
		return nil
	}
	if !exempt.IsList() {
		return exempt.Errorf("exempt is a list of exemptions, each with owner, reason and until")
	}
	for _, i := range exempt.Items {
		e, err := exemption(i)
		if err != nil {
			return err
		}
		r.Scope.Exempt, r.place.exempts = append(r.Scope.Exempt, e), append(r.place.exempts, i)
	}
	return nil
}

func exemption(n *strictyaml.Node) (e parry.Exemption, err error) {
	if err := n.Only("an exemption", append([]string{"resources", "principals", "owner", "reason", "until"}, listed()...)...); err != nil {
		return e, err
	}
	if e.Accounts, e.OUs, e.Regions, e.Tags, err = lists(n); err != nil {
		return e, err
	}
	if e.Resources, err = list(n, "resources"); err != nil {
		return e, err
	}
	if e.Principals, err = list(n, "principals"); err != nil {
		return e, err
	}
	if e.Summary() == "" {
		return e, n.Errorf("an exemption names what is exempt: accounts, ous, regions, tags, resources or principals")
	}
	if e.Owner, err = n.Text("owner"); err != nil {
		return e, err
	}
	if e.Reason, err = n.Text("reason"); err != nil {
		return e, err
	}
	switch {
	case e.Owner == "":
		return e, n.Errorf("an exemption needs an owner: whom one can ask about it")
	case e.Reason == "":
		return e, n.Errorf("an exemption needs a reason")
	}
	e.Until, err = until(n)
	return e, err
}

// until reads when an exemption ends: a day, to its end in UTC, or a time.
func until(n *strictyaml.Node) (time.Time, error) {
	u := n.Get("until")
	if u == nil {
		return time.Time{}, n.Errorf("an exemption needs an end, until: a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z")
	}
	text, err := u.String("until")
	if err != nil {
		return time.Time{}, err
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return parry.EndOfDay(day), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, u.Errorf("until is a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z, not %q", text)
	}
	return t, nil
}

// lists reads what an allow list and an exemption have in common.
func lists(n *strictyaml.Node) (accounts, ous, regions []string, tags map[string][]string, err error) {
	if accounts, err = list(n, "accounts"); err != nil {
		return
	}
	if ous, err = list(n, "ous"); err != nil {
		return
	}
	if regions, err = list(n, "regions"); err != nil {
		return
	}
	tags, err = tagLists(n.Get("tags"))
	return
}

// tagLists reads the values that are wanted of each tag.
func tagLists(n *strictyaml.Node) (map[string][]string, error) {
	if n == nil {
		return nil, nil
	}
	if !n.IsMap() || len(n.Fields) == 0 {
		return nil, n.Errorf("tags are keys, each with a list of values: {env: [dev, test]}, or [\"*\"] for any")
	}
	tags := map[string][]string{}
	for _, f := range n.Fields {
		values, err := texts(n, f.Key, func(string) string { return "" }) // a tag may be called accounts
		if err != nil {
			return nil, err
		}
		tags[f.Key] = values
	}
	return tags, nil
}

// list reads a list of texts. An empty one would allow nothing, which is hardly meant.
func list(n *strictyaml.Node, key string) ([]string, error) {
	form, formed := forms()[key]
	return texts(n, key, func(s string) string {
		if formed && !form.is.MatchString(s) {
			return form.want
		}
		return ""
	})
}

// texts reads a list of texts of which each is as it should be; wants says how it should be where it is not.
func texts(n *strictyaml.Node, key string, wants func(string) string) ([]string, error) {
	v := n.Get(key)
	if v == nil {
		return nil, nil
	}
	items := v.Items
	if !v.IsList() {
		items = []*strictyaml.Node{v}
	}
	if len(items) == 0 {
		return nil, v.Errorf("%s is an empty list: leave it out, or name something", key)
	}
	var all []string
	for _, i := range items {
		s, ok := i.Value.(string)
		switch {
		case !ok && !i.IsMap() && !i.IsList():
			return nil, i.Errorf("%s are texts, and this is %s: write it in quotation marks", key, i.Describe())
		case !ok || s == "":
			return nil, i.Errorf("%s are texts, and this is %s", key, i.Describe())
		case wants(s) != "":
			return nil, i.Errorf("%q is not %s; * stands for any characters", s, wants(s))
		}
		all = append(all, s)
	}
	return all, nil
}

// readLimits reads "limits".
func (r *Rule) readLimits(n *strictyaml.Node) error {
	l := n.Get("limits")
	if l == nil {
		return nil
	}
	if err := l.Only("limits", "resources", "per_hour", "per_account_hour", "max_age"); err != nil {
		return err
	}
	var err error
	if r.Limits.Resources, err = count(l, "resources"); err != nil {
		return err
	}
	if r.Limits.PerHour, err = count(l, "per_hour"); err != nil {
		return err
	}
	if r.Limits.PerAccountHour, err = count(l, "per_account_hour"); err != nil {
		return err
	}
	v := l.Get("max_age")
	if v == nil {
		return nil
	}
	text, err := v.String("max_age")
	if err != nil {
		return err
	}
	if r.Limits.MaxAge, err = age(text); err != nil || r.Limits.MaxAge <= 0 {
		return v.Errorf("max_age is a span such as 90m, 24h or 7d, not %q", text)
	}
	return nil
}

// count reads a number that is a limit. 0 is none: what must never be done without asking has another tier.
func count(n *strictyaml.Node, key string) (int, error) {
	v := n.Get(key)
	if v == nil {
		return 0, nil
	}
	c, ok := v.Value.(int64)
	if !ok || c < 1 || c > 1_000_000 {
		return 0, v.Errorf("%s is a whole number from 1 on; what is never to be done without asking has tier approve", key)
	}
	return int(c), nil
}

// age reads a span as Go writes it, or in days.
func age(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}
