package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"parry"
)

const (
	hintCreate     = "'parry store create --table NAME' makes one"
	hintPermission = "docs/store.md lists the permissions that the store needs"
)

// fail says what was tried, why it did not work, and the next step where there is one. It never repeats a body.
func (d *DB) fail(ctx context.Context, err error, format string, args ...any) error {
	if e := (*parry.Error)(nil); errors.As(err, &e) {
		return err
	}
	tried := fmt.Sprintf(format, args...)
	if ctx.Err() != nil {
		return parry.Errorf(parry.Fault, "%s: %w", tried, ctx.Err())
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return parry.Errorf(parry.Fault, "%s: %w", tried, err)
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException":
		return parry.Errorf(parry.Invalid, "%s: there is no table %s in this account and Region: %w", tried, d.table, err).
			WithHint("%s; AWS_REGION and AWS_PROFILE say where it is looked for", hintCreate)
	case "AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException":
		return parry.Errorf(parry.Invalid, "%s: the table %s may not be used: %w", tried, d.table, err).WithHint(hintPermission)
	case "ValidationException":
		return parry.Errorf(parry.Invalid, "%s: DynamoDB does not take it: %w", tried, err)
	case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded":
		return parry.Errorf(parry.Fault, "%s: the table %s is throttled: %w", tried, d.table, err).
			WithHint("try again; if it stays so, look at the table's metrics: a table that is billed by request grows within minutes")
	}
	return parry.Errorf(parry.Fault, "%s: %w", tried, err)
}

// isCondition tells whether the condition of a single write did not hold, and gives the item that stood in the way, where it is known.
func isCondition(err error) (item, bool) {
	var c *types.ConditionalCheckFailedException
	if !errors.As(err, &c) {
		return nil, false
	}
	return c.Item, true
}

// failed is what came of the conditions of a transaction that was not carried out.
type failed struct {
	conditions []int // which did not hold, by the number of the item
	err        error
}

func (f *failed) Error() string { return f.err.Error() }
func (f *failed) Unwrap() error { return f.err }

// rounds is how often a transaction is tried that others keep from being carried out.
const rounds = 25

// transact lets f read what there is and make a transaction of it, and does so again when somebody else was faster: when a condition
// did not hold, or another transaction was at the same items. f sees then what the other one left. The error of f's check ends it.
func (d *DB) transact(ctx context.Context, f func(before *failed) ([]types.TransactWriteItem, error), format string, args ...any) error {
	var before *failed
	for round := range rounds {
		items, err := f(before)
		if err != nil {
			return d.fail(ctx, err, format, args...)
		}
		if len(items) == 0 {
			return nil
		}
		// The SDK gives each call a token, so that one which it sends again, as its answer was lost, is carried out once.
		_, err = d.api.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		if err == nil {
			return nil
		}
		again := false
		if before, again = reasons(err); !again {
			return d.fail(ctx, err, format, args...)
		}
		if err := pause(ctx, round); err != nil {
			return d.fail(ctx, err, format, args...)
		}
	}
	return d.fail(ctx, fmt.Errorf("others were faster %d times: %w", rounds, before), format, args...)
}

// reasons reads why a transaction was cancelled, and whether it is worth to look again (AWS's API reference, TransactWriteItems,
// "Cancellation reason codes").
func reasons(err error) (*failed, bool) {
	f := &failed{err: err}
	if conflict := (*types.TransactionConflictException)(nil); errors.As(err, &conflict) {
		return f, true
	}
	var c *types.TransactionCanceledException
	if !errors.As(err, &c) {
		return nil, false
	}
	for i, r := range c.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "", "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		case "ConditionalCheckFailed":
			f.conditions = append(f.conditions, i)
		default: // it would be the same again
			return nil, false
		}
	}
	return f, true
}

// pause waits a little, longer each round, and not as long as others who wait.
func pause(ctx context.Context, round int) error {
	limit := min(5*time.Millisecond<<round, 500*time.Millisecond)
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
