package audit

import (
	"cmp"
	"fmt"
	"strings"

	"parry"
)

// OCSF's Remediation Activity and Application Lifecycle. Source: the classes of ocsf-schema 1.8.0.
const (
	classRemediation = 7001
	classLifecycle   = 6002
)

// nameOf names a record over all responses.
func nameOf(rec parry.Record) string { return fmt.Sprintf("%s/%d", rec.Response, rec.Seq) }

// ocsf is what a record says in OCSF: API Activity for a call, Remediation Activity where the response came to an end, Application Lifecycle
// where Parry was stopped or started; nothing else has a class there. Every line carries the response's id as correlation_uid.
func ocsf(r parry.Response, rec parry.Record) []map[string]any {
	switch {
	case rec.Kind == parry.MoveCall && rec.Call != nil:
		return []map[string]any{apiActivity(r, rec)}
	case ends(rec):
		return []map[string]any{remediation(r, rec)}
	case r.ID == parry.SwitchLog:
		return []map[string]any{lifecycle(r, rec)}
	}
	return nil
}

// lifecycle tells of a stop, a start, or a hold that was taken off.
func lifecycle(r parry.Response, rec parry.Record) map[string]any {
	activity, name := 8, "Update"
	switch rec.Kind {
	case parry.MoveStopped:
		activity, name = 4, "Stop"
	case parry.MoveStarted:
		activity, name = 3, "Start"
	}
	o := base(r, rec, 6, "Application Activity", classLifecycle, "Application Lifecycle", activity, name)
	delete(o, "cloud") // it is of no account
	meta := o["metadata"].(map[string]any)
	delete(meta, "profiles")
	o["app"] = meta["product"]
	o["severity_id"], o["severity"] = 1, "Informational"
	o["status_id"], o["status"] = 1, "Success"
	return o
}

// ends tells whether a response came to an end with the record.
func ends(rec parry.Record) bool {
	switch rec.Kind {
	case parry.MoveTold, parry.MoveRejected, parry.MoveExpired, parry.MoveVerified, parry.MoveFailed, parry.MoveUndone:
		return true
	}
	return false
}

// base is what both classes have.
func base(r parry.Response, rec parry.Record, category int, categoryName string, class int, className string, activity int, activityName string) map[string]any {
	severity := r.Finding.SeverityID
	severities := []string{"Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal"}
	if severity < 0 || severity >= len(severities) {
		severity = 0
	}
	account := map[string]any{"uid": cmp.Or(r.Target.Account, r.Finding.Cloud.Account.UID, "Unknown"), "type": "AWS Account", "type_id": 10}
	cloud := map[string]any{"provider": "AWS", "account": account}
	if region := cmp.Or(r.Target.Region, r.Finding.Cloud.Region); region != "" {
		cloud["region"] = region
	}
	return map[string]any{
		"category_uid": category, "category_name": categoryName, "class_uid": class, "class_name": className,
		"activity_id": activity, "activity_name": activityName,
		"type_uid": class*100 + activity, "type_name": className + ": " + activityName,
		"severity_id": severity, "severity": severities[severity],
		"time": rec.At.UnixMilli(), "message": rec.Text, "cloud": cloud,
		"metadata": map[string]any{
			"version": parry.OCSFVersion, "profiles": []string{"cloud"}, "uid": nameOf(rec), "correlation_uid": r.ID,
			"product": map[string]any{"name": "Parry", "vendor_name": "Parry"},
		},
	}
}

// remediation tells how a response ended.
func remediation(r parry.Response, rec parry.Record) map[string]any {
	activity, name := activityOf(r, rec)
	o := base(r, rec, 7, "Remediation", classRemediation, "Remediation Activity", activity, name)
	o["command_uid"] = r.ID
	switch rec.Kind {
	case parry.MoveVerified, parry.MoveUndone:
		o["status_id"], o["status"] = 1, "Success"
	case parry.MoveFailed:
		o["status_id"], o["status"] = 2, "Failure"
	default:
		o["status_id"], o["status"] = 99, string(rec.State)
	}
	o["status_detail"] = string(rec.State)
	if r.Plan.Summary != "" {
		o["remediation"] = map[string]any{"desc": r.Plan.Summary}
	}
	unmapped := map[string]any{"finding_uid": r.Finding.Info.UID, "finding_type": r.Finding.Type()}
	for k, v := range map[string]string{
		"approved_by": r.By, "rule": r.Answer.Rule, "playbook": r.Answer.Playbook, "plan_digest": r.Plan.Digest, "resource_type": r.Target.Type, "resource_uid": r.Target.ID,
	} {
		if v != "" {
			unmapped[k] = v
		}
	}
	o["unmapped"] = unmapped
	return o
}

// activityOf is OCSF's word for what the response does, from D3FEND's tactics. Taking back restores. What puts a setting right hardens;
// against an attacker, what takes credentials away evicts, and everything else keeps him apart from the rest.
func activityOf(r parry.Response, rec parry.Record) (id int, name string) {
	if rec.Kind == parry.MoveUndone {
		return 3, "Restore"
	}
	if len(r.Plan.Changes) == 0 {
		return 0, "Unknown" // nothing is done
	}
	switch r.Finding.ClassUID {
	case parry.ClassCompliance, parry.ClassVulnerability, parry.ClassIAMAnalysis, parry.ClassAppSecurity:
		return 4, "Harden"
	}
	switch service, _, _ := strings.Cut(r.Plan.Changes[0].Call.Op, ":"); service {
	case "iam", "secretsmanager", "sts":
		return 2, "Evict"
	}
	return 1, "Isolate"
}

// apiActivity tells of one call.
func apiActivity(r parry.Response, rec parry.Record) map[string]any {
	c := rec.Call
	activity, name := verb(c.Call.Op)
	o := base(r, rec, 6, "Application Activity", parry.ClassAPIActivity, "API Activity", activity, name)
	if c.Call.Account != "" {
		o["cloud"].(map[string]any)["account"].(map[string]any)["uid"] = c.Call.Account
	}
	if c.Call.Region != "" {
		o["cloud"].(map[string]any)["region"] = c.Call.Region
	}
	service, operation, _ := strings.Cut(c.Call.Op, ":")
	request := map[string]any{"uid": cmp.Or(c.RequestID, "Unknown")}
	if len(c.Call.Input) > 0 {
		request["data"] = c.Call.Input
	}
	api := map[string]any{"operation": operation, "service": map[string]any{"name": service}, "request": request}
	o["status_id"], o["status"] = 1, "Success"
	if c.State == parry.CallFail {
		o["status_id"], o["status"] = 2, "Failure"
		o["status_detail"] = c.Error
		api["response"] = map[string]any{"error": c.Error}
	}
	if c.State == parry.Already {
		o["status_id"], o["status"] = 99, string(parry.Already)
	}
	o["api"] = api
	o["actor"] = actorOf(r, c)
	o["src_endpoint"] = map[string]any{"svc_name": "parry"} // the address that AWS saw is in CloudTrail
	if c.Took > 0 {
		o["duration"] = c.Took.Milliseconds()
	}
	if r.Target.ID != "" {
		o["resources"] = []any{map[string]any{"uid": cmp.Or(r.Target.ARN, r.Target.ID), "name": r.Target.ID, "type": r.Target.Type}}
	}
	o["unmapped"] = map[string]any{"change": c.Change, "attempts": c.Attempts}
	return o
}

// actorOf is the role and the session that a call was made with.
func actorOf(r parry.Response, c *parry.Outcome) map[string]any {
	if c.Principal == "" {
		return map[string]any{"app_name": "parry"}
	}
	session := map[string]any{"uid": sessionOf(c.Principal)}
	if role, _, ok := strings.Cut(c.Principal, "/"+sessionOf(c.Principal)); ok && strings.Contains(c.Principal, ":assumed-role/") {
		session["issuer"] = role
	}
	return map[string]any{"app_name": "parry", "user": map[string]any{"uid": c.Principal, "type": "System", "type_id": 3}, "session": session}
}

// sessionOf is the last part of a principal's ARN: a session's name, or a user's.
func sessionOf(principal string) string {
	return principal[strings.LastIndexByte(principal, '/')+1:]
}

// verb sorts an operation by its name into OCSF's activities of an API.
func verb(op string) (id int, name string) {
	_, operation, _ := strings.Cut(op, ":")
	for _, v := range []struct {
		id       int
		name     string
		prefixes []string
	}{
		{1, "Create", []string{"Create", "Run", "Allocate"}},
		{2, "Read", []string{"Get", "List", "Describe", "Lookup", "Head"}},
		{4, "Delete", []string{"Delete", "Terminate", "Remove", "Release"}},
	} {
		for _, p := range v.prefixes {
			if strings.HasPrefix(operation, p) {
				return v.id, v.name
			}
		}
	}
	return 3, "Update"
}
