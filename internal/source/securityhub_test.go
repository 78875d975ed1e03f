package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// asff makes a finding around resources, a JSON array. More replaces fields of it.
func asff(resources string, more ...string) string {
	fields := map[string]json.RawMessage{}
	put := func(text string) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(text + ": " + err.Error())
		}
	}
	put(`{"SchemaVersion":"2018-10-08","Id":"arn:aws:securityhub:eu-west-1:` + member + `:finding/f-1","AwsAccountId":"` + member + `","Region":"eu-west-1",
		"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/securityhub","ProductName":"Security Hub","CompanyName":"AWS",
		"GeneratorId":"security-control/EC2.19","Types":["Software and Configuration Checks"],"Severity":{"Label":"HIGH","Original":"HIGH"},
		"CreatedAt":"2026-03-01T09:00:00.000Z","UpdatedAt":"2026-03-01T10:00:00.000Z","FirstObservedAt":"2026-03-01T08:00:00.000Z",
		"LastObservedAt":"2026-03-01T09:59:00.000Z","Title":"A title","Description":"Words","RecordState":"ACTIVE","Workflow":{"Status":"NEW"},
		"Compliance":{"Status":"FAILED","SecurityControlId":"EC2.19","AssociatedStandards":[{"StandardsId":"standards/nist-800-53/v/5.0.0"}]}}`)
	put(`{"Resources":` + resources + `}`)
	for _, m := range more {
		put(m)
	}
	return string(must(json.Marshal(fields)))
}

// hubEvent is the event that carries findings. Its envelope is the administrator's, in another Region.
func hubEvent(detailType string, findings ...string) string {
	return `{"version":"0","id":"e-1","detail-type":"` + detailType + `","source":"aws.securityhub","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":[],"detail":{"findings":[` + strings.Join(findings, ",") + `]}}`
}

func imported(findings ...string) string { return hubEvent(hubImported, findings...) }

func ordered(findings ...string) string { return hubEvent(hubCustomAction, findings...) }

const aGroup = `[{"Type":"AwsEc2SecurityGroup","Id":"arn:aws:ec2:eu-west-1:` + member + `:security-group/sg-0abc","Partition":"aws","Region":"eu-west-1",
	"Tags":{"Owner":"web"}}]`

func group() parry.Target {
	return parry.Target{Type: "AWS::EC2::SecurityGroup", ID: "sg-0abc", ARN: "arn:aws:ec2:eu-west-1:" + member + ":security-group/sg-0abc",
		Account: member, Region: "eu-west-1", Partition: "aws"}
}

// resource is a Resources array of one.
func resource(typ, id string, more ...string) string {
	fields := append([]string{`"Type":"` + typ + `"`, `"Id":"` + id + `"`}, more...)
	return `[{` + strings.Join(fields, ",") + `}]`
}

func TestSecurityHubInOCSF(t *testing.T) {
	f := decoded(t, imported(asff(aGroup, `{"Note":{"Text":"seen","UpdatedBy":"someone"}}`)))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2003, TypeUID: 200302, SeverityID: 4, Severity: "High", StatusID: 1, Status: "New",
		Time: 1772359200000, Comment: "seen",
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "Security Hub", VendorName: "AWS",
			UID: "arn:aws:securityhub:eu-west-1::product/aws/securityhub", Feature: "security-control/EC2.19"}},
		Info: parry.FindingInfo{UID: "arn:aws:securityhub:eu-west-1:" + member + ":finding/f-1", Title: "A title", Desc: "Words",
			Types: []string{"Software and Configuration Checks"}, CreatedTime: 1772355600000, ModifiedTime: 1772359200000,
			FirstSeenTime: 1772352000000, LastSeenTime: 1772359140000},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:ec2:eu-west-1:" + member + ":security-group/sg-0abc", Type: "AwsEc2SecurityGroup", Name: "sg-0abc",
			Region: "eu-west-1", Tags: []parry.Tag{{Name: "Owner", Value: "web"}}}},
		Compliance: &parry.Compliance{Control: "EC2.19", Standards: []string{"standards/nist-800-53/v/5.0.0"}, Status: "Fail", StatusID: 3},
		Unmapped:   map[string]string{"severity": "HIGH"},
		Targets:    []parry.Target{group()},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestSecurityHubClass(t *testing.T) {
	for want, more := range map[int]string{
		parry.ClassVulnerability: `{"Vulnerabilities":[{"Id":"CVE-2026-1"}]}`, parry.ClassCompliance: `{}`, parry.ClassDetection: `{"Compliance":null}`,
	} {
		f := decoded(t, imported(asff(aGroup, more)))
		if f.ClassUID != want || f.TypeUID != int64(want)*100+2 || (f.Compliance == nil) != (want == parry.ClassDetection) {
			t.Errorf("%s: class %d, type %d, compliance %v", more, f.ClassUID, f.TypeUID, f.Compliance)
		}
	}
}

func TestSecurityHubSeverity(t *testing.T) {
	for severity, want := range map[string]int{
		`{"Label":"INFORMATIONAL"}`: 1, `{"Label":"LOW"}`: 2, `{"Label":"MEDIUM"}`: 3, `{"Label":"CRITICAL","Normalized":1}`: 5, `{}`: 0,
		`{"Normalized":0}`: 1, `{"Normalized":1}`: 2, `{"Normalized":39}`: 2, `{"Normalized":40}`: 3, `{"Normalized":70}`: 4, `{"Normalized":90}`: 5,
		`{"Product":5}`: 0, `{"Label":"ODD"}`: 0,
	} {
		if f := decoded(t, imported(asff(aGroup, `{"Severity":`+severity+`}`))); f.SeverityID != want {
			t.Errorf("%s is %d, want %d", severity, f.SeverityID, want)
		}
	}
	if f := decoded(t, imported(asff(aGroup, `{"Severity":null,"FindingProviderFields":{"Severity":{"Label":"LOW"}}}`))); f.SeverityID != 2 {
		t.Errorf("the provider's label is %d", f.SeverityID)
	}
}

func TestSecurityHubControl(t *testing.T) {
	for generator, want := range map[string][2]string{
		"security-control/EC2.19":                                                         {"EC2.19", ""},
		"aws-foundational-security-best-practices/v/1.0.0/EC2.19":                         {"EC2.19", "aws-foundational-security-best-practices/v/1.0.0"},
		"pci-dss/v/3.2.1/PCI.S3.2":                                                        {"PCI.S3.2", "pci-dss/v/3.2.1"},
		"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1":    {"CIS.4.1", "cis-aws-foundations-benchmark/v/1.2.0"},
		"arn:aws-cn:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.2": {"CIS.4.2", "cis-aws-foundations-benchmark/v/1.2.0"},
		"cis-aws-foundations-benchmark/v/1.4.0/1.4":                                       {"CIS.1.4", "cis-aws-foundations-benchmark/v/1.4.0"},
		"cis-aws-foundations-benchmark/v/1.4.0":                                           {"", ""},
		"some-scanner-check":                                                              {"", ""},
		"":                                                                                {"", ""},
	} {
		f := decoded(t, imported(asff(aGroup, `{"GeneratorId":"`+generator+`","Compliance":{"Status":"FAILED"}}`)))
		if got := [2]string{f.Compliance.Control, strings.Join(f.Compliance.Standards, ",")}; got != want {
			t.Errorf("%s: got %q, want %q", generator, got, want)
		}
	}
}

func TestSecurityHubQuiet(t *testing.T) {
	dutyProduct := `"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty",`
	for _, c := range []struct{ name, more, imported, ordered string }{
		{"a new failed control", `{}`, "", ""},
		{"no state at all", `{"Workflow":null,"RecordState":null,"Compliance":null}`, "", ""},
		{"archived", `{"RecordState":"ARCHIVED"}`, "archived in Security Hub", "archived in Security Hub"},
		{"resolved", `{"Workflow":{"Status":"RESOLVED"}}`, "resolved in Security Hub", "resolved in Security Hub"},
		{"resolved, older form", `{"Workflow":null,"WorkflowState":"RESOLVED"}`, "resolved in Security Hub", "resolved in Security Hub"},
		{"suppressed", `{"Workflow":{"Status":"SUPPRESSED"}}`, "suppressed in Security Hub", "suppressed in Security Hub"},
		{"passed", `{"Compliance":{"Status":"PASSED"}}`, "the control passed", "the control passed"},
		{"archived in GuardDuty", `{` + dutyProduct + `"ProductFields":{"aws/guardduty/service/archived":"true"}}`, "archived in GuardDuty", "archived in GuardDuty"},
		{"another product cannot speak for GuardDuty", `{"ProductFields":{"aws/guardduty/service/archived":"true"}}`, "", ""},
		{"not decided", `{"Compliance":{"Status":"WARNING"}}`, "the control could not be decided (WARNING)", "the control could not be decided (WARNING)"},
		{"not evaluated", `{"Compliance":{"Status":"NOT_AVAILABLE"}}`, "the control could not be evaluated (NOT_AVAILABLE)",
			"the control could not be evaluated (NOT_AVAILABLE)"},
		{"notified", `{"Workflow":{"Status":"NOTIFIED"}}`, "already notified", ""},
		{"our own note", `{"Workflow":{"Status":"NOTIFIED"},"Note":{"Text":"done","UpdatedBy":"parry"}}`, "an update that Parry made itself", ""},
		{"our own field", `{"Workflow":{"Status":"NOTIFIED"},"UserDefinedFields":{"parry":"r-1"}}`, "an update that Parry made itself", ""},
		{"new again after us", `{"Note":{"Text":"done","UpdatedBy":"parry"},"UserDefinedFields":{"parry":"r-1"}}`, "", ""},
		{"sample", `{"Sample":true}`, "sample finding", "sample finding"},
		{"a state that is not known", `{"Workflow":{"Status":"ODD"}}`, `its workflow status is "ODD", which is not known`, `its workflow status is "ODD", which is not known`},
		{"a record state that is not known", `{"RecordState":"ODD"}`, `its record state is "ODD", which is not known`, `its record state is "ODD", which is not known`},
		{"a verdict that is not known", `{"Compliance":{"Status":"ODD"}}`, `its compliance status is "ODD", which is not known`,
			`its compliance status is "ODD", which is not known`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if f := decoded(t, imported(asff(aGroup, c.more))); f.Quiet != c.imported {
				t.Errorf("imported: %q, want %q", f.Quiet, c.imported)
			}
			if f := decoded(t, ordered(asff(aGroup, c.more))); f.Quiet != c.ordered {
				t.Errorf("custom action: %q, want %q", f.Quiet, c.ordered)
			}
		})
	}
}

func TestSecurityHubTargets(t *testing.T) {
	analyzer := `{"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/access-analyzer","AwsAccountId":"` + hub + `","ProductFields":{"ResourceOwnerAccount":"` + member + `"}}`
	noOwner := `{"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/access-analyzer","AwsAccountId":"` + hub + `"}`
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	regional := func(rest string) string { return "arn:aws:" + rest }
	alice := iamUser(member, "alice")
	alice.ARN = "arn:aws:iam::" + member + ":user/path/to/alice"
	moved := group()
	moved.Account, moved.ARN = "444455556666", strings.Replace(moved.ARN, member, "444455556666", 1)
	for _, c := range []struct {
		name     string
		resource string
		more     string
		want     []parry.Target
		reasons  []string
	}{
		{"a bucket, whose ARN carries no account", resource("AwsS3Bucket", "arn:aws:s3:::logs", `"Region":"eu-west-1"`), `{}`, []parry.Target{bucket("logs")}, nil},
		{"a user with a path", resource("AwsIamUser", alice.ARN), `{}`, []parry.Target{alice}, nil},
		{"an account", resource("AwsAccount", "AWS::::Account:"+member, `"Region":"eu-west-1"`), `{}`, at("AWS::::Account", member, ""), nil},
		{"another account", resource("AwsAccount", "AWS::::Account:"+hub), `{}`, nil, []string{"the finding is about"}},
		{"a role finding never touches the user of that name", resource("AwsIamRole", "arn:aws:iam::"+member+":role/alice"), `{}`,
			[]parry.Target{iamRole(member, "alice")}, nil},
		{"a role called a user is neither", resource("AwsIamUser", "arn:aws:iam::"+member+":role/alice"), `{}`, nil, []string{"is no id of a resource"}},
		{"two names of one user", resource("AwsIamUser", alice.ARN, `"Details":{"AwsIamUser":{"UserName":"bob"}}`), `{}`, nil, []string{`that of "bob"`}},
		{"a member's finding never the hub's user", resource("AwsIamUser", "arn:aws:iam::"+member+":user/admin"), `{}`, []parry.Target{iamUser(member, "admin")}, nil},
		{"an ARN of another account than the finding's", strings.Replace(aGroup, member, "444455556666", 1), `{}`, []parry.Target{moved},
			[]string{"in account 444455556666 by its ARN, though the finding is about " + member}},
		{"an ARN of another Region than the resource's", strings.Replace(aGroup, `"Region":"eu-west-1"`, `"Region":"us-west-2"`, 1), `{}`, []parry.Target{group()},
			[]string{"in Region eu-west-1 by its ARN, though the resource says us-west-2"}},
		{"an organization's analyzer names the administrator", resource("AwsS3Bucket", "arn:aws:s3:::logs"), analyzer, []parry.Target{bucket("logs")}, nil},
		{"an analyzer that names no owner", resource("AwsS3Bucket", "arn:aws:s3:::logs"), noOwner, nil, []string{`its account is ""`}},
		{"an analyzer that names no owner, but the ARN does", resource("AwsIamRole", "arn:aws:iam::"+member+":role/deploy"), noOwner,
			[]parry.Target{iamRole(member, "deploy")}, nil},
		{"an owner's account in another product's finding", aGroup, `{"ProductFields":{"ResourceOwnerAccount":"` + hub + `"}}`, []parry.Target{group()}, nil},
		{"an instance", resource("AwsEc2Instance", "arn:aws:ec2:eu-west-1:"+member+":instance/i-0abc1234"), `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"an instance by its plain id", resource("AwsEc2Instance", "i-0abc1234"), `{}`, at("AWS::EC2::Instance", "i-0abc1234", ""), nil},
		{"a secret", resource("AwsSecretsManagerSecret", "arn:aws:secretsmanager:eu-west-1:"+member+":secret:s-AbCdEf"), `{}`,
			at("AWS::SecretsManager::Secret", "arn:aws:secretsmanager:eu-west-1:"+member+":secret:s-AbCdEf", "arn:aws:secretsmanager:eu-west-1:"+member+":secret:s-AbCdEf"), nil},
		{"a secret without an ARN", resource("AwsSecretsManagerSecret", "s"), `{}`, nil, []string{"is no id of a resource"}},
		{"a version of a function", resource("AwsLambdaFunction", regional("lambda:eu-west-1:"+member+":function:f:7")), `{}`,
			at("AWS::Lambda::Function", "f", regional("lambda:eu-west-1:"+member+":function:f:7")), nil},
		{"a database", resource("AwsRdsDbInstance", regional("rds:eu-west-1:"+member+":db:d")), `{}`,
			at("AWS::RDS::DBInstance", "d", regional("rds:eu-west-1:"+member+":db:d")), nil},
		{"one snapshot and no other", resource("AwsRdsDbSnapshot", regional("rds:eu-west-1:"+member+":snapshot:rds:d-2026")), `{}`,
			at("AWS::RDS::DBSnapshot", "rds:d-2026", regional("rds:eu-west-1:"+member+":snapshot:rds:d-2026")), nil},
		{"a key of KMS", resource("AwsKmsKey", regional("kms:eu-west-1:"+member+":key/k-1")), `{}`, at("AWS::KMS::Key", "k-1", regional("kms:eu-west-1:"+member+":key/k-1")), nil},
		{"a topic", resource("AwsSnsTopic", regional("sns:eu-west-1:"+member+":t")), `{}`,
			at("AWS::SNS::Topic", regional("sns:eu-west-1:"+member+":t"), regional("sns:eu-west-1:"+member+":t")), nil},
		{"a policy of AWS", resource("AwsIamPolicy", "arn:aws:iam::aws:policy/AdministratorAccess"), `{}`, nil, []string{"belongs to AWS"}},
		{"an object is no bucket", resource("AwsS3Bucket", "arn:aws:s3:::logs/key"), `{}`, nil, []string{"is no id of a resource"}},
		{"a type that is not known", resource("AwsFutureThing", "x"), `{}`, nil, []string{`resource type "AwsFutureThing" of "x"`}},
		{"no id", `[{"Type":"AwsEc2Instance"}]`, `{}`, nil, []string{"the id is empty or a placeholder"}},
		{"no resources", `[]`, `{}`, nil, []string{"detail.findings[0].Resources names no resource"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, imported(asff(c.resource, c.more))), c.want, c.reasons...) })
	}
}

func TestSecurityHubAccessKeys(t *testing.T) {
	const id = "AWS::IAM::AccessKey:AKIAEXAMPLE1"
	details := func(fields string) string { return `"Details":{"AwsIamAccessKey":{` + fields + `}}` }
	for _, c := range []struct {
		name, id, details string
		want              []parry.Target
		reasons           []string
	}{
		{"a finding about one key names that key only", id, `"AccessKeyId":"AKIAEXAMPLE1","PrincipalName":"alice","PrincipalType":"IAMUser"`,
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"the key from the id, the user from the older field", id, `"UserName":"alice","PrincipalType":"User"`,
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"two keys", id, `"AccessKeyId":"AKIAEXAMPLE2","PrincipalName":"alice","PrincipalType":"IAMUser"`, nil, []string{"two access keys"}},
		{"two users", id, `"UserName":"bob","PrincipalName":"alice","PrincipalType":"IAMUser"`, nil, []string{"two users"}},
		{"another account", id, `"AccountId":"` + hub + `","PrincipalName":"alice","PrincipalType":"IAMUser"`, nil, []string{"though the finding is about"}},
		{"no word of what the principal is", id, `"UserName":"alice"`, nil, []string{"does not say what kind of principal"}},
		{"a role of another account", "AWS::IAM::AccessKey:ASIAEXAMPLE", `"PrincipalName":"s","PrincipalType":"AssumedRole",
			"SessionContext":{"SessionIssuer":{"Type":"Role","Arn":"arn:aws:iam::` + hub + `:role/deploy"}}`,
			nil, []string{"a temporary credential of the role", "gives the ARN"}},
		{"a lasting key called a role's", id, `"PrincipalName":"alice","PrincipalType":"AssumedRole"`, nil, []string{"not temporary"}},
		{"no key", "AWS::IAM::AccessKey:null", `"PrincipalName":"alice","PrincipalType":"IAMUser"`, []parry.Target{iamUser(member, "alice")}, []string{"names no access key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := imported(asff(resource("AwsIamAccessKey", c.id, details(c.details))))
			expect(t, decoded(t, in), c.want, c.reasons...)
		})
	}
}

func TestSecurityHubCarriesGuardDuty(t *testing.T) {
	f := decoded(t, imported(asff(resource("AwsEc2Instance", "arn:aws:ec2:eu-west-1:"+member+":instance/i-0abc1234"), `{"Compliance":null,
		"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty","ProductName":"GuardDuty","Types":["TTPs/Recon:EC2-Portscan"],
		"Severity":{"Product":5,"Label":"MEDIUM"},"ProductFields":{"aws/guardduty/service/count":"7","aws/guardduty/service/resourceRole":"ACTOR",
		"aws/guardduty/service/archived":"false","aws/guardduty/service/action/actionType":"NETWORK_CONNECTION",
		"aws/guardduty/service/action/networkConnectionAction/connectionDirection":"OUTBOUND",
		"aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4":"198.51.100.7"}}`)))
	expect(t, f, []parry.Target{as("ACTOR", instance("i-0abc1234"))})
	got := []any{f.Count, f.Type(), f.Unmapped["action"], f.Unmapped["role"], f.Unmapped["direction"], f.Unmapped["remote_ip"], f.Unmapped["severity"],
		f.Unmapped["aws/guardduty/service/count"]}
	if diff := cmp.Diff([]any{7, "TTPs/Recon:EC2-Portscan", "NETWORK_CONNECTION", "ACTOR", "OUTBOUND", "198.51.100.7", "5", "7"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSecurityHubRefused(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		found          int
	}{
		{"no findings", imported(), "f, line 1: detail.findings holds no finding", 0},
		{"no account", imported(asff(aGroup, `{"AwsAccountId":null}`)), "f, line 1: detail.findings[0].AwsAccountId is missing", 0},
		{"odd account", imported(asff(aGroup, `{"AwsAccountId":"1234"}`)), `f, line 1: detail.findings[0].AwsAccountId is "1234": an AWS account has 12 digits`, 0},
		{"odd owner", imported(asff(aGroup, `{"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/access-analyzer","ProductFields":{"ResourceOwnerAccount":"x"}}`)),
			`f, line 1: detail.findings[0].ProductFields.ResourceOwnerAccount is "x": an AWS account has 12 digits`, 0},
		{"no id", imported(asff(aGroup, `{"Id":7}`)), "f, line 1: detail.findings[0].Id is a number, not a string", 0},
		{"nothing that says what it is", imported(asff(aGroup, `{"Types":[],"GeneratorId":"","Compliance":null}`)),
			"f, line 1: detail.findings[0].Types is missing, and so are GeneratorId and Compliance", 0},
		{"one of two", imported(asff(aGroup), asff(aGroup, `{"Id":null}`)), "f, line 1: detail.findings[1].Id is missing", 1},
		{"a finding that is none", imported(`"x"`), "f, line 1: detail.findings[0].AwsAccountId is missing", 0},
		{"an insight that is none", hubEvent("Security Hub Insight Results", asff(aGroup)), "f, line 1: detail.insightArn is missing", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, c.in))
			if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid || len(found) != c.found {
				t.Errorf("got %d findings and %v, want %s", len(found), err, c.want)
			}
		})
	}
}

func TestSecurityHubReadsEveryFinding(t *testing.T) {
	two := must(Decode(one(t, ordered(asff(aGroup), asff(resource("AwsS3Bucket", "arn:aws:s3:::logs"))))))
	if len(two) != 2 || two[0].Targets[0].ID != "sg-0abc" || two[1].Targets[0].ID != "logs" {
		t.Errorf("got %+v", two)
	}
}

func TestSecurityHubVulnerabilities(t *testing.T) {
	f := decoded(t, imported(asff(aGroup, `{"Confidence":90,"Compliance":null,"Remediation":{"Recommendation":{"Text":"Update it.","Url":"https://example.com/r"}},
		"Vulnerabilities":[{"Id":"CVE-2026-1","FixAvailable":"YES","ReferenceUrls":["https://example.com/c"],"Vendor":{"VendorSeverity":"HIGH"}},{"Id":"ALAS-1"}]}`)))
	want := []parry.Vulnerability{{CVE: &parry.CVE{UID: "CVE-2026-1"}, Severity: "HIGH", References: []string{"https://example.com/c"}, FixAvailable: true},
		{Advisory: &parry.Advisory{UID: "ALAS-1"}}}
	if diff := cmp.Diff(want, f.Vulnerabilities); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&parry.Remediation{Desc: "Update it.", References: []string{"https://example.com/r"}}, f.Remediation); diff != "" || f.Confidence != 90 {
		t.Errorf("confidence %d, %s", f.Confidence, diff)
	}
}

// Types are looked up by either name, so each must lead to one kind.
func TestEveryKindHasANameOfItsOwn(t *testing.T) {
	by := map[string]string{}
	for asff, k := range asffKinds() {
		if other, twice := by[k.cfn]; twice {
			t.Errorf("%s and %s are both %s", asff, other, k.cfn)
		}
		by[k.cfn] = asff
	}
}

const anInsight = `{"actionName":"Look","actionDescription":"Look into it","insightName":"Keys that were used oddly",
	"insightArn":"arn:aws:securityhub:::insight/securityhub/default/9","resultType":"ResourceId",
	"insightResults":[{"arn:aws:ec2:eu-west-1:` + member + `:instance/i-0abc1234":3},{"alice":2,"arn:aws:s3:::logs":1}]}`

func insightEvent(detail string) string {
	return `{"version":"0","id":"e-1","detail-type":"Security Hub Insight Results","source":"aws.securityhub","account":"` + hub + `",
		"time":"2026-03-01T10:00:00Z","region":"us-west-2","resources":["arn:aws:securityhub:eu-west-1:444455556666:action/custom/look"],"detail":` + detail + `}`
}

// An insight names resources without account or state: it is told, and nothing is acted on.
func TestSecurityHubInsight(t *testing.T) {
	f := decoded(t, insightEvent(anInsight))
	want := parry.Finding{
		ActivityID: 1, CategoryUID: 2, ClassUID: 2004, TypeUID: 200401, Severity: "Unknown", StatusID: 1, Status: "New", Time: 1772359200000,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "Security Hub", VendorName: "AWS",
			Feature: "arn:aws:securityhub:::insight/securityhub/default/9"}},
		Info: parry.FindingInfo{UID: "arn:aws:securityhub:::insight/securityhub/default/9/e-1", Title: "Keys that were used oddly", Desc: "Look into it",
			Types: []string{"Security Hub Insight Results"}},
		Cloud:     parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: "444455556666"}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:ec2:eu-west-1:" + member + ":instance/i-0abc1234", Type: "ResourceId", Region: "eu-west-1"}},
		Unmapped: map[string]string{"action_name": "Look", "result_type": "ResourceId",
			"results": "arn:aws:ec2:eu-west-1:" + member + ":instance/i-0abc1234, alice, arn:aws:s3:::logs"},
		Unresolved: []string{`an insight names resource ids without account or state (here 3 of the kind "ResourceId"), so nothing is acted on: ` +
			"send its findings with the custom action instead"},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	own := decoded(t, insightEvent(strings.Replace(anInsight, "arn:aws:securityhub:::insight/securityhub/default/9",
		"arn:aws:securityhub:us-east-1:"+member+":insight/"+member+"/custom/x", 1)))
	if own.Cloud.Account.UID != member || own.Cloud.Region != "us-east-1" {
		t.Errorf("got %+v", own.Cloud)
	}
}
