// Package rules reads rule files and says which playbooks answer an event. A rule has an EventBridge pattern, which is
// what AWS's own rule would be given, a condition on the finding, and what to do.
package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"

	"parry"
	"parry/internal/expr"
	"parry/internal/pattern"
	"parry/internal/strictyaml"
)

// Rule is one checked rule.
type Rule struct {
	Name    string
	Summary string
	Pattern json.RawMessage // as it would be given to EventBridge
	Observe bool            // plans are told, nothing is changed; so unless the file says "mode: act"
	Answers []parry.Answer
	// Otherwise makes it the answer to what no other rule answers.
	Otherwise bool
	// File is where it was read.
	File string

	match *pattern.Pattern
	when  *expr.Expr
}

// When is the condition on the finding, empty for none.
func (r Rule) When() string {
	if r.when == nil {
		return ""
	}
	return r.when.Text
}

// Book is rules in their order. It implements parry.Matcher.
type Book struct {
	Rules []Rule
	// Act turns every rule on, whatever its file says: for a person who stands beside it and says yes.
	Act bool
	env *expr.Env
}

// Playbooks is what rules must know of the playbooks that they name.
type Playbooks interface {
	TargetOf(playbook string) (string, error)
	Check(playbook string, params map[string]any) error
}

// NewBook makes an empty book.
func NewBook() (*Book, error) {
	t, err := expr.NewTypes()
	if err != nil {
		return nil, err
	}
	env, err := expr.NewEnv(t, map[string]*types.Type{"finding": t.Of(reflect.TypeFor[parry.Finding]())})
	return &Book{env: env}, err
}

// AddFolder reads every .yaml file of a folder.
func (b *Book) AddFolder(fsys fs.FS, dir, shown string, known Playbooks) error {
	files, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := fs.ReadFile(fsys, f)
		if err != nil {
			return parry.Errorf(parry.Invalid, "rules: %w", err)
		}
		if err := b.Add(path.Join(shown, path.Base(f)), text, known); err != nil {
			return err
		}
	}
	return nil
}

// Add reads one rule file.
func (b *Book) Add(file string, text []byte, known Playbooks) error {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return err
	}
	if err := root.Only("a rule file", "rules"); err != nil {
		return err
	}
	n := root.Get("rules")
	if n == nil || !n.IsList() {
		return root.Errorf("a rule file has \"rules\": a list")
	}
	for _, i := range n.Items {
		r, err := b.rule(i, known)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(b.Rules, func(o Rule) bool { return o.Name == r.Name }) {
			return i.Get("name").Errorf("there is a rule %q already", r.Name)
		}
		r.File = file
		b.Rules = append(b.Rules, r)
	}
	slices.SortStableFunc(b.Rules, lastIfOtherwise)
	return nil
}

// lastIfOtherwise puts the rules for what is left over behind all others, and leaves the order of the files else.
func lastIfOtherwise(x, y Rule) int {
	switch {
	case x.Otherwise == y.Otherwise:
		return 0
	case x.Otherwise:
		return 1
	}
	return -1
}

func (b *Book) rule(n *strictyaml.Node, known Playbooks) (r Rule, err error) {
	if err := n.Only("a rule", "name", "summary", "mode", "otherwise", "match", "when", "respond"); err != nil {
		return r, err
	}
	if r.Name, err = n.Text("name"); err != nil || r.Name == "" {
		return r, n.Errorf("a rule needs a name")
	}
	if r.Summary, err = n.Text("summary"); err != nil {
		return r, err
	}
	mode, err := n.Text("mode")
	if err != nil {
		return r, err
	}
	if mode != "" && mode != "observe" && mode != "act" {
		return r, n.Get("mode").Errorf("mode is observe or act, not %q", mode)
	}
	r.Observe = mode != "act"
	if o := n.Get("otherwise"); o != nil {
		var ok bool
		if r.Otherwise, ok = o.Value.(bool); !ok {
			return r, o.Errorf("otherwise is true or false: with true the rule answers only what no other rule answers")
		}
	}
	m := n.Get("match")
	if m == nil {
		return r, n.Errorf("rule %s needs \"match\", an EventBridge event pattern: without one it would answer everything", r.Name)
	}
	if r.Pattern, err = json.Marshal(m.Any()); err != nil {
		return r, m.Errorf("%v", err)
	}
	if r.match, err = pattern.Compile(r.Pattern); err != nil {
		return r, m.Errorf("match: %v", err)
	}
	if w := n.Get("when"); w != nil {
		s, err := w.String("when")
		if err != nil {
			return r, err
		}
		text := strings.TrimSpace(s)
		text = strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}")
		if r.when, err = b.env.Compile(w, text); err != nil {
			return r, err
		}
		if r.when.Type.Kind() != types.BoolKind {
			return r, w.Errorf("when is true or false, and this is %s", r.when.Type)
		}
	}
	return r, r.answers(n, known)
}

func (r *Rule) answers(n *strictyaml.Node, known Playbooks) error {
	resp := n.Get("respond")
	if resp == nil || !resp.IsList() || len(resp.Items) == 0 {
		return n.Errorf("rule %s needs \"respond\": a list of playbooks with a tier, or of {tier: alert}", r.Name)
	}
	for _, i := range resp.Items {
		if err := i.Only("an answer", "playbook", "tier", "with", "accept", "why"); err != nil {
			return err
		}
		a := parry.Answer{Rule: r.Name, Observe: r.Observe}
		var err error
		if a.Playbook, err = i.Text("playbook"); err != nil {
			return err
		}
		tier, err := i.Text("tier")
		if err != nil {
			return err
		}
		var ok bool
		if a.Tier, ok = parry.ParseTier(tier); !ok {
			return i.Errorf("an answer needs a tier: auto, approve or alert, not %q", tier)
		}
		accept, err := i.Text("accept")
		if err != nil {
			return err
		}
		if accept != "" && accept != "medium" && accept != "high" {
			return i.Get("accept").Errorf("accept is medium or high, the risk that the rule's owner takes on, not %q", accept)
		}
		a.Accept = parry.Risk(accept)
		if a.Why, err = i.Text("why"); err != nil {
			return err
		}
		if w := i.Get("with"); w != nil {
			if !w.IsMap() {
				return w.Errorf("\"with\" is a mapping of the playbook's parameters")
			}
			a.Params = w.Any().(map[string]any)
		}
		if a.Playbook == "" && a.Tier != parry.TierAlert {
			return i.Errorf("an answer without a playbook can only tell: tier alert")
		}
		if a.Playbook != "" {
			if err := known.Check(a.Playbook, a.Params); err != nil {
				return i.Errorf("%v", err)
			}
		}
		r.Answers = append(r.Answers, a)
	}
	return nil
}

// Match implements parry.Matcher. A rule that cannot be evaluated on this finding does not answer, and its miss says why. A rule for
// what is left over is asked only when no rule before it has answered.
func (b *Book) Match(_ context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	var answers []parry.Answer
	var misses []parry.Miss
	var vars map[string]any
	for _, r := range b.Rules {
		if r.Otherwise && len(answers) > 0 {
			continue
		}
		ok, err := r.match.Match(e.Raw)
		if err != nil {
			return nil, nil, parry.Errorf(parry.Invalid, "rule %s: %w", r.Name, err)
		}
		if !ok {
			continue
		}
		if r.when != nil {
			if vars == nil {
				vars = map[string]any{"finding": asJSON(f)}
			}
			want, err := r.when.Bool(vars)
			if err != nil {
				misses = append(misses, parry.Miss{Rule: r.Name, Why: err.Error()})
				continue
			}
			if !want {
				misses = append(misses, parry.Miss{Rule: r.Name, Why: fmt.Sprintf("%s is false", r.when.Text)})
				continue
			}
		}
		for _, a := range r.Answers {
			a.Observe = a.Observe && !b.Act
			answers = append(answers, a)
		}
	}
	return answers, misses, nil
}

func asJSON(f parry.Finding) map[string]any {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // findings are JSON
	}
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return m
}
