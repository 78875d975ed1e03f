// Package numbers counts what became of the findings of a time: responses by tier, outcome, rule, account, playbook, day and month, how long
// it took to detect and to respond, who said yes, what is noise, which exemptions there are, how far the record is proved, and what is covered.
//
// All of it comes from the store as it is and the rules as they are now. It reads the responses once, page by page, and keeps of each no
// more than two times and three places in lists.
package numbers

import (
	"time"

	"parry/internal/telemetry"
)

// Numbers are the figures of a time.
type Numbers struct {
	Since time.Time `json:"since"` // what was received from here on
	Until time.Time `json:"until"` // and before
	At    time.Time `json:"at"`    // when it was counted

	Responses  int     `json:"responses"`
	ByTier     []Count `json:"by_tier"`     // the tier that was decided; the most first, as in all lists without a time
	ByState    []Count `json:"by_state"`    // where the responses stand
	ByOutcome  []Count `json:"by_outcome"`  // the same in fewer words, of which each response has one: see Outcomes
	ByRule     []Count `json:"by_rule"`     // "none" is what no rule answers
	ByAccount  []Count `json:"by_account"`  // of the target; of the finding where there is no target
	ByPlaybook []Count `json:"by_playbook"` // "none" is what was only told
	ByDay      []Day   `json:"by_day"`      // in UTC, without gaps, the oldest first
	ByMonth    []Day   `json:"by_month"`

	Times      Times       `json:"times"`
	Acted      Acted       `json:"acted"`
	Noise      Noise       `json:"noise"`
	Findings   []Count     `json:"top_findings"` // the types of findings that came most often, at most 20
	Exemptions []Exemption `json:"exemptions"`
	Audit      Audit       `json:"audit"`
	Coverage   []Covered   `json:"coverage"`
}

// Count is how often something is there.
type Count struct {
	Key   string `json:"key"`
	Count int    `json:"count"`
}

// Day is what was received on a day, 2026-10-01, or in a month, 2026-10.
type Day struct {
	Key      string         `json:"key"`
	Count    int            `json:"count"`
	Outcomes map[string]int `json:"outcomes,omitempty"`
}

// The outcomes, each in one word for people.
const (
	Automatic = "automatic" // done and verified, and a rule said yes
	Approved  = "approved"  // done and verified, and people said yes
	Undone    = "undone"
	Failed    = "failed"
	Rejected  = "rejected"
	Expired   = "expired"
	Waiting   = "waiting"
	UnderWay  = "under way"
	Told      = "told" // left to people: alerted, or on hold
	NoPlan    = "no plan"
	Nothing   = "nothing to do"
)

// Outcomes are all outcomes, in the order in which people look for them.
func Outcomes() []string {
	return []string{Automatic, Approved, Undone, Failed, Rejected, Expired, Waiting, UnderWay, Told, NoPlan, Nothing}
}

// Times are how long it took.
type Times struct {
	All       Timing   `json:"all"`
	ByRule    []Timing `json:"by_rule"` // only what has a time, in the order of the keys
	ByAccount []Timing `json:"by_account"`
	ByDay     []Timing `json:"by_day"` // by when the finding was received
	ByWeek    []Timing `json:"by_week"`
	ByMonth   []Timing `json:"by_month"`
}

// Timing is the time to detect, from when the trouble was first seen to when Parry heard of it, and the time to respond, from then to the
// verified end.
type Timing struct {
	Key     string           `json:"key,omitempty"`
	Detect  telemetry.Spread `json:"time_to_detect"`
	Respond telemetry.Spread `json:"time_to_respond"`
}

// Acted is who said what, and what came of it. A response that a rule said yes to and that was taken back counts in both.
type Acted struct {
	Automatic  int     `json:"automatic"`   // a rule said yes
	Approved   int     `json:"approved"`    // people said yes
	ApprovedBy []Count `json:"approved_by"` // each person's yes
	Rejected   int     `json:"rejected"`
	RejectedBy []Count `json:"rejected_by"`
	Expired    int     `json:"expired"`
	Undone     int     `json:"undone"`
	Failed     int     `json:"failed"`
	Waiting    int     `json:"waiting"`
}

// Noise is what came and asked for nothing.
type Noise struct {
	SeenAgain int         `json:"seen_again"` // how often a finding came that was known already
	ByRule    []RuleNoise `json:"by_rule"`    // the noisiest first
}

// RuleNoise is the noise of a rule.
type RuleNoise struct {
	Rule      string `json:"rule"`
	Responses int    `json:"responses"`
	SeenAgain int    `json:"seen_again"`
	Told      int    `json:"told"`
	Nothing   int    `json:"nothing_to_do"`
	Percent   int    `json:"percent"` // of its responses that were told, or had nothing to do
}

// Exemption is one exemption of a rule.
type Exemption struct {
	Rule   string    `json:"rule"`
	What   string    `json:"what"` // is exempt
	Owner  string    `json:"owner"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
	End    string    `json:"end"`   // as the rule's file says it; empty for none
	State  string    `json:"state"` // one of the words below
}

// How an exemption stands.
const (
	Running  = "running"
	EndsSoon = "ends soon" // within 14 days
	Ended    = "ended"     // it counts no more, and can be taken out of the file
	Endless  = "no end"
)

// Audit is how far the record is proved.
type Audit struct {
	Checkpoints int    `json:"checkpoints"` // that the store has
	Length      int64  `json:"length"`      // what the longest of them says that the log's length is; no signature was looked at
	Verified    bool   `json:"verified"`    // it was held to the keys
	OK          bool   `json:"ok"`          // it was verified, and nothing was changed
	Covered     int64  `json:"covered"`     // records under the newest checkpoint that is as it must be
	Note        string `json:"note"`        // all that in a sentence
	// At is the time of the newest good checkpoint; Records, Unlogged and Faults are as 'parry audit verify' tells them.
	At       time.Time `json:"at,omitzero"`
	Records  int       `json:"records,omitempty"`
	Unlogged int       `json:"unlogged,omitempty"`
	Faults   int       `json:"faults,omitempty"`
	First    []string  `json:"first_faults,omitempty"` // at most 10
}

// Covered is how much of an area's group, a service or a tactic of ATT&CK, has a response. The group of an area's sum is empty.
type Covered struct {
	Area    string `json:"area"`
	Group   string `json:"group,omitempty"`
	Items   int    `json:"items"`
	Auto    int    `json:"auto"`
	Approve int    `json:"approve"`
	Alert   int    `json:"alert"`
	None    int    `json:"none"`
}
