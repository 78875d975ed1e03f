package notify

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"parry"
)

// OpsgenieConfig is an API integration of Opsgenie.
type OpsgenieConfig struct {
	APIKey string
	URL    string   // https://api.opsgenie.com where it is empty; https://api.eu.opsgenie.com for accounts in the EU; https://api.atlassian.com/jsm/ops/integration for Jira Service Management
	Teams  []string // that are alerted; none is the one that the integration belongs to
	Tags   []string
}

// Opsgenie makes alerts and closes them. The alias is the response's, so what comes twice makes no second alert.
//
// Sources: "Alert API", Opsgenie developer documentation; "What happens when Opsgenie is turned off", Atlassian Support: its API works until
// 5 April 2027; "Integration events", Jira Service Management Operations REST API, which takes the same calls, but for reading notes.
type Opsgenie struct {
	api         *remote
	teams, tags []string
}

// Limits of an alert, in characters. Source: "Alert API", create alert.
const (
	mostMessage     = 130
	mostDescription = 15000
	mostEntity      = 512
	mostAlertNote   = 25000
	mostDetails     = 8000
	mostTags        = 20
	mostTag         = 50
)

// opsgenieType is the type as the file of channels has it.
func opsgenieType() channelType {
	return channelType{
		name: "opsgenie", doc: "an alert of Opsgenie, which Atlassian ends on 5 April 2027, or of Jira Service Management",
		fields: []field{
			{name: "api_key", form: aSecret, need: true, doc: "key of an API integration"},
			{name: "url", form: aText, doc: "https://api.opsgenie.com where it is not given; https://api.eu.opsgenie.com for accounts in the EU; https://api.atlassian.com/jsm/ops/integration for Jira Service Management"},
			{name: "teams", form: texts, doc: "who is alerted; the integration's own team where it is not given"},
			{name: "tags", form: texts, doc: "more tags beside parry"},
		},
		open: func(v values, o opening) (Channel, error) {
			return opened(NewOpsgenie(OpsgenieConfig{APIKey: v.text["api_key"], URL: v.text["url"], Teams: v.texts["teams"], Tags: v.texts["tags"]}, o.calls()))
		},
	}
}

// NewOpsgenie is the channel of an integration.
func NewOpsgenie(c OpsgenieConfig, by Calls) (*Opsgenie, error) {
	if err := required("Opsgenie", "api_key", c.APIKey); err != nil {
		return nil, err
	}
	tags := append([]string{"parry"}, c.Tags...)
	for _, t := range tags {
		if len(tags) > mostTags || t == "" || width(t) > mostTag {
			return nil, parry.Errorf(parry.Invalid, "Opsgenie: tags: at most %d, of at most %d characters each", mostTags-1, mostTag)
		}
	}
	api, err := by.remote("Opsgenie", or(c.URL, "https://api.opsgenie.com"), func(r *http.Request) {
		r.Header.Set("Authorization", "GenieKey "+c.APIKey)
	})
	if err != nil {
		return nil, err
	}
	return &Opsgenie{api, c.Teams, tags}, nil
}

// Tell makes an alert for what a person has to look at, acknowledges it when the work begins, and closes it when nothing is left to do.
func (o *Opsgenie) Tell(ctx context.Context, n News, ref string) (string, error) {
	return o.tell(ctx, storyOf(n, o.api.now()), ref, n.Response.Resource())
}

// TellStorm keeps one alert for all of a storm.
func (o *Opsgenie) TellStorm(ctx context.Context, m Storm, ref string) (string, error) {
	return o.tell(ctx, storyOfStorm(m), ref, "")
}

func (o *Opsgenie) tell(ctx context.Context, s story, ref, entity string) (string, error) {
	was := readRef(ref)
	if was.mark == s.mark {
		return ref, nil
	}
	s.key = or(was.id, s.key)
	if s.open {
		// Where the alert is open this only counts it once more; where somebody closed it, it is opened anew, as a person is wanted still.
		if err := o.api.call(ctx, http.MethodPost, o.api.at(nil, "v2", "alerts"), o.alert(s, entity), nil); err != nil {
			return ref, err
		}
	}
	if !s.open || ref != "" {
		if err := o.note(ctx, s); err != nil {
			return ref, err
		}
	}
	return told{s.key, s.mark}.String(), nil
}

// note says what is new on an alert that is there already, and moves it along with it.
func (o *Opsgenie) note(ctx context.Context, s story) error {
	action := "close"
	switch {
	case s.open:
		action = "notes"
	case s.working:
		action = "acknowledge"
	}
	in := map[string]any{"source": "Parry", "user": "Parry"}
	there, err := o.noted(ctx, s)
	if err != nil {
		return err
	}
	if there && s.open {
		return nil
	}
	if !there {
		in["note"] = s.within(mostAlertNote, withoutTags)
	}
	err = o.api.call(ctx, http.MethodPost, o.api.at(byAlias(), "v2", "alerts", s.key, action), in, nil)
	if isStatus(err, http.StatusNotFound) && !s.open {
		return nil // nobody was alerted, or the alert was deleted: there is nothing to acknowledge or to close
	}
	return err
}

// noted tells whether the alert has the note: the call that wrote it may have come through without an answer. An alert that is not there may
// just not be there yet, as Opsgenie makes it some time after it said that it will; and where nothing can be read, such as at Jira Service Management,
// a note may be written twice.
func (o *Opsgenie) noted(ctx context.Context, s story) (bool, error) {
	q := byAlias()
	q.Set("limit", "50")
	q.Set("order", "desc")
	var out struct {
		Data []struct {
			Note string `json:"note"`
		} `json:"data"`
	}
	err := o.api.call(ctx, http.MethodGet, o.api.at(q, "v2", "alerts", s.key, "notes"), nil, &out)
	for _, code := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
		if isStatus(err, code) {
			return false, nil
		}
	}
	for _, n := range out.Data {
		if strings.Contains(n.Note, s.trailer()) {
			return true, nil
		}
	}
	return false, err
}

func byAlias() url.Values { return url.Values{"identifierType": {"alias"}} }

// alert is the request that makes it. Message and description are shown as text or HTML, depending on who shows them, so the signs of markup
// are not left in.
func (o *Opsgenie) alert(s story, entity string) map[string]any {
	a := map[string]any{
		"message":     shorten(withoutTags(s.headline), mostMessage),
		"alias":       s.key,
		"description": s.within(mostDescription, withoutTags),
		"priority":    alertPriority(s.severity),
		"source":      "Parry",
		"user":        "Parry",
		"tags":        o.tags,
		"details":     alertDetails(s),
	}
	if entity != "" {
		a["entity"] = shorten(clean(entity), mostEntity)
	}
	var to []any
	for _, t := range o.teams {
		to = append(to, map[string]any{"type": "team", "name": t})
	}
	if to != nil {
		a["responders"] = to
	}
	return a
}

// alertDetails are the facts as far as they have room.
func alertDetails(s story) map[string]string {
	if s.link != "" {
		s.facts = append([]fact{{"Console", s.link}}, s.facts...)
	}
	used := 0
	for i, f := range s.facts {
		if used += width(f.name) + len(" 2") + width(f.value); used > mostDetails {
			s.facts = s.facts[:i]
			break
		}
	}
	return s.details()
}

// withoutTags puts look-alikes in the place of what begins and ends a tag: both are one character long, so that no length changes. Opsgenie
// takes HTML in messages. Source: "Alerts and Alert Fields", Opsgenie developer documentation.
func withoutTags(s string) string { return strings.NewReplacer("<", "‹", ">", "›").Replace(s) }

// alertPriority is the severity in Opsgenie's words.
func alertPriority(id int) string {
	switch known(id) {
	case parry.SeverityCritical:
		return "P1"
	case parry.SeverityHigh:
		return "P2"
	case parry.SeverityLow:
		return "P4"
	case parry.SeverityInformational:
		return "P5"
	}
	return "P3"
}
