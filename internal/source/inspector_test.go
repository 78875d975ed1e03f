package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// scan makes an event of Inspector around resources, a JSON array. More replaces fields of the finding.
func scan(resources string, more ...string) string {
	fields := map[string]json.RawMessage{}
	put := func(text string) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(text + ": " + err.Error())
		}
	}
	put(`{"awsAccountId":"` + member + `","findingArn":"arn:aws:inspector2:eu-west-1:` + member + `:finding/f-1","type":"PACKAGE_VULNERABILITY",
		"title":"CVE-2026-1 - openssl","description":"Words","severity":"HIGH","status":"ACTIVE","inspectorScore":7.5,"epss":{"score":0.25},
		"exploitAvailable":"YES","fixAvailable":"YES","firstObservedAt":"Sun Mar 01 08:00:00.000 UTC 2026","lastObservedAt":"Sun Mar 01 09:59:00.000 UTC 2026",
		"updatedAt":"Sun Mar 01 10:00:00.356 UTC 2026","remediation":{"recommendation":{"text":"Update it.","Url":"https://example.com/r"}},
		"packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2026-1","vendorSeverity":"important","sourceUrl":"https://example.com/s","referenceUrls":["https://example.com/c"]}}`)
	put(`{"resources":` + resources + `}`)
	for _, m := range more {
		put(m)
	}
	return `{"version":"0","id":"e-1","detail-type":"Inspector2 Finding","source":"aws.inspector2","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":["i-0abc1234"],"detail":` + string(must(json.Marshal(fields))) + `}`
}

const aScannedInstance = `[{"type":"AWS_EC2_INSTANCE","id":"i-0abc1234","partition":"aws","region":"eu-west-1","tags":{"Owner":"web"}}]`

// networkPath makes a finding of an open path through the components that are given as id and type.
func networkPath(steps ...[2]string) string {
	var all []string
	for _, s := range steps {
		all = append(all, `{"componentId":"`+s[0]+`","componentType":"`+s[1]+`"}`)
	}
	return `{"type":"NETWORK_REACHABILITY","title":"Port 22 is reachable from an Internet Gateway","packageVulnerabilityDetails":null,"networkReachabilityDetails":{
		"protocol":"TCP","openPortRange":{"begin":22,"end":22},"networkPath":{"steps":[` + strings.Join(all, ",") + `]}}}`
}

func TestInspectorInOCSF(t *testing.T) {
	f := decoded(t, scan(aScannedInstance))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2002, TypeUID: 200202, SeverityID: 4, Severity: "High", StatusID: 1, Status: "New", Time: 1772359200356,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "Inspector", VendorName: "AWS"}},
		Info: parry.FindingInfo{UID: "arn:aws:inspector2:eu-west-1:" + member + ":finding/f-1", Title: "CVE-2026-1 - openssl", Desc: "Words",
			Types: []string{"PACKAGE_VULNERABILITY"}, CreatedTime: 1772352000000, ModifiedTime: 1772359200356, FirstSeenTime: 1772352000000, LastSeenTime: 1772359140000},
		Cloud:     parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "i-0abc1234", Type: "AWS_EC2_INSTANCE", Name: "i-0abc1234", Region: "eu-west-1", Tags: []parry.Tag{{Name: "Owner", Value: "web"}}}},
		Vulnerabilities: []parry.Vulnerability{{CVE: &parry.CVE{UID: "CVE-2026-1"}, Title: "CVE-2026-1 - openssl", Severity: "important",
			References: []string{"https://example.com/s", "https://example.com/c"}, FixAvailable: true}},
		Remediation: &parry.Remediation{Desc: "Update it.", References: []string{"https://example.com/r"}},
		Unmapped:    map[string]string{"severity": "HIGH", "inspector_score": "7.5", "epss_score": "0.25", "exploit_available": "YES", "fix_available": "YES"},
		Targets:     []parry.Target{instance("i-0abc1234")},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestInspectorTimes(t *testing.T) {
	for text, want := range map[string]int64{
		`"Sun Mar 01 10:00:00.356 UTC 2026"`: 1772359200356, `"Sun Mar  1 10:00:00 UTC 2026"`: 1772359200000, `"2026-03-01T10:00:00.356Z"`: 1772359200356,
		`"2026-03-01T11:00:00+01:00"`: 1772359200000, `1772359200.356`: 1772359200356, `"Sun Mar 01 10:00:00.356 CET 2026"`: 0, `"soon"`: 0, `1e300`: 0, `{}`: 0,
	} {
		f := decoded(t, scan(aScannedInstance, `{"updatedAt":`+text+`}`))
		if f.Info.ModifiedTime != want {
			t.Errorf("%s: %d, want %d", text, f.Info.ModifiedTime, want)
		}
	}
}

func TestInspectorState(t *testing.T) {
	for _, c := range []struct {
		more     string
		id       int
		severity int
		quiet    string
	}{
		{`{}`, parry.StatusNew, 4, ""},
		{`{"status":null,"severity":"CRITICAL"}`, parry.StatusNew, 5, ""},
		{`{"severity":"UNTRIAGED"}`, parry.StatusNew, 0, ""},
		{`{"severity":"INFORMATIONAL"}`, parry.StatusNew, 1, ""},
		{`{"status":"ODD"}`, parry.StatusUnknown, 4, "its status is ODD, which is not known"},
	} {
		if f := decoded(t, scan(aScannedInstance, c.more)); f.StatusID != c.id || f.Quiet != c.quiet || f.SeverityID != c.severity {
			t.Errorf("%s: status %d, severity %d, quiet %q", c.more, f.StatusID, f.SeverityID, f.Quiet)
		}
	}
}

func TestInspectorVulnerabilities(t *testing.T) {
	for _, c := range []struct {
		more string
		want parry.Vulnerability
	}{
		{`{"fixAvailable":"NO","packageVulnerabilityDetails":{"vulnerabilityId":"GHSA-1"}}`, parry.Vulnerability{Advisory: &parry.Advisory{UID: "GHSA-1"}}},
		{`{"fixAvailable":"PARTIAL","type":"CODE_VULNERABILITY","packageVulnerabilityDetails":null,"codeVulnerabilityDetails":{"cwes":["CWE-79"]}}`,
			parry.Vulnerability{CWE: &parry.CWE{UID: "CWE-79"}}},
		{`{"fixAvailable":null,"type":"NETWORK_REACHABILITY","packageVulnerabilityDetails":null}`, parry.Vulnerability{Advisory: &parry.Advisory{UID: "NETWORK_REACHABILITY"}}},
	} {
		f := decoded(t, scan(aScannedInstance, c.more))
		c.want.Title, c.want.Severity = "CVE-2026-1 - openssl", "HIGH"
		if diff := cmp.Diff([]parry.Vulnerability{c.want}, f.Vulnerabilities); diff != "" {
			t.Errorf("%s: %s", c.more, diff)
		}
	}
}

func TestInspectorTargets(t *testing.T) {
	const function, repository = "arn:aws:lambda:eu-west-1:" + member + ":function:f", "arn:aws:ecr:eu-west-1:" + member + ":repository/r"
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	openPath := networkPath([2]string{"igw-0abc", "AWS::EC2::InternetGateway"}, [2]string{"acl-0abc", "AWS::EC2::NetworkAcl"},
		[2]string{"sg-0abc", "AWS::EC2::SecurityGroup"}, [2]string{"i-0abc1234", "AWS::EC2::Instance"})
	for _, c := range []struct {
		name, resources, more string
		want                  []parry.Target
		reasons               []string
	}{
		{"an instance", aScannedInstance, `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"a function with its version", `[{"type":"AWS_LAMBDA_FUNCTION","id":"` + function + `:$LATEST","region":"eu-west-1"}]`, `{}`,
			at("AWS::Lambda::Function", "f", function+":$LATEST"), nil},
		{"a repository", `[{"type":"AWS_ECR_REPOSITORY","id":"` + repository + `"}]`, `{}`, at("AWS::ECR::Repository", "r", repository), nil},
		{"an image", `[{"type":"AWS_ECR_CONTAINER_IMAGE","id":"` + repository + `/sha256:ab"}]`, `{}`, nil, []string{`"AWS_ECR_CONTAINER_IMAGE"`}},
		{"code", `[{"type":"CODE_REPOSITORY","id":"x"}]`, `{}`, nil, []string{`"CODE_REPOSITORY"`}},
		{"no instance", `[{"type":"AWS_LAMBDA_FUNCTION","id":"arn:aws:ec2:eu-west-1:` + member + `:instance/i-0abc1234"}]`, `{}`, nil, []string{"is no id of a resource"}},
		{"another cloud", `[{"type":"AWS_EC2_INSTANCE","id":"i-0abc1234","region":"eu-west-1","provider":"AZURE","providerAccountId":"0f-0f"}]`, openPath,
			nil, []string{`belongs to "AZURE" (account "0f-0f")`}},
		{"AWS by its name", `[{"type":"AWS_EC2_INSTANCE","id":"i-0abc1234","region":"eu-west-1","provider":"AWS"}]`, `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"an open path: the security group too", aScannedInstance, openPath, []parry.Target{instance("i-0abc1234"), group()}, nil},
		{"an open path that names no type", aScannedInstance, networkPath([2]string{"sg-0abc", ""}, [2]string{"acl-0abc", ""}),
			[]parry.Target{instance("i-0abc1234"), group()}, nil},
		{"an open path with what is no group", aScannedInstance, networkPath([2]string{"acl-0abc", "AWS::EC2::SecurityGroup"}),
			[]parry.Target{instance("i-0abc1234")}, []string{`"acl-0abc" is no security group`}},
		{"no resources", `[]`, `{}`, nil, []string{"detail.resources names no resource"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, scan(c.resources, c.more)), c.want, c.reasons...) })
	}
}

func TestInspectorRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no account", scan(aScannedInstance, `{"awsAccountId":null}`), "f, line 1: detail.awsAccountId is missing"},
		{"odd account", scan(aScannedInstance, `{"awsAccountId":"1234"}`), `f, line 1: detail.awsAccountId is "1234": an AWS account has 12 digits`},
		{"no id", scan(aScannedInstance, `{"findingArn":7}`), "f, line 1: detail.findingArn is a number, not a string"},
		{"no type", scan(aScannedInstance, `{"type":""}`), "f, line 1: detail.type is empty"},
	} {
		found, err := Decode(one(t, c.in))
		if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// What ListFindings answers gets the envelope that EventBridge would have put round it.
func TestReadWrapsInspector(t *testing.T) {
	e := one(t, `{"findings":[`+string(detailOf(scan(aScannedInstance)))+`],"nextToken":"x"}`)
	if e.Source != "aws.inspector2" || e.DetailType != "Inspector2 Finding" || e.Account != member || e.Region != "eu-west-1" ||
		e.Time.UnixMilli() != 1772359200356 || len(e.Resources) != 1 || e.Resources[0] != "i-0abc1234" {
		t.Errorf("got %+v", e)
	}
	expect(t, must(Decode(e))[0], []parry.Target{instance("i-0abc1234")})
}
