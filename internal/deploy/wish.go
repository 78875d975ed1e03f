package deploy

import (
	"cmp"
	"slices"

	"parry/internal/playbook"
	"parry/internal/rules"
)

// accountID stands for the account in the policies of a template that is the same for all accounts.
const accountID = "${AWS::AccountId}"

// NewWish gathers what a deployment is made from: the playbooks that the rules name, each with the permissions of its role.
func NewWish(o *Org, set *playbook.Set, book *rules.Book) *Wish {
	w := &Wish{Org: o}
	used := map[string]bool{}
	for _, r := range book.Rules {
		w.Rules = append(w.Rules, Rule{Name: r.Name, Pattern: r.Pattern})
		for _, a := range r.Answers {
			used[a.Playbook] = true
		}
	}
	var inUse []*playbook.Playbook
	for _, p := range set.All() {
		if used[p.Name] {
			inUse = append(inUse, p)
			w.Playbooks = append(w.Playbooks, Playbook{Name: p.Name, Summary: p.Summary, Controls: p.Controls, Permissions: p.Permissions(o.Partition, accountID, "")})
		}
	}
	var unnamed, unmade error
	w.Automation, unnamed = automation(o, set, book)
	w.Documents, unmade = documents(inUse, set)
	w.wrong = cmp.Or(unnamed, unmade)
	slices.SortFunc(w.Playbooks, func(a, b Playbook) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return w
}
