package playbook

import (
	"parry"
	"parry/internal/expr"
)

// Permissions derives what the playbook's role needs in an account, with the resources that IAM can tell apart. Where a resource is known only
// when a finding comes, its place holds a wildcard. An empty account or Region is a wildcard too.
func (p *Playbook) Permissions(partition, account, region string) []parry.Permission {
	var all []parry.Permission
	add := func(op *parry.Operation, with *expr.Template, needs map[string]*expr.Template) {
		call := parry.Call{Account: account, Region: region, Op: op.Name, Input: literals(with)}
		for action := range needs {
			if call.Needs == nil {
				call.Needs = map[string][]string{}
			}
			for _, perm := range op.Permissions {
				if perm.Action == action {
					// Which one is known when a finding comes; the role holds the template.
					call.Needs[action] = parry.Operation{Permissions: []parry.Permission{{Action: action, Resources: perm.Resources}}}.
						PermissionsOf(parry.Call{Account: account, Region: region}, partition)[0].Resources
				}
			}
		}
		all = append(all, op.PermissionsOf(call, partition)...)
	}
	for _, v := range p.values {
		if v.op != nil {
			add(v.op, v.with, nil)
		}
	}
	for _, c := range p.flat() {
		add(c.op, c.with, c.needs)
		for _, u := range c.undo {
			add(u.op, u.with, u.needs)
		}
	}
	return all
}

// literals are the input's values that stand in the playbook as they are; a wildcard takes the place of an expression, so that
// permissions that go with a field are not forgotten.
func literals(t *expr.Template) map[string]any {
	if t == nil {
		return map[string]any{}
	}
	return literal(t).(map[string]any)
}

func literal(t *expr.Template) any {
	switch {
	case t.IsMap():
		m := map[string]any{}
		for _, f := range t.Fields {
			m[f.Key] = literal(f.T)
		}
		return m
	case t.IsList():
		l := []any{}
		for _, i := range t.Items {
			l = append(l, literal(i))
		}
		return l
	case len(t.Exprs()) > 0:
		return "*"
	}
	return t.Value
}
