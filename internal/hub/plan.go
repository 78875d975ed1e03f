package hub

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// Item is a finding that is to be published.
type Item struct {
	Finding parry.Finding
	// Rule is the rule that asked for it; empty where a person did.
	Rule string
	// Event is what the finding was read from. It is only kept with the item, so that what failed can be tried again.
	Event parry.Event
}

// Entry is a finding as it would be sent.
type Entry struct {
	Item
	ASFF types.AwsSecurityFinding
	Size int // in bytes, as JSON
}

// ID is the finding's id in Security Hub.
func (e Entry) ID() string { return aws.ToString(e.ASFF.Id) }

// Batch is what is sent in one call.
type Batch struct {
	Place   Place
	Entries []Entry
}

// Refusal is a finding that is not published, with the reason. An error of kind Refused says that there is nothing to be done,
// one of kind Invalid that the finding cannot be.
type Refusal struct {
	Item
	Err error
}

// Plan is what publishing would send. It is made without AWS, and is the same for the same findings.
type Plan struct {
	Batches []Batch
	Refused []Refusal
}

// Len is how many findings would be sent.
func (p Plan) Len() int {
	n := 0
	for _, b := range p.Batches {
		n += len(b.Entries)
	}
	return n
}

// NewPlan groups findings by account and Region into batches that one call can hold, in the order of their ids. With archived,
// findings that ask for nothing are published, as archived ones; without it they are not.
func NewPlan(items []Item, archived bool, now time.Time) Plan {
	var p Plan
	at := map[Place]map[string]Entry{}
	for _, i := range items {
		place, e, err := prepare(i, archived, now)
		if err != nil {
			p.Refused = append(p.Refused, Refusal{i, err})
			continue
		}
		if at[place] == nil {
			at[place] = map[string]Entry{}
		}
		if has, ok := at[place][e.ID()]; ok {
			var older Entry
			e, older = newer(has, e)
			p.Refused = append(p.Refused, Refusal{older.Item, parry.Errorf(parry.Refused, "the same finding is published in its state of %s", *e.ASFF.UpdatedAt)})
		}
		at[place][e.ID()] = e
	}
	for _, place := range slices.SortedFunc(maps.Keys(at), func(a, b Place) int { return strings.Compare(a.String(), b.String()) }) {
		p.Batches = append(p.Batches, batches(place, at[place])...)
	}
	return p
}

// newer tells two states of one finding apart. Of one batch Security Hub would take either.
func newer(a, b Entry) (newer, older Entry) {
	if cmp.Compare(*a.ASFF.UpdatedAt, *b.ASFF.UpdatedAt) > 0 {
		return a, b
	}
	return b, a
}

// prepare makes one finding ready, or says why it is not published.
func prepare(i Item, archived bool, now time.Time) (Place, Entry, error) {
	if why := there(i); why != "" {
		return Place{}, Entry{}, parry.Errorf(parry.Refused, "%s", why)
	}
	if i.Finding.Quiet != "" && !archived {
		return Place{}, Entry{}, parry.Errorf(parry.Refused, "asks for nothing: %s", cut(i.Finding.Quiet, 200))
	}
	place, err := placeOf(i.Finding)
	if err != nil {
		return Place{}, Entry{}, err
	}
	f, size, err := asff(i.Finding, i.Rule, now)
	return place, Entry{i, f, size}, err
}

// there says why a finding must not be published because it came from there: it would come back again, and so on for ever.
func there(i Item) string {
	arn := strings.SplitN(i.Finding.Metadata.Product.UID, ":", 6)
	switch {
	case strings.HasPrefix(i.Finding.Info.UID, parry.PublishedPrefix),
		i.Event.Source == "aws.securityhub",
		len(arn) == 6 && arn[0] == "arn" && arn[2] == "securityhub":
		return "is in Security Hub already"
	}
	return ""
}

// batches cuts the findings of one place into what one call can hold.
func batches(place Place, all map[string]Entry) []Batch {
	var out []Batch
	size := 0
	for _, id := range slices.Sorted(maps.Keys(all)) {
		e := all[id]
		last := len(out) - 1
		if last < 0 || len(out[last].Entries) == maxBatch || size+e.Size+1 > maxBatchSize {
			const around = len(`{"Findings":[]}`)
			out, last, size = append(out, Batch{Place: place}), last+1, around
		}
		out[last].Entries = append(out[last].Entries, e)
		size += e.Size + 1 // the comma
	}
	return out
}
