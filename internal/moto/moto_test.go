package moto_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"parry/internal/moto"
)

const region = "eu-west-1"

func TestAccountsAreSeparate(t *testing.T) {
	t.Parallel()
	s := moto.Need(t)
	ctx := t.Context()
	for _, account := range []string{moto.Account(), moto.Account(), moto.DefaultAccount} {
		cfg := s.Config(account, region)
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := aws.ToString(who.Account); got != account {
			t.Errorf("the caller is in account %s, want %s", got, account)
		}
		// The same name in each: one that was not separate would answer EntityAlreadyExists.
		client := iam.NewFromConfig(cfg)
		made, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := aws.ToString(made.User.Arn), "arn:aws:iam::"+account+":user/alice"; got != want {
			t.Errorf("user %s, want %s", got, want)
		}
		list, err := client.ListUsers(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Users) != 1 {
			t.Errorf("account %s has %d users, want the one just made", account, len(list.Users))
		}
	}
}

func TestS3AndS3Control(t *testing.T) {
	t.Parallel()
	s := moto.Need(t)
	account := moto.Account()
	cfg := s.Config(account, "us-east-1")
	bucket := "bucket-" + account
	client := s3.NewFromConfig(cfg)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: &bucket}); err != nil {
		t.Error(err)
	}
	blockPublicAccess(t, cfg, account)
}

// blockPublicAccess puts S3 Control's block of an account and reads it back.
func blockPublicAccess(t *testing.T, cfg aws.Config, account string) {
	t.Helper()
	client := s3control.NewFromConfig(cfg)
	_, err := client.PutPublicAccessBlock(t.Context(), &s3control.PutPublicAccessBlockInput{
		AccountId:                      &account,
		PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetPublicAccessBlock(t.Context(), &s3control.GetPublicAccessBlockInput{AccountId: &account})
	if err != nil {
		t.Fatal(err)
	}
	if !aws.ToBool(got.PublicAccessBlockConfiguration.BlockPublicAcls) {
		t.Error("the block did not stay")
	}
}

// calls makes one call per service; each reads something that an empty account answers.
func calls(cfg aws.Config, account string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"iam": func(ctx context.Context) error {
			_, err := iam.NewFromConfig(cfg).ListUsers(ctx, nil)
			return err
		},
		"ec2": func(ctx context.Context) error {
			_, err := ec2.NewFromConfig(cfg).DescribeInstances(ctx, nil)
			return err
		},
		"s3": func(ctx context.Context) error {
			_, err := s3.NewFromConfig(cfg).ListBuckets(ctx, nil)
			return err
		},
		"s3control": func(ctx context.Context) error {
			_, err := s3control.NewFromConfig(cfg).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
				AccountId:                      &account,
				PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)},
			})
			return err
		},
		"secretsmanager": func(ctx context.Context) error {
			_, err := secretsmanager.NewFromConfig(cfg).ListSecrets(ctx, nil)
			return err
		},
		"autoscaling": func(ctx context.Context) error {
			_, err := autoscaling.NewFromConfig(cfg).DescribeAutoScalingGroups(ctx, nil)
			return err
		},
		"elb": func(ctx context.Context) error {
			_, err := elasticloadbalancing.NewFromConfig(cfg).DescribeLoadBalancers(ctx, nil)
			return err
		},
		"elbv2": func(ctx context.Context) error {
			_, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeLoadBalancers(ctx, nil)
			return err
		},
		"sts": func(ctx context.Context) error {
			_, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn: aws.String("arn:aws:iam::" + account + ":role/other"), RoleSessionName: aws.String("test"),
			})
			return err
		},
	}
}

func TestEnforce(t *testing.T) {
	t.Parallel()
	s := moto.Own(t)
	ctx := t.Context()
	account := moto.Account()
	nothing, err := s.Role(ctx, account, region, "nothing", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	everything, err := s.Role(ctx, account, region, "everything", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}

	enforce(t, s, true)
	for name, call := range calls(nothing, account) {
		if got := code(call(ctx)); got != "AccessDenied" {
			t.Errorf("%s without a policy: error code %q, want AccessDenied", name, got)
		}
	}
	for name, call := range calls(everything, account) {
		if err := call(ctx); err != nil {
			t.Errorf("%s with a policy for everything: %v", name, err)
		}
	}

	enforce(t, s, false)
	for name, call := range calls(nothing, account) {
		if err := call(ctx); err != nil {
			t.Errorf("%s with enforcement off: %v", name, err)
		}
	}
}

func TestEnforceRefusesInactiveKeys(t *testing.T) {
	t.Parallel()
	s := moto.Own(t)
	ctx := t.Context()
	admin := s.Config(moto.Account(), region)
	cfg, key := userKey(t, admin)

	enforce(t, s, true)
	if _, err := iam.NewFromConfig(cfg).ListUsers(ctx, nil); err != nil {
		t.Fatalf("the active key: %v", err)
	}
	enforce(t, s, false)
	_, err := iam.NewFromConfig(admin).UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: aws.String("alice"), AccessKeyId: &key, Status: iamtypes.StatusTypeInactive,
	})
	if err != nil {
		t.Fatal(err)
	}
	enforce(t, s, true)
	for name, call := range map[string]func() error{
		"iam": func() error { _, err := iam.NewFromConfig(cfg).ListUsers(ctx, nil); return err },
		"secretsmanager": func() error {
			_, err := secretsmanager.NewFromConfig(cfg).ListSecrets(ctx, nil)
			return err
		},
	} {
		if got := code(call()); got != "InvalidClientTokenId" {
			t.Errorf("%s with the deactivated key: error code %q, want InvalidClientTokenId", name, got)
		}
	}
}

// userKey makes a user that may do everything, and a key of its.
func userKey(t *testing.T, admin aws.Config) (aws.Config, string) {
	t.Helper()
	ctx, client, alice := t.Context(), iam.NewFromConfig(admin), aws.String("alice")
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: alice}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: alice, PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: alice})
	if err != nil {
		t.Fatal(err)
	}
	id := aws.ToString(key.AccessKey.AccessKeyId)
	cfg := admin.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(id, aws.ToString(key.AccessKey.SecretAccessKey), "")
	return cfg, id
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := moto.Own(t)
	client := iam.NewFromConfig(s.Config(moto.DefaultAccount, region))
	if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("alice")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := client.ListUsers(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Users) != 0 {
		t.Errorf("%d users after the reset", len(list.Users))
	}
}

// TestEnvInAProcess runs this test binary again as a process that knows nothing but Env, as the
// command under test does.
func TestEnvInAProcess(t *testing.T) {
	t.Parallel()
	s := moto.Need(t)
	front := httptest.NewServer(s.Front())
	t.Cleanup(front.Close)
	for name, endpoint := range map[string]string{"bare": s.Endpoint(), "front": front.URL} {
		account := moto.Account()
		c, err := s.Config(account, region).Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInsideTheProcess$", "-test.v")
		cmd.Env = append(os.Environ(), moto.Env(endpoint, region, c)...)
		cmd.Env = append(cmd.Env, insideAccount+"="+account)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "SKIP") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// insideAccount names the account to TestInsideTheProcess, and is unset in every other run.
const insideAccount = "PARRY_TEST_INSIDE_ACCOUNT"

func TestInsideTheProcess(t *testing.T) {
	account := os.Getenv(insideAccount)
	if account == "" {
		t.Skip("runs only inside TestEnvInAProcess")
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(who.Account); got != account {
		t.Errorf("the caller is in account %s, want %s", got, account)
	}
	for name, call := range calls(cfg, account) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	blockPublicAccess(t, cfg, account)
}

// TestFrontCorrectsRefusals shows that a process behind Front reads the code of a refusal, and that
// signatures survive the way through it.
func TestFrontCorrectsRefusals(t *testing.T) {
	t.Parallel()
	s := moto.Own(t)
	account := moto.Account()
	nothing, err := s.Role(t.Context(), account, region, "nothing", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	enforce(t, s, true)
	front := httptest.NewServer(s.Front())
	t.Cleanup(front.Close)
	nothing.BaseEndpoint = &front.URL
	nothing.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) { tr.Proxy = nil })
	for _, name := range []string{"iam", "s3", "secretsmanager", "ec2", "sts"} {
		if got := code(calls(nothing, account)[name](t.Context())); got != "AccessDenied" {
			t.Errorf("%s: error code %q, want AccessDenied", name, got)
		}
	}
}

func TestStopIsFinal(t *testing.T) {
	t.Parallel()
	s := moto.Own(t)
	s.Stop()
	s.Stop()
	if err := s.Reset(t.Context()); err == nil {
		t.Error("the server answers after Stop")
	}
}

func TestStartWithoutTools(t *testing.T) {
	t.Parallel()
	_, err := moto.Start(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("error %v, want one that names make tools", err)
	}
}

func enforce(t *testing.T, s *moto.Server, on bool) {
	t.Helper()
	if err := s.Enforce(t.Context(), on); err != nil {
		t.Fatal(err)
	}
}

// code is the error code that the SDK reports, or the error where it reports none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestManagedPoliciesAreAnAccountsOwn: accounts get copies of AWS's policies, and what is attached in one is not attached in another.
func TestManagedPoliciesAreAnAccountsOwn(t *testing.T) {
	server := moto.Need(t)
	const denyAll = "arn:aws:iam::aws:policy/AWSDenyAll"
	attached := map[string]int32{}
	accounts := []string{moto.Account(), moto.Account()}
	for i, account := range accounts {
		client := iam.NewFromConfig(server.Config(account, "us-east-1"))
		if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("u")}); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			continue
		}
		if _, err := client.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("u"), PolicyArn: aws.String(denyAll)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, account := range accounts {
		out, err := iam.NewFromConfig(server.Config(account, "us-east-1")).GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(denyAll)})
		if err != nil {
			t.Fatal(err)
		}
		attached[account] = *out.Policy.AttachmentCount
	}
	if attached[accounts[0]] != 1 || attached[accounts[1]] != 0 {
		t.Errorf("attached: %v", attached)
	}
}
