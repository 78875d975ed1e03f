package numbers_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/audit"
	"parry/internal/coverage"
	"parry/internal/numbers"
	"parry/internal/rules"
	"parry/internal/telemetry"
)

func now() time.Time { return time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC) }

// shelf is a store of responses that it makes when they are asked for, the newest first.
type shelf struct {
	n    int
	make func(i int) parry.Response
	kept [][]byte
	read int
}

func (s *shelf) List(_ context.Context, q parry.Query) (page []parry.Response, next string, err error) {
	from := 0
	if q.After != "" {
		if _, err := fmt.Sscan(q.After, &from); err != nil {
			return nil, "", err
		}
	}
	for i := from; i < min(from+q.Limit, s.n); i++ {
		page = append(page, s.make(i))
		s.read++
	}
	if from+q.Limit < s.n {
		next = fmt.Sprint(from + q.Limit)
	}
	return page, next, nil
}

func (s *shelf) Checkpoints(context.Context) ([][]byte, error) { return s.kept, nil }

func of(all ...parry.Response) *shelf {
	return &shelf{n: len(all), make: func(i int) parry.Response { return all[i] }}
}

// one is a response that was received so many hours before now.
func one(state parry.State, hours int, change func(r *parry.Response)) parry.Response {
	received := now().Add(-time.Duration(hours) * time.Hour)
	r := parry.Response{ID: fmt.Sprint(state, hours), State: state, Answer: parry.Answer{Rule: "groups", Playbook: "close"}, Target: parry.Target{Account: "111122223333"}}
	r.Decided.Tier = parry.TierApprove
	r.Finding.Info.Types = []string{"Recon:EC2/Portscan"}
	r.Times = parry.Times{FirstSeen: received.Add(-time.Minute), Received: received}
	if change != nil {
		change(&r)
	}
	return r
}

func done(by string, after time.Duration, votes ...parry.Vote) func(*parry.Response) {
	return func(r *parry.Response) {
		r.By, r.Votes = by, votes
		r.Times.Applied, r.Times.Closed = r.Times.Received.Add(after/2), r.Times.Received.Add(after)
		if by == "rule groups" {
			r.Decided.Tier = parry.TierAuto
		}
	}
}

func TestCollect(t *testing.T) {
	store := of(
		parry.Response{ID: parry.SwitchLog, Times: parry.Times{Received: now()}}, parry.Response{ID: parry.SignInLog, Times: parry.Times{Received: now()}},
		one(parry.Waiting, 1, func(r *parry.Response) { r.Seen = 4 }),
		one(parry.Done, 2, done("rule groups", 10*time.Second)),
		one(parry.Done, 3, done("ada", time.Hour, parry.Vote{By: "ada", Yes: true}, parry.Vote{By: "bob", Yes: true}, parry.Vote{By: "ada", Yes: true})),
		one(parry.Undone, 30, done("rule groups", 20*time.Second)),
		one(parry.Failed, 31, done("eve", time.Second)),
		one(parry.Rejected, 32, func(r *parry.Response) { r.Votes = []parry.Vote{{By: "ada", Yes: false}} }),
		one(parry.Expired, 33, nil),
		one(parry.Nothing, 800, func(r *parry.Response) {
			r.Answer, r.Target, r.Finding.Info.Types = parry.Answer{}, parry.Target{}, nil
		}),
		one(parry.Alerted, 801, func(r *parry.Response) { r.Times.FirstSeen = time.Time{} }),
		one(parry.Done, 3000, done("rule groups", time.Second)), // too old
	)
	n, err := numbers.Collect(t.Context(), store, numbers.Options{Since: now().Add(-1000 * time.Hour), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("responses", n.Responses, 9)
	check("tiers", n.ByTier, []numbers.Count{{Key: "approve", Count: 7}, {Key: "auto", Count: 2}})
	check("outcomes", n.ByOutcome, []numbers.Count{{Key: "approved", Count: 1}, {Key: "automatic", Count: 1}, {Key: "expired", Count: 1}, {Key: "failed", Count: 1}, {Key: "nothing to do", Count: 1},
		{Key: "rejected", Count: 1}, {Key: "told", Count: 1}, {Key: "undone", Count: 1}, {Key: "waiting", Count: 1}})
	check("rules", n.ByRule, []numbers.Count{{Key: "groups", Count: 8}, {Key: "none", Count: 1}})
	check("playbooks", n.ByPlaybook, []numbers.Count{{Key: "close", Count: 8}, {Key: "none", Count: 1}})
	check("accounts", n.ByAccount, []numbers.Count{{Key: "111122223333", Count: 8}, {Key: "none", Count: 1}})
	check("findings", n.Findings, []numbers.Count{{Key: "Recon:EC2/Portscan", Count: 8}, {Key: "unknown type", Count: 1}})
	check("months", n.ByMonth, []numbers.Day{{Key: "2026-09", Count: 2, Outcomes: map[string]int{"nothing to do": 1, "told": 1}},
		{Key: "2026-10", Count: 7, Outcomes: map[string]int{"approved": 1, "automatic": 1, "expired": 1, "failed": 1, "rejected": 1, "undone": 1, "waiting": 1}}})
	if len(n.ByDay) != 34 || n.ByDay[0].Key != "2026-09-28" || n.ByDay[1].Count != 0 || n.ByDay[33].Count != 3 {
		t.Errorf("days: %v", n.ByDay)
	}
	respond := telemetry.Spread{Known: 3, Median: 20 * time.Second, P95: time.Hour}
	check("times", n.Times.All, numbers.Timing{Detect: telemetry.Spread{Known: 8, Median: time.Minute, P95: time.Minute}, Respond: respond})
	check("times by rule", n.Times.ByRule[0].Respond, respond)
	check("times by month", n.Times.ByMonth[1], numbers.Timing{Key: "2026-10", Detect: telemetry.Spread{Known: 7, Median: time.Minute, P95: time.Minute}, Respond: respond})
	check("weeks", n.Times.ByWeek[len(n.Times.ByWeek)-1].Key, "2026-W44")
	check("acted", n.Acted, numbers.Acted{Automatic: 2, Approved: 2, ApprovedBy: []numbers.Count{{Key: "ada", Count: 1}, {Key: "bob", Count: 1}, {Key: "eve", Count: 1}},
		Rejected: 1, RejectedBy: []numbers.Count{{Key: "ada", Count: 1}}, Expired: 1, Undone: 1, Failed: 1, Waiting: 1})
	check("noise", n.Noise, numbers.Noise{SeenAgain: 4, ByRule: []numbers.RuleNoise{{Rule: "groups", Responses: 8, SeenAgain: 4, Told: 1, Percent: 12}, {Rule: "none", Responses: 1, Nothing: 1, Percent: 100}}})
	check("audit", n.Audit, numbers.Audit{Note: "There is no checkpoint: nothing signs the record yet."})
	if n.Exemptions == nil || n.Coverage == nil {
		t.Error("a list without anything is null in JSON")
	}
}

func TestUntil(t *testing.T) {
	store := of(one(parry.Waiting, 1, nil), one(parry.Waiting, 5, nil), one(parry.Waiting, 9, nil))
	n, err := numbers.Collect(t.Context(), store, numbers.Options{Since: now().Add(-6 * time.Hour), Until: now().Add(-2 * time.Hour), Now: now})
	if err != nil || n.Responses != 1 {
		t.Errorf("%d, %v", n.Responses, err)
	}
	_, err = numbers.Collect(t.Context(), store, numbers.Options{Since: now(), Until: now().Add(-time.Hour), Now: now})
	if parry.KindOf(err) != parry.Invalid {
		t.Errorf("a time that ends before it begins: %v", err)
	}
}

// Each outcome is one of those that are told, and each state has one.
func TestEveryStateHasAnOutcome(t *testing.T) {
	for _, s := range parry.States() {
		got := numbers.OutcomeOf(&parry.Response{State: s})
		if !strings.Contains(" "+strings.Join(numbers.Outcomes(), " | ")+" ", " "+got+" ") {
			t.Errorf("%s is %q", s, got)
		}
	}
}

// Whole responses are not kept: a hundred thousand of two kilobytes take a small part of what they are.
func TestManyTakeLittleMemory(t *testing.T) {
	const all, each = 100_000, 2 << 10
	store := &shelf{n: all, make: func(i int) parry.Response {
		r := one(parry.Done, i/200, done("rule groups", time.Duration(i%600+1)*time.Second))
		text := strings.Repeat("x", each-20) + fmt.Sprintf("%020d", i%7000)
		r.Finding.Info.Desc, r.Answer.Rule = text, text[each-4:]
		return r
	}}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, err := numbers.Collect(t.Context(), store, numbers.Options{Now: now})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || n.Responses != all || store.read != all {
		t.Fatalf("%d of %d read, %v", n.Responses, store.read, err)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > all*each/10 {
		t.Errorf("%d bytes are kept", kept)
	}
	if len(n.ByRule) > 5001 || n.ByRule[0].Key != numbers.Others {
		t.Errorf("%d rules, the first %v: a list has no bound", len(n.ByRule), n.ByRule[0])
	}
	runtime.KeepAlive(n)
}

func TestExemptions(t *testing.T) {
	book := &rules.Book{Rules: []rules.Rule{{Name: "groups", Scope: parry.Scope{Exempt: []parry.Exemption{
		{Accounts: []string{"111122223333"}, Owner: "ada", Reason: "lab", Until: now().AddDate(0, 2, 0)},
		{Accounts: []string{"444455556666"}, Owner: "bob", Reason: "move", Until: parry.EndOfDay(now().AddDate(0, 0, 3))},
		{Resources: []string{"sg-1"}, Owner: "eve", Reason: "old", Until: now()},
		{Resources: []string{"sg-2"}, Owner: "eve", Reason: "made elsewhere"},
	}}}}}
	n, err := numbers.Collect(t.Context(), of(), numbers.Options{Now: now, Book: book})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range n.Exemptions {
		got = append(got, e.Owner+" "+e.State+" "+e.End)
	}
	want := []string{"eve no end ", "eve ended 2026-10-31T12:00:00Z", "bob ends soon 2026-11-03", "ada running 2026-12-31T12:00:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAudit(t *testing.T) {
	text := []byte("main\n40\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— main x\n")
	at := now().Add(-time.Hour)
	for name, c := range map[string]struct {
		kept   [][]byte
		rep    *audit.Report
		err    error
		ok     bool
		length int64
		note   string
	}{
		"not verified": {kept: [][]byte{text}, length: 40, note: "not verified"},
		"good":         {kept: [][]byte{text}, length: 40, rep: &audit.Report{Records: 43, Logged: 42, Unlogged: 1, Checkpoints: 1, Covered: 40, At: at}, ok: true, note: "2026-10-31T11:00:00Z, over 40 records: nothing was changed. 3 came later."},
		"changed":      {kept: [][]byte{text}, length: 40, rep: &audit.Report{Checkpoints: 1, Faults: []audit.Fault{{Kind: audit.Changed, Response: "r1"}}, More: 2}, note: "3 faults"},
		"unsigned":     {rep: &audit.Report{Records: 7}, note: "no checkpoint signs them"},
		"unreadable":   {rep: &audit.Report{}, err: errors.New("no")},
	} {
		o := numbers.Options{Now: now}
		if c.rep != nil {
			o.Verify = func(context.Context) (audit.Report, error) { return *c.rep, c.err }
		}
		store := of()
		store.kept = c.kept
		n, err := numbers.Collect(t.Context(), store, o)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if a := n.Audit; a.OK != c.ok || a.Length != c.length || !strings.Contains(a.Note, c.note) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestCoverage(t *testing.T) {
	r := &coverage.Report{Areas: []coverage.Area{{Name: "controls", Items: []coverage.Item{
		{Group: "S3", Level: coverage.Auto}, {Group: "EC2", Level: coverage.None}, {Group: "S3", Level: coverage.Approve}, {Group: "S3", Level: coverage.Alert}}}}}
	n, err := numbers.Collect(t.Context(), of(), numbers.Options{Now: now, Coverage: r})
	want := []numbers.Covered{{Area: "controls", Items: 4, Auto: 1, Approve: 1, Alert: 1, None: 1}, {Area: "controls", Group: "S3", Items: 3, Auto: 1, Approve: 1, Alert: 1}, {Area: "controls", Group: "EC2", Items: 1, None: 1}}
	if diff := cmp.Diff(want, n.Coverage); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
