package policydoc

import (
	"strings"
	"testing"
)

func TestWhatCannotBeReadNamesThePlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, "line 1, column 1: it is not JSON"},
		{"not JSON", "{\n \"Statement\": [,]}", "line 2, column 16: it is not JSON"},
		{"more behind it", `{"Statement":[]} x`, "it is not JSON"},
		{"URL-encoded", `%7B%22Statement%22%3A%5B%5D%7D`, "decode it first"},
		{"not UTF-8", "{\"Id\":\"\xff\",\"Statement\":[]}", "it is not UTF-8"},
		{"half a surrogate pair", `{"Id":"\ud800","Statement":[]}`, "half a surrogate pair"},
		{"a list", `[]`, "a policy document is an object, not a list"},
		{"no statement", `{"Version":"2012-10-17"}`, "there is no Statement"},
		{"version", `{"Version":"2012-10-18","Statement":[]}`, `(Version): Version is "2012-10-17"`},
		{"unknown element", `{"Statement":[],"Comment":"x"}`, `column 17 (Comment): a policy document has no element "Comment"`},
		{"element in another spelling", `{"Statement":[{"effect":"Allow","Action":"*"}]}`, `(Statement[0].effect): a statement has no element "effect", perhaps Effect is meant`},
		{"element twice", `{"Statement":[],"Statement":[]}`, `"Statement" is there twice`},
		{"principal twice", "{\"Statement\":[\n{\"Effect\":\"Allow\",\"Action\":\"*\",\"Principal\":{\"AWS\":\"1\",\"AWS\":\"*\"}}]}", `line 2, column 55 (Statement[0].Principal): "AWS" is there twice`},
		{"condition key twice", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true","AWS:securetransport":"false"}}}]}`, "is there twice"},
		{"operator twice", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"true"},"bool":{"a":"false"}}}]}`, "is there twice"},
		{"no effect", `{"Statement":{"Action":"*"}}`, "(Statement): the statement has no Effect"},
		{"effect", `{"Statement":[{"Effect":"allow","Action":"*"}]}`, `Effect is "Allow" or "Deny"`},
		{"no action", `{"Statement":[{"Effect":"Allow"}]}`, "neither Action nor NotAction"},
		{"both actions", `{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*"}]}`, "both Action and NotAction"},
		{"both principals", `{"Statement":[{"Effect":"Allow","Action":"*","Principal":"*","NotPrincipal":"*"}]}`, "both Principal and NotPrincipal"},
		{"no actions in the list", `{"Statement":[{"Effect":"Allow","Action":[]}]}`, "(Statement[0].Action): the list is empty"},
		{"action a number", `{"Statement":[{"Effect":"Allow","Action":["*",1]}]}`, "(Statement[0].Action[1]): it is a string, not a number"},
		{"action an object", `{"Statement":[{"Effect":"Allow","Action":{}}]}`, "a string or a list of strings, not an object"},
		{"principal a name", `{"Statement":[{"Effect":"Allow","Action":"*","Principal":"me"}]}`, `a principal is "*" or an object`},
		{"principal of no kind", `{"Statement":[{"Effect":"Allow","Action":"*","Principal":{"*":"*"}}]}`, `a principal has no element "*"`},
		{"principal nobody", `{"Statement":[{"Effect":"Allow","Action":"*","Principal":{}}]}`, "no principal in it"},
		{"principal null", `{"Statement":[{"Effect":"Allow","Action":"*","Principal":{"AWS":null}}]}`, "not null"},
		{"condition a list", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":[]}]}`, "Condition is an object"},
		{"condition without keys", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":"x"}}]}`, "holds an object of keys"},
		{"condition operator of nothing", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{}}}]}`, "(Statement[0].Condition.Bool): the condition operator holds no key"},
		{"condition value null", `{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":null}}}]}`, "(Statement[0].Condition.Bool.a)"},
		{"sid a number", `{"Statement":[{"Sid":1,"Effect":"Allow","Action":"*"}]}`, "(Statement[0].Sid): it is a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestEveryFormIsRead(t *testing.T) {
	d := parse(t, `{"Id":"i","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["a","b"],"Service":"s"},"NotAction":"x","NotResource":["r"],
		"Condition":{"NumericLessThan":{"k":1.50},"Bool":{"b":[true,"false"]}}}}`)
	s := d.Statements[0]
	if d.Version != "2008-10-17" || d.ID != "i" || s.Allow || !s.Principals.Not || !s.Actions.Not || !s.Resources.Not {
		t.Errorf("%+v", d)
	}
	if len(s.Principals.List) != 3 || s.Principals.List[2].Type != "Service" || s.Principals.List[1].Value != "b" {
		t.Errorf("%+v", s.Principals)
	}
	if len(s.Conditions) != 2 || s.Conditions[0].Values[0] != "1.50" || strings.Join(s.Conditions[1].Values, ",") != "true,false" {
		t.Errorf("%+v", s.Conditions)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		outer, inner   string
		covers, shared bool
	}{
		{"*", "*", true, true}, {"s3:*", "s3:Get*", true, true}, {"s3:Get*", "s3:*", false, true}, {"s3:Get?bject", "s3:GetObject", true, true},
		{"s3:Get?", "s3:Get*", false, true}, {"*Object", "s3:Get*", false, true}, {"s3:*t*", "s3:Get*", true, true}, {"a*b", "a*c", false, false},
		{"", "", true, true}, {"**", "", true, true}, {"?", "", false, false}, {"?*", "*", false, true}, {"a", "b", false, false}, {"*:*", "*", false, true},
	} {
		if got := covers(c.outer, c.inner); got != c.covers {
			t.Errorf("%q covers %q: %v", c.outer, c.inner, got)
		}
		if got, back := overlap(c.outer, c.inner), overlap(c.inner, c.outer); got != c.shared || back != got {
			t.Errorf("%q and %q overlap: %v, %v", c.outer, c.inner, got, back)
		}
	}
}
