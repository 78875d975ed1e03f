package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	recorder "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	event "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/encoding/cbor"

	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/dynamo"
	"parry/internal/moto"
	"parry/internal/tap"
)

const region = "us-east-1"

// seam answers what moto has not: IAM Access Analyzer, CloudWatch in the protocol that the SDK speaks to it, Lambda's account settings, and who administers what motoDelegates leaves out.
type seam struct {
	next        http.RoundTripper
	delegated   string // the account
	analyzers   string
	concurrency int
	age         time.Duration // of the oldest message in any queue; none for 0
}

// RoundTrip implements http.RoundTripper.
func (s *seam) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := ""
	var body []byte
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListDelegatedAdministrators") {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	switch {
	case body != nil && !slices.ContainsFunc(motoDelegates(), func(p string) bool { return bytes.Contains(body, []byte(`"`+p+`"`)) }):
		answer = `{"DelegatedAdministrators":[{"Id":"` + s.delegated + `"}]}`
	case strings.Contains(r.Header.Get("Authorization"), "/access-analyzer/"):
		answer = `{"analyzers":[` + s.analyzers + `]}`
	case strings.Contains(r.URL.Path, "/account-settings"):
		answer = fmt.Sprintf(`{"AccountLimit":{"ConcurrentExecutions":%d,"UnreservedConcurrentExecutions":%d}}`, s.concurrency, s.concurrency)
	case strings.HasSuffix(r.URL.Path, "/operation/GetMetricStatistics"):
		points := cbor.List{}
		if s.age > 0 {
			when := cbor.Tag{ID: 1, Value: cbor.Float64(time.Now().Add(-time.Minute).Unix())}
			points = append(points, cbor.Map{"Timestamp": &when, "Maximum": cbor.Float64(s.age.Seconds())})
		}
		answer = string(cbor.Encode(cbor.Map{"Datapoints": points}))
	default:
		return s.next.RoundTrip(r)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "Smithy-Protocol": {"rpc-v2-cbor"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// motoDelegates are the services, of those that are looked at, whose delegated administrators moto keeps.
func motoDelegates() []string {
	return []string{"guardduty.amazonaws.com", "access-analyzer.amazonaws.com"}
}

const analyzerOn = `{"arn":"arn:aws:access-analyzer:us-east-1:111122223333:analyzer/a","name":"account","type":"ACCOUNT","status":"ACTIVE","createdAt":"2026-01-01T00:00:00Z"}`

// scene is an organization on moto: a management account, a hub and a watched member, all as a deployment leaves them.
type scene struct {
	t                       *testing.T
	server                  *moto.Server
	management, hub, member string
	unit                    string
	seam                    *seam
	tap                     *tap.Tap
	doctor                  Doctor
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newScene makes the organization. Nothing is deployed in it yet.
func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, server: moto.Need(t), management: moto.Account(), tap: &tap.Tap{}}
	ctx := t.Context()
	c := organizations.NewFromConfig(s.server.Config(s.management, region))
	org := must[*organizations.CreateOrganizationOutput](t)(c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll}))
	root := aws.ToString(must[*organizations.ListRootsOutput](t)(c.ListRoots(ctx, &organizations.ListRootsInput{})).Roots[0].Id)
	must[*organizations.EnablePolicyTypeOutput](t)(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &root, PolicyType: orgtypes.PolicyTypeServiceControlPolicy}))
	s.unit = aws.ToString(must[*organizations.CreateOrganizationalUnitOutput](t)(c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &root, Name: aws.String("watched")})).OrganizationalUnit.Id)
	account := func(name string) string {
		out := must[*organizations.CreateAccountOutput](t)(c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")}))
		return aws.ToString(out.CreateAccountStatus.AccountId)
	}
	s.hub, s.member = account("hub"), account("member")
	must[*organizations.MoveAccountOutput](t)(c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &s.member, SourceParentId: &root, DestinationParentId: &s.unit}))

	rules := filepath.Join(t.TempDir(), "rules")
	if err := os.Mkdir(rules, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "rules:\n  - {name: keys, mode: act, match: {source: [aws.guardduty]}, respond: [{playbook: iam-deactivate-access-key, tier: auto}]}\n"
	if err := os.WriteFile(filepath.Join(rules, "rules.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lib := must[*assemble.Library](t)(assemble.NewLibrary("", rules))
	o := must[*deploy.Org](t)(deploy.ReadOrg("org.yaml", fmt.Appendf(nil, `
organization: %s
hub: {account: "%s", region: us-east-1}
management: "%s"
ous: [%s]
deployers: ["arn:aws:iam::*:role/deployer"]
guardrails: {attach: [%s]}
`, aws.ToString(org.Organization.Id), s.hub, s.management, s.unit, s.unit)))
	s.seam = &seam{next: s.server.Transport(), analyzers: analyzerOn, delegated: s.hub, concurrency: 1000}
	cfg := s.tap.On(s.server.Config(s.hub, region), func(string) tap.Caller { return tap.Caller{} })
	cfg.HTTPClient = &http.Client{Transport: s.seam}
	s.doctor = Doctor{Config: cfg, Org: o, Reader: "parry-test", Now: time.Now, Wish: func(o *deploy.Org) *deploy.Wish { return deploy.NewWish(o, lib.Playbooks, lib.Rules) }}
	return s
}

// heal makes everything as it should be.
func (s *scene) heal() {
	t, ctx, o := s.t, s.t.Context(), s.doctor.Org
	hub, member := s.server.Config(s.hub, region), s.server.Config(s.member, region)
	r := &run{Doctor: s.doctor, partition: "aws"}
	want := must[*wanted](t)(r.wants())

	c := organizations.NewFromConfig(s.server.Config(s.management, region))
	for _, v := range services() {
		must[*organizations.EnableAWSServiceAccessOutput](t)(c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(v.principal)}))
		if !slices.Contains(motoDelegates(), v.principal) {
			continue
		}
		must[*organizations.RegisterDelegatedAdministratorOutput](t)(c.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: &s.hub, ServicePrincipal: aws.String(v.principal)}))
	}
	for _, g := range want.guards {
		p := must[*organizations.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: aws.String(g.name), Description: aws.String("x"), Type: orgtypes.PolicyType(g.kind), Content: aws.String(text(t, g.content))}))
		must[*organizations.AttachPolicyOutput](t)(c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: p.Policy.PolicySummary.Id, TargetId: &s.unit}))
	}

	must[*guardduty.CreateDetectorOutput](t)(guardduty.NewFromConfig(member).CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)}))
	must[*securityhub.EnableSecurityHubOutput](t)(securityhub.NewFromConfig(member).EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{}))
	bucket := "trail-" + s.member
	must[*s3.CreateBucketOutput](t)(s3.NewFromConfig(member).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}))
	cc := configservice.NewFromConfig(member)
	must[*configservice.PutConfigurationRecorderOutput](t)(cc.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &recorder.ConfigurationRecorder{
		Name: aws.String("default"), RoleARN: aws.String("arn:aws:iam::" + s.member + ":role/config"), RecordingGroup: &recorder.RecordingGroup{AllSupported: true}}}))
	must[*configservice.PutDeliveryChannelOutput](t)(cc.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: &recorder.DeliveryChannel{Name: aws.String("default"), S3BucketName: &bucket}}))
	must[*configservice.StartConfigurationRecorderOutput](t)(cc.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")}))
	ct := cloudtrail.NewFromConfig(member)
	must[*cloudtrail.CreateTrailOutput](t)(ct.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("all"), S3BucketName: &bucket, IsMultiRegionTrail: aws.Bool(true), EnableLogFileValidation: aws.Bool(true)}))
	must[*cloudtrail.StartLoggingOutput](t)(ct.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("all")}))

	ic := iam.NewFromConfig(member)
	must[*iam.CreatePolicyOutput](t)(ic.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(o.Boundary()), PolicyDocument: aws.String(text(t, r.filled(want.boundary, s.member)))}))
	for _, w := range want.roles {
		must[*iam.CreateRoleOutput](t)(ic.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(w.name), AssumeRolePolicyDocument: aws.String(text(t, r.filled(w.trust, s.member))),
			PermissionsBoundary: aws.String("arn:aws:iam::" + s.member + ":policy/" + o.Boundary())}))
		for i, d := range w.policies {
			must[*iam.PutRolePolicyOutput](t)(ic.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(w.name), PolicyName: aws.String(fmt.Sprint("p", i)), PolicyDocument: aws.String(text(t, r.filled(d, s.member)))}))
		}
	}
	s.rules(member, nil, want.rules)
	must[*sqs.CreateQueueOutput](t)(sqs.NewFromConfig(member).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(o.ForwardAside())}))

	bus := o.Bus()
	must[*eventbridge.CreateEventBusOutput](t)(eventbridge.NewFromConfig(hub).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &bus}))
	for _, q := range []string{o.Queue(), o.DeadLetters()} {
		must[*sqs.CreateQueueOutput](t)(sqs.NewFromConfig(hub).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(q)}))
	}
	s.rules(hub, &bus, []wantedRule{{o.EventRule() + "arrival", object{"source": []any{object{"prefix": ""}}}, []string{"arn:aws:sqs:us-east-1:" + s.hub + ":" + o.Queue()}}})
	b, hs := o.AuditBucket(), s3.NewFromConfig(hub)
	must[*s3.CreateBucketOutput](t)(hs.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &b, ObjectLockEnabledForBucket: aws.Bool(true)}))
	must[*s3.PutObjectLockConfigurationOutput](t)(hs.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: &b, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{
		ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeGovernance, Days: aws.Int32(365)}}}}))
	must[*s3.PutBucketEncryptionOutput](t)(hs.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: &b, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms}}}}}))
	must[*s3.PutPublicAccessBlockOutput](t)(hs.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &b, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true)}}))
	if err := dynamo.Create(ctx, hub, o.Table()); err != nil {
		t.Fatal(err)
	}
}

// rules puts event rules on a bus.
func (s *scene) rules(cfg aws.Config, bus *string, all []wantedRule) {
	c := eventbridge.NewFromConfig(cfg)
	for _, w := range all {
		must[*eventbridge.PutRuleOutput](s.t)(c.PutRule(s.t.Context(), &eventbridge.PutRuleInput{Name: aws.String(w.name), EventBusName: bus, EventPattern: aws.String(text(s.t, w.pattern)), State: event.RuleStateEnabled}))
		for _, target := range w.targets {
			must[*eventbridge.PutTargetsOutput](s.t)(c.PutTargets(s.t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String(w.name), EventBusName: bus, Targets: []event.Target{{Id: aws.String("hub"), Arn: aws.String(target)}}}))
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	return string(must[[]byte](t)(json.Marshal(v)))
}

// look runs checks; none runs all.
func (s *scene) look(t *testing.T, only ...string) []Finding {
	t.Helper()
	d := s.doctor
	d.Only = only
	found := must[[]Finding](t)(d.Run(context.WithoutCancel(t.Context())))
	for _, f := range found {
		if f.Status != OK && f.Fix == "" {
			t.Errorf("%s says nothing of how to put it right: %s", f.ID, f.What)
		}
	}
	return found
}

// notOK are the findings that are not ok.
func notOK(all []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Status == OK })
}
