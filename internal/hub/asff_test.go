package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/hub"
)

const account = "111122223333"

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// finding is one of IAM Access Analyzer; change makes another of it.
func finding(change func(*parry.Finding)) parry.Finding {
	f := parry.Finding{
		ClassUID: parry.ClassDetection, SeverityID: parry.SeverityHigh, Severity: "High", StatusID: parry.StatusNew, Status: "New",
		Time:     1772359200000,
		Metadata: parry.Metadata{UID: "e-1", Product: parry.Product{Name: "IAM Access Analyzer", VendorName: "AWS", Feature: "an-analyzer"}},
		Info: parry.FindingInfo{
			UID: "f-1", Title: "A bucket is shared", Desc: "Words", Types: []string{"ExternalAccess"},
			CreatedTime: 1772355600000, ModifiedTime: 1772359200000, FirstSeenTime: 1772352000000,
		},
		Cloud:     parry.Cloud{Account: parry.CloudAccount{UID: account}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:s3:::photos", Type: "AWS::S3::Bucket", Name: "photos", Tags: []parry.Tag{{Name: "Owner", Value: "web"}}}},
		Targets:   []parry.Target{{Type: "AWS::S3::Bucket", ID: "photos", ARN: "arn:aws:s3:::photos", Account: account, Region: "eu-west-1", Partition: "aws"}},
		Unmapped:  map[string]string{"public": "true"},
	}
	if change != nil {
		change(&f)
	}
	return f
}

// told is a finding in ASFF, as JSON.
func told(t *testing.T, f parry.Finding) map[string]any {
	t.Helper()
	out, err := hub.ASFF(f, "", now())
	if err != nil {
		t.Fatal(err)
	}
	return asMap(t, out)
}

func TestASFF(t *testing.T) {
	out, err := hub.ASFF(finding(nil), "shared-bucket", now())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"SchemaVersion": "2018-10-08",
		"Id":            "parry:access-analyzer/111122223333/arn:aws:s3:::photos/externalaccess",
		"ProductArn":    "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
		"ProductName":   "IAM Access Analyzer", "CompanyName": "AWS",
		"GeneratorId": "parry/shared-bucket", "AwsAccountId": account, "Region": "eu-west-1",
		"CreatedAt": "2026-03-01T09:00:00.000Z", "UpdatedAt": "2026-03-01T10:00:00.000Z", "FirstObservedAt": "2026-03-01T08:00:00.000Z",
		"Title": "A bucket is shared", "Description": "Words", "RecordState": "ACTIVE",
		"FindingProviderFields": map[string]any{
			"Severity": map[string]any{"Label": "HIGH", "Original": "High"},
			"Types":    []any{"Effects/Data Exposure/ExternalAccess"},
		},
		"ProductFields": map[string]any{
			"parry/key":    "access-analyzer/111122223333/arn:aws:s3:::photos/externalaccess",
			"parry/source": "IAM Access Analyzer", "parry/type": "ExternalAccess", "parry/rule": "shared-bucket", "parry/finding-id": "f-1",
			"parry/event-id": "e-1", "parry/generator": "an-analyzer", "parry/status": "New", "parry/unmapped/public": "true",
		},
		"Resources": []any{map[string]any{
			"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::photos", "Partition": "aws", "Region": "eu-west-1", "Tags": map[string]any{"Owner": "web"},
		}},
	}
	if diff := cmp.Diff(want, asMap(t, out)); diff != "" {
		t.Error(diff)
	}
}

// Each line changes one thing in the finding, and looks at one member of what is told.
func TestASFFByMember(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*parry.Finding)
		path   string
		want   any
	}{
		{"without a rule the product stands for it", nil, "GeneratorId", "parry/IAM Access Analyzer"},
		{"quiet", func(f *parry.Finding) { f.Quiet = "archived" }, "RecordState", "ARCHIVED"},
		{"a verdict", compliance(3, "S3.8"), "Compliance", map[string]any{"Status": "FAILED"}},
		{"a passed control", compliance(1, "S3.8"), "Compliance.Status", "PASSED"},
		{"a control that warns", compliance(2, "S3.8"), "Compliance.Status", "WARNING"},
		{"a verdict that is none", compliance(0, "S3.8"), "Compliance.Status", "NOT_AVAILABLE"},
		{"the control", compliance(3, "my-rule"), "ProductFields.parry/control", "my-rule"},
		{"no verdict", nil, "Compliance", nil},
		{"no title: the type", func(f *parry.Finding) { f.Info.Title = " " }, "Title", "ExternalAccess"},
		{"no description: the title", func(f *parry.Finding) { f.Info.Desc = "" }, "Description", "A bucket is shared"},
		{"a long title", func(f *parry.Finding) { f.Info.Title = strings.Repeat("é", 200) }, "Title", strings.Repeat("é", 126) + "..."},
		{"control characters", func(f *parry.Finding) { f.Info.Title = "a\x1b[31mb" }, "Title", "a\uFFFD[31mb"},
		{"no time at all: now", func(f *parry.Finding) { f.Time, f.Info = 0, parry.FindingInfo{UID: "f-1"} }, "CreatedAt", "2026-03-01T12:00:00.000Z"},
		{"a time that is none", func(f *parry.Finding) { f.Info.FirstSeenTime = 1 << 62 }, "FirstObservedAt", nil},
		{"an update is never older than the finding", func(f *parry.Finding) { f.Time, f.Info.ModifiedTime = 0, 5 }, "UpdatedAt", "2026-03-01T09:00:00.000Z"},
		{"global: the partition's home", func(f *parry.Finding) { f.Cloud.Region = "global" }, "Region", "us-east-1"},
		{"China", china, "ProductArn", "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default"},
		{"confidence", func(f *parry.Finding) { f.Confidence = 80 }, "FindingProviderFields.Confidence", 80.0},
		{"confidence beyond the scale", func(f *parry.Finding) { f.Confidence = 800 }, "FindingProviderFields.Confidence", nil},
		{"the source's number", func(f *parry.Finding) { f.Unmapped["severity"] = "8.3" }, "FindingProviderFields.Severity.Original", "8.3"},
		{"fatal", func(f *parry.Finding) { f.SeverityID = 6 }, "FindingProviderFields.Severity.Label", "CRITICAL"},
		{"severity not said", func(f *parry.Finding) { f.SeverityID = 0 }, "FindingProviderFields.Severity.Label", "MEDIUM"},
		{"severity not said, and over", func(f *parry.Finding) { f.SeverityID, f.Quiet = 0, "resolved" }, "FindingProviderFields.Severity.Label", "INFORMATIONAL"},
		{"advice", advice("do it", "javascript:alert(1)", "https://example.com/fix"), "Remediation.Recommendation",
			map[string]any{"Text": "do it", "Url": "https://example.com/fix"}},
		{"advice that is none", advice(" ", "javascript:alert(1)"), "Remediation", nil},
		{"nobody's fields", nil, "UserDefinedFields", nil},
		{"nobody's note", func(f *parry.Finding) { f.Comment = "seen" }, "Note", nil},
		{"a comment", func(f *parry.Finding) { f.Comment = "seen" }, "ProductFields.parry/comment", "seen"},
		{"a vulnerability", func(f *parry.Finding) {
			f.Vulnerabilities = []parry.Vulnerability{{CVE: &parry.CVE{UID: "CVE-2024-1"}, FixAvailable: true, References: []string{"https://example.com/"}}, {}}
		}, "Vulnerabilities", []any{map[string]any{"Id": "CVE-2024-1", "FixAvailable": "YES", "ReferenceUrls": []any{"https://example.com/"}}}},
		{"a call", func(f *parry.Finding) {
			f.API = &parry.API{Operation: "StopLogging", Service: &parry.APIService{Name: "cloudtrail.amazonaws.com"}}
			f.Actor = &parry.Initiator{User: &parry.User{Name: "mallory", UIDAlt: "arn:aws:iam::111122223333:user/mallory"}}
			f.Src = &parry.Endpoint{IP: "192.0.2.1"}
		}, "ProductFields.parry/user", "arn:aws:iam::111122223333:user/mallory"},
	} {
		if got := member(told(t, finding(c.change)), c.path); !cmp.Equal(c.want, got) {
			t.Errorf("%s: %s is %v, want %v", c.name, c.path, got, c.want)
		}
	}
}

func compliance(status int, control string) func(*parry.Finding) {
	return func(f *parry.Finding) {
		f.ClassUID, f.Compliance = parry.ClassCompliance, &parry.Compliance{Control: control, StatusID: status}
	}
}

func china(f *parry.Finding) { f.Cloud.Region, f.Cloud.Partition = "cn-north-1", "" }

func advice(text string, links ...string) func(*parry.Finding) {
	return func(f *parry.Finding) { f.Remediation = &parry.Remediation{Desc: text, References: links} }
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		class int
		types []string
		about string
		want  []any
	}{
		{parry.ClassDetection, []string{"Recon:EC2/Portscan"}, "", []any{"TTPs/Discovery/Recon:EC2-Portscan"}},
		{parry.ClassDetection, []string{"CryptoCurrency:EC2/BitcoinTool.B!DNS"}, "", []any{"Effects/Resource Consumption/CryptoCurrency:EC2-BitcoinTool.B!DNS"}},
		{parry.ClassDetection, []string{"Policy:S3/BucketPublicAccessGranted"}, "", []any{"Software and Configuration Checks/AWS Security Best Practices/Policy:S3-BucketPublicAccessGranted"}},
		{parry.ClassDetection, []string{"Effects/Data Exposure/Public Bucket"}, "", []any{"Effects/Data Exposure/Public Bucket"}},
		{parry.ClassDetection, []string{"TTPs"}, "", []any{"TTPs"}},
		{parry.ClassDetection, []string{"Odd thing"}, "AWS::EC2::Instance", []any{"Unusual Behaviors/VM/Odd thing"}},
		{parry.ClassDetection, []string{"Odd thing"}, "AwsIamRole", []any{"Unusual Behaviors/User/Odd thing"}},
		{parry.ClassDetection, []string{"Odd thing"}, "Vending machine", []any{"Unusual Behaviors/Application/Odd thing"}},
		{parry.ClassDetection, nil, "", []any{"Unusual Behaviors/Application/unknown type"}},
		{parry.ClassDetection, []string{"A", " ", "A"}, "", []any{"Unusual Behaviors/Application/A"}},
		{parry.ClassAPIActivity, []string{"cloudtrail.amazonaws.com/StopLogging"}, "AWS::CloudTrail::Trail", []any{"Unusual Behaviors/User/cloudtrail.amazonaws.com-StopLogging"}},
		{parry.ClassVulnerability, []string{"PACKAGE_VULNERABILITY"}, "", []any{"Software and Configuration Checks/Vulnerabilities/PACKAGE_VULNERABILITY"}},
		{parry.ClassDataSecurity, []string{"SensitiveData:S3Object/Credentials"}, "", []any{"Sensitive Data Identifications/Passwords/SensitiveData:S3Object-Credentials"}},
		{parry.ClassDataSecurity, []string{"SensitiveData:S3Object/Personal"}, "", []any{"Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"}},
		{parry.ClassDataSecurity, []string{"A new kind"}, "", []any{"Sensitive Data Identifications/Security/A new kind"}},
		{parry.ClassIAMAnalysis, []string{"UnusedIAMRole"}, "", []any{"Software and Configuration Checks/AWS Security Best Practices/UnusedIAMRole"}},
	} {
		f := finding(func(f *parry.Finding) { f.ClassUID, f.Info.Types, f.Targets, f.Resources = c.class, c.types, nil, nil })
		if c.about != "" {
			f.Resources = []parry.Resource{{UID: "x", Type: c.about}}
		}
		if got := member(told(t, f), "FindingProviderFields.Types"); !cmp.Equal(c.want, got) {
			t.Errorf("%v: %v, want %v", c.types, got, c.want)
		}
	}
	// A control is a type, too, by the standards that it belongs to.
	f := finding(compliance(3, "S3.8"))
	f.Info.Types = []string{"Software and Configuration Checks/Industry and Regulatory Standards/PCI-DSS"}
	f.Compliance.Standards = []string{"pci-dss/v/3.2.1"}
	want := []any{"Software and Configuration Checks/Industry and Regulatory Standards/S3.8", "Software and Configuration Checks/Industry and Regulatory Standards/PCI-DSS"}
	if got := member(told(t, f), "FindingProviderFields.Types"); !cmp.Equal(want, got) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestResources(t *testing.T) {
	target := func(typ, id, arn string) parry.Target {
		return parry.Target{Type: typ, ID: id, ARN: arn, Account: account, Region: "eu-west-1", Partition: "aws"}
	}
	key := target("AWS::IAM::AccessKey", "AKIAEXAMPLE", "")
	key.User = "mallory"
	for _, c := range []struct {
		name      string
		targets   []parry.Target
		resources []parry.Resource
		want      []string // type and id
	}{
		{"none: the account", nil, nil, []string{"AwsAccount AWS::::Account:111122223333"}},
		{"the ARN that it has", []parry.Target{target("AWS::IAM::Role", "r", "arn:aws:iam::111122223333:role/path/r")}, nil,
			[]string{"AwsIamRole arn:aws:iam::111122223333:role/path/r"}},
		{"the ARN that follows", []parry.Target{target("AWS::EC2::SecurityGroup", "sg-1", "")}, nil,
			[]string{"AwsEc2SecurityGroup arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"}},
		{"a role without an ARN may have a path", []parry.Target{target("AWS::IAM::Role", "r", "")}, nil, []string{"AwsIamRole r"}},
		{"a key", []parry.Target{key}, nil, []string{"AwsIamAccessKey AWS::IAM::AccessKey:AKIAEXAMPLE"}},
		{"an account", []parry.Target{target("AWS::::Account", account, "")}, nil, []string{"AwsAccount AWS::::Account:111122223333"}},
		{"names that differ", []parry.Target{
			target("AWS::ElasticLoadBalancingV2::LoadBalancer", "a", "arn:1"), target("AWS::ElasticLoadBalancing::LoadBalancer", "b", "arn:2"),
			target("AWS::StepFunctions::StateMachine", "c", "arn:3"), target("AWS::EC2::VPC", "vpc-1", ""), target("AWS::RDS::DBInstance", "db", ""),
			target("AWS::WAFv2::WebACL", "d", "arn:4"), target("AWS::EFS::FileSystem", "fs-1", ""),
		}, nil, []string{"AwsElbv2LoadBalancer arn:1", "AwsElbLoadBalancer arn:2", "AwsStepFunctionStateMachine arn:3",
			"AwsEc2Vpc arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", "AwsRdsDbInstance arn:aws:rds:eu-west-1:111122223333:db:db", "AwsWafv2WebAcl arn:4",
			"AwsEfsFileSystem arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"}},
		{"what Security Hub does not know", []parry.Target{target("AWS::EC2::Image", "ami-1", "")}, nil, []string{"Other ami-1"}},
		{"a target told twice", []parry.Target{target("AWS::S3::Bucket", "photos", "")}, []parry.Resource{{UID: "photos", Type: "AwsS3Bucket"}}, []string{"AwsS3Bucket arn:aws:s3:::photos"}},
		{"targets first, then the rest", []parry.Target{target("AWS::S3::Bucket", "photos", "arn:aws:s3:::photos")},
			[]parry.Resource{{UID: "i-1", Type: "AWS_EC2_INSTANCE"}, {UID: "arn:aws:s3:::photos", Type: "AwsS3Bucket"}, {}, {Name: "x", Type: "Odd"}},
			[]string{"AwsS3Bucket arn:aws:s3:::photos", "AwsEc2Instance i-1", "Other x"}},
		{"the same id, another type", []parry.Target{target("AWS::IAM::User", "x", "arn:aws:iam::111122223333:user/x")},
			[]parry.Resource{{UID: "x", Type: "AWS::IAM::Role"}}, []string{"AwsIamUser arn:aws:iam::111122223333:user/x", "AwsIamRole x"}},
		{"an id that is too long is never cut", nil, []parry.Resource{{UID: strings.Repeat("x", 3000), Type: "AwsS3Bucket"}}, []string{"AwsAccount AWS::::Account:111122223333"}},
	} {
		f := finding(func(f *parry.Finding) { f.Targets, f.Resources = c.targets, c.resources })
		var got []string
		for _, r := range told(t, f)["Resources"].([]any) {
			m := r.(map[string]any)
			got = append(got, m["Type"].(string)+" "+m["Id"].(string))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	many := finding(func(f *parry.Finding) {
		f.Targets, f.Resources = nil, nil
		for i := range 40 {
			f.Resources = append(f.Resources, parry.Resource{UID: strings.Repeat("x", i+1), Type: "Odd", Role: "ACTOR"})
		}
	})
	m := told(t, many)
	if n := len(m["Resources"].([]any)); n != 32 || member(m, "ProductFields.parry/left-out") != "8 resources" {
		t.Errorf("%d resources, left out: %v", n, member(m, "ProductFields.parry/left-out"))
	}
	if first := m["Resources"].([]any)[0].(map[string]any); first["ResourceRole"] != "Actor" || member(first, "Details.Other.type") != "Odd" {
		t.Errorf("%v", first)
	}
}

// A finding whose account or Region is not known is not put anywhere.
func TestNoPlaceIsGuessed(t *testing.T) {
	for name, change := range map[string]func(*parry.Finding){
		"no account":         func(f *parry.Finding) { f.Cloud.Account.UID = "" },
		"no such account":    func(f *parry.Finding) { f.Cloud.Account.UID = "11112222333x" },
		"no Region":          func(f *parry.Finding) { f.Cloud.Region = "" },
		"an address":         func(f *parry.Finding) { f.Cloud.Region = "x.example.com/" },
		"global, of nothing": func(f *parry.Finding) { f.Cloud.Region, f.Cloud.Partition = "global", "" },
		"another partition":  func(f *parry.Finding) { f.Cloud.Partition = "aws-cn" },
	} {
		if _, err := hub.ASFF(finding(change), "", now()); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A finding that is too large loses what can be spared, and says so.
func TestALargeFindingIsMadeToFit(t *testing.T) {
	f := finding(func(f *parry.Finding) {
		f.Targets, f.Resources = nil, nil
		for i := range 32 {
			r := parry.Resource{UID: strings.Repeat("x", i+1), Type: "AwsS3Bucket"}
			for k := range 50 {
				r.Tags = append(r.Tags, parry.Tag{Name: strings.Repeat("k", k+1), Value: strings.Repeat("v", 256)})
			}
			f.Resources = append(f.Resources, r)
		}
	})
	out, err := hub.ASFF(f, "", now())
	if err != nil {
		t.Fatal(err)
	}
	b, err := hub.JSON(out)
	if err != nil || len(b) > 240_000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if left := out.ProductFields["parry/left-out"]; left != "tags of resources" || len(out.Resources) != 32 {
		t.Errorf("left out: %q, %d resources", left, len(out.Resources))
	}
}
