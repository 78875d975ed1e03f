package awsapi

import "github.com/aws/aws-sdk-go-v2/service/dynamodb"

const table = "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}"

func dynamodbEntries() []entry {
	return []entry{
		op("dynamodb:CreateTable", dynamodb.NewFromConfig, (*dynamodb.Client).CreateTable, writes, needs("dynamodb:CreateTable", table)),
		op("dynamodb:DescribeTable", dynamodb.NewFromConfig, (*dynamodb.Client).DescribeTable, needs("dynamodb:DescribeTable", table)),
		op("dynamodb:UpdateTable", dynamodb.NewFromConfig, (*dynamodb.Client).UpdateTable, writes, needs("dynamodb:UpdateTable", table)),
		op("dynamodb:ListTagsOfResource", dynamodb.NewFromConfig, (*dynamodb.Client).ListTagsOfResource, needs("dynamodb:ListTagsOfResource", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}"), pages("NextToken", "NextToken")),
		op("dynamodb:TagResource", dynamodb.NewFromConfig, (*dynamodb.Client).TagResource, writes, needs("dynamodb:TagResource", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}")),
		op("dynamodb:UntagResource", dynamodb.NewFromConfig, (*dynamodb.Client).UntagResource, writes, needs("dynamodb:UntagResource", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}")),
		op("dynamodb:GetResourcePolicy", dynamodb.NewFromConfig, (*dynamodb.Client).GetResourcePolicy, needs("dynamodb:GetResourcePolicy", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}")),
		op("dynamodb:PutResourcePolicy", dynamodb.NewFromConfig, (*dynamodb.Client).PutResourcePolicy, writes, needs("dynamodb:PutResourcePolicy", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}")),
		op("dynamodb:DeleteResourcePolicy", dynamodb.NewFromConfig, (*dynamodb.Client).DeleteResourcePolicy, writes, needs("dynamodb:DeleteResourcePolicy", "arn:{partition}:dynamodb:{region}:{account}:table/{ResourceArn}")),
	}
}
