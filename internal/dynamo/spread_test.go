package dynamo

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"parry"
)

// What is counted before each response of a storm is spread over shards, or short.
func TestCountedIn(t *testing.T) {
	for _, c := range []struct {
		tally parry.Tally
		lists int
		first string
	}{
		{parry.Tally{}, shards, "A#0"},
		{parry.Tally{Rule: "r"}, shards, "A#rule=r#0"},
		{parry.Tally{Playbook: "p"}, shards, "A#playbook=p#0"},
		{parry.Tally{Account: "1"}, 1, "A#account=1"},
		{parry.Tally{Rule: "r", Account: "1"}, 1, "A#account=1"},
		{parry.Tally{Playbook: "p", Resource: "x"}, 1, "A#resource=x"},
		{parry.Tally{Playbook: "p", State: parry.Failed}, 1, "F=p"},
		{parry.Tally{Resource: "x", State: parry.Failed}, 1, "F"},
		{parry.Tally{Rule: "r", State: parry.Done}, shards, "A#0"},
	} {
		if got := countedIn(c.tally); len(got) != c.lists || got[0] != c.first {
			t.Errorf("%+v is counted in %v", c.tally, got)
		}
	}
}

// A step of a response that is being applied writes its new state in two lists, whatever else it stands in. Only a failed one is in the lists of failures.
func TestAStepWritesFewEntries(t *testing.T) {
	at := func(s parry.State) where {
		r := parry.Response{ID: "r-1", Key: "k", State: s}
		r.Answer.Rule, r.Answer.Playbook, r.Target.Account, r.Target.ID = "rule", "book", "111122223333", "x"
		r.Times.Received = time.Unix(0, 0)
		r.Times.Applied = time.Unix(1, 0)
		return whereOf(r)
	}
	lists := func(from, to parry.State) (put, gone []string) {
		before := at(from)
		for _, w := range moved("t", &before, at(to)) {
			if w.Put != nil {
				put = append(put, value(w.Put.Item, pk))
			} else {
				gone = append(gone, value(w.Delete.Key, pk))
			}
		}
		slices.Sort(put)
		slices.Sort(gone)
		return put, gone
	}
	n := shard("", "r-1")
	for _, c := range []struct {
		from, to  parry.State
		put, gone []string
	}{
		{parry.Applying, parry.Verifying, []string{"A" + n, "S=verifying" + n}, []string{"S=applying" + n}},
		{parry.Verifying, parry.Failed, []string{"A" + n, "F", "F=book", "S=failed" + n}, []string{"S=verifying" + n}},
		{parry.Failed, parry.Undoing, []string{"A" + n, "S=undoing" + n}, []string{"F", "F=book", "S=failed" + n}},
	} {
		if put, gone := lists(c.from, c.to); !slices.Equal(put, c.put) || !slices.Equal(gone, c.gone) {
			t.Errorf("from %s to %s: written in %v, removed from %v", c.from, c.to, put, gone)
		}
	}
}

// answers says the same to every request, and counts them.
type answers struct {
	status, n int
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.n++
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
}

// A playbook's text is written once by a process, unless that failed.
func TestATextIsWrittenOnce(t *testing.T) {
	a := &answers{status: http.StatusBadRequest}
	d := Use(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIAPARRYTEST", "parry", ""), HTTPClient: &http.Client{Transport: a},
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}, "t")
	if err := d.KeepSource(t.Context(), "sha256:1", []byte("text")); err == nil {
		t.Error("what was not written is no error")
	}
	a.status = http.StatusOK
	for n, want := range []int{2, 2, 3} {
		if err := d.KeepSource(t.Context(), fmt.Sprintf("sha256:%d", 1+n/2), []byte("text")); err != nil {
			t.Fatal(err)
		}
		if a.n != want {
			t.Errorf("after %d texts there were %d requests, not %d", n+1, a.n, want)
		}
	}
}
