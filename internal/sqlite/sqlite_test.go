package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/storetest"
)

func TestContract(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		storetest.Run(t, storetest.Opener{
			Open: func(t *testing.T) parry.Store { return open(t, filepath.Join(t.TempDir(), "parry.db")) },
			Reopen: func(t *testing.T, s parry.Store) parry.Store {
				db := s.(*DB)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				return open(t, db.path)
			},
			Beside: func(t *testing.T, s parry.Store) parry.Store { return open(t, s.(*DB).path) },
			Many:   2000,
		})
	})
	t.Run("memory", func(t *testing.T) {
		storetest.Run(t, storetest.Opener{
			Open: func(t *testing.T) parry.Store { return open(t, Memory) },
			Many: many,
		})
	})
}

func TestResolve(t *testing.T) {
	db := open(t, Memory)
	for _, id := range []string{"abcd-1", "abcd-2", "abce", "abce-long", "50%_off", "ABCF", "zzzz\u00e9"} {
		save(t, db, parry.Response{ID: id})
	}
	tests := []struct {
		prefix, id string
		kind       parry.Kind
		msg        string
	}{
		{prefix: "abcd-1", id: "abcd-1"},
		{prefix: "abce-", id: "abce-long"},
		{prefix: "abce", id: "abce"}, // whole, though another begins with it
		{prefix: "50%_", id: "50%_off"},
		{prefix: "ABCF", id: "ABCF"},
		{prefix: "zzzz", id: "zzzz\u00e9"},
		{prefix: "abcd", kind: parry.Invalid, msg: "abcd-1, abcd-2"},
		{prefix: "abc", kind: parry.Invalid, msg: "too short"},
		{prefix: "", kind: parry.Invalid, msg: "too short"},
		{prefix: "abcf", kind: parry.NotFound, msg: "no response abcf"},
		{prefix: "%%%%", kind: parry.NotFound, msg: "no response"},
		{prefix: "abcd-1-and-more", kind: parry.NotFound, msg: "no response"},
	}
	for _, tt := range tests {
		id, err := db.Resolve(t.Context(), tt.prefix)
		if tt.msg == "" {
			if id != tt.id || err != nil {
				t.Errorf("Resolve(%q) = %q, %v; want %q", tt.prefix, id, err, tt.id)
			}
			continue
		}
		isError(t, err, tt.kind, tt.msg)
	}
}

// The columns beside the body are for people and for order; they follow what is saved, whichever of them a step changes.
func TestColumns(t *testing.T) {
	db := open(t, Memory)
	r := storetest.Full("r-1", "k", time.Date(2026, 3, 14, 12, 0, 0, 5, time.FixedZone("", 3600)))
	r.Steps = 1
	save(t, db, r, parry.Record{Response: "r-1", Seq: 1, At: time.Date(2026, 3, 14, 13, 0, 0, 0, time.UTC), Kind: "planned"})
	r.State = parry.Done
	save(t, db, r)
	want := [11]string{"k", "done", "2026-03-14T11:00:00.000000005Z", "2026-03-14T13:00:00.000000000Z", "111122223333", "stolen keys",
		"iam-deactivate-access-key", "AWS::IAM::AccessKey AKIA1", "2026-03-14T11:00:00.000001005Z", "2026-03-14T13:00:00.000000005Z",
		"111122223333/us-east-1/AWS::IAM::AccessKey/AKIA1"}
	columns(t, db, want)
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		change func()
		column int
		want   string
	}{
		{func() { r.Key = "k2" }, 0, "k2"},
		{func() { r.State = parry.Failed }, 1, "failed"},
		{func() { r.Times.Received = noon }, 2, "2026-03-14T12:00:00.000000000Z"},
		{func() { r.Answer.Rule = "another" }, 5, "another"},
		{func() { r.Answer.Playbook = "p" }, 6, "p"},
		{func() { r.Times.Applied = time.Time{} }, 8, ""},
		{func() { r.Times.Applied = noon }, 8, "2026-03-14T12:00:00.000000000Z"},
		{func() { r.Wake = time.Time{} }, 9, ""},
		{func() { r.Wake = noon }, 9, "2026-03-14T12:00:00.000000000Z"},
	} {
		step.change()
		save(t, db, r)
		want[step.column] = step.want
		columns(t, db, want)
	}
	r.Target.Account, r.Target.ID = "444455556666", "AKIA2"
	save(t, db, r)
	want[4], want[7], want[10] = "444455556666", "AWS::IAM::AccessKey AKIA2", "444455556666/us-east-1/AWS::IAM::AccessKey/AKIA2"
	columns(t, db, want)
}

func columns(t *testing.T, db *DB, want [11]string) {
	t.Helper()
	var got [11]string
	var to []any
	for i := range got {
		to = append(to, &got[i])
	}
	err := db.r.QueryRow(`SELECT key, state, created, updated, account, rule, playbook, target, coalesce(applied, ''), coalesce(wake, ''), resource
		FROM responses`).Scan(to...)
	if err != nil || got != want {
		t.Errorf("columns %q, %v; want %q", got, err, want)
	}
}

// Not even our own handle can rewrite history.
func TestRecordsCannotBeTamperedWith(t *testing.T) {
	db := open(t, Memory)
	save(t, db, parry.Response{ID: "r-1", Steps: 2}, parry.Record{Response: "r-1", Seq: 1}, parry.Record{Response: "r-1", Seq: 2, Text: "true"})
	for _, stmt := range []string{
		"UPDATE records SET text = 'false'",
		"UPDATE records SET seq = 3 WHERE seq = 2",
		"DELETE FROM records",
		"DELETE FROM records WHERE seq = 2",
		"INSERT OR REPLACE INTO records VALUES ('r-1', 2, '', '', 'false', '{}')",
		"REPLACE INTO records VALUES ('r-1', 1, '', '', 'false', '{}')",
		"INSERT INTO records VALUES ('r-1', 4, '', '', 'a gap', '{}')",
		"INSERT INTO records VALUES ('r-1', 0, '', '', 'before the first', '{}')",
		"INSERT INTO records VALUES ('r-1', 2, '', '', '', '{}') ON CONFLICT DO UPDATE SET text = 'false'",
		"INSERT INTO records VALUES ('r-none', 1, '', '', 'of no response', '{}')",
		"DELETE FROM responses WHERE id = 'r-1'", // its history would hang in the air
		"UPDATE responses SET id = 'r-2'",
		"PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'trigger'",
	} {
		if _, err := db.w.Exec(stmt); err == nil {
			t.Errorf("%s: done", stmt)
		}
	}
	recs, err := db.Records(t.Context(), "r-1")
	if err != nil || len(recs) != 2 || recs[1].Text != "true" {
		t.Errorf("the records are %v, %v", recs, err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "parry.db"))
	if _, err := db.r.Exec("DELETE FROM holds"); err == nil {
		t.Error("a connection for reading has written")
	}
}

// A commit is on the disk when it returns (synchronous = FULL, which is 2), also that of a group.
func TestSettings(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "parry.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "trusted_schema": "0",
		"temp_store": "2", "journal_size_limit": "67108864",
	} {
		var got string
		if err := db.w.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestOpenMakesAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "parry.db")
	db := open(t, path)
	save(t, db, parry.Response{ID: "r-1"})
	for _, p := range []string{path, path + "-wal", path + "-shm"} {
		hasMode(t, p, 0o600)
	}
	hasMode(t, filepath.Dir(path), 0o700)
	hasMode(t, filepath.Dir(filepath.Dir(path)), 0o700)
}

func TestOpenTakesRightsOfOthersAway(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "parry.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for p, mode := range map[string]os.FileMode{path: 0o644, dir: 0o755} {
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path)
	hasMode(t, path, 0o600)
	hasMode(t, dir, 0o755) // a folder that was there is not ours to change
}

func TestOddPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"with space.db", "what?mode=memory", "100%25#x&y.db", "file:x", "\u00e9'\".db"} {
		path := filepath.Join(dir, name)
		save(t, open(t, path), parry.Response{ID: "r-1"})
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Chdir(dir)
	save(t, open(t, "relative.db"), parry.Response{ID: "r-1"})
}

func TestMemoryStoresAreApart(t *testing.T) {
	a, b := open(t, Memory), open(t, Memory)
	save(t, a, parry.Response{ID: "r-1"})
	if all, _, err := b.List(t.Context(), parry.Query{Limit: 1}); err != nil || len(all) != 0 {
		t.Errorf("the other store has %v, %v", all, err)
	}
}

func TestMigrationFromEmpty(t *testing.T) {
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "parry.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		db := open(t, path)
		h, err := readHeader(t.Context(), db.w)
		if err != nil || h.version != len(steps) || h.application != application {
			t.Errorf("the header is %+v, %v", h, err)
		}
		var tables []string
		if err := db.rows(t.Context(), func(s string) error { tables = append(tables, s); return nil },
			"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"); err != nil {
			t.Fatal(err)
		}
		if want := []string{"checkpoints", "holds", "leases", "log", "plans", "records", "responses", "sources", "words"}; !slices.Equal(tables, want) {
			t.Errorf("the tables are %q, want %q", tables, want)
		}
	}
}

// Several commands that a person starts at once all find a store.
func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parry.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "parry.db")); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("Open: %v", err)
	}
}

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func save(t testing.TB, db *DB, r parry.Response, recs ...parry.Record) {
	t.Helper()
	if err := db.Save(t.Context(), r, recs...); err != nil {
		t.Fatal(err)
	}
}

func hasMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", path, got, want)
	}
}

// isError wants an error of a kind that says something, and a next step with it.
func isError(t *testing.T, err error, kind parry.Kind, says string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error, want one that says %q", says)
	case parry.KindOf(err) != kind || !strings.Contains(err.Error(), says):
		t.Errorf("the error is %q of kind %d, want kind %d and %q", err, parry.KindOf(err), kind, says)
	case parry.HintOf(err) == "":
		t.Errorf("%q has no next step", err)
	}
}
