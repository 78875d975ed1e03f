// Command bench prints how long the catalogue takes to load. It prints what a process that plans takes: memory at rest, time from its start to the first plan, and peak memory. It plans the demo's
// events on the twin, so no network is in the figures. It fails where the peak is over the limit. Then it prints how fast events are matched
// against rules, beside the naive way, and how long a function of AWS Lambda takes to start, how many transitions of responses a store takes, and how it does when it is large; how throughput grows with workers on DynamoDB, which partition keys
// that asks most of, what units of AWS a response takes, and what they cost. With the names of parts it measures these alone.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"parry/internal/assemble"
	"parry/internal/demo"
	"parry/internal/source"
	"parry/internal/sqlite"
)

// limit is the most memory that a plan may take, in kB.
const limit = 100 * 1024

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measureAll(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measureAll(ctx context.Context) error {
	if len(os.Args) == 3 && os.Args[1] == "first" {
		return first(os.Args[2])
	}
	parts := []struct {
		name string
		run  func(context.Context) error
	}{
		{"loading", loading}, {"planning", planning}, {"matching", matching}, {"deciding", firstDecision}, {"starting", cold}, {"backtesting", backtesting}, {"storing", storing}, {"storming", storming}, {"scaling", scaling}, {"units", countAll}, {"costs", costs},
	}
	only := os.Args[1:]
	for _, p := range parts {
		if len(only) > 0 && !slices.Contains(only, p.name) {
			continue
		}
		if err := p.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

func planning(ctx context.Context) error {
	start := time.Now()
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		return err
	}
	fmt.Printf("playbooks and rules loaded after   %8d ms\n", time.Since(start).Milliseconds())
	fmt.Printf("memory at rest                     %8d kB\n", memory("VmRSS"))
	scene, err := demo.New(ctx)
	if err != nil {
		return err
	}
	scene.Org.SetLatency(nil)
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		return err
	}
	defer store.Close()
	r, _ := lib.Responder(scene.Org.Config(demo.Hub, "us-east-1"), store, assemble.Options{Role: "parry-{playbook}"})
	plans := 0
	for _, ev := range scene.Events {
		items, err := source.Read(ev.Name, strings.NewReader(ev.JSON))
		if err != nil {
			return err
		}
		findings, err := source.Decode(items[0].Event)
		if err != nil {
			return err
		}
		responses, err := r.Prepare(ctx, items[0].Event, findings[0])
		if err != nil {
			return err
		}
		for _, resp := range responses {
			if plans++; plans == 1 {
				fmt.Printf("first plan after                   %8d ms (%d changes)\n", time.Since(start).Milliseconds(), len(resp.Plan.Changes))
			}
		}
	}
	peak := memory("VmHWM")
	fmt.Printf("peak memory after %d plans          %8d kB\n", plans, peak)
	if peak > limit {
		return fmt.Errorf("a plan takes %d kB, more than %d", peak, limit)
	}
	return nil
}

// memory reads one of Linux's figures of this process, in kB; 0 on other systems.
func memory(name string) int {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var kb int
			_, _ = fmt.Sscan(rest, &kb) // a figure that cannot be read counts as 0, and shows
			return kb
		}
	}
	return 0
}
