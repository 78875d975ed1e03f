package parry

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// PlanSession is the name of the sessions in which plans are made. They can only read.
const PlanSession = "parry-plan"

// OCSF activity_id values of API Activity that change something. Source: ocsf-schema 1.8, api_activity.
const (
	activityCreate = 1
	activityUpdate = 3
	activityDelete = 4
)

// protected says why a target must never be touched by itself: a role of Parry's own, which a finding may well name, as it does in
// every account what an intruder would do.
func (r *Responder) protected(t Target) string {
	if role := t.roleName(); r.Own != nil && role != "" && r.Own(role) {
		return fmt.Sprintf("%s is Parry's own role", role)
	}
	return ""
}

// roleName is the name of the role that a target is, or is a session of; empty for anything else.
func (t Target) roleName() string {
	if t.Type == "AWS::IAM::Role" {
		return t.ID
	}
	_, session, _ := strings.Cut(t.ARN, ":assumed-role/")
	role, _, _ := strings.Cut(session, "/")
	if t.Type != SessionType {
		return ""
	}
	return role
}

// ownCall says why a finding asks for nothing: it is a call that Parry made. The name of a session alone proves nothing, as whoever
// takes a role chooses it: the role must be Parry's own, and the session that of a response in the store, in its account and with
// its playbook's role, making a call of its plan; or a session for planning, which changes nothing.
func (r *Responder) ownCall(ctx context.Context, f Finding) (string, error) {
	if r.Own == nil || !f.IsCall() || f.Actor == nil || f.Actor.Session == nil {
		return "", nil
	}
	s := f.Actor.Session
	account, role, ok := cutRole(s.Issuer)
	if !ok || !r.Own(role) {
		return "", nil
	}
	if s.UID == PlanSession {
		if slices.Contains([]int{activityCreate, activityUpdate, activityDelete}, f.ActivityID) {
			return "", nil
		}
		return "Parry's own call: it reads, to make a plan", nil
	}
	resp, err := r.Store.Response(ctx, s.UID)
	switch {
	case err != nil && KindOf(err) == NotFound:
		return "", nil
	case err != nil:
		return "", err
	case resp.Target.Account != account || !resp.makes(f.API):
		return "", nil
	}
	return "Parry's own call: it is part of response " + resp.ID, nil
}

// makes tells whether a call is one that the response makes, in doing or undoing, by the operation's name.
func (r *Response) makes(api *API) bool {
	if api == nil || r.Times.Applied.IsZero() {
		return false
	}
	named := func(c Call) bool {
		service, op, _ := strings.Cut(c.Op, ":")
		return op == api.Operation || trailName(service, op) == trailName(service, api.Operation)
	}
	return slices.ContainsFunc(r.Plan.Changes, func(c Change) bool { return named(c.Call) || slices.ContainsFunc(c.Undo, named) })
}

// trailName is what an operation's name in the SDK and in CloudTrail have in common where they differ: CloudTrail tells of
// PutBucketPublicAccessBlock, PutAccountPublicAccessBlock and PutBucketLifecycle, and of AddPermission20150331v2. Sources: "Amazon S3
// CloudTrail events", Amazon S3 User Guide; "Logging AWS Lambda API calls using AWS CloudTrail", AWS Lambda Developer Guide.
func trailName(service, operation string) string {
	switch service {
	case "s3", "s3control":
		for _, word := range []string{"Bucket", "Account", "Configuration"} {
			operation = strings.Replace(operation, word, "", 1)
		}
	case "lambda":
		if i := strings.Index(operation, "20"); i > 0 {
			operation = operation[:i]
		}
	}
	return operation
}

// cutRole parts the ARN of a role into its account and its name without path.
func cutRole(arn string) (account, name string, ok bool) {
	p := strings.SplitN(arn, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != "iam" {
		return "", "", false
	}
	path, ok := strings.CutPrefix(p[5], "role/")
	return p[4], path[strings.LastIndexByte(path, '/')+1:], ok && path != ""
}
