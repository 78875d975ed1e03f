package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"parry"
)

// TestWhatWasAppliedIsCountedAfterMigration opens a store of the first version: what it holds is counted as if it had been saved today.
func TestWhatWasAppliedIsCountedAfterMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(steps[0] + fmt.Sprintf("\nPRAGMA application_id = %d; PRAGMA user_version = 1;", application)); err != nil {
		t.Fatal(err)
	}
	for i, applied := range []string{"2026-03-14T12:00:00Z", "2026-03-14T14:00:00.123456789+02:00", "2026-03-14T11:59:59.9Z", "0001-01-01T00:00:00Z"} {
		_, err := old.Exec(`INSERT INTO responses (id, key, state, created, updated, account, rule, playbook, target, body) VALUES (?, 'k', 'done', '', '', '1', 'r', '', '', ?)`,
			fmt.Sprint("r-", i), fmt.Sprintf(`{"id":"r-%d","times":{"applied":%q}}`, i, applied))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for since, want := range map[time.Time]int{noon: 2, noon.Add(time.Millisecond): 1, noon.Add(-time.Second): 3, {}: 3, noon.Add(time.Second): 0} {
		if n, err := db.Count(t.Context(), parry.Tally{Rule: "r", Account: "1", Since: since}); n != want || err != nil {
			t.Errorf("since %s: %d, %v; not %d", since, n, err, want)
		}
	}
}
