package awsapi

import "github.com/aws/aws-sdk-go-v2/service/ssm"

const document = "arn:{partition}:ssm:{region}:{account}:document/{Name}"

func ssmEntries() []entry {
	return []entry{
		op("ssm:CreateDocument", ssm.NewFromConfig, (*ssm.Client).CreateDocument, writes, needs("ssm:CreateDocument", document)),
		op("ssm:DescribeDocumentPermission", ssm.NewFromConfig, (*ssm.Client).DescribeDocumentPermission, needs("ssm:DescribeDocumentPermission", document), pages("NextToken", "NextToken")),
		op("ssm:ModifyDocumentPermission", ssm.NewFromConfig, (*ssm.Client).ModifyDocumentPermission, writes, needs("ssm:ModifyDocumentPermission", document)),
	}
}
