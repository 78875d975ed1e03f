package backtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parry"
	"parry/internal/assemble"
	"parry/internal/rules"
)

// duty is an event of GuardDuty about a user's key.
func duty(finding, key, at string, severity int) string {
	return fmt.Sprintf(`{"version":"0","id":"e","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"999999999999","time":%q,"region":"us-east-1",
	"resources":[],"detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","partition":"aws","id":%q,
	"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":%d,"createdAt":"2026-03-01T09:00:00Z","updatedAt":"2026-03-01T09:00:00Z","title":"t",
	"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":"mallory"}},
	"service":{"archived":%t,"count":1}}}`, at, finding, severity, key, severity == 1)
}

const theRules = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty]}
    when: ${finding.severity_id >= 3}
    limits: {per_hour: 2, max_age: 48h}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
  - name: users
    match: {source: [aws.guardduty]}
    scope: {accounts: ["444455556666"]}
    respond: [{playbook: iam-quarantine-user, tier: auto}]
  - name: told
    match: {source: [aws.guardduty], detail: {severity: [{numeric: ["<", 4]}]}}
    respond: [{tier: alert}]
  - name: odd
    match: {source: [aws.odd]}
    respond: [{tier: alert}]
`

func library(t testing.TB, text string) (*assemble.Library, *rules.Book) {
	t.Helper()
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return lib, lib.Rules
	}
	book, err := rules.NewBook()
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Add("r.yaml", []byte(text), lib.Playbooks); err != nil {
		t.Fatal(err)
	}
	return lib, book
}

// texts are inputs held in memory.
func texts(all ...string) iter.Seq2[Input, error] {
	return func(yield func(Input, error) bool) {
		for i, s := range all {
			in := Input{Name: fmt.Sprintf("f%d", i+1), Size: int64(len(s)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
			if !yield(in, nil) {
				return
			}
		}
	}
}

// byName finds a rule in a report.
func byName(t *testing.T, r Report, name string) Rule {
	t.Helper()
	for _, rule := range r.Rules {
		if rule.Name == name {
			return rule
		}
	}
	t.Fatalf("rule %s is not in the report", name)
	return Rule{}
}

func events() string {
	var b strings.Builder
	for _, s := range []string{
		duty("f1", "AKIAONE", "2026-03-01T10:00:00Z", 5), duty("f1", "AKIAONE", "2026-03-01T10:15:00Z", 5), duty("f2", "AKIATWO", "2026-03-01T10:20:00Z", 5),
		duty("f3", "AKIATHREE", "2026-03-01T10:30:00Z", 5), duty("f4", "AKIAFOUR", "2026-03-01T12:00:00Z", 5),
		duty("f5", "AKIAFIVE", "2026-03-04T10:00:00Z", 5), // three days after its finding's last word
		duty("f6", "AKIASIX", "2026-03-01T10:00:00Z", 2),  // less severe than the condition wants
		duty("f7", "AKIAONE", "2026-03-01T10:00:00Z", 1),  // archived
		`{"version":"0","id":"x","detail-type":"Odd","source":"aws.odd","account":"999999999999","time":"2026-03-02T10:00:00Z","region":"us-east-1","resources":[],"detail":{}}`,
		`{"version":"0","id":"y","detail-type":"Other","source":"aws.other","account":"999999999999","time":"2026-03-02T10:00:00Z","region":"us-east-1","resources":[],"detail":{}}`,
		`{"torn`, strings.Replace(duty("f8", "AKIAONE", "2026-03-01T10:00:00Z", 5), `"accountId":"111122223333"`, `"accountId":"no"`, 1),
	} {
		b.WriteString(strings.ReplaceAll(s, "\n", "") + "\n")
	}
	return b.String()
}

func TestRunWithoutAState(t *testing.T) {
	lib, book := library(t, theRules)
	in := events()
	r, err := Run(t.Context(), Options{Library: lib, Rules: book, Inputs: texts(in)})
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time { v, _ := time.Parse(time.RFC3339, s); return v }
	want := Report{
		State: "none", Files: 1, Bytes: int64(len(in)), Events: 11, From: day("2026-03-01T10:00:00Z"), To: day("2026-03-04T10:00:00Z"), Findings: 8,
		Unreadable: Unreadable{2, []Fault{{Why: "f1, line 11, column 6, element 11: ends inside a string"}, {Why: `f1, line 12, element 12: detail.accountId is "no": an AWS account has 12 digits`}}},
		Unwanted:   Counts{1, []Count{{What: "aws.other Other", N: 1}}}, NotFindings: Counts{1, []Count{{What: "aws.odd Odd", N: 1}}},
		Quiet: Counts{1, []Count{{What: "archived in GuardDuty", N: 1}}},
	}
	if diff := cmp.Diff(want, r, cmpopts.IgnoreFields(Report{}, "Rules", "Noise"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	keys := byName(t, r, "keys")
	wantKeys := Rule{
		Name: "keys", Matched: 6, Findings: Distinct{N: 5}, Again: 1, Targets: Distinct{N: 5}, PerDay: 2, Busiest: Peak{N: 4, From: day("2026-03-01T10:00:00Z")},
		Oldest: 73 * 3600, Misses: Counts{1, []Count{{What: "finding.severity_id >= 3 is false", N: 1}}}, Answers: 5, Tiers: Tiers{Auto: 3, Approve: 2},
		Plans: Plans{NotMade: Counts{5, []Count{{What: "no state is given", N: 5}}}},
		Lowered: Counts{2, []Count{{What: "approve: the finding came late: its last word is 3 days old, and rule keys takes it for at most 2 days", N: 1},
			{What: "approve: the limit of its applications within an hour is reached", N: 1}}},
		Budget: Budget{Limits: parry.Limits{PerHour: 2, MaxAge: 48 * time.Hour}, Applied: 3, Hits: 1, Most: Peak{N: 3, From: day("2026-03-01T10:00:00Z")},
			MostInAccount: Peak{N: 3, From: day("2026-03-01T10:00:00Z"), Account: "111122223333"}},
	}
	if diff := cmp.Diff(wantKeys, keys, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	users := byName(t, r, "users")
	if users.Matched != 7 || users.OutOfScope.N != 6 || !users.Observes || users.Tiers != (Tiers{}) {
		t.Errorf("out of scope: %+v", users)
	}
	if told := byName(t, r, "told"); told.Matched != 1 || told.Tiers != (Tiers{Alert: 1}) {
		t.Errorf("told: %+v", told)
	}
	if r.Rules[0].Name != "users" || r.Rules[1].Name != "keys" {
		t.Errorf("the rule with the most matches comes first: %s, %s", r.Rules[0].Name, r.Rules[1].Name)
	}
	noise := Noise{Rules: []NoisyRule{{"users", 7}, {"keys", 1.2}}, Targets: []Count{{What: "AWS::IAM::User mallory in account 111122223333", N: 7},
		{What: "AWS::IAM::AccessKey AKIAONE in account 111122223333", N: 2}}}
	r.Noise.Targets = r.Noise.Targets[:min(2, len(r.Noise.Targets))]
	if diff := cmp.Diff(noise, r.Noise); diff != "" {
		t.Error(diff)
	}
}

const aState = `- call: iam:CreateUser
  account: "111122223333"
  with: {UserName: mallory}
- call: iam:CreateAccessKey
  account: "111122223333"
  with: {UserName: mallory}
  known_as: {AKIAONE: "${output.AccessKey.AccessKeyId}"}
- call: iam:CreateAccessKey
  account: "111122223333"
  with: {UserName: mallory}
  save: {second: "${output.AccessKey.AccessKeyId}"}
  known_as: {AKIATWO: "${output.AccessKey.AccessKeyId}"}
- call: iam:UpdateAccessKey
  account: "111122223333"
  with: {UserName: mallory, AccessKeyId: "${second}", Status: Inactive}
`

func TestRunOnASimulatedStateAndOnWhatWasRecordedOfIt(t *testing.T) {
	lib, book := library(t, theRules)
	observe, clock, err := Simulated(t.Context(), "given.yaml", []byte(aState), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var recorded bytes.Buffer
	r, err := Run(t.Context(), Options{Library: lib, Rules: book, Inputs: texts(events()), Observe: Record(&recorded, observe), State: "given", At: clock})
	if err != nil {
		t.Fatal(err)
	}
	check := func(r Report) {
		t.Helper()
		keys := byName(t, r, "keys")
		// One is active, one inactive already, and the others are not there.
		if keys.Plans.Changes != 1 || keys.Plans.Nothing != 1 || keys.Plans.Gone != 3 || keys.Plans.NotMade.N != 0 || keys.Budget.Applied != 1 || keys.Budget.Hits != 0 {
			t.Errorf("%s: %+v, %+v", r.State, keys.Plans, keys.Budget)
		}
		if diff := cmp.Diff(map[string]int{"iam:UpdateAccessKey": 1}, keys.Operations); diff != "" {
			t.Error(diff)
		}
	}
	check(r)
	if !strings.Contains(recorded.String(), "AKIAONE") {
		t.Errorf("the ids are those of the events: %s", recorded.String())
	}
	replay, err := Recorded("answers.jsonl", bytes.NewReader(recorded.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	r, err = Run(t.Context(), Options{Library: lib, Rules: book, Inputs: texts(events()), Observe: replay, State: "recorded"})
	if err != nil {
		t.Fatal(err)
	}
	check(r)
	none, err := Recorded("answers.jsonl", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Run(t.Context(), Options{Library: lib, Rules: book, Inputs: texts(events()), Observe: none, State: "recorded"}); err != nil {
		t.Fatal(err)
	}
	keys := byName(t, r, "keys")
	if keys.Plans.NotMade.N != 5 || !strings.Contains(keys.Plans.NotMade.Most[0].What, "not among the recorded answers") {
		t.Errorf("%+v", keys.Plans)
	}
}

func TestWhatIsWrongWithAGivenStateIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no list":         {aState, "call: iam:CreateUser", "s.yaml:1:1: this is a list of calls"},
		"no account":      {"  account: \"111122223333\"\n", "", "in which account is it?"},
		"another field":   {"known_as", "known_is", `did you mean "known_as"?`},
		"no such field":   {"UserName: mallory}", "UserNam: mallory}", "UserNam"},
		"an id that none": {"\"${output.AccessKey.AccessKeyId}\"", "7", "stands for an id"},
		"refused":         {"iam:CreateUser", "iam:CreateGroups", "iam:CreateGroups"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Simulated(t.Context(), "s.yaml", []byte(strings.Replace(aState, c.old, c.new, 1)), time.Unix(0, 0))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "s.yaml:") || parry.KindOf(err) != parry.Invalid {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestRunGoesOnBehindWhatCannotBeRead(t *testing.T) {
	lib, book := library(t, theRules)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, events()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	torn := packed.String()[:packed.Len()-4]
	inputs := func(yield func(Input, error) bool) {
		_ = yield(Input{}, errors.New("a folder cannot be read")) &&
			yield(Input{Name: "gone", Open: func() (io.ReadCloser, error) { return nil, os.ErrNotExist }}, nil) &&
			yield(Input{Name: "a.txt"}, nil)
		for in := range texts(torn, packed.String()) {
			yield(in, nil)
		}
	}
	r, err := Run(t.Context(), Options{Library: lib, Rules: book, Inputs: inputs})
	if err != nil || r.Files != 3 || r.PassedOver != 1 || r.Events != 22 || r.Unreadable.N != 7 {
		t.Errorf("%v, %d files, %d passed over, %d events, %+v", err, r.Files, r.PassedOver, r.Events, r.Unreadable)
	}
}

func TestAnInterruptedRunTellsWhatItHas(t *testing.T) {
	lib, book := library(t, theRules)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	r, err := Run(ctx, Options{Library: lib, Rules: book, Inputs: texts(events(), events()), At: func(time.Time) {
		if n++; n == 4 {
			cancel()
		}
	}})
	if err != nil || r.Partial == "" || r.Events != 4 || byName(t, r, "keys").Matched != 3 {
		t.Errorf("%v, %q, %d events, %+v", err, r.Partial, r.Events, byName(t, r, "keys"))
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil || !strings.HasPrefix(b.String(), "PARTIAL: interrupted") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2.json", "b/1.JSON.gz", "a.jsonl", "c.log", "c.log.gz", "notes.txt", "x.gz", "b/json"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir, filepath.Join(dir, "circle.json")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("a.jsonl", filepath.Join(dir, "link.json")); err != nil {
		t.Fatal(err)
	}
	paths := []string{dir, filepath.Join(dir, "notes.txt"), filepath.Join(dir, "nowhere")}
	var got []string
	for in, err := range Files(paths) {
		switch {
		case err != nil:
			got = append(got, "!")
		case in.Open == nil:
			got = append(got, "-"+strings.TrimPrefix(in.Name, dir+"/"))
		default:
			got = append(got, strings.TrimPrefix(in.Name, dir+"/"))
		}
	}
	want := []string{"a.jsonl", "b/1.JSON.gz", "b/2.json", "-b/json", "c.log", "c.log.gz", "-circle.json", "link.json", "-notes.txt", "-x.gz", "notes.txt", "!"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := Size(Files(paths)); n != 14 {
		t.Errorf("%d bytes", n)
	}
	for range Files(paths) {
		break // and nothing is given any more
	}
}

// manyRecords is a log file of CloudTrail that is made while it is read. One record in fifty is of a call that rules want.
func manyRecords(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		_, err := io.WriteString(z, `{"Records":[`)
		for i := 0; i < n && err == nil; i++ {
			name, comma := "DescribeInstances", ","
			if i%50 == 0 {
				name = "DeleteTrail"
			}
			if i == n-1 {
				comma = "]}"
			}
			_, err = fmt.Fprintf(z, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA%[1]d","arn":"arn:aws:iam::111122223333:user/u%[1]d","accountId":"111122223333",
"accessKeyId":"AKIA%[1]d","userName":"u%[1]d"},"eventTime":"2026-03-%02[4]dT10:%02[5]d:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":%[2]q,"awsRegion":"eu-west-1",
"sourceIPAddress":"203.0.113.1","userAgent":"aws-cli/2","requestParameters":{"name":"t%[1]d"},"responseElements":null,"requestID":"r%[1]d","eventID":"c%[1]d",
"readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}%[3]s`, i, name, comma, 1+i%28, i/28%60)
		}
		if err == nil {
			err = z.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

// However much is read, no more is held than the counts: 50,000 records are some 40 MB.
func TestRunHoldsNothingOfWhatItReads(t *testing.T) {
	const n, most = 50_000, 24 << 20
	lib, book := library(t, "")
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	r, err := Run(t.Context(), Options{Library: lib, Rules: book, Inputs: func(yield func(Input, error) bool) {
		yield(Input{Name: "records", Open: func() (io.ReadCloser, error) { return io.NopCloser(manyRecords(n)), nil }}, nil)
	}, Progress: func(_ int64, events int) {
		if events%4096 == 0 {
			runtime.GC() // what is held counts, not what was let go since: that grows with the catalogue, by the collector's own rule
			peak = max(peak, heap())
		}
	}})
	if err != nil || r.Events != n || r.Unwanted.N != n-n/50 || r.Unreadable.N != 0 || byName(t, r, "cloudtrail-trail-changed").Matched != n/50 {
		t.Fatalf("%v, %d events, %d unwanted, %+v", err, r.Events, r.Unwanted.N, r.Unreadable)
	}
	runtime.GC()
	after := heap()
	t.Logf("%d kB before, %d at most, %d after", before/1024, peak/1024, after/1024)
	if peak > before+most || after > before+most/4 {
		t.Errorf("%d kB before, %d at most, %d after", before/1024, peak/1024, after/1024)
	}
	runtime.KeepAlive(r)
}
