// Package schemathesis holds an API against its OpenAPI document for the tests, with Schemathesis, which makes requests from the document: good ones,
// odd ones and bad ones. It is test support: nothing that is shipped imports it. It runs as a process of its own; `make tools` installs it.
package schemathesis

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Tester is an installed Schemathesis.
type Tester struct{ program string }

// Need is a Tester on the installed tools. The test is skipped where no tools are named, and where they do not have it: it is the tool that takes
// longest to install.
func Need(t testing.TB) *Tester {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	s := &Tester{filepath.Join(tools, "schemathesis", "bin", "schemathesis")}
	if _, err := os.Stat(s.program); err != nil {
		t.Skipf("schemathesis is not installed; run make tools: %v", err)
	}
	return s
}

// Run is what is asked of an API.
type Run struct {
	Document string // a file
	URL      string // what the paths of the document stand behind
	Token    string
	Config   string // a file of Schemathesis; empty for none
	Examples int    // for each operation
	Seed     int    // the same requests each time
}

// Try asks, and gives what was said, and whether all was well.
func (s *Tester) Try(ctx context.Context, r Run) (said string, well bool, err error) {
	var args []string
	if r.Config != "" {
		args = append(args, "--config-file", r.Config)
	}
	args = append(args, "--no-color", "run", r.Document, "--url", r.URL, "--header", "Authorization: Bearer "+r.Token, "--phases", "examples,coverage,fuzzing",
		"--max-examples", strconv.Itoa(r.Examples), "--seed", strconv.Itoa(r.Seed), "--workers", "1", "--suppress-health-check", "all",
		"--request-timeout", "10", "--warnings", "off", "--continue-on-failure")
	c := exec.CommandContext(ctx, s.program, args...)
	c.Dir, c.Env = filepath.Dir(r.Document), append(os.Environ(), "SCHEMATHESIS_HOOKS=", "NO_PROXY=127.0.0.1", "PYTHONUTF8=1")
	out, err := c.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 1 { // it found something
		return string(out), false, nil
	}
	return string(out), err == nil, err
}
