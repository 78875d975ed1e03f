package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"parry"
	"parry/internal/sqlite"
	"parry/internal/telemetry"
)

func at(seconds int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, seconds, 0, time.UTC)
}

// response is one that took a minute to be heard of and twenty seconds to be done, with three attempts at its one call.
func response(id, rule string, tier parry.Tier) parry.Response {
	return parry.Response{
		ID: id, Key: id, State: parry.Done, Answer: parry.Answer{Rule: rule, Playbook: "iam-deactivate-access-key"}, Decided: parry.Decision{Tier: tier},
		Target: parry.Target{Type: "AWS::IAM::AccessKey", ID: "AKIAEXAMPLE", Account: "111122223333", Region: "us-east-1"},
		Times:  parry.Times{FirstSeen: at(-60), Received: at(0), Planned: at(2), Applied: at(12), Closed: at(20)},
		Results: []parry.Outcome{{
			Change: "deactivate", Call: parry.Call{Op: "iam:UpdateAccessKey", Account: "111122223333", Region: "us-east-1"}, State: parry.Made,
			RequestID: "r-1", Attempts: 3, At: at(13), Took: time.Second,
		}},
	}
}

// moves are the records of that response.
func moves(resp parry.Response) []parry.Record {
	call := resp.Results[0]
	intent := call
	intent.State, intent.Attempts = parry.Intended, 0
	return []parry.Record{
		{Seq: 1, At: at(12), Kind: parry.MoveApproved, State: parry.Approved}, {Seq: 2, At: at(13), Kind: parry.MoveIntent, State: parry.Applying, Call: &intent},
		{Seq: 3, At: at(14), Kind: parry.MoveCall, State: parry.Applying, Call: &call}, {Seq: 4, At: at(14), Kind: parry.MoveApplied, State: parry.Verifying},
		{Seq: 5, At: at(20), Kind: parry.MoveVerified, State: parry.Done},
	}
}

// scrape reads the metrics as Prometheus does: name and labels, with the value or the sum and count.
func scrape(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	all := map[string]string{}
	for name, family := range families {
		for _, m := range family.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			all[strings.Join(append([]string{name}, labels...), " ")] = value(family.GetType(), m)
		}
	}
	return all
}

func value(typ dto.MetricType, m *dto.Metric) string {
	switch typ {
	case dto.MetricType_COUNTER:
		return fmt.Sprint(m.Counter.GetValue())
	case dto.MetricType_GAUGE:
		return fmt.Sprint(m.Gauge.GetValue())
	case dto.MetricType_HISTOGRAM:
		return fmt.Sprintf("%v in %d", m.Histogram.GetSampleSum(), m.Histogram.GetSampleCount())
	}
	return ""
}

func TestScrape(t *testing.T) {
	fail := false
	m := telemetry.NewMetrics(telemetry.Gauges{
		Waiting: func(context.Context) (int, error) {
			if fail {
				return 0, parry.Errorf(parry.Fault, "no store")
			}
			return 3, nil
		},
		QueueAge: func(context.Context) (time.Duration, error) { return 90 * time.Second, nil },
		Budgets: func(context.Context) ([]telemetry.Budget, error) {
			return []telemetry.Budget{{Rule: "keys", Used: 2, Limit: 10}}, nil
		},
	})
	resp := response("pr-1", "keys", parry.TierAuto)
	for _, rec := range moves(resp) {
		m.Moved(resp, rec)
	}
	failed := resp
	failed.Times.Closed = time.Time{}
	failed.Results[0].State = parry.CallFail
	m.Moved(failed, parry.Record{Seq: 3, Kind: parry.MoveCall, State: parry.Applying, Call: &failed.Results[0]})
	m.Moved(failed, parry.Record{Seq: 4, Kind: parry.MoveFailed, State: parry.Failed})
	m.Moved(parry.Response{}, parry.Record{Seq: 1, Kind: parry.MoveTold, State: parry.Alerted})
	got := scrape(t, m.Handler())
	for name, want := range map[string]string{
		"parry_responses_total state=done tier=auto":        "1",
		"parry_responses_total state=failed tier=auto":      "1",
		"parry_responses_total state=alerted tier=alert":    "1",
		"parry_records_total kind=call":                     "2",
		"parry_aws_calls_total outcome=made service=iam":    "1",
		"parry_aws_calls_total outcome=failed service=iam":  "1",
		"parry_aws_retries_total service=iam":               "4",
		"parry_time_to_detect_seconds rule=keys":            "60 in 1",
		"parry_time_to_respond_seconds rule=keys tier=auto": "20 in 1",
		"parry_approvals_waiting":                           "3",
		"parry_queue_age_seconds":                           "90",
		"parry_budget_used rule=keys":                       "2",
		"parry_budget_limit rule=keys":                      "10",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if _, has := got["parry_aws_calls_total outcome=intended service=iam"]; has {
		t.Error("an intent is counted as a call")
	}
	for name := range got {
		if strings.Contains(name, "111122223333") || strings.Contains(name, "AKIAEXAMPLE") {
			t.Errorf("%s names an account or a resource", name)
		}
	}
	fail = true
	got = scrape(t, m.Handler())
	if _, has := got["parry_approvals_waiting"]; has || got["parry_scrape_errors_total figure=waiting"] != "1" {
		t.Errorf("a figure that is not known: %v", got["parry_approvals_waiting"])
	}
}

// However many rules there are, the label has a bound.
func TestLabelsAreBounded(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.Gauges{})
	for i := range 1000 {
		resp := response("pr-1", fmt.Sprintf("rule-%d", i), parry.TierAuto)
		m.Moved(resp, parry.Record{Seq: 1, Kind: parry.MoveApproved, State: parry.Approved})
	}
	n := 0
	got := scrape(t, m.Handler())
	for name := range got {
		if strings.HasPrefix(name, "parry_time_to_detect_seconds ") {
			n++
		}
	}
	if n != 501 || got["parry_time_to_detect_seconds rule=others"] != "30000 in 500" {
		t.Errorf("%d series, others %s", n, got["parry_time_to_detect_seconds rule=others"])
	}
}

// span is what a test looks at.
type span struct {
	Name, Parent string
	From, To     time.Time
	Status       codes.Code
}

func spans(t *testing.T, to *tracetest.InMemoryExporter) (all []span, traces []string) {
	t.Helper()
	names := map[string]string{}
	stubs := to.GetSpans()
	for _, s := range stubs {
		names[s.SpanContext.SpanID().String()] = s.Name
	}
	for _, s := range stubs {
		all = append(all, span{s.Name, names[s.Parent.SpanID().String()], s.StartTime, s.EndTime, s.Status.Code})
		if id := s.SpanContext.TraceID().String(); !slices.Contains(traces, id) {
			traces = append(traces, id)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return strings.Compare(a.Name, b.Name) })
	return all, traces
}

// kept is an exporter that keeps what it has when the tracer is closed.
type kept struct{ *tracetest.InMemoryExporter }

func (kept) Shutdown(context.Context) error { return nil }

// A response is one trace with its calls; an undo, told by another worker, is in the same trace.
func TestTrace(t *testing.T) {
	to := tracetest.NewInMemoryExporter()
	resp := response("pr-1", "keys", parry.TierApprove)
	first := telemetry.NewTracer(t.Context(), kept{to})
	for _, rec := range moves(resp) {
		first.Moved(resp, rec)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	resp.State, resp.Undone = parry.Undone, []parry.Outcome{{Change: "deactivate", Call: parry.Call{Op: "iam:UpdateAccessKey"}, State: parry.CallFail, Error: "Throttling", At: at(30), Took: time.Second}}
	second := telemetry.NewTracer(t.Context(), kept{to})
	second.Moved(resp, parry.Record{Seq: 9, At: at(35), Kind: parry.MoveUndone, State: parry.Undone})
	if err := second.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, traces := spans(t, to)
	want := []span{
		{"iam:UpdateAccessKey", "respond", at(13), at(14), codes.Unset},
		{"iam:UpdateAccessKey", "undo", at(30), at(31), codes.Error},
		{"plan", "respond", at(0), at(2), codes.Unset},
		{"respond", "", at(0), at(20), codes.Unset},
		{"undo", "respond", at(30), at(35), codes.Unset},
		{"wait for a person", "respond", at(2), at(12), codes.Unset},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(traces) != 1 {
		t.Errorf("%d traces", len(traces))
	}
	for _, s := range to.GetSpans() {
		if s.Name != "iam:UpdateAccessKey" || s.Status.Code == codes.Error {
			continue
		}
		if text := fmt.Sprint(s.Attributes); !strings.Contains(text, "r-1") {
			t.Errorf("the call does not name its request: %s", text)
		}
	}
}

// Nothing is sent where nobody named a collector.
func TestTracesAreOff(t *testing.T) {
	for _, env := range []map[string]string{
		{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	} {
		if tr, err := telemetry.TracerFromEnv(t.Context(), func(k string) string { return env[k] }); tr != nil || err != nil {
			t.Errorf("%v: %v %v", env, tr, err)
		}
	}
}

// A collector that the environment names gets the traces.
func TestTracesAreSent(t *testing.T) {
	paths := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { paths <- req.URL.Path }))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL) // the exporter reads the environment itself
	tr, err := telemetry.TracerFromEnv(t.Context(), func(k string) string { return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL}[k] })
	if err != nil || tr == nil {
		t.Fatal(err)
	}
	resp := response("pr-1", "keys", parry.TierAuto)
	tr.Moved(resp, moves(resp)[4])
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-paths; got != "/v1/traces" {
		t.Error(got)
	}
}

func TestStats(t *testing.T) {
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	save := func(n int, rule string, tier parry.Tier, state parry.State, received time.Time, took time.Duration) {
		t.Helper()
		resp := response(fmt.Sprintf("pr-%04d", n), rule, tier)
		resp.State = state
		resp.Times.Received, resp.Times.FirstSeen, resp.Times.Closed = received, received.Add(-time.Minute), received.Add(took)
		rec := parry.Record{Response: resp.ID, Seq: 1, At: received, Kind: parry.MoveTold, State: state}
		rec.Seal("")
		resp.Steps, resp.Chain, resp.Stored = 1, rec.Hash, state
		if err := db.Save(t.Context(), resp, rec); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		save(100+i, "keys", parry.TierAuto, parry.Done, at(i), time.Duration(i+1)*time.Second)
	}
	save(200, "keys", parry.TierAuto, parry.Failed, at(30), time.Hour)
	save(201, "groups", parry.TierApprove, parry.Waiting, at(31), -time.Hour)
	save(1, "keys", parry.TierAuto, parry.Done, at(0).Add(-48*time.Hour), time.Second)
	rows, err := telemetry.Stats(t.Context(), db, at(0).Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []telemetry.Row{
		{Rule: "groups", Tier: "approve", Total: 1, States: map[parry.State]int{parry.Waiting: 1}, Detect: telemetry.Spread{Known: 1, Median: time.Minute, P95: time.Minute}},
		{Rule: "keys", Tier: "auto", Total: 21, States: map[parry.State]int{parry.Done: 20, parry.Failed: 1},
			Detect: telemetry.Spread{Known: 21, Median: time.Minute, P95: time.Minute}, Respond: telemetry.Spread{Known: 20, Median: 10 * time.Second, P95: 19 * time.Second}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if n, err := telemetry.Waiting(db)(t.Context()); n != 1 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
}
