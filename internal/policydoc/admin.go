package policydoc

import (
	"fmt"
	"slices"
	"strings"
)

// Admin is a statement of an identity policy that makes an administrator: one who may do everything, or whatever he likes
// with IAM, which comes to the same.
type Admin struct {
	Index       int
	Sid         string
	Why         string
	Conditional bool // it is so only under conditions

	gone []bool // of the actions, those that make it
}

// Admins are the Allow statements that make an administrator: Action "*", "iam:*" or a pattern that holds it, or a NotAction
// that leaves IAM in; on all resources, or all of IAM's. Security Hub's IAM.1 looks for the first.
// https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
func (d *Document) Admins() []Admin {
	var all []Admin
	for _, s := range d.Statements {
		if a, ok := s.admin(); ok {
			all = append(all, a)
		}
	}
	return all
}

func (s Statement) admin() (Admin, bool) {
	a := Admin{Index: s.Index, Sid: s.Sid, Conditional: len(s.Conditions) > 0}
	if !s.Allow || s.Principals.Given || !s.Resources.everything() {
		return a, false
	}
	if s.Actions.Not {
		a.Why = "NotAction " + strings.Join(s.Actions.Values, ", ") + " leaves IAM in"
		return a, !slices.ContainsFunc(s.Actions.Values, allOfIAM)
	}
	a.gone = make([]bool, len(s.Actions.Values))
	for i, v := range s.Actions.Values {
		a.gone[i] = allOfIAM(v)
		if a.gone[i] {
			a.Why = "Action " + v
		}
	}
	return a, slices.Contains(a.gone, true)
}

func allOfIAM(action string) bool { return covers(strings.ToLower(action), "iam:*") }

// everything tells whether resources are all, or all of IAM. All but some are taken for all.
func (p Patterns) everything() bool {
	if p.Not {
		return !slices.ContainsFunc(p.Values, func(v string) bool { return covers(v, "*") })
	}
	return slices.ContainsFunc(p.Values, func(v string) bool {
		parts := strings.SplitN(v, ":", 6)
		return covers(v, "*") || len(parts) == 6 && covers(parts[2], "iam") && covers(parts[5], "*") ||
			len(parts) < 6 && covers(v, "arn:aws:iam::*")
	})
}

// WithoutAdmin is the document without what makes an administrator: the actions are taken out of their list, and a statement
// only where none stays. It is "" where no statement is left.
func (d *Document) WithoutAdmin() string {
	return d.rewrite(func(s Statement) []string {
		a, ok := s.admin()
		switch {
		case !ok:
			return []string{d.source(s)}
		case s.Actions.Not || !slices.Contains(a.gone, false):
			return nil
		}
		return []string{apply(d.text, span{s.node.start, s.node.end}, without(itemSpans(s.Actions.node.items), a.gone))}
	})
}

// NarrowAdmin is the document with the given actions in the place of those that make an administrator.
func (d *Document) NarrowAdmin(actions []string) (string, error) {
	if len(actions) == 0 {
		return "", fmt.Errorf("no actions are given to narrow to; to take the statement away, remove it")
	}
	for _, a := range actions {
		if service, name, ok := strings.Cut(a, ":"); !ok || service == "" || name == "" || strings.ContainsAny(service, "*?") || allOfIAM(a) {
			return "", fmt.Errorf("%q is no action to narrow to: name a service and an action, and not all of IAM", a)
		}
	}
	return d.rewrite(func(s Statement) []string {
		a, ok := s.admin()
		if !ok {
			return []string{d.source(s)}
		}
		list := slices.Clone(actions)
		for i, v := range s.Actions.Values {
			if !s.Actions.Not && !a.gone[i] && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
		for i := range list {
			list[i] = quote(list[i])
		}
		at := slices.IndexFunc(s.node.members, func(m member) bool { return m.value == s.Actions.node })
		e := edit{span{s.node.members[at].start, s.Actions.node.end}, `"Action":[` + strings.Join(list, ",") + `]`}
		return []string{apply(d.text, span{s.node.start, s.node.end}, []edit{e})}
	}), nil
}

// RequireMFA is a policy for IAM users that denies everything but setting up MFA to who has not signed in with it.
// With alsoKeys, access keys are denied too: requests signed with a long-term key lack aws:MultiFactorAuthPresent, which
// BoolIfExists takes for no and Bool for nothing. That stops every program that uses such a key.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
func RequireMFA(sid string, alsoKeys bool) string {
	op := "Bool"
	if alsoKeys {
		op = "BoolIfExists"
	}
	return `{"Version":"2012-10-17","Statement":[{"Sid":` + quote(sid) + `,"Effect":"Deny","NotAction":[` +
		`"iam:ChangePassword","iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices",` +
		`"iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken"],"Resource":"*",` +
		`"Condition":{"` + op + `":{"aws:MultiFactorAuthPresent":"false"}}}]}`
}
