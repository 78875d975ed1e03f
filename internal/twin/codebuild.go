package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

func codebuildHandlers(t table) {
	const service = "CodeBuild"
	on(t, service, "CreateProject", createProject)
	on(t, service, "BatchGetProjects", batchGetProjects)
	on(t, service, "UpdateProject", updateProject)
}

func createProject(r *request, in *codebuild.CreateProjectInput) (*codebuild.CreateProjectOutput, error) {
	p := types.Project{Name: in.Name, Arn: aws.String(r.arn("codebuild", "project/"+*in.Name)), Source: in.Source, Artifacts: in.Artifacts, Environment: in.Environment, ServiceRole: in.ServiceRole}
	r.reg.projects.put(*in.Name, new(copied(p)))
	return &codebuild.CreateProjectOutput{Project: &p}, nil
}

func batchGetProjects(r *request, in *codebuild.BatchGetProjectsInput) (*codebuild.BatchGetProjectsOutput, error) {
	out := &codebuild.BatchGetProjectsOutput{Projects: []types.Project{}}
	for _, name := range in.Names {
		if p, ok := r.reg.projects.byID[name]; ok {
			out.Projects = append(out.Projects, copied(*p))
			continue
		}
		out.ProjectsNotFound = append(out.ProjectsNotFound, name)
	}
	return out, nil
}

// updateProject takes an environment as a whole. Source: "UpdateProject", AWS CodeBuild API Reference: its type, image and compute type are
// required.
func updateProject(r *request, in *codebuild.UpdateProjectInput) (*codebuild.UpdateProjectOutput, error) {
	p, ok := r.reg.projects.byID[aws.ToString(in.Name)]
	if !ok {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Project cannot be found: " + r.arn("codebuild", "project/"+aws.ToString(in.Name)))}
	}
	if e := in.Environment; e != nil {
		if e.Type == "" || e.Image == nil || e.ComputeType == "" {
			return nil, &types.InvalidInputException{Message: aws.String("Invalid environment: type, image and compute type are required")}
		}
		p.Environment = new(copied(*e))
	}
	return &codebuild.UpdateProjectOutput{Project: new(copied(*p))}, nil
}
