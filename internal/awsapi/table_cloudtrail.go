package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

const (
	trail      = "arn:{partition}:cloudtrail:{region}:{account}:trail/{Name}"
	namedTrail = "arn:{partition}:cloudtrail:{region}:{account}:trail/{TrailName}"
)

func cloudtrailEntries() []entry {
	return []entry{
		op("cloudtrail:CreateTrail", cloudtrail.NewFromConfig, (*cloudtrail.Client).CreateTrail, writes, needs("cloudtrail:CreateTrail", trail)),
		op("cloudtrail:DeleteTrail", cloudtrail.NewFromConfig, (*cloudtrail.Client).DeleteTrail, writes, needs("cloudtrail:DeleteTrail", trail)),
		op("cloudtrail:DescribeTrails", cloudtrail.NewFromConfig, (*cloudtrail.Client).DescribeTrails),
		op("cloudtrail:GetTrailStatus", cloudtrail.NewFromConfig, (*cloudtrail.Client).GetTrailStatus, needs("cloudtrail:GetTrailStatus", trail)),
		op("cloudtrail:StartLogging", cloudtrail.NewFromConfig, (*cloudtrail.Client).StartLogging, writes, needs("cloudtrail:StartLogging", trail)),
		op("cloudtrail:StopLogging", cloudtrail.NewFromConfig, (*cloudtrail.Client).StopLogging, writes, needs("cloudtrail:StopLogging", trail)),
		op("cloudtrail:GetEventSelectors", cloudtrail.NewFromConfig, (*cloudtrail.Client).GetEventSelectors, needs("cloudtrail:GetEventSelectors", namedTrail)),
		op("cloudtrail:PutEventSelectors", cloudtrail.NewFromConfig, (*cloudtrail.Client).PutEventSelectors, writes, needs("cloudtrail:PutEventSelectors", namedTrail)),
		op("cloudtrail:UpdateTrail", cloudtrail.NewFromConfig, (*cloudtrail.Client).UpdateTrail, writes, needs("cloudtrail:UpdateTrail", trail), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
	}
}
