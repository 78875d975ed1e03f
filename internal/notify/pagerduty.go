package notify

import (
	"context"
	"net/http"
	"strconv"

	"parry"
)

// PagerDutyConfig is an integration of a PagerDuty service.
type PagerDutyConfig struct {
	RoutingKey string
	URL        string // https://events.pagerduty.com where it is empty; https://events.eu.pagerduty.com for the EU service region
}

// PagerDuty triggers, acknowledges and resolves alerts. All events of one response have one dedup_key, so one that comes twice changes nothing.
//
// Sources: "Send an Alert Event" and "Events API v2 Overview", PagerDuty developer documentation; "Service Regions" for the EU's address.
type PagerDuty struct {
	api *remote
	key string
}

// Limits of an event, in characters. Source: "Send an Alert Event".
const (
	mostSummary = 1024
	mostField   = 255
)

// pagerDutyType is the type as the file of channels has it.
func pagerDutyType() channelType {
	return channelType{
		name: "pagerduty", doc: "an alert of PagerDuty, by the Events API v2",
		fields: []field{
			{name: "routing_key", form: aSecret, need: true, doc: "the integration key of the service"},
			{name: "url", form: aText, doc: "https://events.pagerduty.com where it is not given; https://events.eu.pagerduty.com for accounts in the EU service region"},
		},
		open: func(v values, o opening) (Channel, error) {
			return opened(NewPagerDuty(PagerDutyConfig{RoutingKey: v.text["routing_key"], URL: v.text["url"]}, o.calls()))
		},
	}
}

// NewPagerDuty is the channel of an integration.
func NewPagerDuty(c PagerDutyConfig, by Calls) (*PagerDuty, error) {
	if err := required("PagerDuty", "routing_key", c.RoutingKey); err != nil {
		return nil, err
	}
	api, err := by.remote("PagerDuty", or(c.URL, "https://events.pagerduty.com"), nil)
	if err != nil {
		return nil, err
	}
	return &PagerDuty{api, c.RoutingKey}, nil
}

// Tell sends one event: trigger for what a person has to look at, acknowledge when the work begins, resolve when nothing is left to do. One that
// acknowledges or resolves what is not there is dropped by PagerDuty.
func (p *PagerDuty) Tell(ctx context.Context, n News, ref string) (string, error) {
	r := n.Response
	return p.send(ctx, storyOf(n, p.api.now()), ref, map[string]any{
		"source":    shorten(or(clean(or(r.Target.ARN, r.Resource())), "parry"), mostField),
		"component": shorten(clean(r.Target.Type), mostField),
		"group":     shorten(clean(accountOf(r)), mostField),
		"class":     shorten(clean(r.Finding.Type()), mostField),
	})
}

// TellStorm sends an event of the storm's own alert.
func (p *PagerDuty) TellStorm(ctx context.Context, m Storm, ref string) (string, error) {
	return p.send(ctx, storyOfStorm(m), ref, map[string]any{"source": "parry", "class": "storm"})
}

func (p *PagerDuty) send(ctx context.Context, s story, ref string, payload map[string]any) (string, error) {
	was := readRef(ref)
	if was.mark == s.mark {
		return ref, nil
	}
	s.key = or(was.id, s.key)
	event := map[string]any{"routing_key": p.key, "dedup_key": s.key, "event_action": "resolve"}
	if s.working {
		event["event_action"] = "acknowledge"
	}
	if s.open {
		event["event_action"] = "trigger"
		event["client"] = "Parry"
		payload["summary"] = shorten(s.headline, mostSummary)
		payload["severity"] = pagerSeverity(s.severity)
		payload["custom_details"] = s.details()
		event["payload"] = payload
		if s.link != "" {
			event["client_url"] = s.link
			event["links"] = []any{map[string]any{"href": s.link, "text": "Open in Parry"}}
		}
	}
	if err := p.api.call(ctx, http.MethodPost, p.api.at(nil, "v2", "enqueue"), event, nil); err != nil {
		return ref, err
	}
	return told{s.key, s.mark}.String(), nil
}

// details are the facts by name; of several with one name each has its number.
func (s story) details() map[string]string {
	all := map[string]string{}
	for _, f := range s.facts {
		name := f.name
		for i := 2; all[name] != ""; i++ {
			name = f.name + " " + strconv.Itoa(i)
		}
		all[name] = f.value
	}
	return all
}

// pagerSeverity is the severity in PagerDuty's words.
func pagerSeverity(id int) string {
	switch known(id) {
	case parry.SeverityCritical:
		return "critical"
	case parry.SeverityHigh:
		return "error"
	case parry.SeverityLow, parry.SeverityInformational:
		return "info"
	}
	return "warning"
}
