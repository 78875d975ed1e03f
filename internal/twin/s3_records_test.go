package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func lifecycleOf(name *string, rules ...s3types.LifecycleRule) *s3.PutBucketLifecycleConfigurationInput {
	return &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: rules}}
}

func tidy(id string) s3types.LifecycleRule {
	return s3types.LifecycleRule{
		ID: aws.String(id), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
		AbortIncompleteMultipartUpload: &s3types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
	}
}

// moto says the same of what is right, and takes a rule that does nothing, and two of one name.
func TestLifecycle(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	get := &s3.GetBucketLifecycleConfigurationInput{Bucket: name}
	refused(c.GetBucketLifecycleConfiguration(ctx, get))(t, "NoSuchLifecycleConfiguration")
	got(c.PutBucketLifecycleConfiguration(ctx, lifecycleOf(name, tidy("a"))))(t)
	got(c.PutBucketLifecycleConfiguration(ctx, lifecycleOf(name, tidy("b"))))(t)
	out := got(c.GetBucketLifecycleConfiguration(ctx, get))(t)
	if len(out.Rules) != 1 || *out.Rules[0].ID != "b" || out.TransitionDefaultMinimumObjectSize != s3types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k {
		t.Errorf("a configuration is put as a whole: %+v", out)
	}
	idle, placeless := tidy("a"), tidy("a")
	idle.AbortIncompleteMultipartUpload, placeless.Filter = nil, nil
	refused(c.PutBucketLifecycleConfiguration(ctx, lifecycleOf(name, idle)))(t, "InvalidRequest")
	refused(c.PutBucketLifecycleConfiguration(ctx, lifecycleOf(name, placeless)))(t, "MalformedXML")
	refused(c.PutBucketLifecycleConfiguration(ctx, lifecycleOf(name, tidy("a"), tidy("a"))))(t, "InvalidArgument")
	got(c.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: name}))(t)
	refused(c.GetBucketLifecycleConfiguration(ctx, get))(t, "NoSuchLifecycleConfiguration")
}

// moto takes EventBridge and does not tell it back; of the rest it says the same.
func TestNotifications(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	get := &s3.GetBucketNotificationConfigurationInput{Bucket: name}
	if out := got(c.GetBucketNotificationConfiguration(ctx, get))(t); out.EventBridgeConfiguration != nil || len(out.QueueConfigurations) > 0 {
		t.Errorf("a new bucket tells %+v", out)
	}
	put := func(region string) *s3.PutBucketNotificationConfigurationInput {
		return &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{
			EventBridgeConfiguration: &s3types.EventBridgeConfiguration{},
			QueueConfigurations:      []s3types.QueueConfiguration{{QueueArn: aws.String("arn:aws:sqs:" + region + ":" + testAccount + ":q"), Events: []s3types.Event{"s3:ObjectCreated:*"}}},
		}}
	}
	refused(c.PutBucketNotificationConfiguration(ctx, put("us-west-2")))(t, "InvalidArgument")
	got(c.PutBucketNotificationConfiguration(ctx, put(testRegion)))(t)
	if out := got(c.GetBucketNotificationConfiguration(ctx, get))(t); out.EventBridgeConfiguration == nil || len(out.QueueConfigurations) != 1 {
		t.Errorf("%+v", out)
	}
	got(c.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{}}))(t)
	if out := got(c.GetBucketNotificationConfiguration(ctx, get))(t); out.EventBridgeConfiguration != nil || len(out.QueueConfigurations) > 0 {
		t.Errorf("what is left out is deleted: %+v", out)
	}
}

// moto says the same.
func TestAccessLogging(t *testing.T) {
	ctx, org, c, name := newS3(t, "site")
	far := s3.NewFromConfig(org.Config(testAccount, "us-east-1"))
	got(far.CreateBucket(ctx, newBucket("far", "us-east-1")))(t)
	got(c.CreateBucket(ctx, newBucket("logs", testRegion)))(t)
	log := func(to string) *s3.PutBucketLoggingInput {
		return &s3.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &s3types.BucketLoggingStatus{LoggingEnabled: &s3types.LoggingEnabled{TargetBucket: aws.String(to), TargetPrefix: aws.String("site/")}}}
	}
	let := func(c *s3.Client, bucket string) {
		got(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + bucket + `/*"}]}`)}))(t)
	}
	refused(c.PutBucketLogging(ctx, log("none")))(t, "InvalidTargetBucketForLogging")
	refused(c.PutBucketLogging(ctx, log("logs")))(t, "InvalidTargetBucketForLogging")
	let(far, "far")
	refused(c.PutBucketLogging(ctx, log("far")))(t, "CrossLocationLoggingProhibitted")
	let(c, "logs")
	got(c.PutBucketLogging(ctx, log("logs")))(t)
	get := &s3.GetBucketLoggingInput{Bucket: name}
	if on := got(c.GetBucketLogging(ctx, get))(t).LoggingEnabled; on == nil || *on.TargetBucket != "logs" || *on.TargetPrefix != "site/" {
		t.Errorf("%+v", on)
	}
	got(c.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &s3types.BucketLoggingStatus{}}))(t)
	if on := got(c.GetBucketLogging(ctx, get))(t).LoggingEnabled; on != nil {
		t.Errorf("%+v", on)
	}
}
