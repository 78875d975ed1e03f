package rollout

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"parry"
	"parry/internal/deploy"
)

// Do is what is done with a part of a deployment.
type Do string

// What there is to do.
const (
	Nothing   Do = "nothing"
	Create    Do = "create"
	Update    Do = "update"
	Again     Do = "again"     // a first try failed and left a stack that can only be deleted: it is, and made anew
	Delete    Do = "delete"    // the stack, or the set with all its stacks
	Elsewhere Do = "elsewhere" // these credentials cannot reach the account
	Blocked   Do = "blocked"   // something has to end or to be put right first
)

// Plan is what would be done, in this order. Nothing of it is done before somebody says yes to its digest.
type Plan struct {
	Name  string `json:"name"`  // of the deployment
	By    string `json:"by"`    // whose credentials these are: an ARN
	Steps []Step `json:"steps"` // in their order
	// Warnings are what a person should know before the yes.
	Warnings []string `json:"warnings,omitempty"`
	Digest   string   `json:"digest"`

	down bool
}

// Step is one part of a deployment.
type Step struct {
	Part      string       `json:"part"` // the file that it is made from
	Name      string       `json:"name"` // of the stack or the stack set
	Set       bool         `json:"set"`  // it is a stack set
	Account   string       `json:"account"`
	Region    string       `json:"region"`
	Do        Do           `json:"do"`
	Why       string       `json:"why,omitempty"`
	State     string       `json:"state,omitempty"` // CloudFormation's own word; of a set, how many of its stacks are in which
	Failed    []failure    `json:"failed,omitempty"`
	Differs   bool         `json:"differs,omitempty"` // the template is not the one that is deployed
	Resources []Resource   `json:"resources,omitempty"`
	Params    []Param      `json:"parameters,omitempty"`
	Add       []deployedAt `json:"add,omitempty"`      // stacks that a set lacks
	Remove    []deployedAt `json:"remove,omitempty"`   // stacks of a set that it should not have
	Again     []deployedAt `json:"again,omitempty"`    // stacks of a set that are not as it is
	Stacks    int          `json:"stacks,omitempty"`   // of a set, that are changed or deleted with it
	Kept      []string     `json:"kept,omitempty"`     // what outlives the stack
	Template  string       `json:"template,omitempty"` // the SHA-256 of the template

	where deploy.Where
	body  []byte
}

// failure is why a stack of a set is not as the set is.
type failure struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Reason  string `json:"reason"`
}

// deployedAt is where a stack of a set is.
type deployedAt struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// Resource is a change of one resource of a template.
type Resource struct {
	Do   string   `json:"do"` // add, change or remove
	ID   string   `json:"id"`
	Type string   `json:"type"`
	What []string `json:"what,omitempty"` // the properties and attributes that differ
}

// Param is a parameter of a stack that changes.
type Param struct {
	Name string `json:"name"`
	Was  string `json:"was"`
	Is   string `json:"is"`
}

// Changes tells whether there is anything to do.
func (p *Plan) Changes() bool {
	for _, s := range p.Steps {
		if s.Do != Nothing && s.Do != Elsewhere && s.Do != Blocked {
			return true
		}
	}
	return false
}

// Whole tells whether everything is as it should be: nothing to do, nothing that is out of reach, nothing in the way.
func (p *Plan) Whole() bool {
	for _, s := range p.Steps {
		if s.Do != Nothing {
			return false
		}
	}
	return true
}

// blocked is an error that names what is in the way, or nil.
func (p *Plan) blocked() error {
	for _, s := range p.Steps {
		if s.Do == Blocked {
			return parry.Errorf(parry.Refused, "%s: %s", s.Name, s.Why)
		}
	}
	return nil
}

// seal gives the plan its digest: of all that it would do, and not of who asks.
func (p *Plan) seal() error {
	text, err := json.Marshal([]any{p.Name, p.down, p.Steps})
	if err != nil {
		return parry.Errorf(parry.Fault, "%w", err)
	}
	p.Digest = fmt.Sprintf("sha256:%x", sha256.Sum256(text))
	return nil
}
