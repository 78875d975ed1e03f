package parry

import "fmt"

// Differs says in words what of a plan is not as it was in an earlier one: what a person has to know who read the earlier one.
func Differs(was, is Plan) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if was.Source != is.Source {
		say("the playbook %s has another text", is.Playbook)
	}
	if is.Gone != "" && was.Gone == "" {
		say("%s", is.Gone)
	}
	for _, why := range is.Refusals {
		say("the playbook refuses: %s", why)
	}
	before := map[string]Change{}
	for _, c := range was.Changes {
		before[c.Name] = c
	}
	now := map[string]bool{}
	for _, c := range is.Changes {
		now[c.Name] = true
		old, there := before[c.Name]
		switch {
		case !there:
			say("%s is new: %s", c.Name, c.Call.Op)
			continue
		case !without(old.Call, old.Volatile).Same(without(c.Call, c.Volatile)):
			say("%s makes another call: %s %s, not %s %s", c.Name, c.Call.Op, canonical(c.Call.Input), old.Call.Op, canonical(old.Call.Input))
		}
		if !equal(old.State, c.State) {
			say("%s finds %s, not %s", c.Name, canonical(c.State), canonical(old.State))
		}
		if !equal(old.steadyUndo(), c.steadyUndo()) {
			say("%s is undone in another way", c.Name)
		}
		if old.Irreversible != c.Irreversible && c.Irreversible != "" {
			say("%s cannot be undone: %s", c.Name, c.Irreversible)
		}
	}
	for _, c := range was.Changes {
		if !now[c.Name] {
			say("%s is not needed any more", c.Name)
		}
	}
	if len(all) == 0 && was.Digest != is.Digest {
		say("something else that the plan rests on has changed")
	}
	return all
}
