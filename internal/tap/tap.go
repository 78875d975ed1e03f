// Package tap stands between the SDK and AWS, on any configuration: it logs each call with who made it, and makes calls fail on demand.
// It is one of aws.Config.APIOptions, right after signing and so inside the SDK's retries, and does not care whether the twin, an
// emulator or AWS itself answers.
package tap

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Caller is who made a call, as its signature says.
type Caller struct {
	Account string // twelve digits
	ARN     string // the caller's ARN, as sts:GetCallerIdentity gives it
	Session string // role session name; empty for a user
	Source  string // source identity; empty where none was set
	Policy  string // the inline session policy; empty where none was given
}

// Entry is one attempt at a call, refused ones included.
type Entry struct {
	Service   string // the SDK's service id: "IAM", "EC2", "Auto Scaling"...
	Operation string // "UpdateAccessKey"
	Account   string // the caller's
	Region    string
	Caller    Caller
	Input     any // the SDK's input type, a pointer
	Output    any // the SDK's output type, a pointer; nil where it failed
	Err       error
	RequestID string
	Took      time.Duration
}

// Tap keeps a log of calls and the faults that they are to meet. The zero Tap is ready; it may be on several configurations at once.
type Tap struct {
	mu     sync.Mutex
	log    []Entry
	faults []*Fault
	taken  map[string]Caller // by access key id: the sessions that were taken through the tap
	struck int
}

// Log returns the calls so far, in the order in which they were answered.
func (t *Tap) Log() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Entry(nil), t.log...)
}

// ResetLog forgets the calls so far, for instance those that set a scene up.
func (t *Tap) ResetLog() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = nil
}

// On gives the configuration with the tap on it. whose says who signs with an access key that was not taken by sts:AssumeRole through
// the tap.
func (t *Tap) On(cfg aws.Config, whose func(accessKeyID string) Caller) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		if err := s.Initialize.Add(keepInput, middleware.After); err != nil {
			return err
		}
		return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Tap", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			return t.pass(ctx, in, next, whose)
		}), "Signing", middleware.After)
	})
	return cfg
}

type inputKey struct{}

// keepInput hands the typed input down to the end of the stack, where only the serialized form is left.
var keepInput = middleware.InitializeMiddlewareFunc("TapInput", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
})

// Input is the typed input of the call whose end of the stack has this context.
func Input(ctx context.Context) any { return middleware.GetStackValue(ctx, inputKey{}) }

var credential = regexp.MustCompile(`Credential=([A-Z0-9]+)/`)

// KeyID is the access key id that a request is signed with; empty where it is not signed.
func KeyID(request any) string {
	req, ok := request.(*smithyhttp.Request)
	if !ok {
		return ""
	}
	if m := credential.FindStringSubmatch(req.Header.Get("Authorization")); m != nil {
		return m[1]
	}
	return ""
}

// pass lets one signed attempt through, unless a fault is to strike it.
func (t *Tap) pass(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler, whose func(string) Caller) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
	began := time.Now()
	e := Entry{Service: awsmiddleware.GetServiceID(ctx), Operation: awsmiddleware.GetOperationName(ctx), Region: awsmiddleware.GetRegion(ctx), Input: Input(ctx)}
	e.Caller = t.caller(KeyID(in.Request), whose)
	e.Account = e.Caller.Account
	f, id := t.fault(e)
	if f == nil || f.After {
		out, md, err = next.HandleFinalize(ctx, in)
	}
	if f != nil && err == nil {
		awsmiddleware.SetRequestIDMetadata(&md, id)
		out, err = middleware.FinalizeOutput{}, Refusal(id, f.Err)
	}
	e.Err, e.Took = err, time.Since(began)
	e.RequestID, _ = awsmiddleware.GetRequestIDMetadata(md)
	if err == nil {
		e.Output = out.Result
	}
	t.keep(e)
	return out, md, err
}

func (t *Tap) caller(key string, whose func(string) Caller) Caller {
	t.mu.Lock()
	c, ok := t.taken[key]
	t.mu.Unlock()
	if ok {
		return c
	}
	return whose(key)
}

// keep logs a call. A session that it took is known from now on.
func (t *Tap) keep(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log, e)
	in, _ := e.Input.(*sts.AssumeRoleInput)
	out, ok := e.Output.(*sts.AssumeRoleOutput)
	if !ok || in == nil || out.Credentials == nil || out.AssumedRoleUser == nil {
		return
	}
	if t.taken == nil {
		t.taken = map[string]Caller{}
	}
	arn := aws.ToString(out.AssumedRoleUser.Arn)
	account := ""
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 {
		account = p[4]
	}
	t.taken[aws.ToString(out.Credentials.AccessKeyId)] = Caller{
		Account: account, ARN: arn, Session: aws.ToString(in.RoleSessionName), Policy: aws.ToString(in.Policy),
		Source: cmp.Or(aws.ToString(in.SourceIdentity), e.Caller.Source), // it stays through a chain of roles
	}
}

// Refusal wraps an error as the SDK does with one that came over HTTP, so that request ids and retries are found in it.
func Refusal(requestID string, err error) error {
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
