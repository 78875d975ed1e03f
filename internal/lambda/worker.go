package lambda

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"parry"
	"parry/internal/serve"
)

// work answers what the queue gives, or one event that EventBridge gives at once. Of a batch only the messages come again that are not through.
// Source: "Implementing partial batch responses", AWS Lambda Developer Guide; the event source must have ReportBatchItemFailures.
func (h *Handler) work(ctx context.Context, payload []byte) (any, error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(payload, &batch); err != nil || len(batch.Records) == 0 || batch.Records[0].EventSource != "aws:sqs" {
		return nil, h.event(ctx, payload)
	}
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, m := range batch.Records {
		if err := h.message(ctx, m); err != nil {
			h.o.Log.Warn("comes again", "message", m.MessageId, "tries", m.Attributes["ApproximateReceiveCount"], "reason", clean(err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer, nil
}

// message answers one message. What can never be read is put aside at once, with the reason.
func (h *Handler) message(ctx context.Context, m events.SQSMessage) error {
	name := "message " + m.MessageId
	if ctx.Err() != nil {
		return parry.Errorf(parry.Fault, "the function's time is over before it was begun")
	}
	out, err := h.answer(ctx, name, []byte(m.Body))
	if err != nil {
		return err
	}
	if !out.Through() || len(out.Malformed) == 0 {
		return out.Err()
	}
	if h.o.Aside == nil {
		return out.Err() // the queue's redrive policy puts it aside after so many receives
	}
	why := errors.Join(out.Malformed...).Error()
	h.o.Log.Error("put aside", "message", m.MessageId, "reason", clean(why))
	return h.o.Aside.PutAside(ctx, m.Body, why)
}

// event answers one event that came by itself. An error makes Lambda try again, and then put it aside, as the function is configured.
func (h *Handler) event(ctx context.Context, payload []byte) error {
	out, err := h.answer(ctx, "event", payload)
	if err != nil {
		return err
	}
	return out.Err()
}

// answer answers all findings of a text, and hands over to the state machine what is not at its end. A text that is answered twice hands over
// twice, which is once: an execution has the response's name.
func (h *Handler) answer(ctx context.Context, name string, body []byte) (serve.Outcome, error) {
	if ended, err := h.ended(ctx, body); ended || err != nil {
		return serve.Outcome{}, err
	}
	out := serve.Once(ctx, h.engine(ctx, afar), h.o.Log, name, body)
	return out, h.handOver(context.WithoutCancel(ctx), out.Responses)
}

// handOver starts the state machine for responses that are not at their end, and for those that are to be taken back after a time.
func (h *Handler) handOver(ctx context.Context, responses []parry.Response) error {
	var failed []error
	for _, r := range responses {
		stays := r.State == parry.Done && r.Answer.For > 0 && r.Stays == ""
		if r.ID == "" || r.Stored == "" || !r.State.Open() && !stays {
			continue
		}
		if err := h.o.Machine.Start(ctx, r.ID, input{Response: r.ID}); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
