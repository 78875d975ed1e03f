package storetest

import (
	"fmt"
	"math"
	"time"

	"parry"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456789, time.UTC)

// Full is a response with every field set that a store keeps. A test holds it to that when a field is added.
func Full(id, key string, received time.Time) parry.Response {
	target := parry.Target{
		Type: "AWS::IAM::AccessKey", ID: "AKIA1", ARN: "arn:aws:iam::111122223333:user/ci", Account: "111122223333",
		Region: "us-east-1", Partition: "aws", User: "ci", Role: "TARGET",
	}
	return parry.Response{
		ID: id, Key: key, State: parry.Failed, Reason: "<b>half-way</b> & \u2028 \"odd\"", EventID: "e-1",
		Finding: fullFinding(),
		Answer: parry.Answer{
			Rule: "stolen keys", Playbook: "iam-deactivate-access-key", Params: map[string]any{"hard": true},
			Tier: parry.TierApprove, Accept: parry.RiskMedium, Observe: true, Why: "a reason", On: parry.OnActor, Publish: parry.PublishSecurityHub,
			For: 24 * time.Hour, Scope: fullScope(), Limits: parry.Limits{Resources: 5, PerHour: 20, PerAccountHour: 3, MaxAge: time.Hour},
		},
		Target:  target,
		Plan:    fullPlan(target),
		Decided: parry.Decision{Tier: parry.TierAuto, Held: true, Observe: true, Anew: received.Add(time.Hour), Reasons: []string{"rule stolen keys asks for tier auto", ""}},
		By:      "ada",
		AskedBy: "bob", Ordered: "contain",
		Asked: &parry.Asking{
			Groups: []string{"oncall"}, Persons: 2, At: received, Expires: received.Add(time.Hour), Remind: received.Add(time.Minute), Reminded: 1,
			Escalate: received.Add(2 * time.Minute), Escalated: []string{"leads"}, Anew: received.Add(3 * time.Minute),
		},
		Votes:   []parry.Vote{{By: "ada", At: received, Yes: true, Comment: "go on", Digest: "sha256:1"}},
		Results: []parry.Outcome{fullOutcome(parry.Made), fullOutcome(parry.CallFail)},
		// A state that could not be read is there as nil, which is not the same as no state.
		Left:   map[string]any{"deactivate": map[string]any{"Status": "Inactive"}, "gone": nil},
		Undone: []parry.Outcome{fullOutcome(parry.Intended)},
		Times: parry.Times{
			FirstSeen: received.Add(-time.Hour), Received: received, Planned: received.Add(time.Nanosecond),
			Applied: received.Add(time.Microsecond), Made: received.Add(time.Millisecond), Closed: received.Add(time.Second),
		},
		Seen: 3, SeenAt: received.Add(time.Hour), SeenTime: 1_773_489_600_456, Again: "it was told", Published: 1_773_489_600_455,
		Halted: "stopped", Stays: "changed since", Taking: &parry.Taking{By: "ada", Changes: []string{"deactivate"}, From: parry.Done, Hold: true},
		Untold: &parry.Untold{Seq: 3, Tries: 2, Next: received.Add(time.Minute), To: map[string]parry.Untold{"channel oncall": {Seq: 3, Tries: 2, Next: received.Add(time.Minute)}}},
		Stored: parry.Failed, Chain: "c0ffee", Wake: received.Add(2 * time.Hour),
	}
}

func fullScope() parry.Scope {
	accounts, ous, regions, tags := []string{"111122223333"}, []string{"ou-ab12-1"}, []string{"eu-*"}, map[string][]string{"env": {"dev", "*"}}
	return parry.Scope{Accounts: accounts, OUs: ous, Regions: regions, Tags: tags, Exempt: []parry.Exemption{{
		Accounts: accounts, OUs: ous, Regions: regions, Tags: tags, Resources: []string{"arn:aws:s3:::public-*"}, Principals: []string{"break-glass"},
		Owner: "ada@example.com", Reason: "a website", Until: noon.Add(time.Hour),
	}}}
}

func fullFinding() parry.Finding {
	return parry.Finding{
		ActivityID: 1, CategoryUID: 2, ClassUID: parry.ClassDetection, TypeUID: math.MaxInt64, SeverityID: parry.SeverityHigh,
		Severity: "High", StatusID: parry.StatusNew, Status: "New", Time: 1_773_489_600_123, Count: 3,
		Metadata: parry.Metadata{
			Product: parry.Product{Name: "GuardDuty", UID: "arn:aws:guardduty:::x", VendorName: "AWS"}, Version: "1.8.0", UID: "m-1",
		},
		Info: parry.FindingInfo{
			UID: "f-1", Title: "title", Desc: "desc", Types: []string{"UnauthorizedAccess:IAMUser/MaliciousIPCaller", "b"},
			CreatedTime: 1, ModifiedTime: 2, FirstSeenTime: 3, LastSeenTime: math.MaxInt64,
		},
		Cloud: parry.Cloud{
			Provider: "AWS", Account: parry.CloudAccount{UID: "111122223333"}, Region: "us-east-1", Partition: "aws",
		},
		Resources: []parry.Resource{{
			UID: "AKIA1", Type: "AwsIamAccessKey", Name: "ci", Region: "us-east-1", Role: "TARGET", Tags: []parry.Tag{{Name: "env", Value: "<dev>"}},
		}},
		Compliance: &parry.Compliance{Control: "IAM.3", Standards: []string{"cis"}, Status: "FAILED", StatusID: 3},
		Comment:    "comment",
		Confidence: 80,
		Vulnerabilities: []parry.Vulnerability{{
			CWE: &parry.CWE{UID: "CWE-79"}, Advisory: &parry.Advisory{UID: "GHSA-1"},
			CVE: &parry.CVE{UID: "CVE-2024-1"}, Title: "title", Desc: "desc", Severity: "High", References: []string{"https://example.com"}, FixAvailable: true,
		}},
		Remediation: &parry.Remediation{Desc: "update it", References: []string{"https://example.com"}},
		API: &parry.API{
			Operation: "CreateAccessKey", Service: &parry.APIService{Name: "iam.amazonaws.com"}, Request: &parry.APIRequest{UID: "q-1"},
			Response: &parry.APIResponse{Error: "AccessDenied", Message: "no"},
		},
		Actor: &parry.Initiator{
			User: &parry.User{
				Type: "AssumedRole", Name: "ci", UID: "AROA1:s", UIDAlt: "arn:aws:sts::111122223333:assumed-role/ci/s", Credential: "ASIA1",
				Account: &parry.CloudAccount{UID: "111122223333"},
			},
			Session:   &parry.LoginSession{UID: "s", Issuer: "arn:aws:iam::111122223333:role/ci", MFA: true, CreatedTime: 5},
			InvokedBy: "cloudformation.amazonaws.com",
		},
		Src:      &parry.Endpoint{IP: "198.51.100.7", Domain: "cloudformation.amazonaws.com"},
		Unmapped: map[string]string{"action": "AWS_API_CALL", "": "empty name"},
	}
}

func fullPlan(target parry.Target) parry.Plan {
	return parry.Plan{
		Playbook: "iam-deactivate-access-key", Source: "sha256:source", Summary: "Deactivates the key.", Risk: parry.RiskLow,
		Breaks: "what uses the key stops", Target: target,
		Params:  map[string]any{"n": 1.5, "list": []any{"a", 2.0, nil, false}, "deep": map[string]any{"x": map[string]any{}}},
		Reads:   []parry.Read{{Name: "keys", Call: fullCall("iam:ListAccessKeys"), Absent: "NoSuchEntity"}},
		Changes: []parry.Change{fullChange("deactivate"), {Name: "bare", Call: parry.Call{Op: "iam:TagUser"}}},
		Gone:    "there is no such key", Refusals: []string{"the root user's key"},
		Permissions: []parry.Permission{{
			Action: "iam:UpdateAccessKey", Resources: []string{"arn:aws:iam::111122223333:user/ci"},
			Conditions: map[string]map[string]string{"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
		}},
		Digest: "sha256:plan",
	}
}

func fullChange(name string) parry.Change {
	return parry.Change{
		Name: name, Why: "the key is out", Call: fullCall("iam:UpdateAccessKey"), Item: "eni-1", State: map[string]any{"Status": "Active"},
		After: map[string]any{"Status": "Inactive"}, Undo: []parry.Call{fullCall("iam:UpdateAccessKey")}, Irreversible: "no",
		Kept: "yes", RestoredBy: "another", Until: "close", Wait: 10 * time.Minute, Volatile: []string{"LockToken"}, UndoVolatile: []string{"Parameters"}, Races: []string{"WAFOptimisticLockException"},
	}
}

func fullCall(op string) parry.Call {
	return parry.Call{
		Account: "111122223333", Region: "us-east-1", Op: op,
		Input: map[string]any{"UserName": "ci", "MaxItems": 1000.0, "Id": parry.After("isolation", "GroupId")},
		Needs: map[string][]string{"lambda:InvokeFunction": {"arn:aws:lambda:us-east-1:111122223333:function:f"}},
	}
}

func fullOutcome(s parry.OutcomeState) parry.Outcome {
	return parry.Outcome{
		Change: "deactivate", Call: fullCall("iam:UpdateAccessKey"), State: s, RequestID: "q-1",
		Principal: "arn:aws:sts::111122223333:assumed-role/r/s", Attempts: 2, At: noon, Took: 1234567 * time.Nanosecond,
		Output: map[string]any{"GroupId": "sg-1"}, Error: "AccessDenied",
	}
}

// at is a small response with a place in the order.
func at(id, key string, received time.Time) parry.Response {
	return parry.Response{ID: id, Key: key, State: parry.Planned, Times: parry.Times{Received: received}}
}

func record(id string, seq int) parry.Record {
	rec := parry.Record{
		Response: id, Seq: seq, At: noon.Add(time.Duration(seq) * time.Second), Kind: parry.MoveNoted, State: parry.Applying, Text: "a plan is made",
	}
	rec.Seal(fmt.Sprint("the hash of ", seq-1))
	return rec
}

func fullRecord(id string, seq int) parry.Record {
	rec, o := record(id, seq), fullOutcome(parry.Made)
	rec.Call = &o
	return rec
}

// unwritable is a record that JSON has no form for.
func unwritable(id string, seq int) parry.Record {
	rec := fullRecord(id, seq)
	rec.Call.Output = map[string]any{"x": make(chan int)}
	return rec
}
