package chart

import (
	"math"
	"slices"

	"github.com/go-analyze/charts"

	"parry/internal/render"
)

const (
	usualWidth  = 720
	usualHeight = 260
	// barHeight is what a horizontal bar takes, and barFrame the axis and the edges.
	barHeight, barFrame = 26, 60
	// longest is how long a label may be in a picture. The table has all of it.
	longest = 38
	// dense is how many points are drawn without a dot.
	dense = 45
)

// cleaned makes labels safe and short, and numbers such as the library takes.
func (d Data) cleaned() Data {
	short := func(s string) string {
		r := []rune(render.Clean(s))
		if len(r) > longest {
			r = append(r[:longest-1], '…')
		}
		return string(r)
	}
	d.Labels = slices.Clone(d.Labels)
	for i := range d.Labels {
		d.Labels[i] = short(d.Labels[i])
	}
	d.Series = slices.Clone(d.Series)
	for i, s := range d.Series {
		values := make([]float64, len(d.Labels))
		for n := range values {
			if values[n] = charts.GetNullValue(); n < len(s.Values) && !math.IsNaN(s.Values[n]) && !math.IsInf(s.Values[n], 0) {
				values[n] = s.Values[n]
			}
		}
		d.Series[i] = Series{short(s.Name), values}
	}
	return d
}

func (d Data) names() []string {
	var all []string
	for _, s := range d.Series {
		all = append(all, s.Name)
	}
	return all
}

func (d Data) legend() charts.LegendOption {
	return charts.LegendOption{SeriesNames: d.names(), Show: charts.Ptr(len(d.Series) > 1), Symbol: charts.SymbolSquare, FontStyle: charts.FontStyle{FontSize: 10}}
}

// axes are those of a picture with time from left to right.
func (d Data) axes() (charts.CategoryAxisOption, []charts.ValueAxisOption) {
	return charts.CategoryAxisOption{Labels: d.Labels, LabelCount: min(len(d.Labels), mostLabels), LabelFontStyle: small()}, []charts.ValueAxisOption{d.values()}
}

// mostLabels is how many labels have place beside each other.
const mostLabels = 5

func small() charts.FontStyle { return charts.FontStyle{FontSize: 9} }

// values is the axis of values, from 0 on and with steps that people count in: no halves of counts, and times as a clock has them.
func (d Data) values() charts.ValueAxisOption {
	step := stepOf(d.most(), d.Unit == nil)
	steps := max(math.Ceil(d.most()/step), 1)
	return charts.ValueAxisOption{
		Min: charts.Ptr(0.0), Max: charts.Ptr(step * steps), LabelCount: int(steps) + 1, RangeValuePaddingScale: charts.Ptr(0.0),
		ValueFormatter: d.unit(), SplitLineShow: charts.Ptr(true), LabelFontStyle: small(),
	}
}

// most is the highest value that is drawn: the highest sum, where series stand on each other.
func (d Data) most() float64 {
	var most float64
	for i := range d.Labels {
		var sum float64
		for _, s := range d.Series {
			if s.Values[i] == charts.GetNullValue() {
				continue
			}
			if sum += s.Values[i]; !d.stacks {
				most = max(most, s.Values[i])
			}
		}
		if d.stacks {
			most = max(most, sum)
		}
	}
	return most
}

// stepOf is a step of which five or less reach a value.
func stepOf(most float64, counted bool) float64 {
	const fewest = 5
	if !counted {
		for _, s := range []float64{.01, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 5 * 86400, 10 * 86400, 30 * 86400} {
			if s*fewest >= most {
				return s
			}
		}
	}
	for tens := 1.0; ; tens *= 10 {
		for _, n := range []float64{1, 2, 5} {
			if n*tens*fewest >= most || tens > 1e12 {
				return n * tens
			}
		}
	}
}

func padding() charts.Box { return charts.NewBox(12, 10, 24, 10) }

func lines(p *charts.Painter, d Data) error {
	var list charts.LineSeriesList
	for _, s := range d.Series {
		list = append(list, charts.LineSeries{Name: s.Name, Values: s.Values})
	}
	o := charts.NewLineChartOptionWithSeries(list)
	o.Theme, o.Padding, o.Legend, o.LineStrokeWidth, o.ValueFormatter = theme(), padding(), d.legend(), 2, d.unit()
	o.XAxis, o.YAxis = d.axes()
	o.Symbol = charts.Symbol{Shape: charts.SymbolDot}
	if len(d.Labels) > dense {
		o.Symbol.Shape = charts.SymbolNone
	}
	return p.LineChart(o)
}

func stacked(p *charts.Painter, d Data) error {
	o := d.barOption()
	o.StackSeries = charts.Ptr(true)
	d.stacks = true
	o.CategoryAxis, o.ValueAxis = d.axes()
	return p.BarChart(o)
}

func bars(p *charts.Painter, d Data) error {
	d.Series = d.Series[:1]
	slices.Reverse(d.Labels) // the library's first is at the bottom
	slices.Reverse(d.Series[0].Values)
	o := d.barOption()
	o.Horizontal = true
	o.CategoryAxis = charts.CategoryAxisOption{Labels: d.Labels, LabelCount: len(d.Labels), LabelFontStyle: small()}
	o.ValueAxis = []charts.ValueAxisOption{d.values()}
	o.Padding = charts.NewBox(12, 4, 40, 4)
	return p.BarChart(o)
}

func (d Data) barOption() charts.BarChartOption {
	var list charts.BarSeriesList
	for _, s := range d.Series {
		values := slices.Clone(s.Values)
		for i, v := range values {
			if v == charts.GetNullValue() {
				values[i] = 0
			}
		}
		list = append(list, charts.BarSeries{Name: s.Name, Values: values})
	}
	o := charts.NewBarChartOptionWithSeries(list)
	o.Theme, o.Padding, o.Legend, o.ValueFormatter = theme(), padding(), d.legend(), d.unit()
	return o
}
