package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"parry/internal/pattern"
)

// starts is how often a process is started for a measurement; the middle one counts.
const starts = 9

// firstDecision prints how long a process takes from its start until it has read 1,000 patterns and matched an event.
func firstDecision(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	texts := newScene(2).patterns(1000)
	raw := make([]json.RawMessage, len(texts))
	for i := range texts {
		raw[i] = texts[i]
	}
	rules, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "patterns.json")
	if err := os.WriteFile(file, rules, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var took []time.Duration
	for range starts {
		start := time.Now()
		if out, err := exec.CommandContext(ctx, self, "first", file).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	fmt.Printf("process start to the first verdict of 1,000 rules: %d ms\n", took[starts/2].Milliseconds())
	return nil
}

// first is the process that firstDecision starts.
func first(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	patterns := make([]*pattern.Pattern, len(raw))
	for i, p := range raw {
		if patterns[i], err = pattern.Compile(p); err != nil {
			return err
		}
	}
	_, err = pattern.NewIndex(patterns).Match(newScene(1).events(1)[0], nil)
	return err
}
