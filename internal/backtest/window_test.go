package backtest

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(seconds int) time.Time { return time.Unix(int64(seconds), 0).UTC() }

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name   string
		times  []int
		now    int
		before int
		peak   Peak
	}{
		{"nothing", nil, 0, 0, Peak{}},
		{"once", []int{100}, 100, 1, Peak{N: 1, From: at(100)}},
		{"just within an hour", []int{0, 3600}, 3600, 2, Peak{N: 2, From: at(0)}},
		{"just beyond", []int{0, 3601}, 3601, 1, Peak{N: 1, From: at(0)}},
		{"it slides over the full hour", []int{3500, 3590, 3700, 9000}, 3700, 3, Peak{N: 3, From: at(3500)}},
		{"in any order", []int{9000, 3700, 3590, 3500, 3590}, 3700, 4, Peak{N: 4, From: at(3500)}},
		{"what is to come is not before", []int{100, 200}, 100, 1, Peak{N: 2, From: at(100)}},
		{"the first of equals", []int{90000, 0}, 0, 1, Peak{N: 1, From: at(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWindow(100)
			for _, s := range c.times {
				w.add("k", at(s))
				w.add("other", at(s))
			}
			if got := w.before("k", at(c.now)); got != c.before {
				t.Errorf("%d before %d, want %d", got, c.now, c.before)
			}
			if got := w.peak("k"); got != c.peak {
				t.Errorf("peak %+v, want %+v", got, c.peak)
			}
		})
	}
}

func TestWindowSaysWhenItIsFull(t *testing.T) {
	w := newWindow(2)
	for i := range 5 {
		w.add("k", at(i))
	}
	if got := w.peak("k"); got != (Peak{N: 2, From: at(0), AtLeast: true}) || w.kept != 2 || len(w.lists["k"]) != 2 {
		t.Errorf("got %+v of %d", got, w.kept)
	}
}

func TestWindowIsWhatCountingEachHourGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.IntRange(0, 20000), 0, 60).Draw(t, "times")
		w := newWindow(1000)
		for _, s := range times {
			w.add("k", at(s))
		}
		most := 0
		for _, now := range times {
			n := 0
			for _, s := range times {
				if s <= now && s >= now-hour {
					n++
				}
			}
			if got := w.before("k", at(now)); got != n {
				t.Fatalf("%d before %d, want %d", got, now, n)
			}
			most = max(most, n)
		}
		if got := w.peak("k"); got.N != most {
			t.Fatalf("peak %+v, want %d", got, most)
		}
	})
}
