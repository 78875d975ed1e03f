package playbook

import (
	"fmt"
	"regexp"
	"slices"

	"parry"
	"parry/internal/expr"
)

// Document is a document of Systems Manager that a playbook makes where it is not there. Its name ends in the hash of its text.
type Document struct {
	Name    string
	Content string
	Type    string // Command or Automation
	Target  string // the resource type that it works on; empty where it does not say
}

// Documents are those that the playbook's changes make, as far as they follow from its texts alone: what depends on a target or a finding is no
// document that could be there before a response.
func (p *Playbook) Documents() []Document {
	vars := map[string]any{}
	for _, t := range p.texts {
		vars[t.Name] = t.Text
	}
	for _, v := range p.values {
		if v.let == nil {
			continue
		}
		if got, err := v.let.Eval(vars); err == nil {
			vars[v.name] = got
		}
	}
	var all []Document
	for _, c := range p.flat() {
		if c.op.Name != "ssm:CreateDocument" {
			continue
		}
		with, err := c.with.Fill(vars, nil)
		if err != nil {
			continue
		}
		text := func(field string) string {
			s, _ := with.(map[string]any)[field].(string)
			return s
		}
		all = append(all, Document{Name: text("Name"), Content: text("Content"), Type: text("DocumentType"), Target: text("TargetType")})
	}
	return all
}

// ownDocument is the form of the names of Parry's documents: what it does, and the first eight digits of its text's hash.
var ownDocument = regexp.MustCompile(`\bParry-[A-Za-z]+-[0-9a-f]{8}\b`)

// Mentions are the names of documents that stand in the playbook's text: those of other playbooks, which it relies on.
func (p *Playbook) Mentions() []string {
	all := ownDocument.FindAllString(string(p.Text), -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// Runbooks are the documents that the playbook has Systems Manager run as automations, where their names stand in it as they are.
func (p *Playbook) Runbooks() []string {
	var all []string
	add := func(op *parry.Operation, with *expr.Template) {
		if op.Name != "ssm:StartAutomationExecution" {
			return
		}
		for _, f := range with.Fields {
			if f.Key == "DocumentName" && len(f.T.Parts) == 0 {
				all = append(all, fmt.Sprint(f.T.Value))
			}
		}
	}
	for _, c := range p.flat() {
		add(c.op, c.with)
		for _, u := range c.undo {
			add(u.op, u.with)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Param looks a parameter up by its name.
func (p *Playbook) Param(name string) (Param, bool) {
	i := slices.IndexFunc(p.Params, func(pm Param) bool { return pm.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return p.Params[i], true
}
