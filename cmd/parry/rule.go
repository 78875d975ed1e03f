package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/playbook"
	"parry/internal/rules"
	"parry/internal/strictyaml"
	packs "parry/rules"
)

// embedded names the rules that come with Parry, in the place of a path.
const embedded = "embedded"

func (a *app) ruleCommand() *cobra.Command {
	c := &cobra.Command{Use: "rule", Short: "Check, list and explain rules, and hold them against events"}
	c.AddCommand(a.ruleCheck(), a.ruleList(), a.ruleExplain(), a.ruleMatch())
	return c
}

func (a *app) ruleCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [DIR|FILE...]",
		Short: "Check rules, say what is wrong with line and column, and warn of what will not do what it seems to do",
		Long: "Checks the rules of files and folders, all together as they would be loaded; those of --rules or the embedded ones where none is named.\n" +
			"Warns of exemptions that have ended or end within 14 days, and of answers that can never act.",
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, paths []string) error {
			book, lib, err := a.rulesOf(paths...)
			if err != nil {
				return a.wrongRules(err)
			}
			warnings := book.Warnings(time.Now(), factsOf(lib.Playbooks))
			if a.json {
				return a.encode(map[string]any{"rules": len(book.Rules), "warnings": append([]rules.Warning{}, warnings...)})
			}
			for _, w := range warnings {
				fmt.Fprintf(a.stdout, "warning: %s\n", w)
			}
			fmt.Fprintf(a.stdout, "%s, %s\n", counted(len(book.Rules), "rule"), counted(len(warnings), "warning"))
			return nil
		},
	}
}

// wrongRules tells each thing that is wrong on a line of its own.
func (a *app) wrongRules(err error) error {
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		return asInvalid(err)
	}
	for _, e := range many.Unwrap() {
		if a.wrongRules(e) != errSaid {
			a.fail(asInvalid(e))
		}
	}
	return errSaid
}

// rulesOf reads rules from files and folders; where none is named from --rules, or the embedded ones.
func (a *app) rulesOf(paths ...string) (*rules.Book, *assemble.Library, error) {
	ruleDir := a.ruleDir
	if len(paths) > 0 {
		ruleDir = ""
	}
	lib, err := assemble.NewLibrary(a.playbookDir, ruleDir)
	if err != nil || len(paths) == 0 {
		if lib == nil {
			return nil, nil, err
		}
		if err == nil {
			err = a.limit(lib)
		}
		return lib.Rules, lib, err
	}
	book, err := rules.NewBook()
	if err != nil {
		return nil, nil, err
	}
	var wrong []error
	for _, p := range paths {
		wrong = append(wrong, addRules(book, p, lib.Playbooks))
	}
	return book, lib, errors.Join(wrong...)
}

// addRules reads what a path names: a file, a folder, or the embedded rules.
func addRules(book *rules.Book, path string, known rules.Playbooks) error {
	if path == embedded {
		return book.AddFolder(packs.FS, ".", "rules", known)
	}
	info, err := os.Stat(path)
	if err != nil {
		return parry.Errorf(parry.Invalid, "%w", err)
	}
	if !info.IsDir() {
		text, err := os.ReadFile(path)
		if err != nil {
			return parry.Errorf(parry.Invalid, "%w", err)
		}
		return book.Add(path, text, known)
	}
	if files, err := fs.Glob(os.DirFS(path), "*.yaml"); err == nil && len(files) == 0 {
		return parry.Errorf(parry.Invalid, "%s holds no rules", filepath.Clean(path)).WithHint("rules are in files that end in .yaml")
	}
	return book.AddFolder(os.DirFS(path), ".", path, known)
}

// factsOf is what warnings must know of playbooks. Rules name only those that there are.
func factsOf(set *playbook.Set) rules.Facts {
	return func(name string) (string, parry.Risk) {
		p, err := set.Get(name)
		if err != nil {
			return "", ""
		}
		return p.Target, p.Risk
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func mode(r rules.Rule) string {
	if r.Observe {
		return "observe"
	}
	return "act"
}

func (a *app) ruleList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the rules: what they answer with, on which tier, and where", Args: args(cobra.NoArgs, "parry rule list"),
		RunE: func(*cobra.Command, []string) error {
			book, lib, err := a.rulesOf()
			if err != nil {
				return a.wrongRules(err)
			}
			for _, w := range book.Warnings(time.Now(), factsOf(lib.Playbooks)) {
				fmt.Fprintf(a.stderr, "warning: %s\n", w)
			}
			if a.json {
				for _, r := range book.Rules {
					if err := a.encode(describe(r, lib.Playbooks)); err != nil {
						return err
					}
				}
				return nil
			}
			t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, "RULE\tMODE\tANSWERS\tSCOPE\tLIMITS")
			for _, r := range book.Rules {
				var answers []string
				for _, answer := range r.Answers {
					answers = append(answers, fmt.Sprintf("%s (%s)", cmp.Or(answer.Playbook, "told"), answer.Tier))
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, mode(r), strings.Join(answers, ", "), cmp.Or(r.Scope.Summary(), "-"), cmp.Or(r.Limits.Summary(), "-"))
			}
			return t.Flush()
		},
	}
}

// described is a rule for machines.
type described struct {
	Name    string            `json:"name"`
	Summary string            `json:"summary,omitempty"`
	Mode    string            `json:"mode"`
	Pattern any               `json:"pattern"`
	When    string            `json:"when,omitempty"`
	Scope   parry.Scope       `json:"scope,omitzero"`
	Limits  parry.Limits      `json:"limits,omitzero"`
	Publish string            `json:"publish,omitempty"`
	Answers []describedAnswer `json:"answers"`
}

// describedAnswer is an answer with the boldest that it can be.
type describedAnswer struct {
	Playbook string         `json:"playbook,omitempty"`
	Tier     parry.Tier     `json:"tier"`
	Most     parry.Tier     `json:"at_most"`
	Risk     parry.Risk     `json:"risk,omitempty"`
	On       parry.On       `json:"on,omitempty"`
	Params   map[string]any `json:"params,omitempty"`
	Reasons  []string       `json:"reasons,omitempty"`
	Why      string         `json:"why,omitempty"`
}

func describe(r rules.Rule, set *playbook.Set) described {
	d := described{Name: r.Name, Summary: r.Summary, Mode: mode(r), When: r.When, Scope: r.Scope, Limits: r.Limits, Publish: r.Publish}
	_ = json.Unmarshal(r.Pattern, &d.Pattern) // it was compiled
	for _, a := range r.Answers {
		_, risk := factsOf(set)(a.Playbook)
		one := describedAnswer{Playbook: a.Playbook, Tier: a.Tier, Risk: risk, On: a.On, Params: a.Params, Why: a.Why}
		if a.Playbook != "" {
			ceiling := rules.Ceiling(a, risk)
			one.Most, one.Reasons = ceiling.Tier, ceiling.Reasons
		}
		d.Answers = append(d.Answers, one)
	}
	return d
}

// findRule gives a rule by its name, or says which was meant.
func findRule(book *rules.Book, name string) (rules.Rule, error) {
	if r, ok := book.Find(name); ok {
		return r, nil
	}
	var names []string
	for _, r := range book.Rules {
		names = append(names, r.Name)
	}
	return rules.Rule{}, parry.Errorf(parry.NotFound, "there is no rule %q%s", name, strictyaml.DidYouMean(name, names)).WithHint("'parry rule list' shows them")
}
