package playbooks_test

import (
	"testing"
	"time"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
)

// A response that is left after each call and at each wait, as a function does whose time is short, ends as one that was never left: the same
// calls in the same order, none of them twice, the same state after it, the same undo, and no record that anything failed.
func TestAResponseThatIsLeftIsTakenUp(t *testing.T) {
	eachCase(t, func(t *testing.T, c cases.Case) {
		if where(c) != cases.OnTwin || record(t, c).made == 0 { // moto shows nothing here that the twin does not, and takes its time
			return
		}
		store, s := memory(t), stageOf(t, c)
		left, asked, away := 0, 0, time.Duration(0)
		probe := cases.Probe{
			Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
				r.Leave = func(resp parry.Response, pause time.Duration) bool {
					if pause == 0 && resp.State != parry.Verifying {
						if asked++; asked%2 == 1 { // one call, and then it is left
							return false
						}
					}
					left, away = left+1, pause
					return true
				}
			},
			Away: func() {
				if err := s.Sleep(t.Context(), away); err != nil {
					t.Fatal(err)
				}
			},
		}
		res, err := cases.Run(t.Context(), c, s, library(t), store, probe)
		if err != nil || !res.OK() {
			t.Fatalf("left %d times: %v %v", left, err, res.Failed)
		}
		if left == 0 && res.Final.Stored != "" && len(res.Final.Results) > 0 {
			t.Error("it was never left")
		}
		records, err := store.Records(t.Context(), res.Final.ID)
		if err != nil && parry.KindOf(err) != parry.NotFound {
			t.Fatal(err)
		}
		made := map[string]int{}
		for _, rec := range records {
			if rec.Kind == parry.MoveFailed {
				t.Errorf("a record says that it failed: %s", rec.Text)
			}
			if rec.Kind != parry.MoveCall || rec.State != parry.Applying || rec.Call.State != parry.Made {
				continue
			}
			if made[rec.Call.Change]++; made[rec.Call.Change] > 1 {
				t.Errorf("%s was made twice", rec.Call.Change)
			}
		}
		verifies(t, store)
	})
}
