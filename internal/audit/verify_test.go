package audit

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"parry"
)

func TestAnUntouchedStoreIsVerified(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 4, 6)
	fill(t, store, key, 4, 7, 5)
	r, steps := story("pr-new", noon.Add(9*time.Hour), 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	rep := verify(t, store, key)
	if !rep.OK() || rep.Responses != 8 || rep.Records != 44 || rep.Logged != 39 || rep.Unlogged != 5 || rep.Checkpoints != 2 || rep.Covered != 39 {
		t.Errorf("%+v", rep)
	}
}

// tamper changes the store as an attacker would who can write the file and knows its form.
type tamper struct {
	name string
	do   func(t *testing.T, raw *sql.DB)
	want []string // each is in one line of the report
}

// rewrite changes one record and mends all hashes behind it, of the records and of the response; with the log's too.
func rewrite(t *testing.T, raw *sql.DB, id string, change func(recs []parry.Record) []parry.Record, withLog bool) {
	rows, err := raw.Query("SELECT body FROM records WHERE response = ? ORDER BY seq", id)
	if err != nil {
		t.Fatal(err)
	}
	var recs []parry.Record
	for rows.Next() {
		var text string
		var rec parry.Record
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), &rec); err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	recs = change(recs)
	prev := ""
	run(t, raw, "DELETE FROM records WHERE response = ? AND seq > ?", id, len(recs))
	for i := range recs {
		recs[i].Seq = i + 1
		recs[i].Seal(prev)
		prev = recs[i].Hash
		body, err := json.Marshal(recs[i])
		if err != nil {
			t.Fatal(err)
		}
		run(t, raw, "UPDATE records SET body = ? WHERE response = ? AND seq = ?", string(body), id, i+1)
		if withLog {
			run(t, raw, "UPDATE log SET hash = ? WHERE response = ? AND seq = ?", prev, id, i+1)
		}
	}
	last := recs[len(recs)-1]
	run(t, raw, "UPDATE responses SET body = json_set(body, '$.chain', ?, '$.steps', ?, '$.stored', ?, '$.state', ?) WHERE id = ?", prev, len(recs), string(last.State), string(last.State), id)
}

func tamperings() []tamper {
	const id = "pr-00002"
	lie := func(recs []parry.Record) []parry.Record {
		recs[2].Text = "nothing was done"
		return recs
	}
	body := func(path, value string) func(*testing.T, *sql.DB) {
		return func(t *testing.T, raw *sql.DB) {
			run(t, raw, "UPDATE records SET body = json_set(body, ?, ?) WHERE response = ? AND seq = 3", path, value, id)
		}
	}
	do := func(queries ...string) func(*testing.T, *sql.DB) {
		return func(t *testing.T, raw *sql.DB) {
			for _, q := range queries {
				run(t, raw, q)
			}
		}
	}
	return []tamper{
		{"changed text", body("$.text", "nothing was done"), []string{"changed: response pr-00002, record 3: its hash is"}},
		{"changed time", body("$.at", "2026-03-14T12:02:00.5Z"), []string{"changed: response pr-00002, record 3"}},
		{"changed request id", body("$.call.request_id", "another"), []string{"changed: response pr-00002, record 3"}},
		{"changed input", body("$.call.call.input.UserName", "alice"), []string{"changed: response pr-00002, record 3"}},
		{"changed hash", body("$.hash", "00"), []string{"changed: response pr-00002, record 3"}},
		{"given to another response", body("$.response", "pr-00001"), []string{"changed: response pr-00002, record 3: it says that it belongs to response"}},
		{"changed, and sealed again alone", func(t *testing.T, raw *sql.DB) {
			var text string
			if err := raw.QueryRow("SELECT body FROM records WHERE response = ? AND seq = 3", id).Scan(&text); err != nil {
				t.Fatal(err)
			}
			var rec parry.Record
			if err := json.Unmarshal([]byte(text), &rec); err != nil {
				t.Fatal(err)
			}
			rec.Text = "nothing was done"
			rec.Seal(rec.Prev)
			b, _ := json.Marshal(rec)
			run(t, raw, "UPDATE records SET body = ? WHERE response = ? AND seq = 3", string(b), id)
		}, []string{"changed: response pr-00002, record 3: record 4 was written behind another one", "record 3: the log has another hash"}},
		{"changed, and the whole chain mended", func(t *testing.T, raw *sql.DB) { rewrite(t, raw, id, lie, false) },
			[]string{"changed: response pr-00002, record 3: the log has another hash"}},
		{"changed, and chain and log mended", func(t *testing.T, raw *sql.DB) { rewrite(t, raw, id, lie, true) },
			[]string{"rewritten: checkpoint at 30: the log is another one"}},
		{"dropped", do("DELETE FROM records WHERE response = 'pr-00002' AND seq = 3"), []string{"dropped: response pr-00002, record 3"}},
		{"dropped, and the rest numbered and mended", func(t *testing.T, raw *sql.DB) {
			rewrite(t, raw, id, func(recs []parry.Record) []parry.Record { return append(recs[:2:2], recs[3:]...) }, false)
		}, []string{"changed: response pr-00002, record 3: the log has another hash", "truncated: response pr-00002, record 6: the log has it"}},
		{"reordered", do("UPDATE records SET seq = 99 WHERE response = 'pr-00002' AND seq = 3", "UPDATE records SET seq = 3 WHERE response = 'pr-00002' AND seq = 4",
			"UPDATE records SET seq = 4 WHERE response = 'pr-00002' AND seq = 99"), []string{"reordered: response pr-00002, record 3: it stands behind record 4"}},
		{"there twice", do("INSERT INTO records SELECT response, 7, at, kind, text, body FROM records WHERE response = 'pr-00002' AND seq = 6"),
			[]string{"reordered: response pr-00002, record 6: it is there twice"}},
		{"truncated", do("DELETE FROM records WHERE response = 'pr-00002' AND seq > 4"), []string{"truncated: response pr-00002, record 6: the response has 6 records", "truncated: response pr-00002, record 5: the log has it"}},
		{"truncated, and the response mended", func(t *testing.T, raw *sql.DB) {
			rewrite(t, raw, id, func(recs []parry.Record) []parry.Record { return recs[:2] }, false)
		}, []string{"truncated: response pr-00002, record 3: the log has it", "truncated: response pr-00002, record 6"}},
		{"all records removed", do("DELETE FROM records WHERE response = 'pr-00002'"), []string{"truncated: response pr-00002: it has no records"}},
		{"a response removed", do("DELETE FROM records WHERE response = 'pr-00002'", "DELETE FROM responses WHERE id = 'pr-00002'"), []string{"removed: response pr-00002: the log has its records 1 to 6"}},
		{"a response removed from log as well", do("DELETE FROM records WHERE response = 'pr-00002'", "DELETE FROM responses WHERE id = 'pr-00002'", "DELETE FROM log WHERE response = 'pr-00002'"),
			[]string{"rewritten: checkpoint at 30", "rewritten: checkpoint at 48: the log has only 42 leaves"}},
		{"a leaf removed", do("DELETE FROM log WHERE response = 'pr-00002' AND seq = 3"), []string{"not logged: response pr-00002, record 3", "rewritten: checkpoint at 30", "the log has only 47 leaves"}},
		{"the last leaf removed", do("DELETE FROM log WHERE n = 47"), []string{"rewritten: checkpoint at 48: the log has only 47 leaves", "not logged: response pr-00007, record 6: the log does not have it"}},
		{"leaves in another order", do("UPDATE log SET n = 99 WHERE n = 13", "UPDATE log SET n = 13 WHERE n = 14", "UPDATE log SET n = 14 WHERE n = 99"),
			[]string{"reordered: response pr-00002, record 2: leaf 14", "rewritten: checkpoint at 30"}},
		{"a leaf's hash changed", do("UPDATE log SET hash = '00' WHERE n = 14"), []string{"changed: response pr-00002, record 3: the log has another hash", "rewritten: checkpoint at 30"}},
		{"a leaf of nobody", do("INSERT INTO log VALUES (48, 9999, 'pr-none', 1, '00')"), []string{"removed: response pr-none"}},
		{"a checkpoint's size changed", do("UPDATE checkpoints SET text = CAST(replace(CAST(text AS TEXT), char(10) || '48' || char(10), char(10) || '47' || char(10)) AS BLOB) WHERE length = 48"), []string{"forged: checkpoint at 47"}},
		{"the response's state changed", do("UPDATE responses SET body = json_set(body, '$.state', 'nothing to do') WHERE id = 'pr-00002'"), []string{"changed: response pr-00002: it is"}},
		{"the response's plan changed", do("UPDATE plans SET body = json_set(body, '$.plan.changes[0].call.input.UserName', 'alice') WHERE response = 'pr-00002'"),
			[]string{"changed: response pr-00002: its plan has not the digest"}},
		{"the response's plan removed", do("DELETE FROM plans WHERE response = 'pr-00002'"), []string{"unreadable: response pr-00002"}},
		{"the response's plan that is no JSON", do("UPDATE plans SET body = '{' WHERE response = 'pr-00002'"), []string{"unreadable: response pr-00002"}},
		{"the response's chain changed", do("UPDATE responses SET body = json_set(body, '$.chain', '00') WHERE id = 'pr-00002'"), []string{"changed: response pr-00002: its chain ends with"}},
		{"the response's number changed", do("UPDATE responses SET body = json_set(body, '$.steps', 5) WHERE id = 'pr-00002'"), []string{"changed: response pr-00002: it says that it has 5 records"}},
		{"the response's id changed", do("UPDATE responses SET body = json_set(body, '$.id', 'pr-00003') WHERE id = 'pr-00002'"), []string{"changed: response pr-00002: it says that it is response"}},
		{"a record that is no JSON", do("UPDATE records SET body = '{' WHERE response = 'pr-00002' AND seq = 3"), []string{"unreadable: response pr-00002: its records"}},
		{"a response that is no JSON", do("UPDATE responses SET body = '{' WHERE id = 'pr-00002'"), []string{"unreadable: response pr-00002"}},
		{"a record of no number", body("$.seq", "x"), []string{"unreadable: response pr-00002: its records"}},
	}
}

func TestEveryTamperingIsFoundAndNamed(t *testing.T) {
	for _, tc := range tamperings() {
		t.Run(tc.name, func(t *testing.T) {
			store, raw := open(t)
			key := newKey(t, "main")
			fill(t, store, key, 0, 5, 6)
			fill(t, store, key, 5, 8, 6)
			tc.do(t, raw)
			found := lines(verify(t, store, key))
			for _, want := range tc.want {
				if !strings.Contains(found, want) {
					t.Errorf("%q is not in\n%s", want, found)
				}
			}
		})
	}
}

func lines(rep Report) string {
	var b strings.Builder
	for _, f := range rep.Faults {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// Who has the file can make a log and checkpoints of his own. He lacks the key, and where he has it, the checkpoint that is kept elsewhere.
func TestForgedAndRewoundStores(t *testing.T) {
	store, raw := open(t)
	key, other := newKey(t, "main"), newKey(t, "main")
	fill(t, store, key, 0, 5, 6)
	anchor := sign(t, store, key, noon.Add(2*time.Hour))
	fill(t, store, key, 5, 8, 6)
	late := sign(t, store, key, noon.Add(3*time.Hour))

	run(t, raw, "DELETE FROM checkpoints")
	rewrite(t, raw, "pr-00002", func(recs []parry.Record) []parry.Record { recs[0].Text = "eve says yes"; return recs }, true)
	if rep := verify(t, store, key); !rep.OK() || rep.Checkpoints != 0 {
		t.Errorf("without a checkpoint there is nothing to compare with: %s", lines(rep))
	}
	sign(t, store, other, noon.Add(4*time.Hour))
	if got := lines(verify(t, store, key)); !strings.Contains(got, "forged: checkpoint at 48: number 1 of the store") {
		t.Errorf("signed by another key: %s", got)
	}
	run(t, raw, "DELETE FROM checkpoints")
	sign(t, store, key, noon.Add(4*time.Hour)) // with the true key
	if rep := verify(t, store, key); !rep.OK() {
		t.Errorf("%s", lines(rep))
	}
	if got := lines(verify(t, store, key, anchor)); !strings.Contains(got, "rewritten: checkpoint at 30: kept elsewhere: the log is another one") {
		t.Errorf("written anew: %s", got)
	}
	// Rewound to what it was before the last three responses.
	run(t, raw, "DELETE FROM checkpoints WHERE length > 30")
	for _, table := range []string{"log", "records"} {
		run(t, raw, "DELETE FROM "+table+" WHERE response >= 'pr-00005'")
	}
	run(t, raw, "DELETE FROM responses WHERE id >= 'pr-00005'")
	if rep := verify(t, store, key); !rep.OK() {
		t.Errorf("%s", lines(rep))
	}
	if got := lines(verify(t, store, key, late)); !strings.Contains(got, "kept elsewhere: the log has only 30 leaves: it was shortened") {
		t.Errorf("rewound: %s", got)
	}
	if _, err := Verify(t.Context(), store, note.VerifierList(other.Verifier), anchor); parry.KindOf(err) != parry.Invalid {
		t.Errorf("an anchor of another key: %v", err)
	}
}

// A log that is not what was signed is not signed again.
func TestATamperedLogIsNotSigned(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 3, 5)
	run(t, raw, "UPDATE log SET hash = '00' WHERE n = 3")
	if _, err := Checkpoint(t.Context(), store, key, noon); parry.KindOf(err) != parry.Conflict {
		t.Errorf("changed: %v", err)
	}
	run(t, raw, "DELETE FROM log WHERE n > 10")
	if _, err := Checkpoint(t.Context(), store, key, noon); parry.KindOf(err) != parry.Conflict {
		t.Errorf("shortened: %v", err)
	}
	run(t, raw, "DELETE FROM log")
	run(t, raw, "DELETE FROM checkpoints")
	if signed, err := Checkpoint(t.Context(), store, key, noon); err != nil || signed != nil {
		t.Errorf("of an empty log: %s, %v", signed, err)
	}
}

// A leaf is gone, and others are put behind it: nothing is signed, again and again.
func TestALogWithAHoleIsNotSealed(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 2, 5)
	run(t, raw, "DELETE FROM log WHERE n = 4")
	r, steps := story("pr-more", noon, 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	s := NewSealer(store, key, func() time.Time { return noon })
	for range 2 {
		if err := s.Seal(t.Context()); parry.KindOf(err) != parry.Conflict {
			t.Errorf("%v", err)
		}
	}
	if kept, err := store.Checkpoints(t.Context()); err != nil || len(kept) != 1 {
		t.Errorf("%d checkpoints, %v", len(kept), err)
	}
}

// What was logged and could not be signed is signed the next time, and what is signed is not signed again.
func TestSealSignsWhatIsNotSigned(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	r, steps := story("pr-more", noon, 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	if n, err := Append(t.Context(), store, 0); err != nil || n != 5 { // and then the key could not be reached
		t.Fatal(n, err)
	}
	for range 2 {
		if err := NewSealer(store, key, func() time.Time { return noon }).Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rep := verify(t, store, key); !rep.OK() || rep.Covered != 5 || rep.Checkpoints != 1 {
			t.Errorf("%+v", rep)
		}
	}
}

// Any change of any byte of a stored record is found, unless it is the same record written otherwise (a letter of another case in
// an escape, or in a member's name).
func TestAnyChangedByteOfARecordIsFound(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 3, 6)
	rapid.Check(t, func(rt *rapid.T) {
		id := fmt.Sprintf("pr-%05d", rapid.IntRange(0, 2).Draw(rt, "response"))
		seq := rapid.IntRange(1, 6).Draw(rt, "record")
		var was string
		if err := raw.QueryRow("SELECT body FROM records WHERE response = ? AND seq = ?", id, seq).Scan(&was); err != nil {
			rt.Fatal(err)
		}
		at := rapid.IntRange(0, len(was)-1).Draw(rt, "at")
		b := []byte(was)
		b[at] ^= byte(rapid.IntRange(1, 127).Draw(rt, "flip"))
		run(t, raw, "UPDATE records SET body = ? WHERE response = ? AND seq = ?", string(b), id, seq)
		rep := verify(t, store, key)
		run(t, raw, "UPDATE records SET body = ? WHERE response = ? AND seq = ?", was, id, seq)
		if rep.OK() && !sameRecord(was, string(b)) {
			rt.Fatalf("not found: %s", b)
		}
		for _, f := range rep.Faults {
			if f.Response != id {
				rt.Fatalf("%s is named, and %s was changed", f, id)
			}
		}
	})
	if rep := verify(t, store, key); !rep.OK() {
		t.Errorf("%s", lines(rep))
	}
}

func sameRecord(a, b string) bool {
	var x, y parry.Record
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// A long log is read in pages, and for a part of the responses at a time; what is missing is named all the same, and nothing else is.
func TestALongLogIsReadInParts(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 120, 20)
	run(t, raw, "DELETE FROM log WHERE response = 'pr-00030' AND seq IN (7, 8)")
	run(t, raw, "DELETE FROM records WHERE response = 'pr-00099' AND seq = 4")
	run(t, raw, "DELETE FROM records WHERE response = 'pr-00101'")
	run(t, raw, "DELETE FROM responses WHERE id = 'pr-00101'")
	whole := verify(t, store, key)
	want := []string{
		"rewritten: checkpoint at 2400: the log has only 2398 leaves: it was shortened",
		"not logged: response pr-00030, record 7: the log has a later record of the response, and not this one",
		"not logged: response pr-00030, record 8: the log has a later record of the response, and not this one",
		"dropped: response pr-00099, record 4: it is missing between the others",
		"removed: response pr-00101: the log has its records 1 to 20, and there is no such response",
	}
	if got := strings.TrimSpace(lines(whole)); got != strings.Join(want, "\n") {
		t.Errorf("%s", got)
	}
	parts, err := inShards(t.Context(), store, note.VerifierList(key.Verifier), 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lines(parts) != lines(whole) || parts.Records != whole.Records || parts.Responses != whole.Responses || parts.Unlogged != whole.Unlogged {
		t.Errorf("%+v\n%+v", parts, whole)
	}
}

// The head that is computed leaf by leaf is tlog's.
func TestTheRootIsTheOneOfTlog(t *testing.T) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		all := make([]tlog.Hash, len(at))
		for i, n := range at {
			all[i] = hashes[n]
		}
		return all, nil
	})
	var tr tree
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || tr.root() != want || tr.size != n {
			t.Fatalf("%d: %v, want %v, %v", n, tr.root(), want, err)
		}
		l := parry.Leaf{Response: fmt.Sprint("<", n, ">"), Seq: int(n), Hash: "ab"}
		text, err := leafText(l)
		if err != nil || string(text) != fmt.Sprintf(`{"response":"<%d>","seq":%d,"hash":"ab"}`, n, n) {
			t.Fatalf("%s, %v", text, err)
		}
		more, err := tlog.StoredHashes(n, text, reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		if err := tr.add(l); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTenThousandRecordsAreVerifiedQuickly(t *testing.T) {
	store, _ := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 500, 20)
	began := time.Now()
	rep := verify(t, store, key)
	took := time.Since(began)
	if !rep.OK() || rep.Records != 10_000 {
		t.Errorf("%d records, %s", rep.Records, lines(rep))
	}
	t.Logf("verified 10,000 records in %s", took)
	if took > 20*time.Second { // about a second by itself
		t.Errorf("it took %s", took)
	}
}
