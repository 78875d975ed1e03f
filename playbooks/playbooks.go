// Package playbooks is the catalogue: one folder a playbook, <name>/playbook.yaml, with its cases beside it.
package playbooks

import "embed"

// FS holds the catalogue's files.
//
//go:embed */playbook.yaml */cases/*.txtar */cases/stages.yaml
var FS embed.FS
