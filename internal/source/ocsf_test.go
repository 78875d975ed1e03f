package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// ocsf makes a finding of GuardDuty as Security Hub tells it, around resources, a JSON array. More replaces fields of it.
func ocsf(resources string, more ...string) string {
	fields := map[string]json.RawMessage{}
	put := func(text string) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(text + ": " + err.Error())
		}
	}
	put(`{"activity_id":2,"activity_name":"Update","category_uid":2,"class_uid":2004,"class_name":"Detection Finding","type_uid":200402,
		"severity_id":4,"severity":"High","status_id":1,"status":"New","time":1772359200000,"time_dt":"2026-03-01T10:00:00Z","count":3,
		"metadata":{"uid":"m-1","version":"1.6.0","profiles":["cloud","datetime"],"product":{"name":"GuardDuty","vendor_name":"AWS",
			"uid":"arn:aws:securityhub:us-west-2::productv2/aws/guardduty","feature":{"name":"FlowLogs"}}},
		"cloud":{"provider":"AWS","region":"eu-west-1","cloud_partition":"aws","account":{"uid":"` + member + `","type":"AWS Account","type_id":10}},
		"finding_info":{"uid":"arn:aws:guardduty:eu-west-1:` + member + `:detector/d/finding/f-1","title":"A title","desc":"Words",
			"types":["Threats","Recon:EC2/Portscan"],"created_time":1772355600000,"modified_time":1772359200000,"first_seen_time":1772352000000,
			"last_seen_time":1772359140000},"vendor_attributes":{"severity":"Medium","severity_id":3}}`)
	put(`{"resources":` + resources + `}`)
	for _, m := range more {
		put(m)
	}
	return string(must(json.Marshal(fields)))
}

// part is a resource of OCSF.
func part(typ, uid string, more ...string) string {
	fields := append([]string{`"type":"` + typ + `"`, `"uid":"` + uid + `"`, `"region":"eu-west-1"`, `"cloud_partition":"aws"`,
		`"owner":{"account":{"uid":"` + member + `"}}`}, more...)
	return `{` + strings.Join(fields, ",") + `}`
}

// importedV2 is the event that carries findings. Its envelope is the administrator's, in another Region.
func importedV2(findings ...string) string { return hubEvent(hubV2Imported, findings...) }

// custom is an event of somebody's own, whose detail is given.
func custom(detail string) string {
	return `{"version":"0","id":"e-1","detail-type":"Scan Result","source":"com.example.scanner","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":[],"detail":` + detail + `}`
}

const anOCSFInstance = `[{"type":"AWS::EC2::Instance","uid":"i-0abc1234","region":"eu-west-1","cloud_partition":"aws","name":"i-0abc1234","role_id":1,
	"owner":{"account":{"uid":"` + member + `"}},"tags":[{"name":"Owner","value":"web"},{"name":"Group","values":["a","b"]}]}]`

func TestOCSFFinding(t *testing.T) {
	f := decoded(t, importedV2(ocsf(anOCSFInstance, `{"comment":"seen","confidence_score":80,"remediation":{"desc":"look","references":["https://example.com"]},
		"evidences":[{"connection_info":{"direction_id":1},"src_endpoint":{"ip":"198.51.100.7"},"dst_endpoint":{"ip":"10.0.0.1"}}]}`)))
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2004, TypeUID: 200402, SeverityID: 4, Severity: "High", StatusID: 1, Status: "New",
		Time: 1772359200000, Count: 3, Comment: "seen", Confidence: 80,
		Metadata: parry.Metadata{UID: "m-1", Version: "1.8.0", Product: parry.Product{Name: "GuardDuty", VendorName: "AWS",
			UID: "arn:aws:securityhub:us-west-2::productv2/aws/guardduty", Feature: "FlowLogs"}},
		Info: parry.FindingInfo{UID: "arn:aws:guardduty:eu-west-1:" + member + ":detector/d/finding/f-1", Title: "A title", Desc: "Words",
			Types: []string{"Recon:EC2/Portscan", "Threats"}, CreatedTime: 1772355600000, ModifiedTime: 1772359200000,
			FirstSeenTime: 1772352000000, LastSeenTime: 1772359140000},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "i-0abc1234", Type: "AWS::EC2::Instance", Name: "i-0abc1234", Region: "eu-west-1", Role: "TARGET",
			Tags: []parry.Tag{{Name: "Owner", Value: "web"}, {Name: "Group", Value: "a"}, {Name: "Group", Value: "b"}}}},
		Remediation: &parry.Remediation{Desc: "look", References: []string{"https://example.com"}},
		Unmapped:    map[string]string{"severity": "Medium", "direction": "INBOUND", "remote_ip": "198.51.100.7"},
		Targets:     []parry.Target{as("TARGET", instance("i-0abc1234"))},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestOCSFClasses(t *testing.T) {
	for _, c := range []struct {
		name, more         string
		class, status      int
		uid, statusWord, q string
	}{
		{"a vulnerability", `{"class_uid":2002,"vulnerabilities":[{"cve":{"uid":"CVE-2026-1"}}]}`, 2002, 1, "", "New", ""},
		{"compliance", `{"class_uid":2003,"compliance":{"control":"EC2.19","status":"Fail","status_id":3}}`, 2003, 1, "", "New", ""},
		{"data", `{"class_uid":2006}`, 2006, 1, "", "New", ""},
		{"data, suppressed by its activity", `{"class_uid":2006,"activity_id":4}`, 2006, 1, "", "New", "suppressed at its source (activity Suppressed)"},
		{"an application", `{"class_uid":2007,"application":{"name":"shop"}}`, 2007, 1, "", "New", ""},
		{"analysis of access", `{"class_uid":2008}`, 2008, 1, "", "New", ""},
		{"an incident", `{"class_uid":2005,"finding_info":null,"finding_info_list":[{"uid":"i-1","title":"t"},{"uid":"i-2"}],"status_id":1}`, 2005, 1, "i-1", "New", ""},
		{"an incident on hold", `{"class_uid":2005,"status_id":3,"status":null}`, 2005, 3, "", "On Hold", "on hold at its source"},
		{"a resolved incident", `{"class_uid":2005,"status_id":4,"status":"Resolved"}`, 2005, 4, "", "Resolved", "resolved at its source"},
		{"a closed incident", `{"class_uid":2005,"status_id":5,"status":"Closed"}`, 2005, 5, "", "Closed", "closed at its source"},
		{"the deprecated class", `{"class_uid":2001,"finding_info":null,"finding":{"uid":"s-1","types":["X"]},"state_id":1,"status_id":1,"status":"Success"}`,
			2004, 1, "s-1", "New", ""},
		{"the deprecated class, suppressed", `{"class_uid":2001,"finding":{"uid":"s-1"},"state_id":3,"status":"Success"}`, 2004, 3, "s-1", "Suppressed",
			"suppressed at its source"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := decoded(t, importedV2(ocsf(anOCSFInstance, c.more)))
			if f.ClassUID != c.class || f.StatusID != c.status || f.Status != c.statusWord || f.Quiet != c.q || c.uid != "" && f.Info.UID != c.uid {
				t.Errorf("class %d, status %d %s, quiet %q, id %s", f.ClassUID, f.StatusID, f.Status, f.Quiet, f.Info.UID)
			}
			if f.TypeUID != int64(c.class*100+f.ActivityID) {
				t.Errorf("type %d", f.TypeUID)
			}
		})
	}
}

func TestOCSFSeverity(t *testing.T) {
	for more, want := range map[string]int{
		`{"severity_id":1}`: 1, `{"severity_id":5}`: 5, `{"severity_id":6,"severity":"Fatal"}`: 5, `{"severity_id":0}`: 3, `{"severity_id":99,"severity":"Odd"}`: 3,
		`{"severity_id":null,"severity":"Low"}`: 2, `{"severity_id":null,"severity":null}`: 3,
		`{"severity_id":null,"severity":null,"vendor_attributes":{"severity":"critical"}}`: 5, `{"severity_id":7,"vendor_attributes":null}`: 0,
		`{"severity_id":"4"}`: 4, `{"severity_id":-1,"vendor_attributes":null}`: 0,
	} {
		if f := decoded(t, importedV2(ocsf(anOCSFInstance, more))); f.SeverityID != want || f.Severity != severityName(want) {
			t.Errorf("%s is %d, want %d", more, f.SeverityID, want)
		}
	}
}

func TestOCSFTimes(t *testing.T) {
	const want = 1772359200123
	for name, fields := range map[string]string{
		"milliseconds":            `"time":1772359200123`,
		"seconds, as Prowler has": `"time":1772359200.123`,
		"text":                    `"time":null,"time_dt":"2026-03-01T10:00:00.123Z"`,
		"text with a zone":        `"time":0,"time_dt":"2026-03-01T11:00:00.123+01:00"`,
		"text without a zone":     `"time":null,"time_dt":"2026-03-01T10:00:00.123"`,
		"text in its place":       `"time":"2026-03-01T10:00:00.123Z","time_dt":null`,
		"the number goes first":   `"time":1772359200123,"time_dt":"2020-01-01T00:00:00Z"`,
	} {
		if f := decoded(t, importedV2(ocsf(anOCSFInstance, `{`+fields+`}`))); f.Time != want {
			t.Errorf("%s: %d", name, f.Time)
		}
	}
	for name, fields := range map[string]string{"none": `"time":null,"time_dt":null`, "no time": `"time":{},"time_dt":"soon"`, "too large": `"time":1e300,"time_dt":null`} {
		if f := decoded(t, importedV2(ocsf(anOCSFInstance, `{`+fields+`}`))); f.Time != f.Info.ModifiedTime {
			t.Errorf("%s: %d", name, f.Time)
		}
	}
}

func TestOCSFTypes(t *testing.T) {
	for _, c := range []struct{ more, want string }{
		{`["Threats","Execution:Runtime/NewBinaryExecuted"]`, "Execution:Runtime/NewBinaryExecuted"},
		{`["Stealth:IAMUser/CloudTrailLoggingDisabled"]`, "Stealth:IAMUser/CloudTrailLoggingDisabled"},
		{`["Software and Configuration Checks/CIS: Benchmark/1.2","Posture Management"]`, "Software and Configuration Checks/CIS: Benchmark/1.2"},
		{`["a","SensitiveData:S3Object/Credentials","Policy:IAMUser/X"]`, "SensitiveData:S3Object/Credentials"},
		{`[":/x","x:/y","x:y/","One"]`, ":/x"},
	} {
		f := decoded(t, importedV2(ocsf(anOCSFInstance, `{"finding_info":{"uid":"f","types":`+c.more+`}}`)))
		if f.Type() != c.want {
			t.Errorf("%s: %s", c.more, f.Type())
		}
	}
	f := decoded(t, importedV2(ocsf(anOCSFInstance, `{"finding_info":{"uid":"f","types":[]},"metadata":{"event_code":"s3_bucket_public"}}`)))
	if f.Type() != "s3_bucket_public" || f.Metadata.Product.Feature != "s3_bucket_public" {
		t.Errorf("a check's code: %s, %s", f.Type(), f.Metadata.Product.Feature)
	}
}

func TestOCSFQuiet(t *testing.T) {
	control := func(status string) string {
		return `{"class_uid":2003,"compliance":{"control":"EC2.19",` + status + `}}`
	}
	for _, c := range []struct{ name, more, want string }{
		{"new", `{}`, ""},
		{"no state at all", `{"status":null,"status_id":null,"activity_id":null,"activity_name":null}`, ""},
		{"another version of OCSF", `{"metadata":{"version":"0.9","product":{"name":"P"}}}`, ""},
		{"failed", control(`"status":"Fail","status_id":3`), ""},
		{"failed, by its word only", control(`"status":"FAIL"`), ""},
		{"no verdict", control(`"standards":[]`), ""},
		{"work has begun", `{"status":"In Progress","status_id":2}`, "somebody works on it already (In Progress)"},
		{"not decided", control(`"status_id":2`), "the control could not be decided (Warning)"},
		{"not evaluated", control(`"status_id":0`), "the control could not be evaluated (Unknown)"},
		{"a verdict that is not known", control(`"status":"Odd","status_id":99`), `its compliance status is "Odd", which is not known`},
		{"a status that is not known", `{"status":"Odd","status_id":99}`, `its status is "Odd", which is not known`},
		{"id and word differ: the quiet one counts", `{"status":"Suppressed","status_id":1}`, "suppressed at its source"},
		{"a check that a person makes", `{"status_code":"MANUAL"}`, "the check has to be made by a person (status code MANUAL)"},
		{"a check that failed", `{"status_code":"FAIL"}`, ""},
		{"new again after us", `{"comment":"parry: done: r-1"}`, ""},
		{"somebody's comment", `{"comment":"is this parry: yes"}`, ""},
	} {
		if f := decoded(t, importedV2(ocsf(anOCSFInstance, c.more))); f.Quiet != c.want {
			t.Errorf("%s: %q, want %q", c.name, f.Quiet, c.want)
		}
	}
}

func TestOCSFTargets(t *testing.T) {
	at := func(typ, id, own string) []parry.Target {
		return []parry.Target{{Type: typ, ID: id, ARN: own, Account: member, Region: "eu-west-1", Partition: "aws"}}
	}
	const function, queue = "arn:aws:lambda:eu-west-1:" + member + ":function:f", "arn:aws:sqs:eu-west-1:" + member + ":q"
	alice := iamUser(member, "alice")
	alice.ARN = "arn:aws:iam::" + member + ":user/team/alice"
	other := instance("i-0abc1234")
	other.Account, other.ARN = "444455556666", strings.Replace(other.ARN, member, "444455556666", 1)
	for _, c := range []struct {
		name, resource, more string
		want                 []parry.Target
		reasons              []string
	}{
		{"CloudFormation's type, a plain id", part("AWS::EC2::Instance", "i-0abc1234"), `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"ASFF's type, an ARN", part("AwsEc2Instance", "arn:aws:ec2:eu-west-1:"+member+":instance/i-0abc1234"), `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"the ARN in uid_alt", part("AWS::IAM::User", "AIDAEXAMPLEEXAMPLE12", `"uid_alt":"`+alice.ARN+`"`), `{}`, []parry.Target{alice}, nil},
		{"an odd type with an ARN", part("AwsLambdaFunction", function), `{}`, at("AWS::Lambda::Function", "f", function), nil},
		{"a queue by its URL", part("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/"+member+"/q"), `{}`, at("AWS::SQS::Queue", "q", queue), nil},
		{"a queue of another account by its URL", part("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/444455556666/q"), `{}`,
			[]parry.Target{{Type: "AWS::SQS::Queue", ID: "q", ARN: "arn:aws:sqs:eu-west-1:444455556666:q", Account: "444455556666", Region: "eu-west-1", Partition: "aws"}},
			[]string{"in account 444455556666 by its ARN, though the finding is about " + member}},
		{"no queue's URL", part("AWS::SQS::Queue", "https://example.com/"+member+"/q"), `{}`, nil, []string{"is no id of a resource of type AWS::SQS::Queue"}},
		{"a bucket", part("AWS::S3::Bucket", "logs"), `{}`, []parry.Target{bucket("logs")}, nil},
		{"a bucket by its name only", `{"type":"AWS::S3::Bucket","name":"logs"}`, `{}`, []parry.Target{bucket("logs")}, nil},
		{"a policy by its id", part("AWS::IAM::Policy", "ANPAEXAMPLEEXAMPLE12", `"region":"global"`), `{}`, nil, []string{"is no id of a resource of type AWS::IAM::Policy"}},
		{"a policy of AWS", part("AWS::IAM::Policy", "arn:aws:iam::aws:policy/AdministratorAccess"), `{}`, nil, []string{"belongs to AWS"}},
		{"a user by its unique id", part("AWS::IAM::User", "AIDAEXAMPLEEXAMPLE12"), `{}`, nil, []string{"is no id of a resource of type AWS::IAM::User"}},
		{"a user by unique id and name", part("AWS::IAM::User", "AIDAEXAMPLEEXAMPLE12", `"name":"alice"`), `{}`, []parry.Target{iamUser(member, "alice")}, nil},
		{"two names of one user", part("AWS::IAM::User", alice.ARN, `"name":"bob"`), `{}`, nil, []string{`its name "bob"`}},
		{"a role called a user is neither", part("AWS::IAM::User", "arn:aws:iam::"+member+":role/alice"), `{}`, nil, []string{"is no id of a resource"}},
		{"the account", part("AWS::::Account", member), `{}`, at("AWS::::Account", member, ""), nil},
		{"the account by its root", part("AwsAccount", "arn:aws:iam::"+member+":root"), `{}`, at("AWS::::Account", member, ""), nil},
		{"another account", part("AWS::::Account", hub), `{}`, nil, []string{"the finding is about"}},
		{"the resource's account, not the finding's", part("AWS::EC2::Instance", "i-0abc1234", `"owner":{"account":{"uid":"444455556666"}}`), `{}`,
			[]parry.Target{other}, nil},
		{"no owner: the finding's account", `{"type":"AWS::EC2::Instance","uid":"i-0abc1234"}`, `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"an owner that is no account", part("AWS::EC2::Instance", "i-0abc1234", `"owner":{"account":{"uid":"x"}}`), `{}`, nil, []string{`its account is "x"`}},
		{"a resource that is only related", part("AWS::EC2::Instance", "i-0abc1234", `"role":"Related"`), `{}`, nil, []string{"is only related to the finding"}},
		{"an affected resource", part("AWS::EC2::Instance", "i-0abc1234", `"role":"Affected","role_id":3`), `{}`, []parry.Target{instance("i-0abc1234")}, nil},
		{"an actor", part("AWS::EC2::Instance", "i-0abc1234", `"role":"Actor"`), `{}`, []parry.Target{as("ACTOR", instance("i-0abc1234"))}, nil},
		{"a resource of another cloud", part("AWS::EC2::Instance", "i-0abc1234", `"provider":"Azure"`), `{}`, nil, []string{`belongs to "Azure"`}},
		{"a type that is not known", part("AWS::Container::Container", "c"), `{}`, nil, []string{`resource type "AWS::Container::Container" of "c"`}},
		{"no id", `{"type":"AWS::EC2::Instance"}`, `{}`, nil, []string{"the id is empty or a placeholder"}},
		{"the older field for one resource", part("Other", "x"), `{"resources":null,"resource":{"type":"AWS::EC2::Instance","uid":"i-0abc1234"}}`,
			[]parry.Target{instance("i-0abc1234")}, nil},
		{"no resources", part("Other", "x"), `{"resources":[]}`, nil, []string{"detail.findings[0].resources names no resource"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, decoded(t, importedV2(ocsf("["+c.resource+"]", c.more))), c.want, c.reasons...)
		})
	}
}

func TestOCSFAccessKeys(t *testing.T) {
	outOfInstance := `{"finding_info":{"uid":"f","types":["Threats","UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]}}`
	for _, c := range []struct {
		name, uid, data, more string
		want                  []parry.Target
		reasons               []string
	}{
		{"a finding about one key names that key only", "AKIAEXAMPLE1", `"access_key_id":"AKIAEXAMPLE1","principal_id":"AIDAEXAMPLE","user_name":"alice","user_type":"IAMUser"`, `{}`,
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"the key from the id", "AWS::IAM::AccessKey:AKIAEXAMPLE1", `"user_name":"alice","user_type":"IAMUser"`, `{}`,
			[]parry.Target{iamKey(member, "AKIAEXAMPLE1", "alice"), iamUser(member, "alice")}, nil},
		{"two keys", "AKIAEXAMPLE2", `"access_key_id":"AKIAEXAMPLE1","user_name":"alice","user_type":"IAMUser"`, `{}`, nil, []string{"two access keys"}},
		{"no data but a lasting key", "AKIAEXAMPLE1", ``, `{}`, []parry.Target{iamKey(member, "AKIAEXAMPLE1", "")}, nil},
		{"no word of what the principal is", "AKIAEXAMPLE1", `"user_name":"alice"`, `{}`, nil, []string{"does not say what kind of principal"}},
		{"a role finding never touches the user of that name", "ASIAEXAMPLE", `"principal_id":"AROAEXAMPLE:s","user_name":"alice","user_type":"AssumedRole"`, `{}`,
			[]parry.Target{iamRole(member, "alice"), session(member, "alice", "AROAEXAMPLE:s")}, []string{"a temporary credential of the role"}},
		{"a credential taken from an instance", "ASIAEXAMPLE", `"principal_id":"AROAEXAMPLE:i-0abc1234","user_name":"web","user_type":"AssumedRole"`, outOfInstance,
			[]parry.Target{iamRole(member, "web"), session(member, "web", "AROAEXAMPLE:i-0abc1234"), instance("i-0abc1234")}, []string{"a temporary credential of the role"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := importedV2(ocsf("["+part("AWS::IAM::AccessKey", c.uid, `"data":{`+c.data+`}`)+"]", c.more))
			expect(t, decoded(t, in), c.want, c.reasons...)
		})
	}
}

// What others send under names of their own is read like Security Hub's: the finding itself, or a list of them.
func TestOCSFOfOthers(t *testing.T) {
	for name, in := range map[string]string{
		"the detail is the finding": custom(ocsf(anOCSFInstance)), "the detail holds findings": custom(`{"findings":[` + ocsf(anOCSFInstance) + `]}`),
		"bare": ocsf(anOCSFInstance), "an answer of an API": `{"Findings":[` + ocsf(anOCSFInstance) + `]}`,
	} {
		f := decoded(t, in)
		expect(t, f, []parry.Target{as("TARGET", instance("i-0abc1234"))})
		if f.Key() != "guardduty/"+member+"/f-1" || f.Metadata.UID != "m-1" {
			t.Errorf("%s: key %s, id %s", name, f.Key(), f.Metadata.UID)
		}
	}
	if f := decoded(t, custom(ocsf(anOCSFInstance, `{"metadata":{"product":{"name":"P"}}}`))); f.Metadata.UID != "e-1" {
		t.Errorf("without an id of its own: %s", f.Metadata.UID)
	}
}

// A finding about another cloud, or none, is told, whatever its account looks like, and never acted on.
func TestOCSFOfOtherClouds(t *testing.T) {
	bare := func(cloud, resource string) string {
		return custom(`{"class_uid":2004,"activity_id":1,"severity_id":4,"time":1772359200000,"metadata":{"product":{"name":"Prowler"}},
			"finding_info":{"uid":"f-1","title":"t"},"cloud":` + cloud + `,"resources":[` + resource + `]}`)
	}
	for _, c := range []struct{ name, in, provider, account, want string }{
		{"Azure", bare(`{"provider":"azure","account":{"uid":"0f-0f","type_id":6},"region":"global"}`, `{"type":"Microsoft.Insights/components","uid":"x"}`),
			"azure", "0f-0f", `about "azure"`},
		{"an account of twelve digits elsewhere", bare(`{"provider":"gcp","account":{"uid":"`+member+`"},"region":"eu-west-1"}`, `{"type":"AWS::S3::Bucket","uid":"logs"}`),
			"gcp", member, `about "gcp"`},
		{"an ARN in another cloud's finding", bare(`{"provider":"gcp"}`, `{"type":"AWS::IAM::User","uid":"arn:aws:iam::`+member+`:user/alice"}`), "gcp", "", `about "gcp"`},
		{"no cloud", bare(`null`, `{"type":"KubernetesAPIServer","uid":"pod"}`), "", "", "about no cloud"},
		{"twelve digits alone are no AWS account", bare(`{"account":{"uid":"`+member+`"},"region":"eu-west-1"}`, `{"type":"AWS::S3::Bucket","uid":"logs"}`),
			"", member, "about no cloud"},
	} {
		f := decoded(t, c.in)
		if f.Cloud.Provider != c.provider || f.Cloud.Account.UID != c.account || len(f.Resources) != 1 {
			t.Errorf("%s: %+v, %+v", c.name, f.Cloud, f.Resources)
		}
		expect(t, f, nil, c.want)
	}
	for name, in := range map[string]string{
		"the account's type says it": bare(`{"account":{"uid":"`+member+`","type_id":10},"region":"eu-west-1"}`, `{"type":"AWS::S3::Bucket","uid":"logs"}`),
		"an ARN says it":             bare(`null`, `{"type":"AWS::S3::Bucket","uid":"arn:aws:s3:::logs","region":"eu-west-1","owner":{"account":{"uid":"`+member+`"}}}`),
		"in lower case":              bare(`{"provider":"aws","region":"eu-west-1"}`, `{"type":"AwsS3Bucket","uid":"logs","owner":{"account":{"uid":"`+member+`"}}}`),
	} {
		f := decoded(t, in)
		if f.Cloud.Provider != "AWS" || f.Cloud.Account.UID != member {
			t.Errorf("%s: %+v", name, f.Cloud)
		}
		expect(t, f, []parry.Target{bucket("logs")})
	}
}

func TestOCSFRefused(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		found          int
	}{
		{"no findings", importedV2(), "f, line 1: detail.findings holds no finding", 0},
		{"no account", importedV2(ocsf(`[]`, `{"cloud":{"provider":"AWS"}}`)), "f, line 1: detail.findings[0].cloud.account.uid is missing", 0},
		{"two accounts and none of its own", importedV2(ocsf(`[`+part("AWS::S3::Bucket", "a")+`,`+strings.Replace(part("AWS::S3::Bucket", "b"), member, hub, 1)+`]`,
			`{"cloud":{"provider":"AWS"}}`)), "f, line 1: detail.findings[0].cloud.account.uid is missing", 0},
		{"odd account", importedV2(ocsf(`[]`, `{"cloud":{"provider":"AWS","account":{"uid":"1234"}}}`)),
			`f, line 1: detail.findings[0].cloud.account.uid is "1234": an AWS account has 12 digits`, 0},
		{"account is a number", importedV2(ocsf(`[]`, `{"cloud":{"provider":"AWS","account":{"uid":111122223333}}}`)),
			"f, line 1: detail.findings[0].cloud.account.uid is a number, not a string", 0},
		{"no id", importedV2(ocsf(`[]`, `{"finding_info":{"title":"t"}}`)), "f, line 1: detail.findings[0].finding_info.uid is missing", 0},
		{"no finding", importedV2(ocsf(`[]`, `{"class_uid":6003}`)), `f, line 1: detail.findings[0].class_uid is "6003": findings are of the classes 2001 to 2008`, 0},
		{"one of two", importedV2(ocsf(anOCSFInstance), ocsf(`[]`, `{"finding_info":null}`)), "f, line 1: detail.findings[1].finding_info.uid is missing", 1},
		{"somebody's own event without a finding", custom(`{"findings":[{"id":"x"}]}`), "f, line 1: not a finding that Parry reads yet: com.example.scanner Scan Result", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := Decode(one(t, c.in))
			if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid || len(found) != c.found {
				t.Errorf("got %d findings and %v, want %s", len(found), err, c.want)
			}
		})
	}
}

// A bare finding gets an envelope that rules can match: Security Hub's where it is Security Hub's, else one of its product.
func TestReadWrapsOCSF(t *testing.T) {
	for _, c := range []struct{ name, more, source, detailType string }{
		{"of Security Hub", `{}`, "aws.securityhub", "Findings Imported V2"},
		{"in another partition", `{"metadata":{"product":{"name":"GuardDuty","uid":"arn:aws-us-gov:securityhub:us-gov-east-1::productv2/aws/guardduty"}}}`,
			"aws.securityhub", "Findings Imported V2"},
		{"of a third party", `{"metadata":{"product":{"name":"Prowler"}}}`, "ocsf.prowler", "OCSF Detection Finding"},
		{"a name that no source can have", `{"class_uid":2003,"metadata":{"product":{"name":"Wiz, Inc. \u00c4 \u202e2"}}}`, "ocsf.wizinc2", "OCSF Compliance Finding"},
		{"a claim to be somebody's class", `{"class_uid":2001,"class_name":"x","metadata":{"product":{"vendor_name":"V 1"}}}`, "ocsf.v1", "OCSF Security Finding"},
		{"no name at all", `{"class_uid":2005,"metadata":null}`, "ocsf.unknown", "OCSF Incident Finding"},
		{"the ARN of another service", `{"metadata":{"product":{"name":"P","uid":"arn:aws:other:us-east-1::productv2/aws/guardduty"}}}`, "ocsf.p", "OCSF Detection Finding"},
	} {
		in := ocsf(anOCSFInstance, c.more)
		e := one(t, in)
		if e.Source != c.source || e.DetailType != c.detailType || e.Account != member || e.Region != "eu-west-1" || e.Time.UnixMilli() != 1772359200000 {
			t.Errorf("%s: %+v", c.name, e)
		}
		if again := one(t, "["+in+"]"); again.ID != e.ID || len(e.ID) != 36 {
			t.Errorf("%s: read again it is another event: %s, %s", c.name, e.ID, again.ID)
		}
		if e.Source == securityHub && (len(e.Resources) > 1 || !strings.Contains(string(e.Detail), `{"findings":[{`)) {
			t.Errorf("%s: %s", c.name, e.Raw)
		}
	}
	items, err := Read("f", strings.NewReader(ocsf(anOCSFInstance, `{"class_uid":6003}`)))
	if err != nil || len(items) != 1 || items[0].Err == nil || !strings.Contains(items[0].Err.Error(), "an event of OCSF, but no finding") {
		t.Errorf("%v, %v", outcomes(items), err)
	}
}
