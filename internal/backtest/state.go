package backtest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/given"
	"parry/internal/playbook"
	"parry/internal/strictyaml"
	"parry/internal/twin"
)

// region is where a call of a given state is made that does not say where.
const region = "us-east-1"

// Simulated makes a state on the twin from a list of calls, see package given, and gives what reads it. Its clock is now, until At moves it.
func Simulated(ctx context.Context, file string, text []byte, now time.Time) (observe playbook.Observe, at func(time.Time), err error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	org := twin.New(now)
	org.SetClock(func() time.Time { return now })
	s := &given.State{Config: org.Config, Region: region, Saved: map[string]any{}, Aliases: map[string]string{}}
	if err := s.Make(ctx, root); err != nil {
		return nil, nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	names := newAliases(s.Aliases)
	observe = func(ctx context.Context, playbook string, t parry.Target, ops []string) (parry.Observer, error) {
		org.ResetLog() // nobody looks at it, and it would grow with every plan
		o, err := s.Observe(ctx, playbook, t, ops)
		if err != nil {
			return nil, err
		}
		return aliased{o, names}, nil
	}
	return observe, func(t time.Time) { now = t }, nil
}

// aliases turn ids between what they are on the twin and what events call them.
type aliases struct{ inward, outward *strings.Replacer }

func newAliases(outer map[string]string) aliases {
	inner := map[string]string{}
	for in, out := range outer {
		inner[out] = in
	}
	return aliases{replacer(inner), replacer(outer)}
}

// replacer puts ids in the place of others, in JSON. The longest go first, so that an id that begins like another is not taken for it.
func replacer(names map[string]string) *strings.Replacer {
	var pairs []string
	for _, k := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) }) {
		pairs = append(pairs, inJSON(k), inJSON(names[k]))
	}
	return strings.NewReplacer(pairs...)
}

// inJSON is a text as it stands between the quotes of a JSON string.
func inJSON(s string) string {
	b, _ := json.Marshal(s) // a string always becomes JSON
	return string(b[1 : len(b)-1])
}

// aliased is an observer of the twin that speaks of things as events do.
type aliased struct {
	parry.Observer
	names aliases
}

// Read implements parry.Observer.
func (a aliased) Read(ctx context.Context, c parry.Call) (parry.Reply, error) {
	in, err := renamed(c.Input, a.names.inward)
	if err != nil {
		return parry.Reply{}, err
	}
	c.Input = in
	reply, err := a.Observer.Read(ctx, c)
	if err != nil {
		return reply, err
	}
	reply.Output, err = renamed(reply.Output, a.names.outward)
	return reply, err
}

// renamed is JSON with other ids in its texts.
func renamed(m map[string]any, names *strings.Replacer) (map[string]any, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal([]byte(names.Replace(string(b))), &out)
}
