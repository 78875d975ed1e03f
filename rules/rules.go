// Package rules is the rule packs that come with Parry. All observe until a person turns them on.
package rules

import "embed"

// FS holds the packs.
//
//go:embed *.yaml
var FS embed.FS

// Data holds the lists of what there is to answer: GuardDuty's finding types, Security Hub's controls, ATT&CK's techniques. Each file
// says where it comes from.
//
//go:embed data/*.tsv
var Data embed.FS
