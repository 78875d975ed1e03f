package parry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Job is what a plan is made for: one playbook on one target of one finding.
type Job struct {
	Response string         // the response's id: session name and source identity at AWS
	Playbook string         // its name
	Source   string         // digest of the playbook's text; empty for the one that is loaded now
	Params   map[string]any // as the rule or the person gave them
	Target   Target
	Finding  Finding
	// At is the moment that the plan is for: when the finding was received, and when its plan is applied, that. What depends on it is
	// not part of the plan's digest.
	At time.Time
}

// Plan is what would put a target right: the difference between what is and what the playbook wants. It is plain JSON,
// made by reading only, and worth nothing when the world has changed: its digest says whether it has.
type Plan struct {
	Playbook string         `json:"playbook"`
	Source   string         `json:"source"` // digest of the playbook's text
	Summary  string         `json:"summary"`
	Risk     Risk           `json:"risk"`
	Breaks   string         `json:"breaks,omitempty"` // what the owner of the target will notice
	Target   Target         `json:"target"`
	Params   map[string]any `json:"params,omitempty"`
	Reads    []Read         `json:"reads"`
	Changes  []Change       `json:"changes"`
	// Gone says that the target does not exist (any more): there is nothing to put right.
	Gone string `json:"gone,omitempty"`
	// Refusals are the playbook's own reasons for not going on. A plan that has one is told and never applied.
	Refusals    []string     `json:"refusals,omitempty"`
	Permissions []Permission `json:"permissions,omitempty"`
	Digest      string       `json:"digest"`
}

// Read is one question that the plan rests on.
type Read struct {
	Name   string `json:"name"`
	Call   Call   `json:"call"`
	Absent string `json:"absent,omitempty"` // the error code that meant "not there"
}

// Change is one call that is missing, what it changes, and how it is taken back.
type Change struct {
	Name  string `json:"name"` // its id in the playbook, with the key of the loop: "isolate[eni-1]"
	Why   string `json:"why,omitempty"`
	Call  Call   `json:"call"`
	Item  any    `json:"item,omitempty"`   // the loop's element, kept so that the state can be read again later
	State any    `json:"before,omitempty"` // what the change governs, as it was found
	After any    `json:"after,omitempty"`  // as it should be afterwards
	Undo  []Call `json:"undo,omitempty"`
	// Irreversible, Kept, RestoredBy say why there is no undo: it cannot be, it stays on purpose, or another change's undo does it.
	Irreversible string `json:"irreversible,omitempty"`
	Kept         string `json:"kept,omitempty"`
	RestoredBy   string `json:"restored_by,omitempty"`
	// Until names the change that must follow at once, because the state between the two is worse than either. If it cannot be
	// made, this one is undone on the spot.
	Until string `json:"until,omitempty"`
	// Wait is how long to wait for AWS to finish it before the next change; zero for what is done when the call returns.
	Wait time.Duration `json:"wait,omitempty"`
	// Volatile are input fields of the call that are left out of the digest, such as a lock token: they are read anew before it is made. With
	// Races they are such of the undo, too; without, the undo puts back what was there, word by word.
	Volatile []string `json:"volatile,omitempty"`
	// UndoVolatile are input fields of the undo alone that are not known before the change is made, such as where AWS keeps what was before:
	// they are read when it is taken back.
	UndoVolatile []string `json:"undo_volatile,omitempty"`
	// Races are error codes of the call that say that somebody else was faster: what is volatile is read again, and the call made again.
	Races []string `json:"races,omitempty"`
}

// Reversible tells whether undoing the plan restores the change, by itself or through another's undo.
func (c Change) Reversible() bool { return len(c.Undo) > 0 || c.RestoredBy != "" }

// Planner reads AWS and says which calls are missing. It never writes.
type Planner interface {
	// Plan compares what is with what the job's playbook wants.
	Plan(ctx context.Context, j Job) (Plan, error)
	// Keep remembers the text of the job's playbook, so that an undo works with what was applied. It is called before the first write.
	Keep(ctx context.Context, j Job) error
	// States reads anew what each of the changes governs, by change name. A state that cannot be read any more, because
	// its resource is gone, is nil.
	States(ctx context.Context, j Job, changes []Change) (map[string]any, error)
	// Undo makes the calls that take each of the changes back as they are to be made now, by change name: what is volatile in them is read anew.
	Undo(ctx context.Context, j Job, changes []Change) (map[string][]Call, error)
	// Settled tells whether AWS has finished a change that takes time, or why it never will: failed is empty while it may.
	Settled(ctx context.Context, j Job, c Change) (done bool, failed string, err error)
	// Found gives what is there already for a change that would create something, as if it had just made it: nil where there is none.
	Found(ctx context.Context, j Job, c Change) (map[string]any, error)
}

// Empty tells whether nothing is missing.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// Seal writes the plan's digest: over what would be done and what it would take the place of, not over when or by whom it was planned.
func (p *Plan) Seal() {
	type part struct {
		Name         string
		Call         Call
		Before       any
		Undo         []Call
		Irreversible string
	}
	parts := make([]part, len(p.Changes))
	for i, c := range p.Changes {
		parts[i] = part{c.Name, without(c.Call, c.Volatile), c.State, c.steadyUndo(), c.Irreversible}
	}
	sum := sha256.Sum256(canonical(map[string]any{
		"playbook": p.Playbook, "source": p.Source, "target": p.Target, "changes": parts, "refusals": p.Refusals,
	}))
	p.Digest = "sha256:" + hex.EncodeToString(sum[:])
}

// without is the call less some fields of its input.
func without(c Call, fields []string) Call {
	if len(fields) == 0 {
		return c
	}
	in := map[string]any{}
	for k, v := range c.Input {
		if !slices.Contains(fields, k) {
			in[k] = v
		}
	}
	c.Input = in
	return c
}

// steadyUndo are the calls that take the change back, less what is volatile in them.
func (c Change) steadyUndo() []Call {
	fields := c.UndoVolatile
	if len(c.Races) > 0 {
		fields = slices.Concat(fields, c.Volatile)
	}
	var all []Call
	for _, u := range c.Undo {
		all = append(all, without(u, fields))
	}
	return all
}

// anew tells whether the undo's words are not those of the plan.
func (c Change) anew() bool {
	return len(c.Undo) > 0 && (len(c.UndoVolatile) > 0 || len(c.Volatile) > 0 && len(c.Races) > 0)
}

// Calls are the calls of the changes, in order.
func (p Plan) Calls() []Call {
	calls := make([]Call, len(p.Changes))
	for i, c := range p.Changes {
		calls[i] = c.Call
	}
	return calls
}

// Irreversible lists the changes that cannot be taken back.
func (p Plan) Irreversible() []string {
	var names []string
	for _, c := range p.Changes {
		if c.Irreversible != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// missing says what a plan that should be empty still holds.
func (p Plan) missing() error {
	var names []string
	for _, c := range p.Changes {
		names = append(names, c.Name)
	}
	if names = append(names, p.Refusals...); len(names) == 0 {
		return nil
	}
	return Errorf(Fault, "still missing: %s", strings.Join(names, "; "))
}
