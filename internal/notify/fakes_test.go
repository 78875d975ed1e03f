package notify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// showing is what people see at a provider: an alert, a ticket, or a posted message.
type showing struct {
	key, title string
	closed     bool
	working    bool
	notes      []string // what was added after it was made
}

// fakeAPI is a provider's API and what it shows.
type fakeAPI struct {
	*provider
	channel Channel
	showing func() []*showing
	edits   bool // it can change what it shows
	lossy   bool // a call without an answer may show a second time when it is made again
	notes   int  // that a life from asked to ended leaves
}

// fakes are the channels of this package that page and keep tickets, each beside its provider.
func fakes(t *testing.T) map[string]*fakeAPI {
	return map[string]*fakeAPI{
		"teams": fakeTeams(t), "pagerduty": fakePagerDuty(t), "opsgenie": fakeOpsgenie(t, ""), "jira service management": fakeOpsgenie(t, "/jsm/ops/integration"),
		"jira": fakeJira(t, false), "jira data center": fakeJira(t, true), "servicenow": fakeServiceNow(t),
	}
}

func made(t *testing.T) func(c Channel, err error) Channel {
	return func(c Channel, err error) Channel {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// fakeTeams is a workflow's trigger: it says 202 whatever it posts. Source: "Create and send messages", Microsoft Teams developer documentation.
func fakeTeams(t *testing.T) *fakeAPI {
	var all []*showing
	p := newProvider(t, func(c sent) (int, any) {
		card := at(c.body, "attachments", 0, "content")
		switch {
		case c.method != http.MethodPost || c.path != "/workflows/abc/triggers/manual/paths/invoke" || c.query["sig"][0] != "s3cret":
			t.Errorf("teams: %s %s %v", c.method, c.path, c.query)
		case len(c.raw) > 28<<10:
			return http.StatusRequestEntityTooLarge, nil
		case at(c.body, "type") != "message" || at(c.body, "attachments", 0, "contentType") != "application/vnd.microsoft.card.adaptive" ||
			at(card, "type") != "AdaptiveCard" || at(card, "version") != "1.4":
			return http.StatusBadRequest, map[string]any{"error": map[string]any{"code": "TriggerInputSchemaMismatch"}}
		}
		all = append(all, &showing{title: text(at(card, "body", 0, "inlines", 0, "text"))})
		return http.StatusAccepted, nil
	})
	ch := made(t)(NewTeams(TeamsConfig{URL: p.URL + "/workflows/abc/triggers/manual/paths/invoke?api-version=1&sig=s3cret"}, calling()))
	return &fakeAPI{p, ch, func() []*showing { return all }, false, true, 0}
}

// fakePagerDuty is the Events API v2. Source: "Send an Alert Event", PagerDuty developer documentation.
func fakePagerDuty(t *testing.T) *fakeAPI {
	var all []*showing
	p := newProvider(t, func(c sent) (int, any) {
		if c.method != http.MethodPost || c.path != "/v2/enqueue" {
			t.Errorf("pagerduty: %s %s", c.method, c.path)
		}
		key, payload := text(c.body["dedup_key"]), c.body["payload"]
		bad := func(why string) (int, any) {
			return http.StatusBadRequest, map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": []string{why}}
		}
		if c.body["routing_key"] != "R0UT1NG" || key == "" || units(key) > 255 || len(c.raw) > 512<<10 {
			return bad("routing_key or dedup_key")
		}
		var open *showing
		for _, a := range all {
			if a.key == key && !a.closed {
				open = a
			}
		}
		switch c.body["event_action"] {
		case "trigger":
			summary, source := text(at(payload, "summary")), text(at(payload, "source"))
			if summary == "" || units(summary) > 1024 || source == "" || !slices.Contains([]string{"critical", "error", "warning", "info"}, text(at(payload, "severity"))) {
				return bad("payload")
			}
			if open == nil {
				all = append(all, &showing{key: key, title: summary})
			} else {
				open.notes = append(open.notes, summary)
			}
		case "acknowledge":
			if open != nil {
				open.working = true
			}
		case "resolve":
			if open != nil {
				open.closed = true
			}
		default:
			return bad("event_action")
		}
		return http.StatusAccepted, map[string]any{"status": "success", "message": "Event processed", "dedup_key": key}
	})
	ch := made(t)(NewPagerDuty(PagerDutyConfig{RoutingKey: "R0UT1NG", URL: p.URL}, calling()))
	return &fakeAPI{p, ch, func() []*showing { return all }, true, false, 2}
}

// fakeOpsgenie is the Alert API; it carries out at once what the real one does some time later. Source: "Alert API", Opsgenie developer
// documentation. With a base it is the "Integration events" of Jira Service Management, where no notes are read.
func fakeOpsgenie(t *testing.T, base string) *fakeAPI {
	var all []*showing
	action := regexp.MustCompile(`^` + base + `/v2/alerts/([^/]+)/(notes|close|acknowledge)$`)
	accepted := map[string]any{"result": "Request will be processed", "took": 0.1, "requestId": "r-1"}
	p := newProvider(t, func(c sent) (int, any) {
		if got := c.header.Get("Authorization"); got != "GenieKey k3y" {
			return http.StatusUnauthorized, map[string]any{"message": "Could not authenticate"}
		}
		find := func(alias string) *showing {
			for _, a := range slices.Backward(all) {
				if a.key == alias && !a.closed {
					return a
				}
			}
			return nil
		}
		if c.method == http.MethodPost && c.path == base+"/v2/alerts" {
			message, alias := text(c.body["message"]), text(c.body["alias"])
			details, _ := c.body["details"].(map[string]any)
			sum := 0
			for k, v := range details {
				sum += units(k) + units(text(v))
			}
			if message == "" || units(message) > 130 || units(alias) > 512 || units(text(c.body["description"])) > 15000 || sum > 8000 ||
				units(text(c.body["entity"])) > 512 || !regexp.MustCompile(`^P[1-5]$`).MatchString(text(c.body["priority"])) {
				return http.StatusUnprocessableEntity, map[string]any{"message": "Request body is not processable."}
			}
			if find(alias) == nil {
				all = append(all, &showing{key: alias, title: message})
			}
			return http.StatusAccepted, accepted
		}
		m := action.FindStringSubmatch(c.path)
		if m == nil || c.query["identifierType"][0] != "alias" {
			t.Errorf("opsgenie: %s %s %v", c.method, c.path, c.query)
			return http.StatusNotFound, nil
		}
		a := find(m[1])
		if c.method == http.MethodGet && base != "" {
			return http.StatusMethodNotAllowed, nil
		}
		if c.method == http.MethodGet {
			if a == nil {
				return http.StatusNotFound, map[string]any{"message": "Alert does not exist"}
			}
			data := []any{}
			for _, n := range slices.Backward(a.notes) {
				data = append(data, map[string]any{"note": n})
			}
			return http.StatusOK, map[string]any{"data": data}
		}
		if a == nil {
			return http.StatusAccepted, accepted // it fails later, where only the status of the request tells
		}
		if n := text(c.body["note"]); n != "" {
			if units(n) > 25000 {
				return http.StatusUnprocessableEntity, nil
			}
			a.notes = append(a.notes, n)
		} else if m[2] == "notes" {
			return http.StatusUnprocessableEntity, map[string]any{"message": "note can not be empty"}
		}
		a.closed = a.closed || m[2] == "close"
		a.working = a.working || m[2] == "acknowledge"
		return http.StatusAccepted, accepted
	})
	ch := made(t)(NewOpsgenie(OpsgenieConfig{APIKey: "k3y", URL: p.URL + base, Teams: []string{"secops"}, Tags: []string{"aws"}}, calling()))
	return &fakeAPI{p, ch, func() []*showing { return all }, true, base != "", 4}
}

// fakeJira is one project of Jira, in the cloud or a data center. Sources: "Issues", "Issue comments" and "Issue search", Jira Cloud platform REST
// API v3; Jira Data Center platform REST API.
func fakeJira(t *testing.T, dataCenter bool) *fakeAPI {
	type issue struct {
		showing
		labels      []any
		description any
		comments    []any
		status      string
	}
	var all []*issue
	base, auth := "/rest/api/3", "Basic "+base64.StdEncoding.EncodeToString([]byte("bot@example.com:t0ken"))
	if dataCenter {
		base, auth = "/rest/api/2", "Bearer p4t"
	}
	body := func(v any) string { // what people read in a description or a comment
		if s, ok := v.(string); ok && dataCenter {
			return s
		}
		if at(v, "type") != "doc" || at(v, "version") != 1.0 || dataCenter {
			t.Errorf("jira: %v is no Atlassian document", v)
		}
		return strings.Join(adfTexts(t, v), "\n")
	}
	one := regexp.MustCompile(`^` + base + `/issue/([A-Z]+-\d+)(/comment|/transitions)?$`)
	byLabel := regexp.MustCompile(`^project = "SEC" AND labels = "([^"\\]+)" ORDER BY created ASC$`)
	bad := func(field, why string) (int, any) {
		return http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": map[string]string{field: why}}
	}
	p := newProvider(t, func(c sent) (int, any) {
		if c.header.Get("Authorization") != auth {
			return http.StatusUnauthorized, map[string]any{"errorMessages": []string{"You are not authenticated."}}
		}
		search := base + "/search/jql"
		if dataCenter {
			search = base + "/search"
		}
		switch {
		case c.method == http.MethodPost && c.path == search:
			m := byLabel.FindStringSubmatch(text(c.body["jql"]))
			if m == nil {
				t.Errorf("jira: jql %q", c.body["jql"])
				return bad("jql", "invalid")
			}
			found := []any{}
			for _, i := range all {
				if slices.Contains(i.labels, any(m[1])) {
					found = append(found, map[string]any{"id": "1", "key": i.key, "fields": map[string]any{"labels": i.labels}})
				}
			}
			return http.StatusOK, map[string]any{"issues": found, "isLast": true}
		case c.method == http.MethodPost && c.path == base+"/issue":
			f := c.body["fields"]
			summary := text(at(f, "summary"))
			labels, _ := at(f, "labels").([]any)
			switch {
			case at(f, "project", "key") != "SEC":
				return bad("project", "valid project is required")
			case at(f, "issuetype", "name") != "Task":
				return bad("issuetype", "The issue type selected is invalid.")
			case summary == "" || strings.ContainsAny(summary, "\r\n"):
				return bad("summary", "The summary is invalid because it contains newline characters.")
			case units(summary) >= 255:
				return bad("summary", "Summary must be less than 255 characters.")
			case units(body(at(f, "description"))) > 32767:
				return bad("description", "The entered text is too long.")
			}
			for _, l := range labels {
				if strings.Contains(text(l), " ") {
					return bad("labels", "The label contains spaces which is invalid.")
				}
			}
			i := &issue{showing{key: fmt.Sprintf("SEC-%d", len(all)+1), title: summary}, labels, at(f, "description"), nil, "To Do"}
			all = append(all, i)
			return http.StatusCreated, map[string]any{"id": "1", "key": i.key}
		}
		m := one.FindStringSubmatch(c.path)
		if m == nil {
			t.Errorf("jira: %s %s", c.method, c.path)
			return http.StatusNotFound, nil
		}
		n := slices.IndexFunc(all, func(i *issue) bool { return i.key == m[1] })
		if n < 0 {
			return http.StatusNotFound, map[string]any{"errorMessages": []string{"Issue does not exist or you do not have permission to see it."}}
		}
		i := all[n]
		switch c.method + m[2] {
		case "GET":
			category := "new"
			if i.closed {
				category = "done"
			}
			return http.StatusOK, map[string]any{"key": i.key, "fields": map[string]any{
				"description": i.description, "status": map[string]any{"name": i.status, "statusCategory": map[string]any{"key": category}}}}
		case "GET/comment":
			return http.StatusOK, map[string]any{"comments": i.comments}
		case "POST/comment":
			i.comments = append([]any{map[string]any{"body": c.body["body"]}}, i.comments...)
			i.notes = append(i.notes, body(c.body["body"]))
			return http.StatusCreated, map[string]any{"id": "7"}
		case "GET/transitions":
			return http.StatusOK, map[string]any{"transitions": []any{
				map[string]any{"id": "11", "name": "Start", "to": map[string]any{"name": "In Progress"}},
				map[string]any{"id": "31", "name": "Resolve it", "to": map[string]any{"name": "Done", "statusCategory": map[string]any{"key": "done"}}},
			}}
		case "POST/transitions":
			if at(c.body, "transition", "id") != "31" {
				return bad("transition", "not valid")
			}
			if i.closed {
				t.Error("jira: an issue that is done is moved to done")
			}
			i.closed, i.status = true, "Done"
			return http.StatusNoContent, nil
		}
		t.Errorf("jira: %s %s", c.method, c.path)
		return http.StatusMethodNotAllowed, nil
	})
	c := JiraConfig{URL: p.URL, User: "bot@example.com", Password: "t0ken", Project: "SEC", Labels: []string{"aws"}}
	if dataCenter {
		c.User, c.Password, c.Token, c.DataCenter = "", "", "p4t", true
	}
	return &fakeAPI{p, made(t)(NewJira(c, calling())), func() []*showing {
		var s []*showing
		for _, i := range all {
			s = append(s, &i.showing)
		}
		return s
	}, true, false, 4}
}

// adfTexts are the texts of an Atlassian document, whose nodes are looked at. Source: "Atlassian Document Format": text nodes are not empty, a
// list holds items, an item paragraphs.
func adfTexts(t *testing.T, v any) []string {
	t.Helper()
	var all []string
	kids, _ := at(v, "content").([]any)
	switch at(v, "type") {
	case "text":
		if text(at(v, "text")) == "" {
			t.Error("jira: an empty text node")
		}
		return []string{text(at(v, "text"))}
	case "doc", "paragraph", "bulletList", "listItem":
		if len(kids) == 0 {
			t.Errorf("jira: an empty %v", at(v, "type"))
		}
	default:
		t.Errorf("jira: node %v", at(v, "type"))
	}
	for _, k := range kids {
		all = append(all, adfTexts(t, k)...)
	}
	return all
}

// fakeServiceNow is the Table API of incident. Source: "Table API", ServiceNow API reference.
func fakeServiceNow(t *testing.T) *fakeAPI {
	type row struct {
		showing
		fields map[string]string
	}
	var all []*row
	byKey := regexp.MustCompile(`^correlation_id=([A-Za-z0-9._-]+)\^ORDERBYsys_created_on$`)
	const base = "/api/now/table/incident"
	p := newProvider(t, func(c sent) (int, any) {
		if c.header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("bot:pa55")) {
			return http.StatusUnauthorized, map[string]any{"error": map[string]any{"message": "User Not Authenticated"}, "status": "failure"}
		}
		read := func(r *row) map[string]string {
			out := map[string]string{}
			for _, f := range strings.Split(c.query["sysparm_fields"][0], ",") {
				out[f] = r.fields[f]
			}
			return out
		}
		write := func(r *row) (int, any) {
			for f, most := range map[string]int{"short_description": 160, "description": 4000, "correlation_id": 100, "correlation_display": 100, "work_notes": 4000, "close_notes": 4000} {
				if units(text(c.body[f])) > most {
					t.Errorf("servicenow: %s is %d long", f, units(text(c.body[f])))
				}
			}
			for f, v := range c.body {
				r.fields[f] = text(v)
			}
			if s := r.fields["state"]; (s == "6" || s == "7") && (r.fields["close_code"] == "" || r.fields["close_notes"] == "") {
				return http.StatusForbidden, map[string]any{"error": map[string]any{"message": "Operation Failed", "detail": "Data Policy Exception: Resolution code is mandatory"}}
			}
			if n := text(c.body["work_notes"]); n != "" {
				r.notes = append(r.notes, n)
			}
			r.closed = r.fields["state"] == "6"
			r.title = r.fields["short_description"]
			return http.StatusOK, map[string]any{"result": read(r)}
		}
		id, named := strings.CutPrefix(c.path, base+"/")
		n := slices.IndexFunc(all, func(r *row) bool { return r.fields["sys_id"] == id })
		switch {
		case c.path == base && c.method == http.MethodGet:
			m := byKey.FindStringSubmatch(c.query["sysparm_query"][0])
			if m == nil {
				t.Fatalf("servicenow: query %q", c.query["sysparm_query"])
			}
			found := []any{}
			for _, r := range all {
				if r.fields["correlation_id"] == m[1] {
					found = append(found, read(r))
				}
			}
			return http.StatusOK, map[string]any{"result": found}
		case c.path == base && c.method == http.MethodPost:
			r := &row{fields: map[string]string{"sys_id": fmt.Sprintf("%032x", len(all)+1), "state": "1", "active": "true"}}
			if code, out := write(r); code != http.StatusOK {
				return code, out
			}
			r.key = r.fields["correlation_id"]
			all = append(all, r)
			return http.StatusCreated, map[string]any{"result": read(r)}
		case !named || n < 0:
			return http.StatusNotFound, map[string]any{"error": map[string]any{"message": "No Record found"}, "status": "failure"}
		case c.method == http.MethodGet:
			return http.StatusOK, map[string]any{"result": read(all[n])}
		case c.method == http.MethodPatch:
			return write(all[n])
		}
		t.Errorf("servicenow: %s %s", c.method, c.path)
		return http.StatusMethodNotAllowed, nil
	})
	ch := made(t)(NewServiceNow(ServiceNowConfig{URL: p.URL, User: "bot", Password: "pa55", Fields: map[string]string{"assignment_group": "SecOps"}}, calling()))
	return &fakeAPI{p, ch, func() []*showing {
		var s []*showing
		for _, r := range all {
			s = append(s, &r.showing)
		}
		return s
	}, true, false, 4}
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
