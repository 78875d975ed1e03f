package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/s3control"
)

// The settings of a whole account are a service of their own in the SDK, and part of S3 in IAM, which knows no resource for them; deleting
// them asks for the permission to put them. Source: "Actions, resources, and condition keys for Amazon S3", Service Authorization Reference.
func s3controlEntries() []entry {
	return []entry{
		op("s3control:GetPublicAccessBlock", s3control.NewFromConfig, (*s3control.Client).GetPublicAccessBlock, needs("s3:GetAccountPublicAccessBlock")),
		op("s3control:PutPublicAccessBlock", s3control.NewFromConfig, (*s3control.Client).PutPublicAccessBlock, writes, needs("s3:PutAccountPublicAccessBlock")),
		op("s3control:DeletePublicAccessBlock", s3control.NewFromConfig, (*s3control.Client).DeletePublicAccessBlock, writes, needs("s3:PutAccountPublicAccessBlock")),
	}
}
