package parry_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parry"
)

func TestResolveFillsWhatEarlierChangesGave(t *testing.T) {
	c := parry.Call{Op: "x:Y", Input: map[string]any{
		"GroupId": parry.After("made", "GroupId"), "Ids": []any{parry.After("loop[a.b]", "Rules.0.Id"), "plain"}, "Later": parry.After("later", "Id"),
	}}
	got, open := c.Resolve(map[string]map[string]any{
		"made": {"GroupId": "sg-1"}, "loop[a.b]": {"Rules": []any{map[string]any{"Id": "r-1"}}},
	})
	want := map[string]any{"GroupId": "sg-1", "Ids": []any{"r-1", "plain"}, "Later": parry.After("later", "Id")}
	if d := cmp.Diff(want, got.Input); d != "" {
		t.Error(d)
	}
	if !slices.Equal(open, []string{"later.Id"}) {
		t.Errorf("open: %v", open)
	}
	if _, marked := parry.AfterOf(c.Input["GroupId"]); !marked {
		t.Error("resolving changed the call that it was given")
	}
}

func TestPermissionsOfACall(t *testing.T) {
	op := parry.Operation{Permissions: []parry.Permission{
		{Action: "s:Do", Resources: []string{"arn:{partition}:s:{region}:{account}:thing/{Id}", "arn:{partition}:s:::group/{Groups}?"}},
		{Action: "s:Tag", Resources: []string{"*"}, With: "Tags"},
		{Action: "f:Call", Resources: []string{"arn:f"}, Dependent: true},
	}}
	call := parry.Call{Account: "111122223333", Region: "eu-west-1"}
	for name, tc := range map[string]struct {
		input map[string]any
		needs map[string][]string
		want  []parry.Permission
	}{
		"an id":     {map[string]any{"Id": "a"}, nil, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:eu-west-1:111122223333:thing/a"}}}},
		"an ARN":    {map[string]any{"Id": "arn:aws:s:x:y:thing/z"}, nil, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:x:y:thing/z"}}}},
		"no id":     {map[string]any{}, nil, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:eu-west-1:111122223333:thing/*"}}}},
		"a list":    {map[string]any{"Id": "a", "Groups": []any{"g", "h"}}, nil, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:::group/g", "arn:aws:s:::group/h", "arn:aws:s:eu-west-1:111122223333:thing/a"}}}},
		"with tags": {map[string]any{"Id": "a", "Tags": []any{"t"}}, nil, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:eu-west-1:111122223333:thing/a"}}, {Action: "s:Tag", Resources: []string{"*"}}}},
		"named":     {map[string]any{"Id": "a"}, map[string][]string{"s:Do": {"arn:own"}}, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:own"}}}},
		"dependent": {map[string]any{"Id": "a"}, map[string][]string{"f:Call": {"arn:fn"}}, []parry.Permission{{Action: "s:Do", Resources: []string{"arn:aws:s:eu-west-1:111122223333:thing/a"}}, {Action: "f:Call", Resources: []string{"arn:fn"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			call.Input, call.Needs = tc.input, tc.needs
			if d := cmp.Diff(tc.want, op.PermissionsOf(call, "aws")); d != "" {
				t.Error(d)
			}
		})
	}
}

// A policy grants exactly the triples of action, resource and condition that it was made from.
func TestAPolicyIsNeverWiderThanItsPermissions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var perms []parry.Permission
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			p := parry.Permission{Action: "s:" + rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "action")}
			p.Resources = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"r1", "r2", "r3"}), 1, 3, rapid.ID[string]).Draw(t, "resources")
			if rapid.Bool().Draw(t, "conditional") {
				p.Conditions = map[string]map[string]string{"StringEquals": {"k": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "value")}}
			}
			perms = append(perms, p)
		}
		want := map[string]bool{}
		for _, p := range perms {
			for _, r := range p.Resources {
				want[fmt.Sprint(p.Action, r, p.Conditions)] = true
			}
		}
		got := map[string]bool{}
		for _, s := range parry.NewPolicy(perms).Statement {
			for _, a := range s.Action {
				for _, r := range s.Resource {
					got[fmt.Sprint(a, r, s.Condition)] = true
				}
			}
		}
		if !maps.Equal(want, got) {
			t.Fatalf("want %v\ngot %v", want, got)
		}
	})
}

func TestTheDigestIsOfWhatWouldBeDone(t *testing.T) {
	base := func() parry.Plan {
		return parry.Plan{Playbook: "p", Source: "s", Changes: []parry.Change{{
			Name: "c", Call: parry.Call{Op: "x:Y", Input: map[string]any{"Id": "a", "Lock": "1"}}, State: "before", Undo: []parry.Call{{Op: "x:Z"}}, Volatile: []string{"Lock"},
		}}}
	}
	first := base()
	first.Seal()
	for name, tc := range map[string]struct {
		change func(*parry.Plan)
		same   bool
	}{
		"a read":           {func(p *parry.Plan) { p.Reads = []parry.Read{{Name: "r"}} }, true},
		"a volatile field": {func(p *parry.Plan) { p.Changes[0].Call.Input["Lock"] = "2" }, true},
		"the input":        {func(p *parry.Plan) { p.Changes[0].Call.Input["Id"] = "b" }, false},
		"the account":      {func(p *parry.Plan) { p.Changes[0].Call.Account = "1" }, false},
		"the before-state": {func(p *parry.Plan) { p.Changes[0].State = "other" }, false},
		"the undo":         {func(p *parry.Plan) { p.Changes[0].Undo[0].Op = "x:W" }, false},
		"the playbook":     {func(p *parry.Plan) { p.Source = "t" }, false},
		"the target":       {func(p *parry.Plan) { p.Target.ID = "other" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := base()
			tc.change(&p)
			if p.Seal(); (p.Digest == first.Digest) != tc.same {
				t.Errorf("same digest: %v", p.Digest == first.Digest)
			}
		})
	}
}
