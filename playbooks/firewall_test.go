package playbooks_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	nftypes "github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
)

// sources are what the rules of a rule group are about, in their order; put adds rules, as somebody else would.
func sources(t *testing.T, stage *cases.Twin, account, group string, put ...string) []string {
	t.Helper()
	client := networkfirewall.NewFromConfig(stage.Config(account, "us-east-1"))
	out, err := client.DescribeRuleGroup(t.Context(), &networkfirewall.DescribeRuleGroupInput{RuleGroupName: &group, Type: nftypes.RuleGroupTypeStateful})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range put {
		out.RuleGroup.RulesSource.StatefulRules = append(out.RuleGroup.RulesSource.StatefulRules, nftypes.StatefulRule{
			Action: nftypes.StatefulActionDrop, Header: &nftypes.Header{
				Protocol: nftypes.StatefulRuleProtocolTcp, Source: &put[i], SourcePort: aws.String("ANY"), Direction: nftypes.StatefulRuleDirectionForward,
				Destination: aws.String("ANY"), DestinationPort: aws.String("ANY"),
			}, RuleOptions: []nftypes.RuleOption{{Keyword: aws.String("sid"), Settings: []string{"20" + s[len(s)-1:]}}},
		})
	}
	if len(put) > 0 {
		if _, err := client.UpdateRuleGroup(t.Context(), &networkfirewall.UpdateRuleGroupInput{
			RuleGroupName: &group, Type: nftypes.RuleGroupTypeStateful, RuleGroup: out.RuleGroup, UpdateToken: out.UpdateToken,
		}); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for _, r := range out.RuleGroup.RulesSource.StatefulRules {
		all = append(all, *r.Header.Source)
	}
	return all
}

// What others write into a rule group at any moment, between plan and apply, between the two looks of an apply, and before the undo, stays.
func TestWhatOthersWriteIntoARuleGroupStays(t *testing.T) {
	stage := cases.NewTwin()
	const group = "parry-blocked"
	meanwhile := 0
	probe := cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			inner := r.Actors
			r.Actors = actorsFunc(func(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
				a, n, err := inner.Act(ctx, s)
				return doFunc(func(ctx context.Context, c parry.Call) (parry.Reply, error) {
					if meanwhile++; meanwhile == 1 || meanwhile == 3 { // the first try of the change, and of its undo
						sources(t, stage, s.Target.Account, group, map[int]string{1: "45.155.206.1", 3: "45.155.206.3"}[meanwhile])
					}
					return a.Do(ctx, c)
				}), n, err
			})
		},
		Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				sources(t, stage, r.Target.Account, group, "45.155.206.0")
			case "applied":
				if got, want := sources(t, stage, r.Target.Account, group), []string{"$HOME", "45.155.206.0", "45.155.206.1", "185.220.101.7"}; !slices.Equal(got, want) {
					t.Errorf("applied: %v, want %v", got, want)
				}
				sources(t, stage, r.Target.Account, group, "45.155.206.2")
			case "undone":
				if got, want := sources(t, stage, r.Target.Account, group), []string{"$HOME", "45.155.206.0", "45.155.206.1", "45.155.206.2", "45.155.206.3"}; !slices.Equal(got, want) {
					t.Errorf("undone: %v, want %v", got, want)
				}
			}
		},
	}
	c := caseOf(t, "networkfirewall-block-ip/blocked")
	c.After, c.Undone = nil, nil // the groups are compared here
	run(t, c, stage, probe)
	if meanwhile != 4 {
		t.Errorf("%d calls were made, want each twice", meanwhile)
	}
}

// sharedGroup has another account make a firewall policy that names the finding's account's group, before the finding is answered.
type sharedGroup struct {
	parry.Matcher
	stage *cases.Twin
	group string
}

func (m sharedGroup) Match(ctx context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	own := "arn:aws:network-firewall:us-east-1:" + f.Cloud.Account.UID + ":stateful-rulegroup/" + m.group
	_, err := networkfirewall.NewFromConfig(m.stage.Config("444455556666", "us-east-1")).CreateFirewallPolicy(ctx, &networkfirewall.CreateFirewallPolicyInput{
		FirewallPolicyName: aws.String("edge"), FirewallPolicy: &nftypes.FirewallPolicy{
			StatelessDefaultActions: []string{"aws:forward_to_sfe"}, StatelessFragmentDefaultActions: []string{"aws:forward_to_sfe"},
			StatefulRuleGroupReferences: []nftypes.StatefulRuleGroupReference{{ResourceArn: &own}},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return m.Matcher.Match(ctx, e, f)
}

// A group can be shared. Who uses the policy of another account that names it is not seen from here, and nothing is refused for it.
func TestARuleGroupThatAnotherAccountUses(t *testing.T) {
	stage := cases.NewTwin()
	var states []parry.State
	c := caseOf(t, "networkfirewall-block-ip/unused")
	c.Plan = "" // which refuses
	run(t, c, stage, cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) { r.Matcher = sharedGroup{r.Matcher, stage, "unused"} },
		Step: func(step string, r parry.Response) {
			if step == "planned" || step == "undone" {
				states = append(states, r.State)
			}
		},
	})
	if !slices.Equal(states, []parry.State{parry.Planned, parry.Undone}) {
		t.Errorf("%v", states)
	}
}
