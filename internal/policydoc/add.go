package policydoc

import "fmt"

// WithDeny is a document with one more Deny statement, which has a Sid. If there is one with that Sid that says the same, the
// document is as it was; if it says something else, it is replaced. Of no document, a new one is made.
func WithDeny(document, statement string) (string, error) {
	probe, err := Parse(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
	if err != nil {
		return "", fmt.Errorf("the statement to add: %w", err)
	}
	if len(probe.Statements) != 1 {
		return "", fmt.Errorf("there are %d statements to add, not one", len(probe.Statements))
	}
	add := probe.Statements[0]
	if add.Allow || add.Sid == "" {
		return "", fmt.Errorf(`the statement to add has "Effect": "Deny" and a Sid, by which it is found again`)
	}
	if document == "" {
		return probe.String(), nil
	}
	d, err := Parse(document)
	if err != nil {
		return "", err
	}
	at, err := d.find(add.Sid)
	if err != nil {
		return "", err
	}
	if at < 0 {
		return d.appended(statement), nil
	}
	old := d.Statements[at]
	if old.Allow {
		return "", fmt.Errorf("policy document, Statement[%d]: the Sid %q is that of an Allow; choose another for the Deny", at, add.Sid)
	}
	if same(old, add) {
		return document, nil
	}
	return d.rewrite(func(s Statement) []string {
		if s.Index == at {
			return []string{statement}
		}
		return []string{d.source(s)}
	}), nil
}

// WithoutSid is the document without the statement of that Sid, "" if it was the only one.
func (d *Document) WithoutSid(sid string) (string, error) {
	at, err := d.find(sid)
	if err != nil || at < 0 {
		return d.text, err
	}
	return d.rewrite(func(s Statement) []string {
		if s.Index == at {
			return nil
		}
		return []string{d.source(s)}
	}), nil
}

// find gives the index of the statement with a Sid, -1 if there is none.
func (d *Document) find(sid string) (int, error) {
	at := -1
	for _, s := range d.Statements {
		if s.Sid != sid || sid == "" {
			continue
		}
		if at >= 0 {
			return 0, fmt.Errorf("policy document, Statement[%d] and Statement[%d] have the same Sid %q; which is meant, nobody can tell", at, s.Index, sid)
		}
		at = s.Index
	}
	return at, nil
}

func (d *Document) appended(statement string) string {
	var e edit
	switch {
	case d.list == nil:
		n := d.Statements[0].node
		e = edit{span{n.start, n.end}, "[" + d.text[n.start:n.end] + "," + statement + "]"}
	case len(d.list.items) == 0:
		e = edit{span{d.list.start, d.list.end}, "[" + statement + "]"}
	default:
		end := d.list.items[len(d.list.items)-1].end
		e = edit{span{end, end}, "," + statement}
	}
	return apply(d.text, span{0, len(d.text)}, []edit{e})
}
