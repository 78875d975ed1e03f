// Package cases runs a playbook's cases: the event that comes in, the AWS state it meets, the plan that must come out, the
// state after it is applied, and the state after undo. The same case runs on the twin and on an emulator that was not
// written here, and must give the same on both; where one of them does not have what it needs, the case says so.
//
// A case is one txtar file:
//
//	free text: what the case shows
//	-- given.yaml --   calls that make the state, in order; "save" keeps parts of their answers under names
//	-- event.json --   the event, with ${names} in it; or
//	-- control.yaml -- the control of Security Hub that failed, and on what
//	-- params.yaml --  the playbook's parameters, with ${names} in them; optional
//	-- plan.txt --     the plan as people see it, with <names> in the place of what was saved
//	-- after.yaml --   what must be true after apply: {call, with, that}; optional where the plan is empty
//	-- undone.yaml --  what must be true after undo; optional
//	-- stages.yaml --  where it does not run, and why; optional
package cases

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"parry"
	"parry/internal/strictyaml"
)

// Case is one case, read but not yet run.
type Case struct {
	Playbook string
	Name     string
	File     string
	Text     string // what it shows
	Given    *strictyaml.Node
	Event    string
	Params   map[string]any
	Plan     string
	After    *strictyaml.Node
	Undone   *strictyaml.Node
	notOn    map[string]string // why it does not run on a stage
	archive  *txtar.Archive
}

// Load reads the cases of a folder of playbooks: <playbook>/cases/*.txtar.
func Load(fsys fs.FS, dir, shown string) ([]Case, error) {
	files, err := fs.Glob(fsys, path.Join(dir, "*", "cases", "*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, f := range files {
		data, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "cases: %w", err)
		}
		c, err := Parse(path.Join(shown, f), data)
		if err != nil {
			return nil, err
		}
		c.Playbook = path.Base(path.Dir(path.Dir(f)))
		c.Name = strings.TrimSuffix(path.Base(f), ".txtar")
		not, err := stagesOf(fsys, path.Dir(f), shown)
		if err != nil {
			return nil, err
		}
		if err := c.alsoNotOn(not); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Parse reads one case.
func Parse(file string, data []byte) (Case, error) {
	a := txtar.Parse(data)
	c := Case{File: file, Text: strings.TrimSpace(string(a.Comment)), archive: a}
	for _, f := range a.Files {
		var err error
		switch f.Name {
		case "given.yaml":
			c.Given, err = strictyaml.Parse(file+" "+f.Name, f.Data)
		case "after.yaml":
			c.After, err = strictyaml.Parse(file+" "+f.Name, f.Data)
		case "undone.yaml":
			c.Undone, err = strictyaml.Parse(file+" "+f.Name, f.Data)
		case "params.yaml":
			var n *strictyaml.Node
			if n, err = strictyaml.Parse(file+" "+f.Name, f.Data); err == nil {
				c.Params, _ = n.Any().(map[string]any)
			}
		case stagesFile:
			c.notOn, err = readStages(file+" "+f.Name, f.Data)
		case "event.json", "control.yaml":
			if c.Event != "" {
				err = fmt.Errorf("%s: a case has one event: event.json or control.yaml", file)
				break
			}
			if c.Event = string(f.Data); f.Name == "control.yaml" {
				var n *strictyaml.Node
				if n, err = strictyaml.Parse(file+" "+f.Name, f.Data); err == nil {
					c.Event, err = controlEvent(n)
				}
			}
		case "plan.txt":
			c.Plan = strings.TrimSpace(string(f.Data))
		default:
			err = fmt.Errorf("%s: a case has no part %q%s", file, f.Name, strictyaml.DidYouMean(f.Name, []string{"given.yaml", "event.json", "control.yaml", "params.yaml", "plan.txt", "after.yaml", "undone.yaml", stagesFile}))
		}
		if err != nil {
			return c, err
		}
	}
	if c.Event == "" {
		return c, parry.Errorf(parry.Invalid, "%s: a case needs event.json, or control.yaml", file)
	}
	return c, nil
}

// WithPlan is the case's file with another plan, for when a change of the plan is meant.
func (c Case) WithPlan(plan string) []byte {
	for i, f := range c.archive.Files {
		if f.Name == "plan.txt" {
			c.archive.Files[i].Data = []byte(plan + "\n")
			return txtar.Format(c.archive)
		}
	}
	at := slices.IndexFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == "after.yaml" })
	if at < 0 {
		at = len(c.archive.Files)
	}
	c.archive.Files = slices.Insert(c.archive.Files, at, txtar.File{Name: "plan.txt", Data: []byte(plan + "\n")})
	return txtar.Format(c.archive)
}

// names are what a case has saved, to be written into its event and taken out of its plan again.
type names map[string]any

var named = regexp.MustCompile(`\$\{([a-zA-Z][a-zA-Z0-9_]*)\}`)

// fill writes saved texts into JSON, escaped as that wants it.
func (n names) fill(text string) (string, error) {
	var missing error
	out := named.ReplaceAllStringFunc(text, func(m string) string {
		v, ok := n[m[2:len(m)-1]]
		if !ok {
			missing = parry.Errorf(parry.Invalid, "the event or a parameter names %s, which the case has not saved%s", m, strictyaml.DidYouMean(m[2:len(m)-1], slices.Sorted(maps.Keys(n))))
			return m
		}
		s, ok := v.(string)
		if !ok {
			b, _ := json.Marshal(v)
			return string(b)
		}
		b, _ := json.Marshal(s)
		return string(b[1 : len(b)-1])
	})
	return out, missing
}

// hide puts <name> in the place of every saved value, the longest first, so that a plan reads the same wherever it was made.
func (n names) hide(text string) string {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b string) int {
		return len(fmt.Sprint(n[b]))*1000 - len(fmt.Sprint(n[a]))*1000 + strings.Compare(a, b)
	})
	for _, k := range keys {
		if s, ok := n[k].(string); ok && len(s) > 3 {
			text = strings.ReplaceAll(text, s, "<"+k+">")
		}
	}
	return lockToken.ReplaceAllString(uuid.ReplaceAllString(text, "<token>"), "LockToken=<token>")
}

// uuid finds idempotency tokens, which are made of ids that differ from run to run; lockToken those of WAF, which on moto are no UUIDs.
var (
	uuid      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	lockToken = regexp.MustCompile(`LockToken=\S+`)
)

// now is a time that a case can put into its event.
// toTheSecond finds the times that policies hold.
var toTheSecond = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// hideTimes writes times that are counted from the moment of planning as what they are: <moment>, <moment+30s>.
func hideTimes(text string, moment time.Time) string {
	return toTheSecond.ReplaceAllStringFunc(text, func(m string) string {
		t, err := time.Parse(time.RFC3339, m)
		switch after := t.Sub(moment.Truncate(time.Second)); {
		case err != nil || after < 0 || after > time.Hour:
			return m
		case after == 0:
			return "<moment>"
		default:
			return "<moment+" + after.String() + ">"
		}
	})
}

func now(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
