package notify

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

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

// storyOf tells of one response.
func storyOf(n News) story {
	r := n.Response
	s := story{
		key: keyOf("parry-", r.ID), mark: markOf(n), severity: r.Finding.SeverityID, link: n.Link,
		subject: subjectOf(r), open: n.Kind != Begun && !((n.Kind == Ended || n.Kind == Told) && settled(r.State)), working: n.Kind == Begun,
	}
	s.headline = said(n) + ": " + s.subject
	s.add("State", string(r.State))
	s.add("Reason", r.Reason)
	s.add("Finding", r.Finding.Info.Title)
	s.add("Type", r.Finding.Type())
	s.add("Severity", severityName(r.Finding.SeverityID))
	if r.Target.ID != "" {
		s.add("Target", r.Target.String())
	}
	s.add("Account", or(r.Target.Account, r.Finding.Cloud.Account.UID))
	s.add("Region", or(r.Target.Region, r.Finding.Cloud.Region))
	s.add("Rule", r.Answer.Rule)
	s.add("Playbook", r.Answer.Playbook)
	s.add("Plan", r.Plan.Summary)
	s.add("What breaks", r.Plan.Breaks)
	s.add("Calls", calls(r.Plan))
	if r.Asked != nil && r.State == parry.Waiting {
		s.add("Asked", r.Asked.String())
	}
	s.add("By", r.By)
	s.add("Response", r.ID)
	return s
}

// storyOfStorm tells of many. Each storm has a key of its own, by the first response in it: one that is over closes no other's ticket.
func storyOfStorm(m Storm) story {
	first := ""
	if len(m.Sample) > 0 {
		first = m.Sample[0].Response.ID
	}
	s := story{key: "parry-storm-" + digest(m.Rule, string(m.Kind), first), link: m.Link, open: true}
	parts := []string{string(m.Kind), strconv.Itoa(m.Count)}
	for _, state := range slices.Sorted(maps.Keys(m.States)) {
		parts = append(parts, state, strconv.Itoa(m.States[state]))
	}
	s.mark = digest(parts...)
	waits, left := 0, 0
	for state, n := range m.States {
		switch st := parry.State(state); {
		case n <= 0:
		case settled(st):
		case state == "begun", st.Begun(), st == parry.Undoing:
			waits += n
		default:
			left += n
		}
	}
	if len(m.States) > 0 && left == 0 {
		s.open, s.working = false, waits > 0
	}
	for _, n := range m.Sample {
		s.severity = max(s.severity, known(n.Response.Finding.SeverityID))
	}
	s.subject = fmt.Sprintf("Storm of rule %s", shorten(oneLine(m.Rule), 80))
	s.headline = fmt.Sprintf("%s: %d responses, %s", s.subject, m.Count, kindSays(m.Kind))
	s.add("Rule", m.Rule)
	s.add("Responses", strconv.Itoa(m.Count))
	s.add("States", counts(m.States))
	s.add("Accounts", counts(m.Account))
	s.add("Severity, the highest shown", severityName(s.severity))
	for _, n := range m.Sample[:min(len(m.Sample), 5)] {
		s.add("Among them", string(n.Response.State)+": "+subjectOf(n.Response)+", response "+n.Response.ID)
	}
	return s
}

// mostFact is how long one fact may be, in UTF-16 units: none can crowd out the others.
const mostFact = 700

// add adds a fact where there is one.
func (s *story) add(name, value string) {
	if value = shorten(oneLine(value), mostFact); value != "" {
		s.facts = append(s.facts, fact{name, value})
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

// said is the news in a word or two.
func said(n News) string {
	if n.Kind != Ended {
		return kindSays(n.Kind)
	}
	if n.Response.State == parry.Done && len(n.Response.Undone) > 0 {
		return "Done, and a part taken back"
	}
	s := string(n.Response.State)
	if s == "" {
		return "Ended"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func kindSays(k Kind) string {
	switch k {
	case Asked:
		return "Approval wanted"
	case Reminded:
		return "Approval still wanted"
	case Escalated:
		return "Approval wanted, others are asked too"
	case Told:
		return "Left to a person"
	case Begun:
		return "Being carried out"
	case Ended:
		return "Ended"
	}
	return oneLine(string(k))
}

// subjectOf is what a response is about.
func subjectOf(r parry.Response) string {
	what := or(oneLine(r.Finding.Info.Title), or(oneLine(r.Plan.Summary), oneLine(r.Answer.Playbook)))
	text := shorten(or(what, "finding without a title"), 200)
	if r.Target.ID != "" {
		text += " (" + shorten(oneLine(r.Target.String()), 120) + ")"
	}
	if r.Target.Account != "" {
		text += " in " + oneLine(r.Target.Account)
	}
	return text
}

// calls are the plan's calls, as services and operations: what the inputs hold is the console's to show.
func calls(p parry.Plan) string {
	var all []string
	for _, c := range p.Calls() {
		all = append(all, c.Op)
	}
	const most = 8
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(all, ", ")
}

// counts tells how many of what there are, the most first.
func counts(of map[string]int) string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		if of[a] != of[b] {
			return of[b] - of[a]
		}
		return strings.Compare(a, b)
	})
	const most = 10
	var all []string
	for _, name := range names[:min(len(names), most)] {
		all = append(all, fmt.Sprintf("%s %d", oneLine(name), of[name]))
	}
	if len(names) > most {
		all = append(all, fmt.Sprintf("and %d others", len(names)-most))
	}
	return strings.Join(all, ", ")
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

func severityName(id int) string {
	return []string{"unknown", "informational", "low", "medium", "high", "critical"}[known(id)]
}

// markOf names a piece of news by what it says, not by when: it is the same when it is told a second time, though the finding came again
// meanwhile, and another where the plan is another one, or where people are reminded once more.
func markOf(n News) string {
	r := n.Response
	parts := []string{string(n.Kind), r.Plan.Digest}
	if q := r.Asked; q != nil && n.Kind == Reminded {
		parts = append(parts, strconv.Itoa(q.Reminded))
	}
	if q := r.Asked; q != nil && n.Kind == Escalated {
		parts = append(parts, q.Escalated...)
	}
	if n.Kind == Told || n.Kind == Ended {
		parts = append(parts, string(r.State), strconv.Itoa(len(r.Undone)))
	}
	return digest(parts...)
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

// oneLine makes foreign text safe to show in a line: what would move the cursor, hide or turn text round is written as its code.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r != ' ' && !unicode.IsPrint(r), r == utf8.RuneError:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
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
