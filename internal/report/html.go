package report

import (
	_ "embed"
	"html/template"
	"io"
	"regexp"

	"parry/internal/chart"
	"parry/internal/numbers"
	"parry/internal/render"
)

//go:embed page.html
var page string

// writeHTML writes one page that needs nothing beside it: no script, no other file. It prints, and follows light and dark.
func writeHTML(w io.Writer, n numbers.Numbers) error {
	t, err := template.New("page").Funcs(template.FuncMap{"clean": render.Clean, "number": number}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		CSS      template.CSS
		Period   string
		At       string
		Empty    bool
		Tiles    []tile
		Sections []section
	}{template.CSS(chart.CSS), period(n), n.At.Format("2006-01-02 15:04 UTC"), n.Responses == 0, tiles(n), sections(n)})
}

// figure is what stands at the right of its column: a number, a share, a time, or a dash for none.
var figure = regexp.MustCompile(`^(-|[0-9.]+( (%|ms|s|min|h|d))?)$`)

// number tells whether the cells of a column are figures, by the first row. The first column names the row.
func number(t chart.Table, column int) bool {
	return column > 0 && len(t.Rows) > 0 && column < len(t.Rows[0]) && figure.MatchString(t.Rows[0][column])
}
