package sweep_test

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
	"parry/internal/source"
	"parry/internal/sqlite"
	"parry/internal/sweep"
)

const account = "111122223333"

func place() sweep.Place {
	return sweep.Place{Account: account, Region: "eu-west-1", Partition: "aws"}
}

func now() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// fake is AWS behind the SDK's HTTP client: operations by host and path, or by target, with what they answer. (The emulator has none of
// these calls but GetFindings of Security Hub, which is tested on it, too.)
type fake struct {
	mu      sync.Mutex
	answers map[string]func(in map[string]any) string
	calls   []string
	ins     []map[string]any
}

func (f *fake) Do(req *http.Request) (*http.Response, error) {
	var b []byte
	if req.Body != nil {
		var err error
		if b, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	in := map[string]any{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
	}
	name, _, _ := strings.Cut(req.URL.Host, ".")
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		name += " " + target[strings.LastIndexByte(target, '.')+1:]
	} else {
		name += " " + req.Method + " " + req.URL.Path
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.ins = append(f.calls, name), append(f.ins, in)
	status, text := 404, `{"__type":"NoSuchCall","message":"no such call"}`
	if answer := f.answers[name]; answer != nil {
		status, text = 200, answer(in)
		if code, isError := strings.CutPrefix(text, "!"); isError {
			status, text = 400, fmt.Sprintf(`{"__type":%q,"message":"because"}`, code)
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(text))), Request: req}, nil
}

func always(answer string) func(map[string]any) string {
	return func(map[string]any) string { return answer }
}

func (f *fake) sweeper(words sweep.Words) *sweep.Sweeper {
	return &sweep.Sweeper{Now: now, Words: words, Config: func(_ context.Context, _ sweep.Source, p sweep.Place) (aws.Config, error) {
		return aws.Config{Region: p.Region, HTTPClient: f, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", ""),
			Retryer: func() aws.Retryer { return aws.NopRetryer{} }}, nil
	}}
}

func named(t *testing.T, name string) sweep.Source {
	t.Helper()
	s, err := sweep.Named(append(sweep.Sources(), sweep.Backlog()...), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	return s[0]
}

// findings decodes what was found by the decoder of events.
func findings(t *testing.T, item sweep.Item) []parry.Finding {
	t.Helper()
	read, err := source.Read(item.Source, bytes.NewReader(item.Raw))
	if err != nil {
		t.Fatalf("%s: %v", item.Raw, err)
	}
	var all []parry.Finding
	for _, i := range read {
		if i.Err != nil {
			t.Fatalf("%s: %v", item.Raw, i.Err)
		}
		found, err := source.Decode(i.Event)
		if err != nil {
			t.Fatalf("%s: %v", item.Raw, err)
		}
		all = append(all, found...)
	}
	return all
}

func list(t *testing.T, s *sweep.Sweeper, name string, o sweep.Options) ([]parry.Finding, sweep.Report) {
	t.Helper()
	var all []parry.Finding
	r, err := s.Sweep(t.Context(), named(t, name), place(), o, func(_ context.Context, i sweep.Item) error {
		all = append(all, findings(t, i)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, r
}

// Each source's items are read by the decoder of its events, live, with the same identity as the event, and with a target.
func TestSourcesAreRead(t *testing.T) {
	const (
		external = `{"id":"f-1","status":"ACTIVE","resource":"arn:aws:s3:::photos","resourceType":"AWS::S3::Bucket","resourceOwnerAccount":"111122223333",
			"principal":{"AWS":"*"},"action":["s3:GetObject"],"isPublic":true,"condition":{},"createdAt":"2026-03-01T08:00:00Z","updatedAt":"2026-03-01T09:00:00Z","analyzedAt":"2026-03-01T09:00:00Z"}`
		unused = `{"id":"f-2","status":"ACTIVE","findingType":"UnusedIAMUserAccessKey","resource":"arn:aws:iam::111122223333:user/alice","resourceType":"AWS::IAM::User",
			"resourceOwnerAccount":"111122223333","createdAt":"2026-03-01T08:00:00Z","updatedAt":"2026-03-01T09:00:00Z","analyzedAt":"2026-03-01T09:00:00Z"}`
		stale = `{"id":"f-0","status":"ACTIVE","resource":"arn:aws:s3:::old","resourceType":"AWS::S3::Bucket","resourceOwnerAccount":"111122223333",
			"createdAt":"2026-01-01T08:00:00Z","updatedAt":"2026-01-01T09:00:00Z","analyzedAt":"2026-03-01T09:00:00Z"}`
		external1 = "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a"
		unused1   = "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/b"
		weak      = `{"findingArn":"arn:aws:inspector2:eu-west-1:111122223333:finding/f-3","awsAccountId":"111122223333","type":"PACKAGE_VULNERABILITY","status":"ACTIVE","severity":"HIGH",
			"title":"CVE-2026-1 - x","description":"d","firstObservedAt":1772355600.123,"lastObservedAt":1772359200.5,"updatedAt":1772359200.5,"packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2026-1"},
			"resources":[{"id":"i-0123456789abcdef0","type":"AWS_EC2_INSTANCE","partition":"aws","region":"eu-west-1"}]}`
		bucket = `{"schemaVersion":"1.0","id":"f-4","accountId":"111122223333","partition":"aws","region":"eu-west-1","type":"Policy:IAMUser/S3BucketPublic","category":"POLICY","archived":false,
			"severity":{"score":3,"description":"High"},"title":"t","description":"d","createdAt":"2026-03-01T08:00:00Z","updatedAt":"2026-03-01T09:00:00Z","count":1,"sample":false,
			"resourcesAffected":{"s3Bucket":{"arn":"arn:aws:s3:::photos","name":"photos","owner":{"id":"111122223333"}},"s3Object":null}}`
		created = `{"eventVersion":"1.09","eventID":"e-5","eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","eventTime":"2026-03-02T09:00:00Z","awsRegion":"us-east-1",
			"eventType":"AwsApiCall","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"mallory","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/mallory","principalId":"AIDAEXAMPLE"},
			"requestParameters":{"userName":"alice"},"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE","userName":"alice","status":"Active"}}}`
		asff = `{"SchemaVersion":"2018-10-08","Id":"f-6","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/securityhub","GeneratorId":"security-control/EC2.19","AwsAccountId":"111122223333",
			"Region":"eu-west-1","CreatedAt":"2026-03-01T08:00:00Z","UpdatedAt":"2026-03-01T09:00:00Z","Severity":{"Label":"HIGH"},"Title":"t","Description":"d","Compliance":{"Status":"FAILED","SecurityControlId":"EC2.19"},
			"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE","Resources":[{"Id":"arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1","Type":"AwsEc2SecurityGroup"}]}`
		ocsf = `{"class_uid":2004,"category_uid":2,"activity_id":1,"type_uid":200401,"severity_id":4,"status_id":1,"status":"New","time":1772355600000,
			"metadata":{"uid":"m-1","version":"1.6.0","product":{"name":"GuardDuty","vendor_name":"AWS","uid":"arn:aws:securityhub:eu-west-1::productv2/aws/guardduty"}},
			"finding_info":{"uid":"f-7","title":"t","types":["Recon:EC2/Portscan"],"modified_time":1772355600000},"cloud":{"provider":"AWS","region":"eu-west-1","account":{"uid":"111122223333"}},
			"resources":[{"type":"AWS::EC2::Instance","uid":"i-0123456789abcdef0"}]}`
	)
	quoted, err := json.Marshal(created)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{answers: map[string]func(map[string]any) string{
		"access-analyzer GET /analyzer": always(`{"analyzers":[
			{"arn":"` + external1 + `","name":"a","type":"ACCOUNT","status":"ACTIVE","createdAt":"2026-01-01T00:00:00Z"},
			{"arn":"` + unused1 + `","name":"b","type":"ACCOUNT_UNUSED_ACCESS","status":"ACTIVE","createdAt":"2026-01-01T00:00:00Z"}]}`),
		"access-analyzer POST /finding":         always(`{"findings":[` + external + `,` + stale + `]}`),
		"access-analyzer POST /findingv2":       always(`{"findings":[` + unused + `]}`),
		"access-analyzer GET /findingv2/f-2":    always(`{"id":"f-2","findingDetails":[{"unusedIamUserAccessKeyDetails":{"accessKeyId":"AKIAEXAMPLEALICE00001"}}]}`),
		"config DescribeComplianceByConfigRule": always(`{"ComplianceByConfigRules":[{"ConfigRuleName":"ssh"},{"ConfigRuleName":"securityhub-x-1"}]}`),
		"config DescribeConfigRules": always(`{"ConfigRules":[
			{"ConfigRuleName":"ssh","ConfigRuleArn":"arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-ssh"},
			{"ConfigRuleName":"securityhub-x-1","ConfigRuleArn":"arn:aws:config:eu-west-1:111122223333:config-rule/aws-service-rule/securityhub.amazonaws.com/config-rule-1"}]}`),
		"config GetComplianceDetailsByConfigRule": always(`{"EvaluationResults":[
			{"EvaluationResultIdentifier":{"EvaluationResultQualifier":{"ConfigRuleName":"ssh","ResourceType":"AWS::EC2::SecurityGroup","ResourceId":"sg-0123456789abcdef0"},"OrderingTimestamp":1772355600.1},
			"ComplianceType":"NON_COMPLIANT","ResultRecordedTime":1772359200.25,"ConfigRuleInvokedTime":1772359200.1,"Annotation":"port 22 is open","ResultToken":"x"},
			{"EvaluationResultIdentifier":{"EvaluationResultQualifier":{"ConfigRuleName":"ssh","ResourceType":"AWS::EC2::SecurityGroup","ResourceId":"sg-old"}},"ComplianceType":"NON_COMPLIANT","ResultRecordedTime":1735689600}]}`),
		"inspector2 POST /findings/list": always(`{"findings":[` + weak + `]}`),
		"macie2 POST /findings":          always(`{"findingIds":["f-4"]}`),
		"macie2 POST /findings/describe": always(`{"findings":[` + bucket + `]}`),
		"cloudtrail LookupEvents":        always(`{"Events":[{"EventId":"e-5","EventName":"CreateAccessKey","EventTime":1772355600,"CloudTrailEvent":` + string(quoted) + `}]}`),
		"securityhub POST /findings":     always(`{"Findings":[` + asff + `]}`),
		"securityhub POST /findingsv2":   always(`{"Findings":[` + ocsf + `]}`),
	}}
	for name, want := range map[string][]string{
		"access-analyzer": {
			"access-analyzer/111122223333/arn:aws:s3:::photos/externalaccess AWS::S3::Bucket photos",
			"access-analyzer/111122223333/arn:aws:iam::111122223333:user/alice/unusediamuseraccesskey AWS::IAM::User alice AWS::IAM::AccessKey AKIAEXAMPLEALICE00001",
		},
		"config": {"config/111122223333/arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-ssh|AWS::EC2::SecurityGroup|sg-0123456789abcdef0 " +
			"AWS::EC2::SecurityGroup sg-0123456789abcdef0"},
		"inspector":      {"inspector/111122223333/f-3 AWS::EC2::Instance i-0123456789abcdef0"},
		"macie":          {"macie/111122223333/f-4 AWS::S3::Bucket photos"},
		"cloudtrail":     {"cloudtrail/111122223333/e-5"},
		"securityhub":    {"securityhub/111122223333/f-6 AWS::EC2::SecurityGroup sg-1"},
		"securityhub-v2": {"guardduty/111122223333/f-7 AWS::EC2::Instance i-0123456789abcdef0"},
	} {
		found, r := list(t, f.sweeper(nil), name, sweep.Options{Since: now().Add(-48 * time.Hour), Events: []string{"CreateAccessKey"}})
		var got []string
		for _, one := range found {
			text := one.Key()
			if name != "cloudtrail" {
				for _, target := range one.Targets {
					text += " " + target.String()
				}
			}
			if got = append(got, text); one.Quiet != "" || one.Info.ModifiedTime == 0 && name != "cloudtrail" {
				t.Errorf("%s: quiet %q, changed %d", name, one.Quiet, one.Info.ModifiedTime)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || r.Found != len(want) || r.More {
			t.Errorf("%s: %+v %s", name, r, diff)
		}
	}
}

// What is asked for is what is open, the changes since a time only, and in pages that the service gives.
func TestQuestions(t *testing.T) {
	since := now().Add(-time.Hour)
	for name, want := range map[string]string{
		"inspector2 POST /findings/list": `{"filterCriteria":{"findingStatus":[{"comparison":"EQUALS","value":"ACTIVE"}],
			"updatedAt":[{"startInclusive":1772449200,"endInclusive":1772452800}]},"maxResults":100,"sortCriteria":{"field":"SEVERITY","sortOrder":"DESC"}}`,
		"macie2 POST /findings": `{"findingCriteria":{"criterion":{"archived":{"eq":["false"]},"updatedAt":{"gte":1772449200000}}},"maxResults":50,
			"sortCriteria":{"attributeName":"updatedAt","orderBy":"DESC"}}`,
		"cloudtrail LookupEvents": `{"EndTime":1772452800,"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"StopLogging"}],"MaxResults":50,"StartTime":1772449200}`,
		"securityhub POST /findings": `{"Filters":{"RecordState":[{"Comparison":"EQUALS","Value":"ACTIVE"}],"WorkflowStatus":[{"Comparison":"EQUALS","Value":"NEW"}],
			"UpdatedAt":[{"Start":"2026-03-02T11:00:00Z","End":"2026-03-02T12:00:00Z"}]},"MaxResults":100,"SortCriteria":[{"Field":"UpdatedAt","SortOrder":"desc"}]}`,
		"securityhub POST /findingsv2": `{"Filters":{"CompositeFilters":[{"Operator":"AND","NumberFilters":[{"FieldName":"status_id","Filter":{"Eq":1}}],
			"DateFilters":[{"FieldName":"finding_info.modified_time_dt","Filter":{"Start":"2026-03-02T11:00:00Z","End":"2026-03-02T12:00:00Z"}}]}]},"MaxResults":100,
			"SortCriteria":[{"Field":"finding_info.modified_time_dt","SortOrder":"desc"}]}`,
	} {
		f := &fake{answers: map[string]func(map[string]any) string{name: always(`{}`)}}
		for _, src := range append(sweep.Sources(), sweep.Backlog()...) {
			_, _ = f.sweeper(nil).Sweep(t.Context(), src, place(), sweep.Options{Since: since, Events: []string{"StopLogging"}}, nil)
		}
		var asked, wanted map[string]any
		for i, call := range f.calls {
			if call == name {
				asked = f.ins[i]
			}
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, asked); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func words(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// book is CloudTrail with two names of events, three pages of one record for each.
func book(t *testing.T) (*fake, *[]string) {
	var asked []string
	return &fake{answers: map[string]func(map[string]any) string{"cloudtrail LookupEvents": func(in map[string]any) string {
		name := in["LookupAttributes"].([]any)[0].(map[string]any)["AttributeValue"].(string)
		token, _ := in["NextToken"].(string)
		asked = append(asked, name+token)
		if token == "gone" {
			return "!InvalidNextTokenException"
		}
		next := map[string]string{"": `"2"`, "2": `"3"`, "3": `null`}[token]
		return fmt.Sprintf(`{"Events":[{"CloudTrailEvent":"{\"n\":\"%s%s\"}"}],"NextToken":%s}`, name, token, next)
	}}}, &asked
}

// A listing that is ended early, by its limit or by an error, goes on where it stood; one that came to its end begins anew from then on.
func TestAListingIsResumed(t *testing.T) {
	f, asked := book(t)
	s := f.sweeper(words(t))
	var got []string
	fail := 0
	run := func(limit int) (sweep.Report, error) {
		return s.Sweep(t.Context(), named(t, "cloudtrail"), place(), sweep.Options{Limit: limit, Events: []string{"B", "A", "B"}}, func(_ context.Context, i sweep.Item) error {
			if fail--; fail == 0 {
				return parry.Errorf(parry.Fault, "the store is gone")
			}
			var one struct{ N string }
			err := json.Unmarshal(i.Raw, &one)
			got = append(got, one.N)
			return err
		})
	}
	if r, err := run(2); err != nil || r != (sweep.Report{Found: 2, Pages: 2, More: true}) {
		t.Errorf("%+v %v", r, err)
	}
	fail = 3 // in the second page of B
	if _, err := run(0); err == nil || !strings.Contains(err.Error(), "1 of 4 items failed and will be listed again, the first: the store is gone") {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{"A", "A2", "A3", "B", "B3"}, got); diff != "" {
		t.Error(diff)
	}
	if r, err := run(0); err != nil || r.More {
		t.Errorf("%+v %v", r, err)
	}
	if diff := cmp.Diff([]string{"A", "A2", "A3", "B", "B3", "B2", "B3"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"A", "A2", "A3", "B", "B2", "B3", "B2", "B3"}, *asked); diff != "" {
		t.Error(diff)
	}
	if start := f.ins[0]["StartTime"]; start != float64(now().Add(-24*time.Hour).Unix()) {
		t.Errorf("the first listing begins at %v", start)
	}
	if _, err := run(1); err != nil {
		t.Error(err)
	}
	if start := f.ins[len(f.ins)-1]["StartTime"]; start != float64(now().Add(-15*time.Minute).Unix()) {
		t.Errorf("the next listing begins at %v", start)
	}
}

// The token of a page that is not there any more has its part listed anew; one that fails at once is told.
func TestAnOldTokenIsForgotten(t *testing.T) {
	f, asked := book(t)
	db := words(t)
	if err := db.Set(t.Context(), "sweep cloudtrail "+place().String(), `{"began":"2026-03-01T00:00:00Z","part":"A","token":"gone"}`); err != nil {
		t.Fatal(err)
	}
	r, err := f.sweeper(db).Sweep(t.Context(), named(t, "cloudtrail"), place(), sweep.Options{Events: []string{"A"}}, func(context.Context, sweep.Item) error { return nil })
	if err != nil || r.Found != 3 {
		t.Errorf("%+v %v", r, err)
	}
	if diff := cmp.Diff([]string{"Agone", "A", "A2", "A3"}, *asked); diff != "" {
		t.Error(diff)
	}
}

// What cannot be listed is told with the source, the place and the next step.
func TestWhatCannotBeListed(t *testing.T) {
	none := func(context.Context, sweep.Item) error { return nil }
	for _, c := range []struct{ name, answer, want, hint string }{
		{"macie", "!AccessDeniedException", "macie in 111122223333/eu-west-1", "macie2:ListFindings"},
		{"macie", `{"findingIds":["x"],"nextToken":"t"}`, "NoSuchCall", ""},
		{"cloudtrail", "", "no event is named", "--event"},
	} {
		f := &fake{answers: map[string]func(map[string]any) string{"macie2 POST /findings": always(c.answer)}}
		_, err := f.sweeper(nil).Sweep(t.Context(), named(t, c.name), place(), sweep.Options{}, none)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(parry.HintOf(err), c.hint) {
			t.Errorf("%s: %v; %s", c.name, err, parry.HintOf(err))
		}
	}
	loop := &fake{answers: map[string]func(map[string]any) string{"inspector2 POST /findings/list": always(`{"findings":[],"nextToken":"t"}`)}}
	if _, err := loop.sweeper(nil).Sweep(t.Context(), named(t, "inspector"), place(), sweep.Options{}, none); err == nil || !strings.Contains(err.Error(), "came twice") {
		t.Errorf("pages without an end: %v", err)
	}
	if _, err := sweep.Named(sweep.Sources(), []string{"macie", "guardduty"}); parry.KindOf(err) != parry.Invalid || !strings.Contains(parry.HintOf(err), "inspector") {
		t.Errorf("%v", err)
	}
}

// Nothing is asked but what the source's permissions name.
func TestPermissionsNameWhatIsAsked(t *testing.T) {
	for _, src := range append(sweep.Sources(), sweep.Backlog()...) {
		if len(src.Permissions()) == 0 || src.Summary == "" {
			t.Errorf("%s says nothing", src.Name)
		}
		for _, p := range src.Permissions() {
			_, op, _ := strings.Cut(p.Action, ":")
			if !strings.HasPrefix(op, "List") && !strings.HasPrefix(op, "Get") && !strings.HasPrefix(op, "Describe") && !strings.HasPrefix(op, "Lookup") {
				t.Errorf("%s: %s does not read", src.Name, p.Action)
			}
		}
	}
}
