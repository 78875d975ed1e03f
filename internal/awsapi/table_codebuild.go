package awsapi

import "github.com/aws/aws-sdk-go-v2/service/codebuild"

func codebuildEntries() []entry {
	const prefix = "arn:{partition}:codebuild:{region}:{account}:project/"
	projects := func(named string) entry {
		return op("codebuild:BatchGetProjects", codebuild.NewFromConfig, (*codebuild.Client).BatchGetProjects, needs("codebuild:BatchGetProjects", prefix+named))
	}
	// An update of the environment takes the place of all of it, variables and what is secret among them.
	environment := completed(projects("{Name}"),
		func(in map[string]any) (asked, part map[string]any) {
			if in["Environment"] == nil {
				return nil, in
			}
			return map[string]any{"Names": []any{in["Name"]}}, in
		},
		func(out map[string]any) map[string]any {
			if all, ok := out["Projects"].([]any); ok && len(all) == 1 {
				return members(all[0].(map[string]any), "Environment")
			}
			return nil // there is none of the name, as the update will say
		})
	return []entry{
		op("codebuild:CreateProject", codebuild.NewFromConfig, (*codebuild.Client).CreateProject, writes, needs("codebuild:CreateProject", prefix+"{Name}")),
		projects("{Names}"),
		op("codebuild:UpdateProject", codebuild.NewFromConfig, (*codebuild.Client).UpdateProject, writes, needs("codebuild:UpdateProject", prefix+"{Name}"), environment),
	}
}
