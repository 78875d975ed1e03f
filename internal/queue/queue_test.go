package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parry"
	"parry/internal/moto"
	"parry/internal/queue"
)

// fake is SQS with one message, which keeps what is asked of it.
type fake struct {
	message types.Message
	err     error
	asked   []string
	sent    *sqs.SendMessageInput
	hidden  []int32
}

func (f *fake) note(what string) error {
	f.asked = append(f.asked, what)
	return f.err
}

func (f *fake) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	return &sqs.ReceiveMessageOutput{Messages: []types.Message{f.message}}, f.note(fmt.Sprintf("receive %d for %d s, hidden %d s", in.MaxNumberOfMessages, in.WaitTimeSeconds, in.VisibilityTimeout))
}

func (f *fake) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.sent = in
	return &sqs.SendMessageOutput{}, f.note("send")
}

func (f *fake) DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	return &sqs.DeleteMessageOutput{}, f.note("delete")
}

func (f *fake) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	f.hidden = append(f.hidden, in.VisibilityTimeout)
	return &sqs.ChangeMessageVisibilityOutput{}, f.note("hide")
}

func take(t *testing.T, f *fake, o queue.Options, n int) *queue.Message {
	t.Helper()
	all, err := queue.New(f, o).Take(t.Context(), n)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	return all[0]
}

func TestTakeKeepsToTheLimits(t *testing.T) {
	f := &fake{message: types.Message{MessageId: aws.String("m"), Body: aws.String("b"), Attributes: map[string]string{"ApproximateReceiveCount": "7"}}}
	m := take(t, f, queue.Options{URL: "q", Visibility: 1500 * time.Millisecond}, 50)
	if want := "receive 10 for 20 s, hidden 2 s"; f.asked[0] != want {
		t.Errorf("%q, not %q", f.asked[0], want)
	}
	if m.Tries() != 7 || string(m.Body()) != "b" || m.Name() != "message m" {
		t.Errorf("%s, %q, %d", m.Name(), m.Body(), m.Tries())
	}
	for _, d := range []time.Duration{0, time.Millisecond, time.Hour, 100 * time.Hour} {
		if err := m.Again(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(f.hidden); got != "[0 1 3600 43200]" {
		t.Errorf("hidden for %s", got)
	}
	q := queue.New(f, queue.Options{})
	for sent, want := range map[string]int64{"1700000000000": 1700000000000, "soon": 0, "": 0} {
		f.message.Attributes["SentTimestamp"] = sent
		if _, err := q.Take(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if at, waits := q.Oldest(); waits != (want > 0) || waits && at.UnixMilli() != want {
			t.Errorf("sent at %q: %s, %t", sent, at, waits)
		}
	}
	f.message.Attributes = nil
	if m := take(t, f, queue.Options{}, 0); m.Tries() != 1 || !strings.HasPrefix(f.asked[len(f.asked)-1], "receive 1 ") {
		t.Errorf("%d tries, %v", m.Tries(), f.asked)
	}
}

func TestAside(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	own := map[string]types.MessageAttributeValue{queue.ReasonAttribute: {DataType: aws.String("String"), StringValue: aws.String("an old reason")}}
	for n := range 12 {
		own[fmt.Sprint("own", n)] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("v")}
	}
	for name, c := range map[string]struct {
		dead, body string
		attributes map[string]types.MessageAttributeValue
		want       string
		reason     string
		kept       int
	}{
		"with a queue":       {dead: "dead", body: "b", want: "send delete", reason: "why\\n", kept: 1},
		"without one":        {body: "b", want: "hide"},
		"no room":            {dead: "dead", body: big, want: "send delete"},
		"its own attributes": {dead: "dead", body: "b", attributes: own, want: "send delete", reason: "why\\n", kept: 10},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{message: types.Message{MessageId: aws.String("m"), Body: &c.body, MessageAttributes: c.attributes}}
			m := take(t, f, queue.Options{URL: "q", DeadLetter: c.dead}, 1)
			if err := m.Aside(t.Context(), "why\\n"); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(f.asked[1:], " "); got != c.want {
				t.Errorf("asked: %s", got)
			}
			if f.sent == nil {
				return
			}
			reason := aws.ToString(f.sent.MessageAttributes[queue.ReasonAttribute].StringValue)
			if *f.sent.QueueUrl != "dead" || *f.sent.MessageBody != c.body || reason != c.reason || len(f.sent.MessageAttributes) != c.kept || f.sent.MessageGroupId != nil {
				t.Errorf("sent with %d attributes, reason %q", len(f.sent.MessageAttributes), reason)
			}
		})
	}
}

// A message that could not be sent aside is not deleted.
func TestAsideLosesNothing(t *testing.T) {
	f := &fake{message: types.Message{MessageId: aws.String("m"), Body: aws.String("b")}}
	m := take(t, f, queue.Options{URL: "q", DeadLetter: "dead.fifo"}, 1)
	f.err = errors.New("denied")
	if err := m.Aside(t.Context(), "why"); err == nil || parry.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if got := strings.Join(f.asked[1:], " "); got != "send" {
		t.Errorf("asked: %s", got)
	}
	if aws.ToString(f.sent.MessageGroupId) != "parry" || aws.ToString(f.sent.MessageDeduplicationId) != "m" {
		t.Error("a FIFO queue needs a group and an id")
	}
}

// The emulator takes the reason, and gives body and reason back as they were.
func TestAsideOnMoto(t *testing.T) {
	client := sqs.NewFromConfig(moto.Need(t).Config(moto.Account(), "us-east-1"))
	urls := map[string]string{}
	for _, name := range []string{"events", "dead"} {
		out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		urls[name] = aws.ToString(out.QueueUrl)
	}
	_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(urls["events"]), MessageBody: aws.String("no event"),
		MessageAttributes: map[string]types.MessageAttributeValue{"own": {DataType: aws.String("String"), StringValue: aws.String("v")}}})
	if err != nil {
		t.Fatal(err)
	}
	q := queue.New(client, queue.Options{URL: urls["events"], DeadLetter: urls["dead"], Visibility: time.Minute})
	all, err := q.Take(t.Context(), 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	if at, waits := q.Oldest(); !waits || time.Since(at) > time.Minute || time.Since(at) < -time.Second {
		t.Errorf("it was sent at %s, %t", at, waits)
	}
	if err := all[0].Aside(t.Context(), "it is\x00 no event\nat all"); err != nil {
		t.Fatal(err)
	}
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(urls["dead"]), MessageAttributeNames: []string{"All"}})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%v", err)
	}
	m := out.Messages[0]
	if reason := aws.ToString(m.MessageAttributes[queue.ReasonAttribute].StringValue); reason != "it is. no event at all" || aws.ToString(m.Body) != "no event" || aws.ToString(m.MessageAttributes["own"].StringValue) != "v" {
		t.Errorf("%q, %q", aws.ToString(m.Body), reason)
	}
}

// A reason is always a text that SQS takes: not empty, not long, of the characters of XML.
func FuzzReason(f *testing.F) {
	for _, s := range []string{"", "why", "\x00\x1b[2J", "\xff\xfe", "a\nb", strings.Repeat("ä", 2000), "\ufffe\uffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := queue.Reason(s)
		if got == "" || len(got) > 1024 || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		for _, r := range got {
			if r < 0x20 || r == 0xfffe || r == 0xffff {
				t.Errorf("%q has %U", got, r)
			}
		}
	})
}
