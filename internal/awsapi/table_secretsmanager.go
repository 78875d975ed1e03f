package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const secret = "arn:{partition}:secretsmanager:{region}:{account}:secret:{SecretId}*"

func secretsmanagerEntries() []entry {
	return []entry{
		op("secretsmanager:CreateSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).CreateSecret, writes, needs("secretsmanager:CreateSecret", "arn:{partition}:secretsmanager:{region}:{account}:secret:{Name}*")),
		op("secretsmanager:DescribeSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).DescribeSecret, needs("secretsmanager:DescribeSecret", secret)),
		op("secretsmanager:RotateSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).RotateSecret, writes, needs("secretsmanager:RotateSecret", secret), depends("lambda:InvokeFunction", function)),
		op("secretsmanager:CancelRotateSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).CancelRotateSecret, writes, needs("secretsmanager:CancelRotateSecret", secret)),
		op("secretsmanager:RestoreSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).RestoreSecret, writes, needs("secretsmanager:RestoreSecret", secret)),
		op("secretsmanager:PutSecretValue", secretsmanager.NewFromConfig, (*secretsmanager.Client).PutSecretValue, writes, needs("secretsmanager:PutSecretValue", secret)),
		op("secretsmanager:UpdateSecretVersionStage", secretsmanager.NewFromConfig, (*secretsmanager.Client).UpdateSecretVersionStage, writes, needs("secretsmanager:UpdateSecretVersionStage", secret)),
		op("secretsmanager:DeleteSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).DeleteSecret, writes, needs("secretsmanager:DeleteSecret", secret)),
		op("secretsmanager:TagResource", secretsmanager.NewFromConfig, (*secretsmanager.Client).TagResource, writes, needs("secretsmanager:TagResource", secret)),
		op("secretsmanager:GetResourcePolicy", secretsmanager.NewFromConfig, (*secretsmanager.Client).GetResourcePolicy, needs("secretsmanager:GetResourcePolicy", secret)),
		op("secretsmanager:PutResourcePolicy", secretsmanager.NewFromConfig, (*secretsmanager.Client).PutResourcePolicy, writes, needs("secretsmanager:PutResourcePolicy", secret)),
		op("secretsmanager:DeleteResourcePolicy", secretsmanager.NewFromConfig, (*secretsmanager.Client).DeleteResourcePolicy, writes, needs("secretsmanager:DeleteResourcePolicy", secret)),
	}
}
