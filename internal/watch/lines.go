package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"parry"
	"parry/internal/render"
)

// Change is one line for machines.
type Change struct {
	At   time.Time   `json:"at"`
	Kind string      `json:"kind"`           // "new" or "changed"
	From parry.State `json:"from,omitempty"` // of what changed
	Item
}

// Lines writes how things stand, and then a line for each change, until the context ends: in words, or as JSON.
func Lines(ctx context.Context, o Options, w io.Writer, asJSON bool) error {
	f := follower{o: o, w: w, json: asJSON}
	for first := true; ; first = false {
		err := f.round(ctx, first)
		if ctx.Err() != nil {
			return nil // to stop it is no fault
		}
		if f.wrote != nil {
			return f.wrote
		}
		if err != nil && first {
			return err
		}
		if err != nil { // a store that is away for a while comes back
			f.say(map[string]any{"at": o.Now().UTC(), "kind": "error", "error": err.Error()}, "the store cannot be read: "+err.Error())
		}
		t := time.NewTimer(o.Every)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
	}
}

// mark is where a response stood when it was last seen.
type mark struct {
	state parry.State
	steps int
	round int
}

type follower struct {
	o      Options
	w      io.Writer
	json   bool
	known  map[string]mark
	n      int
	health string
	wrote  error
}

// mostKnown is how many open responses that fell out of the lists are still looked at one by one.
const mostKnown = most

// round looks once, and tells of what is not as it was. Of what is there at first it tells only how much.
func (f *follower) round(ctx context.Context, first bool) error {
	snap, err := Look(ctx, f.o.Store, f.o.Now(), f.o.Health)
	if err != nil {
		return err
	}
	f.n++
	if first {
		f.known = map[string]mark{}
		f.say(struct {
			Kind string `json:"kind"`
			Snapshot
		}{"standing", snap}, standing(snap))
	} else if snap.Health != f.health {
		f.say(map[string]any{"at": snap.At, "kind": "server", "health": snap.Health, "well": snap.Well}, "server: "+snap.Health)
	}
	f.health = snap.Health
	for i := len(snap.Latest) - 1; i >= 0; i-- { // the oldest first, as they came
		f.see(snap.At, snap.Latest[i], first)
	}
	for i := len(snap.Waiting) - 1; i >= 0; i-- {
		// One that fell out of both lists before it was seen is not new because others left the list.
		f.see(snap.At, snap.Waiting[i], first || snap.WaitingMore)
	}
	return f.rest(ctx, snap.At)
}

// rest looks at the open ones that are in neither list any more. What is closed and in no list is forgotten.
func (f *follower) rest(ctx context.Context, at time.Time) error {
	looked := 0
	for id, m := range f.known {
		if m.round == f.n {
			continue
		}
		if !m.state.Open() || looked >= mostKnown {
			delete(f.known, id)
			continue
		}
		looked++
		r, err := f.o.Store.Response(ctx, id)
		if parry.KindOf(err) == parry.NotFound {
			delete(f.known, id)
			continue
		}
		if err != nil {
			return err
		}
		f.see(at, itemOf(r), false)
	}
	return nil
}

// see notes where a response stands, and tells of a change.
func (f *follower) see(at time.Time, i Item, quiet bool) {
	was, known := f.known[i.ID]
	f.known[i.ID] = mark{i.State, i.Steps, f.n}
	if quiet && !known || known && was.state == i.State && was.steps == i.Steps {
		return
	}
	c := Change{At: at, Kind: "new", Item: i}
	how := string(i.State)
	if known {
		c.Kind, c.From = "changed", was.state
		if was.state != i.State {
			how = string(was.state) + " → " + how
		}
	}
	f.say(c, fmt.Sprintf("%s %s: %s on %s, account %s, %s", i.ID, how, orDash(i.Playbook), orDash(i.Target), orDash(i.Account), i.Finding))
}

func standing(s Snapshot) string {
	text := fmt.Sprintf("%d waiting for a yes, %d came in the last hour", s.In(parry.Waiting), s.Hour)
	if s.Health != "" {
		text += "; server: " + s.Health
	}
	return text
}

// say writes one line. The first write that fails ends it: nobody listens any more.
func (f *follower) say(v any, words string) {
	if f.wrote != nil {
		return
	}
	if f.json {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if f.wrote = e.Encode(v); f.wrote == nil {
			_, f.wrote = io.WriteString(f.w, render.JSON(b.String()))
		}
		return
	}
	_, f.wrote = fmt.Fprintf(f.w, "%s %s\n", f.o.Now().UTC().Format("15:04:05"), render.Clean(words))
}
