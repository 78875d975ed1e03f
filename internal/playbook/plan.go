package playbook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/expr"
)

// Observe opens an observer for one playbook's reads on one target.
type Observe func(ctx context.Context, playbook string, t parry.Target, ops []string) (parry.Observer, error)

// Planner plans with a set of playbooks. It implements parry.Planner.
type Planner struct {
	Set     *Set
	Observe Observe
	// Sources keeps the texts of playbooks by their digest, for responses that were made with an earlier one.
	Sources interface {
		KeepSource(ctx context.Context, digest string, text []byte) error
		Source(ctx context.Context, digest string) ([]byte, error)
	}
}

// scene is what a playbook sees of the world at one moment.
type scene struct {
	p     *Playbook
	job   parry.Job
	vars  map[string]any
	reads []parry.Read
	gone  string // why the target is not there, once a read has said so
}

// Plan implements parry.Planner.
func (pl *Planner) Plan(ctx context.Context, j parry.Job) (parry.Plan, error) {
	s, err := pl.look(ctx, j)
	if err != nil {
		return parry.Plan{}, err
	}
	return s.plan()
}

// Keep implements parry.Planner.
func (pl *Planner) Keep(ctx context.Context, j parry.Job) error {
	p, err := pl.playbook(ctx, j)
	if err != nil {
		return err
	}
	return pl.Sources.KeepSource(ctx, p.Digest, p.Text)
}

// playbook is the one that the job was planned with: by its text, where that is known.
func (pl *Planner) playbook(ctx context.Context, j parry.Job) (*Playbook, error) {
	p, err := pl.Set.Get(j.Playbook)
	if j.Source == "" || err == nil && p.Digest == j.Source {
		return p, err
	}
	text, err := pl.Sources.Source(ctx, j.Source)
	if err != nil {
		return nil, err
	}
	return Load(j.Playbook+" as it was applied", text, pl.Set.catalog)
}

// look reads everything that the playbook asks for.
func (pl *Planner) look(ctx context.Context, j parry.Job) (*scene, error) {
	p, err := pl.playbook(ctx, j)
	if err != nil {
		return nil, err
	}
	if j.Target.Type != p.Target {
		return nil, parry.Errorf(parry.Invalid, "%s works on %s, not on %s", p.Name, p.Target, j.Target)
	}
	params, err := p.Accept(j.Params)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "playbook %s: %w", p.Name, err)
	}
	if j.Params = params; j.Target.Partition == "" {
		j.Target.Partition = "aws"
	}
	obs, err := pl.Observe(ctx, p.Name, j.Target, p.Ops())
	if err != nil {
		return nil, err
	}
	s := &scene{p: p, job: j, vars: map[string]any{"target": asJSON(j.Target), "finding": asJSON(j.Finding), "params": params,
		// To the second, as policies have it.
		moment: j.At.UTC().Truncate(time.Second).Format(time.RFC3339)}}
	for _, t := range p.texts {
		s.vars[t.Name] = t.Text
	}
	for _, v := range p.values {
		if err := s.value(ctx, obs, v); err != nil {
			return nil, err
		}
		if s.gone != "" {
			break // what follows would ask about something that is not there
		}
	}
	return s, nil
}

// Accept checks parameters and fills in the defaults.
func (p *Playbook) Accept(given map[string]any) (map[string]any, error) {
	all := map[string]any{}
	var names []string
	for _, pm := range p.Params {
		names = append(names, pm.Name)
		all[pm.Name] = pm.Default
		if v, ok := given[pm.Name]; ok {
			got, err := pm.Accept(v)
			if err != nil {
				return nil, err
			}
			all[pm.Name] = got
		}
	}
	for name := range given {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no parameter %q (there is %s)", name, strings.Join(names, ", "))
		}
	}
	return all, nil
}

func asJSON(v any) map[string]any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // targets and findings are JSON
	}
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return m
}

// value makes one read, or evaluates one let.
func (s *scene) value(ctx context.Context, obs parry.Observer, v *value) error {
	if v.let != nil {
		got, err := v.let.Eval(s.vars)
		s.vars[v.name] = got
		return err
	}
	if v.each == nil {
		got, err := s.read(ctx, obs, v, v.name, s.vars)
		s.vars[v.name] = got
		return err
	}
	items, err := list(v.each.in, s.vars)
	if err != nil {
		return err
	}
	all := []any{}
	for i, item := range items {
		got, err := s.read(ctx, obs, v, fmt.Sprintf("%s[%d]", v.name, i), s.bind(v.each, item))
		if err != nil {
			return err
		}
		all = append(all, got)
	}
	s.vars[v.name] = all
	return nil
}

// bind is the scene with a loop's element in it.
func (s *scene) bind(l *loop, item any) map[string]any {
	if l == nil {
		return s.vars
	}
	vars := maps.Clone(s.vars)
	vars[l.as] = item
	return vars
}

func list(x *expr.Expr, vars map[string]any) ([]any, error) {
	v, err := x.Eval(vars)
	if err != nil || v == nil {
		return nil, err
	}
	l, ok := v.([]any)
	if !ok {
		return nil, parry.Errorf(parry.Invalid, "%s is %T, not a list", x.Text, v)
	}
	return l, nil
}

// read asks AWS one question. What is absent, or not asked, is nil.
func (s *scene) read(ctx context.Context, obs parry.Observer, v *value, name string, vars map[string]any) (any, error) {
	if v.when != nil {
		if ask, err := v.when.Bool(vars); err != nil || !ask {
			return nil, err
		}
	}
	call, err := s.call(v.op, v.with, v.region, nil, vars, nil)
	if err != nil {
		return nil, err
	}
	reply, err := obs.Read(ctx, call)
	var said interface{ ErrorCode() string }
	if errors.As(err, &said) && slices.Contains(v.absent, said.ErrorCode()) {
		s.reads = append(s.reads, parry.Read{Name: name, Call: call, Absent: said.ErrorCode()})
		return nil, nil
	}
	if said != nil && slices.Contains(v.gone, said.ErrorCode()) {
		s.reads = append(s.reads, parry.Read{Name: name, Call: call, Absent: said.ErrorCode()})
		s.gone = fmt.Sprintf("%s does not exist (any more): AWS says %s", s.job.Target, said.ErrorCode())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.reads = append(s.reads, parry.Read{Name: name, Call: call})
	if v.pick == nil {
		return reply.Output, nil
	}
	with := maps.Clone(vars)
	with["output"] = reply.Output
	return v.pick.Eval(with)
}

// call makes a call's data: always for the target's account, and for its Region unless the playbook names another.
func (s *scene) call(op *parry.Operation, with, region *expr.Template, needs map[string]*expr.Template, vars map[string]any, open func(*expr.Expr) (any, bool)) (parry.Call, error) {
	c := parry.Call{Account: s.job.Target.Account, Region: s.job.Target.Region, Op: op.Name, Input: map[string]any{}}
	if with != nil {
		in, err := with.Fill(vars, open)
		if err != nil {
			return c, err
		}
		c.Input = in.(map[string]any)
	}
	if region != nil {
		r, err := region.Fill(vars, nil)
		if err != nil {
			return c, err
		}
		c.Region = fmt.Sprint(r)
	}
	for action, t := range needs {
		arns, err := t.Fill(vars, nil)
		if err != nil {
			return c, err
		}
		for _, a := range arns.([]any) {
			if c.Needs == nil {
				c.Needs = map[string][]string{}
			}
			c.Needs[action] = append(c.Needs[action], fmt.Sprint(a))
		}
	}
	return c, nil
}

// plan compares the scene with what the playbook wants.
func (s *scene) plan() (parry.Plan, error) {
	p := s.p
	plan := parry.Plan{Playbook: p.Name, Source: p.Digest, Summary: p.Summary, Risk: p.Risk, Breaks: p.Breaks, Target: s.job.Target, Params: s.job.Params, Reads: s.reads, Changes: []parry.Change{}}
	if plan.Gone = s.gone; plan.Gone != "" {
		plan.Seal()
		return plan, nil
	}
	gone, err := s.first(p.gone)
	if err != nil {
		return plan, err
	}
	if plan.Gone = strings.Join(gone, "; "); plan.Gone != "" {
		plan.Seal()
		return plan, nil
	}
	if plan.Refusals, err = s.first(p.refuse); err != nil {
		return plan, err
	}
	m := &making{scene: s, found: map[string]any{}, pending: map[string]any{}}
	for _, c := range p.flat() {
		m.pending[c.id] = false
	}
	// What the playbook refuses is shown as far as it can be made out, and never applied.
	for _, c := range p.changes {
		if err = m.change(c, s.vars, "", nil); err != nil {
			break
		}
	}
	if err != nil && len(plan.Refusals) == 0 {
		return plan, err
	}
	plan.Changes = append(plan.Changes, m.changes...)
	for _, c := range plan.Changes {
		op := p.catalog[c.Call.Op]
		plan.Permissions = append(plan.Permissions, op.PermissionsOf(c.Call, s.job.Target.Partition)...)
	}
	plan.Permissions = slices.CompactFunc(plan.Permissions, func(a, b parry.Permission) bool { return reflect.DeepEqual(a, b) })
	plan.Seal()
	return plan, nil
}

// first gives the reasons of the guards that hold.
func (s *scene) first(guards []guard) ([]string, error) {
	var all []string
	for _, g := range guards {
		holds, err := g.when.Bool(s.vars)
		if err != nil {
			return nil, err
		}
		if !holds {
			continue
		}
		why, err := g.why.Fill(s.vars, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, strings.TrimSpace(fmt.Sprint(why)))
	}
	return all, nil
}

// making is a plan in the making.
type making struct {
	*scene
	changes []parry.Change
	found   map[string]any // by change name: what is there already
	pending map[string]any // by id: whether the plan makes it
}

func (m *making) change(c *change, vars map[string]any, key string, item any) error {
	if c.steps == nil {
		return m.one(c, vars, key, item)
	}
	items, err := list(c.each.in, vars)
	if err != nil {
		return err
	}
	for _, it := range items {
		bound := m.bind(c.each, it)
		k, err := c.each.key.Eval(bound)
		if err != nil {
			return err
		}
		for _, step := range c.steps {
			if err := m.change(step, bound, fmt.Sprint(k), it); err != nil {
				return err
			}
		}
	}
	return nil
}

// name is a change's name in a plan: with the key of its loop.
func name(id, key string) string {
	if key == "" {
		return id
	}
	return id + "[" + key + "]"
}

// one adds one change where it is missing.
func (m *making) one(c *change, vars map[string]any, key string, item any) error {
	vars = maps.Clone(vars)
	vars["pending"] = m.pending
	full := name(c.id, key)
	out := parry.Change{
		Name: full, Item: item, Irreversible: c.irreversible, Kept: c.kept, Volatile: c.volatile, UndoVolatile: c.undoVolatile, Races: c.races, Wait: c.wait,
		RestoredBy: m.sibling(c, c.restoredBy, key), Until: m.sibling(c, c.until, key),
	}
	if c.find != nil {
		found, err := c.find.Eval(vars)
		if err != nil {
			return err
		}
		if found != nil {
			m.found[full] = found
			return nil
		}
	}
	open := m.opener(c, key)
	if err := m.fillStates(c, &out, vars, open); err != nil {
		return err
	}
	if missing, err := m.missing(c, out, vars); err != nil || !missing {
		return err
	}
	m.pending[c.id] = true
	var err error
	if out.Call, err = m.call(c.op, c.with, c.region, c.needs, vars, open); err != nil {
		return err
	}
	if c.why != nil {
		why, err := c.why.Fill(vars, nil)
		if err != nil {
			return err
		}
		out.Why = strings.TrimSpace(fmt.Sprint(why))
	}
	if out.Undo, err = m.undo(c, vars, open); err != nil {
		return err
	}
	m.changes = append(m.changes, out)
	return nil
}

func (m *making) fillStates(c *change, out *parry.Change, vars map[string]any, open func(*expr.Expr) (any, bool)) (err error) {
	if c.state != nil {
		if out.State, err = c.state.Eval(vars); err != nil {
			return err
		}
	}
	if c.after != nil {
		out.After, err = c.after.Fill(vars, open)
	}
	return err
}

// missing tells whether the change must be made: its condition holds, and the state is not the wanted one already.
func (m *making) missing(c *change, out parry.Change, vars map[string]any) (bool, error) {
	if c.when != nil {
		if want, err := c.when.Bool(vars); err != nil || !want {
			return false, err
		}
	}
	if c.state != nil && c.after != nil && c.until == "" {
		return !same(out.State, out.After), nil
	}
	return true, nil
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// sibling is the full name of the change that another names: of the same turn, where both stand in a loop.
func (m *making) sibling(c *change, id, key string) string {
	if id == "" {
		return ""
	}
	if o := m.p.find(id); o != nil && o.loops && c.loops {
		return name(id, key)
	}
	return id
}

// opener answers for what only an earlier change gives: with what was found in its place, or with a mark to be filled in at apply.
func (m *making) opener(c *change, key string) func(*expr.Expr) (any, bool) {
	return func(x *expr.Expr) (any, bool) {
		id, path, ok := x.Path()
		o := m.p.find(id)
		if !ok || o == nil {
			return nil, false
		}
		full := id
		if o.loops && c.loops {
			full = name(id, key)
		}
		if found, ok := m.found[full]; ok {
			return step(found, path), true
		}
		return parry.After(full, path), true
	}
}

// step is the value at a dotted path in what was found.
func step(v any, path string) any {
	for s := range strings.SplitSeq(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[s]
		default:
			return nil
		}
	}
	return v
}

func (m *making) undo(c *change, vars map[string]any, open func(*expr.Expr) (any, bool)) ([]parry.Call, error) {
	var all []parry.Call
	for _, u := range c.undo {
		if u.when != nil {
			if want, err := u.when.Bool(vars); err != nil {
				return nil, err
			} else if !want {
				continue
			}
		}
		call, err := m.call(u.op, u.with, u.region, u.needs, vars, open)
		if err != nil {
			return nil, err
		}
		all = append(all, call)
	}
	return all, nil
}

// States implements parry.Planner.
func (pl *Planner) States(ctx context.Context, j parry.Job, changes []parry.Change) (map[string]any, error) {
	s, err := pl.look(ctx, j)
	if err != nil {
		return nil, err
	}
	all := map[string]any{}
	if s.gone != "" {
		return all, nil
	}
	for _, c := range changes {
		def, vars := s.again(c)
		if def == nil {
			return nil, parry.Errorf(parry.Invalid, "playbook %s has no change %s", j.Playbook, c.Name)
		}
		all[c.Name] = nil
		if def.state == nil {
			continue
		}
		// A state that cannot be made out any more, as what it was read from is gone, is no state.
		if v, err := def.state.Eval(vars); err == nil {
			all[c.Name] = v
		}
	}
	return all, nil
}

// again finds a planned change's definition, and the scene with its loop's element as it was planned.
func (s *scene) again(c parry.Change) (*change, map[string]any) {
	id, _, _ := strings.Cut(c.Name, "[")
	vars := maps.Clone(s.vars)
	pending := map[string]any{}
	for _, o := range s.p.flat() {
		pending[o.id] = false
	}
	vars["pending"] = pending
	for _, o := range s.p.changes {
		if o.id == id {
			return o, vars
		}
		for _, st := range o.steps {
			if st.id == id {
				vars[o.each.as] = c.Item
				return st, vars
			}
		}
	}
	return nil, nil
}

// Undo implements parry.Planner.
func (pl *Planner) Undo(ctx context.Context, j parry.Job, changes []parry.Change) (map[string][]parry.Call, error) {
	s, err := pl.look(ctx, j)
	if err != nil {
		return nil, err
	}
	all := map[string][]parry.Call{}
	for _, c := range changes {
		def, vars := s.again(c)
		if def == nil {
			return nil, parry.Errorf(parry.Invalid, "playbook %s has no change %s", j.Playbook, c.Name)
		}
		m := &making{scene: s, found: map[string]any{}}
		_, key, _ := strings.Cut(strings.TrimSuffix(c.Name, "]"), "[")
		if all[c.Name], err = m.undo(def, vars, m.opener(def, key)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Settled implements parry.Planner.
func (pl *Planner) Settled(ctx context.Context, j parry.Job, c parry.Change) (done bool, failed string, err error) {
	s, err := pl.look(ctx, j)
	if err != nil {
		return false, "", err
	}
	def, vars := s.again(c)
	if def == nil || def.settled == nil {
		return true, "", nil
	}
	if done, err = def.settled.Bool(vars); err != nil || done || def.failed == nil {
		return done, "", err
	}
	why, err := def.failed.Fill(vars, nil)
	if err != nil || why == nil {
		return false, "", err
	}
	return false, strings.TrimSpace(fmt.Sprint(why)), nil
}

// Found implements parry.Planner.
func (pl *Planner) Found(ctx context.Context, j parry.Job, c parry.Change) (map[string]any, error) {
	s, err := pl.look(ctx, j)
	if err != nil {
		return nil, err
	}
	def, vars := s.again(c)
	if def == nil || def.find == nil {
		return nil, nil
	}
	v, err := def.find.Eval(vars)
	if err != nil {
		return nil, err
	}
	found, _ := v.(map[string]any)
	return found, nil
}
