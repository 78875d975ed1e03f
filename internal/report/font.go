package report

import (
	"fmt"
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"parry/internal/render"
)

// face is the font of the document: Go's own, which is free, and has Latin, Greek and Cyrillic letters.
const face = "Go"

// glyphs knows which characters the font has.
type glyphs struct {
	regular, bold []byte
	font          *sfnt.Font
	buf           sfnt.Buffer
}

func newGlyphs() (*glyphs, error) {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return &glyphs{regular: goregular.TTF, bold: gobold.TTF, font: f}, nil
}

// legible writes what the font lacks as its code, as what would turn text round is: nothing is lost from a name.
func (g *glyphs) legible(s string) string {
	var b strings.Builder
	for _, r := range render.Clean(s) {
		if i, err := g.font.GlyphIndex(&g.buf, r); err != nil || i == 0 || r > 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
