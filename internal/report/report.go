// Package report sets numbers for people and for other programs: a page for the browser that needs nothing beside it, a PDF, a table as CSV,
// and JSON.
//
// Names and reasons come from outside. What would move, hide or turn text round is written as its code in every format, markup is text, and
// no cell of the table begins as a formula does.
package report

import (
	"encoding/json"
	"io"
	"strings"

	"parry"
	"parry/internal/numbers"
	"parry/internal/render"
)

// Formats are what a report can be.
func Formats() []string { return []string{"html", "pdf", "csv", "json"} }

// Write writes numbers in a format.
func Write(w io.Writer, n numbers.Numbers, format string) error {
	switch format {
	case "html":
		return writeHTML(w, n)
	case "pdf":
		return writePDF(w, n)
	case "csv":
		return writeCSV(w, n)
	case "json":
		return writeJSON(w, n)
	}
	return parry.Errorf(parry.Invalid, "there is no format %q", format).WithHint("it is %s", strings.Join(Formats(), ", "))
}

// writeJSON writes the numbers as they are, indented. What turns text round is escaped, which says the same to a program.
func writeJSON(w io.Writer, n numbers.Numbers) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, render.JSON(string(text))+"\n")
	return err
}
