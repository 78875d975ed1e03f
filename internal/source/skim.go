package source

import (
	"bytes"
	"encoding/json"

	"parry"
	"parry/internal/pattern"
)

// skimmer makes events of what most of a long file is: events in EventBridge's envelope, and records of CloudTrail. It passes
// over the bytes once, and makes the event that toEvent makes, or none: whatever is odd is left to toEvent.
type skimmer struct {
	members pattern.Skimmer
	fields  [fieldCount][]byte
	words   map[string]string // texts that come again and again: Regions, accounts, services
}

// The members of an object that a skimmer looks at.
const (
	fieldVersion = iota
	fieldID
	fieldDetailType
	fieldSource
	fieldAccount
	fieldTime
	fieldRegion
	fieldResources
	fieldDetail
	fieldEventVersion
	fieldEventID
	fieldEventSource
	fieldEventName
	fieldEventType
	fieldEventTime
	fieldAWSRegion
	fieldRecipient
	fieldCount
)

// fieldOf is the number of a member; -1 for one that says nothing of the event, and ok is false for one that toEvent
// must decide on, as it may carry another event or make the object something else.
func fieldOf(name []byte) (field int, ok bool) {
	switch string(name) {
	case "version":
		return fieldVersion, true
	case "id":
		return fieldID, true
	case "detail-type":
		return fieldDetailType, true
	case "source":
		return fieldSource, true
	case "account":
		return fieldAccount, true
	case "time":
		return fieldTime, true
	case "region":
		return fieldRegion, true
	case "resources":
		return fieldResources, true
	case "detail":
		return fieldDetail, true
	case "eventVersion":
		return fieldEventVersion, true
	case "eventID":
		return fieldEventID, true
	case "eventSource":
		return fieldEventSource, true
	case "eventName":
		return fieldEventName, true
	case "eventType":
		return fieldEventType, true
	case "eventTime":
		return fieldEventTime, true
	case "awsRegion":
		return fieldAWSRegion, true
	case "recipientAccountId":
		return fieldRecipient, true
	case "Sns", "CloudTrailEvent", "body", "Type", "messageType":
		return -1, false
	}
	odd := bytes.IndexByte(name, '\\') >= 0 || bytes.EqualFold(name, []byte("schemaVersion")) || bytes.EqualFold(name, []byte("insightDetails"))
	return -1, !odd
}

// event makes an event of one JSON value. It keeps nothing of data.
func (s *skimmer) event(data []byte) (parry.Event, bool) {
	s.fields = [fieldCount][]byte{}
	whole := s.members.Members(data, func(name, value []byte) bool {
		field, ok := fieldOf(name)
		if !ok || field >= 0 && s.fields[field] != nil {
			return false
		}
		if field >= 0 {
			s.fields[field] = value
		}
		return true
	})
	switch source, detailType, detail := s.fields[fieldSource] != nil, s.fields[fieldDetailType] != nil, s.fields[fieldDetail] != nil; {
	case !whole:
		return parry.Event{}, false
	case source && detailType && detail:
		return s.envelope(data)
	}
	return s.trail(data)
}

// envelope makes an event of an EventBridge envelope.
func (s *skimmer) envelope(data []byte) (e parry.Event, ok bool) {
	for _, f := range [...]struct {
		field int
		to    *string
	}{
		{fieldVersion, &e.Version}, {fieldID, &e.ID}, {fieldDetailType, &e.DetailType}, {fieldSource, &e.Source}, {fieldAccount, &e.Account}, {fieldRegion, &e.Region},
	} {
		if s.fields[f.field] == nil {
			continue
		}
		text, ok := plainString(s.fields[f.field])
		if !ok {
			return e, false
		}
		if *f.to = ""; f.field == fieldID {
			*f.to = string(text)
		} else {
			*f.to = s.word(text)
		}
	}
	if t := s.fields[fieldTime]; t != nil && (t[0] != '"' || e.Time.UnmarshalJSON(t) != nil) {
		return e, false
	}
	if r := s.fields[fieldResources]; r != nil && json.Unmarshal(r, &e.Resources) != nil {
		return e, false
	}
	detail := s.fields[fieldDetail]
	if detail[0] != '{' || e.Source == guardDuty && e.DetailType == guardDutyFinding && !s.isCamel(detail) {
		return e, false
	}
	from := cap(data) - cap(detail) // a value is a part of data
	e.Raw = bytes.Clone(data)
	e.Detail = e.Raw[from : from+len(detail) : from+len(detail)]
	return e, true
}

// isCamel says whether no member of an object begins with a capital letter, see isPascal.
func (s *skimmer) isCamel(object []byte) bool {
	return s.members.Members(object, func(name, _ []byte) bool {
		return bytes.IndexByte(name, '\\') < 0 && (len(name) == 0 || name[0] < 'A' || name[0] > 'Z')
	})
}

// trail makes an event of a record of CloudTrail that has everything that newer ones have.
func (s *skimmer) trail(data []byte) (e parry.Event, ok bool) {
	var texts [fieldCount][]byte
	for _, f := range [...]int{fieldEventID, fieldEventSource, fieldEventType, fieldEventTime, fieldAWSRegion, fieldRecipient} {
		if s.fields[f] == nil {
			return e, false
		}
		if texts[f], ok = plainString(s.fields[f]); !ok || len(texts[f]) == 0 {
			return e, false
		}
	}
	if s.fields[fieldEventVersion] == nil || s.fields[fieldEventName] == nil || !bytes.HasSuffix(texts[fieldEventSource], []byte(".amazonaws.com")) {
		return e, false
	}
	r := trailRecord{
		eventSource: s.word(texts[fieldEventSource]), eventType: s.word(texts[fieldEventType]), id: string(texts[fieldEventID]), time: string(texts[fieldEventTime]),
		region: s.word(texts[fieldAWSRegion]), account: s.word(texts[fieldRecipient]),
	}
	if e.Source, e.DetailType = r.kind(); e.DetailType == "" || e.Time.UnmarshalJSON(s.fields[fieldEventTime]) != nil {
		return e, false
	}
	e.Version, e.Account, e.Region, e.Resources = "0", r.account, r.region, []string{}
	e.Raw, e.ID = r.envelope(e.Source, e.DetailType, data)
	end := len(e.Raw) - 1
	e.Detail = e.Raw[end-len(data) : end : end]
	return e, true
}

// plainString is the text of a JSON string that is written without escapes, in ASCII.
func plainString(value []byte) ([]byte, bool) {
	if value[0] != '"' {
		return nil, false
	}
	text := value[1 : len(value)-1]
	for _, b := range text {
		if b == '\\' || b >= 0x80 {
			return nil, false
		}
	}
	return text, true
}

// mostWords is how many texts a skimmer remembers.
const mostWords = 4096

// word is a text as a string, the same one for what comes again.
func (s *skimmer) word(text []byte) string {
	if w, ok := s.words[string(text)]; ok {
		return w
	}
	if s.words == nil || len(s.words) >= mostWords {
		s.words = map[string]string{}
	}
	w := string(text)
	if len(w) <= 64 {
		s.words[w] = w
	}
	return w
}
