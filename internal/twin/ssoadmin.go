package twin

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

// permissionSet is one of IAM Identity Center with its inline policy, and the policy that the accounts' roles have. It is provisioned in the
// organization's other accounts from the start. moto does not tell whether a set's newest version is provisioned.
type permissionSet struct {
	view             ssotypes.PermissionSet
	policy, out, due string // as it is, as the roles have it, and as they will have it
	ready            time.Time
}

func ssoHandlers(t table) {
	const service = "SSO Admin"
	on(t, service, "CreatePermissionSet", createPermissionSet)
	on(t, service, "DescribePermissionSet", describePermissionSet)
	on(t, service, "GetInlinePolicyForPermissionSet", getInlinePolicy)
	on(t, service, "PutInlinePolicyToPermissionSet", putInlinePolicy)
	on(t, service, "DeleteInlinePolicyFromPermissionSet", deleteInlinePolicy)
	on(t, service, "ProvisionPermissionSet", provisionPermissionSet)
	on(t, service, "ListAccountsForProvisionedPermissionSet", listProvisionedAccounts)
}

func (r *request) permissionSet(arn *string) (*permissionSet, error) {
	s, ok := r.reg.sets[aws.ToString(arn)]
	if !ok {
		return nil, &ssotypes.ResourceNotFoundException{Message: aws.String("PermissionSet not found")}
	}
	if !s.ready.IsZero() && !r.now.Before(s.ready) {
		s.out, s.ready = s.due, time.Time{}
	}
	return s, nil
}

func createPermissionSet(r *request, in *ssoadmin.CreatePermissionSetInput) (*ssoadmin.CreatePermissionSetOutput, error) {
	arn := "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/" + r.org.id("ps")
	if r.reg.sets == nil {
		r.reg.sets = map[string]*permissionSet{}
	}
	s := &permissionSet{view: ssotypes.PermissionSet{Name: in.Name, PermissionSetArn: &arn, CreatedDate: aws.Time(r.now)}}
	r.reg.sets[arn] = s
	return &ssoadmin.CreatePermissionSetOutput{PermissionSet: &s.view}, nil
}

func describePermissionSet(r *request, in *ssoadmin.DescribePermissionSetInput) (*ssoadmin.DescribePermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err != nil {
		return nil, err
	}
	return &ssoadmin.DescribePermissionSetOutput{PermissionSet: new(copied(s.view))}, nil
}

func getInlinePolicy(r *request, in *ssoadmin.GetInlinePolicyForPermissionSetInput) (*ssoadmin.GetInlinePolicyForPermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err != nil {
		return nil, err
	}
	return &ssoadmin.GetInlinePolicyForPermissionSetOutput{InlinePolicy: aws.String(s.policy)}, nil
}

func putInlinePolicy(r *request, in *ssoadmin.PutInlinePolicyToPermissionSetInput) (*ssoadmin.PutInlinePolicyToPermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err == nil {
		s.policy = *in.InlinePolicy
	}
	return &ssoadmin.PutInlinePolicyToPermissionSetOutput{}, err
}

func deleteInlinePolicy(r *request, in *ssoadmin.DeleteInlinePolicyFromPermissionSetInput) (*ssoadmin.DeleteInlinePolicyFromPermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err == nil {
		s.policy = ""
	}
	return &ssoadmin.DeleteInlinePolicyFromPermissionSetOutput{}, err
}

func provisionPermissionSet(r *request, in *ssoadmin.ProvisionPermissionSetInput) (*ssoadmin.ProvisionPermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err != nil {
		return nil, err
	}
	s.due, s.ready = s.policy, r.now.Add(r.org.delay)
	return &ssoadmin.ProvisionPermissionSetOutput{PermissionSetProvisioningStatus: &ssotypes.PermissionSetProvisioningStatus{
		RequestId: aws.String(r.org.id("provisioning")), Status: ssotypes.StatusValuesInProgress, PermissionSetArn: in.PermissionSetArn,
	}}, nil
}

func listProvisionedAccounts(r *request, in *ssoadmin.ListAccountsForProvisionedPermissionSetInput) (*ssoadmin.ListAccountsForProvisionedPermissionSetOutput, error) {
	s, err := r.permissionSet(in.PermissionSetArn)
	if err != nil {
		return nil, err
	}
	out := &ssoadmin.ListAccountsForProvisionedPermissionSetOutput{}
	latest := s.out == s.policy
	if in.ProvisioningStatus == "" || (in.ProvisioningStatus == ssotypes.ProvisioningStatusLatestPermissionSetProvisioned) == latest {
		out.AccountIds = []string{"222233334444", "333344445555"}
	}
	return out, nil
}
