package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"parry"
)

// Finding writes what is wrong, where, and since when.
func (s Style) Finding(w io.Writer, f parry.Finding) {
	fmt.Fprintf(w, "%s  %s\n", s.bold(Clean(f.Type())), s.severity(f.Severity))
	if f.Info.Title != "" && f.Info.Title != f.Type() {
		fmt.Fprintf(w, "  %s\n", Clean(f.Info.Title))
	}
	fmt.Fprintf(w, "  %s\n", s.dim(fmt.Sprintf("%s, account %s, %s", Clean(f.Metadata.Product.Name), Clean(f.Cloud.Account.UID), Clean(orDash(f.Cloud.Region)))))
}

func (s Style) severity(v string) string {
	switch v {
	case "Critical", "High":
		return s.red(v)
	case "Medium":
		return s.yellow(v)
	}
	return s.dim(v)
}

func orDash(v string) string {
	if v == "" {
		return "-"
	}
	return v
}

// Plan writes the calls that would be made, and what each changes.
func (s Style) Plan(w io.Writer, p parry.Plan) {
	fmt.Fprintf(w, "%s on %s in account %s, %s\n", s.bold(p.Playbook), s.bold(Clean(p.Target.String())), Clean(p.Target.Account), Clean(orDash(p.Target.Region)))
	fmt.Fprintf(w, "  %s\n", p.Summary)
	for _, r := range p.Refusals {
		fmt.Fprintf(w, "  %s %s\n", s.red("refused:"), Clean(r))
	}
	if p.Gone != "" {
		fmt.Fprintf(w, "  %s %s\n", s.green("gone:"), Clean(p.Gone))
		return
	}
	if p.Empty() {
		if len(p.Refusals) == 0 {
			fmt.Fprintf(w, "  %s\n", s.green("nothing to do: everything is as it should be"))
		}
		return
	}
	if p.Breaks != "" {
		fmt.Fprintf(w, "  %s %s\n", s.yellow("breaks:"), p.Breaks)
	}
	for _, c := range p.Changes {
		s.change(w, p, c)
	}
	fmt.Fprintf(w, "\n  %s\n", s.bold(Count(p)))
}

func (s Style) change(w io.Writer, p parry.Plan, c parry.Change) {
	fmt.Fprintf(w, "\n  %s %s", s.yellow("~"), s.bold(Clean(c.Name)))
	if c.Why != "" {
		fmt.Fprintf(w, "  %s", s.dim("("+Clean(c.Why)+")"))
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "      %s\n", s.call(p, c.Call))
	if c.State != nil || c.After != nil {
		after := "-"
		if c.After != nil {
			after = value(c.After)
		}
		if c.After != nil {
			fmt.Fprintf(w, "      %s %s %s\n", s.red(value(c.State)), s.dim("→"), s.green(after))
		}
	}
	switch {
	case c.Irreversible != "":
		fmt.Fprintf(w, "      %s %s\n", s.red("cannot be undone:"), c.Irreversible)
	case c.Kept != "":
		fmt.Fprintf(w, "      %s\n", s.dim("kept by undo: "+c.Kept))
	case c.RestoredBy != "":
		fmt.Fprintf(w, "      %s\n", s.dim("undone with "+Clean(c.RestoredBy)))
	default:
		for _, u := range c.Undo {
			fmt.Fprintf(w, "      %s\n", s.dim("undo: "+s.plainCall(p, u)))
		}
	}
}

// call is a call in one line; its Region where that is not the target's.
func (s Style) call(p parry.Plan, c parry.Call) string {
	return s.cyan(c.Op) + strings.TrimPrefix(s.plainCall(p, c), c.Op)
}

func (s Style) plainCall(p parry.Plan, c parry.Call) string {
	line := c.Op
	for _, k := range slices.Sorted(maps.Keys(c.Input)) {
		line += " " + k + "=" + value(c.Input[k])
	}
	if c.Region != p.Target.Region {
		line += " in " + c.Region
	}
	return line
}

// The longest text that a plan shows whole, and what it shows of a longer one. IAM's policies are shorter; scripts are not.
const (
	shownWhole = 2500
	shownPart  = 200
)

// shortened is a text that is not too long to be read in a plan. What is left out is in the plan's JSON, and under its digest.
func shortened(s string) string {
	r := []rune(s)
	if len(r) <= shownWhole {
		return s
	}
	return fmt.Sprintf("%s… (%d characters in all)", string(r[:shownPart]), len(r))
}

// value is JSON for people: short texts bare, what comes later in words, nothing that could steer a terminal.
func value(v any) string {
	if ref, ok := parry.AfterOf(v); ok {
		return "(known after apply: " + Clean(ref) + ")"
	}
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		if v == "" {
			return `""`
		}
		return shortened(Clean(v))
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = value(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+value(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return Clean(fmt.Sprint(v))
	}
	return Clean(strings.TrimSpace(b.String()))
}

// Count is the plan in one sentence.
func Count(p parry.Plan) string {
	var back, kept, never int
	for _, c := range p.Changes {
		switch {
		case c.Irreversible != "":
			never++
		case c.Kept != "":
			kept++
		default:
			back++
		}
	}
	parts := []string{fmt.Sprintf("%d that undo takes back", back)}
	if kept > 0 {
		parts = append(parts, fmt.Sprintf("%d kept on purpose", kept))
	}
	if never > 0 {
		parts = append(parts, fmt.Sprintf("%d that cannot be undone", never))
	}
	return fmt.Sprintf("%d change%s: %s", len(p.Changes), plural(len(p.Changes)), strings.Join(parts, ", "))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// Decision writes the tier and every reason for it.
func (s Style) Decision(w io.Writer, d parry.Decision) {
	tier := d.Tier.String()
	switch d.Tier {
	case parry.TierAuto:
		tier = s.green(tier)
	case parry.TierApprove:
		tier = s.yellow(tier)
	default:
		tier = s.red(tier)
	}
	fmt.Fprintf(w, "  tier %s", tier)
	if len(d.Reasons) > 0 {
		fmt.Fprintf(w, ": %s", Clean(strings.Join(d.Reasons, "; ")))
	}
	fmt.Fprintln(w)
}

// Outcome writes where a response stands, and why.
func (s Style) Outcome(w io.Writer, r parry.Response) {
	fmt.Fprintf(w, "  %s", s.State(r.State))
	if r.Reason != "" {
		fmt.Fprintf(w, ": %s", Clean(r.Reason))
	}
	fmt.Fprintln(w)
}

// State colours a state by what it asks of the reader.
func (s Style) State(st parry.State) string {
	switch st {
	case parry.Done, parry.Undone, parry.Nothing:
		return s.green(string(st))
	case parry.Failed, parry.Unreadable:
		return s.red(string(st))
	}
	return s.yellow(string(st))
}

// Duration is a time span for people: 4s, 12m, 3h, 2d.
func Duration(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
