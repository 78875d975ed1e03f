package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

const key = "arn:{partition}:kms:{region}:{account}:key/{KeyId}"

func kmsEntries() []entry {
	return []entry{
		op("kms:CreateKey", kms.NewFromConfig, (*kms.Client).CreateKey, writes, needs("kms:CreateKey")),
		op("kms:DescribeKey", kms.NewFromConfig, (*kms.Client).DescribeKey, needs("kms:DescribeKey", key)),
		op("kms:DisableKey", kms.NewFromConfig, (*kms.Client).DisableKey, writes, needs("kms:DisableKey", key)),
		op("kms:ScheduleKeyDeletion", kms.NewFromConfig, (*kms.Client).ScheduleKeyDeletion, writes, needs("kms:ScheduleKeyDeletion", key)),
		op("kms:GetKeyRotationStatus", kms.NewFromConfig, (*kms.Client).GetKeyRotationStatus, needs("kms:GetKeyRotationStatus", key)),
		op("kms:EnableKeyRotation", kms.NewFromConfig, (*kms.Client).EnableKeyRotation, writes, needs("kms:EnableKeyRotation", key)),
		op("kms:DisableKeyRotation", kms.NewFromConfig, (*kms.Client).DisableKeyRotation, writes, needs("kms:DisableKeyRotation", key)),
		op("kms:GetKeyPolicy", kms.NewFromConfig, (*kms.Client).GetKeyPolicy, needs("kms:GetKeyPolicy", key)),
		op("kms:PutKeyPolicy", kms.NewFromConfig, (*kms.Client).PutKeyPolicy, writes, needs("kms:PutKeyPolicy", key)),
		op("kms:EnableKey", kms.NewFromConfig, (*kms.Client).EnableKey, writes, needs("kms:EnableKey", key)),
		op("kms:CreateGrant", kms.NewFromConfig, (*kms.Client).CreateGrant, writes, needs("kms:CreateGrant", key)),
		op("kms:ListGrants", kms.NewFromConfig, (*kms.Client).ListGrants, needs("kms:ListGrants", key), pages("Marker", "NextMarker")),
		op("kms:RevokeGrant", kms.NewFromConfig, (*kms.Client).RevokeGrant, writes, needs("kms:RevokeGrant", key)),
		op("kms:ReplicateKey", kms.NewFromConfig, (*kms.Client).ReplicateKey, writes, needs("kms:ReplicateKey", key)),
		op("kms:CancelKeyDeletion", kms.NewFromConfig, (*kms.Client).CancelKeyDeletion, writes, needs("kms:CancelKeyDeletion", key)),
	}
}
