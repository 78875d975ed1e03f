// Package strictyaml reads YAML into nodes that know where they stand, so that every message can name the file, line
// and column, and a misspelt field is an error and not a silence.
//
// Of YAML it takes what configuration needs: mappings, lists, scalars. Anchors, aliases, tags and merge keys are
// refused: a rule that reaches into production should read the same from top to bottom.
package strictyaml

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Node is one value and its place.
type Node struct {
	File string
	Line int
	Col  int
	// Value is a string, int64, uint64, float64, bool or nil for a scalar. It is unset for a mapping and a list.
	Value  any
	Fields []Field // of a mapping, in the order of the file
	Items  []*Node // of a list
	kind   kind
	source []string // the file's lines
}

// Field is one key of a mapping with its value.
type Field struct {
	Key   string
	Place *Node // the key's own place
	Node  *Node
}

type kind int

const (
	scalar kind = iota
	mapping
	list
)

// Error is what is wrong, and where.
type Error struct {
	File      string
	Line, Col int
	Msg       string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg) }

// Errorf makes an error that names the node's place.
func (n *Node) Errorf(format string, args ...any) error {
	return &Error{File: n.File, Line: n.Line, Col: n.Col, Msg: fmt.Sprintf(format, args...)}
}

// Parse reads one document.
func Parse(file string, data []byte) (*Node, error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntax(file, err)
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return nil, &Error{File: file, Line: 1, Col: 1, Msg: fmt.Sprintf("want one YAML document, found %d", len(f.Docs))}
	}
	r := reader{file: file, source: strings.Split(string(data), "\n")}
	return r.node(f.Docs[0].Body)
}

// syntax turns the parser's error into ours, with its place.
func syntax(file string, err error) error {
	e := &Error{File: file, Line: 1, Col: 1, Msg: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		e.Msg = at.GetMessage()
		if tok := at.GetToken(); tok != nil && tok.Position != nil {
			e.Line, e.Col = tok.Position.Line, tok.Position.Column
		}
	}
	return e
}

type reader struct {
	file   string
	source []string
}

func (r reader) place(n ast.Node) *Node {
	p := n.GetToken().Position
	return &Node{File: r.file, Line: p.Line, Col: p.Column, source: r.source}
}

func (r reader) node(n ast.Node) (*Node, error) {
	at := r.place(n)
	switch n := n.(type) {
	case *ast.MappingNode:
		at.kind = mapping
		if len(n.Values) > 0 {
			k := r.place(n.Values[0].Key)
			at.Line, at.Col = k.Line, k.Col
		}
		return at, r.fields(at, n.Values)
	case *ast.MappingValueNode:
		at.kind = mapping
		return at, r.fields(at, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		at.kind = list
		for _, v := range n.Values {
			item, err := r.node(v)
			if err != nil {
				return nil, err
			}
			at.Items = append(at.Items, item)
		}
		return at, nil
	case *ast.LiteralNode:
		at.Value = n.Value.Value
	case *ast.StringNode:
		at.Value = n.Value
	case *ast.IntegerNode:
		at.Value = n.Value
		if u, ok := n.Value.(uint64); ok && u < 1<<63 {
			at.Value = int64(u)
		}
	case *ast.FloatNode:
		at.Value = n.Value
	case *ast.BoolNode:
		at.Value = n.Value
	case *ast.NullNode:
	default:
		return nil, at.Errorf("YAML's %s is not used here: write the value out", n.Type())
	}
	return at, nil
}

func (r reader) fields(at *Node, values []*ast.MappingValueNode) error {
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			return r.place(v.Key).Errorf("merge keys are not used here: write the fields out")
		}
		key := r.place(v.Key)
		name := strings.Trim(v.Key.String(), `"'`)
		for _, f := range at.Fields {
			if f.Key == name {
				return key.Errorf("field %q stands twice: it is on line %d already", name, f.Place.Line)
			}
		}
		node, err := r.node(v.Value)
		if err != nil {
			return err
		}
		at.Fields = append(at.Fields, Field{Key: name, Place: key, Node: node})
	}
	return nil
}

// IsMap tells whether the node is a mapping.
func (n *Node) IsMap() bool { return n.kind == mapping }

// IsList tells whether the node is a list.
func (n *Node) IsList() bool { return n.kind == list }

// Get is a field's node, nil where the mapping has no such field.
func (n *Node) Get(key string) *Node {
	for _, f := range n.Fields {
		if f.Key == key {
			return f.Node
		}
	}
	return nil
}

// Only refuses a node that is no mapping, and every field that is not among the known ones.
func (n *Node) Only(what string, known ...string) error {
	if !n.IsMap() {
		return n.Errorf("%s is a mapping of fields: %s", what, strings.Join(known, ", "))
	}
	for _, f := range n.Fields {
		if !slices.Contains(known, f.Key) {
			return f.Place.Errorf("%s has no field %q%s", what, f.Key, DidYouMean(f.Key, known))
		}
	}
	return nil
}

// Text is a field's string; empty where it is absent.
func (n *Node) Text(key string) (string, error) {
	v := n.Get(key)
	if v == nil {
		return "", nil
	}
	return v.String(key)
}

// String is the node as a string.
func (n *Node) String(what string) (string, error) {
	s, ok := n.Value.(string)
	if !ok || n.kind != scalar {
		return "", n.Errorf("%s is a text, not %s", what, n.Describe())
	}
	return s, nil
}

// Texts is a field's list of strings; one string stands for a list of one.
func (n *Node) Texts(key string) ([]string, error) {
	v := n.Get(key)
	if v == nil {
		return nil, nil
	}
	if !v.IsList() {
		s, err := v.String(key)
		return []string{s}, err
	}
	var all []string
	for _, i := range v.Items {
		s, err := i.String("an item of " + key)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Any is the node as JSON would have it: maps, lists, strings, numbers, booleans, nil.
func (n *Node) Any() any {
	switch n.kind {
	case mapping:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Key] = f.Node.Any()
		}
		return m
	case list:
		l := []any{}
		for _, i := range n.Items {
			l = append(l, i.Any())
		}
		return l
	default:
		return n.Value
	}
}

// Describe names the kind of value for a message.
func (n *Node) Describe() string {
	switch {
	case n.IsMap():
		return "a mapping"
	case n.IsList():
		return "a list"
	}
	switch v := n.Value.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprintf("the boolean %v", v)
	default:
		return fmt.Sprintf("the number %v", v)
	}
}

// Within is the place of a piece of the node's text in the file, for errors inside an expression. line and col count from 1
// and 0 inside the piece, as CEL has them.
func (n *Node) Within(piece string, line, col int) *Node {
	at := *n
	lines := strings.Split(piece, "\n")
	if line < 1 || line > len(lines) {
		return &at
	}
	from := n.Line - 1
	for i := from; i < len(n.source); i++ {
		start := 0
		if i == from {
			start = min(max(n.Col-1, 0), len(n.source[i]))
		}
		c := strings.Index(n.source[i][start:], strings.TrimSpace(lines[0]))
		if c < 0 || strings.TrimSpace(lines[0]) == "" {
			continue
		}
		if line == 1 {
			at.Line, at.Col = i+1, start+c+col+1-leading(lines[0])
			return &at
		}
		at.Line = i + line
		if at.Line-1 < len(n.source) {
			at.Col = leading(n.source[at.Line-1]) - leading(lines[line-1]) + col + 1
		}
		return &at
	}
	return &at
}

func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// DidYouMean suggests the nearest of the known words, for the end of a message; empty where none is near.
func DidYouMean(word string, known []string) string {
	best, least := "", len(word)/2+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance is how many letters must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
