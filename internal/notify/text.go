package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/render"
)

// clean makes foreign text safe to show in one line.
func clean(s string) string { return strings.TrimSpace(render.Clean(s)) }

// cut shortens a text to so many characters, and shows that it did.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:max(most-1, 0)]) + "…"
}

const (
	textTitle   = 200 // characters of a finding's title
	textValue   = 400 // of a state before or after
	textReason  = 1000
	textChanges = 10 // changes that are shown one by one
)

// message is a piece of news for people, in plain text that is safe to show. Each channel escapes it for its own markup.
type message struct {
	headline string  // what is new, in one sentence
	title    string  // what is wrong, where, in one sentence
	facts    []label // severity, rule, account, when
	changes  []changeText
	more     int    // changes that are not shown
	breaks   string // what the owner of the target will notice
	undo     string // how it is taken back
	who      string // may decide; empty where nobody is asked
	left     string // the time for it
	reason   string // how it came, where it ended
	link     string
}

type label struct{ name, value string }

// changeText is one change: what, from what to what, and how it is taken back.
type changeText struct{ what, before, after, undo string }

// messageOf puts a piece of news in words, at a time.
func messageOf(n News, now time.Time) message {
	r := n.Response
	m := message{title: titleOf(r), link: n.Link, reason: cut(clean(r.Reason), textReason)}
	m.headline = headOf(n.Kind, r)
	add := func(name, value string) {
		if value = cut(clean(value), textValue); value != "" {
			m.facts = append(m.facts, label{name, value})
		}
	}
	add("Severity", severityOf(r.Finding))
	add("Account", accountOf(r))
	add("Region", r.Target.Region)
	add("Finding", r.Finding.Type())
	add("Rule", r.Answer.Rule)
	add("Playbook", r.Answer.Playbook)
	add("Plan", r.Plan.Summary)
	if n.Kind != Told {
		add("Decided by", r.By)
	}
	add("Response", r.ID)
	for i, c := range r.Plan.Changes {
		if i == textChanges {
			m.more = len(r.Plan.Changes) - i
			break
		}
		m.changes = append(m.changes, changeOf(c))
	}
	m.breaks = cut(clean(r.Plan.Breaks), textReason)
	if !r.Plan.Empty() {
		m.undo = render.Count(r.Plan)
	}
	if q := r.Asked; q != nil && r.State == parry.Waiting {
		m.who, m.left = whoMay(*q), timeLeft(*q, now)
	}
	return m
}

// titleOf says what is wrong, and where.
func titleOf(r parry.Response) string {
	what := clean(r.Finding.Info.Title)
	if what == "" {
		what = clean(r.Finding.Type())
	}
	text := cut(what, textTitle)
	if r.Target.ID != "" {
		text += ": " + cut(clean(r.Target.String()), textTitle)
	}
	if account := accountOf(r); account != "" {
		text += " in account " + clean(account)
	}
	return text
}

// headOf says what is new.
func headOf(k Kind, r parry.Response) string {
	switch k {
	case Asked:
		return "Approval wanted"
	case Reminded:
		if q := r.Asked; q != nil && q.Reminded > 1 {
			return fmt.Sprintf("Approval still wanted, reminder %d", q.Reminded)
		}
		return "Approval still wanted"
	case Escalated:
		return "Nobody answered: approval wanted of others, too"
	case Told:
		return "For your attention: nothing is changed"
	case Begun:
		return "It is being carried out"
	}
	switch r.State {
	case parry.Done:
		return "Done and verified"
	case parry.Failed:
		return "Failed: a person has to look"
	case parry.Rejected:
		return "Rejected: nothing is changed"
	case parry.Expired:
		return "Expired: nobody said yes in time, nothing is changed"
	case parry.Undone:
		return "Taken back"
	case parry.Nothing:
		return "Not needed any more"
	}
	return "Ended: " + string(r.State)
}

func changeOf(c parry.Change) changeText {
	t := changeText{what: cut(clean(c.Name+": "+c.Call.Op), textTitle)}
	if c.After != nil {
		t.before, t.after = shown(c.State), shown(c.After)
	}
	switch {
	case c.Irreversible != "":
		t.undo = "cannot be undone: " + cut(clean(c.Irreversible), textValue)
	case c.Kept != "":
		t.undo = "kept by undo: " + cut(clean(c.Kept), textValue)
	case c.RestoredBy != "":
		t.undo = "undone with " + clean(c.RestoredBy)
	case len(c.Undo) > 0:
		var ops []string
		for _, u := range c.Undo {
			ops = append(ops, clean(u.Op))
		}
		t.undo = "undo: " + strings.Join(ops, ", ")
	}
	return t
}

// shown is a state for people: texts bare, the rest as JSON.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return cut(clean(v), textValue)
	}
	if ref, ok := parry.AfterOf(v); ok {
		return "(known after apply: " + clean(ref) + ")"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "(cannot be shown)"
	}
	return cut(clean(strings.TrimSpace(b.String())), textValue)
}

func whoMay(q parry.Asking) string {
	who := "anyone who is known"
	if len(q.Groups) > 0 {
		who = clean(strings.Join(q.Groups, ", "))
	}
	if q.Persons > 1 {
		return fmt.Sprintf("%d different people of %s", q.Persons, who)
	}
	return "one of " + who
}

func timeLeft(q parry.Asking, now time.Time) string {
	if q.Expires.IsZero() {
		return "no end is set"
	}
	until := q.Expires.UTC().Format("2006-01-02 15:04Z")
	if left := q.Expires.Sub(now); left > 0 {
		return fmt.Sprintf("%s, until %s", render.Duration(left.Round(time.Minute)), until)
	}
	return "over since " + until
}

// lines is the message in plain text.
func (m message) lines() []string {
	all := []string{m.headline, m.title, ""}
	for _, f := range m.facts {
		all = append(all, f.name+": "+f.value)
	}
	if m.reason != "" {
		all = append(all, "Why: "+m.reason)
	}
	if len(m.changes) > 0 {
		all = append(all, "", "What changes:")
	}
	for _, c := range m.changes {
		all = append(all, "- "+c.what)
		if c.after != "" {
			all = append(all, "  "+c.before+" → "+c.after)
		}
		if c.undo != "" {
			all = append(all, "  "+c.undo)
		}
	}
	if m.more > 0 {
		all = append(all, fmt.Sprintf("- and %d more", m.more))
	}
	for _, f := range m.ending() {
		all = append(all, f.name+": "+f.value)
	}
	if m.link != "" {
		all = append(all, "", m.link)
	}
	return all
}

// ending are the facts that stand after the changes.
func (m message) ending() []label {
	var all []label
	for _, f := range []label{{"What breaks", m.breaks}, {"Undo", m.undo}, {"Who may decide", m.who}, {"Time left", m.left}} {
		if f.value != "" {
			all = append(all, f)
		}
	}
	return all
}

func (m message) text() string { return strings.Join(m.lines(), "\n") }

// stormMessage puts a storm in words.
func stormMessage(s Storm) message {
	m := message{
		headline: fmt.Sprintf("%d of rule %s at once: %s", s.Count, clean(s.Rule), stormKind(s.Kind)),
		title:    "They are told together, so that nothing else is overlooked", link: s.Link,
	}
	for _, state := range slices.Sorted(maps.Keys(s.States)) {
		m.facts = append(m.facts, label{state, fmt.Sprint(s.States[state])})
	}
	m.facts = append(m.facts, label{"accounts", fmt.Sprint(len(s.Account))})
	for _, n := range s.Sample {
		m.changes = append(m.changes, changeText{what: "for example " + n.Response.ID + ": " + titleOf(n.Response)})
	}
	m.more = max(s.Count-len(s.Sample), 0)
	return m
}

func stormKind(k Kind) string {
	switch k {
	case Asked, Reminded, Escalated:
		return "approval wanted"
	case Told:
		return "for your attention"
	case Begun:
		return "being carried out"
	}
	return "ended"
}
