package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func seedPatterns() []string {
	return []string{
		`{"source":["a"],"detail":{"k":["v",5,true,null]}}`,
		`{"i":{"a":[1],"b":[2,{"exists":false}]}}`,
		`{"$or":[{"a":[{"numeric":[">",0,"<=",5]}]},{"b":[{"cidr":"10.0.0.0/8"}]}]}`,
		`{"a":[{"prefix":"x"},{"suffix":{"equals-ignore-case":"ß"}},{"wildcard":"a*\\*b"}]}`,
		`{"a":[{"anything-but":{"prefix":["x","y"]}}],"b":[{"exists":true}]}`,
		`{"a":{"b":[1e400,0.1,-0]}}`,
	}
}

func seedEvents() []string {
	return []string{
		`{"source":"a","detail":{"k":["v"]}}`,
		`{"i":[{"a":1,"b":2},{"a":1.0}],"a.b":[{"c":1}]}`,
		`{"a":3e0,"b":"10.1.2.3"}`,
		`{"a":"axx*b","a":"\ud800","b":{}}`,
		`{"a":[[{"b":0.10}],[{"b":1e400}]]}`,
		"{\"a\":\"\xff\"}",
	}
}

// FuzzMatch checks that matching does not panic, gives one verdict for one
// event and for its re-encoded form, and that Explain agrees with Match.
func FuzzMatch(f *testing.F) {
	for _, p := range seedPatterns() {
		for _, e := range seedEvents() {
			f.Add([]byte(p), []byte(e))
		}
	}
	f.Fuzz(func(t *testing.T, pattern, event []byte) {
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		got, err := p.Match(event)
		path, why, ok := p.Explain(event)
		if err != nil {
			if got || path != "" || why != err.Error() || !ok {
				t.Fatalf("error %v, but %v, %q, %q, %v", err, got, path, why, ok)
			}
			return
		}
		if ok == got {
			t.Fatalf("match %v, but Explain gives %q, %q, %v", got, path, why, ok)
		}
		for _, again := range [][]byte{event, reencode(t, event)} {
			if second, err := p.Match(again); second != got || err != nil {
				t.Fatalf("%s: first %v, then %v, %v", again, got, second, err)
			}
			if path2, why2, _ := p.Explain(again); path2 != path || why2 != why {
				t.Fatalf("%s: first %q, %q, then %q, %q", again, path, why, path2, why2)
			}
		}
	})
}

// reencode decodes and encodes JSON with encoding/json.
func reencode(t *testing.T, data []byte) []byte {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzCompile checks that compiling does not panic, that every error has a
// place and a message, and that FromValue takes what Compile takes.
func FuzzCompile(f *testing.F) {
	for _, p := range seedPatterns() {
		f.Add([]byte(p))
	}
	for _, p := range []string{`{"a":[1],"a":[2]}`, `{"a":{}}`, `{"$or":[]}`, `{"a":[{"numeric":["!=",1]}]}`} {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, pattern []byte) {
		_, err := Compile(pattern)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Path == "" || e.Msg == "") {
			t.Fatalf("got %#v", err)
		}
		if err != nil {
			return
		}
		var v any
		dec := json.NewDecoder(bytes.NewReader(pattern))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("taken although it is not JSON: %v", err)
		}
		if _, err := FromValue(v); err != nil {
			t.Fatalf("Compile takes it, FromValue gives %v", err)
		}
	})
}
