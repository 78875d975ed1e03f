package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"parry"
)

// Limits of Block Kit, in characters, and of a message in blocks. Sources: the reference pages of the header, section, actions and context block,
// of the button element and of the confirmation dialog, Slack Block Kit.
const (
	slackHeader  = 150
	slackSection = 3000
	slackField   = 2000
	slackFields  = 10
	slackMost    = 50
	slackConfirm = 300
)

// The names of what can be clicked.
const (
	actApprove = "parry_approve"
	actReject  = "parry_reject"
	actOpen    = "parry_open"
	actReason  = "parry_reason"
)

// button is what a button carries: which response, and the plan that was shown.
type button struct {
	Response string `json:"r"`
	Digest   string `json:"d"`
	Answer   string `json:"a,omitempty"` // in a dialog: where the result is told
	Channel  string `json:"c,omitempty"` // in a dialog: the channel, by its name, that it came of
}

// slackText escapes a text for Slack's markup, within a length. What is escaped cannot be a mention, a link or a command. Source: "Formatting
// text for app surfaces", Slack.
func slackText(s string, most int) string {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	if whole := escaped(s); utf8.RuneCountInString(whole) <= most {
		return whole
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		one := escaped(string(r))
		if n += utf8.RuneCountInString(one); n > most-1 {
			break
		}
		b.WriteString(one)
	}
	return b.String() + "…"
}

// slackPlain is a text without markup.
func slackPlain(s string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, cut(s, most), false, false)
}

// slackMark is a text with markup, which is escaped by now. It is taken as it is: addresses in it do not become links.
func slackMark(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, true)
}

// slackSay is a text as a block.
func slackSay(s string) slack.Block {
	return slack.NewSectionBlock(slackPlain(s, slackSection), nil, nil)
}

// slackBlocks shows a message.
func slackBlocks(m message) []slack.Block {
	blocks := []slack.Block{
		slack.NewHeaderBlock(slackPlain(m.headline, slackHeader)),
		slack.NewSectionBlock(slackMark("*"+slackText(m.title, slackSection-2)+"*"), nil, nil),
	}
	var fields []*slack.TextBlockObject
	for _, f := range m.facts[:min(len(m.facts), slackFields)] {
		fields = append(fields, slackMark("*"+slackText(f.name, 50)+"*\n"+slackText(f.value, slackField-60)))
	}
	if len(fields) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	if m.reason != "" {
		blocks = append(blocks, slackSay(m.reason))
	}
	for _, c := range m.changes {
		text := "*" + slackText(c.what, 300) + "*"
		if c.after != "" {
			text += "\n" + slackText(c.before, 900) + " → " + slackText(c.after, 900)
		}
		if c.undo != "" {
			text += "\n_" + slackText(c.undo, 600) + "_"
		}
		blocks = append(blocks, slack.NewSectionBlock(slackMark(text), nil, nil))
	}
	if m.more > 0 {
		blocks = append(blocks, slackSay(fmt.Sprintf("and %d more", m.more)))
	}
	for _, f := range m.ending() {
		blocks = append(blocks, slack.NewSectionBlock(slackMark("*"+f.name+"*: "+slackText(f.value, slackSection-60)), nil, nil))
	}
	return blocks[:min(len(blocks), slackMost-1)] // room for the buttons
}

// blocks shows a response; while it waits, with buttons for this plan.
func (c *slackChannel) blocks(n News, m message) []slack.Block {
	blocks := slackBlocks(m)
	var buttons []slack.BlockElement
	if r := n.Response; r.State == parry.Waiting && len(c.secret) > 0 {
		b, _ := json.Marshal(button{Response: r.ID, Digest: r.Plan.Digest}) // two texts
		sure := slack.NewConfirmationBlockObject(slackPlain("Apply this plan?", 100), slackPlain(m.title+". "+m.undo, slackConfirm), slackPlain("Apply", 30), slackPlain("Not now", 30))
		buttons = append(buttons,
			slack.NewButtonBlockElement(actApprove, string(b), slackPlain("Approve", 75)).WithStyle(slack.StylePrimary).WithConfirm(sure),
			slack.NewButtonBlockElement(actReject, string(b), slackPlain("Reject", 75)).WithStyle(slack.StyleDanger))
	}
	if n.Link != "" {
		buttons = append(buttons, slack.NewButtonBlockElement(actOpen, "", slackPlain("Open in the console", 75)).WithURL(n.Link))
	}
	if len(buttons) > 0 {
		blocks = append(blocks, slack.NewActionBlock("parry", buttons...))
	}
	return blocks
}

// slackDialog asks for the reason of a no. The title has at most 24 characters. Source: "Modal views", Slack.
func slackDialog(b button) slack.ModalViewRequest {
	meta, _ := json.Marshal(b) // texts
	input := slack.NewPlainTextInputBlockElement(nil, actReason)
	input.Multiline, input.MinLength, input.MaxLength = true, 1, 1000
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: actReject, PrivateMetadata: string(meta),
		Title: slackPlain("Reject the plan", 24), Submit: slackPlain("Reject", 24), Close: slackPlain("Cancel", 24),
		Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock(actReason, slackPlain("Why not?", 75), nil, input)}},
	}
}
