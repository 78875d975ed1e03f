package tap_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"parry/internal/moto"
	"parry/internal/tap"
	"parry/internal/twin"
)

// stages are the tap on the twin, which brings it, and on an emulator that knows nothing of it: what it tells must be the same.
func stages(t *testing.T, f func(t *testing.T, cfg aws.Config, tapped *tap.Tap, account string)) {
	t.Run("twin", func(t *testing.T) {
		org := twin.New(time.Now())
		f(t, org.Config("111122223333", "us-east-1"), &org.Tap, "111122223333")
	})
	t.Run("moto", func(t *testing.T) {
		account, tapped := moto.Account(), &tap.Tap{}
		cfg := tapped.On(moto.Need(t).Config(account, "us-east-1"), func(string) tap.Caller {
			return tap.Caller{Account: account, ARN: "arn:aws:iam::" + account + ":user/admin"}
		})
		f(t, cfg, tapped, account)
	})
}

func TestSessionsAreKnown(t *testing.T) {
	stages(t, func(t *testing.T, cfg aws.Config, tapped *tap.Tap, account string) {
		const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}`
		out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::444455556666:role/parry-x"), RoleSessionName: aws.String("pr-1"), SourceIdentity: aws.String("pr-1"), Policy: aws.String(policy),
		})
		if err != nil {
			t.Fatal(err)
		}
		session := cfg.Copy()
		session.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			k := out.Credentials
			return aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey, SessionToken: *k.SessionToken}, nil
		})
		if _, err := iam.NewFromConfig(session).ListUsers(t.Context(), &iam.ListUsersInput{PathPrefix: aws.String("/x/")}); err != nil {
			t.Fatal(err)
		}
		log := tapped.Log()
		if len(log) != 2 {
			t.Fatalf("%d calls: %+v", len(log), log)
		}
		first, last := log[0], log[1]
		if first.Account != account || first.Caller.Session != "" || first.Operation != "AssumeRole" || first.Service != "STS" {
			t.Errorf("%+v", first)
		}
		want := tap.Caller{Account: "444455556666", ARN: "arn:aws:sts::444455556666:assumed-role/parry-x/pr-1", Session: "pr-1", Source: "pr-1", Policy: policy}
		if last.Caller != want || last.Account != want.Account || last.Operation != "ListUsers" || last.RequestID == "" || last.Err != nil {
			t.Errorf("%+v", last)
		}
		if in, ok := last.Input.(*iam.ListUsersInput); !ok || aws.ToString(in.PathPrefix) != "/x/" {
			t.Errorf("input %+v", last.Input)
		}
		if _, ok := last.Output.(*iam.ListUsersOutput); !ok {
			t.Errorf("output %T", last.Output)
		}
	})
}

// A fault before a call keeps it from being made; one after it takes the answer only. The SDK tries a throttled call again.
func TestFaults(t *testing.T) {
	stages(t, func(t *testing.T, cfg aws.Config, tapped *tap.Tap, _ string) {
		client := iam.NewFromConfig(cfg)
		create := func(name string) error {
			_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
			return err
		}
		code := func(err error) string {
			var api smithy.APIError
			if !errors.As(err, &api) {
				return ""
			}
			return api.ErrorCode()
		}
		exists := func(name string) bool {
			_, err := client.GetUser(t.Context(), &iam.GetUserInput{UserName: &name})
			return err == nil
		}
		tapped.Inject(tap.Fault{Operation: "CreateUser", Err: tap.Denied(), Times: 1})
		if err := create("before"); code(err) != "AccessDenied" || exists("before") {
			t.Errorf("before: %v", err)
		}
		tapped.Inject(tap.Fault{Operation: "CreateUser", Err: tap.Denied(), Times: 1, After: true})
		if err := create("after"); code(err) != "AccessDenied" || !exists("after") {
			t.Errorf("after: %v", err)
		}
		tapped.Inject(tap.Fault{Service: "IAM", Operation: "CreateUser", Err: tap.Throttle(), Times: 1})
		tapped.ResetLog()
		if err := create("throttled"); err != nil {
			t.Errorf("throttled: %v", err)
		}
		if log := tapped.Log(); len(log) != 2 || code(log[0].Err) != "ThrottlingException" || log[1].Err != nil {
			t.Errorf("%+v", log)
		}
	})
}
