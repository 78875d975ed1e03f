package pattern

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzMembers: what is skimmed is an object exactly where encoding/json says so, and its members are the object's.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : 1 , "b":[true,null,{"c":"\"\\"}]}` + "\n", `{"a":1}x`, `{"a":1,}`, `{"a" 1}`, `{"a":01}`, `{"a`, `{"a":"` + "\x01" + `"}`, `[]`, ``, `{"a":1`,
		`{"\u0061":"` + strings.Repeat("x", 200) + `","a":2}`, `{,}`, `{"a":{"b":}}`, `{"a":nul}`, `{"a":"\x"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		valid := json.Unmarshal(data, &want) == nil && want != nil
		var s Skimmer
		got := map[string]json.RawMessage{}
		ok := s.Members(data, func(name, value []byte) bool {
			var key string
			if json.Unmarshal([]byte(`"`+string(name)+`"`), &key) == nil {
				got[key] = value
			}
			return true
		})
		if ok != valid {
			t.Fatalf("%q is an object: %v, and encoding/json says %v", data, ok, valid)
		}
		if !ok {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q has the members %v, not %v", data, got, want)
		}
		for k, v := range want {
			if !bytes.Equal(bytes.TrimSpace(got[k]), bytes.TrimSpace(v)) {
				t.Fatalf("%q: %q is %q, not %q", data, k, got[k], v)
			}
		}
	})
}

func TestMembersEndWhenToldTo(t *testing.T) {
	var s Skimmer
	var names []string
	if s.Members([]byte(`{"a":1,"b":2,"c":3}`), func(name, _ []byte) bool {
		names = append(names, string(name))
		return string(name) != "b"
	}) {
		t.Error("ended early, and said to be whole")
	}
	if strings.Join(names, " ") != "a b" {
		t.Errorf("got %v", names)
	}
}
