package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// A response is told of as it comes along, each stage once, whichever worker tells, and what is made for a stage that nobody heard of is not.
func TestAResponseIsToldAsItComesAlong(t *testing.T) {
	ch := &heardOf{}
	all := map[string]Channel{"first": ch, "second": &heardOf{}}
	s := withChannels(t, twoHooks, all)
	r := waiting("pr-1")
	s.save(r, parry.MoveAsked, parry.Waiting)
	tell := func() {
		t.Helper()
		for range 2 { // a second time says nothing
			if err := s.tell(); err != nil {
				t.Fatal(err)
			}
			s.clock.pass(time.Minute)
		}
		r = s.again("pr-1")
		if r.Untold != nil {
			t.Fatalf("still due: %+v", r.Untold)
		}
	}
	tell()
	r.Asked.Reminded = 1
	s.save(r, parry.MoveReminded, parry.Waiting)
	tell()
	s.worker("two", twoHooks, all) // another takes over
	r.Asked.Escalated = []string{"leads"}
	s.save(r, parry.MoveEscalated, parry.Waiting)
	tell()
	r.Plan.Digest = "sha256:2"
	s.save(r, parry.MoveReplanned, parry.Waiting)
	tell()
	s.save(r, parry.MoveSeen, parry.Waiting) // no news
	tell()
	s.save(r, parry.MoveApproved, parry.Approved)
	s.save(r, parry.MoveIntent, parry.Applying)
	tell()
	s.save(r, parry.MoveApplied, parry.Verifying)
	s.save(r, parry.MoveVerified, parry.Done)
	tell()
	s.save(r, parry.MoveUndo, parry.Undoing)
	tell()
	s.save(r, parry.MoveUndone, parry.Undone)
	tell()
	want := []string{
		"pr-1 asked waiting for approval", "pr-1 reminded waiting for approval ref-pr-1", "pr-1 escalated waiting for approval ref-pr-1",
		"pr-1 asked waiting for approval ref-pr-1", "pr-1 begun applying ref-pr-1", "pr-1 ended done ref-pr-1", "pr-1 ended undone ref-pr-1",
	}
	if diff := cmp.Diff(want, ch.told); diff != "" {
		t.Error(diff)
	}
	if s.seen["first told"] != len(want) {
		t.Errorf("%v", s.seen)
	}
}

// What needs nobody is told to nobody.
func TestWhatIsNoNews(t *testing.T) {
	s := withChannels(t, twoHooks, nil)
	for name, tc := range map[string]struct {
		change func(*parry.Response)
		move   parry.Move
		to     parry.State
		want   bool
	}{
		"told":           {func(r *parry.Response) { r.Asked = nil }, parry.MoveTold, parry.Alerted, true},
		"no plan":        {func(r *parry.Response) { r.Asked = nil }, parry.MoveTold, parry.Unreadable, true},
		"nothing to do":  {func(r *parry.Response) { r.Asked = nil }, parry.MoveTold, parry.Nothing, false},
		"no rule":        {func(r *parry.Response) { r.Asked, r.Answer.Rule = nil, "" }, parry.MoveTold, parry.Alerted, false},
		"asked, is over": {func(*parry.Response) {}, parry.MoveTold, parry.Nothing, true},
		"noted":          {func(*parry.Response) {}, parry.MoveNoted, parry.Waiting, false},
		"a call":         {func(*parry.Response) {}, parry.MoveCall, parry.Applying, false},
	} {
		r := waiting("pr-1")
		tc.change(r)
		r.State = tc.to
		if got := s.n.outs[0].Tells(*r, parry.Record{Kind: tc.move, State: tc.to}); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A channel that fails is tried later, keeps no other, and is not called for each response while it fails.
func TestAChannelThatIsDown(t *testing.T) {
	down, up := &heardOf{fail: &slower{parry.Errorf(parry.Fault, "503"), 20 * time.Minute}}, &heardOf{}
	s := withChannels(t, twoHooks+"group: {after: 1000}\n", map[string]Channel{"first": down, "second": up})
	for i := range 30 {
		s.save(waiting(fmt.Sprintf("pr-%d", i)), parry.MoveAsked, parry.Waiting)
	}
	if err := s.tell(); err == nil || !strings.Contains(err.Error(), "503") {
		t.Fatal(err)
	}
	if down.calls != 1 || len(up.told) != 30 {
		t.Fatalf("%d calls to the one that is down, %d told by the other", down.calls, len(up.told))
	}
	for range 19 { // the provider said when
		s.clock.pass(time.Minute)
		_ = s.tell()
	}
	if down.calls != 1 || len(up.told) != 30 {
		t.Fatalf("%d calls before it said, %d told by the other", down.calls, len(up.told))
	}
	down.fail = nil
	for range 10 {
		s.clock.pass(time.Minute)
		_ = s.tell()
	}
	if len(down.told) != 30 || len(up.told) != 30 {
		t.Errorf("told of %d and %d", len(down.told), len(up.told))
	}
}

// A channel that does not answer is given up after its time, and the other one has not waited for it.
func TestAChannelThatDoesNotAnswer(t *testing.T) {
	silent, up := &heardOf{slow: true}, &heardOf{}
	s := withChannels(t, twoHooks, map[string]Channel{"first": silent, "second": up})
	s.save(waiting("pr-1"), parry.MoveAsked, parry.Waiting)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.r.TellDue(ctx, s.clock.now()); err != nil { // as its own time was over, nothing is said to have failed
		t.Fatal(err)
	}
	u := s.again("pr-1").Untold
	if len(up.told) != 1 || u == nil || len(u.To) != 1 || u.To["channel first"].Tries != 0 {
		t.Errorf("%d told, %+v", len(up.told), u)
	}
}

// What is refused for ever, and what fails too often, is noted on the response with the channel's name, counted, and left.
func TestWhatIsNeverTold(t *testing.T) {
	gone, down := &heardOf{fail: parry.Errorf(parry.Refused, "channel_not_found")}, &heardOf{fail: errors.New("down")}
	s := withChannels(t, twoHooks, map[string]Channel{"first": gone, "second": down})
	s.save(waiting("pr-1"), parry.MoveAsked, parry.Waiting)
	for range 24 * 12 {
		_ = s.tell()
		s.clock.pass(5 * time.Minute)
	}
	records, err := s.store.Records(t.Context(), "pr-1")
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, rec := range records {
		if rec.Kind == parry.MoveNoted {
			notes = append(notes, rec.Text)
		}
	}
	want := []string{"channel first is not told: channel_not_found", "channel second is not told: down"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
	if gone.calls != 1 || down.calls != parry.MostTries || s.seen["first dead"] != 1 || s.seen["second dead"] != 1 || s.again("pr-1").Untold != nil {
		t.Errorf("%d and %d calls, %v", gone.calls, down.calls, s.seen)
	}
	if r := s.again("pr-1"); r.State != parry.Waiting {
		t.Errorf("it is %s: a question goes on though nobody can be told", r.State)
	}
}

func TestRoutes(t *testing.T) {
	f, err := Read("c.yaml", []byte(`
channels:
  - {name: chat, type: webhook, url: "https://a.example/", secret: env:A}
  - {name: mail, type: webhook, url: "https://b.example/", secret: env:A}
  - {name: pager, type: webhook, url: "https://c.example/", secret: env:A}
routes:
  - {severities: [critical], channels: [pager], also: true}
  - {accounts: "9999*", channels: []}
  - {rules: ["open-*"], kinds: [asked, escalated], channels: [chat, mail]}
  - {playbooks: "iam-*", tiers: auto, channels: mail}
default: chat
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		kind   Kind
		change func(*parry.Response)
		want   []string
	}{
		"first":    {Asked, func(*parry.Response) {}, []string{"chat", "mail"}},
		"kind":     {Ended, func(*parry.Response) {}, []string{"chat"}},
		"also":     {Asked, func(r *parry.Response) { r.Finding.SeverityID = parry.SeverityCritical }, []string{"pager", "chat", "mail"}},
		"nobody":   {Asked, func(r *parry.Response) { r.Target.Account = "999911112222" }, nil},
		"playbook": {Ended, func(r *parry.Response) { r.Answer.Playbook, r.Decided.Tier = "iam-x", parry.TierAuto }, []string{"mail"}},
		"tier":     {Ended, func(r *parry.Response) { r.Answer.Playbook, r.Decided.Tier = "iam-x", parry.TierAlert }, []string{"chat"}},
	} {
		r := waiting("pr-1")
		tc.change(r)
		if got := f.To(tc.kind, *r); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Who was asked hears how it ended, also where the end alone would go elsewhere; who was not is told of nothing it is not to know.
func TestWhoWasAskedHearsTheEnd(t *testing.T) {
	chat, log := &heardOf{}, &heardOf{}
	s := withChannels(t, twoHooks+"routes: [{kinds: [asked], channels: [first]}]\ndefault: second\n", map[string]Channel{"first": chat, "second": log})
	r := waiting("pr-1")
	s.save(r, parry.MoveAsked, parry.Waiting)
	_ = s.tell()
	r = s.again("pr-1")
	s.save(r, parry.MoveRejected, parry.Rejected)
	_ = s.tell()
	done := waiting("pr-2") // by itself
	done.Asked = nil
	s.save(done, parry.MoveApproved, parry.Approved)
	s.save(done, parry.MoveVerified, parry.Done)
	_ = s.tell()
	if diff := cmp.Diff([]string{"pr-1 asked waiting for approval", "pr-1 ended rejected ref-pr-1"}, chat.told); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"pr-1 ended rejected", "pr-2 ended done"}, log.told); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrongWithAFile(t *testing.T) {
	hook := `{name: a, type: webhook, url: "https://a.example/", secret: env:A}`
	for name, tc := range map[string]struct{ text, want string }{
		"none":        {"routes: []", "c.yaml:1:1: a file of channels has channels"},
		"type":        {"channels: [{name: a, type: webhok}]", `did you mean "webhook"?`},
		"name":        {"channels: [{name: A b, type: webhook}]", "a channel has a name of lower-case"},
		"twice":       {"channels:\n  - " + hook + "\n  - " + hook, "c.yaml:3:12: there are two channels"},
		"field":       {"channels: [{name: a, type: webhook, uri: x}]", `did you mean "url"?`},
		"missing":     {"channels: [{name: a, type: webhook, secret: env:A}]", "needs url"},
		"secret":      {`channels: [{name: a, type: webhook, url: "https://a.example/", secret: hunter2}]`, "a secret, which does not stand in the file"},
		"route":       {"channels: [" + hook + "]\nroutes:\n  - {channels: b}", `c.yaml:3:16: there is no channel "b"`},
		"kind":        {"channels: [" + hook + "]\nroutes:\n  - {channels: a, kinds: [askd]}", `did you mean "asked"?`},
		"to nobody":   {"channels: [" + hook + "]\nroutes:\n  - {kinds: [asked]}", "a route says where to"},
		"empty rules": {"channels: [" + hook + "]\nroutes:\n  - {channels: a, rules: []}", "rules is a list of at least one"},
		"group":       {"channels: [" + hook + "]\ngroup: {within: 1s}", "within is a span from 1m to 24h"},
		"after":       {"channels: [" + hook + "]\ngroup: {after: 0}", "after is a number from 1"},
		"default":     {"channels: [" + hook + "]\ndefault: [x]", "there is no channel"},
	} {
		_, err := Read("c.yaml", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) || parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), "c.yaml:") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s tells the secret", name)
		}
	}
}

func TestSecrets(t *testing.T) {
	s := Secrets{
		Env:     func(name string) string { return map[string]string{"A": "from the environment\n"}[name] },
		File:    func(string) ([]byte, error) { return []byte("from a file\r\n"), nil },
		Manager: func(_ context.Context, arn string) (string, error) { return `{"token": "of ` + arn + `"}`, nil },
		Parameter: func(_ context.Context, name string) (string, error) {
			return "", errors.New("ParameterNotFound " + name)
		},
	}
	for ref, want := range map[string]string{
		"env:A": "from the environment", "file:/run/x": "from a file", "secretsmanager:arn:aws:x#token": "of arn:aws:x", "secretsmanager:arn:aws:x": `{"token": "of arn:aws:x"}`,
	} {
		if got, err := s.get(t.Context(), ref); got != want || err != nil {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	for ref, want := range map[string]string{"env:B": "empty or not set", "ssm:/parry/x": "ParameterNotFound /parry/x", "secretsmanager:arn:aws:x#other": "empty"} {
		if got, err := s.get(t.Context(), ref); got != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
}

// A process without the secrets stores what is to be told, and leaves it to one that has them; no try is lost by it.
func TestWhoHasNoSecretsLeavesIt(t *testing.T) {
	ch := &heardOf{}
	s := withChannels(t, twoHooks, map[string]Channel{"first": ch, "second": &heardOf{}})
	f, err := Read("channels.yaml", []byte(twoHooks))
	if err != nil {
		t.Fatal(err)
	}
	server := s.r.Teller
	s.r.Teller = Unopened(f, Options{Now: s.clock.now}).Tellers()
	r := waiting("pr-1")
	r.State = parry.Planned
	if err := s.r.Ask(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s.clock.pass(time.Minute)
		if err := s.tell(); err != nil {
			t.Fatal(err)
		}
	}
	if u := s.again("pr-1").Untold; u == nil || u.To["channel first"].Tries != 0 || len(u.To) != 2 {
		t.Fatalf("%+v", u)
	}
	s.r.Teller = server
	s.clock.pass(time.Minute)
	if err := s.tell(); err != nil || len(ch.told) != 1 || s.again("pr-1").Untold != nil {
		t.Errorf("%v, %v", err, ch.told)
	}
}

// slowly is a channel that takes its time.
type slowly struct {
	heardOf
	clock *clock
}

func (s *slowly) Tell(ctx context.Context, n News, ref string) (string, error) {
	s.clock.pass(6 * time.Second)
	return s.heardOf.Tell(ctx, n, ref)
}

// A channel that is slow is told of some in each go, so that the others' turn comes, and of all in the end.
func TestASlowChannelIsToldInParts(t *testing.T) {
	slow := &slowly{}
	s := withChannels(t, twoHooks+"group: {after: 1000}\n", map[string]Channel{"first": slow, "second": &heardOf{}})
	slow.clock = s.clock
	for i := range 10 {
		s.save(waiting(fmt.Sprintf("pr-%d", i)), parry.MoveAsked, parry.Waiting)
	}
	if err := s.tell(); err != nil || len(slow.told) < 3 || len(slow.told) > 5 {
		t.Fatalf("%v, %d told at once", err, len(slow.told))
	}
	for range 5 {
		s.clock.pass(time.Minute)
		_ = s.tell()
	}
	if len(slow.told) != 10 {
		t.Errorf("told of %d", len(slow.told))
	}
}

// Whatever stands in a file, it is read or refused with its place, and what is read can be asked.
func FuzzRead(f *testing.F) {
	f.Add([]byte(twoHooks))
	f.Add([]byte("channels: [{name: a, type: slack, token: env:T, channel: C1, users: {U1: x}}]\nroutes: [{channels: a, also: true}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Read("c.yaml", text)
		if err != nil {
			if parry.KindOf(err) != parry.Invalid || !strings.HasPrefix(err.Error(), "c.yaml:") {
				t.Errorf("%v", err)
			}
			return
		}
		for _, k := range kinds() {
			for _, name := range file.To(k, *waiting("pr-1")) {
				if _, ok := file.entry(name); !ok {
					t.Errorf("%s goes to %q, which is not there", k, name)
				}
			}
		}
	})
}
