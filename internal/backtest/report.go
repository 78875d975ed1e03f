package backtest

import (
	"time"

	"parry"
)

// Report is what would have happened.
type Report struct {
	// Partial says why the run ended before all was read; empty for a whole one.
	Partial string `json:"partial,omitempty"`
	// State is what the plans were made on: "none", "given", "recorded" or "live".
	State string `json:"state"`

	Files      int       `json:"files"`
	PassedOver int       `json:"passed_over"` // files that hold no events, by their names
	Bytes      int64     `json:"bytes"`       // as they lie in the files
	Events     int       `json:"events"`
	From       time.Time `json:"from,omitzero"` // the events' own time
	To         time.Time `json:"to,omitzero"`

	Unreadable  Unreadable `json:"unreadable"`
	Unwanted    Counts     `json:"unwanted"`     // events that no rule's pattern wants, by source and detail-type
	NotFindings Counts     `json:"not_findings"` // events that a rule wants and that no decoder reads
	Findings    int        `json:"findings"`     // in the events that some rule wants
	Quiet       Counts     `json:"quiet"`        // findings that ask for nothing, by reason
	Unanswered  Counts     `json:"unanswered"`   // findings that no rule answers, as no condition holds, by type

	Rules []Rule `json:"rules"` // the rule with the most matches first
	Noise Noise  `json:"noise"`
}

// Unreadable is what could not be read, the first of it with its place.
type Unreadable struct {
	N     int     `json:"n"`
	First []Fault `json:"first,omitempty"`
}

// Fault is one thing that could not be read.
type Fault struct {
	Place string `json:"place,omitempty"` // where the reason does not say it
	Why   string `json:"why"`
}

// Rule is what one rule would have done.
type Rule struct {
	Name     string `json:"name"`
	Observes bool   `json:"observes,omitempty"` // as its file says; what is told here is what it would do if it acted
	// Matched are findings that the rule answers, Findings the different ones of them. Again is the difference: the noise.
	Matched  int      `json:"matched"`
	Findings Distinct `json:"findings"`
	Again    int      `json:"again"`
	Targets  Distinct `json:"targets"`
	PerDay   float64  `json:"per_day"` // matches, in the mean
	Busiest  Peak     `json:"busiest"` // hour of the clock, of matches
	// Oldest is the greatest age of a finding's last word when its event came.
	Oldest int64  `json:"oldest_seconds,omitempty"`
	Misses Counts `json:"misses"` // why its condition did not hold

	// The rest counts answers: one for each finding, playbook and target, however often the finding came.
	Answers    int            `json:"answers"`
	NoTarget   Counts         `json:"no_target"`    // answers for which the finding names no target
	OutOfScope Counts         `json:"out_of_scope"` // targets that the rule leaves alone, by reason
	Tiers      Tiers          `json:"tiers"`
	Lowered    Counts         `json:"lowered"` // why the tier is lower than the rule asks for
	Plans      Plans          `json:"plans"`
	Operations map[string]int `json:"operations,omitempty"` // calls of the plans' changes
	Budget     Budget         `json:"budget"`
}

// Tiers are what was decided, where something is to be done.
type Tiers struct {
	Auto    int `json:"auto"`
	Approve int `json:"approve"`
	Alert   int `json:"alert"`
}

func (t *Tiers) add(tier parry.Tier) {
	switch tier {
	case parry.TierAuto:
		t.Auto++
	case parry.TierApprove:
		t.Approve++
	default:
		t.Alert++
	}
}

// Plans are what came of planning.
type Plans struct {
	Changes int    `json:"changes"` // plans that change something
	Nothing int    `json:"nothing"` // everything was as the playbook wants it
	Refused int    `json:"refused"` // by the playbook
	Gone    int    `json:"gone"`    // the target did not exist
	NotMade Counts `json:"not_made"`
}

// Budget is what the rule would have applied by itself.
type Budget struct {
	Limits  parry.Limits `json:"limits,omitzero"`
	Applied int          `json:"applied"`
	Hits    int          `json:"hits"` // how often a limit per hour made it ask
	// Most is the most that would have been applied within one hour without such a limit, MostInAccount the same in one account.
	Most          Peak `json:"most"`
	MostInAccount Peak `json:"most_in_account"`
}

// Noise is what comes again and again.
type Noise struct {
	Rules   []NoisyRule `json:"rules,omitempty"` // those with the most matches for each target
	Targets []Count     `json:"targets,omitempty"`
}

// NoisyRule is how often a rule matched for each of its targets.
type NoisyRule struct {
	Rule      string  `json:"rule"`
	PerTarget float64 `json:"per_target"`
}
