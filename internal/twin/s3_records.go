package twin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// lifecycle is what a bucket does with its objects by itself.
type lifecycle struct {
	Rules   []s3types.LifecycleRule
	MinSize s3types.TransitionDefaultMinimumObjectSize
}

// notifications are whom a bucket tells of what happens in it.
type notifications struct {
	EventBridge *s3types.EventBridgeConfiguration
	Functions   []s3types.LambdaFunctionConfiguration
	Queues      []s3types.QueueConfiguration
	Topics      []s3types.TopicConfiguration
}

// bucketRecordHandlers are the settings of a bucket for what happens to its objects: how long they are kept, who is told, where it is logged.
func bucketRecordHandlers(t table) {
	rules := setting[lifecycle]{
		service: "S3", noun: "BucketLifecycleConfiguration", find: onBucket, check: checkLifecycle,
		missing: reject("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
	}
	readWriteHandlers[s3.GetBucketLifecycleConfigurationInput, s3.PutBucketLifecycleConfigurationOutput](t, rules,
		func(v lifecycle) *s3.GetBucketLifecycleConfigurationOutput {
			return &s3.GetBucketLifecycleConfigurationOutput{Rules: v.Rules, TransitionDefaultMinimumObjectSize: v.MinSize}
		},
		func(in *s3.PutBucketLifecycleConfigurationInput) lifecycle {
			v := lifecycle{MinSize: in.TransitionDefaultMinimumObjectSize}
			if in.LifecycleConfiguration != nil {
				v.Rules = in.LifecycleConfiguration.Rules
			}
			if v.MinSize == "" {
				v.MinSize = s3types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k
			}
			return v
		})
	deleteHandler[s3.DeleteBucketLifecycleInput, s3.DeleteBucketLifecycleOutput](t, rules, "DeleteBucketLifecycle")

	readWriteHandlers[s3.GetBucketNotificationConfigurationInput, s3.PutBucketNotificationConfigurationOutput](t,
		setting[notifications]{service: "S3", noun: "BucketNotificationConfiguration", find: onBucket, check: checkNotifications, initial: func() notifications { return notifications{} }},
		func(v notifications) *s3.GetBucketNotificationConfigurationOutput {
			return &s3.GetBucketNotificationConfigurationOutput{
				EventBridgeConfiguration: v.EventBridge, LambdaFunctionConfigurations: v.Functions, QueueConfigurations: v.Queues, TopicConfigurations: v.Topics,
			}
		},
		func(in *s3.PutBucketNotificationConfigurationInput) notifications {
			c := in.NotificationConfiguration
			return notifications{c.EventBridgeConfiguration, c.LambdaFunctionConfigurations, c.QueueConfigurations, c.TopicConfigurations}
		})

	readWriteHandlers[s3.GetBucketLoggingInput, s3.PutBucketLoggingOutput](t,
		setting[*s3types.LoggingEnabled]{service: "S3", noun: "BucketLogging", find: onBucket, check: checkLogging, initial: func() *s3types.LoggingEnabled { return nil }},
		func(v *s3types.LoggingEnabled) *s3.GetBucketLoggingOutput {
			return &s3.GetBucketLoggingOutput{LoggingEnabled: v}
		},
		func(in *s3.PutBucketLoggingInput) *s3types.LoggingEnabled {
			return in.BucketLoggingStatus.LoggingEnabled
		})
}

// checkLifecycle wants rules that do something, each of its own name.
func checkLifecycle(_ *request, _ place, v lifecycle) error {
	malformed := reject("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	if len(v.Rules) == 0 || len(v.Rules) > 1000 {
		return malformed
	}
	seen := map[string]bool{}
	for _, rule := range v.Rules {
		id := aws.ToString(rule.ID)
		if id != "" && seen[id] {
			return reject("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		seen[id] = true
		if rule.Expiration == nil && rule.AbortIncompleteMultipartUpload == nil && len(rule.Transitions) == 0 && rule.NoncurrentVersionExpiration == nil && len(rule.NoncurrentVersionTransitions) == 0 {
			return reject("InvalidRequest", "At least one action needs to be specified in a rule")
		}
		if rule.Filter == nil && lacksPrefix(rule) {
			return malformed
		}
	}
	return nil
}

// lacksPrefix says whether a rule has no prefix in the old place, where it still may stand instead of a filter.
func lacksPrefix(rule s3types.LifecycleRule) bool {
	//lint:ignore SA1019 the old place is deprecated, and old rules are written there
	return rule.Prefix == nil
}

// checkNotifications wants destinations of the bucket's own Region.
func checkNotifications(_ *request, at place, v notifications) error {
	var arns []*string
	for _, c := range v.Functions {
		arns = append(arns, c.LambdaFunctionArn)
	}
	for _, c := range v.Queues {
		arns = append(arns, c.QueueArn)
	}
	for _, c := range v.Topics {
		arns = append(arns, c.TopicArn)
	}
	for _, arn := range arns {
		if part := strings.Split(aws.ToString(arn), ":"); len(part) < 6 || part[3] != at.bucket.region {
			return reject("InvalidArgument", "The notification destination service region is not valid for the bucket location constraint")
		}
	}
	return nil
}

// checkLogging wants a bucket of the same owner and Region that lets the log delivery write.
func checkLogging(r *request, at place, v *s3types.LoggingEnabled) error {
	if v == nil {
		return nil
	}
	to, ok := r.org.s3.buckets[aws.ToString(v.TargetBucket)]
	switch {
	case !ok || to.owner != at.bucket.owner:
		return reject("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
	case to.region != at.bucket.region:
		return reject("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ")
	}
	arn := fmt.Sprintf("arn:aws:s3:::%s/%s", to.name, aws.ToString(v.TargetPrefix))
	if p, ok := to.policy(); !ok || !p.letsLogsIn(arn) {
		return reject("InvalidTargetBucketForLogging", "You must either provide the necessary permissions to the logging service using a bucket policy or give the log-delivery group WRITE and READ_ACP permissions to the target bucket")
	}
	return nil
}

// letsLogsIn says whether the service that delivers access logs may write below a name.
func (p policy) letsLogsIn(arn string) bool {
	return slices.ContainsFunc(p.Statement, func(s statement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Principal["Service"], "logging.s3.amazonaws.com") && s.covers("s3:PutObject", arn+"log")
	})
}
