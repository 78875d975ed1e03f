package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"parry/internal/pattern"
)

// matching prints how many events a core matches in a second against more and more rules, beside the naive way on the same events
// in the same run, and what the index of the rules takes.
func matching(context.Context) error {
	s := newScene(1)
	events := s.events(2000)
	smallest, largest, total := 1<<30, 0, 0
	for _, e := range events {
		smallest, largest, total = min(smallest, len(e)), max(largest, len(e)), total+len(e)
	}
	fmt.Printf("\nmatching %d events of %d to %d bytes (mean %d), one core\n", len(events), smallest, largest, total/len(events))
	fmt.Printf("%8s %12s %12s %8s %10s %12s %12s %12s\n", "rules", "events/s", "naive/s", "ratio", "matches", "allocs/event", "build µs/rule", "memory kB")
	times := map[int]time.Duration{}
	for _, n := range []int{1, 10, 100, 1000, 10000} {
		texts := newScene(2).patterns(n)
		x, took, memory, err := build(texts)
		if err != nil {
			return err
		}
		per, matches, allocs, err := measure(x, events)
		if err != nil {
			return err
		}
		slow, err := measureNaive(texts, events)
		if err != nil {
			return err
		}
		times[n] = per
		fmt.Printf("%8d %12.0f %12.0f %8.1f %10.2f %12.3f %13.1f %12d\n", n, 1/per.Seconds(), 1/slow.Seconds(), float64(slow)/float64(per), matches, allocs,
			float64(took.Nanoseconds())/1000/float64(n), memory/1024)
		runtime.KeepAlive(x)
	}
	fmt.Printf("time at 10,000 rules over time at 10: %.2f\n", float64(times[10000])/float64(times[10]))
	return nil
}

// build makes an index of patterns, and tells how long it took and what it holds in memory.
func build(texts [][]byte) (x *pattern.Index, took time.Duration, memory uint64, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	patterns := make([]*pattern.Pattern, len(texts))
	for i, t := range texts {
		if patterns[i], err = pattern.Compile(t); err != nil {
			return nil, 0, 0, fmt.Errorf("%s: %w", t, err)
		}
	}
	x = pattern.NewIndex(patterns)
	took = time.Since(start)
	clear(patterns)
	runtime.GC()
	runtime.ReadMemStats(&after)
	return x, took, after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc), nil
}

// A measurement is the best of several rounds: what else the machine does can only slow them down.
const (
	rounds = 5
	round  = 400 * time.Millisecond
)

// measure matches the events again and again. matches is how many rules an event matches, in the mean.
func measure(x *pattern.Index, events [][]byte) (per time.Duration, matches, allocs float64, err error) {
	var before, after runtime.MemStats
	var to []int
	n, found := 0, 0
	runtime.ReadMemStats(&before)
	per, err = best(func(i int) error {
		to, err = x.Match(events[i%len(events)], to[:0])
		n, found = n+1, found+len(to)
		return err
	})
	runtime.ReadMemStats(&after)
	return per, float64(found) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n), err
}

func measureNaive(texts [][]byte, events [][]byte) (time.Duration, error) {
	patterns := make([]object, len(texts))
	for i, t := range texts {
		if err := json.Unmarshal(t, &patterns[i]); err != nil {
			return 0, err
		}
	}
	// At 10,000 rules it does few events in a round, and the best of several would be the one with the smallest events.
	n, start := 0, time.Now()
	for ; time.Since(start) < rounds*round; n++ {
		if _, err := naive(patterns, events[n%len(events)]); err != nil {
			return 0, err
		}
	}
	return time.Since(start) / time.Duration(n), nil
}

// best is how long one call of a function takes, with numbers from 0 on.
func best(one func(i int) error) (time.Duration, error) {
	least := time.Duration(0)
	for i, r := 0, 0; r < rounds; r++ {
		n, start := 0, time.Now()
		for n == 0 || n%64 != 0 || time.Since(start) < round {
			if err := one(i); err != nil {
				return 0, err
			}
			n, i = n+1, i+1
		}
		if per := time.Since(start) / time.Duration(n); least == 0 || per < least {
			least = per
		}
	}
	return least, nil
}
