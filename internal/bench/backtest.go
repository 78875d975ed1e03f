package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"runtime"
	"time"

	"parry/internal/assemble"
	"parry/internal/backtest"
)

// backtesting prints how fast and in how much memory the embedded rules run over a million records of CloudTrail, as plain text and through
// gzip.
func backtesting(ctx context.Context) error {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		return err
	}
	fmt.Printf("\nbacktest of %d rules\n", len(lib.Rules.Rules))
	fmt.Printf("%-6s %10s %12s %10s %12s %10s %14s\n", "", "records", "records/s", "MB/s", "no rule", "matches", "peak heap kB")
	s := newScene(3)
	plain := func(yield func(backtest.Input, error) bool) {
		yield(backtest.Input{Name: "records", Open: func() (io.ReadCloser, error) { return io.NopCloser(newTrail(s, 1_000_000)), nil }}, nil)
	}
	if err := backtestOne(ctx, lib, "plain", plain); err != nil {
		return err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.Copy(z, newTrail(s, 50_000)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return backtestOne(ctx, lib, "gzip", func(yield func(backtest.Input, error) bool) {
		for range 20 {
			in := backtest.Input{Name: "records.gz", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }}
			if !yield(in, nil) {
				return
			}
		}
	})
}

func backtestOne(ctx context.Context, lib *assemble.Library, name string, inputs iter.Seq2[backtest.Input, error]) error {
	runtime.GC()
	peak, start := uint64(0), time.Now()
	r, err := backtest.Run(ctx, backtest.Options{Library: lib, Rules: lib.Rules, Inputs: inputs, Progress: func(_ int64, events int) {
		if events%(16*1024) != 0 {
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
	}})
	took := time.Since(start).Seconds()
	if err != nil {
		return err
	}
	matches := 0
	for _, rule := range r.Rules {
		matches += rule.Matched
	}
	fmt.Printf("%-6s %10d %12.0f %10.1f %12d %10d %14d\n", name, r.Events, float64(r.Events)/took, float64(r.Bytes)/1e6/took, r.Unwanted.N, matches, peak/1024)
	return nil
}

// trail is a log file of CloudTrail that is made while it is read: some thousand records again and again, each time with an id and a time
// of its own, spread over a quarter of a year. Of four records three are of calls that only read.
type trail struct {
	models  []model
	n, size int
	left    []byte
}

// model is a record, and where its id and its time stand in it.
type model struct {
	text     []byte
	id, time int
}

func newTrail(s scene, size int) *trail {
	t := &trail{size: size, left: []byte(`{"Records":[`)}
	for i := range 4000 {
		e := s.cloudTrail()
		detail := e["detail"].(object)
		if i%4 != 0 {
			detail["eventName"], detail["readOnly"] = pick(s, "DescribeInstances", "GetObject", "ListBuckets", "GetCallerIdentity", "AssumeRole", "Decrypt"), true
		}
		detail["eventID"], detail["eventTime"] = "00000000-0000-4000-8000-000000000000", "2026-01-01T00:00:00Z"
		text, err := json.Marshal(detail)
		if err != nil {
			panic(err) // it is made of maps and texts
		}
		t.models = append(t.models, model{text, bytes.Index(text, []byte("-000000000000\"")) + 1, bytes.Index(text, []byte(`"2026-01-01T00:00:00Z"`)) + 1})
	}
	return t
}

// Read implements io.Reader.
func (t *trail) Read(p []byte) (int, error) {
	if len(t.left) == 0 && !t.next() {
		return 0, io.EOF
	}
	n := copy(p, t.left)
	t.left = t.left[n:]
	return n, nil
}

// next makes the next record; false behind the end of the file.
func (t *trail) next() bool {
	switch t.n++; {
	case t.n > t.size+1:
		return false
	case t.n > t.size:
		t.left = []byte("]}")
		return true
	}
	m := t.models[t.n%len(t.models)]
	copy(m.text[m.id:], fmt.Sprintf("%012d", t.n))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(t.n) * 90 * 24 * time.Hour / time.Duration(t.size))
	copy(m.text[m.time:], at.Format("2006-01-02T15:04:05Z"))
	if t.left = m.text; t.n < t.size {
		t.left = append(m.text[:len(m.text):len(m.text)], ',')
	}
	return true
}
