package policydoc

import (
	"slices"
	"strings"
)

// Document is a policy document that was read. Its text is never rewritten, only cut.
type Document struct {
	Version    string // "2008-10-17" where the document does not say
	ID         string
	Statements []Statement

	text string
	root *node
	list *node // the list of statements; nil where there is one alone
}

// String is the text as it was given.
func (d *Document) String() string { return d.text }

// Statement is one statement. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Statement struct {
	Index      int // from 0
	Sid        string
	Allow      bool
	Principals Principals
	Actions    Patterns
	Resources  Patterns // of a role's trust there are none
	Conditions []Condition

	node *node
}

// Principals are whom a statement is about.
type Principals struct {
	Given bool // an identity policy's statement names none
	Not   bool // NotPrincipal: everyone but these
	List  []Principal

	node *node
}

// Principal is one of them.
type Principal struct {
	Type  string // AWS, Service, Federated, CanonicalUser; "*" for "Principal": "*"
	Value string

	node *node
}

// Patterns are actions or resources.
type Patterns struct {
	Not    bool
	Values []string

	node *node
}

// Condition is one key under one operator. All conditions of a statement must hold; one of the values suffices.
type Condition struct {
	Operator, Key string
	Values        []string

	node *node
}

// Parse reads a document. What it cannot read for certain is an *Error.
func Parse(text string) (*Document, error) {
	r := &reader{text: text}
	root, err := r.document()
	if err != nil {
		return nil, err
	}
	d := &Document{text: text, root: root}
	p := &parser{reader: r, doc: d}
	return d, p.parse()
}

type parser struct {
	*reader
	doc *Document
}

func (p *parser) at(n *node, format string, args ...any) error {
	return p.errorf(n.start, n.path, format, args...)
}

// elements checks that an object has only known elements. AWS knows no others, and their names are case-sensitive.
func (p *parser) elements(n *node, what string, known ...string) error {
	if n.kind != objectKind {
		return p.at(n, "%s is an object, not %s", what, n.kind)
	}
	for _, m := range n.members {
		if slices.Contains(known, m.key) {
			continue
		}
		meant := ""
		if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, m.key) }); i >= 0 {
			meant = ", perhaps " + known[i] + " is meant"
		}
		return p.errorf(m.start, m.value.path, "%s has no element %q%s", what, m.key, meant)
	}
	return nil
}

func (p *parser) parse() error {
	root := p.doc.root
	if err := p.elements(root, "a policy document", "Version", "Id", "Statement"); err != nil {
		return err
	}
	p.doc.Version = "2008-10-17"
	if v := root.member("Version"); v != nil {
		if v.text != "2012-10-17" && v.text != "2008-10-17" || v.kind != stringKind {
			return p.at(v, `Version is "2012-10-17" or "2008-10-17"`)
		}
		p.doc.Version = v.text
	}
	var err error
	if p.doc.ID, err = p.optional(root.member("Id")); err != nil {
		return err
	}
	s := root.member("Statement")
	switch {
	case s == nil:
		return p.at(root, "there is no Statement")
	case s.kind == objectKind:
		return p.statement(s)
	case s.kind != listKind:
		return p.at(s, "Statement is an object or a list of them, not %s", s.kind)
	}
	p.doc.list = s
	for _, n := range s.items {
		if err := p.statement(n); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) optional(n *node) (string, error) {
	if n == nil {
		return "", nil
	}
	if n.kind != stringKind {
		return "", p.at(n, "it is a string, not %s", n.kind)
	}
	return n.text, nil
}

func (p *parser) statement(n *node) error {
	if err := p.elements(n, "a statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"); err != nil {
		return err
	}
	s := Statement{Index: len(p.doc.Statements), node: n}
	var err error
	if s.Sid, err = p.optional(n.member("Sid")); err != nil {
		return err
	}
	effect := n.member("Effect")
	if effect == nil {
		return p.at(n, "the statement has no Effect")
	}
	if effect.kind != stringKind || effect.text != "Allow" && effect.text != "Deny" {
		return p.at(effect, `Effect is "Allow" or "Deny"`)
	}
	s.Allow = effect.text == "Allow"
	if s.Actions, err = p.patterns(n, "Action"); err != nil {
		return err
	}
	if s.Actions.node == nil {
		return p.at(n, "the statement has neither Action nor NotAction")
	}
	if s.Resources, err = p.patterns(n, "Resource"); err != nil {
		return err
	}
	if s.Principals, err = p.principals(n); err != nil {
		return err
	}
	if c := n.member("Condition"); c != nil {
		if s.Conditions, err = p.conditions(c); err != nil {
			return err
		}
	}
	p.doc.Statements = append(p.doc.Statements, s)
	return nil
}

// either is an element or its opposite, of which a statement can have one.
func (p *parser) either(n *node, name string) (v *node, not bool, err error) {
	v, opposite := n.member(name), n.member("Not"+name)
	if v != nil && opposite != nil {
		return nil, false, p.at(opposite, "the statement has both %s and Not%s", name, name)
	}
	if opposite != nil {
		return opposite, true, nil
	}
	return v, false, nil
}

func (p *parser) patterns(n *node, name string) (Patterns, error) {
	v, not, err := p.either(n, name)
	if err != nil || v == nil {
		return Patterns{}, err
	}
	leaves, err := p.leaves(v, false)
	if err != nil {
		return Patterns{}, err
	}
	return Patterns{Not: not, Values: texts(leaves), node: v}, nil
}

// leaves are a value's strings, be it a string or a list. Where scalars may stand, they are taken as they are spelt.
func (p *parser) leaves(v *node, scalars bool) ([]*node, error) {
	fits := func(n *node) bool { return n.kind == stringKind || scalars && n.kind == scalarKind }
	switch {
	case fits(v):
		return []*node{v}, nil
	case v.kind != listKind:
		return nil, p.at(v, "it is a string or a list of strings, not %s", v.kind)
	case len(v.items) == 0:
		return nil, p.at(v, "the list is empty")
	}
	for _, i := range v.items {
		if !fits(i) {
			return nil, p.at(i, "it is a string, not %s", i.kind)
		}
	}
	return v.items, nil
}

func texts(nodes []*node) []string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = n.text
	}
	return all
}

func (p *parser) principals(n *node) (Principals, error) {
	v, not, err := p.either(n, "Principal")
	if err != nil || v == nil {
		return Principals{}, err
	}
	all := Principals{Given: true, Not: not, node: v}
	if v.kind == stringKind {
		if v.text != "*" {
			return all, p.at(v, `a principal is "*" or an object such as {"AWS": ...}, not %q`, v.text)
		}
		all.List = []Principal{{"*", "*", v}}
		return all, nil
	}
	if err := p.elements(v, "a principal", "AWS", "Service", "Federated", "CanonicalUser"); err != nil {
		return all, err
	}
	if len(v.members) == 0 {
		return all, p.at(v, "there is no principal in it")
	}
	for _, m := range v.members {
		leaves, err := p.leaves(m.value, false)
		if err != nil {
			return all, err
		}
		for _, l := range leaves {
			all.List = append(all.List, Principal{m.key, l.text, l})
		}
	}
	return all, nil
}

func (p *parser) conditions(n *node) ([]Condition, error) {
	if n.kind != objectKind {
		return nil, p.at(n, "Condition is an object, not %s", n.kind)
	}
	var all []Condition
	for _, op := range n.members {
		if op.value.kind != objectKind {
			return nil, p.at(op.value, "a condition operator holds an object of keys, not %s", op.value.kind)
		}
		if len(op.value.members) == 0 {
			return nil, p.at(op.value, "the condition operator holds no key")
		}
		for _, key := range op.value.members {
			leaves, err := p.leaves(key.value, true)
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{op.key, key.key, texts(leaves), key.value})
		}
	}
	return all, nil
}
