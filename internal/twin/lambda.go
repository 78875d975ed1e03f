package twin

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// The concurrency of an account in a region, and what of it cannot be reserved.
const (
	lambdaConcurrency = 1000
	lambdaUnreserved  = 100
)

// lambdaState is the functions of one account in one region. Their code does not run.
type lambdaState struct {
	functions map[string]*function
}

type function struct {
	view     lambdatypes.FunctionConfiguration
	tags     map[string]string
	reserved *int32                     // nil draws on what the account has left
	policies map[string]*functionPolicy // by version or alias; "" is the function itself
	aliases  map[string]string          // name -> version
	versions int
	urls     map[string]*functionURL // by alias; "" is the function itself
}

// functionPolicy is the resource policy of a function, or of one of its versions or aliases: each has its own.
type functionPolicy struct {
	grants   []grant
	revision string
}

// grant is one statement of a function's resource policy, in the order of keys in which AWS writes it.
type grant struct {
	Sid       string                       `json:"Sid"`
	Effect    string                       `json:"Effect"`
	Principal any                          `json:"Principal"`
	Action    string                       `json:"Action"`
	Resource  string                       `json:"Resource"`
	Condition map[string]map[string]string `json:"Condition,omitempty"`
}

func lambdaHandlers(t table) {
	on(t, "Lambda", "CreateFunction", createFunction)
	on(t, "Lambda", "GetFunction", getFunction)
	on(t, "Lambda", "DeleteFunction", deleteFunction)
	on(t, "Lambda", "AddPermission", addPermission)
	on(t, "Lambda", "RemovePermission", removePermission)
	on(t, "Lambda", "GetPolicy", getFunctionPolicy)
	on(t, "Lambda", "PublishVersion", publishVersion)
	on(t, "Lambda", "ListVersionsByFunction", listVersions)
	on(t, "Lambda", "CreateAlias", createAlias)
	on(t, "Lambda", "ListAliases", listAliases)
	on(t, "Lambda", "CreateFunctionUrlConfig", createFunctionURL)
	on(t, "Lambda", "GetFunctionUrlConfig", getFunctionURL)
	on(t, "Lambda", "UpdateFunctionUrlConfig", updateFunctionURL)
	on(t, "Lambda", "PutFunctionConcurrency", putFunctionConcurrency)
	on(t, "Lambda", "GetFunctionConcurrency", getFunctionConcurrency)
	on(t, "Lambda", "DeleteFunctionConcurrency", deleteFunctionConcurrency)
}

func noFunction(format string, args ...any) error {
	return &lambdatypes.ResourceNotFoundException{Type: aws.String("User"), Message: aws.String(fmt.Sprintf(format, args...))}
}

func badFunctionValue(format string, args ...any) error {
	return &lambdatypes.InvalidParameterValueException{Type: aws.String("User"), Message: aws.String(fmt.Sprintf(format, args...))}
}

var functionID = regexp.MustCompile(`^(?:arn:aws:lambda:([a-z0-9-]+):)?(?:(\d{12}):)?(?:function:)?([\w-]{1,64})(?::(\$LATEST|[\w-]+))?$`)

// function finds one by its name, its ARN, or the part of it that starts with the account.
func (r *request) function(id *string) (*function, error) {
	m := functionID.FindStringSubmatch(aws.ToString(id))
	if m == nil {
		return nil, badFunctionValue("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint", aws.ToString(id))
	}
	f, ok := r.reg.lambda.functions[m[3]]
	if !ok || cmp.Or(m[1], r.region) != r.region || cmp.Or(m[2], r.acct.id) != r.acct.id {
		return nil, noFunction("Function not found: arn:aws:lambda:%s:%s:function:%s", cmp.Or(m[1], r.region), cmp.Or(m[2], r.acct.id), m[3])
	}
	return f, nil
}

func createFunction(r *request, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
	name := aws.ToString(in.FunctionName)
	m := functionID.FindStringSubmatch(name)
	if m == nil || m[3] != name {
		return nil, badFunctionValue("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint", name)
	}
	if !roleARN.MatchString(aws.ToString(in.Role)) {
		return nil, badFunctionValue("1 validation error detected: Value '%s' at 'role' failed to satisfy constraint", aws.ToString(in.Role))
	}
	if _, ok := r.reg.lambda.functions[name]; ok {
		return nil, &lambdatypes.ResourceConflictException{Type: aws.String("User"), Message: aws.String("Function already exist: " + name)}
	}
	in = new(copied(*in))
	sum := sha256.Sum256(in.Code.ZipFile)
	f := &function{tags: in.Tags, view: lambdatypes.FunctionConfiguration{
		FunctionArn:      aws.String(r.arn("lambda", "function:"+name)),
		FunctionName:     in.FunctionName,
		Role:             in.Role,
		Runtime:          in.Runtime,
		Handler:          in.Handler,
		Description:      aws.String(aws.ToString(in.Description)),
		Timeout:          aws.Int32(cmp.Or(aws.ToInt32(in.Timeout), 3)),
		MemorySize:       aws.Int32(cmp.Or(aws.ToInt32(in.MemorySize), 128)),
		PackageType:      cmp.Or(in.PackageType, lambdatypes.PackageTypeZip),
		Architectures:    in.Architectures,
		CodeSha256:       aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		CodeSize:         int64(len(in.Code.ZipFile)),
		LastModified:     aws.String(r.now.UTC().Format("2006-01-02T15:04:05.000-0700")),
		LastUpdateStatus: lambdatypes.LastUpdateStatusSuccessful,
		RevisionId:       aws.String(r.org.uuid()),
		State:            lambdatypes.StateActive,
		Version:          aws.String("$LATEST"),
	}}
	if f.view.Architectures == nil {
		f.view.Architectures = []lambdatypes.Architecture{lambdatypes.ArchitectureX8664}
	}
	if in.Environment != nil {
		f.view.Environment = &lambdatypes.EnvironmentResponse{Variables: in.Environment.Variables}
	}
	if r.reg.lambda.functions == nil {
		r.reg.lambda.functions = map[string]*function{}
	}
	r.reg.lambda.functions[name] = f
	return f.created(), nil
}

// created is the answer to CreateFunction, which spells a function's configuration out once more.
func (f *function) created() *lambda.CreateFunctionOutput {
	v := copied(f.view)
	return &lambda.CreateFunctionOutput{
		FunctionArn: v.FunctionArn, FunctionName: v.FunctionName, Role: v.Role, Runtime: v.Runtime, Handler: v.Handler,
		Description: v.Description, Timeout: v.Timeout, MemorySize: v.MemorySize, PackageType: v.PackageType,
		Architectures: v.Architectures, CodeSha256: v.CodeSha256, CodeSize: v.CodeSize, LastModified: v.LastModified,
		LastUpdateStatus: v.LastUpdateStatus, RevisionId: v.RevisionId, State: v.State, Version: v.Version, Environment: v.Environment,
	}
}

func getFunction(r *request, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	out := &lambda.GetFunctionOutput{Configuration: new(copied(f.view)), Tags: copied(f.tags), Code: &lambdatypes.FunctionCodeLocation{RepositoryType: aws.String("S3")}}
	if f.reserved != nil {
		out.Concurrency = &lambdatypes.Concurrency{ReservedConcurrentExecutions: aws.Int32(*f.reserved)}
	}
	return out, nil
}

func deleteFunction(r *request, in *lambda.DeleteFunctionInput) (*lambda.DeleteFunctionOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	delete(r.reg.lambda.functions, *f.view.FunctionName)
	return &lambda.DeleteFunctionOutput{}, nil
}

func putFunctionConcurrency(r *request, in *lambda.PutFunctionConcurrencyInput) (*lambda.PutFunctionConcurrencyOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	left := int32(lambdaConcurrency) - *in.ReservedConcurrentExecutions
	for _, other := range r.reg.lambda.functions {
		if other != f {
			left -= aws.ToInt32(other.reserved)
		}
	}
	if left < lambdaUnreserved {
		return nil, badFunctionValue("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", lambdaUnreserved)
	}
	f.reserved = aws.Int32(*in.ReservedConcurrentExecutions)
	return &lambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: aws.Int32(*f.reserved)}, nil
}

func getFunctionConcurrency(r *request, in *lambda.GetFunctionConcurrencyInput) (*lambda.GetFunctionConcurrencyOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: copied(f.reserved)}, nil
}

func deleteFunctionConcurrency(r *request, in *lambda.DeleteFunctionConcurrencyInput) (*lambda.DeleteFunctionConcurrencyOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	f.reserved = nil
	return &lambda.DeleteFunctionConcurrencyOutput{}, nil
}
