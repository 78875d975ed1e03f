package console

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"parry"
)

// How a live page's connection is kept.
const (
	beat       = 15 * time.Second       // a comment, so that nothing between takes it for dead
	streamLife = 10 * time.Minute       // then the browser connects anew, and its session is looked at again
	gather     = 300 * time.Millisecond // what happens within it is one event
	writeTime  = 10 * time.Second
)

// live tells a page that something has changed. It says no more than that: the page is then loaded again, with all that holds for it.
// Source: "Server-sent events", HTML Living Standard.
func (c *Console) live(w http.ResponseWriter, r *http.Request) error {
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many pages are live", http.StatusServiceUnavailable)
		return nil
	}
	news, stop := c.o.Board.watch()
	defer stop()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers would keep it from being live
	send := func(format string, args ...any) error {
		if err := out.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, format, args...); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := out.SetReadDeadline(time.Time{}); err != nil {
		return parry.Errorf(parry.Fault, "a live page: %w", err)
	}
	since, _ := strconv.Atoi(r.URL.Query().Get("since"))
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		since, _ = strconv.Atoi(last)
	}
	if send("retry: 3000\n\n") != nil {
		return nil // the browser is gone
	}
	life, ticks := time.NewTimer(streamLife), time.NewTicker(beat)
	defer life.Stop()
	defer ticks.Stop()
	for {
		if now := c.o.Board.Revision(); now != since {
			since = now
			if send("id: %d\nevent: changed\ndata: %d\n\n", now, len(c.o.Board.Waiting())) != nil {
				return nil
			}
		}
		select {
		case <-news:
			time.Sleep(gather)
		case <-ticks.C:
			if send(": beat\n\n") != nil {
				return nil
			}
		case <-life.C:
			return nil
		case <-r.Context().Done():
			return nil
		case <-c.o.Ended:
			return nil
		}
	}
}
