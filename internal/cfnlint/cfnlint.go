// Package cfnlint holds CloudFormation templates against AWS's own schemas for the tests, with cfn-lint, which AWS keeps. It is test support:
// nothing that is shipped imports it. The linter runs as a process of its own; `make tools` installs it.
package cfnlint

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Linter is an installed cfn-lint.
type Linter struct{ program string }

// Need is a Linter on the installed tools. The test is skipped where no tools are named, and fails where they are named but broken.
func Need(t testing.TB) *Linter {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	l := &Linter{filepath.Join(tools, "cfn", "bin", "cfn-lint")}
	if _, err := os.Stat(l.program); err != nil {
		t.Fatalf("cfn-lint is not installed (make tools installs it): %v", err)
	}
	return l
}

// Faults is what is wrong with templates for the Regions that they are meant for, a line each: errors and warnings alike.
func (l *Linter) Faults(ctx context.Context, regions []string, paths ...string) ([]string, error) {
	args := append([]string{"--format", "json", "--regions"}, regions...)
	out, err := exec.CommandContext(ctx, l.program, append(append(args, "--"), paths...)...).Output()
	if _, found := err.(*exec.ExitError); err != nil && !found { // it ends with another code where it finds something
		return nil, err
	}
	var found []struct {
		Filename, Level, Message string
		Rule                     struct{ ID string }
		Location                 struct{ Path []any }
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("cfn-lint said %q: %w", out, err)
	}
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s: %s %s at %v: %s", filepath.Base(f.Filename), f.Level, f.Rule.ID, f.Location.Path, f.Message))
	}
	return all, nil
}
