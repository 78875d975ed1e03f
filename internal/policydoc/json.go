package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// kind is what a JSON value is.
type kind int

const (
	nullKind kind = iota
	stringKind
	scalarKind // a number or a boolean
	listKind
	objectKind
)

func (k kind) String() string {
	return [...]string{"null", "a string", "a number or boolean", "a list", "an object"}[k]
}

// node is a JSON value with its place in the text.
type node struct {
	kind       kind
	start, end int
	text       string // of a string its value, of a scalar its spelling
	items      []*node
	members    []member
	path       string
}

type member struct {
	key   string
	start int // of the key
	value *node
}

func (n *node) member(key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// Error is a document that cannot be read, or not without guessing.
type Error struct {
	Line, Column int
	Path         string // Statement[1].Principal
	Reason       string
}

// Error implements error.
func (e *Error) Error() string {
	where := ""
	if e.Path != "" {
		where = " (" + e.Path + ")"
	}
	return fmt.Sprintf("policy document, line %d, column %d%s: %s", e.Line, e.Column, where, e.Reason)
}

// reader reads JSON and remembers where everything stands. The grammar is encoding/json's; what is added is that no name
// comes twice and no character is silently replaced.
type reader struct {
	text string
	dec  *json.Decoder
}

func (r *reader) errorf(at int, path, format string, args ...any) error {
	before := r.text[:min(at, len(r.text))]
	return &Error{
		Line:   1 + strings.Count(before, "\n"),
		Column: 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]),
		Path:   path, Reason: fmt.Sprintf(format, args...),
	}
}

func (r *reader) document() (*node, error) {
	if !utf8.ValidString(r.text) {
		return nil, r.errorf(len(r.text)-len(strings.ToValidUTF8(r.text, "")), "", "it is not UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(r.text), &whole); err != nil {
		at := len(r.text)
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = max(int(s.Offset)-1, 0)
		}
		hint := ""
		if strings.HasPrefix(strings.TrimSpace(r.text), "%7B") {
			hint = "; IAM gives documents URL-encoded: decode it first"
		}
		return nil, r.errorf(at, "", "it is not JSON: %v%s", err, hint)
	}
	r.dec = json.NewDecoder(bytes.NewReader([]byte(r.text)))
	r.dec.UseNumber()
	return r.value("")
}

// next is where the next token begins.
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) value(path string) (*node, error) {
	n := &node{start: r.next(), path: path}
	tok, err := r.dec.Token()
	if err != nil {
		return nil, r.errorf(n.start, path, "%v", err)
	}
	switch t := tok.(type) {
	case nil:
		n.kind = nullKind
	case string:
		n.kind, n.text = stringKind, t
		err = r.faithful(n)
	case bool:
		n.kind, n.text = scalarKind, fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = scalarKind, t.String()
	case json.Delim:
		if t == '[' {
			err = r.list(n)
		} else {
			err = r.object(n)
		}
	}
	n.end = int(r.dec.InputOffset())
	return n, err
}

// faithful refuses a string that encoding/json had to change: it writes U+FFFD for half a surrogate pair.
func (r *reader) faithful(n *node) error {
	raw := r.text[n.start:r.dec.InputOffset()]
	if strings.ContainsRune(n.text, utf8.RuneError) && !strings.ContainsRune(raw, utf8.RuneError) && !strings.Contains(strings.ToLower(raw), `\ufffd`) {
		return r.errorf(n.start, n.path, "the string holds half a surrogate pair")
	}
	return nil
}

func (r *reader) list(n *node) error {
	n.kind = listKind
	for r.dec.More() {
		v, err := r.value(fmt.Sprintf("%s[%d]", n.path, len(n.items)))
		if err != nil {
			return err
		}
		n.items = append(n.items, v)
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) object(n *node) error {
	n.kind = objectKind
	for r.dec.More() {
		key := &node{start: r.next(), path: n.path}
		tok, err := r.dec.Token()
		if err != nil && err != io.EOF {
			return err
		}
		key.text, _ = tok.(string)
		if err := r.faithful(key); err != nil {
			return err
		}
		// AWS's names of condition keys and operators know no case, so two spellings of one are the same name twice.
		for _, m := range n.members {
			if strings.EqualFold(m.key, key.text) {
				return r.errorf(key.start, n.path, "%q is there twice; which one counts, nobody can tell", key.text)
			}
		}
		path := key.text
		if n.path != "" {
			path = n.path + "." + key.text
		}
		v, err := r.value(path)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{key.text, key.start, v})
	}
	_, err := r.dec.Token()
	return err
}
