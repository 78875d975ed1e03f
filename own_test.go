package parry_test

import (
	"testing"
	"time"

	"parry"
)

// A role of Parry's own is protected, and so is each of its sessions; others that are called so are not.
func TestItsOwnRolesAreProtected(t *testing.T) {
	r := &parry.Responder{Own: func(role string) bool { return role == "parry-x" }}
	for _, c := range []struct {
		target    parry.Target
		protected bool
	}{
		{parry.Target{Type: "AWS::IAM::Role", ID: "parry-x"}, true},
		{parry.Target{Type: "AWS::IAM::Role", ID: "web"}, false},
		{parry.Target{Type: parry.SessionType, ID: "AROA1:s", ARN: "arn:aws:sts::111122223333:assumed-role/parry-x/s"}, true},
		{parry.Target{Type: parry.SessionType, ID: "AROA1:parry-x", ARN: "arn:aws:sts::111122223333:assumed-role/web/parry-x"}, false},
		{parry.Target{Type: "AWS::IAM::User", ID: "parry-x"}, false},
	} {
		if why := r.Protected(c.target); (why != "") != c.protected {
			t.Errorf("%s %s: %q", c.target, c.target.ARN, why)
		}
	}
}

// CloudTrail calls some operations otherwise than the SDK: a call of Parry's own is known all the same, and another is not taken for it.
func TestItsOwnCallsAreKnownByTheNamesOfCloudTrail(t *testing.T) {
	for _, c := range []struct {
		op, undo, told string
		own            bool
	}{
		{"s3:PutPublicAccessBlock", "s3:DeletePublicAccessBlock", "PutBucketPublicAccessBlock", true},
		{"s3:PutPublicAccessBlock", "s3:DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock", true},
		{"s3control:PutPublicAccessBlock", "s3control:DeletePublicAccessBlock", "DeleteAccountPublicAccessBlock", true},
		{"s3:PutBucketLifecycleConfiguration", "s3:DeleteBucketLifecycle", "PutBucketLifecycle", true},
		{"s3:PutObjectLockConfiguration", "s3:PutObjectLockConfiguration", "PutBucketObjectLockConfiguration", true},
		{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "PutBucketPolicy", true},
		{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "PutBucketAcl", false},
		{"s3:PutBucketPolicy", "s3:PutBucketPolicy", "DeleteBucketPolicy", false},
		{"lambda:RemovePermission", "lambda:AddPermission", "AddPermission20150331v2", true},
		{"lambda:RemovePermission", "lambda:AddPermission", "AddLayerVersionPermission20181031", false},
		{"iam:UpdateAccessKey", "iam:UpdateAccessKey", "UpdateAccessKey", true},
		{"iam:UpdateAccessKey", "iam:UpdateAccessKey", "UpdateAccountAccessKey", false},
	} {
		r := parry.Response{Plan: parry.Plan{Changes: []parry.Change{{Call: parry.Call{Op: c.op}, Undo: []parry.Call{{Op: c.undo}}}}}}
		r.Times.Applied = time.Unix(1, 0)
		if got := r.Makes(&parry.API{Operation: c.told}); got != c.own {
			t.Errorf("%s, undone by %s: %s is its own: %v, want %v", c.op, c.undo, c.told, got, c.own)
		}
	}
}
