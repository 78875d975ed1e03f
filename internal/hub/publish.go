package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"parry"
)

// Codes of failures that are not AWS's own.
const (
	CodeNotSent     = "NotSent"     // it never left: no credentials for the account, or the work was ended before
	CodeNoAnswer    = "NoAnswer"    // the call failed without an answer of AWS; it may have arrived
	CodeUnconfirmed = "Unconfirmed" // AWS counted fewer findings than it was sent, and did not name the others
)

// Publisher writes findings into Security Hub. It keeps nothing, and may be used by several at once.
//
// A finding that is published again is the same finding in Security Hub: its id is made from its key. So a call may be
// repeated at will. Throttling and faults of the service are tried again by the SDK's retryer, and by nothing else: it knows
// the throttling codes and the answers of 500 and above, waits in between and gives up in the end (the limit is 10
// calls a second for an account and Region). What has failed then is in the report, to be kept by the caller.
type Publisher struct {
	// Config gives a configuration for a place, whose credentials belong to its account and need its Permissions.
	Config func(ctx context.Context, p Place) (aws.Config, error)
	// Archived publishes findings that ask for nothing too, as archived ones.
	Archived bool
	// Now is asked once for each publication, for findings that have no time of their own.
	Now func() time.Time
}

// Failure is a finding that was not published, with what AWS said.
type Failure struct {
	Entry
	Place   Place
	Code    string // AWS's, or one of the codes above
	Message string
	Hint    string // the next step, where there is a usual one
}

// Report is what became of every finding: each is in exactly one of the lists.
type Report struct {
	Published []Entry
	Failed    []Failure
	Refused   []Refusal
}

// Publish sends findings, batch after batch. A batch that fails does not stop the others, and what failed is in the report. The
// error is that of a context that has ended; the findings that were not sent then are among the failed ones.
func (p *Publisher) Publish(ctx context.Context, items []Item) (Report, error) {
	plan := NewPlan(items, p.Archived, p.Now())
	r := Report{Refused: plan.Refused}
	type opened struct {
		client *securityhub.Client
		err    error
	}
	clients := map[Place]opened{}
	for _, b := range plan.Batches {
		c, ok := clients[b.Place]
		if !ok {
			c.client, c.err = p.client(ctx, b.Place)
			clients[b.Place] = c
		}
		if c.err != nil {
			r.fail(b, CodeNotSent, c.err.Error(), parry.HintOf(c.err))
			continue
		}
		r.send(ctx, c.client, b)
	}
	return r, ctx.Err()
}

// One publishes a single finding for a rule. The error's kind is Refused where there is nothing to do (it is in Security Hub
// already, or asks for nothing), Invalid where the finding cannot be published, and Fault where AWS did not take it.
func (p *Publisher) One(ctx context.Context, f parry.Finding, rule string) error {
	r, err := p.Publish(ctx, []Item{{Finding: f, Rule: rule}})
	switch {
	case len(r.Refused) > 0:
		why := r.Refused[0].Err
		return parry.Errorf(parry.KindOf(why), "not published to Security Hub: %w", why)
	case len(r.Failed) > 0:
		e := parry.Errorf(parry.Fault, "not published to Security Hub: %s", r.Failed[0])
		if hint := r.Failed[0].Hint; hint != "" {
			e = e.WithHint("%s", hint)
		}
		return e
	}
	return err
}

func (f Failure) String() string {
	return fmt.Sprintf("%s in %s: %s: %s", f.ID(), f.Place, f.Code, f.Message)
}

func (p *Publisher) client(ctx context.Context, at Place) (*securityhub.Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg, err := p.Config(ctx, at)
	if err != nil {
		return nil, err
	}
	return securityhub.NewFromConfig(cfg, func(o *securityhub.Options) { o.Region = at.Region }), nil
}

// send makes the call for one batch, and sorts its findings by what AWS says.
func (r *Report) send(ctx context.Context, client *securityhub.Client, b Batch) {
	if err := ctx.Err(); err != nil {
		r.fail(b, CodeNotSent, err.Error(), "")
		return
	}
	in := &securityhub.BatchImportFindingsInput{}
	for _, e := range b.Entries {
		in.Findings = append(in.Findings, e.ASFF)
	}
	out, err := client.BatchImportFindings(ctx, in)
	if err != nil {
		code, msg, hint := explain(err)
		r.fail(b, code, msg, hint)
		return
	}
	r.sort(b, out)
}

// fail keeps a whole batch.
func (r *Report) fail(b Batch, code, msg, hint string) {
	for _, e := range b.Entries {
		r.Failed = append(r.Failed, Failure{e, b.Place, code, msg, hint})
	}
}

// sort takes AWS's answer apart: what it names has failed. Where its count of successes says that more has failed than it names,
// it cannot be told what, and all that is not named is kept: to publish a finding twice does no harm, to lose one does.
func (r *Report) sort(b Batch, out *securityhub.BatchImportFindingsOutput) {
	failed := map[string]types.ImportFindingsError{}
	for _, f := range out.FailedFindings {
		failed[aws.ToString(f.Id)] = f
	}
	var good []Entry
	for _, e := range b.Entries {
		f, bad := failed[e.ID()]
		if !bad {
			good = append(good, e)
			continue
		}
		code := aws.ToString(f.ErrorCode)
		r.Failed = append(r.Failed, Failure{e, b.Place, code, aws.ToString(f.ErrorMessage), hintFor(code)})
	}
	if n := int(aws.ToInt32(out.SuccessCount)); n < len(good) {
		r.fail(Batch{b.Place, good}, CodeUnconfirmed, fmt.Sprintf("AWS took %d of %d findings and did not say which", n, len(b.Entries)), "publish them again")
		return
	}
	r.Published = append(r.Published, good...)
}

// explain is what AWS said of a call, with the next step where there is a usual one.
func explain(err error) (code, msg, hint string) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return CodeNoAnswer, err.Error(), parry.HintOf(err)
	}
	return api.ErrorCode(), api.ErrorMessage(), hintFor(api.ErrorCode())
}

// hintFor is the next step for a code. Source: "BatchImportFindings for finding providers", Security Hub User Guide: where Security
// Hub is not enabled, findings fail with InvalidAccess.
func hintFor(code string) string {
	switch code {
	case "InvalidAccess", "InvalidAccessException":
		return "Security Hub must be enabled in the finding's account and Region"
	case "AccessDenied", "AccessDeniedException":
		return "the role needs securityhub:BatchImportFindings on the account's default product"
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException":
		return "the credentials are not valid (any more): sign in again"
	}
	return ""
}
