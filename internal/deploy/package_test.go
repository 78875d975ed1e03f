package deploy_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry"
	"parry/internal/deploy"
)

// The zip holds the binary as bootstrap, which may be executed, and what org.yaml names; it is the same twice, and says what it is built for.
func TestBundle(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program := write("main.go", "package main\n\nfunc main() {}\n")
	write("rules/own.yaml", "rules: []\n")
	policy := write("policy.yaml", "breaker: {}\n")
	folders := map[string]string{"config/rules": filepath.Join(dir, "rules"), "config/policy.yaml": policy, "config/playbooks": ""}
	for goarch, want := range map[string]string{"arm64": "arm64", "amd64": "x86_64"} {
		binary := filepath.Join(dir, goarch)
		build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, program)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goarch)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var a, b bytes.Buffer
		got, err := deploy.Bundle(&a, binary, folders)
		if err != nil || got != want {
			t.Fatalf("%s: %q, %v", goarch, got, err)
		}
		if _, err := deploy.Bundle(&b, binary, folders); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: it is not the same twice (%v)", goarch, err)
		}
		z, err := zip.NewReader(bytes.NewReader(a.Bytes()), int64(a.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range z.File {
			names = append(names, f.Name)
			if f.Name == "bootstrap" && f.Mode()&0o111 == 0 {
				t.Error("bootstrap cannot be executed")
			}
			if f.Name == "config/rules/own.yaml" {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				if text, err := io.ReadAll(r); err != nil || string(text) != "rules: []\n" {
					t.Errorf("%q, %v", text, err)
				}
			}
		}
		if want := []string{"bootstrap", "config/policy.yaml", "config/rules/own.yaml"}; !slices.Equal(names, want) {
			t.Errorf("it holds %v, want %v", names, want)
		}
	}
	_, err := deploy.Bundle(io.Discard, program, nil)
	if parry.KindOf(err) != parry.Invalid || !strings.Contains(parry.HintOf(err), "make build") {
		t.Errorf("of what is no binary: %v (%s)", err, parry.HintOf(err))
	}
}
