package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"parry"
)

// Event is what of a CloudTrail record is compared. Source: "CloudTrail record contents" and "CloudTrail userIdentity element", AWS
// CloudTrail User Guide.
type Event struct {
	ID             string    `json:"event_id"`
	At             time.Time `json:"at"`
	Call           string    `json:"call"` // eventSource's first word and eventName: "iam:UpdateAccessKey"
	RequestID      string    `json:"request_id,omitempty"`
	ErrorCode      string    `json:"error,omitempty"`
	Account        string    `json:"account,omitempty"`
	Region         string    `json:"region,omitempty"`
	Principal      string    `json:"principal,omitempty"`
	SourceIdentity string    `json:"source_identity,omitempty"`
}

// ParseEvent reads one record of CloudTrail; ok is false for what is none.
func ParseEvent(record []byte) (e Event, ok bool) {
	var r struct {
		EventID, EventSource, EventName, RequestID, ErrorCode, RecipientAccountID, AwsRegion string

		EventTime    time.Time
		UserIdentity struct {
			ARN            string
			SessionContext struct{ SourceIdentity string }
		}
	}
	if err := json.Unmarshal(record, &r); err != nil || r.EventSource == "" || r.EventName == "" {
		return e, false
	}
	service, _, _ := strings.Cut(r.EventSource, ".")
	return Event{
		ID: r.EventID, At: r.EventTime, Call: service + ":" + r.EventName, RequestID: r.RequestID, ErrorCode: r.ErrorCode,
		Account: r.RecipientAccountID, Region: r.AwsRegion, Principal: r.UserIdentity.ARN, SourceIdentity: r.UserIdentity.SessionContext.SourceIdentity,
	}, true
}

// of tells whether the event is of the response's session: its source identity, or the session's name.
func (e Event) of(id string) bool {
	return e.SourceIdentity == id || strings.Contains(e.Principal, ":assumed-role/") && sessionOf(e.Principal) == id
}

// Pair is one call as both sides tell it; one side is nil where it does not know of the call.
type Pair struct {
	Seq    int            `json:"seq,omitempty"` // of our record
	Ours   *parry.Outcome `json:"ours,omitempty"`
	Theirs *Event         `json:"theirs,omitempty"`
	// Note says what does not fit; Alarm that it must not be: a call under the response's name that Parry did not record, or one
	// that both know differently.
	Note  string `json:"note,omitempty"`
	Alarm bool   `json:"alarm,omitempty"`
}

// Missing tells whether CloudTrail does not know of our call.
func (p Pair) Missing() bool { return p.Theirs == nil }

// Join puts the calls in a response's records and the events of CloudTrail side by side, by AWS's request id. Events that are
// neither of its calls nor of its session are left out. The table says what a call reads in its course.
func Join(id string, records []parry.Record, events []Event, table parry.Catalog) []Pair {
	ours := calls(records)
	var pairs []Pair
	used := make([]bool, len(events))
	for _, c := range ours {
		p := Pair{Seq: c.Seq, Ours: c.Call}
		if i := slices.IndexFunc(events, func(e Event) bool { return c.Call.RequestID != "" && e.RequestID == c.Call.RequestID }); i >= 0 {
			for k := range events { // the same event may stand in several files
				used[k] = used[k] || events[k].RequestID == events[i].RequestID
			}
			p.Theirs = &events[i]
			p.Note, p.Alarm = differs(c.Call, events[i], table)
		} else if i := slices.IndexFunc(events, func(e Event) bool {
			return c.Call.State == parry.Intended && e.of(id) && sameCall(c.Call.Call.Op, e.Call)
		}); i >= 0 && !used[i] {
			used[i] = true
			p.Theirs, p.Note = &events[i], "the answer was lost: CloudTrail has a call that fits"
		} else {
			p.Note = unmatched(c.Call)
		}
		pairs = append(pairs, p)
	}
	again := map[string]int{} // attempts beyond the last, which the record is of, by operation
	for _, c := range ours {
		again[c.Call.Call.Op] += max(c.Call.Attempts-1, 0)
	}
	told := map[string]bool{}
	for i, e := range events {
		if used[i] || !e.of(id) || told[e.ID] && e.ID != "" {
			continue
		}
		told[e.ID] = true
		p := Pair{Theirs: &events[i], Note: "made in the response's session, and not in its records", Alarm: true}
		if slices.ContainsFunc(ours, func(c parry.Record) bool { return readsFirst(c.Call.Call.Op, e.Call, table) }) {
			p.Note, p.Alarm = "what a call in the records reads in its course", false
		}
		for op, n := range again {
			if n > 0 && sameCall(op, e.Call) {
				again[op]--
				p.Note, p.Alarm = "an earlier attempt of a call that was sent again", false
				break
			}
		}
		pairs = append(pairs, p)
	}
	slices.SortStableFunc(pairs, func(a, b Pair) int { return a.at().Compare(b.at()) })
	return pairs
}

func (p Pair) at() time.Time {
	if p.Theirs != nil && p.Ours == nil {
		return p.Theirs.At
	}
	return p.Ours.At
}

// calls are the last words of the records on each call: what came of it, or that it was about to be made where nothing came.
func calls(records []parry.Record) (all []parry.Record) {
	var open *parry.Record
	for i, rec := range records {
		if rec.Call == nil {
			continue
		}
		switch rec.Kind {
		case parry.MoveIntent:
			if open != nil {
				all = append(all, *open)
			}
			open = &records[i]
		case parry.MoveCall:
			open = nil
			all = append(all, rec)
		}
	}
	if open != nil {
		all = append(all, *open)
	}
	return all
}

// sameCall compares an operation's name with CloudTrail's: the SDK's package is not always the service there (elbv2), and some services
// write the version behind the name (UpdateFunctionCode20150331v2).
func sameCall(op, event string) bool {
	_, a, _ := strings.Cut(op, ":")
	_, b, _ := strings.Cut(event, ":")
	return a == b || strings.HasPrefix(b, a+"20")
}

// readsFirst tells whether an event is what an operation asks first, of what it sends again: see parry.Operation.Completes.
func readsFirst(op, event string, table parry.Catalog) bool {
	read := table[op].Completes
	return read != "" && sameCall(read, event)
}

// differs says what both sides know differently of a call.
func differs(o *parry.Outcome, e Event, table parry.Catalog) (note string, alarm bool) {
	switch {
	case o.State == parry.CallFail && e.ErrorCode != "" && readsFirst(o.Call.Op, e.Call, table):
		return "what it reads first failed, and it was not made", false
	case !sameCall(o.Call.Op, e.Call):
		return "the records say " + o.Call.Op, true
	case o.State == parry.Made && e.ErrorCode != "":
		return "the records say that it was made, and CloudTrail that it failed", true
	case o.State == parry.CallFail && e.ErrorCode == "":
		return "the records say that it failed, and CloudTrail that it was made", true
	case e.Account != "" && o.Call.Account != "" && e.Account != o.Call.Account:
		return "the records say account " + o.Call.Account, true
	}
	return "", false
}

// unmatched says why a call of ours may not be in CloudTrail.
func unmatched(o *parry.Outcome) string {
	switch {
	case o.RequestID == "" && o.State == parry.Intended:
		return "it was about to be made, and nobody knows whether it was"
	case o.RequestID == "":
		return "it has no request id: it did not reach AWS"
	}
	return "not in CloudTrail: it comes up to 15 minutes late, and " + cmp.Or(strings.SplitN(o.Call.Op, ":", 2)[0], "the service") + " may keep it as a data event"
}
