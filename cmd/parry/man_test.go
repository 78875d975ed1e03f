package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pages of the commands in the tree are what the commands say today, and there is none of a command that is no more.
func TestThePagesOfCommandsAreCurrent(t *testing.T) {
	all, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("..", "..", "docs", "cli")
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%v: run 'make docs'", err)
			continue
		}
		if d := cmp.Diff(string(got), want); d != "" {
			t.Errorf("docs/cli/%s is not what the command says: run 'make docs'\n%s", name, d)
		}
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range there {
		if _, is := all[f.Name()]; !is {
			t.Errorf("docs/cli/%s is of no command: run 'make docs'", f.Name())
		}
	}
}

// Two builds of one commit have the same pages, whoever makes them and wherever.
func TestManualPagesAreReproducible(t *testing.T) {
	read := func(env map[string]string) map[string]string {
		dir := t.TempDir()
		var out, errs strings.Builder
		if code := run(t.Context(), []string{"man", dir}, func(k string) string { return env[k] }, strings.NewReader(""), &out, &errs); code != exitOK {
			t.Fatalf("%d: %s", code, errs.String())
		}
		all := map[string]string{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = string(text)
		}
		return all
	}
	one := read(map[string]string{"SOURCE_DATE_EPOCH": "1750000000"})
	two := read(map[string]string{"SOURCE_DATE_EPOCH": "1750000000", "PARRY_DB": "/home/ada/secret.db", "PARRY_ROLE": "r"})
	if d := cmp.Diff(one, two); d != "" {
		t.Error(d)
	}
	if page := one["parry-respond.1"]; !strings.Contains(page, `.TH "PARRY-RESPOND" "1" "Jun 2025"`) || !strings.Contains(page, "--apply") {
		t.Errorf("%.400s", page)
	}
	var errs strings.Builder
	if code := run(t.Context(), []string{"man", t.TempDir()}, func(k string) string { return map[string]string{"SOURCE_DATE_EPOCH": "soon"}[k] }, strings.NewReader(""), &errs, &errs); code != exitUsage || !strings.Contains(errs.String(), "SOURCE_DATE_EPOCH") {
		t.Errorf("%d: %s", code, errs.String())
	}
}
