package awsapi

import "github.com/aws/aws-sdk-go-v2/service/ssoadmin"

// The ARNs of IAM Identity Center name no account. Source: "Actions, resources, and condition keys for AWS IAM Identity Center", Service
// Authorization Reference; IAM's name of the service is sso.
const (
	ssoSet      = "arn:{partition}:sso:::permissionSet/{PermissionSetArn}"
	ssoInstance = "arn:{partition}:sso:::instance/{InstanceArn}"
)

func ssoadminEntries() []entry {
	return []entry{
		op("sso-admin:CreatePermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).CreatePermissionSet, writes, needs("sso:CreatePermissionSet", ssoInstance)),
		op("sso-admin:DescribePermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).DescribePermissionSet, needs("sso:DescribePermissionSet", ssoInstance, ssoSet)),
		op("sso-admin:GetInlinePolicyForPermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).GetInlinePolicyForPermissionSet, needs("sso:GetInlinePolicyForPermissionSet", ssoInstance, ssoSet)),
		op("sso-admin:PutInlinePolicyToPermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).PutInlinePolicyToPermissionSet, writes, needs("sso:PutInlinePolicyToPermissionSet", ssoInstance, ssoSet)),
		op("sso-admin:DeleteInlinePolicyFromPermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).DeleteInlinePolicyFromPermissionSet, writes, needs("sso:DeleteInlinePolicyFromPermissionSet", ssoInstance, ssoSet)),
		op("sso-admin:ProvisionPermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).ProvisionPermissionSet, writes, needs("sso:ProvisionPermissionSet", ssoInstance, ssoSet, "arn:{partition}:sso:::account/*")),
		op("sso-admin:ListAccountsForProvisionedPermissionSet", ssoadmin.NewFromConfig, (*ssoadmin.Client).ListAccountsForProvisionedPermissionSet, needs("sso:ListAccountsForProvisionedPermissionSet", ssoInstance, ssoSet), pages("NextToken", "NextToken")),
	}
}
