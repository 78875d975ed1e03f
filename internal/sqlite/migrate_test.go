package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
		if n, err := db.Applied(t.Context(), "r", "1", since); n != want || err != nil {
			t.Errorf("since %s: %d, %v; not %d", since, n, err, want)
		}
	}
}

// Counting reads an index and no table: it is asked before every response of a rule with limits.
func TestCountingReadsTheIndex(t *testing.T) {
	db := open(t, Memory)
	rows, err := db.r.Query("EXPLAIN QUERY PLAN "+countApplied, "r", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(detail, "SEARCH responses USING COVERING INDEX responses_by_applied") {
			t.Error(detail)
		}
	}
}
