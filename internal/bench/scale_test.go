package main

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"parry/internal/audit"
	"parry/internal/dynamo"
	"parry/internal/dynamotest"
	"parry/internal/lambda"
)

// warm are the keys that have to take more than half a write for each response, and what they may take: a list's shards together, divided by their number.
var warm = map[string]struct {
	writes float64
	why    string
}{
	"W#shard": {1.3, "each step sets when somebody has to look at the response again, which leaves one place and takes another"},
	"U#shard": {0.8, "each record waits there until it is in the log"},
}

// read are the keys that have to be read more than once for each response.
var read = map[string]struct {
	reads float64
	why   string
}{
	"WORD=stop":                              {4, "the kill switch is looked at when a response is decided on and before each call: that is what it is for"},
	"WORD=stop/iam-deactivate-access-key":    {4, "and so is the playbook's own"},
	"WORD=breaker":                           {2, "whether somebody closed the breaker, at both decisions"},
	"WORD=breaker/iam-deactivate-access-key": {2, "and the playbook's own"},
	"F=iam-deactivate-access-key":            {2, "how often the playbook failed, at both decisions"},
}

// No partition key takes more of a response than its share, so that none is full before the table is at its own quota. Keys of one response, account
// or resource get their part of 40 here, as each is about another.
func TestNoKeyIsHot(t *testing.T) {
	const responses = 40
	m, err := scaleOnce(t.Context(), dynamotest.Need(t).Config(), 8, responses, 5*time.Minute, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m.responses != responses {
		t.Fatalf("%d responses", m.responses)
	}
	kinds := map[string]keyUse{}
	for _, k := range m.path.keys {
		name := k.key
		if strings.HasSuffix(k.kind(), "#shard") {
			name = k.kind()
		}
		u := kinds[name]
		kinds[name] = keyUse{name, u.writes + k.writes, u.reads + k.reads, u.wcu + k.wcu, u.rcu + k.rcu}
	}
	for name, k := range kinds {
		share := 1.0
		if strings.HasSuffix(name, "#shard") {
			share = 1.0 / 8
		}
		writes, reads := share*float64(k.writes)/responses, share*float64(k.reads)/responses
		if most := max(0.5, warm[name].writes); writes > most {
			t.Errorf("%s gets %.2f writes for each response, more than %.2f", name, writes, most)
		}
		if most := max(1, read[name].reads); reads > most {
			t.Errorf("%s gets %.2f reads for each response, more than %.2f", name, reads, most)
		}
	}
	for name := range warm {
		if kinds[name].writes == 0 {
			t.Errorf("nothing is written to %s any more: it needs no exception", name)
		}
	}
	for name := range read {
		if kinds[name].reads == 0 {
			t.Errorf("nothing reads %s any more: it needs no exception", name)
		}
	}
}

func TestUnitsAreAsCounted(t *testing.T) {
	cfg := dynamotest.Need(t).Config()
	for _, way := range ways() {
		want := counted()[way]
		got, err := countUnits(t.Context(), cfg, way)
		if err != nil {
			t.Fatal(err)
		}
		// Bodies are compressed, and their sizes differ by a few bytes, which may begin a new KB.
		if math.Abs(got.WriteUnits-want.WriteUnits) > 6 || math.Abs(got.ReadUnits-want.ReadUnits) > 4 {
			t.Errorf("%s takes %.0f write and %.0f read units, and costs.go says %.0f and %.0f", way, got.WriteUnits, got.ReadUnits, want.WriteUnits, want.ReadUnits)
		}
		got.WriteUnits, got.ReadUnits = want.WriteUnits, want.ReadUnits
		if got != want {
			t.Errorf("%s takes %+v, and costs.go says %+v", way, got, want)
		}
	}
}

// When nothing is due, the clock reads no more than what an idle month is reckoned with.
func TestTheClockReadsLittle(t *testing.T) {
	seam, table := newMeter(0), fresh("idle")
	cfg := dynamotest.Need(t).Config()
	cfg.HTTPClient = &http.Client{Transport: seam}
	made := dynamo.Create(t.Context(), cfg, table) // it fails at last: this emulator has no point-in-time recovery
	store, err := dynamo.Open(t.Context(), cfg, table)
	if err != nil {
		t.Fatal(made, err)
	}
	s, err := newSpread(store, "auto")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := s.respond(t.Context(), i+1); err != nil {
			t.Fatal(err)
		}
	}
	clock, err := lambda.New(lambda.Options{Function: lambda.Clock, Engine: s.engine, Log: slog.New(slog.DiscardHandler),
		Seal: func(ctx context.Context) error { _, err := audit.Append(ctx, store, 0); return err }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first has something to do
		seam.take()
		if _, err := clock.Invoke(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if all := seam.take().sum(); all.rcu == 0 || all.rcu > tickReads || all.writes > 2 {
		t.Errorf("an idle clock takes %.0f read units and writes %d items; costs.go says %d", all.rcu, all.writes, tickReads)
	}
}

// The page holds what the code computes.
func TestThePageHoldsTheCosts(t *testing.T) {
	page, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(page), "<!-- costs: go run ./internal/bench costs -->\n")
	got, _, ended := strings.Cut(rest, "<!-- end of costs -->")
	want, err := costTables()
	if err != nil {
		t.Fatal(err)
	}
	if !begun || !ended || strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("docs/scale.md does not hold what 'go run ./internal/bench costs' prints:\n%s", want)
	}
}

// Each price has a number and says where it is from.
func TestPricesHaveSources(t *testing.T) {
	for line := range strings.SplitSeq(strings.TrimSpace(prices), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[3] == "" {
			t.Errorf("%q is not a name, a price, a number and a source", line)
			continue
		}
		if p, err := priceOf(f[0]); err != nil || p <= 0 {
			t.Errorf("the price of %s is %v: %v", f[0], p, err)
		}
	}
}

func TestTheMeterCounts(t *testing.T) {
	m := newMeter(0)
	m.next = answered(`{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5}}`)
	send := func(op, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op)
		resp, err := m.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // of text
	}
	send("Query", `{"ExpressionAttributeValues":{":pk":{"S":"A"},":n":{"N":"1"}}}`)
	send("GetItem", `{"Key":{"pk":{"S":"A"},"sk":{"S":"-"}}}`)
	send("PutItem", `{"Item":{"pk":{"S":"B"},"sk":{"S":"-"},"body":{"B":"`+strings.Repeat("AAAA", 500)+`"}}}`) // 1,500 bytes: two units
	send("TransactWriteItems", `{"TransactItems":[{"Put":{"Item":{"pk":{"S":"B"}}}},{"Delete":{"Key":{"pk":{"S":"C"}}}}]}`)
	u := m.take()
	want := []keyUse{{key: "A", reads: 2, rcu: 5}, {key: "B", writes: 2, wcu: 4}, {key: "C", writes: 1, wcu: 2}}
	if len(u.keys) != len(want) || u.requests() != 4 {
		t.Fatalf("%+v", u)
	}
	for i, k := range u.keys {
		if k != want[i] {
			t.Errorf("%+v, want %+v", k, want[i])
		}
	}
	if again := m.take(); len(again.keys) != 0 || again.requests() != 0 {
		t.Errorf("what was taken is there again: %+v", again)
	}
}

// answered says the same to every request.
type answered string

// RoundTrip implements http.RoundTripper.
func (a answered) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}
