package rules

import "parry/internal/pattern"

// Index tells which events some rule of a book wants, for the price of a scan. It may be used by several goroutines at once.
type Index struct{ patterns *pattern.Index }

// Index makes an index of the rules as they are now.
func (b *Book) Index() *Index {
	all := make([]*pattern.Pattern, len(b.Rules))
	for i := range b.Rules {
		all[i] = b.Rules[i].match
	}
	return &Index{pattern.NewIndex(all)}
}

// Wants says whether the pattern of any rule matches the event. One that none matches gets no answer from Match, whatever its
// finding says, and need not be decoded.
func (x *Index) Wants(raw []byte) (bool, error) {
	var few [8]int
	found, err := x.patterns.Match(raw, few[:0])
	return len(found) > 0, err
}
