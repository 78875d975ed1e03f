package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const (
	iamUser    = "arn:{partition}:iam::{account}:user/{UserName}"
	iamRole    = "arn:{partition}:iam::{account}:role/{RoleName}"
	iamGroup   = "arn:{partition}:iam::{account}:group/{GroupName}"
	iamPolicy  = "arn:{partition}:iam::{account}:policy/*" // a playbook names it: the path is in the ARN alone
	iamProfile = "arn:{partition}:iam::{account}:instance-profile/{InstanceProfileName}"
)

func iamEntries() []entry {
	return []entry{
		op("iam:GetUser", iam.NewFromConfig, (*iam.Client).GetUser, needs("iam:GetUser", iamUser)),
		op("iam:CreateUser", iam.NewFromConfig, (*iam.Client).CreateUser, writes, needs("iam:CreateUser", iamUser)),
		op("iam:DeleteUser", iam.NewFromConfig, (*iam.Client).DeleteUser, writes, needs("iam:DeleteUser", iamUser)),
		op("iam:TagUser", iam.NewFromConfig, (*iam.Client).TagUser, writes, needs("iam:TagUser", iamUser)),
		op("iam:ListUserTags", iam.NewFromConfig, (*iam.Client).ListUserTags, needs("iam:ListUserTags", iamUser), pages("Marker", "Marker")),
		op("iam:GetAccessKeyLastUsed", iam.NewFromConfig, (*iam.Client).GetAccessKeyLastUsed, needs("iam:GetAccessKeyLastUsed", iamUser)),
		op("iam:ListAccessKeys", iam.NewFromConfig, (*iam.Client).ListAccessKeys, needs("iam:ListAccessKeys", iamUser), pages("Marker", "Marker")),
		op("iam:CreateAccessKey", iam.NewFromConfig, (*iam.Client).CreateAccessKey, writes, needs("iam:CreateAccessKey", iamUser), sensitive("AccessKey.SecretAccessKey")),
		// An operation of ours, so that no plan, log or record sees the secret. An ARN ends in six characters that nobody knows before; the
		// seventh question mark says that the permission is only for a call that has the field.
		op("iam:CreateStoredAccessKey", newStoredKeys, (*storedKeys).create, writes,
			needs("iam:CreateAccessKey", iamUser), needs("iam:DeleteAccessKey", iamUser),
			with("NewSecret", "secretsmanager:CreateSecret", nil, "arn:{partition}:secretsmanager:{region}:{account}:secret:{NewSecret}-???????"),
			with("SecretId", "secretsmanager:PutSecretValue", nil, "arn:{partition}:secretsmanager:{region}:{account}:secret:{SecretId}-???????")),
		op("iam:UpdateAccessKey", iam.NewFromConfig, (*iam.Client).UpdateAccessKey, writes, needs("iam:UpdateAccessKey", iamUser)),
		op("iam:DeleteAccessKey", iam.NewFromConfig, (*iam.Client).DeleteAccessKey, writes, needs("iam:DeleteAccessKey", iamUser)),
		op("iam:ListUserPolicies", iam.NewFromConfig, (*iam.Client).ListUserPolicies, needs("iam:ListUserPolicies", iamUser), pages("Marker", "Marker")),
		op("iam:GetUserPolicy", iam.NewFromConfig, (*iam.Client).GetUserPolicy, needs("iam:GetUserPolicy", iamUser)),
		op("iam:PutUserPolicy", iam.NewFromConfig, (*iam.Client).PutUserPolicy, writes, needs("iam:PutUserPolicy", iamUser)),
		op("iam:DeleteUserPolicy", iam.NewFromConfig, (*iam.Client).DeleteUserPolicy, writes, needs("iam:DeleteUserPolicy", iamUser)),
		op("iam:ListAttachedUserPolicies", iam.NewFromConfig, (*iam.Client).ListAttachedUserPolicies, needs("iam:ListAttachedUserPolicies", iamUser), pages("Marker", "Marker")),
		op("iam:AttachUserPolicy", iam.NewFromConfig, (*iam.Client).AttachUserPolicy, writes, needs("iam:AttachUserPolicy", iamUser), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:DetachUserPolicy", iam.NewFromConfig, (*iam.Client).DetachUserPolicy, writes, needs("iam:DetachUserPolicy", iamUser), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:GetRole", iam.NewFromConfig, (*iam.Client).GetRole, needs("iam:GetRole", iamRole)),
		op("iam:CreateRole", iam.NewFromConfig, (*iam.Client).CreateRole, writes, needs("iam:CreateRole", iamRole)),
		op("iam:DeleteRole", iam.NewFromConfig, (*iam.Client).DeleteRole, writes, needs("iam:DeleteRole", iamRole)),
		op("iam:CreateServiceLinkedRole", iam.NewFromConfig, (*iam.Client).CreateServiceLinkedRole, writes, needs("iam:CreateServiceLinkedRole", "arn:{partition}:iam::{account}:role/aws-service-role/{AWSServiceName}/*")),
		op("iam:PutRolePolicy", iam.NewFromConfig, (*iam.Client).PutRolePolicy, writes, needs("iam:PutRolePolicy", iamRole)),
		op("iam:GetRolePolicy", iam.NewFromConfig, (*iam.Client).GetRolePolicy, needs("iam:GetRolePolicy", iamRole)),
		op("iam:DeleteRolePolicy", iam.NewFromConfig, (*iam.Client).DeleteRolePolicy, writes, needs("iam:DeleteRolePolicy", iamRole)),
		op("iam:ListRolePolicies", iam.NewFromConfig, (*iam.Client).ListRolePolicies, needs("iam:ListRolePolicies", iamRole), pages("Marker", "Marker")),
		op("iam:ListAttachedRolePolicies", iam.NewFromConfig, (*iam.Client).ListAttachedRolePolicies, needs("iam:ListAttachedRolePolicies", iamRole), pages("Marker", "Marker")),
		op("iam:AttachRolePolicy", iam.NewFromConfig, (*iam.Client).AttachRolePolicy, writes, needs("iam:AttachRolePolicy", iamRole), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:DetachRolePolicy", iam.NewFromConfig, (*iam.Client).DetachRolePolicy, writes, needs("iam:DetachRolePolicy", iamRole), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:UpdateAssumeRolePolicy", iam.NewFromConfig, (*iam.Client).UpdateAssumeRolePolicy, writes, needs("iam:UpdateAssumeRolePolicy", iamRole)),
		op("iam:CreateGroup", iam.NewFromConfig, (*iam.Client).CreateGroup, writes, needs("iam:CreateGroup", iamGroup)),
		op("iam:GetGroup", iam.NewFromConfig, (*iam.Client).GetGroup, needs("iam:GetGroup", iamGroup), pages("Marker", "Marker")),
		op("iam:AddUserToGroup", iam.NewFromConfig, (*iam.Client).AddUserToGroup, writes, needs("iam:AddUserToGroup", iamGroup)),
		op("iam:ListGroupsForUser", iam.NewFromConfig, (*iam.Client).ListGroupsForUser, needs("iam:ListGroupsForUser", iamUser), pages("Marker", "Marker")),
		op("iam:PutGroupPolicy", iam.NewFromConfig, (*iam.Client).PutGroupPolicy, writes, needs("iam:PutGroupPolicy", iamGroup)),
		op("iam:GetGroupPolicy", iam.NewFromConfig, (*iam.Client).GetGroupPolicy, needs("iam:GetGroupPolicy", iamGroup)),
		op("iam:DeleteGroupPolicy", iam.NewFromConfig, (*iam.Client).DeleteGroupPolicy, writes, needs("iam:DeleteGroupPolicy", iamGroup)),
		op("iam:ListGroupPolicies", iam.NewFromConfig, (*iam.Client).ListGroupPolicies, needs("iam:ListGroupPolicies", iamGroup), pages("Marker", "Marker")),
		op("iam:ListAttachedGroupPolicies", iam.NewFromConfig, (*iam.Client).ListAttachedGroupPolicies, needs("iam:ListAttachedGroupPolicies", iamGroup), pages("Marker", "Marker")),
		op("iam:AttachGroupPolicy", iam.NewFromConfig, (*iam.Client).AttachGroupPolicy, writes, needs("iam:AttachGroupPolicy", iamGroup), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:DetachGroupPolicy", iam.NewFromConfig, (*iam.Client).DetachGroupPolicy, writes, needs("iam:DetachGroupPolicy", iamGroup), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:CreateLoginProfile", iam.NewFromConfig, (*iam.Client).CreateLoginProfile, writes, needs("iam:CreateLoginProfile", iamUser)),
		op("iam:GetLoginProfile", iam.NewFromConfig, (*iam.Client).GetLoginProfile, needs("iam:GetLoginProfile", iamUser)),
		op("iam:DeleteLoginProfile", iam.NewFromConfig, (*iam.Client).DeleteLoginProfile, writes, needs("iam:DeleteLoginProfile", iamUser)),
		op("iam:CreatePolicy", iam.NewFromConfig, (*iam.Client).CreatePolicy, writes, needs("iam:CreatePolicy", "arn:{partition}:iam::{account}:policy/{PolicyName}")),
		op("iam:GetPolicy", iam.NewFromConfig, (*iam.Client).GetPolicy, needs("iam:GetPolicy", iamPolicy)),
		op("iam:GetPolicyVersion", iam.NewFromConfig, (*iam.Client).GetPolicyVersion, needs("iam:GetPolicyVersion", iamPolicy)),
		op("iam:ListPolicyVersions", iam.NewFromConfig, (*iam.Client).ListPolicyVersions, needs("iam:ListPolicyVersions", iamPolicy), pages("Marker", "Marker")),
		op("iam:ListEntitiesForPolicy", iam.NewFromConfig, (*iam.Client).ListEntitiesForPolicy, needs("iam:ListEntitiesForPolicy", iamPolicy), pages("Marker", "Marker")),
		op("iam:CreatePolicyVersion", iam.NewFromConfig, (*iam.Client).CreatePolicyVersion, writes, needs("iam:CreatePolicyVersion", iamPolicy)),
		op("iam:DeletePolicyVersion", iam.NewFromConfig, (*iam.Client).DeletePolicyVersion, writes, needs("iam:DeletePolicyVersion", iamPolicy)),
		op("iam:SetDefaultPolicyVersion", iam.NewFromConfig, (*iam.Client).SetDefaultPolicyVersion, writes, needs("iam:SetDefaultPolicyVersion", iamPolicy)),
		op("iam:GetAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).GetAccountPasswordPolicy),
		op("iam:UpdateAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).UpdateAccountPasswordPolicy, writes),
		op("iam:DeleteAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).DeleteAccountPasswordPolicy, writes),
		op("iam:GetInstanceProfile", iam.NewFromConfig, (*iam.Client).GetInstanceProfile, needs("iam:GetInstanceProfile", iamProfile)),
		op("iam:CreateInstanceProfile", iam.NewFromConfig, (*iam.Client).CreateInstanceProfile, writes, needs("iam:CreateInstanceProfile", iamProfile)),
		op("iam:AddRoleToInstanceProfile", iam.NewFromConfig, (*iam.Client).AddRoleToInstanceProfile, writes, needs("iam:AddRoleToInstanceProfile", iamProfile), depends("iam:PassRole")),
	}
}
