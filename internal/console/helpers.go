package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"parry"
)

// helpers are what templates may call.
func helpers() template.FuncMap {
	return template.FuncMap{
		"when": func(t time.Time) string {
			if t.IsZero() {
				return "–"
			}
			return t.UTC().Format("2006-01-02 15:04:05Z")
		},
		"iso":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"span": span,
		"ago": func(now, t time.Time) string {
			if t.IsZero() {
				return "–"
			}
			return span(now.Sub(t)) + " ago"
		},
		"left": func(now, t time.Time) string {
			switch d := t.Sub(now); {
			case t.IsZero():
				return "no time limit"
			case d <= 0:
				return "time is over"
			default:
				return span(d) + " left"
			}
		},
		"soon":   func(now, t time.Time) bool { return !t.IsZero() && t.Sub(now) < 15*time.Minute },
		"json":   pretty,
		"value":  brief,
		"diff":   differences,
		"inline": inline,
		"plural": func(n int, one, many string) string {
			return fmt.Sprintf("%d %s", n, map[bool]string{true: one, false: many}[n == 1])
		},
		"join":     strings.Join,
		"tone":     tone,
		"severity": func(s string) string { return "sev-" + plain(s) },
		"words":    func(s string) string { return strings.ReplaceAll(s, "-", " ") },
		"decile":   func(percent int) int { return percent / 10 },
		"tiers":    func() []string { return []string{"auto", "approve", "alert"} },
		"inputs":   inputs,
		"callview": func(op string, in []input) undoView { return undoView{op, in} },
		"fromto":   func(from, to any) parry.Change { return parry.Change{State: from, After: to} },
		"took":     func(d time.Duration) string { return d.Round(time.Millisecond).String() },
	}
}

// plain is a word that can be a class: letters only.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// span is a time for people, with two units at the most.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// tone is how a state is coloured: by what it asks of the reader.
func tone(s parry.State) string {
	switch s {
	case parry.Done, parry.Undone, parry.Nothing:
		return "good"
	case parry.Failed, parry.Unreadable:
		return "bad"
	case parry.Waiting:
		return "ask"
	case parry.Approved, parry.Applying, parry.Verifying, parry.Undoing:
		return "busy"
	}
	return "calm"
}

// pretty is JSON over several lines, also where it is the text of a string, as policies and documents are.
func pretty(v any) string {
	var b bytes.Buffer
	if s, ok := v.(string); ok {
		if t := strings.TrimSpace(s); strings.HasPrefix(t, "{") && json.Indent(&b, []byte(t), "", "  ") == nil {
			return b.String()
		}
		return s
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimRight(b.String(), "\n")
}

// briefAtMost is how long a value may be to be shown on one line.
const briefAtMost = 120

// brief is a value on one line: what comes later in words.
func brief(v any) string {
	if ref, ok := parry.AfterOf(v); ok {
		return "(known after apply: " + ref + ")"
	}
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		if v == "" {
			return `""`
		}
		return v
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// inline tells whether two values are best shown on one line, the one after the other.
func inline(before, after any) bool {
	return len(brief(before)) <= briefAtMost && len(brief(after)) <= briefAtMost
}

// diffLine is one line of a difference, with its sign: "+", "-", or " ".
type diffLine struct{ Sign, Text string }

// differences are the lines in which two values differ, with a few round them.
func differences(before, after any) []diffLine {
	text := diff.Diff("before", []byte(pretty(before)+"\n"), "after", []byte(pretty(after)+"\n"))
	var all []diffLine
	for n, l := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		switch {
		case n < 3 || l == "": // its head
		case strings.HasPrefix(l, "@@"):
			if len(all) > 0 {
				all = append(all, diffLine{"…", ""})
			}
		default:
			all = append(all, diffLine{l[:1], l[1:]})
		}
	}
	return all
}
