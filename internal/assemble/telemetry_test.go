package assemble_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/rules"
)

// The scene's engine, watched: what it does is counted, and the rule's budget with it.
func TestMetricsOfTheEngine(t *testing.T) {
	s := newScene(t, strings.Replace(publishing, "    publish: securityhub", "    limits: {per_hour: 5}", 1))
	m := assemble.Metrics(s.store, s.engine.Matcher.(*rules.Book), s.Now, nil)
	s.engine.Watch = m.Moved
	s.isState(s.deliver(s.event(s.Now().Add(-time.Minute), "")), parry.Done, "")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, line := range []string{
		`parry_responses_total{state="done",tier="auto"} 1`, `parry_aws_calls_total{outcome="made",service="iam"} 1`, `parry_budget_used{rule="keys"} 1`,
		`parry_budget_limit{rule="keys"} 5`, `parry_time_to_respond_seconds_count{rule="keys",tier="auto"} 1`, "parry_approvals_waiting 0",
	} {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("%s is not told", line)
		}
	}
}
