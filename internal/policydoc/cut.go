package policydoc

import (
	"cmp"
	"slices"
	"strings"
)

// span is a piece of text.
type span struct{ start, end int }

// edit puts a text in the place of another.
type edit struct {
	span
	text string
}

// apply makes the edits in the part of a text; they do not overlap.
func apply(text string, part span, edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	at := part.start
	for _, e := range edits {
		b.WriteString(text[at:e.start])
		b.WriteString(e.text)
		at = e.end
	}
	b.WriteString(text[at:part.end])
	return b.String()
}

// without cuts some of a list's parts out, with the commas that go with them. Some part must stay.
func without(parts []span, gone []bool) []edit {
	var edits []edit
	last := -1 // the last part that stays
	for i := range parts {
		if !gone[i] {
			last = i
		}
	}
	for i := range parts[:last+1] {
		if gone[i] {
			edits = append(edits, edit{span: span{parts[i].start, parts[i+1].start}})
		}
	}
	if last+1 < len(parts) {
		edits = append(edits, edit{span: span{parts[last].end, parts[len(parts)-1].end}})
	}
	return edits
}

func itemSpans(nodes []*node) []span {
	all := make([]span, len(nodes))
	for i, n := range nodes {
		all[i] = span{n.start, n.end}
	}
	return all
}

func memberSpans(n *node) []span {
	all := make([]span, len(n.members))
	for i, m := range n.members {
		all[i] = span{m.start, m.value.end}
	}
	return all
}

// rewrite makes every statement into the texts that take its place: itself, another, two, or none. Of a document of which
// nothing is left, "" is left.
func (d *Document) rewrite(f func(Statement) []string) string {
	list := d.list
	spans, gone := make([]span, len(d.Statements)), make([]bool, len(d.Statements))
	var edits []edit
	for i, s := range d.Statements {
		spans[i] = span{s.node.start, s.node.end}
		texts := f(s)
		gone[i] = len(texts) == 0
		text := strings.Join(texts, ",")
		if list == nil && len(texts) > 1 {
			text = "[" + text + "]"
		}
		if !gone[i] && text != d.text[spans[i].start:spans[i].end] {
			edits = append(edits, edit{spans[i], text})
		}
	}
	if len(gone) > 0 && !slices.Contains(gone, false) {
		return ""
	}
	if slices.Contains(gone, true) {
		edits = append(edits, without(spans, gone)...)
	}
	return apply(d.text, span{0, len(d.text)}, edits)
}

func (d *Document) source(s Statement) string { return d.text[s.node.start:s.node.end] }
