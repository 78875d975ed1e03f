package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"parry/internal/chart"
)

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func float(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // chart lets nothing else through
	return f
}

// pictureHeight is the picture's in millimetres, where it is as wide as the page.
func pictureHeight(p chart.Picture) float64 {
	d := xml.NewDecoder(strings.NewReader(string(p.SVG)))
	if t, err := d.Token(); err == nil {
		if e, ok := t.(xml.StartElement); ok && float(attr(e, "width")) > 0 {
			return inner * float(attr(e, "height")) / float(attr(e, "width"))
		}
	}
	return 0
}

// picture draws what chart wrote: straight lines, areas, circles and text are all that is in it.
func (p *paper) picture(pic chart.Picture) {
	d := xml.NewDecoder(strings.NewReader(string(pic.SVG)))
	top, height, scale := p.GetY(), pictureHeight(pic), 0.0
	place := func(x, y string) (float64, float64) { return margin + float(x)*scale, top + float(y)*scale }
	var text *xml.StartElement
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			break
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "svg":
				scale = inner / float(attr(t, "width"))
			case "text":
				text = &t
			case "path":
				p.path(t, scale, place)
			case "circle":
				x, y := place(attr(t, "cx"), attr(t, "cy"))
				if style := p.colours(t, scale); style != "" {
					p.Circle(x, y, float(attr(t, "r"))*scale, style)
				}
			}
		case xml.CharData:
			if text != nil {
				p.label(*text, string(t), scale, place)
			}
		case xml.EndElement:
			text = nil
		}
	}
	p.SetY(top + height)
}

// colours sets those of a shape, and says how it is drawn: filled, as a line, both, or not at all.
func (p *paper) colours(e xml.StartElement, scale float64) (style string) {
	if r, g, b, ok := rgb(attr(e, "fill")); ok {
		p.SetFillColor(r, g, b)
		style = "F"
	}
	if r, g, b, ok := rgb(attr(e, "stroke")); ok {
		p.SetDrawColor(r, g, b)
		p.SetLineWidth(max(float(attr(e, "stroke-width")), 0.5) * scale)
		style += "D"
	}
	return style
}

func rgb(s string) (r, g, b int, ok bool) {
	hex, ok := strings.CutPrefix(s, "#")
	n, err := strconv.ParseUint(hex, 16, 24)
	return int(n >> 16), int(n >> 8 & 255), int(n & 255), ok && err == nil && len(hex) == 6
}

func (p *paper) path(e xml.StartElement, scale float64, place func(x, y string) (float64, float64)) {
	style := p.colours(e, scale)
	words := strings.Fields(attr(e, "d"))
	if style == "" || len(words) < 3 {
		return
	}
	for i := 0; i < len(words); i++ {
		switch move := words[i]; {
		case move == "Z":
			p.ClosePath()
		case (move == "M" || move == "L") && i+2 < len(words):
			x, y := place(words[i+1], words[i+2])
			if i += 2; move == "M" {
				p.MoveTo(x, y)
			} else {
				p.LineTo(x, y)
			}
		}
	}
	p.DrawPath(style)
}

// label writes a label. Text is a little wider in the font of the document than where it was placed, and set smaller for that.
func (p *paper) label(e xml.StartElement, s string, scale float64, place func(x, y string) (float64, float64)) {
	r, g, b, ok := rgb(attr(e, "fill"))
	if !ok {
		return
	}
	const points = 72 / 25.4
	p.SetFont(face, "", float(attr(e, "font-size"))*scale*points*0.92)
	p.SetTextColor(r, g, b)
	x, y := place(attr(e, "x"), attr(e, "y"))
	p.Text(x, y, p.glyphs.legible(s))
}
