package playbooks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"parry/internal/tap"
)

// TestCallsAreTheFewest holds each response to the fewest calls that do what it does, and prints what each case takes. A plan asks nothing
// twice; applying makes each change of the plan once, and reads for two more plans: the one that is compared with what was approved, and
// the one that verifies, which may ask again until AWS shows the change.
func TestCallsAreTheFewest(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "reads\tfewest\twrites\tfewest\tapply reads\tfewest\tall calls\tms\tstage\tcase\t\n")
	for _, c := range allCases(t) {
		t.Run(c.Playbook+"/"+c.Name, func(t *testing.T) {
			n := count(t, record(t, c))
			fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s/%s\t\n", n.reads, n.different, n.writes, n.changes, n.applyReads, n.applyFewest, n.all, n.took.Milliseconds(), n.stage, c.Playbook, c.Name)
		})
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("reads and writes of each response; ms is what a run of the case takes, and all calls are those of that run:\n%s", &table)
}

// counts are the calls of one run of a case.
type counts struct {
	reads, different        int // of the first plan
	writes, changes         int // of applying it
	applyReads, applyFewest int
	all                     int // with the case's own, undo and sessions
	took                    time.Duration
	stage                   string
}

// ownCalls are the operations of ours, with how many calls of AWS each makes.
var ownCalls = map[string]int{"iam:CreateStoredAccessKey": 2}

// count counts, and says where more was called than had to be.
func count(t *testing.T, rec *recording) counts {
	t.Helper()
	n := counts{took: rec.took, stage: rec.stage}
	for _, s := range rec.steps {
		n.all += len(s.calls)
		switch s.name {
		case "planned":
			reads := readsIn(s.calls)
			n.reads, n.different = len(reads), 0
			seen := map[string]bool{}
			for _, r := range reads {
				if seen[r] {
					t.Errorf("the plan asks twice: %s", r)
				}
				seen[r] = true
			}
			n.different = len(seen)
		case "applied":
			for _, c := range s.response.Plan.Changes {
				n.changes += max(ownCalls[c.Call.Op], 1)
			}
			// What was refused, as something was busy for instance, changed nothing.
			n.writes = len(writesIn(slices.DeleteFunc(slices.Clone(s.calls), func(e tap.Entry) bool { return e.Err != nil })))
			if n.writes != n.changes {
				t.Errorf("%d calls that write for %d changes", n.writes, n.changes)
			}
			n.applyReads, n.applyFewest = len(readsIn(s.calls)), 2*n.different
		}
	}
	return n
}

// readsIn are the responder's calls of a log that read, each with where and what it asks.
func readsIn(log []tap.Entry) []string {
	var all []string
	for _, e := range log {
		if op, ok := operationOf(e); ok && !op.Write && e.Caller.Session != "" {
			in, err := json.Marshal(e.Input)
			if err != nil {
				panic(err) // the SDK's inputs are plain
			}
			all = append(all, fmt.Sprintf("%s in %s %s %s", op.Name, e.Account, e.Region, in))
		}
	}
	return all
}
