package deploy

import (
	"errors"
	"fmt"
	"strings"

	"parry"
)

// Limits of IAM. Source: "IAM and AWS STS quotas", IAM User Guide.
const (
	rolePolicyChars    = 10_240 // of all inline policies of a role together, white space not counted
	managedPolicyChars = 6_144
	roleNameChars      = 64
)

// rolesInTemplate is how many roles one template holds, well below CloudFormation's 500 resources.
const rolesInTemplate = 400

// roles are the templates for every watched account: a role for each playbook with exactly what its calls need, the roles of what is no
// playbook, and the one with which events are sent to the hub.
func (w *Wish) roles() ([]File, error) {
	all := append(w.Playbooks[:len(w.Playbooks):len(w.Playbooks)], w.others()...)
	var files []File
	for n := 0; n*rolesInTemplate < len(all); n++ {
		part := all[n*rolesInTemplate : min((n+1)*rolesInTemplate, len(all))]
		t := newTemplate("Roles of " + w.Org.Name + ": one for each playbook, taken by the hub's functions only.")
		for _, p := range part {
			if err := w.role(t, p); err != nil {
				return nil, err
			}
		}
		if n == 0 {
			w.boundary(t)
			w.forwardRole(t)
			if err := errors.Join(w.runbookRoles(t), w.fleetRoles(t)); err != nil {
				return nil, err
			}
		} else {
			for _, p := range part {
				t.Resources[logical("role", p.Name)].(m)["Properties"].(m)["PermissionsBoundary"] = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/" + w.Org.Boundary())
			}
		}
		body, err := t.json()
		if err != nil {
			return nil, err
		}
		name := "roles.json"
		if n > 0 {
			name = fmt.Sprintf("roles-%d.json", n+1)
		}
		files = append(files, File{name, body, fmt.Sprintf("%d roles, a StackSet for all watched accounts in %s", len(part), w.Org.Hub.Region), OnceEach})
	}
	return files, nil
}

// others are the roles that Parry takes beside those of playbooks. Sources of the actions: packages hub and sweep.
func (w *Wish) others() []Playbook {
	own := func(service, rest string) string {
		return "arn:" + w.Org.Partition + ":" + service + ":*:" + accountID + ":" + rest
	}
	return []Playbook{
		{Name: "publish", Summary: "Writes findings into Security Hub.", Permissions: []parry.Permission{{Action: "securityhub:BatchImportFindings", Resources: []string{own("securityhub", "product/"+accountID+"/default")}}}},
		{Name: "writeback", Summary: "Tells Security Hub what became of its findings.", Permissions: []parry.Permission{{Action: "securityhub:BatchUpdateFindings", Resources: []string{"*"}}}},
	}
}

// role adds one role. Its policy holds ARNs of the account that it is made in.
func (w *Wish) role(t *template, p Playbook) error {
	name := w.Org.PlaybookRole(p.Name)
	if len(name) > roleNameChars {
		return parry.Errorf(parry.Invalid, "the role %s would have a name of %d characters, and IAM takes %d", name, len(name), roleNameChars).WithHint("give the playbook or the deployment a shorter name")
	}
	document := parry.NewPolicy(p.Permissions)
	if n := len(document.Compact()); n > rolePolicyChars {
		return parry.Errorf(parry.Invalid, "the policy of %s would have %d characters, and IAM takes %d in a role", name, n, rolePolicyChars)
	}
	var statements []m
	for _, s := range document.Statement {
		one := m{"Effect": s.Effect, "Action": s.Action, "Resource": substituted(s.Resource)}
		conditions := m{}
		for operator, keys := range s.Condition {
			of := m{}
			for k, v := range keys {
				of[k] = substituted([]string{v})[0]
			}
			conditions[operator] = of
		}
		if len(conditions) > 0 {
			one["Condition"] = conditions
		}
		statements = append(statements, one)
	}
	t.add(logical("role", p.Name), "AWS::IAM::Role", m{
		"RoleName": name, "Description": cutTo(p.Summary, 1000), "MaxSessionDuration": 3600, "AssumeRolePolicyDocument": w.trust(),
		"PermissionsBoundary": ref("Boundary"), "Policies": []m{{"PolicyName": "derived", "PolicyDocument": policy(statements...)}}, "Tags": w.Org.tags(),
	})
	return nil
}

// trust lets the hub's functions take a role, and nobody else. The principal is the hub's account, narrowed to the functions' roles by a
// condition: a role that is named as a principal must be there first, and stays trusted by an inner id when it is deleted and made anew.
// The source identity is what every session of Parry's has: the response's id, or that it plans.
// Sources: "AWS JSON policy elements: Principal" and "AWS global condition context keys" (aws:PrincipalArn of a session is its role's), IAM User Guide.
func (w *Wish) trust() m {
	o := w.Org
	var hubs []string
	for _, f := range acting() {
		hubs = append(hubs, o.roleARN(o.Hub.Account, o.HubRole(f)))
	}
	return policy(allow(m{
		"Principal": m{"AWS": fmt.Sprintf("arn:%s:iam::%s:root", o.Partition, o.Hub.Account)},
		"Action":    []string{"sts:AssumeRole", "sts:SetSourceIdentity"},
		"Condition": m{
			"ArnEquals":    m{"aws:PrincipalArn": hubs},
			"StringEquals": m{"aws:PrincipalOrgID": o.Organization},
			"StringLike":   m{"sts:SourceIdentity": []string{"pr-*", "parry-*"}},
		},
	}))
}

// substituted wraps texts that hold the account, so that CloudFormation fills it in. IAM's own variables stay as they are.
func substituted(all []string) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = s
		if strings.Contains(s, accountID) {
			const mark = "\x00"
			escaped := strings.ReplaceAll(strings.ReplaceAll(s, accountID, mark), "${", "${!")
			out[i] = sub(strings.ReplaceAll(escaped, mark, accountID))
		}
	}
	return out
}

// forwardRole is the role with which the account's event rules send events to the hub. Source: "Sending and receiving events between AWS
// accounts in Amazon EventBridge", EventBridge User Guide.
func (w *Wish) forwardRole(t *template) {
	o := w.Org
	t.add("ForwardRole", "AWS::IAM::Role", m{
		"RoleName": o.ForwardRole(), "Description": "Sends events to the hub's bus.", "PermissionsBoundary": ref("Boundary"), "Tags": o.tags(),
		"AssumeRolePolicyDocument": policy(allow(m{
			"Principal": m{"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole",
			"Condition": m{"StringEquals": m{"aws:SourceAccount": ref("AWS::AccountId")}, "ArnLike": m{"aws:SourceArn": sub("arn:${AWS::Partition}:events:*:${AWS::AccountId}:rule/" + o.EventRule() + "*")}},
		})),
		"Policies": []m{{"PolicyName": "forward", "PolicyDocument": policy(allow(m{"Action": "events:PutEvents", "Resource": o.arn("events", "event-bus/"+o.Bus())}))}},
	})
}

func cutTo(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
