package twin

import (
	"testing"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestBucketACL(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	get := func() []s3types.Grant { return got(c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name}))(t).Grants }
	if g := get(); len(g) != 1 || g[0].Permission != s3types.PermissionFullControl || *g[0].Grantee.ID != canonicalID(testAccount) {
		t.Errorf("a new bucket's list is %+v", g)
	}
	got(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, ACL: s3types.BucketCannedACLPublicReadWrite}))(t)
	public := get()
	if len(public) != 3 || *public[1].Grantee.URI != allUsers {
		t.Errorf("public is %+v", public)
	}
	owner := &s3types.Owner{ID: aws.String(canonicalID(testAccount))}
	put := func(owner *s3types.Owner, grants ...s3types.Grant) error {
		return second(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, AccessControlPolicy: &s3types.AccessControlPolicy{Owner: owner, Grants: grants}}))
	}
	refused(0, put(nil, public...))(t, "MalformedACLError")
	refused(0, put(&s3types.Owner{ID: aws.String(canonicalID(otherAccount))}, public...))(t, "AccessDenied")
	refused(0, put(owner, s3types.Grant{Grantee: &s3types.Grantee{Type: s3types.TypeGroup, URI: aws.String("http://example.com/everyone")}, Permission: s3types.PermissionRead}))(t, "InvalidArgument")
	refused(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, GrantRead: aws.String("uri=" + allUsers)}))(t, "NotImplemented")

	// Who cannot write one may still put a list that is not public.
	got(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}}))(t)
	refused(0, put(owner, public...))(t, "AccessDenied")
	if err := put(owner, public[0]); err != nil || len(get()) != 1 {
		t.Errorf("%v, %+v", err, get())
	}
}

// moto goes on showing and taking a list that has no say any more.
func TestOwnershipSilencesACLs(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	refused(c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name}))(t, "OwnershipControlsNotFoundError")
	enforce := &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnershipBucketOwnerEnforced}}}}
	got(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, ACL: s3types.BucketCannedACLPublicRead}))(t)
	refused(c.PutBucketOwnershipControls(ctx, enforce))(t, "InvalidBucketAclWithObjectOwnership")
	got(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, ACL: s3types.BucketCannedACLPrivate}))(t)
	got(c.PutBucketOwnershipControls(ctx, enforce))(t)
	refused(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, ACL: s3types.BucketCannedACLPublicRead}))(t, "AccessControlListNotSupported")

	in := newBucket("enforced", testRegion)
	in.ObjectOwnership, in.ACL = s3types.ObjectOwnershipBucketOwnerEnforced, s3types.BucketCannedACLPublicRead
	refused(c.CreateBucket(ctx, in))(t, "InvalidBucketAclWithObjectOwnership")
	in.ObjectOwnership = s3types.ObjectOwnershipObjectWriter
	got(c.CreateBucket(ctx, in))(t)
	if g := got(c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: in.Bucket}))(t).Grants; len(g) != 2 {
		t.Errorf("list is %+v", g)
	}
}

// Nobody of the account is let past a denial but those whom it leaves out, and root, as far as it is about the policy itself.
func TestBucketPolicyDeniesItsOwn(t *testing.T) {
	ctx, org, c, name := newS3(t, "site")
	got(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::site","arn:aws:s3:::site/*"],
		"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::` + testAccount + `:role/*"}}}}`)}))(t)
	as := func(arn string) *s3.Client {
		cfg := org.Config(testAccount, testRegion)
		key := got(cfg.Credentials.Retrieve(ctx))(t).AccessKeyID
		org.sessions[key] = tap.Caller{Account: testAccount, ARN: arn}
		return s3.NewFromConfig(cfg)
	}
	read := &s3.GetBucketPolicyInput{Bucket: name}
	refused(c.GetBucketPolicy(ctx, read))(t, "AccessDenied")
	got(as("arn:aws:sts::"+testAccount+":assumed-role/web/s").GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name}))(t)
	root := as("arn:aws:iam::" + testAccount + ":root")
	refused(root.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name}))(t, "AccessDenied")
	got(root.GetBucketPolicy(ctx, read))(t)
	got(root.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}))(t)
	refused(c.GetBucketPolicy(ctx, read))(t, "NoSuchBucketPolicy")
}
