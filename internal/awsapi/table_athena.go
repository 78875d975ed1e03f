package awsapi

import "github.com/aws/aws-sdk-go-v2/service/athena"

func athenaEntries() []entry {
	const prefix = "arn:{partition}:athena:{region}:{account}:workgroup/"
	return []entry{
		op("athena:CreateWorkGroup", athena.NewFromConfig, (*athena.Client).CreateWorkGroup, writes, needs("athena:CreateWorkGroup", prefix+"{Name}")),
		op("athena:GetWorkGroup", athena.NewFromConfig, (*athena.Client).GetWorkGroup, needs("athena:GetWorkGroup", prefix+"{WorkGroup}")),
		op("athena:UpdateWorkGroup", athena.NewFromConfig, (*athena.Client).UpdateWorkGroup, writes, needs("athena:UpdateWorkGroup", prefix+"{WorkGroup}")),
	}
}
