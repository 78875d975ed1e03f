package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func iamLoginHandlers(t table) {
	on(t, "IAM", "CreateLoginProfile", createLoginProfile)
	on(t, "IAM", "GetLoginProfile", getLoginProfile)
	on(t, "IAM", "DeleteLoginProfile", deleteLoginProfile)
}

// createLoginProfile gives a user a password. It is not kept: nothing can read it back.
func createLoginProfile(r *request, in *iam.CreateLoginProfileInput) (*iam.CreateLoginProfileOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.login != nil {
		return nil, entityExists("Login Profile for user %s already exists.", *u.view.UserName)
	}
	if len(aws.ToString(in.Password)) < 8 { // the least that an account has without a policy of its own
		return nil, &iamtypes.PasswordPolicyViolationException{Message: aws.String("Password should have a minimum length of 8")}
	}
	u.login = &iamtypes.LoginProfile{UserName: u.view.UserName, CreateDate: aws.Time(r.now), PasswordResetRequired: in.PasswordResetRequired}
	v := *u.login
	return &iam.CreateLoginProfileOutput{LoginProfile: &v}, nil
}

func getLoginProfile(r *request, in *iam.GetLoginProfileInput) (*iam.GetLoginProfileOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, noEntity("Login Profile for User %s cannot be found.", *u.view.UserName)
	}
	v := *u.login
	return &iam.GetLoginProfileOutput{LoginProfile: &v}, nil
}

func deleteLoginProfile(r *request, in *iam.DeleteLoginProfileInput) (*iam.DeleteLoginProfileOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, noEntity("Login Profile for User %s cannot be found.", *u.view.UserName)
	}
	u.login = nil
	return &iam.DeleteLoginProfileOutput{}, nil
}
