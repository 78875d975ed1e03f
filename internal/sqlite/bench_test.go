package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parry"
	"parry/internal/storetest"
)

// BenchmarkSave saves transitions of a response that has everything in it, each with its record, one after the other and from many
// workers, and reports how many in a second and what a worker waits for one.
func BenchmarkSave(b *testing.B) {
	for _, path := range []string{"file", Memory} {
		for _, workers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d", strings.Trim(path, ":"), workers), func(b *testing.B) {
				p := path
				if p == "file" {
					p = filepath.Join(b.TempDir(), "parry.db")
				}
				saveFrom(b, open(b, p), workers)
			})
		}
	}
}

func saveFrom(b *testing.B, db *DB, workers int) {
	took := make([][]time.Duration, workers)
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := storetest.Full(fmt.Sprint("r-", w), fmt.Sprint("k-", w), time.Now())
			for left.Add(-1) >= 0 {
				start := time.Now()
				r.Steps++
				rec := parry.Record{Response: r.ID, Seq: r.Steps, At: start, Kind: parry.MoveCall, Text: "made", Call: &r.Results[0]}
				rec.Seal(r.Chain)
				r.Chain = rec.Hash
				if err := db.Save(b.Context(), r, rec); err != nil {
					b.Error(err)
					return
				}
				took[w] = append(took[w], time.Since(start))
			}
		})
	}
	wg.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "saves/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}
