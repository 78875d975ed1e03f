package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/storetest"
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

// TestAPlanIsTakenOutOfItsResponseInMigration opens a store whose responses hold their plans: they come out as they were, to the last null and
// digit, and so after a step that changes the plan and one that does not.
func TestAPlanIsTakenOutOfItsResponseInMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	steps, err := migrations()
	must(t, err)
	old, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = old.Exec(strings.Join(steps[:4], "\n") + fmt.Sprintf("\nPRAGMA application_id = %d; PRAGMA user_version = 4;", application))
	must(t, err)
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	full := storetest.Full("r-1", "k", noon)
	full.Plan.Changes[0].State, full.Plan.Changes[0].After = map[string]any{"none": nil, "n": 1.5, "big": 1e300}, []any{nil}
	want := map[string]parry.Response{"r-1": full, "r-2": {ID: "r-2", Key: "k", Times: parry.Times{Received: noon}}}
	for id, r := range want {
		body, err := json.Marshal(r)
		must(t, err)
		_, err = old.Exec(`INSERT INTO responses (id, key, state, created, updated, account, rule, playbook, target, body) VALUES (?, 'k', 'done', ?, '', '1', 'r', '', '', ?)`,
			id, stamp(noon), string(body))
		must(t, err)
		for seq := range r.Steps {
			_, err = old.Exec("INSERT INTO records (response, seq, at, kind, text, body) VALUES (?, ?, '', '', '', '{}')", id, seq+1)
			must(t, err)
		}
	}
	must(t, old.Close())

	db := open(t, path)
	same := func(want parry.Response) {
		t.Helper()
		got, err := db.Response(t.Context(), want.ID)
		must(t, err)
		w, err := json.Marshal(want)
		must(t, err)
		g, err := json.Marshal(got)
		must(t, err)
		if string(w) != string(g) {
			t.Errorf("%s is\n%s, not\n%s", want.ID, g, w)
		}
	}
	for _, r := range want {
		same(r)
		r.Reason = "it goes on"
		save(t, db, r)
		same(r)
		r.Plan.Summary, r.Finding.Info.Title = "another plan", "another finding"
		save(t, db, r)
		same(r)
	}
}

// TestWhatIsToBeToldIsFoundAfterMigration opens a store of the version before there was a list of what is to be told.
func TestWhatIsToBeToldIsFoundAfterMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	steps, err := migrations()
	must(t, err)
	old, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = old.Exec(strings.Join(steps[:5], "\n") + fmt.Sprintf("\nPRAGMA application_id = %d; PRAGMA user_version = 5;", application))
	must(t, err)
	for id, untold := range map[string]string{
		"r-1": `,"untold":{"seq":1,"next":"2026-03-14T14:00:00.123456789+02:00"}`, "r-2": `,"untold":{"seq":1,"next":"2026-03-14T11:00:00Z"}`, "r-3": "",
	} {
		_, err := old.Exec(`INSERT INTO responses (id, key, state, created, updated, account, rule, playbook, target, body) VALUES (?, 'k', 'done', '', '', '1', 'r', '', '', ?)`,
			id, fmt.Sprintf(`{"id":%q%s}`, id, untold))
		must(t, err)
		_, err = old.Exec("INSERT INTO plans (response, body) VALUES (?, '{}')", id)
		must(t, err)
	}
	must(t, old.Close())
	db := open(t, path)
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{noon: "r-2", noon.Add(time.Second): "r-2 r-1", noon.Add(-2 * time.Hour): ""} {
		all, err := db.Untold(t.Context(), at, 10)
		must(t, err)
		var ids []string
		for _, r := range all {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("at %s: %q, not %q", at, got, want)
		}
	}
}
