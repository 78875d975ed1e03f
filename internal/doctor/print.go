package doctor

import (
	"fmt"
	"io"
	"strings"

	"parry/internal/render"
)

// Print writes findings for people: a heading for each place, the worst first. What is well is named in one line, or, with all, told one by one.
// Names and AWS's words are foreign text.
func Print(w io.Writer, found []Finding, all bool) {
	heading, wide := "", 0
	for _, f := range found {
		wide = max(wide, len(f.ID))
	}
	var well []string
	flush := func() {
		if len(well) > 0 {
			fmt.Fprintf(w, "  ok       %s\n", strings.Join(well, ", "))
			well = nil
		}
	}
	for i, f := range found {
		of := f.place()
		switch {
		case of == "":
			of = "the organization and this machine"
		case f.Region == "":
			of = f.Account + " in all Regions"
		}
		if of != heading {
			flush()
			if i > 0 {
				fmt.Fprintln(w)
			}
			heading = of
			fmt.Fprintln(w, render.Clean(of))
		}
		if f.Status == OK && !all {
			if len(well) == 0 || well[len(well)-1] != f.ID {
				well = append(well, f.ID)
			}
			continue
		}
		fmt.Fprintf(w, "  %-8s %-*s  %s\n", f.Status, wide, f.ID, render.Clean(f.What))
		if f.Fix != "" {
			fmt.Fprintf(w, "  %-8s %-*s  %s\n", "", wide, "", render.Clean("-> "+f.Fix))
		}
	}
	flush()
	fmt.Fprintf(w, "\n%d missing, %d at risk, %d unknown, %d ok\n", Count(found, Missing), Count(found, Risk), Count(found, Unknown), Count(found, OK))
}
