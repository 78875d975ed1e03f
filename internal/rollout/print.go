package rollout

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"parry/internal/render"
)

// named is how many names of one kind are written out; of more it is said how many there are.
const named = 12

// Print writes a plan for people. What comes from AWS is foreign text.
func Print(w io.Writer, p *Plan) {
	wide := 0
	for _, s := range p.Steps {
		wide = max(wide, len(s.Name))
	}
	for _, s := range p.Steps {
		fmt.Fprintf(w, "  %-9s %-*s  %s\n", s.Do, wide, s.Name, render.Clean(s.place()))
		for _, line := range s.lines() {
			fmt.Fprintf(w, "  %-9s %-*s    %s\n", "", wide, "", render.Clean(line))
		}
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(w, "\n  mind: %s\n", render.Clean(warning))
	}
	fmt.Fprintf(w, "\n  by %s\n  %s\n", render.Clean(p.By), p.Digest)
}

// place says where a step's stacks are.
func (s *Step) place() string {
	if s.Set {
		text := "stack set of account " + s.Account
		if s.State != "" {
			text += ": " + s.State
		}
		return text
	}
	text := fmt.Sprintf("stack in account %s, %s", s.Account, s.Region)
	if s.State != "" {
		text += ": " + s.State
	}
	return text
}

// lines say what a step does.
func (s *Step) lines() []string {
	var all []string
	if s.Why != "" {
		all = append(all, s.Why)
	}
	switch s.Do {
	case Create, Again:
		all = append(all, "+ "+counted(s.Resources))
	case Update:
		all = append(all, changed(s.Resources)...)
		if s.Differs && len(s.Resources) == 0 {
			all = append(all, "its description, parameters, conditions or outputs")
		}
	case Delete:
		if s.Set {
			all = append(all, fmt.Sprintf("- %d stacks, and the set", s.Stacks))
		}
		if len(s.Kept) > 0 {
			all = append(all, "stays behind: "+strings.Join(s.Kept, ", "))
		}
	}
	for _, p := range s.Params {
		all = append(all, fmt.Sprintf("%s: %s -> %s", p.Name, or(p.Was, "none"), p.Is))
	}
	for _, g := range []struct {
		sign, what string
		at         []deployedAt
	}{{"+", "stacks", s.Add}, {"-", "stacks that nobody wants any more", s.Remove}, {"~", "stacks that are not as the set is, once more", s.Again}} {
		if len(g.at) > 0 {
			all = append(all, fmt.Sprintf("%s %d %s: %s", g.sign, len(g.at), g.what, places(g.at)))
		}
	}
	if s.Set && s.Do == Update && s.Differs && s.Stacks > 0 {
		all = append(all, fmt.Sprintf("~ %d stacks that are there", s.Stacks-len(s.Remove)))
	}
	for i, f := range s.Failed {
		if i == named {
			all = append(all, fmt.Sprintf("... and %d more; --json has all", len(s.Failed)-named))
			break
		}
		all = append(all, fmt.Sprintf("! %s in %s: %s", f.Account, f.Region, f.Reason))
	}
	return all
}

// counted says how many resources there are of each type.
func counted(all []Resource) string {
	count := map[string]int{}
	for _, r := range all {
		count[r.Type]++
	}
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		words = append(words, fmt.Sprintf("%d %s", count[kind], kind))
	}
	return strings.Join(words, ", ")
}

// changed names changes of resources, and of many how many there are.
func changed(all []Resource) []string {
	var lines []string
	for _, d := range []struct{ do, sign string }{{"remove", "-"}, {"change", "~"}, {"add", "+"}} {
		var of []Resource
		for _, r := range all {
			if r.Do == d.do {
				of = append(of, r)
			}
		}
		for i, r := range of {
			if i == named && d.do != "remove" { // what goes is told in full
				lines = append(lines, fmt.Sprintf("%s ... and %s; --json has all", d.sign, counted(of[named:])))
				break
			}
			line := fmt.Sprintf("%s %s (%s)", d.sign, r.ID, r.Type)
			if len(r.What) > 0 {
				line += ": " + strings.Join(r.What, ", ")
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// places are accounts and Regions, by how many there are of each.
func places(all []deployedAt) string {
	var accounts []string
	for _, at := range all {
		accounts = append(accounts, at.Account)
	}
	slices.Sort(accounts)
	accounts = slices.Compact(accounts)
	text := strings.Join(accounts, ", ")
	if len(accounts) > named {
		text = fmt.Sprintf("%s and %d other accounts", strings.Join(accounts[:named], ", "), len(accounts)-named)
	}
	return text + " in " + strings.Join(regionsOf(all), ", ")
}
