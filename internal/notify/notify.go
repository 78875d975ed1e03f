package notify

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
)

const (
	// callWithin bounds one call to a channel.
	callWithin = 10 * time.Second
	// batchWithin is how long one channel is told of one batch: the others wait for its end.
	batchWithin = 20 * time.Second
	// closedFor is how long a channel whose provider failed is left alone, where the provider does not say.
	closedFor = 30 * time.Second
)

// Memory is what is needed of a store: what was told, whichever worker did.
type Memory interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
}

// Options are what channels work with.
type Options struct {
	Store   Memory
	Now     func() time.Time
	Log     *slog.Logger                 // nil for none
	Link    func(response string) string // the page of a response, and of all of them for ""; nil where there is no console
	Secrets Secrets
	Client  *http.Client // nil for one of its own
	// AWS is the configuration to call AWS with in a Region, where one is said; nil where AWS is not asked.
	AWS func(ctx context.Context, region string) (aws.Config, error)
	// Count, where given, is told of each piece of news: what came of it is "told", "failed", "dead" or "grouped".
	Count func(channel, what string)
}

// Notifier is the channels of a file, opened.
type Notifier struct {
	file *File
	o    Options
	outs []*outlet
}

// New opens the channels of a file: it reads their secrets, and calls nobody else. All that is wrong is told at once.
func New(ctx context.Context, f *File, o Options) (*Notifier, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Link == nil {
		o.Link = func(string) string { return "" }
	}
	if o.Count == nil {
		o.Count = func(string, string) {}
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	own := *o.Client
	// What is sent holds secrets and findings: it goes where the file says, and nowhere else.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.Client = &own
	n := &Notifier{file: f, o: o}
	var wrong []error
	for _, e := range f.Channels {
		ch, err := e.open(ctx, o)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		n.outs = append(n.outs, &outlet{name: e.Name, channel: ch, n: n})
	}
	return n, errors.Join(wrong...)
}

// Unopened are the channels of a file for a process that has not their secrets, such as a command on somebody's own machine: what they are to tell is
// stored, and told by one that has.
func Unopened(f *File, o Options) *Notifier {
	n := &Notifier{file: f, o: o}
	for _, e := range f.Channels {
		n.outs = append(n.outs, &outlet{name: e.Name, n: n})
	}
	return n
}

// open makes the channel.
func (e Entry) open(ctx context.Context, o Options) (Channel, error) {
	typ, _ := typeOf(e.Type)
	v := e.values
	v.text = map[string]string{}
	for name, text := range e.values.text {
		v.text[name] = text
		if e.values.secrets[name] == nil {
			continue
		}
		secret, err := o.Secrets.get(ctx, text)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%s: %s: %w", e.place(), name, err)
		}
		v.text[name] = secret
	}
	ch, err := typ.open(v, opening{name: e.Name, now: o.Now, client: o.Client, aws: o.AWS})
	if err != nil {
		hint := parry.HintOf(err)
		wrong := parry.Errorf(parry.Invalid, "%s: %w", e.place(), err)
		if hint != "" {
			wrong = wrong.WithHint("%s", hint)
		}
		return nil, wrong
	}
	return ch, nil
}

// Tellers are the channels as an engine has them: each tells by itself.
func (n *Notifier) Tellers() parry.Tellers {
	var all parry.Tellers
	for _, o := range n.outs {
		all = append(all, parry.NamedTeller{Name: "channel " + o.name, Teller: o})
	}
	return all
}

// Test sends a marked message to a channel, without remembering anything.
func (n *Notifier) Test(ctx context.Context, channel string) error {
	for _, o := range n.outs {
		if o.name == channel {
			ctx, cancel := context.WithTimeout(ctx, callWithin)
			defer cancel()
			_, err := o.channel.Tell(ctx, n.sample(), "")
			return err
		}
	}
	return parry.Errorf(parry.NotFound, "there is no channel %q", channel).WithHint("the names are in the file of channels")
}

// sample is a response that is none, for a test of a channel. Nobody can say yes to it: no store has it.
func (n *Notifier) sample() News {
	now := n.o.Now()
	resp := parry.Response{
		ID: "pr-test", State: parry.Alerted, Stored: parry.Alerted, Reason: "somebody tests this channel with 'parry notify test'; nothing is wrong",
		Finding: parry.Finding{Time: now.UnixMilli(), SeverityID: parry.SeverityInformational, Severity: "Informational",
			Info: parry.FindingInfo{UID: "test", Title: "This is a test of Parry", Types: []string{"test"}}},
		Answer: parry.Answer{Rule: "test"}, Times: parry.Times{Received: now},
	}
	return News{Kind: Told, Response: resp, Link: n.o.Link("")}
}

// outlet is one channel as a teller. It remembers in the store what it told, so that nothing is told twice, whichever worker does.
type outlet struct {
	name    string
	channel Channel
	n       *Notifier

	mu    sync.Mutex
	until time.Time // the provider fails, and is left alone
	why   error
}

var _ parry.Teller = (*outlet)(nil)

// Tells implements parry.Teller.
func (c *outlet) Tells(resp parry.Response, rec parry.Record) bool {
	k := kindOfMove(resp, rec.Kind)
	return k != "" && (c.routed(k, resp) || c.follows(k, resp))
}

func (c *outlet) routed(k Kind, resp parry.Response) bool {
	for _, name := range c.n.file.To(k, resp) {
		if name == c.name {
			return true
		}
	}
	return false
}

// follows tells whether the channel may have told of what the news goes on with: who was asked is to see what became of it.
func (c *outlet) follows(k Kind, resp parry.Response) bool {
	switch k {
	case Asked: // anew
		return resp.Asked != nil && (c.routed(Reminded, resp) || c.routed(Escalated, resp))
	case Begun:
		return resp.Asked != nil && (c.routed(Asked, resp) || c.routed(Reminded, resp) || c.routed(Escalated, resp))
	case Ended:
		return c.routed(Begun, resp) || c.follows(Begun, resp)
	}
	return false
}

// kindOfMove is the news that a move makes; empty for none. What nobody asked for and needs nothing is none, such as an archived finding, and
// what no rule wants is none of Parry's business.
func kindOfMove(resp parry.Response, m parry.Move) Kind {
	switch m {
	case parry.MoveAsked, parry.MoveReplanned:
		return Asked
	case parry.MoveReminded:
		return Reminded
	case parry.MoveEscalated:
		return Escalated
	case parry.MoveTold:
		return toldKind(resp)
	case parry.MoveApproved:
		return Begun
	case parry.MoveRejected, parry.MoveExpired, parry.MoveVerified, parry.MoveFailed, parry.MoveUndone:
		return Ended
	}
	return ""
}

// toldKind is the news of a response that ended without a change.
func toldKind(resp parry.Response) Kind {
	switch {
	case resp.Asked != nil:
		return Ended
	case resp.State == parry.Nothing || resp.Answer.Rule == "":
		return ""
	}
	return Told
}

// isNow are the kinds of news that a response is as it stands, the most urgent first.
func isNow(resp parry.Response) []Kind {
	switch resp.State {
	case parry.Waiting:
		var all []Kind
		if q := resp.Asked; q != nil && len(q.Escalated) > 0 {
			all = append(all, Escalated)
		}
		if q := resp.Asked; q != nil && q.Reminded > 0 {
			all = append(all, Reminded)
		}
		return append(all, Asked)
	case parry.Approved, parry.Applying, parry.Verifying:
		return []Kind{Begun}
	case parry.Done, parry.Failed, parry.Rejected, parry.Expired, parry.Undone:
		return []Kind{Ended}
	case parry.Alerted, parry.Held, parry.Unreadable, parry.Nothing:
		if k := toldKind(resp); k != "" {
			return []Kind{k}
		}
	}
	return nil
}

// Tell implements parry.Teller.
func (c *outlet) Tell(ctx context.Context, responses []parry.Response) map[string]error {
	errs := map[string]error{}
	if c.channel == nil {
		for _, resp := range responses {
			errs[resp.ID] = &parry.Later{Err: parry.Errorf(parry.Fault, "its channels are not open here"), Untried: true}
		}
		return errs
	}
	g, began := c.grouping(), c.n.o.Now()
	for _, resp := range responses {
		if c.n.o.Now().Sub(began) > batchWithin {
			errs[resp.ID] = &parry.Later{Err: parry.Errorf(parry.Fault, "the channel is slow"), Untried: true}
			continue
		}
		if err := c.tell(ctx, resp, g); err != nil {
			errs[resp.ID] = err
		}
	}
	g.flush(ctx, errs)
	for _, resp := range responses {
		c.count(resp, errs[resp.ID])
	}
	return errs
}

// count counts what came of telling, and logs what is given up.
func (c *outlet) count(resp parry.Response, err error) {
	var later *parry.Later
	promised := errors.As(err, &later)
	switch kind := parry.KindOf(err); {
	case err == nil, promised && later.Untried:
		return
	case !promised && (kind == parry.Refused || kind == parry.Invalid), resp.Untold != nil && resp.Untold.Tries+1 >= parry.MostTries:
		c.n.o.Count(c.name, "dead")
		c.n.o.Log.Warn("a channel is not told, and it is not tried again", "channel", c.name, "response", resp.ID, "error", clean(err.Error()), "next", parry.HintOf(err))
	default:
		c.n.o.Count(c.name, "failed")
	}
}

// tell tells of one response, if there is anything new.
func (c *outlet) tell(ctx context.Context, resp parry.Response, g *grouping) error {
	h, err := c.heard(ctx, resp.ID)
	if err != nil {
		return err
	}
	k := c.news(resp, h)
	switch {
	case k == "":
		return g.carry(ctx, h, resp) // it may be the one by which its storm is told
	case h.Storm != "":
		return g.goOn(ctx, h, k, resp)
	case !h.Alone:
		if joined, err := g.join(ctx, k, resp); joined || err != nil {
			return err
		}
		h.Alone = true
		if err := c.remember(ctx, resp.ID, h); err != nil {
			return err
		}
	}
	ref, err := c.call(ctx, func(ctx context.Context) (string, error) {
		return c.channel.Tell(ctx, News{Kind: k, Response: resp, Link: c.n.o.Link(resp.ID)}, h.Ref)
	})
	if err != nil {
		return err
	}
	c.n.o.Count(c.name, "told")
	h.Ref = ref
	h.has(resp)
	return c.remember(ctx, resp.ID, h)
}

// news is what is new to the channel about a response; empty for nothing, or nothing that it is to know.
func (c *outlet) news(resp parry.Response, h heard) Kind {
	for _, k := range isNow(resp) {
		if !h.lacks(k, resp) {
			continue
		}
		if c.routed(k, resp) || h.Key != "" && (k == Asked || k == Begun || k == Ended) {
			return k
		}
	}
	return ""
}

// call calls the provider, unless it failed a moment ago: then what is to be told stays due, and is not even tried.
func (c *outlet) call(ctx context.Context, do func(context.Context) (string, error)) (string, error) {
	now := c.n.o.Now()
	c.mu.Lock()
	until, why := c.until, c.why
	c.mu.Unlock()
	if now.Before(until) {
		return "", &parry.Later{Err: why, After: until.Sub(now), Untried: true}
	}
	within, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	ref, err := do(within)
	if err == nil {
		return ref, nil
	}
	if kind := parry.KindOf(err); kind == parry.Refused || kind == parry.Invalid {
		return "", err
	}
	after := time.Duration(0)
	var says interface{ RetryAfter() time.Duration }
	if errors.As(err, &says) {
		after = says.RetryAfter()
	}
	if ctx.Err() == nil {
		c.mu.Lock()
		c.until, c.why = now.Add(max(after, closedFor)), err
		c.mu.Unlock()
	}
	return "", &parry.Later{Err: err, After: after}
}
