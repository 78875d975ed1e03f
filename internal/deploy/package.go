package deploy

import (
	"archive/zip"
	"debug/elf"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"parry"
)

// Bundle writes the zip that the functions run: the binary as a file named bootstrap, and beside it, in config, what org.yaml names. The same files
// give the same bytes. Source: "Deploy Go Lambda functions with .zip file archives", AWS Lambda Developer Guide.
func Bundle(w io.Writer, binary string, folders map[string]string) (architecture string, err error) {
	if architecture, err = architectureOf(binary); err != nil {
		return "", err
	}
	z := zip.NewWriter(w)
	if err := put(z, "bootstrap", binary, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"config/channels.yaml", "config/playbooks", "config/policy.yaml", "config/rules"} {
		from := folders[name]
		if from == "" {
			continue
		}
		if err := putAll(z, name, from); err != nil {
			return "", err
		}
	}
	if err := z.Close(); err != nil {
		return "", parry.Errorf(parry.Fault, "%w", err)
	}
	return architecture, nil
}

// architectureOf is what a binary is built for, as Lambda calls it. One that is not for Linux, or that needs a library, would not start there.
func architectureOf(binary string) (string, error) {
	f, err := elf.Open(binary)
	if err != nil {
		return "", parry.Errorf(parry.Invalid, "%s is no binary for Linux: %w", binary, err).WithHint("GOOS=linux GOARCH=arm64 make build")
	}
	defer f.Close()
	if libraries, _ := f.ImportedLibraries(); len(libraries) > 0 {
		return "", parry.Errorf(parry.Invalid, "%s needs %v, which is not there in Lambda", binary, libraries).WithHint("CGO_ENABLED=0 GOOS=linux make build")
	}
	switch f.Machine {
	case elf.EM_AARCH64:
		return "arm64", nil
	case elf.EM_X86_64:
		return "x86_64", nil
	}
	return "", parry.Errorf(parry.Invalid, "%s is for %s, which Lambda does not have", binary, f.Machine)
}

func putAll(z *zip.Writer, name, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return parry.Errorf(parry.Invalid, "%w", err)
	}
	if !info.IsDir() {
		return put(z, name, from, 0o644)
	}
	return fs.WalkDir(os.DirFS(from), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return put(z, path.Join(name, p), path.Join(from, p), 0o644)
	})
}

func put(z *zip.Writer, name, from string, mode fs.FileMode) error {
	f, err := os.Open(from)
	if err != nil {
		return parry.Errorf(parry.Invalid, "%w", err)
	}
	defer f.Close()
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(mode)
	to, err := z.CreateHeader(h)
	if err == nil {
		_, err = io.Copy(to, f)
	}
	if err != nil {
		return parry.Errorf(parry.Fault, "%s: %w", name, err)
	}
	return nil
}
