package twin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// functionURL is the address of a function or of an alias.
type functionURL struct {
	id       string
	auth     lambdatypes.FunctionUrlAuthType
	mode     lambdatypes.InvokeMode
	cors     *lambdatypes.Cors
	created  string
	modified string
}

// has tells whether a function has a version or an alias of that name.
func (f *function) has(qualifier string) bool {
	if n, err := strconv.Atoi(qualifier); err == nil {
		return n >= 1 && n <= f.versions
	}
	return f.aliases[qualifier] != ""
}

func publishVersion(r *request, in *lambda.PublishVersionInput) (*lambda.PublishVersionOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	f.versions++
	v := strconv.Itoa(f.versions)
	return &lambda.PublishVersionOutput{FunctionName: f.view.FunctionName, FunctionArn: aws.String(*f.view.FunctionArn + ":" + v), Version: aws.String(v)}, nil
}

func listVersions(r *request, in *lambda.ListVersionsByFunctionInput) (*lambda.ListVersionsByFunctionOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	latest := copied(f.view)
	latest.FunctionArn = aws.String(*f.view.FunctionArn + ":$LATEST")
	out := &lambda.ListVersionsByFunctionOutput{Versions: []lambdatypes.FunctionConfiguration{latest}}
	for n := range f.versions {
		v := copied(f.view)
		v.Version = aws.String(strconv.Itoa(n + 1))
		v.FunctionArn = aws.String(*f.view.FunctionArn + ":" + *v.Version)
		out.Versions = append(out.Versions, v)
	}
	return out, nil
}

func createAlias(r *request, in *lambda.CreateAliasInput) (*lambda.CreateAliasOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	arn := *f.view.FunctionArn + ":" + *in.Name
	switch version := *in.FunctionVersion; {
	case version != "$LATEST" && !f.has(version):
		return nil, noFunction("Function not found: %s:%s", *f.view.FunctionArn, version)
	case f.aliases[*in.Name] != "":
		return nil, &lambdatypes.ResourceConflictException{Type: aws.String("User"), Message: aws.String("Alias already exists: " + arn)}
	}
	if f.aliases == nil {
		f.aliases = map[string]string{}
	}
	f.aliases[*in.Name] = *in.FunctionVersion
	return &lambda.CreateAliasOutput{AliasArn: aws.String(arn), Name: aws.String(*in.Name), FunctionVersion: aws.String(*in.FunctionVersion)}, nil
}

func listAliases(r *request, in *lambda.ListAliasesInput) (*lambda.ListAliasesOutput, error) {
	f, err := r.function(in.FunctionName)
	if err != nil {
		return nil, err
	}
	out := &lambda.ListAliasesOutput{Aliases: []lambdatypes.AliasConfiguration{}}
	for _, name := range slices.Sorted(maps.Keys(f.aliases)) {
		out.Aliases = append(out.Aliases, lambdatypes.AliasConfiguration{AliasArn: aws.String(*f.view.FunctionArn + ":" + name), Name: aws.String(name), FunctionVersion: aws.String(f.aliases[name])})
	}
	return out, nil
}

// url finds a function's address, or an alias's. A version has none.
func (r *request) url(id, qualifier *string) (*function, *functionURL, error) {
	f, err := r.function(id)
	if err != nil {
		return nil, nil, err
	}
	q := aws.ToString(qualifier)
	if _, err := strconv.Atoi(q); q == "$LATEST" || q != "" && err == nil {
		return nil, nil, badFunctionValue("1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint", q)
	}
	if q != "" && !f.has(q) {
		return nil, nil, noFunction("Function not found: %s:%s", *f.view.FunctionArn, q)
	}
	return f, f.urls[q], nil
}

func createFunctionURL(r *request, in *lambda.CreateFunctionUrlConfigInput) (*lambda.CreateFunctionUrlConfigOutput, error) {
	f, u, err := r.url(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if u != nil {
		return nil, &lambdatypes.ResourceConflictException{Type: aws.String("User"), Message: aws.String(fmt.Sprintf("Failed to create function url config for [functionArn = %s]. Error message:  FunctionUrlConfig exists for this Lambda function", *f.view.FunctionArn))}
	}
	now := r.now.UTC().Format("2006-01-02T15:04:05.000000000Z")
	u = &functionURL{id: r.org.id("url")[4:], auth: in.AuthType, mode: cmp.Or(in.InvokeMode, lambdatypes.InvokeModeBuffered), cors: copied(in.Cors), created: now, modified: now}
	if f.urls == nil {
		f.urls = map[string]*functionURL{}
	}
	f.urls[aws.ToString(in.Qualifier)] = u
	return &lambda.CreateFunctionUrlConfigOutput{AuthType: u.auth, FunctionArn: f.view.FunctionArn, FunctionUrl: u.address(r), CreationTime: aws.String(now), InvokeMode: u.mode}, nil
}

func (u *functionURL) address(r *request) *string {
	return aws.String("https://" + u.id + ".lambda-url." + r.region + ".on.aws/")
}

func getFunctionURL(r *request, in *lambda.GetFunctionUrlConfigInput) (*lambda.GetFunctionUrlConfigOutput, error) {
	f, u, err := r.url(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, noFunction("The resource you requested does not exist.")
	}
	return &lambda.GetFunctionUrlConfigOutput{
		AuthType: u.auth, FunctionArn: f.view.FunctionArn, FunctionUrl: u.address(r), CreationTime: aws.String(u.created), LastModifiedTime: aws.String(u.modified), InvokeMode: u.mode, Cors: copied(u.cors),
	}, nil
}

func updateFunctionURL(r *request, in *lambda.UpdateFunctionUrlConfigInput) (*lambda.UpdateFunctionUrlConfigOutput, error) {
	f, u, err := r.url(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, noFunction("The resource you requested does not exist.")
	}
	u.auth, u.mode = cmp.Or(in.AuthType, u.auth), cmp.Or(in.InvokeMode, u.mode)
	if in.Cors != nil {
		u.cors = copied(in.Cors)
	}
	u.modified = r.now.UTC().Format("2006-01-02T15:04:05.000000000Z")
	return &lambda.UpdateFunctionUrlConfigOutput{AuthType: u.auth, FunctionArn: f.view.FunctionArn, FunctionUrl: u.address(r), CreationTime: aws.String(u.created), LastModifiedTime: aws.String(u.modified), InvokeMode: u.mode, Cors: copied(u.cors)}, nil
}
