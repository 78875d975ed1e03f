package coverage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Standing says how many of the rules act.
func (r Report) Standing() string {
	if r.Acting == 0 {
		return fmt.Sprintf("All %d rules observe: nothing is changed until a person turns one on with 'mode: act'.", r.Rules)
	}
	return fmt.Sprintf("%d of %d rules act; the others observe.", r.Acting, r.Rules)
}

// group is the items that belong together.
type group struct {
	Name  string
	Items []Item
}

// groups puts items together, in the order in which their groups come first.
func (a Area) groups() []group {
	var all []group
	at := map[string]int{}
	for _, i := range a.Items {
		n, known := at[i.Group]
		if !known {
			n = len(all)
			at[i.Group] = n
			all = append(all, group{Name: i.Group})
		}
		all[n].Items = append(all[n].Items, i)
	}
	return all
}

// changes says whether a form ends in a change, by itself or when a person says so.
func (f Form) changes() bool { return f.Level == Auto || f.Level == Approve }

// say is a kind in words for people.
func (k Kind) say() string {
	words, known := map[Kind]string{
		User: "a user's key", Session: "a role's session", InstanceSession: "an instance's credentials", Root: "the root user", Instance: "an instance",
		InstanceProbed: "an instance that is probed", InstanceAttacked: "an instance that is attacked", InstanceAttacking: "an instance that attacks",
		EKS: "on EKS", ECS: "on ECS", Container: "a container", Function: "a function", Database: "a database", Bucket: "a bucket", Object: "an object",
		Image: "an image", Snapshot: "a snapshot", RecoveryPoint: "a recovery point", SequenceUser: "its users", SequenceBucket: "its users and buckets",
		SequenceInstance: "its instances", SequenceEKS: "a cluster of EKS", SequenceECS: "a cluster of ECS",
	}[k]
	if !known {
		return string(k)
	}
	return words
}

// pieces cuts a name where a line may break: behind a colon, a slash, a point.
func pieces(name string) []string {
	var all []string
	for name != "" {
		i := strings.IndexAny(name, ":/.")
		if i < 0 || i == len(name)-1 {
			return append(all, name)
		}
		all = append(all, name[:i+1])
		name = name[i+1:]
	}
	return all
}

//go:embed page.html
var pageText string

// WriteHTML writes the report as one page that needs nothing beside it.
func (r Report) WriteHTML(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"levels":  Levels,
		"groups":  Area.groups,
		"changes": func(s shown) bool { return s.changes() },
		"shown":   Item.shown,
		"pieces":  pieces,
		"join":    func(s []string) string { return strings.Join(s, ", ") },
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("coverage page: %w", err)
	}
	return page.Execute(w, r)
}

// WriteText writes the report as tables: the summary, and with all every item.
func (r Report) WriteText(w io.Writer, all bool) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "AREA\tALL\tAUTO\tAPPROVE\tALERT\tNONE\tANSWERED")
	for _, a := range r.Areas {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d %%\n", a.Name, len(a.Items), a.Count[Auto], a.Count[Approve], a.Count[Alert], a.Count[None], a.Percent())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAnswered is auto and approve. %s\n", r.Standing())
	if !all {
		return nil
	}
	for _, a := range r.Areas {
		fmt.Fprintf(w, "\n%s\n%s\n", strings.ToUpper(a.Name), a.Note)
		for _, g := range a.groups() {
			fmt.Fprintf(w, "\n%s\n", g.Name)
			t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
			for _, i := range g.Items {
				for n, line := range i.lines() {
					if n == 0 {
						fmt.Fprintf(t, "  %s\t%s\t%s\n", i.Level, strings.TrimSpace(i.Name+" "+i.Title), line)
					} else {
						fmt.Fprintf(t, "\t\t%s\n", line)
					}
				}
			}
			if err := t.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// shown is forms of an item that have the same answer, as one.
type shown struct {
	Kinds []string
	Form
}

// shown puts forms with the same answer together: what holds on EKS and on ECS is read once.
func (i Item) shown() []shown {
	var all []shown
	for _, f := range i.Forms {
		var kinds []string
		if f.Kind != "" {
			kinds = []string{f.Kind.say()}
		}
		same := slices.IndexFunc(all, func(s shown) bool {
			return s.Level == f.Level && s.Why == f.Why && slices.Equal(s.Rules, f.Rules) && slices.Equal(s.Playbooks, f.Playbooks)
		})
		if same >= 0 {
			all[same].Kinds = append(all[same].Kinds, kinds...)
			continue
		}
		all = append(all, shown{kinds, f})
	}
	return all
}

// lines tells an item's forms, one a line.
func (i Item) lines() []string {
	var all []string
	for _, f := range i.shown() {
		line := string(f.Level)
		if f.changes() {
			line += " " + strings.Join(f.Playbooks, ", ")
		} else if len(f.Rules) == 0 {
			line += ": " + f.Why
		}
		if len(f.Kinds) > 0 {
			line = strings.Join(f.Kinds, ", ") + ": " + line
		}
		if len(f.Rules) > 0 {
			line += " (" + strings.Join(f.Rules, ", ") + ")"
		}
		all = append(all, line)
	}
	if len(all) == 0 {
		all = []string{"no playbook names it"}
	}
	return all
}
