package render

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"parry"
)

// Response writes one response whole: the finding, the plan, the decision, and every step with AWS's request ids.
func (s Style) Response(w io.Writer, r parry.Response, records []parry.Record) {
	fmt.Fprintf(w, "%s  %s\n\n", s.bold(r.ID), s.State(r.State))
	s.Finding(w, r.Finding)
	fmt.Fprintln(w)
	if r.Plan.Playbook != "" {
		s.Plan(w, r.Plan)
		s.Decision(w, r.Decided)
		if r.Plan.Digest != "" {
			fmt.Fprintf(w, "  %s\n", s.dim(r.Plan.Digest))
		}
	}
	s.Asked(w, r)
	if r.By != "" && !r.Times.Applied.IsZero() {
		fmt.Fprintf(w, "  approved by %s\n", Clean(r.By))
	}
	s.Outcome(w, r)
	if r.Seen > 0 {
		fmt.Fprintf(w, "  seen again %d time%s, last %s\n", r.Seen, plural(r.Seen), r.SeenAt.UTC().Format("2006-01-02 15:04:05Z"))
	}
	fmt.Fprintf(w, "  %s\n\n", s.dim(fmt.Sprintf("time to detect %s, time to respond %s", Duration(r.Times.TimeToDetect()), Duration(r.Times.TimeToRespond()))))
	for _, rec := range records {
		s.record(w, rec)
	}
}

// Asked writes who is asked, and who has said what.
func (s Style) Asked(w io.Writer, r parry.Response) {
	if r.Ordered != "" {
		fmt.Fprintf(w, "  asked for with the custom action %q of Security Hub, which does not say by whom\n", Clean(r.Ordered))
	}
	if r.AskedBy != "" {
		fmt.Fprintf(w, "  asked for by %s\n", Clean(r.AskedBy))
	}
	if r.State == parry.Waiting && r.Asked != nil {
		fmt.Fprintf(w, "  waits for the yes of %s\n", Clean(r.Asked.String()))
	}
	for _, v := range r.Votes {
		word := "yes"
		if !v.Yes {
			word = "no"
		}
		fmt.Fprintf(w, "  %s: %s", word, Clean(v.By))
		if v.Comment != "" {
			fmt.Fprintf(w, ": %s", Clean(v.Comment))
		}
		fmt.Fprintf(w, " %s\n", s.dim(v.At.UTC().Format("2006-01-02 15:04Z")))
	}
	if r.Halted != "" {
		fmt.Fprintf(w, "  %s\n", s.yellow("stands still: "+Clean(r.Halted)))
	}
	if r.State == parry.Done && r.Answer.For > 0 && !r.Wake.IsZero() {
		fmt.Fprintf(w, "  is taken back by itself at %s\n", r.Wake.UTC().Format("2006-01-02 15:04Z"))
	}
}

func (s Style) record(w io.Writer, rec parry.Record) {
	fmt.Fprintf(w, "  %3d  %s  %-9s %s\n", rec.Seq, s.dim(rec.At.UTC().Format("2006-01-02 15:04:05.000Z")), rec.Kind, Clean(rec.Text))
	if rec.Kind != "call" || rec.Call == nil {
		return
	}
	c := rec.Call
	detail := fmt.Sprintf("%s in %s %s", Clean(c.Change), c.Call.Account, c.Call.Region)
	if c.Principal != "" {
		detail += " as " + Clean(c.Principal)
	}
	if c.Attempts > 1 {
		detail += fmt.Sprintf(", %d attempts", c.Attempts)
	}
	fmt.Fprintf(w, "       %s\n", s.dim(detail+", "+Duration(c.Took.Round(time.Millisecond))))
}

// List writes responses as a table, newest first.
func (s Style) List(w io.Writer, all []parry.Response) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "RESPONSE\tSTATE\tPLAYBOOK\tTARGET\tACCOUNT\tRECEIVED")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.State, orDash(r.Answer.Playbook), Clean(orDash(r.Target.ID)), Clean(orDash(r.Finding.Cloud.Account.UID)), r.Times.Received.UTC().Format("2006-01-02 15:04Z"))
	}
	_ = t.Flush()
}

// Reversal writes what undoing would do.
func (s Style) Reversal(w io.Writer, v parry.Reversal) {
	r := v.Response
	fmt.Fprintf(w, "undo of %s: %s on %s in account %s\n", s.bold(r.ID), s.bold(r.Answer.Playbook), s.bold(Clean(r.Target.String())), Clean(r.Target.Account))
	for _, st := range v.Steps {
		fmt.Fprintf(w, "\n  %s %s\n", s.yellow("~"), s.bold(Clean(st.Change)))
		for _, c := range st.Calls {
			fmt.Fprintf(w, "      %s\n", s.call(r.Plan, c))
		}
		fmt.Fprintf(w, "      %s %s %s\n", s.red(value(st.From)), s.dim("→"), s.green(value(st.To)))
	}
	for _, k := range v.Kept {
		fmt.Fprintf(w, "  %s %s\n", s.dim("stays:"), Clean(k))
	}
	for _, l := range v.Left {
		fmt.Fprintf(w, "  %s %s\n", s.dim("not named, stays:"), Clean(l))
	}
	if v.Wanted != "" {
		fmt.Fprintf(w, "  %s %s\n", s.red("wanted:"), Clean(v.Wanted))
	}
	for _, c := range v.Conflicts {
		fmt.Fprintf(w, "  %s %s\n", s.red("conflict:"), Clean(c))
	}
	if len(v.Steps)+len(v.Conflicts)+len(v.Left) == 0 {
		fmt.Fprintf(w, "  %s\n", s.green("everything is as it was before"))
	}
}

// Times writes the closing table: how long each response took.
func (s Style) Times(w io.Writer, all []parry.Response) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "FINDING\tPLAYBOOK\tTIER\tOUTCOME\tTO DETECT\tTO RESPOND")
	for _, r := range all {
		tier := r.Decided.Tier.String()
		if r.Plan.Playbook == "" {
			tier = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", Clean(r.Finding.Type()), orDash(r.Answer.Playbook), tier, r.State,
			Duration(r.Times.TimeToDetect()), Duration(r.Times.TimeToRespond()))
	}
	_ = t.Flush()
}

// Indent shifts a block of text to the right.
func Indent(text, by string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
