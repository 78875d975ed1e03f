package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/ocsfcheck"
)

func TestRecordsAreExportedAsTheyAre(t *testing.T) {
	store, raw := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 3, 6)
	var out bytes.Buffer
	next, err := Export(t.Context(), store, 0, JSONL, WriterSink(&out))
	if err != nil || next != 18 {
		t.Fatal(next, err)
	}
	prev := ""
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i, line := range lines {
		var rec parry.Record
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		if i%6 == 0 {
			prev = ""
		}
		if rec.Sum() != rec.Hash || rec.Prev != prev || rec.Response != fmt.Sprintf("pr-%05d", i/6) {
			t.Errorf("line %d: %s", i, line)
		}
		prev = rec.Hash
	}
	if len(lines) != 18 {
		t.Errorf("%d lines", len(lines))
	}
	// A timer goes on where it was.
	fill(t, store, key, 3, 4, 6)
	out.Reset()
	if next, err = Export(t.Context(), store, next, JSONL, WriterSink(&out)); err != nil || next != 24 || strings.Count(out.String(), "\n") != 6 {
		t.Errorf("%d, %v: %s", next, err, out.String())
	}
	if next, err = Export(t.Context(), store, next, JSONL, WriterSink(&out)); err != nil || next != 24 {
		t.Errorf("%d, %v", next, err)
	}
	if _, err := Export(t.Context(), store, 0, "xml", WriterSink(&out)); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
	if _, err := Export(t.Context(), store, -1, JSONL, WriterSink(&out)); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
	// What was changed is not handed on as a record.
	run(t, raw, "UPDATE records SET body = json_set(body, '$.text', 'x') WHERE response = 'pr-00001' AND seq = 2")
	out.Reset()
	if next, err := Export(t.Context(), store, 0, JSONL, WriterSink(&out)); parry.KindOf(err) != parry.Conflict || next != 0 || !strings.Contains(err.Error(), "record 2 of response pr-00001") {
		t.Errorf("%d, %v", next, err)
	}
}

// parts notes what a sink is given.
type parts struct {
	ranges [][2]int64
	lines  int
	fail   error
}

func (p *parts) Put(_ context.Context, from, to int64, lines []Line) error {
	if p.fail != nil {
		return p.fail
	}
	p.ranges, p.lines = append(p.ranges, [2]int64{from, to}), p.lines+len(lines)
	return nil
}

func TestAnExportComesInParts(t *testing.T) {
	store, _ := open(t)
	fill(t, store, newKey(t, "main"), 0, 300, 20)
	var p parts
	next, err := Export(t.Context(), store, 10, JSONL, &p)
	if err != nil || next != 6000 || len(p.ranges) < 2 || p.lines != 5990 {
		t.Fatalf("%d, %d in %v, %v", next, p.lines, p.ranges, err)
	}
	at := int64(10)
	for _, r := range p.ranges {
		if r[0] != at {
			t.Errorf("%v", p.ranges)
		}
		at = r[1]
	}
	broken := &parts{fail: parry.Errorf(parry.Fault, "no")}
	if next, err := Export(t.Context(), store, 10, JSONL, broken); err == nil || next != 10 {
		t.Errorf("%d, %v", next, err)
	}
}

// endings are responses in each of their ends, with calls that were made, refused, and not needed.
func endings() (all []parry.Response, records [][]parry.Record) {
	for i, end := range []struct {
		move    parry.Move
		state   parry.State
		outcome parry.OutcomeState
		class   int
		op      string
	}{
		{parry.MoveVerified, parry.Done, parry.Made, parry.ClassDetection, "iam:UpdateAccessKey"},
		{parry.MoveVerified, parry.Done, parry.Already, parry.ClassDetection, "ec2:CreateSecurityGroup"},
		{parry.MoveFailed, parry.Failed, parry.CallFail, parry.ClassCompliance, "s3:PutPublicAccessBlock"},
		{parry.MoveUndone, parry.Undone, parry.Made, parry.ClassDetection, "ec2:DeleteSecurityGroup"},
		{parry.MoveTold, parry.Alerted, "", parry.ClassVulnerability, ""},
		{parry.MoveTold, parry.Nothing, "", 0, ""},
		{parry.MoveRejected, parry.Rejected, "", parry.ClassIAMAnalysis, "iam:UpdateAccessKey"},
		{parry.MoveExpired, parry.Expired, "", parry.ClassAPIActivity, "iam:UpdateAccessKey"},
	} {
		r, _ := story(fmt.Sprintf("pr-end-%d", i), noon, 5)
		r.Finding.ClassUID, r.Finding.SeverityID = end.class, i%8
		o := parry.Outcome{Change: "off", Call: r.Plan.Changes[0].Call, State: end.outcome, RequestID: "req", Principal: "arn:aws:sts::" + account + ":assumed-role/parry-x/" + r.ID, Attempts: 1, At: noon, Took: time.Second}
		o.Call.Op, r.Plan.Changes[0].Call.Op = end.op, end.op
		if end.op == "" {
			r.Plan, r.Target, r.By = parry.Plan{}, parry.Target{}, ""
		}
		if end.outcome == parry.CallFail {
			o.Error, o.Principal, o.RequestID = "AWS says AccessDenied", "", ""
		}
		recs := []parry.Record{{Response: r.ID, Seq: 1, At: noon, Kind: end.move, State: end.state, Text: "it ended"}}
		if end.outcome != "" {
			recs = append([]parry.Record{{Response: r.ID, Seq: 1, At: noon, Kind: parry.MoveCall, State: parry.Applying, Text: "a call", Call: &o}}, recs...)
			recs[1].Seq = 2
		}
		all, records = append(all, r), append(records, recs)
	}
	var switches []parry.Record
	for i, m := range []parry.Move{parry.MoveStopped, parry.MoveStarted, parry.MoveReleased} {
		switches = append(switches, parry.Record{Response: parry.SwitchLog, Seq: i + 1, At: noon, Kind: m, State: parry.Nothing, Text: "somebody did it"})
	}
	return append(all, parry.Response{ID: parry.SwitchLog}), append(records, switches)
}

func TestOCSFOfRecords(t *testing.T) {
	responses, records := endings()
	var got []string
	for i, r := range responses {
		for _, rec := range records[i] {
			for _, o := range ocsf(r, rec) {
				got = append(got, fmt.Sprint(o["type_name"], ", ", o["status"]))
			}
		}
	}
	want := []string{
		"API Activity: Update, Success", "Remediation Activity: Evict, Success",
		"API Activity: Create, already so", "Remediation Activity: Isolate, Success",
		"API Activity: Update, Failure", "Remediation Activity: Harden, Failure",
		"API Activity: Delete, Success", "Remediation Activity: Restore, Success",
		"Remediation Activity: Unknown, alerted", "Remediation Activity: Unknown, nothing to do",
		"Remediation Activity: Harden, rejected", "Remediation Activity: Evict, expired",
		"Application Lifecycle: Stop, Success", "Application Lifecycle: Start, Success", "Application Lifecycle: Update, Success",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	first := ocsf(responses[0], records[0][0])[0]
	text, _ := json.Marshal(first)
	for _, part := range []string{
		`"operation":"UpdateAccessKey"`, `"service":{"name":"iam"}`, `"uid":"req"`, `"correlation_uid":"pr-end-0"`,
		`"issuer":"arn:aws:sts::111122223333:assumed-role/parry-x"`, `"session":{"issuer"`, `"UserName":"mallory"`,
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
}

// Everything that is exported is valid OCSF, for judges that others made.
func TestTheExportIsValidOCSF(t *testing.T) {
	checker := ocsfcheck.Need(t)
	responses, records := endings()
	var objects []map[string]any
	for i, r := range responses {
		for _, rec := range records[i] {
			for _, o := range ocsf(r, rec) {
				text, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				var plain map[string]any
				if err := json.Unmarshal(text, &plain); err != nil {
					t.Fatal(err)
				}
				objects = append(objects, plain)
			}
		}
	}
	verdicts, err := checker.Faults(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, faults := range verdicts {
		if len(faults) > 0 {
			t.Errorf("%v: %s", objects[i]["type_name"], strings.Join(faults, "\n\t"))
		}
	}
}
