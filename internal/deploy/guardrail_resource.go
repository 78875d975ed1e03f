package deploy

// resourceGuards are resource control policies. They bind whoever comes to a resource of the accounts that they are attached to: strangers whom a
// resource's own policy lets in by mistake, and the management account's administrators, whom no service control policy binds. They do not bind
// service-linked roles, nor anybody on resources of the management account.
//
// Which services they hold for: "List of AWS services that support RCPs", AWS Organizations User Guide, "Resource control policies (RCPs)"; of what
// Parry is made of S3, KMS, SQS, DynamoDB, CloudWatch Logs, EventBridge and STS are among them. Lambda, Step Functions and SNS are not.
// Form: "RCP syntax", there: a Deny, for the principal *, whose actions name their service.
func (o *Org) resourceGuards() []guard {
	arn := func(service, rest string) string { return "arn:" + o.Partition + ":" + service + ":*:*:" + rest }
	bucket := "arn:" + o.Partition + ":s3:::" + o.AuditBucket()
	code := "arn:" + o.Partition + ":s3:::" + o.CodeBucket()
	roles := "arn:" + o.Partition + ":iam::*:role/" + o.Name + "-*"
	everyone := func(s m) m { s["Principal"] = "*"; return deny(s) }
	// AWS's services have no organization of their own. Who is anonymous has none either, and no ARN: a key that is not there counts as another's.
	noService := m{"aws:PrincipalIsAWSService": "false"}
	stranger := m{"StringNotEqualsIfExists": m{"aws:PrincipalOrgID": o.Organization}, "BoolIfExists": noService}
	// A service that acts for a resource of somebody else's account. Source: "RCP examples", AWS Organizations User Guide ("EnforceConfusedDeputyProtection").
	deputy := m{"StringNotEqualsIfExists": m{"aws:SourceOrgID": o.Organization}, "Null": m{"aws:SourceAccount": "false"}, "Bool": m{"aws:PrincipalIsAWSService": "true"}}
	ofKeys := func(condition m) m { // a key has no name, but tags
		with := m{"StringEquals": m{"aws:ResourceTag/managed-by": o.Name}}
		for operator, keys := range condition {
			with[operator] = keys
		}
		return with
	}
	except := func(more ...string) m {
		return m{"ArnNotLikeIfExists": m{"aws:PrincipalArn": append(o.excepted(), more...)}, "BoolIfExists": noService}
	}
	return []guard{{"resources", "Keeps strangers from what Parry has, and everybody but its deployers from its record and its roles.", []m{
		everyone(m{"Sid": "Strangers", "Action": []string{"dynamodb:*", "events:*", "logs:*", "s3:*", "sqs:*", "sts:*"}, "Resource": []string{
			bucket, bucket + "/*", code, code + "/*", roles, arn("dynamodb", "table/"+o.Table()), arn("dynamodb", "table/"+o.Table()+"/*"), arn("events", "event-bus/"+o.Bus()), arn("sqs", o.Name+"-*"),
			arn("logs", "log-group:/aws/lambda/"+o.Name+"-*"), arn("logs", "log-group:/aws/vendedlogs/states/"+o.Name+"-*"),
		}, "Condition": stranger}),
		everyone(m{"Sid": "StrangersToKeys", "Action": "kms:*", "Resource": "*", "Condition": ofKeys(stranger)}),
		everyone(m{"Sid": "Deputies", "Action": []string{"s3:*", "sqs:*", "sts:*"}, "Resource": []string{bucket, bucket + "/*", roles, arn("sqs", o.Name+"-*")}, "Condition": deputy}),
		everyone(m{"Sid": "DeputiesToKeys", "Action": "kms:*", "Resource": "*", "Condition": ofKeys(deputy)}),
		everyone(m{"Sid": "TakingRoles", "Action": "sts:AssumeRole", "Resource": roles, "Condition": except(o.roleARN(o.Hub.Account, o.HubRole("*")))}),
		everyone(m{"Sid": "Record", "Action": bucketChanges(), "Resource": []string{bucket, bucket + "/*"}, "Condition": except()}),
		everyone(m{"Sid": "Keys", "Action": keyChanges(), "Resource": "*", "Condition": ofKeys(except())}),
	}}}
}
