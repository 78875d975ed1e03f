package notify

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parry"
)

// Whatever a stranger calls things, each provider takes what it is sent: no field is too long or of a wrong form, and nothing moves or turns text.
func TestAnyTextIsTaken(t *testing.T) {
	eachFake(t, func(t *testing.T, api *fakeAPI) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			some := func(what string) string {
				s := rapid.StringN(0, 60, -1).Draw(rt, what)
				for range rapid.SampledFrom([]int{0, 0, 1, 9}).Draw(rt, what+" doubled") {
					s += s
				}
				return s
			}
			change := func(r *parry.Response) {
				r.ID = fmt.Sprintf("pr-%d", n)
				r.Finding.Info.Title, r.Finding.Info.Types, r.Reason, r.Answer.Rule = some("title"), []string{some("type")}, some("reason"), some("rule")
				r.Target.ID, r.Target.ARN, r.Target.Account, r.Target.Region = some("id"), some("arn"), some("account"), some("region")
				r.Plan.Summary, r.Plan.Breaks, r.By = some("summary"), some("breaks"), some("by")
			}
			sent := len(api.got(""))
			ref, err := api.channel.Tell(context.Background(), news(Asked, change), "")
			if err == nil {
				_, err = api.channel.Tell(context.Background(), news(Ended, change, in(parry.Failed)), ref)
			}
			if err != nil {
				rt.Fatalf("%v", err)
			}
			for _, c := range api.got("")[sent:] {
				for _, s := range strs(c.body) {
					noTricks(t, c.path, s)
				}
			}
		})
	})
}
