package console

import (
	"cmp"
	"strings"
	"time"

	"parry"
)

// row is what lists need of a response: much less than the response.
type row struct {
	ID             string
	State          parry.State
	Tier           parry.Tier
	Type, Title    string
	Severity       string
	SeverityID     int
	Rule, Playbook string
	Account        string
	Region         string
	Target         string
	Reason         string
	Changes        int
	Forever        int // changes that cannot be undone
	Kept           int // changes that stay on purpose when it is undone
	Yes, Persons   int // how many said yes, of how many that it takes
	Groups         []string
	Escalated      bool
	Received       time.Time
	Expires        time.Time
	Closed         time.Time
	By             string
	Steps          int

	words string // what a search looks through, in lower case
}

// rowOf takes what lists need.
func rowOf(r parry.Response) row {
	w := row{
		ID: r.ID, State: r.State, Tier: r.Decided.Tier, Type: r.Finding.Type(), Title: r.Finding.Info.Title,
		Severity: r.Finding.Severity, SeverityID: r.Finding.SeverityID, Rule: r.Answer.Rule, Playbook: r.Answer.Playbook,
		Account: cmp.Or(r.Target.Account, r.Finding.Cloud.Account.UID), Region: cmp.Or(r.Target.Region, r.Finding.Cloud.Region), Reason: r.Reason,
		Changes: len(r.Plan.Changes), Forever: len(r.Plan.Irreversible()),
		Received: r.Times.Received, Closed: r.Times.Closed, By: r.By, Steps: r.Steps,
	}
	if r.Target.ID != "" {
		w.Target = r.Target.String()
	}
	if w.Title == "" {
		w.Title = w.Type
	}
	for _, c := range r.Plan.Changes {
		if c.Kept != "" {
			w.Kept++
		}
	}
	for _, v := range r.Votes {
		if v.Yes && v.Digest == r.Plan.Digest {
			w.Yes++
		}
	}
	if q := r.Asked; q != nil {
		w.Persons, w.Groups, w.Expires, w.Escalated = q.Persons, q.Groups, q.Expires, len(q.Escalated) > 0
	}
	w.words = strings.ToLower(strings.Join([]string{w.ID, w.Type, w.Title, w.Rule, w.Playbook, w.Account, w.Region, w.Target, w.Reason, w.By}, "\n"))
	return w
}

// urgent orders what waits: the gravest first; among these what more people were asked about, then what runs out first, then what waits longest.
func urgent(a, b row) int {
	return cmp.Or(
		cmp.Compare(gravity(b), gravity(a)),
		soonest(a.Expires, b.Expires),
		a.Received.Compare(b.Received),
		cmp.Compare(a.ID, b.ID),
	)
}

func gravity(r row) int {
	g := 2 * r.SeverityID
	if r.Escalated {
		g++
	}
	return g
}

// soonest puts what never runs out last.
func soonest(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// newest orders all responses for a list.
func newest(a, b row) int { return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(b.ID, a.ID)) }
