package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/demo"
	"parry/internal/source"
	"parry/internal/sqlite"
)

const (
	cores     = 2       // that the figures are for
	alone     = 3_000   // transitions that one worker commits
	together  = 30_000  // transitions that many commit
	workers   = 64      // so many
	crowd     = 256     // and so many, where a store has all that it can take
	stored    = 100_000 // responses of the large store
	perSearch = 200     // how often each search of it is made
)

// storing prints how many transitions of responses a store in a file takes in a second, each with its chained record and each on the disk
// before its worker goes on; and what a store of many responses takes.
func storing(ctx context.Context) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	samples, err := planned(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "parry.db")
	db, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	fmt.Printf("\nstoring transitions with their records in a file, each on the disk before its worker goes on, %d cores\n", cores)
	fmt.Printf("%8s %14s %10s %10s\n", "workers", "transitions/s", "p50 ms", "p99 ms")
	var rates []float64
	for _, n := range []int{1, workers, crowd} {
		total := alone
		if n > 1 {
			total = together
		}
		l, err := live(ctx, db, samples, n, total, len(parry.States()))
		if err != nil {
			return closed(db, err)
		}
		fmt.Printf("%8d %14.0f %10.2f %10.2f\n", n, l.rate, l.at(50), l.at(99))
		rates = append(rates, l.rate)
	}
	fmt.Printf("many over one: %.1f\n", rates[1]/rates[0])
	return closed(db, large(ctx, db, file, samples))
}

// closed closes a store after its last use, and keeps the error that was there first.
func closed(db *sqlite.DB, err error) error { return cmp.Or(err, db.Close()) }

// planned are the responses to the demo's events, as they are planned.
func planned(ctx context.Context) ([]parry.Response, error) {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		return nil, err
	}
	scene, err := demo.New(ctx)
	if err != nil {
		return nil, err
	}
	scene.Org.SetLatency(nil)
	store, err := sqlite.Open(ctx, sqlite.Memory)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	r, _ := lib.Responder(scene.Org.Config(demo.Hub, "us-east-1"), store, assemble.Options{Role: "parry-{playbook}"})
	var all []parry.Response
	for _, ev := range scene.Events {
		items, err := source.Read(ev.Name, strings.NewReader(ev.JSON))
		if err != nil {
			return nil, err
		}
		findings, err := source.Decode(items[0].Event)
		if err != nil {
			return nil, err
		}
		responses, err := r.Prepare(ctx, items[0].Event, findings[0])
		if err != nil {
			return nil, err
		}
		all = append(all, responses...)
	}
	return all, nil
}

// lives are what came of letting responses live in a store.
type lives struct {
	rate float64 // transitions in a second
	took []time.Duration
}

// at is what so many percent of the saves did not take longer than, in milliseconds.
func (l lives) at(percent int) float64 {
	return float64(l.took[len(l.took)*percent/100].Microseconds()) / 1000
}

// live lets n workers make total transitions, or a few more, each of which makes steps of them with one response before it goes on to the next.
func live(ctx context.Context, db *sqlite.DB, samples []parry.Response, n, total, steps int) (lives, error) {
	took, errs := make([][]time.Duration, n), make([]error, n)
	began := time.Now()
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for i := 0; len(took[w])*n < total && errs[w] == nil; i++ {
				r := samples[(w+i)%len(samples)]
				r.ID, r.Key = assemble.NewID(time.Now()), fmt.Sprintf("%s %d %d %d", r.Key, n, w, i)
				r.Times.Received = began.Add(time.Duration(i*n+w) * time.Millisecond)
				errs[w] = liveOnce(ctx, db, r, steps, &took[w])
			}
		})
	}
	wg.Wait()
	l := lives{took: slices.Concat(took...)}
	l.rate = float64(len(l.took)) / time.Since(began).Seconds()
	slices.Sort(l.took)
	return l, cmp.Or(errs...)
}

// liveOnce takes a response through its first states and saves each, as the engine does. took is from the step's end to its being on the disk.
func liveOnce(ctx context.Context, db *sqlite.DB, r parry.Response, steps int, took *[]time.Duration) error {
	states := []parry.State{parry.Waiting, parry.Approved, parry.Applying, parry.Applying, parry.Verifying, parry.Done}
	for i := range min(steps, len(states)) {
		r.State, r.Steps = states[i], r.Steps+1
		if r.Times.Applied.IsZero() && r.State.Begun() {
			r.Times.Applied = r.Times.Received
		}
		rec := parry.Record{Response: r.ID, Seq: r.Steps, At: r.Times.Received, Kind: parry.MoveNoted, State: r.State, Text: "a step of its life"}
		rec.Seal(r.Chain)
		r.Stored, r.Chain = r.State, rec.Hash
		start := time.Now()
		if err := db.Save(ctx, r, rec); err != nil {
			return err
		}
		*took = append(*took, time.Since(start))
	}
	return nil
}

// large fills a store until it has many responses, and prints what it takes to have it, to open it and to search it.
func large(ctx context.Context, db *sqlite.DB, file string, samples []parry.Response) error {
	var have int
	for next := ""; ; {
		page, after, err := db.List(ctx, parry.Query{Limit: 10_000, After: next})
		if err != nil {
			return err
		}
		if have, next = have+len(page), after; next == "" {
			break
		}
	}
	l, err := live(ctx, db, samples, workers-1, stored-have, 1)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	log, err := os.Stat(file + "-wal")
	if err != nil {
		return err
	}
	fmt.Printf("\na store of %d responses (%.0f new ones/s)\n", have+len(l.took), l.rate)
	fmt.Printf("file                               %8d kB, beside it %d kB of write-ahead log\n", info.Size()/1024, log.Size()/1024)
	start := time.Now()
	again, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	fmt.Printf("opened after                       %8.2f ms\n", milli(time.Since(start)))
	return closed(again, searches(ctx, again))
}

// searches prints what the searches of a worker and of a person take.
func searches(ctx context.Context, db *sqlite.DB) error {
	page, _, err := db.List(ctx, parry.Query{Limit: 1})
	if err != nil {
		return err
	}
	r := page[0]
	for _, s := range []struct {
		name   string
		search func() error
	}{
		{"latest of a key", func() error { _, err := db.Latest(ctx, r.Key); return err }},
		{"count of a resource", func() error { _, err := db.Count(ctx, parry.Tally{Resource: r.Resource()}); return err }},
		{"what is due", func() error { _, err := db.Due(ctx, r.Times.Received, 10); return err }},
		{"a page of ten", func() error { _, _, err := db.List(ctx, parry.Query{Limit: 10}); return err }},
		{"ten of a state", func() error { _, _, err := db.List(ctx, parry.Query{State: parry.Done, Limit: 10}); return err }},
		{"ten of a rule", func() error { _, _, err := db.List(ctx, parry.Query{Rule: r.Answer.Rule, Limit: 10}); return err }},
		{"of a rule without any", func() error { _, _, err := db.List(ctx, parry.Query{Rule: "none"}); return err }},
		{"of an account without any", func() error { _, _, err := db.List(ctx, parry.Query{Account: "000000000000"}); return err }},
	} {
		start := time.Now()
		for range perSearch {
			if err := s.search(); err != nil {
				return err
			}
		}
		fmt.Printf("%-34s %8.3f ms\n", s.name, milli(time.Since(start)/perSearch))
	}
	return nil
}

func milli(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
