package pattern_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"parry/internal/moto"
	"parry/internal/pattern"
)

// The emulator's TestEventPattern always answers no, so a question goes the
// way that an event goes: a rule with the pattern, a target, the event, and
// what arrives in the queue.

// motoExceptions lists where the emulator is not followed. "The guide" is
// AWS's page "Comparison operators for use in event patterns"; where it is
// silent, Event Ruler (ruler_test.go) says what this package says.
func motoExceptions() []exception {
	anythingBut := acceptedWith(`{"anything-but":`)
	absent := acceptedWith(`{"exists":false}`)
	cidr := acceptedWith(`{"cidr":"10.`)
	small := []string{`[{"numeric":["<",5]}]`, `[{"numeric":["<=",5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"numeric":["<",1e2]}]`}
	positive := []string{`[{"numeric":[">",0]}]`, `[{"numeric":[">=",0.5]}]`, `[{"numeric":[">",0,"<=",5]}]`}
	return []exception{
		{
			// The guide, exists matching: it works on leaf nodes only. The
			// emulator takes an object and an array that hold none for values.
			reason:   "an object is no value, and an array without a value is none",
			accepted: slices.Concat(anythingBut, absent, []string{`[{"exists":true}]`}),
			values:   []string{`{}`, `[{}]`, `[[]]`, `[{"k":"a"}]`},
		},
		{
			reason:   "an empty array is no value",
			accepted: slices.Concat(absent, []string{`[{"exists":true}]`}),
			values:   []string{`[]`},
		},
		{
			reason: "an object beside a value is none",
			accepted: []string{`[{"anything-but":"a"}]`, `[{"anything-but":["a","b"]}]`, `[{"anything-but":{"prefix":"a"}}]`, `[{"anything-but":{"prefix":["a","b"]}}]`,
				`[{"anything-but":{"equals-ignore-case":["A","b"]}}]`, `[{"anything-but":{"wildcard":["a*","*b"]}}]`},
			values: []string{`[{"x":1},"a"]`},
		},
		{
			// The guide: an array matches when it has a value in common with
			// the pattern. The emulator does not look into arrays of arrays.
			reason: "the values of an array in an array",
			accepted: []string{`["a"]`, `["a","b"]`, `[null,"a"]`, `["a",5,false]`, `[{"prefix":"a"}]`, `[{"prefix":""}]`, `[{"prefix":"a"},{"prefix":"b"}]`,
				`[{"suffix":"b"}]`, `[{"suffix":""}]`, `[{"equals-ignore-case":"a"}]`, `[{"prefix":{"equals-ignore-case":""}}]`, `[{"suffix":{"equals-ignore-case":""}}]`,
				`[{"wildcard":"*"}]`, `[{"wildcard":"a*"}]`, `[{"wildcard":"*b"}]`, `[{"wildcard":"a"}]`, `[{"anything-but":["a","b"]}]`, `[{"exists":false},"a"]`,
				`["alice",{"prefix":"b"},{"numeric":["=",5]},{"cidr":"10.0.0.0/8"}]`},
			values: []string{`[["a"],["b"]]`},
		},
		{
			reason: "the numbers of an array in an array",
			accepted: slices.Concat([]string{`[5]`, `[5.0]`, `["a",5,false]`, `[{"anything-but":5}]`, `[{"anything-but":[5,100]}]`, `[{"numeric":["=",5]}]`,
				`[{"numeric":["<=",5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"numeric":["<",1e2]}]`, `["alice",{"prefix":"b"},{"numeric":["=",5]},{"cidr":"10.0.0.0/8"}]`}, positive),
			values: []string{`[[5]]`},
		},
		{
			// The guide, numeric matching: it works with JSON numbers. To
			// Python true is 1 and false is 0.
			reason:   "true and false are not below a number",
			accepted: small,
			values:   []string{`true`, `false`, `[true,false]`},
		},
		{
			reason:   "true is not above a number",
			accepted: positive,
			values:   []string{`true`, `[true,false]`},
		},
		{
			reason:   "false is not 0",
			accepted: []string{`[0]`, `[{"numeric":[">=",-5,"<",0.5]}]`},
			values:   []string{`false`, `[true,false]`},
		},
		{
			reason:   "false is not but 0",
			accepted: []string{`[{"anything-but":0}]`},
			values:   []string{`false`},
		},
		{
			reason:   "0 is not false",
			accepted: []string{`[false]`, `["a",5,false]`},
			values:   []string{`0`, `-0`},
		},
		{
			// The guide: from -5.0e9 to +5.0e9.
			reason:   "the range of numeric",
			accepted: []string{`[{"numeric":[">",0]}]`, `[{"numeric":[">=",0.5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"exists":false},{"numeric":[">",5]}]`},
			values:   []string{`5000000001`, `123456789012`, `9007199254740992`, `9007199254740993`},
		},
		{
			// The guide: six digits to the right of the point.
			reason:   "the precision of numeric",
			accepted: slices.Concat(small, positive),
			values:   []string{`1.1234567`},
		},
		{
			// The emulator reads a number as an address.
			reason:   "a number is not an address",
			accepted: []string{`[{"cidr":"0.0.0.0/0"}]`},
			values:   []string{`5`, `100`, `0`, `-0`, `[5]`, `["a",5,null]`, `true`, `false`, `[true,false]`},
		},
		{
			// The emulator wants the first address of a network.
			reason:   "a network named by one of its addresses",
			accepted: []string{`[{"cidr":"10.0.0.5/24"}]`},
			values:   []string{`"10.0.0.1"`, `"10.0.0.255"`, `["x.png","10.0.0.7"]`},
		},
		{
			reason:   "a network of IPv6 named by one of its addresses",
			accepted: []string{`[{"cidr":"2001:0DB8::1/64"}]`},
			values:   []string{`"2001:db8::1"`, `"2001:0DB8:0:0:0:0:0:1"`},
		},
		{
			reason:   "an address with leading zeros",
			accepted: slices.Concat(cidr, []string{`[{"cidr":"0.0.0.0/0"}]`}),
			values:   []string{`"010.0.0.1"`},
		},
		{
			// The emulator's * stops at the end of a line.
			reason: "a wildcard that stands for a line break",
			accepted: []string{`[{"wildcard":"*"}]`, `[{"wildcard":"a*"}]`, `[{"wildcard":"*b"}]`, `[{"wildcard":"a*b"}]`,
				`[{"anything-but":{"wildcard":["a*","*b"]}}]`},
			values: []string{`"a\nb"`},
		},
		{
			// The emulator compares small letters only, and a capital ß is SS.
			reason:   "a letter with two capitals",
			accepted: []string{`[{"equals-ignore-case":"straße"}]`},
			values:   []string{`"STRASSE"`},
		},
		{
			// Event Ruler's README, JSON Array Matching. The emulator does not
			// look into the objects of an array.
			reason: "fields of the objects of an array",
			cases: slices.Concat(
				shape{`{"a":{"b":{"c":[1]}}}`, []string{`{"a":{"b":[{"c":1}]}}`, `{"a":[{"b":{"c":2}},{"b":{"c":1}}]}`}}.questions(),
				shape{`{"a":{"b":[{"exists":false}]}}`, []string{`{"a":[{"b":1},{"c":1}]}`}}.questions(),
				shape{`{"a":{"$or":[{"b":[{"prefix":"x"}]},{"c":{"$or":[{"d":[1]},{"e":[2]}]}}]}}`, []string{`{"a":[{"b":"y"},{"c":{"e":2}}]}`}}.questions(),
				shape{`{"i":{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}}`, []string{`{"i":[{"a":1},{"b":2,"c":3}]}`}}.questions(),
				shape{`{"i":{"a":[1],"b":[2]}}`, []string{`{"i":[{"a":1,"b":2}]}`, `{"i":[{"a":9,"b":9},{"a":1,"b":2}]}`, `{"i":[[{"a":1,"b":2}]]}`, `{"i":[{"a":[0,1],"b":[3,2]}]}`}}.questions(),
				shape{`{"i":{"j":{"a":[1],"b":[2]},"k":[3]}}`, []string{`{"i":[{"j":[{"a":1,"b":0},{"a":1,"b":2}],"k":3}]}`, `{"i":{"j":[{"a":1,"b":2}],"k":3}}`, `{"i":[{"j":{"a":1,"b":2},"k":3}]}`}}.questions(),
				shape{`{"i":{"a":{"x":[1]},"b":{"y":[2]}}}`, []string{`{"i":[{"a":[{"x":0},{"x":1}],"b":[{"y":2}]}]}`}}.questions(),
				shape{`{"i":{"a":[1]},"j":{"a":[2]}}`, []string{`{"i":[{"a":0},{"a":1}],"j":[{"a":2},{"a":0}]}`}}.questions(),
				shape{`{"i":{"a":[1],"z":[{"exists":false}]}}`, []string{`{"i":[{"a":1},{"a":2,"z":0}]}`}}.questions(),
				shape{`{"i":{"m":[1],"b":[{"exists":false}]}}`, []string{`{"i":[{"m":1},{"m":2}]}`}}.questions(),
				shape{`{"i":{"a":[{"anything-but":1}],"b":[2]}}`, []string{`{"i":[{"a":1,"b":2},{"a":3,"b":2}]}`}}.questions(),
			),
		},
		{
			reason: "a field that has no value, below the first level",
			cases:  shape{`{"a":{"b":[{"exists":false}]}}`, []string{`{"a":{"b":{}}}`, `{"a":{"b":[]}}`}}.questions(),
		},
	}
}

// acceptedWith lists the accepted values that hold a text.
func acceptedWith(text string) []string {
	return slices.DeleteFunc(acceptedValues(), func(a string) bool { return !strings.Contains(a, text) })
}

// kind is a kind of question on which the emulator is wrong.
type kind struct {
	reason string
	is     func(q question) bool
}

// motoKinds are the same for the recorded cases, of which none is copied here.
func motoKinds() []kind {
	holds := func(expr string) func(string) bool { return regexp.MustCompile(expr).MatchString }
	nested, truth, foreign := holds(`\[\s*[\[{\]]|\{\s*\}`), holds(`true|false`), holds(`[^\x00-\x7f]|\\u`)
	return []kind{
		{"arrays of objects and of arrays, and what holds no value", func(q question) bool { return nested(q.event) }},
		{"true is 1, to Python", func(q question) bool { return truth(q.event) || truth(q.pattern) }},
		{"networks and addresses", func(q question) bool { return strings.Contains(q.pattern, `"cidr"`) }},
		{"case beyond ASCII", func(q question) bool {
			return strings.Contains(q.pattern, `"equals-ignore-case"`) && foreign(q.pattern+q.event)
		}},
		{"exactly, which the emulator has not got", func(q question) bool { return strings.Contains(q.pattern, `"exactly"`) }},
		{"the range of numeric", func(q question) bool { return strings.Contains(q.pattern, `"numeric"`) && holds(`[0-9]{10}`)(q.event) }},
	}
}

// bus is an event bus with rules, and the events put on it. Patterns that are
// put to the same events share a bus: every rule sees every event of its bus.
type bus struct {
	name     string
	patterns []string
	events   []string
	queues   []string // the address of each pattern's queue
}

// buses distributes questions.
func buses(all []question) []bus {
	events := map[string][]string{} // of each pattern
	var patterns []string
	for _, q := range all {
		if events[q.pattern] == nil {
			patterns = append(patterns, q.pattern)
		}
		if !slices.Contains(events[q.pattern], q.event) {
			events[q.pattern] = append(events[q.pattern], q.event)
		}
	}
	var list []bus
	of := map[string]int{} // a list of events to its bus
	for _, p := range patterns {
		key := strings.Join(events[p], "\n")
		if _, ok := of[key]; !ok {
			of[key] = len(list)
			list = append(list, bus{name: fmt.Sprintf("bus-%d", len(list)), events: events[p]})
		}
		b := &list[of[key]]
		b.patterns = append(b.patterns, p)
	}
	return list
}

// emulator is an empty account of moto.
type emulator struct {
	account string
	bridge  *eventbridge.Client
	queues  *sqs.Client
}

// region is where everything is.
const region = "eu-west-1"

// newEmulator takes an account of the emulator, or skips.
func newEmulator(t *testing.T) emulator {
	t.Helper()
	account := moto.Account()
	cfg := moto.Need(t).Config(account, region)
	return emulator{account, eventbridge.NewFromConfig(cfg), sqs.NewFromConfig(cfg)}
}

// ask puts all questions and gives, for those that matched, the event as it
// arrived.
func (e emulator) ask(ctx context.Context, all []question) (map[question]string, error) {
	list := buses(all)
	if err := e.setUp(ctx, list); err != nil {
		return nil, err
	}
	ids, err := e.putEvents(ctx, list)
	if err != nil {
		return nil, err
	}
	return e.drain(ctx, list, ids)
}

// setUp makes the buses with their rules and queues.
func (e emulator) setUp(ctx context.Context, list []bus) error {
	return parallel(list, func(b *bus) error {
		if _, err := e.bridge.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &b.name}); err != nil {
			return err
		}
		for i, p := range b.patterns {
			queue, err := e.putRule(ctx, b.name, fmt.Sprintf("%s-rule-%d", b.name, i), p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			b.queues = append(b.queues, queue)
		}
		return nil
	})
}

// putRule makes a rule that sends events as they are to a queue of its name,
// and gives the queue's address. A queue of its own for each rule is also
// faster: the emulator counts the whole queue for every message.
func (e emulator) putRule(ctx context.Context, bus, name, text string) (string, error) {
	queue, err := e.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	if _, err = e.bridge.PutRule(ctx, &eventbridge.PutRuleInput{EventBusName: &bus, Name: &name, EventPattern: &text}); err != nil {
		return "", err
	}
	// Without a template the emulator leaves fields of the event out.
	_, err = e.bridge.PutTargets(ctx, &eventbridge.PutTargetsInput{EventBusName: &bus, Rule: &name, Targets: []ebtypes.Target{{
		Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:" + region + ":" + e.account + ":" + name),
		InputTransformer: &ebtypes.InputTransformer{
			InputPathsMap: map[string]string{"id": "$.id"},
			InputTemplate: aws.String(`{"id":"<id>","event":<aws.events.event.json>}`),
		},
	}}})
	return aws.ToString(queue.QueueUrl), err
}

// letter is an event on its way to a bus.
type letter struct {
	event string
	entry ebtypes.PutEventsRequestEntry
}

// letters are all events of all buses.
func letters(list []bus) ([]letter, error) {
	var all []letter
	for _, b := range list {
		for _, event := range b.events {
			var fields struct {
				Source string          `json:"source"`
				Type   string          `json:"detail-type"`
				Detail json.RawMessage `json:"detail"`
			}
			if err := json.Unmarshal([]byte(event), &fields); err != nil {
				return nil, fmt.Errorf("%s: %w", event, err)
			}
			all = append(all, letter{event, ebtypes.PutEventsRequestEntry{
				EventBusName: aws.String(b.name), Source: &fields.Source, DetailType: &fields.Type, Detail: aws.String(string(fields.Detail)),
			}})
		}
	}
	return all, nil
}

// putEvents puts every event on its bus and gives the event of each id.
func (e emulator) putEvents(ctx context.Context, list []bus) (map[string]string, error) {
	all, err := letters(list)
	if err != nil {
		return nil, err
	}
	const most = 10 // entries of one call
	var mu sync.Mutex
	ids := map[string]string{}
	return ids, parallel(slices.Collect(slices.Chunk(all, most)), func(batch *[]letter) error {
		var in eventbridge.PutEventsInput
		for _, l := range *batch {
			in.Entries = append(in.Entries, l.entry)
		}
		out, err := e.bridge.PutEvents(ctx, &in)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for i, entry := range out.Entries {
			if entry.EventId == nil {
				return fmt.Errorf("%s: %s", (*batch)[i].event, aws.ToString(entry.ErrorMessage))
			}
			ids[*entry.EventId] = (*batch)[i].event
		}
		return nil
	})
}

// drain reads the queues until they are empty. The emulator delivers within
// PutEvents, so nothing is on its way any more.
func (e emulator) drain(ctx context.Context, list []bus, ids map[string]string) (map[question]string, error) {
	var mu sync.Mutex
	arrived := map[question]string{}
	return arrived, parallel(list, func(b *bus) error {
		for i, p := range b.patterns {
			messages, err := e.receive(ctx, b.queues[i])
			if err != nil {
				return err
			}
			for _, m := range messages {
				event, ok := ids[m.ID]
				if !ok {
					return fmt.Errorf("%s: an event arrived that was not sent: %s", p, m.Event)
				}
				mu.Lock()
				arrived[question{p, event}] = string(m.Event)
				mu.Unlock()
			}
		}
		return nil
	})
}

// message is what putRule's template makes.
type message struct {
	ID    string          `json:"id"`
	Event json.RawMessage `json:"event"`
}

// receive reads a queue until it is empty.
func (e emulator) receive(ctx context.Context, queue string) ([]message, error) {
	const most = 10 // messages of one call; the emulator gives as many as it has
	var all []message
	for {
		out, err := e.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: most, VisibilityTimeout: 3600})
		if err != nil {
			return nil, err
		}
		for _, m := range out.Messages {
			var one message
			if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &one); err != nil {
				return nil, fmt.Errorf("%s: %w", aws.ToString(m.Body), err)
			}
			all = append(all, one)
		}
		if len(out.Messages) < most {
			return all, nil
		}
	}
}

// workers is how many calls are made at once.
const workers = 4

// parallel calls f with each of a list, a few at a time.
func parallel[T any](list []T, f func(*T) error) error {
	errs := make([]error, len(list))
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				errs[i] = f(&list[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// sendable makes the event of a question one that PutEvents can send. What the
// pattern does not look at is left out; any other question becomes one about
// the detail, which has the same answer.
func (q question) sendable() question {
	var p, e map[string]json.RawMessage
	var source, kind string
	var detail map[string]any
	if json.Unmarshal([]byte(q.pattern), &p) == nil && json.Unmarshal([]byte(q.event), &e) == nil {
		maps.DeleteFunc(p, func(name string, _ json.RawMessage) bool {
			return name == "source" || name == "detail-type" || name == "detail"
		})
		errs := errors.Join(json.Unmarshal(e["source"], &source), json.Unmarshal(e["detail-type"], &kind), json.Unmarshal(e["detail"], &detail))
		if len(p) == 0 && errs == nil && source != "" && kind != "" {
			return question{q.pattern, fmt.Sprintf(`{"source":%s,"detail-type":%s,"detail":%s}`, e["source"], e["detail-type"], e["detail"])}
		}
	}
	return question{`{"detail":` + q.pattern + `}`, sent(q.event)}
}

func TestMotoAgreesOnEveryOperator(t *testing.T) {
	all := append(operatorQuestions(), shapeQuestions()...)
	arrived, err := newEmulator(t).ask(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	exceptions := newTable(motoExceptions())
	for _, q := range all {
		event, match := arrived[q]
		exceptions.check(t, q, match)
		if match {
			checkArrived(t, q, event)
		}
	}
	exceptions.finish(t)
}

// checkArrived checks that an event has the verdict that it had when it was
// sent: it arrives in other words, and with more fields.
func checkArrived(t *testing.T, q question, event string) {
	t.Helper()
	if q.ours(t) != (question{q.pattern, event}).ours(t) {
		t.Errorf("%s: %v on %s, which was sent, but not on %s, which arrived", q.pattern, q.ours(t), q.event, event)
	}
}

func TestMotoAgreesOnTheCorpus(t *testing.T) {
	e := newEmulator(t)
	recorded, _ := corpusQuestions(t)
	if recorded == nil {
		t.Skip("PARRY_CORPUS is not set: it names the folder with the recorded patterns")
	}
	var all []question
	for _, q := range recorded {
		if _, err := pattern.Compile([]byte(q.pattern)); err == nil { // the others are corpus_test.go's
			all = append(all, q.sendable())
		}
	}
	arrived, err := e.ask(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	kinds := motoKinds()
	met := make([]int, len(kinds))
	for _, q := range all {
		event, match := arrived[q]
		if match {
			checkArrived(t, q, event)
		}
		if match == q.ours(t) {
			continue
		}
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.is(q) })
		if i < 0 {
			t.Errorf("%s on %s: here %v, there %v", q.pattern, q.event, !match, match)
			continue
		}
		met[i]++
	}
	for i, n := range met {
		if n == 0 {
			t.Errorf("no case of the corpus falls under %q any more", kinds[i].reason)
		}
	}
}
