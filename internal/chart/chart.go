// Package chart draws figures as SVG, each with the table of its data beside it, so that it reads without the picture.
//
// The library draws; what it wrote is then read again and written anew from a list of what is allowed: shapes, text and their presentation
// attributes. So no script, style, link or name of another file is in a picture, whatever a label says, and a page needs no inline styles.
// Colours are classes, whose variables CSS sets for light and dark; a page without it gets the light ones.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-analyze/charts"

	"parry/internal/render"
)

// Picture is a chart and the table of what it shows.
type Picture struct {
	SVG   template.HTML // empty where there is nothing to draw
	Table Table
}

// Table is the data of a chart in words. Its texts are data, and not escaped.
type Table struct {
	Head []string
	Rows [][]string
}

// Data is what is drawn.
type Data struct {
	Title  string // what a screen reader says of the picture
	Axis   string // heads the labels in the table: Day, Rule
	Labels []string
	Series []Series
	// Unit says what values are; a count where it is nil.
	Unit func(float64) string
	// Width and Height are in pixels; 0 is 720 and what suits the kind.
	Width, Height int

	stacks bool // series stand on each other
}

// Series is one line, or one colour of the bars. Its values go with the labels; NaN is one that is not known.
type Series struct {
	Name   string
	Values []float64
}

// Seconds writes a value in seconds as a time for people, and is the Unit of times.
func Seconds(v float64) string {
	d := time.Duration(v * float64(time.Second))
	short := func(n float64, unit string) string {
		return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0") + " " + unit
	}
	switch {
	case d == 0:
		return "0 s"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 2*time.Minute:
		return short(d.Seconds(), "s")
	case d < 2*time.Hour:
		return short(d.Minutes(), "min")
	case d < 48*time.Hour:
		return short(d.Hours(), "h")
	}
	return short(d.Hours()/24, "d")
}

// count writes a whole number.
func count(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Lines draws a line for each series over time: the median and the 95th percentile by day.
func Lines(d Data) Picture { return d.picture(lines) }

// Stacked draws a bar for each label, with a part for each series.
func Stacked(d Data) Picture { return d.picture(stacked) }

// Bars draws a horizontal bar for each label, the first on top. It takes one series.
func Bars(d Data) Picture {
	if d.Height == 0 {
		d.Height = barFrame + barHeight*len(d.Labels)
	}
	return d.picture(bars)
}

type painted func(p *charts.Painter, d Data) error

func (d Data) picture(paint painted) Picture {
	p := Picture{Table: d.table()}
	if d.Width <= 0 {
		d.Width = usualWidth
	}
	if d.Height <= 0 {
		d.Height = usualHeight
	}
	if !d.known() {
		return p
	}
	svg, err := d.draw(paint)
	if err != nil { // the table tells the same, and a page is not lost for the sake of a picture
		svg = "<p>" + template.HTMLEscapeString(fmt.Sprintf("There is no picture: %v", render.Clean(err.Error()))) + "</p>"
	}
	p.SVG = template.HTML(svg) // it was written from a list of what is allowed
	return p
}

func (d Data) draw(paint painted) (string, error) {
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: d.Width, Height: d.Height, Theme: theme()})
	if err := paint(painter, d.cleaned()); err != nil {
		return "", err
	}
	drawn, err := painter.Bytes()
	if err != nil {
		return "", err
	}
	return anew(drawn, d.Title)
}

// known tells whether there is anything to draw.
func (d Data) known() bool {
	for _, s := range d.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				return true
			}
		}
	}
	return false
}

// table is the data in words.
func (d Data) table() Table {
	t := Table{Head: []string{d.Axis}}
	for _, s := range d.Series {
		t.Head = append(t.Head, s.Name)
	}
	for i, l := range d.Labels {
		row := []string{l}
		for _, s := range d.Series {
			row = append(row, d.word(s, i))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (d Data) word(s Series, i int) string {
	if i >= len(s.Values) || math.IsNaN(s.Values[i]) || math.IsInf(s.Values[i], 0) {
		return "-"
	}
	return d.unit()(s.Values[i])
}

func (d Data) unit() func(float64) string {
	if d.Unit == nil {
		return count
	}
	return d.Unit
}
