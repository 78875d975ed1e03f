package backtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCounterIsExactUpToItsSize(t *testing.T) {
	c := newCounter(3)
	for _, w := range []string{"a", "b", "a", "c", "b", "a"} {
		c.add(w)
	}
	want := Counts{N: 6, Most: []Count{{What: "a", N: 3}, {What: "b", N: 2}}}
	if diff := cmp.Diff(want, c.most(2)); diff != "" {
		t.Error(diff)
	}
}

func TestCounterKeepsTextsShort(t *testing.T) {
	c := newCounter(3)
	c.add(strings.Repeat("ä", 1000))
	c.add(strings.Repeat("ä", 2000))
	if got := c.most(1).Most[0]; got.N != 2 || got.What != strings.Repeat("ä", 150)+"..." {
		t.Errorf("got %+v", got)
	}
}

// Beyond its size it says by how much it may be wrong, and it never misses what came more often than the rest allows.
func TestCounterIsNeverFurtherOffThanItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(t, "size")
		all := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 300).Draw(t, "all")
		c, truth := newCounter(size), map[string]int{}
		for _, n := range all {
			c.add(fmt.Sprint(n))
			truth[fmt.Sprint(n)]++
		}
		got := c.most(size)
		found := map[string]bool{}
		for _, k := range got.Most {
			found[k.What] = true
			if n := truth[k.What]; n > k.N || n < k.N-k.Over {
				t.Fatalf("%s came %d times, and it says %+v", k.What, n, k)
			}
		}
		for what, n := range truth {
			if n > len(all)/size && !found[what] {
				t.Fatalf("%s came %d times of %d, and is missing in %+v", what, n, len(all), got)
			}
		}
		if got.N != len(all) || len(c.slots) > size || len(c.at) != len(c.slots) {
			t.Fatalf("%d slots, %d names, %+v", len(c.slots), len(c.at), got)
		}
	})
}

func TestDistinctSaysWhenItIsFull(t *testing.T) {
	d := newDistinct(2)
	var n Distinct
	for _, c := range []struct {
		parts []string
		want  sight
	}{
		{[]string{"a", "b"}, first}, {[]string{"a", "b"}, again}, {[]string{"ab", ""}, first}, {[]string{"c"}, unknown}, {[]string{"c"}, unknown}, {[]string{"a", "b"}, again},
	} {
		got := d.see(c.parts...)
		if n.note(got); got != c.want {
			t.Errorf("%q: %v, want %v", c.parts, got, c.want)
		}
	}
	if n != (Distinct{2, true}) || n.String() != "≥2" {
		t.Errorf("got %+v", n)
	}
}
