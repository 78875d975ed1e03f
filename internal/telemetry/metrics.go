package telemetry

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parry"
)

// maxRules bounds the label of the rule. Whoever has more sees the rest together.
const maxRules = 500

// Gauges are what is asked for at each scrape. What is nil is not told.
type Gauges struct {
	Waiting  func(ctx context.Context) (int, error)           // responses that wait for a person
	QueueAge func(ctx context.Context) (time.Duration, error) // of the oldest event that was not taken yet
	Budgets  func(ctx context.Context) ([]Budget, error)
}

// Budget is how much of its limit per hour a rule has used.
type Budget struct {
	Rule        string
	Used, Limit int
}

// Metrics counts what happens to responses.
type Metrics struct {
	registry         *prometheus.Registry
	gauges           Gauges
	responses, calls *prometheus.CounterVec
	retries, moves   *prometheus.CounterVec
	faults, news     *prometheus.CounterVec
	detect, respond  *prometheus.HistogramVec
	waiting, age     *prometheus.GaugeVec
	used, limit      *prometheus.GaugeVec

	mu    sync.Mutex
	rules map[string]bool
}

// NewMetrics makes metrics in a registry of their own.
func NewMetrics(g Gauges) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), gauges: g, rules: map[string]bool{}}
	m.responses = m.counter("parry_responses_total", "Responses that ended, by tier and state. One that is undone later is counted there, too.", "tier", "state")
	m.moves = m.counter("parry_records_total", "Records of responses, by what happened.", "kind")
	m.calls = m.counter("parry_aws_calls_total", "Calls of responses to AWS, by service and what came of them.", "service", "outcome")
	m.retries = m.counter("parry_aws_retries_total", "Further attempts at calls, after throttling or a fault of the service.", "service")
	m.news = m.counter("parry_news_total", "News to channels, by what came of it: told, failed and tried again, dead and given up, grouped into a storm.", "channel", "outcome")
	m.faults = m.counter("parry_scrape_errors_total", "Figures that could not be asked for at a scrape.", "figure")
	// From a second to a day: GuardDuty and Security Hub take minutes, a late delivery hours.
	m.detect = m.histogram("parry_time_to_detect_seconds", "From when the trouble was first seen to when Parry heard of it.",
		[]float64{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 86400}, "rule")
	m.respond = m.histogram("parry_time_to_respond_seconds", "From when Parry heard of the trouble to the verified end, a person's time for a yes within.",
		[]float64{0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600, 14400, 86400}, "rule", "tier")
	m.waiting = m.gauge("parry_approvals_waiting", "Responses that wait for a person's yes.")
	m.age = m.gauge("parry_queue_age_seconds", "Age of the oldest event that was not taken yet.")
	m.used = m.gauge("parry_budget_used", "Responses of a rule that were carried out in the last hour.", "rule")
	m.limit = m.gauge("parry_budget_limit", "How many responses of a rule may be carried out in an hour.", "rule")
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

// Moved counts a record. It has the form of Responder.Watch.
func (m *Metrics) Moved(resp parry.Response, rec parry.Record) {
	m.moves.WithLabelValues(string(rec.Kind)).Inc()
	rule := m.rule(ruleOf(resp))
	if d := resp.Times.TimeToDetect(); rec.Seq == 1 && d > 0 {
		m.detect.WithLabelValues(rule).Observe(seconds(d))
	}
	tier := resp.Decided.Tier.String()
	if closes(rec) {
		m.responses.WithLabelValues(tier, string(rec.State)).Inc()
	}
	if rec.Kind == parry.MoveVerified {
		m.respond.WithLabelValues(rule, tier).Observe(seconds(resp.Times.TimeToRespond()))
	}
	if c := rec.Call; c != nil && c.State != parry.Intended {
		service, _, _ := strings.Cut(c.Call.Op, ":")
		m.calls.WithLabelValues(service, string(c.State)).Inc()
		if c.Attempts > 1 {
			m.retries.WithLabelValues(service).Add(float64(c.Attempts - 1))
		}
	}
}

// News counts what came of telling a channel. Its labels are the names in the file of channels.
func (m *Metrics) News(channel, outcome string) { m.news.WithLabelValues(channel, outcome).Inc() }

// rule is a rule's label, within the bound.
func (m *Metrics) rule(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.rules[name] && len(m.rules) >= maxRules {
		return "others"
	}
	m.rules[name] = true
	return name
}

// Handler answers scrapes. The figures of the store are asked for first, within the scrape's time: one that cannot be had is left out,
// and counted.
func (m *Metrics) Handler() http.Handler {
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		m.refresh(req.Context())
		scrape.ServeHTTP(w, req)
	})
}

func (m *Metrics) refresh(ctx context.Context) {
	if m.gauges.Waiting != nil {
		n, err := m.gauges.Waiting(ctx)
		m.set(m.waiting, "waiting", float64(n), err)
	}
	if m.gauges.QueueAge != nil {
		age, err := m.gauges.QueueAge(ctx)
		m.set(m.age, "queue age", seconds(age), err)
	}
	if m.gauges.Budgets == nil {
		return
	}
	budgets, err := m.gauges.Budgets(ctx)
	if err != nil {
		m.faults.WithLabelValues("budgets").Inc()
	}
	m.used.Reset()
	m.limit.Reset()
	for _, b := range budgets {
		rule := m.rule(b.Rule)
		m.used.WithLabelValues(rule).Add(float64(b.Used))
		m.limit.WithLabelValues(rule).Add(float64(b.Limit))
	}
}

// set tells a figure, or that it is not known: an old one would look like a good one.
func (m *Metrics) set(v *prometheus.GaugeVec, figure string, to float64, err error) {
	if err != nil {
		v.Reset()
		m.faults.WithLabelValues(figure).Inc()
		return
	}
	v.WithLabelValues().Set(to)
}

// countMost is where the counting of what waits ends: beyond it the number is of no more use.
const countMost = 10_000

// Lister is what is needed of a store to count what waits and to make figures.
type Lister interface {
	List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error)
}

// Waiting counts the responses of a store that wait for a person.
func Waiting(store Lister) func(ctx context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		n, q := 0, parry.Query{State: parry.Waiting}
		for n < countMost {
			page, next, err := store.List(ctx, q)
			if n += len(page); err != nil || next == "" {
				return n, err
			}
			q.After = next
		}
		return n, nil
	}
}
