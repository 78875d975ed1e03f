package deploy

import (
	"encoding/json"
	"fmt"

	"parry"
)

// Limits of AWS Organizations. Source: "Quotas and service limits for AWS Organizations", AWS Organizations User Guide: a service control policy has
// at most 5,120 characters, and so has a resource control policy; five of each type are attached to a root, a unit or an account, of which AWS's own
// (FullAWSAccess, RCPFullAWSAccess) is one.
const (
	policyChars      = 5_120
	policiesAttached = 4
)

// guard is one policy that keeps the ground.
type guard struct {
	name, why  string
	statements []m
}

// guards are service control policies. They bind every principal of the accounts that they are attached to, administrators and root included,
// but those who are excepted; they give nothing. They do not bind the management account, and not service-linked roles.
func (o *Org) guards() []guard {
	arns := func(service string, rests ...string) (all []string) {
		for _, r := range rests {
			all = append(all, "arn:"+o.Partition+":"+service+":*:*:"+r)
		}
		return all
	}
	iam := func(rest string) string { return "arn:" + o.Partition + ":iam::*:" + rest }
	deployers := o.excepted()
	but := m{"ArnNotLike": m{"aws:PrincipalArn": deployers}}
	own := append(append([]string{}, deployers...), iam("role/"+o.Name+"-*"))
	butOwn := m{"ArnNotLike": m{"aws:PrincipalArn": own}}
	bucket := "arn:" + o.Partition + ":s3:::" + o.AuditBucket()
	code := "arn:" + o.Partition + ":s3:::" + o.CodeBucket()
	return []guard{
		{"parry", "Keeps everybody but its deployers from changing Parry itself.", []m{
			deny(m{"Sid": "Roles", "Action": changesOfRoles(), "Resource": []string{iam("role/" + o.Name + "-*"), iam("policy/" + o.Boundary() + "*")}, "Condition": but}),
			deny(m{"Sid": "TakingRoles", "Action": "sts:AssumeRole", "Resource": iam("role/" + o.Name + "-*"), "Condition": m{"ArnNotLike": m{"aws:PrincipalArn": append(append([]string{}, deployers...), o.roleARN(o.Hub.Account, o.HubRole("*")))}}}),
			deny(m{"Sid": "Events", "Action": []string{"events:DeleteRule", "events:DisableRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteEventBus", "events:PutPermission", "events:RemovePermission"},
				"Resource": arns("events", "rule/"+o.EventRule()+"*", "rule/"+o.Bus()+"/*", "event-bus/"+o.Bus()), "Condition": but}),
			deny(m{"Sid": "Queues", "Action": []string{"sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SetQueueAttributes", "sqs:AddPermission", "sqs:RemovePermission"}, "Resource": arns("sqs", o.Name+"-*"), "Condition": but}),
			deny(m{"Sid": "Functions", "Action": []string{"lambda:Add*", "lambda:Create*", "lambda:Delete*", "lambda:Put*", "lambda:Remove*", "lambda:Update*"}, "Resource": arns("lambda", "function:"+o.Name+"-*"), "Condition": but}),
			// Who calls the door without its URL could say that he is somebody else.
			deny(m{"Sid": "Door", "Action": "lambda:InvokeFunction", "Resource": arns("lambda", "function:"+o.FunctionName(Door)), "Condition": m{"BoolIfExists": m{"lambda:InvokedViaFunctionUrl": "false"}}}),
			deny(m{"Sid": "Code", "Action": []string{"s3:Delete*", "s3:Put*", "s3:ReplicateObject"}, "Resource": []string{code, code + "/*"}, "Condition": but}),
			deny(m{"Sid": "Machine", "Action": []string{"states:Delete*", "states:Update*", "states:StopExecution", "states:StartExecution"}, "Resource": arns("states", "stateMachine:"+o.Machine(), "execution:"+o.Machine()+":*"), "Condition": butOwn}),
			deny(m{"Sid": "Store", "Action": []string{"dynamodb:BatchWriteItem", "dynamodb:Delete*", "dynamodb:PartiQL*", "dynamodb:Put*", "dynamodb:Update*"}, "Resource": arns("dynamodb", "table/"+o.Table()), "Condition": butOwn}),
		}},
		{"record", "Keeps everybody but its deployers from the record of what was done.", []m{
			deny(m{"Sid": "Trail", "Action": []string{"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"}, "Resource": o.trails(), "Condition": but}),
			deny(m{"Sid": "Bucket", "Action": bucketChanges(), "Resource": []string{bucket, bucket + "/*"}, "Condition": but}),
			deny(m{"Sid": "Keys", "Action": keyChanges(), "Resource": "*",
				"Condition": m{"ArnNotLike": m{"aws:PrincipalArn": deployers}, "StringEquals": m{"aws:ResourceTag/managed-by": o.Name}}}),
			deny(m{"Sid": "Logs", "Action": []string{"logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"},
				"Resource": arns("logs", "log-group:/aws/lambda/"+o.Name+"-*", "log-group:/aws/vendedlogs/states/"+o.Name+"-*"), "Condition": but}),
		}},
		{"detection", "Keeps everybody but its deployers from switching detection off.", []m{
			deny(m{"Sid": "GuardDuty", "Action": []string{"guardduty:Delete*", "guardduty:Disassociate*", "guardduty:StopMonitoringMembers", "guardduty:UpdateDetector", "guardduty:CreateIPSet", "guardduty:UpdateIPSet", "guardduty:CreateFilter"}, "Resource": "*", "Condition": butOwn}),
			deny(m{"Sid": "SecurityHub", "Action": []string{"securityhub:BatchDisableStandards", "securityhub:DeleteMembers", "securityhub:Disable*", "securityhub:Disassociate*", "securityhub:UpdateStandardsControl"}, "Resource": "*", "Condition": butOwn}),
			deny(m{"Sid": "Config", "Action": []string{"config:DeleteConfigRule", "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:DeleteConformancePack", "config:PutConfigurationRecorder", "config:StopConfigurationRecorder"}, "Resource": "*", "Condition": butOwn}),
			deny(m{"Sid": "Others", "Action": []string{"access-analyzer:DeleteAnalyzer", "cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "inspector2:Disable*", "macie2:Disable*", "macie2:Disassociate*"}, "Resource": "*", "Condition": butOwn}),
			deny(m{"Sid": "Leaving", "Action": "organizations:LeaveOrganization", "Resource": "*"}),
		}},
	}
}

// bucketChanges are S3's actions that take from the record, or let somebody take from it.
func bucketChanges() []string {
	return []string{"s3:BypassGovernanceRetention", "s3:Delete*", "s3:PutBucketPolicy", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
		"s3:PutLifecycleConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutObjectRetention", "s3:PutObjectLegalHold"}
}

// keyChanges are those of KMS after which a key does not do what it did, or for somebody else.
func keyChanges() []string {
	return []string{"kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UpdateAlias", "kms:DeleteAlias"}
}

// trails are the trails that keep the record.
func (o *Org) trails() []string {
	all := []string{"arn:" + o.Partition + ":cloudtrail:*:*:trail/" + o.Trail()}
	if o.Audit.Trail != "" {
		all = append(all, o.Audit.Trail)
	}
	return all
}

// excepted are the principals that no policy keeps from changing Parry: its deployers, those of break-glass, and StackSets, which with
// service-managed permissions act with a role that AWS makes in each account. Source: "Activate trusted access for stack sets with
// Organizations", CloudFormation User Guide.
func (o *Org) excepted() []string {
	return append(append(append([]string{}, o.Deployers...), o.Guard.BreakGlass...), "arn:"+o.Partition+":iam::*:role/stacksets-exec-*")
}

// guardrails is the template for the management account: the policies, attached where org.yaml says.
func (w *Wish) guardrails() ([]File, error) {
	o := w.Org
	t := newTemplate("Organization policies that guard " + o.Name + ", its record, and detection.")
	why := ""
	for _, k := range o.guardKinds() {
		if len(k.guards) == 0 {
			continue
		}
		if len(k.guards) > policiesAttached {
			return nil, parry.Errorf(parry.Fault, "there are %d %s policies, and %d can be attached beside AWS's own", len(k.guards), k.name, policiesAttached)
		}
		for _, g := range k.guards {
			document := policy(g.statements...)
			text, err := json.Marshal(document)
			if err != nil {
				return nil, parry.Errorf(parry.Fault, "%w", err)
			}
			if len(text) > policyChars {
				return nil, parry.Errorf(parry.Invalid, "the %s policy %s would have %d characters, and AWS Organizations takes %d", k.name, g.name, len(text), policyChars).
					WithHint("name fewer deployers and break-glass principals, with * where they are alike")
			}
			p := m{"Name": o.Name + "-" + g.name, "Description": g.why, "Type": k.kind, "Content": document, "Tags": o.tags()}
			if len(o.Guard.Attach) > 0 {
				p["TargetIds"] = o.Guard.Attach
			}
			t.add(logical("guard", g.name), "AWS::Organizations::Policy", p)
		}
		why += fmt.Sprintf("%d %s policies, ", len(k.guards), k.name)
	}
	body, err := t.json()
	return []File{{"guardrails.json", body, why + "a stack in the management account, whose organization has these types of policies enabled", Management}}, err
}

// guardKind is a type of organization policies with those that there are of it.
type guardKind struct {
	name, kind string
	guards     []guard
}

func (o *Org) guardKinds() []guardKind {
	all := []guardKind{{"service control", "SERVICE_CONTROL_POLICY", o.guards()}}
	if o.Guard.ResourcePolicy {
		all = append(all, guardKind{"resource control", "RESOURCE_CONTROL_POLICY", o.resourceGuards()})
	}
	return all
}
