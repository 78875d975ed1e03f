package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func stsEntries() []entry {
	return []entry{
		// Who asks is told to everybody, whatever IAM denies. Source: GetCallerIdentity, AWS STS API Reference.
		op("sts:GetCallerIdentity", sts.NewFromConfig, (*sts.Client).GetCallerIdentity, needs("sts:GetCallerIdentity")),
	}
}
