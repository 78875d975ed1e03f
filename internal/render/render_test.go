package render_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"parry"
	"parry/internal/render"
)

// FuzzClean: whatever a name or a tag holds, nothing reaches the terminal that could steer it or turn text round.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred", "a\u202eb", "\x00\x7f\u009b", "line\nbreak", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range render.Clean(s) {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%q leaves %U", s, r)
			}
		}
	})
}

func TestPlanShowsForeignTextAsData(t *testing.T) {
	var b bytes.Buffer
	render.Style{}.Plan(&b, parry.Plan{Playbook: "p", Target: parry.Target{Type: "T", ID: "\x1b[2Jgone"}, Refusals: []string{"because of \x1b]0;title"}, Changes: []parry.Change{{
		Name: "c[\x1b]", Call: parry.Call{Op: "x:Y", Input: map[string]any{"Name": "\x1b[31m", "Later": parry.After("a", "Id")}}, State: "\x1b", After: []any{"\x07", nil},
	}}})
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("%q", b.String())
	}
	if !strings.Contains(b.String(), "(known after apply: a.Id)") {
		t.Error(b.String())
	}
}

func TestPublicationsShowForeignTextAsData(t *testing.T) {
	var b bytes.Buffer
	render.Style{}.Publications(&b, []render.Publication{
		{Severity: "HIGH", Type: "t\x1b[2J", Resource: "arn:" + strings.Repeat("x", 100) + "-end", Place: "1/r", Batch: "1"},
		{Type: "u", Why: "because of \x1b]0;title"},
	})
	out := b.String()
	if strings.ContainsAny(out, "\x1b\x07") || !strings.Contains(out, "…") || !strings.Contains(out, "-end  1/r             1\n") {
		t.Errorf("%q", out)
	}
	if !strings.Contains(out, "not published: u: because of") {
		t.Error(out)
	}
}
