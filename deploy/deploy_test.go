package deploy_test

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = ".."

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// instructions are the lines of the container file that say something.
func instructions(t *testing.T) (all [][]string) {
	t.Helper()
	for line := range strings.Lines(read(t, "deploy", "container", "Containerfile")) {
		if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") {
			all = append(all, f)
		}
	}
	return all
}

// There is no engine here that could build the image. So what would break a build is looked for: files that are not there, parts of the
// program that are not copied, a version of Go that is not the module's.
func TestTheImageCanBeBuilt(t *testing.T) {
	copied := map[string]bool{}
	for _, i := range instructions(t) {
		switch i[0] {
		case "COPY":
			if strings.HasPrefix(i[1], "--from=") {
				continue
			}
			for _, from := range i[1 : len(i)-1] {
				if found, err := filepath.Glob(filepath.Join(root, from)); err != nil || len(found) == 0 {
					t.Errorf("%v: %s is not there", i, from)
				}
				copied[from] = true
			}
		case "FROM":
			if image, version, _ := strings.Cut(i[1], ":"); image == "golang" && !strings.Contains(read(t, "go.mod"), "\ngo "+version+"\n") {
				t.Errorf("%v is not the version of go.mod", i)
			}
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-C", root, "-deps", "-json=ImportPath,Standard,CgoFiles,Module,Dir", "./cmd/parry").Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			ImportPath, Dir string
			Standard        bool
			CgoFiles        []string
			Module          *struct{ Main bool }
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		// Without C the linker makes a static binary. The standard library has replacements for its own few parts in C.
		if !p.Standard && len(p.CgoFiles) > 0 {
			t.Errorf("%s needs C: the binary would not be static", p.ImportPath)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		rel, err := filepath.Rel(top, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(filepath.ToSlash(rel), "/"); first != "." && !copied[first] || first == "." && !copied["*.go"] {
			t.Errorf("%s is a part of the program and is not copied", p.ImportPath)
		}
	}
}

func TestTheImageIsBare(t *testing.T) {
	all := instructions(t)
	last := 0
	for n, i := range all {
		if i[0] == "FROM" {
			last = n
		}
	}
	if !slices.Equal(all[last], []string{"FROM", "scratch"}) {
		t.Errorf("it ends from %v", all[last])
	}
	text := read(t, "deploy", "container", "Containerfile")
	for what, pattern := range map[string]string{
		"a user without rights, by number": `(?m)^USER [1-9]\d*:[1-9]\d*$`,
		"the certificates":                 `(?m)^COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/`,
		"a build without C":                `(?m)^RUN CGO_ENABLED=0 go build .*\./cmd/parry$`,
		"the store in the volume":          `(?m)^ENV .*PARRY_DB=/var/lib/parry/`,
		"the spool in the volume":          `(?m)^ENV .*PARRY_SPOOL=/var/lib/parry/`,
		"a volume":                         `(?m)^VOLUME \["/var/lib/parry"\]$`,
		"a signal that stops it well":      `(?m)^STOPSIGNAL SIGTERM$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("it has not %s: %s", what, pattern)
		}
	}
	for _, i := range all[last:] {
		if i[0] == "RUN" || i[0] == "ADD" {
			t.Errorf("there is nothing to run in an empty image: %v", i)
		}
	}
}

// Where 'make build' was run, the binary asks for no loader.
func TestTheBinaryIsStatic(t *testing.T) {
	f, err := elf.Open(filepath.Join(root, "bin", "parry"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no bin/parry; run make build")
	}
	if err != nil {
		t.Skipf("bin/parry is no ELF file: %v", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("bin/parry is linked dynamically")
		}
	}
}

func TestTheUnitIsHardened(t *testing.T) {
	unit := read(t, "deploy", "systemd", "parry.service")
	for _, line := range []string{
		"DynamicUser=yes", "StateDirectory=parry", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
		"CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes", "SystemCallArchitectures=native", "KillSignal=SIGTERM", "Restart=on-failure",
		"ExecStart=/usr/local/bin/parry serve", "Environment=PARRY_DB=%S/parry/parry.db", "Environment=PARRY_SPOOL=%S/parry/spool",
	} {
		if !slices.Contains(strings.Split(unit, "\n"), line) {
			t.Errorf("the unit has not %s", line)
		}
	}
	if regexp.MustCompile(`(?m)^Environment=.*PARRY_TOKEN=`).MatchString(unit) {
		t.Error("whoever can read the unit can read the token")
	}
}

// systemd itself finds nothing wrong, and nothing that is worth hardening.
func TestSystemdTakesTheUnit(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	self, err := os.Executable() // the unit's own binary is not installed here, and something must be
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "parry.service")
	unit := strings.ReplaceAll(read(t, "deploy", "systemd", "parry.service"), "/usr/local/bin/parry", self)
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", "--man=no", path}, {"security", "--offline=yes", "--no-pager", "--threshold=20", path}} {
		if out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput(); err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}
