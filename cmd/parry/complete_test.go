package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
	"parry/internal/storetest"
)

// completed gives the words that a shell is offered.
func completed(t *testing.T, env map[string]string, line ...string) []string {
	t.Helper()
	var out, errs strings.Builder
	code := run(t.Context(), append([]string{"__complete"}, line...), func(k string) string { return env[k] }, strings.NewReader(""), &out, &errs)
	if code != exitOK {
		t.Fatalf("%v: %d %s", line, code, errs.String())
	}
	var all []string
	for l := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimRight(l, "\n"), "\t")
		all = append(all, word)
	}
	return all
}

func TestWhatIsThereIsOffered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "parry.db")
	db, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for id, state := range map[string]parry.State{"pr-0000000000aa": parry.Waiting, "pr-0000000000bb": parry.Done} {
		r := storetest.Full(id, id, time.Unix(1, 0))
		r.State = state
		if err := db.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "parry.yaml")
	if err := os.WriteFile(file, []byte("db: "+path+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PARRY_DB": path}
	for _, c := range []struct {
		env        map[string]string
		line       []string
		want, lack string
	}{
		{env, []string{"show", ""}, "pr-0000000000bb", ""},
		{env, []string{"undo", ""}, "pr-0000000000aa", ""},
		{env, []string{"approve", ""}, "pr-0000000000aa", "pr-0000000000bb"},
		{env, []string{"reject", ""}, "pr-0000000000aa", "pr-0000000000bb"},
		{env, []string{"audit", "trail", ""}, "pr-0000000000aa", ""},
		{env, []string{"show", "pr-0000000000aa", ""}, ":4", "pr-0000000000bb"},
		{nil, []string{"--db", path, "show", ""}, "pr-0000000000bb", ""},
		{nil, []string{"--config", file, "show", ""}, "pr-0000000000bb", ""},
		{nil, []string{"playbook", "show", ""}, "ec2-quarantine", ""},
		{nil, []string{"playbook", "permissions", "ec2-"}, "ec2-quarantine", ""},
		{nil, []string{"rule", "explain", ""}, "guardduty-access-key-abused", ""},
		{nil, []string{"respond", "--playbook", ""}, "s3-block-public-access", ""},
		{nil, []string{"stop", "--playbook", ""}, "s3-block-public-access", ""},
		{nil, []string{"list", "--state", ""}, "waiting for approval", ""},
		{nil, []string{"audit", "export", "--format", ""}, "ocsf", ""},
		{nil, []string{"sweep", "--source", ""}, "macie", ""},
		{nil, []string{"doctor", "--only", ""}, "accounts", ""},
		{nil, []string{"backfill", ""}, "securityhub-v2", ""},
		{nil, []string{"serve", "--tier", ""}, "approve", ""},
		{map[string]string{"PARRY_DB": path, "PARRY_SERVER": "https://127.0.0.1:9"}, []string{"show", ""}, ":4", "pr-0000000000bb"},
		{nil, []string{"report", "--format", ""}, "pdf", ""},
		{nil, []string{"token", "new", "--role", ""}, "approver", ""},
		{nil, []string{"playbook", "permissions", "--partition", ""}, "aws-cn", ""},
		{nil, []string{""}, "completion", "man"},
	} {
		got := completed(t, c.env, c.line...)
		if !slices.Contains(got, c.want) || c.lack != "" && slices.Contains(got, c.lack) {
			t.Errorf("%v: %v, want %s and not %q", c.line, got, c.want, c.lack)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("asking changed the store: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("asking left files behind: %v %v", left, err)
	}
}

// Where there is no store and no readable settings nothing is offered, nothing is made, and the line stays clean.
func TestNothingIsMadeByAsking(t *testing.T) {
	dir := t.TempDir()
	for _, env := range []map[string]string{{"PARRY_DB": filepath.Join(dir, "none.db")}, {"HOME": dir}, {}, {"PARRY_CONFIG": filepath.Join(dir, "none.yaml")}, {"PARRY_DB": dir}} {
		if got := completed(t, env, "show", ""); !slices.Equal(got, []string{":4"}) {
			t.Errorf("%v: %v", env, got)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v %v", left, err)
	}
}

func TestEveryShellHasACompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var before string
		for range 2 {
			var out, errs strings.Builder
			if code := run(t.Context(), []string{"completion", shell}, func(string) string { return "" }, strings.NewReader(""), &out, &errs); code != exitOK || !strings.Contains(out.String(), "__complete") {
				t.Errorf("%s: %d %s %.200s", shell, code, errs.String(), out.String())
			}
			if before != "" && before != out.String() {
				t.Errorf("%s: it is another one the second time", shell)
			}
			before = out.String()
		}
	}
}
