package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
)

const detector = "arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}"

func guarddutyEntries() []entry {
	return []entry{
		op("guardduty:ListDetectors", guardduty.NewFromConfig, (*guardduty.Client).ListDetectors, pages("NextToken", "NextToken")),
		op("guardduty:GetDetector", guardduty.NewFromConfig, (*guardduty.Client).GetDetector, needs("guardduty:GetDetector", detector)),
		op("guardduty:GetAdministratorAccount", guardduty.NewFromConfig, (*guardduty.Client).GetAdministratorAccount),
		op("guardduty:CreateDetector", guardduty.NewFromConfig, (*guardduty.Client).CreateDetector, writes, needs("guardduty:CreateDetector"),
			depends("iam:CreateServiceLinkedRole"), only("StringEquals", "iam:AWSServiceName", "guardduty.amazonaws.com")),
		op("guardduty:UpdateDetector", guardduty.NewFromConfig, (*guardduty.Client).UpdateDetector, writes, needs("guardduty:UpdateDetector", detector)),
		op("guardduty:DeleteDetector", guardduty.NewFromConfig, (*guardduty.Client).DeleteDetector, writes, needs("guardduty:DeleteDetector", detector)),
		op("guardduty:CreateFilter", guardduty.NewFromConfig, (*guardduty.Client).CreateFilter, writes, needs("guardduty:CreateFilter", detector)),
		op("guardduty:GetFilter", guardduty.NewFromConfig, (*guardduty.Client).GetFilter, needs("guardduty:GetFilter", detector+"/filter/{FilterName}")),
		op("guardduty:TagResource", guardduty.NewFromConfig, (*guardduty.Client).TagResource, writes, needs("guardduty:TagResource", "arn:{partition}:guardduty:{region}:{account}:detector/{ResourceArn}")),
		op("guardduty:UntagResource", guardduty.NewFromConfig, (*guardduty.Client).UntagResource, writes, needs("guardduty:UntagResource", "arn:{partition}:guardduty:{region}:{account}:detector/{ResourceArn}")),
	}
}
