package sqlite_test

import (
	"testing"
	"time"

	"parry"
	"parry/internal/sqlite"
)

// The histories that are of no response are not counted among those.
func TestInStateLeavesOwnLogsOut(t *testing.T) {
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, id := range []string{"pr-1", "pr-2", parry.SwitchLog, parry.SignInLog} {
		rec := parry.Record{Response: id, Seq: 1, At: time.Unix(1, 0), Kind: parry.MoveTold, State: parry.Nothing, Text: "x"}
		rec.Seal("")
		r := parry.Response{ID: id, Key: id, State: parry.Nothing, Stored: parry.Nothing, Steps: 1, Chain: rec.Hash}
		if err := db.Save(t.Context(), r, rec); err != nil {
			t.Fatal(err)
		}
	}
	for state, want := range map[parry.State]int{parry.Nothing: 2, parry.Done: 0} {
		if n, err := db.InState(t.Context(), state); err != nil || n != want {
			t.Errorf("%s: %d, want %d, %v", state, n, want, err)
		}
	}
}
