package awsapi

import "github.com/aws/aws-sdk-go-v2/service/ecr"

const repository = "arn:{partition}:ecr:{region}:{account}:repository/{RepositoryName}"

func ecrEntries() []entry {
	return []entry{
		op("ecr:CreateRepository", ecr.NewFromConfig, (*ecr.Client).CreateRepository, writes, needs("ecr:CreateRepository", repository)),
		op("ecr:DescribeRepositories", ecr.NewFromConfig, (*ecr.Client).DescribeRepositories, needs("ecr:DescribeRepositories", "arn:{partition}:ecr:{region}:{account}:repository/{RepositoryNames}"), pages("NextToken", "NextToken")),
		op("ecr:PutImageScanningConfiguration", ecr.NewFromConfig, (*ecr.Client).PutImageScanningConfiguration, writes, needs("ecr:PutImageScanningConfiguration", repository)),
	}
}
