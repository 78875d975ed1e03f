package awsapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/tap"
	"parry/internal/twin"
)

const hub, member = "999999999999", "111122223333"

// scene is a member account with a user and a key, and a cloud that takes roles.
func scene(t *testing.T) (*twin.Org, *awsapi.Cloud, string) {
	t.Helper()
	org := twin.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	c := iam.NewFromConfig(org.Config(member, "us-east-1"))
	if _, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("mallory")}); err != nil {
		t.Fatal(err)
	}
	out, err := c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("mallory")})
	if err != nil {
		t.Fatal(err)
	}
	org.ResetLog()
	return org, awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{Role: "parry-{playbook}"}), aws.ToString(out.AccessKey.AccessKeyId)
}

func target() parry.Target {
	return parry.Target{Type: "AWS::IAM::AccessKey", Account: member, Region: "us-east-1", Partition: "aws"}
}

func deactivate(key, status string) parry.Call {
	return parry.Call{Account: member, Region: "us-east-1", Op: "iam:UpdateAccessKey", Input: map[string]any{"UserName": "mallory", "AccessKeyId": key, "Status": status}}
}

func TestAnObserverRefusesToWrite(t *testing.T) {
	org, cloud, key := scene(t)
	obs, err := cloud.Observe(t.Context(), "p", target(), []string{"iam:ListAccessKeys"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := obs.Read(t.Context(), deactivate(key, "Inactive")); parry.KindOf(err) != parry.Refused {
		t.Errorf("written while reading: %v", err)
	}
	for _, e := range org.Log() {
		if e.Operation == "UpdateAccessKey" {
			t.Error("the call was sent")
		}
	}
	if _, err := cloud.Observe(t.Context(), "q", target(), []string{"iam:UpdateAccessKey"}); parry.KindOf(err) != parry.Refused {
		t.Errorf("a session to read with was opened for a write: %v", err)
	}
}

func TestAnActorMakesThePlansCallsOnly(t *testing.T) {
	org, cloud, key := scene(t)
	plan := []parry.Call{deactivate(key, "Inactive")}
	actor, n, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: plan})
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	for name, c := range map[string]parry.Call{
		"the same operation with another input": deactivate(key, "Active"),
		"another operation":                     {Account: member, Region: "us-east-1", Op: "iam:DeleteAccessKey", Input: plan[0].Input},
		"another account":                       {Account: hub, Region: "us-east-1", Op: plan[0].Op, Input: plan[0].Input},
	} {
		if _, err := actor.Do(t.Context(), c); parry.KindOf(err) != parry.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := actor.Do(t.Context(), parry.Call{Account: member, Op: "iam:NoSuchThing"}); parry.KindOf(err) != parry.Invalid {
		t.Errorf("an operation that is not in the table: %v", err)
	}
	reply, err := actor.Do(t.Context(), plan[0])
	if err != nil || reply.RequestID == "" || !strings.HasSuffix(reply.Principal, "assumed-role/parry-p/pr-1") {
		t.Errorf("%+v %v", reply, err)
	}
	last := org.Log()[len(org.Log())-1]
	if last.Caller.Source != "pr-1" || last.Caller.Session != "pr-1" || !strings.Contains(last.Caller.Policy, "user/mallory") {
		t.Errorf("%+v", last.Caller)
	}
}

func TestErrorsKeepCodeAndRequestID(t *testing.T) {
	_, cloud, _ := scene(t)
	obs, err := cloud.Observe(t.Context(), "p", target(), []string{"iam:ListAccessKeys"})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := obs.Read(t.Context(), parry.Call{Account: member, Region: "us-east-1", Op: "iam:ListAccessKeys", Input: map[string]any{"UserName": "nobody"}})
	var coded interface{ ErrorCode() string }
	if !asCode(err, &coded) || coded.ErrorCode() != "NoSuchEntity" || reply.RequestID == "" {
		t.Errorf("%+v %v", reply, err)
	}
	if _, err := obs.Read(t.Context(), parry.Call{Account: member, Op: "iam:ListAccessKeys", Input: map[string]any{"NoSuchField": "x"}}); err == nil {
		t.Error("an input field that the SDK does not have was accepted")
	}
}

func asCode(err error, into *interface{ ErrorCode() string }) bool {
	for err != nil {
		if c, ok := err.(interface{ ErrorCode() string }); ok {
			*into = c
			return true
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = u.Unwrap()
	}
	return false
}

func TestThrottlingIsTriedAgainAndCounted(t *testing.T) {
	org, cloud, key := scene(t)
	actor, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{deactivate(key, "Inactive")}})
	if err != nil {
		t.Fatal(err)
	}
	org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Throttle(), Times: 1})
	reply, err := actor.Do(t.Context(), deactivate(key, "Inactive"))
	if err != nil || reply.Attempts != 2 {
		t.Errorf("%d attempts, %v", reply.Attempts, err)
	}
}

// A plan whose permissions do not fit in one session policy takes several, and none is wider than its calls.
func TestALongPlanTakesSeveralSessions(t *testing.T) {
	_, cloud, _ := scene(t)
	var calls []parry.Call
	for i := range 60 {
		calls = append(calls, parry.Call{Account: member, Region: "us-east-1", Op: "s3:PutPublicAccessBlock", Input: map[string]any{"Bucket": fmt.Sprintf("a-bucket-with-a-rather-long-name-%04d", i)}})
	}
	sessions := 0
	for left := calls; len(left) > 0; sessions++ {
		_, n, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: left})
		if err != nil {
			t.Fatal(err)
		}
		if p := cloud.SessionPolicy(left[:n], "aws"); len(p) > 2048 || strings.Contains(p, `"Resource":["*"]`) || strings.Count(p, "arn:aws:s3:::") != n {
			t.Fatalf("%d characters for %d calls: %s", len(p), n, p)
		}
		left = left[n:]
	}
	if sessions < 2 {
		t.Errorf("%d session", sessions)
	}
	huge := parry.Call{Account: member, Op: "s3:PutPublicAccessBlock", Input: map[string]any{"Bucket": strings.Repeat("x", 3000)}}
	if _, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{huge}}); parry.KindOf(err) != parry.Refused {
		t.Errorf("a call that fits in no session: %v", err)
	}
}

// Without a role the environment's credentials serve their own account and no other.
func TestWithoutARoleOtherAccountsAreRefused(t *testing.T) {
	org, _, _ := scene(t)
	cloud := awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{})
	_, err := cloud.Observe(t.Context(), "p", target(), nil)
	if parry.KindOf(err) != parry.Refused || !strings.Contains(err.Error(), member) || !strings.Contains(err.Error(), hub) {
		t.Error(err)
	}
}

func TestSensitiveOutputsStayInside(t *testing.T) {
	_, cloud, _ := scene(t)
	call := parry.Call{Account: member, Region: "us-east-1", Op: "iam:CreateAccessKey", Input: map[string]any{"UserName": "mallory"}}
	actor, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{call}})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := actor.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if key := reply.Output["AccessKey"].(map[string]any); key["SecretAccessKey"] != "(sensitive)" || key["AccessKeyId"] == "" {
		t.Errorf("%v", key)
	}
}

// What is no response has a session that its permissions bound, and makes no other call even before AWS is asked.
func TestANarrowConfigurationMakesItsCallsOnly(t *testing.T) {
	org, cloud, _ := scene(t)
	perms := []parry.Permission{{Action: "iam:ListUsers", Resources: []string{"*"}}}
	cfg, err := cloud.Narrow(t.Context(), "look", target(), perms)
	if err != nil {
		t.Fatal(err)
	}
	client := iam.NewFromConfig(cfg)
	if _, err := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("mallory")}); parry.KindOf(err) != parry.Refused {
		t.Errorf("a call that it was not taken for: %v", err)
	}
	for _, e := range org.Log() {
		if e.Operation == "DeleteUser" {
			t.Error("the call was sent")
		}
	}
	if _, err := client.ListUsers(t.Context(), &iam.ListUsersInput{}); err != nil {
		t.Error(err)
	}
	last := org.Log()[len(org.Log())-1]
	if last.Operation != "ListUsers" || last.Caller.Account != member || last.Caller.Session != "parry-look" || last.Caller.Policy != parry.NewPolicy(perms).Compact() {
		t.Errorf("%+v", last)
	}
	wide := []parry.Permission{{Action: "iam:ListUsers", Resources: []string{strings.Repeat("x", 3000)}}}
	if _, err := cloud.Narrow(t.Context(), "look", target(), wide); parry.KindOf(err) != parry.Refused {
		t.Errorf("a policy that does not fit: %v", err)
	}
	if _, err := awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{}).Narrow(t.Context(), "look", target(), perms); parry.KindOf(err) != parry.Refused {
		t.Errorf("another account without a role: %v", err)
	}
}
