package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"parry"
)

// TeamsConfig is a channel of Microsoft Teams: the address of a workflow that posts what it is sent.
type TeamsConfig struct {
	URL string // of the workflow's trigger "When a Teams webhook request is received"; it is a secret
}

// Teams posts Adaptive Cards to a channel or chat by a workflow of Power Automate. The webhooks of the Office 365 connectors, which this
// takes the place of, are retired, and take none of its cards.
//
// Sources: "Create incoming webhooks with Workflows for Microsoft Teams", Microsoft Support; "Retirement of Office 365 connectors within
// Microsoft Teams", Microsoft 365 Developer Blog; "Microsoft Teams", connector reference, for the limits.
type Teams struct{ api *remote }

// mostCard is how long a message may be, in bytes; what the workflow adds has to fit into 28 KB, too. Source: "Microsoft Teams", connector
// reference, "Known issues and limitations with actions": about 28 KB.
const mostCard = 24 << 10

// teamsType is the type as the file of channels has it.
func teamsType() channelType {
	return channelType{
		name: "teams", doc: "a card in a channel or chat of Microsoft Teams, by a workflow",
		fields: []field{
			{name: "url", form: aSecret, need: true, doc: "address of the workflow's trigger \"When a Teams webhook request is received\""},
		},
		open: func(v values, o opening) (Channel, error) {
			return opened(NewTeams(TeamsConfig{URL: v.text["url"]}, o.calls()))
		},
	}
}

// NewTeams is the channel of a workflow.
func NewTeams(c TeamsConfig, by Calls) (*Teams, error) {
	if err := required("Teams", "url", c.URL); err != nil {
		return nil, err
	}
	api, err := by.remote("Teams", c.URL, nil)
	if err != nil {
		return nil, err
	}
	return &Teams{api}, nil
}

// Tell posts a card. What was posted cannot be changed by a workflow's webhook, and it knows no key by which it would drop a second one: the
// ref keeps what was posted, and that the work begins is told only to those who were told nothing before.
func (t *Teams) Tell(ctx context.Context, n News, ref string) (string, error) {
	return t.post(ctx, storyOf(n, t.api.now()), ref)
}

// TellStorm posts a card about many.
func (t *Teams) TellStorm(ctx context.Context, m Storm, ref string) (string, error) {
	return t.post(ctx, storyOfStorm(m), ref)
}

func (t *Teams) post(ctx context.Context, s story, ref string) (string, error) {
	was := readRef(ref)
	if was.mark == s.mark || s.working && ref != "" {
		return ref, nil
	}
	if err := t.api.call(ctx, http.MethodPost, t.api.base, teamsMessage(s), nil); err != nil {
		return ref, notThere(err)
	}
	return told{s.key, s.mark}.String(), nil
}

// notThere adds what to do where the workflow was deleted or turned off: Power Automate answers 404 and 400 then.
func notThere(err error) error {
	if isStatus(err, http.StatusNotFound) || isStatus(err, http.StatusBadRequest) {
		return parry.Errorf(parry.Refused, "%w", err).WithHint("look whether the workflow is still there and on, and has an owner: Teams, Workflows; then put its url where the channels file points to")
	}
	return err
}

// teamsMessage is the card in the form that the trigger wants, short enough. Source: "Create and send messages", "Send Adaptive Cards using an
// Incoming Webhook", Microsoft Teams developer documentation.
func teamsMessage(s story) map[string]any {
	for {
		m := map[string]any{"type": "message", "attachments": []any{map[string]any{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"contentUrl":  nil,
			"content":     card(s),
		}}}
		if b, err := json.Marshal(m); err != nil || len(b) <= mostCard || len(s.facts) == 0 {
			return m
		}
		s.facts = s.facts[:len(s.facts)-1]
	}
}

// card is an Adaptive Card. Every text in it is a TextRun: a TextBlock and the facts of a FactSet are read as Markdown, so that a finding's
// title could put a link of its own there. Sources: "Format cards in Teams"; "TextRun" and "RichTextBlock", Adaptive Cards schema explorer.
func card(s story) map[string]any {
	title := map[string]any{"type": "TextRun", "text": shorten(s.headline, 400), "weight": "Bolder", "size": "Medium"}
	if color := cardColor(s); color != "" {
		title["color"] = color
	}
	body := []any{line(title)}
	for _, f := range s.facts {
		body = append(body, line(
			map[string]any{"type": "TextRun", "text": f.name + ": ", "weight": "Bolder"},
			map[string]any{"type": "TextRun", "text": f.value}))
	}
	c := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
		"type":    "AdaptiveCard",
		"version": "1.4",
		"body":    body,
		"msteams": map[string]any{"width": "Full"},
	}
	if u, err := url.Parse(s.link); err == nil && s.link != "" && (u.Scheme == "https" || u.Scheme == "http") {
		c["actions"] = []any{map[string]any{"type": "Action.OpenUrl", "title": "Open in Parry", "url": s.link}}
	}
	return c
}

func line(runs ...any) map[string]any {
	return map[string]any{"type": "RichTextBlock", "spacing": "Small", "inlines": runs}
}

// cardColor says at a glance what is wanted: red and yellow want a person.
func cardColor(s story) string {
	switch {
	case s.open && known(s.severity) >= parry.SeverityHigh:
		return "Attention"
	case s.open:
		return "Warning"
	case s.working:
		return ""
	}
	return "Good"
}
