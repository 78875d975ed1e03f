package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"parry"
	"parry/internal/render"
)

// anew reads what the library wrote and writes it again: only shapes and text, with presentation attributes in the place of styles and
// classes in the place of colours, a title, and the role of a picture.
func anew(drawn []byte, title string) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(drawn))
	depth := 0
	for {
		tok, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return b.String(), nil
		case err != nil:
			return "", parry.Errorf(parry.Fault, "the picture is not XML: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				if err := open(&b, t, title); err != nil {
					return "", err
				}
				continue
			}
			if !shape(t.Name.Local) {
				return "", parry.Errorf(parry.Fault, "a picture has no element %q", render.Clean(t.Name.Local))
			}
			b.WriteString("<" + t.Name.Local)
			attributes(&b, t)
			b.WriteString(">")
		case xml.EndElement:
			depth--
			b.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			b.WriteString(template.HTMLEscapeString(string(t)))
		}
	}
}

func shape(name string) bool { return slices.Contains([]string{"path", "text", "circle"}, name) }

// geometry is what a number, a path or a turn looks like.
var geometry = regexp.MustCompile(`^[-+0-9.,\sMLQAZC]*$|^rotate\([-0-9.,\s]*\)$`)

func open(b *strings.Builder, t xml.StartElement, title string) error {
	for _, a := range t.Attr {
		if size := strings.Fields(a.Value); a.Name.Local == "viewBox" && len(size) == 4 && geometry.MatchString(a.Value) {
			text := template.HTMLEscapeString(render.Clean(title))
			b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="` + text + `" width="` + size[2] + `" height="` + size[3] + `" viewBox="` + a.Value + `"><title>` + text + `</title>`)
			return nil
		}
	}
	return parry.Errorf(parry.Fault, "the picture does not say how large it is")
}

// attributes writes what places a shape, and what its style says.
func attributes(b *strings.Builder, t xml.StartElement) {
	var classes []string
	put := func(name, value string) { b.WriteString(" " + name + `="` + template.HTMLEscapeString(value) + `"`) }
	for _, a := range t.Attr {
		switch n := a.Name.Local; n {
		case "d", "x", "y", "cx", "cy", "r", "transform", "stroke-dasharray":
			if geometry.MatchString(a.Value) {
				put(n, strings.Join(strings.Fields(a.Value), " "))
			}
		case "style":
			for _, part := range strings.Split(a.Value, ";") {
				name, value, _ := strings.Cut(part, ":")
				switch name {
				case "fill", "stroke":
					k, ok := inkOf(value)
					if !ok {
						put(name, "none") // what is in none of our colours, such as the page behind, is not drawn
						continue
					}
					put(name, k.light)
					classes = append(classes, map[string]string{"fill": "f", "stroke": "k"}[name]+k.class)
				case "stroke-width", "font-size":
					if number := strings.TrimSuffix(value, "px"); geometry.MatchString(number) {
						put(name, number)
					}
				}
			}
		}
	}
	if t.Name.Local == "text" {
		put("font-family", "sans-serif")
	}
	if len(classes) > 0 {
		put("class", strings.Join(classes, " "))
	}
}
