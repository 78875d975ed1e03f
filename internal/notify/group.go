package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parry"
)

const (
	// stormPace is how often a storm's message is changed at most, where a channel can change one; where it cannot, one is sent in each window.
	stormPace = 30 * time.Second
	// stormShown is how many responses of a storm are shown.
	stormShown = 5
)

// updater is a channel that can change a message after it was sent.
type updater interface{ Updates() bool }

// window is how much came to a channel of one rule and kind lately. It is a word of the store, so that it holds for all workers, of whom one tells
// at a time.
type window struct {
	Start time.Time `json:"start"`
	Alone int       `json:"alone"`           // told one by one since then
	Storm string    `json:"storm,omitempty"` // the word of the storm that further ones are counted in
	Last  time.Time `json:"last,omitzero"`   // when one was
}

// storm is many pieces of news that are one message. It is a word of the store.
type storm struct {
	Rule     string           `json:"rule"`
	Kind     Kind             `json:"kind"`
	Count    int              `json:"count"`
	States   map[string]int   `json:"states"`
	Accounts map[string]int   `json:"accounts"`
	Sample   []parry.Response `json:"sample"`
	Ref      string           `json:"ref,omitempty"`
	Sent     time.Time        `json:"sent,omitzero"`
	News     bool             `json:"news,omitempty"` // something came since it was sent

	by      *parry.Response // the last of this batch that is about it: by it the storm stays due
	changed bool
}

// grouping counts the news of one batch, and tells of storms at its end.
type grouping struct {
	c       *outlet
	windows map[string]*window
	storms  map[string]*storm
}

func (c *outlet) grouping() *grouping {
	return &grouping{c, map[string]*window{}, map[string]*storm{}}
}

// join counts news that is the first of its response to the channel; true where it is one of a storm.
func (g *grouping) join(ctx context.Context, k Kind, resp parry.Response) (bool, error) {
	name := "notify/window/" + strings.Join([]string{g.c.name, string(k), resp.Answer.Rule}, "/")
	w, ok := g.windows[name]
	if !ok {
		w = &window{}
		if err := recall(ctx, g.c.n.o.Store, name, w); err != nil {
			return false, err
		}
		g.windows[name] = w
	}
	now, group := g.c.n.o.Now(), g.c.n.file.Group
	last := w.Start
	if w.Storm != "" {
		last = w.Last
	}
	if now.Sub(last) > group.Within {
		*w = window{Start: now}
	}
	if w.Storm == "" && w.Alone < group.After {
		w.Alone++
		return false, keep(ctx, g.c.n.o.Store, name, w)
	}
	if w.Storm == "" {
		w.Storm = fmt.Sprintf("notify/storm/%s/%s/%s/%d", g.c.name, k, resp.Answer.Rule, now.UnixNano())
	}
	w.Last = now
	s, err := g.storm(ctx, w.Storm, k, resp.Answer.Rule)
	if err != nil {
		return false, err
	}
	s.Count++
	s.Accounts[accountOf(resp)]++
	if len(s.Sample) < stormShown {
		s.Sample = append(s.Sample, slim(resp))
	}
	s.counts(resp, "")
	g.c.n.o.Count(g.c.name, "grouped")
	h := heard{Storm: w.Storm}
	h.has(resp)
	return true, g.c.remember(ctx, resp.ID, h)
}

// goOn counts how a response of a storm goes on.
func (g *grouping) goOn(ctx context.Context, h heard, k Kind, resp parry.Response) error {
	s, err := g.storm(ctx, h.Storm, k, resp.Answer.Rule)
	if err != nil {
		return err
	}
	if s.Count == 0 { // a worker died between counting it and keeping the count
		s.Count = 1
		s.Accounts[accountOf(resp)]++
	}
	s.counts(resp, h.Key)
	h.has(resp)
	return g.c.remember(ctx, resp.ID, h)
}

// carry has a response, of which nothing is new, stand for its storm.
func (g *grouping) carry(ctx context.Context, h heard, resp parry.Response) error {
	if h.Storm == "" {
		return nil
	}
	s, err := g.storm(ctx, h.Storm, "", resp.Answer.Rule)
	if err == nil {
		s.by = &resp
	}
	return err
}

// counts takes over where a response of the storm stands, and where it stood.
func (s *storm) counts(resp parry.Response, was string) {
	is := stage(resp.State)
	if was != is {
		if s.States[was]--; s.States[was] <= 0 {
			delete(s.States, was)
		}
		s.States[is]++
		s.News = true
	}
	for i := range s.Sample {
		if s.Sample[i].ID == resp.ID {
			s.Sample[i] = slim(resp)
		}
	}
	s.by, s.changed = &resp, true
}

// slim is as much of a response as a storm shows.
func slim(resp parry.Response) parry.Response {
	f := resp.Finding
	return parry.Response{
		ID: resp.ID, State: resp.State, Reason: resp.Reason, Target: resp.Target,
		Answer:  parry.Answer{Rule: resp.Answer.Rule, Playbook: resp.Answer.Playbook, Tier: resp.Answer.Tier},
		Finding: parry.Finding{SeverityID: f.SeverityID, Severity: f.Severity, Cloud: f.Cloud, Info: parry.FindingInfo{Title: cut(f.Info.Title, 300), Types: f.Info.Types}},
		Plan:    parry.Plan{Summary: resp.Plan.Summary}, Decided: parry.Decision{Tier: resp.Decided.Tier},
	}
}

// storm is one of the batch, or of the store.
func (g *grouping) storm(ctx context.Context, name string, k Kind, rule string) (*storm, error) {
	if s, ok := g.storms[name]; ok {
		return s, nil
	}
	s := &storm{Rule: rule, Kind: k, States: map[string]int{}, Accounts: map[string]int{}}
	if err := recall(ctx, g.c.n.o.Store, name, s); err != nil {
		return nil, err
	}
	g.storms[name] = s
	return s, nil
}

// flush keeps what was counted, and tells of storms whose turn it is. One whose turn is not yet stays due by one of its responses.
func (g *grouping) flush(ctx context.Context, errs map[string]error) {
	for name, w := range g.windows {
		if w.Storm != "" {
			if err := keep(ctx, g.c.n.o.Store, name, w); err != nil {
				g.c.n.o.Log.Warn("a window of news could not be kept", "channel", g.c.name, "error", clean(err.Error()))
			}
		}
	}
	for name, s := range g.storms {
		err := g.tell(ctx, s)
		if s.changed {
			if kept := keep(ctx, g.c.n.o.Store, name, s); err == nil {
				err = kept
			}
		}
		if err != nil && s.by != nil {
			errs[s.by.ID] = err
		}
	}
}

// tell tells of a storm, where there is news and it is its turn.
func (g *grouping) tell(ctx context.Context, s *storm) error {
	if !s.News {
		return nil
	}
	now, pace := g.c.n.o.Now(), g.c.n.file.Group.Within
	if u, ok := g.c.channel.(updater); ok && u.Updates() {
		pace = min(stormPace, pace)
	}
	if next := s.Sent.Add(pace); !s.Sent.IsZero() && now.Before(next) {
		return &parry.Later{Err: parry.Errorf(parry.Fault, "the storm of rule %s is told again at %s", s.Rule, next.UTC().Format(time.TimeOnly)), After: next.Sub(now), Untried: true}
	}
	m := Storm{Rule: s.Rule, Kind: s.Kind, Count: s.Count, States: s.States, Account: s.Accounts, Link: g.c.n.o.Link("")}
	for _, resp := range s.Sample {
		m.Sample = append(m.Sample, News{Kind: s.Kind, Response: resp, Link: g.c.n.o.Link(resp.ID)})
	}
	ref, err := g.c.call(ctx, func(ctx context.Context) (string, error) { return g.c.channel.TellStorm(ctx, m, s.Ref) })
	if err != nil {
		return err
	}
	g.c.n.o.Count(g.c.name, "told")
	s.Ref, s.Sent, s.News, s.changed = ref, now, false, true
	return nil
}
