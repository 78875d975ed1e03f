package rollout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"parry"
	"parry/internal/deploy"
)

// templateInline is the most bytes of a template that goes with the call; a larger one lies in S3. Source: "Understand CloudFormation quotas",
// CloudFormation User Guide.
const templateInline = 51_200

// zipKey is the name under which the functions' zip lies: the hash of its content, so that other content has another name.
func (a *reach) zipKey() string { return fmt.Sprintf("functions/%x.zip", sha256.Sum256(a.Zip)) }

// template is a step's template as a call takes it: itself, or where it lies.
func (a *reach) template(ctx context.Context, s Step) (body, url *string, err error) {
	text := compact(s.body)
	if len(text) <= templateInline {
		return aws.String(string(text)), nil, nil
	}
	key := "templates/" + s.Template + ".json"
	if _, err := a.upload(ctx, key, text); err != nil {
		return nil, nil, err
	}
	suffix := "amazonaws.com"
	if a.Org.Partition == "aws-cn" {
		suffix = "amazonaws.com.cn"
	}
	return nil, aws.String(fmt.Sprintf("https://%s.s3.%s.%s/%s", a.Org.CodeBucket(), a.Org.Hub.Region, suffix, key)), nil
}

// upload puts an object whose name says what it is into the hub's bucket, if it is not there, and gives its version. One that is there with other
// content is an error: somebody wrote it.
func (a *reach) upload(ctx context.Context, key string, content []byte) (version string, err error) {
	cfg, there := a.configs[a.Org.Hub.Account]
	if !there {
		return "", parry.Errorf(parry.Invalid, "%s has to be put into a bucket of the hub, and these credentials are of account %s", key, a.self).
			WithHint("name a role of account %s with --role", a.Org.Hub.Account)
	}
	c := s3.NewFromConfig(cfg, func(o *s3.Options) { o.Region = a.Org.Hub.Region; o.UsePathStyle = cfg.BaseEndpoint != nil })
	hash := sha256.Sum256(content)
	sum := base64.StdEncoding.EncodeToString(hash[:])
	bucket := a.Org.CodeBucket()
	head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled, ExpectedBucketOwner: &a.Org.Hub.Account})
	switch {
	case err == nil && aws.ToString(head.ChecksumSHA256) == sum:
		return aws.ToString(head.VersionId), nil
	case err == nil:
		return "", parry.Errorf(parry.Refused, "s3://%s/%s is there, and is not what its name says", bucket, key).WithHint("find out who wrote it (CloudTrail has it), and delete it")
	case code(err) != "NotFound" && code(err) != "NoSuchKey":
		return "", parry.Errorf(parry.Fault, "s3://%s/%s cannot be looked up: %w", bucket, key, err).WithHint("the stack %s-code makes the bucket", a.Org.Name)
	}
	a.say("putting %s (%d bytes) into the bucket %s", key, len(content), bucket)
	out, err := c.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(content), ChecksumSHA256: &sum, IfNoneMatch: aws.String("*"), ExpectedBucketOwner: &a.Org.Hub.Account,
	})
	if err != nil {
		return "", parry.Errorf(parry.Fault, "s3://%s/%s cannot be written: %w", bucket, key, err).WithHint("the stack %s-code makes the bucket", a.Org.Name)
	}
	return aws.ToString(out.VersionId), nil
}

// isSet tells whether a file becomes a stack set.
func isSet(w deploy.Where) bool { return w == deploy.OnceEach || w == deploy.Everywhere }
