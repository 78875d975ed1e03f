package assemble_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	securityhub "parry/internal/hub"
	"parry/internal/sqlite"
	"parry/internal/sweep"
)

// phone answers AWS's calls by the beginning of host and path, or of host and target, and remembers the calls.
type phone struct{ calls []string }

func (p *phone) Do(req *http.Request) (*http.Response, error) {
	host, _, _ := strings.Cut(req.URL.Host, ".")
	_, target, _ := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	call := host + " " + req.URL.Path + target
	p.calls = append(p.calls, call)
	text, kind := "{}", "application/json"
	switch call {
	case "sts /":
		text, kind = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::`+account+`:user/p</Arn><UserId>p</UserId><Account>`+account+
			`</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, "text/xml"
	case "access-analyzer /analyzer":
		text = `{"analyzers":[{"arn":"a","name":"a","type":"ACCOUNT","status":"ACTIVE"},{"arn":"b","name":"b","type":"ACCOUNT_UNUSED_ACCESS","status":"ACTIVE"}]}`
	case "access-analyzer /findingv2":
		text = `{"findings":[{"id":"f","findingType":"UnusedIAMUserAccessKey"}]}`
	case "config /DescribeComplianceByConfigRule":
		text = `{"ComplianceByConfigRules":[{"ConfigRuleName":"r"}]}`
	case "config /DescribeConfigRules":
		text = `{"ConfigRules":[{"ConfigRuleName":"r","ConfigRuleArn":"r"}]}`
	case "macie2 /findings":
		text = `{"findingIds":["f"]}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(text)), Request: req}, nil
}

func (p *phone) cloud() *awsapi.Cloud {
	return awsapi.New(aws.Config{Region: "eu-west-1", HTTPClient: p, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", "")}, awsapi.Options{})
}

// The permissions of each source are those of the calls that it makes: the credentials refuse all others.
func TestSweepsMakeOnlyTheCallsOfTheirPermissions(t *testing.T) {
	p := &phone{}
	s := assemble.Sweeper(p.cloud(), nil, time.Now)
	for _, src := range append(sweep.Sources(), sweep.Backlog()...) {
		_, err := s.Sweep(t.Context(), src, sweep.Place{Account: account, Region: "eu-west-1", Partition: "aws"}, sweep.Options{Events: []string{"StopLogging"}},
			func(context.Context, sweep.Item) error { return nil })
		if err != nil {
			t.Error(err)
		}
	}
	for _, call := range []string{
		"access-analyzer /analyzer", "access-analyzer /finding", "access-analyzer /findingv2", "access-analyzer /findingv2/f", "config /DescribeComplianceByConfigRule",
		"config /DescribeConfigRules", "config /GetComplianceDetailsByConfigRule", "cloudtrail /LookupEvents", "inspector2 /findings/list", "macie2 /findings",
		"macie2 /findings/describe", "securityhub /findings", "securityhub /findingsv2",
	} {
		if !slices.Contains(p.calls, call) {
			t.Errorf("%s was not made", call)
		}
	}
}

// Writing back makes its calls on both roads, and its credentials no others.
func TestWriteBackOnBothRoads(t *testing.T) {
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := &phone{}
	w := assemble.WriteBack(p.cloud(), db, securityhub.Place{}, "")
	for _, product := range []string{"product/aws/securityhub", "productv2/aws/securityhub"} {
		f := parry.Finding{Metadata: parry.Metadata{Product: parry.Product{UID: "arn:aws:securityhub:eu-west-1::" + product}}, Info: parry.FindingInfo{UID: "f"},
			Cloud: parry.Cloud{Account: parry.CloudAccount{UID: account}, Region: "eu-west-1", Partition: "aws"}}
		resp := parry.Response{ID: "pr-1", Finding: f, State: parry.Done, Answer: parry.Answer{Rule: "r"}, Untold: &parry.Untold{Seq: 5}}
		if errs := w.Tell(t.Context(), []parry.Response{resp}); len(errs) > 0 {
			t.Error(errs)
		}
	}
	if want := []string{"sts /", "securityhub /findings/batchupdate", "securityhub /findingsv2/batchupdatev2"}; !slices.Equal(p.calls, want) {
		t.Errorf("%v", p.calls)
	}
}

func TestEventNames(t *testing.T) {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	names, err := assemble.EventNames(lib.Rules)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "StopLogging") || !slices.IsSorted(names) || slices.Contains(names, "") {
		t.Errorf("%v", names)
	}
}
