package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// The actions of API Gateway are HTTP's verbs, and its ARNs are the paths of its API, without an account. Source: "Actions, resources, and
// condition keys for Amazon API Gateway Management" and "... Management V2", Service Authorization Reference.
const gatewayPrefix = "arn:{partition}:apigateway:{region}::"

func apigatewayEntries() []entry {
	getStage := op("apigatewayv2:GetStage", apigatewayv2.NewFromConfig, (*apigatewayv2.Client).GetStage, needs("apigateway:GET", gatewayPrefix+"/apis/{ApiId}/stages/{StageName}"))
	// Whether an object of settings is merged with what is there or takes its place, AWS does not say: so it is sent whole.
	settings := completed(getStage,
		func(in map[string]any) (asked, part map[string]any) { return members(in, "ApiId", "StageName"), in },
		func(out map[string]any) map[string]any { return members(out, "DefaultRouteSettings", "RouteSettings") })
	return []entry{
		op("apigateway:CreateRestApi", apigateway.NewFromConfig, (*apigateway.Client).CreateRestApi, writes, needs("apigateway:POST", gatewayPrefix+"/restapis")),
		op("apigateway:CreateStage", apigateway.NewFromConfig, (*apigateway.Client).CreateStage, writes, needs("apigateway:POST", gatewayPrefix+"/restapis/{RestApiId}/stages")),
		op("apigateway:GetStage", apigateway.NewFromConfig, (*apigateway.Client).GetStage, needs("apigateway:GET", gatewayPrefix+"/restapis/{RestApiId}/stages/{StageName}")),
		op("apigateway:UpdateStage", apigateway.NewFromConfig, (*apigateway.Client).UpdateStage, writes, needs("apigateway:PATCH", gatewayPrefix+"/restapis/{RestApiId}/stages/{StageName}")),
		op("apigateway:GetAccount", apigateway.NewFromConfig, (*apigateway.Client).GetAccount, needs("apigateway:GET", gatewayPrefix+"/account")),
		op("apigateway:UpdateAccount", apigateway.NewFromConfig, (*apigateway.Client).UpdateAccount, writes, needs("apigateway:PATCH", gatewayPrefix+"/account")),
		op("apigatewayv2:CreateApi", apigatewayv2.NewFromConfig, (*apigatewayv2.Client).CreateApi, writes, needs("apigateway:POST", gatewayPrefix+"/apis")),
		op("apigatewayv2:GetApi", apigatewayv2.NewFromConfig, (*apigatewayv2.Client).GetApi, needs("apigateway:GET", gatewayPrefix+"/apis/{ApiId}")),
		op("apigatewayv2:CreateStage", apigatewayv2.NewFromConfig, (*apigatewayv2.Client).CreateStage, writes, needs("apigateway:POST", gatewayPrefix+"/apis/{ApiId}/stages")),
		getStage,
		op("apigatewayv2:UpdateStage", apigatewayv2.NewFromConfig, (*apigatewayv2.Client).UpdateStage, writes, needs("apigateway:PATCH", gatewayPrefix+"/apis/{ApiId}/stages/{StageName}"), settings),
	}
}
