package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/render"
	"parry/internal/rules"
	"parry/internal/source"
)

func (a *app) ruleMatch() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "match RULES EVENT...",
		Short: "Hold rules against events: which match and on what, and why the others do not",
		Long: "RULES is a file of rules, a folder of them, or \"embedded\" for those that come with Parry. EVENT is a file, or - for standard input.\n" +
			"Nothing of AWS is asked, but where accounts stand, with --org aws. The exit code is 0 where a rule matches, and 3 where none does.",
		Example: "  parry rule match embedded finding.json\n  parry rule match my-rules/ recorded-events.jsonl",
		Args:    args(cobra.MinimumNArgs(2), "parry rule match RULES EVENT..."),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.match(cmd.Context(), given[0], given[1:], all)
		},
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "show also the rules that are for another kind of event")
	return c
}

// matcher holds rules against events.
type matcher struct {
	*app
	book    *rules.Book
	targets func(playbook string) (string, error)
	engine  *parry.Responder // knows how targets stand to a scope
	all     bool
	matched int
}

func (a *app) match(ctx context.Context, path string, files []string, all bool) error {
	book, lib, err := a.rulesOf(path)
	if err != nil {
		return a.wrongRules(err)
	}
	org, err := a.organization(ctx)
	if err != nil {
		return err
	}
	m := &matcher{app: a, book: book, targets: lib.Playbooks.TargetOf, engine: &parry.Responder{Org: org, Now: time.Now}, all: all}
	for _, name := range files {
		items, err := a.read(name)
		if err != nil {
			a.fail(err)
			continue
		}
		for _, item := range items {
			if item.Err == nil {
				item.Err = m.event(ctx, item.Event)
			}
			if item.Err != nil {
				a.fail(item.Err)
			}
		}
	}
	if m.matched == 0 {
		a.worse(exitPerson)
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

func (m *matcher) event(ctx context.Context, e parry.Event) error {
	findings, err := source.Decode(e)
	if err != nil {
		return parry.Errorf(parry.KindOf(err), "%s: %w", e.Place, err)
	}
	for _, f := range findings {
		said, err := m.finding(ctx, e, f)
		if err != nil {
			return parry.Errorf(parry.KindOf(err), "%s: %w", e.Place, err)
		}
		if m.matched += len(said.Matched); m.json {
			if err := m.encode(said); err != nil {
				return err
			}
			continue
		}
		m.show(e, f, said)
	}
	return nil
}

// matching is what the rules say to one finding.
type matching struct {
	Event   string          `json:"event"`
	Finding string          `json:"finding"` // its key
	Type    string          `json:"type"`
	Quiet   string          `json:"quiet,omitempty"` // it asks for nothing, whatever the rules say
	Matched []matchedRule   `json:"matched"`
	Missed  []rules.Verdict `json:"missed"`
}

type matchedRule struct {
	Rule    string          `json:"rule"`
	Observe bool            `json:"observe,omitempty"`
	Answers []matchedAnswer `json:"answers"`
}

type matchedAnswer struct {
	Playbook string         `json:"playbook,omitempty"`
	Tier     parry.Tier     `json:"tier"`
	Targets  []standing     `json:"targets,omitempty"`
	None     string         `json:"none,omitempty"` // why there is no target
	Params   map[string]any `json:"params,omitempty"`
}

type standing struct {
	parry.Target
	Standing parry.Standing `json:"standing"`
}

// finding holds all rules against one finding. A rule that leaves every target alone is one that misses.
func (m *matcher) finding(ctx context.Context, e parry.Event, f parry.Finding) (matching, error) {
	said := matching{Event: e.ID, Finding: f.Key(), Type: f.Type(), Quiet: f.Quiet, Matched: []matchedRule{}, Missed: []rules.Verdict{}}
	verdicts, err := m.book.Verdicts(e, f)
	if err != nil {
		return said, err
	}
	for _, v := range verdicts {
		if !v.Matched {
			said.Missed = append(said.Missed, v)
			continue
		}
		one := matchedRule{Rule: v.Rule}
		out, in := "", false
		for _, a := range v.Answers {
			ans, err := m.answer(ctx, a, f)
			if err != nil {
				return said, err
			}
			one.Observe, one.Answers = a.Observe, append(one.Answers, ans)
			in = in || len(ans.Targets) == 0
			for _, t := range ans.Targets {
				if t.Standing.Is == parry.OutOfScope {
					out = cmp.Or(out, fmt.Sprintf("%s: %s", t.Target, t.Standing))
				} else {
					in = true
				}
			}
		}
		if !in {
			v.Matched, v.Why = false, "out of scope: "+out
			said.Missed = append([]rules.Verdict{v}, said.Missed...) // it came closest of all
			continue
		}
		said.Matched = append(said.Matched, one)
	}
	return said, nil
}

func (m *matcher) answer(ctx context.Context, a parry.Answer, f parry.Finding) (matchedAnswer, error) {
	ans := matchedAnswer{Playbook: a.Playbook, Tier: a.Tier, Params: a.Params}
	if a.Playbook == "" {
		return ans, nil
	}
	typ, err := m.targets(a.Playbook)
	if err != nil {
		return ans, err
	}
	for _, t := range a.TargetsOf(f, typ) {
		ans.Targets = append(ans.Targets, standing{t, m.engine.Standing(ctx, a, f, t)})
	}
	if len(ans.Targets) == 0 {
		ans.None = "the finding names no " + typ + " for it"
	}
	return ans, nil
}

// show writes the rules that match, then those that miss, the closest first. Those for another kind of event are only counted.
func (m *matcher) show(e parry.Event, f parry.Finding, said matching) {
	s := m.style()
	fmt.Fprintf(m.stdout, "%s: ", e.Place)
	s.Finding(m.stdout, f)
	if f.Quiet != "" {
		fmt.Fprintf(m.stdout, "  it asks for nothing, whatever the rules say: %s\n", render.Clean(f.Quiet))
	}
	for _, why := range f.Unresolved {
		fmt.Fprintf(m.stdout, "  no target: %s\n", render.Clean(why))
	}
	fmt.Fprintf(m.stdout, "\n%s\n", counted(len(said.Matched), "rule")+" matched")
	for _, r := range said.Matched {
		m.showRule(r)
	}
	far := 0
	fmt.Fprintf(m.stdout, "\n%s\n", counted(len(said.Missed), "rule")+" missed")
	for _, v := range said.Missed {
		if v.Far && !m.all {
			far++
			continue
		}
		fmt.Fprintf(m.stdout, "  %s: %s\n", v.Rule, shorten(render.Clean(v.Why)))
	}
	if far > 0 {
		fmt.Fprintf(m.stdout, "  %s for another kind of event; --all shows them\n", map[bool]string{true: "1 is", false: fmt.Sprintf("%d are", far)}[far == 1])
	}
	fmt.Fprintln(m.stdout)
}

func (m *matcher) showRule(r matchedRule) {
	observes := ""
	if r.Observe {
		observes = ", which observes"
	}
	fmt.Fprintf(m.stdout, "  %s%s\n", r.Rule, observes)
	for _, a := range r.Answers {
		if a.Playbook == "" {
			fmt.Fprintln(m.stdout, "    tells a person")
			continue
		}
		fmt.Fprintf(m.stdout, "    %s, tier %s\n", a.Playbook, a.Tier)
		if a.None != "" {
			fmt.Fprintf(m.stdout, "      %s\n", render.Clean(a.None))
		}
		for _, t := range a.Targets {
			fmt.Fprintf(m.stdout, "      %s in account %s, %s: %s\n", render.Clean(t.Target.String()), t.Account, t.Region, render.Clean(t.Standing.String()))
			for _, n := range t.Standing.Notes {
				fmt.Fprintf(m.stdout, "        %s\n", render.Clean(n))
			}
		}
	}
}

// longest is how much of a reason is shown. A pattern may list a hundred values; --json has them all.
const longest = 240

func shorten(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "..."
	}
	return s
}
