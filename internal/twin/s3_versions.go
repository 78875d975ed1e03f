package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// versioning is whether a bucket keeps the former versions of its objects; both are empty where nobody ever said so.
type versioning struct {
	Status    s3types.BucketVersioningStatus
	MFADelete s3types.MFADelete
	said      string // the device's serial number and code that came with it
}

// bucketVersionHandlers are what keeps a bucket's objects from being lost. Sources: PutBucketVersioning and PutObjectLockConfiguration,
// Amazon S3 API Reference; "Locking objects with Object Lock", Amazon S3 User Guide.
func bucketVersionHandlers(t table) {
	readWriteHandlers[s3.GetBucketVersioningInput, s3.PutBucketVersioningOutput](t,
		setting[versioning]{service: "S3", noun: "BucketVersioning", find: onBucket, check: checkVersioning, initial: func() versioning { return versioning{} }},
		func(v versioning) *s3.GetBucketVersioningOutput {
			return &s3.GetBucketVersioningOutput{Status: v.Status, MFADelete: s3types.MFADeleteStatus(v.MFADelete)}
		},
		func(in *s3.PutBucketVersioningInput) versioning {
			return versioning{in.VersioningConfiguration.Status, in.VersioningConfiguration.MFADelete, aws.ToString(in.MFA)}
		})
	readWriteHandlers[s3.GetObjectLockConfigurationInput, s3.PutObjectLockConfigurationOutput](t,
		setting[s3types.ObjectLockConfiguration]{
			service: "S3", noun: "ObjectLockConfiguration", find: onBucket, check: checkObjectLock,
			missing: reject("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
		},
		func(v s3types.ObjectLockConfiguration) *s3.GetObjectLockConfigurationOutput {
			return &s3.GetObjectLockConfigurationOutput{ObjectLockConfiguration: &v}
		},
		func(in *s3.PutObjectLockConfigurationInput) s3types.ObjectLockConfiguration {
			return *in.ObjectLockConfiguration
		})
}

// checkVersioning lets nobody stop the versions that a lock needs, and nobody without the device change what was put under it.
func checkVersioning(_ *request, at place, v versioning) error {
	was, _ := at.settings["BucketVersioning"].(versioning)
	_, locked := at.settings["ObjectLockConfiguration"]
	switch {
	case v.Status != s3types.BucketVersioningStatusEnabled && v.Status != s3types.BucketVersioningStatusSuspended:
		return reject("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case (was.MFADelete == s3types.MFADeleteEnabled || v.MFADelete == s3types.MFADeleteEnabled) && v.said == "":
		return reject("AccessDenied", "Mfa Authentication must be used for this request")
	case locked && v.Status != s3types.BucketVersioningStatusEnabled:
		return reject("InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	return nil
}

// checkObjectLock wants a bucket that keeps versions, and a default of one mode and one length, in days or in years.
func checkObjectLock(_ *request, at place, v s3types.ObjectLockConfiguration) error {
	malformed := reject("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	if was, _ := at.settings["BucketVersioning"].(versioning); was.Status != s3types.BucketVersioningStatusEnabled {
		return reject("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	if v.ObjectLockEnabled != s3types.ObjectLockEnabledEnabled {
		return malformed
	}
	if v.Rule == nil {
		return nil
	}
	d := v.Rule.DefaultRetention
	switch {
	case d == nil || d.Mode == "" || (d.Days == nil) == (d.Years == nil):
		return malformed
	case aws.ToInt32(d.Days) < 0 || aws.ToInt32(d.Years) < 0 || d.Days != nil && *d.Days == 0 || d.Years != nil && *d.Years == 0:
		return reject("InvalidArgument", "Default retention period must be a positive integer value.")
	case aws.ToInt32(d.Days) > 36500 || aws.ToInt32(d.Years) > 100:
		return reject("InvalidArgument", "Default retention period is too large.")
	}
	return nil
}
