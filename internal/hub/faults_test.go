package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"parry"
	"parry/internal/hub"
	"parry/internal/sqlite"
)

// office is Security Hub with any number of findings. What it is told of each is kept in order. Neither moto nor another emulator knows
// BatchUpdateFindings or its second version: they answer 404.
type office struct {
	mu    sync.Mutex
	steps map[string][]int // by the finding: the steps that its notes tell of
	hosts map[string]int   // calls
	fault func(host string, ids []string) fault
}

// fault is how a call goes wrong. The zero one is none.
type fault struct {
	status int    // in the place of an answer
	code   string // of the error
	after  bool   // when it has taken effect
	drop   bool   // nobody answers
	unlike string // the finding that is not updated, for the code
}

// Do implements aws.HTTPClient.
func (o *office) Do(req *http.Request) (*http.Response, error) {
	var in struct {
		FindingIdentifiers []map[string]string
		Note               struct{ Text string }
		Comment            string
	}
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range in.FindingIdentifiers {
		ids = append(ids, f["Id"]+f["FindingInfoUid"])
	}
	text := in.Note.Text + in.Comment
	step, err := strconv.Atoi(text[strings.LastIndex(text, " ")+1:])
	if err != nil {
		return nil, fmt.Errorf("the note %q tells of no step: %w", text, err)
	}

	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts[req.URL.Host]++
	var f fault
	if o.fault != nil {
		f = o.fault(req.URL.Host, ids)
	}
	if f.status == 0 && !f.drop || f.after {
		for _, id := range ids {
			if id != f.unlike {
				o.steps[id] = append(o.steps[id], step)
			}
		}
	}
	status, answer := 200, `{"ProcessedFindings":[],"UnprocessedFindings":[]}`
	switch {
	case f.drop:
		return nil, errors.New("connection reset")
	case f.status != 0:
		status, answer = f.status, refused(f.code)
	case f.unlike != "" && slices.Contains(ids, f.unlike):
		answer = fmt.Sprintf(`{"ProcessedFindings":[],"UnprocessedFindings":[{"ErrorCode":%q,"ErrorMessage":"because",
			"FindingIdentifier":{"Id":%[2]q,"ProductArn":%[3]q,"FindingInfoUid":%[2]q,"MetadataProductUid":%[4]q,"CloudAccountUid":%[5]q}}]}`,
			f.code, f.unlike, productOf("eu-west-1", false), productOf("eu-west-1", true), account)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: req}, nil
}

func productOf(region string, v2 bool) string {
	if v2 {
		return "arn:aws:securityhub:" + region + "::productv2/aws/securityhub"
	}
	return "arn:aws:securityhub:" + region + "::product/aws/securityhub"
}

// room is a store with responses, and workers that tell of them.
type room struct {
	t      *testing.T
	office *office
	path   string
	db     *sqlite.DB
	clock  atomic.Int64
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, office: &office{steps: map[string][]int{}, hosts: map[string]int{}}, path: filepath.Join(t.TempDir(), "parry.db")}
	r.clock.Store(now().UnixNano())
	r.db = r.open()
	return r
}

func (r *room) open() *sqlite.DB {
	r.t.Helper()
	db, err := sqlite.Open(r.t.Context(), r.path)
	r.ok(err)
	r.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (r *room) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) now() time.Time       { return time.Unix(0, r.clock.Load()).UTC() }
func (r *room) pass(d time.Duration) { r.clock.Add(int64(d)) }

// worker is one that tells over a connection to the store and to AWS of its own.
func (r *room) worker(name string, store parry.Store, client aws.HTTPClient) *parry.Responder {
	w := &hub.WriteBack{
		Memory: store, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Config: func(_ context.Context, p hub.Place) (aws.Config, error) {
			return aws.Config{Region: p.Region, HTTPClient: client, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", ""),
				Retryer: func() aws.Retryer { return aws.NopRetryer{} }}, nil
		},
	}
	return &parry.Responder{Store: store, Teller: w, Worker: name, Now: r.now}
}

// step takes the response to a finding one step further, as a worker stores it, and gives the step's number.
func (r *room) step(finding, region string, v2 bool) int {
	r.t.Helper()
	id := "pr-" + finding
	resp, err := r.db.Response(r.t.Context(), id)
	if err != nil {
		resp = parry.Response{
			ID: id, Key: finding, State: parry.Waiting, Answer: parry.Answer{Rule: "r", Playbook: "p"}, Times: parry.Times{Received: now()},
			Finding: parry.Finding{
				Metadata: parry.Metadata{Product: parry.Product{UID: productOf(region, v2)}}, Info: parry.FindingInfo{UID: finding},
				Cloud: parry.Cloud{Account: parry.CloudAccount{UID: account}, Region: region, Partition: "aws"},
			},
		}
	}
	resp.Stored = resp.State
	resp.Steps++
	resp.Reason = fmt.Sprint("step ", resp.Steps)
	resp.Untold = &parry.Untold{Seq: resp.Steps, Next: r.now()}
	rec := parry.Record{Response: id, Seq: resp.Steps, At: r.now(), Kind: parry.MoveReplanned, State: resp.State}
	rec.Seal(resp.Chain)
	resp.Chain = rec.Hash
	r.ok(r.db.Save(r.t.Context(), resp, rec))
	return resp.Steps
}

// isTold wants that the last word of a finding is of a step, that none was older than the one before it, and that nothing is left to tell.
func (r *room) isTold(finding string, last int) {
	r.t.Helper()
	steps := r.office.steps[finding]
	if len(steps) == 0 || steps[len(steps)-1] != last || !slices.IsSorted(steps) {
		r.t.Errorf("%s was told of the steps %v, and the last is %d", finding, steps, last)
	}
	resp, err := r.db.Response(r.t.Context(), "pr-"+finding)
	r.ok(err)
	if resp.Untold != nil {
		r.t.Errorf("%s: %+v is left", finding, resp.Untold)
	}
}

// What goes wrong with a call for now goes well later, and all findings say in the end what is newest. What goes wrong for ever is said once,
// stands in the history, and keeps no other finding from being told of.
func TestFaultsOfCalls(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   fault
		forever bool
	}{
		"throttled":             {fault: fault{status: 429, code: "ThrottlingException"}},
		"too many":              {fault: fault{status: 429, code: "LimitExceededException"}},
		"broken":                {fault: fault{status: 500, code: "InternalException"}},
		"broken, and it worked": {fault: fault{status: 503, code: "InternalException", after: true}},
		"no answer":             {fault: fault{drop: true}},
		"lost answer":           {fault: fault{drop: true, after: true}},
		"not allowed":           {fault: fault{status: 403, code: "AccessDeniedException"}},
		"not enabled":           {fault: fault{status: 401, code: "InvalidAccessException"}},
		"at the same time":      {fault: fault{code: "ConcurrentUpdateError", unlike: "f-1"}},
		"at the same time, V2":  {fault: fault{code: "ConflictException", unlike: "f-1"}},
		"one failed":            {fault: fault{code: "InternalFailure", unlike: "f-1"}},
		"gone":                  {fault: fault{code: "FindingNotFound", unlike: "f-1"}, forever: true},
		"gone, V2":              {fault: fault{code: "ResourceNotFoundException", unlike: "f-1"}, forever: true},
		"too large":             {fault: fault{code: "FindingSizeExceeded", unlike: "f-1"}, forever: true},
		"not valid":             {fault: fault{code: "InvalidInput", unlike: "f-1"}, forever: true},
	} {
		for _, n := range []int{2, 12, 30} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				r := newRoom(t)
				for i := range n {
					r.step(fmt.Sprint("f-", i), "eu-west-1", strings.HasSuffix(name, "V2"))
				}
				failed := 0
				r.office.fault = func(_ string, ids []string) fault {
					if tc.fault.unlike != "" && !slices.Contains(ids, tc.fault.unlike) || !tc.forever && failed == 2 {
						return fault{}
					}
					failed++
					return tc.fault
				}
				w, said := r.worker("w", r.db, r.office), 0
				for range 20 { // over 100 minutes
					if err := w.TellDue(t.Context(), r.now()); err != nil {
						said++
					}
					r.pass(5 * time.Minute)
				}
				for i := range n {
					if id := fmt.Sprint("f-", i); !tc.forever || id != "f-1" {
						r.isTold(id, 1)
					}
				}
				if said != 1 {
					t.Errorf("said %d times", said)
				}
				if !tc.forever {
					return
				}
				resp, err := r.db.Response(t.Context(), "pr-f-1")
				r.ok(err)
				records, err := r.db.Records(t.Context(), "pr-f-1")
				r.ok(err)
				last := records[len(records)-1]
				if resp.Untold != nil || len(records) != 2 || !strings.Contains(last.Text, "its source is not told: ") || failed != 1 || len(r.office.steps["f-1"]) > 0 {
					t.Errorf("%+v, %d calls, %d records, the last: %s", resp.Untold, failed, len(records), last.Text)
				}
			})
		}
	}
}

// A call that is refused as a whole, for the sake of one of its findings, is made for each by itself.
func TestOneSpoilsACall(t *testing.T) {
	r := newRoom(t)
	for i := range 12 {
		r.step(fmt.Sprint("f-", i), "eu-west-1", false)
	}
	r.office.fault = func(_ string, ids []string) fault {
		if slices.Contains(ids, "f-3") {
			return fault{status: 400, code: "InvalidInputException"}
		}
		return fault{}
	}
	if err := r.worker("w", r.db, r.office).TellDue(t.Context(), r.now()); parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), "pr-f-3") {
		t.Error(err)
	}
	for i := range 12 {
		if i != 3 {
			r.isTold(fmt.Sprint("f-", i), 1)
		}
	}
}

// A place where nothing can be told is called once, and keeps no other from being told.
func TestAPlaceThatFails(t *testing.T) {
	r := newRoom(t)
	for i := range 30 {
		r.step(fmt.Sprint("bad-", i), "eu-west-1", false)
		r.step(fmt.Sprint("good-", i), "eu-central-1", false)
	}
	r.office.fault = func(host string, _ []string) fault {
		if strings.Contains(host, "eu-west-1") {
			return fault{status: 403, code: "AccessDeniedException"}
		}
		return fault{}
	}
	err := r.worker("w", r.db, r.office).TellDue(t.Context(), r.now())
	if err == nil || !strings.HasPrefix(err.Error(), "30 responses could not be told of, the first: ") || !strings.Contains(parry.HintOf(err), "securityhub:BatchUpdateFindings") {
		t.Errorf("%v; %s", err, parry.HintOf(err))
	}
	for i := range 30 {
		r.isTold(fmt.Sprint("good-", i), 1)
	}
	if n := r.office.hosts["securityhub.eu-west-1.amazonaws.com"]; n != 1 {
		t.Errorf("%d calls", n)
	}
}

// mortal is a worker's way to the store and to AWS. It ends at the nth use, which is carried out or is not, and every later one fails.
type mortal struct {
	parry.Store
	client aws.HTTPClient
	left   atomic.Int64
	lost   bool
}

var errDead = errors.New("killed")

func (m *mortal) live(f func() error) error {
	switch left := m.left.Add(-1); {
	case left > 0:
		return f()
	case left == 0 && m.lost:
		_ = f() // nobody learns of it
	}
	return errDead
}

func (m *mortal) Untold(ctx context.Context, now time.Time, n int) (all []parry.Response, err error) {
	err = m.live(func() (err error) { all, err = m.Store.Untold(ctx, now, n); return err })
	return all, err
}

func (m *mortal) Response(ctx context.Context, id string) (resp parry.Response, err error) {
	err = m.live(func() (err error) { resp, err = m.Store.Response(ctx, id); return err })
	return resp, err
}

func (m *mortal) Save(ctx context.Context, r parry.Response, records ...parry.Record) error {
	return m.live(func() error { return m.Store.Save(ctx, r, records...) })
}

func (m *mortal) Get(ctx context.Context, name string) (word string, err error) {
	err = m.live(func() (err error) { word, err = m.Store.Get(ctx, name); return err })
	return word, err
}

func (m *mortal) Set(ctx context.Context, name, word string) error {
	return m.live(func() error { return m.Store.Set(ctx, name, word) })
}

func (m *mortal) Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error {
	return m.live(func() error { return m.Store.Claim(ctx, resource, holder, now, lease) })
}

func (m *mortal) Release(ctx context.Context, resource, holder string) error {
	return m.live(func() error { return m.Store.Release(ctx, resource, holder) })
}

func (m *mortal) Do(req *http.Request) (resp *http.Response, err error) {
	err = m.live(func() (err error) { resp, err = m.client.Do(req); return err })
	return resp, err
}

// A worker is killed at each of its uses of the store and of Security Hub, before and after it took effect. The next one tells all that was not
// told, and what came since; nothing older comes after something newer.
func TestAWorkerIsKilledAsItTells(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for n, through := int64(1), false; !through; n++ {
			if n > 100 {
				t.Fatal("it takes more than 100 uses")
			}
			r := newRoom(t)
			for _, v2 := range []bool{false, true} {
				for i := range 2 {
					r.step(fmt.Sprintf("f-%d-%v", i, v2), "eu-west-1", v2)
				}
			}
			m := &mortal{Store: r.open(), client: r.office, lost: lost}
			m.left.Store(n)
			err := r.worker("mortal", m, m).TellDue(t.Context(), r.now())
			if through = m.left.Load() > 0; through != (err == nil) {
				t.Errorf("%v", err)
			}
			last := r.step("f-0-true", "eu-west-1", true)
			r.pass(90 * time.Second) // the dead one's lease is over
			r.ok(r.worker("heir", r.db, r.office).TellDue(t.Context(), r.now()))
			for id, want := range map[string]int{"f-0-false": 1, "f-1-false": 1, "f-0-true": last, "f-1-true": 1} {
				r.isTold(id, want)
			}
			if t.Failed() {
				t.Fatalf("killed at use %d, which took effect: %v", n, lost)
			}
		}
	}
}

// Two servers on one store tell each step once at the most, and none after a newer one, while the responses go on.
func TestTwoWorkersTell(t *testing.T) {
	r := newRoom(t)
	const findings, steps = 20, 8
	var all sync.WaitGroup
	stop := make(chan struct{})
	for i := range 2 {
		w := r.worker(fmt.Sprint("w-", i), r.open(), r.office)
		all.Go(func() {
			for {
				if err := w.TellDue(t.Context(), r.now()); err != nil {
					t.Error(err)
				}
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	for range steps {
		for i := range findings {
			r.step(fmt.Sprint("f-", i), "eu-west-1", false)
		}
	}
	close(stop)
	all.Wait()
	r.ok(r.worker("last", r.db, r.office).TellDue(t.Context(), r.now()))
	for i := range findings {
		id := fmt.Sprint("f-", i)
		r.isTold(id, steps)
		if told := r.office.steps[id]; len(slices.Compact(slices.Clone(told))) != len(told) {
			t.Errorf("%s was told of a step twice: %v", id, told)
		}
	}
}
