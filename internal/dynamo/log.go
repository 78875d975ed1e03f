package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// handful is how many leaves one transaction can put into the log: each takes an item, and the log's head and the leaves together one more.
const handful = 98

const logPartition = "LOG"

// openKey is the key of a record among those that are not in the log.
func openKey(response string, seq int, at string) item {
	return keyed(shard(openList, response), fmt.Sprintf("%s %s %010d", at, response, seq))
}

func segmentKey(n int64) string { return fmt.Sprintf("SEG#%019d", n) }

// Unlogged gives records that are not in the log of all records yet, by the time of the record, and those of a response in their order;
// at most n, and no more than one Log takes.
func (d *DB) Unlogged(ctx context.Context, n int) ([]parry.Leaf, error) {
	n = min(n, handful)
	if n <= 0 {
		return nil, nil
	}
	var walks []*walk
	for s := range shards {
		walks = append(walks, d.walk(fmt.Sprintf("%s#%d", openList, s), false, n/shards*2+8))
	}
	found, err := merge(ctx, walks, false, n)
	if err != nil {
		return nil, d.fail(ctx, err, "look for records that are not in the log")
	}
	all := make([]parry.Leaf, len(found))
	for i, it := range found {
		all[i] = parry.Leaf{Response: value(it, "response"), Seq: int(number(it, "seq")), Hash: value(it, "hash")}
	}
	return all, nil
}

// Log puts leaves at the end of the log, all or nothing, and takes them from those that are not in it. Where the log has another length
// by now, the Error is of kind Conflict.
func (d *DB) Log(ctx context.Context, at int64, leaves []parry.Leaf) error {
	if len(leaves) > handful {
		return parry.Errorf(parry.Invalid, "%d records are too many to be added to the log at once", len(leaves)).
			WithHint("add at most %d at a time: Unlogged gives no more", handful)
	}
	return d.transact(ctx, func(before *failed) ([]types.TransactWriteItem, error) {
		head, err := d.get(ctx, keyed(logPartition, headKey))
		if err != nil {
			return nil, err
		}
		if length := number(head, "length"); length != at {
			return nil, parry.Errorf(parry.Conflict, "the log has %d records, not %d: somebody else adds to it", length, at)
		}
		if len(leaves) == 0 {
			return nil, nil
		}
		if before != nil {
			for _, c := range before.conditions {
				if i := c - 2; i >= 0 {
					return nil, parry.Errorf(parry.Invalid, "record %d of response %s is in the log already", leaves[i].Seq, leaves[i].Response)
				}
			}
		}
		return d.append(ctx, at, leaves)
	}, "add %d records to the log", len(leaves))
}

// append is the transaction: the log's head, the leaves, and for each the end of its time outside the log.
func (d *DB) append(ctx context.Context, at int64, leaves []parry.Leaf) ([]types.TransactWriteItem, error) {
	keys := make([]item, len(leaves))
	for i, l := range leaves {
		if slices.ContainsFunc(leaves[:i], func(o parry.Leaf) bool { return o.Response == l.Response && o.Seq == l.Seq }) {
			return nil, parry.Errorf(parry.Invalid, "record %d of response %s cannot be in the log twice", l.Seq, l.Response)
		}
		keys[i] = keyed(responseKey(l.Response), recordKey(l.Seq))
	}
	records, err := d.getAll(ctx, keys, "at")
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(leaves)
	if err != nil {
		return nil, err
	}
	head := keyed(logPartition, headKey)
	head["length"] = num(at + int64(len(leaves)))
	first := put(d.table, head)
	if at > 0 {
		first.Put.ConditionExpression = aws.String("#length = :at")
		first.Put.ExpressionAttributeNames = map[string]string{"#length": "length"}
		first.Put.ExpressionAttributeValues = item{":at": num(at)}
	}
	segment := keyed(logPartition, segmentKey(at))
	segment["leaves"] = text(string(body))
	writes := []types.TransactWriteItem{first, put(d.table, segment)}
	for i, l := range leaves {
		if records[i] == nil {
			return nil, parry.Errorf(parry.Invalid, "there is no record %d of response %s to put into the log", l.Seq, l.Response)
		}
		w := remove(d.table, openKey(l.Response, l.Seq, value(records[i], "at")))
		w.Delete.ConditionExpression = aws.String("attribute_exists(pk)")
		writes = append(writes, w)
	}
	return writes, nil
}

// Leaves gives the log from a place on, at most n.
func (d *DB) Leaves(ctx context.Context, from int64, n int) ([]parry.Leaf, error) {
	from = max(from, 0)
	if n <= 0 {
		return nil, nil
	}
	// The place lies in the last of the segments that begin there or before.
	w := d.between(logPartition, segmentKey(0), segmentKey(from))
	w.q.ScanIndexForward, w.q.Limit = aws.Bool(false), aws.Int32(1)
	first, err := w.next(ctx)
	if err != nil {
		return nil, d.fail(ctx, err, "read the log")
	}
	if first == nil {
		return nil, nil
	}
	var all []parry.Leaf
	w = d.between(logPartition, value(first, sk), "SEG$")
	if n < handful {
		w.q.Limit = aws.Int32(int32(n) + 1)
	}
	for len(all) < n {
		segment, err := w.next(ctx)
		if err != nil {
			return nil, d.fail(ctx, err, "read the log")
		}
		if segment == nil {
			break
		}
		var start int64
		var leaves []parry.Leaf
		if _, err := fmt.Sscanf(value(segment, sk), "SEG#%d", &start); err != nil {
			return nil, d.fail(ctx, err, "read the log")
		}
		if err := json.Unmarshal([]byte(value(segment, "leaves")), &leaves); err != nil {
			return nil, d.fail(ctx, err, "read the log")
		}
		skip := min(max(from-start, 0), int64(len(leaves)))
		all = append(all, leaves[skip:]...)
	}
	return all[:min(n, len(all))], nil
}

const checkpointPartition = "CHECKPOINT"

// KeepCheckpoint remembers a signed checkpoint of the log at a length. The first one of a length stays.
func (d *DB) KeepCheckpoint(ctx context.Context, length int64, text []byte) error {
	i := keyed(checkpointPartition, fmt.Sprintf("%019d", length))
	i["text"] = data(text)
	return d.putOnce(ctx, i, "keep the checkpoint at %d", length)
}

// putOnce makes an item; one that is there stays.
func (d *DB) putOnce(ctx context.Context, i item, format string, args ...any) error {
	_, err := d.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: i, ConditionExpression: aws.String("attribute_not_exists(pk)")})
	if c := (*types.ConditionalCheckFailedException)(nil); err != nil && !errors.As(err, &c) {
		return d.fail(ctx, err, format, args...)
	}
	return nil
}

// Checkpoints gives all checkpoints, the shortest first.
func (d *DB) Checkpoints(ctx context.Context) (all [][]byte, err error) {
	w := d.walk(checkpointPartition, false, 0)
	for {
		i, err := w.next(ctx)
		switch {
		case err != nil:
			return nil, d.fail(ctx, err, "read the checkpoints")
		case i == nil:
			return all, nil
		}
		all = append(all, bin(i, "text"))
	}
}
