package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
)

// fake is Security Hub behind the SDK's HTTP client: it fails where a test says so. (moto never fails a finding, and takes any number.)
type fake struct {
	mu    sync.Mutex
	calls []fakeCall
	// answer is asked for each call, with its number from 1 on.
	answer func(n int, c fakeCall) (status int, body string)
}

type fakeCall struct {
	host string
	ids  []string
	size int
}

func (f *fake) Do(req *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var in struct{ Findings []struct{ Id string } }
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	c := fakeCall{host: req.URL.Host, size: len(b)}
	for _, one := range in.Findings {
		c.ids = append(c.ids, one.Id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
	status, body := f.answer(len(f.calls), c)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: req}, nil
}

// allGood is the answer to a call of which nothing failed.
func allGood(_ int, c fakeCall) (int, string) {
	return 200, fmt.Sprintf(`{"FailedCount":0,"SuccessCount":%d,"FailedFindings":[]}`, len(c.ids))
}

func refused(code string) string { return fmt.Sprintf(`{"__type":%q,"message":"because"}`, code) }

// publisher writes to a fake.
func publisher(f *fake) *hub.Publisher {
	return &hub.Publisher{Now: now, Config: func(_ context.Context, p hub.Place) (aws.Config, error) {
		return aws.Config{
			Region: p.Region, HTTPClient: f, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", ""),
		}, nil
	}}
}

// numbered are n findings of an account and a Region.
func numbered(n int, account, region string) []hub.Item {
	var all []hub.Item
	for i := range n {
		f := finding(func(f *parry.Finding) {
			f.Metadata.Product.Name, f.Info.UID = "Prowler", fmt.Sprintf("f-%03d", i)
			f.Cloud.Account.UID, f.Cloud.Region = account, region
		})
		all = append(all, hub.Item{Finding: f, Rule: "r"})
	}
	return all
}

func publish(t *testing.T, p *hub.Publisher, items []hub.Item) hub.Report {
	t.Helper()
	r, err := p.Publish(t.Context(), items)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Published)+len(r.Failed)+len(r.Refused) != len(items) {
		t.Errorf("%d findings: %d published, %d failed, %d refused", len(items), len(r.Published), len(r.Failed), len(r.Refused))
	}
	return r
}

// Findings go where they belong, a hundred in a call, in an order that depends on nothing else.
func TestBatches(t *testing.T) {
	items := append(numbered(250, account, "eu-west-1"), numbered(2, "222233334444", "eu-west-1")...)
	items = append(items, numbered(1, account, "us-east-1")...)
	var before []fakeCall
	for range 2 {
		f := &fake{answer: allGood}
		if r := publish(t, publisher(f), items); len(r.Published) != 253 {
			t.Errorf("%d published", len(r.Published))
		}
		var got []string
		for _, c := range f.calls {
			got = append(got, fmt.Sprintf("%s %d from %s", c.host, len(c.ids), c.ids[0]))
		}
		want := []string{
			"securityhub.eu-west-1.amazonaws.com 100 from parry:prowler/111122223333/f-000",
			"securityhub.eu-west-1.amazonaws.com 100 from parry:prowler/111122223333/f-100",
			"securityhub.eu-west-1.amazonaws.com 50 from parry:prowler/111122223333/f-200",
			"securityhub.us-east-1.amazonaws.com 1 from parry:prowler/111122223333/f-000",
			"securityhub.eu-west-1.amazonaws.com 2 from parry:prowler/222233334444/f-000",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if before != nil && !cmp.Equal(before, f.calls, cmp.AllowUnexported(fakeCall{})) {
			t.Error("another order the second time")
		}
		before = f.calls
		for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
			items[i], items[j] = items[j], items[i]
		}
	}
}

// No call is larger than 6 MB, and the sizes that this rests on are those that are sent.
func TestBatchesHaveASize(t *testing.T) {
	items := numbered(60, account, "eu-west-1")
	for i := range items {
		f := &items[i].Finding
		for n := range 700 {
			f.Vulnerabilities = append(f.Vulnerabilities, parry.Vulnerability{
				CVE: &parry.CVE{UID: fmt.Sprintf("CVE-%d", n)}, References: []string{"https://example.com/" + strings.Repeat("x", 250) + "?a=1&b=<2>"},
			})
		}
	}
	f := &fake{answer: allGood}
	publish(t, publisher(f), items)
	if len(f.calls) < 2 {
		t.Errorf("%d calls", len(f.calls))
	}
	sizes := 0
	for _, b := range hub.NewPlan(items, false, now()).Batches {
		sum := len(`{"Findings":[]}`) - 1
		for _, e := range b.Entries {
			sum += e.Size + 1
		}
		if got := f.calls[sizes].size; got != sum || got > 6_000_000 {
			t.Errorf("a call of %d bytes, by its findings %d", got, sum)
		}
		sizes++
	}
}

// What AWS names has failed, with its code and words; the rest has not.
func TestPartialFailure(t *testing.T) {
	const bad = "parry:prowler/111122223333/f-001"
	f := &fake{answer: func(_ int, c fakeCall) (int, string) {
		return 200, fmt.Sprintf(`{"FailedCount":1,"SuccessCount":%d,"FailedFindings":[{"Id":%q,"ErrorCode":"InvalidInput","ErrorMessage":"Resources is odd"}]}`, len(c.ids)-1, bad)
	}}
	r := publish(t, publisher(f), numbered(3, account, "eu-west-1"))
	if len(r.Published) != 2 || len(r.Failed) != 1 {
		t.Fatalf("%+v", r)
	}
	if got := r.Failed[0]; got.ID() != bad || got.Code != "InvalidInput" || got.Message != "Resources is odd" || got.Place.Region != "eu-west-1" || got.Finding.Info.UID != "f-001" {
		t.Errorf("%+v", got)
	}
}

// Where AWS took fewer than it names as failed, nothing that may be missing is lost.
func TestWhatAWSDoesNotNameIsKept(t *testing.T) {
	f := &fake{answer: func(int, fakeCall) (int, string) {
		return 200, `{"FailedCount":1,"SuccessCount":2,"FailedFindings":[]}`
	}}
	r := publish(t, publisher(f), numbered(3, account, "eu-west-1"))
	if len(r.Failed) != 3 || r.Failed[0].Code != hub.CodeUnconfirmed {
		t.Errorf("%+v", r)
	}
}

// A batch that fails is kept whole, and the others still go.
func TestAFailedBatchStopsNoOther(t *testing.T) {
	f := &fake{answer: func(n int, c fakeCall) (int, string) {
		if n == 2 {
			return 400, refused("InvalidInputException")
		}
		return allGood(n, c)
	}}
	r := publish(t, publisher(f), numbered(250, account, "eu-west-1"))
	if len(r.Published) != 150 || len(r.Failed) != 100 || r.Failed[0].Code != "InvalidInputException" || r.Failed[0].Message != "because" {
		t.Errorf("%d published, %d failed", len(r.Published), len(r.Failed))
	}
	if len(f.calls) != 3 {
		t.Errorf("%d calls: what is wrong with the input is not tried again", len(f.calls))
	}
}

func TestThrottlesAndFaultsAreTriedAgain(t *testing.T) {
	for code, status := range map[string]int{"ThrottlingException": 400, "LimitExceededException": 429, "InternalException": 500} {
		f := &fake{answer: func(n int, c fakeCall) (int, string) {
			if n == 1 {
				return status, refused(code)
			}
			return allGood(n, c)
		}}
		r := publish(t, publisher(f), numbered(2, account, "eu-west-1"))
		if len(r.Published) != 2 || len(f.calls) != 2 || !cmp.Equal(f.calls[0].ids, f.calls[1].ids) {
			t.Errorf("%s: %d calls, %+v", code, len(f.calls), r.Failed)
		}
	}
}

// Without credentials for one account nothing is sent there, and the other account's findings go.
func TestNoCredentialsForAnAccount(t *testing.T) {
	f := &fake{answer: allGood}
	p := publisher(f)
	inner := p.Config
	p.Config = func(ctx context.Context, at hub.Place) (aws.Config, error) {
		if at.Account != account {
			return aws.Config{}, parry.Errorf(parry.Refused, "not your account").WithHint("take a role")
		}
		return inner(ctx, at)
	}
	r := publish(t, p, append(numbered(2, account, "eu-west-1"), numbered(101, "222233334444", "eu-west-1")...))
	if len(r.Published) != 2 || len(r.Failed) != 101 || r.Failed[0].Code != hub.CodeNotSent || r.Failed[0].Hint != "take a role" {
		t.Errorf("%d published, %+v", len(r.Published), r.Failed[0])
	}
}

// When the work is ended in the middle, what was not sent is kept.
func TestACancelledRunLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{answer: func(n int, c fakeCall) (int, string) {
		cancel()
		return allGood(n, c)
	}}
	r, err := publisher(f).Publish(ctx, append(numbered(150, account, "eu-west-1"), numbered(1, account, "us-east-1")...))
	if !errors.Is(err, context.Canceled) || len(r.Published)+len(r.Failed) != 151 || len(f.calls) != 1 || r.Failed[len(r.Failed)-1].Code != hub.CodeNotSent {
		t.Errorf("%v: %d published, %d failed, %d calls", err, len(r.Published), len(r.Failed), len(f.calls))
	}
}

func TestWhatIsNotPublished(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*hub.Item)
		kind   parry.Kind
		why    string
	}{
		{"Security Hub's own product", func(i *hub.Item) {
			i.Finding.Metadata.Product.UID = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
		}, parry.Refused, "in Security Hub already"},
		{"of the newer Security Hub", func(i *hub.Item) {
			i.Finding.Metadata.Product.UID = "arn:aws-cn:securityhub:cn-north-1::productv2/aws/inspector"
		}, parry.Refused, "in Security Hub already"},
		{"came by its event", func(i *hub.Item) { i.Event.Source = "aws.securityhub" }, parry.Refused, "in Security Hub already"},
		{"published before", func(i *hub.Item) { i.Finding.Info.UID = "parry:guardduty/111122223333/f" }, parry.Refused, "in Security Hub already"},
		{"quiet", func(i *hub.Item) { i.Finding.Quiet = "archived in GuardDuty" }, parry.Refused, "asks for nothing: archived in GuardDuty"},
		{"of no account", func(i *hub.Item) { i.Finding.Cloud.Account.UID = "" }, parry.Invalid, "12 digits"},
	} {
		item := numbered(1, account, "eu-west-1")[0]
		c.change(&item)
		f := &fake{answer: allGood}
		r := publish(t, publisher(f), []hub.Item{item})
		if len(r.Refused) != 1 || parry.KindOf(r.Refused[0].Err) != c.kind || !strings.Contains(r.Refused[0].Err.Error(), c.why) || len(f.calls) != 0 {
			t.Errorf("%s: %+v", c.name, r)
		}
		if err := publisher(f).One(t.Context(), item.Finding, "r"); item.Event.Source == "" && parry.KindOf(err) != c.kind {
			t.Errorf("%s, alone: %v", c.name, err)
		}
	}
}

// With the flag a quiet finding goes as an archived one. What is in Security Hub never goes.
func TestArchivedOnes(t *testing.T) {
	items := numbered(2, account, "eu-west-1")
	items[0].Finding.Quiet = "resolved"
	items[1].Finding.Quiet, items[1].Event.Source = "resolved in Security Hub", "aws.securityhub"
	p := publisher(&fake{answer: allGood})
	p.Archived = true
	r := publish(t, p, items)
	if len(r.Published) != 1 || r.Published[0].ASFF.RecordState != "ARCHIVED" || len(r.Refused) != 1 {
		t.Errorf("%+v", r)
	}
}

// Of two states of a finding the later one goes, whichever was read first.
func TestTheLatestStateGoes(t *testing.T) {
	for _, first := range []int{0, 1} {
		items := numbered(2, account, "eu-west-1")
		items[1].Finding.Info.UID = items[0].Finding.Info.UID
		items[first].Finding.Info.ModifiedTime += 1000
		items[first].Finding.Info.Title = "later"
		r := publish(t, publisher(&fake{answer: allGood}), items)
		if len(r.Published) != 1 || *r.Published[0].ASFF.Title != "later" || len(r.Refused) != 1 || r.Refused[0].Finding.Info.Title == "later" {
			t.Errorf("later is %d: %+v", first, r)
		}
	}
}

func TestOne(t *testing.T) {
	f := finding(nil)
	if err := publisher(&fake{answer: allGood}).One(t.Context(), f, "r"); err != nil {
		t.Error(err)
	}
	err := publisher(&fake{answer: func(int, fakeCall) (int, string) { return 401, refused("InvalidAccessException") }}).One(t.Context(), f, "r")
	if parry.KindOf(err) != parry.Fault || !strings.Contains(err.Error(), "InvalidAccessException") || !strings.Contains(parry.HintOf(err), "enabled") {
		t.Errorf("%v (%s)", err, parry.HintOf(err))
	}
}

// A connection that breaks says nothing about what arrived.
func TestNoAnswer(t *testing.T) {
	p := publisher(nil)
	p.Config = func(_ context.Context, at hub.Place) (aws.Config, error) {
		return aws.Config{
			Region: at.Region, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", ""),
			HTTPClient: doer(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }),
			Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
		}, nil
	}
	r := publish(t, p, numbered(1, account, "eu-west-1"))
	if len(r.Failed) != 1 || r.Failed[0].Code != hub.CodeNoAnswer || !strings.Contains(r.Failed[0].Message, "broken") {
		t.Errorf("%+v", r)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// The time that stands in for a missing one is asked for once, so that a run is one moment.
func TestNowIsAskedOnce(t *testing.T) {
	p, n := publisher(&fake{answer: allGood}), 0
	p.Now = func() time.Time { n++; return now() }
	publish(t, p, numbered(101, account, "eu-west-1"))
	if n != 1 {
		t.Errorf("asked %d times", n)
	}
}
