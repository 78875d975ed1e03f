package doctor

import (
	"context"
	"fmt"
	"slices"

	"parry"
	"parry/internal/deploy"
)

// scope is where a check looks.
type scope string

const (
	once         scope = "this machine"
	organization scope = "the organization"
	inHub        scope = "the hub"
	perAccount   scope = "each account"
	perRegion    scope = "each account and Region"
)

// need is what must be known for a check to look at all.
type need string

const (
	nothing need = ""
	orgFile need = "--org-file"
	aRole   need = "--org-file or --role"
	aTable  need = "--org-file or --db dynamodb:TABLE"
	taking  need = "--assume"
)

// check is one thing to look at.
type check struct {
	id, what string
	scope    scope
	needs    need
	actions  []string // of IAM, without which it cannot look
	look     func(ctx context.Context, p *place) ([]Finding, error)
}

// checks are all of them. An id is a promise: it never changes its meaning.
func checks() []check {
	return []check{
		{"clock", "this machine's clock agrees with AWS's: a signature is refused when they are five minutes apart", once, nothing, nil, lookAtClock},
		{"accounts", "the accounts of the units that org.yaml names can be listed", organization, orgFile, []string{"organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"}, nil},
		{"account-readable", "the role to read with can be taken in the account", perAccount, nothing, []string{"sts:AssumeRole"}, nil},
		{"trusted-access", "AWS Organizations trusts CloudFormation's StackSets and the detection services", organization, orgFile, []string{"organizations:ListAWSServiceAccessForOrganization"}, lookAtTrustedAccess},
		{"delegated-administrators", "an account administers detection and StackSets for the organization, and whether that is the hub", organization, orgFile, []string{"organizations:ListDelegatedAdministrators"}, lookAtDelegated},
		{"guardrails", "the guardrails, which are policies of the organization, are attached where org.yaml says, and say what was rendered", organization, orgFile, []string{"organizations:ListPoliciesForTarget", "organizations:DescribePolicy"}, lookAtGuardrails},
		{"guardduty-detector", "GuardDuty is on", perRegion, nothing, []string{"guardduty:ListDetectors", "guardduty:GetDetector"}, lookAtGuardDuty},
		{"securityhub-hub", "Security Hub is on", perRegion, nothing, []string{"securityhub:DescribeHub"}, lookAtSecurityHub},
		{"config-recorder", "AWS Config records", perRegion, nothing, []string{"config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"}, lookAtConfig},
		{"access-analyzer", "IAM Access Analyzer looks for access from outside", perRegion, nothing, []string{"access-analyzer:ListAnalyzers"}, lookAtAnalyzer},
		{"macie", "whether Macie is on (information: without it no finding of it comes)", perRegion, nothing, []string{"macie2:GetMacieSession"}, lookAtMacie},
		{"inspector", "whether Inspector is on (information: without it no finding of it comes)", perRegion, nothing, []string{"inspector2:BatchGetAccountStatus"}, lookAtInspector},
		{"cloudtrail-trail", "a trail of all Regions logs, and its files can be validated", perAccount, nothing, []string{"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"}, lookAtTrail},
		{"event-rules", "the event rules are there, enabled, with the rendered pattern, and send to the hub's bus", perRegion, orgFile, []string{"events:ListRules", "events:ListTargetsByRule"}, lookAtRules},
		{"events-quota", "the default bus has room for rules", perRegion, nothing, []string{"events:ListRules"}, lookAtBusQuota},
		{"forward-aside", "no event lies aside that could not be sent to the hub", perRegion, orgFile, []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}, lookAtForwardAside},
		{"role-policy", "each playbook's role holds what is derived from the playbook, no more and no less", perAccount, aRole, []string{"iam:GetAccountAuthorizationDetails"}, lookAtRolePolicies},
		{"role-trust", "each role can be taken by the hub's functions and by nobody else", perAccount, orgFile, []string{"iam:GetAccountAuthorizationDetails"}, lookAtTrust},
		{"role-boundary", "each role has the boundary, and the boundary denies what was rendered", perAccount, orgFile, []string{"iam:GetAccountAuthorizationDetails"}, lookAtBoundaries},
		{"role-assumable", "each role can be taken with these credentials, which have to be Parry's own; CloudTrail records every try", perAccount, taking, []string{"sts:AssumeRole"}, lookAtTaking},
		{"iam-roles-quota", "the account has room for the roles", perAccount, nothing, []string{"iam:GetAccountSummary"}, lookAtRolesQuota},
		{"arrival-rule", "what reaches the hub's bus is put into the queue", inHub, orgFile, []string{"events:ListRules", "events:ListTargetsByRule"}, lookAtArrival},
		{"queue", "the queue of findings is drained", inHub, orgFile, []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "cloudwatch:GetMetricStatistics"}, lookAtQueue},
		{"dead-letters", "nothing lies in the queue of dead letters", inHub, orgFile, []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}, lookAtDeadLetters},
		{"lambda-concurrency", "Lambda can run as many workers at once as were deployed for", inHub, orgFile, []string{"lambda:GetAccountSettings"}, lookAtConcurrency},
		{"audit-bucket", "the bucket of the record is versioned, locked, encrypted and not public", inHub, orgFile,
			[]string{"s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration", "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"}, lookAtBucket},
		{"store-table", "the table of responses is as 'parry store create' makes it", inHub, aTable, []string{"dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTimeToLive"}, lookAtTable},
	}
}

// Described is what a person may know of a check.
type Described struct {
	ID, What, Where, Needs string
	Actions                []string
}

// Checks describes all checks, in the order in which they are listed.
func Checks() []Described {
	var all []Described
	for _, c := range checks() {
		all = append(all, Described{c.id, c.what, string(c.scope), string(c.needs), c.actions})
	}
	return all
}

// Permissions are what all checks need of IAM, on resources as narrow as IAM can tell them apart. o may be nil; reader is the role to read with in
// other accounts, empty for none. sts:GetCallerIdentity needs none.
func Permissions(o *deploy.Org, partition, reader, table string) []parry.Permission {
	name, bucket := "parry", "parry-audit-*"
	if o != nil {
		name, bucket, partition, table = o.Name, o.AuditBucket(), o.Partition, o.Table()
	}
	if table == "" {
		table = name
	}
	arn := func(service, rest string) string { return fmt.Sprintf("arn:%s:%s:*:*:%s", partition, service, rest) }
	// What is not here knows no resources, or none that is known before it is asked for. Source: Service Authorization Reference; a test holds this
	// against two lists of it.
	on := map[string][]string{
		"guardduty:GetDetector": {arn("guardduty", "detector/*")}, "securityhub:DescribeHub": {arn("securityhub", "hub/default")}, "cloudtrail:GetTrailStatus": {arn("cloudtrail", "trail/*")},
		"events:ListTargetsByRule": {arn("events", "rule/*")},
		"sqs:GetQueueUrl":          {arn("sqs", name+"-*")}, "sqs:GetQueueAttributes": {arn("sqs", name+"-*")},
		"organizations:ListAccountsForParent":            {fmt.Sprintf("arn:%s:organizations::*:ou/o-*/ou-*", partition), fmt.Sprintf("arn:%s:organizations::*:root/o-*/r-*", partition)},
		"organizations:ListOrganizationalUnitsForParent": {fmt.Sprintf("arn:%s:organizations::*:ou/o-*/ou-*", partition), fmt.Sprintf("arn:%s:organizations::*:root/o-*/r-*", partition)},
		"organizations:ListPoliciesForTarget": {fmt.Sprintf("arn:%s:organizations::*:ou/o-*/ou-*", partition), fmt.Sprintf("arn:%s:organizations::*:root/o-*/r-*", partition),
			fmt.Sprintf("arn:%s:organizations::*:account/o-*/*", partition)},
		"organizations:DescribePolicy": {fmt.Sprintf("arn:%s:organizations::*:policy/o-*/*_control_policy/p-*", partition)},
		"dynamodb:DescribeTable":       {arn("dynamodb", "table/"+table)}, "dynamodb:DescribeContinuousBackups": {arn("dynamodb", "table/"+table)}, "dynamodb:DescribeTimeToLive": {arn("dynamodb", "table/"+table)},
	}
	for _, a := range []string{"s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration", "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"} {
		on[a] = []string{fmt.Sprintf("arn:%s:s3:::%s", partition, bucket)}
	}
	var actions []string
	for _, c := range checks() {
		actions = append(actions, c.actions...)
	}
	slices.Sort(actions)
	var all []parry.Permission
	for _, a := range slices.Compact(actions) {
		switch resources := on[a]; {
		case a == "sts:AssumeRole" && reader == "":
		case a == "sts:AssumeRole":
			all = append(all, parry.Permission{Action: a, Resources: []string{fmt.Sprintf("arn:%s:iam::*:role/%s", partition, reader)}})
		case resources != nil:
			all = append(all, parry.Permission{Action: a, Resources: resources})
		default:
			all = append(all, parry.Permission{Action: a, Resources: []string{"*"}})
		}
	}
	return all
}
