package deploy

import (
	"slices"
	"strings"
)

// boundary is the managed policy that bounds every role of Parry's in an account: whatever a playbook's policy says, a response never does these.
// A role's own policy is narrower by far; the boundary is for the day on which one is written too wide.
func (w *Wish) boundary(t *template) {
	t.add("Boundary", "AWS::IAM::ManagedPolicy", m{
		"ManagedPolicyName": w.Org.Boundary(), "Description": "What no role of " + w.Org.Name + " ever does, whatever its own policy says.",
		"PolicyDocument": w.bounds(w.never()),
	})
}

// bounds is everything but what changes Parry itself, and what is never done.
func (w *Wish) bounds(never []string) m {
	o := w.Org
	own := "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + o.Name + "-*"
	return policy(
		allow(m{"Sid": "WhatItsPolicySays", "Action": "*", "Resource": "*"}),
		deny(m{"Sid": "NotItself", "Action": append(changesOfRoles(), "sts:AssumeRole"), "Resource": sub(own)}),
		deny(m{"Sid": "NotItsBounds", "Action": "iam:*", "Resource": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/" + o.Boundary() + "*")}),
		deny(m{"Sid": "NotItsRules", "Action": "events:*", "Resource": sub("arn:${AWS::Partition}:events:*:${AWS::AccountId}:rule/" + o.EventRule() + "*")}),
		deny(m{"Sid": "Never", "Action": never, "Resource": "*"}),
	)
}

// never are actions that no response takes, less those that a playbook's own policy holds.
func (w *Wish) never() []string {
	held := map[string]bool{}
	for _, p := range w.Playbooks {
		for _, perm := range p.Permissions {
			held[strings.ToLower(perm.Action)] = true
		}
	}
	return neverBut(held)
}

// neverBut are actions that nothing of Parry's takes, less those that are held.
func neverBut(held map[string]bool) []string {
	all := []string{
		"organizations:*", "account:*", "sts:AssumeRole", "iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup",
		"iam:CreatePolicy", "iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:CreateSAMLProvider", "iam:CreateOpenIDConnectProvider",
		"s3:GetObject", "s3:DeleteObject", "s3:DeleteBucket", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query",
		"kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:DisableKey", "rds:DeleteDBInstance", "rds:DeleteDBCluster", "dynamodb:DeleteTable", "cloudtrail:DeleteTrail", "cloudtrail:StopLogging",
		"guardduty:DeleteDetector", "securityhub:DisableSecurityHub", "config:DeleteConfigurationRecorder", "config:StopConfigurationRecorder", "lambda:InvokeFunction", "lambda:GetFunction",
	}
	return slices.DeleteFunc(all, func(a string) bool { return held[strings.ToLower(a)] })
}

// changesOfRoles are IAM's actions that change a role. Passing one is none: a playbook passes the role of a runbook.
func changesOfRoles() []string {
	return []string{"iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:Put*", "iam:Remove*", "iam:Tag*", "iam:Untag*", "iam:Update*"}
}
