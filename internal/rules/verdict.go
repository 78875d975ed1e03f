package rules

import (
	"encoding/json"
	"slices"
	"strings"

	"parry"
	"parry/internal/pattern"
)

// Verdict is what one rule says to an event, and why.
type Verdict struct {
	Rule    string         `json:"rule"`
	Matched bool           `json:"matched"`
	Field   string         `json:"field,omitempty"` // of the pattern, that failed first
	Why     string         `json:"why,omitempty"`   // it does not match
	Answers []parry.Answer `json:"-"`
	// Far says that the rule is for another kind of event: it failed in the envelope.
	Far bool `json:"far,omitempty"`
	// Passed is how much of the pattern fits, from 0 to 1.
	Passed float64 `json:"-"`
}

// Verdicts hold an event and its finding against every rule: first those that match in their order, then the others, the closest first.
func (b *Book) Verdicts(e parry.Event, f parry.Finding) ([]Verdict, error) {
	wanted, err := b.matching(e.Raw)
	if err != nil {
		return nil, err
	}
	vars := onFinding(f)
	var all []Verdict
	for n, r := range b.Rules {
		v := Verdict{Rule: r.Name, Answers: r.Answers, Passed: 1}
		if slices.Contains(wanted, n) {
			v.Why = r.whenNot(vars)
			v.Matched = v.Why == ""
		} else {
			v.Field, v.Why, _ = r.match.Explain(e.Raw)
			v.Passed = r.passed(e.Raw)
			v.Far = !strings.HasPrefix(v.Field, "detail.")
		}
		all = append(all, v)
	}
	leaveToOthers(b.Rules, all)
	slices.SortStableFunc(all, func(a, b Verdict) int {
		switch {
		case a.Matched != b.Matched:
			return better(a.Matched)
		case a.Matched:
			return 0
		case a.Far != b.Far:
			return better(b.Far)
		case a.Passed != b.Passed:
			return better(a.Passed > b.Passed)
		}
		return 0
	})
	return all, nil
}

// leaveToOthers takes the rules for what is left over back where another rule answers. The verdicts are in the rules' order.
func leaveToOthers(rules []Rule, all []Verdict) {
	first := slices.IndexFunc(all, func(v Verdict) bool { return v.Matched })
	for n := range all {
		if all[n].Matched && rules[n].Otherwise && n > first {
			all[n].Matched = false
			all[n].Why = "it answers only what no other rule answers, and " + all[first].Rule + " does"
		}
	}
}

func better(first bool) int {
	if first {
		return -1
	}
	return 1
}

// passed is the part of the pattern's fields that an event fits, each looked at alone.
func (r Rule) passed(raw []byte) float64 {
	var whole any
	_ = json.Unmarshal(r.Pattern, &whole) // it was compiled
	fields, fit := 0, 0
	eachField(whole, func(v any) any { return v }, func(one any) {
		fields++
		p, err := pattern.FromValue(one)
		if err != nil {
			return
		}
		if ok, err := p.Match(raw); ok && err == nil {
			fit++
		}
	})
	return float64(fit) / float64(max(fields, 1))
}

// eachField visits every field of a pattern as a pattern of its own: in is the way down to it. Alternatives are fields like others.
func eachField(v any, in func(any) any, visit func(one any)) {
	m, ok := v.(map[string]any)
	if !ok {
		visit(in(v))
		return
	}
	for k, sub := range m {
		if alternatives, or := sub.([]any); k == "$or" && or {
			for _, a := range alternatives {
				eachField(a, in, visit)
			}
			continue
		}
		eachField(sub, func(v any) any { return in(map[string]any{k: v}) }, visit)
	}
}
