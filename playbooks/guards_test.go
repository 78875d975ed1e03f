package playbooks_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parry/internal/expr"
	"parry/internal/strictyaml"
	"parry/playbooks"
)

// guardOf is one reason of a playbook not to act: an item of "gone" or "refuse", or the codes by which a read says that the target is not there.
type guardOf struct {
	node *strictyaml.Node
	kind string         // as a plan calls it
	why  string         // as the playbook has it
	says *regexp.Regexp // what a plan says
	size int            // of what is plain in it
}

// guardsOf are those of a playbook.
func guardsOf(t *testing.T, file string) []guardOf {
	t.Helper()
	data, err := fs.ReadFile(playbooks.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := strictyaml.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	var all []guardOf
	for _, section := range []struct{ name, kind string }{{"gone", "gone"}, {"refuse", "refused"}} {
		n := root.Get(section.name)
		if n == nil {
			continue
		}
		for _, item := range n.Items {
			why, err := item.Text("why")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, worded(t, item.Get("why"), section.kind, why))
		}
	}
	if reads := root.Get("read"); reads != nil {
		for _, r := range reads.Fields {
			codes, err := r.Node.Texts("gone")
			if err != nil {
				t.Fatal(err)
			}
			if len(codes) == 0 {
				continue
			}
			says := regexp.MustCompile(`: AWS says (` + strings.Join(codes, "|") + `)$`)
			all = append(all, guardOf{r.Node.Get("gone"), "gone", "AWS says " + strings.Join(codes, " or "), says, len(" does not exist (any more)")})
		}
	}
	return all
}

// worded makes a pattern of a guard's words, in which an expression can have become anything.
func worded(t *testing.T, n *strictyaml.Node, kind, why string) guardOf {
	t.Helper()
	why = strings.TrimSpace(why)
	pieces, err := expr.Split(n, why)
	if err != nil {
		t.Fatal(err)
	}
	g := guardOf{node: n, kind: kind, why: why}
	var b strings.Builder
	for _, p := range pieces {
		if p.IsExpr {
			b.WriteString(".*")
			continue
		}
		b.WriteString(regexp.QuoteMeta(p.Text))
		g.size += len(p.Text)
	}
	g.says = regexp.MustCompile("^" + b.String() + "$")
	return g
}

// spoken finds the guard of a playbook that a line of a plan comes from: of those whose words it could be, the one with the most of them.
// Several have the same words only where two reads give the same code; a plan does not tell those apart.
func spoken(all []guardOf, kind, line string) ([]guardOf, error) {
	var best []guardOf
	for _, g := range all {
		switch {
		case g.kind != kind || !g.says.MatchString(line) || len(best) > 0 && g.size < best[0].size:
		case len(best) > 0 && g.size == best[0].size:
			best = append(best, g)
		default:
			best = []guardOf{g}
		}
	}
	if len(best) == 0 {
		return nil, fmt.Errorf("no guard says %q", line)
	}
	if slices.ContainsFunc(best, func(g guardOf) bool { return g.why != best[0].why }) {
		return nil, fmt.Errorf("%q can be the words of %d guards: word them apart", line, len(best))
	}
	return best, nil
}

// unreached are the guards that no case reaches, by playbook and words, with the reason.
func unreached(t *testing.T) map[[2]string]*strictyaml.Node {
	t.Helper()
	const file = "testdata/unreached.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := strictyaml.Parse("playbooks/"+file, data)
	if err != nil {
		t.Fatal(err)
	}
	all := map[[2]string]*strictyaml.Node{}
	for _, f := range root.Fields {
		for _, n := range f.Node.Items {
			if err := n.Only("a guard that no case reaches", "guard", "because"); err != nil {
				t.Fatal(err)
			}
			guard, err := n.Text("guard")
			if err != nil {
				t.Fatal(err)
			}
			if because, err := n.Text("because"); err != nil || because == "" {
				t.Fatal(n.Errorf("why does no case reach it? %v", err))
			}
			key := [2]string{f.Key, strings.TrimSpace(guard)}
			if all[key] != nil {
				t.Error(n.Errorf("it stands here twice"))
			}
			all[key] = n
		}
	}
	return all
}

// A reason not to act that no case gives is one that nobody has seen hold: a condition that is never true looks just like it. What neither
// emulator can show stands in testdata/unreached.yaml, for as long as no case shows it.
func TestEveryGuardIsReached(t *testing.T) {
	files, err := fs.Glob(playbooks.FS, "*/playbook.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no playbooks", err)
	}
	plans := map[string][]string{}
	for _, c := range allCases(t) {
		plans[c.Playbook] = append(plans[c.Playbook], strings.Split(c.Plan, "\n")...)
	}
	excused := unreached(t)
	for _, file := range files {
		name := strings.TrimSuffix(file, "/playbook.yaml")
		all := guardsOf(t, file)
		reached := map[*strictyaml.Node]bool{}
		for _, line := range plans[name] {
			for _, kind := range []string{"gone", "refused"} {
				words, is := strings.CutPrefix(line, "  "+kind+": ")
				if !is {
					continue
				}
				said, err := spoken(all, kind, words)
				if err != nil {
					t.Errorf("%s: %v", file, err)
				}
				for _, g := range said {
					reached[g.node] = true
				}
			}
		}
		for _, g := range all {
			key := [2]string{name, g.why}
			why, out := excused[key]
			delete(excused, key)
			switch {
			case out && reached[g.node]:
				t.Error(why.Errorf("a case of %s reaches it by now: take it out", name))
			case !out && !reached[g.node]:
				t.Error(g.node.Errorf("no case reaches this: %s: %s", g.kind, g.why))
			}
		}
	}
	for key, n := range excused {
		t.Error(n.Errorf("%s has no guard with these words", key[0]))
	}
}

func TestGuardsAreToldApart(t *testing.T) {
	n, err := strictyaml.Parse("t", []byte("why: x"))
	if err != nil {
		t.Fatal(err)
	}
	guard := func(kind, why string) guardOf { return worded(t, n.Get("why"), kind, why) }
	all := []guardOf{
		guard("refused", `${reason}`), guard("refused", `the policy cannot be read: ${p == "}" ? "a" : p}`), guard("gone", "it is ${state}"),
		guard("refused", "AB${x}"), guard("refused", "${x}YZ"),
	}
	for _, c := range []struct {
		kind, line string
		want       int // -1 where it cannot be told
	}{
		{"refused", "the policy cannot be read: there is no Statement", 1}, {"refused", "whatever it is", 0}, {"gone", "it is deleted", 2},
		{"gone", "it was deleted", -1}, {"gone", "whatever it is", -1}, {"refused", "AB", 3}, {"refused", "ABYZ", -1},
	} {
		said, err := spoken(all, c.kind, c.line)
		switch {
		case c.want < 0 && err == nil:
			t.Errorf("%s %q is said by %q", c.kind, c.line, said[0].why)
		case c.want >= 0 && (err != nil || len(said) != 1 || said[0].why != all[c.want].why):
			t.Errorf("%s %q: %v %v", c.kind, c.line, said, err)
		}
	}
}
