package twin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// request is one call as a handler sees it. The organization is locked while a handler runs.
type request struct {
	org    *Org
	acct   *account
	reg    *region // of acct, where the call was sent
	region string  // its name
	caller tap.Caller
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
	cloudtrailHandlers(t)
	guarddutyHandlers(t)
	ecsHandlers(t)
	flowLogHandlers(t)
	configHandlers(t)
	securityhubHandlers(t)
	macieHandlers(t)
	efsHandlers(t)
	eksHandlers(t)
	ssoHandlers(t)
	firewallHandlers(t)
	cloudformationHandlers(t)
	wafv2Handlers(t)
	gatewayHandlers(t)
	cloudfrontHandlers(t)
	elasticacheHandlers(t)
	athenaHandlers(t)
	codebuildHandlers(t)
	route53Handlers(t)
	ssmSettingHandlers(t)
	ssmHandlers(t)
	return t
}

// Config returns an SDK configuration whose calls come as the administrator of an account.
func (o *Org) Config(accountID, region string) aws.Config {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := o.keyID("AKIA")
	o.sessions[key] = tap.Caller{Account: accountID, ARN: "arn:aws:iam::" + accountID + ":user/admin"}
	t := handlers()
	return o.On(aws.Config{
		Region: region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "twin", Source: "twin"}, nil
		}),
		HTTPClient: refuseNetwork{},
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Twin", func(ctx context.Context, in middleware.FinalizeInput, _ middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				return o.serve(ctx, t, in)
			}), "Signing", middleware.After)
		}},
	}, o.whose)
}

// whose says who signs with an access key.
func (o *Org) whose(key string) tap.Caller {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sessions[key]
}

// serve answers one signed attempt. It stands after signing, so retries, throttling and credentials are the SDK's own.
func (o *Org) serve(ctx context.Context, t table, in middleware.FinalizeInput) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
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

	key := tap.KeyID(in.Request)
	if key == "" {
		return out, md, tap.Refusal(requestID, &smithy.GenericAPIError{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token"})
	}
	who, known := o.sessions[key]
	if !known {
		return out, md, tap.Refusal(requestID, &smithy.GenericAPIError{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."})
	}
	acct := o.account(who.Account)
	r := &request{org: o, acct: acct, reg: acct.region(region), region: region, caller: who, now: o.now()}
	acct.iam.keyUsed(key, service, region, r.now)
	h, ok := t[service+"/"+operation]
	if !ok {
		return out, md, tap.Refusal(requestID, &smithy.GenericAPIError{Code: "NotImplemented", Message: "the twin does not know " + service + " " + operation})
	}
	out.Result, err = h(r, tap.Input(ctx))
	if err != nil {
		return middleware.FinalizeOutput{}, md, tap.Refusal(requestID, err)
	}
	return out, md, nil
}

// refuseNetwork is the HTTP client of a configuration that must never reach a network.
type refuseNetwork struct{}

func (refuseNetwork) Do(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("twin: a call went past the simulation")
}
