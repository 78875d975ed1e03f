package notify

import (
	"context"
	"encoding/json"

	"parry"
)

// heard is what a channel was told of a response. It is a word of the store.
type heard struct {
	Ref       string `json:"ref,omitempty"`
	Alone     bool   `json:"alone,omitempty"` // it is told by itself, in no storm
	Storm     string `json:"storm,omitempty"` // in which it is counted
	Key       string `json:"key,omitempty"`   // the state that was told last; empty before the first time
	Digest    string `json:"digest,omitempty"`
	Reminded  int    `json:"reminded,omitempty"`
	Escalated int    `json:"escalated,omitempty"`
	Undone    int    `json:"undone,omitempty"`
}

// stage is a response's state as people are told of it: that the work goes from call to call is no news.
func stage(s parry.State) string {
	if s.Begun() {
		return "begun"
	}
	return string(s)
}

// lacks tells whether a kind of news about a response is new.
func (h heard) lacks(k Kind, resp parry.Response) bool {
	q := parry.Asking{}
	if resp.Asked != nil {
		q = *resp.Asked
	}
	switch same := h.Key == stage(resp.State); k {
	case Escalated:
		return !same || len(q.Escalated) > h.Escalated
	case Reminded:
		return !same || q.Reminded > h.Reminded
	case Asked:
		return !same || h.Digest != resp.Plan.Digest
	default:
		return !same || h.Undone != len(resp.Undone)
	}
}

// has takes over how far a response has come.
func (h *heard) has(resp parry.Response) {
	h.Key, h.Digest, h.Undone = stage(resp.State), resp.Plan.Digest, len(resp.Undone)
	if q := resp.Asked; q != nil {
		h.Reminded, h.Escalated = q.Reminded, len(q.Escalated)
	}
}

func (c *outlet) word(response string) string { return "notify/" + c.name + "/" + response }

func (c *outlet) heard(ctx context.Context, response string) (h heard, err error) {
	return h, recall(ctx, c.n.o.Store, c.word(response), &h)
}

func (c *outlet) remember(ctx context.Context, response string, h heard) error {
	return keep(ctx, c.n.o.Store, c.word(response), h)
}

// recall reads a word of the store; nothing where there is none.
func recall(ctx context.Context, m Memory, name string, to any) error {
	word, err := m.Get(ctx, name)
	if err != nil || word == "" {
		return err
	}
	if err := json.Unmarshal([]byte(word), to); err != nil {
		return parry.Errorf(parry.Fault, "the store's word %q cannot be read: %w", name, err)
	}
	return nil
}

// keep writes a word. What was told is remembered also where the time is over by now.
func keep(ctx context.Context, m Memory, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return m.Set(context.WithoutCancel(ctx), name, string(b))
}
