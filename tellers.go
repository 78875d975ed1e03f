package parry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Tellers are several that tell, side by side. How far each of them has come is stored by its name: one that fails is asked again, and the others
// are not asked again for its sake.
type Tellers []NamedTeller

// NamedTeller is one of several. Its name is as people read it, and stays the same for as long as it is the same: "Security Hub", "channel security".
type NamedTeller struct {
	Name string
	Teller
}

var _ Teller = Tellers{}

// Tells implements Teller.
func (ts Tellers) Tells(resp Response, rec Record) bool {
	return slices.ContainsFunc(ts, func(t NamedTeller) bool { return t.Tells(resp, rec) })
}

// Tell implements Teller. Each is asked only for what is due to it, with its own Untold. Whose name nobody here has may be known to another worker.
func (ts Tellers) Tell(ctx context.Context, responses []Response) map[string]error {
	errs := map[string]error{}
	var mu sync.Mutex
	fail := func(name, id string, err error) {
		mu.Lock()
		defer mu.Unlock()
		one, ok := errs[id].(unsaid)
		if !ok {
			one = unsaid{}
			errs[id] = one
		}
		one[name] = err
	}
	var all sync.WaitGroup
	for _, t := range ts {
		var mine []Response
		for _, resp := range responses {
			if own := resp.Untold.to(t.Name); own != nil {
				resp.Untold = own
				mine = append(mine, resp)
			}
		}
		if len(mine) == 0 {
			continue
		}
		all.Go(func() {
			for id, err := range t.Tell(ctx, mine) {
				if err != nil {
					fail(t.Name, id, err)
				}
			}
		})
	}
	all.Wait()
	for _, resp := range responses {
		for _, name := range resp.Untold.names() {
			if !slices.ContainsFunc(ts, func(t NamedTeller) bool { return t.Name == name }) {
				fail(name, resp.ID, Errorf(NotFound, "there is no %s here", name).WithHint("the settings of this worker do not have it: give all workers the same"))
			}
		}
	}
	return errs
}

// unsaid is who of several could not tell, by name, and why.
type unsaid map[string]error

func (u unsaid) Error() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(u)) {
		all = append(all, fmt.Sprintf("%s: %v", name, u[name]))
	}
	return strings.Join(all, "; ")
}

// Unwrap gives the causes, in the order of the names.
func (u unsaid) Unwrap() []error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(u)) {
		all = append(all, u[name])
	}
	return all
}

// Later is a failure to tell that may go well at another time.
type Later struct {
	Err   error
	After time.Duration // as who is told says; 0 where it does not
	// Untried says that it was not even tried, such as where the one before it failed for a reason that all share. It counts as no try.
	Untried bool
}

func (l *Later) Error() string { return l.Err.Error() }

// Unwrap gives the failure.
func (l *Later) Unwrap() error { return l.Err }

// to is what one of several is still to tell; nil for nothing.
func (u *Untold) to(name string) *Untold {
	if u == nil {
		return nil
	}
	if own, ok := u.To[name]; ok {
		return &own
	}
	return nil
}

func (u *Untold) names() []string {
	if u == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(u.To))
}

// gathered is what several are still to tell as one; nil for nothing.
func gathered(to map[string]Untold) *Untold {
	if len(to) == 0 {
		return nil
	}
	all := Untold{To: to}
	for _, u := range to {
		all.Seq = max(all.Seq, u.Seq)
		if all.Next.IsZero() || u.Next.Before(all.Next) {
			all.Next = u.Next
		}
	}
	return &all
}

// spread is what is still to be told as this worker's tellers see it: what was stored for one is for each of them, where there are several now.
func (r *Responder) spread(u *Untold) *Untold {
	several, ok := r.Teller.(Tellers)
	if !ok || u == nil || u.To != nil {
		return u
	}
	to := map[string]Untold{}
	for _, t := range several {
		to[t.Name] = *u
	}
	return gathered(to)
}

// untold is what is still to be told after a record.
func (r *Responder) untold(resp Response, rec Record) *Untold {
	due := Untold{Seq: rec.Seq, Next: r.Now().Add(tellPause)}
	several, ok := r.Teller.(Tellers)
	switch {
	case r.Teller == nil || !r.Teller.Tells(resp, rec):
		return resp.Untold
	case !ok:
		return &due
	}
	to := map[string]Untold{}
	if was := r.spread(resp.Untold); was != nil {
		maps.Copy(to, was.To)
	}
	for _, t := range several {
		if t.Tells(resp, rec) {
			to[t.Name] = due
		}
	}
	return gathered(to)
}

// dueBy leaves of what several are to tell what is due at a time.
func (r *Responder) dueBy(all []Response, at time.Time) []Response {
	due := slices.Clone(all)
	for i := range due {
		u := r.spread(due[i].Untold)
		if u != nil && u.To != nil {
			to := maps.Clone(u.To)
			maps.DeleteFunc(to, func(_ string, own Untold) bool { return own.Next.After(at) })
			if len(to) > 0 {
				u = gathered(to)
			}
		}
		due[i].Untold = u
	}
	return due
}

// came is what came of telling: what is still to be told, what is to be noted, and whether a failure is worth a word.
type came struct {
	rest  *Untold
	notes []string
	worth []error
}

// after is what is still to be told after something was, with the failure or nil. over says that its time was over, which may have been the reason.
func (r *Responder) after(now, asked *Untold, why error, over bool) (c came) {
	now = r.spread(now)
	if asked.To == nil || now == nil || now.To == nil {
		if c.rest = now; now != nil && now.Seq == asked.Seq {
			c.rest = r.one(&c, "its source", *now, why, over)
		}
		return c
	}
	by := unsaid{}
	if why != nil && !errors.As(why, &by) {
		for name := range asked.To {
			by[name] = why
		}
	}
	to := maps.Clone(now.To)
	for _, name := range asked.names() {
		is, ok := to[name]
		if !ok || is.Seq != asked.To[name].Seq {
			continue // there is newer word of it
		}
		if rest := r.one(&c, name, is, by[name], over); rest != nil {
			to[name] = *rest
		} else {
			delete(to, name)
		}
	}
	c.rest = gathered(to)
	return c
}

// one is what is still to be told by one teller.
func (r *Responder) one(c *came, name string, u Untold, why error, over bool) *Untold {
	var later *Later
	promised := errors.As(why, &later)
	switch {
	case why == nil:
		return nil
	case over:
		return &u
	case promised && later.Untried:
		u.Next = r.Now().Add(max(later.After, tellPause))
		return &u
	}
	u.Tries++
	if kind := KindOf(why); u.Tries >= MostTries || !promised && (kind == Refused || kind == Invalid) {
		c.notes, c.worth = append(c.notes, fmt.Sprintf("%s is not told: %v", name, why)), append(c.worth, why)
		return nil
	}
	if u.Tries == 1 {
		c.worth = append(c.worth, why)
	}
	u.Next = r.Now().Add(min(failPause<<(u.Tries-1), time.Hour))
	if promised {
		u.Next = latest(u.Next, r.Now().Add(later.After))
	}
	return &u
}

// latest is the later of two moments.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
