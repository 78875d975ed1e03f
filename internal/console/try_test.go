package console

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"parry/internal/cases"
	"parry/internal/signin"
)

var eventField = regexp.MustCompile(`(?s)<textarea id="event"[^>]*>(.*?)</textarea>`)

// The events of the demo and of a case are planned as they are picked, and nothing of it is stored.
func TestTry(t *testing.T) {
	s := newScene(t, sceneOptions{silent: true})
	b := s.as("vera@example.com", signin.Viewer)
	for id, want := range map[string][]string{
		"demo/1": {"iam-deactivate-access-key", "guardduty-access-key-abused", "Inactive"},
		"demo/3": {"s3-block-public-access"},
		"ec2-quarantine/" + caseOf(t, "ec2-quarantine"): {"ec2-quarantine"},
	} {
		_, page := b.get("/try?case=" + id)
		m := eventField.FindStringSubmatch(page)
		if m == nil || strings.TrimSpace(m[1]) == "" {
			t.Fatalf("%s: no event: %s", id, short(page))
		}
		event := strings.ReplaceAll(html.UnescapeString(m[1]), "\n", "\r\n") // as browsers send it
		status, page := b.post("/try", "case", id, "event", event)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", id, status, short(page))
		}
		like(t, page, append(want, "What Parry would do")...)
		if strings.Contains(page, `\u000d`) {
			t.Errorf("%s: the ends of lines are shown", id)
		}
	}
	if all, _, err := s.store.List(t.Context(), pastEverything); err != nil || len(all) != 0 {
		t.Errorf("%d were stored, %v", len(all), err)
	}
	for name, event := range map[string]string{
		"nothing": " ", "no JSON": "{", "no event": `{"a": 1}`, "two": `[{"a":1},{"b":2}]`, "a name that is not there": `{"source":"aws.guardduty","detail":{"id":"${nope}"}}`,
	} {
		if status, page := b.post("/try", "case", "demo/1", "event", event); status != http.StatusUnprocessableEntity || !strings.Contains(page, "It cannot be planned.") {
			t.Errorf("%s: %d %s", name, status, short(page))
		}
	}
	// What no rule answers says so, and which came close.
	odd, err := json.Marshal(map[string]any{"version": "0", "id": "1", "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": "200000000002", "region": "us-east-1", "time": "2026-01-01T00:00:00Z",
		"detail": map[string]any{"schemaVersion": "2.0", "accountId": "200000000002", "region": "us-east-1", "partition": "aws", "id": "x", "arn": "arn:aws:guardduty:us-east-1:200000000002:detector/d/finding/x", "type": "Odd:Thing/None", "severity": 2,
			"title": "odd", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z", "resource": map[string]any{"resourceType": "None"}, "service": map[string]any{"archived": false, "count": 1}}})
	if err != nil {
		t.Fatal(err)
	}
	status, page := b.post("/try", "event", string(odd))
	if status != http.StatusOK {
		t.Errorf("%d %s", status, short(page))
	}
	like(t, page, "Odd:Thing/None", "Why other rules do not answer")
}

// caseOf is a case of a playbook that runs on the twin.
func caseOf(t *testing.T, name string) string {
	t.Helper()
	all, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if _, runs := c.Runs(cases.OnTwin); c.Playbook == name && runs && strings.Contains(c.Plan, "~") {
			return c.Name
		}
	}
	t.Fatal("there is no case")
	return ""
}
