package notify

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"parry"
)

// story is what pagers and tickets say of a piece of news, or of many. All of it is plain text in one line each, safe to show: what a
// provider would read as markup is its channel's to escape.
type story struct {
	key      string // what the provider knows it by, so that a second call finds what the first made
	mark     string // of this news: the same news has the same, whenever it is told
	subject  string // what it is about, whatever becomes of it
	headline string // what is new
	facts    []fact
	severity int  // OCSF's
	open     bool // a person has to look
	working  bool // it is being carried out
	link     string
}

// fact is one line of a story.
type fact struct{ name, value string }

// storyOf tells of one response, as it stands at a time.
func storyOf(n News, now time.Time) story {
	r, m := n.Response, messageOf(n, now)
	s := story{
		key: keyOf("parry-", r.ID), mark: strings.TrimPrefix(newsID(n), r.ID+"-"), severity: r.Finding.SeverityID,
		open: n.Kind != Begun && !((n.Kind == Ended || n.Kind == Told) && settled(r.State)), working: n.Kind == Begun,
	}
	s.words(m, m.title, m.headline+": "+m.title)
	s.add("State", string(r.State))
	s.add("Why", m.reason)
	s.rest(m, "Change")
	return s
}

// storyOfStorm tells of many. Each storm has a key of its own, by the first response in it: one that is over closes no other's ticket.
func storyOfStorm(m Storm) story {
	first := ""
	if len(m.Sample) > 0 {
		first = m.Sample[0].Response.ID
	}
	s := story{key: "parry-storm-" + digest(m.Rule, string(m.Kind), first), mark: strings.TrimPrefix(stormID(m), "storm-"), open: true}
	works, left := 0, 0
	for state, n := range m.States {
		switch st := parry.State(state); {
		case n <= 0, settled(st):
		case state == stage(parry.Applying), st == parry.Undoing:
			works += n
		default:
			left += n
		}
	}
	if len(m.States) > 0 && left == 0 {
		s.open, s.working = false, works > 0
	}
	for _, n := range m.Sample {
		s.severity = max(s.severity, known(n.Response.Finding.SeverityID))
	}
	msg := stormMessage(m)
	s.words(msg, fmt.Sprintf("Storm of rule %s: %s", cut(clean(m.Rule), textTitle), stormKind(m.Kind)), msg.headline)
	s.add("Highest severity of those shown", severities()[s.severity])
	s.rest(msg, "Response")
	return s
}

// words takes over what a message says in its first lines.
func (s *story) words(m message, subject, headline string) {
	s.subject, s.headline, s.link = shorten(subject, mostFact), shorten(headline, mostFact), m.link
}

// rest adds what else a message says; each is what its changes are called.
func (s *story) rest(m message, each string) {
	for _, f := range m.facts {
		s.add(f.name, f.value)
	}
	for _, f := range m.ending() {
		s.add(f.name, f.value)
	}
	for _, c := range m.changes {
		text := c.what
		if c.after != "" {
			text += ", " + c.before + " → " + c.after
		}
		if c.undo != "" {
			text += "; " + c.undo
		}
		s.add(each, text)
	}
	if m.more > 0 {
		s.add("More", strconv.Itoa(m.more)+" that are not shown")
	}
}

// mostFact is how long one fact, or the headline, may be, in UTF-16 units: none can crowd out the others.
const mostFact = 700

// add adds a fact where there is one.
func (s *story) add(name, value string) {
	if value = shorten(clean(value), mostFact); value != "" {
		s.facts = append(s.facts, fact{shorten(clean(name), 60), value})
	}
}

// text is the story in lines, the least needed last, where it is cut.
func (s story) text() string {
	lines := []string{s.headline}
	if s.link != "" {
		lines = append(lines, s.link)
	}
	lines = append(lines, "")
	for _, f := range s.facts {
		lines = append(lines, f.name+": "+f.value)
	}
	return strings.Join(lines, "\n")
}

// trailer is the line by which a channel finds what it has told.
func (s story) trailer() string { return "Parry, " + s.key + ", news " + s.mark }

// within is the text in a length, ended by the trailer whatever has to be cut. escape, where there is one, takes out what the provider would read
// as markup.
func (s story) within(most int, escape func(string) string) string {
	text, end := s.text(), s.trailer()
	if escape != nil {
		text, end = escape(text), escape(end)
	}
	end = "\n\n" + end
	return shorten(text, most-width(end)) + end
}

// settled tells whether a state leaves nothing for a person to do. What failed or expired, or is left to people, does: a ticket that is
// closed over it would hide it.
func settled(s parry.State) bool {
	switch s {
	case parry.Done, parry.Undone, parry.Rejected, parry.Nothing, parry.Held:
		return true
	}
	return false
}

// known is an OCSF severity from 0 to 5; 6 is fatal and 99 anything else. Source: ocsf-schema 1.8, severity_id.
func known(id int) int {
	switch {
	case id == 6:
		return parry.SeverityCritical
	case id < 0 || id > parry.SeverityCritical:
		return parry.SeverityUnknown
	}
	return id
}

// digest is a short name for some text: twelve hexadecimal digits.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%q\n", p)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:12]
}

// keyOf is a name for an id that no query language and no path reads as anything else.
func keyOf(prefix, id string) string {
	safe := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if id == "" || len(id) > 80 || strings.ContainsFunc(id, func(r rune) bool { return !safe(r) }) {
		return prefix + "x-" + digest(id)
	}
	return prefix + id
}

// width is how long a text is in UTF-16 units, in which the providers count.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// shorten cuts a text to a width, and shows that it did.
func shorten(s string, most int) string {
	s = strings.ToValidUTF8(s, "?")
	if width(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > most-1 {
			return strings.TrimRight(s[:i], " \n") + "…"
		}
	}
	return s
}

// or is the first of two that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
