package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// hintList is the next step where a response is not there.
const hintList = "'parry list' shows the responses"

const (
	headKey = "HEAD"
	// widest is how long the id of a response may be: it stands in sort keys, which have at most 1,024 bytes.
	widest = 512
	// looks is how often a reader looks again that met the midst of a write. Reads of several items are not isolated from a transaction.
	looks = 20
)

func responseKey(id string) string { return "R=" + id }
func recordKey(seq int) string     { return fmt.Sprintf("REC#%010d", seq) }
func bodyKey(version int64, part int) string {
	return fmt.Sprintf("BODY#%012d#%03d", version, part)
}

// Save writes a response together with the records of the step that changed it, all or nothing: in one transaction, under the condition
// that the response is the version that was looked at.
//
// The records carry on where the stored history ends, and the response's Steps is the number of the last one. Where that is not so,
// another worker went on with the response, and the Error is of kind Conflict.
func (d *DB) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	switch {
	case r.ID == "":
		return parry.Errorf(parry.Invalid, "a response without an id cannot be stored")
	case len(r.ID) > widest || !utf8.ValidString(r.ID):
		return parry.Errorf(parry.Invalid, "a response whose id is longer than %d bytes, or no text, cannot be stored", widest)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return d.fail(ctx, err, "store response %s", r.ID)
	}
	return d.transact(ctx, func(*failed) ([]types.TransactWriteItem, error) {
		head, err := d.get(ctx, keyed(responseKey(r.ID), headKey))
		if err != nil {
			return nil, err
		}
		if err := r.Follows(int(number(head, "steps")), records); err != nil {
			return nil, err
		}
		writes, at, err := d.addRecords(records, value(head, "at"))
		if err != nil {
			return nil, err
		}
		heads, err := d.putHead(head, r, body, at)
		if err != nil {
			return nil, err
		}
		writes = append(heads, writes...)
		return writes, fits(writes, "a step of response "+r.ID)
	}, "store response %s", r.ID)
}

// putHead writes the response in the place of the head that was read, nil for none, and its places in the lists.
func (d *DB) putHead(head item, r parry.Response, body []byte, at string) ([]types.TransactWriteItem, error) {
	version, now := number(head, "version")+1, whereOf(r)
	place, err := now.marshal()
	if err != nil {
		return nil, err
	}
	fresh := keyed(responseKey(r.ID), headKey)
	fresh["version"], fresh["steps"], fresh["at"], fresh["place"] = num(version), num(r.Steps), text(at), text(place)
	items, err := split(fresh, body, func(i int) string { return bodyKey(version, i) })
	if err != nil {
		return nil, err
	}
	first := put(d.table, items[0])
	var old *where
	if head != nil {
		first.Put.ConditionExpression = aws.String("version = :v")
		first.Put.ExpressionAttributeValues = item{":v": head["version"]}
		old = &where{}
		if err := json.Unmarshal([]byte(value(head, "place")), old); err != nil {
			return nil, fmt.Errorf("the place of response %s: %w", r.ID, err)
		}
	}
	writes := []types.TransactWriteItem{first}
	for _, i := range items[1:] {
		writes = append(writes, put(d.table, i))
	}
	for i := range int(number(head, "parts")) {
		writes = append(writes, remove(d.table, keyed(responseKey(r.ID), bodyKey(version-1, i+1))))
	}
	return append(writes, moved(d.table, old, now)...), nil
}

// addRecords writes records, each with its place among those that are not in the log. at is the time of the last one before, and the
// new time is given back: it never goes back, so that the records of a response are logged in their order whatever the clocks say.
func (d *DB) addRecords(records []parry.Record, at string) ([]types.TransactWriteItem, string, error) {
	var writes []types.TransactWriteItem
	for _, rec := range records {
		body, err := json.Marshal(rec)
		if err != nil {
			return nil, "", err
		}
		at = max(at, stamp(rec.At))
		first := keyed(responseKey(rec.Response), recordKey(rec.Seq))
		first["at"] = text(at)
		items, err := split(first, body, func(i int) string { return fmt.Sprintf("%s#%03d", recordKey(rec.Seq), i) })
		if err != nil {
			return nil, "", err
		}
		for _, i := range items {
			writes = append(writes, put(d.table, i))
		}
		leaf := openKey(rec.Response, rec.Seq, at)
		leaf["response"], leaf["seq"], leaf["hash"] = text(rec.Response), num(rec.Seq), text(rec.Hash)
		writes = append(writes, put(d.table, leaf))
	}
	return writes, at, nil
}

// Response reads one back; an Error of kind NotFound where there is none.
func (d *DB) Response(ctx context.Context, id string) (parry.Response, error) {
	if id == "" {
		return parry.Response{}, unknown(id)
	}
	all, err := d.responses(ctx, []string{id})
	switch {
	case err != nil:
		return parry.Response{}, d.fail(ctx, err, "read response %s", id)
	case len(all) == 0:
		return parry.Response{}, unknown(id)
	}
	return all[0], nil
}

func unknown(id string) error {
	return parry.Errorf(parry.NotFound, "there is no response %s", id).WithHint(hintList)
}

// responses reads those of the ids that are there, in their order.
func (d *DB) responses(ctx context.Context, ids []string) ([]parry.Response, error) {
	keys := make([]item, len(ids))
	for i, id := range ids {
		keys[i] = keyed(responseKey(id), headKey)
	}
	heads, err := d.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	var all []parry.Response
	for i, head := range heads {
		if head == nil {
			continue
		}
		body, err := d.body(ctx, head)
		if err != nil {
			return nil, fmt.Errorf("response %s: %w", ids[i], err)
		}
		var r parry.Response
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, fmt.Errorf("response %s: %w", ids[i], err)
		}
		all = append(all, r)
	}
	return all, nil
}

// body puts the body of a head together. Its other parts are of its version: where they are gone, there is a newer head.
func (d *DB) body(ctx context.Context, head item) ([]byte, error) {
	for look := range looks {
		items := []item{head}
		var keys []item
		for i := range int(number(head, "parts")) {
			keys = append(keys, item{pk: head[pk], sk: text(bodyKey(number(head, "version"), i+1))})
		}
		parts, err := d.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(parts, func(i item) bool { return i == nil }) {
			return join(append(items, parts...))
		}
		if err := pause(ctx, look); err != nil {
			return nil, err
		}
		if head, err = d.get(ctx, item{pk: head[pk], sk: head[sk]}); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("a part of it is missing")
}

// Latest is the newest response of a key; NotFound where there is none.
func (d *DB) Latest(ctx context.Context, key string) (parry.Response, error) {
	last := d.walk(keyList(key), true, 1)
	i, err := last.next(ctx)
	switch {
	case err != nil:
		return parry.Response{}, d.fail(ctx, err, "look for a response to %s", key)
	case i == nil:
		return parry.Response{}, parry.Errorf(parry.NotFound, "there is no response to %s", key).WithHint(hintList)
	}
	return d.Response(ctx, value(i, "id"))
}

// Records are a response's history, in order; none where the response is not known.
func (d *DB) Records(ctx context.Context, id string) ([]parry.Record, error) {
	for look := range looks {
		all, whole, err := d.records(ctx, id)
		if err != nil {
			return nil, d.fail(ctx, err, "read the records of response %s", id)
		}
		if whole {
			return all, nil
		}
		if err := pause(ctx, look); err != nil {
			return nil, d.fail(ctx, err, "read the records of response %s", id)
		}
	}
	return nil, parry.Errorf(parry.Fault, "a record of response %s is missing", id).WithHint("'parry audit verify' says which")
}

// records reads what is there. It is not whole where a record is missing between others, or a part of one: in the midst of a write.
func (d *DB) records(ctx context.Context, id string) (all []parry.Record, whole bool, err error) {
	if id == "" {
		return nil, true, nil
	}
	w := d.between(responseKey(id), "REC#", "REC$")
	for {
		first, err := w.next(ctx)
		if err != nil || first == nil {
			return all, err == nil, err
		}
		items := []item{first}
		for n := number(first, "parts"); n > 0; n-- {
			i, err := w.next(ctx)
			if err != nil {
				return nil, false, err
			}
			items = append(items, i)
		}
		if value(first, sk) != recordKey(len(all)+1) || !partsOf(items) {
			return nil, false, nil
		}
		body, err := join(items)
		if err != nil {
			return nil, false, err
		}
		var rec parry.Record
		if err := json.Unmarshal(body, &rec); err != nil {
			return nil, false, err
		}
		all = append(all, rec)
	}
}

// partsOf tells whether the items are one and its parts.
func partsOf(items []item) bool {
	for n, i := range items[1:] {
		if i == nil || value(i, sk) != fmt.Sprintf("%s#%03d", value(items[0], sk), n+1) {
			return false
		}
	}
	return true
}

// shortest is how many characters of an id a person must give at least.
const shortest = 4

// begin is as much of an id as a person gives at least.
func begin(id string) string {
	n := 0
	for i := range id {
		if n == shortest {
			return id[:i]
		}
		n++
	}
	return id
}

// Resolve finds the id of a response by its first characters, at least four, as a person gives them.
func (d *DB) Resolve(ctx context.Context, prefix string) (string, error) {
	if utf8.RuneCountInString(prefix) < shortest {
		return "", parry.Errorf(parry.Invalid, "%q is too short for the id of a response", prefix).
			WithHint("give at least %d characters; %s", shortest, hintList)
	}
	if len(prefix) > widest || !utf8.ValidString(prefix) {
		return "", unknown(prefix)
	}
	var walks []*walk
	for n := range shards {
		w := d.walk(fmt.Sprintf("I%s#%d", name(begin(prefix)), n), false, shortest)
		w.q.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :prefix)")
		w.q.ExpressionAttributeValues[":prefix"] = text(prefix)
		walks = append(walks, w)
	}
	found, err := merge(ctx, walks, false, 4)
	if err != nil {
		return "", d.fail(ctx, err, "look for response %s", prefix)
	}
	var ids []string
	for _, i := range found {
		ids = append(ids, value(i, "id"))
	}
	switch {
	case len(ids) == 0:
		return "", unknown(prefix)
	case len(ids) > 1 && ids[0] != prefix: // a whole id is meant, even where another one begins with it
		return "", parry.Errorf(parry.Invalid, "several responses begin with %s: %s", prefix, strings.Join(ids, ", ")).
			WithHint("give more of the id; %s", hintList)
	}
	return ids[0], nil
}

// between walks over the items of a partition from one sort key to before another.
func (d *DB) between(partition, from, to string) *walk {
	w := d.walk(partition, false, 0)
	w.q.KeyConditionExpression = aws.String("pk = :pk AND sk BETWEEN :from AND :to")
	w.q.ExpressionAttributeValues[":from"], w.q.ExpressionAttributeValues[":to"] = text(from), text(to)
	return w
}

// walk is a query of one partition, page by page.
type walk struct {
	d    *DB
	q    *dynamodb.QueryInput
	page []item
	end  bool
}

// walk goes over all items of a partition, with so many asked for at once; 0 for as many as fit into an answer, which is 1 MB.
func (d *DB) walk(partition string, backwards bool, limit int) *walk {
	q := &dynamodb.QueryInput{
		TableName: &d.table, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(!backwards),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": text(partition)},
	}
	if limit > 0 {
		q.Limit = aws.Int32(int32(limit)) //nolint:gosec // every caller's is small
	}
	return &walk{d: d, q: q}
}

// next is the next item; nil after the last one.
func (w *walk) next(ctx context.Context) (item, error) {
	if err := w.fill(ctx); err != nil || len(w.page) == 0 {
		return nil, err
	}
	i := w.page[0]
	w.page = w.page[1:]
	return i, nil
}

// fill has an item ready, where there is one more.
func (w *walk) fill(ctx context.Context) error {
	for len(w.page) == 0 && !w.end {
		out, err := w.d.api.Query(ctx, w.q)
		if err != nil {
			return err
		}
		w.page, w.q.ExclusiveStartKey = out.Items, out.LastEvaluatedKey
		w.end = len(out.LastEvaluatedKey) == 0
	}
	return nil
}
