package hub_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"parry"
	"parry/internal/hub"
	"parry/internal/source"
)

// TestCorpus tells every public sample finding in ASFF and reads it back: it has the same key, and what was no target does not
// become one. Those that are of no real account are refused.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("PARRY_CORPUS")
	if corpus == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of public sample events")
	}
	told, refused := 0, 0
	err := filepath.WalkDir(filepath.Join(corpus, "events"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		items, _ := source.Read(filepath.Base(path), file) // what cannot be read is the concern of package source
		for _, i := range items {
			if i.Err != nil {
				continue
			}
			found, _ := source.Decode(i.Event)
			for _, f := range found {
				out, err := hub.ASFF(f, "", now())
				if err != nil {
					if refused++; parry.KindOf(err) != parry.Invalid {
						t.Errorf("%s: %v", i.Event.Place, err)
					}
					continue
				}
				told++
				if got := back(t, out); got.Key() != f.Key() || len(f.Targets) > 0 && len(got.Targets) > len(f.Targets) {
					t.Errorf("%s: %s with %v came back as %s with %v", i.Event.Place, f.Key(), f.Targets, got.Key(), got.Targets)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d told, %d refused", told, refused); told == 0 {
		t.Error("no finding was told")
	}
}
