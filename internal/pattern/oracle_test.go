package pattern_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"parry/internal/pattern"
)

// An oracle is a matcher that was not written here: an emulator's EventBridge
// in moto_test.go, Event Ruler in ruler_test.go. This file holds what both are
// asked.

// question is a pattern and an event. Where an event has source, detail-type
// and detail only, it can be sent with PutEvents.
type question struct {
	pattern string
	event   string
}

// ours is the verdict of this package.
func (q question) ours(t testing.TB) bool {
	t.Helper()
	p, err := pattern.Compile([]byte(q.pattern))
	if err != nil {
		t.Fatalf("%s: %v", q.pattern, err)
	}
	match, err := p.Match([]byte(q.event))
	if err != nil {
		t.Fatalf("%s on %s: %v", q.pattern, q.event, err)
	}
	return match
}

// sent is an event with a detail, as PutEvents takes it.
func sent(detail string) string {
	return `{"source":"parry.test","detail-type":"Test","detail":` + detail + `}`
}

// acceptedValues lists arrays of a pattern: every operator of the guide's page
// "Comparison operators for use in event patterns", with every operand that it
// takes.
func acceptedValues() []string {
	return []string{
		// Plain values.
		`["a"]`, `["a","b"]`, `[""]`, `["A"]`, `["5"]`, `["true"]`, `["null"]`, `["é"]`, `["10.0.0.1"]`,
		`[5]`, `[5.0]`, `[0.5]`, `[-5]`, `[0]`, `[1e2]`, `[123456789012]`, `[9007199254740993]`, `[true]`, `[false]`, `[null]`, `[null,"a"]`, `["a",5,false]`,
		// Text.
		`[{"prefix":"a"}]`, `[{"prefix":""}]`, `[{"prefix":"a/lib"}]`, `[{"prefix":"a"},{"prefix":"b"}]`,
		`[{"suffix":"b"}]`, `[{"suffix":""}]`, `[{"suffix":".png"}]`, `[{"suffix":"é"}]`,
		`[{"equals-ignore-case":"a"}]`, `[{"equals-ignore-case":"aLiCe"}]`, `[{"equals-ignore-case":""}]`, `[{"equals-ignore-case":"É"}]`, `[{"equals-ignore-case":"null"}]`, `[{"equals-ignore-case":"straße"}]`,
		`[{"prefix":{"equals-ignore-case":"AL"}}]`, `[{"prefix":{"equals-ignore-case":""}}]`, `[{"suffix":{"equals-ignore-case":".Png"}}]`, `[{"suffix":{"equals-ignore-case":""}}]`,
		`[{"wildcard":"*"}]`, `[{"wildcard":""}]`, `[{"wildcard":"a*"}]`, `[{"wildcard":"*b"}]`, `[{"wildcard":"a*b"}]`, `[{"wildcard":"*li*"}]`, `[{"wildcard":"a/*/x.png"}]`,
		`[{"wildcard":"a\\*b"}]`, `[{"wildcard":"a\\\\*"}]`, `[{"wildcard":"*\\**"}]`, `[{"wildcard":"a"}]`,
		// Everything but.
		`[{"anything-but":"a"}]`, `[{"anything-but":""}]`, `[{"anything-but":["a","b"]}]`, `[{"anything-but":["5"]}]`,
		`[{"anything-but":5}]`, `[{"anything-but":[5,100]}]`, `[{"anything-but":0}]`, `[{"anything-but":[0.5,-5]}]`,
		`[{"anything-but":{"prefix":"a"}}]`, `[{"anything-but":{"prefix":["a","b"]}}]`, `[{"anything-but":{"suffix":"b"}}]`, `[{"anything-but":{"suffix":["b",".png"]}}]`,
		`[{"anything-but":{"equals-ignore-case":"alice"}}]`, `[{"anything-but":{"equals-ignore-case":["A","b"]}}]`,
		`[{"anything-but":{"wildcard":"*/lib/*"}}]`, `[{"anything-but":{"wildcard":["a*","*b"]}}]`,
		`[{"anything-but":"a"},{"anything-but":"b"}]`,
		// Numbers.
		`[{"numeric":["=",5]}]`, `[{"numeric":["=",100.0]}]`, `[{"numeric":["<",5]}]`, `[{"numeric":["<=",5]}]`, `[{"numeric":[">",0]}]`, `[{"numeric":[">=",0.5]}]`,
		`[{"numeric":[">",0,"<=",5]}]`, `[{"numeric":[">=",-5,"<",0.5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"numeric":["<",1e2]}]`,
		// Existence.
		`[{"exists":true}]`, `[{"exists":false}]`, `[{"exists":false},"a"]`, `[{"exists":false},{"numeric":[">",5]}]`,
		// Addresses.
		`[{"cidr":"10.0.0.0/24"}]`, `[{"cidr":"10.0.0.5/24"}]`, `[{"cidr":"0.0.0.0/0"}]`, `[{"cidr":"10.0.0.0/31"}]`, `[{"cidr":"2001:db8::/32"}]`, `[{"cidr":"2001:0DB8::1/64"}]`,
		// Several at once.
		`["alice",{"prefix":"b"},{"numeric":["=",5]},{"cidr":"10.0.0.0/8"}]`,
	}
}

// eventValues lists values of a field of an event. The empty text stands for a
// field that is not there.
func eventValues() []string {
	return []string{
		``,
		`"a"`, `"b"`, `"A"`, `"ab"`, `""`, `" "`, `"5"`, `"true"`, `"null"`, `"NULL"`, `"alice"`, `"ALICE"`, `"Alicia"`,
		`"a/lib/x.png"`, `"x.PNG"`, `"a*b"`, `"a\\x"`, `"a\nb"`, `"é"`, `"É"`, `"\u00e9"`, `"e\u0301"`, `"\u0061"`, `"straße"`, `"STRASSE"`, `"strasse"`,
		`"10.0.0.1"`, `"10.0.0.255"`, `"10.0.1.0"`, `"010.0.0.1"`, `"10.0.0"`, `"10.0.0.1/24"`, `"2001:db8::1"`, `"2001:0DB8:0:0:0:0:0:1"`, `"2001:db9::1"`, `"::ffff:10.0.0.1"`,
		`5`, `5.0`, `5e0`, `0.5`, `-5`, `0`, `-0`, `100`, `1e2`, `100.00`, `4.999999`, `5.000001`, `1.1234567`, `5000000000`, `5000000001`, `-5000000000`, `123456789012`, `9007199254740992`, `9007199254740993`,
		`true`, `false`, `null`,
		`[]`, `["a"]`, `["b","a"]`, `["c","d"]`, `["a","a"]`, `[5]`, `["a",5,null]`, `[null]`, `[true,false]`, `["x.png","10.0.0.7"]`, `[[]]`, `[["a"],["b"]]`, `[[5]]`,
		`{}`, `{"k":"a"}`, `{"x":{"y":5}}`, `[{}]`, `[{"k":"a"}]`, `[{"x":1},"a"]`,
	}
}

// operatorQuestions puts every accepted value to every value of an event.
func operatorQuestions() []question {
	var all []question
	for _, accepted := range acceptedValues() {
		for _, value := range eventValues() {
			all = append(all, operatorQuestion(accepted, value))
		}
	}
	return all
}

// operatorQuestion puts one accepted value to one value of an event.
func operatorQuestion(accepted, value string) question {
	detail := `{"other":"a"}`
	if value != "" {
		detail = `{"other":"a","k":` + value + `}`
	}
	return question{`{"detail":{"k":` + accepted + `}}`, sent(detail)}
}

// shape is a pattern of a detail with details that it is put to.
type shape struct {
	pattern string
	details []string
}

// questions puts the pattern to each detail.
func (s shape) questions() []question {
	var all []question
	for _, detail := range s.details {
		all = append(all, question{`{"detail":` + s.pattern + `}`, sent(detail)})
	}
	return all
}

// shapeQuestions are about more than one field: and, $or, arrays and what is
// missing.
func shapeQuestions() []question {
	shapes := []shape{
		{`{"a":["x"],"b":["y"]}`, []string{`{"a":"x","b":"y"}`, `{"a":"x"}`, `{"b":"y"}`, `{"a":"x","b":"z"}`, `{"a":["w","x"],"b":["y","z"]}`, `{"a":{"b":"y"},"b":"x"}`, `{}`}},
		{`{"a":{"b":{"c":[1]}}}`, []string{`{"a":{"b":{"c":1}}}`, `{"a":{"b":{"c":2}}}`, `{"a":{"c":1}}`, `{"a":"b"}`, `{"a":{"b":[{"c":1}]}}`, `{"a":[{"b":{"c":2}},{"b":{"c":1}}]}`, `{"a.b":{"c":1}}`, `{"a":{"b.c":1}}`, `{"a":[]}`}},
		{`{"a.b":["x"]}`, []string{`{"a":{"b":"x"}}`, `{"a.b":"x"}`, `{"a":{"b":"y"}}`}},
		{`{"":["x"]}`, []string{`{"":"x"}`, `{"a":"x"}`}},
		{`{"a":["x"]}`, []string{`{"a":"x","a":"y"}`, `{"a":"y","a":"x"}`}},
		{`{"A":["x"]}`, []string{`{"A":"x"}`, `{"a":"x"}`}},
		{`{"a":{"b":[{"exists":false}]}}`, []string{`{}`, `{"a":{}}`, `{"a":{"b":1}}`, `{"a":{"b":null}}`, `{"a":{"b":{}}}`, `{"a":{"b":{"c":1}}}`, `{"a":"b"}`, `{"a":[{"b":1},{"c":1}]}`, `{"a":[{"c":1}]}`, `{"a":{"b":[]}}`}},
		{`{"a":["x"],"b":[{"exists":false}]}`, []string{`{"a":"x"}`, `{"a":"x","b":1}`, `{"a":"y"}`, `{"b":1}`}},
		{`{"a":[{"anything-but":{"wildcard":"*"}},{"equals-ignore-case":"b"}]}`, []string{`{"a":"a"}`, `{"a":["a","*"]}`, `{"a":"*"}`, `{"a":"b"}`, `{"a":1}`}},
		{`{"a":[{"anything-but":{"wildcard":"*b"}},{"prefix":{"equals-ignore-case":"ab"}}]}`, []string{`{"a":"aBb"}`, `{"a":"bb"}`, `{"a":"ab"}`, `{"a":"bab"}`, `{"a":"abb"}`}},
		{`{"a":[{"wildcard":"*a*"},{"equals-ignore-case":"A"}]}`, []string{`{"a":"bA"}`, `{"a":"A"}`, `{"a":"bab"}`}},
		// Any of $or, beside what must hold anyway, at any depth.
		{`{"$or":[{"a":["x"]},{"b":["y"]}]}`, []string{`{"a":"x"}`, `{"b":"y"}`, `{"a":"x","b":"y"}`, `{"a":"y","b":"x"}`, `{}`}},
		{`{"c":[1],"$or":[{"a":["x"]},{"b":["y"]}]}`, []string{`{"a":"x","c":1}`, `{"b":"y","c":1}`, `{"a":"x"}`, `{"c":1}`, `{"c":2,"b":"y"}`}},
		{`{"$or":[{"a":["x"]},{"b":["y"],"$or":[{"c":[1]},{"d":[{"exists":false}]}]}]}`, []string{`{"a":"x"}`, `{"b":"y"}`, `{"b":"y","c":1,"d":0}`, `{"b":"y","c":2,"d":0}`, `{"c":1}`, `{"b":"y","d":0}`}},
		{`{"a":{"$or":[{"b":[{"prefix":"x"}]},{"c":{"$or":[{"d":[1]},{"e":[2]}]}}]}}`, []string{`{"a":{"b":"xy"}}`, `{"a":{"c":{"d":1}}}`, `{"a":{"c":{"e":2}}}`, `{"a":{"c":{"d":2,"e":1}}}`, `{"b":"x"}`, `{"a":[{"b":"y"},{"c":{"e":2}}]}`}},
		{`{"$or":[{"a":[1]},{"b":[1]}],"c":{"$or":[{"a":[1]},{"b":[1]}]}}`, []string{`{"a":1,"c":{"b":1}}`, `{"b":1,"c":{"a":1}}`, `{"a":1,"b":1}`, `{"c":{"a":1,"b":1}}`}},
		{`{"$or":[{"a":["x"]},{"a":[{"numeric":[">",5]}]}]}`, []string{`{"a":"x"}`, `{"a":6}`, `{"a":5}`, `{"a":["y",9]}`}},
		{`{"$or":[{"a":["x"]},{"a":["x",{"exists":false}]}]}`, []string{`{"b":"x"}`, `{"a":"x"}`, `{"a":"y"}`}},
		{`{"$or":[{"a":["x"]},{"a":["x","y"]}]}`, []string{`{"a":"x"}`, `{"a":"y"}`}},
		{`{"i":{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}}`, []string{`{"i":[{"a":1},{"b":2,"c":3}]}`, `{"i":[{"a":1,"b":2},{"c":3}]}`, `{"i":{"a":1,"c":3}}`}},
		// What lies under one array of objects lies in one element of it.
		{`{"i":{"a":[1],"b":[2]}}`, []string{`{"i":{"a":1,"b":2}}`, `{"i":[{"a":1,"b":2}]}`, `{"i":[{"a":9,"b":9},{"a":1,"b":2}]}`, `{"i":[{"a":1,"b":9},{"a":9,"b":2}]}`, `{"i":[{"a":1},{"b":2}]}`,
			`{"i":[[{"a":1,"b":2}]]}`, `{"i":[[{"a":1},{"b":2}]]}`, `{"i":[[{"a":1}],[{"b":2}]]}`, `{"i":[{"a":[0,1],"b":[3,2]}]}`, `{"i":[]}`, `{"i":[1,2]}`}},
		{`{"i":{"j":{"a":[1],"b":[2]},"k":[3]}}`, []string{`{"i":[{"j":[{"a":1,"b":0},{"a":1,"b":2}],"k":3}]}`, `{"i":[{"j":[{"a":1,"b":2}],"k":0},{"j":[{"a":1}],"k":3}]}`, `{"i":{"j":[{"a":1,"b":2}],"k":3}}`,
			`{"i":[{"j":{"a":1,"b":2},"k":3}]}`, `{"i":[{"j":{"a":1}},{"j":{"b":2},"k":3}]}`}},
		{`{"i":{"a":{"x":[1]},"b":{"y":[2]}}}`, []string{`{"i":[{"a":[{"x":0},{"x":1}],"b":[{"y":2}]}]}`, `{"i":[{"a":[{"x":1}]},{"b":[{"y":2}]}]}`}},
		{`{"i":{"a":[1]},"j":{"a":[2]}}`, []string{`{"i":[{"a":0},{"a":1}],"j":[{"a":2},{"a":0}]}`, `{"i":[{"a":1}],"j":[{"a":1}]}`}},
		{`{"i":{"a":[1],"z":[{"exists":false}]}}`, []string{`{"i":[{"a":1},{"a":2,"z":0}]}`, `{"i":[{"a":1,"z":0},{"a":2}]}`, `{"i":[{"a":1,"z":0}]}`, `{"i":{"a":1}}`, `{"i":[{"a":2}]}`}},
		{`{"i":{"m":[1],"b":[{"exists":false}]}}`, []string{`{"i":[{"m":1},{"m":2}]}`, `{"i":[{"m":1},{"m":2,"b":0}]}`, `{"i":[{"m":1,"b":0},{"m":2}]}`}},
		{`{"i":{"a":[{"anything-but":1}],"b":[2]}}`, []string{`{"i":[{"a":1,"b":2},{"a":3,"b":2}]}`, `{"i":[{"a":1,"b":2},{"a":3,"b":3}]}`, `{"i":[{"b":2}]}`}},
	}
	var all []question
	for _, s := range shapes {
		all = append(all, s.questions()...)
	}
	return append(all, envelopeQuestions()...)
}

// envelopeQuestions are about the fields around the detail that PutEvents
// sets.
func envelopeQuestions() []question {
	event := func(source, kind string) string {
		return `{"source":"` + source + `","detail-type":"` + kind + `","detail":{"k":"v"}}`
	}
	var all []question
	for _, p := range []string{
		`{"source":["aws.guardduty"]}`,
		`{"source":[{"prefix":"aws."}]}`,
		`{"source":[{"anything-but":{"prefix":"aws."}}]}`,
		`{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"]}`,
		`{"source":["aws.guardduty"],"detail-type":[{"suffix":"Finding"}],"detail":{"k":["v"]}}`,
		`{"$or":[{"source":["a"]},{"detail-type":["Test"]}]}`,
		`{"detail":{"k":[{"exists":true}]}}`,
		`{"detail":[{"exists":false}]}`,
	} {
		for _, e := range []string{event("aws.guardduty", "GuardDuty Finding"), event("aws.guardduty", "Test"), event("a", "GuardDuty Finding"), event("b", "b")} {
			all = append(all, question{p, e})
		}
	}
	return all
}

// corpusQuestions are the recorded cases, or none where PARRY_CORPUS is not
// set. refused are the texts of patterns that must not be taken.
func corpusQuestions(t testing.TB) (all []question, refused []string) {
	t.Helper()
	dir := os.Getenv("PARRY_CORPUS")
	if dir == "" {
		t.Log("PARRY_CORPUS is not set: the recorded patterns are left out")
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "patterns", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no patterns/*.jsonl in %s (%v)", dir, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
			var c struct {
				Pattern, Event json.RawMessage
				Text           string `json:"pattern_text"`
			}
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if c.Event == nil {
				refused = append(refused, c.Text)
				continue
			}
			all = append(all, question{string(c.Pattern), string(c.Event)})
		}
	}
	return all, refused
}

// exception is a disagreement with an oracle that stands, with the reason. Of
// the operators it names a block: every accepted value with every value of the
// event. An exception that does not apply any more fails the test.
type exception struct {
	reason   string
	accepted []string
	values   []string
	cases    []question
}

// questions lists what the exception is about.
func (e exception) questions() []question {
	all := e.cases
	for _, accepted := range e.accepted {
		for _, value := range e.values {
			all = append(all, operatorQuestion(accepted, value))
		}
	}
	return all
}

// table holds the exceptions while an oracle's verdicts are compared.
type table struct {
	open map[question]string // the reason of each, until it has been met
	all  map[question]string
}

// newTable makes a table of exceptions.
func newTable(exceptions []exception) table {
	t := table{open: map[question]string{}, all: map[question]string{}}
	for _, e := range exceptions {
		for _, q := range e.questions() {
			t.open[q], t.all[q] = e.reason, e.reason
		}
	}
	return t
}

// check compares an oracle's verdict with the one of this package.
func (x table) check(t *testing.T, q question, theirs bool) {
	t.Helper()
	ours := q.ours(t)
	delete(x.open, q)
	reason, excepted := x.all[q]
	switch {
	case !excepted && ours != theirs:
		t.Errorf("%s on %s: here %v, there %v", q.pattern, q.event, ours, theirs)
	case excepted && ours == theirs:
		t.Errorf("%s on %s: the exception %q does not apply any more", q.pattern, q.event, reason)
	}
}

// finish says which exceptions were never met.
func (x table) finish(t *testing.T) {
	t.Helper()
	for q, reason := range x.open {
		t.Errorf("%s on %s was not asked: take it out of the exception %q", q.pattern, q.event, reason)
	}
}
