package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"parry"
	"parry/internal/cases"
	"parry/internal/playbook"
	"parry/internal/rules"
	"parry/playbooks"
)

type ruleRow struct {
	rules.Rule
	Mode    string
	Tier    string
	Names   []string // of its playbooks
	Next    time.Time
	Over    int // exemptions whose time is over
	Waiting int
}

type rulesView struct {
	Rows      []ruleRow
	Acting    int
	Observing int
	Mode      string // what is shown: "", "act", "observe"
}

// modeOf says whether a rule acts.
func (c *Console) modeOf(r rules.Rule) string {
	if r.Observe && !c.o.Library.Rules.Act {
		return "observe"
	}
	return "act"
}

func (c *Console) ruleRow(r rules.Rule, waiting map[string]int) ruleRow {
	v := ruleRow{Rule: r, Mode: c.modeOf(r), Waiting: waiting[r.Name]}
	for _, a := range r.Answers {
		if a.Playbook != "" && !slices.Contains(v.Names, a.Playbook) {
			v.Names = append(v.Names, a.Playbook)
		}
		if t := a.Tier.String(); v.Tier == "" || t == v.Tier {
			v.Tier = t
		} else {
			v.Tier = "several"
		}
	}
	for _, e := range r.Scope.Exempt {
		switch {
		case !c.o.Now().Before(e.Until):
			v.Over++
		case v.Next.IsZero() || e.Until.Before(v.Next):
			v.Next = e.Until
		}
	}
	return v
}

// rules lists the rules: what is on, what observes, and what is exempt until when.
func (c *Console) rules(w http.ResponseWriter, r *http.Request) error {
	v := rulesView{Mode: r.URL.Query().Get("mode")}
	waiting := map[string]int{}
	for _, x := range c.o.Board.Waiting() {
		waiting[x.Rule]++
	}
	for _, x := range c.o.Library.Rules.Rules {
		row := c.ruleRow(x, waiting)
		if row.Mode == "act" {
			v.Acting++
		} else {
			v.Observing++
		}
		if v.Mode == "" || v.Mode == row.Mode {
			v.Rows = append(v.Rows, row)
		}
	}
	c.show(w, r, "rules", http.StatusOK, "Rules", v)
	return nil
}

type ruleView struct {
	ruleRow
	Pattern string
	Answers []parry.Answer
	Recent  []row
}

// rule shows one rule.
func (c *Console) rule(w http.ResponseWriter, r *http.Request) error {
	found, ok := c.o.Library.Rules.Find(r.PathValue("name"))
	if !ok {
		return parry.Errorf(parry.NotFound, "there is no rule %s", r.PathValue("name")).WithHint("the list of rules has all")
	}
	v := ruleView{ruleRow: c.ruleRow(found, nil), Answers: found.Answers}
	var b bytes.Buffer
	if json.Indent(&b, found.Pattern, "", "  ") == nil {
		v.Pattern = b.String()
	}
	v.Recent = c.recent(func(x row) bool { return x.Rule == found.Name })
	c.show(w, r, "rule", http.StatusOK, found.Name, v)
	return nil
}

// recentAtMost is how many responses the page of a rule or a playbook lists.
const recentAtMost = 10

// recent are the newest responses that fit.
func (c *Console) recent(fits func(row) bool) (some []row) {
	all, _ := c.o.Board.All()
	for _, x := range all {
		if fits(x) {
			if some = append(some, x); len(some) == recentAtMost {
				break
			}
		}
	}
	return some
}

type playbookRow struct {
	*playbook.Playbook
	Rules []string
}

// playbooks lists the playbooks with the rules that start them.
func (c *Console) playbooks(w http.ResponseWriter, r *http.Request) error {
	by := map[string][]string{}
	for _, x := range c.o.Library.Rules.Rules {
		for _, a := range x.Answers {
			if !slices.Contains(by[a.Playbook], x.Name) {
				by[a.Playbook] = append(by[a.Playbook], x.Name)
			}
		}
	}
	var all []playbookRow
	for _, p := range c.o.Library.Playbooks.All() {
		all = append(all, playbookRow{p, by[p.Name]})
	}
	c.show(w, r, "playbooks", http.StatusOK, "Playbooks", all)
	return nil
}

type playbookView struct {
	*playbook.Playbook
	Rules   []string
	Policy  string
	Cases   []caseName
	Source  string
	Stopped string
	Recent  []row
}

// playbook shows one playbook: what it needs, what starts it, and the cases that hold it.
func (c *Console) playbook(w http.ResponseWriter, r *http.Request) error {
	p, err := c.o.Library.Playbooks.Get(r.PathValue("name"))
	if err != nil {
		return parry.Errorf(parry.NotFound, "there is no playbook %s", r.PathValue("name")).WithHint("the list of playbooks has all")
	}
	v := playbookView{Playbook: p, Source: string(p.Text), Policy: parry.NewPolicy(p.Permissions("aws", "", "")).Indent()}
	if v.Cases, err = casesOf(p.Name); err != nil {
		return err
	}
	for _, x := range c.o.Library.Rules.Rules {
		if slices.ContainsFunc(x.Answers, func(a parry.Answer) bool { return a.Playbook == p.Name }) {
			v.Rules = append(v.Rules, x.Name)
		}
	}
	if v.Stopped, err = c.o.Desk.Engine.Stopped(r.Context(), p.Name); err != nil {
		return err
	}
	v.Recent = c.recent(func(x row) bool { return x.Playbook == p.Name })
	c.show(w, r, "playbook", http.StatusOK, p.Name, v)
	return nil
}

// caseName is a case by its name, with what it shows.
type caseName struct{ ID, Name, About string }

// embedded are the cases that came with the program, read at the first use. Those of a user's own folder are on the disk of whoever wrote them.
var embedded = sync.OnceValues(func() ([]cases.Case, error) { return cases.Load(playbooks.FS, ".", "playbooks") })

// casesOf are the embedded cases of a playbook that run on the twin.
func casesOf(name string) (all []caseName, err error) {
	found, err := embedded()
	for _, x := range found {
		if _, runs := x.Runs(cases.OnTwin); x.Playbook == name && runs {
			all = append(all, caseName{x.Playbook + "/" + x.Name, x.Name, x.Text})
		}
	}
	return all, err
}
