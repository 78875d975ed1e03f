package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
)

// WriteBack tells Security Hub what became of the findings that came from it: their workflow, and a note with the response's id. It
// changes nothing else, and no finding that came by another road. It is a parry.Teller.
//
// One call takes a hundred findings of one form (ASFF or OCSF), and gives all of them the same workflow and the same note. The note names the
// response, and a response is about one finding. So a few findings are updated with one call each; where many of one place come to the same end
// at once, as in a storm, some share a call and a note that names the responses of all of them. The limit is 10 calls a second for an account
// and Region, which holds for all workers, as only one of them tells at a time; what is throttled all the same is tried again by the SDK's
// retryer. Sources: BatchUpdateFindings, BatchUpdateFindingsV2 and Welcome, Security Hub API Reference.
type WriteBack struct {
	// Config gives a configuration for a place, whose credentials need its UpdatePermissions.
	Config func(ctx context.Context, p Place) (aws.Config, error)
	// Hub is where Security Hub is asked: the administrator's account and aggregation Region, which can update the findings of all
	// members. Where it is empty each finding is updated in its own account and Region.
	Hub Place
	// Link is the address of the console, to which the note points; empty for none.
	Link string
	// Memory is the store: it knows what was written already, whichever worker did.
	Memory Memory
	Sleep  func(ctx context.Context, d time.Duration) error
}

var _ parry.Teller = (*WriteBack)(nil)

// Memory is what WriteBack needs of a store.
type Memory interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
}

const (
	// callPause keeps the calls to one account and Region within 10 a second.
	callPause = 100 * time.Millisecond
	// callWithin bounds one call with all its retries, so that a place that does not answer does not use up the time of the others.
	callWithin = 20 * time.Second
	// placesAtOnce are called side by side.
	placesAtOnce = 8
)

// Tells implements parry.Teller.
func (w *WriteBack) Tells(resp parry.Response, rec parry.Record) bool {
	_, ok := addressOf(resp.Finding)
	return ok && tells(resp, rec)
}

// Tell implements parry.Teller. What was told already is not told again, whoever told it, and nothing older is told over something newer, as
// long as one worker tells at a time. The error's kind is Refused where the finding is not there any more, Invalid where it cannot be updated,
// and Fault where it may go well another time.
func (w *WriteBack) Tell(ctx context.Context, responses []parry.Response) map[string]error {
	errs := map[string]error{}
	var open []*finding
	for _, f := range w.findings(responses, errs) {
		switch err := w.open(ctx, f); {
		case err != nil:
			f.failed(errs, err)
		case f.news:
			open = append(open, f)
		}
	}
	var order []Place
	at := map[Place][]notice{}
	for _, n := range notices(open, w.Link) {
		if at[n.place] == nil {
			order = append(order, n.place)
		}
		at[n.place] = append(at[n.place], n)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, placesAtOnce)
	for _, p := range order {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			failed := w.tellPlace(ctx, at[p])
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(errs, failed)
		})
	}
	all.Wait()
	return errs
}

// tellPlace makes the calls to one place, one after the other. Where one finding may have spoiled a call, each is told of by itself. Where a call
// fails for the place's sake, the others would too, and are not made.
func (w *WriteBack) tellPlace(ctx context.Context, calls []notice) map[string]error {
	errs := map[string]error{}
	var broken error
	for first := true; len(calls) > 0; first = false {
		n := calls[0]
		calls = calls[1:]
		if !first && broken == nil {
			broken = w.Sleep(ctx, callPause)
		}
		if broken != nil {
			n.failed(errs, broken)
			continue
		}
		failed, err := w.send(ctx, n)
		switch {
		case errors.Is(err, errWhich), err != nil && parry.KindOf(err) == parry.Invalid && len(n.findings) > 1:
			calls = append(n.apart(w.Link), calls...)
		case err != nil:
			if n.failed(errs, err); parry.KindOf(err) != parry.Invalid {
				broken = err
			}
		default:
			w.remember(ctx, n, failed, errs)
		}
	}
	return errs
}

// finding is one finding, with the responses that have something new to tell of it.
type finding struct {
	at        address
	place     Place
	responses []parry.Response
	said      answers
	news      bool
	newest    parry.Response // of those that have something new
}

func (f *finding) name() string { return "securityhub " + f.at.digest() }

// failed says of each of its responses that it could not be told; no error says nothing.
func (f *finding) failed(errs map[string]error, err error) {
	if err == nil {
		return
	}
	for _, resp := range f.responses {
		errs[resp.ID] = notUpdated(resp, err)
	}
}

// findings sorts responses by what they are about, in their order.
func (w *WriteBack) findings(responses []parry.Response, errs map[string]error) []*finding {
	var all []*finding
	of := map[address]*finding{}
	for _, resp := range responses {
		at, ok := addressOf(resp.Finding)
		if !ok {
			continue
		}
		f := of[at]
		if f == nil {
			place, err := w.placeOf(at, resp.Finding)
			if err != nil {
				errs[resp.ID] = notUpdated(resp, err)
				continue
			}
			f = &finding{at: at, place: place}
			of[at], all = f, append(all, f)
		}
		f.responses = append(f.responses, resp)
	}
	return all
}

// open says what is new about a finding.
func (w *WriteBack) open(ctx context.Context, f *finding) error {
	word, err := w.Memory.Get(ctx, f.name())
	if err != nil {
		return err
	}
	f.said = answers{}
	if word != "" {
		if err := json.Unmarshal([]byte(word), &f.said); err != nil {
			return parry.Errorf(parry.Fault, "the store's word %q cannot be read: %w", f.name(), err)
		}
	}
	for _, resp := range f.responses {
		if f.said.take(resp) {
			f.news, f.newest = true, resp
		}
	}
	return nil
}

// remember stores what the findings of a call say now, but for those that were not updated. A crash before it has the same call made again, which
// changes nothing.
func (w *WriteBack) remember(ctx context.Context, n notice, failed map[int]error, errs map[string]error) {
	for i, f := range n.findings {
		err := failed[i]
		if err == nil {
			var next []byte
			if next, err = json.Marshal(f.said); err == nil {
				err = w.Memory.Set(ctx, f.name(), string(next))
			}
		}
		f.failed(errs, err)
	}
}

// placeOf is where Security Hub is asked about a finding.
func (w *WriteBack) placeOf(at address, f parry.Finding) (Place, error) {
	if w.Hub != (Place{}) {
		p := w.Hub
		p.Partition = parry.PartitionOf(p.Region)
		return p, nil
	}
	if parry.IsRegion(at.region) {
		f.Cloud.Region, f.Cloud.Partition = at.region, parry.PartitionOf(at.region)
	}
	return placeOf(f)
}

// notUpdated says which response could not be written, and keeps the kind and the hint.
func notUpdated(resp parry.Response, err error) error {
	return parry.Errorf(parry.KindOf(err), "response %s is not written back to Security Hub: %w", resp.ID, err)
}

// answers are the responses to one finding, by what they answer in which way: several playbooks and targets may have one each.
type answers map[string]answered

// answered is how far one response has come, and that it is the newest of its kind.
type answered struct {
	Response string    `json:"response"`
	Received time.Time `json:"received"`
	Seq      int       `json:"seq"`
	Done     bool      `json:"done,omitempty"`
}

// take adds how far a response has come; false where that is known already, or where something newer is.
func (a answers) take(resp parry.Response) bool {
	sum := sha256.Sum256([]byte(resp.Key))
	key := fmt.Sprintf("%x", sum[:8])
	was, known := a[key]
	switch {
	case known && was.Response == resp.ID && was.Seq >= resp.Untold.Seq:
		return false
	case known && was.Response != resp.ID && was.Received.After(resp.Times.Received):
		return false
	}
	a[key] = answered{Response: resp.ID, Received: resp.Times.Received, Seq: resp.Untold.Seq, Done: isDone(resp)}
	return true
}

// undone gives one response to the finding that is not done; empty where all are.
func (a answers) undone() string {
	first := ""
	for _, one := range a {
		if !one.Done && (first == "" || one.Response < first) {
			first = one.Response
		}
	}
	return first
}
