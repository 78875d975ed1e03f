package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func passwordPolicyHandlers(t table) {
	on(t, "IAM", "GetAccountPasswordPolicy", getPasswordPolicy)
	on(t, "IAM", "UpdateAccountPasswordPolicy", updatePasswordPolicy)
	on(t, "IAM", "DeleteAccountPasswordPolicy", deletePasswordPolicy)
}

func getPasswordPolicy(r *request, in *iam.GetAccountPasswordPolicyInput) (*iam.GetAccountPasswordPolicyOutput, error) {
	p := r.acct.iam.password
	if p == nil {
		return nil, noEntity("The Password Policy with domain name %s cannot be found.", r.acct.id)
	}
	return &iam.GetAccountPasswordPolicyOutput{PasswordPolicy: copied(p)}, nil
}

// updatePasswordPolicy replaces the whole policy: what is not given goes back to the default.
func updatePasswordPolicy(r *request, in *iam.UpdateAccountPasswordPolicyInput) (*iam.UpdateAccountPasswordPolicyOutput, error) {
	for _, f := range []struct {
		name      string
		value     *int32
		low, high int32
	}{{"minimumPasswordLength", in.MinimumPasswordLength, 6, 128}, {"maxPasswordAge", in.MaxPasswordAge, 1, 1095}, {"passwordReusePrevention", in.PasswordReusePrevention, 1, 24}} {
		switch {
		case f.value == nil:
		case *f.value < f.low:
			return nil, reject("ValidationError", "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", *f.value, f.name, f.low)
		case *f.value > f.high:
			return nil, reject("ValidationError", "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", *f.value, f.name, f.high)
		}
	}
	p := &iamtypes.PasswordPolicy{
		AllowUsersToChangePassword: in.AllowUsersToChangePassword, ExpirePasswords: in.MaxPasswordAge != nil, HardExpiry: in.HardExpiry,
		MaxPasswordAge: in.MaxPasswordAge, MinimumPasswordLength: in.MinimumPasswordLength, PasswordReusePrevention: in.PasswordReusePrevention,
		RequireLowercaseCharacters: in.RequireLowercaseCharacters, RequireNumbers: in.RequireNumbers,
		RequireSymbols: in.RequireSymbols, RequireUppercaseCharacters: in.RequireUppercaseCharacters,
	}
	if p.MinimumPasswordLength == nil {
		p.MinimumPasswordLength = aws.Int32(6)
	}
	r.acct.iam.password = copied(p)
	return &iam.UpdateAccountPasswordPolicyOutput{}, nil
}

func deletePasswordPolicy(r *request, in *iam.DeleteAccountPasswordPolicyInput) (*iam.DeleteAccountPasswordPolicyOutput, error) {
	if r.acct.iam.password == nil {
		return nil, noEntity("The account policy with name PasswordPolicy cannot be found.")
	}
	r.acct.iam.password = nil
	return &iam.DeleteAccountPasswordPolicyOutput{}, nil
}
