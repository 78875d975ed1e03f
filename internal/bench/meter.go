package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a partition of DynamoDB takes in a second. Source: "Best practices for designing and using partition keys effectively", Amazon DynamoDB Developer Guide.
const (
	writeUnits = 1000
	readUnits  = 3000
)

// keyUse is what was asked of one partition key.
type keyUse struct {
	key           string
	writes, reads int     // items written, and requests that read
	wcu, rcu      float64 // the units that DynamoDB counts for them
}

// meter counts at the HTTP seam what a store asks of DynamoDB, and makes each request wait as long as one takes on AWS.
//
// Write units are reckoned from the items as they are sent, by AWS's rule: one for each KB begun, and twice that in a transaction (page "DynamoDB read
// and write operations"). An item that is removed or replaced counts with the larger of its sizes there; here with what is sent, and at least one. Read
// units are what the emulator says it consumed; of a request that reads several items each key gets an equal part.
type meter struct {
	next    http.RoundTripper
	latency time.Duration

	mu    sync.Mutex
	calls map[string]int // by operation
	keys  map[string]*keyUse
}

func newMeter(latency time.Duration) *meter {
	return &meter{next: &http.Transport{MaxIdleConnsPerHost: 1024}, latency: latency, calls: map[string]int{}, keys: map[string]*keyUse{}}
}

// request is what of a request to DynamoDB says which keys it is about.
type request struct {
	Key          map[string]attribute
	Item         map[string]attribute
	Values       map[string]attribute `json:"ExpressionAttributeValues"`
	RequestItems map[string]struct {
		Keys []map[string]attribute
	}
	TransactItems []map[string]struct {
		Key, Item map[string]attribute
	}
}

type attribute struct {
	S string `json:",omitempty"`
	N string `json:",omitempty"`
	B []byte `json:",omitempty"`
}

// RoundTrip implements http.RoundTripper. It asks for the consumed capacity too, which changes the body and so its signature: DynamoDB Local does not
// look at signatures.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, fmt.Errorf("a request %s that is no JSON: %w", op, err)
	}
	reads := op == "Query" || op == "GetItem" || op == "BatchGetItem"
	if reads {
		body = append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), body[1:]...)
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(m.latency):
	}
	resp, err := m.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	m.count(op, req, consumed(answer))
	return resp, nil
}

// consumed are the read units that an answer says: of one table, or of a list of them.
func consumed(answer []byte) float64 {
	var one struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	if json.Unmarshal(answer, &one) == nil {
		return one.ConsumedCapacity.CapacityUnits
	}
	var many struct {
		ConsumedCapacity []struct{ CapacityUnits float64 }
	}
	sum := 0.0
	if json.Unmarshal(answer, &many) == nil {
		for _, c := range many.ConsumedCapacity {
			sum += c.CapacityUnits
		}
	}
	return sum
}

func (m *meter) count(op string, req request, rcu float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[op]++
	switch op {
	case "Query":
		m.read(req.Values[":pk"].S, rcu)
	case "GetItem":
		m.read(req.Key["pk"].S, rcu)
	case "BatchGetItem":
		for _, t := range req.RequestItems {
			for _, k := range t.Keys {
				m.read(k["pk"].S, rcu/float64(len(t.Keys)))
			}
		}
	case "PutItem", "DeleteItem":
		m.write(req.Key, req.Item, 1)
	case "TransactWriteItems":
		for _, i := range req.TransactItems {
			for _, w := range i {
				m.write(w.Key, w.Item, 2)
			}
		}
	}
}

func (m *meter) use(key string) *keyUse {
	u := m.keys[key]
	if u == nil {
		u = &keyUse{key: key}
		m.keys[key] = u
	}
	return u
}

func (m *meter) read(key string, rcu float64) {
	u := m.use(key)
	u.reads++
	u.rcu += rcu
}

func (m *meter) write(key, item map[string]attribute, times float64) {
	size := 0
	for name, v := range item {
		size += len(name) + len(v.S) + len(v.N) + len(v.B)
	}
	pk := cmp.Or(key["pk"].S, item["pk"].S)
	u := m.use(pk)
	u.writes++
	u.wcu += times * max(1, math.Ceil(float64(size)/1024))
}

// use is what a meter counted, taken out of it.
type use struct {
	calls map[string]int
	keys  []keyUse // in the order of their keys
}

// take gives what was counted since it was taken last.
func (m *meter) take() use {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := use{calls: m.calls}
	for _, k := range slices.Sorted(maps.Keys(m.keys)) {
		u.keys = append(u.keys, *m.keys[k])
	}
	m.calls, m.keys = map[string]int{}, map[string]*keyUse{}
	return u
}

// sum is what was asked for in all.
func (u use) sum() (all keyUse) {
	for _, k := range u.keys {
		all.writes, all.reads, all.wcu, all.rcu = all.writes+k.writes, all.reads+k.reads, all.wcu+k.wcu, all.rcu+k.rcu
	}
	return all
}

func (u use) requests() (n int) {
	for _, c := range u.calls {
		n += c
	}
	return n
}

// hottest are the n keys that take most of what a partition gives, which it does in both kinds of units together.
func (u use) hottest(n int) []keyUse {
	keys := slices.Clone(u.keys)
	slices.SortStableFunc(keys, func(a, b keyUse) int { return cmp.Compare(b.load(), a.load()) })
	return keys[:min(n, len(keys))]
}

// load is which part of a partition's second a key takes.
func (k keyUse) load() float64 { return k.wcu/writeUnits + k.rcu/readUnits }

// kind is a key without the number of its shard, where it has one. Names in keys hold an account's number or an id, and never end so.
func (k keyUse) kind() string {
	if n := len(k.key) - 2; n > 0 && k.key[n] == '#' && k.key[n+1] >= '0' && k.key[n+1] <= '7' {
		return k.key[:n] + "#shard"
	}
	return k.key
}
