package ocsfcheck_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parry/internal/ocsfcheck"
)

const valid = `{"activity_id":1,"activity_name":"Create","category_uid":2,"class_uid":2004,"type_uid":200401,"severity_id":4,"severity":"High",
	"time":1772359200000,"metadata":{"version":"1.8.0","profiles":["cloud"],"product":{"name":"P"}},"cloud":{"provider":"AWS"},
	"finding_info":{"uid":"f-1"}}`

// The judges pass what is valid and name what is not: a judge that never objects shows nothing.
func TestTheJudgesJudge(t *testing.T) {
	checker := ocsfcheck.Need(t)
	cases := []struct{ name, from, to, want string }{
		{"valid", "", "", ""},
		{"required", `"time":1772359200000,`, "", "'time' is a required property"},
		{"required by the profile", `,"cloud":{"provider":"AWS"}`, "", "'cloud' is a required property"},
		{"not in the class", `"finding_info"`, `"finding_info_list":[],"finding_info"`, "finding_info_list"},
		{"not in an object", `"uid":"f-1"`, `"uid":"f-1","id":1`, "'id' was unexpected"},
		{"type", `1772359200000`, `"now"`, "is not of type 'integer'"},
		{"enumeration", `"severity_id":4,"severity":"High"`, `"severity_id":7`, "7 is not one of"},
		{"at least one of", `{"name":"P"}`, `{"vendor_name":"V"}`, "is not valid under any of the given schemas"},
		{"name beside an id", `"High"`, `"Low"`, "Inconsistent severity_id=4"},
		{"type_uid", `200401`, `200402`, "type_uid must be 200401"},
		{"class", `"class_uid":2004`, `"class_uid":2999`, "No class found"},
		{"version", `1.8.0`, `1.0.0`, "metadata.version"},
	}
	var objects []map[string]any
	for _, c := range cases {
		text := valid
		if c.from != "" {
			text = strings.Replace(valid, c.from, c.to, 1)
		}
		var o map[string]any
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		objects = append(objects, o)
	}
	verdicts, err := checker.Faults(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		found := slices.ContainsFunc(verdicts[i], func(f string) bool { return strings.Contains(f, c.want) })
		if c.want == "" && len(verdicts[i]) > 0 || c.want != "" && !found {
			t.Errorf("%s: %q, want %q", c.name, verdicts[i], c.want)
		}
	}
}
