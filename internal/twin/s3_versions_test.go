package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestVersioning(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	put := func(status s3types.BucketVersioningStatus, mfa s3types.MFADelete, said *string) error {
		return second(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: name, MFA: said, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status, MFADelete: mfa}}))
	}
	get := func() *s3.GetBucketVersioningOutput {
		return got(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name}))(t)
	}
	if v := get(); v.Status != "" {
		t.Errorf("a new bucket is %q", v.Status)
	}
	refused(0, put("", "", nil))(t, "IllegalVersioningConfigurationException")
	refused(0, put(s3types.BucketVersioningStatusEnabled, s3types.MFADeleteEnabled, nil))(t, "AccessDenied")
	if err := put(s3types.BucketVersioningStatusSuspended, s3types.MFADeleteEnabled, aws.String("serial 123456")); err != nil {
		t.Fatal(err)
	}
	if v := get(); v.Status != s3types.BucketVersioningStatusSuspended || v.MFADelete != s3types.MFADeleteStatusEnabled {
		t.Errorf("%+v", v)
	}
	refused(0, put(s3types.BucketVersioningStatusEnabled, "", nil))(t, "AccessDenied")
}

func TestObjectLock(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	put := func(v *s3types.ObjectLockConfiguration) error {
		return second(c.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: name, ObjectLockConfiguration: v}))
	}
	version := func(status s3types.BucketVersioningStatus) error {
		return second(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}}))
	}
	retain := func(days, years *int32) *s3types.ObjectLockConfiguration {
		return &s3types.ObjectLockConfiguration{ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeGovernance, Days: days, Years: years}}}
	}
	refused(c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name}))(t, "ObjectLockConfigurationNotFoundError")
	refused(0, put(retain(aws.Int32(7), nil)))(t, "InvalidBucketState")
	if err := version(s3types.BucketVersioningStatusEnabled); err != nil {
		t.Fatal(err)
	}
	refused(0, put(&s3types.ObjectLockConfiguration{}))(t, "MalformedXML")
	refused(0, put(retain(aws.Int32(7), aws.Int32(1))))(t, "MalformedXML")
	refused(0, put(retain(aws.Int32(0), nil)))(t, "InvalidArgument")
	refused(0, put(retain(aws.Int32(36501), nil)))(t, "InvalidArgument")
	if err := put(retain(aws.Int32(7), nil)); err != nil {
		t.Fatal(err)
	}
	out := got(c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name}))(t)
	if d := out.ObjectLockConfiguration.Rule.DefaultRetention; *d.Days != 7 || d.Years != nil {
		t.Errorf("%+v", d)
	}
	refused(0, version(s3types.BucketVersioningStatusSuspended))(t, "InvalidBucketState")

	in := newBucket("locked", testRegion)
	in.ObjectLockEnabledForBucket = aws.Bool(true)
	got(c.CreateBucket(ctx, in))(t)
	if v := got(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: in.Bucket}))(t); v.Status != s3types.BucketVersioningStatusEnabled {
		t.Errorf("a bucket with Object Lock is %q", v.Status)
	}
}
