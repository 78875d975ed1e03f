package parry

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Tier says what is done with a plan. The zero value tells and does nothing.
type Tier int

// The tiers, from the most careful on.
const (
	TierAlert   Tier = iota // tell a person, change nothing: for what is of high risk
	TierApprove             // ask a person first: medium risk
	TierAuto                // do it: low risk
)

// String is the tier as rule files write it.
func (t Tier) String() string {
	switch t {
	case TierAuto:
		return "auto"
	case TierApprove:
		return "approve"
	default:
		return "alert"
	}
}

// ParseTier reads a tier as rule files write it; ok is false for anything else.
func ParseTier(s string) (t Tier, ok bool) {
	for _, t := range []Tier{TierAlert, TierApprove, TierAuto} {
		if t.String() == s {
			return t, true
		}
	}
	return TierAlert, false
}

// MarshalText writes the tier as rule files do.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a tier. A word that is no tier is the zero tier and an error.
func (t *Tier) UnmarshalText(b []byte) error {
	v, ok := ParseTier(string(b))
	*t = v
	if !ok {
		return Errorf(Invalid, "tier %q is none of auto, approve, alert", b)
	}
	return nil
}

// Risk is how much a playbook's changes can hurt.
type Risk string

// The risks a playbook can declare. Each allows a tier at the most.
const (
	RiskLow    Risk = "low"
	RiskMedium Risk = "medium"
	RiskHigh   Risk = "high"
)

// Ceiling is the boldest tier that a risk allows: low is done, medium asks, high and anything unknown tells.
func (r Risk) Ceiling() Tier {
	switch r {
	case RiskLow:
		return TierAuto
	case RiskMedium:
		return TierApprove
	default:
		return TierAlert
	}
}

// Answer is one playbook that a rule wants run, and how.
type Answer struct {
	Rule     string         `json:"rule"`
	Playbook string         `json:"playbook"`
	Params   map[string]any `json:"params,omitempty"`
	Tier     Tier           `json:"tier"`
	// Accept is the risk that the rule's owner takes on knowingly, in place of the ceiling that goes with the tier.
	Accept Risk `json:"accept,omitempty"`
	// Why is the rule's own reason for the answer: above all why nothing is done where it only tells.
	Why string `json:"why,omitempty"`
	// On says which of the finding's targets the playbook works on; empty for those that go without saying, see Targets.
	On     On     `json:"on,omitempty"`
	Scope  Scope  `json:"scope,omitzero"`
	Limits Limits `json:"limits,omitzero"`
	// For is how long what was done stays: then it is taken back by itself. Zero is for good.
	For time.Duration `json:"for,omitempty"`
	// Publish is where the finding is written beside the store: "securityhub", or nowhere.
	Publish string `json:"publish,omitempty"`
	// Observe holds the rule back: plans are made and told, nothing is done. A fresh install observes.
	Observe bool `json:"observe,omitempty"`
}

// onlyTells says of an answer without a playbook that nothing is done, and why: for the rule's own reason, and for what of the finding
// is no target.
func (a Answer) onlyTells(f Finding) string {
	text := "rule " + a.Rule + " only tells"
	if a.Why != "" {
		text += ": " + a.Why
	}
	if len(f.Unresolved) > 0 {
		text += "; " + strings.Join(f.Unresolved, "; ")
	}
	return text
}

// On says whether an answer is for what was done to, or for who did it.
type On string

// What an answer can be for.
const (
	OnResource On = "resource"
	OnActor    On = "actor"
)

// roleActor is the role of a target that is the one who acts: GuardDuty's word, and the caller's of a call in CloudTrail.
const roleActor = "ACTOR"

// PublishSecurityHub is the one place that a rule can have findings written into.
const PublishSecurityHub = "securityhub"

// TargetsOf are the finding's targets of a type that the answer is for. Of a call that CloudTrail tells they are what was called
// for, and the caller only where the answer says so: who creates a public bucket is not to lose his role for it. Of any other
// finding they are all of them, where the answer does not choose.
func (a Answer) TargetsOf(f Finding, typ string) []Target {
	on := a.On
	if on == "" && f.IsCall() {
		on = OnResource
	}
	return slices.DeleteFunc(f.TargetsOf(typ), func(t Target) bool {
		return on == OnActor && t.Role != roleActor || on == OnResource && t.Role == roleActor
	})
}

// Matcher says which answers an event's finding gets.
type Matcher interface {
	// Match returns the answers of every rule that wants the event and its finding, and why the others do not.
	Match(ctx context.Context, e Event, f Finding) (answers []Answer, misses []Miss, err error)
}

// Miss says why a rule did not want an event.
type Miss struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}
