package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
)

// WriteBack tells Security Hub what became of the findings that came from it: their workflow, and a note with the response's id. It
// changes nothing else, and no finding that came by another road. It is a parry.Teller.
//
// One call takes a hundred findings, and gives all of them the same note. The note names the response, and a response is about one finding.
// So a few findings are updated with one call each; where many of one place come to the same end at once, as in a storm, some share a call and
// a note that names the responses of all of them. The limit is 10 calls a second for an account and Region; what is throttled all the same is
// tried again by the SDK's retryer. Source: BatchUpdateFindings, Security Hub API Reference.
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
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
}

var _ parry.Teller = (*WriteBack)(nil)

// Memory is what WriteBack needs of a store.
type Memory interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
	Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error
	Release(ctx context.Context, resource, holder string) error
}

// lease is longer than what is told in one go takes.
const lease = 5 * time.Minute

// callPause keeps the calls to one account and Region within 10 a second.
const callPause = 100 * time.Millisecond

// Tells implements parry.Teller.
func (w *WriteBack) Tells(resp parry.Response, rec parry.Record) bool {
	_, ok := addressOf(resp.Finding)
	return ok && tells(resp, rec)
}

// Tell implements parry.Teller. What was told already is not told again, whoever told it, and nothing older is told over something newer. The
// error's kind is Refused where the finding is not there any more, Invalid where it cannot be updated, and Conflict or Fault where it may go
// well another time.
func (w *WriteBack) Tell(ctx context.Context, responses []parry.Response) map[string]error {
	errs := map[string]error{}
	var open []*finding
	for _, f := range w.findings(responses, errs) {
		switch err := w.open(ctx, f); {
		case err != nil:
			f.failed(errs, err)
		case f.news:
			open = append(open, f)
		default:
			f.failed(errs, w.Memory.Release(ctx, f.name(), f.holder()))
		}
	}
	called := map[Place]bool{}
	for _, b := range notices(open, w.Link) {
		if called[b.place] {
			if err := w.Sleep(ctx, callPause); err != nil {
				b.failed(errs, err)
				continue
			}
		}
		called[b.place] = true
		w.tell(ctx, b, errs)
	}
	return errs
}

// tell makes one call, and then remembers what was told. A crash in between has the same call made again, which changes nothing.
func (w *WriteBack) tell(ctx context.Context, b notice, errs map[string]error) {
	failed, err := w.send(ctx, b)
	for i, f := range b.findings {
		told := err
		if told == nil {
			told = failed[i]
		}
		if told == nil {
			told = w.remember(ctx, f)
		}
		if freed := w.Memory.Release(ctx, f.name(), f.holder()); told == nil {
			told = freed
		}
		f.failed(errs, told)
	}
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

func (f *finding) name() string   { return "securityhub " + f.at.digest() }
func (f *finding) holder() string { return f.responses[0].ID }

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

// open takes the finding for this worker, and says what is new about it.
func (w *WriteBack) open(ctx context.Context, f *finding) error {
	if err := w.Memory.Claim(ctx, f.name(), f.holder(), w.Now(), lease); err != nil {
		return err
	}
	word, err := w.Memory.Get(ctx, f.name())
	f.said = answers{}
	if err == nil && word != "" {
		if err = json.Unmarshal([]byte(word), &f.said); err != nil {
			err = parry.Errorf(parry.Fault, "the store's word %q cannot be read: %w", f.name(), err)
		}
	}
	if err != nil {
		return errors.Join(err, w.Memory.Release(ctx, f.name(), f.holder()))
	}
	for _, resp := range f.responses {
		if f.said.take(resp) {
			f.news, f.newest = true, resp
		}
	}
	return nil
}

// remember stores what the finding says now.
func (w *WriteBack) remember(ctx context.Context, f *finding) error {
	next, err := json.Marshal(f.said)
	if err != nil {
		return err
	}
	return w.Memory.Set(ctx, f.name(), string(next))
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
