// Package playbook reads playbooks and plans with them. A playbook is a desired state, written as what to read and
// which calls are missing for the state to hold; it is one YAML file and needs no Go.
//
// Everything that can be wrong in a playbook is found when it is loaded: unknown fields and operations, a field that the
// SDK's types do not have, a value of the wrong type, a write that nobody can take back and that does not say so.
// Messages name file, line, column, and what was probably meant.
package playbook

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"time"

	"parry"
	"parry/internal/expr"
	"parry/internal/strictyaml"
)

// Playbook is one checked playbook.
type Playbook struct {
	Name       string
	Summary    string
	Target     string // CloudFormation's name of the resource type it works on
	Risk       parry.Risk
	RiskReason string
	Breaks     string   // what it breaks, for whoever owns the target
	Attack     []string // ATT&CK techniques that it answers
	Controls   []string // Security Hub controls that it fixes
	GuardDuty  []string // GuardDuty finding types, or prefixes of them
	Procedure  []string // where the procedure comes from
	Params     []Param
	Digest     string // of its text
	Text       []byte

	texts   []Text
	values  []*value // reads and lets, each after what it uses
	gone    []guard
	refuse  []guard
	changes []*change
	env     *expr.Env
	catalog parry.Catalog
}

// Param is something that a rule may set.
type Param struct {
	Name    string
	Doc     string
	Type    string // string, int, bool, list(string), list(int)
	Default any    // as JSON
	OneOf   []string
}

// Text is something that a playbook passes on word for word, such as a script.
type Text struct{ Name, Text string }

// Texts are the playbook's texts, in their order.
func (p *Playbook) Texts() []Text { return p.texts }

// value is one read or one named expression.
type value struct {
	name string
	node *strictyaml.Node
	// a read
	op     *parry.Operation
	with   *expr.Template
	region *expr.Template
	when   *expr.Expr
	each   *loop
	pick   *expr.Expr
	absent []string // error codes that mean "not set": the value is null
	gone   []string // error codes that mean "the target is not there"
	// a let
	let *expr.Expr
}

// loop repeats a read or changes for each element of a list.
type loop struct {
	as  string
	in  *expr.Expr
	key *expr.Expr // of an element, to name it by
}

// guard is a condition with the words for people when it holds.
type guard struct {
	when *expr.Expr
	why  *expr.Template
}

// change is one call that may be missing, or a loop of such.
type change struct {
	id   string
	node *strictyaml.Node
	each *loop
	// a loop has steps, and nothing below
	steps []*change

	why          *expr.Template
	when         *expr.Expr
	find         *expr.Expr
	op           *parry.Operation
	with         *expr.Template
	region       *expr.Template
	needs        map[string]*expr.Template
	state        *expr.Expr
	after        *expr.Template
	undo         []undo
	undoVolatile []string
	irreversible string
	kept         string
	restoredBy   string
	until        string
	wait         time.Duration
	settled      *expr.Expr
	failed       *expr.Template // why it never will be settled; "" while it may
	volatile     []string
	races        []string // error codes after which it is planned and made again
	loops        bool     // it stands in a loop
}

// undo is one call that takes a change back.
type undo struct {
	when   *expr.Expr
	op     *parry.Operation
	with   *expr.Template
	region *expr.Template
	needs  map[string]*expr.Template
}

// digest names a playbook's text.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Ops are the operations that the playbook reads with.
func (p *Playbook) Ops() []string {
	var all []string
	for _, v := range p.values {
		if v.op != nil {
			all = append(all, v.op.Name)
		}
	}
	return all
}

// flat are the changes with the loops opened, in order.
func (p *Playbook) flat() []*change {
	var all []*change
	for _, c := range p.changes {
		if c.steps != nil {
			all = append(all, c.steps...)
			continue
		}
		all = append(all, c)
	}
	return all
}

// find looks a change up by its id.
func (p *Playbook) find(id string) *change {
	for _, c := range p.flat() {
		if c.id == id {
			return c
		}
	}
	return nil
}

var (
	targetType  = reflect.TypeFor[parry.Target]()
	findingType = reflect.TypeFor[parry.Finding]()
)
