package console

import (
	"cmp"
	"context"
	"html/template"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"parry"
	"parry/internal/chart"
	"parry/internal/coverage"
	"parry/internal/numbers"
	"parry/internal/telemetry"
)

// figures keeps what was counted last: counting reads every response of the time.
type figures struct {
	mu       sync.Mutex
	at       map[string]time.Time
	took     map[string]time.Duration
	last     map[string]numbers.Numbers
	counting map[string]bool
	failed   map[string]string
	cover    *coverage.Report
}

// Figures may be so old before they are counted anew, behind the page's back: a minute, and longer where counting takes long, so that it never
// costs more than a hundredth of the time.
const (
	fresh      = time.Minute
	freshTimes = 100
)

// firstWait is how long a page waits for figures that nobody counted yet.
const firstWait = 1500 * time.Millisecond

type overviewView struct {
	Span     string
	Spans    []string
	Counting bool // there are no figures yet
	Failed   string
	N        numbers.Numbers
	Age      time.Duration
	Detect   timing
	Respond  timing
	Trend    picture
	Daily    picture
	ByTier   picture
	ByState  picture
	Findings picture
	Budgets  []budget
	Breakers []string
	Queue    string
	Accounts []accountRow
	Coverage []area
}

type timing struct {
	Known       int
	Median, P95 string
}

// picture is a chart for a page.
type picture struct {
	Title string
	SVG   template.HTML
	Table table
}

type table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

type budget struct {
	What      string
	Used, Max int
	Over      bool
}

// accountRow is how an account stands: what is open and what failed in it, of what lists go through.
type accountRow struct {
	Account                              string
	All, Waiting, Told, Done, Failed, On int
	Worst                                string // severity of what is not at a good end
	worst                                int
}

// area is a list of things that can happen, and how much of it has a response that changes something.
type area struct {
	Name    string
	Percent int
	Groups  []coverRow
}

type coverRow struct {
	numbers.Covered
	Percent int
}

// areas puts the figures of coverage together by area: the sum of one comes before its groups.
func areas(all []numbers.Covered) (list []area) {
	for _, x := range all {
		row := coverRow{Covered: x}
		if x.Items > 0 {
			row.Percent = (x.Auto + x.Approve) * 100 / x.Items
		}
		if x.Group == "" || len(list) == 0 {
			list = append(list, area{Name: x.Area, Percent: row.Percent})
		}
		if last := &list[len(list)-1]; x.Group != "" {
			last.Groups = append(last.Groups, row)
		}
	}
	return list
}

// spans are the times that the overview can be of.
func spans() []string { return []string{"24h", "7d", "30d", "90d"} }

func spanOf(word string) (string, time.Duration) {
	for i, d := range []time.Duration{24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour} {
		if spans()[i] == word {
			return word, d
		}
	}
	return "30d", 30 * 24 * time.Hour
}

// overview shows the figures of a time.
func (c *Console) overview(w http.ResponseWriter, r *http.Request) error {
	v := overviewView{Spans: spans()}
	var back time.Duration
	v.Span, back = spanOf(r.URL.Query().Get("since"))
	n, at, ok := c.count(r.Context(), v.Span, back)
	if v.Failed = c.numbers.failing(v.Span); !ok {
		v.Counting = v.Failed == ""
		c.show(w, r, "overview", http.StatusOK, "Overview", v)
		return nil
	}
	v.N, v.Age = n, c.o.Now().Sub(at)
	v.Detect, v.Respond = timingOf(n.Times.All.Detect), timingOf(n.Times.All.Respond)
	v.Trend, v.Daily = trend(n), daily(n)
	v.ByTier, v.ByState, v.Findings = bars("Responses by tier", "Tier", n.ByTier, narrow), bars("Responses by outcome", "Outcome", n.ByOutcome, narrow), bars("Findings that came most often", "Type", n.Findings, 0)
	v.Accounts = c.accounts()
	v.Coverage = areas(n.Coverage)
	if err := c.limits(r.Context(), &v); err != nil {
		return err
	}
	c.show(w, r, "overview", http.StatusOK, "Overview", v)
	return nil
}

// limits fills in what is used of the budgets, which breakers are open, and how long events wait.
func (c *Console) limits(ctx context.Context, v *overviewView) error {
	g, hour := c.o.Guard, c.o.Now().Add(-time.Hour)
	add := func(what string, most int, t parry.Tally) error {
		if most == 0 {
			return nil
		}
		t.Since = hour
		n, err := c.o.Store.Count(ctx, t)
		v.Budgets = append(v.Budgets, budget{what, n, most, n >= most})
		return err
	}
	if err := add("all responses", g.Budgets.PerHour, parry.Tally{}); err != nil {
		return err
	}
	for name, most := range g.Budgets.PerPlaybookHour {
		if err := add(name, most, parry.Tally{Playbook: name}); err != nil {
			return err
		}
	}
	breakers, err := c.o.Desk.Engine.OpenBreakers(ctx, c.failing())
	if err != nil {
		return err
	}
	v.Breakers = breakers
	if c.o.Oldest != nil {
		age, err := c.o.Oldest(ctx)
		if err != nil {
			return err
		}
		if v.Queue = "no event waits"; age > 0 {
			v.Queue = "the oldest event waits for " + span(age)
		}
	}
	return nil
}

// failing are the playbooks of which a response failed, as far as lists go back: no other breaker can be open.
func (c *Console) failing() []string {
	names := map[string]bool{}
	all, _ := c.o.Board.All()
	for _, r := range all {
		if r.State == parry.Failed && r.Playbook != "" {
			names[r.Playbook] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// count gives the figures of a time, and has them counted anew where they are old. ok is false where there are none yet.
func (c *Console) count(ctx context.Context, name string, back time.Duration) (n numbers.Numbers, at time.Time, ok bool) {
	f := &c.numbers
	f.mu.Lock()
	if f.at == nil {
		f.took = map[string]time.Duration{}
		f.at, f.last, f.counting, f.failed = map[string]time.Time{}, map[string]numbers.Numbers{}, map[string]bool{}, map[string]string{}
	}
	n, ok = f.last[name]
	at = f.at[name]
	if ok && c.o.Now().Sub(at) < max(fresh, freshTimes*f.took[name]) || f.counting[name] {
		f.mu.Unlock()
		return n, at, ok
	}
	f.counting[name] = true
	f.mu.Unlock()
	through := make(chan struct{})
	go func() { // it ends when the store was read through, or the server ends
		defer close(through)
		c.countNow(context.WithoutCancel(ctx), name, back)
	}()
	if ok {
		return n, at, true
	}
	select {
	case <-through:
	case <-time.After(firstWait):
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok = f.last[name]
	return n, f.at[name], ok
}

func (c *Console) countNow(ctx context.Context, name string, back time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.o.Ended != nil {
		go func() { // ends with the counting
			select {
			case <-c.o.Ended:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	f := &c.numbers
	f.mu.Lock()
	cover := f.cover
	f.mu.Unlock()
	var err error
	if cover == nil {
		var made coverage.Report
		if made, err = coverage.Of(ctx, c.o.Library.Rules, c.o.Library.Playbooks); err == nil {
			cover = &made
		}
	}
	now := c.o.Now()
	var n numbers.Numbers
	if err == nil {
		n, err = numbers.Collect(ctx, c.o.Store, numbers.Options{Since: now.Add(-back), Now: c.o.Now, Book: c.o.Library.Rules, Coverage: cover})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cover, f.counting[name] = cover, false
	if f.failed[name] = ""; err != nil {
		f.failed[name] = err.Error()
		c.o.Log.Warn("the figures could not be counted", "error", err.Error())
		return
	}
	f.last[name], f.at[name], f.took[name] = n, now, c.o.Now().Sub(now)
}

func (f *figures) failing(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed[name]
}

func timingOf(s telemetry.Spread) timing {
	if s.Known == 0 {
		return timing{Median: "–", P95: "–"}
	}
	return timing{s.Known, span(s.Median), span(s.P95)}
}

func pictureOf(title string, p chart.Picture) picture {
	return picture{title, p.SVG, table{title, p.Table.Head, p.Table.Rows}}
}

// trend is how long it took, by the day of the finding.
func trend(n numbers.Numbers) picture {
	d := chart.Data{Title: "Time to respond by day: median and 95th percentile", Axis: "Day", Unit: chart.Seconds}
	median, p95 := chart.Series{Name: "Median"}, chart.Series{Name: "95th percentile"}
	for _, t := range n.Times.ByDay {
		d.Labels = append(d.Labels, t.Key)
		m, p := math.NaN(), math.NaN()
		if t.Respond.Known > 0 {
			m, p = t.Respond.Median.Seconds(), t.Respond.P95.Seconds()
		}
		median.Values, p95.Values = append(median.Values, m), append(p95.Values, p)
	}
	d.Series = []chart.Series{median, p95}
	return pictureOf(d.Title, chart.Lines(d))
}

// daily is what became of the findings of each day.
func daily(n numbers.Numbers) picture {
	d := chart.Data{Title: "Responses by day and outcome", Axis: "Day"}
	for _, x := range n.ByDay {
		d.Labels = append(d.Labels, x.Key)
	}
	for _, name := range numbers.Outcomes() {
		s, any := chart.Series{Name: name}, false
		for _, x := range n.ByDay {
			s.Values = append(s.Values, float64(x.Outcomes[name]))
			any = any || x.Outcomes[name] > 0
		}
		if any {
			d.Series = append(d.Series, s)
		}
	}
	return pictureOf(d.Title, chart.Stacked(d))
}

// barsAtMost is how many bars a picture has.
const barsAtMost = 12

// narrow is the width of a picture of which two stand side by side.
const narrow = 460

func bars(title, axis string, counts []numbers.Count, width int) picture {
	d := chart.Data{Title: title, Axis: axis, Width: width}
	s := chart.Series{Name: "Responses"}
	for _, x := range counts[:min(len(counts), barsAtMost)] {
		d.Labels = append(d.Labels, x.Key)
		s.Values = append(s.Values, float64(x.Count))
	}
	d.Series = []chart.Series{s}
	return pictureOf(title, chart.Bars(d))
}

// accountsAtMost is how many accounts the overview lists: those with the most that is open.
const accountsAtMost = 25

// accounts are those with the most that is at no good end first.
func (c *Console) accounts() []accountRow {
	by := map[string]*accountRow{}
	all, _ := c.o.Board.All()
	for _, r := range all {
		a := by[r.Account]
		if a == nil {
			a = &accountRow{Account: r.Account}
			by[r.Account] = a
		}
		a.All++
		bad := true
		switch r.State {
		case parry.Waiting:
			a.Waiting++
		case parry.Alerted, parry.Held:
			a.Told++
		case parry.Failed, parry.Unreadable, parry.Expired:
			a.Failed++
		case parry.Done:
			a.Done++
			bad = false
		default:
			a.On++
			bad = false
		}
		if bad && r.SeverityID > a.worst {
			a.worst, a.Worst = r.SeverityID, r.Severity
		}
	}
	list := make([]accountRow, 0, len(by))
	for _, a := range by {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b accountRow) int {
		return cmp.Or(cmp.Compare(b.Waiting+b.Failed, a.Waiting+a.Failed), cmp.Compare(b.worst, a.worst), cmp.Compare(b.All, a.All), cmp.Compare(a.Account, b.Account))
	})
	return list[:min(len(list), accountsAtMost)]
}
