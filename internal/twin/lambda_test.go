package twin

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func newFunction(t *testing.T, org *Org, name string) (*lambda.Client, *string) {
	t.Helper()
	c := lambda.NewFromConfig(org.Config(testAccount, testRegion))
	out := got(c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String(name), Role: aws.String("arn:aws:iam::" + testAccount + ":role/fn"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("PK")},
		Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Tags: map[string]string{"team": "a"},
	}))(t)
	return c, out.FunctionArn
}

func TestFunctions(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c, arn := newFunction(t, org, "fn")
	for _, id := range []string{"fn", *arn, *arn + ":$LATEST", testAccount + ":function:fn"} {
		out := got(c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(id)}))(t)
		if *out.Configuration.FunctionArn != "arn:aws:lambda:eu-west-1:111111111111:function:fn" || out.Tags["team"] != "a" || *out.Configuration.MemorySize != 128 {
			t.Errorf("%s: function is %+v", id, out.Configuration)
		}
		out.Tags["team"] = "changed by its reader"
	}
	var conflict *lambdatypes.ResourceConflictException
	if _, err := c.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("fn"), Role: aws.String("arn:aws:iam::" + testAccount + ":role/fn"), Code: &lambdatypes.FunctionCode{}}); !errors.As(err, &conflict) {
		t.Errorf("error is %v", err)
	}
	for _, far := range []*lambda.Client{lambda.NewFromConfig(org.Config(testAccount, "us-east-1")), lambda.NewFromConfig(org.Config(otherAccount, testRegion))} {
		refused(far.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("fn")}))(t, "ResourceNotFoundException")
	}
	got(c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: arn}))(t)
	_, err := c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("fn")})
	message(t, err, "Function not found: "+*arn)
}

func TestFunctionPolicy(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c, arn := newFunction(t, org, "fn")
	_, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: arn})
	message(t, err, "The resource you requested does not exist.")
	add := &lambda.AddPermissionInput{FunctionName: arn, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("secretsmanager.amazonaws.com"), SourceAccount: aws.String(testAccount)}
	statement := *got(c.AddPermission(ctx, add))(t).Statement
	refused(c.AddPermission(ctx, add))(t, "ResourceConflictException")
	out := got(c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: arn}))(t)
	want := `{"Sid":"s","Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + *arn + `","Condition":{"StringEquals":{"AWS:SourceAccount":"111111111111"}}}`
	if statement != want || !strings.Contains(*out.Policy, want) {
		t.Errorf("statement is %s, policy is %s", statement, *out.Policy)
	}
	add.StatementId, add.Principal, add.RevisionId = aws.String("s2"), aws.String(otherAccount), aws.String("stale")
	refused(c.AddPermission(ctx, add))(t, "PreconditionFailedException")
	add.RevisionId = out.RevisionId
	if s := *got(c.AddPermission(ctx, add))(t).Statement; !strings.Contains(s, `{"AWS":"arn:aws:iam::222222222222:root"}`) {
		t.Errorf("statement is %s", s)
	}
}

func TestFunctionConcurrency(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c, arn := newFunction(t, org, "fn")
	reserved := func() *int32 {
		return got(c.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: arn}))(t).ReservedConcurrentExecutions
	}
	if n := reserved(); n != nil {
		t.Errorf("%d are reserved at first", *n)
	}
	for n, code := range map[int32]string{0: "", 900: "", 901: "InvalidParameterValueException"} {
		out, err := c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: arn, ReservedConcurrentExecutions: aws.Int32(n)})
		if code != "" {
			refused(out, err)(t, code)
		} else if got(out, err)(t); *reserved() != n {
			t.Errorf("%d are reserved, want %d", *reserved(), n)
		}
	}
	got(c.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: arn}))(t)
	if n := reserved(); n != nil {
		t.Errorf("%d are reserved after the reservation's end", *n)
	}
}

// moto looks at no qualifier of an address and of a removal (its own notes say so); each has its own (Lambda API Reference).
func TestVersionsAndAliases(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c, arn := newFunction(t, org, "fn")
	got(c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: arn}))(t)
	alias := func(name, version string) (*lambda.CreateAliasOutput, error) {
		return c.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: arn, Name: aws.String(name), FunctionVersion: aws.String(version)})
	}
	refused(alias("live", "2"))(t, "ResourceNotFoundException")
	got(alias("live", "1"))(t)
	refused(alias("live", "1"))(t, "ResourceConflictException")
	if a := got(c.ListAliases(ctx, &lambda.ListAliasesInput{FunctionName: arn}))(t).Aliases; len(a) != 1 || *a[0].AliasArn != *arn+":live" {
		t.Errorf("aliases are %+v", a)
	}
	if v := got(c.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: arn}))(t).Versions; len(v) != 2 || *v[1].Version != "1" {
		t.Errorf("versions are %+v", v)
	}
	add := func(qualifier string) (*lambda.AddPermissionOutput, error) {
		return c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: arn, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunctionUrl"), Principal: aws.String("*"), Qualifier: aws.String(qualifier), FunctionUrlAuthType: lambdatypes.FunctionUrlAuthTypeNone})
	}
	refused(add("test"))(t, "ResourceNotFoundException")
	if s := *got(add("live"))(t).Statement; !strings.Contains(s, ":fn:live") || !strings.Contains(s, `{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}`) {
		t.Errorf("statement is %s", s)
	}
	refused(c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: arn}))(t, "ResourceNotFoundException")
	remove := func(qualifier, revision *string) (*lambda.RemovePermissionOutput, error) {
		return c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: arn, StatementId: aws.String("s"), Qualifier: qualifier, RevisionId: revision})
	}
	refused(remove(nil, nil))(t, "ResourceNotFoundException")
	refused(remove(aws.String("live"), aws.String("stale")))(t, "PreconditionFailedException")
	got(remove(aws.String("live"), got(c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String("fn:live")}))(t).RevisionId))(t)
	refused(c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: arn, Qualifier: aws.String("live")}))(t, "ResourceNotFoundException")
}

func TestFunctionURLs(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c, arn := newFunction(t, org, "fn")
	got(c.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: arn, Name: aws.String("live"), FunctionVersion: aws.String("$LATEST")}))(t)
	create := func(qualifier *string) (*lambda.CreateFunctionUrlConfigOutput, error) {
		return c.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: arn, Qualifier: qualifier, AuthType: lambdatypes.FunctionUrlAuthTypeNone})
	}
	refused(c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: arn}))(t, "ResourceNotFoundException")
	refused(create(aws.String("1")))(t, "InvalidParameterValueException")
	got(create(aws.String("live")))(t)
	refused(c.UpdateFunctionUrlConfig(ctx, &lambda.UpdateFunctionUrlConfigInput{FunctionName: arn, AuthType: lambdatypes.FunctionUrlAuthTypeAwsIam}))(t, "ResourceNotFoundException")
	got(create(nil))(t)
	refused(create(nil))(t, "ResourceConflictException")
	got(c.UpdateFunctionUrlConfig(ctx, &lambda.UpdateFunctionUrlConfigInput{FunctionName: arn, AuthType: lambdatypes.FunctionUrlAuthTypeAwsIam}))(t)
	for qualifier, want := range map[string]lambdatypes.FunctionUrlAuthType{"": lambdatypes.FunctionUrlAuthTypeAwsIam, "live": lambdatypes.FunctionUrlAuthTypeNone} {
		in := &lambda.GetFunctionUrlConfigInput{FunctionName: arn}
		if qualifier != "" {
			in.Qualifier = aws.String(qualifier)
		}
		if out := got(c.GetFunctionUrlConfig(ctx, in))(t); out.AuthType != want {
			t.Errorf("%q is %s", qualifier, out.AuthType)
		}
	}
}
