package console

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"parry"
)

const (
	// kept is how many responses lists go through: the newest ones, and everything that is open, however old.
	kept = 20_000
	// pageSize is how many responses are read from the store at once, and firstPage how many where most often nothing is new: each that is read
	// from a table costs.
	pageSize, firstPage = 500, 20
	// A look takes up a tenth of one processor's time at the most: the rest after it is so many times as long.
	restTimes = 10
	// wholeEvery is how often everything that is kept is read again: what is at its end and old may still be taken back, by another process.
	wholeEvery = 15 * time.Minute
	// unwatched is how long after the last page somebody looked at the store is still looked at.
	unwatched = 5 * time.Minute
	// freshWait is how long a page waits for a look, where nobody looked for long.
	freshWait = 1500 * time.Millisecond
)

// Board knows in short what the store holds, so that no page has to read it whole. What this process does it hears of at once, and what others
// do at its next look.
type Board struct {
	store lister
	rest  time.Duration // between two looks, at least
	now   func() time.Time
	log   *slog.Logger
	kick  chan struct{} // somebody wants a look now

	mu       sync.Mutex
	wanted   time.Time     // when somebody last wanted to see anything
	through  chan struct{} // closed when the next look is through
	rows     map[string]row
	revision int
	looked   time.Time // when the store was last read through; zero before that
	whole    time.Time // when all that is kept was last read
	passed   time.Time // since when something is not here that came in this process; zero where all is
	failing  string    // why it could not be read
	more     bool      // there are older ones that are not here
	waiting  []row     // in the order of their urgency; nil where it is to be made anew
	all      []row     // the newest first; nil where it is to be made anew
	watchers map[chan struct{}]bool
}

// lister is what the board needs of a store.
type lister interface {
	List(ctx context.Context, q parry.Query) (page []parry.Response, next string, err error)
	Response(ctx context.Context, id string) (parry.Response, error)
}

// NewBoard makes a board of a store, which rests between two looks at it. It knows nothing before the first one.
func NewBoard(store lister, rest time.Duration, now func() time.Time, log *slog.Logger) *Board {
	return &Board{store: store, rest: rest, now: now, log: log, kick: make(chan struct{}, 1), through: make(chan struct{}), rows: map[string]row{}, watchers: map[chan struct{}]bool{}}
}

// Run looks at the store again and again, for as long as anybody wants to see it, until the context ends.
func (b *Board) Run(ctx context.Context) {
	for ctx.Err() == nil {
		began := b.now()
		if err := b.Look(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("the console could not read the store", "error", err.Error(), "next", parry.HintOf(err))
		}
		rest := time.NewTimer(max(b.rest, restTimes*b.now().Sub(began)))
		select {
		case <-ctx.Done():
		case <-b.kick:
		case <-rest.C:
			if !b.watched() {
				select {
				case <-ctx.Done():
				case <-b.kick:
				}
			}
		}
		rest.Stop()
	}
}

// watched tells whether anybody wants to see the store.
func (b *Board) watched() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen()
}

// seen is watched, where the lock is held.
func (b *Board) seen() bool { return len(b.watchers) > 0 || b.now().Sub(b.wanted) < unwatched }

// Fresh is called before a page is made: where nobody looked at the store for long, it has it looked at, and waits for that for a moment.
func (b *Board) Fresh(ctx context.Context) {
	b.mu.Lock()
	b.wanted = b.now()
	old := (b.now().Sub(b.looked) > 2*b.rest+time.Second || !b.passed.IsZero()) && len(b.watchers) == 0 && !b.looked.IsZero()
	through := b.through
	b.mu.Unlock()
	if !old {
		return
	}
	select {
	case b.kick <- struct{}{}:
	default: // it is wanted already
	}
	wait := time.NewTimer(freshWait)
	defer wait.Stop()
	select {
	case <-through:
	case <-wait.C:
	case <-ctx.Done():
	}
}

// Look reads what is new in the store: everything that waits, everything that was open when it last looked, and the newest ones back to where
// all are known. The first time it reads all that is kept.
func (b *Board) Look(ctx context.Context) error {
	err := b.look(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.through)
	b.through = make(chan struct{})
	if b.failing = ""; err != nil {
		b.failing = err.Error()
		return err
	}
	b.looked = b.now()
	return nil
}

func (b *Board) look(ctx context.Context) error {
	b.mu.Lock()
	whole, passed := b.now().Sub(b.whole) > wholeEvery, b.passed
	b.passed = time.Time{}
	b.mu.Unlock()
	if err := b.newest(ctx, whole, passed); err != nil {
		b.pass(passed)
		return err
	}
	if whole {
		b.mu.Lock()
		b.whole = b.now()
		b.mu.Unlock()
	}
	read := map[string]bool{}
	for after := ""; ; {
		page, next, err := b.store.List(ctx, parry.Query{State: parry.Waiting, After: after, Limit: pageSize})
		if err != nil {
			return err
		}
		b.take(page)
		for _, r := range page {
			read[r.ID] = true
		}
		if after = next; after == "" {
			break
		}
	}
	for _, id := range b.open() {
		if read[id] {
			continue
		}
		r, err := b.store.Response(ctx, id)
		if err != nil {
			return err
		}
		b.take([]parry.Response{r})
	}
	b.trim()
	return nil
}

// newest reads the newest responses, back to a page that is all known, and further back to where something was passed over.
func (b *Board) newest(ctx context.Context, whole bool, passed time.Time) error {
	n, limit := 0, pageSize
	if !whole && passed.IsZero() {
		limit = firstPage
	}
	for after := ""; ; limit = pageSize {
		page, next, err := b.store.List(ctx, parry.Query{After: after, Limit: limit})
		if err != nil {
			return err
		}
		n += len(page)
		news := b.take(page)
		after = next
		b.mu.Lock()
		if whole {
			b.more = after != ""
		}
		b.mu.Unlock()
		// A page may be empty where there is more behind it.
		known := len(page) > 0 && news == 0 && !whole && (passed.IsZero() || page[len(page)-1].Times.Received.Before(passed))
		if after == "" || n >= kept || known {
			return nil
		}
	}
}

// take takes responses over, and says how many of them were not known as they are.
func (b *Board) take(all []parry.Response) (news int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range all {
		if parry.OwnLog(r.ID) {
			continue
		}
		if was, known := b.rows[r.ID]; known && was.Steps >= r.Steps {
			continue
		}
		b.rows[r.ID] = rowOf(r)
		news++
	}
	if news > 0 {
		b.changed()
	}
	return news
}

// changed forgets what was made of the rows, and wakes who watches. The lock is held.
func (b *Board) changed() {
	b.revision++
	b.waiting, b.all = nil, nil
	for c := range b.watchers {
		select {
		case c <- struct{}{}:
		default: // it is to be woken already
		}
	}
}

// Moved is told of each step that this process makes. What nobody wants to see it passes over: else it would grow for as long as nobody looks.
func (b *Board) Moved(r parry.Response, _ parry.Record) {
	b.mu.Lock()
	seen := b.seen()
	b.mu.Unlock()
	if !seen {
		b.pass(r.Times.Received)
		return
	}
	b.take([]parry.Response{r})
}

// pass remembers that something that came at a time was passed over, or was not read.
func (b *Board) pass(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !at.IsZero() && (b.passed.IsZero() || at.Before(b.passed)) {
		b.passed = at
	}
}

// open are the ids of what more is to come of, other than what waits and was just read.
func (b *Board) open() (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, r := range b.rows {
		if r.State.Open() {
			ids = append(ids, id)
		}
	}
	return ids
}

// trim drops the oldest of what is at its end, where there is too much.
func (b *Board) trim() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rows) <= kept+kept/10 {
		return
	}
	b.sort()
	for _, r := range b.all[kept:] {
		if !r.State.Open() {
			delete(b.rows, r.ID)
		}
	}
	b.more = true
	b.changed()
}

// sort makes the lists, where they are not made. The lock is held. Rows do not change, so that a list may be kept by whoever asked for it.
func (b *Board) sort() {
	if b.all != nil {
		return
	}
	b.all, b.waiting = make([]row, 0, len(b.rows)), []row{}
	for _, r := range b.rows {
		b.all = append(b.all, r)
		if r.State == parry.Waiting {
			b.waiting = append(b.waiting, r)
		}
	}
	slices.SortFunc(b.all, newest)
	slices.SortFunc(b.waiting, urgent)
}

// Waiting is what waits for a person, the most urgent first.
func (b *Board) Waiting() []row {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sort()
	return b.waiting
}

// All are the responses that lists go through, the newest first; more tells whether there are older ones.
func (b *Board) All() (all []row, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sort()
	return b.all, b.more
}

// Seen is when the store was last read; zero before the first time.
func (b *Board) Seen() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.looked
}

// Failing says why the store cannot be read; empty where it can.
func (b *Board) Failing() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failing
}

// Revision counts what has changed.
func (b *Board) Revision() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.revision
}

// watch gives a channel that something is sent on when anything has changed; stop ends that.
func (b *Board) watch() (news <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[c] = true
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, c)
	}
}
