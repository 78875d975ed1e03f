package twin

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// profileAssociation is the instance profile that an instance has.
type profileAssociation struct {
	id, instance, arn, profile string
	at                         time.Time
}

// profileARN reads how a call names an instance profile: by ARN or by name, not both.
func profileARN(r *request, in *types.IamInstanceProfileSpecification) (string, error) {
	arn, name := aws.ToString(in.Arn), aws.ToString(in.Name)
	switch {
	case arn != "" && name != "":
		return "", reject("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	case arn == "" && name == "":
		return "", reject("MissingParameter", "The request must contain the parameter iamInstanceProfile.arn or iamInstanceProfile.name")
	case arn == "":
		return "arn:aws:iam::" + r.acct.id + ":instance-profile/" + name, nil
	case !strings.HasPrefix(arn, "arn:aws:iam::"+r.acct.id+":instance-profile/"):
		return "", reject("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", arn)
	}
	return arn, nil
}

func (s *ec2State) associate(r *request, i *instance, arn string) *profileAssociation {
	if s.profileIDs == nil {
		s.profileIDs = map[string]string{}
	}
	if s.profileIDs[arn] == "" {
		s.profileIDs[arn] = r.org.keyID("AIPA")
	}
	a := &profileAssociation{id: r.org.id("iip-assoc"), instance: i.id, arn: arn, profile: s.profileIDs[arn], at: r.now}
	s.associations.put(a.id, a)
	i.profile = a
	return a
}

func (i *instance) profileView() *types.IamInstanceProfile {
	if i.profile == nil {
		return nil
	}
	return &types.IamInstanceProfile{Arn: aws.String(i.profile.arn), Id: aws.String(i.profile.profile)}
}

func (a *profileAssociation) view(state types.IamInstanceProfileAssociationState) *types.IamInstanceProfileAssociation {
	return &types.IamInstanceProfileAssociation{
		AssociationId: aws.String(a.id), InstanceId: aws.String(a.instance), State: state, Timestamp: aws.Time(a.at),
		IamInstanceProfile: &types.IamInstanceProfile{Arn: aws.String(a.arn), Id: aws.String(a.profile)},
	}
}

func associateIamInstanceProfile(r *request, in *ec2.AssociateIamInstanceProfileInput) (*ec2.AssociateIamInstanceProfileOutput, error) {
	s := &r.reg.ec2
	i, err := s.instance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	arn, err := profileARN(r, in.IamInstanceProfile)
	if err != nil {
		return nil, err
	}
	if i.state == terminated {
		return nil, reject("IncorrectInstanceState", "The instance '%s' is not in the 'running' or 'stopped' states.", i.id)
	}
	if i.profile != nil {
		return nil, reject("IncorrectState", "There is an existing association for instance %s", i.id)
	}
	return &ec2.AssociateIamInstanceProfileOutput{
		IamInstanceProfileAssociation: s.associate(r, i, arn).view(types.IamInstanceProfileAssociationStateAssociating),
	}, nil
}

func disassociateIamInstanceProfile(r *request, in *ec2.DisassociateIamInstanceProfileInput) (*ec2.DisassociateIamInstanceProfileOutput, error) {
	s := &r.reg.ec2
	a, err := s.association(aws.ToString(in.AssociationId))
	if err != nil {
		return nil, err
	}
	s.associations.drop(a.id)
	s.instances.byID[a.instance].profile = nil
	return &ec2.DisassociateIamInstanceProfileOutput{
		IamInstanceProfileAssociation: a.view(types.IamInstanceProfileAssociationStateDisassociating),
	}, nil
}

func describeIamInstanceProfileAssociations(r *request, in *ec2.DescribeIamInstanceProfileAssociationsInput) (*ec2.DescribeIamInstanceProfileAssociationsOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.associations, s.association, fields[profileAssociation]{
		"instance-id": func(a *profileAssociation) []string { return []string{a.instance} },
		"state":       func(*profileAssociation) []string { return []string{"associated"} },
	}, nil, query{in.AssociationIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeIamInstanceProfileAssociationsOutput{NextToken: next}
	for _, a := range found {
		out.IamInstanceProfileAssociations = append(out.IamInstanceProfileAssociations, *a.view(types.IamInstanceProfileAssociationStateAssociated))
	}
	return out, nil
}
