package expr

import (
	"fmt"
	"reflect"
	"strings"

	"cel.dev/cel-go/common/types"

	"parry/internal/strictyaml"
)

// Template is JSON with expressions in it. A text that is one ${expression} takes the expression's value, of whatever type; an
// expression inside a longer text is written into it. $${ stands for a plain ${.
type Template struct {
	Node   *strictyaml.Node
	Fields []TemplateField // a mapping's, in order
	Items  []*Template     // a list's
	Value  any             // a scalar without expressions
	Parts  []Part          // a text with expressions
	kind   templateKind
}

// TemplateField is one key of a mapping in a template.
type TemplateField struct {
	Key string
	T   *Template
}

// Part is a piece of a text: plain, or an expression.
type Part struct {
	Plain string
	Expr  *Expr
}

type templateKind int

const (
	plainValue templateKind = iota
	textValue
	mapValue
	listValue
)

// Template compiles the expressions of a node.
func (e *Env) Template(n *strictyaml.Node) (*Template, error) {
	t := &Template{Node: n}
	switch {
	case n.IsMap():
		t.kind = mapValue
		for _, f := range n.Fields {
			sub, err := e.Template(f.Node)
			if err != nil {
				return nil, err
			}
			t.Fields = append(t.Fields, TemplateField{f.Key, sub})
		}
	case n.IsList():
		t.kind = listValue
		for _, i := range n.Items {
			sub, err := e.Template(i)
			if err != nil {
				return nil, err
			}
			t.Items = append(t.Items, sub)
		}
	default:
		t.Value = n.Value
		s, ok := n.Value.(string)
		if !ok || !strings.Contains(s, "${") {
			return t, nil
		}
		t.kind = textValue
		return t, e.parts(t, s)
	}
	return t, nil
}

// parts splits a text into what is plain and what is an expression.
func (e *Env) parts(t *Template, s string) error {
	texts, err := Split(t.Node, s)
	if err != nil {
		return err
	}
	for _, p := range texts {
		if !p.IsExpr {
			t.Parts = append(t.Parts, Part{Plain: p.Text})
			continue
		}
		x, err := e.Compile(t.Node, p.Text)
		if err != nil {
			return err
		}
		t.Parts = append(t.Parts, Part{Expr: x})
	}
	if len(t.Parts) == 1 && t.Parts[0].Expr == nil {
		t.kind, t.Value = plainValue, t.Parts[0].Plain
	}
	return nil
}

// Piece is a part of a text before it is compiled.
type Piece struct {
	Text   string
	IsExpr bool
}

// Split parts a text at its ${expressions}. Braces and quotes inside an expression are respected.
func Split(n *strictyaml.Node, s string) ([]Piece, error) {
	var all []Piece
	plain := ""
	for s != "" {
		switch {
		case strings.HasPrefix(s, "$${"):
			plain, s = plain+"${", s[3:]
		case strings.HasPrefix(s, "${"):
			end := closing(s[2:])
			if end < 0 {
				return nil, n.Within(s, 1, 0).Errorf("the expression %s has no closing brace", s)
			}
			if plain != "" {
				all, plain = append(all, Piece{Text: plain}), ""
			}
			all = append(all, Piece{Text: s[2 : 2+end], IsExpr: true})
			s = s[3+end:]
		default:
			plain, s = plain+s[:1], s[1:]
		}
	}
	if plain != "" {
		all = append(all, Piece{Text: plain})
	}
	return all, nil
}

// closing is where the brace closes that was opened before s.
func closing(s string) int {
	depth, quote := 1, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// Single is the expression of a text that is nothing else; nil otherwise.
func (t *Template) Single() *Expr {
	if t.kind == textValue && len(t.Parts) == 1 {
		return t.Parts[0].Expr
	}
	return nil
}

// IsMap tells whether the template is a mapping.
func (t *Template) IsMap() bool { return t.kind == mapValue }

// IsList tells whether the template is a list.
func (t *Template) IsList() bool { return t.kind == listValue }

// Exprs are all expressions of the template.
func (t *Template) Exprs() []*Expr {
	if t == nil {
		return nil
	}
	var all []*Expr
	for _, p := range t.Parts {
		if p.Expr != nil {
			all = append(all, p.Expr)
		}
	}
	for _, f := range t.Fields {
		all = append(all, f.T.Exprs()...)
	}
	for _, i := range t.Items {
		all = append(all, i.Exprs()...)
	}
	return all
}

// Fill gives the template's JSON. open may answer in an expression's place, for what is not known yet; it may be nil.
// A field whose value is null is left out.
func (t *Template) Fill(vars map[string]any, open func(*Expr) (any, bool)) (any, error) {
	switch t.kind {
	case mapValue:
		m := map[string]any{}
		for _, f := range t.Fields {
			v, err := f.T.Fill(vars, open)
			if err != nil {
				return nil, err
			}
			if v != nil {
				m[f.Key] = v
			}
		}
		return m, nil
	case listValue:
		l := []any{}
		for _, i := range t.Items {
			v, err := i.Fill(vars, open)
			if err != nil {
				return nil, err
			}
			if v != nil {
				l = append(l, v)
			}
		}
		return l, nil
	case textValue:
		if x := t.Single(); x != nil {
			return fillOne(x, vars, open)
		}
		var b strings.Builder
		for _, p := range t.Parts {
			if p.Expr == nil {
				b.WriteString(p.Plain)
				continue
			}
			v, err := p.Expr.Eval(vars)
			if err != nil {
				return nil, err
			}
			fmt.Fprint(&b, v)
		}
		return b.String(), nil
	default:
		switch v := t.Value.(type) {
		case int64:
			return float64(v), nil
		case uint64:
			return float64(v), nil
		}
		return t.Value, nil
	}
}

func fillOne(x *Expr, vars map[string]any, open func(*Expr) (any, bool)) (any, error) {
	if open != nil {
		if v, ok := open(x); ok {
			return v, nil
		}
	}
	v, err := x.Eval(vars)
	return withoutNulls(v), err
}

// withoutNulls leaves out what an expression made null inside an object or a list, as Fill does with a template's own fields.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			if e != nil {
				m[k] = withoutNulls(e)
			}
		}
		return m
	case []any:
		l := make([]any, 0, len(v))
		for _, e := range v {
			if e != nil {
				l = append(l, withoutNulls(e))
			}
		}
		return l
	}
	return v
}

// Check compares the template with the Go type that it is to become: every field must exist, every value must fit.
func (e *Env) Check(t *Template, g reflect.Type, what string) error {
	for g.Kind() == reflect.Pointer {
		g = g.Elem()
	}
	if x := t.Single(); x != nil {
		want := e.Types.Of(g)
		if !fits(x.Type, want) {
			return x.node.Within(x.Text, 1, 0).Errorf("%s is %s, and %s wants %s", x.Text, x.Type, what, want)
		}
		return nil
	}
	switch g.Kind() {
	case reflect.Struct:
		if g == timeType {
			return nil
		}
		if !t.IsMap() {
			return t.Node.Errorf("%s is a mapping with the fields of %s, not %s", what, structName(g), t.Node.Describe())
		}
		return e.checkFields(t, g)
	case reflect.Slice:
		if g.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		if !t.IsList() {
			return t.Node.Errorf("%s is a list, not %s", what, t.Node.Describe())
		}
		for _, i := range t.Items {
			if err := e.Check(i, g.Elem(), "an item of "+what); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		for _, f := range t.Fields {
			if err := e.Check(f.T, g.Elem(), f.Key); err != nil {
				return err
			}
		}
		return nil
	}
	return checkScalar(t, g, what)
}

func (e *Env) checkFields(t *Template, g reflect.Type) error {
	for i, f := range t.Fields {
		sf, ok := Field(g, f.Key)
		if !ok {
			return t.Node.Fields[i].Place.Errorf("%s has no field %q%s", structName(g), f.Key, strictyaml.DidYouMean(f.Key, FieldNames(g)))
		}
		if err := e.Check(f.T, sf.Type, f.Key); err != nil {
			return err
		}
	}
	return nil
}

func checkScalar(t *Template, g reflect.Type, what string) error {
	ok := false
	switch t.Value.(type) {
	case string:
		ok = g.Kind() == reflect.String || t.kind == textValue && g.Kind() == reflect.String
	case bool:
		ok = g.Kind() == reflect.Bool
	case int64, uint64:
		ok = g.Kind() >= reflect.Int && g.Kind() <= reflect.Float64
	case float64:
		ok = g.Kind() == reflect.Float32 || g.Kind() == reflect.Float64
	}
	if g.Kind() == reflect.Interface {
		return nil
	}
	if !ok || t.IsMap() || t.IsList() {
		return t.Node.Errorf("%s is a %s, not %s", what, g.Kind(), t.Node.Describe())
	}
	return checkEnum(t, g, what)
}

// checkEnum refuses a word that the SDK's enumeration does not have.
func checkEnum(t *Template, g reflect.Type, what string) error {
	s, isText := t.Value.(string)
	if !isText || t.kind == textValue {
		return nil
	}
	// By a constant name: a method looked up by its number would keep every method of every SDK client in the binary.
	m := reflect.Zero(g).MethodByName("Values")
	if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 || m.Type().Out(0).Kind() != reflect.Slice {
		return nil
	}
	values := m.Call(nil)[0]
	var known []string
	for i := range values.Len() {
		if v := values.Index(i).String(); v == s {
			return nil
		} else {
			known = append(known, v)
		}
	}
	return t.Node.Errorf("%s has no value %q%s (it has %s)", what, s, strictyaml.DidYouMean(s, known), strings.Join(known, ", "))
}

// fits tells whether a value of type have can stand where want is expected. What is dynamic is checked by the SDK when it is sent.
func fits(have, want *types.Type) bool {
	if have.Kind() == types.DynKind || want.Kind() == types.DynKind || have.Kind() == types.NullTypeKind {
		return true
	}
	if want.Kind() == types.TimestampKind && have.Kind() == types.StringKind {
		return true
	}
	if have.Kind() == types.ListKind && want.Kind() == types.ListKind {
		return fits(have.Parameters()[0], want.Parameters()[0])
	}
	if have.Kind() == types.MapKind && (want.Kind() == types.StructKind || want.Kind() == types.MapKind) {
		return true
	}
	return want.IsAssignableType(have)
}
