package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

const hub = "arn:{partition}:securityhub:{region}:{account}:hub/default"

func securityhubEntries() []entry {
	return []entry{
		op("securityhub:DescribeHub", securityhub.NewFromConfig, (*securityhub.Client).DescribeHub, needs("securityhub:DescribeHub", hub)),
		op("securityhub:EnableSecurityHub", securityhub.NewFromConfig, (*securityhub.Client).EnableSecurityHub, writes, needs("securityhub:EnableSecurityHub", hub),
			depends("iam:CreateServiceLinkedRole"), only("StringEquals", "iam:AWSServiceName", "securityhub.amazonaws.com")),
		op("securityhub:DisableSecurityHub", securityhub.NewFromConfig, (*securityhub.Client).DisableSecurityHub, writes, needs("securityhub:DisableSecurityHub", hub)),
	}
}
