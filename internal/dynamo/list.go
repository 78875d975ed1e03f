package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// usual is how many responses a page has where the query does not say.
const usual = 100

// List gives a page of responses, the last received first, and where the next page begins. Of those that came at the same time, the
// one with the greater id is first. By state it reads no others; by rule and account it passes over the entries of others, some 5,000
// an answer.
func (d *DB) List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = usual
	}
	if q.After != "" && !strings.Contains(q.After, " ") {
		return nil, "", parry.Errorf(parry.Invalid, "%q is not where a page of the list ended", q.After)
	}
	found, err := merge(ctx, d.listed(q, limit), true, limit+1)
	if err != nil {
		return nil, "", d.fail(ctx, err, "list the responses")
	}
	if len(found) > limit {
		found = found[:limit]
		next = value(found[limit-1], sk)
	}
	if page, err = d.responses(ctx, idsOf(found)); err != nil {
		return nil, "", d.fail(ctx, err, "list the responses")
	}
	if q.State == "" {
		return page, next, nil
	}
	var still []parry.Response // one may have gone on since its entry was read
	for _, r := range page {
		if r.State == q.State {
			still = append(still, r)
		}
	}
	return still, next, nil
}

// listed walks over the entries that a query is about, each shard by itself.
func (d *DB) listed(q parry.Query, limit int) (walks []*walk) {
	list := everyList
	if q.State != "" {
		list = "S" + name(string(q.State))
	}
	where, names, values := filter([][2]string{{"rule", q.Rule}, {"account", q.Account}})
	for n := range shards {
		w := d.walk(fmt.Sprintf("%s#%d", list, n), true, min(limit/shards*2+8, 1000))
		if where != "" {
			w.q.Limit = nil // it would bound what is looked at, not what is found
			w.q.FilterExpression, w.q.ExpressionAttributeNames = &where, names
			for k, v := range values {
				w.q.ExpressionAttributeValues[k] = v
			}
		}
		if q.After != "" {
			w.q.KeyConditionExpression = aws.String("pk = :pk AND sk < :after")
			w.q.ExpressionAttributeValues[":after"] = text(q.After)
		}
		walks = append(walks, w)
	}
	return walks
}

// filter is the expression that wants attributes to be equal to values, as far as these are not empty.
func filter(want [][2]string) (expression string, names map[string]string, values item) {
	var all []string
	names, values = map[string]string{}, item{}
	for _, w := range want {
		if w[1] != "" {
			all = append(all, "#"+w[0]+" = :"+w[0])
			names["#"+w[0]], values[":"+w[0]] = w[0], text(w[1])
		}
	}
	return strings.Join(all, " AND "), names, values
}

func idsOf(items []item) []string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = value(it, "id")
	}
	return ids
}

// merge takes the first n items of several walks, which are each in order.
func merge(ctx context.Context, walks []*walk, backwards bool, n int) ([]item, error) {
	var all []item
	for len(all) < n {
		if err := fillAll(ctx, walks); err != nil {
			return nil, err
		}
		var first *walk
		for _, w := range walks {
			if len(w.page) == 0 {
				continue
			}
			if first == nil || (value(w.page[0], sk) < value(first.page[0], sk)) != backwards {
				first = w
			}
		}
		if first == nil {
			break
		}
		all = append(all, first.page[0])
		first.page = first.page[1:]
	}
	return all, nil
}

// fillAll fills those that are empty, at once.
func fillAll(ctx context.Context, walks []*walk) error {
	errs := make([]error, len(walks))
	var wg sync.WaitGroup
	for i, w := range walks {
		if len(w.page) == 0 && !w.end {
			wg.Go(func() { errs[i] = w.fill(ctx) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Count counts the responses that began to be applied at or after a time and are as the tally says. It reads the entries of the most
// particular list that there is for the tally, of that time only.
func (d *DB) Count(ctx context.Context, t parry.Tally) (int, error) {
	lists := countedIn(t)
	want := [][2]string{{"resource", t.Resource}, {"account", t.Account}, {"rule", t.Rule}, {"playbook", t.Playbook}, {"state", string(t.State)}}
	where, names, values := filter(want)
	counts, errs := make([]int, len(lists)), make([]error, len(lists))
	var wg sync.WaitGroup
	for i, list := range lists {
		q := &dynamodb.QueryInput{
			TableName: &d.table, ConsistentRead: aws.Bool(true), Select: types.SelectCount,
			KeyConditionExpression:    aws.String("pk = :pk AND sk >= :since"),
			ExpressionAttributeValues: item{":pk": text(list), ":since": text(stamp(t.Since))},
		}
		if where != "" {
			q.FilterExpression, q.ExpressionAttributeNames = &where, names
			for k, v := range values {
				q.ExpressionAttributeValues[k] = v
			}
		}
		wg.Go(func() { counts[i], errs[i] = d.count(ctx, q) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, d.fail(ctx, err, "count what was applied")
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum, nil
}

// countedIn are the lists that a tally is counted in. Failures, which the breaker asks for before each response, have lists of their own, which are short.
// Of what is counted in whatever state, an account's list is shorter than its rule's in all accounts.
func countedIn(t parry.Tally) []string {
	switch {
	case t.State == parry.Failed && t.Playbook != "":
		return []string{failedList + name(t.Playbook)}
	case t.State == parry.Failed:
		return []string{failedList}
	case t.State != "":
		return sharded(appliedList)
	}
	for _, by := range [][2]string{{"resource", t.Resource}, {"account", t.Account}, {"rule", t.Rule}, {"playbook", t.Playbook}} {
		switch list := appliedBy(by[0], by[1]); {
		case by[1] != "" && spread(by[0]):
			return sharded(list)
		case by[1] != "":
			return []string{list}
		}
	}
	return sharded(appliedList)
}

// sharded are the partitions of a list.
func sharded(list string) []string {
	all := make([]string, shards)
	for n := range all {
		all[n] = fmt.Sprintf("%s#%d", list, n)
	}
	return all
}

func (d *DB) count(ctx context.Context, q *dynamodb.QueryInput) (int, error) {
	for n := 0; ; {
		out, err := d.api.Query(ctx, q)
		if err != nil {
			return 0, err
		}
		n += int(out.Count)
		if q.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			return n, nil
		}
	}
}

// Due gives responses whose Wake has come, the longest overdue first, at most n.
func (d *DB) Due(ctx context.Context, now time.Time, n int) ([]parry.Response, error) {
	all, err := d.until(ctx, wakeList, now, n, func(r parry.Response) time.Time { return r.Wake })
	if err != nil {
		return nil, d.fail(ctx, err, "look for responses that are due")
	}
	return all, nil
}

// Untold gives responses with something to tell whose time for it has come, the longest overdue first, at most n.
func (d *DB) Untold(ctx context.Context, now time.Time, n int) ([]parry.Response, error) {
	all, err := d.until(ctx, untoldList, now, n, func(r parry.Response) time.Time { return r.Untold.Due() })
	if err != nil {
		return nil, d.fail(ctx, err, "look for responses of which something is to be told")
	}
	return all, nil
}

// until gives the responses of a list by time up to a time, at most n. at is the time by which a response stands in it.
func (d *DB) until(ctx context.Context, list string, now time.Time, n int, at func(parry.Response) time.Time) ([]parry.Response, error) {
	if n <= 0 {
		return nil, nil
	}
	var walks []*walk
	for s := range shards {
		w := d.walk(fmt.Sprintf("%s#%d", list, s), false, min(n/shards*2+8, 1000))
		w.q.KeyConditionExpression = aws.String("pk = :pk AND sk < :after")
		w.q.ExpressionAttributeValues[":after"] = text(stamp(now) + "!") // which sorts behind the blank in a sort key
		walks = append(walks, w)
	}
	found, err := merge(ctx, walks, false, n)
	if err != nil {
		return nil, err
	}
	all, err := d.responses(ctx, idsOf(found))
	if err != nil {
		return nil, err
	}
	var still []parry.Response // one may have been looked at since its entry was read
	for _, r := range all {
		if t := at(r); !t.IsZero() && !t.After(now) {
			still = append(still, r)
		}
	}
	return still, nil
}
