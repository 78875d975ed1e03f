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
