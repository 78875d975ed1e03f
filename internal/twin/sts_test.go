package twin

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// assume asks for a role of the other account.
func assume(role string) *sts.AssumeRoleInput {
	return &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + otherAccount + ":role/" + role), RoleSessionName: aws.String("parry-7")}
}

func TestAssumeRoleSwitchesAccount(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	cfg := org.Config(testAccount, testRegion)
	c := sts.NewFromConfig(cfg)
	in := assume("responder")
	in.SourceIdentity, in.Policy = aws.String("finding-1"), aws.String(denyAll)
	out := got(c.AssumeRole(ctx, in))(t)
	if key := *out.Credentials.AccessKeyId; !strings.HasPrefix(key, "ASIA") || len(key) != 20 {
		t.Errorf("key is %s", key)
	}
	role := signedWith(cfg, *out.Credentials.AccessKeyId)
	who := got(sts.NewFromConfig(role).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))(t)
	if *who.Account != otherAccount || *who.Arn != "arn:aws:sts::222222222222:assumed-role/responder/parry-7" || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("caller is %s, %s, role user %s", *who.Arn, *who.UserId, *out.AssumedRoleUser.AssumedRoleId)
	}
	got(iam.NewFromConfig(role).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("theirs")}))(t)
	refused(iam.NewFromConfig(cfg).GetUser(ctx, &iam.GetUserInput{UserName: aws.String("theirs")}))(t, "NoSuchEntity")

	log := org.Log()
	caller := log[len(log)-2].Caller
	if want := (tap.Caller{Account: otherAccount, ARN: *who.Arn, Session: "parry-7", Source: "finding-1", Policy: denyAll}); caller != want {
		t.Errorf("caller is %+v, want %+v", caller, want)
	}

	chained := assume("deeper")
	chained.RoleArn = aws.String("arn:aws:iam::333333333333:role/deeper")
	deeper := got(sts.NewFromConfig(role).AssumeRole(ctx, chained))(t)
	if aws.ToString(deeper.SourceIdentity) != "finding-1" {
		t.Errorf("the source identity was lost: %v", deeper.SourceIdentity)
	}
	chained.SourceIdentity = aws.String("somebody-else")
	refused(sts.NewFromConfig(role).AssumeRole(ctx, chained))(t, "AccessDenied")
	chained.SourceIdentity, chained.DurationSeconds = nil, aws.Int32(7200)
	refused(sts.NewFromConfig(role).AssumeRole(ctx, chained))(t, "ValidationError")
}

func TestAssumeRoleChecksItsInput(t *testing.T) {
	long := strings.Replace(denyAll, `"Deny"`, `"Deny","Sid":"`+strings.Repeat("x", 2048-len(denyAll)-len(`,"Sid":""`))+`"`, 1)
	for _, c := range []struct {
		name string
		set  func(*sts.AssumeRoleInput)
		code string
	}{
		{"plain", func(*sts.AssumeRoleInput) {}, ""},
		{"session of one", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("x") }, "ValidationError"},
		{"session of 64", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String(strings.Repeat("x", 64)) }, ""},
		{"session of 65", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String(strings.Repeat("x", 65)) }, "ValidationError"},
		{"session with a slash", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a/b") }, "ValidationError"},
		{"source with a space", func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("a b") }, "ValidationError"},
		{"source", func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("a@b=c,d.e+f-g_h") }, ""},
		{"policy of 2048", func(in *sts.AssumeRoleInput) { in.Policy = aws.String(long) }, ""},
		{"policy of 2049", func(in *sts.AssumeRoleInput) { in.Policy = aws.String(long + " ") }, "ValidationError"},
		{"policy that is none", func(in *sts.AssumeRoleInput) { in.Policy = aws.String("{") }, "MalformedPolicyDocument"},
		{"no ARN of a role", func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::222222222222:user/role") }, "ValidationError"},
		{"too short", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }, "ValidationError"},
		{"too long", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43201) }, "ValidationError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := assume("any")
			c.set(in)
			out, err := sts.NewFromConfig(newOrg().Config(testAccount, testRegion)).AssumeRole(t.Context(), in)
			if c.code == "" {
				got(out, err)(t)
				return
			}
			refused(out, err)(t, c.code)
			var malformed *ststypes.MalformedPolicyDocumentException
			if c.code == "MalformedPolicyDocument" && !errors.As(err, &malformed) {
				t.Errorf("error is a %T", err)
			}
		})
	}
}

func TestRequireRoles(t *testing.T) {
	trust := func(principal, action, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + condition + `}]}`
	}
	const (
		hub       = `{"AWS":"arn:aws:iam::111111111111:root"}`
		plain     = `"sts:AssumeRole"`
		external  = `,"Condition":{"StringEquals":{"sts:ExternalId":"e1"}}`
		withNames = `["sts:AssumeRole","sts:SetSourceIdentity"]`
	)
	id, source := func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("e1") }, func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("s1") }
	for _, c := range []struct {
		name, trust string
		set         func(*sts.AssumeRoleInput)
		ok          bool
	}{
		{"no role", "", nil, false},
		{"the account", trust(hub, plain, ""), nil, true},
		{"everybody", trust(`"*"`, plain, ""), nil, true},
		{"the user", trust(`{"AWS":["arn:aws:iam::111111111111:user/admin"]}`, plain, ""), nil, true},
		{"another account", trust(`{"AWS":"333333333333"}`, plain, ""), nil, false},
		{"a service", trust(`{"Service":"ec2.amazonaws.com"}`, plain, ""), nil, false},
		{"external id missing", trust(hub, plain, external), nil, false},
		{"external id given", trust(hub, plain, external), id, true},
		{"unknown condition", trust(hub, plain, `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`), nil, false},
		{"source identity not granted", trust(hub, plain, ""), source, false},
		{"source identity granted", trust(hub, withNames, ""), source, true},
		{"wildcard", trust(hub, `"sts:*"`, ""), source, true},
		{"denied", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":` + hub + `,"Action":"sts:AssumeRole"}]}`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, org := t.Context(), newOrg()
			org.RequireRoles(true)
			if c.trust != "" {
				got(iam.NewFromConfig(org.Config(otherAccount, testRegion)).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(c.trust)}))(t)
			}
			in := assume("r")
			if c.set != nil {
				c.set(in)
			}
			out, err := sts.NewFromConfig(org.Config(testAccount, testRegion)).AssumeRole(ctx, in)
			if c.ok {
				got(out, err)(t)
				return
			}
			refused(out, err)(t, "AccessDenied")
			message(t, err, "arn:aws:iam::111111111111:user/admin is not authorized to perform: sts:")
		})
	}
}

func TestRequireRolesLimitsTheDuration(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	org.RequireRoles(true)
	got(iam.NewFromConfig(org.Config(otherAccount, testRegion)).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), Path: aws.String("/p/"), AssumeRolePolicyDocument: aws.String(trustAll)}))(t)
	c := sts.NewFromConfig(org.Config(testAccount, testRegion))
	refused(c.AssumeRole(ctx, assume("r")))(t, "AccessDenied") // the path is part of the name
	in := assume("p/r")
	got(c.AssumeRole(ctx, in))(t)
	in.DurationSeconds = aws.Int32(7200)
	_, err := c.AssumeRole(ctx, in)
	message(t, err, "exceeds the MaxSessionDuration")
}

func TestUnknownCredentials(t *testing.T) {
	cfg := newOrg().Config(testAccount, testRegion)
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}, nil
	})
	refused(sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t, "InvalidClientTokenId")
}
