package playbooks_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"parry/internal/awsapi"
	"parry/internal/playbook"
)

// documents are all that playbooks of the catalogue make, by name.
func documents(t *testing.T) map[string]playbook.Document {
	t.Helper()
	all := map[string]playbook.Document{}
	for _, p := range library(t).Playbooks.All() {
		for _, d := range p.Documents() {
			if !regexp.MustCompile(`^Parry-[A-Za-z]+-[0-9a-f]{8}$`).MatchString(d.Name) {
				t.Errorf("%s makes a document %q", p.Name, d.Name)
			}
			all[d.Name] = d
		}
	}
	return all
}

// A playbook that names another one's document by the hash of its text means the text that the catalogue has: who changes that text changes the name here, too, and so
// nothing runs across a fleet that nobody looked at.
func TestDocumentsThatAreNamedAreMade(t *testing.T) {
	made := documents(t)
	named := 0
	for _, p := range library(t).Playbooks.All() {
		for _, name := range p.Mentions() {
			named++
			if made[name].Content == "" {
				t.Errorf("%s names %s, and no playbook makes it: the text has another hash by now", p.Name, name)
			}
		}
	}
	if named == 0 || len(made) != 5 {
		t.Errorf("%d names of %d documents", named, len(made))
	}
}

// step is one step of an automation.
type step struct {
	Name, Action, NextStep, OnFailure string
	IsEnd                             bool
	TimeoutSeconds                    int
	Inputs                            map[string]any
	Outputs                           []struct{ Name, Selector, Type string }
}

// An automation document holds together: each step leads to one that is there, what is referred to exists before it is used, and what is called is an operation of AWS. Sources: "Data elements
// and parameters" and "Systems Manager Automation actions reference", Systems Manager User Guide.
func TestAutomationDocumentsHoldTogether(t *testing.T) {
	// What an action gives by itself, beside what a step says under outputs.
	gives := map[string][]string{"aws:runCommand": {"CommandId", "Status", "ResponseCode", "Output"}, "aws:loop": {"CurrentIteratorValue", "CurrentIteration"}}
	automations := 0
	for name, d := range documents(t) {
		if d.Type != "Automation" {
			continue
		}
		automations++
		var doc struct {
			SchemaVersion, AssumeRole string
			Parameters                map[string]any
			MainSteps                 []step
			Outputs                   []string
		}
		if err := json.Unmarshal([]byte(d.Content), &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if doc.SchemaVersion != "0.3" || doc.AssumeRole != "{{ AutomationAssumeRole }}" || len(d.Content) > 64<<10 {
			t.Errorf("%s: schema %s, role %s, %d characters", name, doc.SchemaVersion, doc.AssumeRole, len(d.Content))
		}
		known, used := map[string]bool{}, map[string]bool{}
		for p := range doc.Parameters {
			known[p] = true
		}
		holds(t, name, doc.MainSteps, gives, known, used)
		for _, o := range doc.Outputs {
			if !known[o] {
				t.Errorf("%s gives %s, which no step has", name, o)
			}
		}
		for p := range doc.Parameters {
			if !used[p] && p != "AutomationAssumeRole" {
				t.Errorf("%s: nothing uses the parameter %s", name, p)
			}
		}
	}
	if automations != 2 {
		t.Errorf("there are %d automations", automations)
	}
}

var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_.:]+)\s*\}\}`)

func holds(t *testing.T, document string, steps []step, gives map[string][]string, known, used map[string]bool) {
	t.Helper()
	var names []string
	for _, s := range steps {
		if slices.Contains(names, s.Name) {
			t.Errorf("%s: two steps are called %s", document, s.Name)
		}
		names = append(names, s.Name)
	}
	for i, s := range steps {
		if s.IsEnd == (s.NextStep != "") {
			t.Errorf("%s: after %s comes %q, and it is the end: %v", document, s.Name, s.NextStep, s.IsEnd)
		}
		for _, to := range []string{s.NextStep, strings.TrimPrefix(strings.TrimPrefix(s.OnFailure, "Abort"), "step:")} {
			if at := slices.Index(names, to); to != "" && at <= i { // a step that leads back would never end
				t.Errorf("%s: %s leads to %s, which does not come after it", document, s.Name, to)
			}
		}
		for _, g := range gives[s.Action] {
			known[s.Name+"."+g] = true
		}
		var inner struct{ Steps []step }
		inputs, err := json.Marshal(s.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		if s.Action == "aws:loop" {
			if err := json.Unmarshal(inputs, &inner); err != nil || len(inner.Steps) == 0 {
				t.Fatalf("%s: %s repeats nothing: %v", document, s.Name, err)
			}
			holds(t, document, inner.Steps, gives, known, used)
		}
		for _, m := range reference.FindAllStringSubmatch(string(inputs), -1) {
			if used[m[1]] = true; !known[m[1]] {
				t.Errorf("%s: %s uses %s, which is not there yet", document, s.Name, m[1])
			}
		}
		if api, ok := s.Inputs["Api"].(string); ok {
			call(t, document+": "+s.Name, s.Inputs["Service"].(string)+":"+api, s)
		}
		for _, o := range s.Outputs {
			known[s.Name+"."+o.Name] = true
			if !strings.HasPrefix(o.Selector, "$.") || !slices.Contains([]string{"String", "StringList"}, o.Type) {
				t.Errorf("%s: %s gives %v", document, s.Name, o)
			}
		}
	}
}

// call holds what a step calls to the input that AWS's SDK has for the operation.
func call(t *testing.T, where, op string, s step) {
	t.Helper()
	input := awsapi.Catalog()[op].Input
	if op == "ssm:GetCommandInvocation" { // no playbook calls it
		input = reflect.TypeFor[ssm.GetCommandInvocationInput]()
	}
	if input == nil {
		t.Errorf("%s: there is no operation %s in the table", where, op)
		return
	}
	for field := range s.Inputs {
		if slices.Contains([]string{"Service", "Api", "PropertySelector", "DesiredValues"}, field) {
			continue
		}
		if _, ok := input.FieldByName(field); !ok {
			t.Errorf("%s: %s takes no %s", where, op, field)
		}
	}
}
