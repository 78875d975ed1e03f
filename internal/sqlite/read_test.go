package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"parry"
)

// files are the files of a folder, with what is in them.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
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

func TestAStoreThatIsOpenedToReadStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "parry.db")
	if _, err := OpenToRead(t.Context(), path); err == nil {
		t.Error("there is no store, and it was opened")
	}
	if len(files(t, dir)) != 0 {
		t.Error("a file was made")
	}
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	r, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.List(t.Context(), parry.Query{Limit: 10}); err != nil {
		t.Error(err)
	}
	if err := r.Hold(t.Context(), "finding", "a reason"); parry.KindOf(err) != parry.Refused {
		t.Errorf("it was written to: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	after := files(t, dir)
	if len(after) != len(before) || after["parry.db"] != before["parry.db"] {
		t.Errorf("the store is not as it was: %d files, %d before", len(after), len(before))
	}
}

// A server has the store open, and its log holds what the file does not have yet.
func TestAStoreInUseIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, _, err := r.List(t.Context(), parry.Query{Limit: 10}); err != nil {
		t.Error(err)
	}
}

func TestAFileOfAnotherIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	if err := os.WriteFile(path, []byte("no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenToRead(t.Context(), path); err == nil {
		t.Error("it was opened")
	}
}
