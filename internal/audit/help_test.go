package audit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"parry"
	"parry/internal/sqlite"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

const account = "111122223333"

// open is a store in a file, and the file as an attacker with a shell has it: without the triggers.
func open(t testing.TB) (*sqlite.DB, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parry.db")
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	raw, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(0)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	raw.SetMaxOpenConns(1)
	for _, name := range []string{"records_are_not_changed", "records_are_not_deleted", "records_follow_each_other", "log_is_not_changed", "log_is_not_shortened"} {
		run(t, raw, "DROP TRIGGER "+name)
	}
	return store, raw
}

func run(t testing.TB, raw *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := raw.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func newKey(t testing.TB, name string) Key {
	t.Helper()
	private, _, err := NewKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parseKey(private, "a test's")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// story is a response that was done, and its records: n of them, at least five.
func story(id string, at time.Time, n int) (parry.Response, []parry.Record) {
	call := parry.Call{Account: account, Region: "us-east-1", Op: "iam:UpdateAccessKey", Input: map[string]any{"UserName": "mallory", "AccessKeyId": "AKIA1", "Status": "Inactive"}}
	target := parry.Target{Type: "AWS::IAM::AccessKey", ID: "AKIA1", Account: account, Region: "us-east-1", Partition: "aws", User: "mallory"}
	r := parry.Response{
		ID: id, Key: "key-" + id, State: parry.Done, Stored: parry.Done, By: "ada", Target: target,
		Finding: parry.Finding{ClassUID: parry.ClassDetection, SeverityID: parry.SeverityHigh, Info: parry.FindingInfo{UID: "f-" + id, Types: []string{"UnauthorizedAccess:IAMUser/X"}}},
		Answer:  parry.Answer{Rule: "stolen", Playbook: "iam-deactivate-access-key", Tier: parry.TierApprove},
		Plan:    parry.Plan{Playbook: "iam-deactivate-access-key", Summary: "Deactivates the key.", Target: target, Changes: []parry.Change{{Name: "off", Call: call}}},
		Times:   parry.Times{Received: at, Planned: at, Applied: at, Closed: at.Add(time.Second)},
	}
	r.Plan.Seal()
	o := parry.Outcome{Change: "off", Call: call, State: parry.Intended, At: at}
	made := o
	made.State, made.RequestID, made.Principal, made.Attempts, made.Took = parry.Made, "req-"+id, "arn:aws:sts::"+account+":assumed-role/parry-x/"+id, 1, 20*time.Millisecond
	steps := []parry.Record{
		{Kind: parry.MoveApproved, State: parry.Approved, Text: "ada says yes to " + r.Plan.Digest},
		{Kind: parry.MoveIntent, State: parry.Applying, Text: "iam:UpdateAccessKey for off", Call: &o},
		{Kind: parry.MoveCall, State: parry.Applying, Text: "iam:UpdateAccessKey made", Call: &made},
		{Kind: parry.MoveApplied, State: parry.Verifying, Text: "every call is made"},
		{Kind: parry.MoveVerified, State: parry.Done, Text: "planned again: nothing is missing"},
	}
	for len(steps) < n {
		steps = append(steps, parry.Record{Kind: parry.MoveSeen, State: parry.Done, Text: fmt.Sprintf("<seen> again & again: %d", len(steps))})
	}
	for i := range steps {
		rec := &steps[i]
		rec.Response, rec.Seq, rec.At = id, i+1, at.Add(time.Duration(i)*time.Millisecond)
		rec.Seal(r.Chain)
		r.Chain, r.Steps = rec.Hash, rec.Seq
	}
	return r, steps
}

// fill stores responses a minute apart, and logs and signs them.
func fill(t testing.TB, store parry.Store, key Key, from, to, records int) {
	t.Helper()
	for i := from; i < to; i++ {
		r, steps := story(fmt.Sprintf("pr-%05d", i), noon.Add(time.Duration(i)*time.Minute), records)
		if err := store.Save(t.Context(), r, steps...); err != nil {
			t.Fatal(err)
		}
	}
	sign(t, store, key, noon.Add(time.Duration(to)*time.Minute+time.Hour))
}

func sign(t testing.TB, store parry.Store, key Key, now time.Time) []byte {
	t.Helper()
	signed, _, err := Close(t.Context(), store, key, now)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func verify(t testing.TB, store parry.Store, key Key, anchors ...[]byte) Report {
	t.Helper()
	rep, err := Verify(context.WithoutCancel(t.Context()), store, note.VerifierList(key.Verifier), anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}
