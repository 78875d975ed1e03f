package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

func logsEntries() []entry {
	return []entry{
		op("logs:CreateLogGroup", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogGroup, writes, needs("logs:CreateLogGroup", "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}")),
	}
}
