package assemble_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/assemble"
	asff "parry/internal/hub"
	"parry/internal/rules"
	"parry/internal/source"
	"parry/internal/tap"
)

// threeCalls is a playbook that makes three calls, the first two of which belong together.
const threeCalls = `name: key-and-marks
summary: Deactivates a key and gives its user two policies.
target: AWS::IAM::AccessKey
risk: low
risk_reason: It can be put back.
breaks: The key.
read:
  keys: {call: "iam:ListAccessKeys", with: {UserName: "${target.user}"}}
  policies: {call: "iam:ListUserPolicies", with: {UserName: "${target.user}"}}
let:
  on: "${keys.AccessKeyMetadata.exists(k, k.AccessKeyId == target.id && k.Status == \"Active\")}"
  hasOne: "${\"one\" in policies.PolicyNames}"
  hasTwo: "${\"two\" in policies.PolicyNames}"
change:
  - {id: one, until: "off", call: "iam:PutUserPolicy", with: {UserName: "${target.user}", PolicyName: one, PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'}, when: "${on && !hasOne}", state: "${hasOne}", restored_by: "off", undo: {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: one}}}
  - {id: "off", call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Inactive}, state: "${on}", after: false, undo: [{call: "iam:UpdateAccessKey", with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Active}}, {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: one}}]}
  - {id: two, call: "iam:PutUserPolicy", with: {UserName: "${target.user}", PolicyName: two, PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'}, state: "${hasTwo}", after: true, undo: {call: "iam:DeleteUserPolicy", with: {UserName: "${target.user}", PolicyName: two}}}
`

const (
	ada     = "arn:aws:iam::999999999999:user/ada"
	bob     = "arn:aws:iam::999999999999:user/bob"
	lea     = "arn:aws:iam::999999999999:user/lea"
	mallory = "arn:aws:iam::999999999999:user/mallory"
)

// twoOfOncall wants two people, for four hours.
const twoOfOncall = `approvals:
  groups: {oncall: ["` + ada + `", "` + bob + `"], leads: ["` + lea + `"]}
  default: {approvers: [oncall], persons: 2, expires: 4h, remind: 90m, escalate: {after: 1h, to: [leads]}}
`

// asks is theRule on tier approve.
func asks() string { return strings.Replace(theRule, "tier: auto", "tier: approve", 1) }

// guarded is a scene with a policy file.
func guarded(t *testing.T, rule, policy string) *scene {
	t.Helper()
	guard, err := rules.ReadPolicy("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return newScene(t, rule, func(o *assemble.Options) { o.Guard = &guard })
}

// anew is another finding about the key.
func (s *scene) anew(n int) string {
	return strings.ReplaceAll(s.event(s.Now(), ""), `"id":"f1"`, fmt.Sprintf(`"id":"f%d"`, n))
}

func (s *scene) stored(id string) parry.Response {
	s.t.Helper()
	r, err := s.store.Response(s.t.Context(), id)
	s.ok(err)
	return r
}

// approve is a yes to the plan as it is stored.
func (s *scene) approve(r parry.Response, by string) (parry.Response, error) {
	return s.engine.Approve(s.t.Context(), r.ID, parry.Vote{By: by, Digest: r.Plan.Digest, Comment: "as discussed"})
}

// refused holds an error's kind and what it says.
func (s *scene) refused(err error, kind parry.Kind, says string) {
	s.t.Helper()
	if err == nil || parry.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		s.t.Errorf("%v, not: %s", err, says)
	}
}

func (s *scene) tick() {
	s.t.Helper()
	s.ok(s.engine.Tick(s.t.Context()))
}

// moves are the kinds of a response's records.
func (s *scene) moves(id string) string {
	s.t.Helper()
	all, err := s.store.Records(s.t.Context(), id)
	s.ok(err)
	var kinds []string
	for _, r := range all {
		kinds = append(kinds, string(r.Kind))
	}
	return strings.Join(kinds, " ")
}

func TestTwoPeopleSayYes(t *testing.T) {
	s := guarded(t, asks(), twoOfOncall)
	asked := s.deliver(s.event(s.Now(), ""))
	s.isState(asked, parry.Waiting, "")
	_, err := s.approve(asked, mallory)
	s.refused(err, parry.Refused, "is not among those who may say yes")
	_, err = s.approve(asked, lea)
	s.refused(err, parry.Refused, "is not among")
	_, err = s.approve(asked, "")
	s.refused(err, parry.Refused, "who says yes is not known")
	_, err = s.approve(asked, "arn:aws:sts::111122223333:assumed-role/parry-iam-deactivate-access-key/x")
	s.refused(err, parry.Refused, "Parry's own role")
	_, err = s.engine.Approve(t.Context(), asked.ID, parry.Vote{By: ada, Digest: "sha256:another"})
	s.refused(err, parry.Conflict, "not sha256:another")
	one, err := s.approve(asked, ada)
	s.ok(err)
	s.isState(one, parry.Waiting, "")
	s.refused(s.engine.Apply(t.Context(), &one, "somebody"), parry.Refused, "takes the yes of 2 of oncall")
	s.isKey("Active")
	_, err = s.approve(asked, ada)
	s.refused(err, parry.Refused, "said yes")
	two, err := s.approve(asked, bob)
	s.ok(err)
	s.isState(two, parry.Done, "")
	s.isKey("Inactive")
	if two.By != ada+", "+bob || len(two.Votes) != 2 || two.Votes[0].Comment != "as discussed" {
		t.Errorf("%s: %+v", two.By, two.Votes)
	}
	if got, want := s.moves(two.ID), "asked voted approved intent call applied verified"; got != want {
		t.Errorf("%s", got)
	}
	// Nothing of it can be used again.
	s.setKey("Active")
	_, err = s.approve(asked, bob)
	s.refused(err, parry.Refused, "does not wait for a yes")
	s.isKey("Active")
}

func TestWhoAskedDoesNotSayYes(t *testing.T) {
	s := guarded(t, asks(), strings.Replace(twoOfOncall, "persons: 2", "persons: 1", 1))
	items := s.prepare(s.event(s.Now(), ""))
	items.AskedBy = ada
	s.refused(s.engine.Yes(t.Context(), &items, parry.Vote{By: ada, Digest: items.Plan.Digest}), parry.Refused, "another person must say yes")
	s.isState(s.stored(items.ID), parry.Waiting, "")
	s.isKey("Active")
	done, err := s.approve(items, bob)
	s.ok(err)
	s.isState(done, parry.Done, "")

	// Beside it stands somebody who may: one yes is enough, and it is kept.
	s = guarded(t, asks(), strings.Replace(twoOfOncall, "persons: 2", "persons: 1", 1))
	beside := s.prepare(s.event(s.Now(), ""))
	s.ok(s.engine.Yes(t.Context(), &beside, parry.Vote{By: ada, Digest: beside.Plan.Digest}))
	if s.isState(beside, parry.Done, ""); len(beside.Votes) != 1 || beside.By != ada {
		t.Errorf("%+v", beside.Votes)
	}
	// Where it takes two, the other one is waited for.
	s = guarded(t, asks(), twoOfOncall)
	beside = s.prepare(s.event(s.Now(), ""))
	s.ok(s.engine.Yes(t.Context(), &beside, parry.Vote{By: ada, Digest: beside.Plan.Digest}))
	s.isState(beside, parry.Waiting, "")
	s.isKey("Active")
	// Who asked for it may take it back.
	s = guarded(t, asks(), twoOfOncall)
	mine := s.prepare(s.event(s.Now(), ""))
	mine.AskedBy = mallory
	s.ok(s.engine.Ask(t.Context(), &mine))
	_, err = s.engine.Reject(t.Context(), mine.ID, parry.Vote{By: "arn:aws:iam::1:user/x", Comment: "no"})
	s.refused(err, parry.Refused, "is not among")
	no, err := s.engine.Reject(t.Context(), mine.ID, parry.Vote{By: mallory, Comment: "a mistake"})
	s.ok(err)
	s.isState(no, parry.Rejected, "a mistake")
	_, err = s.approve(mine, ada)
	s.refused(err, parry.Refused, `is "rejected"`)
}

// Who uses a custom action of Security Hub asks, and is not named: two people say yes, so that one of them did not ask. Where anyone may say
// yes nothing is gained by it.
func TestWhoUsedACustomActionIsNotKnown(t *testing.T) {
	ordered := func(s *scene) string {
		return fmt.Sprintf(`{"version":"0","id":"e1","detail-type":"Security Hub Findings - Custom Action","source":"aws.securityhub","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"actionName":"contain","actionDescription":"","findings":[{"SchemaVersion":"2018-10-08","Id":"f1","ProductArn":"arn:aws:securityhub:us-east-1:%s:product/%[3]s/default","GeneratorId":"g","AwsAccountId":%[4]q,
"Types":["TTPs/Credential Access"],"CreatedAt":%[2]q,"UpdatedAt":%[2]q,"Severity":{"Label":"HIGH"},"Title":"a key","Description":"","RecordState":"ACTIVE","Workflow":{"Status":"NEW"},
"Resources":[{"Type":"AwsIamAccessKey","Id":"AWS::IAM::AccessKey:%[5]s","Partition":"aws","Region":"us-east-1","Details":{"AwsIamAccessKey":{"PrincipalName":"mallory","PrincipalType":"IAMUser"}}}]}]}}`,
			hub, s.Now().Format(time.RFC3339), hub, account, s.key)
	}
	rule := strings.Replace(asks(), "aws.guardduty", "aws.securityhub", 1)
	s := guarded(t, rule, strings.Replace(twoOfOncall, "persons: 2", "persons: 1", 1))
	asked := s.deliver(ordered(s))
	if s.isState(asked, parry.Waiting, ""); asked.Asked == nil || asked.Asked.Persons != 2 || asked.Ordered != "contain" {
		t.Errorf("%+v, asked for with %q", asked.Asked, asked.Ordered)
	}
	records, err := s.store.Records(t.Context(), asked.ID)
	s.ok(err)
	if text := records[0].Text; !strings.Contains(text, `2 of oncall`) || !strings.Contains(text, `does not say who used the custom action "contain"`) {
		t.Errorf("%q", text)
	}
	one, err := s.approve(asked, ada)
	s.ok(err)
	s.isState(one, parry.Waiting, "")
	done, err := s.approve(asked, bob)
	s.ok(err)
	s.isState(done, parry.Done, "")

	s = newScene(t, rule)
	if asked = s.deliver(ordered(s)); asked.Asked.Persons != 1 {
		t.Errorf("%+v", asked.Asked)
	}
}

// decode is the event and its finding.
func (s *scene) decode(event string) (parry.Event, parry.Finding) {
	s.t.Helper()
	items, err := source.Read("event", strings.NewReader(event))
	s.ok(err)
	findings, err := source.Decode(items[0].Event)
	s.ok(err)
	return items[0].Event, findings[0]
}

// prepare goes as far as the decision.
func (s *scene) prepare(event string) parry.Response {
	s.t.Helper()
	e, f := s.decode(event)
	all, err := s.engine.Prepare(s.t.Context(), e, f)
	s.ok(err)
	return all[0]
}

func TestAQuestionEscalatesRemindsAndExpires(t *testing.T) {
	s := guarded(t, asks(), twoOfOncall)
	people := &person{}
	s.engine.Teller = people
	asked := s.deliver(s.event(s.Now(), ""))
	s.tick()
	if got := s.moves(asked.ID); got != "asked" {
		t.Fatalf("%s before anything is due", got)
	}
	s.pass(time.Hour)
	s.tick()
	if got := s.moves(asked.ID); got != "asked escalated" {
		t.Fatal(got)
	}
	one, err := s.approve(asked, lea) // who is asked by now
	s.ok(err)
	s.isState(one, parry.Waiting, "")
	s.pass(30 * time.Minute)
	s.tick()
	s.tick()
	if got := s.moves(asked.ID); got != "asked escalated voted reminded" {
		t.Fatal(got)
	}
	s.pass(150 * time.Minute)
	_, err = s.approve(asked, ada) // before anybody looked at the clock
	s.refused(err, parry.Refused, "came too late")
	late := s.stored(asked.ID)
	s.isState(late, parry.Expired, "2 of oncall, leads")
	s.isKey("Active")
	s.tick()
	if !late.Wake.IsZero() || s.moves(asked.ID) != "asked escalated voted reminded expired" {
		t.Errorf("%s, %s", late.Wake, s.moves(asked.ID))
	}
	if got := fmt.Sprint(people.moves); got != "[asked escalated reminded expired]" {
		t.Error(got)
	}
	// By the clock alone, and where nobody can be told: it waits, is told to the record, and ends.
	s = guarded(t, asks(), twoOfOncall)
	s.engine.Teller = parry.Tellers{{Name: "channel oncall", Teller: &person{err: parry.Errorf(parry.Refused, "no such channel")}}}
	asked = s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	_ = s.engine.TellDue(t.Context(), s.Now())
	s.isState(s.stored(asked.ID), parry.Waiting, "")
	s.pass(4 * time.Hour)
	s.tick()
	s.pass(time.Minute)
	_ = s.engine.TellDue(t.Context(), s.Now())
	s.isState(s.stored(asked.ID), parry.Expired, "")
	if got := s.moves(asked.ID); got != "asked noted expired noted" {
		t.Error(got)
	}
}

// person is somebody who is told, and remembers of what.
type person struct {
	moves []parry.Move
	err   error
}

// Tells implements parry.Teller.
func (p *person) Tells(_ parry.Response, rec parry.Record) bool {
	switch rec.Kind {
	case parry.MoveAsked, parry.MoveReminded, parry.MoveEscalated, parry.MoveExpired:
		p.moves = append(p.moves, rec.Kind)
		return true
	}
	return false
}

// Tell implements parry.Teller.
func (p *person) Tell(_ context.Context, responses []parry.Response) map[string]error {
	errs := map[string]error{}
	for _, r := range responses {
		errs[r.ID] = p.err
	}
	return errs
}

func TestAChangedWorldAsksAgain(t *testing.T) {
	rule := strings.Replace(asks(), "iam-deactivate-access-key", "key-and-mark", 1)
	s := guarded(t, rule, twoOfOncall)
	asked := s.deliver(s.event(s.Now(), ""))
	_, err := s.approve(asked, ada)
	s.ok(err)
	s.setKey("Inactive") // by somebody else: only the mark is missing
	again, err := s.approve(asked, bob)
	s.refused(err, parry.Conflict, "off is not needed any more")
	s.isState(again, parry.Waiting, "")
	is := s.stored(asked.ID)
	if len(is.Votes) != 0 || is.Plan.Digest == asked.Plan.Digest || len(is.Plan.Changes) != 1 || s.calls("TagUser") != 0 {
		t.Fatalf("%d votes, %d changes", len(is.Votes), len(is.Plan.Changes))
	}
	_, err = s.approve(asked, ada)
	s.refused(err, parry.Conflict, asked.Plan.Digest)
	_, err = s.approve(is, ada)
	s.ok(err)
	done, err := s.approve(is, bob)
	s.ok(err)
	s.isState(done, parry.Done, "")
	if got := s.moves(asked.ID); got != "asked voted replanned voted approved intent call applied verified" {
		t.Error(got)
	}
	// Looked at before the yes: what differs is told, and where nothing is missing any more it ends.
	s = guarded(t, rule, twoOfOncall)
	asked = s.deliver(s.event(s.Now(), ""))
	s.setKey("Inactive")
	fresh, differs, err := s.engine.Refresh(t.Context(), asked.ID)
	s.ok(err)
	if fresh.State != parry.Waiting || strings.Join(differs, "; ") != "off is not needed any more" {
		t.Errorf("%q: %v", fresh.State, differs)
	}
	s = guarded(t, asks(), twoOfOncall)
	asked = s.deliver(s.event(s.Now(), ""))
	s.deleteKey()
	fresh, _, err = s.engine.Refresh(t.Context(), asked.ID)
	s.ok(err)
	s.isState(fresh, parry.Nothing, "has no access key")
	_, err = s.approve(asked, ada)
	s.refused(err, parry.Refused, "does not wait for a yes")
}

// Many processes say yes at the same moment: it is applied once.
func TestAYesIsUsedOnce(t *testing.T) {
	s := guarded(t, asks(), strings.Replace(twoOfOncall, "persons: 2", "persons: 1", 1))
	asked := s.deliver(s.event(s.Now(), ""))
	var all sync.WaitGroup
	results := make([]error, 8)
	for n := range results {
		worker := *s.engine
		worker.Worker = fmt.Sprintf("worker %d", n)
		all.Go(func() {
			_, results[n] = worker.Approve(t.Context(), asked.ID, parry.Vote{By: []string{ada, bob}[n%2], Digest: asked.Plan.Digest})
		})
	}
	all.Wait()
	worked := 0
	for _, err := range results {
		if err == nil {
			worked++
		}
	}
	if worked != 1 || s.calls("UpdateAccessKey") != 1 {
		t.Errorf("%d of %v worked, %d calls", worked, results, s.calls("UpdateAccessKey"))
	}
	s.isState(s.stored(asked.ID), parry.Done, "")
}

func TestTheKillSwitch(t *testing.T) {
	s := newScene(t, theRule)
	s.ok(s.engine.Stop(t.Context(), "", "a drill", func() string { return ada }))
	if err := s.engine.Stop(t.Context(), "", "", func() string { return ada }); parry.KindOf(err) != parry.Invalid {
		t.Errorf("a stop without a reason: %v", err)
	}
	asked := s.deliver(s.event(s.Now(), ""))
	s.isState(asked, parry.Waiting, "everything is stopped: "+ada)
	_, err := s.approve(asked, ada)
	s.refused(err, parry.Refused, "a drill")
	s.ok(s.engine.Start(t.Context(), "", ada))
	s.ok(s.engine.Stop(t.Context(), "ec2-quarantine", "another one", func() string { return ada }))
	done, err := s.approve(asked, ada)
	s.ok(err)
	s.isState(done, parry.Done, "")

	// What was asked about only as everything was stopped, and was not answered, is done by itself when the finding comes again.
	s = newScene(t, theRule)
	s.ok(s.engine.Stop(t.Context(), "", "a drill", func() string { return ada }))
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Waiting, "")
	s.pass(24 * time.Hour)
	s.tick()
	if again := s.deliver(s.event(s.Now(), "")); again.State != parry.Expired || again.Again == "" {
		t.Errorf("while it is stopped it is asked about again: %q", again.State)
	}
	s.ok(s.engine.Start(t.Context(), "", ada))
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Done, "")

	// Between two calls, by another process: what is made stays, the rest is not made until it starts again.
	rule := strings.Replace(theRule, "iam-deactivate-access-key", "key-and-mark", 1)
	s = newScene(t, rule)
	s.before(1, func() { s.ok(s.engine.Stop(t.Context(), "key-and-mark", "wrong marks", func() string { return bob })) })
	half := s.deliver(s.event(s.Now(), ""))
	s.isState(half, parry.Applying, "")
	if half.Halted == "" || s.calls("TagUser") != 0 {
		t.Errorf("%d marks made; halted: %q", s.calls("TagUser"), half.Halted)
	}
	s.isKey("Inactive")
	for range 3 {
		s.pass(time.Minute)
		s.tick()
		s.deliver(s.event(s.Now(), ""))
	}
	if got := s.moves(half.ID); got != "approved intent call noted" || s.calls("TagUser") != 0 {
		t.Errorf("%s while it is stopped, %d marks", got, s.calls("TagUser"))
	}
	s.ok(s.engine.Start(t.Context(), "key-and-mark", ada))
	s.pass(time.Minute)
	s.tick()
	whole := s.stored(half.ID)
	if s.isState(whole, parry.Done, ""); whole.Halted != "" || s.calls("TagUser") != 1 || s.calls("UpdateAccessKey") != 1 {
		t.Errorf("%d marks, %d times off; halted: %q", s.calls("TagUser"), s.calls("UpdateAccessKey"), whole.Halted)
	}

	// Between two calls that belong together there is no stopping.
	s = newScene(t, strings.Replace(theRule, "iam-deactivate-access-key", "key-and-marks", 1))
	s.before(1, func() { s.ok(s.engine.Stop(t.Context(), "", "at once", func() string { return bob })) })
	pair := s.deliver(s.event(s.Now(), ""))
	if s.isState(pair, parry.Applying, ""); s.calls("PutUserPolicy") != 1 || s.calls("UpdateAccessKey") != 1 {
		t.Errorf("%d policies, %d times off: the pair is half-open, or it went on", s.calls("PutUserPolicy"), s.calls("UpdateAccessKey"))
	}
	s.ok(s.engine.Start(t.Context(), "", ada))
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Done, "")
}

// A crash leaves the pair half-open, and then everything is stopped: the pair is finished, and no more.
func TestAHalfOpenPairIsFinishedInSpiteOfAStop(t *testing.T) {
	s := newScene(t, strings.Replace(theRule, "iam-deactivate-access-key", "key-and-marks", 1))
	s.engine.Store = &dying{Store: s.store, after: 3, err: errors.New("the worker died")}
	e, f := s.decode(s.event(s.Now(), ""))
	if _, err := s.engine.Respond(t.Context(), e, f); err == nil {
		t.Fatal("it did not die")
	}
	if s.calls("PutUserPolicy") != 1 || s.calls("UpdateAccessKey") != 0 {
		t.Fatal("it did not die between the two")
	}
	s.engine.Store, s.engine.Worker = s.store, "another"
	s.pass(6 * time.Minute)
	s.ok(s.engine.Stop(t.Context(), "", "at once", func() string { return bob }))
	half := s.deliver(s.event(s.Now(), ""))
	s.isState(half, parry.Applying, "")
	s.isKey("Inactive")
	if half.Halted == "" || s.calls("PutUserPolicy") != 1 {
		t.Errorf("halted: %q, %d policies", half.Halted, s.calls("PutUserPolicy"))
	}
}

func TestTheBreaker(t *testing.T) {
	s := guarded(t, theRule, "breaker: {failures: 2, within: 1h}\nflap: {times: 100, within: 1h}")
	s.Org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied(), Times: 2, Account: account})
	for n := range 2 {
		if r, err := s.try(s.anew(n)); err == nil {
			t.Fatalf("%q: it should fail", r.State)
		}
		s.pass(time.Minute)
	}
	open := s.deliver(s.anew(3))
	s.isState(open, parry.Alerted, "the breaker of iam-deactivate-access-key is open: 2 responses failed")
	s.ok(s.engine.Start(t.Context(), "iam-deactivate-access-key", ada))
	s.isState(s.deliver(s.anew(4)), parry.Done, "")

	// It closes by itself when its time is over.
	s = guarded(t, theRule, "breaker: {failures: 2, within: 1h, playbook: all}")
	s.Org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied(), Times: 2, Account: account})
	for n := range 2 {
		_, _ = s.try(s.anew(n))
	}
	s.isState(s.deliver(s.anew(3)), parry.Alerted, "the breaker is open")
	s.pass(61 * time.Minute)
	s.isState(s.deliver(s.anew(4)), parry.Done, "")
}

func TestGuardsOfThePolicyOnTheEngine(t *testing.T) {
	for name, tc := range map[string]struct {
		policy string
		want   parry.State
		reason string
	}{
		"a protected principal":   {"protected: [{principals: [mallory], why: break glass}]", parry.Alerted, "protected: break glass"},
		"another":                 {"protected: [{principals: [alice], why: break glass}]", parry.Done, ""},
		"perhaps protected":       {"protected: [{tags: {protected: [\"*\"]}, why: theirs}]", parry.Waiting, "it may be protected (theirs)"},
		"a protected account":     {"protected: [{accounts: [\"111122223333\"], why: theirs}]", parry.Alerted, "protected: theirs"},
		"the first in an account": {"escalate: [{first_in_account: true}]", parry.Waiting, "for the first time"},
		"frozen":                  {"freeze: [{dates: 2020-01-01..2030-12-31, why: quiet}]", parry.Waiting, "frozen until"},
		"frozen, only told":       {"freeze: [{dates: 2020-01-01..2030-12-31, tier: alert, why: quiet}]", parry.Alerted, "quiet"},
		"thawed":                  {"freeze: [{dates: 2020-01-01..2020-12-31, why: quiet}]", parry.Done, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := guarded(t, theRule, tc.policy)
			s.isState(s.deliver(s.event(s.Now(), "")), tc.want, tc.reason)
		})
	}
	// A yes does not help against what is only told by now.
	s := guarded(t, asks(), "flap: {times: 100, within: 1h}")
	asked := s.deliver(s.event(s.Now(), ""))
	s.engine.Guard.Protected = []parry.Protection{{Accounts: []string{account}, Why: "theirs"}}
	_, err := s.approve(asked, ada)
	s.refused(err, parry.Refused, "theirs")
	s.isKey("Active")
}

func TestBudgets(t *testing.T) {
	for name, budget := range map[string]string{
		"all": "per_hour: 2", "account": "per_account_hour: 2", "playbook": "per_playbook_hour: {iam-deactivate-access-key: 2}",
	} {
		t.Run(name, func(t *testing.T) {
			s := guarded(t, theRule, "budgets: {"+budget+"}")
			for n, want := range []parry.State{parry.Done, parry.Done, parry.Waiting} {
				s.setKey("Active")
				s.isState(s.deliver(s.anew(n)), want, "")
			}
			s.pass(61 * time.Minute)
			s.isState(s.deliver(s.anew(4)), parry.Done, "")
		})
	}
}

// A tool that keeps resources as its code says turns the key on after each response. It is not fought for ever.
func TestALoopIsStopped(t *testing.T) {
	s := newScene(t, theRule)
	for range 3 {
		s.isState(s.deliver(s.event(s.Now(), "")), parry.Done, "")
		s.pass(time.Hour)
		s.setKey("Active")
	}
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Waiting, "was applied to AWS::IAM::AccessKey "+s.key+" 3 times within 24 hours: somebody or something reverts it")
	s.isKey("Active")

	// Nothing is done where the store cannot be asked.
	s = newScene(t, theRule)
	s.engine.Store = blind{s.store}
	e, f := s.decode(s.event(s.Now(), ""))
	if _, err := s.engine.Respond(t.Context(), e, f); err == nil || !strings.Contains(err.Error(), "cannot be counted") {
		t.Errorf("%v", err)
	}
	s.isKey("Active")
}

// What we write back into Security Hub comes in again as an event of its own. It is the same finding, and asks for nothing.
func TestAWriteBackIsQuiet(t *testing.T) {
	s := newScene(t, strings.Replace(publishing, "[aws.guardduty]", "[aws.guardduty, aws.securityhub]", 1))
	out := &writer{now: s.Now}
	s.engine.Publisher = out
	done := s.deliver(s.event(s.Now(), ""))
	s.isState(done, parry.Done, "")
	s.Org.ResetLog()
	for range 3 {
		if len(out.written) != 1 {
			t.Fatalf("%d times written", len(out.written))
		}
		s.pass(time.Minute)
		back := s.deliver(fmt.Sprintf(`{"version":"0","id":"e2","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":%q,"time":%q,
			"region":"us-east-1","resources":[],"detail":{"findings":[%s]}}`, account, s.Now().Format(time.RFC3339), out.written[0]))
		if back.ID != done.ID || back.Again == "" {
			t.Fatalf("it came back as %s, %q: %s", back.ID, back.State, back.Reason)
		}
	}
	if s.calls("UpdateAccessKey") != 0 {
		t.Error("it was answered again")
	}
}

// writer is a publisher that keeps what it would write into Security Hub.
type writer struct {
	now     func() time.Time
	written []string
}

// One implements parry.Publisher.
func (w *writer) One(_ context.Context, f parry.Finding, rule string) error {
	out, err := asff.ASFF(f, rule, w.now())
	if err != nil {
		return err
	}
	b, err := asff.JSON(out)
	w.written = append(w.written, string(b))
	return err
}

// blind is a store that cannot count.
type blind struct{ parry.Store }

// Count implements parry.Store.
func (blind) Count(context.Context, parry.Tally) (int, error) {
	return 0, errors.New("it cannot be counted")
}

func TestAPartIsTakenBack(t *testing.T) {
	s := newScene(t, strings.Replace(theRule, "iam-deactivate-access-key", "key-and-marks", 1))
	done := s.deliver(s.event(s.Now(), ""))
	s.isState(done, parry.Done, "")
	_, err := s.engine.Undo(t.Context(), done.ID, ada, "three")
	s.refused(err, parry.Invalid, `made no change "three"`)
	_, err = s.engine.Undo(t.Context(), done.ID, ada, "one")
	s.refused(err, parry.Invalid, "one is taken back by the undo of off")
	part, err := s.engine.Undo(t.Context(), done.ID, ada, "two")
	s.ok(err)
	s.isState(part, parry.Done, "")
	s.isKey("Inactive")
	if held, err := s.store.Held(t.Context(), part.Key); err != nil || held == "" {
		t.Errorf("the finding is not on hold: %v", err)
	}
	all, err := s.engine.Undo(t.Context(), done.ID, ada, "off")
	s.ok(err)
	s.isState(all, parry.Undone, "")
	s.isKey("Active")
	_, err = s.engine.Undo(t.Context(), done.ID, ada)
	s.refused(err, parry.Refused, "an undo is not taken back")
	_, err = s.engine.Undo(t.Context(), done.ID, ada, "two")
	s.refused(err, parry.Refused, "an undo is not taken back")
	// A response that failed is still one that failed when a part of it is taken back.
	s = newScene(t, strings.Replace(theRule, "iam-deactivate-access-key", "key-and-marks", 1))
	s.Org.Inject(tap.Fault{Operation: "PutUserPolicy", Err: tap.Denied(), Skip: 1, Times: 1, Account: account})
	failed, err := s.try(s.event(s.Now(), ""))
	if err == nil {
		t.Fatal("it should fail")
	}
	part, err = s.engine.Undo(t.Context(), failed.ID, ada, "two")
	s.ok(err)
	s.isState(part, parry.Failed, "")
	all, err = s.engine.Undo(t.Context(), failed.ID, ada)
	s.ok(err)
	s.isState(all, parry.Undone, "")
	s.isKey("Active")
}

func TestWhatIsForATimeIsTakenBack(t *testing.T) {
	rule := strings.Replace(theRule, "tier: auto", "tier: auto, for: 24h", 1)
	s := newScene(t, rule)
	done := s.deliver(s.event(s.Now(), ""))
	s.isState(done, parry.Done, "taken back by itself after 24 hours")
	s.pass(23 * time.Hour)
	s.tick()
	s.isKey("Inactive")
	s.pass(time.Hour)
	s.ok(s.engine.Stop(t.Context(), "", "a drill", func() string { return ada }))
	s.tick()
	s.isKey("Inactive")
	s.ok(s.engine.Start(t.Context(), "", ada))
	s.pass(time.Minute)
	s.tick()
	s.isKey("Active")
	over := s.stored(done.ID)
	s.isState(over, parry.Undone, "")
	if got := s.moves(done.ID); got != "approved intent call applied verified undo intent call undone" || !over.Wake.IsZero() {
		t.Error(got, over.Wake)
	}
	s.isState(s.deliver(s.event(s.Now(), "")), parry.Done, "") // it goes on, and is not on hold

	// What somebody changed since stays. It is told once.
	s = newScene(t, rule)
	done = s.deliver(s.event(s.Now(), ""))
	s.deleteKey()
	s.pass(24 * time.Hour)
	for range 3 {
		s.tick()
		s.pass(time.Hour)
	}
	stays := s.stored(done.ID)
	if got := s.moves(done.ID); got != "approved intent call applied verified noted" || stays.State != parry.Done || !strings.Contains(stays.Stays, "its time is over, and it was not undone") || !stays.Wake.IsZero() {
		t.Errorf("%s: %q %s", got, stays.Stays, stays.Wake)
	}
}

// A worker dies after its first call, and nothing comes in any more: the clock alone takes the work up.
func TestTheClockTakesUpWhatAWorkerLeft(t *testing.T) {
	s := newScene(t, strings.Replace(theRule, "iam-deactivate-access-key", "key-and-mark", 1))
	died := errors.New("the worker died")
	store := &dying{Store: s.store, after: 3, err: died}
	s.engine.Store = store
	e, f := s.decode(s.event(s.Now(), ""))
	if _, err := s.engine.Respond(t.Context(), e, f); err == nil {
		t.Fatal("it did not die")
	}
	s.engine.Store, s.engine.Worker = s.store, "another"
	all, _, err := s.store.List(t.Context(), parry.Query{})
	s.ok(err)
	s.tick()
	s.isState(s.stored(all[0].ID), parry.Applying, "")
	s.pass(6 * time.Minute)
	s.tick()
	s.isState(s.stored(all[0].ID), parry.Done, "")
	s.isKey("Inactive")
	if s.calls("UpdateAccessKey") != 1 || s.calls("TagUser") != 1 {
		t.Errorf("%d and %d calls", s.calls("UpdateAccessKey"), s.calls("TagUser"))
	}
}

// dying is a store that keeps nothing after a number of writes, as it is with a process that was killed.
type dying struct {
	parry.Store
	after int
	err   error
}

// Save implements parry.Store.
func (d *dying) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	if d.after == 0 {
		return d.err
	}
	d.after--
	return d.Store.Save(ctx, r, records...)
}

// Release implements parry.Store.
func (d *dying) Release(context.Context, string, string) error { return d.err }

// Of two playbooks for a finding the first one fails: the second is carried out all the same, and the error tells of the first.
func TestOneThatFailsKeepsNoOtherFromBeingAnswered(t *testing.T) {
	rule := strings.Replace(theRule, "respond: [", "respond: [{playbook: iam-deactivate-access-key, tier: auto}, ", 1)
	s := newScene(t, strings.Replace(rule, "{playbook: iam-deactivate-access-key, tier: auto}]", "{playbook: key-and-mark, tier: auto}]", 1))
	s.Org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied(), Times: 1, Account: account})
	e, f := s.decode(s.event(s.Now(), ""))
	all, err := s.engine.Respond(t.Context(), e, f)
	if len(all) != 2 || err == nil || !strings.Contains(err.Error(), "denied") && !strings.Contains(err.Error(), "AccessDenied") {
		t.Fatalf("%d responses, %v", len(all), err)
	}
	s.isState(all[0], parry.Failed, "")
	s.isState(all[1], parry.Done, "")
	s.isKey("Inactive")
}

// What fails again and again is asked about, and it is not said that somebody reverts what was never made.
func TestWhatFailsAgainAndAgainIsAskedAbout(t *testing.T) {
	s := guarded(t, theRule, "breaker: {failures: 100, within: 1h}\nflap: {times: 3, within: 24h}")
	s.Org.Inject(tap.Fault{Operation: "UpdateAccessKey", Err: tap.Denied(), Times: 3, Account: account})
	for n := range 3 {
		if r, err := s.try(s.anew(n)); err == nil {
			t.Fatalf("%q: it should fail", r.State)
		}
		s.pass(time.Minute)
	}
	s.isState(s.deliver(s.anew(4)), parry.Waiting, "was tried on AWS::IAM::AccessKey "+s.key+" 3 times within 24 hours, and failed 3 times")
	s.isKey("Active")
}
