package notify

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"parry"
)

// ServiceNowConfig is a table of a ServiceNow instance.
type ServiceNowConfig struct {
	URL       string // of the instance: https://example.service-now.com
	User      string
	Password  string
	Token     string            // an OAuth access token, in the place of user and password
	Table     string            // incident where it is empty; a table that extends task
	State     string            // when nothing is left to do; 6, resolved, where it is empty
	CloseCode string            // "Solution provided" where it is empty; "Solved (Permanently)" on older instances
	Fields    map[string]string // more of a new record, such as assignment_group; what it sets of urgency and impact holds
}

// ServiceNow keeps one record for a response: an incident as a rule, with work notes for what follows, resolved at its end.
//
// Sources: "Table API", ServiceNow API reference; "Resolve and close an incident", ServiceNow documentation, for what resolving wants;
// "Inbound REST API rate limiting" for 429.
type ServiceNow struct {
	api *remote
	c   ServiceNowConfig
}

// Limits of a task's fields, in characters. Source: the dictionary of the tables task and incident, as a new instance has them.
const (
	mostShortDescription = 160
	mostLongText         = 4000
)

// tableName is what a table may be called: it is a part of the path.
var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,79}$`)

// serviceNowType is the type as the file of channels has it.
func serviceNowType() channelType {
	return channelType{
		name: "servicenow", doc: "an incident of ServiceNow, or a record of another table that extends task",
		fields: []field{
			{name: "url", form: aText, need: true, doc: "of the instance, such as https://example.service-now.com"},
			{name: "user", form: aText, doc: "a user with web service access"},
			{name: "password", form: aSecret, doc: "the user's password"},
			{name: "token", form: aSecret, doc: "an OAuth access token, in the place of user and password"},
			{name: "table", form: aText, doc: "incident where it is not given"},
			{name: "state", form: aText, doc: "of a record that is settled; 6, resolved, where it is not given"},
			{name: "close_code", form: aText, doc: "\"Solution provided\" where it is not given; older instances have \"Solved (Permanently)\""},
			{name: "fields", form: pairs, doc: "more of a new record, by column, such as assignment_group"},
		},
		open: func(v values, o opening) (Channel, error) {
			return opened(NewServiceNow(ServiceNowConfig{
				URL: v.text["url"], User: v.text["user"], Password: v.text["password"], Token: v.text["token"], Table: v.text["table"],
				State: v.text["state"], CloseCode: v.text["close_code"], Fields: v.pairs["fields"],
			}, o.calls()))
		},
	}
}

// NewServiceNow is the channel of a table.
func NewServiceNow(c ServiceNowConfig, by Calls) (*ServiceNow, error) {
	auth, err := either("ServiceNow", c.User, c.Password, c.Token)
	if err != nil {
		return nil, err
	}
	c.Table, c.State, c.CloseCode = or(c.Table, "incident"), or(c.State, "6"), or(c.CloseCode, "Solution provided")
	if !tableName.MatchString(c.Table) {
		return nil, parry.Errorf(parry.Invalid, "ServiceNow: table %q is no table's name", c.Table).WithHint("it is the name, such as incident, not the label")
	}
	if err := required("ServiceNow", "url", c.URL); err != nil {
		return nil, err
	}
	api, err := by.remote("ServiceNow", c.URL, auth)
	if err != nil {
		return nil, err
	}
	return &ServiceNow{api, c}, nil
}

// record is what is read of a record.
type record struct {
	ID      string `json:"sys_id"`
	Key     string `json:"correlation_id"`
	Display string `json:"correlation_display"`
	State   string `json:"state"`
	Active  string `json:"active"`
}

const recordFields = "sys_id,correlation_id,correlation_display,state,active"

// Tell makes the response's record, or notes on it what is new, and resolves it where nothing is left to do.
func (n *ServiceNow) Tell(ctx context.Context, news News, ref string) (string, error) {
	return n.tell(ctx, storyOf(news, n.api.now()), ref)
}

// TellStorm keeps one record for all of a storm.
func (n *ServiceNow) TellStorm(ctx context.Context, m Storm, ref string) (string, error) {
	return n.tell(ctx, storyOfStorm(m), ref)
}

func (n *ServiceNow) tell(ctx context.Context, s story, ref string) (string, error) {
	was := readRef(ref)
	if was.mark == s.mark {
		return ref, nil
	}
	r, err := n.read(ctx, s, was.id)
	if err != nil {
		return ref, err
	}
	switch {
	case r == nil:
		r = &record{}
		err = n.write(ctx, http.MethodPost, n.at(url.Values{"sysparm_fields": {recordFields}}), n.fresh(s), r)
	case !strings.Contains(r.Display, s.mark):
		err = n.write(ctx, http.MethodPatch, n.at(url.Values{"sysparm_fields": {recordFields}}, r.ID), n.update(s, *r), r)
	}
	if err != nil {
		return ref, err
	}
	return told{r.ID, s.mark}.String(), nil
}

// read is the record, nil where there is none. A column that a table does not have is left out of a query, which then finds everything: what
// is found is looked at. Source: "Encoded query strings", ServiceNow documentation.
func (n *ServiceNow) read(ctx context.Context, s story, id string) (*record, error) {
	if id != "" {
		var out struct {
			Result record `json:"result"`
		}
		if err := n.api.call(ctx, http.MethodGet, n.at(url.Values{"sysparm_fields": {recordFields}}, id), nil, &out); err != nil {
			return nil, err
		}
		return &out.Result, nil
	}
	var out struct {
		Result []record `json:"result"`
	}
	q := url.Values{
		// The key is made of letters, digits, dots, dashes and underscores, whatever the id is: no ^ in it begins another condition.
		"sysparm_query":  {"correlation_id=" + s.key + "^ORDERBYsys_created_on"},
		"sysparm_fields": {recordFields},
		"sysparm_limit":  {"2"},
	}
	err := n.api.call(ctx, http.MethodGet, n.at(q), nil, &out)
	if err != nil && !isStatus(err, http.StatusNotFound) { // older releases say 404 where nothing is found
		return nil, err
	}
	if len(out.Result) == 0 {
		return nil, nil
	}
	if out.Result[0].Key != s.key {
		return nil, parry.Errorf(parry.Invalid, "ServiceNow: table %s finds records of another correlation_id", n.c.Table).
			WithHint("the table must extend task, and the account must be allowed to read its correlation_id")
	}
	return &out.Result[0], nil
}

// write makes or changes a record.
func (n *ServiceNow) write(ctx context.Context, method string, u *url.URL, in map[string]string, into *record) error {
	var out struct {
		Result record `json:"result"`
	}
	if err := n.api.call(ctx, method, u, in, &out); err != nil {
		return err
	}
	if out.Result.ID == "" {
		return parry.Errorf(parry.Fault, "ServiceNow: its answer names no record")
	}
	*into = out.Result
	return nil
}

// fresh is a new record.
func (n *ServiceNow) fresh(s story) map[string]string {
	urgency, impact := urgencyImpact(s.severity)
	in := map[string]string{"urgency": urgency, "impact": impact}
	for k, v := range n.c.Fields {
		in[k] = v
	}
	in["short_description"] = shorten(s.subject, mostShortDescription)
	in["description"] = s.within(mostLongText, nil)
	in["correlation_id"] = s.key
	in["correlation_display"] = "Parry " + s.mark
	n.settle(in, s, record{})
	return in
}

// update is what is new. The mark is written with the note in one call, so either both are there or none.
func (n *ServiceNow) update(s story, r record) map[string]string {
	in := map[string]string{"work_notes": s.within(mostLongText, journal), "correlation_display": "Parry " + s.mark}
	n.settle(in, s, r)
	return in
}

// settle adds what resolves the record, unless it is.
func (n *ServiceNow) settle(in map[string]string, s story, r record) {
	if s.open || s.working || r.State == n.c.State || r.Active == "false" {
		return
	}
	in["state"] = n.c.State
	in["close_code"] = n.c.CloseCode
	in["close_notes"] = s.within(mostLongText, nil)
}

func (n *ServiceNow) at(query url.Values, path ...string) *url.URL {
	return n.api.at(query, append([]string{"api", "now", "table", n.c.Table}, path...)...)
}

// codeTag is what makes a journal field show HTML. Source: "Add HTML to journal fields", ServiceNow documentation.
var codeTag = regexp.MustCompile(`(?i)\[(/?code\])`)

// journal takes apart what would make a journal field show HTML.
func journal(s string) string { return codeTag.ReplaceAllString(s, "[ $1") }

// urgencyImpact is the severity as the two that make a priority: 1 and 1 are critical, 3 and 3 planning. Source: "Incident priority",
// ServiceNow documentation, the priority lookup rules.
func urgencyImpact(id int) (urgency, impact string) {
	switch known(id) {
	case parry.SeverityCritical:
		return "1", "1"
	case parry.SeverityHigh:
		return "1", "2"
	case parry.SeverityLow:
		return "2", "3"
	case parry.SeverityInformational:
		return "3", "3"
	}
	return "2", "2"
}
