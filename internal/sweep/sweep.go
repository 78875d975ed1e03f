// Package sweep lists what services have open, for what no event may have told: those of IAM Access Analyzer, AWS Config, Inspector,
// Macie and CloudTrail are delivered at best effort; and for the backlog of Security Hub. What it finds goes the way of an event: each
// item is JSON as the service's API answers it, which the decoders of events read as it is.
//
// Source: "Event delivery level for AWS services", Amazon EventBridge Events Reference.
package sweep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"parry"
)

// Place is where a service is asked.
type Place struct{ Account, Region, Partition string }

func (p Place) String() string { return p.Account + "/" + p.Region }

// Item is one finding, evaluation or record.
type Item struct {
	Source string
	Place  Place
	Raw    json.RawMessage
}

// Source is a service that can be listed.
type Source struct {
	Name    string
	Summary string
	// Actions are the actions of IAM that listing needs.
	Actions []string
	open    func(cfg aws.Config, w window) lister
}

// Permissions are what listing needs. Sessions are narrowed to the actions: each lists all there is of an account and Region.
func (s Source) Permissions() []parry.Permission {
	var all []parry.Permission
	for _, a := range s.Actions {
		all = append(all, parry.Permission{Action: a, Resources: []string{"*"}})
	}
	return all
}

// window is what a listing is of.
type window struct {
	place  Place
	since  time.Time // what changed at or after it; zero for all
	now    time.Time // when the listing began: the token of a page is good for the same question only
	events []string  // names of CloudTrail's events
}

// lister lists a service in parts: by analyzer, by rule, by name of event. A service that has none has one part without a name.
type lister struct {
	parts func(ctx context.Context) ([]string, error)
	// page gives a page of a part, of at most n items, and where the next one begins; empty after the last one.
	page func(ctx context.Context, part, token string, n int32) (items []json.RawMessage, next string, err error)
	most int32 // the largest page that the service gives
}

// onePart is the parts of a service that has none.
func onePart(context.Context) ([]string, error) { return []string{""}, nil }

// Sweeper lists sources, page by page. Throttling is tried again by the SDK's retryer, and by nothing else.
type Sweeper struct {
	// Config gives a configuration for a source in a place, with credentials that have the source's permissions there.
	Config func(ctx context.Context, s Source, p Place) (aws.Config, error)
	// Words remembers where a listing stands; nil to remember nothing, as where nothing is done with what is found.
	Words Words
	Now   func() time.Time
}

// Words is what a Sweeper needs of a store.
type Words interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
}

// Options say what is listed.
type Options struct {
	// Since leaves out what did not change since; zero goes on where the last listing that came to its end began, or lists all.
	Since time.Time
	// Limit ends a listing after so many items; the next one goes on from there. 0 is none.
	Limit int
	// Events are the names of the events that are looked up in CloudTrail, which cannot list all.
	Events []string
}

// Report is what a listing found.
type Report struct {
	Found int
	Pages int
	More  bool // the limit ended it
}

// overlap is how much earlier than the last listing the next one begins: services show what is new after a while. Source: "Working
// with CloudTrail event history": within about 5 minutes on the average; a good deal more is allowed here, as what comes twice is seen once.
const overlap = 15 * time.Minute

// Sweep lists one source in one place, and gives each item to handle. The place that it has come to is remembered after each page, so
// that what is ended early goes on there. An item that handle fails on does not stop the others; the place is then that of its page,
// from which the next listing goes on, and the error tells the first that failed.
func (s *Sweeper) Sweep(ctx context.Context, src Source, p Place, o Options, handle func(context.Context, Item) error) (Report, error) {
	run := &run{Sweeper: s, src: src, place: p, limit: o.Limit, handle: handle}
	err := run.all(ctx, o)
	if err == nil && run.failed > 0 {
		err = parry.Errorf(parry.KindOf(run.first), "%d of %d items failed and will be listed again, the first: %w", run.failed, run.report.Found, run.first)
	}
	if err != nil {
		err = explained(src, p, err)
	}
	return run.report, err
}

// run is one listing.
type run struct {
	*Sweeper
	src    Source
	place  Place
	limit  int
	handle func(context.Context, Item) error
	mark   bookmark
	report Report
	failed int // items
	first  error
}

func (r *run) all(ctx context.Context, o Options) error {
	cfg, err := r.Config(ctx, r.src, r.place)
	if err != nil {
		return err
	}
	if r.mark, err = r.recall(ctx); err != nil {
		return err
	}
	if !r.mark.under(o.Since) {
		r.mark = bookmark{Since: r.mark.from(o.Since), Began: r.Now().UTC()}
	}
	cfg = tapped(cfg)
	cfg.Region = r.place.Region
	l := r.src.open(cfg, window{place: r.place, since: r.mark.Since, now: r.mark.Began, events: o.Events})
	parts, err := l.parts(ctx)
	if err != nil {
		return err
	}
	slices.Sort(parts)
	for _, part := range slices.Compact(parts) {
		if r.mark.Done != "" && part <= r.mark.Done {
			continue
		}
		if more, err := r.part(ctx, l, part); err != nil || more {
			r.report.More = more
			return err
		}
	}
	return r.keep(ctx, bookmark{Next: r.mark.Began.Add(-overlap)})
}

// part lists one part; more tells that the limit ended it.
func (r *run) part(ctx context.Context, l lister, part string) (more bool, err error) {
	token := ""
	if r.mark.Part == part {
		token = r.mark.Token
	}
	remembered := token != ""
	for {
		n := l.most
		if r.limit > 0 {
			if n = min(n, int32(min(r.limit-r.report.Found, 1<<20))); n <= 0 {
				return true, nil
			}
		}
		items, next, err := l.page(ctx, part, token, n)
		if err != nil && remembered && isBadToken(err) {
			token, remembered = "", false // it was too old: the part is listed anew
			continue
		}
		if err != nil {
			return false, err
		}
		remembered = false
		for _, raw := range items {
			if err := r.handle(ctx, Item{r.src.Name, r.place, raw}); err != nil {
				r.failed++
				r.first = cmp.Or(r.first, err)
			}
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		r.report.Found += len(items)
		r.report.Pages++
		if next != "" && next == token {
			return false, parry.Errorf(parry.Fault, "the same page came twice")
		}
		if token = next; token == "" {
			r.mark.Done, r.mark.Part, r.mark.Token = part, "", ""
		} else {
			r.mark.Part, r.mark.Token = part, token
		}
		if err := r.keep(ctx, r.mark); err != nil || token == "" {
			return false, err
		}
	}
}

// isBadToken knows the answers to the token of a page that is not there any more.
func isBadToken(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains([]string{
		"InvalidNextTokenException", "ValidationException", "InvalidInputException", "InvalidNextToken",
	}, api.ErrorCode())
}

// explained says where a listing failed, with the next step where there is a usual one.
func explained(src Source, p Place, err error) error {
	e := parry.Errorf(parry.KindOf(err), "%s in %s: %w", src.Name, p, err)
	var api smithy.APIError
	if !errors.As(err, &api) {
		return e
	}
	switch api.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "InvalidAccessException":
		return e.WithHint("the service must be enabled there, and the role needs %v", src.Actions)
	}
	return e
}
