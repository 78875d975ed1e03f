package awsapi

import "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

const logGroup = "arn:{partition}:logs:{region}:{account}:log-group:"

func logsEntries() []entry {
	return []entry{
		op("logs:CreateLogGroup", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogGroup, writes, needs("logs:CreateLogGroup", logGroup+"{LogGroupName}")),
		op("logs:DescribeLogGroups", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DescribeLogGroups, pages("NextToken", "NextToken")),
		op("logs:PutRetentionPolicy", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutRetentionPolicy, writes, needs("logs:PutRetentionPolicy", logGroup+"{LogGroupName}")),
		op("logs:DeleteRetentionPolicy", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteRetentionPolicy, writes, needs("logs:DeleteRetentionPolicy", logGroup+"{LogGroupName}")),
	}
}
