package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// lookAtBucket looks at the four things that keep the record. Each is asked for by itself, so that one that may not be read hides no other.
func lookAtBucket(ctx context.Context, p *place) ([]Finding, error) {
	c, bucket := s3.NewFromConfig(p.cfg), p.Org.AuditBucket()
	fix := "update the stack of hub.json"
	versions, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &bucket})
	if code(err) == "NoSuchBucket" {
		return []Finding{missing("deploy hub.json in the hub", "there is no bucket %s: the record is kept nowhere", bucket)}, nil
	}
	var found []Finding
	add := func(err error, action string, f *Finding) {
		if err != nil {
			u := unread(err, []string{action})
			f = &u
		}
		if f != nil {
			found = append(found, *f)
		}
	}
	var wrong *Finding
	if err == nil && versions.Status != types.BucketVersioningStatusEnabled {
		wrong = pointer(risk("aws s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket "+bucket, "the bucket %s is not versioned: what is written over is gone", bucket))
	}
	add(err, "s3:GetBucketVersioning", wrong)

	lock, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &bucket})
	if code(err) == "ObjectLockConfigurationNotFoundError" {
		err, lock = nil, nil
	}
	wrong = nil
	if err == nil {
		wrong = p.unlocked(lock)
	}
	add(err, "s3:GetBucketObjectLockConfiguration", wrong)

	encryption, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &bucket})
	if code(err) == "ServerSideEncryptionConfigurationNotFoundError" {
		err, encryption = nil, nil
	}
	wrong = nil
	if err == nil && !byKMS(encryption) {
		wrong = pointer(risk(fix, "the bucket %s is not encrypted with the deployment's own key", bucket))
	}
	add(err, "s3:GetEncryptionConfiguration", wrong)

	block, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if code(err) == "NoSuchPublicAccessBlockConfiguration" {
		err, block = nil, nil
	}
	wrong = nil
	if err == nil && !private(block) {
		wrong = pointer(risk("aws s3api put-public-access-block --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true --bucket "+bucket,
			"the bucket %s can be made public", bucket))
	}
	add(err, "s3:GetBucketPublicAccessBlock", wrong)
	if len(found) == 0 {
		found = []Finding{ok("the bucket %s is versioned, locked, encrypted and private", bucket)}
	}
	return found, nil
}

// unlocked says what is wrong with the bucket's lock.
func (p *place) unlocked(out *s3.GetObjectLockConfigurationOutput) *Finding {
	bucket, want := p.Org.AuditBucket(), p.Org.Audit
	fix := "aws s3api put-object-lock-configuration for the bucket " + bucket + " as hub.json has it, or update its stack; for a bucket that is versioned it can be switched on later"
	if out == nil || out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
		return pointer(missing(fix, "the bucket %s has no Object Lock: whoever may write there can delete the record", bucket))
	}
	r := out.ObjectLockConfiguration.Rule
	if r == nil || r.DefaultRetention == nil {
		return pointer(missing(fix, "the bucket %s has Object Lock, but no retention: nothing is locked by itself", bucket))
	}
	days := int(aws.ToInt32(r.DefaultRetention.Days)) + 365*int(aws.ToInt32(r.DefaultRetention.Years))
	if weak := string(r.DefaultRetention.Mode) != want.Mode && want.Mode == string(types.ObjectLockRetentionModeCompliance); weak || days < want.Days {
		return pointer(risk(fix, "the bucket %s locks for %d days in mode %s; org.yaml says %d in mode %s", bucket, days, r.DefaultRetention.Mode, want.Days, want.Mode))
	}
	return nil
}

func byKMS(out *s3.GetBucketEncryptionOutput) bool {
	if out == nil || out.ServerSideEncryptionConfiguration == nil {
		return false
	}
	for _, r := range out.ServerSideEncryptionConfiguration.Rules {
		if d := r.ApplyServerSideEncryptionByDefault; d != nil && (d.SSEAlgorithm == types.ServerSideEncryptionAwsKms || d.SSEAlgorithm == types.ServerSideEncryptionAwsKmsDsse) {
			return true
		}
	}
	return false
}

func private(out *s3.GetPublicAccessBlockOutput) bool {
	if out == nil || out.PublicAccessBlockConfiguration == nil {
		return false
	}
	b := out.PublicAccessBlockConfiguration
	return aws.ToBool(b.BlockPublicAcls) && aws.ToBool(b.BlockPublicPolicy) && aws.ToBool(b.IgnorePublicAcls) && aws.ToBool(b.RestrictPublicBuckets)
}

func pointer(f Finding) *Finding { return &f }
