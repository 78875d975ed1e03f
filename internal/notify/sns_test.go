package notify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/moto"
)

// topicOf opens a channel of a topic.
func topicOf(t *testing.T, cfg aws.Config, arn, format string) Channel {
	t.Helper()
	f, err := Read("c.yaml", []byte(`channels: [{name: topic, type: sns, topic: "`+arn+`", format: `+format+`}]`))
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), f, Options{Store: memory{}, Now: (&clock{at: noon}).now, AWS: func(_ context.Context, region string) (aws.Config, error) {
		c := cfg.Copy()
		c.Region = region
		return c, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return n.outs[0].channel
}

// subscribed is a topic whose messages come into a queue, and how to take them from there.
func subscribed(t *testing.T, cfg aws.Config, name string) (arn string, take func() []envelope) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	topics, queues := sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	ti, qi := &sns.CreateTopicInput{Name: &name}, &sqs.CreateQueueInput{QueueName: &name}
	if strings.HasSuffix(name, ".fifo") {
		ti.Attributes, qi.Attributes = map[string]string{"FifoTopic": "true"}, map[string]string{"FifoQueue": "true"}
	}
	topic, err := topics.CreateTopic(t.Context(), ti)
	ok(err)
	queue, err := queues.CreateQueue(t.Context(), qi)
	ok(err)
	at, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	ok(err)
	_, err = topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(at.Attributes["QueueArn"])})
	ok(err)
	return *topic.TopicArn, func() []envelope {
		t.Helper()
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
		ok(err)
		var all []envelope
		for _, m := range got.Messages {
			var e envelope
			ok(json.Unmarshal([]byte(*m.Body), &e))
			all = append(all, e)
		}
		return all
	}
}

// envelope is what SNS puts round a message.
type envelope struct {
	Subject, Message  string
	MessageAttributes map[string]struct{ Type, Value string }
}

func TestATopicIsPublishedTo(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "eu-west-1")
	arn, take := subscribed(t, cfg, "parry")
	r := waiting("pr-1")
	r.State = parry.Waiting
	r.Finding.Info.Title = "Ein Bucket ist öffentlich\nBcc: eve@example.com " + strings.Repeat("x", 200)
	if _, err := topicOf(t, cfg, arn, "text").Tell(t.Context(), News{Kind: Asked, Response: *r, Link: "https://parry.example/responses/pr-1"}, ""); err != nil {
		t.Fatal(err)
	}
	got := take()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	e := got[0]
	if len(e.Subject) > snsSubject || !strings.HasPrefix(e.Subject, "Approval wanted: Ein Bucket ist ?ffentlich Bcc: eve") || strings.ContainsAny(e.Subject, "\r\n") {
		t.Errorf("%q", e.Subject)
	}
	for _, want := range []string{"Ein Bucket ist öffentlich Bcc:", "block: s3:PutPublicAccessBlock", `{"blocked":false} → {"blocked":true}`, "Who may decide: one of oncall", "https://parry.example/responses/pr-1"} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("no %q in %s", want, e.Message)
		}
	}
	attributes := map[string]string{}
	for k, v := range e.MessageAttributes {
		attributes[k] = v.Value
	}
	if diff := cmp.Diff(map[string]string{"kind": "asked", "rule": "open-bucket", "tier": "approve", "account": "111122223333", "severity": "high"}, attributes); diff != "" {
		t.Error(diff)
	}
	// As JSON; too long a plan is left out.
	long := waiting("pr-2")
	for range 3000 {
		long.Plan.Changes = append(long.Plan.Changes, parry.Change{Name: strings.Repeat("ü", 40), Call: parry.Call{Op: "s3:Put"}, After: "x"})
	}
	for _, n := range []News{{Kind: Ended, Response: *waiting("pr-1")}, {Kind: Ended, Response: *long}} {
		if _, err := topicOf(t, cfg, arn, "json").Tell(t.Context(), n, ""); err != nil {
			t.Fatal(err)
		}
		var p posted
		if got := take(); len(got) != 1 || json.Unmarshal([]byte(got[0].Message), &p) != nil || p.Version != 1 || p.Response.ID != n.Response.ID {
			t.Errorf("%+v", got)
		}
	}
}

// A FIFO topic has the same news once, though it is published twice.
func TestAFIFOTopicHasNewsOnce(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "eu-west-1")
	arn, take := subscribed(t, cfg, "parry.fifo")
	ch := topicOf(t, cfg, arn, "text")
	r := waiting("pr-1")
	for range 2 {
		if _, err := ch.Tell(t.Context(), News{Kind: Asked, Response: *r}, ""); err != nil {
			t.Fatal(err)
		}
	}
	r.State = parry.Rejected
	if _, err := ch.Tell(t.Context(), News{Kind: Ended, Response: *r}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.TellStorm(t.Context(), Storm{Rule: "open-bucket", Kind: Asked, Count: 3}, ""); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range append(take(), take()...) {
		if strings.HasPrefix(e.Subject, "Approval wanted") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d times", n)
	}
}

func TestSNSErrors(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "eu-west-1")
	_, err := topicOf(t, cfg, "arn:aws:sns:eu-west-1:111122223333:gone", "text").Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, "")
	if err == nil || parry.KindOf(err) != parry.Refused || !strings.Contains(err.Error(), "NotFound") || parry.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	// What moto does not say, in the form of the service.
	for code, want := range map[string]parry.Kind{"AuthorizationError": parry.Refused, "InvalidParameter": parry.Invalid, "InternalError": parry.Fault, "Throttling": parry.Fault, "KMSThrottling": parry.Fault} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>no</Message></Error></ErrorResponse>`))
		}))
		c := aws.Config{Region: "eu-west-1", BaseEndpoint: &srv.URL, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
		_, err := topicOf(t, c, "arn:aws:sns:eu-west-1:111122223333:parry", "text").Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, "")
		if err == nil || parry.KindOf(err) != want {
			t.Errorf("%s: %v", code, err)
		}
		srv.Close()
	}
	if err := snsFailed(errors.New("no route to host")); parry.KindOf(err) != parry.Fault {
		t.Error(err)
	}
	for _, arn := range []string{"parry", "arn:aws:sqs:eu-west-1:111122223333:parry", "arn:aws:sns:eu-west-1:111122223333:parry:sub", "arn:aws:sns::111122223333:parry"} {
		f, err := Read("c.yaml", []byte(`channels: [{name: topic, type: sns, topic: "`+arn+`"}]`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), f, Options{AWS: func(context.Context, string) (aws.Config, error) { return aws.Config{}, nil }}); err == nil {
			t.Errorf("%s is taken", arn)
		}
	}
}
