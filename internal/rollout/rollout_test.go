package rollout_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parry"
	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/ministack"
	"parry/internal/moto"
	"parry/internal/rollout"
)

const home = "us-east-1"

// seam is between us and two emulators that were not written here. moto has the organization, StackSets, the accounts and their roles; MiniStack has
// stacks, change sets and S3, as moto neither gives a change set's template nor versions of objects, and fails to update the hub's functions.
//
// What it says to moto in its stead: in which accounts stacks are deleted moto takes from Accounts only, and not from DeploymentTargets, which
// service-managed sets are given. Nor does it filter accounts when stacks are made; what is asked for is looked at here.
type seam struct {
	moto, mini http.RoundTripper
	address    string // of MiniStack; empty leaves everything to moto
	mu         sync.Mutex
	seen       []url.Values
	exchange   string // a template that change sets are made from in place of the one that was handed in
}

// RoundTrip implements http.RoundTripper.
func (s *seam) RoundTrip(r *http.Request) (*http.Response, error) {
	service := r.Header.Get("Authorization")
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	stacks := strings.Contains(service, "/s3/")
	r = r.Clone(r.Context())
	if strings.Contains(service, "/cloudformation/") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.seen = append(s.seen, form)
		s.mu.Unlock()
		if form.Get("Action") == "DeleteStackInstances" {
			for k, v := range form {
				if n, ok := strings.CutPrefix(k, "DeploymentTargets.Accounts."); ok {
					form.Set("Accounts."+n, v[0])
				}
			}
			body = []byte(form.Encode())
			r.ContentLength = int64(len(body))
		}
		if s.exchange != "" && form.Get("Action") == "CreateChangeSet" {
			form.Set("TemplateBody", s.exchange)
			body = []byte(form.Encode())
			r.ContentLength = int64(len(body))
		}
		stacks = form.Get("StackSetName") == ""
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if stacks && s.address != "" {
		r.URL.Host, r.Host = s.address, s.address
		// It tells accounts apart by the key; all of its stacks are in one here. Whose a bucket is it asks, and knows that account only.
		r.Header.Set("Authorization", regexp.MustCompile(`Credential=[^/]+/`).ReplaceAllString(service, "Credential="+ministack.Account+"/"))
		r.Header.Del("X-Amz-Expected-Bucket-Owner")
		r.Header.Del("X-Amz-Security-Token")
		return s.mini.RoundTrip(r)
	}
	return s.moto.RoundTrip(r)
}

// asked are the forms of one action, since the last time.
func (s *seam) asked(action string) []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []url.Values
	s.seen = slices.DeleteFunc(s.seen, func(f url.Values) bool {
		if f.Get("Action") != action {
			return false
		}
		all = append(all, f)
		return true
	})
	return all
}

// scene is an organization on moto: a management account, a unit with the hub and two more accounts.
type scene struct {
	t               *testing.T
	server          *moto.Server
	seam            *seam
	management, hub string
	unit            string
	members         []string // of the unit, the hub is one
	yaml            string
	zip             []byte
	cfg             aws.Config // of the management account
	stacks          aws.Config // of MiniStack, where all stacks and buckets are
}

// zipped is a zip with one file.
func zipped(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("bootstrap")
	must(t)(w, err)
	must(t)(w.Write([]byte(content)))
	must(t)(0, z.Close())
	return b.Bytes()
}

// known leaves out of the templates what MiniStack has not: AWS::Events::EventBusPolicy and AWS::CloudTrail::Trail. An organization's policy, which
// neither emulator makes from a template, becomes a parameter with its text, so that a change of it is one here, too.
func known(t *testing.T, files []deploy.File) []deploy.File {
	t.Helper()
	for i, f := range files {
		if f.Where == deploy.Nowhere {
			continue
		}
		var template map[string]any
		must(t)(0, json.Unmarshal(f.Body, &template))
		resources := template["Resources"].(map[string]any)
		for id, r := range resources {
			r := r.(map[string]any)
			switch r["Type"] {
			case "AWS::Events::EventBusPolicy", "AWS::CloudTrail::Trail":
				delete(resources, id)
			case "AWS::Organizations::Policy":
				text, err := json.Marshal(r["Properties"])
				must(t)(text, err)
				resources[id] = map[string]any{"Type": "AWS::SSM::Parameter", "Properties": map[string]any{"Type": "String", "Name": id, "Value": fmt.Sprintf("%x", sha256.Sum256(text))}}
			}
		}
		text, err := json.Marshal(template)
		must(t)(text, err)
		files[i].Body = text
	}
	return files
}

const rules = `rules:
  - {name: keys, mode: act, match: {source: [aws.guardduty], detail: {type: ["UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"]}}, respond: [{playbook: iam-deactivate-access-key, tier: auto}]}
  - {name: buckets, match: {source: [aws.guardduty], detail: {type: ["Policy:S3/BucketAnonymousAccessGranted"]}}, respond: [{playbook: s3-block-public-access, tier: approve}]}
`

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, server: moto.Need(t), management: moto.Account(), zip: zipped(t, "one")}
	s.cfg = s.server.Config(s.management, home)
	mini := ministack.Need(t)
	s.stacks = mini.Config(home)
	s.seam = &seam{moto: s.server.Transport(), mini: &http.Transport{DisableKeepAlives: true}, address: strings.TrimPrefix(mini.URL, "http://")}
	s.cfg.HTTPClient = &http.Client{Transport: s.seam}
	c := organizations.NewFromConfig(s.cfg)
	must(t)(c.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll}))
	roots, err := c.ListRoots(t.Context(), &organizations.ListRootsInput{})
	must(t)(roots, err)
	root := aws.ToString(roots.Roots[0].Id)
	unit, err := c.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{ParentId: &root, Name: aws.String("watched")})
	must(t)(unit, err)
	s.unit = aws.ToString(unit.OrganizationalUnit.Id)
	for _, name := range []string{"hub", "one", "two"} {
		s.members = append(s.members, s.join(name))
	}
	s.hub = s.members[0]
	s.yaml = `organization: o-a1b2c3d4e5
hub: {account: "HUB", region: us-east-1}
management: "MANAGEMENT"
ous: [UNIT]
rules: rules
deployers: ["arn:aws:iam::*:role/parry-test"]
guardrails: {attach: [UNIT]}
`
	s.yaml = strings.NewReplacer("HUB", s.hub, "MANAGEMENT", s.management, "UNIT", s.unit).Replace(s.yaml)
	return s
}

// join makes an account in the unit.
func (s *scene) join(name string) string {
	s.t.Helper()
	c := organizations.NewFromConfig(s.cfg)
	made, err := c.CreateAccount(s.t.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
	must(s.t)(made, err)
	id := aws.ToString(made.CreateAccountStatus.AccountId)
	parents, err := c.ListParents(s.t.Context(), &organizations.ListParentsInput{ChildId: &id})
	must(s.t)(parents, err)
	must(s.t)(c.MoveAccount(s.t.Context(), &organizations.MoveAccountInput{AccountId: &id, SourceParentId: parents.Parents[0].Id, DestinationParentId: &s.unit}))
	return id
}

// empty deletes a bucket with all that is in it.
func (s *scene) empty(bucket string) {
	s.t.Helper()
	c := s3.NewFromConfig(s.stacks)
	all, err := c.ListObjectVersions(s.t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	must(s.t)(all, err)
	for _, v := range all.Versions {
		must(s.t)(c.DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: v.Key, VersionId: v.VersionId}))
	}
	must(s.t)(c.DeleteBucket(s.t.Context(), &s3.DeleteBucketInput{Bucket: &bucket}))
}

// rollout is what org.yaml wants, with credentials of the management account.
func (s *scene) rollout() *rollout.Rollout {
	s.t.Helper()
	o, err := deploy.ReadOrg("org.yaml", []byte(s.yaml))
	must(s.t)(o, err)
	dir := s.t.TempDir()
	must(s.t)(0, os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(rules), 0o600))
	lib, err := assemble.NewLibrary("", dir)
	must(s.t)(lib, err)
	files, err := deploy.NewWish(o, lib.Playbooks, lib.Rules).Render()
	must(s.t)(files, err)
	return &rollout.Rollout{Config: s.cfg, Org: o, Files: known(s.t, files), Zip: s.zip, Architecture: "arm64", Role: "parry-test", Every: time.Millisecond}
}

// up plans, and does what was planned.
func (s *scene) up(r *rollout.Rollout) *rollout.Plan {
	s.t.Helper()
	p, err := r.Plan(s.t.Context())
	must(s.t)(p, err)
	if err := r.Carry(s.t.Context(), p); err != nil {
		s.t.Fatalf("%v\n%s", err, printed(p))
	}
	return p
}

func printed(p *rollout.Plan) string {
	var b bytes.Buffer
	rollout.Print(&b, p)
	return b.String()
}

// does gives what a plan does with each part.
func does(p *rollout.Plan) string {
	var all []string
	for _, s := range p.Steps {
		all = append(all, strings.TrimSuffix(s.Part, ".json")+" "+string(s.Do))
	}
	return strings.Join(all, ", ")
}

func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func kindOf(t *testing.T, err error, kind parry.Kind, words string) {
	t.Helper()
	if parry.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("the error is %v, not of kind %v with %q", err, kind, words)
	}
}

// TestUpAndDown is the life of a deployment: made, left alone, changed in each way that there is, and taken away.
func TestUpAndDown(t *testing.T) {
	s := newScene(t)
	const made = "code create, hub create, roles create, region create, guardrails create"
	r := s.rollout()
	first, err := r.Plan(t.Context())
	must(t)(first, err)
	if does(first) != made || first.Whole() || !first.Changes() || len(first.Warnings) > 0 {
		t.Fatalf("it would do: %s\n%s", does(first), printed(first))
	}
	if written := len(s.seam.asked("CreateChangeSet")) + len(s.seam.asked("CreateStackSet")); written > 0 {
		t.Fatal("a plan wrote something")
	}
	t.Log(printed(first))
	must(t)(0, r.Carry(t.Context(), first))

	t.Run("everybody has what was rendered", func(t *testing.T) {
		for _, account := range s.members {
			role, err := iam.NewFromConfig(s.server.Config(account, home)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("parry-iam-deactivate-access-key")})
			must(t)(role, err)
		}
		hub := cloudformation.NewFromConfig(s.stacks)
		out, err := hub.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("parry-hub")})
		must(t)(out, err)
		for _, p := range out.Stacks[0].Parameters {
			if k := aws.ToString(p.ParameterKey); k == "CodeVersion" && aws.ToString(p.ParameterValue) == "" || k == "CodeKey" && !strings.HasPrefix(aws.ToString(p.ParameterValue), "functions/") {
				t.Errorf("%s is %q", k, aws.ToString(p.ParameterValue))
			}
		}
	})
	t.Run("a second time there is nothing to do", func(t *testing.T) {
		p, err := s.rollout().Plan(t.Context())
		must(t)(p, err)
		if !p.Whole() || p.Changes() {
			t.Fatalf("it would do: %s\n%s", does(p), printed(p))
		}
		must(t)(0, s.rollout().Carry(t.Context(), p))
		if n := len(s.seam.asked("ExecuteChangeSet")); n != 3 {
			t.Errorf("%d change sets were carried out in all, and three stacks were made", n)
		}
	})
	t.Run("other code and another rule are an update of what they concern", func(t *testing.T) {
		s.zip = zipped(t, "two")
		p := s.up(s.rollout())
		if got := does(p); got != "code nothing, hub update, roles nothing, region nothing, guardrails nothing" {
			t.Fatalf("it did: %s", got)
		}
		s.yaml = strings.Replace(s.yaml, "deployers: [", "deployers: [\"arn:aws:iam::*:role/second\", ", 1)
		if got := does(s.up(s.rollout())); got != "code nothing, hub nothing, roles nothing, region nothing, guardrails update" {
			t.Fatalf("it did: %s", got)
		}
	})
	t.Run("without a binary the hub goes on with what it has", func(t *testing.T) {
		s.zip, s.yaml = nil, s.yaml+"tier: approve\n"
		if got := does(s.up(s.rollout())); !strings.Contains(got, "hub update") {
			t.Fatalf("it did: %s", got)
		}
		out, err := cloudformation.NewFromConfig(s.stacks).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("parry-hub")})
		must(t)(out, err)
		if !slices.ContainsFunc(out.Stacks[0].Parameters, func(p cfntypes.Parameter) bool {
			return aws.ToString(p.ParameterKey) == "CodeKey" && strings.HasPrefix(aws.ToString(p.ParameterValue), "functions/")
		}) {
			t.Errorf("the hub's parameters are %v", out.Stacks[0].Parameters)
		}
	})
	t.Run("a new account and a new Region get what they lack", func(t *testing.T) {
		s.members = append(s.members, s.join("three"))
		s.yaml = strings.Replace(s.yaml, "ous:", "regions: [eu-west-1]\nous:", 1)
		p, err := s.rollout().Plan(t.Context())
		must(t)(p, err)
		if text := printed(p); !strings.Contains(text, "+ 1 stacks: "+s.members[3]+" in us-east-1") || !strings.Contains(text, "+ 5 stacks: ") {
			t.Errorf("the plan says\n%s", text)
		}
		must(t)(0, s.rollout().Carry(t.Context(), p))
		if p, err = s.rollout().Plan(t.Context()); err != nil || !p.Whole() {
			t.Errorf("%v\n%s", err, printed(p))
		}
	})
	t.Run("what is watched no more loses its stacks", func(t *testing.T) {
		s.yaml = strings.Replace(s.yaml, "regions: [eu-west-1]\n", "except: [\""+s.members[3]+"\"]\n", 1)
		s.seam.asked("DeleteStackInstances")
		p := s.up(s.rollout())
		if text := printed(p); !strings.Contains(text, "- 5 stacks that nobody wants any more") {
			t.Errorf("the plan says\n%s", text)
		}
		for _, f := range s.seam.asked("DeleteStackInstances") {
			if f.Get("RetainStacks") != "false" || f.Get("DeploymentTargets.AccountFilterType") != "INTERSECTION" || !strings.HasPrefix(f.Get("DeploymentTargets.OrganizationalUnitIds.member.1"), "r-") {
				t.Errorf("it asked %v", f)
			}
		}
		_, err := iam.NewFromConfig(s.server.Config(s.members[3], home)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("parry-iam-deactivate-access-key")})
		if err == nil {
			t.Error("the role is still there")
		}
	})
	t.Run("down takes away all but the record", func(t *testing.T) {
		p, err := s.rollout().Down(t.Context())
		must(t)(p, err)
		text := printed(p)
		if does(p) != "guardrails delete, region delete, roles delete, hub delete, code delete" || !strings.Contains(text, "stays behind: ") || !strings.Contains(text, "AuditBucket") {
			t.Fatalf("it would do: %s\n%s", does(p), text)
		}
		must(t)(0, s.rollout().Carry(t.Context(), p))
		after, err := s.rollout().Down(t.Context())
		must(t)(after, err)
		if !after.Whole() {
			t.Errorf("after it: %s", does(after))
		}
		if _, err = s3.NewFromConfig(s.stacks).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("parry-audit-" + s.hub + "-us-east-1")}); err != nil {
			t.Errorf("the audit bucket: %v", err)
		}
	})
	t.Run("up takes up again what stayed behind", func(t *testing.T) {
		table := dynamodb.NewFromConfig(s.stacks)
		key := map[string]dbtypes.AttributeValue{"pk": &dbtypes.AttributeValueMemberS{Value: "was"}, "sk": &dbtypes.AttributeValueMemberS{Value: "here"}}
		must(t)(table.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("parry"), Item: key}))
		defer func() {
			got, err := table.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("parry"), Key: key})
			if err != nil || len(got.Item) == 0 {
				t.Errorf("the table that is used now does not have what the old one had: %v", err)
			}
		}()
		for _, bucket := range []string{"audit", "code"} { // MiniStack says of a bucket that is taken up that its name is taken
			s.empty("parry-" + bucket + "-" + s.hub + "-us-east-1")
		}
		s.zip = zipped(t, "three")
		r := s.rollout()
		r.Only = []string{"code", "hub"} // moto leaves the boundary in the accounts when a set's stacks are deleted
		s.up(r)
		if p, err := r.Plan(t.Context()); err != nil || !p.Whole() {
			t.Errorf("%v\n%s", err, printed(p))
		}
	})
}

func TestWhatOthersHaveIsLeftAlone(t *testing.T) {
	s := newScene(t)
	c := cloudformation.NewFromConfig(s.stacks)
	must(t)(c.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("parry-hub"), TemplateBody: aws.String(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`),
	}))
	p, err := s.rollout().Plan(t.Context())
	must(t)(p, err)
	if got := does(p); !strings.Contains(got, "hub blocked") {
		t.Fatalf("it would do: %s", got)
	}
	kindOf(t, s.rollout().Carry(t.Context(), p), parry.Refused, "not Parry's")
	down, err := s.rollout().Down(t.Context())
	must(t)(down, err)
	kindOf(t, s.rollout().Carry(t.Context(), down), parry.Refused, "not Parry's")
	out, err := c.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("parry-hub")})
	must(t)(out, err)
	if len(s.seam.asked("CreateChangeSet")) > 0 {
		t.Error("something was made although the hub is blocked")
	}
}

func TestAPlanThatIsNoLongerTrueIsNotCarriedOut(t *testing.T) {
	s := newScene(t)
	p, err := s.rollout().Plan(t.Context())
	must(t)(p, err)
	s.join("another")
	kindOf(t, s.rollout().Carry(t.Context(), p), parry.Conflict, "no longer what was shown")
}

// What is asked of StackSets where accounts are named, or some are left out. moto filters nothing, so what it made is not looked at.
func TestWhichAccountsStackSetsAreAskedFor(t *testing.T) {
	for _, c := range []struct {
		name, accounts     string
		kind, first, other string
		auto               string
	}{
		{"units", "ous: [UNIT]", "", "", "UNIT", "true"},
		{"units but one", "ous: [UNIT]\nexcept: [\"ONE\"]", "DIFFERENCE", "ONE", "UNIT", "true"},
		{"accounts", "accounts: [\"ONE\"]", "INTERSECTION", "ONE", "r-", "false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			names := strings.NewReplacer("UNIT", s.unit, "ONE", s.members[1])
			s.yaml = strings.Replace(s.yaml, "ous: ["+s.unit+"]", names.Replace(c.accounts), 1)
			r := s.rollout()
			r.Only = []string{"roles"}
			s.up(r)
			made, stacks := s.seam.asked("CreateStackSet"), s.seam.asked("CreateStackInstances")
			if len(made) != 1 || made[0].Get("PermissionModel") != "SERVICE_MANAGED" || made[0].Get("AutoDeployment.Enabled") != c.auto || made[0].Get("CallAs") != "SELF" {
				t.Errorf("it made %v", made)
			}
			if len(stacks) != 1 {
				t.Fatalf("it asked %v", stacks)
			}
			f := stacks[0]
			if f.Get("DeploymentTargets.AccountFilterType") != c.kind || f.Get("DeploymentTargets.Accounts.member.1") != names.Replace(c.first) ||
				!strings.HasPrefix(f.Get("DeploymentTargets.OrganizationalUnitIds.member.1"), names.Replace(c.other)) ||
				f.Get("OperationPreferences.ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE" || f.Get("OperationPreferences.MaxConcurrentPercentage") != "25" {
				t.Errorf("it asked %v", f)
			}
		})
	}
}

func TestFromTheHubTheGuardrailsAreOutOfReach(t *testing.T) {
	s := newScene(t)
	r := s.rollout()
	hub := s.server.Config(s.hub, home)
	hub.HTTPClient = &http.Client{Transport: s.seam}
	r.Config, r.Role, r.Only = hub, "", []string{"code", "guardrails"}
	p, err := r.Plan(t.Context())
	must(t)(p, err)
	if does(p) != "code create, guardrails elsewhere" {
		t.Fatalf("it would do: %s", does(p))
	}
	must(t)(0, r.Carry(t.Context(), p))
	r.Config = s.server.Config(moto.Account(), home)
	_, err = r.Plan(context.WithoutCancel(t.Context()))
	kindOf(t, err, parry.Invalid, "neither the hub")
	r.Config, r.Only = hub, []string{"rolls"}
	_, err = r.Plan(t.Context())
	kindOf(t, err, parry.Invalid, "no part")
}

// Without a management account there is nobody who could make the guardrails: that is said, and is nothing that is missing for ever.
func TestWithoutAManagementAccountThereAreNoGuardrails(t *testing.T) {
	s := newScene(t)
	s.yaml = strings.Replace(strings.Replace(s.yaml, `management: "`+s.management+"\"\n", "", 1), "guardrails: {attach: ["+s.unit+"]}\n", "", 1)
	s.cfg = s.server.Config(s.hub, home)
	s.cfg.HTTPClient = &http.Client{Transport: s.seam}
	r := s.rollout()
	r.Only = []string{"code", "guardrails"}
	p := s.up(r)
	if does(p) != "code create" || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "no management account") {
		t.Errorf("it did: %s\n%s", does(p), printed(p))
	}
	if p, err := r.Plan(t.Context()); err != nil || !p.Whole() {
		t.Errorf("%v\n%s", err, printed(p))
	}
}

// Somebody who writes to the bucket under a name that says what is in it is found out.
func TestWhatIsNotWhatItsNameSaysIsNotRun(t *testing.T) {
	s := newScene(t)
	r := s.rollout()
	r.Only = []string{"code"}
	s.up(r)
	r.Only = []string{"hub"}
	p, err := r.Plan(t.Context())
	must(t)(p, err)
	key := ""
	for _, param := range p.Steps[0].Params {
		if param.Name == "CodeKey" {
			key = param.Is
		}
	}
	bucket := "parry-code-" + s.hub + "-us-east-1"
	must(t)(s3.NewFromConfig(s.stacks).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("something else")}))
	kindOf(t, r.Carry(t.Context(), p), parry.Refused, "is not what its name says")
}

// A stack whose making failed can only be deleted: it is, and is made anew once the reason is gone.
func TestAFailedStackIsMadeAnew(t *testing.T) {
	s := newScene(t)
	r := s.rollout()
	r.Only = []string{"code", "hub"}
	// Somebody else's role is in the way.
	roles := iam.NewFromConfig(s.stacks)
	name := aws.String("parry-hub-worker")
	must(t)(roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String("{}")}))
	p, err := r.Plan(t.Context())
	must(t)(p, err)
	kindOf(t, r.Carry(t.Context(), p), parry.Fault, "WorkerRole ({RoleName=parry-hub-worker})")
	must(t)(roles.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}))

	// A bucket's name that is taken, which MiniStack finds out only when it makes the stack.
	bucket := r.Org.AuditBucket()
	must(t)(s3.NewFromConfig(s.stacks).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}))
	p, err = r.Plan(t.Context())
	must(t)(p, err)
	kindOf(t, r.Carry(t.Context(), p), parry.Fault, "the stack parry-hub is ROLLBACK_COMPLETE: ")
	s.empty(bucket)
	p, err = r.Plan(t.Context())
	must(t)(p, err)
	if does(p) != "code nothing, hub again" {
		t.Fatalf("it would do: %s\n%s", does(p), printed(p))
	}
	must(t)(0, r.Carry(t.Context(), p))
	if p, err = r.Plan(t.Context()); err != nil || !p.Whole() {
		t.Errorf("%v\n%s", err, printed(p))
	}
}

// A change set is held against what was shown: the bucket's name is in its template's address, and somebody may have written there meanwhile.
func TestATemplateThatWasExchangedIsRefused(t *testing.T) {
	s := newScene(t)
	r := s.rollout()
	r.Only = []string{"code"}
	r.Files[0].Body = []byte(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`)
	p, err := r.Plan(t.Context())
	must(t)(p, err)
	s.seam.exchange = `{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"other"}}}}`
	kindOf(t, r.Carry(t.Context(), p), parry.Refused, "is not the one that was shown")
	out, err := cloudformation.NewFromConfig(s.stacks).ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String("parry-code")})
	if err == nil && len(out.StackResourceSummaries) > 0 {
		t.Errorf("it was made all the same: %v", out.StackResourceSummaries)
	}
	if down, err := r.Down(t.Context()); err != nil || !down.Whole() {
		t.Errorf("it left something: %v\n%s", err, printed(down))
	}
}

// A template that is too long for a call lies in the bucket, and StackSets takes it from there. This runs on moto alone, as its StackSets and its S3
// are one.
func TestALongTemplateLiesInTheBucket(t *testing.T) {
	s := newScene(t)
	s.seam.address = ""
	r := s.rollout()
	o := r.Org
	lib, err := assemble.NewLibrary("", "")
	must(t)(lib, err)
	files, err := deploy.NewWish(o, lib.Playbooks, lib.Rules).Render()
	must(t)(files, err)
	must(t)(s3.NewFromConfig(s.server.Config(s.hub, home)).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(o.CodeBucket())}))
	r.Files, r.Only = files, []string{"roles"}
	s.up(r)
	if asked := s.seam.asked("CreateStackSet"); len(asked) != 1 || !strings.HasPrefix(asked[0].Get("TemplateURL"), "https://"+o.CodeBucket()+".s3.us-east-1.amazonaws.com/templates/") || asked[0].Get("TemplateBody") != "" {
		t.Errorf("it asked for %d sets", len(asked))
	}
	if p, err := r.Plan(t.Context()); err != nil || !p.Whole() {
		t.Errorf("%v\n%s", err, printed(p))
	}
}
