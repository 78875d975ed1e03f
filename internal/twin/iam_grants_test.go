package twin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry/internal/moto"
)

// onBoth runs a test on the twin and on moto, each with an account of its own.
func onBoth(t *testing.T, f func(t *testing.T, c *iam.Client, isMoto bool)) {
	t.Run("twin", func(t *testing.T) { f(t, iam.NewFromConfig(newOrg().Config(testAccount, testRegion)), false) })
	t.Run("moto", func(t *testing.T) {
		server := moto.Need(t)
		f(t, iam.NewFromConfig(server.Config(moto.Account(), testRegion)), true)
	})
}

const trustEC2 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

func TestRolePolicies(t *testing.T) {
	onBoth(t, func(t *testing.T, c *iam.Client, isMoto bool) {
		ctx, role, name := t.Context(), aws.String("web"), aws.String("p")
		got(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, Path: aws.String("/service/"), AssumeRolePolicyDocument: aws.String(trustEC2)}))(t)
		refused(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: name}))(t, "NoSuchEntity")
		got(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: name, PolicyDocument: aws.String(denyAll)}))(t)
		out := got(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: name}))(t)
		if d, err := url.QueryUnescape(*out.PolicyDocument); err != nil || d != denyAll {
			t.Errorf("document is %s %v", d, err)
		}
		refused(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: name, PolicyDocument: aws.String("{}")}))(t, "MalformedPolicyDocument")
		refused(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("none"), PolicyName: name, PolicyDocument: aws.String(denyAll)}))(t, "NoSuchEntity")
		if !isMoto { // moto has no quota of inline policies
			long := strings.Replace(denyAll, `"Deny"`, `"Deny","Sid":"`+strings.Repeat("x", roleInlineSize)+`"`, 1)
			refused(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("long"), PolicyDocument: aws.String(long)}))(t, "LimitExceeded")
		}
		got(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: name}))(t)
		refused(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: name}))(t, "NoSuchEntity")

		arn := aws.String("arn:aws:iam::aws:policy/AdministratorAccess")
		got(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: arn}))(t)
		if l := got(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: role}))(t).AttachedPolicies; len(l) != 1 || *l[0].PolicyArn != *arn {
			t.Errorf("attached: %v", l)
		}
		got(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: arn}))(t)
		refused(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: arn}))(t, "NoSuchEntity")
	})
}

// Nobody but AWS changes a service-linked role. moto lets everybody.
func TestRolesOfAWSAreNotChanged(t *testing.T) {
	ctx, _, c := newIAM(t)
	role := aws.String("AWSServiceRoleForX")
	got(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, Path: aws.String("/aws-service-role/x.amazonaws.com/"), AssumeRolePolicyDocument: aws.String(trustEC2)}))(t)
	refused(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("p"), PolicyDocument: aws.String(denyAll)}))(t, "UnmodifiableEntity")
	refused(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSDenyAll")}))(t, "UnmodifiableEntity")
	refused(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(trustEC2)}))(t, "UnmodifiableEntity")
}

func TestTrustPolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, c *iam.Client, isMoto bool) {
		ctx, role := t.Context(), aws.String("web")
		got(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trustAll)}))(t)
		got(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(trustEC2)}))(t)
		d, err := url.QueryUnescape(*got(c.GetRole(ctx, &iam.GetRoleInput{RoleName: role}))(t).Role.AssumeRolePolicyDocument)
		if err != nil || d != trustEC2 {
			t.Errorf("trust is %s %v", d, err)
		}
		if !isMoto { // moto takes a trust policy without a statement, and one that names a deleted principal
			gone := strings.Replace(trustEC2, `{"Service":"ec2.amazonaws.com"}`, `{"AWS":"AIDAEXAMPLEEXAMPLE123"}`, 1)
			refused(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(gone)}))(t, "MalformedPolicyDocument")
			refused(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)}))(t, "MalformedPolicyDocument")
		}
	})
}

func TestGroups(t *testing.T) {
	onBoth(t, func(t *testing.T, c *iam.Client, isMoto bool) {
		ctx, group, user := t.Context(), aws.String("admins"), aws.String("alice")
		got(c.CreateUser(ctx, &iam.CreateUserInput{UserName: user}))(t)
		got(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}))(t)
		refused(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}))(t, "EntityAlreadyExists")
		refused(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: aws.String("bob")}))(t, "NoSuchEntity")
		got(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: user}))(t)
		if g := got(c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: user}))(t).Groups; len(g) != 1 || *g[0].GroupName != "admins" {
			t.Errorf("groups: %v", g)
		}
		if u := got(c.GetGroup(ctx, &iam.GetGroupInput{GroupName: group}))(t).Users; len(u) != 1 || *u[0].UserName != "alice" {
			t.Errorf("members: %v", u)
		}
		got(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: group, PolicyName: aws.String("p"), PolicyDocument: aws.String(denyAll)}))(t)
		if n := got(c.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: group}))(t).PolicyNames; len(n) != 1 {
			t.Errorf("policies: %v", n)
		}
		got(c.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: group, PolicyName: aws.String("p")}))(t)
		refused(c.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: group, PolicyName: aws.String("p")}))(t, "NoSuchEntity")
		if !isMoto { // moto deletes a user who is in a group
			refused(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))(t, "DeleteConflict")
		}
	})
}

func TestLoginProfiles(t *testing.T) {
	onBoth(t, func(t *testing.T, c *iam.Client, _ bool) {
		ctx, user := t.Context(), aws.String("alice")
		got(c.CreateUser(ctx, &iam.CreateUserInput{UserName: user}))(t)
		refused(c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: user}))(t, "NoSuchEntity")
		got(c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: user, Password: aws.String("Correct-horse-9")}))(t)
		refused(c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: user, Password: aws.String("Correct-horse-9")}))(t, "EntityAlreadyExists")
		got(c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: user}))(t)
		got(c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: user}))(t)
		refused(c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: user}))(t, "NoSuchEntity")
	})
}

func TestManagedPolicies(t *testing.T) {
	onBoth(t, func(t *testing.T, c *iam.Client, isMoto bool) {
		ctx := t.Context()
		p := got(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("work"), PolicyDocument: aws.String(denyAll)}))(t).Policy
		refused(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("work"), PolicyDocument: aws.String(denyAll)}))(t, "EntityAlreadyExists")
		for range versionsPerPolicy - 1 {
			got(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: aws.String(denyAll), SetAsDefault: true}))(t)
		}
		refused(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: aws.String(denyAll)}))(t, "LimitExceeded")
		refused(c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p.Arn, VersionId: aws.String("v5")}))(t, "DeleteConflict")
		got(c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p.Arn, VersionId: aws.String("v1")}))(t)
		v := got(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: aws.String(denyAll)}))(t).PolicyVersion
		if *v.VersionId != "v6" || v.IsDefaultVersion { // an id is not given again
			t.Errorf("version is %+v", v)
		}
		got(c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: p.Arn, VersionId: aws.String("v3")}))(t)
		if d := *got(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.Arn}))(t).Policy.DefaultVersionId; d != "v3" {
			t.Errorf("default is %s", d)
		}
		if n := len(got(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: p.Arn}))(t).Versions); n != 5 {
			t.Errorf("%d versions", n)
		}
		doc := got(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: aws.String("v3")}))(t).PolicyVersion.Document
		if d, err := url.QueryUnescape(*doc); err != nil || d != denyAll {
			t.Errorf("document is %s %v", d, err)
		}
		refused(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: aws.String("v1")}))(t, "NoSuchEntity")

		got(c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")}))(t)
		got(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: p.Arn}))(t)
		got(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: aws.String(trustEC2), PermissionsBoundary: p.Arn}))(t)
		all := got(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn}))(t)
		if len(all.PolicyUsers) != 1 {
			t.Errorf("users: %v", all.PolicyUsers)
		}
		if !isMoto { // moto does not tell where a policy is a boundary, nor that AWS's own cannot be changed
			bound := got(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn, PolicyUsageFilter: "PermissionsBoundary"}))(t)
			if len(bound.PolicyUsers) != 0 || len(bound.PolicyRoles) != 1 {
				t.Errorf("as a boundary: %+v", bound)
			}
			refused(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"), PolicyDocument: aws.String(denyAll)}))(t, "AccessDenied")
		}
	})
}
