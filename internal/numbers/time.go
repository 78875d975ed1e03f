package numbers

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"parry/internal/telemetry"
)

// mostDays is how many days a list is filled up to without gaps: beyond, only days with a response are told.
const mostDays = 800

func dayOf(day int32) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }

// dayName, weekName and monthName name the time that a moment is in, in UTC: 2026-10-01, 2026-W40 as ISO 8601 counts weeks, 2026-10.
func dayName(t time.Time) string   { return t.Format(time.DateOnly) }
func monthName(t time.Time) string { return t.Format("2006-01") }
func weekName(t time.Time) string {
	year, week := t.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// byDay lists the days from the first to the last that has a response. A day without one is there, too: a gap in a picture would hide it.
func (t *tally) byDay() []Day {
	all := []Day{}
	days := slices.Sorted(maps.Keys(t.days))
	if len(days) == 0 {
		return all
	}
	first, last := days[0], days[len(days)-1]
	if last-first < mostDays {
		days = days[:0]
		for d := first; d <= last; d++ {
			days = append(days, d)
		}
	}
	for _, d := range days {
		one := Day{Key: dayName(dayOf(d)), Outcomes: t.days[d]}
		for _, n := range one.Outcomes {
			one.Count += n
		}
		all = append(all, one)
	}
	return all
}

func (t *tally) byMonth() []Day {
	all := []Day{}
	for _, d := range slices.Sorted(maps.Keys(t.days)) {
		key := monthName(dayOf(d))
		if len(all) == 0 || all[len(all)-1].Key != key {
			all = append(all, Day{Key: key, Outcomes: map[string]int{}})
		}
		month := &all[len(all)-1]
		for o, n := range t.days[d] {
			month.Outcomes[o] += n
			month.Count += n
		}
	}
	return all
}

// times makes the figures of all samples, and of each part of them.
func (t *tally) times() Times {
	of := func(key func(sample) string) []Timing { return grouped(t.samples, key) }
	times := Times{
		ByRule:    of(func(s sample) string { return t.rules.all[s.rule] }),
		ByAccount: of(func(s sample) string { return t.accounts.all[s.account] }),
		ByDay:     of(func(s sample) string { return dayName(dayOf(s.day)) }),
		ByWeek:    of(func(s sample) string { return weekName(dayOf(s.day)) }),
		ByMonth:   of(func(s sample) string { return monthName(dayOf(s.day)) }),
	}
	if all := of(func(sample) string { return "" }); len(all) == 1 {
		times.All = all[0]
	}
	return times
}

// grouped makes the figures of samples by a key, in the order of the keys.
func grouped(samples []sample, key func(sample) string) []Timing {
	type spans struct{ detect, respond []time.Duration }
	by := map[string]*spans{}
	for _, s := range samples {
		k := key(s)
		if by[k] == nil {
			by[k] = &spans{}
		}
		if s.detect > 0 {
			by[k].detect = append(by[k].detect, s.detect)
		}
		if s.respond > 0 {
			by[k].respond = append(by[k].respond, s.respond)
		}
	}
	all := []Timing{}
	for _, k := range slices.Sorted(maps.Keys(by)) {
		all = append(all, Timing{k, telemetry.SpreadOf(by[k].detect), telemetry.SpreadOf(by[k].respond)})
	}
	return all
}
