package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Publication is one line of what is, or is not, to be published.
type Publication struct {
	Severity, Type, Resource, Place string
	Batch                           string // its number; empty for what is not published
	Why                             string // the reason for that
}

// Publications writes findings as a table, with what is not published and why below.
func (s Style) Publications(w io.Writer, all []Publication) {
	rows := [][]string{{"SEVERITY", "TYPE", "RESOURCE", "ACCOUNT/REGION", "BATCH"}}
	var not []Publication
	for _, p := range all {
		if p.Batch == "" {
			not = append(not, p)
			continue
		}
		rows = append(rows, []string{Clean(p.Severity), short(p.Type, 60), short(p.Resource, 60), Clean(p.Place), p.Batch})
	}
	if len(rows) > 1 {
		s.table(w, rows)
	}
	for _, p := range not {
		fmt.Fprintf(w, "%s %s: %s\n", s.yellow("not published:"), short(p.Type, 60), Clean(p.Why))
	}
}

// table writes rows in columns, the first as a heading.
func (s Style) table(w io.Writer, rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	for n, r := range rows {
		var line strings.Builder
		for i, c := range r {
			line.WriteString(c + strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c)+2))
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = s.dim(text)
		}
		fmt.Fprintln(w, text)
	}
}

// short is a foreign text, fit to print and with its middle left out where it is long: ids differ at their ends.
func short(v string, n int) string {
	r := []rune(Clean(v))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n/2]) + "…" + string(r[len(r)-n/2+1:])
}
