package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The generated files in the tree are what the code makes today.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate(t.Context(), filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v: run 'make docs'", err)
			continue
		}
		if d := cmp.Diff(string(got), want); d != "" {
			t.Errorf("%s is not what the code makes: run 'make docs'\n%s", name, d)
		}
	}
}
