package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

const function = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"

func lambdaEntries() []entry {
	return []entry{
		op("lambda:CreateFunction", lambda.NewFromConfig, (*lambda.Client).CreateFunction, writes, needs("lambda:CreateFunction", function), depends("iam:PassRole")),
	}
}
