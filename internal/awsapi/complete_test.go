package awsapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/tap"
)

// What a call leaves out is sent as it was found at that moment, and nobody outside sees it: not in the call and not in the answer.
func TestWhatACallLeavesOutIsSentUnseen(t *testing.T) {
	org, _, _ := scene(t)
	client := cloudfront.NewFromConfig(org.Config(member, "us-east-1"))
	made, err := client.CreateDistribution(t.Context(), &cloudfront.CreateDistributionInput{DistributionConfig: &cftypes.DistributionConfig{
		CallerReference: aws.String("one"), Comment: aws.String("before"), Enabled: aws.Bool(true), HttpVersion: cftypes.HttpVersionHttp2and3,
		DefaultCacheBehavior: &cftypes.DefaultCacheBehavior{TargetOriginId: aws.String("o"), ViewerProtocolPolicy: cftypes.ViewerProtocolPolicyHttpsOnly},
		CustomErrorResponses: &cftypes.CustomErrorResponses{Quantity: aws.Int32(1), Items: []cftypes.CustomErrorResponse{{ErrorCode: aws.Int32(404), ErrorCachingMinTTL: aws.Int64(31536000123456789)}}},
		Origins: &cftypes.Origins{Quantity: aws.Int32(1), Items: []cftypes.Origin{{Id: aws.String("o"), DomainName: aws.String("o.acme.io"),
			CustomHeaders: &cftypes.CustomHeaders{Quantity: aws.Int32(1), Items: []cftypes.OriginCustomHeader{{HeaderName: aws.String("x-origin"), HeaderValue: aws.String("a-secret")}}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	call := parry.Call{Account: member, Region: "us-east-1", Op: "cloudfront:UpdateDistribution", Input: map[string]any{
		"Id": *made.Distribution.Id, "DistributionConfig": map[string]any{"DefaultRootObject": "index.html"},
	}}
	cloud := awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{Role: "parry-{playbook}"})
	actor, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{call}})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := actor.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "a-secret") {
		t.Errorf("the answer has it: %s", b)
	}
	now, err := client.GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: made.Distribution.Id})
	if err != nil {
		t.Fatal(err)
	}
	c := now.DistributionConfig
	if *c.DefaultRootObject != "index.html" || *c.Comment != "before" || c.HttpVersion != cftypes.HttpVersionHttp2and3 || *c.CustomErrorResponses.Items[0].ErrorCachingMinTTL != 31536000123456789 ||
		*c.Origins.Items[0].CustomHeaders.Items[0].HeaderValue != "a-secret" {
		b, _ := json.Marshal(c)
		t.Errorf("%s", b)
	}
}

// Where the reading fails, nothing is written, and the error is AWS's.
func TestACallThatCannotBeCompletedIsNotMade(t *testing.T) {
	org, _, _ := scene(t)
	call := parry.Call{Account: member, Region: "us-east-1", Op: "cloudfront:UpdateDistribution", Input: map[string]any{
		"Id": "E0", "DistributionConfig": map[string]any{"Enabled": false},
	}}
	cloud := awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{Role: "parry-{playbook}"})
	actor, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{call}})
	if err != nil {
		t.Fatal(err)
	}
	org.Inject(tap.Fault{Operation: "GetDistributionConfig", Err: tap.Denied()})
	var coded interface{ ErrorCode() string }
	if _, err = actor.Do(t.Context(), call); !asCode(err, &coded) || coded.ErrorCode() != "AccessDenied" {
		t.Errorf("%v", err)
	}
	for _, e := range org.Log() {
		if e.Operation == "UpdateDistribution" {
			t.Error("it was made")
		}
	}
}

// A part of a list with names is laid over the element of that name, one without a name over all, and a name that is gone is a conflict.
func TestAPartOfAListIsLaidOverItsElements(t *testing.T) {
	for name, part := range map[string]struct {
		containers []any
		want       []bool // which root file systems can only be read; nil: it is a conflict
	}{
		"one by its name":    {[]any{map[string]any{"Name": "logs", "ReadonlyRootFilesystem": true}}, []bool{false, true}},
		"all":                {[]any{map[string]any{"ReadonlyRootFilesystem": true}}, []bool{true, true}},
		"one that is gone":   {[]any{map[string]any{"Name": "metrics", "ReadonlyRootFilesystem": true}}, nil},
		"none, as it stands": {[]any{}, []bool{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			org, _, _ := scene(t)
			client := ecs.NewFromConfig(org.Config(member, "us-east-1"))
			container := func(name string) ecstypes.ContainerDefinition {
				return ecstypes.ContainerDefinition{Name: aws.String(name), Image: aws.String(name + ":1"), Environment: []ecstypes.KeyValuePair{{Name: aws.String("TOKEN"), Value: aws.String("a-secret")}}}
			}
			_, err := client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
				Family: aws.String("web"), Memory: aws.String("512"), ContainerDefinitions: []ecstypes.ContainerDefinition{container("web"), container("logs")},
			})
			if err != nil {
				t.Fatal(err)
			}
			call := parry.Call{Account: member, Region: "us-east-1", Op: "ecs:RegisterTaskDefinition", Input: map[string]any{"Family": "web:1", "ContainerDefinitions": part.containers}}
			cloud := awsapi.New(org.Config(hub, "us-east-1"), awsapi.Options{Role: "parry-{playbook}"})
			actor, _, err := cloud.Act(t.Context(), parry.Session{Response: "pr-1", Playbook: "p", Target: target(), Calls: []parry.Call{call}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := actor.Do(t.Context(), call); part.want == nil {
				if parry.KindOf(err) != parry.Conflict {
					t.Errorf("%v", err)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			out, err := client.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")})
			if err != nil {
				t.Fatal(err)
			}
			d := out.TaskDefinition
			if d.Revision != 2 || aws.ToString(d.Memory) != "512" || len(d.ContainerDefinitions) != 2 {
				t.Fatalf("%+v", d)
			}
			for i, c := range d.ContainerDefinitions {
				if aws.ToBool(c.ReadonlyRootFilesystem) != part.want[i] || aws.ToString(c.Environment[0].Value) != "a-secret" {
					t.Errorf("%s: %+v", *c.Name, c)
				}
			}
		})
	}
}
