package playbooks_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/moto"
	"parry/internal/sqlite"
)

// library is the catalogue as it is on disk.
func library(t *testing.T) *assemble.Library {
	t.Helper()
	lib, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

var loaded = sync.OnceValues(func() (*assemble.Library, error) { return assemble.NewLibrary("", "") })

func allCases(t *testing.T) []cases.Case {
	t.Helper()
	all, err := cases.Load(os.DirFS("."), ".", "playbooks")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func memory(t *testing.T) parry.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// eachCase runs f on every case of every playbook, so that one which is added later is held to the same. The cases run side by side: each
// has an account, a stage and a store of its own.
func eachCase(t *testing.T, f func(t *testing.T, c cases.Case)) {
	for _, c := range allCases(t) {
		t.Run(c.Playbook+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			f(t, c)
		})
	}
}

func TestEveryPlaybookHasCases(t *testing.T) {
	have := map[string]int{}
	for _, c := range allCases(t) {
		have[c.Playbook]++
		if c.Plan == "" {
			t.Errorf("%s: no expected plan", c.File)
		}
		if c.Text == "" {
			t.Errorf("%s does not say what it shows", c.File)
		}
	}
	for _, p := range library(t).Playbooks.All() {
		if have[p.Name] == 0 {
			t.Errorf("playbook %s has no case", p.Name)
		}
	}
}

func TestCasesOnTwin(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) { passes(t, c, cases.OnTwin) })
}

// TestCasesOnMoto runs the same cases on an emulator that was not written here: the plans and the end states must be the same. With
// PARRY_UPDATE=1 it writes the plans that come out into the cases, as 'parry test --update' does on the twin.
func TestCasesOnMoto(t *testing.T) {
	moto.Need(t)
	eachCase(t, func(t *testing.T, c cases.Case) { passes(t, c, cases.OnMoto) })
}

func passes(t *testing.T, c cases.Case, stage string) {
	t.Helper()
	if why, ok := c.Runs(stage); !ok {
		t.Skip("not on " + stage + ": " + why)
	}
	rec := recordOn(t, c, stage)
	if rec.err != nil {
		t.Fatal(rec.err)
	}
	if os.Getenv("PARRY_UPDATE") != "" && rec.res.Plan != c.Plan {
		if err := os.WriteFile(strings.TrimPrefix(c.File, "playbooks/"), c.WithPlan(rec.res.Plan), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range rec.res.Failed {
		t.Error(f)
	}
}

// A reason not to run somewhere holds as long as the case fails there.
func TestWhatDoesNotRunSomewhereFailsThere(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		for _, stage := range []string{cases.OnTwin, cases.OnMoto} {
			why, ok := c.Runs(stage)
			if ok {
				continue
			}
			if res, err := cases.Run(t.Context(), c, newStage(t, stage), library(t), memory(t), cases.Probe{}); err == nil && res.OK() {
				t.Errorf("it runs on %s by now, so it need not be left out there: %s", stage, why)
			}
		}
	})
}

func run(t *testing.T, c cases.Case, s cases.Stage, probe cases.Probe) cases.Result {
	t.Helper()
	store := memory(t)
	res, err := cases.Run(t.Context(), c, s, library(t), store, probe)
	if err != nil {
		t.Fatal(err)
	}
	verifies(t, store)
	for _, f := range res.Failed {
		t.Error(f)
	}
	return res
}
