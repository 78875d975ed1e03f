package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const (
	iamUser    = "arn:{partition}:iam::{account}:user/{UserName}"
	iamRole    = "arn:{partition}:iam::{account}:role/{RoleName}"
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
		op("iam:GetAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).GetAccountPasswordPolicy),
		op("iam:UpdateAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).UpdateAccountPasswordPolicy, writes),
		op("iam:DeleteAccountPasswordPolicy", iam.NewFromConfig, (*iam.Client).DeleteAccountPasswordPolicy, writes),
		op("iam:GetInstanceProfile", iam.NewFromConfig, (*iam.Client).GetInstanceProfile, needs("iam:GetInstanceProfile", iamProfile)),
		op("iam:CreateInstanceProfile", iam.NewFromConfig, (*iam.Client).CreateInstanceProfile, writes, needs("iam:CreateInstanceProfile", iamProfile)),
		op("iam:AddRoleToInstanceProfile", iam.NewFromConfig, (*iam.Client).AddRoleToInstanceProfile, writes, needs("iam:AddRoleToInstanceProfile", iamProfile), depends("iam:PassRole")),
	}
}
