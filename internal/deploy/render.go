package deploy

import (
	"encoding/json"

	"parry"
)

// Wish is all that a rendering is made from.
type Wish struct {
	Org       *Org
	Playbooks []Playbook // those that the rules use
	Rules     []Rule     // in their order
}

// Playbook is what a deployment must know of one.
type Playbook struct {
	Name        string
	Summary     string
	Permissions []parry.Permission // in any account and Region that is watched
	Regions     []string           // where it is limited to, such as us-east-1 for global services; empty for all that are watched
	Controls    []string           // Security Hub controls that it puts right
}

// Rule is what a deployment must know of one of Parry's rules.
type Rule struct {
	Name    string
	Pattern json.RawMessage // as EventBridge takes it
}

// File is one file of a rendering.
type File struct {
	Name string
	Body []byte
	Why  string // one sentence: what it is and where it goes
}
