package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestRunFromTemplate(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	data := &types.RequestLaunchTemplateData{
		ImageId: aws.String(testImage), InstanceType: types.InstanceTypeT3Small, SecurityGroupIds: []string{g},
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")},
	}
	create := func() (*ec2.CreateLaunchTemplateOutput, error) {
		return n.ec2.CreateLaunchTemplate(n.ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("t"), LaunchTemplateData: data})
	}
	got(create())(t)
	refused(create())(t, "InvalidLaunchTemplateName.AlreadyExistsException")
	data.SecurityGroupIds[0] = "changed by the caller"

	use := func(name string) func(*ec2.RunInstancesInput) {
		return func(in *ec2.RunInstancesInput) {
			in.ImageId, in.InstanceType = nil, types.InstanceTypeC5Large
			in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String(name)}
		}
	}
	i := n.launch(use("t"))
	if *i.ImageId != testImage || i.InstanceType != types.InstanceTypeC5Large || i.IamInstanceProfile == nil {
		t.Errorf("instance is %+v", i)
	}
	equal(t, "groups", groupIDs(i.SecurityGroups), []string{g})

	in := &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(n.subnet)}
	use("none")(in)
	refused(n.ec2.RunInstances(n.ctx, in))(t, "InvalidLaunchTemplateName.NotFoundException")
}
