package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"parry"
)

// most is how many writes go into one commit. With more, the first of them would wait longer and win nothing: by then the wait for the
// disk is a small part of what each takes.
const most = 128

// committer writes for all callers of this process. What comes while a commit waits for the disk goes into the next one together, so
// that many writers share the wait, and one alone has no longer a way than without.
type committer struct {
	db       *sql.DB
	queue    *queue
	prepared map[string]*sql.Stmt // by their text; filled before the first group
	walFile  string               // empty for a store in memory
	wal      int64                // its size when it could not be brought back; 0 where there was nothing to do
	bound    int64                // walBound
	stopped  chan struct{}
}

// startCommitter starts it. It works on when ctx has ended, until stop is called.
func startCommitter(ctx context.Context, db *sql.DB, walFile string) *committer {
	c := &committer{db: db, queue: newQueue(), prepared: map[string]*sql.Stmt{}, walFile: walFile, bound: walBound, stopped: make(chan struct{})}
	go c.run(context.WithoutCancel(ctx)) // joined by stop
	return c
}

// stop waits for what was begun and what is queued.
func (c *committer) stop() {
	c.queue.close()
	<-c.stopped
}

// run commits one group after the other.
func (c *committer) run(ctx context.Context) {
	defer close(c.stopped)
	for {
		group, open := c.queue.take(most)
		switch {
		case len(group) > 0:
			c.commit(ctx, group, most-len(group))
			c.boundWAL(ctx)
		case open:
			<-c.queue.more
		default:
			return
		}
	}
}

// commit writes a group, and at most room works that come until it has the lock, in one transaction, and answers to each.
func (c *committer) commit(ctx context.Context, group []*work, room int) {
	t, err := c.begin(ctx)
	if err != nil {
		answer(group, nil, err)
		return
	}
	more, _ := c.queue.take(room)
	group = append(group, more...)
	errs, lost := t.doAll(ctx, group)
	if !lost {
		answer(group, errs, t.tx.Commit())
		return
	}
	_ = t.tx.Rollback() // what made it necessary says more, and what is not committed is gone in any case
	if len(group) == 1 {
		answer(group, errs, nil)
		return
	}
	// The transaction went with one of them, and nothing of any is written. Alone, each meets only its own trouble.
	for _, w := range group {
		c.commit(ctx, []*work{w}, 0)
	}
}

// answer tells each caller what came of its work: where the commit failed, that, as then nothing is as the work found it.
func answer(group []*work, errs []error, commit error) {
	for i, w := range group {
		if commit != nil {
			w.done <- commit
		} else {
			w.done <- errs[i]
		}
	}
}

// begin starts a transaction that has the write lock. Another process may have it; SQLite waits for that one.
func (c *committer) begin(ctx context.Context) (*tx, error) {
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	t, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &tx{t, c.prepared, map[string]*sql.Stmt{}}, nil
}

// prepare compiles the statements where that is not done yet. A process that only reads never does it. To compile one takes longer
// than to run it.
func (c *committer) prepare(ctx context.Context) error {
	for _, text := range statements() {
		if c.prepared[text] != nil {
			continue
		}
		s, err := c.db.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		c.prepared[text] = s
	}
	return nil
}

// write hands f to the committer and waits until what it did is on the disk. f runs apart from its caller, and must not be in need of
// its context: once begun, it is not cancelled. An Error of f's is handed on as it is; any other gets the words for what was tried.
func (d *DB) write(ctx context.Context, f func(ctx context.Context, t *tx) error, format string, args ...any) error {
	if d.c == nil {
		return parry.Errorf(parry.Refused, "%s was opened to be read", d.path)
	}
	err := d.c.do(ctx, f)
	if e := (*parry.Error)(nil); err == nil || errors.As(err, &e) {
		return err
	}
	return d.tell(err, format, args...)
}

// do waits for the outcome of f. A caller whose context ends before its turn has come leaves without it.
func (c *committer) do(ctx context.Context, f func(ctx context.Context, t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &work{ctx: ctx, do: f, done: make(chan error, 1)}
	if err := c.queue.put(w); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	if w.giveUp() {
		return ctx.Err()
	}
	return <-w.done
}

// exec is one statement that writes.
func (d *DB) exec(ctx context.Context, query string, args []any, format string, words ...any) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, query, args...)
		return err
	}, format, words...)
}
