package serve_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parry"
	"parry/internal/moto"
	"parry/internal/queue"
	"parry/internal/tap"
)

// line is a queue on the emulator, with its dead-letter queue. What the engine asks of AWS is asked of the twin.
type line struct {
	*scene
	sqs              *sqs.Client
	url, dead        string
	deleted, changed atomic.Int64
	loseDeletes      atomic.Bool
}

func newLine(t *testing.T) *line {
	server := moto.Need(t)
	l := &line{scene: newScene(t), sqs: sqs.NewFromConfig(server.Config(moto.Account(), "us-east-1"))}
	for name, url := range map[string]*string{"events": &l.url, "dead": &l.dead} {
		out, err := l.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		l.ok(err)
		*url = aws.ToString(out.QueueUrl)
	}
	return l
}

// api is the queue as a server has it, with short polls and deletes that can get lost.
type api struct {
	*sqs.Client
	l *line
}

func (a api) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, o ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	c := *in
	c.WaitTimeSeconds = 1 // the emulator holds a long poll against everybody who wants to send
	return a.Client.ReceiveMessage(ctx, &c, o...)
}

func (a api) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, o ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if a.l.loseDeletes.Load() {
		return nil, errDied
	}
	a.l.deleted.Add(1)
	return a.Client.DeleteMessage(ctx, in, o...)
}

func (a api) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, o ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	a.l.changed.Add(1)
	return a.Client.ChangeMessageVisibility(ctx, in, o...)
}

func (l *line) queue() *queue.Queue {
	return queue.New(api{l.sqs, l}, queue.Options{URL: l.url, DeadLetter: l.dead, Visibility: 2 * time.Second})
}

func (l *line) send(bodies ...string) {
	l.t.Helper()
	for _, b := range bodies {
		_, err := l.sqs.SendMessage(l.t.Context(), &sqs.SendMessageInput{QueueUrl: &l.url, MessageBody: &b})
		l.ok(err)
	}
}

// empty tells whether nothing is in a queue, hidden or not.
func (l *line) empty(url string) bool {
	l.t.Helper()
	out, err := l.sqs.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	l.ok(err)
	return out.Attributes["ApproximateNumberOfMessages"] == "0" && out.Attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
}

// aside is what lies in the dead-letter queue: body and reason.
func (l *line) aside() (body, reason string) {
	l.t.Helper()
	out, err := l.sqs.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &l.dead, MessageAttributeNames: []string{"All"}})
	l.ok(err)
	if len(out.Messages) != 1 {
		l.t.Fatalf("%d messages were put aside", len(out.Messages))
	}
	m := out.Messages[0]
	return aws.ToString(m.Body), aws.ToString(m.MessageAttributes[queue.ReasonAttribute].StringValue)
}

// Events, delivered twice and wrapped by SNS, are answered once each, and the queue is empty then.
func TestQueueIsAnswered(t *testing.T) {
	l := newLine(t)
	for n := range 5 {
		user := fmt.Sprintf("user%d", n)
		e := event(user, l.key(user))
		l.send(e, e, fmt.Sprintf(`{"Type":"Notification","Message":%q}`, e))
	}
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("every message is deleted", func() bool { return l.empty(l.url) })
	stop()
	db := l.store()
	all := l.responses(db)
	if len(all) != 5 || count(all, parry.Done) != 5 {
		t.Fatalf("%d responses, %d done", len(all), count(all, parry.Done))
	}
	for _, r := range all {
		l.once(db, r)
		if r.Seen != 2 {
			t.Errorf("response %s was seen %d times again", r.ID, r.Seen)
		}
	}
	if n := l.calls("UpdateAccessKey"); n != 5 {
		t.Errorf("%d keys were changed", n)
	}
	if !l.empty(l.dead) || !l.log.has("msg=verified") || !l.log.has("account="+account) {
		t.Error("something was put aside, or the log does not tell of the steps")
	}
	if strings.ContainsAny(l.log.String(), "\x1b\u202e") {
		t.Error("foreign text is in the log as it is")
	}
}

// A message whose finding waits for a person is done: the response has it.
func TestAQuestionIsDoneForTheQueue(t *testing.T) {
	l := newLine(t)
	e := eventOf("Recon:IAMUser/UserPermissions", "alice", l.key("alice"))
	l.send(e, e, e)
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("every message is deleted", func() bool { return l.empty(l.url) })
	stop()
	if all := l.responses(l.store()); len(all) != 1 || all[0].State != parry.Waiting {
		t.Errorf("%d responses, the first is %q", len(all), all[0].State)
	}
}

// What is no event is put aside with the reason; what stands beside it is answered.
func TestMalformedIsPutAside(t *testing.T) {
	l := newLine(t)
	body := `[` + event("bob", l.key("bob")) + `, {"hello": "world"}]`
	l.send(body)
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("it is put aside", func() bool { return l.empty(l.url) && !l.empty(l.dead) })
	stop()
	got, reason := l.aside()
	if got != body || !strings.Contains(reason, "not an event") {
		t.Errorf("put aside: %s, as %q", got, reason)
	}
	if all := l.responses(l.store()); count(all, parry.Done) != 1 {
		t.Errorf("%d of %d responses are done", count(all, parry.Done), len(all))
	}
}

// What fails comes again, and is put aside with the reason after so many times.
func TestFailingIsPutAside(t *testing.T) {
	l := newLine(t)
	l.send(event("carol", l.key("carol")))
	l.org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied()})
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("it is put aside", func() bool { return l.empty(l.url) && !l.empty(l.dead) })
	stop()
	if _, reason := l.aside(); !strings.Contains(reason, "not authorized") {
		t.Errorf("the reason is %q", reason)
	}
	if all := l.responses(l.store()); len(all) != 3 || count(all, parry.Failed) != 3 {
		t.Errorf("%d responses, %d failed", len(all), count(all, parry.Failed))
	}
	if n := strings.Count(l.log.String(), `msg="comes again"`); n != 2 {
		t.Errorf("it came again %d times", n)
	}
}

// A failure that passes is answered, without anything being put aside.
func TestATransientFailureIsAnswered(t *testing.T) {
	l := newLine(t)
	l.send(event("dave", l.key("dave")))
	l.org.Inject(tap.Fault{Operation: "ListAccessKeys", Err: tap.Denied(), Times: 1}) // no plan can be made
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("it is done", func() bool { return l.empty(l.url) })
	stop()
	if all := l.responses(l.store()); count(all, parry.Done) != 1 || !l.empty(l.dead) {
		t.Errorf("%d of %d responses are done", count(all, parry.Done), len(all))
	}
}

// A server that dies between the answer and the delete gets the message again, and applies nothing twice.
func TestDeliveredAgainAfterACrash(t *testing.T) {
	l := newLine(t)
	l.loseDeletes.Store(true)
	l.send(event("erin", l.key("erin")))
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("it is answered and not deleted", func() bool { return l.log.has("could not be given back") })
	stop()
	l.loseDeletes.Store(false)
	o = l.options()
	o.Queue = l.queue()
	_, stop = l.run(o)
	l.until("it is done", func() bool { return l.empty(l.url) })
	stop()
	db := l.store()
	all := l.responses(db)
	if len(all) != 1 {
		t.Fatalf("%d responses", len(all))
	}
	l.once(db, all[0])
	if n := l.calls("UpdateAccessKey"); n != 1 {
		t.Errorf("the key was changed %d times", n)
	}
}

// A message stays hidden for as long as it is worked on, which is longer than its visibility.
func TestVisibilityIsExtended(t *testing.T) {
	l := newLine(t)
	l.send(event("frank", l.key("frank")))
	l.org.SetLatency(func(_, op string) time.Duration {
		if op == "UpdateAccessKey" {
			return 5 * time.Second
		}
		return 0
	})
	o := l.options()
	o.Queue = l.queue()
	_, stop := l.run(o)
	l.until("it is done", func() bool { return l.empty(l.url) })
	stop()
	all := l.responses(l.store())
	if len(all) != 1 || all[0].Seen != 0 || all[0].State != parry.Done {
		t.Errorf("%d responses; the first was seen %d times again and is %q", len(all), all[0].Seen, all[0].State)
	}
	if n := l.changed.Load(); n < 4 {
		t.Errorf("it was extended %d times", n)
	}
}

// When the grace is over, what is in hand is given back at once and is not a failure: the next server takes the response up.
func TestGraceEnds(t *testing.T) {
	l := newLine(t)
	l.send(event("grace", l.key("grace")))
	var slow atomic.Bool
	slow.Store(true)
	l.org.SetLatency(func(_, op string) time.Duration {
		if op == "UpdateAccessKey" && slow.Load() {
			return time.Minute
		}
		return 0
	})
	o := l.options()
	o.Queue, o.Grace = l.queue(), 300*time.Millisecond
	_, stop := l.run(o)
	l.until("the call is under way", func() bool { return l.log.has("msg=intent") })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it stopped after %s", took)
	}
	db := l.store()
	if all := l.responses(db); len(all) != 1 || all[0].State != parry.Applying {
		t.Fatalf("%d responses, the first is %q: %s", len(all), all[0].State, all[0].Reason)
	}
	slow.Store(false)
	o = l.options()
	o.Queue = l.queue()
	_, stop = l.run(o)
	l.until("it is done", func() bool { return l.empty(l.url) })
	stop()
	all := l.responses(db)
	if len(all) != 1 || all[0].State != parry.Done {
		t.Fatalf("%d responses, the first is %q: %s", len(all), all[0].State, all[0].Reason)
	}
}

// Two servers on one queue and one store answer every event, and apply nothing twice.
func TestTwoServersShareAQueue(t *testing.T) {
	l := newLine(t)
	const keys = 12
	for n := range keys {
		user := fmt.Sprintf("user%d", n)
		e := event(user, l.key(user))
		l.send(e, e)
	}
	l.org.SetLatency(func(string, string) time.Duration { return 10 * time.Millisecond })
	for range 2 {
		o := l.options()
		o.Queue = l.queue()
		l.run(o)
	}
	l.until("every message is deleted", func() bool { return l.empty(l.url) })
	db := l.store()
	all := l.responses(db)
	if len(all) != keys || count(all, parry.Done) != keys {
		t.Fatalf("%d responses, %d done", len(all), count(all, parry.Done))
	}
	for _, r := range all {
		l.once(db, r)
	}
	if n := l.calls("UpdateAccessKey"); n != keys {
		t.Errorf("%d keys were changed", n)
	}
	if !l.empty(l.dead) {
		t.Error("something was put aside")
	}
}
