package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parry/internal/chart"
)

const hostile = "<script>alert(1)</script>\u202e\x1b[31m\"' & עברית"

func days(n int) (labels []string) {
	for i := range n {
		labels = append(labels, fmt.Sprintf("2026-10-%02d", i+1))
	}
	return labels
}

func pictures(name string) map[string]chart.Picture {
	values := func(n int, f float64) (v []float64) {
		for i := range n {
			v = append(v, math.Round(f*(1+math.Sin(float64(i)))))
		}
		return v
	}
	p95 := values(30, 4000)
	p95[3] = math.NaN()
	return map[string]chart.Picture{
		"lines": chart.Lines(chart.Data{Title: "Time to respond " + name, Axis: "Day", Labels: days(30), Unit: chart.Seconds,
			Series: []chart.Series{{Name: "median " + name, Values: values(30, 900)}, {Name: "p95", Values: p95}}}),
		"stacked": chart.Stacked(chart.Data{Title: "Responses by day", Axis: "Day", Labels: append(days(29), name),
			Series: []chart.Series{{Name: "automatic", Values: values(30, 8)}, {Name: "approved", Values: values(30, 4)}, {Name: "failed", Values: values(30, 2)},
				{Name: "rejected", Values: values(30, 1)}, {Name: "expired", Values: values(30, 1)}, {Name: "waiting", Values: values(30, 1)}, {Name: "told", Values: values(30, 1)}, {Name: "nothing to do", Values: values(30, 1)}}}),
		"bars": chart.Bars(chart.Data{Title: "By rule", Axis: "Rule", Labels: []string{"open-security-groups", name, strings.Repeat("long ", 30)}, Series: []chart.Series{{Name: "responses", Values: []float64{40, 12, 3}}}}),
	}
}

// A picture is well-formed, says what it is, and has nothing in it that a page's policy forbids, whatever its labels say.
func TestPicturesAreSafe(t *testing.T) {
	dir := os.Getenv("PARRY_SHOW") // a folder to look at them
	for name, p := range pictures(hostile) {
		svg := string(p.SVG)
		if dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".svg"), []byte(svg), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.HasPrefix(svg, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="`) || !strings.Contains(svg, "<title>") {
			t.Errorf("%s does not say what it is: %.200s", name, svg)
		}
		for _, never := range []string{"<script", "style=", "<style", "href", "url(", "\u202e", "\x1b", "<a ", "onload"} {
			if strings.Contains(svg, never) {
				t.Errorf("%s has %q", name, never)
			}
		}
		if !strings.Contains(svg, "&lt;script&gt;") || !strings.Contains(svg, `\u202e`) {
			t.Errorf("%s does not show the name", name)
		}
		if !regexp.MustCompile(`class="[a-z0-9 ]*\b[fk]1\b`).MatchString(svg) {
			t.Errorf("%s has no colour of a class", name)
		}
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := tok.(xml.StartElement); ok && !strings.Contains(" svg title path text circle ", " "+e.Name.Local+" ") {
				t.Errorf("%s has a %s", name, e.Name.Local)
			}
		}
	}
}

func TestTheTableSaysWhatThePictureShows(t *testing.T) {
	p := chart.Lines(chart.Data{Axis: "Day", Labels: []string{"a", "b"}, Unit: chart.Seconds, Series: []chart.Series{{Name: "median", Values: []float64{90, math.NaN()}}, {Name: "p95", Values: []float64{7200}}}})
	got := fmt.Sprint(p.Table.Head, p.Table.Rows)
	if want := "[Day median p95] [[a 90 s 2 h] [b - -]]"; got != want {
		t.Errorf("the table is %s, not %s", got, want)
	}
}

func TestNothingToDraw(t *testing.T) {
	for name, d := range map[string]chart.Data{"no series": {}, "no values": {Labels: []string{"a"}, Series: []chart.Series{{Name: "x", Values: []float64{math.NaN()}}}}} {
		p := chart.Stacked(d)
		if p.SVG != "" {
			t.Errorf("%s: %q", name, p.SVG)
		}
	}
}

func TestOnePoint(t *testing.T) {
	for name, draw := range map[string]func(chart.Data) chart.Picture{"lines": chart.Lines, "stacked": chart.Stacked, "bars": chart.Bars} {
		p := draw(chart.Data{Title: "one", Labels: []string{"2026-10-01"}, Series: []chart.Series{{Name: "x", Values: []float64{0}}}})
		if !strings.Contains(string(p.SVG), "<path") {
			t.Errorf("%s: %s", name, p.SVG)
		}
	}
}

func TestSeconds(t *testing.T) {
	for v, want := range map[float64]string{0: "0 s", 0.25: "250 ms", 1: "1 s", 90.5: "90.5 s", 180: "3 min", 5400: "90 min", 36000: "10 h", 864000: "10 d"} {
		if got := chart.Seconds(v); got != want {
			t.Errorf("%v is %s, not %s", v, got, want)
		}
	}
}
