package deploy

// code is the template of the bucket that the hub's functions and the larger templates are taken from. What is in it runs with the hub's roles:
// the guardrails keep everybody but the deployers from writing there.
func (w *Wish) code() ([]File, error) {
	o := w.Org
	t := newTemplate("What the hub of " + o.Name + " is made from: its binary and templates.")
	t.add("Code", "AWS::S3::Bucket", m{
		"BucketName": o.CodeBucket(), "VersioningConfiguration": m{"Status": "Enabled"}, "Tags": o.tags(),
		"PublicAccessBlockConfiguration": m{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
		"OwnershipControls":              m{"Rules": []m{{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"BucketEncryption":               m{"ServerSideEncryptionConfiguration": []m{{"ServerSideEncryptionByDefault": m{"SSEAlgorithm": "AES256"}}}},
	}, kept()...)
	bucket := "arn:" + o.Partition + ":s3:::" + o.CodeBucket()
	statements := []m{
		deny(m{"Sid": "OnlyEncryptedTransport", "Principal": "*", "Action": "s3:*", "Resource": []string{bucket, bucket + "/*"}, "Condition": m{"Bool": m{"aws:SecureTransport": "false"}}}),
	}
	if o.Management != "" { // from where the stack sets may be made
		statements = append(statements, allow(m{"Sid": "Templates", "Principal": m{"AWS": "arn:" + o.Partition + ":iam::" + o.Management + ":root"}, "Action": "s3:GetObject", "Resource": bucket + "/templates/*"}))
	}
	t.add("CodePolicy", "AWS::S3::BucketPolicy", m{"Bucket": ref("Code"), "PolicyDocument": policy(statements...)})
	body, err := t.json()
	return []File{{"code.json", body, "the bucket for the binary and for larger templates, a stack in the hub in " + o.Hub.Region, CodeStack}}, err
}
