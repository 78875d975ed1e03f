package coverage

import (
	"context"
	"slices"
	"strings"

	"parry"
	"parry/internal/playbook"
	"parry/internal/rules"
)

// Level is how far a response goes: a tier, or none where no rule answers at all.
type Level string

// The levels, from the boldest on.
const (
	Auto    Level = "auto"    // it is done
	Approve Level = "approve" // a person is asked
	Alert   Level = "alert"   // a person is told, and why nothing is done
	None    Level = "none"    // nobody hears of it
)

// Levels are all of them, from the boldest on.
func Levels() []Level { return []Level{Auto, Approve, Alert, None} }

// bolder says whether a level goes further than another.
func (l Level) bolder(o Level) bool { return slices.Index(Levels(), l) < slices.Index(Levels(), o) }

// Report is what has a response.
type Report struct {
	Rules  int    `json:"rules"`  // how many rules there are
	Acting int    `json:"acting"` // how many of them act; the others observe
	Areas  []Area `json:"areas"`
}

// Area is one list of things that can happen.
type Area struct {
	Name  string        `json:"name"`
	Note  string        `json:"note"` // what is counted, and where the list comes from
	Count map[Level]int `json:"count"`
	Items []Item        `json:"items"`
}

// Answered is how many of the area's items have a response that changes something, by itself or when a person says so.
func (a Area) Answered() int { return a.Count[Auto] + a.Count[Approve] }

// Percent is Answered in hundredths of all.
func (a Area) Percent() int {
	if len(a.Items) == 0 {
		return 0
	}
	return a.Answered() * 100 / len(a.Items)
}

// Item is one thing that can happen. Its level is that of the form that is answered most boldly.
type Item struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Group string `json:"group"`
	Level Level  `json:"level"`
	Forms []Form `json:"forms,omitempty"`
}

// Form is one shape of it: the same type is about a user's key or about a role's session.
type Form struct {
	Kind      Kind     `json:"kind,omitempty"`
	Level     Level    `json:"level"`
	Playbooks []string `json:"playbooks,omitempty"`
	Rules     []string `json:"rules,omitempty"`
	Why       string   `json:"why,omitempty"` // why nothing is changed
}

// Of counts what a book of rules answers with a set of playbooks.
func Of(ctx context.Context, book *rules.Book, set *playbook.Set) (Report, error) {
	c := counter{book: book, set: set}
	r := Report{Rules: len(book.Rules)}
	for _, rule := range book.Rules {
		if !rule.Observe {
			r.Acting++
		}
	}
	for _, area := range []func(context.Context) (Area, error){c.findingTypes, c.controls, c.techniques} {
		a, err := area(ctx)
		if err != nil {
			return r, err
		}
		a.Count = map[Level]int{}
		for _, i := range a.Items {
			a.Count[i.Level]++
		}
		r.Areas = append(r.Areas, a)
	}
	return r, nil
}

type counter struct {
	book *rules.Book
	set  *playbook.Set
}

func (c counter) findingTypes(ctx context.Context) (Area, error) {
	a := Area{Name: "GuardDuty finding types", Note: "Each type of AWS's list, by every kind of resource that it can be about."}
	types, err := FindingTypes()
	if err != nil {
		return a, err
	}
	for _, t := range types {
		_, rest, _ := strings.Cut(t.Name, ":")
		group, _, _ := strings.Cut(rest, "/")
		item := Item{Name: t.Name, Group: group, Level: None}
		for _, k := range t.Kinds {
			f, err := c.answer(ctx, t.Event(k, Direct))
			if err != nil {
				return a, err
			}
			f.Kind = k
			item.add(f)
		}
		a.Items = append(a.Items, item)
	}
	return a, nil
}

func (c counter) controls(ctx context.Context) (Area, error) {
	a := Area{Name: "Security Hub controls", Note: "Controls that AWS's own solution can put right, and those that a playbook names."}
	controls, err := Controls()
	if err != nil {
		return a, err
	}
	for _, p := range c.set.All() {
		for _, id := range p.Controls {
			if !slices.ContainsFunc(controls, func(o Control) bool { return o.ID == id }) {
				controls = append(controls, Control{id, p.Target})
			}
		}
	}
	slices.SortStableFunc(controls, func(x, y Control) int { return strings.Compare(service(x.ID), service(y.ID)) })
	for _, control := range controls {
		event, err := control.Event(ASFF)
		if err != nil {
			return a, err
		}
		f, err := c.answer(ctx, event)
		if err != nil {
			return a, err
		}
		item := Item{Name: control.ID, Group: service(control.ID), Level: None}
		item.add(f)
		a.Items = append(a.Items, item)
	}
	return a, nil
}

// service is the part of a control's name before its number.
func service(control string) string {
	s, _, _ := strings.Cut(control, ".")
	return s
}

// techniques are answered by the playbooks that name them, as far as the rules use these. A technique has what its sub-techniques have.
func (c counter) techniques(context.Context) (Area, error) {
	a := Area{Name: "ATT&CK techniques", Note: "MITRE ATT&CK for Enterprise, platform IaaS. A playbook names the techniques that it answers; a technique counts with its sub-techniques."}
	all, err := Techniques()
	if err != nil {
		return a, err
	}
	used := c.used()
	for _, t := range all {
		item := Item{Name: t.ID, Title: t.Name, Group: t.Tactic, Level: None}
		for _, p := range c.set.All() {
			if !slices.ContainsFunc(p.Attack, func(id string) bool { return id == t.ID || strings.HasPrefix(id, t.ID+".") }) {
				continue
			}
			f := Form{Level: None, Playbooks: []string{p.Name}, Why: "no rule uses this playbook"}
			if by, ok := used[p.Name]; ok {
				f = by
			}
			item.add(f)
		}
		a.Items = append(a.Items, item)
	}
	return a, nil
}

// used is what the rules do with each playbook, at the boldest.
func (c counter) used() map[string]Form {
	used := map[string]Form{}
	for _, r := range c.book.Rules {
		for _, answer := range r.Answers {
			if answer.Playbook == "" {
				continue
			}
			level, why := c.level(answer)
			f, known := used[answer.Playbook]
			if !known || level.bolder(f.Level) {
				f.Level, f.Why = level, why
			}
			f.Playbooks = []string{answer.Playbook}
			if !slices.Contains(f.Rules, r.Name) {
				f.Rules = append(f.Rules, r.Name)
			}
			used[answer.Playbook] = f
		}
	}
	return used
}

// add takes a form into an item.
func (i *Item) add(f Form) {
	i.Forms = append(i.Forms, f)
	if f.Level.bolder(i.Level) {
		i.Level = f.Level
	}
}

// answer lets the rules answer an event.
func (c counter) answer(ctx context.Context, event []byte) (Form, error) {
	f := Form{Level: None, Why: "no rule answers it"}
	e, finding, err := read(event)
	if err != nil {
		return f, err
	}
	answers, misses, err := c.book.Match(ctx, e, finding)
	if err != nil {
		return f, err
	}
	for _, m := range misses {
		f.Why += "; " + m.Rule + ": " + m.Why
	}
	for i, a := range answers {
		level, why := c.level(a)
		if targets, err := c.targets(a, finding); err != nil {
			return f, err
		} else if targets == 0 {
			level, why = Alert, a.Playbook+" finds nothing in it to work on"
		}
		if i == 0 || level.bolder(f.Level) {
			f.Level, f.Why = level, why
		}
		if a.Playbook != "" {
			f.Playbooks = append(f.Playbooks, a.Playbook)
		}
		if !slices.Contains(f.Rules, a.Rule) {
			f.Rules = append(f.Rules, a.Rule)
		}
	}
	return f, nil
}

// targets is how many targets an answer has in a finding; one that only tells needs none.
func (c counter) targets(a parry.Answer, f parry.Finding) (int, error) {
	if a.Playbook == "" {
		return 1, nil
	}
	p, err := c.set.Get(a.Playbook)
	if err != nil {
		return 0, err
	}
	return len(f.TargetsOf(p.Target)), nil
}

// level is the tier that an answer comes to with its playbook's risk, as it is decided for every response; and for one that changes
// nothing the reason.
func (c counter) level(a parry.Answer) (Level, string) {
	if a.Playbook == "" {
		return Alert, a.Why
	}
	p, err := c.set.Get(a.Playbook)
	if err != nil {
		return None, err.Error()
	}
	d := parry.Decide(parry.Plan{Playbook: p.Name, Risk: p.Risk}, a, parry.History{})
	if d.Tier == parry.TierAlert {
		return Alert, strings.Join(append([]string{a.Why}, d.Reasons...), "; ")
	}
	return Level(d.Tier.String()), ""
}
