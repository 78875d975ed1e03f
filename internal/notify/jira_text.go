package notify

import "strings"

// text is the story in the form that the API takes.
func (j *Jira) text(s story) any {
	if j.c.DataCenter {
		return s.within(mostIssueText, wiki)
	}
	return adf(s)
}

// adf is the story as an Atlassian document: what stands in a text node is text, and never markup. Source: "Atlassian Document Format", Jira
// Cloud platform.
func adf(s story) map[string]any {
	para := func(nodes ...any) map[string]any { return map[string]any{"type": "paragraph", "content": nodes} }
	text := func(t string, marks ...any) map[string]any {
		n := map[string]any{"type": "text", "text": t}
		if len(marks) > 0 {
			n["marks"] = marks
		}
		return n
	}
	strong := map[string]any{"type": "strong"}
	doc := []any{para(text(s.headline, strong))}
	var items []any
	for _, f := range s.facts {
		items = append(items, map[string]any{"type": "listItem", "content": []any{para(text(f.name+": ", strong), text(f.value))}})
	}
	if len(items) > 0 {
		doc = append(doc, map[string]any{"type": "bulletList", "content": items})
	}
	if s.link != "" {
		doc = append(doc, para(text("Open in Parry", map[string]any{"type": "link", "attrs": map[string]any{"href": s.link}})))
	}
	doc = append(doc, para(text(s.trailer())))
	return map[string]any{"version": 1, "type": "doc", "content": doc}
}

// wiki escapes what Jira's wiki markup would read as markup. Source: "Text Formatting Notation Help", Jira: a backslash escapes a special
// character.
func wiki(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\{}[]|!*_-+^~?#&@`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
