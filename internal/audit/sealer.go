package audit

import (
	"context"
	"sync"
	"time"

	"parry"
)

// Sealer is Close for who does it again and again. It signs only where the log has grown, and reads only what is new: it remembers the head
// of the tree, so that what it signs goes on from what it signed before, whatever became of the log in the store since.
//
// The first time it reads all of the log. Where its context ends over that, it goes on from there the next time.
type Sealer struct {
	store parry.Store
	key   Key
	now   func() time.Time

	mu   sync.Mutex
	read bool // the newest checkpoint was
	last Head
	text []byte // of that checkpoint
	tree tree
}

// NewSealer makes one that signs the log of a store with a key.
func NewSealer(store parry.Store, key Key, now func() time.Time) *Sealer {
	return &Sealer{store: store, key: key, now: now}
}

// Seal puts what is new into the log and signs its head, where it is not signed yet. What was logged and could not be signed, by whatever
// worker, is signed the next time. The Error's kind is Conflict where the log does not go on from the newest checkpoint.
func (s *Sealer) Seal(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := Append(ctx, s.store, 0); err != nil {
		return err
	}
	if !s.read {
		last, text, err := newest(ctx, s.store, s.key)
		if err != nil {
			return err
		}
		s.last, s.text, s.read = last, text, true
	}
	err := s.tree.grow(ctx, s.store, s.last)
	if parry.KindOf(err) == parry.Conflict {
		s.read, s.tree = false, tree{} // it is looked at from its beginning, again and again, until somebody has seen to it
	}
	if err != nil || s.tree.size == s.last.Size {
		return err
	}
	head, text, err := signHead(ctx, s.store, s.key, s.tree, s.now())
	if err == nil {
		s.last, s.text = head, text
	}
	return err
}

// Newest is the newest checkpoint that the sealer knows of, and its text; zero before it has sealed anything.
func (s *Sealer) Newest() (Head, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.text
}
