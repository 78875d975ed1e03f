// Package queue takes messages from a queue of Amazon SQS, and gives each back in one of four ways: it is done, it comes again later,
// it comes again at once, or it is put aside with the reason.
package queue

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parry"
)

// Limits of SQS. Source: "Amazon SQS message quotas", and ReceiveMessage in the API Reference.
const (
	most       = 10             // messages in one answer
	longest    = 20             // seconds that a receive may wait
	invisible  = 12 * time.Hour // from the receive on, at most
	largest    = 1 << 20        // bytes of a message with its attributes
	attributes = 10             // of one message
)

// ReasonAttribute is the message attribute that says why a message was put aside.
const ReasonAttribute = "parry-reason"

// API is what is asked of SQS.
type API interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Options name the queues.
type Options struct {
	URL string
	// DeadLetter is the URL of the queue for what is put aside. Without one a message that nobody can answer is left to the redrive
	// policy of its own queue.
	DeadLetter string
	// Visibility is how long a message is hidden from others each time it is received or kept.
	Visibility time.Duration
}

// Queue is one queue. It is safe for concurrent use.
type Queue struct {
	api  API
	o    Options
	sent atomic.Int64 // when the oldest of the messages that came last was sent, in epoch milliseconds; 0 while they are polled
}

// New makes a queue.
func New(api API, o Options) *Queue { return &Queue{api: api, o: o} }

// Keeps tells whether there is a place for what is put aside.
func (q *Queue) Keeps() bool { return q.o.DeadLetter != "" }

// Take waits for messages by a long poll, and gives at most n. None is no error: it was quiet for a while.
func (q *Queue) Take(ctx context.Context, n int) ([]*Message, error) {
	q.sent.Store(0) // what came before is taken
	out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.o.URL, MaxNumberOfMessages: int32(min(max(n, 1), most)), WaitTimeSeconds: longest, VisibilityTimeout: seconds(q.o.Visibility),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameMessageGroupId,
			types.MessageSystemAttributeNameSentTimestamp},
		MessageAttributeNames: []string{"All"}, // they go along when it is put aside
	})
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "receive from %s: %w", q.o.URL, err).
			WithHint("the credentials need sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on the queue")
	}
	all, oldest := make([]*Message, len(out.Messages)), int64(0)
	for i, m := range out.Messages {
		all[i] = &Message{queue: q, m: m, tries: receives(m)}
		if at, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	q.sent.Store(oldest)
	return all, nil
}

// Oldest is when the oldest of the messages that came last was sent; false while the queue is polled and gives none. SQS tells of a
// message's age only with the message: while all workers are busy nothing is taken, and this is the age of what they were given last.
// CloudWatch has ApproximateAgeOfOldestMessage.
func (q *Queue) Oldest() (time.Time, bool) {
	at := q.sent.Load()
	return time.UnixMilli(at), at != 0
}

// receives is how often a message was received so far, this time included. Where the queue does not say, it is the first time.
func receives(m types.Message) int {
	n, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// seconds is a time as SQS takes it: whole seconds, rounded up, within what it allows.
func seconds(d time.Duration) int32 {
	d = min(max(d, 0), invisible)
	return int32((d + time.Second - 1) / time.Second)
}

// Message is one message that was received and is hidden from others.
type Message struct {
	queue *Queue
	m     types.Message
	tries int
}

// Name names the message for people.
func (m *Message) Name() string { return "message " + aws.ToString(m.m.MessageId) }

// Body is the message's text.
func (m *Message) Body() []byte { return []byte(aws.ToString(m.m.Body)) }

// Tries is how often the message was received, this time included.
func (m *Message) Tries() int { return m.tries }

// Keep hides the message from others for another while. It is called again and again while somebody works on it.
func (m *Message) Keep(ctx context.Context) error { return m.hide(ctx, m.queue.o.Visibility) }

// Again gives the message back: it is received again after a while.
func (m *Message) Again(ctx context.Context, after time.Duration) error { return m.hide(ctx, after) }

func (m *Message) hide(ctx context.Context, d time.Duration) error {
	_, err := m.queue.api.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &m.queue.o.URL, ReceiptHandle: m.m.ReceiptHandle, VisibilityTimeout: seconds(d),
	})
	if err != nil {
		return parry.Errorf(parry.Fault, "hide %s for %s: %w", m.Name(), d, err)
	}
	return nil
}

// Done deletes the message.
func (m *Message) Done(ctx context.Context) error {
	_, err := m.queue.api.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &m.queue.o.URL, ReceiptHandle: m.m.ReceiptHandle})
	if err != nil {
		return parry.Errorf(parry.Fault, "delete %s: %w", m.Name(), err)
	}
	return nil
}

// Aside sends the message to the dead-letter queue, as it is and with the reason, and then deletes it: a crash between the two leaves
// it in both. Where there is no such queue it only comes again later, until its own queue's redrive policy takes it.
func (m *Message) Aside(ctx context.Context, why string) error {
	if !m.queue.Keeps() {
		return m.Again(ctx, invisible/48) // a quarter of an hour: nothing is better by then, and the redrive policy counts receives
	}
	in := &sqs.SendMessageInput{QueueUrl: &m.queue.o.DeadLetter, MessageBody: m.m.Body, MessageAttributes: m.withReason(why)}
	if strings.HasSuffix(m.queue.o.DeadLetter, ".fifo") {
		group, ok := m.m.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)]
		if !ok {
			group = "parry"
		}
		in.MessageGroupId, in.MessageDeduplicationId = &group, m.m.MessageId
	}
	if _, err := m.queue.api.SendMessage(ctx, in); err != nil {
		return parry.Errorf(parry.Fault, "put %s aside: %w", m.Name(), err).WithHint("the credentials need sqs:SendMessage on the dead-letter queue")
	}
	return m.Done(ctx)
}

// withReason adds the reason to the message's own attributes. One that the message has no room for is left out: the text is worth more.
func (m *Message) withReason(why string) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{}
	room := largest - len(aws.ToString(m.m.Body))
	add := func(name string, v types.MessageAttributeValue) {
		size := len(name) + len(aws.ToString(v.DataType)) + len(aws.ToString(v.StringValue)) + len(v.BinaryValue)
		if len(all) < attributes && size <= room {
			all[name], room = v, room-size
		}
	}
	add(ReasonAttribute, types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(Reason(why))})
	for name, v := range m.m.MessageAttributes {
		if name != ReasonAttribute { // of an earlier time, before somebody sent it back
			add(name, v)
		}
	}
	return all
}

// maxReason is how much of a reason is kept, in bytes.
const maxReason = 1024

// Reason makes a reason fit for a message attribute: not empty, not long, and only of the characters that SQS takes. Source:
// SendMessage in the Amazon SQS API Reference, on the characters of a message.
func Reason(why string) string {
	why = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff:
			return '.'
		}
		return r
	}, strings.ToValidUTF8(why, "."))
	if len(why) > maxReason {
		why = strings.ToValidUTF8(why[:maxReason-3], "") + "..."
	}
	if strings.TrimSpace(why) == "" {
		return "no reason was given"
	}
	return why
}
