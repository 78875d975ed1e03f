package sqlite

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"parry"
)

// What is not a store is refused by name, with a next step, and is left as it was.
func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		says string
	}{
		{"a text", text("a shopping list\n"), "not a store of Parry's"},
		{"a long text", text(strings.Repeat("a shopping list\n", 1000)), "not a store of Parry's"},
		{"one byte", text("x"), "not a store of Parry's"},
		{"another program's database", foreign("CREATE TABLE birds (name TEXT)"), "database of another program"},
		{"another program's id", foreign("CREATE TABLE birds (name TEXT); PRAGMA application_id = 7"), "database of another program"},
		{"another program's empty database", foreign("PRAGMA user_version = 3"), "database of another program"},
		{"a newer store", newer, "written by a newer parry"},
		{"a damaged schema", damaged, "damaged"},
		{"a folder", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "parry.db")
			tt.make(t, path)
			before, _ := os.ReadFile(path)
			db, err := Open(t.Context(), path)
			if err == nil {
				must(t, db.Close())
			}
			isError(t, err, parry.Invalid, tt.says)
			isError(t, err, parry.Invalid, path)
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestOpenRefusesPaths(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(t.Context(), filepath.Join(file, "parry.db"))
	isError(t, err, parry.Invalid, file)
	_, err = Open(t.Context(), "")
	isError(t, err, parry.Invalid, "no path")
}

// Damage inside a store that opens well is told when it is met.
func TestDamageIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	db := open(t, path)
	for _, id := range []string{"r-1", "r-2", "r-3"} {
		save(t, db, parry.Response{ID: id, Reason: strings.Repeat("x", 10_000)})
	}
	must(t, db.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	for page := range slices.Chunk(data, 4096) {
		if !bytes.Contains(page, []byte("CREATE ")) { // all but those where the schema is
			copy(page, bytes.Repeat([]byte{0xa5}, len(page)))
		}
	}
	must(t, os.WriteFile(path, data, 0o600))
	db = open(t, path)
	_, err = db.Response(t.Context(), "r-1")
	isError(t, err, parry.Invalid, path)
	isError(t, db.Save(t.Context(), parry.Response{ID: "r-4"}), parry.Invalid, "damaged")
}

// The rights are tried without root's, for whom there are none.
func TestReadOnly(t *testing.T) {
	if path := os.Getenv(envReadOnly); path != "" {
		_, err := Open(t.Context(), path)
		isError(t, err, parry.Invalid, path)
		isError(t, err, parry.Invalid, "cannot be")
		return
	}
	dir := t.TempDir()
	stored := filepath.Join(dir, "parry.db")
	save(t, open(t, stored), parry.Response{ID: "r-1"})
	sealed := t.TempDir()
	copyFile(t, stored, filepath.Join(sealed, "parry.db"))
	locked := t.TempDir()
	copyFile(t, stored, filepath.Join(locked, "parry.db"))
	must(t, os.Chmod(filepath.Join(sealed, "parry.db"), 0o666))
	must(t, os.Chmod(filepath.Join(locked, "parry.db"), 0o444))
	must(t, os.Chmod(sealed, 0o555))
	must(t, os.Chmod(locked, 0o777))
	for name, path := range map[string]string{
		"no file in a folder that is read-only": filepath.Join(sealed, "new.db"),
		"no folder in one that is read-only":    filepath.Join(sealed, "new", "parry.db"),
		"a file in a folder that is read-only":  filepath.Join(sealed, "parry.db"),
		"a file that is read-only":              filepath.Join(locked, "parry.db"),
	} {
		t.Run(name, func(t *testing.T) { asNobody(t, sealed, locked, path) })
	}
}

const envReadOnly = "PARRY_TEST_READ_ONLY"

// asNobody runs TestReadOnly again for one path; where we are root, as a user with no rights.
func asNobody(t *testing.T, sealed, locked, path string) {
	cmd := child(t, "^TestReadOnly$", envReadOnly+"="+path)
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		exe := cmd.Path
		cmd.Path, cmd.Dir = filepath.Join(t.TempDir(), "test"), "/"
		copyFile(t, exe, cmd.Path)
		must(t, os.Chmod(cmd.Path, 0o755))
		for _, p := range []string{sealed, locked, cmd.Path} {
			reachable(t, filepath.Dir(p))
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// reachable lets others pass through the folders that the test made for itself, up to the one that all share.
func reachable(t *testing.T, dir string) {
	for ; len(dir) > len(filepath.Clean(os.TempDir())); dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		must(t, err)
		must(t, os.Chmod(dir, info.Mode().Perm()|0o011))
	}
}

func text(s string) func(t *testing.T, path string) {
	return func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(s), 0o600)) }
}

func foreign(script string) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		db, err := sql.Open("sqlite", path)
		must(t, err)
		_, err = db.Exec(script)
		must(t, err)
		must(t, db.Close())
	}
}

func newer(t *testing.T, path string) {
	must(t, open(t, path).Close())
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.Exec("PRAGMA user_version = 999")
	must(t, err)
	must(t, db.Close())
}

// damaged is a store whose header is whole and whose schema is not.
func damaged(t *testing.T, path string) {
	must(t, open(t, path).Close())
	data, err := os.ReadFile(path)
	must(t, err)
	for i := 100; i < 4096; i++ {
		data[i] = 0xa5
	}
	must(t, os.WriteFile(path, data, 0o600))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o600))
}

// child is this test binary once more, with one test to run and an environment that tells it what to be.
func child(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run="+test, "-test.count=1")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
