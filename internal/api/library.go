package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"parry"
	"parry/internal/signin"
)

// Me is who asks.
type Me struct {
	ID   string `json:"id" doc:"what votes and records name"`
	Name string `json:"name" doc:"to be called by"`
	Role string `json:"role" enum:"viewer,approver,admin" doc:"what they may do"`
	Via  string `json:"via" doc:"how they are known: token, oidc or link"`
}

// Rule is a rule that is in force.
type Rule struct {
	Name      string         `json:"name" doc:"its name"`
	Summary   string         `json:"summary" doc:"what it is about"`
	Observe   bool           `json:"observe" doc:"it only watches: nothing is changed on any tier"`
	Otherwise bool           `json:"otherwise" doc:"it answers only what no other rule does"`
	When      string         `json:"when,omitempty" doc:"the condition on the finding, in CEL"`
	Match     any            `json:"match,omitempty" doc:"the pattern of events, as EventBridge would be given it"`
	Answers   []parry.Answer `json:"answers" nullable:"false" doc:"what it does: the playbooks that it runs, and how"`
	Scope     parry.Scope    `json:"scope" doc:"where it counts"`
	Limits    parry.Limits   `json:"limits" doc:"how much it does by itself"`
}

// Rules are all rules.
type Rules struct {
	Rules []Rule `json:"rules" nullable:"false" doc:"in their order"`
}

// Playbook is a playbook that rules can run.
type Playbook struct {
	Name       string     `json:"name" doc:"its name"`
	Summary    string     `json:"summary" doc:"what it does"`
	Target     string     `json:"target" doc:"the type of resource that it works on, as CloudFormation names it"`
	Risk       parry.Risk `json:"risk" doc:"how much its changes can hurt"`
	RiskReason string     `json:"risk_reason" doc:"why it has this risk"`
	Breaks     string     `json:"breaks" doc:"what the owner of the target will notice"`
	Digest     string     `json:"digest" doc:"of its text"`
	Params     []Param    `json:"params" nullable:"false" doc:"what a rule may set"`
}

// Param is something that a rule may set.
type Param struct {
	Name    string   `json:"name" doc:"its name"`
	Doc     string   `json:"doc" doc:"what it is for"`
	Type    string   `json:"type" doc:"string, int, bool, list(string) or list(int)"`
	Default any      `json:"default,omitempty" doc:"its value where the rule says nothing"`
	OneOf   []string `json:"one_of,omitempty" doc:"the values that it can have; not there where it can have any"`
}

// Playbooks are all playbooks.
type Playbooks struct {
	Playbooks []Playbook `json:"playbooks" nullable:"false" doc:"by name"`
}

// Figures are those of a rule on a tier.
type Figures struct {
	Rule    string              `json:"rule" doc:"the rule's name"`
	Tier    string              `json:"tier" doc:"what was decided"`
	Total   int                 `json:"total" doc:"how many responses"`
	States  map[parry.State]int `json:"states" doc:"how many in each state"`
	Detect  Spread              `json:"time_to_detect" doc:"from when the trouble was first seen to when Parry heard of it"`
	Respond Spread              `json:"time_to_respond" doc:"from then to the verified end, a person's time for a yes within"`
}

// Spread is the middle and the slow end of times.
type Spread struct {
	Known  int           `json:"known" doc:"of how many the time is known"`
	Median time.Duration `json:"median,omitempty" doc:"one of them is as long; in nanoseconds"`
	P95    time.Duration `json:"p95,omitempty" doc:"95 of 100 are no longer; in nanoseconds"`
}

// Stats are the figures of a time.
type Stats struct {
	Since time.Time `json:"since" doc:"of what was received from then on"`
	Rows  []Figures `json:"rows" nullable:"false" doc:"by rule and tier, in their order"`
}

type statsAsk struct {
	Since string `query:"since" default:"168h" pattern:"^([1-9][0-9]{0,3}h|[1-9][0-9]{0,5}m|[1-9][0-9]{0,7}s)$" doc:"how far back: a whole number of hours, minutes or seconds"`
}

// library registers what there is to know beside responses.
func (s *server) library() {
	add(s, operation{"show-me", http.MethodGet, "/v1/me", signin.Viewer, "Show who asks", "Whose token it is, and the role that goes with it.", nil, "about"}, s.me)
	add(s, operation{"list-rules", http.MethodGet, "/v1/rules", signin.Viewer, "List the rules", "The rules that are in force.", nil, "about"},
		func(context.Context, *struct{}) (Rules, error) { return Rules{append([]Rule{}, s.o.Rules()...)}, nil })
	add(s, operation{"list-playbooks", http.MethodGet, "/v1/playbooks", signin.Viewer, "List the playbooks", "The playbooks that rules can run.", nil, "about"},
		func(context.Context, *struct{}) (Playbooks, error) {
			return Playbooks{append([]Playbook{}, s.o.Playbooks()...)}, nil
		})
	add(s, operation{"show-stats", http.MethodGet, "/v1/stats", signin.Viewer, "Show how long it took",
		"How long it took to detect and to respond, by rule and tier: the median and the 95th percentile.", []int{http.StatusBadRequest}, "about"}, s.stats)
	add(s, operation{"show-document", http.MethodGet, "/v1/openapi.json", signin.Viewer, "Show this document", "The document that you read, in OpenAPI 3.1.", nil, "about"},
		func(context.Context, *struct{}) (json.RawMessage, error) { return s.doc, nil })
}

func (s *server) me(ctx context.Context, _ *struct{}) (Me, error) {
	p := signin.From(ctx)
	name := p.Name
	if name == "" {
		name = p.ID
	}
	return Me{ID: p.ID, Name: name, Role: p.Role.String(), Via: p.Via}, nil
}

func (s *server) stats(ctx context.Context, in *statsAsk) (Stats, error) {
	span, err := time.ParseDuration(in.Since)
	if err != nil {
		return Stats{}, parry.Errorf(parry.Invalid, "query.since: %q is no span of time", in.Since).WithHint("such as 168h")
	}
	select { // the store is gone through for it: one at a time
	case s.counting <- struct{}{}:
		defer func() { <-s.counting }()
	case <-ctx.Done():
		return Stats{}, parry.Errorf(parry.Fault, "whoever asked is gone: %w", ctx.Err())
	}
	since := s.o.Now().Add(-span)
	rows, err := s.o.Stats(ctx, since)
	return Stats{Since: since.UTC(), Rows: append([]Figures{}, rows...)}, err
}
