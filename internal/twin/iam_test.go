package twin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const (
	otherAccount = "222222222222"
	denyAll      = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	trustAll     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`
)

func newOrg() *Org { return New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) }

func newIAM(t *testing.T) (context.Context, *Org, *iam.Client) {
	t.Helper()
	org := newOrg()
	c := iam.NewFromConfig(org.Config(testAccount, testRegion))
	got(c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("alice"), Path: aws.String("/ops/")}))(t)
	return t.Context(), org, c
}

// message checks what AWS says besides the code.
func message(t *testing.T, err error, part string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || !strings.Contains(api.ErrorMessage(), part) {
		t.Errorf("error is %v, want one that says %q", err, part)
	}
}

// signedWith is a configuration whose calls are signed with a key of the organization.
func signedWith(cfg aws.Config, key string) aws.Config {
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "x", SessionToken: "x"}, nil
	})
	return cfg
}

func TestIAMUser(t *testing.T) {
	ctx, _, c := newIAM(t)
	u := got(c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))(t).User
	if *u.Arn != "arn:aws:iam::111111111111:user/ops/alice" || !strings.HasPrefix(*u.UserId, "AIDA") || len(*u.UserId) != 21 {
		t.Errorf("user is %s, %s", *u.Arn, *u.UserId)
	}
	*u.UserName = "mallory"
	got(c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))(t)
	refused(c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ALICE")}))(t, "EntityAlreadyExists")
	refused(c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("a b")}))(t, "ValidationError")
	refused(c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob"), Path: aws.String("ops")}))(t, "ValidationError")
}

func TestIAMErrorsAreTyped(t *testing.T) {
	ctx, _, c := newIAM(t)
	_, err := c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("nobody")})
	var typed *iamtypes.NoSuchEntityException
	if !errors.As(err, &typed) {
		t.Fatalf("error is %v", err)
	}
	message(t, err, "The user with name nobody cannot be found.")
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.ServiceRequestID() == "" || response.HTTPStatusCode() != 404 {
		t.Errorf("response error is %v", response)
	}
	for name, call := range map[string]func() error{
		"get policy": func() error {
			return second(c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("p")}))
		},
		"delete policy": func() error {
			return second(c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("p")}))
		},
		"detach": func() error {
			return second(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSDenyAll")}))
		},
		"update key": func() error {
			return second(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE"), Status: iamtypes.StatusTypeInactive}))
		},
		"delete key": func() error {
			return second(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")}))
		},
		"role": func() error { return second(c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})) },
		"profile": func() error {
			return second(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String("p")}))
		},
		"foreign policy": func() error {
			return second(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::111111111111:policy/none")}))
		},
	} {
		if err := call(); !errors.As(err, &typed) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	ctx, org, c := newIAM(t)
	out := got(c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))(t)
	id, ok := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	log := org.Log()
	if last := log[len(log)-1]; !ok || id == "" || last.RequestID != id || last.Operation != "GetUser" || last.Account != testAccount {
		t.Errorf("request id is %q, log has %+v", id, last)
	}
}

func TestRequiredFieldsAreCheckedBeforeTheCall(t *testing.T) {
	ctx, org, c := newIAM(t)
	org.ResetLog()
	_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{})
	var invalid smithy.InvalidParamsError
	if !errors.As(err, &invalid) {
		t.Errorf("error is %v", err)
	}
	if n := len(org.Log()); n != 0 {
		t.Errorf("%d calls reached the organization", n)
	}
}

func TestAccessKeys(t *testing.T) {
	ctx, org, c := newIAM(t)
	name := aws.String("alice")
	key := got(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey.AccessKeyId
	got(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t)
	_, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	var limit *iamtypes.LimitExceededException
	if !errors.As(err, &limit) {
		t.Fatalf("error is %v", err)
	}
	message(t, err, "Cannot exceed quota for AccessKeysPerUser: 2")

	refused(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}))(t, "NoSuchEntity") // the administrator is no user of IAM
	used := got(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key}))(t)
	if *used.UserName != "alice" || used.AccessKeyLastUsed.LastUsedDate != nil || *used.AccessKeyLastUsed.ServiceName != "N/A" {
		t.Errorf("an unused key gives %+v", used.AccessKeyLastUsed)
	}
	refused(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")}))(t, "AccessDenied")

	cfg := signedWith(org.Config(testAccount, testRegion), *key)
	who := got(sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))(t)
	if *who.Arn != "arn:aws:iam::111111111111:user/ops/alice" {
		t.Errorf("the key signs as %s", *who.Arn)
	}
	alice := iam.NewFromConfig(cfg)
	if n := len(got(alice.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))(t).AccessKeyMetadata); n != 2 {
		t.Errorf("the user has %d keys", n)
	}
	used = got(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key}))(t)
	if *used.AccessKeyLastUsed.ServiceName != "iam" || used.AccessKeyLastUsed.LastUsedDate == nil {
		t.Errorf("a used key gives %+v", used.AccessKeyLastUsed)
	}
	for status, code := range map[iamtypes.StatusType]string{iamtypes.StatusTypeInactive: "InvalidClientTokenId", iamtypes.StatusTypeActive: ""} {
		got(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: key, Status: status}))(t)
		if out, err := alice.GetUser(ctx, &iam.GetUserInput{}); code != "" {
			refused(out, err)(t, code)
		} else {
			got(out, err)(t)
		}
	}
	got(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key}))(t)
	refused(alice.GetUser(ctx, &iam.GetUserInput{}))(t, "InvalidClientTokenId")
}

func TestAccessKeysOfARoleNeedTheUser(t *testing.T) {
	ctx, org, c := newIAM(t)
	out := got(sts.NewFromConfig(org.Config(testAccount, testRegion)).AssumeRole(ctx, assume("ops")))(t)
	role := iam.NewFromConfig(signedWith(org.Config(testAccount, testRegion), *out.Credentials.AccessKeyId))
	refused(role.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))(t, "ValidationError")
	got(c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("alice")}))(t)
}

func TestInlinePolicies(t *testing.T) {
	ctx, _, c := newIAM(t)
	put := func(name, document string) error {
		return second(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String(name), PolicyDocument: aws.String(document)}))
	}
	if err := put("deny", denyAll); err != nil {
		t.Fatal(err)
	}
	encoded := *got(c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("deny")}))(t).PolicyDocument
	if strings.ContainsAny(encoded, `{" :*`) {
		t.Errorf("document is not encoded: %s", encoded)
	}
	if document, err := url.QueryUnescape(encoded); err != nil || document != denyAll {
		t.Errorf("document is %s, %v", document, err)
	}
	filler := func(n int) string {
		return strings.Replace(denyAll, `"Deny"`, `"Deny","Sid":"`+strings.Repeat("x", n)+`"`, 1)
	}
	room := userInlineSize - 2*len(denyAll) - len(`,"Sid":""`)
	for _, c := range []struct {
		name, policy, document string
		want                   error
	}{
		{"not JSON", "p", `{"Version":`, &iamtypes.MalformedPolicyDocumentException{}},
		{"no statement", "p", `{"Version":"2012-10-17"}`, &iamtypes.MalformedPolicyDocumentException{}},
		{"empty list", "p", `{"Version":"2012-10-17","Statement":[]}`, &iamtypes.MalformedPolicyDocumentException{}},
		{"old version", "p", strings.Replace(denyAll, "2012", "2011", 1), &iamtypes.MalformedPolicyDocumentException{}},
		{"no action", "p", `{"Statement":[{"Effect":"Deny","Resource":"*"}]}`, &iamtypes.MalformedPolicyDocumentException{}},
		{"no resource", "p", `{"Statement":[{"Effect":"Deny","Action":"*"}]}`, &iamtypes.MalformedPolicyDocumentException{}},
		{"principal", "p", strings.Replace(denyAll, `"Action"`, `"Principal":"*","Action"`, 1), &iamtypes.MalformedPolicyDocumentException{}},
		{"no vendor", "p", strings.Replace(denyAll, `"Action":"*"`, `"Action":"GetUser"`, 1), &iamtypes.MalformedPolicyDocumentException{}},
		{"one too many", "p", filler(room + 1), &iamtypes.LimitExceededException{}},
		{"just fits", "p", filler(room), nil},
		{"white space is free", "p", strings.Repeat(" \n\t", 3000) + filler(room), nil},
		{"replacing counts once", "deny", denyAll, nil},
		{"no room for a third", "third", denyAll, &iamtypes.LimitExceededException{}},
	} {
		err := put(c.policy, c.document)
		var api, want smithy.APIError
		switch {
		case c.want == nil && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != nil && (!errors.As(err, &api) || !errors.As(c.want, &want) || api.ErrorCode() != want.ErrorCode()):
			t.Errorf("%s: error is %v, want %T", c.name, err, c.want)
		}
	}
}

func TestAttachedPolicies(t *testing.T) {
	ctx, _, c := newIAM(t)
	attach := func(arn string) error {
		return second(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String(arn)}))
	}
	for i := range attachedEach {
		for range 2 { // again is no change
			if err := attach(fmt.Sprintf("arn:aws:iam::aws:policy/job-function/P%d", i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	message(t, attach("arn:aws:iam::aws:policy/AWSDenyAll"), "Cannot exceed quota for PoliciesPerUser: 10")
	refused(0, attach("AWSDenyAll-is-no-arn-at-all"))(t, "InvalidInput")
	out := got(c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: aws.String("alice"), PathPrefix: aws.String("/job-function/"), MaxItems: aws.Int32(3)}))(t)
	if len(out.AttachedPolicies) != 3 || !out.IsTruncated || *out.AttachedPolicies[0].PolicyName != "P0" {
		t.Errorf("first page is %+v", out)
	}
}

func TestDeleteUserConflicts(t *testing.T) {
	ctx, _, c := newIAM(t)
	name := aws.String("alice")
	key := got(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey.AccessKeyId
	got(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(denyAll)}))(t)
	arn := aws.String("arn:aws:iam::aws:policy/AWSDenyAll")
	got(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: arn}))(t)
	for _, step := range []struct {
		says string
		mend func() error
	}{
		{"must delete access keys first", func() error {
			return second(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key}))
		}},
		{"must delete policies first", func() error {
			return second(c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")}))
		}},
		{"must detach all policies first", func() error {
			return second(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: arn}))
		}},
	} {
		_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
		var conflict *iamtypes.DeleteConflictException
		if !errors.As(err, &conflict) {
			t.Fatalf("error is %v", err)
		}
		message(t, err, step.says)
		if err := step.mend(); err != nil {
			t.Fatal(err)
		}
	}
	got(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
	refused(c.GetUser(ctx, &iam.GetUserInput{UserName: name}))(t, "NoSuchEntity")
}

func TestIAMPaginators(t *testing.T) {
	ctx, _, c := newIAM(t)
	want := []string{"alice"}
	for i := range 6 {
		name := fmt.Sprintf("user%d", i)
		got(c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(name)}))(t)
		got(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String(name), PolicyDocument: aws.String(denyAll)}))(t)
		want = append(want, name)
	}
	var users, policies []string
	pages := 0
	for p := iam.NewListUsersPaginator(c, &iam.ListUsersInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); pages++ {
		for _, u := range got(p.NextPage(ctx))(t).Users {
			users = append(users, *u.UserName)
		}
	}
	for p := iam.NewListUserPoliciesPaginator(c, &iam.ListUserPoliciesInput{UserName: aws.String("alice"), MaxItems: aws.Int32(4)}); p.HasMorePages(); pages++ {
		policies = append(policies, got(p.NextPage(ctx))(t).PolicyNames...)
	}
	equal(t, "users", users, want)
	equal(t, "policies", policies, want[1:])
	if pages != 4+2 {
		t.Errorf("there were %d pages", pages)
	}
	refused(c.ListUsers(ctx, &iam.ListUsersInput{Marker: aws.String("%")}))(t, "ValidationError")
	refused(c.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(0)}))(t, "ValidationError")
	if n := len(got(c.ListUsers(ctx, &iam.ListUsersInput{PathPrefix: aws.String("/ops/")}))(t).Users); n != 1 {
		t.Errorf("%d users under /ops/", n)
	}
}

func TestUserTags(t *testing.T) {
	ctx, _, c := newIAM(t)
	tag := func(kv ...string) error {
		in := &iam.TagUserInput{UserName: aws.String("alice")}
		for i := 0; i < len(kv); i += 2 {
			in.Tags = append(in.Tags, iamtypes.Tag{Key: aws.String(kv[i]), Value: aws.String(kv[i+1])})
		}
		return second(c.TagUser(ctx, in))
	}
	if err := errors.Join(tag("team", "a", "zone", "z"), tag("Team", "b")); err != nil {
		t.Fatal(err)
	}
	refused(0, tag("x", "1", "X", "2"))(t, "InvalidInput")
	refused(0, tag("aws:x", "1"))(t, "InvalidInput")
	got(c.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String("alice"), TagKeys: []string{"zone"}}))(t)
	var have []string
	for _, x := range got(c.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: aws.String("alice")}))(t).Tags {
		have = append(have, *x.Key+"="+*x.Value)
	}
	equal(t, "tags", have, []string{"Team=b"})
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprint("k", i), "v")
	}
	refused(0, tag(many...))(t, "LimitExceeded")
}

func TestRolesAndProfiles(t *testing.T) {
	ctx, _, c := newIAM(t)
	role, profile := aws.String("web"), aws.String("web-profile")
	made := got(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, Path: aws.String("/app/"), AssumeRolePolicyDocument: aws.String(trustAll)}))(t).Role
	read := got(c.GetRole(ctx, &iam.GetRoleInput{RoleName: role}))(t).Role
	if *made.Arn != "arn:aws:iam::111111111111:role/app/web" || *made.RoleId != *read.RoleId || strings.Contains(*read.AssumeRolePolicyDocument, "{") {
		t.Errorf("role is %+v", read)
	}
	refused(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trustAll)}))(t, "EntityAlreadyExists")
	refused(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(denyAll)}))(t, "MalformedPolicyDocument")
	got(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile}))(t)
	add := &iam.AddRoleToInstanceProfileInput{InstanceProfileName: profile, RoleName: role}
	got(c.AddRoleToInstanceProfile(ctx, add))(t)
	refused(c.AddRoleToInstanceProfile(ctx, add))(t, "LimitExceeded")
	p := got(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: profile}))(t).InstanceProfile
	if len(p.Roles) != 1 || *p.Roles[0].RoleName != "web" {
		t.Errorf("profile has roles %+v", p.Roles)
	}
}

func TestAccountsAreApart(t *testing.T) {
	ctx, org, c := newIAM(t)
	other := iam.NewFromConfig(org.Config(otherAccount, testRegion))
	elsewhere := iam.NewFromConfig(org.Config(testAccount, "us-east-1"))
	refused(other.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))(t, "NoSuchEntity")
	got(elsewhere.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))(t)
	key := got(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("alice")}))(t).AccessKey.AccessKeyId
	refused(other.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key}))(t, "AccessDenied")
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    tap.Fault
		code     string // of the call, empty where it succeeds
		attempts int
		exists   bool // the user, afterwards
	}{
		{"throttled, then served", tap.Fault{Service: "IAM", Operation: "CreateUser", Err: tap.Throttle(), Times: 2}, "", 3, true},
		{"throttled for good", tap.Fault{Operation: "CreateUser", Err: tap.Throttle()}, "ThrottlingException", 3, false},
		{"denied at once", tap.Fault{Operation: "CreateUser", Err: tap.Denied()}, "AccessDenied", 1, false},
		{"answer lost", tap.Fault{Operation: "CreateUser", Err: tap.Throttle(), Times: 1, After: true}, "EntityAlreadyExists", 2, true},
		{"other account", tap.Fault{Account: otherAccount, Err: tap.Denied()}, "", 1, true},
		{"first passes", tap.Fault{Operation: "CreateUser", Err: tap.Denied(), Skip: 1}, "", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			org := newOrg()
			cfg := org.Config(testAccount, testRegion)
			cfg.Retryer = func() aws.Retryer {
				return retry.NewStandard(func(o *retry.StandardOptions) {
					o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
				})
			}
			client := iam.NewFromConfig(cfg)
			org.Inject(c.fault)
			out, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("bob")})
			if c.code == "" {
				got(out, err)(t)
			} else {
				refused(out, err)(t, c.code)
			}
			if n := len(org.Log()); n != c.attempts {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
			_, exists := org.account(testAccount).iam.users["bob"]
			if exists != c.exists {
				t.Errorf("user exists: %v, want %v", exists, c.exists)
			}
		})
	}
}

func TestNothingGoesToANetwork(t *testing.T) {
	cfg := newOrg().Config(testAccount, testRegion)
	cfg.APIOptions = nil
	_, err := iam.NewFromConfig(cfg).ListUsers(t.Context(), &iam.ListUsersInput{}, func(o *iam.Options) { o.RetryMaxAttempts = 1 })
	if err == nil || !strings.Contains(err.Error(), "went past the simulation") {
		t.Errorf("error is %v", err)
	}
}

func TestIDsDiffer(t *testing.T) {
	org := newOrg()
	var ids []string
	for range 20000 {
		ids = append(ids, org.keyID("AKIA"))
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 20000 {
		t.Errorf("only %d of 20000 ids differ", n)
	}
}

// AWS Config's own role is made once; "InvalidInput" is what IAM says of a name that is taken (CreateServiceLinkedRole, IAM API Reference).
func TestServiceLinkedRoles(t *testing.T) {
	c := iam.NewFromConfig(newOrg().Config(testAccount, testRegion))
	in := &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("config.amazonaws.com")}
	made := got(c.CreateServiceLinkedRole(t.Context(), in))(t).Role
	if *made.RoleName != "AWSServiceRoleForConfig" || *made.Path != "/aws-service-role/config.amazonaws.com/" {
		t.Errorf("the role is %s in %s", *made.RoleName, *made.Path)
	}
	refused(c.CreateServiceLinkedRole(t.Context(), in))(t, "InvalidInput")
	refused(c.CreateServiceLinkedRole(t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("nothing.amazonaws.com")}))(t, "InvalidInput")
}
