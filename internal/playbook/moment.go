package playbook

import "slices"

// moment is the variable that holds the time of planning. It is another whenever somebody plans, so nothing that an approval is bound
// to may rest on it.
const moment = "moment"

// timeless refuses a change that would differ from one planning to the next by the time alone: what is sent may hold the moment only in
// fields that are volatile, and whether the change is missing, what it takes the place of and how it is taken back not at all.
func (l *loader) timeless(c *change) error {
	moving := []string{moment}
	holds := func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(moving, n) })
	}
	for _, v := range l.p.values { // each after what it uses
		if holds(l.uses(v.node)) {
			moving = append(moving, v.name)
		}
	}
	for _, part := range []string{"when", "find", "region", "needs", "state", "undo"} {
		if n := c.node.Get(part); n != nil && holds(l.uses(n)) {
			return n.Errorf("%s of %s rests on %q, the time of planning, and would be another each time", part, c.id, moment)
		}
	}
	with := c.node.Get("with")
	if with == nil {
		return nil
	}
	for _, f := range with.Fields {
		if holds(l.uses(f.Node)) && !slices.Contains(c.volatile, f.Key) {
			return f.Place.Errorf("%s rests on %q, the time of planning: list it under \"volatile\", so that it is no part of what is approved", f.Key, moment)
		}
	}
	return nil
}
