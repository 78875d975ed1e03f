package playbooks_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/sqlite"
	"parry/internal/tap"
)

// recording is one undisturbed run of a case. What only looks at a run looks at this one, so that a case on an emulator costs one run for
// all of them.
type recording struct {
	stage string
	steps []recorded
	res   cases.Result
	err   error
	made  int      // calls of apply and undo
	early []string // what was called before it was stored
	took  time.Duration
}

// recorded is a step of a run, with the calls that led to it.
type recorded struct {
	name     string
	response parry.Response
	calls    []tap.Entry
}

// recordings are those of this process, by case and stage.
var recordings sync.Map

// record gives the recording of a case where the suite runs it. A case that fails is told once, by TestCasesOnTwin or TestCasesOnMoto.
func record(t *testing.T, c cases.Case) *recording {
	t.Helper()
	rec := recordOn(t, c, where(c))
	if rec.err != nil || !rec.res.OK() {
		t.Fatalf("the case itself fails, see TestCasesOn...: %v", rec.err)
	}
	return rec
}

func recordOn(t *testing.T, c cases.Case, name string) *recording {
	t.Helper()
	s := newStage(t, name)
	once, _ := recordings.LoadOrStore(name+" "+c.Playbook+"/"+c.Name, sync.OnceValue(func() *recording { return newRecording(t, c, s, name) }))
	return once.(func() *recording)()
}

func newRecording(t *testing.T, c cases.Case, s stage, name string) *recording {
	rec := &recording{stage: name}
	store, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		rec.err = err
		return rec
	}
	defer store.Close()
	began := time.Now()
	probe := onEachCall(func(ctx context.Context, session parry.Session, call parry.Call) {
		rec.made++
		if err := isStored(ctx, store, session, call); err != nil {
			rec.early = append(rec.early, err.Error())
		}
	})
	probe.Step = func(step string, r parry.Response) {
		rec.steps = append(rec.steps, recorded{step, r, s.Log()})
		s.ResetLog()
	}
	rec.res, rec.err = cases.Run(t.Context(), c, s, library(t), store, probe)
	rec.took = time.Since(began)
	verifies(t, store)
	return rec
}

// isStored tells whether a call that is about to be made stands in the store as what it is: in a plan, with its intent last.
func isStored(ctx context.Context, store parry.Store, s parry.Session, call parry.Call) error {
	stored, err := store.Response(ctx, s.Response)
	if err != nil {
		return fmt.Errorf("%s is called and nothing is stored: %w", call.Op, err)
	}
	if stored.Plan.Empty() || stored.Plan.Digest == "" {
		return fmt.Errorf("%s is called and the stored response has no plan", call.Op)
	}
	records, err := store.Records(ctx, s.Response)
	if err != nil || len(records) == 0 {
		return fmt.Errorf("%s is called and there are no records: %w", call.Op, err)
	}
	last := records[len(records)-1]
	if last.Kind != "intent" || last.Call == nil || !last.Call.Call.Same(call) {
		return fmt.Errorf("%s is called, and the last record is %s %s", call.Op, last.Kind, last.Text)
	}
	if _, err := store.Source(ctx, stored.Plan.Source); err != nil {
		return fmt.Errorf("the playbook's text is not kept: %w", err)
	}
	return nil
}

// operations are those of the table by the SDK's input type, which is that of one operation only.
var operations = sync.OnceValue(func() map[reflect.Type]parry.Operation {
	all := map[reflect.Type]parry.Operation{}
	for _, op := range awsapi.Catalog() {
		if other, ok := all[op.Input]; ok {
			panic("the table has " + op.Name + " and " + other.Name + " for one operation")
		}
		all[op.Input] = op
	}
	return all
})

// operationOf is what our table says of a call that was made; not of one that is not in the table, as those of STS.
func operationOf(e tap.Entry) (parry.Operation, bool) {
	op, ok := operations()[reflect.TypeOf(e.Input).Elem()]
	return op, ok
}

// writesIn are the operations of a log that write, by their names in the table.
func writesIn(log []tap.Entry) []string {
	var w []string
	for _, e := range log {
		if op, ok := operationOf(e); ok && op.Write {
			w = append(w, op.Name)
		}
	}
	return w
}
