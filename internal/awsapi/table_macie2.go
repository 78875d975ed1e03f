package awsapi

import "github.com/aws/aws-sdk-go-v2/service/macie2"

func macie2Entries() []entry {
	return []entry{
		op("macie2:GetMacieSession", macie2.NewFromConfig, (*macie2.Client).GetMacieSession),
		op("macie2:EnableMacie", macie2.NewFromConfig, (*macie2.Client).EnableMacie, writes, needs("macie2:EnableMacie"),
			depends("iam:CreateServiceLinkedRole"), only("StringEquals", "iam:AWSServiceName", "macie.amazonaws.com")),
		op("macie2:UpdateMacieSession", macie2.NewFromConfig, (*macie2.Client).UpdateMacieSession, writes),
		op("macie2:DisableMacie", macie2.NewFromConfig, (*macie2.Client).DisableMacie, writes),
	}
}
