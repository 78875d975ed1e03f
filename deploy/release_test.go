package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// release is what of the settings of a release is held here; goreleaser holds their form.
type release struct {
	Builds []struct {
		Env, Flags, Goos, Goarch []string
		Main                     string
	}
	Archives []struct{ Files []struct{ Src string } }
	Nfpms    []struct {
		Formats  []string
		Contents []struct{ Src, Dst, Type string }
		Scripts  map[string]string
	}
	Sboms    []struct{ Artifacts string }
	Signs    []struct{ Artifacts string }
	DockerV2 []struct{ Dockerfile string } `yaml:"dockers_v2"`
}

func settings(t *testing.T) release {
	t.Helper()
	var r release
	if err := yaml.Unmarshal([]byte(read(t, ".goreleaser.yaml")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever a release takes from the repository is there; bundle/ is made by scripts/bundle.sh, which says what is in it.
func TestWhatAReleaseNamesIsThere(t *testing.T) {
	r := settings(t)
	names := []string{r.DockerV2[0].Dockerfile, r.Builds[0].Main}
	for _, f := range r.Archives[0].Files {
		names = append(names, f.Src)
	}
	for _, c := range r.Nfpms[0].Contents {
		if c.Type != "dir" {
			names = append(names, c.Src)
		}
	}
	for _, s := range r.Nfpms[0].Scripts {
		names = append(names, s)
	}
	bundle := read(t, "scripts", "bundle.sh")
	for _, name := range names {
		if made, ok := strings.CutPrefix(name, "bundle/"); ok {
			if first, _, _ := strings.Cut(made, "/"); !strings.Contains(bundle, "bundle/"+first) {
				t.Errorf("scripts/bundle.sh does not make %s", name)
			}
			continue
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	for _, what := range []string{"completions", "man"} {
		if !slices.ContainsFunc(r.Archives[0].Files, func(f struct{ Src string }) bool { return strings.HasPrefix(f.Src, "bundle/"+what) }) {
			t.Errorf("archives have no %s", what)
		}
	}
}

func TestAReleaseIsForAllAndSigned(t *testing.T) {
	r := settings(t)
	b := r.Builds[0]
	if !slices.Equal(b.Goos, []string{"linux", "darwin", "windows"}) || !slices.Equal(b.Goarch, []string{"amd64", "arm64"}) {
		t.Errorf("it is for %v on %v", b.Goos, b.Goarch)
	}
	if !slices.Contains(b.Env, "CGO_ENABLED=0") || !slices.Contains(b.Flags, "-trimpath") {
		t.Errorf("it is built with %v %v", b.Env, b.Flags)
	}
	if !slices.Equal(r.Nfpms[0].Formats, []string{"deb", "rpm"}) || len(r.Sboms) != 1 || len(r.Signs) != 1 || r.Signs[0].Artifacts != "checksum" {
		t.Errorf("%v %v %v", r.Nfpms[0].Formats, r.Sboms, r.Signs)
	}
	// What the check leaves out is three lines, and no other.
	if n := strings.Count(read(t, ".goreleaser.yaml"), "# not in release-check\n"); n != 3 {
		t.Errorf("%d lines are left out", n)
	}
}

// The unit of the packages is ours, with the binary where packages have it.
func TestThePackagedUnit(t *testing.T) {
	m := regexp.MustCompile(`sed 's\|(\S+)\|(\S+)\|g' deploy/systemd/parry.service`).FindStringSubmatch(read(t, "scripts", "bundle.sh"))
	if m == nil {
		t.Fatal("scripts/bundle.sh makes no unit")
	}
	unit := strings.ReplaceAll(read(t, "deploy", "systemd", "parry.service"), m[1], m[2])
	if !strings.Contains(unit, "\nExecStart=/usr/bin/parry serve\n") || regexp.MustCompile(`(?m)^[^#]*/usr/local`).MatchString(unit) {
		t.Error("the packages' unit starts another binary")
	}
}

func TestScriptsOfPackagesCanBeRead(t *testing.T) {
	scripts := []string{"scripts/bundle.sh", "scripts/release-check.sh"}
	for _, s := range settings(t).Nfpms[0].Scripts {
		scripts = append(scripts, s)
	}
	for _, s := range scripts {
		if out, err := exec.CommandContext(t.Context(), "sh", "-n", filepath.Join(root, filepath.FromSlash(s))).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", s, err, out)
		}
	}
}

// The image of a release is as bare as that from source, and runs the same.
func TestTheImageOfAReleaseIsTheSame(t *testing.T) {
	_, from, _ := strings.Cut(read(t, "deploy", "container", "Containerfile"), "\nFROM scratch\n")
	of := read(t, "deploy", "container", "Containerfile.release")
	for line := range strings.Lines(from) {
		word, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{"ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}, word) && !strings.Contains(of, "\n"+line) {
			t.Errorf("the release's image has not %s", line)
		}
	}
	last := of[strings.LastIndex(of, "\nFROM "):]
	if strings.Contains(last, "\nRUN ") || !strings.Contains(last, "\nFROM gcr.io/distroless/static-debian12:nonroot\n") {
		t.Errorf("it ends from\n%s", last)
	}
}
