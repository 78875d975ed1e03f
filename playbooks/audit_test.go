package playbooks_test

import (
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"parry"
	"parry/internal/audit"
)

// verifies holds what a run left in the store to its hashes: with every playbook and after every crash the records are whole.
func verifies(t *testing.T, store parry.Store) {
	t.Helper()
	private, public, err := audit.NewKey(rand.Reader, "test")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.key")
	if err := audit.WriteKey(path, private); err != nil {
		t.Fatal(err)
	}
	key, err := audit.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := audit.Verifiers(public)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := audit.Close(t.Context(), store, key, time.Now()); err != nil {
		t.Fatal(err)
	}
	rep, err := audit.Verify(t.Context(), store, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Faults {
		t.Errorf("audit: %s", f)
	}
	if rep.Unlogged != 0 || int64(rep.Records) != rep.Logged {
		t.Errorf("audit: %+v", rep)
	}
}
