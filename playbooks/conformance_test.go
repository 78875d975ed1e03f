package playbooks_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/tap"
)

// Every test here runs on every case of every playbook. Together they hold each playbook to what must always be true
// (the design's section 5); a playbook that is added later is held to it without a line of test.

// 1. Nothing changes AWS except the apply step; and verifying, planning again and a second delivery only read.
func TestOnlyApplyWrites(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		for _, s := range record(t, c).steps {
			switch s.name {
			case "given", "applied", "undone":
			default:
				if w := writesIn(s.calls); len(w) > 0 {
					t.Errorf("%s: calls that write: %v", s.name, w)
				}
			}
		}
	})
}

// actorsFunc and doFunc make functions into parry.Actors and parry.Actor.
type actorsFunc func(context.Context, parry.Session) (parry.Actor, int, error)

func (f actorsFunc) Act(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
	return f(ctx, s)
}

type doFunc func(context.Context, parry.Call) (parry.Reply, error)

func (f doFunc) Do(ctx context.Context, c parry.Call) (parry.Reply, error) { return f(ctx, c) }

// onEachCall lets f see every call of the apply step before it is made.
func onEachCall(f func(ctx context.Context, s parry.Session, c parry.Call)) cases.Probe {
	return cases.Probe{Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
		inner := r.Actors
		r.Actors = actorsFunc(func(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
			a, n, err := inner.Act(ctx, s)
			return doFunc(func(ctx context.Context, c parry.Call) (parry.Reply, error) {
				f(ctx, s, c)
				return a.Do(ctx, c)
			}), n, err
		})
	}}
}

// 2. The plan, with every before-state and undo, is stored before the first write, and each call's intent before the call.
func TestPlanIsStoredBeforeTheFirstWrite(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		rec := record(t, c)
		for _, e := range rec.early {
			t.Error(e)
		}
		for _, s := range rec.steps {
			if s.name == "applied" && len(writesIn(s.calls)) > 0 && rec.made == 0 {
				t.Error("calls were made that no session of the apply step saw")
			}
		}
	})
}

// 3. What runs is what was approved: a plan whose digest is another is not applied, and nothing is called.
func TestAnotherDigestIsNotApplied(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		for _, why := range planned(t, c).applied {
			t.Error(why)
		}
	})
}

// 4. After apply the plan is empty; that the second delivery is "nothing to do" is checked by every run of a case. Here: planning
// twice gives the same digest, so a plan depends on the world and on nothing else, the time of planning included.
func TestPlanningTwiceGivesTheSameDigest(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		for _, why := range planned(t, c).differs {
			t.Error(why)
		}
	})
}

// planning is what came of planning a case once more, and of applying it with another digest.
type planning struct{ differs, applied []string }

// plannings are made once for each case: both tests look at the same run, which ends before anything is applied.
var plannings sync.Map

func planned(t *testing.T, c cases.Case) planning {
	t.Helper()
	s := stageOf(t, c)
	once, _ := plannings.LoadOrStore(c.Playbook+"/"+c.Name, sync.OnceValue(func() planning { return newPlanning(t, c, s) }))
	return once.(func() planning)()
}

func newPlanning(t *testing.T, c cases.Case, s stage) (p planning) {
	var responder *parry.Responder
	_, err := cases.Run(t.Context(), c, s, library(t), memory(t), cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) { responder = r },
		Skip:      func(step string) bool { return step == "apply" },
		Step: func(step string, r parry.Response) {
			if step != "planned" {
				return
			}
			if r.Plan.Playbook != "" {
				again, err := responder.Planner.Plan(t.Context(), parry.Job{Response: "another", Playbook: r.Answer.Playbook, Params: r.Answer.Params, Target: r.Target, Finding: r.Finding, At: r.Times.Planned.Add(time.Hour)})
				if err != nil || again.Digest != r.Plan.Digest {
					p.differs = append(p.differs, fmt.Sprintf("%v\n%s", err, cmp.Diff(r.Plan, again)))
				}
			}
			if r.State != parry.Planned {
				return
			}
			s.ResetLog()
			r.Plan.Digest = "sha256:of-another-plan"
			if err := responder.Apply(t.Context(), &r, "someone"); parry.KindOf(err) != parry.Conflict {
				p.applied = append(p.applied, fmt.Sprintf("applied with another digest: %v", err))
			}
			if w := writesIn(s.Log()); len(w) > 0 {
				p.applied = append(p.applied, fmt.Sprintf("%v were called", w))
			}
		},
	})
	if err != nil {
		p.differs, p.applied = append(p.differs, err.Error()), append(p.applied, err.Error())
	}
	return p
}

// 6. Undo compares: where the state is not what was left, it is a conflict and nothing is called.
func TestUndoOfAChangedStateIsAConflict(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		store := memory(t)
		s := stageOf(t, c)
		var responder *parry.Responder
		_, err := cases.Run(t.Context(), c, s, library(t), store, cases.Probe{
			Responder: func(r *parry.Responder, _ *awsapi.Cloud) { responder = r },
			Skip:      func(step string) bool { return step == "undo" },
			Step: func(step string, r parry.Response) {
				if step != "again" {
					return
				}
				all, _, err := store.List(t.Context(), parry.Query{Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				applied := all[slices.IndexFunc(all, func(r parry.Response) bool { return r.State == parry.Done })]
				for _, ch := range applied.Plan.Changes {
					if len(ch.Undo) == 0 || ch.RestoredBy != "" || ch.Kept != "" {
						continue
					}
					conflict(t, store, s, responder, applied, ch.Name)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// conflict pretends that a change had left something else than is found, and undoes.
func conflict(t *testing.T, store parry.Store, s stage, r *parry.Responder, applied parry.Response, change string) {
	t.Helper()
	tampered := applied
	tampered.ID = applied.ID + strings.ReplaceAll(change, "/", "-")
	tampered.Left = map[string]any{}
	for k, v := range applied.Left {
		tampered.Left[k] = v
	}
	tampered.Left[change] = "something else"
	tampered.Steps = 1
	if err := store.Save(t.Context(), tampered, parry.Record{Response: tampered.ID, Seq: 1, Kind: "test", At: applied.Times.Closed}); err != nil {
		t.Fatal(err)
	}
	s.ResetLog()
	if _, err := r.Undo(t.Context(), tampered.ID, "someone"); parry.KindOf(err) != parry.Conflict || !strings.Contains(err.Error(), change) {
		t.Errorf("%s: undone over a change of someone else's: %v", change, err)
	}
	if w := writesIn(s.Log()); len(w) > 0 {
		t.Errorf("%s: %v were called", change, w)
	}
}

// 7. Every call is made with the playbook's own role in the target's account. Applying carries the response's id as session name and
// source identity and a session policy; planning has a session that can only read. The judge says whether those are narrow enough.
func TestCredentialsAreTheResponsesOwn(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		for _, s := range record(t, c).steps {
			for _, e := range s.calls {
				op, known := operationOf(e)
				if s.name == "given" || !known || e.Caller.Session == "" && e.Account == s.response.Target.Account {
					continue // the case's own calls, by the account's administrator, and STS
				}
				if op.Name == "sts:GetCallerIdentity" && e.Caller.Session == "" {
					continue // Parry asks who it is itself before it takes a role
				}
				if want := "assumed-role/parry-" + c.Playbook + "/"; !strings.Contains(e.Caller.ARN, want) {
					t.Errorf("%s is called as %s, not with the playbook's role", op.Name, e.Caller.ARN)
				}
				if e.Caller.Policy == "" {
					t.Errorf("%s is called without a session policy", op.Name)
				}
				name := "parry-plan"
				if op.Write || e.Caller.Session == s.response.ID && completes(op.Name, s.response) {
					name = s.response.ID
				}
				if e.Caller.Session != name || e.Caller.Source != name {
					t.Errorf("%s: session name %q and source identity %q, not %q", op.Name, e.Caller.Session, e.Caller.Source, name)
				}
			}
		}
	})
}

// completes tells whether an operation is what a call of the response's plan reads in its course.
func completes(read string, r parry.Response) bool {
	table := awsapi.Catalog()
	return slices.ContainsFunc(r.Plan.Changes, func(c parry.Change) bool { return table[c.Call.Op].Completes == read })
}

// A throttled call is tried again by the SDK, and the response is as good as any other. The SDK really waits for it, so one case of each
// playbook that changes something has to do.
func TestThrottlingIsWaitedOut(t *testing.T) {
	first := map[string]string{}
	for _, c := range allCases(t) {
		if first[c.Playbook] == "" && changesSomething.MatchString(c.Plan) && !notApplied.MatchString(c.Plan) {
			first[c.Playbook] = c.Name
		}
	}
	eachCase(t, func(t *testing.T, c cases.Case) {
		if first[c.Playbook] != c.Name {
			t.Skip("another case of the playbook shows it, or it has none that changes anything")
		}
		s := stageOf(t, c)
		run(t, c, s, cases.Probe{Step: func(step string, r parry.Response) {
			if step == "planned" && r.State == parry.Planned {
				_, op, _ := strings.Cut(r.Plan.Changes[0].Call.Op, ":")
				s.Inject(tap.Fault{Operation: op, Err: tap.Throttle(), Times: 2})
			}
		}})
	})
}

// changesSomething finds how a plan that has changes ends.
var changesSomething = regexp.MustCompile(`(?m)^ +[0-9]+ changes?:`)
