package twin

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// launchTemplate is a template in its first version, which is the only one: nothing here makes another.
type launchTemplate struct {
	id, name, by string
	made         time.Time
	call         *ec2.RunInstancesInput // what the template says, as if a launch had said it
}

func createLaunchTemplate(r *request, in *ec2.CreateLaunchTemplateInput) (*ec2.CreateLaunchTemplateOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeLaunchTemplate)
	if err != nil {
		return nil, err
	}
	if s.templateNamed(aws.ToString(in.LaunchTemplateName)) != nil {
		return nil, reject("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
	}
	t := &launchTemplate{id: r.org.id("lt"), name: aws.ToString(in.LaunchTemplateName), by: r.caller.ARN, made: r.now, call: asLaunch(in.LaunchTemplateData)}
	s.templates.put(t.id, t)
	s.tagAll(t.id, tags[types.ResourceTypeLaunchTemplate])
	return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: &types.LaunchTemplate{
		LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name), CreateTime: aws.Time(t.made), CreatedBy: aws.String(t.by),
		DefaultVersionNumber: aws.Int64(1), LatestVersionNumber: aws.Int64(1), Tags: s.tagView(t.id),
	}}, nil
}

// asLaunch turns a template's data into a launch: the SDK has a type of its own for each, but their fields have the same names.
// What it gives shares nothing with the data, so it also copies a launch.
func asLaunch[T ec2.RunInstancesInput | types.RequestLaunchTemplateData](data *T) *ec2.RunInstancesInput {
	b, err := json.Marshal(data)
	if err != nil {
		panic("twin: launch data that is not plain: " + err.Error())
	}
	call := &ec2.RunInstancesInput{}
	if err := json.Unmarshal(b, call); err != nil {
		panic("twin: launch data that is not a launch: " + err.Error())
	}
	return call
}

func (s *ec2State) templateNamed(name string) *launchTemplate {
	for _, t := range s.templates.byID {
		if t.name == name {
			return t
		}
	}
	return nil
}

// chosenTemplate finds a template by its id or its name, and checks that it has the version.
func (s *ec2State) chosenTemplate(id, name, version *string) (*launchTemplate, error) {
	t := s.templateNamed(aws.ToString(name))
	if id != nil {
		var err error
		if t, err = s.template(*id); err != nil {
			return nil, err
		}
	}
	if t == nil {
		return nil, reject("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", aws.ToString(name))
	}
	switch aws.ToString(version) {
	case "", "1", "$Default", "$Latest":
		return t, nil
	}
	return nil, reject("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s for the specified launch template ID %s.", *version, t.id)
}

// fillFromTemplate gives the call with what it leaves out taken from its launch template, where it names one.
func (s *ec2State) fillFromTemplate(in *ec2.RunInstancesInput) (*ec2.RunInstancesInput, error) {
	if in.LaunchTemplate == nil {
		return in, nil
	}
	t, err := s.chosenTemplate(in.LaunchTemplate.LaunchTemplateId, in.LaunchTemplate.LaunchTemplateName, in.LaunchTemplate.Version)
	if err != nil {
		return nil, err
	}
	out := *in
	to, from := reflect.ValueOf(&out).Elem(), reflect.ValueOf(t.call).Elem()
	for n := range to.NumField() {
		if f := to.Field(n); f.CanSet() && f.IsZero() {
			f.Set(from.Field(n))
		}
	}
	if len(in.NetworkInterfaces) > 0 {
		out.SecurityGroupIds = in.SecurityGroupIds
	}
	return &out, nil
}
