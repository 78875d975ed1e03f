package policydoc

import (
	"fmt"
	"slices"
	"strings"
)

// WithoutPublic is the document without what lets in anyone: a principal is taken out of its list, a value that is open out
// of its condition where a fixed one stays, and a statement only where nothing of it stays. It is "" where no statement
// is left: then the policy is to be deleted, as AWS takes none without statements.
func (d *Document) WithoutPublic(v Viewer) string { return d.withoutVerdict(v, Public) }

// WithoutForeign is the document without who is neither the owner nor trusted, in the same way. Public statements stay.
func (d *Document) WithoutForeign(v Viewer) string { return d.withoutVerdict(v, Foreign) }

func (d *Document) withoutVerdict(v Viewer, bad Verdict) string {
	findings := d.Judge(v)
	sids := d.sids()
	return d.rewrite(func(s Statement) []string {
		f := findings[s.Index]
		if !f.Has(bad) {
			return []string{d.source(s)}
		}
		return d.withoutAccess(s, f.Access, bad, sids)
	})
}

func (d *Document) sids() map[string]bool {
	all := map[string]bool{}
	for _, s := range d.Statements {
		all[s.Sid] = true
	}
	return all
}

// withoutAccess takes the bad principals out of a statement. Where only some values of a condition make them bad, they stay
// with the others; the condition is then narrowed for them alone, so that the statement becomes two.
func (d *Document) withoutAccess(s Statement, all []Access, bad Verdict, sids map[string]bool) []string {
	gone, narrowed := make([]bool, len(all)), make([]bool, len(all))
	var narrow *Access
	for i, a := range all {
		gone[i] = a.Verdict == bad
		if gone[i] && a.keep != nil && narrow == nil {
			narrow = &all[i]
		}
		narrowed[i] = gone[i] && a.keep != nil && a.narrow == narrow.narrow
	}
	var texts []string
	whole := span{s.node.start, s.node.end}
	if slices.Contains(gone, false) {
		texts = append(texts, apply(d.text, whole, s.withoutPrincipals(gone)))
	}
	if narrow == nil {
		return texts
	}
	var edits []edit
	drop := make([]bool, len(narrow.keep))
	for i, k := range narrow.keep {
		drop[i] = !k
	}
	edits = append(edits, without(itemSpans(narrow.narrow.node.items), drop)...)
	if slices.Contains(narrowed, false) {
		others := make([]bool, len(narrowed))
		for i, n := range narrowed {
			others[i] = !n
		}
		edits = append(edits, s.withoutPrincipals(others)...)
	}
	if len(texts) > 0 && s.Sid != "" {
		sid := s.node.member("Sid")
		edits = append(edits, edit{span{sid.start, sid.end}, quote(another(s.Sid, sids))})
	}
	return append(texts, apply(d.text, whole, edits))
}

// another is a Sid that is not there yet.
func another(sid string, sids map[string]bool) string {
	for i := 2; ; i++ {
		if s := fmt.Sprintf("%s%d", sid, i); !sids[s] {
			sids[s] = true
			return s
		}
	}
}

// withoutPrincipals cuts some of the principals out; some stay. A kind of which none stays goes as a whole.
func (s Statement) withoutPrincipals(gone []bool) []edit {
	n := s.Principals.node
	kinds := make([]bool, len(n.members))
	var edits []edit
	at := 0
	for i, m := range n.members {
		items := []*node{m.value}
		if m.value.kind == listKind {
			items = m.value.items
		}
		here := gone[at : at+len(items)]
		at += len(items)
		switch {
		case !slices.Contains(here, false):
			kinds[i] = true
		case slices.Contains(here, true):
			edits = append(edits, without(itemSpans(items), here)...)
		}
	}
	if slices.Contains(kinds, true) {
		edits = append(edits, without(memberSpans(n), kinds)...)
	}
	return edits
}

// quote writes a string as JSON does, without escaping for HTML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
