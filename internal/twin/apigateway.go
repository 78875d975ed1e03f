package twin

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	agtypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// gatewayState is what API Gateway has in one Region of one account: the stages of its APIs, as far as their settings go.
type gatewayState struct {
	logRole *string // the account's role for CloudWatch Logs, which APIs of both versions use
	rest    map[string]map[string]*apigateway.GetStageOutput
	apis    map[string]*gatewayAPI
}

type gatewayAPI struct {
	kind   v2types.ProtocolType
	stages map[string]*apigatewayv2.GetStageOutput
}

func gatewayHandlers(t table) {
	const rest, v2 = "API Gateway", "ApiGatewayV2"
	on(t, rest, "GetAccount", func(r *request, _ *apigateway.GetAccountInput) (*apigateway.GetAccountOutput, error) {
		return &apigateway.GetAccountOutput{CloudwatchRoleArn: r.reg.gateway.logRole}, nil
	})
	on(t, rest, "UpdateAccount", updateGatewayAccount)
	on(t, rest, "CreateRestApi", createRestAPI)
	on(t, rest, "CreateStage", createRestStage)
	on(t, rest, "GetStage", func(r *request, in *apigateway.GetStageInput) (*apigateway.GetStageOutput, error) {
		s, err := r.restStage(in.RestApiId, in.StageName)
		if err != nil {
			return nil, err
		}
		c := copied(*s)
		return &c, nil
	})
	on(t, rest, "UpdateStage", updateRestStage)
	on(t, v2, "CreateApi", createGatewayAPI)
	on(t, v2, "GetApi", getGatewayAPI)
	on(t, v2, "CreateStage", createGatewayStage)
	on(t, v2, "GetStage", func(r *request, in *apigatewayv2.GetStageInput) (*apigatewayv2.GetStageOutput, error) {
		s, err := r.gatewayStage(in.ApiId, in.StageName)
		if err != nil {
			return nil, err
		}
		c := copied(*s)
		return &c, nil
	})
	on(t, v2, "UpdateStage", updateGatewayStage)
}

// logRoleMissing is what an account without the role is told. Source: "CloudWatch Logs role ARN must be set in account settings to enable
// logging", API Gateway's error, as re:Post's article of that name has it.
const logRoleMissing = "CloudWatch Logs role ARN must be set in account settings to enable logging"

func updateGatewayAccount(r *request, in *apigateway.UpdateAccountInput) (*apigateway.UpdateAccountOutput, error) {
	for _, p := range in.PatchOperations {
		if p.Op != agtypes.OpReplace || aws.ToString(p.Path) != "/cloudwatchRoleArn" {
			return nil, badPatch(p)
		}
		r.reg.gateway.logRole = p.Value
	}
	return &apigateway.UpdateAccountOutput{CloudwatchRoleArn: r.reg.gateway.logRole}, nil
}

func badPatch(p agtypes.PatchOperation) error {
	return &agtypes.BadRequestException{Message: aws.String(fmt.Sprintf("Invalid patch path '%s' specified for op '%s'.", aws.ToString(p.Path), p.Op))}
}

func createRestAPI(r *request, in *apigateway.CreateRestApiInput) (*apigateway.CreateRestApiOutput, error) {
	id := strings.ToLower(r.org.keyID("")[:10])
	if r.reg.gateway.rest == nil {
		r.reg.gateway.rest = map[string]map[string]*apigateway.GetStageOutput{}
	}
	r.reg.gateway.rest[id] = map[string]*apigateway.GetStageOutput{}
	return &apigateway.CreateRestApiOutput{Id: aws.String(id), Name: in.Name}, nil
}

func createRestStage(r *request, in *apigateway.CreateStageInput) (*apigateway.CreateStageOutput, error) {
	stages, ok := r.reg.gateway.rest[*in.RestApiId]
	if !ok {
		return nil, &agtypes.NotFoundException{Message: aws.String("Invalid API identifier specified " + r.acct.id + ":" + *in.RestApiId)}
	}
	stages[*in.StageName] = &apigateway.GetStageOutput{StageName: in.StageName, DeploymentId: in.DeploymentId, CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: in.CacheClusterSize, Variables: in.Variables}
	return &apigateway.CreateStageOutput{StageName: in.StageName, DeploymentId: in.DeploymentId}, nil
}

func (r *request) restStage(api, name *string) (*apigateway.GetStageOutput, error) {
	if s, ok := r.reg.gateway.rest[*api][*name]; ok {
		return s, nil
	}
	return nil, &agtypes.NotFoundException{Message: aws.String("Invalid stage identifier specified")}
}

// updateRestStage applies all patches or none. Source: "Patch Operations", API Gateway REST API Reference; a removed setting of a method is
// the pointer to it alone.
func updateRestStage(r *request, in *apigateway.UpdateStageInput) (*apigateway.UpdateStageOutput, error) {
	s, err := r.restStage(in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	next := copied(*s)
	if next.MethodSettings == nil {
		next.MethodSettings = map[string]agtypes.MethodSetting{}
	}
	for _, p := range in.PatchOperations {
		parts := strings.SplitN(aws.ToString(p.Path), "/", 4) // "", resource, method, setting
		if len(parts) < 3 {
			return nil, badPatch(p)
		}
		key := parts[1] + "/" + parts[2]
		m, there := next.MethodSettings[key]
		if p.Op == agtypes.OpRemove && len(parts) == 3 && there {
			delete(next.MethodSettings, key)
			continue
		}
		if p.Op != agtypes.OpReplace || len(parts) != 4 {
			return nil, badPatch(p)
		}
		if !there {
			m = agtypes.MethodSetting{LoggingLevel: aws.String("OFF"), ThrottlingBurstLimit: 5000, ThrottlingRateLimit: 10000, CacheTtlInSeconds: 300, RequireAuthorizationForCacheControl: true}
		}
		switch v := aws.ToString(p.Value); parts[3] {
		case "logging/loglevel":
			if v != "OFF" && r.reg.gateway.logRole == nil {
				return nil, &agtypes.BadRequestException{Message: aws.String(logRoleMissing)}
			}
			m.LoggingLevel = p.Value
		case "caching/enabled":
			m.CachingEnabled = v == "true"
		case "caching/dataEncrypted":
			m.CacheDataEncrypted = v == "true"
		default:
			return nil, badPatch(p)
		}
		next.MethodSettings[key] = m
	}
	*s = next
	return &apigateway.UpdateStageOutput{StageName: next.StageName, MethodSettings: next.MethodSettings}, nil
}

func createGatewayAPI(r *request, in *apigatewayv2.CreateApiInput) (*apigatewayv2.CreateApiOutput, error) {
	id := strings.ToLower(r.org.keyID("")[:10])
	if r.reg.gateway.apis == nil {
		r.reg.gateway.apis = map[string]*gatewayAPI{}
	}
	r.reg.gateway.apis[id] = &gatewayAPI{kind: in.ProtocolType, stages: map[string]*apigatewayv2.GetStageOutput{}}
	return &apigatewayv2.CreateApiOutput{ApiId: aws.String(id), Name: in.Name, ProtocolType: in.ProtocolType}, nil
}

func (r *request) gatewayAPI(id *string) (*gatewayAPI, error) {
	if a, ok := r.reg.gateway.apis[*id]; ok {
		return a, nil
	}
	return nil, &v2types.NotFoundException{Message: aws.String("Invalid API identifier specified " + r.acct.id + ":" + *id)}
}

func getGatewayAPI(r *request, in *apigatewayv2.GetApiInput) (*apigatewayv2.GetApiOutput, error) {
	a, err := r.gatewayAPI(in.ApiId)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetApiOutput{ApiId: in.ApiId, ProtocolType: a.kind}, nil
}

func createGatewayStage(r *request, in *apigatewayv2.CreateStageInput) (*apigatewayv2.CreateStageOutput, error) {
	a, err := r.gatewayAPI(in.ApiId)
	if err != nil {
		return nil, err
	}
	a.stages[*in.StageName] = &apigatewayv2.GetStageOutput{StageName: in.StageName, DefaultRouteSettings: in.DefaultRouteSettings, RouteSettings: in.RouteSettings, StageVariables: in.StageVariables}
	return &apigatewayv2.CreateStageOutput{StageName: in.StageName}, nil
}

func (r *request) gatewayStage(api, name *string) (*apigatewayv2.GetStageOutput, error) {
	a, err := r.gatewayAPI(api)
	if err != nil {
		return nil, err
	}
	if s, ok := a.stages[*name]; ok {
		return s, nil
	}
	return nil, &v2types.NotFoundException{Message: aws.String("Invalid stage identifier specified")}
}

// updateGatewayStage takes objects of settings as the whole that they may be.
func updateGatewayStage(r *request, in *apigatewayv2.UpdateStageInput) (*apigatewayv2.UpdateStageOutput, error) {
	s, err := r.gatewayStage(in.ApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	logs := func(s v2types.RouteSettings) bool {
		return s.LoggingLevel != "" && s.LoggingLevel != v2types.LoggingLevelOff
	}
	all := []v2types.RouteSettings{}
	if in.DefaultRouteSettings != nil {
		all = append(all, *in.DefaultRouteSettings)
	}
	for _, v := range in.RouteSettings {
		all = append(all, v)
	}
	for _, v := range all {
		if logs(v) && r.reg.gateway.apis[*in.ApiId].kind == v2types.ProtocolTypeHttp {
			return nil, &v2types.BadRequestException{Message: aws.String("Execution logs are not supported on protocolType HTTP")}
		}
		if logs(v) && r.reg.gateway.logRole == nil {
			return nil, &v2types.BadRequestException{Message: aws.String(logRoleMissing)}
		}
	}
	if in.DefaultRouteSettings != nil {
		s.DefaultRouteSettings = in.DefaultRouteSettings
	}
	if in.RouteSettings != nil {
		s.RouteSettings = in.RouteSettings
	}
	return &apigatewayv2.UpdateStageOutput{StageName: s.StageName, DefaultRouteSettings: s.DefaultRouteSettings, RouteSettings: s.RouteSettings}, nil
}
