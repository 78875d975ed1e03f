package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/lambda"
	"parry/internal/rules"
	"parry/internal/serve"
	"parry/internal/sqlite"
	"parry/internal/twin"
)

const (
	hub     = "999999999999"
	account = "111122223333"
	ada     = "arn:aws:iam::999999999999:user/ada"
	bob     = "arn:aws:iam::999999999999:user/bob"
	lea     = "arn:aws:iam::999999999999:user/lea"
)

// threeCalls is a playbook that makes three calls, the first two of which belong together.
const threeCalls = `name: key-and-marks
summary: Deactivates a key and gives its user two policies.
target: AWS::IAM::AccessKey
risk: low
risk_reason: It can be put back.
breaks: The key.
read:
  keys: {call: "iam:ListAccessKeys", with: {UserName: "${target.user}"}}
  policies: {call: "iam:ListUserPolicies", with: {UserName: "${target.user}"}}
let:
  on: "${keys.AccessKeyMetadata.exists(k, k.AccessKeyId == target.id && k.Status == \"Active\")}"
  hasOne: "${\"one\" in policies.PolicyNames}"
  hasTwo: "${\"two\" in policies.PolicyNames}"
change:
  - {id: one, until: "off", call: "iam:PutUserPolicy", with: {UserName: "${target.user}", PolicyName: one, PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'}, when: "${on && !hasOne}", state: "${hasOne}", restored_by: "off", undo: {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: one}}}
  - {id: "off", call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Inactive}, state: "${on}", after: false, undo: [{call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Active}}, {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: one}}]}
  - {id: two, call: "iam:PutUserPolicy", with: {UserName: "${target.user}", PolicyName: two, PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'}, state: "${hasTwo}", after: true, undo: {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: two}}}
`

const theRules = `rules:
  - {name: keys, mode: act, match: {source: [aws.guardduty], detail: {type: ["UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"]}}, respond: [{playbook: iam-deactivate-access-key, tier: auto}]}
  - {name: day, mode: act, match: {source: [aws.guardduty], detail: {type: ["UnauthorizedAccess:IAMUser/TorIPCaller"]}}, respond: [{playbook: iam-deactivate-access-key, tier: auto, for: 24h}]}
  - {name: ask, mode: act, match: {source: [aws.guardduty], detail: {type: ["Recon:IAMUser/UserPermissions"]}}, respond: [{playbook: key-and-marks, tier: approve}]}
  - {name: runbook, mode: act, match: {source: [aws.guardduty], detail: {type: ["Impact:IAMUser/AnomalousBehavior"]}}, respond: [{playbook: ssm-contain-user, tier: approve, accept: high, with: {bucket: kept-before}}]}
  - {name: fleet, mode: act, match: {source: [aws.securityhub]}, respond: [{playbook: fleet-collect-evidence, tier: approve, accept: high, with: {accounts: ["` + account + `", "` + other + `"], regions: [us-east-1], tag: "team=shop"}}]}
`

const thePolicy = `approvals:
  groups: {oncall: ["` + ada + `", "` + bob + `"], leads: ["` + lea + `"]}
  default: {approvers: [oncall], persons: 1, expires: 4h, remind: 90m, escalate: {after: 1h, to: [leads]}}
`

// scene is the four functions on the twin, with the state machine that deploy makes. Its clock stands still but for what is waited.
type scene struct {
	t     *testing.T
	org   *twin.Org
	store *sqlite.DB
	clock time.Time
	log   bytes.Buffer
	fns   map[string]*lambda.Handler
	runs  []*execution
	iam   *iam.Client
	aside []string
	// kill lets a function die at its nth call of AWS that changes something, once; 0 for never.
	kill int
	dead bool
}

func newScene(t *testing.T, policy string) *scene {
	t.Helper()
	s := &scene{t: t, clock: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), fns: map[string]*lambda.Handler{}}
	s.org = twin.New(s.clock)
	s.org.SetClock(func() time.Time { return s.clock })
	dir := t.TempDir()
	s.ok(os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(theRules), 0o600))
	books := filepath.Join(dir, "key-and-marks")
	s.ok(os.Mkdir(books, 0o700))
	s.ok(os.WriteFile(filepath.Join(books, "playbook.yaml"), []byte(threeCalls), 0o600))
	lib, err := assemble.NewLibrary(dir, dir)
	s.ok(err)
	s.store, err = sqlite.Open(t.Context(), ":memory:")
	s.ok(err)
	t.Cleanup(func() { _ = s.store.Close() })
	guard, err := rules.ReadPolicy("policy.yaml", []byte(policy))
	s.ok(err)
	for _, f := range lambda.Functions() {
		engine, _ := lib.Responder(s.org.Config(hub, "us-east-1"), serve.Stoppable(mortalStore{s.store, s}), assemble.Options{
			Role: "parry-{playbook}", Guard: &guard, Now: func() time.Time { return s.clock },
			Sleep: func(ctx context.Context, d time.Duration) error { s.clock = s.clock.Add(d); return ctx.Err() },
		})
		engine.Lease = 6 * time.Minute
		engine.Actors = mortal{s, engine.Actors}
		s.fns[f], err = lambda.New(lambda.Options{Function: f, Engine: engine, Log: serve.NewLog(&s.log, "text"), Machine: s, Aside: s})
		s.ok(err)
	}
	s.iam = iam.NewFromConfig(s.org.Config(account, "us-east-1"))
	_, err = s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("parry-automation"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	s.ok(err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", &s.log)
		}
	})
	return s
}

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Start implements lambda.Machine, as Step Functions does it: an execution of the same name is the same.
func (s *scene) Start(_ context.Context, name string, in any) error {
	if slices.ContainsFunc(s.runs, func(x *execution) bool { return x.name == name }) {
		return nil
	}
	text, err := json.Marshal(deploy.Machine("aws", "step"))
	s.ok(err)
	var definition, data map[string]any
	s.ok(json.Unmarshal(text, &definition))
	text, err = json.Marshal(in)
	s.ok(err)
	s.ok(json.Unmarshal(text, &data))
	s.runs = append(s.runs, &execution{
		t: s.t, name: name, states: definition["States"].(map[string]any), at: definition["StartAt"].(string), data: data, tries: map[string]int{},
		now: func() time.Time { return s.clock },
		invoke: func(payload []byte) ([]byte, string) {
			out, err := s.fns[lambda.Step].Invoke(s.t.Context(), payload)
			if s.dead {
				s.dead = false
				return nil, "Runtime.ExitError"
			}
			if err != nil {
				return nil, reflect.TypeOf(err).Name()
			}
			return out, ""
		},
	})
	return nil
}

// Answer implements lambda.Machine.
func (s *scene) Answer(_ context.Context, token string, _ any) error {
	for _, x := range s.runs {
		if x.token == token {
			x.answer = "answered"
		}
	}
	return nil
}

// Beat implements lambda.Machine.
func (s *scene) Beat(context.Context, string) error { return nil }

// PutAside implements lambda.Aside.
func (s *scene) PutAside(_ context.Context, body, why string) error {
	s.aside = append(s.aside, why+": "+body)
	return nil
}

// goOn lets time go by, but for no longer than d, until nothing happens any more.
func (s *scene) goOn(d time.Duration) {
	s.t.Helper()
	end := s.clock.Add(d)
	for rounds := 0; ; rounds++ {
		if rounds > 10_000 {
			s.t.Fatal("the machine goes round and round")
		}
		var next time.Time
		for _, x := range s.runs {
			if x.run(); x.ended != "" {
				continue
			}
			if due := x.due(); !due.IsZero() && (next.IsZero() || due.Before(next)) {
				next = due
			}
		}
		if next.IsZero() || next.After(end) {
			s.clock = end
			return
		}
		if next.After(s.clock) {
			s.clock = next
		}
	}
}

// key makes a user with a key.
func (s *scene) key(user string) string {
	s.t.Helper()
	_, err := s.iam.CreateUser(s.t.Context(), &iam.CreateUserInput{UserName: &user})
	s.ok(err)
	made, err := s.iam.CreateAccessKey(s.t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	s.ok(err)
	return aws.ToString(made.AccessKey.AccessKeyId)
}

func (s *scene) active(user string) bool {
	s.t.Helper()
	out, err := s.iam.ListAccessKeys(s.t.Context(), &iam.ListAccessKeysInput{UserName: &user})
	s.ok(err)
	return out.AccessKeyMetadata[0].Status == "Active"
}

func (s *scene) event(typ, user, key string) string {
	now := s.clock.UTC().Format(time.RFC3339)
	return fmt.Sprintf(`{"version":"0","id":"e-%s","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"f-%s","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/f-%s",
"type":%q,"severity":5,"title":"a finding","createdAt":%q,"updatedAt":%q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%q}},
"service":{"archived":false}}}`, user, hub, now, account, user, account, user, typ, now, now, key, user)
}

// batch gives the worker messages as SQS does, and says which come again.
func (s *scene) batch(bodies ...string) []string {
	s.t.Helper()
	var in events.SQSEvent
	for n, b := range bodies {
		in.Records = append(in.Records, events.SQSMessage{MessageId: fmt.Sprint("m", n), Body: b, EventSource: "aws:sqs", Attributes: map[string]string{"ApproximateReceiveCount": "1"}})
	}
	text, err := json.Marshal(in)
	s.ok(err)
	out, err := s.fns[lambda.Worker].Invoke(s.t.Context(), text)
	s.ok(err)
	var answer events.SQSEventResponse
	s.ok(json.Unmarshal(out, &answer))
	var again []string
	for _, f := range answer.BatchItemFailures {
		again = append(again, f.ItemIdentifier)
	}
	return again
}

// only is the one response that there is.
func (s *scene) only() parry.Response {
	s.t.Helper()
	all, _, err := s.store.List(s.t.Context(), parry.Query{})
	s.ok(err)
	if len(all) != 1 {
		s.t.Fatalf("there are %d responses", len(all))
	}
	return all[0]
}

// knock is a person at the door.
func (s *scene) knock(who, method, path, body string) (int, map[string]any) {
	s.t.Helper()
	q := events.LambdaFunctionURLRequest{RawPath: path, Body: body}
	q.RequestContext.HTTP.Method = method
	if who != "" {
		q.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{UserARN: who}}
	}
	if p, query, ok := strings.Cut(path, "?"); ok {
		q.RawPath, q.RawQueryString = p, query
		k, v, _ := strings.Cut(query, "=")
		q.QueryStringParameters = map[string]string{k: v}
	}
	text, err := json.Marshal(q)
	s.ok(err)
	out, err := s.fns[lambda.Door].Invoke(s.t.Context(), text)
	s.ok(err)
	var answer events.LambdaFunctionURLResponse
	s.ok(json.Unmarshal(out, &answer))
	var got map[string]any
	s.ok(json.Unmarshal([]byte(answer.Body), &got))
	return answer.StatusCode, got
}

func (s *scene) yes(who string) (int, map[string]any) {
	s.t.Helper()
	r := s.only()
	return s.knock(who, "POST", "/v1/responses/"+r.ID+"/approve", fmt.Sprintf(`{"digest":%q,"comment":"go on"}`, r.Plan.Digest))
}

// way is how the nth execution went, without the looks and the choices in between.
func (s *scene) way(n int) string {
	s.t.Helper()
	if len(s.runs) <= n {
		s.t.Fatalf("there are %d executions", len(s.runs))
	}
	var all []string
	for _, w := range s.runs[n].way {
		if w != "Look" && w != "What next" && w != "How it ended" {
			all = append(all, w)
		}
	}
	return strings.Join(all, ", ")
}

// mortal are actors of a function that dies before a call.
type mortal struct {
	s *scene
	parry.Actors
}

type mortalActor struct {
	s *scene
	parry.Actor
}

func (m mortal) Act(ctx context.Context, q parry.Session) (parry.Actor, int, error) {
	a, n, err := m.Actors.Act(ctx, q)
	return mortalActor{m.s, a}, n, err
}

func (m mortalActor) Do(ctx context.Context, c parry.Call) (parry.Reply, error) {
	if m.s.kill > 0 {
		if m.s.kill--; m.s.kill == 0 {
			m.s.dead = true
			return parry.Reply{}, errors.New("the function is killed")
		}
	}
	return m.Actor.Do(ctx, c)
}

// mortalStore is what a killed function stores: nothing; and what it held stays held.
type mortalStore struct {
	parry.Store
	s *scene
}

func (m mortalStore) Save(ctx context.Context, r parry.Response, rec ...parry.Record) error {
	if m.s.dead {
		return errors.New("the function is killed")
	}
	return m.Store.Save(ctx, r, rec...)
}

func (m mortalStore) Release(ctx context.Context, resource, holder string) error {
	if m.s.dead {
		return nil
	}
	return m.Store.Release(ctx, resource, holder)
}
