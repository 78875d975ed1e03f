package telemetry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"parry"
)

// Tracer tells each response as a trace, when it ends: an answer may wait for days and be carried out by another worker, and the
// response knows all that happened. Its trace's id is made from its own, so that a later undo is in the same trace.
type Tracer struct {
	ctx      context.Context
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// NewTracer sends traces to an exporter. The context is that of the whole process, and carries no end.
func NewTracer(ctx context.Context, to sdk.SpanExporter) *Tracer {
	p := sdk.NewTracerProvider(sdk.WithBatcher(to), sdk.WithIDGenerator(ids{}), sdk.WithSampler(sdk.AlwaysSample()),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "parry"))))
	return &Tracer{ctx: context.WithoutCancel(ctx), provider: p, tracer: p.Tracer("parry")}
}

// TracerFromEnv makes a tracer where the environment names a collector, in OpenTelemetry's own variables; nil where it does not: a nil Tracer tells nobody.
// Source: "OpenTelemetry Protocol Exporter" and "General SDK Configuration", OpenTelemetry Specification.
func TracerFromEnv(ctx context.Context, env func(string) string) (*Tracer, error) {
	named := env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	if !named || env("OTEL_SDK_DISABLED") == "true" || env("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	to, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "traces: %w", err).WithHint("see the variables OTEL_EXPORTER_OTLP_...")
	}
	return NewTracer(ctx, to), nil
}

// Close sends what was not sent yet.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Moved tells a response that ended. It has the form of Responder.Watch.
func (t *Tracer) Moved(resp parry.Response, rec parry.Record) {
	switch {
	case t == nil || !closes(rec):
	case rec.Kind == parry.MoveUndone || len(resp.Undone) > 0:
		t.undo(resp, rec)
	default:
		t.response(resp, rec)
	}
}

// response tells a response from the event to the end.
func (t *Tracer) response(resp parry.Response, rec parry.Record) {
	began := resp.Times.Received
	if began.IsZero() {
		began = rec.At
	}
	ctx, root := t.tracer.Start(context.WithValue(t.ctx, idKey{}, resp.ID), "respond", trace.WithTimestamp(began), trace.WithAttributes(about(resp)...))
	t.stage(ctx, "plan", began, resp.Times.Planned)
	if resp.Decided.Tier == parry.TierApprove {
		t.stage(ctx, "wait for a person", resp.Times.Planned, resp.Times.Applied)
	}
	t.calls(ctx, resp.Results)
	finish(root, resp, rec)
}

// undo tells how a response was taken back, in its own trace.
func (t *Tracer) undo(resp parry.Response, rec parry.Record) {
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID(resp.ID), SpanID: rootID(resp.ID), TraceFlags: trace.FlagsSampled, Remote: true})
	began := rec.At
	for _, o := range resp.Undone {
		if o.At.Before(began) {
			began = o.At
		}
	}
	ctx, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(t.ctx, parent), "undo", trace.WithTimestamp(began), trace.WithAttributes(about(resp)...))
	t.calls(ctx, resp.Undone)
	finish(span, resp, rec)
}

func finish(span trace.Span, resp parry.Response, rec parry.Record) {
	span.SetAttributes(attribute.String("parry.state", string(rec.State)))
	if rec.State == parry.Failed || rec.State == parry.Unreadable {
		span.SetStatus(codes.Error, resp.Reason)
	}
	span.End(trace.WithTimestamp(rec.At))
}

func about(resp parry.Response) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("parry.response", resp.ID), attribute.String("parry.rule", ruleOf(resp)), attribute.String("parry.playbook", resp.Answer.Playbook),
		attribute.String("parry.tier", resp.Decided.Tier.String()), attribute.String("parry.finding.type", resp.Finding.Type()),
		attribute.String("cloud.provider", "aws"), attribute.String("cloud.account.id", resp.Target.Account), attribute.String("cloud.region", resp.Target.Region),
	}
}

// stage is a part of the way that has no calls of its own; none where its times are not known.
func (t *Tracer) stage(ctx context.Context, name string, from, to time.Time) {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return
	}
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(from))
	span.End(trace.WithTimestamp(to))
}

// calls tells each call to AWS. Source of the attributes: "Semantic Conventions for AWS SDK", OpenTelemetry.
func (t *Tracer) calls(ctx context.Context, all []parry.Outcome) {
	for _, o := range all {
		_, span := t.tracer.Start(ctx, o.Call.Op, trace.WithTimestamp(o.At), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("rpc.system", "aws-api"), attribute.String("aws.request_id", o.RequestID), attribute.Int("parry.attempts", o.Attempts),
			attribute.String("parry.change", o.Change), attribute.String("parry.outcome", string(o.State)), attribute.String("cloud.region", o.Call.Region)))
		switch o.State {
		case parry.CallFail:
			span.SetStatus(codes.Error, o.Error)
		case parry.Intended:
			span.SetStatus(codes.Error, "no answer was recorded")
		}
		span.End(trace.WithTimestamp(o.At.Add(o.Took)))
	}
}

// ids makes the ids of spans: those of a response's trace and its root from the response's id, all others at random.
type ids struct{}

type idKey struct{}

// NewIDs implements sdk.IDGenerator.
func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, _ := ctx.Value(idKey{}).(string)
	return traceID(id), rootID(id)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	_, _ = rand.Read(id[:]) // never fails: crypto/rand.Read ends the program instead
	return id
}

func traceID(response string) (id trace.TraceID) {
	sum := sha256.Sum256([]byte("trace " + response))
	copy(id[:], sum[:])
	return id
}

func rootID(response string) (id trace.SpanID) {
	sum := sha256.Sum256([]byte("root " + response))
	copy(id[:], sum[:])
	return id
}
