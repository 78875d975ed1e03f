// Package ocsfcheck holds findings against the schema of OCSF in the tests. It is test support: nothing that is shipped
// imports it.
//
// The judges are two Python packages that were made from OCSF's schema by others, in a venv of their own: see
// test/ocsf/requirements.txt. `make tools` installs them.
package ocsfcheck

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

// maxVerdict is the longest line that the judges answer.
const maxVerdict = 16 << 20

// Checker runs the judges. Its methods may be called from parallel tests; each call is one process of about a second,
// so ask about many findings at once.
type Checker struct{ dir string }

// Need is a Checker on the installed tools. The test is skipped where there are none, and fails where they are broken.
func Need(t testing.TB) *Checker {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	if _, err := os.Stat(filepath.Join(tools, "ocsf")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the judges of OCSF are not installed; run make tools")
	}
	c, err := New(tools)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// New is a Checker on the tools in toolsDir.
func New(toolsDir string) (*Checker, error) {
	dir := filepath.Join(toolsDir, "ocsf")
	for _, name := range []string{"validate.py", filepath.Join("bin", "python")} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("the judges of OCSF are not installed (make tools installs them): %w", err)
		}
	}
	return &Checker{dir}, nil
}

// Faults says for each object what is wrong with it; nothing where it is valid.
func (c *Checker) Faults(ctx context.Context, objects []map[string]any) ([][]string, error) {
	return c.FaultsIn(ctx, "1.8.0", objects)
}

// FaultsIn is Faults by another version of OCSF.
func (c *Checker) FaultsIn(ctx context.Context, version string, objects []map[string]any) ([][]string, error) {
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, o := range objects {
		if err := enc.Encode(o); err != nil {
			return nil, fmt.Errorf("write an object for the judges: %w", err)
		}
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(c.dir, "bin", "python"), filepath.Join(c.dir, "validate.py"), version)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run the judges of OCSF: %w\n%s", err, said.Bytes())
	}
	var all [][]string
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, maxVerdict)
	for lines.Scan() {
		var faults []string
		if err := json.Unmarshal(lines.Bytes(), &faults); err != nil {
			return nil, fmt.Errorf("read a verdict on OCSF: %w", err)
		}
		all = append(all, faults)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the verdicts on OCSF: %w", err)
	}
	if len(all) != len(objects) {
		return nil, fmt.Errorf("the judges of OCSF answered %d of %d objects", len(all), len(objects))
	}
	return all, nil
}
