package awsapi

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"parry"
)

// hand makes calls with one set of credentials. Without a plan it can only read; with one it makes the plan's calls and no others.
type hand struct {
	table     map[string]entry
	cfg       aws.Config
	account   string // the credentials'
	principal string
	plan      []parry.Call // nil: read only
}

// Read asks a question. An operation that writes is refused before anything is sent.
func (h *hand) Read(ctx context.Context, c parry.Call) (parry.Reply, error) {
	e, err := h.lookUp(c)
	if err != nil {
		return parry.Reply{}, err
	}
	if e.Write {
		return parry.Reply{}, parry.Errorf(parry.Refused, "%s writes, and only the apply step may write", c.Op)
	}
	return h.send(ctx, e, c)
}

// Do makes one call of the plan.
func (h *hand) Do(ctx context.Context, c parry.Call) (parry.Reply, error) {
	e, err := h.lookUp(c)
	if err != nil {
		return parry.Reply{}, err
	}
	for _, planned := range h.plan {
		if planned.Same(c) {
			return h.send(ctx, e, c)
		}
	}
	return parry.Reply{}, parry.Errorf(parry.Refused, "%s is not in the plan that was approved", c)
}

func (h *hand) lookUp(c parry.Call) (entry, error) {
	e, ok := h.table[c.Op]
	if !ok {
		return e, parry.Errorf(parry.Invalid, "operation %s is not in the table", c.Op)
	}
	if c.Account != h.account {
		return e, parry.Errorf(parry.Refused, "%s is meant for account %s, and these credentials belong to %s", c.Op, c.Account, h.account)
	}
	return e, nil
}

func (h *hand) send(ctx context.Context, e entry, c parry.Call) (parry.Reply, error) {
	cfg := h.cfg.Copy()
	if c.Region != "" {
		cfg.Region = c.Region
	}
	began := time.Now()
	out, err := e.all(ctx, cfg, c.Input)
	reply := parry.Reply{Principal: h.principal, Took: time.Since(began), Attempts: 1}
	if err != nil {
		reply.RequestID = requestID(err)
		return reply, explain(c, err)
	}
	md := metadata(out)
	reply.RequestID, _ = awsmiddleware.GetRequestIDMetadata(md)
	if attempts, ok := retry.GetAttemptResults(md); ok {
		reply.Attempts = len(attempts.Results)
	}
	reply.Output, err = encode(out, e.Sensitive)
	return reply, err
}

// requestID finds AWS's id in an error, so that a refused call can be found in CloudTrail too.
func requestID(err error) string {
	var withID interface{ ServiceRequestID() string }
	if errors.As(err, &withID) {
		return withID.ServiceRequestID()
	}
	return ""
}

// explain says in one line what AWS said, with a next step where there is a usual one. The cause stays in the chain.
func explain(c parry.Call, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return parry.Errorf(parry.KindOf(err), "%s in %s: %w", c.Op, c.Account, err)
	}
	said := &Error{Code: api.ErrorCode(), err: err}
	e := parry.Errorf(parry.Fault, "%s in %s: AWS says %s: %s", c.Op, c.Account, api.ErrorCode(), api.ErrorMessage())
	e.Err = said
	switch api.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		e = e.WithHint("the role lacks a permission: compare it with 'parry playbook permissions'")
	case "ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException":
		e = e.WithHint("the credentials are not valid (any more): sign in again")
	}
	return e
}

// Error is an error of AWS with its code, which playbooks name as "absent".
type Error struct {
	Code string
	err  error
}

func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the SDK's error.
func (e *Error) Unwrap() error { return e.err }

// ErrorCode is AWS's code, such as NoSuchEntity.
func (e *Error) ErrorCode() string { return e.Code }
