package pattern

import (
	"strconv"
	"strings"
)

// wildcard accepts strings that consist of its parts in order, with any text,
// or none, between each two.
type wildcard struct {
	text  string
	parts []string
}

// compileWildcard compiles the operand of wildcard: * stands for any text, \*
// and \\ for the characters themselves.
func compileWildcard(path, text string) (condition, error) {
	w := wildcard{text: text}
	var part strings.Builder
	star := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '*' {
			if star {
				return nil, errorAt(path, "a wildcard must not have consecutive * (at byte %d); one is enough", i)
			}
			w.parts = append(w.parts, part.String())
			part.Reset()
			star = true
			continue
		}
		star = false
		if c == '\\' {
			if i++; i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, errorAt(path, `a backslash in a wildcard (at byte %d) must stand before * or \`, i-1)
			}
			c = text[i]
		}
		part.WriteByte(c)
	}
	w.parts = append(w.parts, part.String())
	return w, nil
}

func (c wildcard) matches(s scalar) bool {
	if s.kind != kindString {
		return false
	}
	last := len(c.parts) - 1
	if last == 0 {
		return s.text == c.parts[0]
	}
	rest, ok := strings.CutPrefix(s.text, c.parts[0])
	if !ok {
		return false
	}
	for _, part := range c.parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, c.parts[last])
}

func (c wildcard) String() string { return "text like " + strconv.Quote(clip(c.text)) }
