package cases_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"parry/internal/cases"
)

// load loads a playbook's folder with one case, whose own stages.yaml and the one beside it have the given texts.
func load(own, beside string) ([]cases.Case, error) {
	text := "What it shows.\n-- event.json --\n{}\n"
	if own != "" {
		text += "-- stages.yaml --\n" + own
	}
	fsys := fstest.MapFS{"p/cases/a.txtar": {Data: []byte(text)}}
	if beside != "" {
		fsys["p/cases/stages.yaml"] = &fstest.MapFile{Data: []byte(beside)}
	}
	return cases.Load(fsys, ".", "playbooks")
}

func TestStages(t *testing.T) {
	for name, tc := range map[string]struct {
		own, beside             string
		twin, moto, enforcement string // why not; empty where it runs
	}{
		"everywhere":              {},
		"a case's own":            {own: "not_on: {twin: no KMS}\n", twin: "no KMS"},
		"all of a playbook's":     {beside: "not_on: {moto: it lies}\n", moto: "it lies", enforcement: "it lies"},
		"the case's reason first": {own: "not_on: {twin: this}\n", beside: "not_on: {twin: that, enforcement: names}\n", twin: "this", enforcement: "names"},
		"enforcement alone":       {own: "not_on: {enforcement: names}\n", enforcement: "names"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := load(tc.own, tc.beside)
			if err != nil {
				t.Fatal(err)
			}
			for stage, want := range map[string]string{cases.OnTwin: tc.twin, cases.OnMoto: tc.moto, cases.OnEnforcing: tc.enforcement} {
				if why, ok := all[0].Runs(stage); why != want || ok != (want == "") {
					t.Errorf("%s: %v %q, want %q", stage, ok, why, want)
				}
			}
		})
	}
}

func TestStagesAreStrict(t *testing.T) {
	for name, tc := range map[string]struct{ own, beside, want string }{
		"a stage that there is not": {own: "not_on: {mto: x}\n", want: `p/cases/a.txtar stages.yaml:1:10: not_on has no field "mto": did you mean "moto"?`},
		"a field that there is not": {beside: "on: {moto: x}\n", want: `p/cases/stages.yaml:1:1: stages.yaml has no field "on"`},
		"no reason":                 {own: "not_on: {moto: \"\"}\n", want: "why does it not run on moto?"},
		"a reason that is no text":  {own: "not_on: {moto: true}\n", want: "moto"},
		"nowhere":                   {own: "not_on: {moto: x, twin: y}\n", want: "would run nowhere"},
		"nowhere, by both":          {own: "not_on: {moto: x}\n", beside: "not_on: {twin: y}\n", want: "playbooks/p/cases/a.txtar: by its own stages.yaml and the one beside it the case would run nowhere"},
		"nothing":                   {own: "{}\n", want: "it says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(tc.own, tc.beside); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}
