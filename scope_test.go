package parry_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parry"
)

var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func exempt(e parry.Exemption) parry.Scope {
	e.Owner, e.Reason = "who@example.com", "why"
	if e.Until.IsZero() {
		e.Until = parry.EndOfDay(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))
	}
	return parry.Scope{Exempt: []parry.Exemption{e}}
}

func TestStanding(t *testing.T) {
	place := parry.Place{
		Account: "111122223333", Region: "eu-west-1", OUs: []string{"ou-ab12-dev", "ou-ab12-all", "r-ab12"},
		Tags:  []parry.Tag{{Name: "env", Value: "dev"}, {Name: "team", Value: "blue"}},
		Names: []string{"public-site", "arn:aws:s3:::public-site"}, Principals: []string{"arn:aws:iam::111122223333:role/break-glass", "break-glass"},
	}
	with := func(f func(*parry.Place)) parry.Place { p := place; f(&p); return p }
	untagged := with(func(p *parry.Place) { p.Tags = nil })
	lost := with(func(p *parry.Place) { p.OUs, p.NoOUs, p.Failed = nil, "AccessDenied", true })
	nowhere := with(func(p *parry.Place) { p.OUs, p.NoOUs = nil, "no organization is given" })
	instance := with(func(p *parry.Place) { p.Names, p.Principals = []string{"i-0abc"}, nil })
	user := with(func(p *parry.Place) { p.Names = []string{"ci", "arn:aws:iam::111122223333:user/ci"} })
	for name, tc := range map[string]struct {
		scope  parry.Scope
		place  parry.Place
		want   parry.Stand
		reason string
	}{
		"no scope":                         {parry.Scope{}, place, "in", ""},
		"an account":                       {parry.Scope{Accounts: []string{"444455556666", "111122223333"}}, place, "in", ""},
		"another account":                  {parry.Scope{Accounts: []string{"444455556666"}}, place, "out", "account 111122223333 is not one of 444455556666"},
		"an account by its beginning":      {parry.Scope{Accounts: []string{"1111*"}}, place, "in", ""},
		"the direct parent":                {parry.Scope{OUs: []string{"ou-ab12-dev"}}, place, "in", ""},
		"a grandparent":                    {parry.Scope{OUs: []string{"ou-ab12-all"}}, place, "in", ""},
		"the root":                         {parry.Scope{OUs: []string{"ou-zz99-x", "r-ab12"}}, place, "in", ""},
		"another unit":                     {parry.Scope{OUs: []string{"ou-ab12-prod"}}, place, "out", "account 111122223333 is not below ou-ab12-prod"},
		"units that cannot be read":        {parry.Scope{OUs: []string{"ou-ab12-prod"}}, lost, "", "AccessDenied"},
		"nobody to ask for units":          {parry.Scope{OUs: []string{"ou-ab12-prod"}}, nowhere, "", "no organization is given"},
		"units that nobody asked for":      {parry.Scope{OUs: []string{"ou-ab12-prod"}}, with(func(p *parry.Place) { p.OUs = nil }), "", "nobody was asked"},
		"a no goes before a doubt":         {parry.Scope{OUs: []string{"ou-ab12-prod"}, Accounts: []string{"4*"}}, lost, "out", "account"},
		"a Region":                         {parry.Scope{Regions: []string{"us-*", "eu-west-1"}}, place, "in", ""},
		"another Region":                   {parry.Scope{Regions: []string{"us-*"}}, place, "out", "Region eu-west-1 is not one of us-*"},
		"tags":                             {parry.Scope{Tags: map[string][]string{"env": {"test", "dev"}, "team": {"*"}}}, place, "in", ""},
		"another value":                    {parry.Scope{Tags: map[string][]string{"env": {"test"}, "team": {"*"}}}, place, "out", `tag env of the target is "dev"`},
		"a tag that is not there":          {parry.Scope{Tags: map[string][]string{"owner": {"*"}}}, place, "out", "the target has no tag owner"},
		"a tag in other letters":           {parry.Scope{Tags: map[string][]string{"Env": {"dev"}}}, place, "out", "no tag Env"},
		"tags that the finding lacks":      {parry.Scope{Tags: map[string][]string{"env": {"*"}}}, untagged, "", "does not give the target's tags"},
		"exempt by ARN":                    {exempt(parry.Exemption{Resources: []string{"arn:aws:s3:::public-*"}}), place, "out", "exempt until 2027-01-31 by who@example.com: why"},
		"exempt by id":                     {exempt(parry.Exemption{Resources: []string{"x", "i-0abc"}}), instance, "out", "exempt until"},
		"exempt by another id":             {exempt(parry.Exemption{Resources: []string{"i-0abd"}}), instance, "in", ""},
		"whose ARN is not known":           {exempt(parry.Exemption{Resources: []string{"arn:aws:ec2:*:*:instance/*"}}), instance, "", "its ARN is not known"},
		"another ARN":                      {exempt(parry.Exemption{Resources: []string{"arn:aws:s3:::private-*"}}), place, "in", ""},
		"a user's path that is not known":  {exempt(parry.Exemption{Resources: []string{"arn:aws:iam::*:user/ops/*"}}), user, "", "cannot be told"},
		"another user in a path":           {exempt(parry.Exemption{Resources: []string{"arn:aws:iam::*:user/ops/dana"}}), user, "in", ""},
		"exempt by who did it":             {exempt(parry.Exemption{Principals: []string{"arn:aws:iam::*:role/break-glass"}}), place, "out", "exempt until"},
		"nobody knows who did it":          {exempt(parry.Exemption{Principals: []string{"break-glass"}}), instance, "", "the finding names no principal"},
		"exempt by tag":                    {exempt(parry.Exemption{Tags: map[string][]string{"env": {"dev"}}}), place, "out", "exempt until"},
		"perhaps exempt by tag":            {exempt(parry.Exemption{Tags: map[string][]string{"env": {"dev"}}}), untagged, "", "the exemption by who@example.com (why) may fit"},
		"perhaps exempt by unit":           {exempt(parry.Exemption{OUs: []string{"ou-ab12-dev"}}), lost, "", "may fit"},
		"all that an exemption names fits": {exempt(parry.Exemption{Accounts: []string{"1*"}, OUs: []string{"r-*"}, Regions: []string{"eu-*"}, Tags: map[string][]string{"team": {"b*e"}}}), place, "out", "exempt until"},
		"one of it does not":               {exempt(parry.Exemption{Accounts: []string{"1*"}, Regions: []string{"us-*"}}), place, "in", ""},
		"one does not, another is unknown": {exempt(parry.Exemption{OUs: []string{"ou-ab12-dev"}, Regions: []string{"us-*"}}), lost, "in", ""},
		"an exemption that is over":        {exempt(parry.Exemption{Accounts: []string{"1*"}, Until: today}), place, "in", ""},
		"one that is not yet":              {exempt(parry.Exemption{Accounts: []string{"1*"}, Until: today.Add(1)}), place, "out", "exempt until 2026-06-01T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.scope.Standing(tc.place, today)
			if got.Is != tc.want || !strings.Contains(got.Reason, tc.reason) || (got.Reason == "") != (tc.want == "in") {
				t.Errorf("%q: %s; not %q: %s", got.Is, got.Reason, tc.want, tc.reason)
			}
			if wantFailed := tc.place.Failed && tc.want == ""; got.Failed != wantFailed {
				t.Errorf("failed: %v", got.Failed)
			}
		})
	}
	over := exempt(parry.Exemption{Accounts: []string{"1*"}, Until: today}).Standing(place, today)
	if len(over.Notes) != 1 || !strings.Contains(over.Notes[0], "counts no more") {
		t.Errorf("an exemption that is over is not mentioned: %v", over.Notes)
	}
}

// To know less about a target never lets more pass: what was out or unknown is never in for it, and what was in is not out.
func TestNotToKnowNeverLetsPass(t *testing.T) {
	words := func(t *rapid.T, name string, of ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 0, 2).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		tags := map[string][]string{}
		for _, k := range words(t, "keys", "env", "team") {
			tags[k] = []string{rapid.SampledFrom([]string{"a", "b", "*"}).Draw(t, "value")}
		}
		s := parry.Scope{Accounts: words(t, "accounts", "1*", "2"), OUs: words(t, "ous", "ou-a-1", "r-a", "ou-b-1"), Regions: words(t, "regions", "eu-*", "us-1"), Tags: tags}
		if rapid.Bool().Draw(t, "exempt") {
			s.Exempt = []parry.Exemption{{OUs: words(t, "xous", "ou-a-1", "ou-b-1"), Resources: words(t, "xres", "arn:aws:s3:::b", "b", "c"), Principals: words(t, "xwho", "p", "q"), Tags: tags, Until: today.Add(time.Hour)}}
		}
		full := parry.Place{Account: "1", Region: "eu-1", OUs: []string{"ou-a-1", "r-a"}, Tags: []parry.Tag{{Name: "env", Value: "a"}}, Names: []string{"b", "arn:aws:s3:::b"}, Principals: []string{"p"}}
		less := full
		if rapid.Bool().Draw(t, "no units") {
			less.OUs, less.Failed = nil, rapid.Bool().Draw(t, "failed")
		}
		if rapid.Bool().Draw(t, "no tags") {
			less.Tags = nil
		}
		if rapid.Bool().Draw(t, "no ARN") {
			less.Names = less.Names[:1]
		}
		if rapid.Bool().Draw(t, "nobody") {
			less.Principals = nil
		}
		was, is := s.Standing(full, today), s.Standing(less, today)
		if is.Is == parry.InScope && was.Is != parry.InScope || is.Is == parry.OutOfScope && was.Is != parry.OutOfScope {
			t.Errorf("%+v\nknowing all: %v\nknowing less: %v", s, was, is)
		}
	})
}

func TestGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"*", "", true}, {"*", "x", true}, {"", "", true}, {"", "a", false},
		{"a*", "a", true}, {"a*", "ba", false}, {"*a", "ba", true}, {"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "a--b--c", true}, {"a*b*c", "a--c--b", false},
		{"a**b", "ab", true}, {"a?c", "abc", false}, {"a?c", "a?c", true}, {"[ab]", "a", false}, {"*ab*ab", "ab", false}, {"*ab*ab", "xabab", true},
	} {
		if got := parry.Glob(tc.pattern, tc.s); got != tc.want {
			t.Errorf("Glob(%q, %q) is %v", tc.pattern, tc.s, got)
		}
	}
}

func TestTargetsOfAnAnswer(t *testing.T) {
	actor, hit, other := parry.Target{Type: "T", ID: "caller", Role: "ACTOR"}, parry.Target{Type: "T", ID: "hit", Role: "TARGET"}, parry.Target{Type: "T", ID: "plain"}
	for _, tc := range []struct {
		class int
		on    parry.On
		want  string
	}{
		{parry.ClassAPIActivity, "", "hit plain"}, {parry.ClassAuthentication, "", "hit plain"}, {parry.ClassDetection, "", "caller hit plain"}, {parry.ClassCompliance, "", "caller hit plain"},
		{parry.ClassAPIActivity, "actor", "caller"}, {parry.ClassDetection, "actor", "caller"}, {parry.ClassDetection, "resource", "hit plain"},
	} {
		f := parry.Finding{ClassUID: tc.class, Targets: []parry.Target{actor, hit, other, {Type: "U", ID: "another type"}}}
		var got []string
		for _, t := range (parry.Answer{On: tc.on}).TargetsOf(f, "T") {
			got = append(got, t.ID)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("class %d, on %q: %v, not %s", tc.class, tc.on, got, tc.want)
		}
	}
}
