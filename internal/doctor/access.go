package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"parry"
)

// onlyReads refuses every call that is not known to only read. A check that is written wrong fails here, and not on AWS.
func onlyReads(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("OnlyReads", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if op := awsmiddleware.GetOperationName(ctx); !reads(op) {
			return middleware.InitializeOutput{}, middleware.Metadata{}, parry.Errorf(parry.Refused, "%s is no call that only reads", op)
		}
		return next.HandleInitialize(ctx, in)
	}), middleware.After) // the operation's name is set in this step, too
}

// reads tells whether an operation only reads. AssumeRole gives credentials, and changes nothing.
func reads(operation string) bool {
	return operation == "AssumeRole" || slices.ContainsFunc([]string{"Get", "List", "Describe", "BatchGet"}, func(p string) bool { return strings.HasPrefix(operation, p) })
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, What: fmt.Sprintf(format, args...)}
}

func missing(fix, format string, args ...any) Finding {
	return Finding{Status: Missing, What: fmt.Sprintf(format, args...), Fix: fix}
}

func risk(fix, format string, args ...any) Finding {
	return Finding{Status: Risk, What: fmt.Sprintf(format, args...), Fix: fix}
}

// denials are the codes with which services refuse what a policy does not allow. Sources: "Common errors" of the IAM, EC2 and S3 API references,
// and what services of the JSON protocols answer.
var denials = regexp.MustCompile(`^(AccessDenied|AccessDeniedException|AccessDeniedFault|AuthorizationError|AuthorizationErrorException|UnauthorizedOperation|UnauthorizedException|InvalidAccessException|NotAuthorized|AllAccessDisabled|Forbidden)$`)

// action is how a refusal names what is missing: "... is not authorized to perform: guardduty:ListDetectors on resource: ...".
var action = regexp.MustCompile(`not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)`)

// code is AWS's code of an error, empty for none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// unread is the finding that something could not be read, with the permission that is missing.
func unread(err error, actions []string) Finding {
	if denials.MatchString(code(err)) {
		need := strings.Join(actions, ", ")
		var op *smithy.OperationError
		if m := action.FindStringSubmatch(err.Error()); m != nil {
			need = m[1]
		} else if errors.As(err, &op) {
			if i := slices.IndexFunc(actions, func(a string) bool { return strings.HasSuffix(a, ":"+op.Operation()) }); i >= 0 {
				need = actions[i]
			}
		}
		fix := "allow " + need + " to who reads ('parry doctor --permissions' prints all of them); a service control policy may deny it, too"
		if strings.HasPrefix(need, "organizations:") {
			fix += "; AWS Organizations answers the management account and delegated administrators only"
		}
		return Finding{Status: Unknown, What: "may not be read: " + need + " is missing", Fix: fix}
	}
	switch code(err) {
	case "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired":
		// The credentials were good elsewhere. Source: "Enable or disable AWS Regions in your account", Account Management Reference Guide.
		return Finding{Status: Unknown, What: "AWS does not know the credentials here: " + short(err), Fix: "enable the Region in this account, or take it out of regions"}
	}
	return Finding{Status: Unknown, What: "could not be read: " + short(err), Fix: "run it again; if it stays, ask the same with the AWS CLI"}
}

// short is an error without what the SDK puts around it.
func short(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return err.Error()
}

// some are the first names of a list, and how many there are besides.
func some(all []string) string {
	const most = 8
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

// pages walks through all pages of a listing.
func pages[O any](ctx context.Context, next func(context.Context, *string) (O, error), token func(O) *string, each func(O)) error {
	var at *string
	for {
		out, err := next(ctx, at)
		if err != nil {
			return err
		}
		each(out)
		if at = token(out); aws.ToString(at) == "" {
			return nil
		}
	}
}
