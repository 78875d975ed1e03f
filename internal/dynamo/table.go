package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// creation bounds the wait for a new table. It takes some ten seconds.
const creation = 5 * time.Minute

// Create makes a table for a store: billed by request, protected against deletion, with point-in-time recovery. It is encrypted with
// DynamoDB's own key; whoever wants another sets it on the table.
func Create(ctx context.Context, cfg aws.Config, table string) error {
	d := &DB{api: client(cfg), table: table}
	if err := d.create(ctx, true); err != nil {
		return err
	}
	_, err := d.api.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: &table, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	if err != nil {
		return d.fail(ctx, err, "the table %s is made, but has no point-in-time recovery", table)
	}
	return nil
}

// create makes the table and waits until it can be used.
func (d *DB) create(ctx context.Context, protect bool) error {
	_, err := d.api.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &d.table,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(pk), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(sk), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(pk), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sk), AttributeType: types.ScalarAttributeTypeS},
		},
		DeletionProtectionEnabled: &protect,
	})
	if used := (*types.ResourceInUseException)(nil); errors.As(err, &used) {
		return parry.Errorf(parry.Conflict, "there is a table %s already: %w", d.table, err).
			WithHint("'parry store check --table %s' says whether it can be used", d.table)
	}
	if err == nil {
		err = dynamodb.NewTableExistsWaiter(d.api, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second }).
			Wait(ctx, &dynamodb.DescribeTableInput{TableName: &d.table}, creation)
	}
	if err != nil {
		return d.fail(ctx, err, "make the table %s", d.table)
	}
	return nil
}

// Check says what a table lacks, a sentence each; none where it is as Create makes one. An error says that it cannot be used at all.
func Check(ctx context.Context, cfg aws.Config, table string) (lacks []string, err error) {
	d := &DB{api: client(cfg), table: table}
	t, err := d.describe(ctx)
	if err != nil {
		return nil, err
	}
	if !aws.ToBool(t.DeletionProtectionEnabled) {
		lacks = append(lacks, "it is not protected against deletion")
	}
	if t.BillingModeSummary == nil || t.BillingModeSummary.BillingMode != types.BillingModePayPerRequest {
		lacks = append(lacks, "its capacity is provisioned: a storm of findings will be throttled where there is too little")
	}
	b, err := d.api.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table})
	if err != nil {
		return nil, d.fail(ctx, err, "look at the backups of the table %s", table)
	}
	c := b.ContinuousBackupsDescription
	if c == nil || c.PointInTimeRecoveryDescription == nil ||
		c.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled {
		lacks = append(lacks, "it has no point-in-time recovery: what is deleted by mistake is gone")
	}
	ttl, err := d.api.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return nil, d.fail(ctx, err, "look at the time to live of the table %s", table)
	}
	if ttl.TimeToLiveDescription != nil && ttl.TimeToLiveDescription.TimeToLiveStatus == types.TimeToLiveStatusEnabled {
		lacks = append(lacks, "it lets items expire: nothing of a store may")
	}
	return lacks, nil
}

func (d *DB) usable(ctx context.Context) error {
	_, err := d.describe(ctx)
	return err
}

// describe gives a table that is there and has the keys of a store.
func (d *DB) describe(ctx context.Context) (*types.TableDescription, error) {
	if d.table == "" {
		return nil, parry.Errorf(parry.Invalid, "the store's table has no name").WithHint("name one: --db dynamodb:TABLE")
	}
	out, err := d.api.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &d.table})
	if err != nil {
		return nil, d.fail(ctx, err, "open the table %s", d.table)
	}
	keys := map[types.KeyType]string{}
	for _, k := range out.Table.KeySchema {
		keys[k.KeyType] = aws.ToString(k.AttributeName)
	}
	if keys[types.KeyTypeHash] != pk || keys[types.KeyTypeRange] != sk {
		return nil, parry.Errorf(parry.Invalid, "the table %s is not a store of Parry's: its keys are %q and %q, not %q and %q", d.table,
			keys[types.KeyTypeHash], keys[types.KeyTypeRange], pk, sk).WithHint("%s", hintCreate)
	}
	return out.Table, nil
}
