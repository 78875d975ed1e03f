// Package rules is the rule packs that come with Parry. All observe until a person turns them on.
package rules

import "embed"

// FS holds the packs.
//
//go:embed *.yaml
var FS embed.FS
