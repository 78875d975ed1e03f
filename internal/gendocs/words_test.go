package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAPatternInWords(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{`{"detail":{"type":["A",{"prefix":"B"}]},"source":["aws.x"]}`, "- `source` is `aws.x`\n- `detail.type` is `A`, or begins with `B`\n"},
		{`{"a":[{"suffix":"z"}]}`, "- `a` ends with `z`\n"},
		{`{"a":[{"prefix":{"equals-ignore-case":"z"}}]}`, "- `a` begins with `z` in capitals or not\n"},
		{`{"a":[{"equals-ignore-case":"z"}]}`, "- `a` is `z` in capitals or not\n"},
		{`{"a":[{"wildcard":"x*"}]}`, "- `a` looks like `x*`\n"},
		{`{"a":[{"cidr":"10.0.0.0/8"}]}`, "- `a` is an address in `10.0.0.0/8`\n"},
		{`{"a":[{"exists":true}],"b":[{"exists":false}]}`, "- `a` is there\n- `b` is not there\n"},
		{`{"a":[{"numeric":[">=",4,"<",7.5]}]}`, "- `a` is a number `>= 4` and `< 7.5`\n"},
		{`{"a":[{"anything-but":["x","y"]}]}`, "- `a` is anything but `x` or `y`\n"},
		{`{"a":[{"anything-but":"x"}]}`, "- `a` is anything but `x`\n"},
		{`{"a":[{"anything-but":{"prefix":["x","y"]}}]}`, "- `a` is there, and is not one that begins with `x` or begins with `y`\n"},
		{`{"a":[null,true]}`, "- `a` is null or `true`\n"},
		{`{"d":{"$or":[{"a":["1"]},{"b":["2"],"c":["3"]}]}}`, "- one of these holds:\n  - either\n    - `d.a` is `1`\n  - or\n    - `d.b` is `2`\n    - `d.c` is `3`\n"},
	} {
		got, err := inWords(json.RawMessage(c.pattern))
		if err != nil || got != c.want {
			t.Errorf("%s:\n%s%v\nwant\n%s", c.pattern, got, err, c.want)
		}
	}
	if _, err := inWords(json.RawMessage(`{"a":[{"sounds-like":"x"}]}`)); err == nil {
		t.Error("an operator that nobody knows has words")
	}
	long := `{"a":["` + strings.Repeat(`x","`, 19) + `x"]}`
	if got, err := inWords(json.RawMessage(long)); err != nil || !strings.Contains(got, "or one of 8 more") {
		t.Errorf("%s%v", got, err)
	}
}
