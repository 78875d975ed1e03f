package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"parry"
	"parry/internal/coverage"
	"parry/internal/rules"
)

// ruleIndex has a table of each pack's rules.
func ruleIndex(book *rules.Book) string {
	var b strings.Builder
	b.WriteString(made + "# Rules\n\nAll rules of the packs observe until a person turns them on with `mode: act`. A rule marked *otherwise* answers only what no other rule answers.\n" +
		"What of GuardDuty's finding types, Security Hub's controls and ATT&CK's techniques has a response: `parry coverage`.\n")
	for _, p := range packsOf(book) {
		fmt.Fprintf(&b, "\n## [%s](rules/%s.md)\n\n| rule | answer | what it is about |\n|---|---|---|\n", p.name(), p.name())
		for _, r := range p.rules {
			mark := ""
			if r.Otherwise {
				mark = " *(otherwise)*"
			}
			fmt.Fprintf(&b, "| [%s](rules/%s.md#%s)%s | %s | %s |\n", r.Name, p.name(), r.Name, mark, strings.Join(answersOf(r), "<br>"), r.Summary)
		}
	}
	return b.String()
}

// page has all that a pack's rules say: what each matches, does, and is about.
func (p pack) page(about map[string][]string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# Rules: %s\n\nThe rules of `rules/%s`, in its order. Each observes until its mode is `act`.\n", made, p.name(), p.file)
	for _, r := range p.rules {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", r.Name, r.Summary)
		for _, a := range r.Answers {
			b.WriteString("- " + answerLine(a) + "\n")
		}
		if r.Otherwise {
			b.WriteString("\nIt answers only what no other rule answers.\n")
		}
		for _, l := range []struct{ what, text string }{{"Scope", r.Scope.Summary()}, {"Limits", r.Limits.Summary()}, {"When", code(r.When)}, {"About", strings.Join(about[r.Name], ", ")}} {
			if l.text != "" {
				fmt.Fprintf(&b, "\n%s: %s\n", l.what, l.text)
			}
		}
		words, err := inWords(r.Pattern)
		if err != nil {
			return "", fmt.Errorf("rule %s: %w", r.Name, err)
		}
		fmt.Fprintf(&b, "\nIt matches an event where\n\n%s\n<details><summary>Event pattern</summary>\n\n```json\n%s\n```\n</details>\n", words, unescape(r.Pattern))
	}
	return b.String(), nil
}

// answeredBy are the finding types and controls that each rule answers, as 'parry coverage' counts them.
func answeredBy(r coverage.Report) map[string][]string {
	by := map[string][]string{}
	for _, a := range r.Areas {
		if strings.HasPrefix(a.Name, "ATT&CK") {
			continue // techniques are the playbooks', not the rules'
		}
		for _, i := range a.Items {
			for _, f := range i.Forms {
				for _, rule := range f.Rules {
					if name := code(i.Name); !slices.Contains(by[rule], name) {
						by[rule] = append(by[rule], name)
					}
				}
			}
		}
	}
	return by
}

// unescape writes a pattern as a person would: ">=" and not "\\u003e=".
func unescape(pattern json.RawMessage) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(pattern))
}

type pack struct {
	file  string
	rules []rules.Rule
}

func (p pack) name() string { return strings.TrimSuffix(p.file, ".yaml") }

// packsOf puts the rules of a file together, the files by name.
func packsOf(book *rules.Book) []pack {
	by := map[string][]rules.Rule{}
	for _, r := range book.Rules {
		name := path.Base(r.File)
		by[name] = append(by[name], r)
	}
	var all []pack
	for _, name := range slices.Sorted(maps.Keys(by)) {
		all = append(all, pack{name, by[name]})
	}
	return all
}

// answersOf are a rule's answers in the words of a table's cell.
func answersOf(r rules.Rule) []string {
	var all []string
	for _, a := range r.Answers {
		if a.Playbook == "" {
			all = append(all, a.Tier.String())
			continue
		}
		all = append(all, fmt.Sprintf("%s [%s](playbooks/%s.md)", a.Tier, a.Playbook, a.Playbook))
	}
	return all
}

// answerLine is an answer in a sentence.
func answerLine(a parry.Answer) string {
	line := "told to a person, nothing is planned"
	if a.Playbook != "" {
		line = fmt.Sprintf("[%s](../playbooks/%s.md), tier %s", a.Playbook, a.Playbook, a.Tier)
	}
	if a.On != "" {
		line += fmt.Sprintf(", on the %s", a.On)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Params)) {
		v, _ := json.Marshal(a.Params[name]) // it was checked against the playbook
		line += fmt.Sprintf(", %s %s", name, v)
	}
	if a.For > 0 {
		line += fmt.Sprintf(", for %s", a.For)
	}
	if a.Why != "" {
		line += ": " + a.Why
	}
	return line
}
