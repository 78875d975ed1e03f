package notify

import (
	"slices"

	"parry"
)

// To are the channels that are told of a kind of news about a response, each once, in the order of the routes.
func (f *File) To(k Kind, resp parry.Response) []string {
	var to []string
	add := func(names []string) {
		for _, n := range names {
			if !slices.Contains(to, n) {
				to = append(to, n)
			}
		}
	}
	for _, r := range f.Routes {
		if !r.fits(k, resp) {
			continue
		}
		if add(r.Channels); !r.Also {
			return to
		}
	}
	if len(to) == 0 {
		add(f.Default)
	}
	return to
}

// fits tells whether a route is about a piece of news.
func (r Route) fits(k Kind, resp parry.Response) bool {
	in := func(list []string, s string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(pattern string) bool { return parry.Glob(pattern, s) })
	}
	return in(r.Rules, resp.Answer.Rule) && in(r.Playbooks, resp.Answer.Playbook) && in(r.Accounts, accountOf(resp)) &&
		(len(r.Tiers) == 0 || slices.Contains(r.Tiers, resp.Decided.Tier)) &&
		(len(r.Severities) == 0 || slices.Contains(r.Severities, severityOf(resp.Finding))) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, k))
}

// accountOf is the target's account; the finding's where there is no target.
func accountOf(resp parry.Response) string {
	if resp.Target.Account != "" {
		return resp.Target.Account
	}
	return resp.Finding.Cloud.Account.UID
}

// severityOf is a finding's severity as the file names it.
func severityOf(f parry.Finding) string {
	if all := severities(); f.SeverityID >= 0 && f.SeverityID < len(all) {
		return all[f.SeverityID]
	}
	return severities()[0]
}
