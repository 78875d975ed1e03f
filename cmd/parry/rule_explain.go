package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/render"
	"parry/internal/rules"
)

func (a *app) ruleExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain NAME", Short: "Say everything about a rule: its pattern for EventBridge, its condition, answers, scope and limits",
		Args: args(cobra.ExactArgs(1), "parry rule explain NAME; 'parry rule list' shows the names"),
		RunE: func(_ *cobra.Command, given []string) error {
			book, lib, err := a.rulesOf()
			if err != nil {
				return a.wrongRules(err)
			}
			r, err := findRule(book, given[0])
			if err != nil {
				return err
			}
			d := describe(r, lib.Playbooks)
			if a.json {
				return a.encode(d)
			}
			fmt.Fprint(a.stdout, explain(r, d))
			only := rules.Book{Rules: []rules.Rule{r}}
			for _, w := range only.Warnings(time.Now(), factsOf(lib.Playbooks)) {
				fmt.Fprintf(a.stdout, "\nwarning: %s\n", w)
			}
			return nil
		},
	}
}

// explain is everything about a rule in words.
func explain(r rules.Rule, d described) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s", r.Name)
	if r.Summary != "" {
		say("  %s", r.Summary)
	}
	say("")
	if r.Observe {
		say("It observes: plans are made and told, and nothing is changed until its file says \"mode: act\".")
	} else {
		say("It acts: what its answers allow is done.")
	}
	if r.Otherwise {
		say("It answers only what no other rule answers.")
	}
	say("\nIt wants events that fit this pattern, which EventBridge takes as it is:\n")
	b.WriteString(render.Indent(patternText(d.Pattern), "  "))
	if r.When != "" {
		say("\nand findings of which this is true:\n")
		b.WriteString(render.Indent(r.When, "  "))
	}
	say("\nIt answers with")
	for _, a := range d.Answers {
		explainAnswer(say, a)
	}
	explainScope(say, r.Scope)
	explainLimits(say, r.Limits, d.Answers)
	if r.Publish != "" {
		say("\nThe finding is written into Security Hub.")
	}
	return b.String()
}

func explainAnswer(say func(string, ...any), a describedAnswer) {
	if a.Playbook == "" {
		say("  telling a person; nothing is planned")
		if a.Why != "" {
			say("    %s", a.Why)
		}
		return
	}
	does := map[parry.Tier]string{parry.TierAuto: "it is done", parry.TierApprove: "a person is asked", parry.TierAlert: "a person is told"}
	say("  %s, of %s risk: at most %s, so %s", a.Playbook, a.Risk, a.Most, does[a.Most])
	for _, reason := range a.Reasons {
		say("    %s", reason)
	}
	switch a.On {
	case parry.OnActor:
		say("    it works on who did it, not on what was done to")
	case parry.OnResource:
		say("    it works on what was done to, not on who did it")
	}
	for _, k := range slices.Sorted(maps.Keys(a.Params)) {
		v, err := json.Marshal(a.Params[k])
		if err != nil {
			v = fmt.Append(nil, a.Params[k])
		}
		say("    with %s %s", k, v)
	}
}

func explainScope(say func(string, ...any), s parry.Scope) {
	if s.IsZero() {
		say("\nIts scope is everywhere.")
		return
	}
	where := s
	where.Exempt = nil
	if words := where.Summary(); words != "" {
		say("\nIts scope is targets in: %s.", words)
		say("What is outside is left alone; where that is not known, a person is asked.")
	} else {
		say("\nIts scope is everywhere, but for what is exempt.")
	}
	for _, e := range s.Exempt {
		say("  exempt until %s by %s: %s", e.End(), e.Owner, e.Reason)
		say("    %s", e.Summary())
	}
}

func explainLimits(say func(string, ...any), l parry.Limits, answers []describedAnswer) {
	if words := l.Summary(); words != "" {
		say("\nBy itself it does at most: %s. Beyond that a person is asked.", words)
	}
	if l.MaxAge == 0 && slices.ContainsFunc(answers, func(a describedAnswer) bool { return a.Tier == parry.TierAuto }) {
		say("\nA finding that is older than %d hours when it comes is never answered without asking.", int(parry.DefaultMaxAge.Hours()))
	}
}

// patternText is a pattern as EventBridge takes it, and as a person reads it: nothing is escaped that need not be.
func patternText(pattern any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(pattern) // what came from JSON is JSON
	return b.String()
}
