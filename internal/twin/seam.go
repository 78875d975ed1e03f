package twin

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// request is one call as a handler sees it. The organization is locked while a handler runs.
type request struct {
	org    *Org
	acct   *account
	reg    *region // of acct, where the call was sent
	region string  // its name
	caller Identity
	now    time.Time
}

// handler answers one operation. A handler's error is what the SDK's caller gets from errors.As.
type handler func(r *request, input any) (any, error)

// table holds every operation that the organization knows, as "service id/operation".
type table map[string]handler

// on adds an operation to the table; the types say which.
func on[I, O any](t table, service, operation string, f func(*request, *I) (*O, error)) {
	key := service + "/" + operation
	if _, dup := t[key]; dup {
		panic("twin: " + key + " is handled twice")
	}
	t[key] = func(r *request, input any) (any, error) {
		in, ok := input.(*I)
		if !ok {
			return nil, fmt.Errorf("twin: %s got a %T", key, input)
		}
		out, err := f(r, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// handlers is the table of all services. It is built per configuration, so there is no hidden state.
func handlers() table {
	t := table{}
	iamHandlers(t)
	stsHandlers(t)
	ec2Handlers(t)
	autoscalingHandlers(t)
	elbHandlers(t)
	s3Handlers(t)
	secretsHandlers(t)
	lambdaHandlers(t)
	wafv2Handlers(t)
	route53Handlers(t)
	return t
}

// Config returns an SDK configuration whose calls come as the administrator of an account.
func (o *Org) Config(accountID, region string) aws.Config {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := o.keyID("AKIA")
	o.sessions[key] = Identity{Account: accountID, ARN: "arn:aws:iam::" + accountID + ":user/admin"}
	t := handlers()
	return aws.Config{
		Region: region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "twin", Source: "twin"}, nil
		}),
		HTTPClient: refuseNetwork{},
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			if err := s.Initialize.Add(keepInput, middleware.After); err != nil {
				return err
			}
			return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Twin", func(ctx context.Context, in middleware.FinalizeInput, _ middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				return o.serve(ctx, t, in)
			}), "Signing", middleware.After)
		}},
	}
}

type inputKey struct{}

// keepInput hands the typed input down to the end of the stack, where only the serialized form is left.
var keepInput = middleware.InitializeMiddlewareFunc("TwinInput", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
})

var credential = regexp.MustCompile(`Credential=([A-Z0-9]+)/`)

// serve answers one signed attempt. It stands after signing, so retries, throttling and credentials are the SDK's own.
func (o *Org) serve(ctx context.Context, t table, in middleware.FinalizeInput) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, md, fmt.Errorf("twin: request is a %T", in.Request)
	}
	service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
	region := awsmiddleware.GetRegion(ctx)

	o.mu.Lock()
	defer o.mu.Unlock()
	if o.latency != nil {
		d := o.latency(service, operation)
		o.mu.Unlock()
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		o.mu.Lock()
		if ctx.Err() != nil {
			return out, md, ctx.Err()
		}
	}
	o.serial++
	requestID := fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(o.serial*0x9e3779b1), o.serial)
	awsmiddleware.SetRequestIDMetadata(&md, requestID)

	entry := Entry{At: o.now(), Service: service, Operation: operation, Region: region, Input: middleware.GetStackValue(ctx, inputKey{}), RequestID: requestID}
	defer func() {
		entry.Err = err
		o.log = append(o.log, entry)
	}()

	m := credential.FindStringSubmatch(req.Header.Get("Authorization"))
	if m == nil {
		return out, md, wire(requestID, &smithy.GenericAPIError{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token"})
	}
	who, known := o.sessions[m[1]]
	if !known {
		return out, md, wire(requestID, &smithy.GenericAPIError{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."})
	}
	entry.Account, entry.Caller = who.Account, who

	acct := o.account(who.Account)
	r := &request{org: o, acct: acct, reg: acct.region(region), region: region, caller: who, now: o.now()}
	acct.iam.keyUsed(m[1], service, region, r.now)
	before, after := o.fault(service, operation, who.Account)
	if before != nil {
		return out, md, wire(requestID, before)
	}
	h, ok := t[service+"/"+operation]
	if !ok {
		return out, md, wire(requestID, &smithy.GenericAPIError{Code: "NotImplemented", Message: "the twin does not know " + service + " " + operation})
	}
	out.Result, err = h(r, entry.Input)
	if err != nil {
		return middleware.FinalizeOutput{}, md, wire(requestID, err)
	}
	if after != nil {
		return middleware.FinalizeOutput{}, md, wire(requestID, after)
	}
	return out, md, nil
}

// wire wraps an error as the SDK does with one that came over HTTP, so that request ids and retries are found in it.
func wire(requestID string, err error) error {
	status := http.StatusBadRequest
	if e, ok := err.(smithy.APIError); ok {
		status = statusOf(e.ErrorCode())
	}
	return &awshttp.ResponseError{RequestID: requestID, ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{}}},
		Err:      err,
	}}
}

// statusOf is the HTTP status that AWS sends with an error.
func statusOf(code string) int {
	switch code {
	case "ThrottlingException", "Throttling", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown":
		return http.StatusServiceUnavailable
	case "InternalError", "InternalFailure", "InternalServerError":
		return http.StatusInternalServerError
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "InvalidClientTokenId", "Forbidden":
		return http.StatusForbidden
	case "PermanentRedirect", "MovedPermanently":
		return http.StatusMovedPermanently
	case "MethodNotAllowed":
		return http.StatusMethodNotAllowed
	case "EntityAlreadyExists", "DeleteConflict", "LimitExceeded", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "ResourceConflictException":
		return http.StatusConflict
	case "NotFound", "ServerSideEncryptionConfigurationNotFoundError":
		return http.StatusNotFound
	}
	// Secrets Manager has no 404: its ResourceNotFoundException comes with a 400.
	if strings.HasPrefix(code, "NoSuch") {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

// refuseNetwork is the HTTP client of a configuration that must never reach a network.
type refuseNetwork struct{}

func (refuseNetwork) Do(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("twin: a call went past the simulation")
}
