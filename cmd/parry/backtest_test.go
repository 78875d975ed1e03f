package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAnInterruptedBacktestTellsWhatItHas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"backtest", "embedded", "--events", file}, func(string) string { return "" }, strings.NewReader(""), &out, &errs)
	if code != exitFailed || !strings.HasPrefix(out.String(), "PARTIAL: interrupted; this is what was read so far.") || errs.Len() > 0 {
		t.Errorf("code %d: %s %s", code, out.String(), errs.String())
	}
}

func TestTheBarShowsEventsAndSpeed(t *testing.T) {
	var out bytes.Buffer
	b := bar{newBar(&out, 2000), time.Now().Add(-time.Second)}
	b.to(1000, 500)
	time.Sleep(2 * refresh) // more often than that it is not drawn
	b.to(1000, 500)
	b.end()
	if s := out.String(); !strings.Contains(s, "500 events, ") || !strings.Contains(s, "a second") || !strings.Contains(s, "50%") {
		t.Errorf("%q", s)
	}
	bar{}.to(1, 1) // no terminal, and nothing happens
	bar{}.end()
}
