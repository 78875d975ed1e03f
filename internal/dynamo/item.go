package dynamo

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// The names of attributes that every item has.
const (
	pk = "pk"
	sk = "sk"
)

// item is one item of the table.
type item = map[string]types.AttributeValue

// value is an attribute as text: a string or a number; empty where it is not there.
func value(i item, name string) string {
	switch v := i[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

// number is an attribute as a number; 0 where it is not there.
func number(i item, name string) int64 {
	n, _ := strconv.ParseInt(value(i, name), 10, 64) // it was written by num
	return n
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func data(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }
func num[T int | int64](n T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func bin(i item, name string) []byte {
	if v, ok := i[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

// keyed is an item with nothing but its key.
func keyed(p, s string) item { return item{pk: text(p), sk: text(s)} }

// longest is how long a name may be to stand in a key as it is: a partition key has at most 2,048 bytes.
const longest = 1000

// name is a name from outside as a part of a key. A long one, or one that is no text, is told by its hash; the mark before it keeps the two
// apart, so that no name can be taken for another one's hash.
func name(s string) string {
	if len(s) <= longest && utf8.ValidString(s) {
		return "=" + s
	}
	sum := sha256.Sum256([]byte(s))
	return "~" + hex.EncodeToString(sum[:])
}

// shards is over how many partitions each list is spread that all workers write to: a partition takes 1,000 writes a second, and a write in
// a transaction counts twice (AWS's page "Best practices for designing and using partition keys effectively"). It cannot be changed for a
// table that is in use.
const shards = 8

// shard is the partition of a list in which a response has its place. All that is of one response is in one, so that it stays in order.
func shard(list, id string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, id) // a hash does not fail
	return list + "#" + strconv.Itoa(int(h.Sum32()%shards))
}

// stamp is a time as text that sorts.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// maybe is a time that may not be there: empty for the zero time.
func maybe(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// place is the sort key of a response in a list by time.
func place(time, id string) string { return time + " " + id }

// Bodies are gzipped and cut into pieces that fit into an item, with room for its other attributes.
const (
	piece = 350_000
	// most is how much a transaction may hold, with room for the keys of its items.
	most = 3_900_000
	// unpacked is how large a body may become. Nobody but Parry writes the table; this keeps an error from eating the memory.
	unpacked = 256 << 20
)

func zip(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	err = errors.Join(err, w.Close()) // which writes the end
	return b.Bytes(), err
}

func unzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, unpacked+1))
	if err == nil && len(body) > unpacked {
		err = fmt.Errorf("it is larger than %d bytes", unpacked)
	}
	return body, errors.Join(err, r.Close())
}

// split puts a body into an item, and what does not fit into further ones, whose sort keys are given by part.
func split(first item, body []byte, part func(i int) string) ([]item, error) {
	b, err := zip(body)
	if err != nil {
		return nil, err
	}
	n := min(piece, len(b))
	first["body"] = data(b[:n])
	all := []item{first}
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(piece, len(b))
		all = append(all, item{pk: first[pk], sk: text(part(len(all))), "body": data(b[:n])})
	}
	if n := len(all) - 1; n > 0 {
		first["parts"] = num(n)
	}
	return all, nil
}

// join is a body put together again.
func join(items []item) ([]byte, error) {
	var b []byte
	for _, i := range items {
		b = append(b, bin(i, "body")...)
	}
	return unzip(b)
}

// put is a write that makes an item which is not there.
func put(table string, i item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: i, ConditionExpression: aws.String("attribute_not_exists(pk)")}}
}

// set is a write that makes an item or replaces it.
func set(table string, i item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: i}}
}

// remove is a write that removes an item, whether it is there or not.
func remove(table string, key item) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &table, Key: key}}
}

// fits refuses a transaction that DynamoDB would not take.
func fits(items []types.TransactWriteItem, what string) error {
	size := 0
	for _, i := range items {
		if i.Put != nil {
			size += len(bin(i.Put.Item, "body")) + 2*longest
		}
	}
	if len(items) > 100 || size > most {
		return parry.Errorf(parry.Invalid, "%s is too large to be stored at once: %d items of the 100, and %d bytes of the %d, that DynamoDB takes",
			what, len(items), size, most).WithHint("store fewer records in one step")
	}
	return nil
}

// get reads one item; nil where there is none.
func (d *DB) get(ctx context.Context, key item) (item, error) {
	out, err := d.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// batch is how many items are read at once at the most (AWS's API reference, BatchGetItem).
const batch = 100

// getAll reads items by their keys, in the order of the keys; nil stands for one that is not there. only names the attributes that are
// wanted beside the key; none for all.
func (d *DB) getAll(ctx context.Context, keys []item, only ...string) ([]item, error) {
	found := map[string]item{}
	var wanted []item
	for _, k := range keys { // DynamoDB refuses to be asked twice for one
		if _, twice := found[id(k)]; !twice {
			found[id(k)] = nil
			wanted = append(wanted, k)
		}
	}
	for some := range slices.Chunk(wanted, batch) {
		ask := types.KeysAndAttributes{Keys: some, ConsistentRead: aws.Bool(true)}
		if len(only) > 0 {
			ask.ProjectionExpression, ask.ExpressionAttributeNames = projection(append([]string{pk, sk}, only...))
		}
		request := map[string]types.KeysAndAttributes{d.table: ask}
		for round := 0; len(request) > 0; round++ {
			out, err := d.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
			if err != nil {
				return nil, err
			}
			for _, i := range out.Responses[d.table] {
				found[id(i)] = i
			}
			if request = out.UnprocessedKeys; len(request) > 0 { // more than 16 MB, or throttled
				if err := pause(ctx, min(round, 10)); err != nil {
					return nil, err
				}
			}
		}
	}
	all := make([]item, len(keys))
	for i, k := range keys {
		all[i] = found[id(k)]
	}
	return all, nil
}

// id tells an item by its key.
func id(i item) string { return value(i, pk) + "\x00" + value(i, sk) }

// projection asks for attributes by names that are no words of DynamoDB's.
func projection(attributes []string) (*string, map[string]string) {
	expr, names := "", map[string]string{}
	for i, a := range attributes {
		if i > 0 {
			expr += ", "
		}
		n := "#p" + strconv.Itoa(i)
		expr, names[n] = expr+n, a
	}
	return &expr, names
}
