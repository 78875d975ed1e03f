package signin

import (
	"context"
	"encoding/json"
	"time"

	"parry"
)

// WordStore is the part of parry.Store that all servers share: words, and the leases that let one of them write a word.
type WordStore interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
	Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error
	Release(ctx context.Context, resource, holder string) error
}

// gone remembers what counts no more, on all servers: sessions that were signed out, links and sign-ins that were used. Each is kept, by its
// hash, until it would have ended by itself. They stand in at most 256 words, by the hash's first byte, so that the store does not grow with them.
type gone struct {
	words WordStore
	now   func() time.Time
}

// How long a word is held while it is written, and how long another waits for that.
const (
	goneLease = 10 * time.Second
	goneTries = 40
	goneWait  = 50 * time.Millisecond
)

func (g gone) word(hash string) string { return "signin/gone/" + hash[:2] }

// read gives a word's list: hashes, and the second at which each ends.
func (g gone) read(ctx context.Context, name string) (map[string]int64, error) {
	text, err := g.words.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	list := map[string]int64{}
	if text == "" {
		return list, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, parry.Errorf(parry.Fault, "the word %s in the store cannot be read: %w", name, err)
	}
	return list, nil
}

// is tells whether a thing counts no more.
func (g gone) is(ctx context.Context, id string) (bool, error) {
	hash := hashOf(id)
	list, err := g.read(ctx, g.word(hash))
	if err != nil {
		return false, err
	}
	_, ok := list[hash]
	return ok, nil
}

// use says that a thing counts no more from now on, and whether this call was the one to say so: of several at once, on whatever servers, one is.
func (g gone) use(ctx context.Context, id string, ends time.Time) (first bool, err error) {
	hash := hashOf(id)
	name, holder := g.word(hash), random()
	for try := 1; ; try++ {
		err := g.words.Claim(ctx, name, holder, g.now(), goneLease)
		if err == nil {
			break
		}
		if parry.KindOf(err) != parry.Conflict || try == goneTries {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, parry.Errorf(parry.Fault, "%w", ctx.Err())
		case <-time.After(goneWait):
		}
	}
	// Who went away must not leave the word locked for others; where it cannot be given back, it is free when the lease ends.
	defer func() { _ = g.words.Release(context.WithoutCancel(ctx), name, holder) }()
	list, err := g.read(ctx, name)
	if err != nil {
		return false, err
	}
	if _, ok := list[hash]; ok {
		return false, nil
	}
	now := g.now().Unix()
	for h, end := range list {
		if end < now {
			delete(list, h)
		}
	}
	list[hash] = ends.Unix() + 1
	text, err := json.Marshal(list)
	if err != nil {
		return false, parry.Errorf(parry.Fault, "%w", err)
	}
	return true, g.words.Set(ctx, name, string(text))
}
