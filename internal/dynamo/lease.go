package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// only is the sort key of an item that is alone in its partition.
const only = "-"

func leaseKey(resource string) item { return keyed("LEASE"+name(resource), only) }

// Claim takes the lease on a resource for a holder until now+lease, or says who has it with an Error of kind Conflict. One conditional
// write decides, so of several workers one wins.
func (d *DB) Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error {
	i := leaseKey(resource)
	i["holder"], i["expires"] = text(holder), text(stamp(now.Add(lease)))
	_, err := d.api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &d.table, Item: i,
		ConditionExpression:                 aws.String("attribute_not_exists(pk) OR holder = :holder OR expires <= :now"),
		ExpressionAttributeValues:           item{":holder": i["holder"], ":now": text(stamp(now))},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err == nil {
		return nil
	}
	other, lost := isCondition(err)
	if !lost {
		return d.fail(ctx, err, "claim %s for %s", resource, holder)
	}
	by := value(other, "holder")
	return parry.Errorf(parry.Conflict, "%s is claimed by %s until %s", resource, by, value(other, "expires")).
		WithHint("try again when %s is through with it, or after that time", by)
}

// Release gives a lease back. To release what one does not hold does nothing.
func (d *DB) Release(ctx context.Context, resource, holder string) error {
	_, err := d.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &d.table, Key: leaseKey(resource),
		ConditionExpression: aws.String("holder = :holder"), ExpressionAttributeValues: item{":holder": text(holder)},
	})
	if _, notMine := isCondition(err); err != nil && !notMine {
		return d.fail(ctx, err, "release %s for %s", resource, holder)
	}
	return nil
}

// Hold stops automatic responses of a key until it is released, with the reason; an empty reason releases it.
func (d *DB) Hold(ctx context.Context, key, why string) error {
	return d.setWord(ctx, keyed("HOLD"+name(key), only), why, "put %s on hold, or release it", key)
}

// Held is the reason of a key's hold; empty where there is none.
func (d *DB) Held(ctx context.Context, key string) (string, error) {
	return d.word(ctx, keyed("HOLD"+name(key), only), "look whether %s is on hold", key)
}

// Set remembers a word under a name for all workers; an empty word forgets it.
func (d *DB) Set(ctx context.Context, as, word string) error {
	return d.setWord(ctx, keyed("WORD"+name(as), only), word, "remember %s, or forget it", as)
}

// Get gives a word back; empty where there is none.
func (d *DB) Get(ctx context.Context, as string) (string, error) {
	return d.word(ctx, keyed("WORD"+name(as), only), "read %s", as)
}

func (d *DB) setWord(ctx context.Context, i item, word, format string, args ...any) error {
	var err error
	if word == "" {
		_, err = d.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &d.table, Key: i})
	} else {
		i["word"] = text(word)
		_, err = d.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: i})
	}
	if err != nil {
		return d.fail(ctx, err, format, args...)
	}
	return nil
}

func (d *DB) word(ctx context.Context, key item, format string, args ...any) (string, error) {
	i, err := d.get(ctx, key)
	if err != nil {
		return "", d.fail(ctx, err, format, args...)
	}
	return value(i, "word"), nil
}

// KeepSource remembers a playbook's text under its digest. What is there already stays: a response was made with it. So it is written once by each
// process, and not for each response: all of a storm have the same.
func (d *DB) KeepSource(ctx context.Context, digest string, text []byte) error {
	if _, known := d.kept.Load(digest); known {
		return nil
	}
	if err := d.keepSource(ctx, digest, text); err != nil {
		return err
	}
	d.kept.Store(digest, true)
	return nil
}

func (d *DB) keepSource(ctx context.Context, digest string, text []byte) error {
	items, err := split(keyed("SOURCE"+name(digest), "000"), text, func(i int) string { return fmt.Sprintf("%03d", i) })
	if err != nil {
		return d.fail(ctx, err, "keep the playbook text %s", digest)
	}
	if len(items) == 1 {
		return d.putOnce(ctx, items[0], "keep the playbook text %s", digest)
	}
	return d.transact(ctx, func(*failed) ([]types.TransactWriteItem, error) {
		there, err := d.get(ctx, keyed("SOURCE"+name(digest), "000"))
		if err != nil || there != nil {
			return nil, err
		}
		var writes []types.TransactWriteItem
		for _, i := range items {
			writes = append(writes, put(d.table, i))
		}
		return writes, fits(writes, "the playbook text "+digest)
	}, "keep the playbook text %s", digest)
}

// Source gives it back; NotFound where there is none.
func (d *DB) Source(ctx context.Context, digest string) ([]byte, error) {
	for look := range looks {
		w := d.walk("SOURCE"+name(digest), false, 0)
		var items []item
		for {
			i, err := w.next(ctx)
			if err != nil {
				return nil, d.fail(ctx, err, "read the playbook text %s", digest)
			}
			if i == nil {
				break
			}
			items = append(items, i)
		}
		if len(items) == 0 {
			return nil, parry.Errorf(parry.NotFound, "there is no playbook text %s", digest).WithHint(hintList)
		}
		if number(items[0], "parts") == int64(len(items)-1) && value(items[0], sk) == "000" { // else it is just being written
			body, err := join(items)
			if err != nil {
				return nil, d.fail(ctx, err, "read the playbook text %s", digest)
			}
			return body, nil
		}
		if err := pause(ctx, look); err != nil {
			return nil, d.fail(ctx, err, "read the playbook text %s", digest)
		}
	}
	return nil, parry.Errorf(parry.Fault, "a part of the playbook text %s is missing", digest)
}
