package twin

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
)

func newS3(t *testing.T, name string) (context.Context, *Org, *s3.Client, *string) {
	t.Helper()
	org := newOrg()
	c := s3.NewFromConfig(org.Config(testAccount, testRegion))
	got(c.CreateBucket(t.Context(), newBucket(name, testRegion)))(t)
	return t.Context(), org, c, aws.String(name)
}

func newBucket(name, region string) *s3.CreateBucketInput {
	in := &s3.CreateBucketInput{Bucket: aws.String(name)}
	if region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	return in
}

func bucketStatement(principal, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"` + condition + `}]}`
}

func TestBucketNames(t *testing.T) {
	ctx, org, c, _ := newS3(t, "site")
	var owned *s3types.BucketAlreadyOwnedByYou
	if _, err := c.CreateBucket(ctx, newBucket("site", testRegion)); !errors.As(err, &owned) {
		t.Errorf("again: %v", err)
	}
	other := s3.NewFromConfig(org.Config(otherAccount, "us-east-1"))
	var exists *s3types.BucketAlreadyExists
	if _, err := other.CreateBucket(ctx, newBucket("site", "us-east-1")); !errors.As(err, &exists) {
		t.Errorf("another's: %v", err)
	}
	for range 2 { // N. Virginia takes a repetition
		got(other.CreateBucket(ctx, newBucket("theirs", "us-east-1")))(t)
	}
	refused(c.CreateBucket(ctx, newBucket("Upper_case", testRegion)))(t, "InvalidBucketName")
	refused(c.CreateBucket(ctx, newBucket("plain", "us-east-1")))(t, "IllegalLocationConstraintException")
	refused(c.CreateBucket(ctx, newBucket("plain", "eu-west-2")))(t, "IllegalLocationConstraintException")

	for i := range 4 {
		got(c.CreateBucket(ctx, newBucket(fmt.Sprint("page-", i), testRegion)))(t)
	}
	var names []string
	for p := s3.NewListBucketsPaginator(c, &s3.ListBucketsInput{MaxBuckets: aws.Int32(2)}); p.HasMorePages(); {
		for _, b := range got(p.NextPage(ctx))(t).Buckets {
			names = append(names, *b.Name)
		}
	}
	equal(t, "buckets", names, []string{"page-0", "page-1", "page-2", "page-3", "site"})
	got(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("site")}))(t)
	got(other.CreateBucket(ctx, newBucket("site", "us-east-1")))(t)
}

func TestBucketRegion(t *testing.T) {
	ctx, org, c, name := newS3(t, "site")
	far := s3.NewFromConfig(org.Config(testAccount, "us-east-1"))
	refused(far.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name}))(t, "PermanentRedirect")
	refused(far.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: name}))(t, "MovedPermanently")
	if l := got(far.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: name}))(t).LocationConstraint; l != testRegion {
		t.Errorf("location is %q", l)
	}
	if r := got(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: name}))(t).BucketRegion; *r != testRegion {
		t.Errorf("region is %q", *r)
	}
	got(far.CreateBucket(ctx, newBucket("east", "us-east-1")))(t)
	if l := got(far.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("east")}))(t).LocationConstraint; l != "" {
		t.Errorf("location is %q, and that of us-east-1 is empty", l)
	}
	var missing *s3types.NotFound
	if _, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
}

// bucketCalls are the three calls of each setting, with a value that can be put.
func bucketCalls(ctx context.Context, c *s3.Client, name, owner *string) map[string][3]func() error {
	return map[string][3]func() error{
		"NoSuchPublicAccessBlockConfiguration": {
			func() error {
				return second(c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
			func() error {
				return second(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, ExpectedBucketOwner: owner, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}}))
			},
			func() error {
				return second(c.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
		},
		"NoSuchBucketPolicy": {
			func() error {
				return second(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
			func() error {
				return second(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, ExpectedBucketOwner: owner, Policy: aws.String(bucketStatement(`"*"`, ""))}))
			},
			func() error {
				return second(c.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
		},
		"NoSuchWebsiteConfiguration": {
			func() error {
				return second(c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
			func() error {
				return second(c.PutBucketWebsite(ctx, &s3.PutBucketWebsiteInput{Bucket: name, ExpectedBucketOwner: owner, WebsiteConfiguration: &s3types.WebsiteConfiguration{IndexDocument: &s3types.IndexDocument{Suffix: aws.String("index.html")}}}))
			},
			func() error {
				return second(c.DeleteBucketWebsite(ctx, &s3.DeleteBucketWebsiteInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
		},
		"NoSuchTagSet": {
			func() error {
				return second(c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
			func() error {
				return second(c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, ExpectedBucketOwner: owner, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}))
			},
			func() error {
				return second(c.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: name, ExpectedBucketOwner: owner}))
			},
		},
	}
}

func TestBucketSettings(t *testing.T) {
	ctx, org, c, name := newS3(t, "site")
	mine, theirs := aws.String(testAccount), aws.String(otherAccount)
	for code, calls := range bucketCalls(ctx, c, name, mine) {
		get, put, remove := calls[0], calls[1], calls[2]
		refused(0, get())(t, code)
		if err := errors.Join(put(), get(), remove(), remove()); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		refused(0, get())(t, code)
	}
	stranger := s3.NewFromConfig(org.Config(otherAccount, testRegion))
	for title, variant := range map[string]struct {
		calls map[string][3]func() error
		code  string
	}{
		"no bucket":          {bucketCalls(ctx, c, aws.String("none"), nil), "NoSuchBucket"},
		"unexpected owner":   {bucketCalls(ctx, c, name, theirs), "AccessDenied"},
		"another account's":  {bucketCalls(ctx, stranger, name, nil), "AccessDenied"},
		"knowing its owner":  {bucketCalls(ctx, stranger, name, mine), "AccessDenied"},
		"guessing its owner": {bucketCalls(ctx, stranger, name, theirs), "AccessDenied"},
	} {
		t.Run(title, func(t *testing.T) {
			for _, calls := range variant.calls {
				for _, call := range calls {
					refused(0, call())(t, variant.code)
				}
			}
		})
	}
}

func TestBucketValuesAreKeptApart(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	tags := []s3types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	got(c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &s3types.Tagging{TagSet: tags}}))(t)
	*tags[0].Value = "changed by its sender"
	read := func() *string {
		return got(c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name}))(t).TagSet[0].Value
	}
	*read() = "changed by its reader"
	if v := *read(); v != "a" {
		t.Errorf("tag is %q", v)
	}
	refused(c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &s3types.Tagging{TagSet: append(tags, tags[0])}}))(t, "InvalidTag")
	block := got(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)}}))
	block(t)
	b := got(c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name}))(t).PublicAccessBlockConfiguration
	if *b.BlockPublicAcls || *b.BlockPublicPolicy || !*b.IgnorePublicAcls || *b.RestrictPublicBuckets {
		t.Errorf("block is %+v", b)
	}
}

func TestBucketEncryption(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	algorithm := func() s3types.ServerSideEncryption {
		return got(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name}))(t).ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm
	}
	put := func(by s3types.ServerSideEncryption, key *string) error {
		return second(c.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{
			{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: by, KMSMasterKeyID: key}, BucketKeyEnabled: aws.Bool(true)},
		}}}))
	}
	have := []s3types.ServerSideEncryption{algorithm()}
	if err := put("aws:kms", aws.String("alias/k")); err != nil {
		t.Fatal(err)
	}
	have = append(have, algorithm())
	refused(0, put("AES256", aws.String("alias/k")))(t, "InvalidArgument")
	got(c.DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{Bucket: name}))(t)
	equal(t, "encryption", append(have, algorithm()), []s3types.ServerSideEncryption{"AES256", "aws:kms", "AES256"})
}

func TestPublicPolicies(t *testing.T) {
	for _, c := range []struct {
		name, principal, condition string
		public                     bool
	}{
		{"everybody", `"*"`, "", true},
		{"everybody of AWS", `{"AWS":"*"}`, "", true},
		{"one of a list", `{"AWS":["arn:aws:iam::222222222222:root","*"]}`, "", true},
		{"an account", `{"AWS":"222222222222"}`, "", false},
		{"a service", `{"Service":"cloudfront.amazonaws.com"}`, "", false},
		{"an organization", `"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, false},
		{"an endpoint", `"*"`, `,"Condition":{"StringEquals":{"AWS:SourceVpce":"vpce-1"}}`, false},
		{"any endpoint", `"*"`, `,"Condition":{"StringLike":{"aws:SourceVpce":"vpce-*"}}`, true},
		{"an office", `"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, false},
		{"the internet", `"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]}}`, true},
		{"who is not the office", `"*"`, `,"Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, true},
		{"TLS", `"*"`, `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`, true},
		{"if it exists", `"*"`, `,"Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, org, client, name := newS3(t, "site")
			put := func() error {
				return second(client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(bucketStatement(c.principal, c.condition))}))
			}
			if err := put(); err != nil {
				t.Fatal(err)
			}
			status := got(client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: name}))(t)
			if *status.PolicyStatus.IsPublic != c.public {
				t.Errorf("public is %v", !c.public)
			}
			all := &s3controltypes.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}
			got(s3control.NewFromConfig(org.Config(testAccount, "us-east-1")).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: aws.String(testAccount), PublicAccessBlockConfiguration: all}))(t)
			if err := put(); c.public {
				refused(0, err)(t, "AccessDenied")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBucketPolicyIsBlockedByTheBucketToo(t *testing.T) {
	ctx, _, c, name := newS3(t, "site")
	refused(c.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: name}))(t, "NoSuchBucketPolicy")
	got(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}}))(t)
	for code, document := range map[string]string{
		"AccessDenied":    bucketStatement(`"*"`, ""),
		"MalformedPolicy": `{"Version":"2012-10-17","Statement":[]}`,
	} {
		refused(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(document)}))(t, code)
	}
	foreign := `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::another/*"}]}`
	_, err := c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(foreign)})
	message(t, err, "Policy has invalid resource")
}

func TestBucketOfAnotherAccountWithAGrant(t *testing.T) {
	ctx, org, c, name := newS3(t, "site")
	other := s3.NewFromConfig(org.Config(otherAccount, testRegion))
	got(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(
		`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + otherAccount + `"},"Action":["s3:GetBucketTagging","s3:GetBucketPolicy"],"Resource":"arn:aws:s3:::site"}}`)}))(t)
	refused(other.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name}))(t, "NoSuchTagSet")
	refused(other.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name}))(t, "MethodNotAllowed")
	refused(other.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name}))(t, "AccessDenied")
	refused(other.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: name}))(t, "Forbidden")
}

func TestAccountAccessBlock(t *testing.T) {
	ctx, org := t.Context(), newOrg()
	c := s3control.NewFromConfig(org.Config(testAccount, testRegion))
	id := aws.String(testAccount)
	get := func() error {
		return second(c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: id}))
	}
	var missing *s3controltypes.NoSuchPublicAccessBlockConfiguration
	if err := get(); !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
	all := &s3controltypes.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}
	got(c.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: id, PublicAccessBlockConfiguration: all}))(t)
	if err := get(); err != nil {
		t.Error(err)
	}
	got(c.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: id}))(t)
	if err := get(); !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
	refused(c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: aws.String(otherAccount)}))(t, "AccessDenied")
}
