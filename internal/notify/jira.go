package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parry"
)

// JiraConfig is a project of Jira Cloud or of a Jira Data Center.
type JiraConfig struct {
	URL        string // of the site: https://example.atlassian.net
	User       string // Cloud: the e-mail address of the account
	Password   string // Cloud: its API token
	Token      string // Data Center: a personal access token, in the place of both
	DataCenter bool   // API version 2, whose texts are wiki markup
	Project    string // its key
	IssueType  string // Task where it is empty
	Labels     []string
	Done       string            // the transition, or the status it leads to, when nothing is left to do; Done where it is empty
	Fields     map[string]string // more that the project wants of a new issue, by field id, text, or JSON where it begins with { or [
}

// Jira keeps one issue for a response: made with the first news, commented on with what follows, and moved to done at its end.
//
// Sources: "Issues", "Issue comments" and "Issue search", Jira Cloud platform REST API v3; "Run JQL search query using Jira Cloud REST API",
// Atlassian Support, for the end of /rest/api/3/search; "Jira Data Center platform REST API" for version 2.
type Jira struct {
	api     *remote
	c       JiraConfig
	version string
	fields  map[string]any
}

const (
	// mostIssueSummary is how long a summary may be, in characters; it has no line breaks. Source: Jira's own answer, "Summary must be less
	// than 255 characters".
	mostIssueSummary = 254
	// mostIssueText is how long a description and a comment may be. Source: "Configuring advanced settings", jira.text.field.character.limit:
	// 32,767 where nobody changed it.
	mostIssueText = 30000
)

// jiraType is the type as the file of channels has it.
func jiraType() channelType {
	return channelType{
		name: "jira", doc: "an issue of Jira",
		fields: []field{
			{name: "url", form: aText, need: true, doc: "of the site, such as https://example.atlassian.net"},
			{name: "user", form: aText, doc: "the account's e-mail address"},
			{name: "password", form: aSecret, doc: "the account's API token"},
			{name: "token", form: aSecret, doc: "a personal access token, in the place of user and password"},
			{name: "data_center", form: aTruth, doc: "whether it is a Jira Data Center: API version 2"},
			{name: "project", form: aText, need: true, doc: "the project's key"},
			{name: "issue_type", form: aText, doc: "Task where it is not given"},
			{name: "labels", form: texts, doc: "more labels beside parry"},
			{name: "done", form: aText, doc: "the transition that ends an issue, or the status it leads to; Done where it is not given"},
			{name: "fields", form: pairs, doc: "what else the project wants of a new issue, by field id: text, or JSON where it begins with { or ["},
		},
		open: func(v values, o opening) (Channel, error) {
			return opened(NewJira(JiraConfig{
				URL: v.text["url"], User: v.text["user"], Password: v.text["password"], Token: v.text["token"], DataCenter: v.truth["data_center"],
				Project: v.text["project"], IssueType: v.text["issue_type"], Labels: v.texts["labels"], Done: v.text["done"], Fields: v.pairs["fields"],
			}, o.calls()))
		},
	}
}

// NewJira is the channel of a project.
func NewJira(c JiraConfig, by Calls) (*Jira, error) {
	auth, err := either("Jira", c.User, c.Password, c.Token)
	if err != nil {
		return nil, err
	}
	if err := required("Jira", "url", c.URL, "project", c.Project); err != nil {
		return nil, err
	}
	for _, l := range c.Labels {
		if l == "" || strings.ContainsAny(l, " \t\r\n") || width(l) > 255 {
			return nil, parry.Errorf(parry.Invalid, "Jira: label %q: a label has no spaces and at most 255 characters", l)
		}
	}
	api, err := by.remote("Jira", c.URL, auth)
	if err != nil {
		return nil, err
	}
	c.IssueType, c.Done = or(c.IssueType, "Task"), or(c.Done, "Done")
	j := &Jira{api, c, "3", map[string]any{}}
	for name, v := range c.Fields {
		j.fields[name] = v
		if !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "[") {
			continue
		}
		var of any
		if err := json.Unmarshal([]byte(v), &of); err != nil {
			return nil, parry.Errorf(parry.Invalid, "Jira: field %s begins like JSON, and is none: %v", name, err)
		}
		j.fields[name] = of
	}
	if c.DataCenter {
		j.version = "2"
	}
	return j, nil
}

// Tell makes the response's issue, or comments on it, and moves it to done where nothing is left to do.
func (j *Jira) Tell(ctx context.Context, n News, ref string) (string, error) {
	return j.tell(ctx, storyOf(n, j.api.now()), ref)
}

// TellStorm keeps one issue for all of a storm.
func (j *Jira) TellStorm(ctx context.Context, m Storm, ref string) (string, error) {
	return j.tell(ctx, storyOfStorm(m), ref)
}

func (j *Jira) tell(ctx context.Context, s story, ref string) (string, error) {
	was := readRef(ref)
	if was.mark == s.mark {
		return ref, nil
	}
	key := was.id
	if key == "" {
		var err error
		if key, err = j.find(ctx, s); err != nil {
			return ref, err
		}
	}
	if key == "" {
		var err error
		if key, err = j.create(ctx, s); err != nil {
			return ref, err
		}
	} else if err := j.comment(ctx, s, key); err != nil {
		return ref, err
	}
	now := told{key, s.mark}.String()
	if s.open || s.working {
		return now, nil
	}
	if err := j.finish(ctx, key); err != nil {
		// The issue is known by now: told again, it is found without a search.
		return told{key, was.mark}.String(), err
	}
	return now, nil
}

// find is the key of the issue that an earlier call made, whose answer may have been lost; empty where there is none. Jira finds an issue some
// seconds after it was made, as a rule. Source: "Search After Write with Search And Reconcile", Jira Cloud platform.
func (j *Jira) find(ctx context.Context, s story) (string, error) {
	path := []string{"rest", "api", j.version, "search", "jql"}
	if j.c.DataCenter {
		path = path[:4]
	}
	in := map[string]any{
		"jql":        fmt.Sprintf("project = %s AND labels = %s ORDER BY created ASC", jqlText(j.c.Project), jqlText(s.key)),
		"fields":     []string{"labels"},
		"maxResults": 5,
	}
	var out struct {
		Issues []struct {
			Key    string `json:"key"`
			Fields struct {
				Labels []string `json:"labels"`
			} `json:"fields"`
		} `json:"issues"`
	}
	if err := j.api.call(ctx, http.MethodPost, j.api.at(nil, path...), in, &out); err != nil {
		return "", err
	}
	for _, i := range out.Issues {
		if slices.Contains(i.Fields.Labels, s.key) {
			return i.Key, nil
		}
	}
	return "", nil
}

// jqlText is a value in JQL: quotation marks and backslashes in it are escaped. Source: "Use advanced search with JQL", reserved characters.
func jqlText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(s)) + `"`
}

// create makes the issue.
func (j *Jira) create(ctx context.Context, s story) (string, error) {
	fields := maps.Clone(j.fields)
	fields["project"] = map[string]any{"key": j.c.Project}
	fields["issuetype"] = map[string]any{"name": j.c.IssueType}
	fields["summary"] = shorten(s.subject, mostIssueSummary)
	fields["description"] = j.text(s)
	fields["labels"] = append([]string{"parry", s.key}, j.c.Labels...)
	var out struct {
		Key string `json:"key"`
	}
	if err := j.api.call(ctx, http.MethodPost, j.at(nil, "issue"), map[string]any{"fields": fields}, &out); err != nil {
		return "", err
	}
	if out.Key == "" {
		return "", parry.Errorf(parry.Fault, "Jira: its answer names no issue")
	}
	return out.Key, nil
}

// comment says what is new, unless the issue says so already: the call that wrote it may have come through without an answer.
func (j *Jira) comment(ctx context.Context, s story, key string) error {
	var issue struct {
		Fields struct {
			Description any `json:"description"`
		} `json:"fields"`
	}
	if err := j.api.call(ctx, http.MethodGet, j.at(url.Values{"fields": {"description"}}, "issue", key), nil, &issue); err != nil {
		return gone(err, key)
	}
	var out struct {
		Comments []struct {
			Body any `json:"body"`
		} `json:"comments"`
	}
	latest := url.Values{"orderBy": {"-created"}, "maxResults": {"50"}}
	if err := j.api.call(ctx, http.MethodGet, j.at(latest, "issue", key, "comment"), nil, &out); err != nil {
		return err
	}
	bodies := []any{issue.Fields.Description}
	for _, c := range out.Comments {
		bodies = append(bodies, c.Body)
	}
	for _, b := range bodies {
		if holds(b, s.trailer()) || holds(b, wiki(s.trailer())) {
			return nil
		}
	}
	return j.api.call(ctx, http.MethodPost, j.at(nil, "issue", key, "comment"), map[string]any{"body": j.text(s)}, nil)
}

// gone says what to do about an issue that a person deleted or moved out of reach: it is not made again.
func gone(err error, key string) error {
	if isStatus(err, http.StatusNotFound) {
		return parry.Errorf(parry.Refused, "%w", err).WithHint("issue %s was deleted, or the account may not see it any more", key)
	}
	return err
}

// holds tells whether a text, or a part of an Atlassian document, holds some words.
func holds(v any, words string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, words)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holds(e, words) })
	case map[string]any:
		for _, e := range v {
			if holds(e, words) {
				return true
			}
		}
	}
	return false
}

// finish moves the issue to done, unless it is.
func (j *Jira) finish(ctx context.Context, key string) error {
	var issue struct {
		Fields struct {
			Status jiraStatus `json:"status"`
		} `json:"fields"`
	}
	if err := j.api.call(ctx, http.MethodGet, j.at(url.Values{"fields": {"status"}}, "issue", key), nil, &issue); err != nil {
		return gone(err, key)
	}
	if issue.Fields.Status.is(j.c.Done) || issue.Fields.Status.Category.Key == "done" {
		return nil
	}
	var out struct {
		Transitions []struct {
			ID   string     `json:"id"`
			Name string     `json:"name"`
			To   jiraStatus `json:"to"`
		} `json:"transitions"`
	}
	if err := j.api.call(ctx, http.MethodGet, j.at(nil, "issue", key, "transitions"), nil, &out); err != nil {
		return err
	}
	var names []string
	for _, t := range out.Transitions {
		if strings.EqualFold(t.Name, j.c.Done) || t.To.is(j.c.Done) {
			return j.api.call(ctx, http.MethodPost, j.at(nil, "issue", key, "transitions"), map[string]any{"transition": map[string]any{"id": t.ID}}, nil)
		}
		names = append(names, clean(t.Name))
	}
	return parry.Errorf(parry.Invalid, "Jira: issue %s has no transition %q", key, j.c.Done).
		WithHint("set done in the channels file to one of those that it has: %s", strings.Join(names, ", "))
}

// jiraStatus is where an issue stands.
type jiraStatus struct {
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

func (s jiraStatus) is(name string) bool { return strings.EqualFold(s.Name, name) }

func (j *Jira) at(query url.Values, path ...string) *url.URL {
	return j.api.at(query, append([]string{"rest", "api", j.version}, path...)...)
}
