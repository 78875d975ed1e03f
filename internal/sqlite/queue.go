package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// work is one write on its way to the disk.
type work struct {
	ctx   context.Context // of the caller, who may give up until it is begun
	do    func(ctx context.Context, t *tx) error
	stage atomic.Int32
	done  chan error // gets one answer, once the commit that holds the write is through
}

// The stages of a work. Who moves it out of the queue first, has it: the committer or the caller.
const (
	queued int32 = iota
	begun
	givenUp
)

// begin tells whether the work is to be done. From then on its caller waits for the outcome.
func (w *work) begin() bool {
	if w.ctx.Err() != nil {
		return w.stage.Load() == begun
	}
	return w.stage.CompareAndSwap(queued, begun) || w.stage.Load() == begun
}

// giveUp tells whether the work was still in the queue, where nothing of it is written.
func (w *work) giveUp() bool { return w.stage.CompareAndSwap(queued, givenUp) }

// queue holds the works that no group has taken yet, in the order in which they came. It grows with the callers that wait, each of
// which has one work in it.
type queue struct {
	mu     sync.Mutex
	works  []*work
	closed bool
	more   chan struct{} // has room for one: something changed since the committer looked
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

// put adds a work, or tells that the store is closed.
func (q *queue) put(w *work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return sql.ErrConnDone
	}
	q.works = append(q.works, w)
	q.wake()
	return nil
}

// take gives the n works that came first, or fewer where there are no more, and whether others may still come.
func (q *queue) take(n int) (group []*work, open bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.works))
	group = append(group, q.works[:n]...)
	clear(q.works[:n]) // a response is not kept in memory by the place that it had
	if q.works = q.works[n:]; len(q.works) == 0 {
		q.works = nil
	}
	return group, !q.closed
}

// close lets nobody in any more. Those who are in the queue are served.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.more <- struct{}{}:
	default: // it will look in any case
	}
}
