package backtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"parry/internal/render"
)

// most of each list that people are shown; the JSON has more.
const mostShown = 5

// WriteText writes the report for people: what was read, a table of the rules, why less is done than they ask for, and the noise.
func (r Report) WriteText(w io.Writer) error {
	t := &text{w: w}
	t.head(r)
	t.rules(r)
	t.details(r)
	t.noise(r)
	return t.err
}

// text writes until the first error.
type text struct {
	w   io.Writer
	err error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *text) head(r Report) {
	if r.Partial != "" {
		t.line("PARTIAL: %s; this is what was read so far.", r.Partial)
	}
	period := ""
	if !r.From.IsZero() {
		period = fmt.Sprintf(", %s to %s", r.From.UTC().Format(time.DateTime), r.To.UTC().Format(time.DateTime))
	}
	passed := ""
	if r.PassedOver > 0 {
		passed = fmt.Sprintf(" (%d passed over, by their names)", r.PassedOver)
	}
	t.line("%s in %s%s%s", counted(r.Events, "event"), counted(r.Files, "file"), passed, period)
	t.counts("no rule wants", r.Unwanted)
	t.counts("wanted by a rule, and of no kind that is read", r.NotFindings)
	t.counts("ask for nothing", r.Quiet)
	t.counts("no rule answers, as no condition holds", r.Unanswered)
	if r.Unreadable.N > 0 {
		t.line("  %d cannot be read", r.Unreadable.N)
		for _, f := range r.Unreadable.First {
			if f.Place != "" {
				f.Why = f.Place + ": " + f.Why
			}
			t.line("      %s", render.Clean(f.Why))
		}
		if more := r.Unreadable.N - len(r.Unreadable.First); more > 0 {
			t.line("      and %d more", more)
		}
	}
	t.line("")
}

// counts is a number with the most frequent of what it counts.
func (t *text) counts(what string, c Counts) {
	if c.N == 0 {
		return
	}
	t.line("  %d %s", c.N, what)
	shown := 0
	for _, k := range c.Most[:min(mostShown, len(c.Most))] {
		t.line("      %s  %s", k.number(), render.Clean(k.What))
		shown += k.N
	}
	if c.N > shown {
		t.line("      %d  others", c.N-shown)
	}
}

// number is a count as people read it: with what it may be too high by.
func (c Count) number() string {
	if c.Over > 0 {
		return fmt.Sprintf("%d to %d", c.N-c.Over, c.N)
	}
	return fmt.Sprint(c.N)
}

func (d Distinct) String() string { return atLeast(d.N, d.AtLeast) }

func atLeast(n int, more bool) string {
	if more {
		return fmt.Sprintf("≥%d", n)
	}
	return fmt.Sprint(n)
}

// rules is the table of the rules that matched.
func (t *text) rules(r Report) {
	var silent []string
	table := tabwriter.NewWriter(writer{t}, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tMATCHES\tFINDINGS\tTARGETS\tA DAY\tBUSIEST HOUR\tAUTO\tAPPROVE\tALERT\tCHANGES\tNOTHING\tNO PLAN")
	for _, rule := range r.Rules {
		if rule.Matched == 0 && rule.Misses.N == 0 {
			silent = append(silent, rule.Name)
			continue
		}
		changes, nothing := fmt.Sprint(rule.Plans.Changes), fmt.Sprint(rule.Plans.Nothing+rule.Plans.Gone)
		if r.State == "none" {
			changes, nothing = "-", "-"
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%.1f\t%s\t%d\t%d\t%d\t%s\t%s\t%d\n", rule.Name, rule.Matched, rule.Findings, rule.Targets, rule.PerDay,
			rule.Busiest.text(), rule.Tiers.Auto, rule.Tiers.Approve, rule.Tiers.Alert, changes, nothing, rule.Plans.Refused+rule.Plans.NotMade.N)
	}
	if len(silent) == len(r.Rules) {
		t.line("No rule matched.")
		return
	}
	_ = table.Flush() // its error is the writer's, which is kept
	if r.State == "none" {
		t.line("No state is given, so no plans are made; NO PLAN is how many would be. The tiers are the boldest that the\nplaybooks' risk allows. --state, --answers or --live gives a state.")
	}
	if len(silent) > 0 {
		more := ""
		if len(silent) > 20 {
			silent, more = silent[:20], ", ..."
		}
		t.line("%s matched nothing: %s%s", counted(len(r.Rules)-matching(r), "rule"), strings.Join(silent, ", "), more)
	}
	t.line("")
}

// matching counts the rules that matched, or would have but for their condition.
func matching(r Report) (n int) {
	for _, rule := range r.Rules {
		if rule.Matched > 0 || rule.Misses.N > 0 {
			n++
		}
	}
	return n
}

func (p Peak) text() string {
	if p.N == 0 {
		return "-"
	}
	return atLeast(p.N, p.AtLeast) + " at " + p.From.Format("2006-01-02 15:04")
}

// details are, rule by rule, what the table has no room for.
func (t *text) details(r Report) {
	observing := 0
	for _, rule := range r.Rules {
		if rule.Matched == 0 && rule.Misses.N == 0 {
			continue
		}
		if rule.Observes {
			observing++
		}
		said := &strings.Builder{}
		(&text{w: said}).detail(r, rule)
		if said.Len() > 0 {
			t.line("%s\n%s", rule.Name, said)
		}
	}
	if observing > 0 {
		t.line("%s: what is told here is what would be done if the mode were act.\n", observe(observing))
	}
}

func observe(n int) string {
	if n == 1 {
		return "1 rule observes"
	}
	return fmt.Sprintf("%d rules observe", n)
}

func (t *text) detail(r Report, rule Rule) {
	t.counts("times its condition did not hold", rule.Misses)
	t.counts("without a target", rule.NoTarget)
	t.counts("out of its scope", rule.OutOfScope)
	t.counts("lowered", rule.Lowered)
	if rule.Plans.Refused > 0 {
		t.line("  %d refused by the playbook", rule.Plans.Refused)
	}
	if rule.Plans.Gone > 0 {
		t.line("  %d for a target that is gone", rule.Plans.Gone)
	}
	if r.State != "none" {
		t.counts("without a plan", rule.Plans.NotMade)
	}
	for _, op := range slices.Sorted(maps.Keys(rule.Operations)) {
		t.line("  %d × %s", rule.Operations[op], op)
	}
	t.budget(rule.Budget)
}

func (t *text) budget(b Budget) {
	if b.Most.N == 0 {
		return
	}
	t.line("  applied by itself %s; most in one hour %s, in one account %s in %s", counted(b.Applied, "time"), b.Most.text(), b.MostInAccount.text(), b.MostInAccount.Account)
	if limits := b.Limits.Summary(); limits != "" {
		t.line("  limits (%s) made it ask %s", limits, counted(b.Hits, "time"))
	}
}

func (t *text) noise(r Report) {
	if len(r.Noise.Rules) > 0 {
		t.line("The noisiest rules, by matches for each target")
		for _, n := range r.Noise.Rules {
			t.line("  %.1f  %s", n.PerTarget, n.Rule)
		}
	}
	if len(r.Noise.Targets) > 0 && r.Noise.Targets[0].N > 1 {
		t.line("The noisiest targets, by matches")
		for _, n := range r.Noise.Targets {
			t.line("  %s  %s", n.number(), render.Clean(n.What))
		}
	}
}

// writer hands a table's bytes to a text.
type writer struct{ t *text }

func (w writer) Write(p []byte) (int, error) {
	if w.t.err != nil {
		return 0, w.t.err
	}
	var n int
	n, w.t.err = w.t.w.Write(p)
	return n, w.t.err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
