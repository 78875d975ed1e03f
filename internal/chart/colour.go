package chart

import (
	"fmt"

	"github.com/go-analyze/charts"
)

// CSS sets the colours of pictures, for light and dark. A page that has colours of its own sets the variables behind it. The eight colours of
// series are Okabe's and Ito's, which people who see few colours tell apart, darkened or lightened until they stand out from the page.
const CSS = `.chart{max-width:100%;height:auto;font-family:inherit;--chart-ink:#374151;--chart-line:#9ca3af;--chart-grid:#e5e7eb;` +
	`--chart-1:#0072b2;--chart-2:#d55e00;--chart-3:#00805f;--chart-4:#b0558a;--chart-5:#b07d00;--chart-6:#2f8fc4;--chart-7:#6b7280;--chart-8:#7c3aed}
@media (prefers-color-scheme:dark){.chart{--chart-ink:#d1d5db;--chart-line:#6b7280;--chart-grid:#374151;` +
	`--chart-1:#56b4e9;--chart-2:#f0883e;--chart-3:#2fc69b;--chart-4:#dd8fbb;--chart-5:#e6b422;--chart-6:#8cc8ee;--chart-7:#9ca3af;--chart-8:#a78bfa}}
@media print{.chart{--chart-ink:#374151;--chart-line:#9ca3af;--chart-grid:#e5e7eb;` +
	`--chart-1:#0072b2;--chart-2:#d55e00;--chart-3:#00805f;--chart-4:#b0558a;--chart-5:#b07d00;--chart-6:#2f8fc4;--chart-7:#6b7280;--chart-8:#7c3aed}}
.chart .fi{fill:var(--chart-ink)}.chart .ki{stroke:var(--chart-ink)}.chart .fa{fill:var(--chart-line)}.chart .ka{stroke:var(--chart-line)}.chart .fg{fill:var(--chart-grid)}.chart .kg{stroke:var(--chart-grid)}
.chart .f1{fill:var(--chart-1)}.chart .k1{stroke:var(--chart-1)}.chart .f2{fill:var(--chart-2)}.chart .k2{stroke:var(--chart-2)}
.chart .f3{fill:var(--chart-3)}.chart .k3{stroke:var(--chart-3)}.chart .f4{fill:var(--chart-4)}.chart .k4{stroke:var(--chart-4)}
.chart .f5{fill:var(--chart-5)}.chart .k5{stroke:var(--chart-5)}.chart .f6{fill:var(--chart-6)}.chart .k6{stroke:var(--chart-6)}
.chart .f7{fill:var(--chart-7)}.chart .k7{stroke:var(--chart-7)}.chart .f8{fill:var(--chart-8)}.chart .k8{stroke:var(--chart-8)}
`

// inks are the light colours, by the letter of their class.
func inks() []ink {
	return []ink{
		{"i", "#374151"}, {"a", "#9ca3af"}, {"g", "#e5e7eb"},
		{"1", "#0072b2"}, {"2", "#d55e00"}, {"3", "#00805f"}, {"4", "#b0558a"}, {"5", "#b07d00"}, {"6", "#2f8fc4"}, {"7", "#6b7280"}, {"8", "#7c3aed"},
	}
}

type ink struct{ class, light string }

// theme is colours that stand for classes: nobody ever sees them.
func theme() charts.ColorPalette {
	var all []charts.Color
	for i := range inks() {
		all = append(all, charts.Color{R: 1, G: 2, B: uint8(i + 1), A: 255})
	}
	text, axis, grid := all[0], all[1], all[2]
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: axis, AxisSplitLineColor: grid, BackgroundColor: charts.ColorTransparent, TextColor: text, SeriesColors: all[3:],
		TextColorTitle: text, TextColorMark: text, TextColorLabel: text, TextColorLegend: text, TextColorXAxis: text, TextColorYAxis: text,
	})
}

// inkOf is the class that a marked colour stands for.
func inkOf(colour string) (k ink, ok bool) {
	var r, g, b int
	if _, err := fmt.Sscanf(colour, "rgb(%d,%d,%d)", &r, &g, &b); err != nil {
		if _, err := fmt.Sscanf(colour, "rgba(%d,%d,%d,", &r, &g, &b); err != nil {
			return k, false
		}
	}
	if all := inks(); r == 1 && g == 2 && b >= 1 && b <= len(all) {
		return all[b-1], true
	}
	return k, false
}
