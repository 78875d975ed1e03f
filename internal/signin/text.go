package signin

import (
	"strings"
	"unicode"
)

// plain is a text without what is not seen, or turns round what is: control characters, line ends, marks of direction. At most so many
// characters are kept.
func plain(s string, most int) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if c == unicode.ReplacementChar || !unicode.IsPrint(c) {
			c = '\ufffd'
		}
		b.WriteRune(c)
	}
	return b.String()
}
