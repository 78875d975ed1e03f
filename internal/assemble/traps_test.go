package assemble_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/source"
	"parry/internal/sqlite"
	"parry/internal/tap"
)

// The traps that events and AWS set, each with its number in the list that they were gathered in. They are held on the whole engine:
// events as they come in, rules from a file, the twin for AWS.

const (
	hub     = "999999999999"
	account = "111122223333"
)

// theRule answers findings about keys by itself.
const theRule = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty]}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
`

// scene is an engine on the twin, with a user whose key is in the wrong hands.
type scene struct {
	*cases.Twin
	t      *testing.T
	store  parry.Store
	engine *parry.Responder
	iam    *iam.Client
	key    string
}

func newScene(t *testing.T, rules string, adjust ...func(*assemble.Options)) *scene {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	playbooks := t.TempDir()
	for name, text := range map[string]string{"key-and-mark": twoCalls, "key-and-marks": threeCalls} {
		if err := os.Mkdir(filepath.Join(playbooks, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(playbooks, name, "playbook.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lib, err := assemble.NewLibrary(playbooks, dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &scene{Twin: cases.NewTwin(), t: t, store: store}
	o := assemble.Options{Role: "parry-{playbook}", Now: s.Now, Sleep: s.Sleep, Patience: 30 * time.Second}
	for _, f := range adjust {
		f(&o)
	}
	s.engine, _ = lib.Responder(s.Config(hub, "us-east-1"), store, o)
	s.iam = iam.NewFromConfig(s.Config(account, "us-east-1"))
	_, err = s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("mallory")})
	s.ok(err)
	made, err := s.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("mallory")})
	s.ok(err)
	s.key = aws.ToString(made.AccessKey.AccessKeyId)
	s.Org.ResetLog()
	return s
}

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) pass(d time.Duration) { s.ok(s.Sleep(s.t.Context(), d)) }

// event is GuardDuty's about the key, updated at a time; more is put into its service part.
func (s *scene) event(updated time.Time, more string) string {
	return fmt.Sprintf(`{"version":"0","id":"e1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"f1","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/f1",
"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,"title":"","createdAt":"2026-03-01T00:00:00Z","updatedAt":%q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":"mallory"}},
"service":{"archived":false%s}}}`, hub, updated.Format(time.RFC3339), account, account, updated.Format(time.RFC3339), s.key, more)
}

// try gives an event to the engine, as a queue would.
func (s *scene) try(event string) (parry.Response, error) {
	s.t.Helper()
	items, err := source.Read("event", strings.NewReader(event))
	s.ok(err)
	s.ok(items[0].Err)
	findings, err := source.Decode(items[0].Event)
	s.ok(err)
	all, err := s.engine.Respond(s.t.Context(), items[0].Event, findings[0])
	if len(all) != 1 {
		s.t.Fatalf("%d responses, %v", len(all), err)
	}
	return all[0], err
}

// deliver is try where nothing may fail.
func (s *scene) deliver(event string) parry.Response {
	s.t.Helper()
	r, err := s.try(event)
	s.ok(err)
	return r
}

func (s *scene) isState(r parry.Response, want parry.State, reason string) {
	s.t.Helper()
	if r.State != want || !strings.Contains(r.Reason+strings.Join(r.Decided.Reasons, "; "), reason) {
		s.t.Errorf("%q: %s (%v), not %q: %s", r.State, r.Reason, r.Decided.Reasons, want, reason)
	}
}

// isKey holds the key's status; an empty one is a key that is not there.
func (s *scene) isKey(want iamtypes.StatusType) {
	s.t.Helper()
	out, err := s.iam.ListAccessKeys(s.t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("mallory")})
	s.ok(err)
	var got iamtypes.StatusType
	for _, k := range out.AccessKeyMetadata {
		got = k.Status
	}
	if got != want {
		s.t.Errorf("the key is %q, not %q", got, want)
	}
}

func (s *scene) setKey(status iamtypes.StatusType) {
	s.t.Helper()
	_, err := s.iam.UpdateAccessKey(s.t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("mallory"), AccessKeyId: &s.key, Status: status})
	s.ok(err)
}

func (s *scene) deleteKey() {
	s.t.Helper()
	_, err := s.iam.DeleteAccessKey(s.t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("mallory"), AccessKeyId: &s.key})
	s.ok(err)
}

// calls counts what Parry asked of an operation.
func (s *scene) calls(operation string) int {
	n := 0
	for _, e := range s.Org.Log() {
		if e.Operation == operation && strings.Contains(e.Caller.ARN, ":assumed-role/") {
			n++
		}
	}
	return n
}

// isStored holds how many responses there are, and how many records the newest of them has.
func (s *scene) isStored(responses, records int) {
	s.t.Helper()
	all, _, err := s.store.List(s.t.Context(), parry.Query{Limit: 1000})
	s.ok(err)
	if len(all) != responses {
		s.t.Fatalf("%d responses are stored, not %d", len(all), responses)
	}
	rec, err := s.store.Records(s.t.Context(), all[0].ID)
	s.ok(err)
	if len(rec) != records {
		s.t.Errorf("%d records: %v, not %d", len(rec), rec, records)
	}
}

func TestTrap01DuplicateDeliveryOfOneEvent(t *testing.T) {
	s := newScene(t, theRule)
	event := s.event(s.Now(), "")
	first := s.deliver(event)
	s.isState(first, parry.Done, "")
	s.isStored(1, 5) // approved, intent, call, applied, verified
	second := s.deliver(event)
	if second.ID != first.ID || second.Seen != 1 || !strings.Contains(second.Again, "everything is as the playbook wants it") {
		t.Errorf("the second delivery is %s, seen %d times: %q", second.ID, second.Seen, second.Again)
	}
	s.isStored(1, 6)
	if n := s.calls("UpdateAccessKey"); n != 1 {
		t.Errorf("the key was updated %d times", n)
	}
	s.isKey("Inactive")

	// What waits for a person is not asked for twice, and what was told is not told twice.
	for _, tier := range []string{"approve", "alert"} {
		s := newScene(t, strings.Replace(theRule, "tier: auto", "tier: "+tier, 1))
		event := s.event(s.Now(), "")
		first, second := s.deliver(event), s.deliver(event)
		if second.ID != first.ID || second.Again == "" || first.Again != "" || second.State != first.State {
			t.Errorf("%s: %s %q, then %s %q: %s", tier, first.ID, first.State, second.ID, second.State, second.Again)
		}
		s.isStored(1, 2)
		s.isKey("Active")
	}
}

func TestTrap03GuardDutyUpdateEvery15Minutes(t *testing.T) {
	s := newScene(t, theRule)
	first := s.deliver(s.event(s.Now(), ""))
	for range 4 * 24 {
		s.pass(15 * time.Minute)
		if r := s.deliver(s.event(s.Now(), `,"count":2`)); r.ID != first.ID {
			t.Fatalf("an update got a response of its own: %s", r.Reason)
		}
	}
	s.isStored(1, 5+7) // seen again once, 2, 4, 8, 16, 32 and 64 times
	stored, err := s.store.Response(t.Context(), first.ID)
	s.ok(err)
	if stored.Seen != 96 || !stored.SeenAt.Equal(s.Now()) || stored.State != parry.Done {
		t.Errorf("seen %d times, last %s, %q", stored.Seen, stored.SeenAt, stored.State)
	}
	if n := s.calls("UpdateAccessKey"); n != 1 {
		t.Errorf("the key was updated %d times", n)
	}
	// Somebody turned the key on again: the next update is a new fact, and contained.
	s.setKey("Active")
	s.pass(15 * time.Minute)
	again := s.deliver(s.event(s.Now(), ""))
	if again.ID == first.ID {
		t.Error("what is to be done again has no response of its own")
	}
	s.isState(again, parry.Done, "")
	s.isKey("Inactive")
}

func TestTrap05OlderUpdateAfterNewer(t *testing.T) {
	s := newScene(t, theRule)
	older, newer := s.event(s.Now().Add(-time.Hour), ""), s.event(s.Now(), "")
	first := s.deliver(newer)
	s.setKey("Active") // by its owner, after he had looked
	late := s.deliver(older)
	if late.ID != first.ID || !strings.Contains(late.Again, "came late") {
		t.Errorf("%s: %s", late.ID, late.Again)
	}
	s.isKey("Active")
	s.isStored(1, 6)

	// The newer need not have asked for anything: it is known that it was there.
	s = newScene(t, theRule)
	first = s.deliver(s.event(s.Now().Add(-2*time.Hour), ""))
	s.deliver(s.event(s.Now(), ""))
	s.setKey("Active")
	if late = s.deliver(s.event(s.Now().Add(-time.Hour), "")); late.ID != first.ID || !strings.Contains(late.Again, "came late") {
		t.Errorf("%s: %s", late.ID, late.Again)
	}
	s.isKey("Active")

	// The source closed the finding before the older update came.
	s = newScene(t, theRule)
	closed := s.deliver(strings.Replace(s.event(s.Now(), ""), `"archived":false`, `"archived":true`, 1))
	s.isState(closed, parry.Nothing, "archived")
	if late = s.deliver(s.event(s.Now().Add(-time.Minute), "")); late.ID != closed.ID || !strings.Contains(late.Again, "came late") {
		t.Errorf("%s: %s", late.ID, late.Again)
	}
	s.isKey("Active")
	s.isState(s.deliver(s.event(s.Now().Add(time.Minute), "")), parry.Done, "") // and opened it again
	s.isKey("Inactive")
}

// before lets f do something right before the engine makes its calls, or its nth.
func (s *scene) before(n int, f func()) {
	inner, made := s.engine.Actors, 0
	s.engine.Actors = actorsFunc(func(ctx context.Context, session parry.Session) (parry.Actor, int, error) {
		a, k, err := inner.Act(ctx, session)
		return doFunc(func(ctx context.Context, c parry.Call) (parry.Reply, error) {
			if made++; made == n {
				f()
			}
			return a.Do(ctx, c)
		}), k, err
	})
}

type actorsFunc func(context.Context, parry.Session) (parry.Actor, int, error)

func (f actorsFunc) Act(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
	return f(ctx, s)
}

type doFunc func(context.Context, parry.Call) (parry.Reply, error)

func (f doFunc) Do(ctx context.Context, c parry.Call) (parry.Reply, error) { return f(ctx, c) }

func TestTrap14ResourceDeletedMeanwhile(t *testing.T) {
	// Before the event came.
	s := newScene(t, theRule)
	s.deleteKey()
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Nothing, "has no access key")
	s.isStored(1, 1)

	// Between the question and the answer of a person.
	s = newScene(t, strings.Replace(theRule, "tier: auto", "tier: approve", 1))
	asked := s.deliver(s.event(s.Now(), ""))
	s.isState(asked, parry.Waiting, "")
	s.deleteKey()
	if err := s.engine.Apply(t.Context(), &asked, "dana"); parry.KindOf(err) != parry.Conflict {
		t.Errorf("applied to what is gone: %v", err)
	}
	if n := s.calls("UpdateAccessKey"); n != 0 {
		t.Errorf("%d calls", n)
	}

	// Between the last look and the call.
	s = newScene(t, theRule)
	s.before(1, s.deleteKey)
	r, err := s.try(s.event(s.Now(), ""))
	if err != nil || r.State != parry.Done || r.Results[0].State != parry.Already {
		t.Errorf("%q, %v: %+v", r.State, err, r.Results)
	}
}

// twoCalls is a playbook that makes two calls: it deactivates the key, and marks its user.
const twoCalls = `name: key-and-mark
summary: Deactivates a key and marks its user.
target: AWS::IAM::AccessKey
risk: low
risk_reason: It can be put back.
breaks: The key.
read:
  keys: {call: "iam:ListAccessKeys", with: {UserName: "${target.user}"}}
  tags: {call: "iam:ListUserTags", with: {UserName: "${target.user}"}}
let:
  on: "${keys.AccessKeyMetadata.exists(k, k.AccessKeyId == target.id && k.Status == \"Active\")}"
  marked: "${tags.Tags.exists(t, t.Key == \"contained\")}"
change:
  - {id: off, call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Inactive}, state: "${on}", after: false, undo: {call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Active}}}
  - {id: mark, call: "iam:TagUser", with: {UserName: "${target.user}", Tags: [{Key: contained, Value: "yes"}]}, state: "${marked}", after: true, kept: it tells what happened}
`

func TestTrap18AccessDeniedAndThrottlingPartWay(t *testing.T) {
	rules := strings.Replace(theRule, "iam-deactivate-access-key", "key-and-mark", 1)
	s := newScene(t, rules)
	s.Org.Inject(tap.Fault{Operation: "TagUser", Err: tap.Throttle(), Times: 2})
	r := s.deliver(s.event(s.Now(), ""))
	s.isState(r, parry.Done, "")
	if n := s.calls("TagUser"); n != 3 || s.calls("UpdateAccessKey") != 1 {
		t.Errorf("%d calls to mark the user, two of them throttled", n)
	}

	// The second call is refused: what AWS said is told, and what was done is recorded.
	s = newScene(t, rules)
	s.Org.Inject(tap.Fault{Operation: "TagUser", Err: tap.Denied(), Times: 1})
	failed, err := s.try(s.event(s.Now(), ""))
	if err == nil || !strings.Contains(err.Error(), "AWS says AccessDenied") || !strings.Contains(parry.HintOf(err), "permission") {
		t.Errorf("AWS's word is lost: %v, %s", err, parry.HintOf(err))
	}
	s.isState(failed, parry.Failed, "AccessDenied")
	stored, err := s.store.Response(t.Context(), failed.ID)
	s.ok(err)
	var got []parry.OutcomeState
	for _, o := range stored.Results {
		if got = append(got, o.State); o.RequestID == "" {
			t.Errorf("%s has no request id", o.Change)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint([]parry.OutcomeState{parry.Made, parry.CallFail}) {
		t.Errorf("the calls are %v", got)
	}
	s.isKey("Inactive")

	// The next delivery makes what is missing, and only that.
	s.Org.ResetLog()
	again := s.deliver(s.event(s.Now(), ""))
	s.isState(again, parry.Done, "")
	if s.calls("TagUser") != 1 || s.calls("UpdateAccessKey") != 0 || again.ID == failed.ID {
		t.Errorf("made again: %+v", again.Results)
	}
}

// laggard shows the state from before a change for a while, as IAM and S3 do.
type laggard struct {
	parry.Planner
	first parry.Plan
	lag   int // how many plans after the first one show the old state, from when the change was made
	on    bool
}

func (l *laggard) Plan(ctx context.Context, j parry.Job) (parry.Plan, error) {
	p, err := l.Planner.Plan(ctx, j)
	if l.first.Digest == "" {
		l.first = p
	}
	if l.on && l.lag > 0 {
		l.lag--
		return l.first, err
	}
	return p, err
}

func TestTrap19EventualConsistencyOnVerify(t *testing.T) {
	s := newScene(t, theRule)
	l := &laggard{Planner: s.engine.Planner, lag: 4}
	s.engine.Planner = l
	s.before(1, func() { l.on = true })
	began := s.Now()
	r := s.deliver(s.event(s.Now(), ""))
	s.isState(r, parry.Done, "")
	if waited := s.Now().Sub(began); waited < 2*time.Second || waited > 30*time.Second || l.lag != 0 {
		t.Errorf("waited %s, %d old answers are left", waited, l.lag)
	}
	if n := s.calls("UpdateAccessKey"); n != 1 {
		t.Errorf("the key was updated %d times: what is not shown yet is not done again", n)
	}

	// Patience ends: it is no success, and when AWS shows it the next delivery finds nothing to do.
	s = newScene(t, theRule)
	l = &laggard{Planner: s.engine.Planner, lag: 1000}
	s.engine.Planner = l
	s.before(1, func() { l.on = true })
	failed, err := s.try(s.event(s.Now(), ""))
	if err == nil || !strings.Contains(err.Error(), "AWS does not show the changes after 30s") {
		t.Error(err)
	}
	s.isState(failed, parry.Failed, "still missing: deactivate")
	l.lag = 0
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Nothing, "")
	s.isKey("Inactive")
}

// whoActed is a call that CloudTrail tells, made in a session of a role.
func whoActed(role, session, operation string) parry.Finding {
	arn := "arn:aws:iam::" + account + ":role/" + role
	return parry.Finding{
		ClassUID: parry.ClassAPIActivity, Cloud: parry.Cloud{Account: parry.CloudAccount{UID: account}}, Info: parry.FindingInfo{UID: operation + role + session},
		API:     &parry.API{Operation: operation, Service: &parry.APIService{Name: "iam.amazonaws.com"}},
		Actor:   &parry.Initiator{User: &parry.User{Type: "AssumedRole"}, Session: &parry.LoginSession{UID: session, Issuer: arn}},
		Targets: []parry.Target{{Type: "AWS::IAM::Role", ID: role, ARN: arn, Account: account, Region: "us-east-1", Partition: "aws", Role: "ACTOR"}},
	}
}

// callers is a matcher whose one rule takes on the role that made a call.
type callers struct{}

func (callers) Match(context.Context, parry.Event, parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	return []parry.Answer{{Rule: "callers", Playbook: "role-out", Tier: parry.TierAuto, On: parry.OnActor}}, nil, nil
}

// onePlan plans one change for every target: there is something to do, whatever it is.
type onePlan struct{ parry.Planner }

func (onePlan) Plan(_ context.Context, j parry.Job) (parry.Plan, error) {
	p := parry.Plan{Playbook: j.Playbook, Risk: parry.RiskLow, Target: j.Target, Changes: []parry.Change{{Name: "out", Call: parry.Call{Op: "iam:PutRolePolicy"}, Undo: []parry.Call{{Op: "iam:DeleteRolePolicy"}}}}}
	p.Seal()
	return p, nil
}

func TestTrap20OwnRoleAsThePrincipal(t *testing.T) {
	s := newScene(t, theRule)
	done := s.deliver(s.event(s.Now(), ""))
	s.engine.Matcher, s.engine.Planner = callers{}, onePlan{}
	s.engine.Targets = func(string) (string, error) { return "AWS::IAM::Role", nil }
	event := parry.Event{Time: s.Now()}
	const own = "parry-iam-deactivate-access-key"
	planned := func(f parry.Finding) parry.Response {
		t.Helper()
		all, err := s.engine.Prepare(t.Context(), event, f)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	// Parry's own calls ask for nothing.
	s.isState(planned(whoActed(own, done.ID, "UpdateAccessKey")), parry.Nothing, "Parry's own call: it is part of response "+done.ID)
	s.isState(planned(whoActed(own, parry.PlanSession, "ListAccessKeys")), parry.Nothing, "Parry's own call")
	// Whoever takes a role chooses the session's name: that alone, or another's role, or a call that the response never makes, is told.
	writes := whoActed(own, parry.PlanSession, "CreateUser")
	writes.ActivityID = 1
	elsewhere := whoActed(own, done.ID, "UpdateAccessKey")
	elsewhere.Actor.Session.Issuer = strings.Replace(elsewhere.Actor.Session.Issuer, account, "444455556666", 1)
	for name, f := range map[string]parry.Finding{
		"an unknown session":       whoActed(own, "pr-0000", "UpdateAccessKey"),
		"another call":             whoActed(own, done.ID, "CreateUser"),
		"a planning session write": writes,
		"another account":          elsewhere,
	} {
		r := planned(f)
		if r.State != parry.Planned || r.Decided.Tier != parry.TierAlert || !strings.Contains(strings.Join(r.Decided.Reasons, "; "), own+" is Parry's own role") {
			t.Errorf("%s: %q, tier %s: %s %v", name, r.State, r.Decided.Tier, r.Reason, r.Decided.Reasons)
		}
	}
	// A foreign role that calls its session so is taken on.
	for _, session := range []string{done.ID, parry.PlanSession} {
		if r := planned(whoActed("deploy", session, "UpdateAccessKey")); r.State != parry.Planned || r.Decided.Tier != parry.TierAuto {
			t.Errorf("a foreign role in session %s: %q, tier %s %v", session, r.State, r.Decided.Tier, r.Decided.Reasons)
		}
	}
}

// brokenOrg is an organization that does not answer.
type brokenOrg struct{}

func (brokenOrg) Path(context.Context, string) ([]string, error) {
	return nil, errors.New("AccessDeniedException")
}

// path is an organization in which every account is below these.
type path []string

func (p path) Path(context.Context, string) ([]string, error) { return p, nil }

func TestTrap21BreakGlassAndAllowListed(t *testing.T) {
	const exempt = "\n      exempt: [{%s, owner: soc@example.com, reason: break glass, until: %s}]"
	for name, tc := range map[string]struct {
		scope  string
		org    parry.Org
		want   parry.State
		reason string
	}{
		"an account of the list":  {"\n      accounts: [\"111122223333\"]", nil, parry.Done, ""},
		"another account":         {"\n      accounts: [\"444455556666\"]", nil, parry.Nothing, "out of scope of rule keys: account 111122223333 is not one of 444455556666"},
		"another Region":          {"\n      regions: [\"eu-*\"]", nil, parry.Nothing, "out of scope of rule keys: Region us-east-1"},
		"a break-glass user":      {fmt.Sprintf(exempt, "principals: [mallory]", "2026-03-31"), nil, parry.Nothing, "exempt until 2026-03-31 by soc@example.com: break glass"},
		"by ARN":                  {fmt.Sprintf(exempt, `principals: ["arn:aws:iam::*:user/mallory"]`, "2026-03-31"), nil, parry.Nothing, "exempt until"},
		"another user":            {fmt.Sprintf(exempt, "principals: [alice]", "2026-03-31"), nil, parry.Done, ""},
		"an exemption that ended": {fmt.Sprintf(exempt, "principals: [mallory]", "2026-03-03"), nil, parry.Done, "ended 2026-03-03 and counts no more"},
		"below the unit's parent": {"\n      ous: [ou-ab12-11111111]", path{"ou-ab12-22222222", "ou-ab12-11111111", "r-ab12"}, parry.Done, ""},
		"below another":           {"\n      ous: [ou-ab12-33333333]", path{"ou-ab12-22222222", "r-ab12"}, parry.Nothing, "is not below ou-ab12-33333333"},
		"nobody can be asked":     {"\n      ous: [ou-ab12-11111111]", nil, parry.Waiting, "no organization is given"},
		"asking goes wrong":       {"\n      ous: [ou-ab12-11111111]", brokenOrg{}, parry.Alerted, "AccessDeniedException"},
		"tags are not told":       {"\n      tags: {env: [dev]}", nil, parry.Waiting, "does not give the target's tags"},
		"perhaps exempt by tag":   {fmt.Sprintf(exempt, "tags: {critical: [\"*\"]}", "2026-03-31"), nil, parry.Waiting, "may fit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, strings.Replace(theRule, "    respond", "    scope:"+tc.scope+"\n    respond", 1), func(o *assemble.Options) { o.Org = tc.org })
			event := s.event(s.Now(), "")
			first := s.deliver(event)
			s.isState(first, tc.want, tc.reason)
			if second := s.deliver(event); second.ID != first.ID || second.State != tc.want {
				t.Errorf("the second delivery is %q: %s", second.State, second.Reason)
			}
			if status := iamtypes.StatusType("Active"); tc.want == parry.Done {
				s.isKey("Inactive")
			} else {
				s.isKey(status)
			}
		})
	}
}

func TestTrap23OldFindingDeliveredLate(t *testing.T) {
	for name, tc := range map[string]struct {
		limits string
		age    time.Duration
		want   parry.State
		reason string
	}{
		"fresh":                {"", time.Minute, parry.Done, ""},
		"a day":                {"", 24 * time.Hour, parry.Done, ""},
		"three days":           {"", 72 * time.Hour, parry.Waiting, "the finding came late: its last word is 3 days old"},
		"the rule takes it":    {"\n    limits: {max_age: 7d}", 72 * time.Hour, parry.Done, ""},
		"the rule is stricter": {"\n    limits: {max_age: 30m}", time.Hour, parry.Waiting, "came late"},
		"not yet":              {"", -2 * time.Hour, parry.Waiting, "which is to come"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, strings.Replace(theRule, "    mode: act", "    mode: act"+tc.limits, 1))
			s.pass(10 * 24 * time.Hour)
			s.isState(s.deliver(s.event(s.Now().Add(-tc.age), "")), tc.want, tc.reason)
		})
	}
}

// What a rule does by itself in an hour is limited, over all and in each account, within one finding and over several.
func TestLimitsPerHour(t *testing.T) {
	s := newScene(t, strings.Replace(theRule, "    mode: act", "    mode: act\n    limits: {per_hour: 2, max_age: 7d}", 1))
	event := func(n int) string {
		return strings.ReplaceAll(s.event(s.Now(), ""), `"id":"f1"`, fmt.Sprintf(`"id":"f%d"`, n))
	}
	for n, want := range []parry.State{parry.Done, parry.Done, parry.Waiting} {
		s.setKey("Active")
		s.isState(s.deliver(event(n)), want, "")
		s.pass(10 * time.Minute)
	}
	s.isKey("Active")
	s.pass(31 * time.Minute) // the first is more than an hour ago
	s.isState(s.deliver(event(4)), parry.Done, "")
	s.setKey("Active")
	s.isState(s.deliver(event(5)), parry.Waiting, "rule keys was applied 2 times within an hour, and its limit is 2")
}
