package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/hub"
	"parry/internal/sqlite"
)

// desk is Security Hub behind the SDK's HTTP client, with one finding on each road: it updates them as the API Reference says. (moto has
// neither of the two calls.)
type desk struct {
	mu       sync.Mutex
	asff, v2 map[string]any
	hosts    []string
	sent     []map[string]any
	fail     string // the code for the next findings
	failID   string // of the finding that fails; empty for one that is not named
	pauses   int
	status   int // of the next answers; 0 is good
	answer   string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{}
	for text, to := range map[string]*map[string]any{
		`{"SchemaVersion":"2018-10-08","Id":"arn:aws:securityhub:eu-west-1:111122223333:security-control/EC2.19/finding/f-1",
		"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/securityhub","GeneratorId":"security-control/EC2.19","AwsAccountId":"111122223333",
		"Region":"eu-west-1","Types":["Software and Configuration Checks"],"CreatedAt":"2026-03-01T08:00:00Z","UpdatedAt":"2026-03-01T09:00:00Z",
		"Severity":{"Label":"HIGH"},"Title":"t","Description":"d","Compliance":{"Status":"FAILED","SecurityControlId":"EC2.19"},
		"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE","UserDefinedFields":{"team":"web"},
		"Resources":[{"Id":"arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1","Type":"AwsEc2SecurityGroup"}]}`: &d.asff,
		`{"class_uid":2004,"category_uid":2,"activity_id":1,"type_uid":200401,"severity_id":4,"severity":"High","status_id":1,"status":"New","time":1772355600000,
		"metadata":{"uid":"m-1","version":"1.6.0","product":{"name":"GuardDuty","vendor_name":"AWS","uid":"arn:aws:securityhub:us-east-1::productv2/aws/guardduty"}},
		"finding_info":{"uid":"f-2","title":"t","types":["Recon:EC2/Portscan"],"modified_time":1772355600000},
		"cloud":{"provider":"AWS","region":"us-east-1","account":{"uid":"222233334444"}},
		"resources":[{"type":"AWS::EC2::Instance","uid":"i-0123456789abcdef0"}]}`: &d.v2,
	} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) Do(req *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	in := map[string]any{}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hosts, d.sent = append(d.hosts, req.URL.Host), append(d.sent, in)
	status, answer := 200, `{"ProcessedFindings":[],"UnprocessedFindings":[]}`
	switch {
	case d.status != 0:
		status, answer = d.status, d.answer
	case d.fail != "" && (d.failID == "" || bytes.Contains(b, []byte(`"`+d.failID+`"`))):
		answer = fmt.Sprintf(`{"ProcessedFindings":[],"UnprocessedFindings":[{"ErrorCode":%q,"ErrorMessage":"because","FindingIdentifier":{"Id":%q,"ProductArn":%q}}]}`,
			d.fail, d.failID, d.asff["ProductArn"])
	case req.Method == "PATCH" && req.URL.Path == "/findings/batchupdate":
		for _, field := range []string{"Note", "Workflow", "UserDefinedFields"} {
			d.asff[field] = in[field]
		}
	case req.Method == "PATCH" && req.URL.Path == "/findingsv2/batchupdatev2":
		d.v2["comment"], d.v2["status_id"] = in["Comment"], in["StatusId"]
		d.v2["status"] = map[float64]string{2: "In Progress", 4: "Resolved"}[in["StatusId"].(float64)]
	default:
		status, answer = 404, `{"message":"no such path"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(answer))), Request: req}, nil
}

func (d *desk) pause(context.Context, time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pauses++
	return nil
}

// event is what EventBridge delivers of a finding.
func event(t *testing.T, detailType string, finding map[string]any) parry.Finding {
	t.Helper()
	b, err := json.Marshal(map[string]any{"version": "0", "id": "e-1", "source": "aws.securityhub", "detail-type": detailType, "account": "111122223333",
		"region": "eu-west-1", "time": "2026-03-01T09:00:00Z", "resources": []any{}, "detail": map[string]any{"findings": []any{finding}}})
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, string(b)).Finding
}

func (d *desk) asffNow(t *testing.T) parry.Finding {
	return event(t, "Security Hub Findings - Imported", d.asff)
}
func (d *desk) v2Now(t *testing.T) parry.Finding { return event(t, "Findings Imported V2", d.v2) }

func (d *desk) writeBack(t *testing.T) *hub.WriteBack {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &hub.WriteBack{Sleep: d.pause, Memory: db, Link: "https://parry.example/console/", Config: func(_ context.Context, p hub.Place) (aws.Config, error) {
		return aws.Config{Region: p.Region, HTTPClient: d, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", ""),
			Retryer: func() aws.Retryer { return aws.NopRetryer{} }}, nil
	}}
}

// moved is a response to a finding after a move.
func moved(f parry.Finding, playbook string, seq int, move parry.Move, to parry.State, reason string) (parry.Response, parry.Record) {
	resp := parry.Response{
		ID: "pr-" + playbook, Key: f.Key() + "|" + playbook, State: to, Reason: reason, Finding: f, Steps: seq,
		Answer: parry.Answer{Rule: "groups", Playbook: playbook},
		Target: parry.Target{Type: "AWS::EC2::SecurityGroup", ID: "sg-1", Account: account, Region: "eu-west-1", Partition: "aws"},
		Times:  parry.Times{Received: now()},
	}
	return resp, parry.Record{Response: resp.ID, Seq: seq, At: now(), Kind: move, State: to, Text: reason}
}

func tell(t *testing.T, w *hub.WriteBack, resp parry.Response, rec parry.Record) {
	t.Helper()
	if err := try(t, w, resp, rec); err != nil {
		t.Fatal(err)
	}
}

// try tells of a record, as the engine does where there is something to tell.
func try(t *testing.T, w *hub.WriteBack, resp parry.Response, rec parry.Record) error {
	t.Helper()
	if !w.Tells(resp, rec) {
		return nil
	}
	resp.Untold = &parry.Untold{Seq: rec.Seq}
	return w.Tell(t.Context(), []parry.Response{resp})[resp.ID]
}

// Each move says what it has to, and the event that Security Hub sends of it asks for nothing.
func TestWriteBack(t *testing.T) {
	undone := func(r parry.Response) parry.Response { r.Undone = []parry.Outcome{{Change: "revoke"}}; return r }
	same := func(r parry.Response) parry.Response { return r }
	for _, c := range []struct {
		move     parry.Move
		state    parry.State
		reason   string
		change   func(parry.Response) parry.Response
		workflow string
		id       float64
		note     string
	}{
		{parry.MoveAsked, parry.Waiting, "", same, "NOTIFIED", 2, ""},
		{parry.MoveReplanned, parry.Waiting, "it is another plan", same, "NOTIFIED", 2, "; it is another plan"},
		{parry.MoveRejected, parry.Rejected, "not now", same, "NOTIFIED", 2, "; not now"},
		{parry.MoveExpired, parry.Expired, "", same, "NOTIFIED", 2, ""},
		{parry.MoveTold, parry.Alerted, "in a freeze", same, "NOTIFIED", 2, "; in a freeze"},
		{parry.MoveTold, parry.Held, "", same, "NOTIFIED", 2, ""},
		{parry.MoveTold, parry.Unreadable, "AccessDenied", same, "NOTIFIED", 2, "; AccessDenied"},
		{parry.MoveVerified, parry.Done, "", same, "RESOLVED", 4, ""},
		{parry.MoveFailed, parry.Failed, "AccessDenied\x00", same, "NOTIFIED", 2, "; AccessDenied\uFFFD"},
		{parry.MoveUndone, parry.Undone, "", undone, "NOTIFIED", 2, ""},
		{parry.MoveUndone, parry.Done, "", undone, "NOTIFIED", 2, "; a part was taken back"},
	} {
		d := newDesk(t)
		w := d.writeBack(t)
		note := fmt.Sprintf("parry: %s: sg-close on AWS::EC2::SecurityGroup sg-1; response pr-sg-close; https://parry.example/console/responses/pr-sg-close%s", c.state, c.note)

		resp, rec := moved(d.asffNow(t), "sg-close", 3, c.move, c.state, c.reason)
		tell(t, w, c.change(resp), rec)
		want := map[string]any{
			"FindingIdentifiers": []any{map[string]any{"Id": d.asff["Id"], "ProductArn": d.asff["ProductArn"]}},
			"Workflow":           map[string]any{"Status": c.workflow}, "Note": map[string]any{"Text": note, "UpdatedBy": "parry"},
			"UserDefinedFields": map[string]any{"parry": "pr-sg-close"},
		}
		if diff := cmp.Diff([]map[string]any{want}, d.sent); diff != "" {
			t.Errorf("%s, ASFF: %s", c.move, diff)
		}
		if f := d.asffNow(t); f.Quiet == "" || f.Key() != resp.Finding.Key() {
			t.Errorf("%s, ASFF: our own update triggers us: %+v", c.move, f)
		}

		resp, rec = moved(d.v2Now(t), "sg-close", 3, c.move, c.state, c.reason)
		tell(t, w, c.change(resp), rec)
		id := map[string]any{"CloudAccountUid": "222233334444", "FindingInfoUid": "f-2", "MetadataProductUid": "arn:aws:securityhub:us-east-1::productv2/aws/guardduty"}
		want = map[string]any{"FindingIdentifiers": []any{id}, "StatusId": c.id, "Comment": note}
		if diff := cmp.Diff(want, d.sent[1]); diff != "" {
			t.Errorf("%s, V2: %s", c.move, diff)
		}
		if f := d.v2Now(t); f.Quiet == "" || f.Key() != resp.Finding.Key() {
			t.Errorf("%s, V2: our own update triggers us: %+v", c.move, f)
		}
		if diff := cmp.Diff([]string{"securityhub.eu-west-1.amazonaws.com", "securityhub.us-east-1.amazonaws.com"}, d.hosts); diff != "" {
			t.Errorf("%s: %s", c.move, diff)
		}
	}
}

// What Security Hub need not know is not written.
func TestWhatIsNotWrittenBack(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	f := d.asffNow(t)
	elsewhere := f
	elsewhere.Metadata.Product.UID = "arn:aws:guardduty:eu-west-1:111122223333:detector/d"
	for _, move := range []parry.Move{parry.MoveVoted, parry.MoveReminded, parry.MoveEscalated, parry.MoveApproved, parry.MoveResumed, parry.MoveIntent, parry.MoveCall,
		parry.MoveReverted, parry.MoveApplied, parry.MoveUndo, parry.MoveSeen, parry.MovePublished, parry.MoveNotPublished, parry.MoveNoted} {
		resp, rec := moved(f, "p", 2, move, parry.Applying, "")
		tell(t, w, resp, rec)
	}
	for name, change := range map[string]func(*parry.Response, *parry.Record){
		"another road": func(r *parry.Response, _ *parry.Record) { r.Finding = elsewhere },
		"no rule":      func(r *parry.Response, _ *parry.Record) { r.Answer = parry.Answer{} },
		"it observes":  func(r *parry.Response, _ *parry.Record) { r.Answer.Observe = true },
		"it observed":  func(r *parry.Response, _ *parry.Record) { r.Decided.Observe = true },
		"nothing to do": func(r *parry.Response, rec *parry.Record) {
			r.State, rec.State = parry.Nothing, parry.Nothing
		},
	} {
		resp, rec := moved(f, "p", 1, parry.MoveTold, parry.Alerted, "")
		change(&resp, &rec)
		tell(t, w, resp, rec)
		if len(d.sent) != 0 {
			t.Fatalf("%s: %v", name, d.sent)
		}
	}
}

// The same told again does nothing, also to another worker; nor does what comes late.
func TestWriteBackIsIdempotent(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	f := d.asffNow(t)
	asked, first := moved(f, "p", 1, parry.MoveAsked, parry.Waiting, "")
	done, last := moved(f, "p", 7, parry.MoveVerified, parry.Done, "")
	tell(t, w, asked, first)
	tell(t, w, asked, first)
	tell(t, w, done, last)
	another := *w
	tell(t, &another, done, last)
	tell(t, &another, asked, first)
	if len(d.sent) != 2 || d.asffNow(t).StatusID != parry.StatusResolved {
		t.Errorf("%d calls, %s", len(d.sent), d.asffNow(t).Status)
	}
}

// A finding with several responses is resolved when all are done, and a newer response takes the place of an older one.
func TestSeveralResponsesToOneFinding(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	f := d.asffNow(t)
	step := func(playbook string, later time.Duration, seq int, move parry.Move, state parry.State, want string) {
		t.Helper()
		resp, rec := moved(f, playbook, seq, move, state, "")
		if later > 0 {
			resp.ID += "-later"
			resp.Times.Received = now().Add(later)
		}
		tell(t, w, resp, rec)
		if got := d.asff["Workflow"].(map[string]any)["Status"]; got != want {
			t.Errorf("%s %s: %s", playbook, state, got)
		}
	}
	step("a", 0, 1, parry.MoveAsked, parry.Waiting, "NOTIFIED")
	step("b", 0, 5, parry.MoveVerified, parry.Done, "NOTIFIED")
	if note := d.asff["Note"].(map[string]any)["Text"].(string); !strings.HasSuffix(note, "; response pr-a to the same finding is not done") {
		t.Errorf("%s", note)
	}
	step("a", 0, 6, parry.MoveFailed, parry.Failed, "NOTIFIED")
	step("a", time.Hour, 6, parry.MoveVerified, parry.Done, "RESOLVED")
	calls := len(d.sent)
	step("a", 0, 7, parry.MoveUndone, parry.Undone, "RESOLVED")
	if len(d.sent) != calls {
		t.Error("an older response was written over a newer one")
	}
}

// Where an administrator's hub is named, it is asked about every finding.
func TestWriteBackAtTheAdministrator(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	w.Hub = hub.Place{Account: "999999999999", Region: "eu-central-1", Partition: "aws"}
	for _, f := range []parry.Finding{d.asffNow(t), d.v2Now(t)} {
		resp, rec := moved(f, "p", 1, parry.MoveAsked, parry.Waiting, "")
		tell(t, w, resp, rec)
	}
	if diff := cmp.Diff([]string{"securityhub.eu-central-1.amazonaws.com", "securityhub.eu-central-1.amazonaws.com"}, d.hosts); diff != "" {
		t.Error(diff)
	}
}

// What AWS does not take is told with its kind, is not remembered as written, and goes well another time.
func TestWriteBackFails(t *testing.T) {
	for _, c := range []struct {
		status     int
		fail, body string
		kind       parry.Kind
		hint       string
	}{
		{0, "FindingNotFound", "", parry.Refused, "administrator"},
		{0, "InvalidInput", "", parry.Invalid, ""},
		{0, "ConcurrentUpdateError", "", parry.Fault, ""},
		{400, "", refused("InvalidInputException"), parry.Invalid, ""},
		{403, "", refused("AccessDeniedException"), parry.Fault, "securityhub:BatchUpdateFindings"},
		{401, "", refused("InvalidAccessException"), parry.Fault, "enabled"},
		{429, "", refused("LimitExceededException"), parry.Fault, ""},
	} {
		d := newDesk(t)
		w := d.writeBack(t)
		d.status, d.fail, d.answer = c.status, c.fail, c.body
		resp, rec := moved(d.asffNow(t), "p", 1, parry.MoveAsked, parry.Waiting, "")
		err := try(t, w, resp, rec)
		if err == nil || parry.KindOf(err) != c.kind || !strings.Contains(err.Error(), "pr-p") || !strings.Contains(parry.HintOf(err), c.hint) {
			t.Errorf("%+v: kind %d, hint %q: %v", c, parry.KindOf(err), parry.HintOf(err), err)
		}
		d.status, d.fail = 0, ""
		tell(t, w, resp, rec)
		if d.asff["Workflow"].(map[string]any)["Status"] != "NOTIFIED" {
			t.Errorf("%+v: not written the second time", c)
		}
	}
}

// A note is never longer than Security Hub takes, and keeps the id.
func TestALongNoteIsCut(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	resp, rec := moved(d.asffNow(t), "p", 1, parry.MoveFailed, parry.Failed, strings.Repeat("wörd ", 300))
	resp.Target.ID = strings.Repeat("é", 500)
	tell(t, w, resp, rec)
	note := d.sent[0]["Note"].(map[string]any)["Text"].(string)
	if len(note) > 512 || !strings.Contains(note, "; response pr-p; https://parry.example/console/responses/pr-p; wörd ") {
		t.Errorf("%d: %s", len(note), note)
	}
}

// many are responses to so many findings, each of which came to the same end.
func (d *desk) many(t *testing.T, n int) []parry.Response {
	t.Helper()
	var all []parry.Response
	for i := range n {
		f := d.asffNow(t)
		f.Info.UID = fmt.Sprintf("f-%d", i)
		resp, rec := moved(f, "sg-close", 5, parry.MoveVerified, parry.Done, "")
		resp.ID, resp.Untold = fmt.Sprintf("pr-%025d", i), &parry.Untold{Seq: rec.Seq}
		all = append(all, resp)
	}
	return all
}

// Few are told with a call each. Many that came to the same end share calls, whose note names all their responses.
func TestManyShareCalls(t *testing.T) {
	for n, want := range map[int]int{1: 1, 10: 10, 11: 2, 60: 8, 250: 32} {
		d := newDesk(t)
		w := d.writeBack(t)
		all := d.many(t, n)
		for range 2 { // the second time all is known
			if errs := w.Tell(t.Context(), all); len(errs) > 0 {
				t.Fatalf("%d: %v", n, errs)
			}
		}
		if d.asffNow(t).Quiet == "" {
			t.Errorf("%d: our own update triggers us: %v", n, d.asff)
		}
		told := map[string]bool{}
		for _, call := range d.sent {
			ids := call["FindingIdentifiers"].([]any)
			note := call["Note"].(map[string]any)["Text"].(string)
			if len(ids) > 100 || len(note) > 512 {
				t.Errorf("%d findings, %d characters", len(ids), len(note))
			}
			for _, id := range ids {
				uid := id.(map[string]any)["Id"].(string)
				told[uid] = true
				var i int
				if _, err := fmt.Sscanf(uid, "f-%d", &i); err != nil || !strings.Contains(note, fmt.Sprintf("pr-%025d", i)) {
					t.Errorf("%s is not in %q", uid, note)
				}
			}
		}
		if len(d.sent) != want || len(told) != n || d.pauses != want-1 {
			t.Errorf("%d: %d calls about %d findings with %d pauses, want %d", n, len(d.sent), len(told), d.pauses, want)
		}
	}
}

// Those that end otherwise, elsewhere or in the other form share no call with them.
func TestWhatDiffersSharesNoCall(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	all := d.many(t, 16)
	all[3].State = parry.Failed
	all[4].Finding.Metadata.Product.UID = "arn:aws:securityhub:eu-central-1::product/aws/securityhub"
	all[5].Finding.Metadata.Product.UID = "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"
	all[6].Answer.Rule = "another"
	if errs := w.Tell(t.Context(), all); len(errs) > 0 {
		t.Fatal(errs)
	}
	sizes := map[int]int{}
	for _, call := range d.sent {
		sizes[len(call["FindingIdentifiers"].([]any))]++
	}
	if diff := cmp.Diff(map[int]int{8: 1, 4: 1, 1: 4}, sizes); diff != "" {
		t.Error(diff)
	}
}

// One of a call that is not there is said of alone; where Security Hub does not say which, it is asked about each by itself.
func TestOneOfACallFails(t *testing.T) {
	for id, want := range map[string]int{"f-3": 1, "": 12} {
		d := newDesk(t)
		w := d.writeBack(t)
		d.fail, d.failID = "FindingNotFound", id
		errs := w.Tell(t.Context(), d.many(t, 12))
		if len(errs) != want {
			t.Errorf("%q: %d failed: %v", id, len(errs), errs)
		}
		for _, err := range errs {
			if parry.KindOf(err) != parry.Refused {
				t.Error(err)
			}
		}
	}
}

// Responses to one finding that are told of in one go take one call, of the newest.
func TestResponsesToOneFindingShareACall(t *testing.T) {
	d := newDesk(t)
	w := d.writeBack(t)
	var all []parry.Response
	for _, playbook := range []string{"a", "b", "c"} {
		resp, _ := moved(d.asffNow(t), playbook, 5, parry.MoveVerified, parry.Done, "")
		resp.Untold = &parry.Untold{Seq: 5}
		all = append(all, resp)
	}
	if errs := w.Tell(t.Context(), all); len(errs) > 0 || len(d.sent) != 1 || d.asff["Workflow"].(map[string]any)["Status"] != "RESOLVED" {
		t.Errorf("%v, %v", errs, d.sent)
	}
}
