package twin

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	firstVersion  = "11111111-1111-4111-8111-111111111111"
	secondVersion = "22222222-2222-4222-8222-222222222222"
	thirdVersion  = "33333333-3333-4333-8333-333333333333"
)

// vault is an organization with one secret in one region.
type vault struct {
	*testing.T
	ctx context.Context
	org *Org
	c   *secretsmanager.Client
	id  *string // the secret's ARN
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{T: t, ctx: t.Context(), org: newOrg()}
	v.c = secretsmanager.NewFromConfig(v.org.Config(testAccount, testRegion))
	v.id = got(v.c.CreateSecret(v.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db/orders-prod"), SecretString: aws.String("old"), ClientRequestToken: aws.String(firstVersion)}))(t).ARN
	return v
}

func (v *vault) describe() *secretsmanager.DescribeSecretOutput {
	v.Helper()
	return got(v.c.DescribeSecret(v.ctx, &secretsmanager.DescribeSecretInput{SecretId: v.id}))(v.T)
}

func (v *vault) rotate(token string, function *string) error {
	return second(v.c.RotateSecret(v.ctx, &secretsmanager.RotateSecretInput{SecretId: v.id, ClientRequestToken: aws.String(token), RotationLambdaARN: function}))
}

// stages checks which version has which labels.
func (v *vault) stages(want map[string]string) {
	v.Helper()
	have := v.describe().VersionIdsToStages
	if len(have) != len(want) {
		v.Errorf("versions are %v, want %v", have, want)
	}
	for id, labels := range want {
		if strings.Join(have[id], ",") != labels {
			v.Errorf("%s has %v, want %s", id, have[id], labels)
		}
	}
}

func TestSecretIDs(t *testing.T) {
	v := newVault(t)
	if !regexp.MustCompile(`^arn:aws:secretsmanager:eu-west-1:111111111111:secret:db/orders-prod-\w{6}$`).MatchString(*v.id) {
		t.Errorf("ARN is %s", *v.id)
	}
	partial := (*v.id)[:len(*v.id)-7]
	for id, code := range map[string]string{
		"db/orders-prod": "", *v.id: "", partial: "", "db/orders": "ResourceNotFoundException", partial + "-XXXXXX": "ResourceNotFoundException",
		(*v.id)[strings.Index(*v.id, "db/"):]:              "ResourceNotFoundException", // the suffix belongs to ARNs alone
		strings.Replace(*v.id, testRegion, "us-east-1", 1): "ResourceNotFoundException", strings.Replace(*v.id, testAccount, otherAccount, 1): "AccessDeniedException",
	} {
		out, err := v.c.DescribeSecret(v.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(id)})
		if code != "" {
			refused(out, err)(t, code)
		} else if got(out, err)(t); *out.ARN != *v.id {
			t.Errorf("%s gives %s", id, *out.ARN)
		}
	}
	var missing *smtypes.ResourceNotFoundException
	if _, err := v.c.GetSecretValue(v.ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
}

func TestSecretsOfRegionsAreApart(t *testing.T) {
	v := newVault(t)
	for _, c := range []*secretsmanager.Client{
		secretsmanager.NewFromConfig(v.org.Config(testAccount, "us-east-1")),
		secretsmanager.NewFromConfig(v.org.Config(otherAccount, testRegion)),
	} {
		refused(c.DescribeSecret(v.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("db/orders-prod")}))(t, "ResourceNotFoundException")
		got(c.CreateSecret(v.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db/orders-prod")}))(t)
	}
}

func TestSecretValues(t *testing.T) {
	v := newVault(t)
	put := func(token, value string) error {
		return second(v.c.PutSecretValue(v.ctx, &secretsmanager.PutSecretValueInput{SecretId: v.id, ClientRequestToken: aws.String(token), SecretString: aws.String(value)}))
	}
	if err := errors.Join(put(secondVersion, "new"), put(secondVersion, "new")); err != nil {
		t.Fatal(err)
	}
	refused(0, put(secondVersion, "something else"))(t, "ResourceExistsException")
	refused(0, put("short", "x"))(t, "InvalidParameterException")
	v.stages(map[string]string{firstVersion: "AWSPREVIOUS", secondVersion: "AWSCURRENT"})
	for stage, want := range map[string]string{"": "new", "AWSCURRENT": "new", "AWSPREVIOUS": "old"} {
		in := &secretsmanager.GetSecretValueInput{SecretId: v.id}
		if stage != "" {
			in.VersionStage = aws.String(stage)
		}
		if out := got(v.c.GetSecretValue(v.ctx, in))(t); *out.SecretString != want {
			t.Errorf("%q holds %s, want %s", stage, *out.SecretString, want)
		}
	}
	_, err := v.c.GetSecretValue(v.ctx, &secretsmanager.GetSecretValueInput{SecretId: v.id, VersionStage: aws.String("AWSPENDING")})
	message(t, err, "staging label: AWSPENDING")
	if at := v.describe().LastAccessedDate; at == nil || at.Hour() != 0 {
		t.Errorf("last accessed %v", at)
	}
	if err := put(thirdVersion, "newest"); err != nil {
		t.Fatal(err)
	}
	v.stages(map[string]string{secondVersion: "AWSPREVIOUS", thirdVersion: "AWSCURRENT"})
}

func TestRotationNeedsAFunction(t *testing.T) {
	v := newVault(t)
	err := v.rotate(secondVersion, nil)
	var invalid *smtypes.InvalidRequestException
	if !errors.As(err, &invalid) {
		t.Fatalf("error is %v", err)
	}
	message(t, err, "No Lambda rotation function ARN is associated with this secret.")
	var missing *smtypes.ResourceNotFoundException
	if err := v.rotate(secondVersion, aws.String("arn:aws:lambda:eu-west-1:111111111111:function:none")); !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
	d := v.describe()
	if d.RotationEnabled != nil || d.RotationLambdaARN != nil || d.LastRotatedDate != nil || d.OwningService != nil || d.PrimaryRegion != nil {
		t.Errorf("a refused rotation left %+v", d)
	}
	v.stages(map[string]string{firstVersion: "AWSCURRENT"})
}

func TestRotationAtOnce(t *testing.T) {
	v := newVault(t)
	_, fn := newFunction(t, v.org, "rotate")
	if err := v.rotate(secondVersion, fn); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{firstVersion: "AWSPREVIOUS", secondVersion: "AWSCURRENT"}
	v.stages(want)
	d := v.describe()
	if !*d.RotationEnabled || *d.RotationLambdaARN != *fn || d.LastRotatedDate == nil {
		t.Errorf("secret is %+v", d)
	}
	v.org.Advance(time.Hour)
	if err := v.rotate(secondVersion, nil); err != nil { // the same token
		t.Fatal(err)
	}
	v.stages(want)
	if at := v.describe().LastRotatedDate; !at.Equal(*d.LastRotatedDate) {
		t.Errorf("a repetition moved the date to %v", at)
	}
	if err := v.rotate(thirdVersion, nil); err != nil { // with the function that is configured
		t.Fatal(err)
	}
	v.stages(map[string]string{secondVersion: "AWSPREVIOUS", thirdVersion: "AWSCURRENT"})
}

func TestRotationTakesTime(t *testing.T) {
	v := newVault(t)
	_, fn := newFunction(t, v.org, "rotate")
	v.org.SetDelay(time.Minute)
	if err := v.rotate(secondVersion, fn); err != nil {
		t.Fatal(err)
	}
	pending := map[string]string{firstVersion: "AWSCURRENT", secondVersion: "AWSPENDING"}
	v.stages(pending)
	message(t, v.rotate(thirdVersion, nil), "A previous rotation isn't complete.")
	v.org.Advance(59 * time.Second)
	v.stages(pending)
	v.org.Advance(time.Second)
	v.stages(map[string]string{firstVersion: "AWSPREVIOUS", secondVersion: "AWSCURRENT"})
	if at := v.describe().LastRotatedDate; !at.Equal(newOrg().now().Add(time.Minute)) {
		t.Errorf("rotated at %v", at)
	}
}

func TestRotationThatIsStuck(t *testing.T) {
	v := newVault(t)
	functions, fn := newFunction(t, v.org, "rotate")
	got(functions.PutFunctionConcurrency(v.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: fn, ReservedConcurrentExecutions: aws.Int32(0)}))(t)
	if err := v.rotate(secondVersion, fn); err != nil {
		t.Fatal(err)
	}
	v.org.Advance(24 * time.Hour)
	v.stages(map[string]string{firstVersion: "AWSCURRENT", secondVersion: "AWSPENDING"})
	got(functions.DeleteFunctionConcurrency(v.ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: fn}))(t)
	refused(0, v.rotate(thirdVersion, nil))(t, "InvalidRequestException")
	got(v.c.UpdateSecretVersionStage(v.ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: v.id, VersionStage: aws.String("AWSPENDING"), RemoveFromVersionId: aws.String(secondVersion)}))(t)
	if err := v.rotate(thirdVersion, nil); err != nil {
		t.Fatal(err)
	}
	v.stages(map[string]string{firstVersion: "AWSPREVIOUS", thirdVersion: "AWSCURRENT"})
}

func TestRotationLater(t *testing.T) {
	v := newVault(t)
	_, fn := newFunction(t, v.org, "rotate")
	got(v.c.RotateSecret(v.ctx, &secretsmanager.RotateSecretInput{SecretId: v.id, RotationLambdaARN: fn, RotateImmediately: aws.Bool(false), RotationRules: &smtypes.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}}))(t)
	v.stages(map[string]string{firstVersion: "AWSCURRENT"})
	if d := v.describe(); d.LastRotatedDate != nil || !d.NextRotationDate.Equal(newOrg().now().AddDate(0, 0, 30)) {
		t.Errorf("secret is %+v", d)
	}
}

func TestManagedSecret(t *testing.T) {
	v := newVault(t)
	v.org.SetOwningService(testAccount, testRegion, "db/orders-prod", "rds")
	if s := aws.ToString(v.describe().OwningService); s != "rds" {
		t.Errorf("owning service is %q", s)
	}
	refused(v.c.PutSecretValue(v.ctx, &secretsmanager.PutSecretValueInput{SecretId: v.id, SecretString: aws.String("x")}))(t, "InvalidRequestException")
	if err := v.rotate(secondVersion, nil); err != nil { // needs no function of the customer
		t.Error(err)
	}
}

func TestReplica(t *testing.T) {
	v := newVault(t)
	made := got(v.c.CreateSecret(v.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("wide"), SecretString: aws.String("s"), AddReplicaRegions: []smtypes.ReplicaRegionType{{Region: aws.String("us-east-1")}}}))(t)
	far := secretsmanager.NewFromConfig(v.org.Config(testAccount, "us-east-1"))
	d := got(far.DescribeSecret(v.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("wide")}))(t)
	if *d.PrimaryRegion != testRegion || *d.ARN != strings.Replace(*made.ARN, testRegion, "us-east-1", 1) {
		t.Errorf("replica is %+v", d)
	}
	_, err := far.RotateSecret(v.ctx, &secretsmanager.RotateSecretInput{SecretId: d.ARN})
	message(t, err, "Operation not permitted on a replica secret.")
	refused(v.c.DeleteSecret(v.ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN}))(t, "InvalidRequestException")
}

func TestDeletedSecret(t *testing.T) {
	v := newVault(t)
	for _, in := range []*secretsmanager.DeleteSecretInput{
		{SecretId: v.id, RecoveryWindowInDays: aws.Int64(6)},
		{SecretId: v.id, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)},
	} {
		refused(v.c.DeleteSecret(v.ctx, in))(t, "InvalidParameterException")
	}
	remove := &secretsmanager.DeleteSecretInput{SecretId: v.id, RecoveryWindowInDays: aws.Int64(7)}
	got(v.c.DeleteSecret(v.ctx, remove))(t)
	for name, call := range map[string]func() error{
		"value": func() error {
			return second(v.c.GetSecretValue(v.ctx, &secretsmanager.GetSecretValueInput{SecretId: v.id}))
		},
		"rotate": func() error { return v.rotate(secondVersion, nil) },
		"policy": func() error {
			return second(v.c.GetResourcePolicy(v.ctx, &secretsmanager.GetResourcePolicyInput{SecretId: v.id}))
		},
		"create": func() error {
			return second(v.c.CreateSecret(v.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db/orders-prod")}))
		},
	} {
		var invalid *smtypes.InvalidRequestException
		if err := call(); !errors.As(err, &invalid) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if at := v.describe().DeletedDate; !at.Equal(newOrg().now().AddDate(0, 0, 7)) {
		t.Errorf("deleted at %v", at)
	}
	got(v.c.RestoreSecret(v.ctx, &secretsmanager.RestoreSecretInput{SecretId: v.id}))(t)
	got(v.c.GetSecretValue(v.ctx, &secretsmanager.GetSecretValueInput{SecretId: v.id}))(t)
	got(v.c.DeleteSecret(v.ctx, remove))(t)
	v.org.Advance(7 * 24 * time.Hour)
	refused(v.c.DescribeSecret(v.ctx, &secretsmanager.DescribeSecretInput{SecretId: v.id}))(t, "ResourceNotFoundException")
	got(v.c.CreateSecret(v.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db/orders-prod")}))(t)
}

func TestSecretStages(t *testing.T) {
	v := newVault(t)
	got(v.c.PutSecretValue(v.ctx, &secretsmanager.PutSecretValueInput{SecretId: v.id, ClientRequestToken: aws.String(secondVersion), SecretString: aws.String("new")}))(t)
	current := aws.String("AWSCURRENT")
	for _, in := range []*secretsmanager.UpdateSecretVersionStageInput{
		{SecretId: v.id, VersionStage: current, MoveToVersionId: aws.String(firstVersion)},
		{SecretId: v.id, VersionStage: current, RemoveFromVersionId: aws.String(secondVersion)},
		{SecretId: v.id, VersionStage: current, MoveToVersionId: aws.String(secondVersion), RemoveFromVersionId: aws.String(firstVersion)},
	} {
		refused(v.c.UpdateSecretVersionStage(v.ctx, in))(t, "InvalidParameterException")
	}
	got(v.c.UpdateSecretVersionStage(v.ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: v.id, VersionStage: current, MoveToVersionId: aws.String(firstVersion), RemoveFromVersionId: aws.String(secondVersion)}))(t)
	v.stages(map[string]string{firstVersion: "AWSCURRENT", secondVersion: "AWSPREVIOUS"})
}

func TestSecretPolicyAndTags(t *testing.T) {
	v := newVault(t)
	read := func() *string {
		return got(v.c.GetResourcePolicy(v.ctx, &secretsmanager.GetResourcePolicyInput{SecretId: v.id}))(t).ResourcePolicy
	}
	open := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`
	put := func(document string, block bool) error {
		return second(v.c.PutResourcePolicy(v.ctx, &secretsmanager.PutResourcePolicyInput{SecretId: v.id, ResourcePolicy: aws.String(document), BlockPublicPolicy: aws.Bool(block)}))
	}
	if read() != nil {
		t.Error("there is a policy at first")
	}
	refused(0, put(open, true))(t, "PublicPolicyException")
	refused(0, put(`{"Statement":[{}]}`, false))(t, "MalformedPolicyDocumentException")
	if err := put(open, false); err != nil || *read() != open {
		t.Errorf("policy is %v, %v", read(), err)
	}
	got(v.c.DeleteResourcePolicy(v.ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: v.id}))(t)
	if read() != nil {
		t.Error("the policy is still there")
	}
	got(v.c.TagResource(v.ctx, &secretsmanager.TagResourceInput{SecretId: v.id, Tags: []smtypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))(t)
	if tags := v.describe().Tags; len(tags) != 1 || *tags[0].Value != "v" {
		t.Errorf("tags are %+v", tags)
	}
}

// moto forgets the function where RotateSecret does not name it, so it says the same of the first cancellation only.
func TestCancelledRotation(t *testing.T) {
	v := newVault(t)
	cancel := &secretsmanager.CancelRotateSecretInput{SecretId: v.id}
	refused(v.c.CancelRotateSecret(v.ctx, cancel))(t, "InvalidRequestException")
	_, fn := newFunction(t, v.org, "rotate")
	got(v.c.RotateSecret(v.ctx, &secretsmanager.RotateSecretInput{
		SecretId: v.id, RotationLambdaARN: fn, RotateImmediately: aws.Bool(false), RotationRules: &smtypes.RotationRulesType{AutomaticallyAfterDays: aws.Int64(12)},
	}))(t)
	got(v.c.CancelRotateSecret(v.ctx, cancel))(t)
	if d := v.describe(); *d.RotationEnabled || *d.RotationLambdaARN != *fn || *d.RotationRules.AutomaticallyAfterDays != 12 || d.NextRotationDate != nil {
		t.Errorf("cancelled, it is %+v", d)
	}
	got(v.c.RotateSecret(v.ctx, &secretsmanager.RotateSecretInput{SecretId: v.id, RotateImmediately: aws.Bool(false)}))(t)
	if d := v.describe(); !*d.RotationEnabled || *d.RotationRules.AutomaticallyAfterDays != 12 {
		t.Errorf("switched on again, it is %+v", d)
	}
}
