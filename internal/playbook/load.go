package playbook

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"

	"parry"
	"parry/internal/expr"
	"parry/internal/strictyaml"
)

// The fields that a playbook file may have, in the order in which they read best.
var (
	fileFields   = []string{"name", "summary", "target", "risk", "risk_reason", "breaks", "attack", "controls", "guardduty", "procedure", "params", "text", "read", "let", "gone", "refuse", "change"}
	paramFields  = []string{"type", "default", "doc", "one_of"}
	readFields   = []string{"call", "with", "region", "when", "for", "pick", "absent", "gone"}
	changeFields = []string{"id", "why", "when", "find", "call", "with", "region", "needs", "state", "after", "undo", "irreversible", "kept", "restored_by", "until", "wait", "volatile", "races"}
	loopFields   = []string{"for", "key", "steps"}
	undoFields   = []string{"when", "call", "with", "region", "needs", "volatile"}
	waitFields   = []string{"until", "failed", "within"}
	guardFields  = []string{"when", "why"}
)

// Load reads and checks one playbook.
func Load(file string, text []byte, catalog parry.Catalog) (*Playbook, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if err := root.Only("a playbook", fileFields...); err != nil {
		return nil, err
	}
	p := &Playbook{Digest: digest(text), Text: text, catalog: catalog}
	l := &loader{p: p, root: root, outputs: map[string]*types.Type{}}
	for _, part := range []func() error{l.head, l.params, l.texts, l.values, l.guards, l.changes, l.restores} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

type loader struct {
	p       *Playbook
	root    *strictyaml.Node
	outputs map[string]*types.Type // of the changes so far, by id
	order   []string               // their ids
}

var kebab = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
var ident = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)

// head reads what a playbook says of itself.
func (l *loader) head() (err error) {
	p, r := l.p, l.root
	text := func(key string, must bool) string {
		s, e := r.Text(key)
		if err == nil && e != nil {
			err = e
		}
		if err == nil && must && strings.TrimSpace(s) == "" {
			err = r.Errorf("a playbook needs %q", key)
		}
		return strings.TrimSpace(s)
	}
	list := func(key string) []string {
		s, e := r.Texts(key)
		if err == nil && e != nil {
			err = e
		}
		return s
	}
	p.Name, p.Summary, p.Target = text("name", true), text("summary", true), text("target", true)
	p.Risk, p.RiskReason, p.Breaks = parry.Risk(text("risk", true)), text("risk_reason", true), text("breaks", true)
	p.Attack, p.Controls, p.GuardDuty, p.Procedure = list("attack"), list("controls"), list("guardduty"), list("procedure")
	if err != nil {
		return err
	}
	if !kebab.MatchString(p.Name) {
		return r.Get("name").Errorf("a name is lower-case words with hyphens between: %q is not", p.Name)
	}
	if risks := []string{"low", "medium", "high"}; !slices.Contains(risks, string(p.Risk)) {
		return r.Get("risk").Errorf("risk is low, medium or high, not %q%s", p.Risk, strictyaml.DidYouMean(string(p.Risk), risks))
	}
	if !strings.HasPrefix(p.Target, "AWS::") && !parry.IsObservable(p.Target) {
		return r.Get("target").Errorf("target is CloudFormation's name of a resource type, such as AWS::IAM::AccessKey, or %s or %s, not %q", parry.TypeAddress, parry.TypeHostname, p.Target)
	}
	return nil
}

var paramTypes = map[string]*types.Type{
	"string": types.StringType, "int": types.IntType, "bool": types.BoolType,
	"list(string)": types.NewListType(types.StringType), "list(int)": types.NewListType(types.IntType),
}

// params reads the parameters and makes the first environment.
func (l *loader) params() error {
	t, err := expr.NewTypes()
	if err != nil {
		return err
	}
	fields := map[string]*types.Type{}
	if n := l.root.Get("params"); n != nil {
		for _, f := range n.Fields {
			pm, err := readParam(f)
			if err != nil {
				return err
			}
			fields[pm.Name] = paramTypes[pm.Type]
			l.p.Params = append(l.p.Params, pm)
		}
	}
	l.p.env, err = expr.NewEnv(t, map[string]*types.Type{
		"target": t.Of(targetType), "finding": t.Of(findingType), "params": t.Record("params", fields), moment: types.TimestampType,
	})
	return err
}

func readParam(f strictyaml.Field) (Param, error) {
	pm := Param{Name: f.Key}
	if err := f.Node.Only("a parameter", paramFields...); err != nil {
		return pm, err
	}
	if !ident.MatchString(f.Key) {
		return pm, f.Place.Errorf("a parameter's name is a word of letters, digits and _: %q is not", f.Key)
	}
	var err error
	if pm.Type, err = f.Node.Text("type"); err != nil {
		return pm, err
	}
	known := slices.Sorted(maps.Keys(paramTypes))
	if paramTypes[pm.Type] == nil {
		return pm, f.Node.Errorf("type of parameter %s is one of %s, not %q%s", f.Key, strings.Join(known, ", "), pm.Type, strictyaml.DidYouMean(pm.Type, known))
	}
	if pm.Doc, err = f.Node.Text("doc"); err != nil {
		return pm, err
	}
	if pm.OneOf, err = f.Node.Texts("one_of"); err != nil {
		return pm, err
	}
	d := f.Node.Get("default")
	if d == nil {
		return pm, f.Node.Errorf("parameter %s needs a default: a playbook works without being told anything", f.Key)
	}
	if pm.Default, err = pm.Accept(d.Any()); err != nil {
		return pm, d.Errorf("default of %v", err)
	}
	return pm, nil
}

// Accept checks a value given for the parameter, and gives it as JSON.
func (pm Param) Accept(v any) (any, error) {
	wrong := fmt.Errorf("parameter %s is a %s, not %v", pm.Name, pm.Type, v)
	item := func(typ string, v any) (any, bool) {
		switch n := v.(type) {
		case string:
			return n, typ == "string"
		case bool:
			return n, typ == "bool"
		case int:
			return float64(n), typ == "int"
		case int64:
			return float64(n), typ == "int"
		case float64:
			return n, typ == "int" && n == float64(int64(n))
		}
		return nil, false
	}
	if of, isList := strings.CutPrefix(pm.Type, "list("); isList {
		list, ok := v.([]any)
		if !ok {
			return nil, wrong
		}
		out := []any{}
		for _, x := range list {
			got, ok := item(strings.TrimSuffix(of, ")"), x)
			if !ok {
				return nil, wrong
			}
			out = append(out, got)
		}
		return out, nil
	}
	got, ok := item(pm.Type, v)
	if !ok {
		return nil, wrong
	}
	if s, isText := got.(string); isText && len(pm.OneOf) > 0 && !slices.Contains(pm.OneOf, s) {
		return nil, fmt.Errorf("parameter %s is one of %s, not %q%s", pm.Name, strings.Join(pm.OneOf, ", "), s, strictyaml.DidYouMean(s, pm.OneOf))
	}
	return got, nil
}

// texts reads "text": what is passed on word for word, such as a script. Nothing in it is an expression.
func (l *loader) texts() error {
	n := l.root.Get("text")
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if !ident.MatchString(f.Key) || l.p.env.Has(f.Key) {
			return f.Place.Errorf("a name in \"text\" is a word of letters, digits and _ that is not taken: %q is not", f.Key)
		}
		s, ok := f.Node.Value.(string)
		if !ok || f.Node.IsMap() || f.Node.IsList() {
			return f.Place.Errorf("%s is not a text", f.Key)
		}
		l.p.texts = append(l.p.texts, Text{f.Key, s})
		if err := l.declare(f.Key, types.StringType); err != nil {
			return err
		}
	}
	return nil
}

// values reads "read" and "let" in the order that their use of each other asks for.
func (l *loader) values() error {
	nodes := map[string]strictyaml.Field{}
	isRead := map[string]bool{}
	var names []string
	for _, section := range []string{"read", "let"} {
		n := l.root.Get(section)
		if n == nil {
			continue
		}
		for _, f := range n.Fields {
			if !ident.MatchString(f.Key) {
				return f.Place.Errorf("a name in %q is a word of letters, digits and _: %q is not", section, f.Key)
			}
			if _, dup := nodes[f.Key]; dup || l.p.env.Has(f.Key) {
				return f.Place.Errorf("the name %q is taken already", f.Key)
			}
			nodes[f.Key], isRead[f.Key] = f, section == "read"
			names = append(names, f.Key)
		}
	}
	if l.root.Get("read") == nil {
		return l.root.Errorf("a playbook needs \"read\": what is compared with what it wants")
	}
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(name string) error
	visit = func(name string) error {
		f := nodes[name]
		switch state[name] {
		case done:
			return nil
		case visiting:
			return f.Place.Errorf("%q needs itself, by way of what it uses", name)
		}
		state[name] = visiting
		for _, used := range l.uses(f.Node) {
			if _, ok := nodes[used]; ok {
				if err := visit(used); err != nil {
					return err
				}
			}
		}
		state[name] = done
		if isRead[name] {
			return l.read(f)
		}
		return l.let(f)
	}
	for _, n := range names {
		if err := visit(n); err != nil {
			return err
		}
	}
	return nil
}

// uses are the variables that the expressions in a node read.
func (l *loader) uses(n *strictyaml.Node) []string {
	var all []string
	for _, f := range n.Fields {
		all = append(all, l.uses(f.Node)...)
		if s, ok := f.Node.Value.(string); ok && f.Key == "for" {
			if _, in, found := strings.Cut(s, " in "); found {
				all = append(all, l.p.env.Uses(in)...)
			}
		}
	}
	for _, i := range n.Items {
		all = append(all, l.uses(i)...)
	}
	if s, ok := n.Value.(string); ok {
		pieces, err := expr.Split(n, s)
		if err != nil {
			return all // compiling says it with its place
		}
		for _, p := range pieces {
			if p.IsExpr {
				all = append(all, l.p.env.Uses(p.Text)...)
			}
		}
	}
	return all
}

func (l *loader) let(f strictyaml.Field) error {
	x, err := single(l.p.env, f.Node, f.Key)
	if err != nil {
		return err
	}
	l.p.values = append(l.p.values, &value{name: f.Key, node: f.Node, let: x})
	return l.declare(f.Key, x.Type)
}

func (l *loader) declare(name string, t *types.Type) (err error) {
	l.p.env, err = l.p.env.With(map[string]*types.Type{name: t})
	return err
}

func (l *loader) read(f strictyaml.Field) (err error) {
	n := f.Node
	if err := n.Only("a read", readFields...); err != nil {
		return err
	}
	v := &value{name: f.Key, node: n}
	env := l.p.env
	if v.each, env, err = l.loop(n, env); err != nil {
		return err
	}
	if v.when, err = condition(env, n, "when"); err != nil {
		return err
	}
	if v.op, v.with, err = l.call(env, n); err != nil {
		return err
	}
	if v.op.Write {
		return n.Get("call").Errorf("%s writes: a read cannot", v.op.Name)
	}
	if v.region, err = l.region(env, n); err != nil {
		return err
	}
	if v.absent, err = n.Texts("absent"); err != nil {
		return err
	}
	if v.gone, err = n.Texts("gone"); err != nil {
		return err
	}
	t := env.Types.Of(v.op.Output)
	if pick := n.Get("pick"); pick != nil {
		with, err := env.With(map[string]*types.Type{"output": t})
		if err != nil {
			return err
		}
		if v.pick, err = single(with, pick, "pick"); err != nil {
			return err
		}
		t = v.pick.Type
	}
	if v.each != nil {
		t = types.NewListType(t)
	}
	l.p.values = append(l.p.values, v)
	return l.declare(f.Key, t)
}

// loop reads "for: x in list", and gives the environment in which x is known.
func (l *loader) loop(n *strictyaml.Node, env *expr.Env) (*loop, *expr.Env, error) {
	f := n.Get("for")
	if f == nil {
		return nil, env, nil
	}
	s, err := f.String("for")
	if err != nil {
		return nil, nil, err
	}
	as, list, ok := strings.Cut(s, " in ")
	if as = strings.TrimSpace(as); !ok || !ident.MatchString(as) {
		return nil, nil, f.Errorf("write it as \"for: item in list\", not %q", s)
	}
	if env.Has(as) {
		return nil, nil, f.Errorf("the name %q is taken already", as)
	}
	lp := &loop{as: as}
	if lp.in, err = env.Compile(f, strings.TrimSpace(list)); err != nil {
		return nil, nil, err
	}
	item := types.DynType
	switch lp.in.Type.Kind() {
	case types.ListKind:
		item = lp.in.Type.Parameters()[0]
	case types.DynKind:
	default:
		return nil, nil, f.Errorf("%s is %s, not a list", lp.in.Text, lp.in.Type)
	}
	inner, err := env.With(map[string]*types.Type{as: item})
	if err != nil {
		return nil, nil, err
	}
	if k := n.Get("key"); k != nil {
		if lp.key, err = single(inner, k, "key"); err != nil {
			return nil, nil, err
		}
	} else if item.Kind() == types.StringKind {
		if lp.key, err = inner.Compile(f, as); err != nil {
			return nil, nil, err
		}
	}
	return lp, inner, nil
}

// call reads "call" and "with", and checks the input against the SDK's type.
func (l *loader) call(env *expr.Env, n *strictyaml.Node) (*parry.Operation, *expr.Template, error) {
	c := n.Get("call")
	if c == nil {
		return nil, nil, n.Errorf("there is no \"call\" here")
	}
	name, err := c.String("call")
	if err != nil {
		return nil, nil, err
	}
	op, ok := l.p.catalog[name]
	if !ok {
		return nil, nil, c.Errorf("there is no operation %q in the table%s", name, strictyaml.DidYouMean(name, slices.Sorted(maps.Keys(l.p.catalog))))
	}
	w := n.Get("with")
	if w == nil {
		return &op, nil, nil
	}
	t, err := env.Template(w)
	if err != nil {
		return nil, nil, err
	}
	if err := env.Check(t, op.Input, "with"); err != nil {
		return nil, nil, err
	}
	return &op, t, noSecret(op, t)
}

// noSecret refuses an input that would hold a secret: the plan and its records are stored and shown.
func noSecret(op parry.Operation, t *expr.Template) error {
	for _, path := range op.Secret {
		if err := notAt(op, t, path, path); err != nil {
			return err
		}
	}
	return nil
}

// notAt follows a path into a template, through lists. What is computed as a whole cannot be looked into, and is refused, too.
func notAt(op parry.Operation, t *expr.Template, path, whole string) error {
	if len(t.Items) > 0 {
		for _, i := range t.Items {
			if err := notAt(op, i, path, whole); err != nil {
				return err
			}
		}
		return nil
	}
	if path != "" && len(t.Parts) == 0 {
		step, rest, _ := strings.Cut(path, ".")
		for _, f := range t.Fields {
			if f.Key == step {
				return notAt(op, f.T, rest, whole)
			}
		}
		return nil
	}
	return t.Node.Errorf("%s of %s is a secret, and a plan is stored and shown: a playbook cannot hold it", whole, op.Name)
}

func (l *loader) region(env *expr.Env, n *strictyaml.Node) (*expr.Template, error) {
	r := n.Get("region")
	if r == nil {
		return nil, nil
	}
	return env.Template(r)
}

// guards reads "gone" and "refuse".
func (l *loader) guards() (err error) {
	if l.p.gone, err = l.guard("gone"); err != nil {
		return err
	}
	l.p.refuse, err = l.guard("refuse")
	return err
}

func (l *loader) guard(section string) ([]guard, error) {
	n := l.root.Get(section)
	if n == nil {
		return nil, nil
	}
	if !n.IsList() {
		return nil, n.Errorf("%q is a list of conditions, each with \"when\" and \"why\"", section)
	}
	var all []guard
	for _, i := range n.Items {
		if err := i.Only("an item of "+section, guardFields...); err != nil {
			return nil, err
		}
		when, err := condition(l.p.env, i, "when")
		if err != nil {
			return nil, err
		}
		why := i.Get("why")
		if when == nil || why == nil {
			return nil, i.Errorf("an item of %q needs \"when\" and \"why\"", section)
		}
		t, err := l.p.env.Template(why)
		if err != nil {
			return nil, err
		}
		all = append(all, guard{when, t})
	}
	return all, nil
}

// changes reads what may be missing.
func (l *loader) changes() error {
	n := l.root.Get("change")
	if n == nil || !n.IsList() || len(n.Items) == 0 {
		return l.root.Errorf("a playbook needs \"change\": a list of the calls that may be missing")
	}
	for _, i := range n.Items {
		if i.Get("steps") == nil {
			c, err := l.change(i, l.p.env, false)
			if err != nil {
				return err
			}
			l.p.changes = append(l.p.changes, c)
			continue
		}
		if err := i.Only("a loop of changes", loopFields...); err != nil {
			return err
		}
		each, env, err := l.loop(i, l.p.env)
		if err != nil {
			return err
		}
		if each == nil {
			return i.Errorf("\"steps\" go with \"for: item in list\"")
		}
		if each.key == nil {
			return i.Errorf("a loop over objects needs \"key\": what to name each one by, such as ${%s.Id}", each.as)
		}
		group := &change{node: i, each: each, steps: []*change{}}
		for _, s := range i.Get("steps").Items {
			c, err := l.change(s, env, true)
			if err != nil {
				return err
			}
			group.steps = append(group.steps, c)
		}
		l.p.changes = append(l.p.changes, group)
	}
	return nil
}

// change reads one change. What earlier changes give is known to its input, undo and after, and only as it is.
func (l *loader) change(n *strictyaml.Node, env *expr.Env, inLoop bool) (*change, error) {
	if err := n.Only("a change", changeFields...); err != nil {
		return nil, err
	}
	c := &change{node: n, loops: inLoop}
	var err error
	if c.id, err = n.Text("id"); err != nil {
		return nil, err
	}
	if !ident.MatchString(c.id) {
		return nil, n.Errorf("a change needs an \"id\", a word of letters, digits and _, to be called by")
	}
	if env.Has(c.id) || l.outputs[c.id] != nil {
		return nil, n.Get("id").Errorf("the name %q is taken already", c.id)
	}
	pending, err := env.With(map[string]*types.Type{"pending": l.pendingType()})
	if err != nil {
		return nil, err
	}
	late, err := pending.With(l.outputs)
	if err != nil {
		return nil, err
	}
	if c.op, c.with, err = l.call(late, n); err != nil {
		return nil, err
	}
	if !c.op.Write {
		return nil, n.Get("call").Errorf("%s only reads: a change changes something", c.op.Name)
	}
	l.outputs[c.id] = env.Types.Of(c.op.Output)
	l.order = append(l.order, c.id)
	own, err := late.With(map[string]*types.Type{c.id: l.outputs[c.id]})
	if err != nil {
		return nil, err
	}
	if err := l.changeParts(c, n, pending, late, own); err != nil {
		return nil, err
	}
	for _, t := range append([]*expr.Template{c.with, c.after}, c.undoTemplates()...) {
		if err := l.onlyAsItIs(t); err != nil {
			return nil, err
		}
	}
	if err := l.timeless(c); err != nil {
		return nil, err
	}
	return c, l.complete(c)
}

func (l *loader) changeParts(c *change, n *strictyaml.Node, pending, late, own *expr.Env) (err error) {
	if c.when, err = condition(pending, n, "when"); err != nil {
		return err
	}
	if f := n.Get("find"); f != nil {
		if c.find, err = single(pending, f, "find"); err != nil {
			return err
		}
	}
	if s := n.Get("state"); s != nil {
		if c.state, err = single(pending, s, "state"); err != nil {
			return err
		}
	}
	if a := n.Get("after"); a != nil {
		if c.after, err = late.Template(a); err != nil {
			return err
		}
	}
	if w := n.Get("why"); w != nil {
		if c.why, err = pending.Template(w); err != nil {
			return err
		}
	}
	if c.region, err = l.region(pending, n); err != nil {
		return err
	}
	if c.needs, err = needs(late, n, c.op); err != nil {
		return err
	}
	if err := l.words(c, n); err != nil {
		return err
	}
	if err := l.wait(c, n, pending); err != nil {
		return err
	}
	return l.undos(c, n, own)
}

func (l *loader) words(c *change, n *strictyaml.Node) (err error) {
	for key, into := range map[string]*string{"irreversible": &c.irreversible, "kept": &c.kept, "restored_by": &c.restoredBy, "until": &c.until} {
		if *into, err = n.Text(key); err != nil {
			return err
		}
		*into = strings.TrimSpace(*into)
	}
	if c.volatile, err = n.Texts("volatile"); err != nil {
		return err
	}
	if c.races, err = n.Texts("races"); err != nil {
		return err
	}
	for _, v := range c.volatile {
		if _, ok := expr.Field(c.op.Input, v); !ok {
			return n.Get("volatile").Errorf("%s has no field %q", c.op.Name, v)
		}
	}
	return nil
}

func (l *loader) wait(c *change, n *strictyaml.Node, env *expr.Env) error {
	w := n.Get("wait")
	if w == nil {
		return nil
	}
	if err := w.Only("wait", waitFields...); err != nil {
		return err
	}
	var err error
	if c.settled, err = condition(env, w, "until"); err != nil {
		return err
	}
	if f := w.Get("failed"); f != nil {
		if c.failed, err = env.Template(f); err != nil {
			return err
		}
	}
	within, err := w.Text("within")
	if err != nil {
		return err
	}
	c.wait, err = time.ParseDuration(within)
	if c.settled == nil || err != nil || c.wait <= 0 {
		return w.Errorf("wait needs \"until\", a condition, and \"within\", a time such as 10m")
	}
	return nil
}

func (l *loader) undos(c *change, n *strictyaml.Node, env *expr.Env) error {
	u := n.Get("undo")
	if u == nil {
		return nil
	}
	items := u.Items
	if u.IsMap() {
		items = []*strictyaml.Node{u}
	}
	for _, i := range items {
		if err := i.Only("an undo", undoFields...); err != nil {
			return err
		}
		var one undo
		var err error
		if one.when, err = condition(env, i, "when"); err != nil {
			return err
		}
		if one.op, one.with, err = l.call(env, i); err != nil {
			return err
		}
		if !one.op.Write {
			return i.Get("call").Errorf("%s only reads: it undoes nothing", one.op.Name)
		}
		if one.region, err = l.region(env, i); err != nil {
			return err
		}
		if one.needs, err = needs(env, i, one.op); err != nil {
			return err
		}
		volatile, err := i.Texts("volatile")
		if err != nil {
			return err
		}
		for _, v := range volatile {
			if _, ok := expr.Field(one.op.Input, v); !ok {
				return i.Get("volatile").Errorf("%s has no field %q", one.op.Name, v)
			}
		}
		c.undoVolatile = append(c.undoVolatile, volatile...)
		c.undo = append(c.undo, one)
	}
	return nil
}

// needs reads the resources that AWS checks beyond the input, by IAM action.
func needs(env *expr.Env, n *strictyaml.Node, op *parry.Operation) (map[string]*expr.Template, error) {
	m := n.Get("needs")
	if m == nil {
		return nil, nil
	}
	all := map[string]*expr.Template{}
	for _, f := range m.Fields {
		var known []string
		for _, p := range op.Permissions {
			known = append(known, p.Action)
		}
		if !slices.Contains(known, f.Key) {
			return nil, f.Place.Errorf("%s does not need %s (it needs %s)", op.Name, f.Key, strings.Join(known, ", "))
		}
		t, err := env.Template(f.Node)
		if err != nil {
			return nil, err
		}
		if err := env.Check(t, reflect.TypeFor[[]string](), f.Key); err != nil {
			return nil, err
		}
		all[f.Key] = t
	}
	return all, nil
}

func (c *change) undoTemplates() []*expr.Template {
	var all []*expr.Template
	for _, u := range c.undo {
		all = append(all, u.with)
	}
	return all
}

// onlyAsItIs refuses to compute with what is known only after apply: it can be passed on, not looked into.
func (l *loader) onlyAsItIs(t *expr.Template) error {
	for _, x := range t.Exprs() {
		for _, used := range x.Uses {
			if l.outputs[used] == nil {
				continue
			}
			if variable, path, ok := x.Path(); !ok || path == "" || variable != used {
				return t.Node.Within(x.Text, 1, 0).Errorf("what %s gives is known only after apply: it can be passed on as ${%s.Field}, not computed with", used, used)
			}
		}
	}
	return nil
}

// complete refuses a change that would never be finished, or that nobody could take back without having been told.
func (l *loader) complete(c *change) error {
	n := c.node
	if c.when == nil && c.find == nil && (c.state == nil || c.after == nil) {
		return n.Errorf("change %s needs \"when\", or \"state\" and \"after\", or \"find\": without one it would be made for ever", c.id)
	}
	ways := 0
	for _, has := range []bool{len(c.undo) > 0 && c.until == "", c.irreversible != "", c.kept != "", c.restoredBy != ""} {
		if has {
			ways++
		}
	}
	if ways == 0 {
		return n.Errorf("change %s has no undo: give it one, or say why not: irreversible, kept, or restored_by another change", c.id)
	}
	if ways > 1 {
		return n.Errorf("change %s says more than one of undo, irreversible, kept, restored_by", c.id)
	}
	if c.until != "" && len(c.undo) == 0 {
		return n.Errorf("change %s must be followed by %s: it needs an undo for when that fails", c.id, c.until)
	}
	if len(c.undo) > 0 && c.state == nil {
		return n.Errorf("change %s has an undo and no \"state\": without it nobody can tell whether someone else changed it since", c.id)
	}
	return nil
}

// restores checks the changes that name another.
func (l *loader) restores() error {
	for _, c := range l.p.flat() {
		for field, other := range map[string]string{"restored_by": c.restoredBy, "until": c.until} {
			if other == "" {
				continue
			}
			o := l.p.find(other)
			if o == nil {
				return c.node.Get(field).Errorf("there is no change %q%s", other, strictyaml.DidYouMean(other, l.order))
			}
			if field == "restored_by" && len(o.undo) == 0 {
				return c.node.Get(field).Errorf("change %s has no undo that could restore this one", other)
			}
		}
	}
	return nil
}

// pendingType has a field for each earlier change: whether this plan makes it.
func (l *loader) pendingType() *types.Type {
	fields := map[string]*types.Type{}
	for _, id := range l.order {
		fields[id] = types.BoolType
	}
	return l.p.env.Types.Record("pending", fields)
}

// single reads a node that is one expression, with or without the braces.
func single(env *expr.Env, n *strictyaml.Node, what string) (*expr.Expr, error) {
	s, err := n.String(what)
	if err != nil {
		return nil, err
	}
	pieces, err := expr.Split(n, strings.TrimSpace(s))
	if err != nil {
		return nil, err
	}
	if len(pieces) != 1 || !pieces[0].IsExpr {
		return nil, n.Errorf("%s is one expression: ${...}", what)
	}
	return env.Compile(n, pieces[0].Text)
}

// condition reads a field that is true or false; nil where it is absent.
func condition(env *expr.Env, n *strictyaml.Node, key string) (*expr.Expr, error) {
	f := n.Get(key)
	if f == nil {
		return nil, nil
	}
	x, err := single(env, f, key)
	if err != nil {
		return nil, err
	}
	if k := x.Type.Kind(); k != types.BoolKind && k != types.DynKind {
		return nil, f.Errorf("%s is true or false, and %s is %s", key, x.Text, x.Type)
	}
	return x, nil
}
