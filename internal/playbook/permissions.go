package playbook

import (
	"strings"

	"parry"
	"parry/internal/expr"
)

// place is where a role is for: what of a target is known before a finding comes. What is empty may be anything.
type place struct{ partition, account, region string }

// Permissions derives what the playbook's role needs in an account, with the resources that IAM can tell apart. Where a resource is known only
// when a finding comes, its place holds a wildcard. An empty account or Region is a wildcard too.
func (p *Playbook) Permissions(partition, account, region string) []parry.Permission {
	at := place{partition, account, region}
	var all []parry.Permission
	for _, v := range p.values {
		if v.op != nil {
			all = append(all, at.permissions(v.op, v.with, nil)...)
		}
	}
	for _, c := range p.flat() {
		all = append(all, at.permissions(c.op, c.with, c.needs)...)
		for _, u := range c.undo {
			all = append(all, at.permissions(u.op, u.with, u.needs)...)
		}
	}
	return all
}

func (at place) permissions(op *parry.Operation, with *expr.Template, needs map[string]*expr.Template) []parry.Permission {
	call := parry.Call{Account: at.account, Region: at.region, Op: op.Name, Input: map[string]any{}}
	if with != nil {
		call.Input = at.literal(with).(map[string]any)
	}
	for action, t := range needs {
		if call.Needs == nil {
			call.Needs = map[string][]string{}
		}
		call.Needs[action] = at.resources(op, action, t)
	}
	return op.PermissionsOf(call, at.partition)
}

// resources are those that a playbook names for an action, as far as they are known; where all of one is known only later, the table's
// template stands for it.
func (at place) resources(op *parry.Operation, action string, t *expr.Template) []string {
	var arns []string
	for _, i := range t.Items {
		if s, ok := at.literal(i).(string); ok && strings.HasPrefix(s, "arn:") {
			arns = append(arns, s)
			continue
		}
		arns = append(arns, at.ofTable(op, action)...)
	}
	if len(arns) == 0 {
		return at.ofTable(op, action)
	}
	return arns
}

func (at place) ofTable(op *parry.Operation, action string) []string {
	for _, perm := range op.Permissions {
		if perm.Action == action {
			one := parry.Operation{Permissions: []parry.Permission{{Action: action, Resources: perm.Resources}}}
			return one.PermissionsOf(parry.Call{Account: at.account, Region: at.region}, at.partition)[0].Resources
		}
	}
	return nil
}

// literal is a template with what is known filled in; a wildcard takes the place of every other expression, so that permissions that go with
// a field are not forgotten.
func (at place) literal(t *expr.Template) any {
	switch {
	case t.IsMap():
		m := map[string]any{}
		for _, f := range t.Fields {
			m[f.Key] = at.literal(f.T)
		}
		return m
	case t.IsList():
		l := []any{}
		for _, i := range t.Items {
			l = append(l, at.literal(i))
		}
		return l
	case len(t.Parts) == 0:
		return t.Value
	}
	var b strings.Builder
	for _, part := range t.Parts {
		if part.Expr == nil {
			b.WriteString(part.Plain)
			continue
		}
		b.WriteString(at.known(part.Expr.Text))
	}
	return b.String()
}

// known is what an expression gives for every target of the place; a wildcard where that differs from one to the next.
func (at place) known(expression string) string {
	v := map[string]string{"target.partition": at.partition, "target.account": at.account, "target.region": at.region}[strings.TrimSpace(expression)]
	if v == "" {
		return "*"
	}
	return v
}
