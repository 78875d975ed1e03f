package main

import (
	"fmt"
	"slices"
	"strings"

	"parry"
)

// statePage draws the life of a response from the one table of its transitions.
func statePage() string {
	var b strings.Builder
	b.WriteString(made + "# The life of a response\n\nWhat is not drawn here cannot happen: the engine refuses it. `states.go` has the table.\n\n```mermaid\nstateDiagram-v2\n")
	name := func(s parry.State) string {
		if s == "" {
			return "[*]"
		}
		return strings.ReplaceAll(string(s), " ", "_")
	}
	for _, s := range parry.States() {
		if n := name(s); n != string(s) {
			fmt.Fprintf(&b, "  %s: %s\n", n, s)
		}
	}
	anywhere := inEveryState()
	moves := map[[2]parry.State][]string{}
	var order [][2]parry.State
	leaves := map[parry.State]bool{}
	for _, t := range parry.Transitions() {
		if slices.Contains(anywhere, string(t.Move)) && t.From == t.To {
			continue
		}
		arrow := [2]parry.State{t.From, t.To}
		if moves[arrow] == nil {
			order = append(order, arrow)
		}
		moves[arrow] = append(moves[arrow], string(t.Move))
		leaves[t.From] = leaves[t.From] || t.From != t.To
	}
	for _, arrow := range order {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", name(arrow[0]), name(arrow[1]), strings.Join(moves[arrow], ", "))
	}
	for _, s := range parry.States() {
		if !leaves[s] {
			fmt.Fprintf(&b, "  %s --> [*]\n", name(s))
		}
	}
	fmt.Fprintf(&b, "```\n\nIn every state it can also be: %s. That changes nothing of where it stands.\n\n", strings.Join(anywhere, ", "))
	b.WriteString("| from | by | to |\n|---|---|---|\n")
	for _, arrow := range order {
		from := string(arrow[0])
		if from == "" {
			from = "(new)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", from, strings.Join(moves[arrow], ", "), arrow[1])
	}
	return b.String()
}

// inEveryState are the moves that leave a response where it is, whatever its state.
func inEveryState() []string {
	in := map[parry.Move]int{}
	var all []string
	for _, t := range parry.Transitions() {
		if t.From != t.To {
			continue
		}
		if in[t.Move]++; in[t.Move] == len(parry.States()) {
			all = append(all, string(t.Move))
		}
	}
	return all
}
