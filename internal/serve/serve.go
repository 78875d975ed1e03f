// Package serve answers events for as long as it runs: it takes them from a queue and over HTTP, gives each to the engine, and forgets
// an event only when the responses to all its findings are stored.
//
// One finding is answered in one goroutine, in order; what runs at once are messages, as many as there are workers. Each worker is an
// engine with a name of its own, so that the store's leases keep two workers of one process apart as they do two processes.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"parry"
	"parry/internal/queue"
	"parry/internal/spool"
)

// Options are the server's parts.
type Options struct {
	// Engine answers findings. Its Worker names the server; its Store should be one of Stoppable.
	Engine *parry.Responder
	Log    *slog.Logger

	Queue       *queue.Queue // nil for none
	MaxReceives int          // of a message, before it is put aside
	Visibility  time.Duration

	Box      *spool.Box // nil where nothing comes over HTTP
	MaxTries int        // of a spooled event, before it is put aside

	Listener           net.Listener // nil for no HTTP at all
	TLSCert, TLSKey    string       // empty for plain HTTP
	Token, TokenHeader string       // of those who may send events

	Workers int
	Grace   time.Duration // how long a stop waits for what is in hand
	// Metrics answers GET /metrics; nil for none.
	Metrics http.Handler
	// Slack takes clicks in Slack, POST /slack/actions; nil for none.
	Slack http.Handler
	// Seal signs the log of all records; nil where nobody does.
	Seal func(context.Context) error
	// Archive brings what is signed out of the store's reach; nil where nobody does. What it cannot do before its context ends it does the next time.
	Archive func(context.Context) error
	Listing *Listing      // nil where nothing is listed
	Every   time.Duration // how often is looked for what was left half-way, and the log is sealed; a minute where it is not set
	Tick    time.Duration // how often is looked for what is due; five seconds where it is not set
	// Pages answers what people ask for, at every path that is not the server's own; nil for none.
	Pages http.Handler
	// Beside is done for as long as the server runs, beside all else; nil for nothing.
	Beside func(context.Context)
	// Idle leaves everything that is not asked for to other servers on the same store: nothing is taken up, told or signed here.
	Idle bool
	// Pause is how long something rests after it was tried so often; busy where it only waits for somebody else.
	Pause func(tries int, busy bool) time.Duration
}

// Server takes events in and has them answered.
type Server struct {
	o       Options
	intakes []*intake
	slots   chan *parry.Responder // the workers that are free
	sweeper *parry.Responder
	running sync.WaitGroup
	carry   chan func(context.Context) // what people have begun and is to be carried on
	ended   chan struct{}              // nothing is carried on any more
	ready   atomic.Bool
	counts  counts
}

// counts are what became of events since the start.
type counts struct {
	Answered, Again, Aside, Malformed, Refused, Resumed, InHand atomic.Int64
}

// named is a text that came in.
type named interface {
	Name() string
	Body() []byte
}

// delivery is a message that was taken and has to be given back in one of four ways.
type delivery interface {
	named
	Tries() int                                           // this one included
	Keep(ctx context.Context) error                       // it is worked on: nobody else gets it
	Done(ctx context.Context) error                       // it is forgotten
	Again(ctx context.Context, after time.Duration) error // it comes again
	Aside(ctx context.Context, why string) error          // a person has to look
}

var (
	_ delivery = (*queue.Message)(nil)
	_ delivery = (*spool.Item)(nil)
)

// intake is one way in.
type intake struct {
	name     string
	take     func(ctx context.Context, n int) ([]delivery, error)
	maxTries int
	keep     time.Duration             // how often a delivery has to be kept; 0 for never
	failing  atomic.Pointer[time.Time] // since when nothing can be taken
}

// New makes a server of its parts.
func New(o Options) (*Server, error) {
	if o.Queue == nil && o.Box == nil && (o.Pages == nil || !o.Idle) {
		return nil, parry.Errorf(parry.Invalid, "there is no way for events to come in").WithHint("set a queue, or an address and a token")
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	if o.Every == 0 {
		o.Every = time.Minute
	}
	if o.Tick == 0 {
		o.Tick = 5 * time.Second
	}
	s := &Server{o: o, slots: make(chan *parry.Responder, max(o.Workers, 1)), carry: make(chan func(context.Context)), ended: make(chan struct{})}
	for n := range cap(s.slots) {
		s.slots <- s.named(fmt.Sprintf("%s-%d", o.Engine.Worker, n+1))
	}
	s.sweeper = s.named(o.Engine.Worker + "-0")
	if o.Queue != nil {
		s.intakes = append(s.intakes, &intake{name: "queue", take: taker(o.Queue.Take), maxTries: o.MaxReceives, keep: o.Visibility / 2})
	}
	if o.Box != nil {
		s.intakes = append(s.intakes, &intake{name: "spool", take: taker(o.Box.Take), maxTries: o.MaxTries})
	}
	return s, nil
}

// named is the engine under another worker's name, which tells of its steps in the log. The parts of an engine are only read, and its
// store and its cloud may be used by many at once.
func (s *Server) named(worker string) *parry.Responder {
	e := *s.o.Engine
	e.Worker, e.Watch = worker, Watch(s.o.Log, e.Watch)
	return &e
}

// taker makes deliveries of what an intake gives.
func taker[T delivery](take func(context.Context, int) ([]T, error)) func(context.Context, int) ([]delivery, error) {
	return func(ctx context.Context, n int) ([]delivery, error) {
		got, err := take(ctx, n)
		all := make([]delivery, len(got))
		for i, d := range got {
			all[i] = d
		}
		return all, err
	}
}

// pause doubles: for what failed from ten seconds to a quarter of an hour, for what waits for somebody else from five seconds to a minute.
func pause(tries int, busy bool) time.Duration {
	d, most := 10*time.Second, 15*time.Minute
	if busy {
		d, most = 5*time.Second, time.Minute
	}
	for ; tries > 1 && d < most; tries-- {
		d *= 2
	}
	return min(d, most)
}

// Run serves until the context ends. Then it takes nothing more in, waits for what is in hand as long as the grace allows, and gives
// back what is not through: it is taken up by another worker, or at the next start.
func (s *Server) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	work = stopping(work)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.ready.Store(true)
	web := s.listen()
	var intake sync.WaitGroup
	for _, i := range s.intakes {
		intake.Go(func() { s.takeIn(ctx, work, i) })
	}
	if !s.o.Idle {
		s.running.Go(func() { s.tickOn(ctx, work) })
		s.running.Go(func() { s.tellOn(ctx) })
		s.running.Go(func() { s.resumeOn(ctx, work) })
		s.running.Go(func() { s.sealOn(ctx) })
		s.running.Go(func() { s.listOn(ctx, work) })
	}
	if s.o.Beside != nil {
		s.running.Go(func() { s.o.Beside(ctx) })
	}
	s.running.Go(func() { s.carryOn(ctx, work) })
	s.o.Log.Info("parry is running", "worker", s.o.Engine.Worker, "workers", cap(s.slots), "intakes", s.names(), "listen", s.address())

	var err error
	select {
	case <-ctx.Done():
	case err = <-web.failed:
	}
	s.ready.Store(false)
	s.o.Log.Info("parry is stopping: no new work", "in_hand", s.counts.InHand.Load(), "grace", s.o.Grace.String())
	stop() // where the web server ended by itself, the others are told in the same way
	err = errors.Join(err, web.close(work, s.o.Grace))
	intake.Wait()
	s.finish(stopWork)
	if !s.o.Idle {
		s.lastly(ctx)
	}
	s.o.Log.Info("parry has stopped", s.totals()...)
	return err
}

// finish waits for what is in hand, for as long as the grace allows, and then makes it stop.
func (s *Server) finish(stopWork func()) {
	through := make(chan struct{})
	go func() { // ends with the work, which stopWork ends
		s.running.Wait()
		close(through)
	}()
	grace := time.NewTimer(s.o.Grace)
	defer grace.Stop()
	select {
	case <-through:
		return
	case <-grace.C:
	}
	s.o.Log.Warn("the grace is over: what is in hand is given back", "in_hand", s.counts.InHand.Load())
	stopWork()
	<-through
}

func (s *Server) names() (all []string) {
	for _, i := range s.intakes {
		all = append(all, i.name)
	}
	return all
}

func (s *Server) address() string {
	if s.o.Listener == nil {
		return ""
	}
	return s.o.Listener.Addr().String()
}

// totals are the counts as the log has them.
func (s *Server) totals() []any {
	c := &s.counts
	return []any{"answered", c.Answered.Load(), "again", c.Again.Load(), "aside", c.Aside.Load(), "malformed", c.Malformed.Load(), "refused", c.Refused.Load(), "resumed", c.Resumed.Load()}
}
