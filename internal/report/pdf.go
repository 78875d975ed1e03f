package report

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"

	"parry"
	"parry/internal/chart"
	"parry/internal/numbers"
)

// The page is A4, in millimetres.
const (
	margin, wide, high = 15.0, 210.0, 297.0
	inner              = wide - 2*margin
	line               = 4.4 // of a table
	gap                = 2.0 // between columns
	tableSize          = 8.5 // of its letters
)

// paper is a PDF that is being written.
type paper struct {
	*fpdf.Fpdf
	glyphs *glyphs
}

// writePDF writes the parts of the page as a document: text that can be searched, and pictures as lines. The font is in it.
func writePDF(w io.Writer, n numbers.Numbers) error {
	g, err := newGlyphs()
	if err != nil {
		return err
	}
	p := &paper{fpdf.New("P", "mm", "A4", ""), g}
	p.AddUTF8FontFromBytes(face, "", g.regular)
	p.AddUTF8FontFromBytes(face, "B", g.bold)
	p.SetCatalogSort(true) // the same numbers are the same document
	p.SetCreationDate(n.At)
	p.SetModificationDate(n.At)
	p.SetTitle("What Parry did, "+period(n), true)
	p.SetProducer("Parry", true)
	p.SetLang("en")
	p.SetMargins(margin, margin, margin)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(true, margin+5)
	p.SetFooterFunc(func() {
		p.SetY(-margin)
		p.font("", 8, 110)
		p.CellFormat(inner, 5, fmt.Sprintf("Page %d", p.PageNo()), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.front(n)
	for _, s := range sections(n) {
		p.section(s)
	}
	if err := p.Output(w); err != nil {
		return parry.Errorf(parry.Fault, "the document cannot be written: %w", err)
	}
	return nil
}

func (p *paper) font(style string, size float64, grey int) {
	p.SetFont(face, style, size)
	p.SetTextColor(grey, grey, grey)
}

// front is the head and the figures on top.
func (p *paper) front(n numbers.Numbers) {
	p.font("B", 20, 30)
	p.CellFormat(inner, 10, "What Parry did", "", 1, "L", false, 0, "")
	p.font("", 10, 90)
	p.CellFormat(inner, 6, period(n)+". Made "+n.At.Format("2006-01-02 15:04 UTC")+". Days are in UTC.", "", 1, "L", false, 0, "")
	p.Ln(3)
	if n.Responses == 0 {
		p.text("There are no responses in this time: nothing was heard of, or it came to another store.")
		return
	}
	const across = 4
	width, top := inner/across, p.GetY()
	for i, t := range tiles(n) {
		x, y := margin+float64(i%across)*width, top+float64(i/across)*21
		p.SetDrawColor(215, 215, 215)
		p.Rect(x, y, width-2, 19, "D")
		p.font("B", 15, 30)
		p.Text(x+3, y+7.5, t.Figure)
		p.font("", 9, 30)
		p.Text(x+3, y+12.2, t.Name)
		p.font("", 6.5, 110)
		for l, text := range p.SplitText(t.Note, width-4) {
			p.Text(x+3, y+15.4+2.6*float64(l), text)
		}
	}
	p.SetY(top + 21*2)
}

func (p *paper) section(s section) {
	p.room(30)
	p.Ln(5)
	p.Bookmark(s.Title, 0, -1)
	p.font("B", 14, 30)
	p.CellFormat(inner, 8, s.Title, "", 1, "L", false, 0, "")
	for _, note := range s.Notes {
		p.text(note)
	}
	for _, b := range s.Blocks {
		p.block(b)
	}
}

// text is a paragraph.
func (p *paper) text(s string) {
	p.font("", 9.5, 90)
	p.MultiCell(inner, 4.8, p.glyphs.legible(s), "", "L", false)
	p.Ln(1)
}

// room begins a new page where the rest of this one is too small.
func (p *paper) room(height float64) {
	if p.GetY()+height > high-margin-5 {
		p.AddPage()
	}
}

func (p *paper) block(b block) {
	if b.Picture.SVG != "" {
		p.title(b.Title, pictureHeight(b.Picture)+8)
		p.picture(b.Picture)
		return // its table is in the page, or comes next
	}
	p.title(b.Title, 8+3*line)
	p.table(b.Table)
	if b.More > 0 {
		p.text(fmt.Sprintf("%d more are in the CSV and in the JSON.", b.More))
	}
}

func (p *paper) title(s string, with float64) {
	p.room(with)
	p.Ln(2)
	p.font("B", 10.5, 30)
	p.MultiCell(inner, 6, p.glyphs.legible(s), "", "L", false)
}

// table writes rows whose cells break into lines: nothing is cut off. The head comes again on each page.
func (p *paper) table(t chart.Table) {
	widths := p.widths(t)
	p.row(t.Head, widths, t, true)
	for _, r := range t.Rows {
		p.row(r, widths, t, false)
	}
}

// widths gives each column what it needs. Where that is more than the page has, the widest texts share what the others leave.
func (p *paper) widths(t chart.Table) []float64 {
	need := make([]float64, len(t.Head))
	p.font("B", tableSize, 0)
	for _, r := range append([][]string{t.Head}, t.Rows...) {
		for i := range min(len(r), len(need)) {
			need[i] = max(need[i], p.GetStringWidth(p.glyphs.legible(r[i]))+gap+1)
		}
	}
	if left := inner - sum(need); left >= 0 && len(need) > 0 {
		need[0] += left // all tables are as wide as the page
		return need
	}
	left, open := inner, len(need)
	given := make([]bool, len(need))
	for again := true; again && open > 0; {
		again = false
		for i, n := range need {
			if !given[i] && n <= left/float64(open) {
				given[i], again = true, true
				left -= n
				open--
			}
		}
	}
	for i := range need {
		if !given[i] {
			need[i] = left / float64(open)
		}
	}
	return need
}

func (p *paper) row(cells []string, widths []float64, t chart.Table, head bool) {
	set := func() {
		if p.font("", tableSize, 30); head {
			p.font("B", tableSize, 90)
		}
	}
	set()
	lines, most := make([][]string, len(cells)), 1
	for i := range min(len(cells), len(widths)) {
		lines[i] = p.broken(p.glyphs.legible(cells[i]), widths[i]-gap)
		most = max(most, len(lines[i]))
	}
	height := float64(most)*line + 1
	if before := p.PageNo(); !head && p.GetY()+height > high-margin-5 {
		if p.AddPage(); p.PageNo() > before {
			p.row(t.Head, widths, t, true)
			set()
		}
	}
	x, y := margin, p.GetY()
	for i, of := range lines {
		if i >= len(widths) {
			break
		}
		for l, text := range of {
			at := x
			if number(t, i) {
				at += widths[i] - gap - p.GetStringWidth(text)
			}
			p.Text(at, y+3.4+float64(l)*line, text)
		}
		x += widths[i]
	}
	p.SetDrawColor(225, 225, 225)
	p.SetLineWidth(0.1)
	p.Line(margin, y+height, margin+min(sum(widths), inner), y+height)
	p.SetY(y + height + 0.4)
}

func sum(all []float64) (total float64) {
	for _, v := range all {
		total += v
	}
	return total
}

// broken breaks a text into lines of a width: between words, and inside a word that is longer.
func (p *paper) broken(s string, width float64) []string {
	var all []string
	for _, l := range p.SplitText(s, max(width, 8)) {
		for p.GetStringWidth(l) > width && len([]rune(l)) > 1 {
			r := []rune(l)
			n := len(r) - 1
			for n > 1 && p.GetStringWidth(string(r[:n])) > width {
				n--
			}
			all, l = append(all, string(r[:n])), string(r[n:])
		}
		all = append(all, l)
	}
	return all
}
