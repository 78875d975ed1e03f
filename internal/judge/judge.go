// Package judge evaluates IAM policies for the tests, with resources, conditions, session policies,
// permissions boundaries, service and resource control policies: what the emulator of package moto leaves out.
// It is test support: nothing that is shipped imports it.
//
// The evaluator is the npm package @cloud-copilot/iam-simulate, whose licence is AGPL-3.0-or-later.
// It runs as a separate process and is never linked or shipped; `make tools` installs it.
package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// Judge runs the evaluator. Its methods may be called from parallel tests. Processes stay, for the next who asks: to start one takes some 0.3 s.
type Judge struct {
	dir string

	mu   sync.Mutex
	idle []*process
}

// mostIdle is how many processes stay: more do not run at once on the machines of the tests.
const mostIdle = 2

// shared is the one Judge of a test's process.
var shared = sync.OnceValues(func() (*Judge, error) { return New(os.Getenv("PARRY_TOOLS")) })

// Need is a Judge on the installed tools. The test is skipped where no tools are named, and fails
// where they are named but broken.
func Need(t testing.TB) *Judge {
	t.Helper()
	if os.Getenv("PARRY_TOOLS") == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	j, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// New is a Judge on the tools in toolsDir.
func New(toolsDir string) (*Judge, error) {
	dir := filepath.Join(toolsDir, "judge")
	for _, name := range []string{"judge.mjs", "node_modules"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("the judge is not installed (make tools installs it): %w", err)
		}
	}
	return &Judge{dir: dir}, nil
}

// Policy is a named policy document.
type Policy struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"policy"`
}

// Request is one call to judge: one action on one resource. A call that AWS authorizes on several
// resources (ec2:CreateSecurityGroup: the group and its VPC) is one Request for each.
type Request struct {
	Action          string              `json:"action"`          // service:Name
	Resource        string              `json:"resource"`        // its ARN; "*" for an action without resources
	ResourceAccount string              `json:"resourceAccount"` // the account that owns it
	Principal       string              `json:"principal"`       // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	Context         map[string][]string `json:"context,omitempty"`

	Policies       []Policy        `json:"policies"`                 // the principal's own
	SessionPolicy  json.RawMessage `json:"sessionPolicy,omitempty"`  // nil: none
	Boundary       json.RawMessage `json:"boundary,omitempty"`       // nil: none
	SCPs           []Policy        `json:"scps,omitempty"`           // of one level; none: everything passes
	RCPs           []Policy        `json:"rcps,omitempty"`           // of the resource's account, beside AWS's own; none: everything passes
	ResourcePolicy json.RawMessage `json:"resourcePolicy,omitempty"` // nil: none
}

// Result is what a judgement comes to.
type Result string

// The results. A Request is Invalid where AWS has no such action, the resource is none that the
// action takes, or a policy is not well-formed.
const (
	Allowed          Result = "Allowed"
	ImplicitlyDenied Result = "ImplicitlyDenied"
	ExplicitlyDenied Result = "ExplicitlyDenied"
	Invalid          Result = "invalid"
)

// Verdict is the judgement of one Request.
type Verdict struct {
	Result Result `json:"result"`
	Why    string `json:"why"`
	// Grants are the statements that allowed the request. A statement that no request of a suite
	// uses is more than least privilege.
	Grants []Grant `json:"grants"`
	// IgnoredContext are the keys of the request's context that AWS does not send for this action:
	// a condition on one never holds.
	IgnoredContext []string `json:"ignoredContext"`
}

// Grant names a statement that allowed a request.
type Grant struct {
	PolicyType string `json:"policyType"` // identity, pb (the boundary), scp, rcp, resource
	Policy     string `json:"policy"`
	Statement  int    `json:"statement"` // counted from 1
	Sid        string `json:"sid"`
}

// Action is what AWS's list of actions says of one.
type Action struct {
	Exists           bool           `json:"exists"`
	Name             string         `json:"name"`        // as AWS spells it
	AccessLevel      string         `json:"accessLevel"` // List, Read, Write, Tagging, Permissions management
	ResourceTypes    []ResourceType `json:"resourceTypes"`
	ConditionKeys    []string       `json:"conditionKeys"`
	DependentActions []string       `json:"dependentActions"`
	WildcardOnly     bool           `json:"wildcardOnly"` // it takes no resource but "*"
}

// ResourceType is one kind of resource that an action is authorized on.
type ResourceType struct {
	Name             string   `json:"name"`
	ARN              string   `json:"arn"` // a pattern with ${Partition}, ${Region}, ${Account}, …
	Required         bool     `json:"required"`
	ConditionKeys    []string `json:"conditionKeys"`
	DependentActions []string `json:"dependentActions"`
}

// Evaluate judges the requests; the verdicts stand in their order.
func (j *Judge) Evaluate(ctx context.Context, requests []Request) ([]Verdict, error) {
	type line struct {
		ID string `json:"id"`
		Request
	}
	lines := make([]any, len(requests))
	for i, r := range requests {
		if r.Policies == nil {
			r.Policies = []Policy{}
		}
		lines[i] = line{strconv.Itoa(i), r}
	}
	return ask[Verdict](ctx, j, lines)
}

// Actions looks actions up in AWS's list. One that is not there has Exists false.
func (j *Judge) Actions(ctx context.Context, names []string) (map[string]Action, error) {
	type line struct {
		ID     string `json:"id"`
		Query  string `json:"query"`
		Action string `json:"action"`
	}
	lines := make([]any, len(names))
	for i, name := range names {
		lines[i] = line{strconv.Itoa(i), "action", name}
	}
	answers, err := ask[Action](ctx, j, lines)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Action, len(names))
	for i, name := range names {
		found[name] = answers[i]
	}
	return found, nil
}

// ask puts the lines, whose ids are their indexes, to an evaluator, and reads one answer for each.
func ask[A any](ctx context.Context, j *Judge, lines []any) ([]A, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for i, line := range lines {
		if err := enc.Encode(line); err != nil {
			return nil, fmt.Errorf("judge: line %d: %w", i, err)
		}
	}
	p, err := j.take()
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	out, err := p.ask(ctx, in.Bytes(), len(lines))
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err) // the process is gone
	}
	j.give(p)
	answers, err := parse[A](out)
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	return answers, nil
}

// longestVerdict bounds a line of an answer: one on a policy that is all errors carries them.
const longestVerdict = 4 << 20

// parse reads the answers and checks that they stand in the order of the lines.
func parse[A any](out *bytes.Buffer) ([]A, error) {
	var answers []A
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, longestVerdict)
	for lines.Scan() {
		var id struct {
			ID string `json:"id"`
		}
		var a A
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &id), json.Unmarshal(lines.Bytes(), &a)); err != nil {
			return nil, fmt.Errorf("answer %d: %w", len(answers), err)
		}
		if id.ID != strconv.Itoa(len(answers)) {
			return nil, fmt.Errorf("answer %d has the id %q", len(answers), id.ID)
		}
		answers = append(answers, a)
	}
	return answers, lines.Err()
}
