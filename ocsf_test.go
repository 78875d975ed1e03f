package parry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/ocsfcheck"
)

// everything is a finding with a value in every field, so that each class shows what it makes of all of them.
func everything(class int) parry.Finding {
	return parry.Finding{
		ActivityID: 1, CategoryUID: 2, ClassUID: class, TypeUID: int64(class*100 + 1), SeverityID: 4, Severity: "High", StatusID: 1, Status: "New",
		Time: 1772359200000, Count: 3, Comment: "seen", Confidence: 80,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "P", UID: "p-1", VendorName: "V", Feature: "F.1"}},
		Info: parry.FindingInfo{UID: "f-1", Title: "A title", Desc: "Words", Types: []string{"A:B/C"}, CreatedTime: 1, ModifiedTime: 2,
			FirstSeenTime: 3, LastSeenTime: 4},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: "111122223333"}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:s3:::logs", Type: "AWS::S3::Bucket", Name: "logs", Region: "eu-west-1", Role: "ACTOR",
			Tags: []parry.Tag{{Name: "Owner", Value: ""}}}, {Role: "TARGET"}, {}},
		Compliance: &parry.Compliance{Control: "S3.8", Standards: []string{"cis"}, Status: "Fail", StatusID: 3},
		Vulnerabilities: []parry.Vulnerability{
			{CVE: &parry.CVE{UID: "CVE-2026-1"}, CWE: &parry.CWE{UID: "CWE-79"}, Title: "t", Desc: "d", Severity: "HIGH", References: []string{"https://x"}, FixAvailable: true},
			{CWE: &parry.CWE{UID: "CWE-79"}}, {Advisory: &parry.Advisory{UID: "GHSA-1"}}, {Title: "no id"}},
		Remediation: &parry.Remediation{Desc: "mend it", References: []string{"https://y"}},
		API: &parry.API{Operation: "CreateUser", Service: &parry.APIService{Name: "iam.amazonaws.com"}, Request: &parry.APIRequest{UID: "r-1"},
			Response: &parry.APIResponse{Error: "AccessDenied", Message: "no"}},
		Actor: &parry.Initiator{InvokedBy: "x.amazonaws.com", User: &parry.User{Type: "IAMUser", Name: "alice", UID: "AIDAEXAMPLE", UIDAlt: "arn:aws:iam::111122223333:user/alice",
			Credential: "AKIAEXAMPLE", Account: &parry.CloudAccount{UID: "111122223333"}}, Session: &parry.LoginSession{UID: "s", Issuer: "arn", MFA: true, CreatedTime: 5}},
		Src:      &parry.Endpoint{IP: "198.51.100.7"},
		Unmapped: map[string]string{"action": "AWS_API_CALL"},
	}
}

// bare is the least that a decoder gives.
func bare(class int) parry.Finding {
	return parry.Finding{ClassUID: class, Info: parry.FindingInfo{UID: "f-1"}, Metadata: parry.Metadata{Product: parry.Product{VendorName: "V"}}}
}

func classes() []int {
	return []int{parry.ClassVulnerability, parry.ClassCompliance, parry.ClassDetection, parry.ClassIncident, parry.ClassDataSecurity, parry.ClassAppSecurity,
		parry.ClassIAMAnalysis, parry.ClassAuthentication, parry.ClassAPIActivity}
}

// Every class, with everything and with next to nothing in it, is valid OCSF for judges that others made.
func TestOCSFIsValid(t *testing.T) {
	checker := ocsfcheck.Need(t)
	var names []string
	var objects []map[string]any
	add := func(name string, f parry.Finding) {
		names = append(names, fmt.Sprintf("class %d, %s", f.ClassUID, name))
		objects = append(objects, f.OCSF())
	}
	for _, class := range classes() {
		add("everything", everything(class))
		add("next to nothing", bare(class))
		for _, id := range []int{0, 2, 3, 4, 5, 6, 7, 42} {
			f := everything(class)
			f.ActivityID, f.StatusID, f.SeverityID, f.Status, f.Severity = id, id, id, "odd", "odd"
			f.Compliance.StatusID = id
			add(fmt.Sprintf("ids %d", id), f)
		}
		elsewhere := everything(class)
		elsewhere.Cloud = parry.Cloud{Provider: "azure", Account: parry.CloudAccount{UID: "0f0f"}, Region: "global"}
		elsewhere.Src = &parry.Endpoint{IP: "cloudtrail.amazonaws.com"}
		elsewhere.Actor = &parry.Initiator{InvokedBy: "x"}
		add("another cloud", elsewhere)
		elsewhere.Cloud = parry.Cloud{}
		elsewhere.Src = &parry.Endpoint{}
		elsewhere.Actor = &parry.Initiator{User: &parry.User{Type: "Root"}}
		add("no cloud", elsewhere)
	}
	add("a class that is none", everything(4001))
	for name, unmapped := range map[string]map[string]string{
		"who has access": {"principal": "*", "access_type": "external", "actions": "s3:GetObject,s3:PutObject"},
		"unused":         {"unused_services": "3", "unused_actions": "12"},
		"application":    {"application": "shop", "unused_services": "many"},
		"assignee":       {"assignee": "alice"},
	} {
		for _, class := range []int{parry.ClassIAMAnalysis, parry.ClassAppSecurity, parry.ClassIncident} {
			f := bare(class)
			f.Unmapped = unmapped
			add(name, f)
		}
	}
	verdicts, err := checker.Faults(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, faults := range verdicts {
		if len(faults) > 0 {
			t.Errorf("%s: %s", names[i], strings.Join(faults, "\n\t"))
		}
	}
}

func TestOCSFOfADetection(t *testing.T) {
	const want = `{
		"activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings", "class_uid": 2004, "class_name": "Detection Finding",
		"type_uid": 200401, "type_name": "Detection Finding: Create", "severity_id": 4, "severity": "High", "status_id": 1, "status": "New",
		"time": 1772359200000, "count": 3, "comment": "seen", "confidence_score": 80,
		"metadata": {"version": "1.8.0", "profiles": ["cloud"], "uid": "e-1", "product": {"name": "P", "uid": "p-1", "vendor_name": "V", "feature": {"uid": "F.1"}}},
		"finding_info": {"uid": "f-1", "title": "A title", "desc": "Words", "types": ["A:B/C"], "created_time": 1, "modified_time": 2, "first_seen_time": 3, "last_seen_time": 4},
		"cloud": {"provider": "AWS", "account": {"uid": "111122223333", "type": "AWS Account", "type_id": 10}, "region": "eu-west-1", "cloud_partition": "aws"},
		"resources": [{"uid": "arn:aws:s3:::logs", "name": "logs", "type": "AWS::S3::Bucket", "region": "eu-west-1", "role": "Actor", "role_id": 2,
			"tags": [{"name": "Owner", "value": ""}]}],
		"remediation": {"desc": "mend it", "references": ["https://y"]},
		"evidences": [{"src_endpoint": {"ip": "198.51.100.7"}}],
		"unmapped": {"action": "AWS_API_CALL", "compliance": {"control": "S3.8", "standards": ["cis"], "status": "Fail", "status_id": 3}}
	}`
	f := everything(parry.ClassDetection)
	f.Resources, f.Vulnerabilities, f.API, f.Actor = f.Resources[:1], nil, nil, nil
	compare(t, want, f)
}

func TestOCSFOfAnAnalysisOfAccess(t *testing.T) {
	for name, c := range map[string]struct {
		unmapped map[string]string
		want     map[string]any
	}{
		"access_analysis_result": {map[string]string{"principal": "*", "access_type": "external", "actions": "a:B,a:C"},
			map[string]any{"accessors": []any{map[string]any{"name": "*"}}, "access_type": "external", "granted_privileges": []any{"a:B", "a:C"}}},
		"permission_analysis_results": {map[string]string{"unused_services": "3"}, nil},
		"applications":                {nil, nil},
	} {
		f := bare(parry.ClassIAMAnalysis)
		f.Unmapped = c.unmapped
		got, ok := f.OCSF()[name]
		if !ok {
			t.Errorf("%s is not there: %v", name, f.OCSF())
		}
		if diff := cmp.Diff(any(c.want), got); c.want != nil && diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A call that CloudTrail tells has no finding_info: its id is the event's own, its title the message.
func TestOCSFOfACall(t *testing.T) {
	const user = `{"name": "alice", "uid": "AIDAEXAMPLE", "type": "IAMUser", "type_id": 99}`
	const start = `{
		"activity_id": 1, "severity_id": 1, "severity": "Informational", "status_id": 2, "status": "Failure", "time": 7,
		"metadata": {"version": "1.8.0", "profiles": ["cloud"], "uid": "f-1", "product": {"name": "CloudTrail"}}, "message": "CreateUser by alice",
		"cloud": {"provider": "AWS", "account": {"uid": "111122223333", "type": "AWS Account", "type_id": 10}},
		"api": {"operation": "CreateUser", "service": {"name": "iam.amazonaws.com"}},
		"actor": {"user": ` + user + `}, "src_endpoint": {"ip": "2001:db8::1"},`
	for class, rest := range map[int]string{
		parry.ClassAPIActivity: `"activity_name": "Create", "category_uid": 6, "category_name": "Application Activity", "class_uid": 6003, "class_name": "API Activity",
			"type_uid": 600301, "type_name": "API Activity: Create", "resources": [{"uid": "bob"}], "unmapped": {"types": ["T"]}}`,
		parry.ClassAuthentication: `"activity_name": "Logon", "category_uid": 3, "category_name": "Identity & Access Management", "class_uid": 3002,
			"class_name": "Authentication", "type_uid": 300201, "type_name": "Authentication: Logon", "user": ` + user + `,
			"service": {"name": "iam.amazonaws.com"}, "unmapped": {"types": ["T"], "resources": [{"uid": "bob"}]}}`,
	} {
		compare(t, start+rest, parry.Finding{
			ActivityID: 1, ClassUID: class, SeverityID: 1, StatusID: parry.StatusFailure, Time: 7,
			Metadata:  parry.Metadata{UID: "e-1", Product: parry.Product{Name: "CloudTrail"}},
			Info:      parry.FindingInfo{UID: "f-1", Title: "CreateUser by alice", Types: []string{"T"}},
			Cloud:     parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: "111122223333"}},
			Resources: []parry.Resource{{UID: "bob"}},
			API:       &parry.API{Operation: "CreateUser", Service: &parry.APIService{Name: "iam.amazonaws.com"}},
			Actor:     &parry.Initiator{User: &parry.User{Type: "IAMUser", Name: "alice", UID: "AIDAEXAMPLE"}},
			Src:       &parry.Endpoint{IP: "2001:db8::1"},
		})
	}
}

// compare holds a finding's OCSF form against JSON.
func compare(t *testing.T, want string, f parry.Finding) {
	t.Helper()
	var w, got any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f.OCSF())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Error(diff)
	}
}
