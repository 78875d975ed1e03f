package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const bucket = "arn:{partition}:s3:::{Bucket}"

// s3Client asks an endpoint of one's own by path: an emulator has no name for each bucket.
func s3Client(cfg aws.Config, opts ...func(*s3.Options)) *s3.Client {
	return s3.NewFromConfig(cfg, append(opts, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })...)
}

func s3Entries() []entry {
	return []entry{
		op("s3:CreateBucket", s3Client, (*s3.Client).CreateBucket, writes, needs("s3:CreateBucket", bucket)),
		op("s3:GetPublicAccessBlock", s3Client, (*s3.Client).GetPublicAccessBlock, needs("s3:GetBucketPublicAccessBlock", bucket)),
		op("s3:PutPublicAccessBlock", s3Client, (*s3.Client).PutPublicAccessBlock, writes, needs("s3:PutBucketPublicAccessBlock", bucket)),
		op("s3:DeletePublicAccessBlock", s3Client, (*s3.Client).DeletePublicAccessBlock, writes, needs("s3:PutBucketPublicAccessBlock", bucket)),
		op("s3:GetBucketWebsite", s3Client, (*s3.Client).GetBucketWebsite, needs("s3:GetBucketWebsite", bucket)),
		op("s3:PutBucketWebsite", s3Client, (*s3.Client).PutBucketWebsite, writes, needs("s3:PutBucketWebsite", bucket)),
		op("s3:GetBucketPolicy", s3Client, (*s3.Client).GetBucketPolicy, needs("s3:GetBucketPolicy", bucket)),
		op("s3:PutBucketPolicy", s3Client, (*s3.Client).PutBucketPolicy, writes, needs("s3:PutBucketPolicy", bucket)),
		op("s3:DeleteBucketPolicy", s3Client, (*s3.Client).DeleteBucketPolicy, writes, needs("s3:DeleteBucketPolicy", bucket)),
		op("s3:GetBucketTagging", s3Client, (*s3.Client).GetBucketTagging, needs("s3:GetBucketTagging", bucket)),
		op("s3:PutBucketTagging", s3Client, (*s3.Client).PutBucketTagging, writes, needs("s3:PutBucketTagging", bucket)),
		op("s3:PutBucketEncryption", s3Client, (*s3.Client).PutBucketEncryption, writes, needs("s3:PutEncryptionConfiguration", bucket)),
		op("s3:GetBucketEncryption", s3Client, (*s3.Client).GetBucketEncryption, needs("s3:GetEncryptionConfiguration", bucket)),
		op("s3:DeleteBucketEncryption", s3Client, (*s3.Client).DeleteBucketEncryption, writes, needs("s3:PutEncryptionConfiguration", bucket)),
		op("s3:GetBucketLifecycleConfiguration", s3Client, (*s3.Client).GetBucketLifecycleConfiguration, needs("s3:GetLifecycleConfiguration", bucket)),
		op("s3:PutBucketLifecycleConfiguration", s3Client, (*s3.Client).PutBucketLifecycleConfiguration, writes, needs("s3:PutLifecycleConfiguration", bucket)),
		op("s3:DeleteBucketLifecycle", s3Client, (*s3.Client).DeleteBucketLifecycle, writes, needs("s3:PutLifecycleConfiguration", bucket)),
		op("s3:GetBucketNotificationConfiguration", s3Client, (*s3.Client).GetBucketNotificationConfiguration, needs("s3:GetBucketNotification", bucket)),
		op("s3:PutBucketNotificationConfiguration", s3Client, (*s3.Client).PutBucketNotificationConfiguration, writes, needs("s3:PutBucketNotification", bucket)),
		op("s3:GetBucketLogging", s3Client, (*s3.Client).GetBucketLogging, needs("s3:GetBucketLogging", bucket)),
		op("s3:PutBucketLogging", s3Client, (*s3.Client).PutBucketLogging, writes, needs("s3:PutBucketLogging", bucket)),
		op("s3:GetBucketAcl", s3Client, (*s3.Client).GetBucketAcl, needs("s3:GetBucketAcl", bucket)),
		op("s3:PutBucketAcl", s3Client, (*s3.Client).PutBucketAcl, writes, needs("s3:PutBucketAcl", bucket)),
		op("s3:GetBucketVersioning", s3Client, (*s3.Client).GetBucketVersioning, needs("s3:GetBucketVersioning", bucket)),
		op("s3:PutBucketVersioning", s3Client, (*s3.Client).PutBucketVersioning, writes, needs("s3:PutBucketVersioning", bucket)),
		op("s3:GetObjectLockConfiguration", s3Client, (*s3.Client).GetObjectLockConfiguration, needs("s3:GetBucketObjectLockConfiguration", bucket)),
		op("s3:PutObjectLockConfiguration", s3Client, (*s3.Client).PutObjectLockConfiguration, writes, needs("s3:PutBucketObjectLockConfiguration", bucket)),
	}
}
