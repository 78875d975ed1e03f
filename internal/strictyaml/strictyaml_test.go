package strictyaml_test

import (
	"strings"
	"testing"

	"parry/internal/strictyaml"
)

func TestErrorsNameTheirPlace(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"syntax":    {"a: [1\nb: 2", "f.yaml:"},
		"duplicate": {"a: 1\na: 2", "f.yaml:2:1"},
		"anchor":    {"a: &x 1\nb: *x", "f.yaml:1:"},
		"two":       {"a: 1\n---\nb: 2", "one YAML document"},
		"empty":     {"", "f.yaml:1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := strictyaml.Parse("f.yaml", []byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestUnknownFieldsAreSuggested(t *testing.T) {
	n, err := strictyaml.Parse("f.yaml", []byte("name: x\n  \nsumary: y\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = n.Only("a thing", "name", "summary")
	if err == nil || err.Error() != `f.yaml:3:1: a thing has no field "sumary": did you mean "summary"?` {
		t.Error(err)
	}
}

func TestWithinFindsThePlaceInsideAText(t *testing.T) {
	for name, tc := range map[string]struct {
		text      string
		line, col int
	}{
		"plain":  {"a: ${one.two}", 1, 10},
		"quoted": {"a: \"${one.two}\"", 1, 11},
		"folded": {"a: >-\n  ${one.two}", 2, 9},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := strictyaml.Parse("f", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			at := n.Get("a").Within("one.two", 1, 4)
			if at.Line != tc.line || at.Col != tc.col {
				t.Errorf("%d:%d", at.Line, at.Col)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: 1\nb: [x, {c: d}]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := strictyaml.Parse("f", b)
		if err == nil {
			_ = n.Any()
		}
	})
}
