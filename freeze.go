package parry

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Freeze is a time in which nothing is done by itself. Days and dates say on which days it begins, all where there are none; From and To,
// by the clock of its zone, from when to when. Without them it is the whole day. To may be on the day after.
type Freeze struct {
	Days  []time.Weekday `json:"days,omitempty"`
	First Date           `json:"first,omitzero"` // of the dates, the last one included
	Last  Date           `json:"last,omitzero"`
	From  Clock          `json:"from,omitzero"`
	To    Clock          `json:"to,omitzero"`
	Zone  Zone           `json:"zone,omitzero"`
	Tier  Tier           `json:"tier"` // at most
	Why   string         `json:"why"`
}

// Clock is a time of day in minutes since midnight by the clock on the wall.
type Clock int

// String is the time as a clock shows it.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes the time as a clock shows it.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// ParseClock reads a time of day, 00:00 to 24:00.
func ParseClock(s string) (Clock, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return Clock(t.Hour()*60 + t.Minute()), err == nil && len(s) == 5
}

// Date is a day in the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of a time in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String is the day as a calendar has it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes the day as a calendar has it.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// before orders days.
func (d Date) before(e Date) bool { return d.String() < e.String() }

// Zone is a time zone by its name, UTC where there is none.
type Zone struct{ *time.Location }

// MarshalText writes the zone's name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.in().String()), nil }

func (z Zone) in() *time.Location {
	if z.Location == nil {
		return time.UTC
	}
	return z.Location
}

// Holds tells whether it is such a time.
func (f Freeze) Holds(now time.Time) bool { return len(f.guard(now)) > 0 }

// guard tells whether a freeze holds now.
func (f Freeze) guard(now time.Time) []Cap {
	local := now.In(f.Zone.in())
	for back := range 2 { // it began today, or yesterday and reaches over midnight
		y, m, d := local.Date()
		noon := time.Date(y, m, d-back, 12, 0, 0, 0, local.Location()) // there is no day without a noon
		if !f.on(noon) {
			continue
		}
		from, to := f.span(noon)
		if !now.Before(from) && now.Before(to) {
			return capUntil(to, f.Tier, "frozen until %s: %s", to.Format("Mon 2006-01-02 15:04 MST"), f.Why)
		}
	}
	return nil
}

// on tells whether the freeze begins on a day.
func (f Freeze) on(day time.Time) bool {
	if len(f.Days) > 0 && !slices.Contains(f.Days, day.Weekday()) {
		return false
	}
	date := DateOf(day)
	return f.First == Date{} || !date.before(f.First) && !f.Last.before(date)
}

// span is from when to when the freeze holds that begins on a day.
func (f Freeze) span(day time.Time) (from, to time.Time) {
	from = moment(day, f.From, false)
	if f.To > f.From {
		return from, moment(day, f.To, true)
	}
	return from, moment(day.AddDate(0, 0, 1), f.To, true)
}

// moment is when the clock on the wall shows a time on a day. Where clocks are put back over it there are two such moments, and the
// first or the last is taken; where they are put forward over it there is none, and it is when they are.
func moment(day time.Time, c Clock, last bool) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, int(c), 0, 0, day.Location())
	want := time.Date(y, m, d, 0, int(c), 0, 0, time.UTC)
	if shows(t, want) != 0 {
		begins, ends := t.ZoneBounds()
		if shows(t, want) > 0 {
			return begins
		}
		return ends
	}
	for _, shift := range []time.Duration{-time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour} {
		if u := t.Add(shift); shows(u, want) == 0 && last == (shift > 0) {
			return u
		}
	}
	return t
}

// shows compares what the clock on the wall shows at a time with what it should, written as a time in UTC.
func shows(t, want time.Time) int {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second).Compare(want)
}

// String is the freeze in words.
func (f Freeze) String() string {
	var parts []string
	for _, d := range f.Days {
		parts = append(parts, d.String())
	}
	if (f.First != Date{}) {
		parts = append(parts, f.First.String()+" to "+f.Last.String())
	}
	if len(parts) == 0 {
		parts = []string{"every day"}
	}
	text := strings.Join(parts, ", ")
	if f.From != 0 || f.To != 0 {
		text += fmt.Sprintf(" from %s to %s", f.From, f.To)
	}
	return fmt.Sprintf("%s (%s): at most %s, %s", text, f.Zone.in(), f.Tier, f.Why)
}
