package sweep

import (
	"slices"

	"parry"
)

// Sources are those that a sweep lists: what they tell by events is best effort.
func Sources() []Source {
	return []Source{accessAnalyzer(), cloudTrail(), configRules(), inspector(), macie()}
}

// Backlog are those that hold a backlog: Security Hub in its two forms. Their events are durable, but none come for what was open before.
func Backlog() []Source {
	return []Source{hubFindings(), hubFindingsV2()}
}

// Named picks sources by their names; none picks all.
func Named(all []Source, names []string) ([]Source, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	var picked []Source
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, parry.Errorf(parry.Invalid, "there is no source %q", name).WithHint("there are %v", known)
		}
		picked = append(picked, all[i])
	}
	return picked, nil
}
