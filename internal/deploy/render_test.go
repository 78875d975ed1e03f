package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry"
	"parry/internal/cfnlint"
	"parry/internal/deploy"
)

// AWS's own schemas find nothing wrong with any template, in any Region that it is for.
func TestTemplatesAreSound(t *testing.T) {
	l := cfnlint.Need(t)
	dir := t.TempDir()
	var paths []string
	for name, body := range rendered(t) {
		if !strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".asl.json") {
			continue
		}
		if name == "documents.json" {
			body = opened(t, body)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	faults, err := l.Faults(t.Context(), []string{"eu-central-1", "us-east-1"}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
	if len(paths) < 4 {
		t.Errorf("there are %d templates", len(paths))
	}
}

// The same wish gives the same bytes, so that what changed can be seen.
func TestRenderingIsTheSame(t *testing.T) {
	a, b := rendered(t), rendered(t)
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s is not the same twice", name)
		}
	}
}

// Nothing exceeds what AWS takes. Sources: the quotas' pages of CloudFormation, IAM, Organizations, Step Functions, CloudWatch and EventBridge.
func TestNothingExceedsAQuota(t *testing.T) {
	for name, body := range rendered(t) {
		if !strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".asl.json") {
			continue
		}
		resources := parse(t, body)["Resources"].(tree)
		t.Logf("%s: %d bytes, %d resources", name, len(body), len(resources))
		if len(body) > 1_000_000 || len(resources) > 500 {
			t.Errorf("%s has %d bytes and %d resources", name, len(body), len(resources))
		}
		for id, r := range resources {
			p := r.(tree)["Properties"].(tree)
			size := func(v any) int { text, _ := json.Marshal(v); return len(text) }
			switch kind := r.(tree)["Type"]; {
			case kind == "AWS::IAM::Role" && (len(p["RoleName"].(string)) > 64 || size(p["Policies"]) > 10_240 || size(p["AssumeRolePolicyDocument"]) > 2_048):
				t.Errorf("%s: a name of %d, policies of %d, trust of %d characters", id, len(p["RoleName"].(string)), size(p["Policies"]), size(p["AssumeRolePolicyDocument"]))
			case kind == "AWS::IAM::ManagedPolicy" && size(p["PolicyDocument"]) > 6_144:
				t.Errorf("%s has %d characters", id, size(p["PolicyDocument"]))
			case kind == "AWS::Organizations::Policy" && size(p["Content"]) > 5_120:
				t.Errorf("%s has %d characters", id, size(p["Content"]))
			case kind == "AWS::Events::Rule" && (size(p["EventPattern"]) > 2_048 || len(p["Targets"].([]any)) > 5):
				t.Errorf("%s has a pattern of %d characters", id, size(p["EventPattern"]))
			case kind == "AWS::StepFunctions::StateMachine" && len(p["DefinitionString"].(string)) > 1_048_576:
				t.Errorf("%s has %d characters", id, len(p["DefinitionString"].(string)))
			case kind == "AWS::Lambda::Function" && size(p["Environment"]) > 4_096:
				t.Errorf("%s has an environment of %d bytes", id, size(p["Environment"]))
			}
		}
	}
}

// Each role has what its playbook's calls need and nothing else, the boundary, and a trust that only the hub's functions fulfil.
func TestRolesAreThePlaybooksOwn(t *testing.T) {
	w := wish(t)
	roles := of(t, rendered(t)["roles.json"], "AWS::IAM::Role")
	byName := map[string]tree{}
	for _, p := range roles {
		byName[p["RoleName"].(string)] = p
	}
	for _, p := range w.Playbooks {
		role, ok := byName["parry-"+p.Name]
		if !ok {
			t.Errorf("%s has no role", p.Name)
			continue
		}
		if role["PermissionsBoundary"] == nil {
			t.Errorf("%s has no boundary", p.Name)
		}
		text, err := json.Marshal(role["Policies"].([]any)[0].(tree)["PolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		got := flat(t, string(text))
		want := flat(t, parry.NewPolicy(p.Permissions).Compact())
		if !slices.Equal(got, want) {
			t.Errorf("%s has\n%s\nwant\n%s", p.Name, got, want)
		}
	}
	if len(byName) != len(w.Playbooks)+3 { // publish, writeback, forward
		t.Errorf("there are %d roles for %d playbooks", len(byName), len(w.Playbooks))
	}
}

// flat is a policy as its statements' texts, with what CloudFormation fills in as it stands.
func flat(t *testing.T, text string) []string {
	t.Helper()
	var doc struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range doc.Statement {
		var v tree
		if err := json.Unmarshal(s, &v); err != nil {
			t.Fatal(err)
		}
		one, err := json.Marshal(unsubstituted(v))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(one))
	}
	slices.Sort(all)
	return all
}

func unsubstituted(v any) any {
	switch v := v.(type) {
	case tree:
		if s, ok := v["Fn::Sub"].(string); ok && len(v) == 1 {
			return strings.ReplaceAll(s, "${!", "${")
		}
		for k := range v {
			v[k] = unsubstituted(v[k])
		}
	case []any:
		for i := range v {
			v[i] = unsubstituted(v[i])
		}
	}
	return v
}

// The machine goes to a state of its own for each state of a response that is not at its end, and every state of the engine is in the choice or
// is an end: a state that is added to the engine and forgotten here fails.
func TestTheMachineIsTheTable(t *testing.T) {
	text, err := json.Marshal(deploy.Machine("aws", "f"))
	if err != nil {
		t.Fatal(err)
	}
	states := parse(t, text)["States"].(tree)
	to := map[string]string{}
	for _, c := range states["What next"].(tree)["Choices"].([]any) {
		if c := c.(tree); c["Variable"] == "$.state" {
			to[c["StringEquals"].(string)] = c["Next"].(string)
		}
	}
	for _, s := range parry.States() {
		next, named := to[string(s)]
		if s.Open() != named {
			t.Errorf("a response that is %q: open is %v, and the machine goes to %q", s, s.Open(), next)
		}
		// What the engine can do with an open response, the machine's state lets it do.
		if named && states[next] == nil {
			t.Errorf("there is no state %q", next)
		}
	}
	for name, s := range states {
		for _, c := range append(list(s.(tree)["Catch"]), s) {
			if next, ok := c.(tree)["Next"].(string); ok && states[next] == nil {
				t.Errorf("%s leads to %q, which is not there", name, next)
			}
		}
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
