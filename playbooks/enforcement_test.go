package playbooks_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/moto"
)

// TestNoCallNeedsAnUnlistedAction runs a case of each playbook with credentials that hold exactly the derived actions, on an emulator that refuses all others,
// and once more without the action of its first write, which must be refused. moto judges action names only: not resources, conditions or session policies,
// which TestLeastPrivilege is for.
func TestNoCallNeedsAnUnlistedAction(t *testing.T) {
	server := moto.Own(t)
	table := awsapi.Catalog()
	by := map[string][]cases.Case{}
	for _, c := range allCases(t) {
		by[c.Playbook] = append(by[c.Playbook], c)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		t.Run(name, func(t *testing.T) {
			c, write, ok := enforceable(by[name], table)
			if !ok {
				t.Skip(notEnforceable(t, by[name]))
			}
			if res, err := enforce(t, server, c, ""); err != nil || !res.OK() {
				t.Error(c.Name, err, res.Failed)
			}
			without := table[write].Permissions[0].Action
			res, err := enforce(t, server, c, without)
			if err != nil || res.OK() || !strings.Contains(strings.Join(res.Failed, " "), "AccessDenied") {
				t.Errorf("%s without %s: %v %v", c.Name, without, err, res.Failed)
			}
		})
	}
}

// opName finds operations in a plan as people see it.
var opName = regexp.MustCompile(`(?m)^ +([a-z0-9]+:[A-Z][A-Za-z0-9]+)( |$)`)

// notApplied are the plans that are only told.
var notApplied = regexp.MustCompile(`(?m)^ +(refused|gone): `)

// enforceable chooses the case whose plan makes the most different calls, of those that may run with enforcement on.
func enforceable(all []cases.Case, table parry.Catalog) (best cases.Case, firstWrite string, ok bool) {
	most := 0
	for _, c := range all {
		if _, runs := c.Runs(cases.OnEnforcing); !runs || notApplied.MatchString(c.Plan) {
			continue
		}
		var ops []string
		for _, m := range opName.FindAllStringSubmatch(c.Plan, -1) {
			if table[m[1]].Write && !slices.Contains(ops, m[1]) {
				ops = append(ops, m[1])
			}
		}
		if len(ops) > most {
			best, firstWrite, most = c, ops[0], len(ops)
		}
	}
	return best, firstWrite, most > 0
}

// notEnforceable is why none of a playbook's cases runs with enforcement on. Where one that could has no change, that is no reason.
func notEnforceable(t *testing.T, all []cases.Case) string {
	t.Helper()
	for _, c := range all {
		if why, ok := c.Runs(cases.OnEnforcing); !ok {
			return why
		}
	}
	t.Fatal("no case of it changes anything on moto, and none says why not: see stages.yaml in CONTRIBUTING.md")
	return ""
}

// accountStage tells which account a run was given.
type accountStage struct {
	*motoStage
	account string
}

func (s *accountStage) Account() string { return s.account }

// enforce runs a case with a role of the derived actions less one, on "*", and enforcement on while the responder works.
func enforce(t *testing.T, server *moto.Server, c cases.Case, without string) (cases.Result, error) {
	t.Helper()
	stage := &accountStage{newMotoStage(server), moto.Account()}
	lib := library(t)
	p, err := lib.Playbooks.Get(c.Playbook)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := stage.Role(t.Context(), stage.account, "us-east-1", "parry-"+c.Playbook, actionsOf(t, p.Permissions("aws", "", ""), without))
	if err != nil {
		t.Fatal(err)
	}
	on := func(on bool) {
		if err := server.Enforce(t.Context(), on); err != nil {
			t.Fatal(err)
		}
	}
	defer on(false)
	store := memory(t)
	return cases.Run(t.Context(), c, stage, lib, store, cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			own, _ := lib.Responder(cfg, store, assemble.Options{Now: stage.Now, Sleep: stage.Sleep, Patience: 2 * time.Second})
			r.Planner, r.Actors = own.Planner, own.Actors
		},
		Step: func(step string, _ parry.Response) {
			switch step {
			case "given", "again":
				on(true)
			default: // the case's own checks are made by an administrator whom moto's enforcement does not know
				if step != "planned" {
					on(false)
				}
			}
		},
	})
}

// actionsOf is a policy that holds the actions, without what moto does not evaluate.
func actionsOf(t *testing.T, perms []parry.Permission, without string) string {
	t.Helper()
	actions := []string{"sts:GetCallerIdentity"} // AWS asks no permission for it, moto does
	for _, p := range perms {
		if p.Action == without {
			continue
		}
		actions = append(actions, p.Action)
	}
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
