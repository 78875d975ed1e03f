// Package parquetcheck reads Parquet files with a reader that was not written here, in the tests. It is test support: nothing that is shipped
// imports it.
//
// The reader is Apache Arrow's, in a venv of its own: see test/parquet/requirements.txt. `make tools` installs it.
package parquetcheck

import (
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

// File is what a Parquet file holds.
type File struct {
	Rows         []map[string]any
	Types        map[string]string // of the columns, in Arrow's words
	Compressions []string
	Groups       []int64 // bytes of each group of rows, before they were compressed
	Version      string
}

// Reader runs the reader. Each call is one process of about half a second.
type Reader struct{ dir string }

// Need is a Reader with the installed tools. The test is skipped where there are none, and fails where they are broken.
func Need(t testing.TB) *Reader {
	t.Helper()
	dir := filepath.Join(os.Getenv("PARRY_TOOLS"), "parquet")
	if os.Getenv("PARRY_TOOLS") == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the reader of Parquet is not installed; run make tools")
	}
	if _, err := os.Stat(filepath.Join(dir, "read.py")); err != nil {
		t.Fatalf("the reader of Parquet is not whole (make tools installs it): %v", err)
	}
	return &Reader{dir}
}

// Read reads one file.
func (r *Reader) Read(ctx context.Context, body []byte) (f File, err error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(r.dir, "bin", "python"), filepath.Join(r.dir, "read.py"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(body), &out, &said
	if err := cmd.Run(); err != nil {
		return f, fmt.Errorf("read Parquet: %w\n%s", err, said.Bytes())
	}
	return f, json.Unmarshal(out.Bytes(), &f)
}
