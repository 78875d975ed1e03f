package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

const function = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"

// qualified is a version or an alias of a function, where the call names one.
const qualified = function + ":{Qualifier}?"

func lambdaEntries() []entry {
	return []entry{
		op("lambda:CreateFunction", lambda.NewFromConfig, (*lambda.Client).CreateFunction, writes, needs("lambda:CreateFunction", function), depends("iam:PassRole")),
		op("lambda:GetFunctionConcurrency", lambda.NewFromConfig, (*lambda.Client).GetFunctionConcurrency, needs("lambda:GetFunctionConcurrency", function)),
		op("lambda:PutFunctionConcurrency", lambda.NewFromConfig, (*lambda.Client).PutFunctionConcurrency, writes, needs("lambda:PutFunctionConcurrency", function)),
		op("lambda:DeleteFunctionConcurrency", lambda.NewFromConfig, (*lambda.Client).DeleteFunctionConcurrency, writes, needs("lambda:DeleteFunctionConcurrency", function)),
		op("lambda:CreateFunctionUrlConfig", lambda.NewFromConfig, (*lambda.Client).CreateFunctionUrlConfig, writes, needs("lambda:CreateFunctionUrlConfig", function, qualified)),
		op("lambda:GetFunctionUrlConfig", lambda.NewFromConfig, (*lambda.Client).GetFunctionUrlConfig, needs("lambda:GetFunctionUrlConfig", function, qualified)),
		op("lambda:UpdateFunctionUrlConfig", lambda.NewFromConfig, (*lambda.Client).UpdateFunctionUrlConfig, writes, needs("lambda:UpdateFunctionUrlConfig", function, qualified)),
		op("lambda:CreateAlias", lambda.NewFromConfig, (*lambda.Client).CreateAlias, writes, needs("lambda:CreateAlias", function)),
		op("lambda:ListAliases", lambda.NewFromConfig, (*lambda.Client).ListAliases, needs("lambda:ListAliases", function), pages("Marker", "NextMarker")),
		op("lambda:PublishVersion", lambda.NewFromConfig, (*lambda.Client).PublishVersion, writes, needs("lambda:PublishVersion", function)),
		op("lambda:ListVersionsByFunction", lambda.NewFromConfig, (*lambda.Client).ListVersionsByFunction, needs("lambda:ListVersionsByFunction", function), pages("Marker", "NextMarker")),
		op("lambda:AddPermission", lambda.NewFromConfig, (*lambda.Client).AddPermission, writes, needs("lambda:AddPermission", function, qualified)),
		op("lambda:RemovePermission", lambda.NewFromConfig, (*lambda.Client).RemovePermission, writes, needs("lambda:RemovePermission", function, qualified)),
		op("lambda:GetPolicy", lambda.NewFromConfig, (*lambda.Client).GetPolicy, needs("lambda:GetPolicy", function, qualified)),
	}
}
