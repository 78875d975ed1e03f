package playbooks_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/tap"
)

// caseOf finds one case.
func caseOf(t *testing.T, name string) cases.Case {
	t.Helper()
	for _, c := range allCases(t) {
		if c.Playbook+"/"+c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no case %s", name)
	return cases.Case{}
}

// addresses are what the first IP set of an account holds; put adds one, as somebody else would.
func addresses(t *testing.T, stage *cases.Twin, account string, put ...string) []string {
	t.Helper()
	client := wafv2.NewFromConfig(stage.Config(account, "us-east-1"))
	sets, err := client.ListIPSets(t.Context(), &wafv2.ListIPSetsInput{Scope: waftypes.ScopeRegional})
	if err != nil {
		t.Fatal(err)
	}
	s := sets.IPSets[0]
	out, err := client.GetIPSet(t.Context(), &wafv2.GetIPSetInput{Name: s.Name, Id: s.Id, Scope: waftypes.ScopeRegional})
	if err != nil {
		t.Fatal(err)
	}
	if len(put) == 0 {
		return out.IPSet.Addresses
	}
	all := append(out.IPSet.Addresses, put...)
	if _, err := client.UpdateIPSet(t.Context(), &wafv2.UpdateIPSetInput{Name: s.Name, Id: s.Id, Scope: waftypes.ScopeRegional, Addresses: all, LockToken: out.LockToken}); err != nil {
		t.Fatal(err)
	}
	return all
}

// What others put into the list at any moment, between plan and apply, between the two looks of an apply, and before the undo, stays.
func TestWhatOthersWriteIntoAListStays(t *testing.T) {
	stage := cases.NewTwin()
	meanwhile := 0
	probe := cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			inner := r.Actors
			r.Actors = actorsFunc(func(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
				a, n, err := inner.Act(ctx, s)
				return doFunc(func(ctx context.Context, c parry.Call) (parry.Reply, error) {
					if meanwhile++; meanwhile == 1 || meanwhile == 3 { // the first try of the change, and of its undo
						addresses(t, stage, s.Target.Account, map[int]string{1: "45.155.206.1/32", 3: "45.155.206.3/32"}[meanwhile])
					}
					return a.Do(ctx, c)
				}), n, err
			})
		},
		Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				addresses(t, stage, r.Target.Account, "45.155.206.0/32")
			case "applied":
				if got, want := addresses(t, stage, r.Target.Account), []string{"45.155.205.0/24", "45.155.206.0/32", "45.155.206.1/32", "185.220.101.7/32"}; !slices.Equal(got, want) {
					t.Errorf("applied: %v, want %v", got, want)
				}
				addresses(t, stage, r.Target.Account, "45.155.206.2/32")
			case "undone":
				if got, want := addresses(t, stage, r.Target.Account), []string{"45.155.205.0/24", "45.155.206.0/32", "45.155.206.1/32", "45.155.206.2/32", "45.155.206.3/32"}; !slices.Equal(got, want) {
					t.Errorf("undone: %v, want %v", got, want)
				}
			}
		},
	}
	c := caseOf(t, "waf-block-ip/blocked")
	c.After, c.Undone = nil, nil // the lists are compared here
	run(t, c, stage, probe)
	if meanwhile != 4 {
		t.Errorf("%d calls were made, want each twice", meanwhile)
	}
}

// Who always loses gives up, and says so; nothing was changed.
func TestARaceThatIsAlwaysLostEnds(t *testing.T) {
	stage := cases.NewTwin()
	tries := 0
	probe := onEachCall(func(context.Context, parry.Session, parry.Call) { tries++ })
	probe.Step = func(step string, r parry.Response) {
		switch step {
		case "planned":
			stage.Org.Inject(tap.Fault{Operation: "UpdateIPSet", Err: &waftypes.WAFOptimisticLockException{Message: aws.String("someone changed it")}})
		case "failed":
			if r.State != parry.Failed || !strings.Contains(r.Reason, "someone changed it") {
				t.Errorf("%s: %s", r.State, r.Reason)
			}
			if got := addresses(t, stage, r.Target.Account); !slices.Equal(got, []string{"45.155.205.0/24"}) {
				t.Errorf("the list is %v", got)
			}
		}
	}
	res, err := cases.Run(t.Context(), caseOf(t, "waf-block-ip/blocked"), stage, library(t), memory(t), probe)
	if err != nil || res.OK() || tries < 3 || tries > 10 {
		t.Errorf("%v, %d tries, %v", err, tries, res.Failed)
	}
}

// forTime makes every answer one for a time.
type forTime struct{ parry.Matcher }

func (m forTime) Match(ctx context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	all, misses, err := m.Matcher.Match(ctx, e, f)
	for i := range all {
		all[i].For = 24 * time.Hour
	}
	return all, misses, err
}

// Two findings name one address. It is blocked once, and stays for as long as the later one asks for it; a person who takes it back is told.
func TestWhatTwoFindingsAskForStaysForTheLater(t *testing.T) {
	stage := cases.NewTwin()
	var responder *parry.Responder
	probe := cases.Probe{
		Skip:      func(string) bool { return true },
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) { r.Matcher, responder = forTime{r.Matcher}, r },
	}
	probe.Step = func(step string, r parry.Response) {
		if step != "applied" {
			return
		}
		blocked := func() bool { return slices.Contains(addresses(t, stage, r.Target.Account), "185.220.101.7/32") }
		after := func(d time.Duration, want bool) {
			t.Helper()
			if err := stage.Sleep(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if err := responder.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := blocked(); got != want {
				t.Errorf("after %s more, blocked is %v, want %v", d, got, want)
			}
		}
		after(10*time.Hour, true)
		other := r.Finding
		other.Info.UID = "f0000000000000000000000000000099"
		got, err := responder.Respond(t.Context(), parry.Event{ID: "e-2", Time: stage.Now()}, other)
		if err != nil || len(got) != 1 || got[0].State != parry.Nothing {
			t.Fatalf("%v: %+v", err, got)
		}
		rev, err := responder.PlanUndo(t.Context(), r.ID)
		if err != nil || !strings.Contains(rev.Wanted, other.Key()) || len(rev.Steps) != 1 {
			t.Errorf("%v: wanted %q, %d steps", err, rev.Wanted, len(rev.Steps))
		}
		after(15*time.Hour, true) // the first one's day is over, the other's is not
		after(10*time.Hour, false)
		if stored, err := responder.Store.Response(t.Context(), r.ID); err != nil || stored.State != parry.Undone {
			t.Errorf("%v: %s", err, stored.State)
		}
	}
	c := caseOf(t, "waf-block-ip/blocked")
	c.After = nil
	res, err := cases.Run(t.Context(), c, stage, library(t), memory(t), probe)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Failed {
		if !strings.Contains(f, "second delivery") { // it is answered anew by then
			t.Error(f)
		}
	}
}

// Somebody takes the number of a network ACL's entry at the very moment. It becomes the next one, and undo takes away that one.
func TestANumberThatIsTakenMeanwhile(t *testing.T) {
	stage := cases.NewTwin()
	acl, calls := "", 0
	entries := func(account string, egress bool) (all []string) {
		out, err := ec2.NewFromConfig(stage.Config(account, "us-east-1")).DescribeNetworkAcls(t.Context(), &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{acl}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.NetworkAcls[0].Entries {
			if *e.RuleNumber < 20 && *e.Egress == egress {
				all = append(all, fmt.Sprint(*e.RuleNumber, " ", aws.ToString(e.CidrBlock)))
			}
		}
		return all
	}
	probe := onEachCall(func(_ context.Context, s parry.Session, c parry.Call) {
		if calls++; calls > 1 {
			return
		}
		acl = c.Input["NetworkAclId"].(string)
		_, err := ec2.NewFromConfig(stage.Config(s.Target.Account, "us-east-1")).CreateNetworkAclEntry(t.Context(), &ec2.CreateNetworkAclEntryInput{
			NetworkAclId: aws.String(acl), Egress: aws.Bool(false), RuleNumber: aws.Int32(1), Protocol: aws.String("-1"), RuleAction: ec2types.RuleActionDeny, CidrBlock: aws.String("45.155.206.1/32"),
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	probe.Step = func(step string, r parry.Response) {
		in, out := []string{"1 45.155.206.1/32"}, []string(nil)
		switch step {
		case "applied":
			in, out = append(in, "2 185.220.101.7/32"), []string{"1 185.220.101.7/32"}
		case "undone":
		default:
			return
		}
		if i, o := entries(r.Target.Account, false), entries(r.Target.Account, true); !slices.Equal(i, in) || !slices.Equal(o, out) {
			t.Errorf("%s: in %v, out %v; want %v, %v", step, i, o, in, out)
		}
	}
	c := caseOf(t, "nacl-block-ip/both-ways")
	c.After, c.Undone = nil, nil
	run(t, c, stage, probe)
}

// comment reads the comment and the root object of a distribution; put writes a comment, as somebody else would.
func comment(t *testing.T, stage *cases.Twin, target parry.Target, put string) (comment, root string) {
	t.Helper()
	client := cloudfront.NewFromConfig(stage.Config(target.Account, "us-east-1"))
	id := aws.String(target.ID)
	out, err := client.GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	comment, root = aws.ToString(out.DistributionConfig.Comment), aws.ToString(out.DistributionConfig.DefaultRootObject)
	if put != "" {
		out.DistributionConfig.Comment = aws.String(put)
		if _, err := client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: id, IfMatch: out.ETag, DistributionConfig: out.DistributionConfig}); err != nil {
			t.Fatal(err)
		}
	}
	return comment, root
}

// What others write into a distribution between plan and apply, and before the undo, stays; and who is a moment too late tries again.
func TestADistributionKeepsWhatOthersWrite(t *testing.T) {
	stage := cases.NewTwin()
	late := func() {
		stage.Org.Inject(tap.Fault{Operation: "UpdateDistribution", Err: &cftypes.PreconditionFailed{Message: aws.String("someone was faster")}, Times: 1})
	}
	c := caseOf(t, "cloudfront-default-root-object/bucket")
	c.After, c.Undone = nil, nil // the configurations are compared here
	run(t, c, stage, cases.Probe{Step: func(step string, r parry.Response) {
		switch step {
		case "planned":
			comment(t, stage, r.Target, "one")
			late()
		case "again":
			if c, root := comment(t, stage, r.Target, "two"); c != "one" || root != "index.html" {
				t.Errorf("applied: %q, %q", c, root)
			}
			late()
		case "undone":
			if c, root := comment(t, stage, r.Target, ""); c != "two" || root != "" {
				t.Errorf("undone: %q, %q", c, root)
			}
		}
	}})
}
