package sweep

import (
	"context"
	"encoding/json"
	"time"

	"parry"
)

// bookmark is where the listing of a source in a place stands.
type bookmark struct {
	// Next is from when on the next listing is, where the last one came to its end.
	Next time.Time `json:"next,omitzero"`
	// Since and Began are of a listing that has not come to its end; Done is its last part that did, Part and Token where it stands.
	Since time.Time `json:"since,omitzero"`
	Began time.Time `json:"began,omitzero"`
	Done  string    `json:"done,omitempty"`
	Part  string    `json:"part,omitempty"`
	Token string    `json:"token,omitempty"`
}

// under tells whether a listing is under way that another one from the same time on goes on with.
func (b bookmark) under(since time.Time) bool {
	return !b.Began.IsZero() && (since.IsZero() || since.Equal(b.Since))
}

// from is when a new listing begins.
func (b bookmark) from(since time.Time) time.Time {
	if since.IsZero() {
		return b.Next
	}
	return since.UTC()
}

func (r *run) name() string { return "sweep " + r.src.Name + " " + r.place.String() }

func (r *run) recall(ctx context.Context) (b bookmark, err error) {
	if r.Words == nil {
		return b, nil
	}
	word, err := r.Words.Get(ctx, r.name())
	if err != nil || word == "" {
		return b, err
	}
	if err := json.Unmarshal([]byte(word), &b); err != nil {
		return b, parry.Errorf(parry.Fault, "the store's word %q cannot be read: %w", r.name(), err)
	}
	return b, nil
}

// keep remembers a place, unless something on the way there is to be listed again.
func (r *run) keep(ctx context.Context, b bookmark) error {
	if r.Words == nil || r.failed > 0 {
		return nil
	}
	word, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return r.Words.Set(ctx, r.name(), string(word))
}
