package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"parry/internal/numbers"
	"parry/internal/render"
	"parry/internal/telemetry"
)

// table writes rows of section, group, key, metric and value: one number a row, so that a sheet can pivot it.
type table struct {
	w   *csv.Writer
	err error
}

// writeCSV writes all numbers as one table. Times are in seconds.
func writeCSV(w io.Writer, n numbers.Numbers) error {
	t := &table{w: csv.NewWriter(w)}
	t.row("section", "group", "key", "metric", "value")
	t.time("report", "", "", "since", n.Since)
	t.time("report", "", "", "until", n.Until)
	t.time("report", "", "", "at", n.At)
	t.number("responses", "all", "", "responses", n.Responses)
	for _, g := range []struct {
		group string
		list  []numbers.Count
	}{
		{"tier", n.ByTier}, {"state", n.ByState}, {"outcome", n.ByOutcome}, {"rule", n.ByRule}, {"account", n.ByAccount}, {"playbook", n.ByPlaybook}, {"finding type", n.Findings},
	} {
		t.counts("responses", g.group, "responses", g.list)
	}
	t.days("day", n.ByDay)
	t.days("month", n.ByMonth)
	t.timings("all", []numbers.Timing{n.Times.All})
	t.timings("rule", n.Times.ByRule)
	t.timings("account", n.Times.ByAccount)
	t.timings("day", n.Times.ByDay)
	t.timings("week", n.Times.ByWeek)
	t.timings("month", n.Times.ByMonth)
	t.acted(n.Acted)
	t.number("noise", "all", "", "seen again", n.Noise.SeenAgain)
	for _, r := range n.Noise.ByRule {
		t.number("noise", "rule", r.Rule, "responses", r.Responses)
		t.number("noise", "rule", r.Rule, "seen again", r.SeenAgain)
		t.number("noise", "rule", r.Rule, "told", r.Told)
		t.number("noise", "rule", r.Rule, "nothing to do", r.Nothing)
	}
	for _, e := range n.Exemptions {
		t.row("exemptions", e.Rule, e.What, "state", e.State)
		t.row("exemptions", e.Rule, e.What, "end", e.End)
		t.row("exemptions", e.Rule, e.What, "owner", e.Owner)
		t.row("exemptions", e.Rule, e.What, "reason", e.Reason)
	}
	t.audit(n.Audit)
	for _, c := range n.Coverage {
		for _, m := range []struct {
			metric string
			value  int
		}{{"items", c.Items}, {"auto", c.Auto}, {"approve", c.Approve}, {"alert", c.Alert}, {"none", c.None}} {
			t.number("coverage", c.Area, c.Group, m.metric, m.value)
		}
	}
	t.w.Flush()
	if t.err == nil {
		t.err = t.w.Error()
	}
	return t.err
}

func (t *table) row(cells ...string) {
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	if t.err == nil {
		t.err = t.w.Write(cells)
	}
}

// harmless is a cell that no spreadsheet takes for a formula. Source: "CSV Injection", OWASP: such a cell gets a quote in front.
func harmless(cell string) string {
	cell = render.Clean(cell)
	if trimmed := strings.TrimLeft(cell, " "); trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}

func (t *table) number(section, group, key, metric string, n int) {
	t.row(section, group, key, metric, strconv.Itoa(n))
}

func (t *table) time(section, group, key, metric string, at time.Time) {
	if !at.IsZero() {
		t.row(section, group, key, metric, at.UTC().Format(time.RFC3339))
	}
}

func (t *table) counts(section, group, metric string, list []numbers.Count) {
	for _, c := range list {
		t.number(section, group, c.Key, metric, c.Count)
	}
}

func (t *table) days(group string, days []numbers.Day) {
	for _, d := range days {
		t.number("responses", group, d.Key, "responses", d.Count)
		for _, o := range numbers.Outcomes() {
			if d.Outcomes[o] > 0 {
				t.number("responses", group, d.Key, o, d.Outcomes[o])
			}
		}
	}
}

func (t *table) timings(group string, list []numbers.Timing) {
	for _, one := range list {
		t.spread("time to detect", group, one.Key, one.Detect)
		t.spread("time to respond", group, one.Key, one.Respond)
	}
}

func (t *table) spread(section, group, key string, s telemetry.Spread) {
	t.number(section, group, key, "known", s.Known)
	if s.Known > 0 {
		t.row(section, group, key, "median seconds", fmt.Sprint(s.Median.Seconds()))
		t.row(section, group, key, "p95 seconds", fmt.Sprint(s.P95.Seconds()))
	}
}

func (t *table) acted(a numbers.Acted) {
	for _, m := range actions(a) {
		t.number("decisions", "all", "", m.Key, m.Count)
	}
	t.counts("decisions", "person", "yes", a.ApprovedBy)
	t.counts("decisions", "person", "no", a.RejectedBy)
}

// actions are the sums of who said what, in the order of a page.
func actions(a numbers.Acted) []numbers.Count {
	return []numbers.Count{
		{Key: "done automatically", Count: a.Automatic}, {Key: "approved by people", Count: a.Approved}, {Key: "waiting for approval", Count: a.Waiting},
		{Key: "rejected", Count: a.Rejected}, {Key: "expired", Count: a.Expired}, {Key: "undone", Count: a.Undone}, {Key: "failed", Count: a.Failed},
	}
}

func (t *table) audit(a numbers.Audit) {
	t.row("record", "", "", "note", a.Note)
	t.number("record", "", "", "checkpoints", a.Checkpoints)
	t.row("record", "", "", "log length", strconv.FormatInt(a.Length, 10))
	t.row("record", "", "", "verified", strconv.FormatBool(a.Verified))
	if a.Verified {
		t.row("record", "", "", "unchanged", strconv.FormatBool(a.OK))
		t.row("record", "", "", "covered", strconv.FormatInt(a.Covered, 10))
		t.time("record", "", "", "checkpoint", a.At)
		t.number("record", "", "", "faults", a.Faults)
	}
}
