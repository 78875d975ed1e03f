package deploy

// archived are the folders of the audit bucket that the clock brings the record into. Source: package audit, which names them.
func archived() []string { return []string{"records/v1/", "checkpoints/v1/"} }

// archive is the audit bucket's objects that the clock writes, as ARNs.
func (o *Org) archive() (all []string) {
	for _, folder := range archived() {
		all = append(all, "arn:"+o.Partition+":s3:::"+o.AuditBucket()+"/"+folder+"*")
	}
	return all
}

// archiving is what the clock may do with the audit bucket: add to the record, see how far it goes, and compare where a name is taken. It can
// neither delete nor, by the bucket's own policy, replace anything. Sources: "Required permissions for Amazon S3 API operations" and "Uploading an
// object with SSE-KMS", Amazon S3 User Guide: kms:GenerateDataKey to write, kms:Decrypt to read.
func (o *Org) archiving() []m {
	prefixes := []string{}
	for _, folder := range archived() {
		prefixes = append(prefixes, folder+"*")
	}
	return []m{
		allow(m{"Sid": "Archive", "Action": []string{"s3:GetObject", "s3:PutObject"}, "Resource": o.archive()}),
		allow(m{"Sid": "ArchiveNames", "Action": "s3:ListBucket", "Resource": "arn:" + o.Partition + ":s3:::" + o.AuditBucket(), "Condition": m{"StringLike": m{"s3:prefix": prefixes}}}),
		allow(m{"Sid": "ArchiveKey", "Action": []string{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": att("AuditKey", "Arn")}),
	}
}

// audit is what keeps the record: a key that signs the log of all records, a bucket that nobody can empty, and a trail of all that is done.
func (w *Wish) audit(t *template) {
	o := w.Org
	administer := allow(m{"Sid": "Administer", "Principal": m{"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}, "Action": "kms:*", "Resource": "*"})
	t.add("SigningKey", "AWS::KMS::Key", m{
		"Description": "Signs checkpoints of the log of " + o.Name, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Tags": o.tags(), "PendingWindowInDays": 30,
		"KeyPolicy": policy(administer),
	}, kept()...)
	t.add("SigningKeyName", "AWS::KMS::Alias", m{"AliasName": "alias/" + o.Name + "-signing", "TargetKeyId": ref("SigningKey")})
	t.add("AuditKey", "AWS::KMS::Key", m{
		"Description": "Encrypts the record of " + o.Name, "EnableKeyRotation": true, "Tags": o.tags(), "PendingWindowInDays": 30,
		"KeyPolicy": policy(administer, allow(m{"Sid": "Trail", "Principal": m{"Service": "cloudtrail.amazonaws.com"}, "Action": []string{"kms:GenerateDataKey*", "kms:DescribeKey"}, "Resource": "*",
			"Condition": m{"StringEquals": m{"aws:SourceArn": o.arn("cloudtrail", "trail/"+o.Trail())}}})),
	}, kept()...)
	t.add("AuditBucket", "AWS::S3::Bucket", m{
		"BucketName": o.AuditBucket(), "ObjectLockEnabled": true, "VersioningConfiguration": m{"Status": "Enabled"}, "Tags": o.tags(),
		"ObjectLockConfiguration":        m{"ObjectLockEnabled": "Enabled", "Rule": m{"DefaultRetention": m{"Mode": o.Audit.Mode, "Days": o.Audit.Days}}},
		"PublicAccessBlockConfiguration": m{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
		"OwnershipControls":              m{"Rules": []m{{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"BucketEncryption":               m{"ServerSideEncryptionConfiguration": []m{{"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": m{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": att("AuditKey", "Arn")}}}},
	}, kept()...)
	bucket := "arn:" + o.Partition + ":s3:::" + o.AuditBucket()
	byTrail := m{"StringEquals": m{"aws:SourceArn": o.arn("cloudtrail", "trail/"+o.Trail())}}
	// Source: "Amazon S3 bucket policy for CloudTrail", CloudTrail User Guide.
	t.add("AuditBucketPolicy", "AWS::S3::BucketPolicy", m{"Bucket": ref("AuditBucket"), "PolicyDocument": policy(
		deny(m{"Sid": "OnlyEncryptedTransport", "Principal": "*", "Action": "s3:*", "Resource": []string{bucket, bucket + "/*"}, "Condition": m{"Bool": m{"aws:SecureTransport": "false"}}}),
		deny(m{"Sid": "OnlyTheClockArchives", "Principal": "*", "Action": "s3:PutObject", "Resource": o.archive(), "Condition": m{"ArnNotEquals": m{"aws:PrincipalArn": o.roleARN(o.Hub.Account, o.HubRole(Clock))}}}),
		// Source: "Enforce conditional writes on Amazon S3 buckets", Amazon S3 User Guide.
		deny(m{"Sid": "NothingIsReplaced", "Principal": "*", "Action": "s3:PutObject", "Resource": o.archive(), "Condition": m{"Null": m{"s3:if-none-match": "true"}}}),
		allow(m{"Sid": "TrailLooks", "Principal": m{"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": bucket, "Condition": byTrail}),
		allow(m{"Sid": "TrailWrites", "Principal": m{"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": []string{bucket + "/AWSLogs/" + o.Hub.Account + "/*", bucket + "/AWSLogs/" + o.Organization + "/*"}, "Condition": byTrail}),
	)})
	t.Outputs["Record"] = m{"Description": "Where the record is, for 'parry audit verify --archive'.", "Value": "s3://" + o.AuditBucket()}
	t.Outputs["RecordKey"] = m{"Description": "The key that signs it, for 'parry audit key show --audit-key kms:...'.", "Value": att("SigningKey", "Arn")}
	if o.Audit.Trail != "" {
		return // the organization has one
	}
	t.add("Trail", "AWS::CloudTrail::Trail", m{
		"TrailName": o.Trail(), "IsLogging": true, "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true, "EnableLogFileValidation": true, "S3BucketName": ref("AuditBucket"),
		"KMSKeyId": att("AuditKey", "Arn"), "Tags": o.tags(),
	}, append(kept(), "DependsOn", []string{"AuditBucketPolicy"})...)
}

// retention is how long CloudWatch keeps a log that is to be kept so many days: the next longer of the spans that it knows. Source:
// PutRetentionPolicy, CloudWatch Logs API Reference.
func retention(days int) int {
	for _, d := range []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653} {
		if d >= days {
			return d
		}
	}
	return 3653
}
