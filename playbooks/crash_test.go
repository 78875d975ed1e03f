package playbooks_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
)

// 5. A worker that dies at any call of the apply step, before or after the call took effect, leaves a response that the next delivery
// of the event finishes: the end state and the undo are those of a run that was never interrupted.
func TestACrashIsResumed(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		calls := record(t, c).made
		for _, after := range []bool{false, true} {
			for n := range calls {
				if !worthIt(c, n, calls, after) {
					continue
				}
				if crashAt(t, c, n, after); t.Failed() {
					return
				}
			}
		}
	})
}

// worthIt spares an emulator that takes its time: where the twin cannot show a case, a worker dies there before the first call and after the last one
// only, the one with nothing done and the other with everything; the moments between are those of the cases on the twin, and of 'make soak'.
func worthIt(c cases.Case, n, calls int, after bool) bool {
	if where(c) == cases.OnTwin || os.Getenv("PARRY_SOAK") != "" {
		return true
	}
	return !after && n == 0 || after && n == calls-1
}

var errDead = errors.New("the worker is dead")

// deadStore fails everything once its worker is dead, as a process does that is no more: its lease, too, stays until it expires.
type deadStore struct {
	parry.Store
	dead *bool
}

func (d deadStore) Save(ctx context.Context, r parry.Response, rec ...parry.Record) error {
	if *d.dead {
		return errDead
	}
	return d.Store.Save(ctx, r, rec...)
}

func (d deadStore) Release(ctx context.Context, resource, holder string) error {
	if *d.dead {
		return errDead
	}
	return d.Store.Release(ctx, resource, holder)
}

// crashAt runs a case with a worker that dies at its nth call, and lets another take up what is left.
func crashAt(t *testing.T, c cases.Case, n int, after bool) {
	t.Helper()
	store, s := memory(t), stageOf(t, c)
	died := false
	var heir parry.Responder
	res, err := cases.Run(t.Context(), c, s, library(t), store, cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			heir = *r
			heir.Worker = "heir"
			r.Store, r.Actors = deadStore{store, &died}, dyingActors(r.Actors, n, after, &died)
		},
		Heir: func() *parry.Responder {
			if err := s.Sleep(t.Context(), 10*time.Minute); err != nil { // until the dead worker's lease has expired
				t.Fatal(err)
			}
			return &heir
		},
	})
	verifies(t, store)
	if err != nil || !res.OK() {
		t.Errorf("death at call %d (after it took effect: %v): %v %v", n, after, err, res.Failed)
	}
	if !died {
		t.Errorf("there was no call %d", n)
	}
}

// dyingActors let a worker die at its nth call.
func dyingActors(inner parry.Actors, n int, after bool, died *bool) parry.Actors {
	made := 0
	return actorsFunc(func(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
		a, k, err := inner.Act(ctx, s)
		return doFunc(func(ctx context.Context, c parry.Call) (parry.Reply, error) {
			made++
			if made-1 != n || *died {
				return a.Do(ctx, c)
			}
			*died = true
			if after {
				if _, err := a.Do(ctx, c); err != nil {
					return parry.Reply{}, fmt.Errorf("the call that the worker was to die after: %w", err)
				}
			}
			return parry.Reply{}, errDead
		}), k, err
	})
}
