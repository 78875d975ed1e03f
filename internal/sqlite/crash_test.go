package sqlite

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
)

// The environment that makes this test binary a worker to be killed, or one that goes for a lease.
const (
	envCrash = "PARRY_TEST_CRASH"
	envClaim = "PARRY_TEST_CLAIM"
)

// A worker that is killed at any moment loses nothing that was acknowledged, and leaves no half of anything.
func TestKilledWorkerLosesNothing(t *testing.T) {
	if path := os.Getenv(envCrash); path != "" {
		saveForever(t, path)
		return
	}
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	path := filepath.Join(t.TempDir(), "parry.db")
	acknowledged := map[string]int{}
	for round := range 6 {
		killAfter(t, path, 5+67*round, acknowledged)
		db := open(t, path)
		for id, steps := range acknowledged {
			isWhole(t, db, id, min(steps, 2))
			if why, err := db.Held(t.Context(), id); err != nil || steps == held && why != "why" {
				t.Errorf("the hold on %s is %q, %v", id, why, err)
			}
		}
		all, _, err := db.List(t.Context(), parry.Query{Limit: 1_000_000})
		must(t, err)
		for _, r := range all {
			isWhole(t, db, r.ID, 1)
		}
		must(t, db.Close())
	}
	if len(acknowledged) < 300 {
		t.Errorf("only %d responses were saved", len(acknowledged))
	}
}

// crashWriters is how many goroutines of a worker write when it is killed, so that the kill meets groups of writes.
const crashWriters = 16

// saveForever saves responses of two steps each, then puts each on hold, and says so after each write, until it is killed.
func saveForever(t *testing.T, path string) {
	db := open(t, path)
	var wg sync.WaitGroup
	for w := range crashWriters {
		wg.Go(func() {
			for i := 0; !t.Failed(); i++ {
				r := parry.Response{ID: fmt.Sprintf("r-%d-%d-%d", os.Getpid(), w, i), Reason: strings.Repeat("x", i*97%9000), Times: parry.Times{Received: time.Now()}}
				for r.Steps = 1; r.Steps <= 2; r.Steps++ {
					if err := db.Save(t.Context(), r, parry.Record{Response: r.ID, Seq: r.Steps, At: time.Now(), Kind: "call", Text: r.ID}); err != nil {
						t.Error(err)
						return
					}
					fmt.Printf("\nsaved %s %d .\n", r.ID, r.Steps) // one write to the pipe, which others do not tear
				}
				if err := db.Hold(t.Context(), r.ID, "why"); err != nil {
					t.Error(err)
					return
				}
				fmt.Printf("\nsaved %s %d .\n", r.ID, held)
			}
		})
	}
	wg.Wait()
}

// held is the step that is not the response's: it was put on hold after the two.
const held = 3

// killAfter starts a worker, kills it after n acknowledged saves and notes all that it acknowledged, up to the end.
func killAfter(t *testing.T, path string, n int, acknowledged map[string]int) {
	t.Helper()
	cmd := child(t, "^TestKilledWorkerLosesNothing$", envCrash+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines, seen := bufio.NewScanner(out), 0
	var other []string
	for lines.Scan() {
		var id, dot string
		var steps int
		if k, _ := fmt.Sscanf(lines.Text(), "saved %s %d %s", &id, &steps, &dot); k < 3 {
			other = append(other, lines.Text()) // or a line that the kill cut off
			continue
		}
		acknowledged[id] = steps
		if seen++; seen == n {
			must(t, cmd.Process.Kill())
		}
	}
	must(t, lines.Err())
	if err := cmd.Wait(); err == nil || seen < n {
		t.Fatalf("the worker ended by itself after %d saves: %v\n%s", seen, err, strings.Join(other, "\n"))
	}
}

// isWhole wants a response that is at least so far, with exactly the records that it speaks of.
func isWhole(t *testing.T, db *DB, id string, steps int) {
	t.Helper()
	r, err := db.Response(t.Context(), id)
	must(t, err)
	recs, err := db.Records(t.Context(), id)
	must(t, err)
	if r.Steps < steps || len(recs) != r.Steps {
		t.Errorf("%s is at step %d with %d records; step %d was acknowledged", id, r.Steps, len(recs), steps)
	}
	for i, rec := range recs {
		if rec.Seq != i+1 || rec.Text != id {
			t.Errorf("record %d of %s is %+v", i+1, id, rec)
		}
	}
}

// Of several processes that claim at once, one wins.
func TestOneProcessWins(t *testing.T) {
	if path := os.Getenv(envClaim); path != "" {
		claimOnSignal(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "parry.db") // which none of them finds made
	const processes = 4
	type worker struct {
		in  io.WriteCloser
		out *bufio.Scanner
	}
	var workers []worker
	for range processes {
		cmd := child(t, "^TestOneProcessWins$", envClaim+"="+path)
		in, err := cmd.StdinPipe()
		must(t, err)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		w := worker{in, bufio.NewScanner(out)}
		defer func() { // also where the test gave up: without input a worker ends
			must(t, w.in.Close())
			for w.out.Scan() { // to the end, which Wait needs
			}
			must(t, cmd.Wait())
		}()
		workers = append(workers, w)
	}
	for round := range 10 {
		for _, w := range workers {
			_, err := fmt.Fprintln(w.in, round)
			must(t, err)
		}
		won := 0
		for _, w := range workers {
			switch answer := nextAnswer(w.out); answer {
			case "won":
				won++
			case "lost":
			default:
				t.Fatalf("a worker says %q", answer)
			}
		}
		if won != 1 {
			t.Errorf("round %d: %d processes have the lease", round, won)
		}
	}
}

// claimOnSignal goes for one lease for each line that it reads.
func claimOnSignal(t *testing.T, path string) {
	db := open(t, path)
	holder := fmt.Sprint(os.Getpid())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		err := db.Claim(t.Context(), "door "+lines.Text(), holder, time.Now(), time.Minute)
		switch {
		case err == nil:
			fmt.Println("\nanswer won")
		case parry.KindOf(err) == parry.Conflict:
			fmt.Println("\nanswer lost")
		default:
			fmt.Println("\nanswer", err)
		}
	}
}

func nextAnswer(lines *bufio.Scanner) string {
	for lines.Scan() {
		if answer, ok := strings.CutPrefix(lines.Text(), "answer "); ok {
			return answer
		}
	}
	return "nothing more"
}
