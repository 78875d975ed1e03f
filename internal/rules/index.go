package rules

import (
	"parry"
	"parry/internal/pattern"
)

// Wants tells whether the pattern of some rule wants an event: the first look, which costs a pass over its bytes and nothing else.
func (b *Book) Wants(raw []byte) (bool, error) {
	wanted, err := b.matching(raw)
	return len(wanted) > 0, err
}

// matching are the numbers of the rules whose pattern wants an event, in their order.
func (b *Book) matching(raw []byte) ([]int, error) {
	wanted, err := b.compiled().Match(raw, nil)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	return wanted, nil
}

// compiled is the index of all patterns. It is made when it is first asked for.
func (b *Book) compiled() *pattern.Index {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.index == nil {
		patterns := make([]*pattern.Pattern, len(b.Rules))
		for i, r := range b.Rules {
			patterns[i] = r.match
		}
		b.index = pattern.NewIndex(patterns)
	}
	return b.index
}
