package doctor

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	event "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"parry"
	"parry/internal/judge"
	"parry/internal/tap"
)

// TestAHealthyOrganizationGetsSick looks at an organization as a deployment leaves it, and then at one sickness after another.
func TestAHealthyOrganizationGetsSick(t *testing.T) {
	s := newScene(t)
	s.heal()
	s.tap.ResetLog()
	found := s.look(t)
	for _, f := range notOK(found) {
		t.Errorf("%+v", f)
	}
	ran := map[string]bool{}
	for _, f := range found {
		ran[f.ID] = true
	}
	for _, c := range checks() {
		if !ran[c.id] && c.needs != taking {
			t.Errorf("%s was not looked at", c.id)
		}
	}
	onlyRead(t, s.tap.Log())

	ctx, o := t.Context(), s.doctor.Org
	hub, member, management := s.server.Config(s.hub, region), s.server.Config(s.member, region), s.server.Config(s.management, region)
	role, bus, bucket := o.PlaybookRole("iam-deactivate-access-key"), o.Bus(), o.AuditBucket()
	for _, tc := range []struct {
		name    string
		sicken  func(t *testing.T) error
		id      string
		status  Status
		what    string
		account string
		region  string
	}{
		{"the detector is suspended", func(t *testing.T) error {
			c := guardduty.NewFromConfig(member)
			id := must[*guardduty.ListDetectorsOutput](t)(c.ListDetectors(ctx, &guardduty.ListDetectorsInput{})).DetectorIds[0]
			_, err := c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: &id, Enable: aws.Bool(false)})
			return err
		}, "guardduty-detector", Risk, "suspended", s.member, region},
		{"the detector is gone", func(t *testing.T) error {
			c := guardduty.NewFromConfig(member)
			id := must[*guardduty.ListDetectorsOutput](t)(c.ListDetectors(ctx, &guardduty.ListDetectorsInput{})).DetectorIds[0]
			_, err := c.DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: &id})
			return err
		}, "guardduty-detector", Missing, "GuardDuty is off", s.member, region},
		{"Security Hub is off", func(*testing.T) error {
			_, err := securityhub.NewFromConfig(member).DisableSecurityHub(ctx, &securityhub.DisableSecurityHubInput{})
			return err
		}, "securityhub-hub", Missing, "Security Hub is off", s.member, region},
		{"the recorder is stopped", func(*testing.T) error {
			_, err := configservice.NewFromConfig(member).StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
			return err
		}, "config-recorder", Risk, "is stopped", s.member, region},
		{"the recorder is gone", func(*testing.T) error {
			_, err := configservice.NewFromConfig(member).DeleteConfigurationRecorder(ctx, &configservice.DeleteConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
			return err
		}, "config-recorder", Missing, "has no recorder", s.member, region},
		{"nobody looks for access from outside", func(*testing.T) error { s.seam.analyzers = ""; return nil }, "access-analyzer", Missing, "Access Analyzer is off", s.member, region},
		{"the trail is off", func(*testing.T) error {
			_, err := cloudtrail.NewFromConfig(member).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("all")})
			return err
		}, "cloudtrail-trail", Risk, "the trail all does not log", s.member, ""},
		{"the trail is gone", func(*testing.T) error {
			_, err := cloudtrail.NewFromConfig(member).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: aws.String("all")})
			return err
		}, "cloudtrail-trail", Missing, "no trail logs all Regions", s.member, ""},
		{"a role got more", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("more"),
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:CreateUser","iam:UpdateAccessKey"],"Resource":"*"}}`)})
			return err
		}, "role-policy", Risk, "added: iam:createuser; with other resources or conditions: iam:updateaccesskey", s.member, ""},
		{"a role got less", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("p0")})
			return err
		}, "role-policy", Risk, "missing: iam:", s.member, ""},
		{"a role has nothing", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("more")})
			return err
		}, "role-policy", Missing, "is short of what its playbook needs", s.member, ""},
		{"a role trusts everybody", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &role,
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
			return err
		}, "role-trust", Risk, "does not trust whom it should", s.member, ""},
		{"a role has no boundary", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role})
			return err
		}, "role-boundary", Missing, role + " has no boundary", s.member, ""},
		{"a role is nobody's", func(*testing.T) error {
			_, err := iam.NewFromConfig(member).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("parry-old"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
			return err
		}, "role-policy", Risk, "no playbook has these roles: parry-old", s.member, ""},
		{"a rule is off", func(*testing.T) error {
			_, err := eventbridge.NewFromConfig(member).DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("parry-01")})
			return err
		}, "event-rules", Risk, "parry-01 is switched off", s.member, region},
		{"a rule has another pattern", func(*testing.T) error {
			_, err := eventbridge.NewFromConfig(member).PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("parry-01"), EventPattern: aws.String(`{"source":["none"]}`), State: event.RuleStateEnabled})
			return err
		}, "event-rules", Risk, "parry-01 has another pattern", s.member, region},
		{"a rule sends elsewhere", func(*testing.T) error {
			_, err := eventbridge.NewFromConfig(member).PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("parry-01"), Targets: []event.Target{{Id: aws.String("hub"), Arn: aws.String("arn:aws:sqs:us-east-1:" + s.member + ":x")}}})
			return err
		}, "event-rules", Risk, "parry-01 does not send to arn:aws:events:us-east-1:" + s.hub, s.member, region},
		{"a rule is gone", func(t *testing.T) error {
			c := eventbridge.NewFromConfig(member)
			must[*eventbridge.RemoveTargetsOutput](t)(c.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String("parry-01"), Ids: []string{"hub"}}))
			_, err := c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("parry-01")})
			return err
		}, "event-rules", Missing, "event rules are not there: parry-01", s.member, region},
		{"an event lies in a Region", func(t *testing.T) error { return s.send(t, member, o.ForwardAside()) }, "forward-aside", Risk, "1 events could not be sent", s.member, region},
		{"an event was not answered", func(t *testing.T) error { return s.send(t, hub, o.DeadLetters()) }, "dead-letters", Risk, "1 events could not be answered", s.hub, region},
		{"events wait for long", func(t *testing.T) error {
			s.seam.age = time.Hour
			return s.send(t, hub, o.Queue())
		}, "queue", Risk, "1 messages wait, the oldest for 1h0m0s", s.hub, region},
		{"what arrives goes nowhere", func(*testing.T) error {
			_, err := eventbridge.NewFromConfig(hub).RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String("parry-arrival"), EventBusName: &bus, Ids: []string{"hub"}})
			return err
		}, "arrival-rule", Risk, "does not send to", s.hub, region},
		{"Lambda runs few functions", func(*testing.T) error { s.seam.concurrency = 10; return nil }, "lambda-concurrency", Risk, "10 of them for anybody", s.hub, region},
		{"the bucket can be public", func(*testing.T) error {
			_, err := s3.NewFromConfig(hub).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: &bucket})
			return err
		}, "audit-bucket", Risk, "can be made public", s.hub, region},
		{"the bucket locks for a day", func(*testing.T) error {
			_, err := s3.NewFromConfig(hub).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: &bucket, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{
				ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1)}}}})
			return err
		}, "audit-bucket", Risk, "locks for 1 days in mode GOVERNANCE; org.yaml says 365", s.hub, region},
		{"the bucket has no lock", func(t *testing.T) error {
			c := s3.NewFromConfig(hub)
			must[*s3.DeleteBucketOutput](t)(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket}))
			_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
			return err
		}, "audit-bucket", Missing, "has no Object Lock", s.hub, region},
		{"the bucket is not versioned", func(*testing.T) error { return nil }, "audit-bucket", Risk, "is not versioned", s.hub, region},
		{"the bucket is gone", func(*testing.T) error {
			_, err := s3.NewFromConfig(hub).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
			return err
		}, "audit-bucket", Missing, "there is no bucket", s.hub, region},
		{"the table can be deleted", func(*testing.T) error {
			_, err := dynamodb.NewFromConfig(hub).UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: aws.String(o.Table()), DeletionProtectionEnabled: aws.Bool(false)})
			return err
		}, "store-table", Risk, "not protected against deletion", s.hub, region},
		{"the table is gone", func(*testing.T) error {
			_, err := dynamodb.NewFromConfig(hub).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(o.Table())})
			return err
		}, "store-table", Missing, "there is no table parry", s.hub, region},
		{"a guardrail says something else", func(t *testing.T) error {
			c := organizations.NewFromConfig(management)
			_, err := c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: s.guard(t, "parry-detection"), Content: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}]}`)})
			return err
		}, "guardrails", Risk, "parry-detection is not as it was rendered; missing: ", "", ""},
		{"a guardrail is not attached", func(t *testing.T) error {
			_, err := organizations.NewFromConfig(management).DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: s.guard(t, "parry-detection"), TargetId: &s.unit})
			return err
		}, "guardrails", Missing, "parry-detection is not attached", "", ""},
		{"StackSets are not trusted", func(*testing.T) error {
			_, err := organizations.NewFromConfig(management).DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String(stackSets)})
			return err
		}, "trusted-access", Missing, "StackSets is not trusted", "", ""},
		{"nobody administers GuardDuty", func(*testing.T) error {
			_, err := organizations.NewFromConfig(management).DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: &s.hub, ServicePrincipal: aws.String("guardduty.amazonaws.com")})
			return err
		}, "delegated-administrators", Missing, "no account administers GuardDuty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.sicken(t); err != nil {
				t.Fatal(err)
			}
			found := notOK(s.look(t, tc.id))
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.ID == tc.id && f.Status == tc.status && strings.Contains(f.What, tc.what) && f.Account == tc.account && f.Region == tc.region
			}) {
				t.Errorf("want %s with %q at %s %s; found %+v", tc.status, tc.what, tc.account, tc.region, found)
			}
		})
	}
}

// send puts a message into a queue.
func (s *scene) send(t *testing.T, cfg aws.Config, queue string) error {
	c := sqs.NewFromConfig(cfg)
	at := must[*sqs.GetQueueUrlOutput](t)(c.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue}))
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: at.QueueUrl, MessageBody: aws.String("{}")})
	return err
}

// guard is the id of a policy that is attached.
func (s *scene) guard(t *testing.T, name string) *string {
	out := must[*organizations.ListPoliciesForTargetOutput](t)(organizations.NewFromConfig(s.server.Config(s.management, region)).ListPoliciesForTarget(t.Context(),
		&organizations.ListPoliciesForTargetInput{TargetId: &s.unit, Filter: "SERVICE_CONTROL_POLICY"}))
	for _, p := range out.Policies {
		if aws.ToString(p.Name) == name {
			return p.Id
		}
	}
	t.Fatalf("there is no policy %s", name)
	return nil
}

// actionOf is the action of IAM for a call. Source: Service Authorization Reference.
func actionOf(e tap.Entry) string {
	switch e.Operation {
	case "GetObjectLockConfiguration":
		return "s3:GetBucketObjectLockConfiguration"
	case "GetBucketEncryption":
		return "s3:GetEncryptionConfiguration"
	case "GetPublicAccessBlock":
		return "s3:GetBucketPublicAccessBlock"
	}
	prefix := map[string]string{"EventBridge": "events", "Config Service": "config", "AccessAnalyzer": "access-analyzer"}[e.Service]
	if prefix == "" {
		prefix = strings.ToLower(strings.ReplaceAll(e.Service, " ", ""))
	}
	return prefix + ":" + e.Operation
}

// onlyRead holds all calls to what the printed policy allows, and to names that change nothing.
func onlyRead(t *testing.T, log []tap.Entry) {
	t.Helper()
	allowed := map[string]bool{"sts:GetCallerIdentity": true} // which needs no permission
	for _, p := range Permissions(nil, "aws", "ReadOnly", "") {
		allowed[p.Action] = true
	}
	made := map[string]bool{}
	for _, e := range log {
		made[actionOf(e)] = true
		for _, verb := range []string{"Create", "Put", "Update", "Delete", "Enable", "Disable", "Start", "Stop", "Attach", "Detach", "Register", "Send", "Receive", "Tag"} {
			if strings.HasPrefix(e.Operation, verb) {
				t.Errorf("%s %s was called", e.Service, e.Operation)
			}
		}
		if !allowed[actionOf(e)] {
			t.Errorf("%s is not in what --permissions prints", actionOf(e))
		}
	}
	for a := range allowed {
		if !made[a] {
			t.Errorf("%s is in what --permissions prints, and was not called", a)
		}
	}
}

func TestNothingButReadsGetsOut(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	cfg := aws.Config{Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("A", "b", "")}
	cfg.APIOptions = append(cfg.APIOptions, onlyReads)
	_, err := iam.NewFromConfig(cfg).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("x")})
	if parry.KindOf(err) != parry.Refused && !strings.Contains(err.Error(), "DeleteRole is no call that only reads") || asked {
		t.Errorf("%v, asked: %v", err, asked)
	}
}

func TestThePrintedPolicyIsRight(t *testing.T) {
	s := newScene(t)
	c := judge.NeedChecker(t)
	var all []json.RawMessage
	for _, perms := range [][]parry.Permission{Permissions(nil, "aws", "ReadOnly", ""), Permissions(s.doctor.Org, "aws", "", "")} {
		all = append(all, json.RawMessage(parry.NewPolicy(perms).Compact()))
	}
	faults, err := c.Faults(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		for _, one := range f {
			// They know a resource for these two, but a recorder's id is known only when it was listed.
			if one == `parliament: RESOURCE_STAR ["config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"]` {
				continue
			}
			t.Error(one)
		}
	}
}

func TestWhatMayNotBeReadIsUnknown(t *testing.T) {
	s := newScene(t)
	s.heal()
	s.tap.Inject(tap.Fault{Service: "GuardDuty", Operation: "ListDetectors", Err: tap.Denied()})
	s.tap.Inject(tap.Fault{Service: "S3", Operation: "GetObjectLockConfiguration", Err: tap.Denied()})
	s.tap.Inject(tap.Fault{Service: "Organizations", Operation: "ListPoliciesForTarget", Err: &smithy.GenericAPIError{Code: "AccessDeniedException",
		Message: "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: organizations:ListPoliciesForTarget on resource: *"}})
	s.tap.Inject(tap.Fault{Service: "Config Service", Operation: "DescribeConfigurationRecorders", Times: 1, Err: tap.Throttle()})
	for _, tc := range []struct{ id, permission string }{
		{"guardduty-detector", "guardduty:ListDetectors"}, {"audit-bucket", "s3:GetBucketObjectLockConfiguration"}, {"guardrails", "organizations:ListPoliciesForTarget"},
	} {
		found := s.look(t, tc.id)
		bad := notOK(found)
		if len(bad) != 1 || bad[0].Status != Unknown || !strings.Contains(bad[0].What, tc.permission) || !strings.Contains(bad[0].Fix, "allow "+tc.permission) {
			t.Errorf("%s: %+v", tc.id, bad)
		}
		for _, f := range found {
			if f.ID == tc.id && f.Status == OK {
				t.Errorf("%s says ok beside what it could not read: %+v", tc.id, f)
			}
		}
	}
	if bad := notOK(s.look(t, "config-recorder")); len(bad) != 0 {
		t.Errorf("a throttled call was not made again: %+v", bad)
	}
}

func TestAnAccountThatCannotBeReadStopsNoOther(t *testing.T) {
	s := newScene(t)
	s.heal()
	s.doctor.Reader = ""
	unlisted := notOK(s.look(t, "dead-letters", "guardduty-detector"))
	if len(unlisted) != 1 || unlisted[0].ID != "accounts" || unlisted[0].Status != Unknown {
		t.Errorf("the accounts could not be listed, and: %+v", unlisted)
	}
	named := *s.doctor.Org
	named.OUs, named.Accounts = nil, []string{s.member}
	s.doctor.Org = &named
	found := s.look(t, "dead-letters", "guardduty-detector", "account-readable")
	for _, f := range found {
		if f.ID == "guardduty-detector" {
			t.Errorf("the member was looked at: %+v", f)
		}
	}
	bad := notOK(found)
	if len(bad) != 1 || bad[0].ID != "account-readable" || bad[0].Account != s.member || bad[0].Status != Unknown {
		t.Errorf("%+v", bad)
	}
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.ID == "dead-letters" && f.Account == s.hub && f.Status == OK }) {
		t.Errorf("the hub was not looked at: %+v", found)
	}
}

// TestTheClock has AWS answer with another time than this machine's: nothing that moto could do.
func TestTheClock(t *testing.T) {
	for _, tc := range []struct {
		off    time.Duration
		status Status
		what   string
	}{{0, OK, ""}, {-30 * time.Second, OK, ""}, {150 * time.Second, Risk, "off by -2m"}, {-150 * time.Second, Risk, "off by 2m"}, {-10 * time.Minute, Risk, "AWS refuses what is signed with it"}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(tc.off).UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write([]byte(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
		}))
		d := Doctor{Config: aws.Config{Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("A", "b", "")}, Only: []string{"clock"}, Now: time.Now}
		found, err := d.Run(t.Context())
		server.Close()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(found, func(f Finding) bool { return f.ID == "clock" })
		if i < 0 || found[i].Status != tc.status || !strings.Contains(found[i].What, tc.what) {
			t.Errorf("%v: %+v", tc.off, found)
		}
	}
}

// TestMacieIsOff holds what AWS says of it, which moto says otherwise.
func TestMacieIsOff(t *testing.T) {
	for message, want := range map[string]Status{"Macie is not enabled": OK, "User is not authorized to perform: macie2:GetMacieSession": Unknown} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"` + message + `"}`))
		}))
		cfg := aws.Config{Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("A", "b", "")}
		found, err := lookAtMacie(t.Context(), &place{run: &run{}, region: region, cfg: cfg})
		server.Close()
		if err != nil {
			found = []Finding{unread(err, []string{"macie2:GetMacieSession"})}
		}
		if len(found) != 1 || found[0].Status != want {
			t.Errorf("%s: %+v", message, found)
		}
	}
}

func TestOneAccount(t *testing.T) {
	s := newScene(t)
	s.heal()
	s.doctor.Org, s.doctor.Role = nil, "parry-{playbook}"
	s.doctor.Config = s.server.Config(s.member, region)
	s.doctor.Config.HTTPClient = &http.Client{Transport: s.seam}
	s.doctor.Table = "none"
	s.doctor.Assume = true
	for _, f := range s.look(t) {
		if f.Account != "" && f.Account != s.member {
			t.Errorf("another account was looked at: %+v", f)
		}
		if (f.Status == OK) == (f.ID == "store-table") {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	for _, d := range []Doctor{{Only: []string{"claock"}}, {Regions: []string{"eu-west-1"}, Org: newScene(t).doctor.Org}} {
		if _, err := d.Run(t.Context()); parry.KindOf(err) != parry.Invalid || parry.HintOf(err) == "" {
			t.Errorf("%+v: %v", d.Only, err)
		}
	}
}

func TestDrift(t *testing.T) {
	document := func(statements string) map[grain]bool {
		var v any
		if err := json.Unmarshal([]byte(`{"Statement":`+statements+`}`), &v); err != nil {
			t.Fatal(err)
		}
		return grains(v)
	}
	should := `[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["a","b"],"Condition":{"StringEquals":{"k":["x","y"]}}}]`
	for _, tc := range []struct{ is, want string }{
		{should, ""},
		{`[{"Sid":"One","Effect":"Allow","Action":"S3:PutObject","Resource":["b","a"],"Condition":{"StringEquals":{"k":["y","x"]}}},{"Effect":"Allow","Action":"s3:getobject","Resource":"a","Condition":{"StringEquals":{"k":["x","y"]}}},
		  {"Effect":"Allow","Action":"s3:getobject","Resource":"b","Condition":{"StringEquals":{"k":["x","y"]}}}]`, ""},
		{`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "added: s3:*; missing: s3:getobject, s3:putobject"},
		{`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["a","b"]}`, "with other resources or conditions: s3:getobject, s3:putobject"},
		{`[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["a","b"],"Condition":{"StringEquals":{"k":["x","y"]}}},{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]`, "added: a statement without actions"},
		{`[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["a","b"],"Condition":{"StringEquals":{"k":["x","y"]}}},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]`, "added: s3:putobject (Deny)"},
	} {
		if got := drifted(document(tc.is), document(should)).String(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.is, got, tc.want)
		}
	}
}

func TestPrintShowsTheWorstFirstAndForeignTextAsData(t *testing.T) {
	var b bytes.Buffer
	Print(&b, ordered([]Finding{
		{ID: "clock", Status: OK, What: "fine"}, {ID: "macie", Account: "2", Region: "r", Status: OK, What: "on"}, {ID: "queue", Account: "1", Region: "r", Status: Unknown, What: "u", Fix: "allow"},
		{ID: "inspector", Account: "2", Region: "r", Status: Missing, What: "red \x1b[31m", Fix: "do"},
	}), false)
	want := "2 r\n  missing  inspector  red \\u001b[31m\n                      -> do\n  ok       macie\n\n1 r\n  unknown  queue      u\n                      -> allow\n\n" +
		"the organization and this machine\n  ok       clock\n\n1 missing, 0 at risk, 1 unknown, 2 ok\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}
