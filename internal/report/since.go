package report

import (
	"strconv"
	"strings"
	"time"

	"parry"
)

// Moment reads when a time begins or ends: a day in UTC such as 2026-10-01, a time such as 2026-10-01T12:00:00Z, or how long before now:
// 30d, 12w, 720h.
func Moment(s string, now time.Time) (time.Time, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	if ago, ok := span(s); ok {
		return now.Add(-ago), nil
	}
	return time.Time{}, parry.Errorf(parry.Invalid, "%q is no time", s).WithHint("it is a day such as 2026-10-01, or how long ago: 30d, 12w, 720h")
}

// mostDays is a hundred years: a longer time is a slip, and would not fit.
const mostDays = 36500

func span(s string) (time.Duration, bool) {
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.Atoi(number)
			return time.Duration(n*days) * 24 * time.Hour, err == nil && n > 0 && n <= mostDays/days
		}
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d > 0 && d <= mostDays*24*time.Hour
}
