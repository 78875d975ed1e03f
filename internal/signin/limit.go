package signin

import (
	"container/list"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter counts by a key, and remembers so many keys: who was not seen for longest is forgotten first.
type limiter struct {
	every rate.Limit
	burst int
	most  int

	mu    sync.Mutex
	keys  map[string]*list.Element
	order *list.List // the latest first
}

type counted struct {
	key string
	lim *rate.Limiter
}

func newLimiter(every time.Duration, burst, most int) *limiter {
	return &limiter{every: rate.Every(every), burst: burst, most: most, keys: map[string]*list.Element{}, order: list.New()}
}

// take takes one, or says how long there is none.
func (l *limiter) take(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.keys[key]
	if e == nil {
		if l.order.Len() >= l.most {
			last := l.order.Back()
			delete(l.keys, last.Value.(*counted).key)
			l.order.Remove(last)
		}
		e = l.order.PushFront(&counted{key, rate.NewLimiter(l.every, l.burst)})
		l.keys[key] = e
	}
	l.order.MoveToFront(e)
	lim := e.Value.(*counted).lim
	if lim.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - lim.TokensAt(now)
	return time.Duration(missing / float64(l.every) * float64(time.Second)), false
}

// retryAfter says when to come back, in whole seconds and at least one.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}
