package parry

import (
	"encoding/json"
	"time"
)

// Event is one event as EventBridge, or CloudWatch Events before it, delivers it.
//
// Account and Region say where it was put on a bus. The resource may be elsewhere: the finding knows.
// Source: "Events and event patterns in Amazon EventBridge", AWS event structure.
type Event struct {
	Version    string          `json:"version,omitempty"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`

	// Raw is the event as rules match it: the envelope's own bytes, or for a finding that came bare the
	// envelope that AWS would have put round it.
	Raw []byte `json:"-"`
	// Place says where it was read, for messages to people: "event.json, line 3".
	Place string `json:"-"`
}
