package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
)

// WriteBack tells Security Hub what became of the findings that came from it: their workflow, and a note with the response's id. It
// changes nothing else, and no finding that came by another road.
//
// One call takes a hundred findings, and gives all of them the same note and the same mark. Both name the response, and a response
// is about one finding: so there is one call for each. The limit is 10 calls a second for an account and Region; what is throttled
// is tried again by the SDK's retryer. Source: BatchUpdateFindings, Security Hub API Reference.
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
}

// Memory is what WriteBack needs of a store.
type Memory interface {
	Set(ctx context.Context, name, word string) error
	Get(ctx context.Context, name string) (string, error)
	Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error
	Release(ctx context.Context, resource, holder string) error
}

// lease is longer than the SDK tries one call.
const lease = 2 * time.Minute

// Moved writes what a record says about a response, where it says something that Security Hub is to know. To tell it the same again
// does nothing. The error's kind is Refused where the finding is not there any more, Invalid where it cannot be updated, and Conflict
// or Fault where it may go well another time.
func (w *WriteBack) Moved(ctx context.Context, resp parry.Response, rec parry.Record) error {
	if !tells(resp, rec) {
		return nil
	}
	at, ok := addressOf(resp.Finding)
	if !ok {
		return nil
	}
	place, err := w.placeOf(at, resp.Finding)
	if err != nil {
		return notUpdated(resp, err)
	}
	name := "securityhub " + at.digest()
	if err := w.Memory.Claim(ctx, name, resp.ID, w.Now(), lease); err != nil {
		return notUpdated(resp, err)
	}
	err = w.write(ctx, name, place, at, resp, rec)
	if freed := w.Memory.Release(ctx, name, resp.ID); err == nil {
		err = freed
	}
	return err
}

// write makes the call, and then remembers it. A crash in between has the same call made again, which changes nothing.
func (w *WriteBack) write(ctx context.Context, name string, place Place, at address, resp parry.Response, rec parry.Record) error {
	word, err := w.Memory.Get(ctx, name)
	if err != nil {
		return notUpdated(resp, err)
	}
	said := answers{}
	if word != "" {
		if err := json.Unmarshal([]byte(word), &said); err != nil {
			return notUpdated(resp, parry.Errorf(parry.Fault, "the store's word %q cannot be read: %w", name, err))
		}
	}
	if !said.take(resp, rec) {
		return nil
	}
	if err := w.send(ctx, place, at, newUpdate(resp, said, w.Link)); err != nil {
		return notUpdated(resp, err)
	}
	next, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return w.Memory.Set(ctx, name, string(next))
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

// take adds what a record says; false where it is known already, or where something newer is. What counts is the state in which the
// response is now, which may be newer than the record.
func (a answers) take(resp parry.Response, rec parry.Record) bool {
	sum := sha256.Sum256([]byte(resp.Key))
	key := fmt.Sprintf("%x", sum[:8])
	was, known := a[key]
	switch {
	case known && was.Response == resp.ID && was.Seq >= rec.Seq:
		return false
	case known && was.Response != resp.ID && was.Received.After(resp.Times.Received):
		return false
	}
	a[key] = answered{Response: resp.ID, Received: resp.Times.Received, Seq: rec.Seq, Done: isDone(resp)}
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
