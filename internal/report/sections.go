package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"parry/internal/chart"
	"parry/internal/numbers"
	"parry/internal/telemetry"
)

// section is a part of the page and of the document, which show the same.
type section struct {
	ID, Title string
	Notes     []string
	Blocks    []block
}

// block is a table, with its picture where it has one.
type block struct {
	Title   string
	Picture chart.Picture
	Table   chart.Table
	More    int  // rows that are left out
	Folded  bool // the table only repeats the picture
}

// tile is a figure on top.
type tile struct{ Figure, Name, Note string }

// mostRows is how many rows a table has: the rest is in the CSV.
const mostRows = 30

func cut(title string, t chart.Table) block {
	b := block{Title: title, Table: t}
	if len(t.Rows) > mostRows {
		b.Table.Rows, b.More = t.Rows[:mostRows], len(t.Rows)-mostRows
	}
	return b
}

// pictured is a picture with its own table, where there is anything to see.
func pictured(title string, p chart.Picture) block {
	return block{Title: title, Picture: p, Table: p.Table, Folded: p.SVG != ""}
}

func period(n numbers.Numbers) string {
	from := n.Since.Format("2 January 2006")
	if n.Since.IsZero() || n.Since.Year() < 2000 {
		from = "the beginning"
	}
	return fmt.Sprintf("%s to %s", from, n.Until.Format("2 January 2006, 15:04 UTC"))
}

func tiles(n numbers.Numbers) []tile {
	respond, detect := n.Times.All.Respond, n.Times.All.Detect
	return []tile{
		{strconv.Itoa(n.Responses), "responses", "to what was heard of in this time"},
		{strconv.Itoa(n.Acted.Automatic), "done automatically", "a rule said yes"},
		{strconv.Itoa(n.Acted.Approved), "approved by people", fmt.Sprintf("%d rejected, %d expired", n.Acted.Rejected, n.Acted.Expired)},
		{strconv.Itoa(n.Acted.Waiting), "waiting for a yes", ""},
		{strconv.Itoa(n.Acted.Failed), "failed", fmt.Sprintf("%d undone", n.Acted.Undone)},
		{took(respond, respond.Median), "median time to respond", fmt.Sprintf("p95 %s, of %d", took(respond, respond.P95), respond.Known)},
		{took(detect, detect.Median), "median time to detect", fmt.Sprintf("p95 %s, of %d", took(detect, detect.P95), detect.Known)},
		{strconv.Itoa(n.Noise.SeenAgain), "seen again", "findings that came anew and asked for nothing new"},
	}
}

// took is a time for people; a dash where none is known.
func took(s telemetry.Spread, d time.Duration) string {
	if s.Known == 0 {
		return "-"
	}
	return chart.Seconds(d.Seconds())
}

func sections(n numbers.Numbers) []section {
	all := []section{responses(n), times(n), decisions(n), noise(n), findings(n), exemptions(n), record(n), coverage(n)}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.Blocks) == 0 && len(s.Notes) == 0 })
}

// parts are the outcomes as a picture tells them apart: no more than there are colours.
func parts() []struct {
	name string
	of   []string
} {
	return []struct {
		name string
		of   []string
	}{
		{"automatic", []string{numbers.Automatic}}, {"approved", []string{numbers.Approved}}, {"undone", []string{numbers.Undone}}, {"failed", []string{numbers.Failed}},
		{"rejected or expired", []string{numbers.Rejected, numbers.Expired}}, {"waiting or under way", []string{numbers.Waiting, numbers.UnderWay}},
		{"nothing to do", []string{numbers.Nothing}}, {"told", []string{numbers.Told, numbers.NoPlan}},
	}
}

// mostBars is how many days have a bar each; more are shown by month.
const mostBars = 92

func responses(n numbers.Numbers) section {
	s := section{ID: "responses", Title: "Responses"}
	if n.Responses == 0 {
		return s
	}
	days, by := n.ByDay, "Day"
	if len(days) > mostBars {
		days, by = n.ByMonth, "Month"
	}
	d := chart.Data{Title: "Responses by " + strings.ToLower(by) + " and outcome", Axis: by}
	for _, day := range days {
		d.Labels = append(d.Labels, day.Key)
	}
	for _, p := range parts() {
		one, sum := chart.Series{Name: p.name}, 0
		for _, day := range days {
			n := 0
			for _, o := range p.of {
				n += day.Outcomes[o]
			}
			one.Values = append(one.Values, float64(n))
			sum += n
		}
		if sum > 0 {
			d.Series = append(d.Series, one)
		}
	}
	s.Blocks = append(s.Blocks, pictured(d.Title, chart.Stacked(d)),
		counted("By outcome", "Outcome", n.ByOutcome, n.Responses), counted("By tier", "Tier", n.ByTier, n.Responses),
		barred("By rule", "Rule", n.ByRule), counted("By rule", "Rule", n.ByRule, n.Responses),
		counted("By account", "Account", n.ByAccount, n.Responses), counted("By playbook", "Playbook", n.ByPlaybook, n.Responses))
	if by != "Month" && len(n.ByMonth) > 1 {
		var months []numbers.Count
		for _, m := range n.ByMonth {
			months = append(months, numbers.Count{Key: m.Key, Count: m.Count})
		}
		s.Blocks = append(s.Blocks, counted("By month", "Month", months, n.Responses))
	}
	return s
}

// counted is a table of counts with their shares.
func counted(title, axis string, list []numbers.Count, all int) block {
	t := chart.Table{Head: []string{axis, "Responses", "Share"}}
	for _, c := range list {
		t.Rows = append(t.Rows, []string{c.Key, strconv.Itoa(c.Count), share(c.Count, all)})
	}
	return cut(title, t)
}

func share(n, all int) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100/float64(all))
}

// barred is a picture of the first of a list. Its table stands beside it, with all.
func barred(title, axis string, list []numbers.Count) block {
	const most = 12
	d := chart.Data{Title: title, Axis: axis, Series: []chart.Series{{Name: "Responses"}}}
	for _, c := range list[:min(len(list), most)] {
		d.Labels = append(d.Labels, c.Key)
		d.Series[0].Values = append(d.Series[0].Values, float64(c.Count))
	}
	return block{Title: title, Picture: chart.Bars(d)}
}

func times(n numbers.Numbers) section {
	s := section{ID: "times", Title: "How long it took", Notes: []string{
		"The time to detect is from when the trouble was first seen to when Parry heard of it; the time to respond from then to the verified end, with a person's time for a yes. " +
			"Only what is known counts. The median is what half of them do not exceed, p95 what 95 of 100 do not exceed."}}
	if n.Times.All.Respond.Known+n.Times.All.Detect.Known == 0 {
		s.Notes = append(s.Notes, "No time is known yet.")
		return s
	}
	list, by := n.Times.ByDay, "Day"
	switch {
	case len(list) > 2*mostBars:
		list, by = n.Times.ByMonth, "Month"
	case len(list) > mostBars/2:
		list, by = n.Times.ByWeek, "Week"
	}
	for _, t := range []struct {
		title string
		of    func(numbers.Timing) telemetry.Spread
	}{
		{"Time to respond", func(t numbers.Timing) telemetry.Spread { return t.Respond }},
		{"Time to detect", func(t numbers.Timing) telemetry.Spread { return t.Detect }},
	} {
		if p := trend(t.title+" by "+strings.ToLower(by), by, list, t.of); p.SVG != "" {
			s.Blocks = append(s.Blocks, pictured(t.title+" by "+strings.ToLower(by), p))
		}
	}
	s.Blocks = append(s.Blocks, timed("By rule", "Rule", n.Times.ByRule), timed("By account", "Account", n.Times.ByAccount), timed("By month", "Month", n.Times.ByMonth))
	return s
}

// trend draws the median and p95 over time.
func trend(title, axis string, list []numbers.Timing, of func(numbers.Timing) telemetry.Spread) chart.Picture {
	d := chart.Data{Title: title, Axis: axis, Unit: chart.Seconds, Series: []chart.Series{{Name: "median"}, {Name: "p95"}}}
	for _, t := range list {
		d.Labels = append(d.Labels, t.Key)
		median, p95 := math.NaN(), math.NaN()
		if sp := of(t); sp.Known > 0 {
			median, p95 = sp.Median.Seconds(), sp.P95.Seconds()
		}
		d.Series[0].Values, d.Series[1].Values = append(d.Series[0].Values, median), append(d.Series[1].Values, p95)
	}
	return chart.Lines(d)
}

func timed(title, axis string, list []numbers.Timing) block {
	t := chart.Table{Head: []string{axis, "Detected", "median", "p95", "Responded", "median", "p95"}}
	for _, one := range list {
		t.Rows = append(t.Rows, []string{one.Key, strconv.Itoa(one.Detect.Known), took(one.Detect, one.Detect.Median), took(one.Detect, one.Detect.P95),
			strconv.Itoa(one.Respond.Known), took(one.Respond, one.Respond.Median), took(one.Respond, one.Respond.P95)})
	}
	return cut(title, t)
}

func decisions(n numbers.Numbers) section {
	s := section{ID: "decisions", Title: "Who said what"}
	if n.Responses == 0 {
		return s
	}
	t := chart.Table{Head: []string{"What", "Responses"}}
	for _, a := range actions(n.Acted) {
		t.Rows = append(t.Rows, []string{a.Key, strconv.Itoa(a.Count)})
	}
	s.Notes = []string{"What a rule or people said yes to counts there, whatever came after: it may be undone or failed, too."}
	s.Blocks = append(s.Blocks, cut("Decisions", t))
	for _, p := range []struct {
		title string
		list  []numbers.Count
	}{{"Who said yes", n.Acted.ApprovedBy}, {"Who said no", n.Acted.RejectedBy}} {
		if len(p.list) > 0 {
			s.Blocks = append(s.Blocks, listed(p.title, "Person", "Responses", p.list))
		}
	}
	return s
}

func listed(title, axis, what string, list []numbers.Count) block {
	t := chart.Table{Head: []string{axis, what}}
	for _, c := range list {
		t.Rows = append(t.Rows, []string{c.Key, strconv.Itoa(c.Count)})
	}
	return cut(title, t)
}

func noise(n numbers.Numbers) section {
	s := section{ID: "noise", Title: "Noise"}
	if n.Responses == 0 {
		return s
	}
	s.Notes = []string{"Findings that came again and asked for nothing new, and responses that only told somebody or had nothing to do. A rule of which most is noise wants a narrower condition or a playbook."}
	t := chart.Table{Head: []string{"Rule", "Responses", "Seen again", "Told", "Nothing to do", "Share"}}
	for _, r := range n.Noise.ByRule {
		t.Rows = append(t.Rows, []string{r.Rule, strconv.Itoa(r.Responses), strconv.Itoa(r.SeenAgain), strconv.Itoa(r.Told), strconv.Itoa(r.Nothing), strconv.Itoa(r.Percent) + " %"})
	}
	s.Blocks = []block{cut("By rule", t)}
	return s
}

func findings(n numbers.Numbers) section {
	s := section{ID: "findings", Title: "What came most often"}
	if len(n.Findings) == 0 {
		return s
	}
	s.Blocks = []block{listed("Types of findings", "Type", "Responses", n.Findings)}
	return s
}

func exemptions(n numbers.Numbers) section {
	s := section{ID: "exemptions", Title: "Exemptions"}
	if len(n.Exemptions) == 0 {
		s.Notes = []string{"No rule has an exemption."}
		return s
	}
	t := chart.Table{Head: []string{"Rule", "What is exempt", "Owner", "Reason", "End", "State"}}
	for _, e := range n.Exemptions {
		t.Rows = append(t.Rows, []string{e.Rule, e.What, e.Owner, e.Reason, cmp.Or(e.End, "none"), e.State})
	}
	s.Blocks = []block{cut("Exemptions, those that end first on top", t)}
	return s
}

func record(n numbers.Numbers) section {
	s := section{ID: "record", Title: "The record", Notes: []string{n.Audit.Note}}
	if len(n.Audit.First) > 0 {
		t := chart.Table{Head: []string{"Fault"}}
		for _, f := range n.Audit.First {
			t.Rows = append(t.Rows, []string{f})
		}
		s.Blocks = []block{cut("What is not as it was written", t)}
	}
	return s
}

func coverage(n numbers.Numbers) section {
	s := section{ID: "coverage", Title: "What has a response"}
	if len(n.Coverage) == 0 {
		return s
	}
	s.Notes = []string{"As the rules and playbooks are now: what is done, what people are asked, what is only told, and what nobody hears of."}
	head := []string{"Area", "All", "Done", "Asked", "Told", "Nothing"}
	sum, rest := chart.Table{Head: head}, []chart.Table{}
	for _, c := range n.Coverage {
		row := []string{cmp.Or(c.Group, c.Area), strconv.Itoa(c.Items), strconv.Itoa(c.Auto), strconv.Itoa(c.Approve), strconv.Itoa(c.Alert), strconv.Itoa(c.None)}
		if c.Group == "" {
			sum.Rows = append(sum.Rows, row)
			rest = append(rest, chart.Table{Head: append([]string{"Group"}, head[1:]...)})
			continue
		}
		last := &rest[len(rest)-1]
		last.Rows = append(last.Rows, row)
	}
	s.Blocks = []block{cut("All areas", sum)}
	for i, t := range rest {
		s.Blocks = append(s.Blocks, block{Title: sum.Rows[i][0], Table: t})
	}
	return s
}
