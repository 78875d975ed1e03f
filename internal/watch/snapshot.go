// Package watch shows what is going on in a store while it goes on: what comes in, what waits for a yes, and what came of it. On a terminal it
// is a view that is drawn anew every few seconds; elsewhere it is a line for each change.
//
// Names and titles come from outside: what would move the cursor or turn text round is written as its code.
package watch

import (
	"context"
	"time"

	"parry"
)

// Store is what is read of one.
type Store interface {
	List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error)
	Response(ctx context.Context, id string) (parry.Response, error)
}

// Counter is a store that knows how many responses stand in a state without reading them.
type Counter interface {
	InState(ctx context.Context, s parry.State) (int, error)
}

// most is how many of the newest, and of those that wait, are read at a time: however many there are, a look takes as long.
const most = 100

// Snapshot is what a look at the store saw.
type Snapshot struct {
	At     time.Time `json:"at"`
	Counts []Count   `json:"counts"` // where responses stand: of all, or of the newest where Of is above 0
	Of     int       `json:"of,omitempty"`
	// Hour and Minute are how many of the newest came within that time; More says that there may be more than were read.
	Hour   int  `json:"last_hour"`
	Minute int  `json:"last_minute"`
	More   bool `json:"more,omitempty"`

	Waiting     []Item `json:"-"` // the newest
	WaitingMore bool   `json:"-"` // there are more
	Latest      []Item `json:"-"`
	Health      string `json:"health,omitempty"` // of the server; empty where none is asked
	Well        bool   `json:"-"`
}

// Count is how many stand in a state.
type Count struct {
	State parry.State `json:"state"`
	N     int         `json:"count"`
}

// Item is one response in short.
type Item struct {
	ID       string      `json:"id"`
	State    parry.State `json:"state"`
	Reason   string      `json:"reason,omitempty"`
	Rule     string      `json:"rule,omitempty"`
	Playbook string      `json:"playbook,omitempty"`
	Finding  string      `json:"finding"` // its type
	Target   string      `json:"target,omitempty"`
	Account  string      `json:"account,omitempty"`
	Received time.Time   `json:"received"`
	Expires  time.Time   `json:"expires,omitzero"` // of the question
	Steps    int         `json:"steps"`
}

func itemOf(r parry.Response) Item {
	i := Item{ID: r.ID, State: r.State, Reason: r.Reason, Rule: r.Answer.Rule, Playbook: r.Answer.Playbook, Finding: r.Finding.Type(),
		Target: r.Target.ID, Account: r.Target.Account, Received: r.Times.Received, Steps: r.Steps}
	if i.Account == "" {
		i.Account = r.Finding.Cloud.Account.UID
	}
	if r.Asked != nil {
		i.Expires = r.Asked.Expires
	}
	return i
}

// Look reads the store once. health says how a server does; nil for none.
func Look(ctx context.Context, store Store, now time.Time, health func(context.Context) (string, bool)) (Snapshot, error) {
	s := Snapshot{At: now.UTC()}
	page, next, err := store.List(ctx, parry.Query{Limit: most})
	if err != nil {
		return s, err
	}
	s.Latest = items(page)
	for _, i := range s.Latest {
		if now.Sub(i.Received) < time.Hour {
			s.Hour++
		}
		if now.Sub(i.Received) < time.Minute {
			s.Minute++
		}
	}
	s.More = next != "" && s.Hour == len(s.Latest)
	page, next, err = store.List(ctx, parry.Query{State: parry.Waiting, Limit: most})
	if err != nil {
		return s, err
	}
	s.Waiting, s.WaitingMore = items(page), next != ""
	if err := s.count(ctx, store); err != nil {
		return s, err
	}
	if health != nil {
		s.Health, s.Well = health(ctx)
	}
	return s, nil
}

func items(page []parry.Response) []Item {
	var all []Item
	for _, r := range page {
		if !parry.OwnLog(r.ID) {
			all = append(all, itemOf(r))
		}
	}
	return all
}

// count counts by state, in the order of the states: all, where the store knows, else the newest.
func (s *Snapshot) count(ctx context.Context, store Store) error {
	counter, knows := store.(Counter)
	if !knows {
		s.Of = len(s.Latest)
	}
	for _, state := range parry.States() {
		n := 0
		if knows {
			var err error
			if n, err = counter.InState(ctx, state); err != nil {
				return err
			}
		} else {
			for _, i := range s.Latest {
				if i.State == state {
					n++
				}
			}
			if state == parry.Waiting { // of these it is known
				n = len(s.Waiting)
			}
		}
		if n > 0 {
			s.Counts = append(s.Counts, Count{state, n})
		}
	}
	return nil
}

// In is how many stand in a state.
func (s Snapshot) In(state parry.State) int {
	for _, c := range s.Counts {
		if c.State == state {
			return c.N
		}
	}
	return 0
}
