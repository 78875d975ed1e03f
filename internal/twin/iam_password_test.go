package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// moto says the same, except that it checks the upper limits only.
func TestPasswordPolicy(t *testing.T) {
	ctx, _, c := newIAM(t)
	refused(c.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}))(t, "NoSuchEntity")
	refused(c.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{}))(t, "NoSuchEntity")
	got(c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MaxPasswordAge: aws.Int32(90), RequireNumbers: true}))(t)
	got(c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{RequireSymbols: true}))(t)
	p := got(c.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}))(t).PasswordPolicy
	if p.RequireNumbers || !p.RequireSymbols || p.MaxPasswordAge != nil || p.ExpirePasswords || *p.MinimumPasswordLength != 6 {
		t.Errorf("an update replaces the whole policy: %+v", p)
	}
	for name, in := range map[string]*iam.UpdateAccountPasswordPolicyInput{
		"short": {MinimumPasswordLength: aws.Int32(5)}, "long": {MinimumPasswordLength: aws.Int32(129)}, "never": {MaxPasswordAge: aws.Int32(0)}, "many": {PasswordReusePrevention: aws.Int32(25)},
	} {
		t.Run(name, func(t *testing.T) { refused(c.UpdateAccountPasswordPolicy(ctx, in))(t, "ValidationError") })
	}
	got(c.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{}))(t)
	refused(c.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}))(t, "NoSuchEntity")
}
