// Package rules reads rule files and says which playbooks answer an event. A rule has an EventBridge pattern, which is
// what AWS's own rule would be given, a condition on the finding, and what to do.
package rules

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"sync"

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
	When    string          // the condition on the finding; empty where there is none
	Observe bool            // plans are told, nothing is changed; so unless the file says "mode: act"
	Scope   parry.Scope
	Limits  parry.Limits
	Publish string // where the finding is written beside the store; empty for nowhere
	Answers []parry.Answer
	// Otherwise makes it the answer to what no other rule answers.
	Otherwise bool
	// File is where it was read.
	File string

	match *pattern.Pattern
	when  *expr.Expr
	place places
}

// places are where in the file the parts of a rule stand, for what is said of them later.
type places struct {
	rule             *strictyaml.Node
	exempts, answers []*strictyaml.Node
}

// Book is rules in their order. It implements parry.Matcher.
type Book struct {
	Rules []Rule
	// Act turns every rule on, whatever its file says: for a person who stands beside it and says yes.
	Act bool
	env *expr.Env

	mu    sync.Mutex
	index *pattern.Index // of all rules' patterns; nil after a rule was added
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

// AddFolder reads every .yaml file of a folder. All that is wrong is told, not only the first.
func (b *Book) AddFolder(fsys fs.FS, dir, shown string, known Playbooks) error {
	files, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	var wrong []error
	if others, err := fs.Glob(fsys, path.Join(dir, "*.yml")); err == nil && len(others) > 0 {
		wrong = append(wrong, parry.Errorf(parry.Invalid, "%s is not read: rules are in .yaml files", path.Join(shown, path.Base(others[0]))).WithHint("rename it"))
	}
	for _, f := range files {
		text, err := fs.ReadFile(fsys, f)
		if err != nil {
			return parry.Errorf(parry.Invalid, "rules: %w", err)
		}
		wrong = append(wrong, b.Add(path.Join(shown, path.Base(f)), text, known))
	}
	return errors.Join(wrong...)
}

// Add reads one rule file. All that is wrong with it is told, one error for each rule.
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
	var wrong []error
	for _, i := range n.Items {
		r, err := b.rule(i, known)
		if err == nil {
			if _, twice := b.Find(r.Name); twice {
				err = i.Get("name").Errorf("there is a rule %q already", r.Name)
			}
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		r.File = file
		b.Rules = append(b.Rules, r)
	}
	slices.SortStableFunc(b.Rules, lastIfOtherwise)
	b.index = nil
	return errors.Join(wrong...)
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

// Find gives a rule by its name.
func (b *Book) Find(name string) (Rule, bool) {
	i := slices.IndexFunc(b.Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return b.Rules[i], true
}

// Match implements parry.Matcher. A rule that cannot be evaluated on this finding does not answer, and its miss says why. A rule for
// what is left over is asked only when no rule before it has answered.
func (b *Book) Match(_ context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	wanted, err := b.matching(e.Raw)
	if err != nil {
		return nil, nil, err
	}
	var answers []parry.Answer
	var misses []parry.Miss
	vars := onFinding(f)
	for _, n := range wanted {
		r := b.Rules[n]
		if r.Otherwise && len(answers) > 0 {
			continue
		}
		if why := r.whenNot(vars); why != "" {
			misses = append(misses, parry.Miss{Rule: r.Name, Why: why})
			continue
		}
		for _, a := range r.Answers {
			a.Observe = a.Observe && !b.Act
			answers = append(answers, a)
		}
	}
	return answers, misses, nil
}

// whenNot says why the rule's condition does not hold; empty where it does.
func (r Rule) whenNot(vars func() map[string]any) string {
	if r.when == nil {
		return ""
	}
	holds, err := r.when.Bool(vars())
	switch {
	case err != nil:
		return err.Error()
	case !holds:
		return r.when.Text + " is false"
	}
	return ""
}

// onFinding is what a condition sees, made when the first one asks.
func onFinding(f parry.Finding) func() map[string]any {
	return sync.OnceValue(func() map[string]any { return map[string]any{"finding": asJSON(f)} })
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
