package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"parry"
)

// slackChannel posts to a channel of Slack, changes what it posted when it is not so any more, and says in its thread what became of it. With a
// signing secret it has buttons, whose clicks Actions takes. Sources: chat.postMessage and chat.update, Slack Web API.
type slackChannel struct {
	name    string
	api     *slack.Client
	base    *url.URL
	client  *http.Client
	channel string
	team    string
	secret  []byte // of the signatures; empty where there are no buttons
	users   map[string]string
	byMail  bool
	now     func() time.Time
}

// slackAPI is where Slack is called. GovSlack is at slack-gov.com.
const slackAPI = "https://slack.com/api/"

func slackType() channelType {
	return channelType{
		name: "slack", doc: "a channel of Slack, with buttons where signing_secret is set",
		fields: []field{
			{name: "token", form: aSecret, need: true, doc: "the bot's token, xoxb-..., with the scope chat:write, and users:read and users:read.email for map_by"},
			{name: "channel", form: aText, need: true, doc: "the channel's id, such as C0123456789; the bot is a member of it"},
			{name: "signing_secret", form: aSecret, doc: "the app's signing secret; with it people say yes and no in Slack"},
			{name: "team", form: aText, doc: "the workspace's id, such as T0123456789: clicks of no other are taken"},
			{name: "users", form: pairs, doc: "who people are, by their Slack user id: the name that the policy's groups have"},
			{name: "map_by", form: aText, oneOf: []string{"email"}, doc: "email: people who are not among users are known by the confirmed address of their account in the workspace"},
			{name: "api", form: aText, doc: "where Slack is called, https://slack.com/api/ where it is not set; https://slack-gov.com/api/ for GovSlack"},
		},
		open: openSlack,
	}
}

func openSlack(v values, o opening) (Channel, error) {
	base := slackAPI
	if v.text["api"] != "" {
		base = strings.TrimSuffix(v.text["api"], "/") + "/"
	}
	u, err := addressOf("api", base)
	if err != nil {
		return nil, err
	}
	votes := v.text["signing_secret"] != ""
	switch {
	case votes && v.text["team"] == "":
		return nil, parry.Errorf(parry.Invalid, "signing_secret needs team, the workspace whose clicks are taken")
	case votes && len(v.pairs["users"]) == 0 && v.text["map_by"] == "":
		return nil, parry.Errorf(parry.Invalid, "with signing_secret people say yes and no, and nothing says who they are").WithHint("set users, or map_by: email")
	case !votes && (len(v.pairs["users"]) > 0 || v.text["map_by"] != ""):
		return nil, parry.Errorf(parry.Invalid, "users and map_by are for buttons, which need signing_secret")
	}
	return &slackChannel{
		name: o.name, api: slack.New(v.text["token"], slack.OptionAPIURL(base), slack.OptionHTTPClient(o.client)), base: u, client: o.client,
		channel: v.text["channel"], team: v.text["team"], secret: []byte(v.text["signing_secret"]), users: v.pairs["users"], byMail: v.text["map_by"] != "", now: o.now,
	}, nil
}

// Updates implements updater.
func (c *slackChannel) Updates() bool { return true }

// Tell implements Channel. The ref is the channel's id and the message's timestamp, by which Slack knows it. Slack has no key for messages: one
// that was posted without an answer is posted again, and so may be there twice.
func (c *slackChannel) Tell(ctx context.Context, n News, ref string) (string, error) {
	m := messageOf(n, c.now())
	return c.show(ctx, c.blocks(n, m), m, ref, n.Kind == Reminded || n.Kind == Escalated)
}

// TellStorm implements Channel.
func (c *slackChannel) TellStorm(ctx context.Context, s Storm, ref string) (string, error) {
	m := stormMessage(s)
	return c.show(ctx, slackBlocks(m), m, ref, false)
}

// show posts a message, or changes the one that there is and says in its thread what is new; aloud also in the channel.
func (c *slackChannel) show(ctx context.Context, blocks []slack.Block, m message, ref string, aloud bool) (string, error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(slackText(m.headline+": "+m.title, slackSection), false), slack.MsgOptionBlocks(blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	channel, stamp, known := strings.Cut(ref, " ")
	if known {
		_, _, _, err := c.api.UpdateMessageContext(ctx, channel, stamp, options...)
		switch {
		case err == nil:
			return ref, c.reply(ctx, channel, stamp, m, aloud)
		case !slices.Contains([]string{"message_not_found", "cant_update_message", "edit_window_closed"}, slackCode(err)):
			return ref, slackFailed(err)
		}
	}
	channel, stamp, err := c.api.PostMessageContext(ctx, c.channel, options...)
	if err != nil {
		return "", slackFailed(err)
	}
	return channel + " " + stamp, nil
}

// reply says in a message's thread what is new: a change alone tells nobody.
func (c *slackChannel) reply(ctx context.Context, channel, stamp string, m message, aloud bool) error {
	text := m.headline
	if m.reason != "" {
		text += ": " + m.reason
	}
	options := []slack.MsgOption{slack.MsgOptionTS(stamp), slack.MsgOptionText(slackText(text, slackSection), false), slack.MsgOptionBlocks(slackSay(text)),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
	if aloud {
		options = append(options, slack.MsgOptionBroadcast())
	}
	_, _, err := c.api.PostMessageContext(ctx, channel, options...)
	return slackFailed(err)
}

// slackCode is Slack's code of an error; empty for one that is not Slack's.
func slackCode(err error) string {
	var says slack.SlackErrorResponse
	if errors.As(err, &says) {
		return says.Err
	}
	return ""
}

// slackFailed is a failure in our kinds: for ever, or for now. Source: the errors of chat.postMessage, chat.update and "Rate limits", Slack Web API.
func slackFailed(err error) error {
	if err == nil {
		return nil
	}
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return &slower{parry.Errorf(parry.Fault, "Slack asks to wait %s", limited.RetryAfter), limited.RetryAfter}
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) {
		if status.Code/100 == 5 || status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout {
			return parry.Errorf(parry.Fault, "Slack answers %d", status.Code)
		}
		return parry.Errorf(parry.Refused, "Slack answers %d", status.Code)
	}
	code := slackCode(err)
	switch code {
	case "":
		return unreached("Slack", err)
	case "channel_not_found", "not_in_channel", "is_archived", "channel_is_limited_access", "restricted_action", "restricted_action_read_only_channel", "posting_to_channel_denied":
		return parry.Errorf(parry.Refused, "Slack says %s", code).WithHint("set the channel's id, and invite the bot into it")
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission", "access_denied", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "team_access_not_granted":
		return parry.Errorf(parry.Refused, "Slack says %s", code).WithHint("look at the bot's token and its scopes: it needs chat:write")
	case "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return parry.Errorf(parry.Fault, "Slack says %s", code)
	case "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_arguments", "invalid_metadata_format":
		return parry.Errorf(parry.Invalid, "Slack says %s", code)
	}
	return parry.Errorf(parry.Fault, "Slack says %s", clean(cut(code, 100)))
}

// who is the name under which somebody of Slack says yes, as the policy's groups have it. Nobody chooses it: it stands in the file, or is the
// address that the workspace confirmed, of a full member of it.
func (c *slackChannel) who(ctx context.Context, user slack.User) (string, error) {
	if name := c.users[user.ID]; name != "" {
		return name, nil
	}
	unknown := parry.Errorf(parry.Refused, "nobody here knows who the Slack user %s is", clean(user.ID)).WithHint("add them to users of the channel %s in the file of channels", c.name)
	if !c.byMail || user.TeamID != "" && user.TeamID != c.team {
		return "", unknown
	}
	u, err := c.api.GetUserInfoContext(ctx, user.ID)
	if err != nil {
		return "", slackFailed(err)
	}
	mail := strings.ToLower(u.Profile.Email)
	switch {
	case u.ID != user.ID, u.TeamID != c.team, u.Deleted, u.IsBot, u.IsStranger, u.IsRestricted, u.IsUltraRestricted, !strings.Contains(mail, "@"):
		return "", unknown
	case !u.IsEmailConfirmed:
		return "", parry.Errorf(parry.Refused, "Slack has not confirmed the address of the user %s", clean(user.ID))
	}
	return mail, nil
}

// mayAnswer tells whether a result may be sent to an address: Slack's own for this, or that of the API that is called.
func (c *slackChannel) mayAnswer(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	return u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com") || u.Scheme == c.base.Scheme && u.Host == c.base.Host
}

// answer tells the person who clicked what came of it, so that only they see it.
func (c *slackChannel) answer(ctx context.Context, address, text string) error {
	if !c.mayAnswer(address) {
		return parry.Errorf(parry.Refused, "the address for the answer is not Slack's")
	}
	err := slack.PostWebhookCustomHTTPContext(ctx, address, c.client, &slack.WebhookMessage{ResponseType: "ephemeral", Text: slackText(text, slackSection)})
	if err != nil {
		return fmt.Errorf("the person could not be told: %w", slackFailed(err))
	}
	return nil
}
