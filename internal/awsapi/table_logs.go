package awsapi

import "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

const logGroup = "arn:{partition}:logs:{region}:{account}:log-group:"

func logsEntries() []entry {
	return []entry{
		op("logs:CreateLogGroup", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogGroup, writes, needs("logs:CreateLogGroup", logGroup+"{LogGroupName}")),
		op("logs:DescribeLogGroups", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DescribeLogGroups, pages("NextToken", "NextToken")),
		op("logs:PutRetentionPolicy", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutRetentionPolicy, writes, needs("logs:PutRetentionPolicy", logGroup+"{LogGroupName}")),
		op("logs:DeleteRetentionPolicy", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteRetentionPolicy, writes, needs("logs:DeleteRetentionPolicy", logGroup+"{LogGroupName}")),
		op("logs:DescribeMetricFilters", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DescribeMetricFilters, needs("logs:DescribeMetricFilters", logGroup+"{LogGroupName}"), pages("NextToken", "NextToken")),
		op("logs:PutMetricFilter", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutMetricFilter, writes, needs("logs:PutMetricFilter", logGroup+"{LogGroupName}")),
		op("logs:DeleteMetricFilter", cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteMetricFilter, writes, needs("logs:DeleteMetricFilter", logGroup+"{LogGroupName}")),
	}
}
