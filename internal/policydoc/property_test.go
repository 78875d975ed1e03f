package policydoc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const trustedOrg = "o-a1b2c3d4e5"

// model is a statement before it is spelt.
type model struct {
	sid, effect string
	not         bool
	principals  []Principal // grouped by kind
	actions     []string
	resources   []string
	conditions  []Condition
}

var (
	somePrincipals = []Principal{
		{Type: "AWS", Value: "*"}, {Type: "AWS", Value: own}, {Type: "AWS", Value: stranger}, {Type: "AWS", Value: "222222222222"},
		{Type: "AWS", Value: "arn:aws:iam::111122223333:role/r"}, {Type: "AWS", Value: "arn:aws:iam::999999999999:user/u"},
		{Type: "AWS", Value: "AIDACKCEVSQ6C2EXAMPLE"}, {Type: "AWS", Value: "arn:aws:iam::*:root"},
		{Type: "Service", Value: "sns.amazonaws.com"}, {Type: "Service", Value: "s3.amazonaws.com"},
		{Type: "Federated", Value: "graph.facebook.com"}, {Type: "Federated", Value: "arn:aws:iam::999999999999:saml-provider/p"},
		{Type: "CanonicalUser", Value: strings.Repeat("ab", 32)},
	}
	someActions   = []string{"s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*"}
	someResources = []string{"arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x", "*"}
	someOperators = []string{"StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIfExists", "ForAnyValue:StringLike",
		"ForAllValues:StringEquals", "ArnLike", "ArnNotEquals", "IpAddress", "NotIpAddress", "Bool", "BoolIfExists", "Null", "StringOdd"}
	someKeys = map[string][]string{
		"aws:PrincipalAccount": {own, stranger, "2222*"}, "aws:PrincipalOrgID": {trustedOrg, "o-zzzzzzzzzz", "o-*", "${aws:ResourceOrgID}"},
		"aws:PrincipalOrgPaths": {trustedOrg + "/r-1/*", "o-*"}, "aws:SourceAccount": {own, stranger, "*"},
		"aws:SourceArn":       {"arn:aws:sns:us-east-1:111122223333:t", "arn:aws:sns:us-east-1:999999999999:t", "arn:aws:sns:*:*:t", "arn:aws:s3:::b"},
		"aws:SourceIp":        {"192.0.2.0/24", "0.0.0.0/0", "10.0.0.0/8", "2001:db8::/16", "x"},
		"aws:SourceVpc":       {"vpc-1", "vpc-*", "vpc-2"},
		"aws:SecureTransport": {"true", "false"}, "aws:PrincipalIsAWSService": {"true", "false"}, "new:Key": {"x"},
	}
	someKeyNames = func() []string {
		var all []string
		for k := range someKeys {
			all = append(all, k)
		}
		slices.Sort(all)
		return all
	}()
)

func drawModel(t *rapid.T, i int) model {
	m := model{
		sid:       rapid.SampledFrom([]string{"", fmt.Sprintf("S%d", i)}).Draw(t, "sid"),
		effect:    rapid.SampledFrom([]string{"Allow", "Allow", "Allow", "Deny"}).Draw(t, "effect"),
		not:       rapid.IntRange(0, 9).Draw(t, "not") == 0,
		actions:   rapid.SliceOfNDistinct(rapid.SampledFrom(someActions), 1, 2, rapid.ID).Draw(t, "actions"),
		resources: rapid.SliceOfNDistinct(rapid.SampledFrom(someResources), 1, 2, rapid.ID).Draw(t, "resources"),
	}
	m.principals = rapid.SliceOfNDistinct(rapid.SampledFrom(somePrincipals), 1, 4, func(p Principal) string { return p.Value }).Draw(t, "principals")
	slices.SortStableFunc(m.principals, func(a, b Principal) int { return strings.Compare(a.Type, b.Type) })
	seen := map[string]bool{}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		key := rapid.SampledFrom(someKeyNames).Draw(t, "key")
		c := Condition{Operator: rapid.SampledFrom(someOperators).Draw(t, "operator"), Key: key}
		c.Values = rapid.SliceOfNDistinct(rapid.SampledFrom(someKeys[key]), 1, 3, rapid.ID).Draw(t, "values")
		if !seen[c.Operator] {
			seen[c.Operator] = true
			m.conditions = append(m.conditions, c)
		}
	}
	return m
}

func drawModels(t *rapid.T) []model {
	all := make([]model, rapid.IntRange(1, 4).Draw(t, "statements"))
	for i := range all {
		all[i] = drawModel(t, i)
	}
	return all
}

// speller writes a model in one of the many ways in which it can be written.
type speller struct{ t *rapid.T }

func (s speller) coin() bool { return rapid.Bool().Draw(s.t, "coin") }

func (s speller) space() string {
	return rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n  "}).Draw(s.t, "space")
}

func (s speller) text(v string) string {
	if v != "" && s.coin() {
		return `"` + fmt.Sprintf(`\u%04x`, v[0]) + v[1:] + `"`
	}
	return quote(v)
}

func (s speller) list(vs []string) string {
	all := make([]string, len(vs))
	for i, v := range vs {
		all[i] = s.space() + s.text(v) + s.space()
	}
	if len(all) == 1 && s.coin() {
		return all[0]
	}
	return "[" + strings.Join(all, ",") + "]"
}

func (s speller) object(members ...string) string {
	if s.coin() {
		slices.Reverse(members)
	}
	return "{" + s.space() + strings.Join(members, s.space()+","+s.space()) + s.space() + "}"
}

func (s speller) member(key, value string) string {
	return s.text(key) + s.space() + ":" + s.space() + value
}

func (s speller) fold(name string) string {
	return rapid.SampledFrom([]string{name, strings.ToLower(name), strings.ToUpper(name)}).Draw(s.t, "case")
}

func (s speller) principals(m model) string {
	if len(m.principals) == 1 && m.principals[0].Value == "*" && s.coin() {
		return `"*"`
	}
	byType := map[string][]string{}
	var kinds []string
	for _, p := range m.principals {
		v := p.Value
		if p.Type == "AWS" && accountID.MatchString(v) && s.coin() {
			v = "arn:aws:iam::" + v + ":root"
		}
		if !slices.Contains(kinds, p.Type) {
			kinds = append(kinds, p.Type)
		}
		byType[p.Type] = append(byType[p.Type], v)
	}
	members := make([]string, len(kinds))
	for i, k := range kinds {
		members[i] = s.member(k, s.list(byType[k]))
	}
	return s.object(members...)
}

func (s speller) statement(m model) string {
	name := "Principal"
	if m.not {
		name = "NotPrincipal"
	}
	members := []string{s.member("Effect", quote(m.effect)), s.member(name, s.principals(m)), s.member("Action", s.list(m.actions)), s.member("Resource", s.list(m.resources))}
	if m.sid != "" {
		members = append(members, s.member("Sid", quote(m.sid)))
	}
	var conditions []string
	for _, c := range m.conditions {
		conditions = append(conditions, s.member(s.fold(c.Operator), s.object(s.member(s.fold(c.Key), s.list(c.Values)))))
	}
	if len(conditions) > 0 {
		members = append(members, s.member("Condition", s.object(conditions...)))
	}
	return s.object(members...)
}

func (s speller) document(ms []model) string {
	all := make([]string, len(ms))
	for i, m := range ms {
		all[i] = s.space() + s.statement(m) + s.space()
	}
	list := "[" + strings.Join(all, ",") + "]"
	if len(all) == 1 && s.coin() {
		list = all[0]
	}
	return s.object(s.member("Version", `"2012-10-17"`), s.member("Statement", list))
}

// summary is what is found, without places.
func summary(d *Document, v Viewer) string {
	var b strings.Builder
	for _, f := range d.Judge(v) {
		var of []string
		for _, a := range f.Access {
			of = append(of, string(a.Verdict))
		}
		slices.Sort(of) // the kinds of principals have no order
		slices.Sort(f.Accounts)
		fmt.Fprintln(&b, f.Verdict, f.Accounts, f.Deputy, of)
	}
	return b.String()
}

func TestEverySpellingHasTheSameVerdict(t *testing.T) {
	v := viewer(t, trustedOrg)
	rapid.Check(t, func(t *rapid.T) {
		ms := drawModels(t)
		a, b := speller{t}.document(ms), speller{t}.document(ms)
		if x, y := summary(mustParse(t, a), v), summary(mustParse(t, b), v); x != y {
			t.Fatalf("%s\n%s\n%s\n%s", a, x, b, y)
		}
		for _, remove := range []func(*Document, Viewer) string{(*Document).WithoutPublic, (*Document).WithoutForeign} {
			x, y := remove(mustParse(t, a), v), remove(mustParse(t, b), v)
			if (x == "") != (y == "") || x != "" && mustParse(t, x).Canonical() != mustParse(t, y).Canonical() {
				t.Fatalf("not the same is left:\n%s\n%s", x, y)
			}
		}
		if x, y := mustParse(t, a).Canonical(), mustParse(t, b).Canonical(); x != y {
			t.Fatalf("%s\n%s\n%s\n%s", a, x, b, y)
		}
	})
}

func mustParse(t *rapid.T, text string) *Document {
	d, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d.String() != text {
		t.Fatalf("it is not as it was:\n%s\n%s", text, d)
	}
	return d
}

// TestWhatIsCalledBadIsGone holds each removal to its promise: what it leaves is not called so any more, a second one
// finds nothing, and every statement that was not called so is there as it was, byte for byte and in order.
func TestWhatIsCalledBadIsGone(t *testing.T) {
	v := viewer(t, trustedOrg)
	for _, r := range []struct {
		bad    Verdict
		remove func(*Document) string
	}{
		{Public, func(d *Document) string { return d.WithoutPublic(v) }},
		{Foreign, func(d *Document) string { return d.WithoutForeign(v) }},
	} {
		t.Run(string(r.bad), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				before := mustParse(t, speller{t}.document(drawModels(t)))
				left := r.remove(before)
				var kept []string
				for _, f := range before.Judge(v) {
					if !f.Has(r.bad) {
						kept = append(kept, before.source(before.Statements[f.Index]))
					}
				}
				if left == "" {
					if len(kept) > 0 {
						t.Fatalf("all is gone of\n%s", before)
					}
					return
				}
				after := mustParse(t, left)
				if anyHas(after.Judge(v), r.bad) {
					t.Fatalf("still %s:\n%s\n%s\n%+v", r.bad, before, after, after.Judge(v))
				}
				if again := r.remove(after); again != left {
					t.Fatalf("a second time:\n%s\n%s", left, again)
				}
				if (left == before.String()) != (after.Canonical() == before.Canonical()) {
					t.Fatalf("the canonical form does not show what changed:\n%s\n%s", before, left)
				}
				if len(kept) == len(before.Statements) && left != before.String() {
					t.Fatalf("nothing to do was done:\n%s\n%s", before, left)
				}
				at := 0
				for _, s := range after.Statements {
					if at < len(kept) && after.source(s) == kept[at] {
						at++
					}
				}
				if at != len(kept) {
					t.Fatalf("statement is not as it was: %s\nbefore %s\nafter %s", kept[at], before, after)
				}
			})
		})
	}
}

// FuzzParse: no text makes it panic, what is read is given back as it was, and what edits leave can be read again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["*","111122223333"]},"Action":"s3:*","Resource":["*"],"Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/0","192.0.2.0/24"]}}}]}`,
		`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"1"},"NotAction":["x"],"NotResource":"y"}}`,
		`{"Statement":[{"Effect":"Allow","Action":["*","s3:Get*"],"Resource":"*"}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":"a.b","AWS":"999999999999"},"Action":"x","Condition":{"ForAllValues:StringLikeIfExists":{"k":[1,true]}}},{"Effect":"Deny","Principal":"*","Action":"*"}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		if d.String() != text {
			t.Fatalf("not as it was: %q", d)
		}
		v := viewer(t, trustedOrg)
		if d.Canonical() != parse(t, text).Canonical() {
			t.Fatal("the canonical form is not one")
		}
		narrowed, err := d.NarrowAdmin([]string{"s3:Get*"})
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range []string{d.WithoutPublic(v), d.WithoutForeign(v), d.WithoutAdmin(), narrowed} {
			if left == "" {
				continue
			}
			after, err := Parse(left)
			if err != nil {
				t.Fatalf("%v\n%s\nof %s", err, left, text)
			}
			_ = summary(after, v)
		}
	})
}
