package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"parry"
	"parry/internal/render"
)

// screen is what a look saw, as it stands on a terminal.
type screen struct {
	snap          Snapshot
	err           error
	store         string // its name
	width, height int
	lower         bool   // the keys move the lower list
	top           [2]int // the first line that is shown of each list
	colour        bool
}

// listHeads and foot are the lines for the lists' heads, and for the keys.
const listHeads, foot = 2, 1

// lines draws the screen. No line is wider than the terminal, and there are no more than it has.
func (v screen) lines() []string {
	head := v.head()
	room := max(v.height-len(head)-listHeads-foot, 0)
	upper := room / 2
	if n := max(len(v.snap.Waiting), 1); n < upper {
		upper = n
	}
	all := head
	all = append(all, v.list(0, v.waitingTitle(), v.snap.Waiting, upper, v.waits)...)
	all = append(all, v.list(1, "Latest", v.snap.Latest, room-upper, v.latest)...)
	for len(all) < v.height-foot {
		all = append(all, "")
	}
	all = append(all, v.paint("2", v.fit("q quits · ↑ ↓ move · tab changes the list")))
	return all[:min(len(all), max(v.height, 0))]
}

func (v screen) head() []string {
	s := v.snap
	more := ""
	if s.More {
		more = "+"
	}
	at := "…"
	if !s.At.IsZero() {
		at = s.At.Format("15:04:05 UTC")
	}
	all := []string{
		v.paint("1", v.fit("parry watch  "+at+"  "+render.Clean(v.store))),
		v.fit(fmt.Sprintf("Came in: %d in the last minute, %d%s in the last hour", s.Minute, s.Hour, more)),
	}
	var counts []string
	for _, c := range s.Counts {
		n := fmt.Sprint(c.N)
		if c.State == parry.Waiting && s.Of > 0 && s.WaitingMore {
			n += "+"
		}
		counts = append(counts, n+" "+string(c.State))
	}
	of := ""
	if s.Of > 0 {
		of = fmt.Sprintf("Of the newest %d: ", s.Of)
	}
	if len(counts) == 0 {
		counts = []string{"no responses yet"}
	}
	all = append(all, v.wrapped(of+strings.Join(counts, " · "), 3)...)
	if s.Health != "" {
		colour := "31"
		if s.Well {
			colour = "32"
		}
		all = append(all, v.paint(colour, v.fit("Server: "+render.Clean(s.Health))))
	}
	if v.err != nil {
		all = append(all, v.paint("31", v.fit("The store cannot be read: "+render.Clean(v.err.Error()))))
	}
	return all
}

func (v screen) waitingTitle() string {
	title := fmt.Sprintf("Waiting for a yes: %d", v.snap.In(parry.Waiting))
	if v.snap.WaitingMore {
		if v.snap.Of > 0 {
			title += "+"
		}
		title += fmt.Sprintf(", the newest %d", len(v.snap.Waiting))
	}
	return title
}

// list is a head and some lines of a list.
func (v screen) list(n int, title string, of []Item, height int, line func(Item) string) []string {
	marker := "  "
	if (n == 1) == v.lower {
		marker = "▸ "
	}
	all := []string{v.paint("1", v.fit(marker+title))}
	if len(of) == 0 && height > 0 {
		return append(all, v.paint("2", v.fit("  none")))
	}
	top := min(v.top[n], max(len(of)-height, 0))
	for _, i := range of[top:min(top+max(height, 0), len(of))] {
		all = append(all, v.fit("  "+line(i)))
	}
	return all
}

// prefix is as much of an id as tells two responses apart: its first characters are a time to the millisecond. It is cut without a mark, as
// commands take it like that.
func prefix(id string) string { return cell(ansi.Truncate(render.Clean(id), 15, ""), 15) }

func (v screen) waits(i Item) string {
	left := "-"
	if !i.Expires.IsZero() {
		left = ago(i.Expires.Sub(v.snap.At)) + " left"
	}
	return prefix(i.ID) + cell(ago(v.snap.At.Sub(i.Received)), 4) + cell(left, 8) + cell(orDash(i.Playbook), 24) + cell(orDash(i.Target), 22) + render.Clean(i.Account+"  "+i.Finding)
}

func (v screen) latest(i Item) string {
	return prefix(i.ID) + cell(ago(v.snap.At.Sub(i.Received)), 4) + v.state(i.State) + cell(orDash(i.Playbook), 24) + cell(orDash(i.Target), 22) + render.Clean(i.Finding)
}

func (v screen) state(s parry.State) string {
	text := cell(string(s), 21)
	switch s {
	case parry.Failed, parry.Unreadable:
		return v.paint("31", text)
	case parry.Waiting:
		return v.paint("33", text)
	case parry.Done:
		return v.paint("32", text)
	}
	return text
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// cell is a text in a column, with two blanks behind it: cut where it is wider. Wide characters take two places.
func cell(s string, width int) string {
	s = ansi.Truncate(render.Clean(s), width, "…")
	return s + strings.Repeat(" ", max(width-ansi.StringWidth(s), 0)+2)
}

// ago is how long in as few letters as can be.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// fit cuts a line to the width.
func (v screen) fit(s string) string {
	return ansi.Truncate(s, max(v.width, 0), "…")
}

// wrapped breaks a list at its dots, into so many lines at the most.
func (v screen) wrapped(s string, lines int) []string {
	const sep = " · "
	var all []string
	line := ""
	for _, part := range strings.Split(s, sep) {
		if line != "" && ansi.StringWidth(line+sep+part) > v.width && len(all) < lines-1 {
			all, line = append(all, v.fit(line)), ""
		}
		if line != "" {
			line += sep
		}
		line += part
	}
	return append(all, v.fit(line))
}

func (v screen) paint(code, s string) string {
	if !v.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
