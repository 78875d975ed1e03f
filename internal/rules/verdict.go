package rules

import (
	"encoding/json"
	"slices"
	"strings"

	"parry"
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
	// Passed is how much of the rule did not fail, from 0 to 1.
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
			v.Passed = r.passed(v.Field)
			v.Far = !strings.HasPrefix(v.Field, "detail.")
		}
		all = append(all, v)
	}
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

func better(first bool) int {
	if first {
		return -1
	}
	return 1
}

// passed is the part of the pattern's fields that come before one that failed, as a person reads an event: the envelope, then the detail.
func (r Rule) passed(field string) float64 {
	var pattern any
	_ = json.Unmarshal(r.Pattern, &pattern) // it was compiled
	var all []string
	fields(pattern, "", &all)
	slices.Sort(all)
	all = slices.Compact(all)
	slices.SortStableFunc(all, func(a, b string) int { return inDetail(a) - inDetail(b) })
	i := slices.Index(all, field)
	if i < 0 || len(all) == 0 {
		return 0
	}
	return float64(i) / float64(len(all))
}

// fields lists the paths of a pattern's fields. Alternatives stand in the place of the field that holds them.
func fields(v any, path string, all *[]string) {
	m, ok := v.(map[string]any)
	if !ok {
		*all = append(*all, path)
		return
	}
	for k, sub := range m {
		alternatives, or := sub.([]any)
		switch {
		case k == "$or" && or:
			for _, a := range alternatives {
				fields(a, path, all)
			}
		case path == "":
			fields(sub, k, all)
		default:
			fields(sub, path+"."+k, all)
		}
	}
}

func inDetail(path string) int {
	if strings.HasPrefix(path, "detail.") {
		return 1
	}
	return 0
}
