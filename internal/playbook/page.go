package playbook

import (
	"encoding/json"
	"fmt"
	"strings"

	"parry"
)

// Page describes the playbook for people, in Markdown: what it does, breaks, needs, and how it is taken back. The generated docs are these pages.
func (p *Playbook) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", p.Name, p.Summary)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| works on | `%s` |\n| risk | %s: %s |\n| breaks | %s |\n", p.Target, p.Risk, p.RiskReason, p.Breaks)
	row := func(name string, list []string) {
		if len(list) > 0 {
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(list, ", "))
		}
	}
	row("ATT&CK", p.Attack)
	row("Security Hub controls", p.Controls)
	row("GuardDuty", p.GuardDuty)
	p.paramTable(&b)
	p.callTable(&b)
	if len(p.refuse) > 0 {
		b.WriteString("\n## It refuses, and tells a person, where\n\n")
		for _, g := range p.refuse {
			fmt.Fprintf(&b, "- %s\n", strings.TrimSpace(fmt.Sprint(g.why.Node.Value)))
		}
	}
	for _, t := range p.texts {
		fmt.Fprintf(&b, "\n## The text `%s`\n\n```\n%s\n```\n", t.Name, strings.TrimRight(t.Text, "\n"))
	}
	if len(p.Procedure) > 0 {
		b.WriteString("\n## Procedure\n\n")
		for _, s := range p.Procedure {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	}
	fmt.Fprintf(&b, "\n## Permissions of its role\n\n```json\n%s\n```\n", parry.NewPolicy(p.Permissions("aws", "", "")).Indent())
	return b.String()
}

func (p *Playbook) paramTable(b *strings.Builder) {
	if len(p.Params) == 0 {
		return
	}
	b.WriteString("\n## Parameters\n\n| name | type | default | what for |\n|---|---|---|---|\n")
	for _, pm := range p.Params {
		def, _ := json.Marshal(pm.Default) // a default is JSON
		typ := pm.Type
		if len(pm.OneOf) > 0 {
			typ = strings.Join(pm.OneOf, ", ")
		}
		fmt.Fprintf(b, "| `%s` | %s | `%s` | %s |\n", pm.Name, typ, def, pm.Doc)
	}
}

func (p *Playbook) callTable(b *strings.Builder) {
	b.WriteString("\n## Changes\n\n| change | call | taken back by |\n|---|---|---|\n")
	for _, c := range p.flat() {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", c.id, c.op.Name, c.takenBack())
	}
}

func (c *change) takenBack() string {
	switch {
	case c.irreversible != "":
		return "nothing: " + c.irreversible
	case c.kept != "":
		return "kept: " + c.kept
	case c.restoredBy != "":
		return "the undo of `" + c.restoredBy + "`"
	}
	var calls []string
	for _, u := range c.undo {
		calls = append(calls, "`"+u.op.Name+"`")
	}
	return strings.Join(calls, " or ")
}
