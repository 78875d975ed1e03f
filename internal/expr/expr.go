// Package expr is CEL as Parry uses it: expressions over JSON, checked against Go's types when they are read, with
// errors that name file, line and column; and templates, JSON with ${expressions} in it.
//
// Expressions are pure: there is no clock, no randomness, no input but the variables they are given.
package expr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"

	"parry/internal/strictyaml"
)

// costLimit bounds what one evaluation may do, so that no expression and no event can hold a worker up.
const costLimit = 5_000_000

// Env is what expressions can see: variables, their types, and the functions.
type Env struct {
	Types *Types
	cel   *cel.Env
	vars  map[string]*types.Type
	used  *sync.Map // what Uses found, by text: a playbook asks for the same texts again and again
}

// NewEnv makes an environment with variables of the given types.
func NewEnv(t *Types, vars map[string]*types.Type) (*Env, error) {
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(t), cel.CustomTypeAdapter(t.Registry),
		ext.Strings(), ext.Lists(), ext.Sets(), ext.Math(),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals()),
	}
	opts = append(opts, functions()...)
	opts = append(opts, policyFunctions(t)...)
	opts = append(opts, blockFunctions()...)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		opts = append(opts, cel.Variable(name, vars[name]))
	}
	e, err := cel.NewCustomEnv(append([]cel.EnvOption{cel.StdLib(), cel.EagerlyValidateDeclarations(true)}, opts...)...)
	if err != nil {
		return nil, err
	}
	return &Env{Types: t, cel: e, vars: vars, used: &sync.Map{}}, nil
}

// With is the environment with more variables. A name that is taken already is an error of the caller's to find.
func (e *Env) With(vars map[string]*types.Type) (*Env, error) {
	all := maps.Clone(e.vars)
	maps.Copy(all, vars)
	var opts []cel.EnvOption
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		opts = append(opts, cel.Variable(name, vars[name]))
	}
	c, err := e.cel.Extend(opts...)
	if err != nil {
		return nil, err
	}
	return &Env{Types: e.Types, cel: c, vars: all, used: e.used}, nil
}

// Has tells whether a variable is declared.
func (e *Env) Has(name string) bool { _, ok := e.vars[name]; return ok }

// Expr is one compiled expression.
type Expr struct {
	Text string
	Type *types.Type
	Uses []string // the variables it reads
	vars map[string]*types.Type
	prog cel.Program
	node *strictyaml.Node
	root ast.Expr
}

// Compile reads an expression that stands in a node. An error names its place and what was meant.
func (e *Env) Compile(node *strictyaml.Node, text string) (*Expr, error) {
	a, iss := e.cel.Compile(text)
	if err := e.place(node, text, iss); err != nil {
		return nil, err
	}
	prog, err := e.cel.Program(a, cel.CostLimit(costLimit))
	if err != nil {
		return nil, node.Errorf("%v", err)
	}
	return &Expr{Text: text, Type: a.OutputType(), Uses: uses(a.NativeRep()), vars: e.vars, prog: prog, node: node, root: a.NativeRep().Expr()}, nil
}

// Uses are the variables that a text reads, found without knowing their types. A text that cannot be parsed reads none.
func (e *Env) Uses(text string) []string {
	if known, ok := e.used.Load(text); ok {
		return slices.Clone(known.([]string))
	}
	a, iss := e.cel.Parse(text)
	if iss.Err() != nil {
		return nil
	}
	used := slices.DeleteFunc(uses(a.NativeRep()), func(name string) bool { return !e.variable(a.NativeRep(), name) })
	e.used.Store(text, slices.Clone(used))
	return used
}

func uses(a *ast.AST) []string {
	set := map[string]bool{}
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() == ast.IdentKind {
			set[x.AsIdent()] = true
		}
	}))
	return slices.Sorted(maps.Keys(set))
}

// variable tells whether a name stands anywhere as more than the first part of a function's name: before it is checked,
// policy.withoutPublic(x) looks like a method of a variable.
func (e *Env) variable(a *ast.AST, name string) bool {
	idents, prefixes := 0, 0
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		switch {
		case x.Kind() == ast.IdentKind && x.AsIdent() == name:
			idents++
		case x.Kind() == ast.CallKind && x.AsCall().IsMemberFunction():
			c := x.AsCall()
			if t := c.Target(); t.Kind() == ast.IdentKind && t.AsIdent() == name && e.cel.HasFunction(name+"."+c.FunctionName()) {
				prefixes++
			}
		}
	}))
	return idents > prefixes
}

var undefined = regexp.MustCompile(`undefined field '([^']+)'`)
var undeclared = regexp.MustCompile(`undeclared reference to '([^']+)'`)

// place turns CEL's first issue into an error at its place in the file.
func (e *Env) place(node *strictyaml.Node, text string, iss *cel.Issues) error {
	if iss.Err() == nil {
		return nil
	}
	first := iss.Errors()[0]
	msg := first.Message
	if m := undefined.FindStringSubmatch(msg); m != nil {
		msg = fmt.Sprintf("there is no field %q here%s", m[1], strictyaml.DidYouMean(m[1], e.fieldsNear(m[1])))
	} else if m := undeclared.FindStringSubmatch(msg); m != nil {
		msg = fmt.Sprintf("there is no %q here%s", m[1], strictyaml.DidYouMean(m[1], slices.Sorted(maps.Keys(e.vars))))
	}
	return node.Within(text, first.Location.Line(), first.Location.Column()).Errorf("%s", msg)
}

// fieldsNear are the fields of all known types, to suggest one from.
func (e *Env) fieldsNear(string) []string {
	set := map[string]bool{}
	for _, g := range e.Types.structs {
		for _, f := range FieldNames(g) {
			set[f] = true
		}
	}
	for _, r := range e.Types.records {
		for f := range r {
			set[f] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// Eval gives the expression's value as JSON.
func (x *Expr) Eval(vars map[string]any) (any, error) {
	bound := make(map[string]any, len(x.Uses))
	for _, name := range x.Uses {
		if v, ok := vars[name]; ok {
			bound[name] = typed(v, x.vars[name])
		}
	}
	v, _, err := x.prog.Eval(bound)
	if err != nil {
		return nil, x.node.Within(x.Text, 1, 0).Errorf("%s: %v", x.Text, err)
	}
	return toJSON(v)
}

// Bool gives the value of a condition.
func (x *Expr) Bool(vars map[string]any) (bool, error) {
	v, err := x.Eval(vars)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, x.node.Errorf("%s is %T, not true or false", x.Text, v)
	}
	return b, nil
}

// Path is the expression as a chain of fields and constant indexes from a variable, "isolation.GroupId" or
// "rules.SecurityGroupRules.0.Id"; ok is false for anything more.
func (x *Expr) Path() (variable, path string, ok bool) {
	var steps []string
	for n := x.root; ; {
		switch n.Kind() {
		case ast.IdentKind:
			slices.Reverse(steps)
			return n.AsIdent(), strings.Join(steps, "."), true
		case ast.SelectKind:
			if n.AsSelect().IsTestOnly() {
				return "", "", false
			}
			steps = append(steps, n.AsSelect().FieldName())
			n = n.AsSelect().Operand()
		case ast.CallKind:
			c := n.AsCall()
			if c.FunctionName() != "_[_]" || c.Args()[1].Kind() != ast.LiteralKind {
				return "", "", false
			}
			steps = append(steps, fmt.Sprint(c.Args()[1].AsLiteral().Value()))
			n = c.Args()[0]
		default:
			return "", "", false
		}
	}
}

// toJSON unwraps a CEL value.
func toJSON(v ref.Val) (any, error) {
	switch v := v.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.String:
		return string(v), nil
	case types.Int:
		return float64(v), nil
	case types.Uint:
		return float64(v), nil
	case types.Double:
		return float64(v), nil
	case types.Bytes:
		return []byte(v), nil
	case types.Timestamp:
		return v.Time.UTC().Format(time.RFC3339Nano), nil
	case types.Duration:
		return v.Duration.String(), nil
	case traits.Mapper:
		m := map[string]any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			k := it.Next()
			e, err := toJSON(v.Get(k))
			if err != nil {
				return nil, err
			}
			m[fmt.Sprint(k.Value())] = e
		}
		return m, nil
	case traits.Lister:
		l := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			e, err := toJSON(it.Next())
			if err != nil {
				return nil, err
			}
			l = append(l, e)
		}
		return l, nil
	case *types.Err:
		return nil, v
	default:
		return nil, fmt.Errorf("a value of type %s cannot be written as JSON", v.Type())
	}
}

// functions are Parry's own, pure ones.
func functions() []cel.EnvOption {
	str, dyn := cel.StringType, cel.DynType
	one := func(name string, in, out *cel.Type, f func(ref.Val) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_1", []*cel.Type{in}, out, cel.UnaryBinding(f)))
	}
	return []cel.EnvOption{
		// json(v) writes a value as JSON with its keys in order: for policy documents.
		one("json", dyn, str, func(v ref.Val) ref.Val {
			j, err := toJSON(v)
			if err != nil {
				return types.WrapErr(err)
			}
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(j); err != nil {
				return types.WrapErr(err)
			}
			return types.String(strings.TrimSpace(b.String()))
		}),
		// fromjson(s) reads JSON, such as a policy document, to look into it.
		one("fromjson", str, dyn, func(v ref.Val) ref.Val {
			var out any
			if err := json.Unmarshal([]byte(v.(types.String)), &out); err != nil {
				return types.WrapErr(fmt.Errorf("fromjson: %w", err))
			}
			return types.DefaultTypeAdapter.NativeToValue(out)
		}),
		// urldecode(s) reads IAM's policy documents, which come URL-encoded.
		one("urldecode", str, str, func(v ref.Val) ref.Val {
			s, err := url.QueryUnescape(string(v.(types.String)))
			if err != nil {
				return types.WrapErr(err)
			}
			return types.String(s)
		}),
		// ifSet(v) is v, or null where v is empty: an input field given null is left out.
		one("ifSet", dyn, dyn, func(v ref.Val) ref.Val {
			if z, ok := v.(traits.Zeroer); ok && z.IsZeroValue() {
				return types.NullValue
			}
			return v
		}),
		// tagValue(s) makes any text fit for a tag: AWS allows 256 letters, digits, spaces and + - = . _ : / @.
		one("tagValue", str, str, func(v ref.Val) ref.Val {
			return types.String(tagValue(string(v.(types.String))))
		}),
		// token(list) is an idempotency token, the same for the same parts.
		one("token", cel.ListType(str), str, func(v ref.Val) ref.Val {
			j, err := toJSON(v)
			if err != nil {
				return types.WrapErr(err)
			}
			b, err := json.Marshal(j)
			if err != nil {
				return types.WrapErr(err)
			}
			sum := sha256.Sum256(b)
			h := hex.EncodeToString(sum[:16])
			return types.String(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
		}),
		// millis(n) is the time of OCSF's epoch milliseconds.
		one("millis", cel.IntType, cel.TimestampType, func(v ref.Val) ref.Val {
			return types.Timestamp{Time: time.UnixMilli(int64(v.(types.Int))).UTC()}
		}),
	}
}

func tagValue(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == 256 {
			break
		}
		n++
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" +-=._:/@", r) {
			b.WriteRune(r)
			continue
		}
		b.WriteRune('_')
	}
	return b.String()
}
