package assemble_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
)

// frozen is a policy of a freeze that holds for the first hours of a scene.
const frozen = "freeze: [{days: [wed], from: \"05:00\", to: \"08:00\", why: quiet}]\n"

// What was asked only as it was frozen is done by itself when that is over, under all that holds then.
func TestWhatWasFrozenIsDecidedAnew(t *testing.T) {
	for name, tc := range map[string]struct {
		policy, rule string
		meanwhile    func(s *scene, r parry.Response)
		asks         string
		want         parry.State
		moves        string
	}{
		"by itself": {asks: "frozen until Wed 2026-03-04 08:00 UTC: quiet", want: parry.Done, moves: "asked noted approved intent call applied verified"},
		"a question of the rule's": {
			rule: asks(), want: parry.Waiting, moves: "asked",
		},
		"a question for another reason, too": {
			policy: "escalate: [{accounts: [\"" + account + "\"], tier: approve, why: always}]\n", want: parry.Waiting, moves: "asked",
		},
		"rejected in between": {
			meanwhile: func(s *scene, r parry.Response) {
				_, err := s.engine.Reject(s.t.Context(), r.ID, parry.Vote{By: ada, Digest: r.Plan.Digest})
				s.ok(err)
			},
			want: parry.Rejected, moves: "asked rejected",
		},
		"somebody voted": {
			policy: twoOfOncall,
			meanwhile: func(s *scene, r parry.Response) {
				_, err := s.approve(r, ada)
				s.ok(err)
			},
			want: parry.Waiting, moves: "asked voted escalated reminded",
		},
		"expired in between": {
			policy: twoOfOncall, meanwhile: func(s *scene, _ parry.Response) { s.pass(4 * time.Hour); s.tick() },
			want: parry.Expired, moves: "asked expired",
		},
		"put right by hand": {
			meanwhile: func(s *scene, _ parry.Response) { s.setKey("Inactive") },
			want:      parry.Nothing, moves: "asked told",
		},
		"a budget is used up": {
			policy: "budgets: {per_hour: 1}\n",
			meanwhile: func(s *scene, _ parry.Response) {
				s.pass(3 * time.Hour)
				s.isState(s.deliver(s.anew(7)), parry.Done, "")
				s.setKey("Active")
				s.tick()
			},
			want: parry.Waiting, moves: "asked",
		},
		"on hold": {
			meanwhile: func(s *scene, r parry.Response) { s.ok(s.store.Hold(s.t.Context(), r.Key, "wait")) },
			want:      parry.Waiting, moves: "asked",
		},
		"stopped by then": {
			meanwhile: func(s *scene, _ parry.Response) {
				s.ok(s.engine.Stop(s.t.Context(), "", "a drill", func() string { return ada }))
			},
			want: parry.Waiting, moves: "asked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.rule == "" {
				tc.rule = theRule
			}
			s := guarded(t, tc.rule, frozen+tc.policy)
			asked := s.deliver(s.event(s.Now(), ""))
			s.isState(asked, parry.Waiting, tc.asks)
			if s.tick(); s.stored(asked.ID).State != parry.Waiting {
				t.Fatal("it is not frozen any more")
			}
			if tc.meanwhile != nil {
				tc.meanwhile(s, asked)
			}
			s.pass(3 * time.Hour)
			for range 3 { // also when there is more to do, such as to remind
				s.tick()
			}
			now := s.stored(asked.ID)
			if s.isState(now, tc.want, ""); !strings.HasPrefix(s.moves(asked.ID), tc.moves) {
				t.Errorf("%s, not %s", s.moves(asked.ID), tc.moves)
			}
			if now.State == parry.Done && (now.By != "rule keys" || now.Decided.Tier != parry.TierAuto) {
				t.Errorf("by %q on tier %s", now.By, now.Decided.Tier)
			}
		})
	}
}

// A weekend later the finding is older than its rule takes it by itself.
func TestWhatWasFrozenTooLongStaysAQuestion(t *testing.T) {
	s := guarded(t, theRule, "freeze: [{dates: 2026-03-01..2026-03-06, why: quiet}]\n"+strings.Replace(twoOfOncall, "4h", "200h", 1))
	asked := s.deliver(s.event(s.Now(), ""))
	s.pass(80 * time.Hour)
	s.tick()
	now := s.stored(asked.ID)
	for range 3 { // others are asked and reminded first
		s.tick()
	}
	if now = s.stored(asked.ID); !now.Asked.Anew.IsZero() || now.State != parry.Waiting || strings.Contains(s.moves(asked.ID), "approved") {
		t.Errorf("%s, to be decided anew at %s", s.moves(asked.ID), now.Asked.Anew)
	}
}

// The plan is another one by then: it is stored before it is carried out, and no older yes counts for it.
func TestWhatWasFrozenIsPlannedAnew(t *testing.T) {
	rule := strings.Replace(theRule, "iam-deactivate-access-key", "key-and-marks", 1)
	s := guarded(t, rule, frozen)
	asked := s.deliver(s.event(s.Now(), ""))
	_, err := s.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("mallory"), PolicyName: aws.String("two"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)})
	s.ok(err)
	s.pass(3 * time.Hour)
	s.tick()
	s.tick()
	now := s.stored(asked.ID)
	if s.isState(now, parry.Done, ""); now.Plan.Digest == asked.Plan.Digest || !strings.HasPrefix(s.moves(asked.ID), "asked replanned noted approved intent call") {
		t.Errorf("%s of %s", s.moves(asked.ID), now.Plan.Digest)
	}
}

// A start wakes what a stop made a question; what it misses is looked at within ten minutes.
func TestWhatWasStoppedIsDecidedAnew(t *testing.T) {
	for name, start := range map[string]func(s *scene){
		"all":             func(s *scene) { s.ok(s.engine.Start(s.t.Context(), "", ada)) },
		"only another":    func(s *scene) { s.ok(s.engine.Start(s.t.Context(), "ec2-quarantine", ada)) },
		"by another hand": func(s *scene) { s.ok(s.store.Set(s.t.Context(), "stop", "")) },
		"and cannot wake": func(s *scene) {
			whole := s.engine.Store
			s.engine.Store = listless{whole}
			err := s.engine.Start(s.t.Context(), "", ada)
			s.refused(err, parry.Fault, "within 10 minutes")
			s.engine.Store = whole
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, theRule)
			s.ok(s.engine.Stop(t.Context(), "", "a drill", func() string { return ada }))
			asked := s.deliver(s.event(s.Now(), ""))
			s.isState(asked, parry.Waiting, "everything is stopped")
			s.pass(time.Minute)
			start(s)
			s.tick()
			if name != "all" {
				s.isState(s.stored(asked.ID), parry.Waiting, "")
				s.pass(10 * time.Minute)
				s.tick()
			}
			if name == "only another" {
				s.isState(s.stored(asked.ID), parry.Waiting, "")
				return
			}
			s.isState(s.stored(asked.ID), parry.Done, "")
		})
	}
}

// Two workers decide anew at the same moment: one does it.
func TestTwoWorkersDecideAnew(t *testing.T) {
	s := guarded(t, theRule, frozen)
	asked := s.deliver(s.event(s.Now(), ""))
	s.pass(3 * time.Hour)
	other := *s.engine
	other.Worker = "another"
	s.before(1, func() { s.ok(other.Tick(t.Context())) })
	s.tick()
	if s.isState(s.stored(asked.ID), parry.Done, ""); s.calls("UpdateAccessKey") != 1 {
		t.Errorf("%d calls: %s", s.calls("UpdateAccessKey"), s.moves(asked.ID))
	}
}

// A call that cannot be made fails the response, as it does for any other.
func TestWhatIsDecidedAnewCanFail(t *testing.T) {
	s := guarded(t, theRule, frozen)
	asked := s.deliver(s.event(s.Now(), ""))
	s.pass(3 * time.Hour)
	s.engine.Actors = actorsFunc(func(context.Context, parry.Session) (parry.Actor, int, error) { return nil, 0, errors.New("no role") })
	if err := s.engine.Tick(t.Context()); err == nil {
		t.Error("nothing is told")
	}
	s.isState(s.stored(asked.ID), parry.Failed, "no role")
}

// listless is a store that cannot be listed.
type listless struct{ parry.Store }

func (listless) List(context.Context, parry.Query) ([]parry.Response, string, error) {
	return nil, "", parry.Errorf(parry.Fault, "not now")
}
