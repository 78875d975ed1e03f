package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"parry"
	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/dynamo"
	"parry/internal/lambda"
	"parry/internal/ministack"
	"parry/internal/moto"
	"parry/internal/rules"
	"parry/internal/serve"
)

const (
	home    = "us-east-1"
	standIn = "test.guardduty"
)

const endRules = `rules:
  - {name: keys, mode: act, match: {source: [aws.guardduty], detail: {type: ["UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"]}}, respond: [{playbook: iam-deactivate-access-key, tier: auto}]}
  - {name: ask, mode: act, match: {source: [aws.guardduty], detail: {type: ["Recon:IAMUser/UserPermissions"]}}, respond: [{playbook: iam-deactivate-access-key, tier: approve}]}
  - {name: late, mode: act, match: {source: [aws.guardduty], detail: {type: ["Discovery:IAMUser/AnomalousBehavior"]}}, respond: [{playbook: iam-deactivate-access-key, tier: approve}]}
`

// stage is the deployment on two emulators that were not written here. MiniStack is the hub: the rendered templates are deployed through its
// CloudFormation, and its EventBridge, SQS, Lambda, Step Functions and DynamoDB do the work; the functions are this process, which it calls over HTTP. moto
// is the member account: MiniStack does not change accounts with a role, nor does it enforce IAM.
//
// What MiniStack has not: AWS::Events::EventBusPolicy and AWS::CloudTrail::Trail, which are left out of the template; and GuardDuty. As on AWS nobody may put
// events of AWS's own: here they have the source test.guardduty on the buses, in the patterns of region.json too, and are GuardDuty's again for the functions.
// Its Step Functions wait in real time, and read neither TimeoutSecondsPath nor HeartbeatSecondsPath: a question is looked at again after ten seconds.
type stage struct {
	t      *testing.T
	mini   *ministack.Server
	hub    aws.Config
	member *iam.Client
	acct   string
	store  *dynamo.DB
	die    *atomic.Int32 // how many invocations of the step function are killed before they answer
	brief  *atomic.Int32 // how many of them have so little time that they can begin no call
}

func newStage(t *testing.T, policy string) *stage {
	t.Helper()
	server := moto.Need(t)
	s := &stage{t: t, mini: ministack.Need(t), acct: moto.Account(), die: &atomic.Int32{}, brief: &atomic.Int32{}}
	s.hub = s.mini.Config(home)
	s.member = iam.NewFromConfig(server.Config(s.acct, home))
	dir := t.TempDir()
	s.ok(os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(endRules), 0o600))
	lib, err := assemble.NewLibrary("", dir)
	s.ok(err)
	guard, err := rules.ReadPolicy("policy.yaml", []byte(policy))
	s.ok(err)
	o := org(t, strings.NewReplacer("111111111111", ministack.Account, "eu-central-1", home, "regions: [us-east-1]\n", "", "security_hub: {aggregate: true}\n", "", "tier: approve\n", "", "act: [\"guardduty-access-key-*\"]\n", "", ", conformance_pack: true", "").Replace(orgYAML))
	files, err := deploy.NewWish(o, lib.Playbooks, lib.Rules).Render()
	s.ok(err)

	functions := httptest.NewUnstartedServer(nil)
	handlers := map[string]*lambda.Handler{}
	s.store = dynamo.Use(s.hub, o.Table())
	functions.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		payload, err := io.ReadAll(r.Body)
		payload = bytes.ReplaceAll(payload, []byte(standIn), []byte("aws.guardduty"))
		if err != nil || handlers[name] == nil {
			http.Error(w, "no such function", http.StatusNotFound)
			return
		}
		limit := time.Minute
		if name == lambda.Step && s.brief.Add(-1) >= 0 {
			limit = 29 * time.Second // with the margin for storing what is in hand, less than a call may take
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		out, err := handlers[name].Invoke(ctx, payload)
		if name == lambda.Step && s.die.Add(-1) >= 0 { // it did its work, and nobody hears of it
			http.Error(w, `{"errorType":"Runtime.ExitError","errorMessage":"it was killed"}`, http.StatusBadGateway)
			return
		}
		if err != nil {
			http.Error(w, fmt.Sprintf(`{"errorType":"Failed","errorMessage":%q}`, err), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(out)
	})
	functions.Start()
	t.Cleanup(functions.Close)
	for _, f := range lambda.Functions() {
		engine, _ := lib.Responder(server.Config(moto.DefaultAccount, home), serve.Stoppable(s.store), assemble.Options{Role: "parry-{playbook}", Guard: &guard, Patience: 5 * time.Second})
		h, err := lambda.New(lambda.Options{Function: f, Engine: engine, Log: serve.NewLog(io.Discard, "text"),
			Machine: lambda.NewStates(s.hub, "arn:aws:states:"+home+":"+ministack.Account+":stateMachine:parry-response"),
			Aside:   lambda.NewDeadLetters(s.hub, s.mini.URL+"/"+ministack.Account+"/parry-findings-aside")})
		s.ok(err)
		handlers[f] = h
	}
	s.deploy(files, functions.URL)
	return s
}

func (s *stage) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.mini.Log())
	}
}

// deploy makes stacks of hub.json and region.json.
func (s *stage) deploy(files []deploy.File, functions string) {
	s.t.Helper()
	objects := s3.NewFromConfig(s.hub, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := objects.CreateBucket(s.t.Context(), &s3.CreateBucketInput{Bucket: aws.String("code")})
	s.ok(err)
	_, err = objects.PutObject(s.t.Context(), &s3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("function.zip"), Body: bytes.NewReader([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))})
	s.ok(err)
	stacks := cloudformation.NewFromConfig(s.hub)
	for _, name := range []string{"hub.json", "region.json"} {
		i := slices.IndexFunc(files, func(f deploy.File) bool { return f.Name == name })
		template := parse(s.t, files[i].Body)
		resources := template["Resources"].(tree)
		for id, r := range resources {
			r := r.(tree)
			switch r["Type"] {
			case "AWS::Events::EventBusPolicy", "AWS::CloudTrail::Trail":
				delete(resources, id)
			case "AWS::StepFunctions::StateMachine":
				p := r["Properties"].(tree)
				p["DefinitionString"] = strings.Replace(p["DefinitionString"].(string), `"TimeoutSecondsPath":"$.expires"`, `"TimeoutSeconds":10`, 1)
			case "AWS::Lambda::Function":
				p := r["Properties"].(tree)
				variables := p["Environment"].(tree)["Variables"].(tree)
				variables["MINISTACK_LAMBDA_PROXY_URL"] = functions + "/" + variables["PARRY_FUNCTION"].(string)
			}
		}
		text, err := json.Marshal(template)
		s.ok(err)
		if name == "region.json" {
			text = bytes.ReplaceAll(text, []byte("aws.guardduty"), []byte(standIn))
		}
		in := &cloudformation.CreateStackInput{StackName: aws.String("parry-" + strings.TrimSuffix(name, ".json")), TemplateBody: aws.String(string(text)), Capabilities: []cftypes.Capability{cftypes.CapabilityCapabilityNamedIam}}
		if name == "hub.json" {
			in.Parameters = []cftypes.Parameter{{ParameterKey: aws.String("CodeBucket"), ParameterValue: aws.String("code")}, {ParameterKey: aws.String("CodeKey"), ParameterValue: aws.String("function.zip")}}
		}
		_, err = stacks.CreateStack(s.t.Context(), in)
		s.ok(err)
		s.until("the stack "+name, func() (bool, string) {
			out, err := stacks.DescribeStacks(s.t.Context(), &cloudformation.DescribeStacksInput{StackName: in.StackName})
			s.ok(err)
			st := out.Stacks[0]
			if strings.Contains(string(st.StackStatus), "ROLLBACK") || strings.Contains(string(st.StackStatus), "FAILED") {
				s.t.Fatalf("%s is %s: %s\n%s", name, st.StackStatus, aws.ToString(st.StackStatusReason), s.mini.Log())
			}
			return st.StackStatus == cftypes.StackStatusCreateComplete, string(st.StackStatus)
		})
	}
}

// until waits until something holds.
func (s *stage) until(what string, f func() (bool, string)) {
	s.t.Helper()
	var is string
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		ok, now := f()
		if ok {
			return
		}
		is = now
	}
	s.t.Fatalf("%s: it is still %s\n%s", what, is, s.mini.Log())
}

func (s *stage) key(user string) string {
	s.t.Helper()
	_, err := s.member.CreateUser(s.t.Context(), &iam.CreateUserInput{UserName: &user})
	s.ok(err)
	made, err := s.member.CreateAccessKey(s.t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	s.ok(err)
	return aws.ToString(made.AccessKey.AccessKeyId)
}

func (s *stage) active(user string) bool {
	s.t.Helper()
	out, err := s.member.ListAccessKeys(s.t.Context(), &iam.ListAccessKeysInput{UserName: &user})
	s.ok(err)
	return out.AccessKeyMetadata[0].Status == "Active"
}

// put puts GuardDuty's finding about a key on the default bus, as GuardDuty does in the member's account.
func (s *stage) put(typ, user, key string) {
	s.t.Helper()
	now := time.Now().UTC().Format(time.RFC3339)
	detail := fmt.Sprintf(`{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"f-%s","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/f-%s",
"type":%q,"severity":5,"title":"a finding","createdAt":%q,"updatedAt":%q,"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%q}},
"service":{"archived":false}}`, s.acct, user, s.acct, user, typ, now, now, key, user)
	out, err := eventbridge.NewFromConfig(s.hub).PutEvents(s.t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String(standIn), DetailType: aws.String("GuardDuty Finding"), Detail: &detail},
	}})
	s.ok(err)
	if out.FailedEntryCount > 0 {
		s.t.Fatalf("the event was not taken: %s", aws.ToString(out.Entries[0].ErrorMessage))
	}
}

// of waits for the response to a user's finding to be in a state.
func (s *stage) of(user string, want parry.State) (r parry.Response) {
	s.t.Helper()
	s.until("the response about "+user+" to be "+string(want), func() (bool, string) {
		all, _, err := s.store.List(s.t.Context(), parry.Query{})
		s.ok(err)
		for _, one := range all {
			if one.Target.User == user {
				r = one
				return r.State == want, string(r.State) + " " + r.Reason
			}
		}
		return false, "not there"
	})
	return r
}

// execution waits for the end of a response's execution.
func (s *stage) execution(id string) sfntypes.ExecutionStatus {
	s.t.Helper()
	var status sfntypes.ExecutionStatus
	arn := "arn:aws:states:" + home + ":" + ministack.Account + ":execution:parry-response:" + id
	s.until("the execution of "+id+" to end", func() (bool, string) {
		out, err := sfn.NewFromConfig(s.hub).DescribeExecution(s.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		s.ok(err)
		status = out.Status
		return status != sfntypes.ExecutionStatusRunning, string(status)
	})
	return status
}

// say is a person at the door.
func (s *stage) say(who, id, verb, body string) int {
	s.t.Helper()
	q := events.LambdaFunctionURLRequest{RawPath: "/v1/responses/" + id + "/" + verb, Body: body}
	q.RequestContext.HTTP.Method = http.MethodPost
	q.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{UserARN: who}}
	text, err := json.Marshal(q)
	s.ok(err)
	out, err := awslambda.NewFromConfig(s.hub).Invoke(s.t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("parry-door"), Payload: text})
	s.ok(err)
	var answer events.LambdaFunctionURLResponse
	s.ok(json.Unmarshal(out.Payload, &answer))
	return answer.StatusCode
}

// A finding comes on the bus of a member, and goes the whole way: event rule, hub's bus, queue, function, store, state machine, approval, the change in
// the member's account, verification, and its record.
func TestEndToEnd(t *testing.T) {
	const ada = "arn:aws:iam::999999999999:user/ada"
	s := newStage(t, `approvals:
  groups: {oncall: ["`+ada+`"]}
  default: {approvers: [oncall], persons: 1, expires: 1h, remind: 30m}
  rules: [{rules: [late], approvers: [oncall], persons: 1, expires: 8s}]
`)
	t.Run("by itself", func(t *testing.T) {
		s := s.with(t)
		s.put("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", "auto", s.key("auto"))
		r := s.of("auto", parry.Done)
		if s.active("auto") {
			t.Error("the key is still active")
		}
		records, err := s.store.Records(t.Context(), r.ID)
		s.ok(err)
		if n := len(records); n == 0 || records[n-1].Kind != parry.MoveVerified {
			t.Errorf("%d records", n)
		}
	})
	t.Run("approved, and the step is killed once", func(t *testing.T) {
		s := s.with(t)
		s.put("Recon:IAMUser/UserPermissions", "asked", s.key("asked"))
		r := s.of("asked", parry.Waiting)
		s.die.Store(1)
		s.until("the door to take the yes", func() (bool, string) {
			status := s.say(ada, r.ID, "approve", fmt.Sprintf(`{"digest":%q}`, r.Plan.Digest))
			return status == http.StatusOK, fmt.Sprint(status)
		})
		s.of("asked", parry.Done)
		if status := s.execution(r.ID); status != sfntypes.ExecutionStatusSucceeded || s.active("asked") {
			t.Errorf("the execution %s, the key is active: %v", status, s.active("asked"))
		}
	})
	t.Run("approved, and the step's time is over before its change", func(t *testing.T) {
		s := s.with(t)
		s.put("Recon:IAMUser/UserPermissions", "slow", s.key("slow"))
		r := s.of("slow", parry.Waiting)
		s.brief.Store(3)
		s.until("the door to take the yes", func() (bool, string) {
			status := s.say(ada, r.ID, "approve", fmt.Sprintf(`{"digest":%q}`, r.Plan.Digest))
			return status == http.StatusOK, fmt.Sprint(status)
		})
		s.of("slow", parry.Done)
		if status := s.execution(r.ID); status != sfntypes.ExecutionStatusSucceeded || s.active("slow") {
			t.Errorf("the execution %s, the key is active: %v", status, s.active("slow"))
		}
		records, err := s.store.Records(t.Context(), r.ID)
		s.ok(err)
		made, resumed := 0, 0
		for _, rec := range records {
			if rec.Kind == parry.MoveCall {
				made++
			}
			if rec.Kind == parry.MoveResumed {
				resumed++
			}
		}
		if made != 1 || resumed == 0 {
			t.Errorf("%d calls, %d times taken up again", made, resumed)
		}
	})
	t.Run("rejected", func(t *testing.T) {
		s := s.with(t)
		s.put("Recon:IAMUser/UserPermissions", "spared", s.key("spared"))
		r := s.of("spared", parry.Waiting)
		if status := s.say("arn:aws:iam::999999999999:user/mallory", r.ID, "approve", fmt.Sprintf(`{"digest":%q}`, r.Plan.Digest)); status != http.StatusForbidden {
			t.Errorf("a stranger's yes: %d", status)
		}
		if status := s.say(ada, r.ID, "reject", `{"comment":"a drill"}`); status != http.StatusOK {
			t.Fatalf("the no: %d", status)
		}
		if status := s.execution(r.ID); status != sfntypes.ExecutionStatusSucceeded || s.of("spared", parry.Rejected).State != parry.Rejected || !s.active("spared") {
			t.Errorf("the execution %s, the key is active: %v", status, s.active("spared"))
		}
	})
	t.Run("expired", func(t *testing.T) { // nobody answers: the machine's own timeout ends it, in real time
		s := s.with(t)
		s.put("Discovery:IAMUser/AnomalousBehavior", "late", s.key("late"))
		r := s.of("late", parry.Expired)
		if status := s.execution(r.ID); status != sfntypes.ExecutionStatusSucceeded || !s.active("late") {
			t.Errorf("the execution %s, the key is active: %v", status, s.active("late"))
		}
		if status := s.say(ada, r.ID, "approve", fmt.Sprintf(`{"digest":%q}`, r.Plan.Digest)); status == http.StatusOK {
			t.Error("a yes was taken after it")
		}
	})
	t.Run("poisoned", func(t *testing.T) {
		s := s.with(t)
		queue := sqs.NewFromConfig(s.hub)
		_, err := queue.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(s.mini.URL + "/" + ministack.Account + "/parry-findings"), MessageBody: aws.String(`{"source": 7}`)})
		s.ok(err)
		s.until("the message to be put aside", func() (bool, string) {
			out, err := queue.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(s.mini.URL + "/" + ministack.Account + "/parry-findings-aside"), MessageAttributeNames: []string{"All"}})
			s.ok(err)
			return len(out.Messages) == 1 && len(out.Messages[0].MessageAttributes) == 1, fmt.Sprint(len(out.Messages))
		})
	})
}

// with is the same stage for a part of the test.
func (s *stage) with(t *testing.T) *stage {
	return &stage{t: t, mini: s.mini, hub: s.hub, member: s.member, acct: s.acct, store: s.store, die: s.die, brief: s.brief}
}
