package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// matchCase is a list of accepted values for the field k of detail, and values
// of that field, as JSON, that match and that do not.
type matchCase struct {
	accepted string
	yes      []string
	no       []string
}

func runMatchCases(t *testing.T, cases []matchCase) {
	t.Helper()
	for _, c := range cases {
		p, err := Compile([]byte(`{"detail":{"k":` + c.accepted + `}}`))
		if err != nil {
			t.Errorf("%s: %v", c.accepted, err)
			continue
		}
		for _, v := range c.yes {
			checkMatch(t, p, c.accepted, `{"detail":{"k":`+v+`}}`, true)
		}
		for _, v := range c.no {
			checkMatch(t, p, c.accepted, `{"detail":{"k":`+v+`}}`, false)
		}
	}
}

func checkMatch(t *testing.T, p *Pattern, pattern, event string, want bool) {
	t.Helper()
	got, err := p.Match([]byte(event))
	if err != nil || got != want {
		t.Errorf("%s on %s: got %v, %v, want %v", pattern, event, got, err, want)
	}
	path, why, ok := p.Explain([]byte(event))
	if ok == want || ok && why == "" {
		t.Errorf("%s on %s: Explain gives %q, %q, %v", pattern, event, path, why, ok)
	}
}

func TestExact(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`["a"]`, []string{`"a"`, `["b","a"]`, `[["a"]]`, `"\u0061"`}, []string{`"A"`, `"ab"`, `null`, `{"k":"a"}`, `[]`, `["b"]`}},
		{`["a","b"]`, []string{`"a"`, `"b"`, `["c","b"]`}, []string{`"c"`}},
		{`[""]`, []string{`""`}, []string{`null`, `" "`}},
		{`["5"]`, []string{`"5"`}, []string{`5`}},
		{`[true]`, []string{`true`, `[false,true]`}, []string{`false`, `"true"`, `1`}},
		{`[null]`, []string{`null`, `[null]`}, []string{`"null"`, `""`, `[]`, `{}`}},
		{`["10.0.0.1"]`, []string{`"10.0.0.1"`}, []string{`"010.0.0.1"`}},
		{`[{"exactly":"a"}]`, []string{`"a"`}, []string{`"A"`, `1`}},
		{`["\u00e9"]`, []string{`"é"`}, []string{`"e\u0301"`}},
	})
}

func TestExactNumber(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[300]`, []string{`300`, `300.0`, `3.0e2`, `3E+2`, `0.3e3`}, []string{`"300"`, `301`, `-300`, `300.000001`}},
		{`[0]`, []string{`0`, `-0`, `0.0`, `0e9`}, []string{`false`, `null`, `1`}},
		{`[0.1]`, []string{`0.1`, `1e-1`, `0.10`}, []string{`0.1000000000000000055`}},
		{`[123456789012]`, []string{`123456789012`, `123456789012.0`}, []string{`123456789013`, `"123456789012"`}},
		{`[9007199254740993]`, []string{`9007199254740993`}, []string{`9007199254740992`}},
		{`[1e400]`, []string{`1e400`, `10e399`}, []string{`1e401`}},
		{`[1e99999999999999999999]`, []string{`1e99999999999999999999`}, []string{`1e99999999999999999998`}},
	})
}

func TestPrefixSuffix(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"prefix":"us-"}]`, []string{`"us-east-1"`, `"us-"`, `["eu","us-1"]`}, []string{`"US-east-1"`, `"us"`, `5`, `null`}},
		{`[{"prefix":""}]`, []string{`""`, `"a"`}, []string{`5`, `[]`, `true`}},
		{`[{"suffix":".png"}]`, []string{`"a.png"`, `".png"`}, []string{`"a.PNG"`, `"png"`, `5`}},
		{`[{"suffix":""}]`, []string{`""`, `"a"`}, []string{`5`}},
		{`[{"prefix":{"equals-ignore-case":"EventB"}}]`, []string{`"eventbridge"`, `"EVENTB"`}, []string{`"event"`, `"xeventb"`, `5`}},
		{`[{"suffix":{"equals-ignore-case":".png"}}]`, []string{`"A.PNG"`, `"a.pnG"`}, []string{`"a.jpg"`, `"png"`, `5`}},
		{`[{"prefix":{"equals-ignore-case":"straße"}}]`, []string{`"STRASSEN"`, `"Straßen"`}, []string{`"strassen"`}},
		{`[{"suffix":{"equals-ignore-case":"maß"}}]`, []string{`"MASS"`, `"ein Maß"`}, []string{`"mass"`}},
	})
}

func TestEqualsIgnoreCase(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"equals-ignore-case":"aLice"}]`, []string{`"alice"`, `"ALICE"`, `["bob","Alice"]`}, []string{`"alicex"`, `"xalice"`, `""`, `5`}},
		{`[{"equals-ignore-case":""}]`, []string{`""`}, []string{`"a"`, `null`}},
		{`[{"equals-ignore-case":"null"}]`, []string{`"NULL"`}, []string{`null`}},
		{`[{"equals-ignore-case":"ß"}]`, []string{`"ß"`, `"SS"`}, []string{`"ss"`, `"ẞ"`}},
		{`[{"equals-ignore-case":"\u212a"}]`, []string{`"k"`}, []string{`"K"`}},
		{`[{"equals-ignore-case":"k"}]`, []string{`"K"`}, []string{`"\u212a"`}},
		{`[{"equals-ignore-case":"İ"}]`, []string{`"İ"`, `"i\u0307"`}, []string{`"i"`}},
	})
}

func TestAnythingBut(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"anything-but":"a"}]`, []string{`"b"`, `5`, `null`, `true`, `["a","b"]`}, []string{`"a"`, `["a","a"]`, `[]`, `{}`, `{"a":1}`}},
		{`[{"anything-but":["a","b"]}]`, []string{`"c"`, `["a","c"]`}, []string{`"a"`, `["a","b"]`}},
		{`[{"anything-but":1}]`, []string{`2`, `"1"`, `true`}, []string{`1`, `1.0`, `1e0`}},
		{`[{"anything-but":[1,2]}]`, []string{`3`, `[1,3]`}, []string{`2.0`, `[1,2]`}},
		{`[{"anything-but":{"prefix":"a"}}]`, []string{`"b"`, `5`}, []string{`"ab"`, `"a"`}},
		{`[{"anything-but":{"prefix":["a","b"]}}]`, []string{`"c"`}, []string{`"ax"`, `"bx"`}},
		{`[{"anything-but":{"suffix":"a"}}]`, []string{`"b"`}, []string{`"ba"`}},
		{`[{"anything-but":{"suffix":[".a",".b"]}}]`, []string{`"x.c"`}, []string{`"x.a"`, `"x.b"`}},
		{`[{"anything-but":{"equals-ignore-case":"a"}}]`, []string{`"b"`}, []string{`"A"`}},
		{`[{"anything-but":{"equals-ignore-case":["a","b"]}}]`, []string{`"c"`}, []string{`"A"`, `"B"`}},
		{`[{"anything-but":{"wildcard":"*/lib/*"}}]`, []string{`"/bin/x"`}, []string{`"/lib/x"`}},
		{`[{"anything-but":{"wildcard":["a*","*z"]}}]`, []string{`"b"`}, []string{`"ab"`, `"bz"`}},
	})
}

func TestNumeric(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"numeric":["=",300]}]`, []string{`300`, `300.0`, `3.0e2`}, []string{`301`, `"300"`, `true`, `null`}},
		{`[{"numeric":["<",10]}]`, []string{`9`, `-5000000000`, `9.999999`}, []string{`10`, `11`, `-5000000001`}},
		{`[{"numeric":["<=",10]}]`, []string{`10`, `10.0`}, []string{`10.000001`}},
		{`[{"numeric":[">",-0.5]}]`, []string{`0`, `-0.4`, `5e9`}, []string{`-0.5`, `-0.6`, `5000000001`, `1e400`}},
		{`[{"numeric":[">=",1]}]`, []string{`1`, `[0,2]`}, []string{`0.999999`}},
		{`[{"numeric":[">",0,"<=",5]}]`, []string{`0.000001`, `5`}, []string{`0`, `5.1`, `-1`, `[0,6]`}},
		{`[{"numeric":[">",0]}]`, []string{`1.123456`, `1.1234560`}, []string{`1.1234567`, `{"k":1}`}},
		{`[{"numeric":["=",0]}]`, []string{`0`, `-0.0`, `0e99999`}, nil},
	})
}

func TestExists(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"exists":true}]`, []string{`"a"`, `""`, `0`, `false`, `null`, `[null]`}, []string{`{}`, `{"a":1}`, `[]`, `[[]]`, `[{"a":1}]`}},
		{`[{"exists":false}]`, []string{`{}`, `{"a":1}`, `[]`, `[[]]`, `[{"a":1}]`}, []string{`"a"`, `null`, `[null]`}},
		{`[{"exists":false},"a"]`, []string{`{}`, `"a"`}, []string{`"b"`}},
	})
	p := mustCompile(t, `{"detail":{"k":[{"exists":false}]}}`)
	checkMatch(t, p, "exists false", `{"detail":{}}`, true)
	checkMatch(t, p, "exists false", `{}`, true)
	checkMatch(t, p, "exists false", `{"detail":"text"}`, true)
}

func TestCIDR(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"cidr":"10.0.0.0/24"}]`, []string{`"10.0.0.0"`, `"10.0.0.255"`, `"010.0.0.5"`, `["x","10.0.0.1"]`, `"::ffff:a00:5"`}, []string{`"10.0.1.0"`, `"10.0.0"`, `"10.0.0.5/24"`, `"10.0.0.5 "`, `"999.1.1.1"`, `"::ffff:10.0.0.5"`, `5`, `""`, `"+10.0.0.5"`}},
		{`[{"cidr":"10.0.0.5/24"}]`, []string{`"10.0.0.1"`}, []string{`"10.0.1.1"`}},
		{`[{"cidr":"0.0.0.0/0"}]`, []string{`"8.8.8.8"`}, []string{`"::1"`, `0`}},
		{`[{"cidr":"2001:db8::/32"}]`, []string{`"2001:db8::1"`, `"2001:0DB8:0:0:0:0:0:1"`}, []string{`"2001:db9::1"`, `"10.0.0.1"`, `"2001:db8::1%eth0"`}},
	})
}

func TestWildcard(t *testing.T) {
	runMatchCases(t, []matchCase{
		{`[{"wildcard":"*"}]`, []string{`""`, `"a"`, `"a\nb"`}, []string{`5`, `null`}},
		{`[{"wildcard":""}]`, []string{`""`}, []string{`"a"`}},
		{`[{"wildcard":"a*z"}]`, []string{`"az"`, `"abz"`, `"azz"`}, []string{`"a"`, `"z"`, `"azb"`, `"xaz"`}},
		{`[{"wildcard":"*a*b*"}]`, []string{`"ab"`, `"xaybz"`}, []string{`"ba"`}},
		{`[{"wildcard":"ab*ab"}]`, []string{`"abab"`, `"abxab"`}, []string{`"ab"`, `"aba"`}},
		{`[{"wildcard":"*ab*ab"}]`, []string{`"abab"`}, []string{`"xab"`}},
		{`[{"wildcard":"a\\*b"}]`, []string{`"a*b"`}, []string{`"axb"`, `"a\\*b"`}},
		{`[{"wildcard":"a\\\\*"}]`, []string{`"a\\x"`}, []string{`"ax"`}},
		{`[{"wildcard":"a\\**"}]`, []string{`"a*"`, `"a*x"`}, []string{`"ax"`}},
		{`[{"wildcard":"a?[b]"}]`, []string{`"a?[b]"`}, []string{`"axb"`}},
	})
}

// wholeCase is a whole pattern with events.
type wholeCase struct {
	pattern string
	yes     []string
	no      []string
}

func runWholeCases(t *testing.T, cases []wholeCase) {
	t.Helper()
	for _, c := range cases {
		p := mustCompile(t, c.pattern)
		for _, event := range c.yes {
			checkMatch(t, p, c.pattern, event, true)
		}
		for _, event := range c.no {
			checkMatch(t, p, c.pattern, event, false)
		}
	}
}

func mustCompile(t testing.TB, pattern string) *Pattern {
	t.Helper()
	p, err := Compile([]byte(pattern))
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	return p
}

func TestFields(t *testing.T) {
	runWholeCases(t, []wholeCase{
		{`{"source":["a"],"detail":{"k":["v"]}}`, []string{`{"source":"a","detail":{"k":"v"}}`}, []string{`{"source":"a"}`, `{"detail":{"k":"v"}}`, `{"source":"a","detail":{"k":"w"}}`}},
		{`{"detail":{"a":{"b":["v"]}}}`, []string{`{"detail":{"a":{"b":"v"}}}`, `{"detail.a":{"b":"v"}}`, `{"detail":{"a.b":"v"}}`}, []string{`{"detail":{"a":"v"}}`}},
		{`{"Source":["a"]}`, nil, []string{`{"source":"a"}`}},
		{`{"":["a"]}`, []string{`{"":"a"}`}, []string{`{}`}},
		{`{"":{"":["a"]}}`, []string{`{"":{"":"a"}}`}, []string{`{"":"a"}`}},
		{`{"k":["b"]}`, []string{`{"k":"a","k":"b"}`}, []string{`{"k":"b","k":"a"}`}},
	})
}

func TestOr(t *testing.T) {
	runWholeCases(t, []wholeCase{
		{`{"$or":[{"a":["1"]},{"b":["2"],"c":["3"]}]}`, []string{`{"a":"1"}`, `{"b":"2","c":"3"}`}, []string{`{}`, `{"b":"2"}`, `{"a":"2","c":"3"}`}},
		{`{"s":["x"],"$or":[{"a":["1"]},{"b":["2"]}]}`, []string{`{"s":"x","a":"1"}`, `{"s":"x","b":"2"}`}, []string{`{"s":"x"}`, `{"a":"1"}`}},
		{`{"d":{"$or":[{"a":["1"]},{"b":["2"]}]}}`, []string{`{"d":{"b":"2"}}`}, []string{`{"b":"2"}`}},
		{`{"$or":[{"a":["1"]},{"$or":[{"b":["2"]},{"c":["3"]}]}]}`, []string{`{"a":"1"}`, `{"c":"3"}`}, []string{`{"c":"1"}`}},
		{`{"$or":[{"a":["1"]},{"a":["2"]}]}`, []string{`{"a":"1"}`, `{"a":"2"}`}, []string{`{"a":"3"}`}},
		{`{"x":{"$or":[{"a":["1"]},{"b":["1"]}]},"y":{"$or":[{"a":["1"]},{"b":["1"]}]}}`, []string{`{"x":{"a":"1"},"y":{"b":"1"}}`}, []string{`{"x":{"a":"1","b":"1"}}`}},
		{`{"$and":["v"],"$OR":["w"]}`, []string{`{"$and":"v","$OR":"w"}`}, []string{`{"$and":"v"}`}},
		{`{"i":{"$or":[{"a":["1"]},{"b":["2"]}],"c":["3"]}}`, []string{`{"i":[{"a":"1"},{"b":"2","c":"3"}]}`}, []string{`{"i":[{"a":"1","b":"2"},{"c":"3"}]}`}},
	})
}

func TestArrayConsistency(t *testing.T) {
	runWholeCases(t, []wholeCase{
		{`{"i":{"a":[1],"b":[2]}}`,
			[]string{`{"i":{"a":1,"b":2}}`, `{"i":[{"a":9,"b":9},{"a":1,"b":2}]}`, `{"i":[[{"a":1,"b":2}]]}`, `{"i":[{"a":[0,1],"b":[3,2]}]}`},
			[]string{`{"i":[{"a":1,"b":9},{"a":9,"b":2}]}`, `{"i":[[{"a":1}],[{"b":2}]]}`, `{"i":[[{"a":1},{"b":2}]]}`}},
		{`{"i":{"a":{"x":[1]},"b":{"y":[2]}}}`,
			[]string{`{"i":[{"a":[{"x":0},{"x":1}],"b":[{"y":2}]}]}`},
			[]string{`{"i":[{"a":[{"x":1}]},{"b":[{"y":2}]}]}`}},
		{`{"i":{"a":[1]},"j":{"a":[2]}}`, []string{`{"i":[{"a":0},{"a":1}],"j":[{"a":2},{"a":0}]}`}, []string{`{"i":[{"a":1}],"j":[{"a":1}]}`}},
		{`{"i":{"j":{"a":[1],"b":[2]},"k":[3]}}`,
			[]string{`{"i":[{"j":[{"a":1,"b":0},{"a":1,"b":2}],"k":3}]}`},
			[]string{`{"i":[{"j":[{"a":1,"b":2}],"k":0},{"j":[{"a":1}],"k":3}]}`}},
		// The field that must be absent comes after the one that settles on an
		// element, so only that element counts.
		{`{"i":{"a":[1],"z":[{"exists":false}]}}`, []string{`{"i":[{"a":1},{"a":2,"z":0}]}`}, []string{`{"i":[{"a":1,"z":0},{"a":2}]}`}},
		// It comes first here, so every element counts.
		{`{"i":{"m":[1],"b":[{"exists":false}]}}`, []string{`{"i":[{"m":1},{"m":2}]}`}, []string{`{"i":[{"m":1},{"m":2,"b":0}]}`}},
		{`{"i":{"a":[1],"z":[{"exists":false},5]}}`, []string{`{"i":[{"a":1,"z":5}]}`, `{"i":[{"a":1}]}`}, []string{`{"i":[{"a":1,"z":0},{"z":5}]}`}},
		// Two arrays that come to one name.
		{`{"a":{"b":{"x":[1],"y":[2]}}}`, []string{`{"a":{"b":[{"x":1}]},"a.b":[{"y":2}]}`}, []string{`{"a.b":[{"x":1},{"y":2}]}`}},
	})
}

// TestManyElements checks that arrays with many elements do not make matching
// slow.
func TestManyElements(t *testing.T) {
	many := func(a, b int) string {
		return `[` + strings.Repeat(fmt.Sprintf(`{"a":%d,"b":0},`, a), 10000) + fmt.Sprintf(`{"a":0,"b":%d}]`, b)
	}
	start := time.Now()
	p := mustCompile(t, `{"i":{"a":[1],"b":[1]},"j":{"a":[1],"b":[1]},"k":{"a":[1]}}`)
	checkMatch(t, p, "separate", `{"i":`+many(1, 1)+`}`, false)
	checkMatch(t, p, "first array", `{"i":[{"a":1,"b":1}],"j":`+many(1, 1)+`,"k":`+many(1, 1)+`}`, false)
	q := mustCompile(t, `{"i":{"a":[1]},"j":{"a":[1]},"k":{"a":[1]},"l":[1]}`)
	checkMatch(t, q, "independent", `{"i":`+many(1, 1)+`,"j":`+many(1, 1)+`,"k":`+many(1, 1)+`,"l":0}`, false)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestTooAmbiguous(t *testing.T) {
	array := `[` + strings.TrimSuffix(strings.Repeat(`{"x":1},`, 2000), ",") + `]`
	p := mustCompile(t, `{"a":{"b":{"x":[1]},"c":{"x":[1]},"d":{"x":[1]}}}`)
	event := `{"a":[` + strings.TrimSuffix(strings.Repeat(`{"b":{"x":1},"d":{"x":1}},`, 2000), ",") + `],"a.c":` + array + `}`
	if _, err := p.Match([]byte(event)); !errors.Is(err, errTooAmbiguous) {
		t.Errorf("got %v", err)
	}
	if path, why, ok := p.Explain([]byte(event)); path != "" || why == "" || !ok {
		t.Errorf("got %q, %q, %v", path, why, ok)
	}
}

func TestRefused(t *testing.T) {
	or := func(n int) string { return `"f` + fmt.Sprint(n) + `":{"$or":[{"a":[1]},{"b":[1]}]}` }
	var ten []string
	for i := range 10 {
		ten = append(ten, or(i))
	}
	cases := []struct{ pattern, path, says string }{
		{``, `$`, "empty"},
		{`[]`, `$`, "object"},
		{`{"a":[1]} x`, `$`, "JSON"},
		{`{"a":[1,]}`, `$`, "JSON"},
		{`{"a":[NaN]}`, `$`, "JSON"},
		{"{\"a\":[\"\xff\"]}", `$`, "UTF-8"},
		{`{}`, `$`, "empty"},
		{`{"a":{}}`, `$.a`, "empty"},
		{`{"a":[]}`, `$.a`, "empty"},
		{`{"a":"x"}`, `$.a`, "array"},
		{`{"a":null}`, `$.a`, "array"},
		{`{"a":[1],"a":[2]}`, `$.a`, "repeated"},
		{`{"a":{"b":[1],"\u0062":[2]}}`, `$.a.b`, "repeated"},
		{`{"a":[{"prefix":"a","prefix":"b"}]}`, `$.a[0].prefix`, "repeated"},
		{`{"a b":"x"}`, `$["a b"]`, "array"},
		{`{"a":["x",["y"]]}`, `$.a[1]`, "accepted value"},
		{`{"a":[{}]}`, `$.a[0]`, "one key"},
		{`{"a":[{"prefix":"a","suffix":"b"}]}`, `$.a[0]`, "one key"},
		{`{"a":[{"regexp":"a"}]}`, `$.a[0].regexp`, "operator"},
		{`{"a":[{"prefix":5}]}`, `$.a[0].prefix`, "string"},
		{`{"a":[{"prefix":["a"]}]}`, `$.a[0].prefix`, "string"},
		{`{"a":[{"prefix":{"suffix":"a"}}]}`, `$.a[0].prefix.suffix`, "equals-ignore-case"},
		{`{"a":[{"suffix":{"equals-ignore-case":5}}]}`, `$.a[0].suffix.equals-ignore-case`, "string"},
		{`{"a":[{"suffix":{}}]}`, `$.a[0].suffix`, "one key"},
		{`{"a":[{"equals-ignore-case":["a"]}]}`, `$.a[0].equals-ignore-case`, "string"},
		{`{"a":[{"exactly":5}]}`, `$.a[0].exactly`, "string"},
		{`{"a":[{"exists":"true"}]}`, `$.a[0].exists`, "true or false"},
		{`{"a":[{"exists":{}}]}`, `$.a[0].exists`, "true or false"},
		{`{"a":[{"exists":false,"prefix":"a"}]}`, `$.a[0]`, "one key"},
		{`{"a":[{"wildcard":"a**b"}]}`, `$.a[0].wildcard`, "consecutive"},
		{`{"a":[{"wildcard":"a\\"}]}`, `$.a[0].wildcard`, "backslash"},
		{`{"a":[{"wildcard":"a\\b"}]}`, `$.a[0].wildcard`, "backslash"},
		{`{"a":[{"cidr":"10.0.0.1"}]}`, `$.a[0].cidr`, "/"},
		{`{"a":[{"cidr":"10.0.0.1/32"}]}`, `$.a[0].cidr`, "less than 32"},
		{`{"a":[{"cidr":"::1/128"}]}`, `$.a[0].cidr`, "less than 128"},
		{`{"a":[{"cidr":"10.0.0.0/-1"}]}`, `$.a[0].cidr`, "negative"},
		{`{"a":[{"cidr":"host/24"}]}`, `$.a[0].cidr`, "address"},
		{`{"a":[{"cidr":"fe80::1%eth0/64"}]}`, `$.a[0].cidr`, "address"},
		{`{"a":[{"anything-but":null}]}`, `$.a[0].anything-but`, "string, a number"},
		{`{"a":[{"anything-but":[]}]}`, `$.a[0].anything-but`, "empty"},
		{`{"a":[{"anything-but":["a",1]}]}`, `$.a[0].anything-but[1]`, "all strings or all numbers"},
		{`{"a":[{"anything-but":["a",null]}]}`, `$.a[0].anything-but[1]`, "only strings and numbers"},
		{`{"a":[{"anything-but":5000000001}]}`, `$.a[0].anything-but`, "5e9"},
		{`{"a":[{"anything-but":{"prefix":""}}]}`, `$.a[0].anything-but.prefix`, "empty prefix"},
		{`{"a":[{"anything-but":{"suffix":["a",""]}}]}`, `$.a[0].anything-but.suffix[1]`, "empty suffix"},
		{`{"a":[{"anything-but":{"suffix":[]}}]}`, `$.a[0].anything-but.suffix`, "empty"},
		{`{"a":[{"anything-but":{"wildcard":["a**"]}}]}`, `$.a[0].anything-but.wildcard[0]`, "consecutive"},
		{`{"a":[{"anything-but":{"numeric":[">",1]}}]}`, `$.a[0].anything-but.numeric`, "anything-but takes"},
		{`{"a":[{"anything-but":{}}]}`, `$.a[0].anything-but`, "one key"},
		{`{"a":[{"numeric":5}]}`, `$.a[0].numeric`, "array"},
		{`{"a":[{"numeric":[]}]}`, `$.a[0].numeric`, "array"},
		{`{"a":[{"numeric":[">"]}]}`, `$.a[0].numeric`, "followed by a number"},
		{`{"a":[{"numeric":["!=",1]}]}`, `$.a[0].numeric[0]`, "one of"},
		{`{"a":[{"numeric":["",1]}]}`, `$.a[0].numeric[0]`, "one of"},
		{`{"a":[{"numeric":["= <",1]}]}`, `$.a[0].numeric[0]`, "one of"},
		{`{"a":[{"numeric":[1,1]}]}`, `$.a[0].numeric[0]`, "one of"},
		{`{"a":[{"numeric":[">","1"]}]}`, `$.a[0].numeric[1]`, "must be a number"},
		{`{"a":[{"numeric":["=",1,"<",5]}]}`, `$.a[0].numeric`, "range"},
		{`{"a":[{"numeric":["<",5,">",1]}]}`, `$.a[0].numeric`, "range"},
		{`{"a":[{"numeric":[">",1,"<",5,"<",6]}]}`, `$.a[0].numeric`, "range"},
		{`{"a":[{"numeric":[">",5,"<",5]}]}`, `$.a[0].numeric`, "bottom"},
		{`{"a":[{"numeric":[">",5000000000.000001]}]}`, `$.a[0].numeric[1]`, "5e9"},
		{`{"a":[{"numeric":["=",0.0000001]}]}`, `$.a[0].numeric[1]`, "six"},
		{`{"$or":"x"}`, `$.$or`, "two objects"},
		{`{"$or":[{"a":[1]}]}`, `$.$or`, "two objects"},
		{`{"$or":[{"a":[1]},"x"]}`, `$.$or[1]`, "object"},
		{`{"$or":[{"a":[1]},{}]}`, `$.$or[1]`, "empty"},
		{`{"$or":[{"a":[1]},{"b":{"prefix":["x"]}}]}`, `$.$or[1].b.prefix`, "reserved"},
		{`{"a":[1],"$or":[{"a":[2]},{"b":[3]}]}`, `$`, "constrained once"},
		{`{"a":{"b":[1]},"a.b":[2]}`, `$`, "constrained once"},
		{`{` + strings.Join(ten, ",") + `}`, `$`, "1000"},
		{strings.Repeat(`{"a":`, 101) + `[1]` + strings.Repeat(`}`, 101), `$` + strings.Repeat(".a", 101), "deep"},
		{`{"a":[` + strings.Repeat("1", 1001) + `]}`, `$.a[0]`, "characters"},
	}
	for _, c := range cases {
		_, err := Compile([]byte(c.pattern))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.200s: got %v", c.pattern, err)
			continue
		}
		if e.Path != c.path || !strings.Contains(e.Msg, c.says) {
			t.Errorf("%.200s: got %q at %s, want %q at %s", c.pattern, e.Msg, e.Path, c.says, c.path)
		}
	}
}

func TestMostCombinations(t *testing.T) {
	var parts []string
	for i := range 9 {
		parts = append(parts, fmt.Sprintf(`"f%d":{"$or":[{"a":[1]},{"b":[1]}]}`, i))
	}
	mustCompile(t, `{`+strings.Join(parts, ",")+`}`)
}

func TestFromValue(t *testing.T) {
	list := []any{300, int64(300), uint64(300), 300.0, json.Number("3e2")}
	for _, n := range list {
		p, err := FromValue(map[string]any{"k": []any{n, true, nil, "s", map[string]any{"prefix": "p"}}})
		if err != nil {
			t.Errorf("%T: %v", n, err)
			continue
		}
		for _, v := range []string{`300`, `true`, `null`, `"s"`, `"px"`} {
			checkMatch(t, p, fmt.Sprintf("%T", n), `{"k":`+v+`}`, true)
		}
		checkMatch(t, p, fmt.Sprintf("%T", n), `{"k":301}`, false)
	}
}

func TestFromValueRefused(t *testing.T) {
	loop := map[string]any{}
	loop["a"] = loop
	cases := []struct {
		value any
		path  string
	}{
		{nil, "$"},
		{"x", "$"},
		{struct{}{}, "$"},
		{map[string]any{"a": []any{[]byte("x")}}, "$.a[0]"},
		{map[string]any{"a": []any{math.NaN()}}, "$.a[0]"},
		{map[string]any{"a": []any{math.Inf(1)}}, "$.a[0]"},
		{map[string]any{"a": []any{json.Number("abc")}}, "$.a[0]"},
		{map[string]any{"a": []any{json.Number("")}}, "$.a[0]"},
		{map[string]any{"a": []any{json.Number("1 ")}}, "$.a[0]"},
		{map[string]any{"a": []any{json.Number("null")}}, "$.a[0]"},
		{map[string]any{"a": []any{"\xff"}}, "$.a[0]"},
		{map[string]any{"\xff": []any{"a"}}, `$["\xff"]`},
		{map[string]any{"a": []string{"x"}}, "$.a"},
		{loop, "$" + strings.Repeat(".a", 101)},
	}
	for _, c := range cases {
		_, err := FromValue(c.value)
		var e *Error
		if !errors.As(err, &e) || e.Path != c.path {
			t.Errorf("%T: got %v, want an error at %s", c.value, err, c.path)
		}
	}
}

// TestFromValueKeepsInput checks that the value is not changed and not kept.
func TestFromValueKeepsInput(t *testing.T) {
	list := []any{"a"}
	value := map[string]any{"k": list}
	p, err := FromValue(value)
	if err != nil {
		t.Fatal(err)
	}
	list[0] = "b"
	checkMatch(t, p, "k", `{"k":"a"}`, true)
	if !reflect.DeepEqual(value, map[string]any{"k": []any{"b"}}) {
		t.Errorf("changed to %v", value)
	}
}

func TestEventRefused(t *testing.T) {
	p := mustCompile(t, `{"k":["a"]}`)
	for _, event := range []string{``, `[]`, `null`, `{"k":"a"`, `{"k":"a"} {}`, `{"k":"a"}x`, `"k"`, strings.Repeat(`{"k":`, 20000)} {
		if ok, err := p.Match([]byte(event)); ok || err == nil {
			t.Errorf("%.40q: got %v, %v", event, ok, err)
		}
		if path, why, ok := p.Explain([]byte(event)); path != "" || !strings.HasPrefix(why, "event is not") || !ok {
			t.Errorf("%.40q: got %q, %q, %v", event, path, why, ok)
		}
	}
}

func TestExplain(t *testing.T) {
	cases := []struct{ pattern, event, path, why string }{
		{`{"source":["aws.guardduty"],"detail":{"type":[{"prefix":"X"}]}}`, `{"source":"aws.s3","detail":{"type":"Y"}}`,
			"source", `source is "aws.s3"; the pattern wants "aws.guardduty".`},
		{`{"detail":{"type":[{"prefix":"X"},{"suffix":"Y"}]}}`, `{"detail":{"type":["a","b"]}}`,
			"detail.type", `detail.type is one of "a" or "b"; the pattern wants text that begins with "X" or text that ends with "Y".`},
		{`{"detail":{"type":["a"]}}`, `{"detail":{}}`, "detail.type", `The event has no detail.type; the pattern wants "a".`},
		{`{"detail":{"type":["a"]}}`, `{"detail":{"type":{}}}`, "detail.type", `detail.type is an object, and a pattern compares only plain values; the pattern wants "a".`},
		{`{"resources":[{"exists":true}]}`, `{"resources":[]}`, "resources", `resources is an empty array, which counts as absent; the pattern wants any value.`},
		{`{"detail":{"k":[{"exists":false}]}}`, `{"detail":{"k":1}}`, "detail.k", `detail.k is 1; the pattern wants it to be absent.`},
		{`{"detail":{"k":[{"exists":false},"a"]}}`, `{"detail":{"k":1}}`, "detail.k", `detail.k is 1; the pattern wants "a" or it to be absent.`},
		{`{"detail":{"n":[{"numeric":[">",0,"<=",5]}]}}`, `{"detail":{"n":"3"}}`, "detail.n",
			`detail.n is "3"; the pattern wants a number > 0 and <= 5. A number in quotation marks is text.`},
		{`{"detail":{"n":[{"numeric":[">",0]}]}}`, `{"detail":{"n":0.12345678}}`, "detail.n",
			`detail.n is 0.12345678; the pattern wants a number > 0. EventBridge compares numbers from -5e9 to 5e9 with at most six fractional digits.`},
		{`{"detail":{"k":[{"anything-but":{"prefix":["a","b"]}}]}}`, `{"detail":{"k":"ax"}}`, "detail.k",
			`detail.k is "ax"; the pattern wants anything but text that begins with "a" or text that begins with "b".`},
		{`{"i":{"a":[1],"b":[2]}}`, `{"i":[{"a":1},{"b":2}]}`, "i.b",
			`Each field has a value that fits, but i.b has none in the same array element as the fields before it.`},
		{`{"i":{"a":[1],"z":[{"exists":false}]}}`, `{"i":[{"a":1,"z":1}]}`, "i.z",
			`i.z has a value in the array elements that count here; the pattern wants it to be absent.`},
		{`{"":["a"]}`, `{}`, "", `The event has no ""; the pattern wants "a".`},
		{`{"s":["x"],"$or":[{"t":["1"]},{"u":["2"]}]}`, `{"s":"x","u":"3"}`, "t",
			`The event has no t; the pattern wants "1". This is the closest of the 2 combinations of $or.`},
		{`{"k":[{"wildcard":"a*"},{"cidr":"10.0.0.0/8"},{"equals-ignore-case":"q"},{"prefix":{"equals-ignore-case":"q"}},{"suffix":{"equals-ignore-case":"q"}},1,2]}`, `{"k":true}`, "k",
			`k is true; the pattern wants text like "a*" or an IP address in 10.0.0.0/8 or "q" in any case or text that begins with "q" in any case or text that ends with "q" in any case or 2 more.`},
	}
	for _, c := range cases {
		path, why, ok := mustCompile(t, c.pattern).Explain([]byte(c.event))
		if path != c.path || why != c.why || !ok {
			t.Errorf("%s on %s:\n got %q, %q, %v\nwant %q, %q", c.pattern, c.event, path, why, ok, c.path, c.why)
		}
	}
}

func TestError(t *testing.T) {
	_, err := Compile([]byte(`{"a":"x"}`))
	want := `event pattern is not valid at $.a: "a" must be an object or an array; put the value in brackets`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
